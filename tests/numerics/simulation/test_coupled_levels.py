"""Schemes converge at their stated orders, measured on coupled paths with intervals."""

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from numerics.errors import ArgumentError
from numerics.schemes import EulerMaruyama, ExactGeometricBrownian, Milstein
from numerics.simulation.brownian import bridge_maximum, bridge_minimum, coarsened, crossing_probability, refined
from numerics.simulation.coupled_levels import Convergence, coupled_samples, strong_convergence, weak_convergence
from numerics.statistics.estimators import Estimate, Proportion, mean
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.ito import ItoProcess
from theory.notation import mu, t, theta, zeta

x, y = sp.symbols("x y", real=True)
GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
VALUES = {mu: 0.5, zeta: 0.5}
RUN = dict(parameters=VALUES, initial=[1.0], until=1.0)


def root_mean_square_difference(scheme, step):
    """The exact E|X^{h/2} - X^h|^2 at time 1 for geometric Brownian motion, from the second moments of one step."""
    z1, z2, h, q = sp.symbols("z1 z2 h q")
    one, two = sp.symbols("one two")

    def multiplier(Z, dt, root):
        return scheme.step_expressions(GBM, [Z], dt, root)[0].subs(theta, 1)

    fine = multiplier(z1, h / 2, q / sp.sqrt(2)) * multiplier(z2, h / 2, q / sp.sqrt(2))
    coarse = multiplier((z1 + z2) / sp.sqrt(2), h, q)
    moments = [
        gaussian_mean(sp.expand(product.subs(VALUES).subs({h: step, q: sp.sqrt(step)})), (z1, z2))
        for product in (fine**2, fine * coarse, coarse**2)
    ]
    n = round(1 / step)
    ff, fc, cc = (float(m) ** n for m in moments)
    return math.sqrt(ff - 2 * fc + cc)


def gaussian_mean(polynomial, normals):
    total = 0.0
    for powers, coefficient in sp.Poly(polynomial, *normals).terms():
        total += float(coefficient) * math.prod(0 if p % 2 else sp.factorial2(p - 1) for p in powers)
    return total


@pytest.mark.parametrize(("scheme", "order", "other"), [(EulerMaruyama(), 0.5, 1.0), (Milstein(), 1.0, 0.5)])
def test_strong_order_is_the_stated_one(scheme, order, other):
    result = strong_convergence(GBM, step=1 / 16, levels=4, n_paths=60_000, seed=seed_of("strong", scheme),
                                scheme=scheme, **RUN)  # fmt: skip
    assert result.steps == (1 / 16, 1 / 32, 1 / 64, 1 / 128)
    for step, error in zip(result.steps, result.errors, strict=True):
        exact = root_mean_square_difference(scheme, step)
        assert error.agrees_with(exact, false_alarm=FALSE_ALARM)
        assert not error.agrees_with(1.2 * exact, false_alarm=FALSE_ALARM)
    assert order == scheme.strong_order
    finest = result.slopes[-1]
    assert finest.within(order, tolerance=0.2, false_alarm=FALSE_ALARM)
    assert not finest.within(other, tolerance=0.2, false_alarm=FALSE_ALARM)


def test_weak_error_of_euler_maruyama_is_that_of_its_chain_and_of_order_one():
    # E X_n = (1 + mu h)^n exactly, so the difference of two levels is a known number
    result = weak_convergence(GBM, theta, step=1 / 4, levels=3, n_paths=400_000, seed=seed_of("weak"), **RUN)

    def exact(h):
        return (1 + 0.5 * h / 2) ** (2 / h) - (1 + 0.5 * h) ** (1 / h)

    for h, error in zip(result.steps, result.errors, strict=True):
        assert error.agrees_with(exact(h), false_alarm=FALSE_ALARM)
        assert not error.agrees_with(0.0, false_alarm=FALSE_ALARM)
    slope = result.slopes[0]
    assert slope.agrees_with(math.log2(exact(1 / 4) / exact(1 / 8)), false_alarm=FALSE_ALARM)
    assert not slope.agrees_with(2.0, false_alarm=FALSE_ALARM)


def test_richardson_extrapolation_removes_the_bias_of_first_order():
    samples = coupled_samples(GBM, step=1 / 4, n_paths=400_000, seed=seed_of("richardson"), **RUN)
    extrapolated = samples.extrapolated(theta)
    fine, coarse = (1 + 0.5 / 8) ** 8, (1 + 0.5 / 4) ** 4
    assert extrapolated.agrees_with(2 * fine - coarse, false_alarm=FALSE_ALARM)
    assert not extrapolated.agrees_with(fine, false_alarm=FALSE_ALARM)
    assert abs(2 * fine - coarse - math.exp(0.5)) < abs(fine - math.exp(0.5)) / 5


def test_coarse_and_fine_copies_are_one_path_where_the_scheme_is_exact():
    samples = coupled_samples(GBM, step=1 / 4, n_paths=1000, seed=1, scheme=ExactGeometricBrownian(), **RUN)
    np.testing.assert_allclose(samples.fine, samples.coarse, rtol=1e-12)
    euler = coupled_samples(GBM, step=1 / 4, n_paths=1000, seed=1, **RUN)
    assert np.abs(euler.fine - euler.coarse).max() > 0.01


