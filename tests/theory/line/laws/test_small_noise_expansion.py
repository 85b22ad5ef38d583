"""Laplace's expansion of laws on the line against laws known exactly and against quadrature at small noise."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import cumulative_simpson, simpson

from tests.examples import examples
from tests.strategies import positive_rationals
from theory import Interval, ItoProcess, parameter, stationary_density
from theory.deep_linear.modewise import balanced_modes
from theory.errors import DimensionError, DriftproofError, SymbolError, UnsupportedFormError
from theory.line.laws.small_noise_expansion import laplace_expansion, small_noise_expansion

x, k, beta = sp.symbols("x k beta", positive=True)
y = sp.Symbol("y", real=True)
L = parameter("L", above=2)


def logistic() -> ItoProcess:
    """Its law is Gamma with shape k/beta - 1 and scale beta."""
    return ItoProcess.scalar(x, drift=(k - x) * x, dispersion=sp.sqrt(2 * beta) * x)


@pytest.fixture(scope="module")
def deep_mode():
    mode = balanced_modes(L)
    return mode, small_noise_expansion(mode.process_of(0), mode.beta, mode.singular_values[0])


def test_mean_and_variance_of_a_gamma_law_are_exact_polynomials():
    found = small_noise_expansion(logistic(), beta, k, order=2)
    law = stationary_density(logistic())
    where = {beta: sp.Rational(1, 10), k: 2}
    assert sp.expand(found.mean - (k - beta)) == 0
    assert sp.expand(found.variance - beta * (k - beta)) == 0
    assert sp.expand(found.mode - (k - 2 * beta)) == 0
    assert found.mean.subs(where) == law.mean.subs(where)
    assert found.variance.subs(where) == law.variance.subs(where)


def test_a_law_without_a_process_is_that_of_half_the_slope_times_its_factor():
    # exp(Phi/beta)/D with Phi = -(x - k)**2/2 and D = 1 + x**2: a Gaussian, moved by the slope of log(1/D) alone.
    D = 1 + x**2
    process = ItoProcess.scalar(x, drift=-(x - k) * D / 2, dispersion=sp.sqrt(beta * D))
    assert stationary_density(process).density == sp.exp(-(x**2) / (2 * beta) + k * x / beta) / D
    found = small_noise_expansion(process, beta, k)
    shift = beta * sp.diff(-sp.log(D), x).subs(x, k)
    assert [sp.cancel(e - k - shift) for e in (found.mean, found.mode)] == [0, 0]
    assert found.variance == beta


def test_a_linear_process_needs_no_corrections():
    process = ItoProcess.scalar(y, drift=-k * y + beta, dispersion=sp.sqrt(2 * beta))
    found = small_noise_expansion(process, beta, 0, order=2)
    assert (found.mean, found.variance) == (beta / k, beta / k)
    assert found.condition == sp.true


def on_a_grid(process: ItoProcess, point: float, deviation: float) -> tuple[float, float]:
    """Mean and variance of the zero-current law by quadrature of (2b - a')/a, ten deviations around a point."""
    (v,), (b,), a = process.state, process.drift, process.diffusion[0]
    slope = sp.lambdify(v, (2 * b - sp.diff(a, v)) / a)
    grid = np.linspace(max(point - 10 * deviation, point / 50), point + 10 * deviation, 20_001)
    height = cumulative_simpson(slope(grid), x=grid, initial=0)
    weight = np.exp(height - height.max())
    weight /= simpson(weight, x=grid)
    mean = simpson(grid * weight, x=grid)
    return float(mean), float(simpson((grid - mean) ** 2 * weight, x=grid))


@given(
    depth=st.sampled_from([sp.Integer(1), sp.Integer(2), sp.Rational(5, 2), sp.Integer(3), sp.Integer(6)]),
    s=positive_rationals(2),
    sigma=positive_rationals(1),
)
@settings(max_examples=examples(3))
def test_the_errors_fall_with_the_next_power_of_the_noise(depth, s, sigma):
    mode = balanced_modes(depth, singular_values=[s], label_variance=sigma**2)
    found = small_noise_expansion(mode.process_of(0), mode.beta, s, order=1)
    unit = s**2 / (found.variance / mode.beta) / 400

    def gap(strength):
        at = {mode.beta: strength}
        mean, variance = (float(e.subs(at)) for e in (found.mean, found.variance))
        there = on_a_grid(mode.process_of(0).subs(at), float(s), variance**0.5)
        return there[0] - mean, there[1] - variance

    scale = float(s) / 100, float(found.variance / mode.beta * unit)
    for coarse, fine, size in zip(gap(unit), gap(unit / 2), scale, strict=True):
        assert abs(coarse - 4 * fine) < 0.3 * abs(coarse) + 1e-5 * size


def test_a_mode_of_any_depth_sits_below_its_teacher_while_the_zero_of_drift_lies_above(deep_mode):
    mode, found = deep_mode
    s, variance, b = mode.singular_values[0], mode.label_variances[0], mode.beta
    shift = b * (L - 1) * variance * s ** (1 - 2 / L) / 2
    assert sp.simplify(found.zero_of_drift - (s + shift)) == 0
    assert sp.simplify(found.mean - (s - shift)) == 0
    assert sp.simplify(found.mode - (s - 3 * shift)) == 0
    assert sp.simplify(found.variance - b * L * variance * s ** (2 - 2 / L) / 2) == 0


def test_the_printed_location_of_the_law_is_not_the_zero_of_drift(deep_mode):
    mode, found = deep_mode
    s, b = mode.singular_values[0], mode.beta
    printed = s + b * (L - 1) * s ** (-2 / L) * sp.sqrt(mode.label_variances[0]) / 2
    values = {L: 3, s: sp.Rational(7, 10), b: sp.Rational(1, 100), sp.Symbol("sigma", positive=True): sp.Rational(1, 2)}
    gap = (printed - found.zero_of_drift).subs(values)
    assert abs(gap) > (found.zero_of_drift - s).subs(values)


def test_the_second_order_is_met_to_the_third():
    mode = balanced_modes(3, singular_values=[sp.Rational(7, 10)], label_variance=sp.Rational(1, 4))
    found = small_noise_expansion(mode.process_of(0), mode.beta, mode.singular_values[0], order=2)

    def gap(strength):
        at = {mode.beta: strength}
        mean, variance = (float(e.subs(at)) for e in (found.mean, found.variance))
        there = on_a_grid(mode.process_of(0).subs(at), 0.7, variance**0.5)
        return there[0] - mean, there[1] - variance

    for coarse, fine in zip(gap(sp.Rational(1, 50)), gap(sp.Rational(1, 100)), strict=True):
        assert coarse / fine == pytest.approx(8, rel=0.2)


def test_the_expansion_states_where_the_law_and_its_moments_exist():
    mode = balanced_modes(2)
    found = small_noise_expansion(mode.process_of(0), mode.beta, mode.singular_values[0])
    assert found.finite[0] == stationary_density(mode.process_of(0)).normalisable
    heavy = ItoProcess.scalar(y, drift=-k * y, dispersion=sp.sqrt(2 * beta * (1 + y**2)))
    exponents = small_noise_expansion(heavy, beta, 0)
    assert exponents.finite[2] == (beta < k)
    assert exponents.finite[0] == sp.true


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: small_noise_expansion(logistic(), beta, k + 1), UnsupportedFormError, "must be a maximum of Phi"),
        (lambda: small_noise_expansion(logistic(), beta, k, order=9), DimensionError, "order must be a whole number"),
        (lambda: small_noise_expansion(logistic(), sp.Symbol("b"), k), SymbolError, "small must be a positive symbol"),
        (
            lambda: small_noise_expansion(
                ItoProcess.scalar(y, drift=-y * (y**2 - 9) * (y**2 - 1), dispersion=sp.sqrt(beta)), beta, 3
            ),
            UnsupportedFormError,
            "vanishes for y inside|Restrict",
        ),
        (
            lambda: small_noise_expansion(ItoProcess.scalar(y, drift=-y, dispersion=beta), beta, 0),
            UnsupportedFormError,
            "diffusion must be linear in beta",
        ),
        (
            lambda: small_noise_expansion(ItoProcess.scalar(y, drift=-y, dispersion=1), beta, 0),
            UnsupportedFormError,
            "diffusion must be proportional to beta",
        ),
        (
            lambda: small_noise_expansion(
                ItoProcess.scalar(y, drift=1 - y - sp.exp(y), dispersion=sp.sqrt(beta)), beta, 0
            ),
            UnsupportedFormError,
            "For a law use laplace_expansion",
        ),
    ],
)
def test_what_is_no_small_noise_around_one_peak_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_one_of_two_wells_is_expanded_on_its_own_side():
    well = ItoProcess.scalar(x, drift=x - x**3, dispersion=sp.sqrt(beta) * x)
    assert small_noise_expansion(well, beta, 1, Interval(0, sp.oo)).variance == beta / 4


