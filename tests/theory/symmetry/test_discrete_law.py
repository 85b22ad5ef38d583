"""The exact law of a charge in every step, and what recursions keep to the last bit."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sympy as sp

from theory.decision.zero import decide_zero
from theory.discrete.recursion import Recursion
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.notation import eta, k
from theory.symmetry import AffineGenerator, StepRule, conserved_quantities, next_pair
from theory.symmetry.conserved import adam, sign_descent
from theory.symmetry.discrete_law import ChargePair, law_residuals, pair_at

u, w, x, y, r, m, tau, decay = sp.symbols("u w x y r m tau lambda", real=True)
LINEAR = AffineGenerator([u, w], sp.diag(1, -1)), sp.Matrix([r * w, r * u])
AFFINE = AffineGenerator([u, w], sp.diag(1, -1), [1, -2]), sp.Matrix([r * (w + 2), r * (u + 1)])
TANH = LINEAR[0], sp.Matrix([r * sp.tanh(w), r * u * (1 - sp.tanh(w) ** 2)])
RULES = {
    "descent": StepRule(eta),
    "decay": StepRule(eta, weight_decay=decay),
    "momentum": StepRule(eta, momentum=m, dampening=tau),
    "all": StepRule(eta, momentum=m, dampening=tau, weight_decay=decay),
    "Nesterov": StepRule(eta, momentum=m, weight_decay=decay, nesterov=True),
    "decoupled": StepRule(eta, momentum=m, dampening=tau, weight_decay=decay, decoupled=True),
    "decoupled Nesterov": StepRule(eta, momentum=m, weight_decay=decay, nesterov=True, decoupled=True),
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", RULES)
def test_the_law_is_that_of_the_step_for_every_rule(name):
    assert [sp.expand(residual) for residual in law_residuals(*LINEAR, RULES[name])] == [0, 0]


@pytest.mark.every(2)
@pytest.mark.parametrize("name", [name for name in RULES if "decoupled" not in name])
def test_the_law_holds_for_affine_fields_as_well(name):
    assert [sp.expand(residual) for residual in law_residuals(*AFFINE, RULES[name])] == [0, 0]


@pytest.mark.parametrize("name", ["descent", "all", "Nesterov"])
def test_without_the_symmetry_the_law_fails(name):
    assert all(str(decide_zero(residual).kind) == "nonzero" for residual in law_residuals(*TANH, RULES[name])[:1])


def test_plain_descent_multiplies_the_charge_of_a_linear_field():
    Q, q = sp.symbols("Q q")
    law = next_pair(ChargePair(Q), StepRule(eta, weight_decay=decay), direction_form=decay**2 * 2 * Q + q)
    assert sp.expand(law.charge - (1 - eta * decay) ** 2 * Q - eta**2 * q / 2) == 0


@pytest.mark.parametrize(("nesterov", "dampening"), [(False, sp.Rational(1, 5)), (True, 0)])
def test_the_rule_is_the_one_of_gradient_descent(nesterov, dampening):
    model = Model([u, w], (u * w * x - y) ** 2, Empirical([x, y], [[1, 2], [3, -1]]))
    options = {"momentum": m, "weight_decay": decay, "nesterov": nesterov, "dampening": dampening}
    recursion = gradient_descent(model, learning_rate=eta / (k + 1), **options)
    rule = StepRule(eta / (k + 1), **options)
    theta, velocity = sp.Matrix(recursion.state[:2]), sp.Matrix(recursion.state[2:])
    new_theta, new_velocity, _ = rule.moved(theta, velocity, sp.Matrix(model.gradient))
    assert (sp.Matrix([*new_theta, *new_velocity]) - recursion.update).applyfunc(sp.expand) == sp.zeros(4, 1)
    generator = LINEAR[0]
    assert pair_at(generator, theta, velocity).charge == generator.charge


def test_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(SymbolError, match="Nesterov"):
        StepRule(eta, momentum=m, dampening=tau, nesterov=True)
    with pytest.raises(SymbolError, match="linear field"):
        law_residuals(*AFFINE, RULES["decoupled"])


@pytest.mark.parametrize("rate", [float("nan"), Decimal("inf"), Decimal("sNaN"), complex("nan"), True], ids=repr)
def test_a_rate_that_is_no_finite_number_is_refused_by_name(rate):
    with pytest.raises(SymbolError, match="^learning_rate must be a finite number"):
        StepRule(rate)


def test_a_coefficient_that_is_nested_too_deeply_is_refused_by_name():
    deep = eta
    for _ in range(1500):
        deep = sp.Add(sp.Mul(2, deep, evaluate=False), 1, evaluate=False)
    for name in ("learning_rate", "momentum", "dampening", "weight_decay"):
        with pytest.raises(SymbolError, match=f"^{name} must be"):
            StepRule(**{"learning_rate": eta, name: deep, "nesterov": True})


def test_forms_of_another_shape_than_the_charge_are_refused():
    rule, charge = StepRule(eta), sp.eye(2)
    assert next_pair(ChargePair(charge), rule, direction_form=sp.eye(2)).charge.shape == (2, 2)
    for form in (sp.eye(3), sp.Integer(1), sp.zeros(1, 2)):
        with pytest.raises(ShapeError, match="direction_form"):
            next_pair(ChargePair(charge), rule, direction_form=form)


PRODUCT, DIFFERENCE = (u * w * x - y) ** 2, ((u - w) * x - y) ** 2
STEP = sp.Rational(1, 10)


def descent(loss):
    return Recursion([u, w], [t - STEP * sp.diff(loss, t) for t in (u, w)])


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("recursion", "kept"),
    [
        (descent(PRODUCT), 0),  # the charge of gradient flow moves
        (descent(DIFFERENCE), 2),
        (sign_descent([u, w], DIFFERENCE, STEP), 2),
        (sign_descent([u, w], ((2 * u - w) * x - y) ** 2, STEP), 2),  # signs forget the factor 2, and u + 2 w moves
        (sign_descent([u, w], PRODUCT, STEP), 0),
        (adam([u, w], DIFFERENCE, STEP), 2),
        (adam([u, w], ((2 * u - w) * x - y) ** 2, STEP), 0),
        (adam([u, w], ((2 * u - w) * x - y) ** 2, STEP, stabiliser=0), 2),
        (adam([u, w], PRODUCT, STEP), 0),
    ],
)
def test_what_a_recursion_keeps_is_counted_from_both_sides(recursion, kept):
    found = conserved_quantities(recursion)
    assert (len(found.quantities), found.at_most) == (kept, kept)
    if kept:
        assert sp.expand(found.quantities[0] - (u + w)) == 0


def test_signs_keep_the_difference_of_moduli_between_changes_of_sign():
    p, q = sp.symbols("p q", positive=True)
    found = conserved_quantities(sign_descent([p, q], (p * q * x - y) ** 2, STEP), degree=1)
    assert found.is_complete and found.quantities == (p - q,)
    opposite = sp.Symbol("n", negative=True)
    found = conserved_quantities(sign_descent([p, opposite], (p * opposite * x - y) ** 2, STEP), degree=1)
    assert found.is_complete and found.quantities == (p + opposite,)


def test_momentum_keeps_a_sum_of_weights_and_velocities():
    V, g = sp.symbols("V g", real=True)
    velocity = sp.Rational(9, 10) * V + g
    found = conserved_quantities(Recursion([u, w, V], [u - velocity, w + g, velocity]), degree=1)
    assert found.quantities == (u + 10 * w - 9 * V,) or found.is_complete
    change = [q.subs({u: u - velocity, w: w + g, V: velocity}, simultaneous=True) - q for q in found.quantities]
    assert [sp.expand(c) for c in change] == [0]


def test_a_recursion_of_another_form_is_refused():
    with pytest.raises(UnsupportedFormError, match="tanh"):
        conserved_quantities(Recursion([u], [sp.tanh(u)]))
