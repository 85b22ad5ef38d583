"""Numbers of a law from its coefficients alone agree with closed forms and quadrature, and say how far they are off."""

import mpmath
import pytest
import sympy as sp
from mpmath import mp

from numerics import DivergenceError
from numerics.deterministic.law_on_panels import LawOnPanels

x = sp.Symbol("x", real=True)
LINE, HALF_LINE = (-sp.oo, sp.oo), (0, sp.oo)


def rational(text):
    return sp.Rational(text)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("drift", "diffusion", "interval", "mean", "variance"),
    [
        (-(x - 1000), 2, LINE, 1000, 1),
        (-(x - 10**6), rational("2/1000000"), LINE, 10**6, rational("1/1000000")),
        (rational("1/10") - x, 2 * x, HALF_LINE, rational("1/10"), rational("1/10")),
        (-rational("11/20") * x, 1 + x**2, LINE, 0, 10),
        (rational("1/3") - x, 2 * x * (1 - x), (0, 1), rational("1/3"), rational("1/9")),
        (-sp.sign(x), 1, LINE, 0, rational("1/2")),
        (-sp.sinh(x), 1, LINE, 0, None),
    ],
)
def test_moments_are_those_of_the_closed_form(drift, diffusion, interval, mean, variance):
    law = LawOnPanels(sp.sympify(drift), sp.sympify(diffusion), x, interval)
    if variance is None:  # of exp(-2 cosh x), by a derivative in the order of a Bessel function
        with mp.workdps(30):
            variance = mpmath.diff(lambda order: mpmath.besselk(order, 2), 0, 2) / mpmath.besselk(0, 2)
    assert abs(law.mean - mean) <= 1e-13 * max(1, abs(mean))
    assert abs(law.variance / sp.Float(variance, 20) - 1) < 1e-12


def test_the_error_bounds_the_distance_to_the_exact_moment_and_is_small():
    law = LawOnPanels(rational("5/2") - x, 2 * x, x, HALF_LINE)
    for order in (1, 2, 3, rational("-1/2")):
        exact = mpmath.gamma(mpmath.mpf("2.5") + mpmath.mpf(str(float(order)))) / mpmath.gamma(mpmath.mpf("2.5"))
        found = law.measured(x**order)
        assert abs(found.value - exact) <= found.error < 1e-11 * exact


def test_distribution_and_quantiles_of_a_law_of_no_family_agree_with_quadrature():
    law = LawOnPanels(-x / sp.sqrt(1 + x**2) + sp.sin(5 * x), sp.S.One, x, LINE)
    weight = lambda t: mpmath.exp(-2 * mpmath.sqrt(1 + t * t) - 2 * mpmath.cos(5 * t) / 5)  # noqa: E731
    whole, below = (mpmath.quad(weight, mpmath.linspace(-25, end, 60)) for end in (25, 0.5))
    assert abs(law.cdf(rational("1/2")) - below / whole) < 1e-12
    assert abs(law.pdf(rational("1/2")) - weight(0.5) / whole) < 1e-12
    assert abs(law.cdf(law.quantile(rational("1/7"))) - mpmath.mpf(1) / 7) < 1e-13


def test_where_the_diffusion_jumps_the_density_jumps_the_other_way():
    law = LawOnPanels(-x, sp.Piecewise((1, x < 1), (4, True)), x, LINE)
    ratio = law.pdf(1 - rational("1/1000000000")) / law.pdf(1 + rational("1/1000000000"))
    assert abs(ratio - 4) < 1e-6


def test_two_narrow_wells_far_apart_are_both_seen():
    law = LawOnPanels(-(x + 5) * (x - 5) * x, sp.S.One, x, LINE)
    assert abs(law.mean) <= law.measured(x).error < 1e-10
    assert abs(law.cdf(0) - 0.5) < 1e-11
    assert 24 < law.variance < 25


@pytest.mark.parametrize("drift", [sp.S.Zero, x**3, -x / (1 + x**2) / 2])
def test_a_density_without_a_finite_integral_is_refused(drift):
    with pytest.raises(DivergenceError, match="diverges at the (left |right )?end"):
        _ = LawOnPanels(drift, sp.S.One, x, LINE).mean


def test_a_moment_that_does_not_exist_is_refused():
    student = LawOnPanels(-x, 1 + x**2, x, LINE)  # a tail of exponent 4
    assert abs(student.moment(2) - 1) < 1e-12
    with pytest.raises(DivergenceError):
        student.moment(4)


def test_the_mode_is_a_zero_of_the_slope_or_an_end():
    assert LawOnPanels(1000 - x, 2 * x, x, HALF_LINE).mode() == 999
    assert LawOnPanels(rational("1/2") - x, 2 * x, x, HALF_LINE).mode() == 0