GIVEN = {
    "log of a Gamma variable": (  # digamma and trigamma of 1/beta
        lambda: laplace_expansion(y - sp.exp(y), y, beta, 0, order=2),
        -beta / 2 - beta**2 / 12,
        beta + beta**2 / 2,
    ),
    "lognormal": (
        lambda: laplace_expansion(-(sp.log(x) ** 2) / 2, x, beta, 1, divisor=x, order=2),
        1 + beta / 2 + beta**2 / 8,
        beta + 3 * beta**2 / 2,
    ),
    "logistic": (lambda: laplace_expansion(-2 * sp.log(sp.cosh(y)), y, beta, 0, order=2), 0, beta / 2 + beta**2 / 4),
    "Student": (  # variance nu/(nu - 2) of y sqrt(nu), nu = 2 k/beta - 1
        lambda: laplace_expansion(-k * sp.log(1 + y**2), y, beta, 0, order=2),
        0,
        beta / (2 * k) + 3 * beta**2 / (4 * k**2),
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_laws_without_a_process_are_expanded_in_the_coordinate_that_suits_them(name):
    call, mean, variance = GIVEN[name]
    found = call()
    assert sp.expand(found.mean - mean) == 0 and sp.expand(found.variance - variance) == 0
    assert found.condition == (beta < 2 * k / 3 if name == "Student" else sp.true)


def test_moments_exist_as_the_tail_says_in_the_coordinate_of_a_root():
    found = laplace_expansion(-k * sp.log(1 + y**2) / 2, y, beta, 0, divisor=sp.sqrt(1 + y**2))
    assert found.finite == (True, beta < k, beta < k / 2)


LAWS_REFUSED = {
    "two maxima": (lambda: laplace_expansion(-((y**2 - 1) ** 2), y, beta, 1), "only global maximum"),
    "a flat maximum": (lambda: laplace_expansion(-(y**4), y, beta, 0), "must be a maximum of Phi"),
    "a maximum at an end": (lambda: laplace_expansion(-y, y, beta, 0, Interval(0, sp.oo)), "must be a maximum of Phi"),
    "a kink": (lambda: laplace_expansion(-sp.Abs(y) - y**2, y, beta, 0), "must be smooth, .* at y = 0"),
    "no maximum": (lambda: laplace_expansion(k, y, beta, 0), "exponent must depend on y"),
    "a negative divisor": (lambda: laplace_expansion(-(y**2), y, beta, 0, divisor=y - 1), "divisor must be positive"),
}


@pytest.mark.parametrize("name", LAWS_REFUSED)
def test_what_is_no_law_with_one_smooth_peak_is_refused(name):
    call, said = LAWS_REFUSED[name]
    with pytest.raises(DriftproofError, match=said):
        call()


ONLY_MAXIMUM = {
    "powers and an exponential": (y - y**2 / 2 - sp.exp(y), 0, 1, None),
    "with a divisor": (y - y**2 / 2 - sp.exp(y), 0, 2 + sp.cos(y) + y**2, Interval(-3, 4)),
    "a logarithm and an exponential": (2 * sp.log(x) - x - sp.exp(x - 1), 1, 1, None),
    "gamma function": (-sp.EulerGamma * x - sp.loggamma(x), 1, 1, None),
    "gamma function and divisor": (sp.digamma(2) * x - sp.loggamma(x), 2, 1 + x, None),
    "error function's slope": (sp.exp(-(y**2)) / 2 - y**2 / 2, 0, 1, None),
    "arctangent": (-(y**2) / 2 - y * sp.atan(y), 0, 1 + y**2, None),
    "power of an exponential": (-((y - 1) ** 2) * (1 + sp.exp(-y)), 1, 1, None),
    "at a logarithm": ((sp.log(2) + 2) * y - y**2 / 2 - sp.exp(y), sp.log(2), 1, None),
    "a bump between ends": (sp.exp(-(y**2)), 0, 1, Interval(-2, 3)),
    "cosine and quartic": (sp.cos(y) - y**2 - y**4, 0, 1, None),
    "lower second maximum": (-((y**2 - 1) ** 2) - (y - 1) ** 2 / 2, 1, 2 + y**2, None),
    "lower maximum on the right": (y**2 - y**3 / 3 - y**4 / 4, -2, 1, None),
    "lower maxima without end": (sp.cos(3 * y) - y**2 / 20, 0, 1, None),
    "lower maximum, heavy tails": (-sp.log(1 + y**2 * ((y - 3) ** 2 + 1)), 0, 1, None),
    "hyperbolic cosine and logarithm": (1 - sp.cosh(y) - sp.log(1 + y**2), 0, 1, None),
    "hyperbolic tangent": (-y * sp.tanh(y) - y**2 / 4, 0, 1, None),
}
DEAR = [n for n in ONLY_MAXIMUM if "hyperbolic" in n or "tails" in n or "without end" in n]


def by_quadrature(Phi, v, point, D, interval, strength):
    """Mean and variance, to fourteen deviations around the point."""
    height = sp.lambdify(v, Phi - Phi.subs(v, point), "mpmath")
    divisor = sp.lambdify(v, D, "mpmath")
    centre, width = float(point), float(sp.sqrt(-strength / sp.diff(Phi, v, 2).subs(v, point)))
    ends = [float(end) for end in (interval or Interval.of(v)).ends]
    places = np.linspace(max(centre - 14 * width, ends[0]), min(centre + 14 * width, ends[1]), 9)[0 if ends[0] else 1 :]
    nodes, weights = np.polynomial.legendre.leggauss(24)
    total = [mpmath.mpf(0)] * 3
    for low, high in zip(places, places[1:], strict=False):
        for node, weight in zip(nodes, weights, strict=True):
            z = float((low + high + (high - low) * node) / 2)
            share = weight * mpmath.exp(height(z) / strength) / divisor(z)
            total = [old + share * (z - centre) ** power for power, old in enumerate(total)]
    mean = total[1] / total[0]
    return float(mean), float(total[2] / total[0] - mean**2)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in DEAR else ()) for n in ONLY_MAXIMUM])
