"""Momentum near an invariant point: the matrix of a step, and the expansion of its growth rate."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory.discrete import growth_rate
from theory.discrete import momentum as with_momentum
from theory.discrete.momentum import linear_part, next_ratio, sum_of_exponents
from theory.discrete.momentum import momentum as m
from theory.discrete.random_map import kappa_3, kappa_4
from theory.discrete.recursion import Recursion
from theory.errors import DimensionError, UnsupportedFormError
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.notation import eta, mu, zeta

w, x, h = sp.symbols("w x h", real=True)
STEP = gradient_descent(Model([w], x * w**2 / 2, Empirical([x], [[h]])), momentum=m)


@pytest.mark.every(3)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_without_momentum_the_expansion_is_that_of_plain_descent(order):
    plain = growth_rate.growth_rate_expansion(order)
    assert sp.expand(with_momentum.growth_rate_expansion_with_momentum(order).subs(m, 0) - plain) == 0


@pytest.mark.slow  # by day: the expansion without momentum
def test_without_momentum_the_threshold_is_that_of_plain_descent():
    plain = growth_rate.collapse_threshold_expansion(2)
    assert sp.expand(with_momentum.collapse_threshold_expansion_with_momentum(2).subs(m, 0) - plain) == 0


@pytest.mark.slow
def test_the_growth_rate_vanishes_at_the_threshold_to_the_order_of_both():
    rate = with_momentum.growth_rate_expansion_with_momentum(2)
    at_threshold = rate.subs(mu, with_momentum.collapse_threshold_expansion_with_momentum(2))
    root = sp.Symbol("root", positive=True)
    series = at_threshold.subs(eta, root**2)
    for order in range(3):
        assert sp.cancel(sp.diff(series, root, order).subs(root, 0)) == 0


def test_learning_rates_are_rescaled_up_to_the_third_moment_and_no_further():
    rescaled = growth_rate.growth_rate_expansion(2).subs({mu: mu / (1 - m), zeta: zeta / (1 - m)}, simultaneous=True)
    difference = with_momentum.growth_rate_expansion_with_momentum(2) - rescaled
    root = sp.Symbol("root", positive=True)
    orders = [sp.cancel(sp.diff(difference.subs(eta, root**2), root, j).subs(root, 0)) for j in range(3)]
    assert orders[:2] == [0, 0]
    assert orders[2] != 0


@pytest.mark.every(2)
@pytest.mark.parametrize(("drift", "noise", "inertia"), [(0, 1, 0.5), (2, 1, 0.5), (-3, 2, 0.25), (1, 3, 0.5)])
def test_the_expansion_meets_the_mean_over_all_sequences_of_signs(drift, noise, inertia):
    """Started at the ratio 1, after 16 steps: all 2^16 sequences, the noise small enough for the next order to be."""
    size = 1e-3  # the root of eta
    xi = np.array([1.0, -1.0])
    ratio = np.ones(1)
    for _ in range(16):
        forced = 1 + inertia + size**2 * drift + size * noise * xi[:, None] - inertia / ratio[None, :]
        ratio = forced.ravel()
    mean = np.log(ratio).mean() / size**2
    values = {m: sp.Rational(inertia), mu: drift, zeta: noise, eta: sp.Rational(1, 10**6), kappa_3: 0, kappa_4: 1}
    expected = float(with_momentum.growth_rate_expansion_with_momentum(1).subs(values))
    # What is left: terms of order eta, and the start, forgotten like m^16.
    left = 100 * size**2 * (1 + abs(drift) + noise**2) ** 2 + 20 * inertia**16 * (1 + abs(drift) + noise**2)
    assert abs(mean - expected) < left
    for wrong in (drift - noise**2 / 2, drift / (1 - inertia) - noise**2 / (2 * (1 - inertia))):
        assert abs(mean - wrong) > left


def test_the_determinant_of_a_step_is_the_momentum_whatever_the_curvature():
    assert sp.expand(linear_part(STEP).det()) == m
    assert sum_of_exponents(linear_part(STEP)) == sp.log(m)
    assert sum_of_exponents(sp.Matrix([[1, eta], [0, m]])) == sp.log(m)
    assert sum_of_exponents(sp.Matrix([[2, 0], [0, m]])) != sp.log(m)


def test_the_ratio_of_three_successive_weights_of_a_run_follows_the_map():
    values = {eta: sp.Rational(1, 10), m: sp.Rational(9, 10)}
    update = STEP.update.subs(values)
    state, weights = sp.Matrix([1, 0]), [sp.Integer(1)]
    for curvature in (3, -2, 5):
        state = update.subs({h: curvature} | dict(zip(STEP.state, state, strict=True)))
        weights.append(state[0])
    assert weights[3] / weights[2] == next_ratio(linear_part(STEP), weights[2] / weights[1]).subs({**values, h: 5})
    assert weights[3] / weights[2] != next_ratio(linear_part(STEP), weights[2] / weights[1]).subs({**values, h: -2})


def test_a_recursion_that_leaves_0_has_no_linear_part():
    with pytest.raises(UnsupportedFormError, match="fixed point"):
        linear_part(Recursion([w], [w + 1]))


@pytest.mark.parametrize("order", [-1, 5, 1.0])
def test_orders_out_of_range_are_refused(order):
    with pytest.raises(DimensionError, match="order"):
        with_momentum.growth_rate_expansion_with_momentum(order)