def test_coarse_copies_have_the_law_of_plain_simulation():
    samples = coupled_samples(GBM, step=1 / 4, n_paths=100_000, seed=seed_of("marginal"), **RUN)
    chain = (1 + 0.5 / 4) ** 4
    assert mean(samples.coarse[:, 0]).agrees_with(chain, false_alarm=FALSE_ALARM)
    second = ((1 + 0.5 / 4) ** 2 + 0.25 / 4) ** 4
    assert mean(samples.coarse[:, 0] ** 2).agrees_with(second, false_alarm=FALSE_ALARM)
    assert not mean(samples.fine[:, 0]).agrees_with(chain, false_alarm=FALSE_ALARM)


def test_coupling_works_in_several_dimensions():
    process = ItoProcess([x, y], [-x + y, -y], sp.Matrix([[1, 0], [sp.Rational(1, 2), x]]))
    result = strong_convergence(process, step=1 / 8, levels=3, n_paths=20_000, seed=seed_of("plane"), parameters={},
                                initial=[0.0, 1.0], until=1.0)  # fmt: skip
    assert result.slopes[-1].within(0.5, tolerance=0.25, false_alarm=FALSE_ALARM)


def test_an_order_needs_errors_of_one_sign():
    noise = Convergence((1.0, 0.5), (Estimate(0.1, 0.2), Estimate(-0.1, 0.2)))
    with pytest.raises(ArgumentError, match="n_paths"):
        _ = noise.slopes


def test_coupled_levels_refuse_time_and_silly_levels():
    with pytest.raises(ArgumentError, match="time"):
        coupled_samples(ItoProcess.scalar(x, drift=t, dispersion=1), parameters={}, initial=[0.0], step=1, until=1,
                        n_paths=10, seed=1)  # fmt: skip
    with pytest.raises(ArgumentError, match="levels"):
        strong_convergence(GBM, step=1, levels=0, n_paths=10, seed=1, **RUN)


# Brownian bridges


@given(st.integers(1, 5), st.integers(1, 3))
def test_refined_increments_add_up_to_the_coarse_ones(steps, paths):
    rng = np.random.default_rng(seed_of(steps, paths))
    dW, Z = rng.normal(size=(steps, paths)), rng.normal(size=(steps, paths))
    fine = refined(dW, 1.0, Z)
    assert fine.shape == (2 * steps, paths)
    np.testing.assert_allclose(coarsened(fine), dW, atol=1e-14)


def test_refined_increments_are_independent_with_half_the_variance():
    rng = np.random.default_rng(seed_of("bridge"))
    n, h = 200_000, 0.3
    first, second = refined(np.sqrt(h) * rng.normal(size=(1, n)), h, rng.normal(size=(1, n)))
    assert mean(first**2).agrees_with(h / 2, false_alarm=FALSE_ALARM)
    assert mean(second**2).agrees_with(h / 2, false_alarm=FALSE_ALARM)
    assert mean(first * second).agrees_with(0.0, false_alarm=FALSE_ALARM)
    assert not mean(first**2).agrees_with(h / 2 * 1.05, false_alarm=FALSE_ALARM)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: coarsened([1.0]),
        lambda: coarsened(1.0),
        lambda: refined([1.0], 1, [1.0, 2.0]),
        lambda: refined([1.0], 0, [1.0]),
    ],
)
def test_increments_of_the_wrong_shape_are_refused(bad):
    with pytest.raises(ArgumentError):
        bad()


def test_sampled_bridge_extremes_exceed_a_level_with_the_crossing_probability():
    a, b, v, level = 0.2, -0.1, 0.7, 0.9
    Z = np.random.default_rng(seed_of("extremes")).normal(size=(2, 200_000))
    Z1, Z2 = sp.symbols("Z1 Z2", real=True)
    high = sp.lambdify((Z1, Z2), bridge_maximum(sp.Float(a), sp.Float(b), sp.Float(v), (Z1, Z2)))(*Z)
    low = sp.lambdify((Z1, Z2), bridge_minimum(sp.Float(a), sp.Float(b), sp.Float(v), (Z1, Z2)))(*Z)
    probability = float(crossing_probability(a, b, level, v))
    assert probability == pytest.approx(math.exp(-2 * 0.7 * 1.0 / 0.7))
    assert Proportion.from_samples(high >= level).agrees_with(probability, false_alarm=FALSE_ALARM)
    mirrored = float(crossing_probability(a, b, -level, v))
    assert Proportion.from_samples(low <= -level).agrees_with(mirrored, false_alarm=FALSE_ALARM)
    assert not Proportion.from_samples(low <= -level).agrees_with(probability, false_alarm=FALSE_ALARM)
    assert high.min() >= a and low.max() <= b


def test_a_bridge_with_ends_on_both_sides_crosses_for_certain():
    assert crossing_probability(0, 2, 1, x) == 1 and crossing_probability(1, 0, 1, x) == 1


def test_a_process_without_parameters_needs_none():
    process = ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One)
    run = dict(step=0.25, levels=2, initial=[1.0], until=1.0, n_paths=64, seed=1)
    assert strong_convergence(process, **run) == strong_convergence(process, parameters={}, **run)
    assert weak_convergence(process, x**2, **run).steps == (0.25, 0.125)