def test_a_law_whose_exponent_is_largest_at_one_point_alone_is_met_to_the_next_order(name):
    Phi, point, D, interval = ONLY_MAXIMUM[name]
    (v,) = Phi.free_symbols
    there = {strength: by_quadrature(Phi, v, point, D, interval, strength) for strength in (0.004, 0.002)}
    found = laplace_expansion(Phi, v, beta, point, interval, divisor=D, order=2)
    assert found.condition.subs(beta, 0.004) == sp.true
    for measured, expansion in enumerate((found.mean - point, found.variance)):
        terms = [found.coefficient(expansion, power) for power in (1, 2)]
        gaps = [value[measured] - float(terms[0]) * strength for strength, value in there.items()]
        next_gaps = [g - float(terms[1]) * strength**2 for g, strength in zip(gaps, there, strict=True)]
        assert abs(gaps[1]) < 1.12 / 4 * abs(gaps[0]) + 1e-12
        assert abs(next_gaps[1]) < 1.12 / 8 * abs(next_gaps[0]) + 1e-12


def test_parameters_may_stand_in_a_concave_exponent():
    found = laplace_expansion(y - k * y**2 / 2 - sp.exp(y), y, beta, 0)
    assert sp.simplify(found.mean + beta / (2 * (k + 1) ** 2)) == 0
    assert (found.variance, found.condition) == (beta / (k + 1), sp.true)


