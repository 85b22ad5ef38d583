"""Primitives over even polynomials of degree four and more: closed, certified, and the numerical integral."""

from typing import Any

import mpmath
import pytest
import sympy as sp

from theory.line.charts.interval import Interval
from theory.line.integrals.even_factors import even_part, odd_part
from theory.line.integrals.exponential_of_integral import exponential_of_integral, is_logarithmic_derivative

x = sp.Symbol("x", real=True)
y, k = sp.symbols("y k", positive=True)
LINE, HALF_LINE = Interval(-sp.oo, sp.oo), Interval(0, sp.oo)


@pytest.mark.every(7)
@pytest.mark.parametrize(
    ("slope", "interval"),
    [
        ((1 - 3 * x) / (x**4 + 1), LINE),
        ((x**3 + x**2 + 2) / (x**4 - x**2 + 1), LINE),
        (-2 * x / (x**6 + 1), LINE),
        ((1 - x**5) / (x**4 + 3 * x**2 + 1), LINE),
        ((x**2 + x) / (x**4 + x**2 + 3), LINE),
        ((2 - y) / (y**2 * (y**4 + 1)), HALF_LINE),
        (sp.sqrt(y) / (y**2 + 1), HALF_LINE),
        ((1 - y) / (y**4 - 2), Interval(0, sp.root(2, 4))),
        ((1 + y) / (y**4 - 2), Interval(sp.root(2, 4), sp.oo)),
    ],
    ids=str,
)
def test_a_quotient_over_an_even_polynomial_has_the_closed_form_of_its_numerical_integral(slope, interval):
    (variable,) = slope.free_symbols
    found = exponential_of_integral(slope, variable, interval)
    assert not found.has(sp.Integral, sp.hyper)
    low, high = (interval.interior_point() + sp.Rational(step, 8) for step in (0, 1))
    with mpmath.workdps(30):
        ends = [mpmath.mpf(str(end.evalf(40))) for end in (low, high)]
        integral = mpmath.quad(sp.lambdify(variable, slope, "mpmath"), ends)
        gained = sp.log(found.subs(variable, high) / found.subs(variable, low)).evalf(30)
        assert abs(integral - mpmath.mpf(str(gained))) < mpmath.mpf(10) ** -24


def test_a_parameter_stays_in_the_closed_form_on_the_whole_line():
    slope = (1 - 3 * x) / (x**4 + k)
    found = exponential_of_integral(slope, x, LINE)
    assert not found.has(sp.Integral)
    assert is_logarithmic_derivative(slope, found, x)
    assert not is_logarithmic_derivative(slope, found.subs(k, 2 * k), x)


def test_the_certificate_refutes_a_primitive_with_one_sign_turned():
    slope = 1 / (x**4 + 1)
    found = exponential_of_integral(slope, x, LINE)
    turned = found.replace(sp.atan, lambda angle: -sp.atan(angle))
    assert is_logarithmic_derivative(slope, found, x)
    assert turned != found
    assert not is_logarithmic_derivative(slope, turned, x)


def test_the_lowest_power_of_a_divisor_is_found_though_coefficients_repeat():
    """With 1 + y**4 the constant and the highest coefficient are the same number."""
    slope = y ** sp.Rational(1, 3) / (1 + y**4)
    found = exponential_of_integral(slope, y, HALF_LINE)
    assert found.has(sp.hyper)
    assert not found.has(sp.Integral)


def test_odd_and_even_part_together_are_the_quotient():
    numerator, f = sp.Poly(2 * x**3 - x**2 + 5 * x - 7, x), sp.Poly(3 * x**4 + x**2 + 2, x)
    odd = 2 * x * odd_part(numerator, f, y).subs(y, x**2)
    parts: Any = even_part(numerator, f)
    even = sp.Add(*(top.as_expr() / bottom.as_expr() for top, bottom in parts))
    for value in (sp.Rational(1, 3), -2, 5):
        difference = (odd + even - numerator.as_expr() / f.as_expr()).subs(x, value)
        assert abs(difference.evalf(30)) < 1e-25
