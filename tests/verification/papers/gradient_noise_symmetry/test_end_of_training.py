"""Long times and the end of training in the symmetry paper: verdicts found again another way."""

from __future__ import annotations

import math

import pytest
import scipy.optimize
import sympy as sp

from theory.notation import eta
from verification.papers.gradient_noise_symmetry.descent import noise, product_of_two, u, v, w
from verification.papers.gradient_noise_symmetry.end_of_training import (
    a_1,
    a_2,
    b,
    e_1,
    e_2,
    s_1,
    s_2,
    sharpness_at_rest,
    two_outputs,
)
from verification.papers.gradient_noise_symmetry.long_times import noise_of_the_direction
from verification.papers.gradient_noise_symmetry.near_a_minimum import t_1, t_2
from verification.papers.gradient_noise_symmetry.noise_of_layers import (
    layers_at_rest,
    noise_gap,
    offset,
    one_unit,
    place_at_rest,
    ratio_at_rest,
    ratio_of,
    spread,
    unit_with_bias,
    unit_with_two_outputs,
)
from verification.papers.gradient_noise_symmetry.paper import T, gamma


def mean_after_a_step(model, quantity, weights):
    """The exact mean of a quantity after one step on one sample."""
    found = sp.S.Zero
    for point in model.law.points:
        loss = model.loss.subs(dict(zip(model.law.variables, point, strict=True)))
        moved = {weight: weight - eta * sp.diff(loss, weight) for weight in weights}
        found += quantity.subs(moved, simultaneous=True)
    return found / len(model.law.points)


def test_the_mean_loss_after_a_step_knows_the_noise_in_its_second_order():
    model = product_of_two()
    numbers = {u: 2, w: sp.Rational(1, 3), v: 1, noise: 3}
    change = sp.expand(mean_after_a_step(model, model.mean_loss, (u, w)).subs(numbers))
    gradient, hessian = sp.Matrix([model.mean_loss]).jacobian([u, w]), sp.hessian(model.mean_loss, [u, w])
    drift = (gradient * hessian * gradient.T)[0] / 2
    trace = (sp.Matrix(model.covariance) * hessian).trace() / 2
    assert sp.cancel(change.coeff(eta, 1) + (gradient * gradient.T)[0].subs(numbers)) == 0
    assert sp.cancel(change.coeff(eta, 2) - (drift + trace).subs(numbers)) == 0
    assert trace.subs(numbers) != 0


def test_the_fourth_power_of_the_norm_grows_by_the_noise_in_every_step():
    change = sp.cancel(mean_after_a_step(noise_of_the_direction(), (t_1**2 + t_2**2) ** 2, (t_1, t_2)))
    at = change.subs({t_1: sp.Rational(3, 2), t_2: 2, noise: 1})
    assert sp.expand(at).coeff(eta, 2) == 2 and sp.expand(at).coeff(eta, 1) == 0


def test_steps_whose_noise_has_a_finite_sum_leave_the_norm_bounded():
    def squared_norm(left, steps):
        norm = 1.0
        for k in range(steps):
            norm += 0.1**2 * (left + math.exp(-0.1 * k)) / norm
        return norm

    assert squared_norm(0.0, 200_000) == squared_norm(0.0, 20_000) < 1.2
    assert squared_norm(0.01, 200_000) > 2 * squared_norm(0.01, 20_000)


@pytest.mark.parametrize("teacher", [0.3, 2.0])
def test_the_least_gradient_on_the_minima_of_a_tanh_unit_has_the_ratio_of_its_noises(teacher):
    def squared(place):
        return math.tanh(place) ** 2 + (teacher / math.tanh(place) / math.cosh(place) ** 2) ** 2

    place = scipy.optimize.minimize_scalar(squared, bounds=(0.05, 5), method="bounded", options={"xatol": 1e-10}).x
    ratio = (teacher / math.tanh(place) ** 2 / math.cosh(place) ** 2) ** 2
    assert ratio == pytest.approx(1 / math.cosh(2 * place), rel=1e-5)
    assert float(place_at_rest(sp.tanh(w), sp.Rational(teacher))) == pytest.approx(place, rel=1e-6)
    assert ratio_at_rest(w) == 1


def test_the_noise_of_a_unit_is_what_moves_its_charge():
    model = one_unit("linear")
    c = model.weights[2]
    charge = a_1**2 + a_2**2 - c**2
    change = mean_after_a_step(model, charge, (a_1, a_2, c)) - charge
    numbers = {a_1: 2, a_2: -1, c: sp.Rational(1, 2)}
    assert sp.cancel((change / eta**2 - noise_gap("linear")).subs(numbers)) == 0


def test_the_sharpness_at_rest_is_that_where_the_exact_noise_of_both_layers_is_alike():
    sigma = two_outputs().covariance
    gap = (sigma * sp.diag(1, 1, -1)).trace().subs({a_1: 1 / b, a_2: 0}).subs({s_1: sp.sqrt(e_1), s_2: sp.sqrt(e_2)})
    trace = 4 * b**2 + 2 / b**2
    numbers = {e_1: sp.Rational(1, 16), e_2: sp.Rational(9, 16)}
    place = sp.nsolve(gap.subs(numbers), b, 0.6)
    assert float(trace.subs(b, place)) == pytest.approx(float(sharpness_at_rest().subs(numbers)), rel=1e-12)


def test_a_unit_with_a_bias_rests_where_label_noise_flattens_most():
    k, m, teacher = 1.7, 0.4, 0.9
    squared_gradient = lambda s: (  # noqa: E731
        math.exp(2 * s) * ((teacher * k) ** 2 + m**2) + math.exp(-2 * s) * (k**2 + 1)
    )
    s = scipy.optimize.minimize_scalar(squared_gradient, (-3, 3)).x
    into, out = math.exp(-2 * s) * k**2, math.exp(2 * s) * ((teacher * k) ** 2 + m**2)
    noises = layers_at_rest(unit_with_bias(), [v, offset, 1], 2)
    numbers = {spread: sp.Rational(17, 10), offset: sp.Rational(2, 5), v: sp.Rational(9, 10)}
    assert float(ratio_of(noises[:1], noises[2:]).subs(numbers)) == pytest.approx(into / out, rel=1e-6)


def test_with_decay_noise_and_weights_are_least_together():
    t, g, size, teacher = 0.3, 0.2, 0.7, 1.3
    total = lambda s: (  # noqa: E731
        g * (math.exp(2 * s) + teacher**2 * math.exp(-2 * s))
        + t / 4 * size**2 * (2 * math.exp(2 * s) + teacher**2 * math.exp(-2 * s))
    )
    s = scipy.optimize.minimize_scalar(total, (-3, 3)).x
    expected = teacher**2 * math.exp(-2 * s) / (2 * math.exp(2 * s))
    into, *out = layers_at_rest(unit_with_two_outputs(), [1, v, 0], 1, 2 * gamma)
    ratio = ratio_of([into], out).subs({T: t, gamma: g, noise: size, v: teacher})
    assert float(ratio) == pytest.approx(expected, rel=1e-6)