@pytest.mark.slow
def test_heavy_tails_beside_a_lower_maximum_bound_the_noise():
    heavy = laplace_expansion(-sp.log(1 + y**2 * ((y - 3) ** 2 + 1)), y, beta, 0)
    assert heavy.finite == (beta < 4, beta < 2, beta < sp.Rational(4, 3))


SMOOTH = y - y**2 / 2 - sp.exp(y)
NOT_SHOWN = {
    "equal maxima": (-((y**2 - 1) ** 2) * sp.exp(y), 1, 1, None, "only global maximum"),
    "equal maxima without end": (sp.cos(y), 0, 1, None, "only global maximum"),
    # The point is irrational, and nothing here shows that the slope, which touches 0 elsewhere, does not cross it.
    "a slope that touches zero": (
        -((y**2 - 2) ** 2) - (y - sp.sqrt(2)) ** 2,
        sp.sqrt(2),
        1,
        None,
        "only global maximum",
    ),
    "the lower maximum": (y**2 - y**3 / 3 - y**4 / 4, 1, 1, None, "only global maximum"),
    "a degenerate maximum": (1 + y**2 / 2 - y**4 - sp.cosh(y), 0, 1, None, "must be a maximum of Phi"),
    "a maximum elsewhere": (-(y**2) / 2 - sp.exp(y), 0, 1, None, "must be a maximum of Phi"),
    "at an end": (SMOOTH, 0, 1, Interval(0, 5), "must lie inside"),
    "an end as high": (-(y**2) * (2 - y), 0, 1, Interval(-1, 2), "only global maximum"),
    "a higher end": (-(y**2) * (2 - y), 0, 1, Interval(-1, 3), "only global maximum"),
    "as high in the limit": (-(y**2) * sp.exp(-(y**2)), 0, 1 + y**4, None, "only global maximum"),
    "no fall": (sp.exp(-(y**2)), 0, 1, None, "not shown to be finite towards y = -oo"),
    "a pole": (-(y**2) + sp.log(y**2), 1, 1, None, "only global maximum"),
    "a divisor with a zero": (SMOOTH, 0, 1 + y, None, "divisor=y . 1 is not shown to be smooth and positive"),
    "a divisor that vanishes at an end": (SMOOTH, 0, 1 + y, Interval(-1, 1), "stay positive towards y = -1"),
    "a divisor that falls fast": (SMOOTH, 0, sp.exp(-(y**2)), None, "not shown to be finite"),
    "noise in the divisor": (SMOOTH, 0, beta + y**2, None, "no coordinate makes"),
}


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_what_is_not_shown_to_be_largest_at_one_point_alone_is_refused(name):
    Phi, point, D, interval, said = NOT_SHOWN[name]
    with pytest.raises(DriftproofError, match=said):
        laplace_expansion(Phi, y, beta, point, interval, divisor=D)
