"""The mode is where the density is largest on a fine grid, whatever the powers in it."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.limits import one_sided_limit
from theory.line.charts.interval import Interval
from theory.line.laws.mode import mode
from theory.line.laws.stationary import stationary_density
from theory.line.time_limit import time_limit

x, k = sp.symbols("x k", positive=True)
y = sp.Symbol("y", real=True)
n = sp.Symbol("n", positive=True, integer=True)
HALF = sp.Rational(1, 2)


@st.composite
def densities(draw: st.DrawFn) -> sp.Expr:
    """Generalised inverse gamma laws with another power in the exponent, some of them with two maxima."""
    low, high = draw(st.sampled_from((HALF, 1, 2))), draw(st.sampled_from((HALF, 1, sp.Rational(3, 2), 3)))
    middle = draw(rationals()) * x ** draw(st.sampled_from((HALF, sp.Rational(1, 3), 2)))
    exponent = -draw(positive_rationals()) * x ** (-low) - draw(positive_rationals()) * x**high
    return x ** draw(rationals()) * sp.exp(exponent + (middle if high > 2 else 0))


@settings(max_examples=examples(6))
@given(densities())
def test_the_mode_is_where_the_density_is_largest_on_a_grid(density):
    found = mode(density, x).evalf(20)
    value = sp.lambdify(x, sp.log(density), "mpmath")
    points = [mpmath.mpf(10) ** (mpmath.mpf(i) / 100) for i in range(-300, 200)]
    best = max(points, key=value)
    assert abs(mpmath.log(best / mpmath.mpf(found))) < 0.03


def test_a_mode_without_closed_form_has_a_value_once_its_parameters_have():
    found = mode(x * sp.exp(-k * x - x**5 / 5), x)
    at = found.subs(k, 2).evalf(30)
    assert abs(1 / at - 2 - at**4) < sp.Rational(1, 10**27)
    assert found.free_symbols == {k}


def test_the_higher_of_two_maxima_is_taken_and_equal_ones_are_not_decided():
    wells = sp.exp(-((x - 1) ** 2) * (x - 3) ** 2)
    assert mode(wells, x).evalf() is sp.nan
    tilted = mode(wells * sp.exp(x / 10), x).evalf()
    assert abs(tilted - 3) < 0.1


def test_powers_of_a_symbol_are_a_power_chart():
    a = n / (n + 2)
    assert mode(sp.exp(2 * x**a - x ** (2 * a)), x) == sp.Piecewise((1, True))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("density", "interval", "expected"),
    [
        ((1 + y**2 / k) ** (-(k + 1) / 2), None, 0),
        (sp.exp(-(y**4) + k * y**2), None, sp.nan),
        (sp.exp(-x - x**2 - x**5), None, 0),
        (x * (1 - x) ** 2, Interval(0, 1), sp.Rational(1, 3)),
        (x ** sp.Rational(-1, 3) * (2 - x) ** 3, Interval(0, 2), 0),
        ((x - 1) ** 2 * sp.exp(-x), Interval(1, sp.oo), 3),
    ],
)
def test_modes_that_calculus_gives(density, interval, expected):
    assert mode(density, x if density.has(x) else y, interval) == expected


def test_powers_without_an_order_are_refused():
    c, d = sp.symbols("c d", real=True)
    with pytest.raises(UnsupportedFormError, match="cannot be ordered"):
        mode(sp.exp(x**c - x**d), x)


def test_an_even_density_with_a_parameter_and_two_wells_has_no_single_mode_and_with_three_one_by_numbers():
    x, s = sp.Symbol("x", real=True), sp.Symbol("s", positive=True)
    assert mode(sp.exp((x**2 - x**4 / 2) / s), x) is sp.nan
    # Stationary at 0, 1 and 2: peaks at 0 and 2, and higher at 2 however small the noise.
    three = mode(sp.exp(-(x**6 / 6 - 5 * x**4 / 4 + 2 * x**2) / s), x)
    assert three.subs(s, 1).evalf() is sp.nan
    assert mode(sp.exp(-(x**6 / 6 - 5 * x**4 / 4 + 3 * x**2) / s), x).subs(s, 1).evalf() == 0


@pytest.mark.parametrize(("rate", "expected"), [(sp.Rational(1, 2), 0), (2, 0.6823278038280193)])
def test_where_a_parameter_decides_between_a_kink_and_a_peak_beside_it_the_mode_is_decided_by_numbers(rate, expected):
    x, c = sp.Symbol("x", real=True), sp.Symbol("c", positive=True)
    right = sp.exp(-2 * c / (1 + x) - x**2 + 4 * x - 2 / (1 + x) + 4 * c) / (1 + x) ** 8
    left = sp.exp(2 * c / (1 - x) - x**2 - 4 * x - 2 / (1 - x)) / (1 - x) ** 8
    found = mode(sp.Piecewise((left, x < 0), (right, True)), x)
    assert float(found.subs(c, rate).evalf()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("force", "expected"), [(1, 0.743445012295671), (3, 2.178724176105222)])
def test_the_higher_of_two_peaks_inside_is_found_by_numbers(force, expected):
    peak = mode(x * sp.exp(force * x**3 / 3 - x**4 / 4 - x**2), x)
    assert float(sp.sympify(peak).evalf()) == pytest.approx(expected, abs=1e-12)


def test_a_height_whose_limit_depends_on_parameters_is_told_by_numbers():
    mu = sp.Symbol("mu", real=True)
    found = mode(sp.Piecewise((x ** (2 * mu - 1), x < 1), (x * sp.exp(1 - x), True)), x)
    assert abs(found.subs(mu, 2).evalf(8) - 1) < 1e-7


def test_a_limit_that_is_not_found_is_an_error_of_ours():
    mu = sp.Symbol("mu", real=True)
    with pytest.raises(UnsupportedFormError, match="not found.*Not sure of sign"):
        one_sided_limit(x ** (2 * mu - 1), x, sp.S.Zero, "+")


def test_heights_whose_order_is_open_are_not_factored():
    x, c = sp.Symbol("x", real=True), sp.Symbol("c", positive=True)
    process = ItoProcess.scalar(x, drift=sp.sqrt(k) * x - c * x + sp.sign(x), dispersion=sp.sqrt(k))
    law = stationary_density(process, Interval(-1, 2))
    with time_limit(10):
        found = law.mode
    assert found.subs({k: 1, c: sp.Rational(3, 2)}).evalf() == sp.Float(2)  # the slope is 1 - x/2 above 0
    assert found.subs({k: 1, c: 4}).evalf() is sp.nan  # it is 0 at 1/3 and -1/3


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("drift", "dispersion", "expected"),
    [
        (HALF - k * sp.log(x), 1, sp.exp(HALF / k)),
        (-k * sp.tanh(y) - y, 1, 0),
        (-k * y * sp.exp(-(y**2) / 2) - y, 1, 0),
        (-k * sp.asinh(y), sp.sqrt(1 + y**2), 0),
    ],
)
def test_one_change_of_the_sign_of_the_slope_is_the_mode_whatever_functions_it_holds(drift, dispersion, expected):
    (variable,) = sp.sympify(drift).free_symbols - {k}
    assert stationary_density(ItoProcess.scalar(variable, drift=drift, dispersion=dispersion)).mode == expected


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("drift", "dispersion", "place"),
    [
        (1 - k * sp.atan(y) - y, 1, 0.52026899271959),  # 1 = atan(y) + y
        (x ** sp.sqrt(2) * (1 - x), x ** sp.sqrt(2), None),
        (-k * sp.atanh(y) * (1 - y**2), 1 - y**2, sp.nan),  # rising from 0: as high on either side
    ],
)
def test_a_highest_point_beyond_charts_has_a_value_once_parameters_have(drift, dispersion, place):
    (variable,) = sp.sympify(drift).free_symbols - {k}
    interval = Interval(-1, 1) if drift.has(sp.atanh) else None
    law = stationary_density(ItoProcess.scalar(variable, drift=drift, dispersion=dispersion), interval)
    found = law.mode.subs(k, 1).evalf(10)
    if place is sp.nan:
        assert found is sp.nan
        return
    slope = law.log_derivative.subs(k, 1)
    assert place is None or float(found) == pytest.approx(place, abs=1e-9)
    assert slope.subs(variable, found - 1e-6) > 0 > slope.subs(variable, found + 1e-6)


def test_a_mode_of_glued_exponentials_of_integrals_is_where_their_slope_turns():
    """It ended in a SyntaxError: slopes of pieces were quotients of the integrals, and those went into a program."""
    law = stationary_density(ItoProcess.scalar(y, drift=-3 * sp.exp(y), dispersion=1 + sp.Abs(y)))
    peak = sp.nsolve(3 * sp.exp(y) - 1 + y, y, -0.6)  # 2b = a' for negative y
    assert abs(law.mode - peak) < 1e-10
