"""The tail index of affine recursions, against moments, known solutions and simulated tails."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from mpmath import mp

from numerics.deterministic.kesten import tail_index
from numerics.errors import DivergenceError
from tests.examples import examples
from tests.strategies import positive_rationals
from theory.discrete.draws import Lookup
from theory.discrete.linear_recursion import stationary_statistics
from theory.discrete.mean_over_draw import mean_over_draw
from theory.discrete.recursion import Recursion
from theory.discrete.tail_index import absolute_moment
from theory.errors import DimensionError, UnsupportedFormError

w, v, xi, zeta, u = sp.symbols("w v xi zeta u", real=True)
eta, h, s = sp.symbols("eta h s", positive=True)

SGD = Recursion([w], [w - eta * (h * w + s * xi * w + zeta)], normals=[xi, zeta])


@settings(max_examples=examples(8))
@given(positive_rationals(2), positive_rationals(2))
def test_the_variance_is_finite_exactly_where_the_tail_index_exceeds_two(curvature, noise):
    values = {eta: sp.Rational(1, 2), h: curvature, s: noise}
    exists = bool(stationary_statistics(SGD).covariance_exists.subs(values))
    try:
        kappa = tail_index(SGD, values)
    except DivergenceError:
        assert not exists
        return
    assert exists == (kappa > 2)


def test_a_multiplier_of_two_values_has_the_solution_of_its_equation():
    step = Recursion([w], [w * Lookup(2 * u, sp.Rational(1, 2), sp.Rational(3, 2)) + xi], normals=[xi], uniforms=[u])
    assert abs(tail_index(step) - 1) < 1e-12
    contraction = Recursion([w], [w * Lookup(2 * u, sp.Rational(1, 2), 1) + xi], normals=[xi], uniforms=[u])
    assert tail_index(contraction) == mp.inf


U, V = sp.symbols("u v", real=True)


@pytest.mark.parametrize(
    ("multiplier", "moment"),
    [
        (-sp.log(U) * sp.Rational(4, 5), lambda k: mp.mpf("0.8") ** k * mp.gamma(1 + k)),
        (-(sp.log(U) + sp.log(V)) / 3, lambda k: mp.gamma(2 + k) / mp.mpf(3) ** k),
        (2 * U**2, lambda k: mp.mpf(2) ** k / (2 * k + 1)),
        (3 * U * V, lambda k: mp.mpf(3) ** k / (k + 1) ** 2),
        (2 * U * xi, lambda k: mp.mpf(2) ** k / (k + 1) * 2 ** (k / 2) * mp.gamma((k + 1) / 2) / mp.sqrt(mp.pi)),
        (xi**3 / 3, lambda k: 2 ** (3 * k / 2) * mp.gamma((3 * k + 1) / 2) / mp.sqrt(mp.pi) / mp.mpf(3) ** k),
        (sp.exp(U - sp.Rational(2, 3)), lambda k: (mp.exp(k / 3) - mp.exp(-2 * k / 3)) / k),
    ],
    ids=lambda value: str(value) if isinstance(value, sp.Basic) else "moment",
)
def test_gamma_laws_and_products_of_independent_factors_have_their_moments(multiplier, moment):
    step = Recursion([w], [multiplier * w + 1], normals=[xi], uniforms=[U, V])
    kappa = tail_index(step)
    assert abs(mp.log(moment(kappa))) < 1e-12
    assert abs(mp.log(moment(kappa * 1.01))) > 1e-4


SWITCH = Lookup(2 * V, 0, 1)


@pytest.mark.parametrize(
    ("multiplier", "on", "off"),
    [
        (SWITCH * xi - 1, xi - 1, sp.S.One),
        (3 * SWITCH * U + sp.Rational(1, 3), 3 * U + sp.Rational(1, 3), sp.Rational(1, 3)),
        (sp.exp(SWITCH * U - sp.Rational(1, 3)), sp.exp(U - sp.Rational(1, 3)), sp.exp(-sp.Rational(1, 3))),
    ],
    ids=str,
)
def test_a_draw_may_switch_the_noise_off(multiplier, on, off):
    order = sp.Rational(7, 3)

    def moment(factor):
        return absolute_moment(Recursion([w], [factor * w + 1], normals=[xi], uniforms=[U, V]), order)

    assert abs(sp.N(moment(multiplier) - (moment(on) + off**order) / 2, 30)) < 1e-20


def test_noise_that_enters_two_factors_is_no_product():
    with pytest.raises(UnsupportedFormError, match="without other noise"):
        absolute_moment(Recursion([w], [u * (u + xi) * w], normals=[xi], uniforms=[u]), sp.Symbol("kappa"))


def test_for_small_steps_the_index_is_that_of_the_diffusion():
    # dX = -h X dt + sqrt(eta) s X dW + dB has a density of power -(2 + 2 h/(eta s^2)).
    found = tail_index(SGD, {eta: 0.001, h: 1, s: 2})
    assert abs(found / (1 + 2 / 0.004) - 1) < 0.01


def test_simulated_tails_fall_with_the_power_of_the_index():
    values = {eta: 1, h: sp.Rational(1, 2), s: sp.Rational(4, 5)}
    kappa = float(tail_index(SGD, values))
    rng = np.random.default_rng(5)
    walkers = np.zeros(150_000)
    for _ in range(80):
        walkers = walkers * (0.5 - 0.8 * rng.standard_normal(walkers.size)) - rng.standard_normal(walkers.size)
    largest = np.sort(np.abs(walkers))[-1000:]
    hill = 1 / np.mean(np.log(largest / largest[0]))  # standard error about kappa/sqrt(1000)
    assert abs(hill - kappa) < 6 * kappa / np.sqrt(1000)
    assert abs(hill - 2 * kappa) > 6 * kappa / np.sqrt(1000)


def test_gaussian_absolute_moments_are_the_known_ones():
    assert absolute_moment(SGD, 2) == sp.expand((1 - eta * h) ** 2 + eta**2 * s**2)
    centred = Recursion([w], [s * xi * w + 1], normals=[xi])
    assert sp.simplify(absolute_moment(centred, 1) - s * sp.sqrt(2 / sp.pi)) == 0


@pytest.mark.parametrize(
    ("multiplier", "kappa"),
    [
        (xi**2, 1),  # ARCH of unit coefficient
        (sp.Rational(3, 4) + xi**2 / 4, 1),  # GARCH on the border of a finite mean
        ((xi**2 + zeta**2) / 2, 1),
        (sp.exp(xi - 1), 2),  # 2 mu / sigma^2
        (2 * u, 1),
    ],
    ids=str,
)
def test_the_textbook_multipliers_have_their_known_indices(multiplier, kappa):
    noise = {"normals": [xi, zeta]} if not multiplier.has(u) else {"uniforms": [u]}
    assert abs(tail_index(Recursion([w], [multiplier * w + 1], **noise)) - kappa) < 1e-12


def test_the_mean_over_a_draw_shifts_the_normals_of_an_exponential():
    step = Recursion([w], [w + xi + zeta], normals=[xi, zeta])
    assert sp.simplify(mean_over_draw(xi**2 * sp.exp(s * xi), step) - (1 + s**2) * sp.exp(s**2 / 2)) == 0


def test_what_has_no_index_is_refused():
    with pytest.raises(DivergenceError, match="not negative"):
        tail_index(SGD, {eta: 4, h: 1, s: 1})
    with pytest.raises(DimensionError):
        absolute_moment(Recursion([w, v], [w, v], normals=[xi]), 1)
    with pytest.raises(UnsupportedFormError, match="must be linear"):
        absolute_moment(Recursion([w], [(xi**3 + xi) * w], normals=[xi]), 1)


def test_an_index_is_found_past_orders_where_a_series_of_kummer_is_zero():
    step = Recursion([w], [w * (1 - xi**2) + 1], normals=[xi])
    kappa = tail_index(step)
    density = lambda q: mp.exp(-q * q / 2) / mp.sqrt(2 * mp.pi)  # noqa: E731
    moment = 2 * mp.quad(lambda q: abs(1 - q * q) ** kappa * density(q), [0, 1, 12])
    assert abs(moment - 1) < 1e-9
