"""The matrix charge of a product obeys the law of charges for all directions at once."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.errors import ShapeError, SymbolError
from theory.gradient_noise import Empirical, Model
from theory.notation import eta
from theory.symmetry import OneParameterSymmetry, StepRule, next_pair, noether_flow
from theory.symmetry.discrete_law import ChargePair
from theory.symmetry.matrix_charge import matrix_charge, matrix_drift, matrix_form, noise_imbalance
from theory.symmetry.textbook import double_rotation

U, W = sp.Matrix(1, 2, sp.symbols("u_1:3", real=True)), sp.Matrix(2, 1, sp.symbols("w_1:3", real=True))
V_U, V_W = sp.Matrix(1, 2, sp.symbols("a_1:3", real=True)), sp.Matrix(2, 1, sp.symbols("b_1:3", real=True))
r, m, tau, decay, x, y = sp.symbols("r m tau lambda x y", real=True)
G = r * W.T, r * U.T  # of any loss of U W
B = sp.Matrix([[2, -1], [-1, 5]])


@pytest.mark.every(4)
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decoupled", [False, True])
def test_the_law_of_a_charge_holds_for_the_whole_matrix(nesterov, decoupled):
    rule = StepRule(
        eta, momentum=m, dampening=0 if nesterov else tau, weight_decay=decay, nesterov=nesterov, decoupled=decoupled
    )
    (left, V_left, d_left), (right, V_right, d_right) = (
        rule.moved(*parts) for parts in ((U, V_U, G[0]), (W, V_W, G[1]))
    )
    before = ChargePair(matrix_charge(U, W) / 2, matrix_form((U, W), (V_U, V_W)))
    step, velocity = (d_left, d_right), (V_left, V_right)
    law = next_pair(before, rule, direction_form=matrix_form(step, step), mixed_form=matrix_form(step, velocity))
    assert (2 * law.charge - matrix_charge(left, right)).applyfunc(sp.expand) == sp.zeros(2, 2)
    after = matrix_form((left, right), velocity)
    assert (law.alignment - after).applyfunc(sp.expand) == sp.zeros(2, 2)


def test_the_drift_is_that_of_every_direction():
    weights = [*U, *W]
    model = Model(weights, ((U * W)[0] * x - y) ** 2 / 2, Empirical([x, y], [[1, 2], [-1, 1], [2, 1]]))
    flow = noether_flow(OneParameterSymmetry(model, double_rotation(weights, U, W, B)), 1, weight_decay=decay)
    drift = matrix_drift(
        matrix_charge(U, W),
        noise_imbalance(U, W, weights, model.covariance),
        temperature=eta,
        weight_decay=decay,
    )
    assert sp.expand((B * drift).trace() / 2 - flow.drift) == 0
    assert sp.expand((B * drift).trace() - flow.drift) != 0
    # sign coherence: the noise multiplies the charge itself
    slope_variance = sp.Symbol("s", nonnegative=True)
    noise = slope_variance * sp.Matrix([*W, *U]) * sp.Matrix([*W, *U]).T
    imbalance = noise_imbalance(U, W, weights, noise)
    assert (imbalance + slope_variance * matrix_charge(U, W)).applyfunc(sp.expand) == sp.zeros(2, 2)


def test_factors_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="shapes"):
        matrix_charge(U, W.T)
    with pytest.raises(ShapeError, match="noise"):
        noise_imbalance(U, W, [*U, *W], sp.eye(3))
    with pytest.raises(SymbolError, match="weights"):
        noise_imbalance(U, W, [*U, x, y], sp.eye(4))
