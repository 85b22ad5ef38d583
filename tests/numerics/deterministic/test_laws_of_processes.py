"""Stationary laws without a family give numbers through the same object; known ones agree with their closed forms."""

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mp, mpf

from numerics import NumericalLaw, compile_program, integrate_density, numerical_law
from theory import (
    Interval,
    ItoProcess,
    MissingParameterError,
    NotNormalisableError,
    UnsupportedFormError,
    stationary_density,
)

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
a, b, k, s = sp.symbols("a b k s", positive=True)
WELL = ItoProcess.scalar(x, drift=2 * x - k * x**2 - x**3, dispersion=x)
HYPERBOLIC = ItoProcess.scalar(y, drift=-k * sp.sinh(y), dispersion=s)
GAMMA = ItoProcess.scalar(x, drift=a - k * x, dispersion=s * sp.sqrt(x))
law_of = cache(stationary_density)


def by_mpmath(observable):
    """Means under x^2 exp(-x^2 - 2x), the well at k = 1."""
    with mp.workdps(25):
        weight = lambda t: t**2 * mpmath.exp(-t * t - 2 * t)  # noqa: E731
        edges = [0, 1, 2, 4, 8, 14]
        return mpmath.quad(lambda t: observable(t) * weight(t), edges) / mpmath.quad(weight, edges)


def test_a_law_without_family_gives_numbers_at_given_parameters():
    law = law_of(WELL).at({k: 1})
    assert law.family is None
    mean = by_mpmath(lambda t: t)
    assert abs(law.mean - sp.Float(mean, 20)) < 1e-13
    assert abs(law.variance - sp.Float(by_mpmath(lambda t: (t - mean) ** 2), 20)) < 1e-13
    assert abs(law.moment(-1) - sp.Float(by_mpmath(lambda t: 1 / t), 20)) < 1e-13
    assert abs(law.log_mean - sp.Float(by_mpmath(mpmath.log), 20)) < 1e-13
    assert abs(law.cdf(1) - sp.Float(by_mpmath(lambda t: t < 1), 20)) < 1e-13
    assert abs(law.cdf(law.quantile(0.3)) - 0.3) < 1e-13


def test_its_density_is_a_function_that_can_be_compiled_and_integrated():
    law = law_of(WELL).at({k: 1})
    assert abs(integrate_density(law.density, x, (0, sp.oo), digits=12).value - 1) < 1e-13
    assert abs(compile_program([law.pdf()], [x])(1.0)[0] - float(law.pdf(1))) < 1e-13
    assert law.partition_function == 1


def test_the_error_of_every_number_can_be_asked_for():
    measured = law_of(WELL).at({k: 1}).numbers.measured(x)
    exact = by_mpmath(lambda t: t)
    assert abs(measured.value - exact) <= measured.error < 1e-14
    assert [cut.end for cut in measured.cut_off] == [0, sp.oo]


def test_double_exponentials_have_moments():
    law = law_of(HYPERBOLIC).at({k: 1, s: 1})
    ratio = mpmath.besselk(1, 2) / mpmath.besselk(0, 2)
    cosh = law.numbers.expectation(sp.cosh(y))
    assert abs(cosh - ratio) < 1e-13
    assert abs(law.quantile(0.5)) < 1e-13


@pytest.mark.every(2)
@pytest.mark.parametrize("level", ["1/1000", "1/3", "9/10", "9999/10000"])
def test_numbers_of_a_known_family_agree_with_its_closed_forms(level):
    law = law_of(GAMMA).at({a: 1, k: 2, s: 1})
    numbers = law.numbers
    assert isinstance(numbers, NumericalLaw)
    assert abs(numbers.mean - mpf(1) / 2) < 1e-14 and law.mean == sp.Rational(1, 2)
    point = law.quantile(sp.Rational(level))
    assert abs(sp.N(law.cdf(point), 20) - sp.Rational(level)) < 1e-13


def test_more_digits_are_had_for_the_asking():
    with mp.workdps(40):
        weight = lambda t: t**2 * mpmath.exp(-t * t - 2 * t)  # noqa: E731
        edges = [0, 1, 2, 4, 8, 14]
        exact = mpmath.quad(lambda t: t * weight(t), edges) / mpmath.quad(weight, edges)
        assert abs(numerical_law(law_of(WELL), {k: 1}, digits=30).mean / exact - 1) < mpf(10) ** -29


def test_open_parameters_and_laws_that_do_not_exist_are_refused_with_what_to_do():
    with pytest.raises(UnsupportedFormError, match=r"not recognised.*law.at\(values\)"):
        _ = stationary_density(ItoProcess.scalar(x, drift=1 - k * x**3, dispersion=1)).mean
    with pytest.raises(MissingParameterError, match=r"k have none. Use law.at\(values\)"):
        _ = law_of(WELL).numbers
    growth = stationary_density(ItoProcess.scalar(x, drift=a * x - x**2 - k * x**3, dispersion=s * x))
    with pytest.raises(NotNormalisableError, match="collapses to the point mass at x = 0"):
        numerical_law(growth, {a: 1, k: 1, s: 2})


def test_coefficients_outside_every_chart_give_a_law_in_numbers():
    law = stationary_density(ItoProcess.scalar(y, drift=-sp.tanh(sp.sinh(y)), dispersion=sp.S.One))
    points = np.arange(-20_000, 20_001) / 1000
    potential = np.cumsum(-2 * np.tanh(np.sinh(points + 0.0005)) / 1000)  # the midpoint rule
    weights = np.exp(np.concatenate([[0.0], potential[:-1]]) - potential.max())
    variance = weights @ points**2 / weights.sum()
    assert abs(law.mean) < 1e-12 and law.normalisable == sp.true
    assert abs(law.variance - variance) < 1e-6
    assert abs(law.cdf(law.quantile(0.3)) - 0.3) < 1e-12


@pytest.mark.parametrize(
    "dispersion", [y, y**3 * sp.exp(y), sp.log(1 + y), sp.cos(y) - 1 - y, sp.besselj(0, 3 * y), y * sp.besselj(0, y)]
)
def test_a_process_whose_noise_vanishes_inside_has_no_law_in_numbers(dispersion):
    """Quadrature met no zero, took what lies on its two sides for one law, and gave a mean."""
    with pytest.raises(UnsupportedFormError):
        stationary_density(ItoProcess.scalar(y, drift=sp.S.One, dispersion=dispersion), Interval(-sp.S.Half, 2))


def test_a_potential_that_grows_in_waves_has_no_law():
    law = stationary_density(ItoProcess.scalar(y, drift=y**2 * sp.sin(y), dispersion=sp.S.One))
    assert (law.normalisable, law.undecided) == (sp.false, sp.true)
