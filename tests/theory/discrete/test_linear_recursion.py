"""Stationary statistics of linear recursions, against the step they must be fixed under, and simulation."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings

from tests.examples import examples
from tests.strategies import positive_rationals, rationals, square_matrices
from theory.discrete.draws import DistinctIndex, Lookup
from theory.discrete.linear_recursion import linear_parts, stationary_statistics
from theory.discrete.mean_over_draw import covariance_over_draw, mean_over_draw
from theory.discrete.recursion import Recursion
from theory.errors import NotNormalisableError, UnsupportedFormError

w, v, xi, zeta, u, u_1 = sp.symbols("w v xi zeta u u_1", real=True)
eta, h, s, beta = sp.symbols("eta h s beta", positive=True)

HALF = sp.Rational(1, 2)
MULTIPLICATIVE = Recursion([w], [w - eta * (h * w + s * xi * w + zeta - 1)], normals=[xi, zeta])


@settings(max_examples=examples(12))
@given(positive_rationals(2), positive_rationals(2), positive_rationals(2))
def test_one_step_keeps_the_stationary_moments(step, curvature, noise):
    values = {eta: step, h: curvature, s: noise}
    found = stationary_statistics(MULTIPLICATIVE)
    mean, variance = found.mean[0].subs(values), found.covariance[0].subs(values)
    assert bool(found.covariance_exists.subs(values)) == ((1 - step * curvature) ** 2 + (step * noise) ** 2 < 1)
    moments = sp.Poly(mean_over_draw(MULTIPLICATIVE.update[0] ** 2, MULTIPLICATIVE).subs(values), w)
    second = variance + mean**2
    assert (
        moments.coeff_monomial(w**2) * second + moments.coeff_monomial(w) * mean + moments.coeff_monomial(1) == second
    )
    if found.covariance_exists.subs(values):
        assert variance > 0


def test_momentum_is_stable_up_to_twice_one_plus_beta():
    heavy_ball = Recursion(
        [w, v], [w + beta * v - eta * h * w - eta * xi, beta * v - eta * h * w - eta * xi], normals=[xi]
    )
    found = stationary_statistics(heavy_ball)
    for values in ({beta: HALF, eta: 1, h: 2}, {beta: HALF, eta: 1, h: 4}, {beta: 2, eta: 1, h: 1}):
        numbers = np.array(linear_parts(heavy_ball).multiplier.subs(values), float)
        assert bool(found.covariance_exists.subs(values)) == (np.abs(np.linalg.eigvals(numbers)).max() < 1)
    # To first order in the step the variance is that without momentum at the step eta/(1 - beta).
    leading = sp.limit(found.covariance[0] / eta, eta, 0)
    assert sp.simplify(leading - 1 / (2 * h * (1 - beta))) == 0


@settings(max_examples=examples(10))
@given(square_matrices(2), rationals(), rationals())
def test_in_the_plane_the_covariance_solves_its_equation(entries, a, b):
    M = sp.Matrix(2, 2, list(entries)) / 4
    step = Recursion([w, v], list(M * sp.Matrix([w, v]) + sp.Matrix([xi + a, zeta / 2 + b + xi])), normals=[xi, zeta])
    try:
        found = stationary_statistics(step)
    except NotNormalisableError:
        assert max(abs(complex(value)) for value in np.linalg.eigvals(np.array(M, float))) > 1 - 1e-9
        return
    noise = sp.Matrix([[1, 1], [1, sp.Rational(5, 4)]])
    assert found.covariance == M * found.covariance * M.T + noise
    assert found.mean == M * found.mean + sp.Matrix([a, b])


def test_mini_batches_are_enumerated_and_agree_with_simulation():
    rates, targets = (1, 2, 3), (1, 0, 5)
    sgd = Recursion([w], [w - eta * Lookup(3 * u, *rates) * (w - Lookup(3 * u, *targets))], uniforms=[u])
    found = stationary_statistics(sgd)
    assert found.covariance_exists == (eta < sp.Rational(6, 7))
    rng = np.random.default_rng(11)
    walkers = np.zeros(200_000)
    for _ in range(60):
        index = rng.integers(0, 3, walkers.size)
        walkers -= 0.25 * np.array(rates)[index] * (walkers - np.array(targets)[index])
    mean, variance = (float(part[0].subs(eta, sp.Rational(1, 4))) for part in (found.mean, found.covariance))
    assert abs(walkers.mean() - mean) < 6 * np.sqrt(variance / walkers.size)
    assert abs(walkers.var() / variance - 1) < 0.03


def test_draws_without_replacement_have_the_covariance_of_a_finite_population():
    pair = [Lookup(DistinctIndex(3, 2, *us), 1, 2, 6) for us in ((u,), (u, u_1))]
    step = Recursion([w], [(pair[0] + pair[1]) / 2], uniforms=[u, u_1])
    assert mean_over_draw(step.update[0], step) == 3
    # The population has variance 14/3; S^2 = 7, and Var of the mean of 2 of 3 is S^2/2 (1 - 2/3).
    assert covariance_over_draw(step)[0] == sp.Rational(7, 6)


def test_what_has_no_stationary_covariance_or_no_mean_is_refused():
    with pytest.raises(NotNormalisableError, match="smaller step"):
        stationary_statistics(Recursion([w], [2 * w + xi], normals=[xi]))
    with pytest.raises(UnsupportedFormError, match="linear"):
        stationary_statistics(Recursion([w], [w - w**3 + xi], normals=[xi]))
    with pytest.raises(UnsupportedFormError, match="polynomial"):
        mean_over_draw(sp.sin(xi), MULTIPLICATIVE)
    with pytest.raises(UnsupportedFormError, match="uniform"):
        mean_over_draw(u * Lookup(2 * u, 1, 2), Recursion([w], [w + u], uniforms=[u]))


@pytest.mark.parametrize("function", [sp.exp(xi**2), xi * sp.exp(xi**2) + 1, sp.exp(sp.exp(xi)), sp.exp(xi) / (1 + xi)])
def test_a_mean_of_exponentials_of_more_than_linear_is_refused_by_name(function):
    with pytest.raises(UnsupportedFormError, match="needs a polynomial in xi"):
        mean_over_draw(function, Recursion([w], [w + xi], normals=[xi]))
