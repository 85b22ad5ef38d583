"""Closed primitives of powers over polynomials in a power: certified by differentiation, and equal to quadrature."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.line.charts.interval import Interval
from theory.line.integrals.exponential_of_integral import (
    exponential_of_integral,
    is_logarithmic_derivative,
    logarithmic_derivative,
)
from theory.line.integrals.incomplete_beta import derivative
from theory.parameters import parameter

x, s, r = sp.symbols("x s r", positive=True)
n = sp.Symbol("n", positive=True, integer=True)
depth = parameter("L", above=2)
VALUES = {s: sp.Rational(3, 2), r: sp.Rational(4, 5), n: sp.Integer(3), depth: sp.Rational(27, 10)}


@st.composite
def slopes(draw: st.DrawFn) -> tuple[sp.Expr, Interval]:
    """A sum of powers over a linear or quadratic polynomial in a power without zeros in the interval."""
    q = draw(st.sampled_from((sp.S.One, sp.S(2), sp.Rational(3, 2), n / (n + 2), 2 / depth)))
    y = x**q
    denominator, interval = draw(
        st.sampled_from(
            (
                (y + s, Interval(0, sp.oo)),
                (s**q - y, Interval(0, s)),
                (s**q - y, Interval(s, sp.oo)),
                (2 * (s - y) ** 2 + r**2, Interval(0, sp.oo)),
                ((y + s) ** 2, Interval(0, sp.oo)),
            )
        )
    )
    power = draw(st.sampled_from((sp.Rational(-1, 3), sp.S.Zero, sp.Rational(1, 2), -1 + 1 / (n + 2), -2 + 2 / depth)))
    top = draw(positive_rationals()) * x**power + draw(rationals()) * x ** (power + q)
    return top / denominator + draw(rationals()) / x, interval


@settings(max_examples=examples(4))
@given(slopes())
def test_a_closed_form_is_the_exponential_of_the_numerical_integral(drawn):
    slope, interval = drawn
    found = exponential_of_integral(slope, x, interval)
    if found.has(sp.Integral):
        # With a parameter in two exponents the values at which Gauss's function is not defined cannot be excluded.
        assert slope.has(n, depth)
        return
    assert is_logarithmic_derivative(slope, found, x)
    low, high = {True: ("0.3", "1.2"), False: ("1.7", "5")}[interval.right == s]
    with mpmath.workdps(30):
        value = sp.lambdify(x, sp.log(found.subs(VALUES)), "mpmath")
        integral = mpmath.quad(sp.lambdify(x, slope.subs(VALUES), "mpmath"), [mpmath.mpf(low), mpmath.mpf(high)])
        assert abs(value(mpmath.mpf(high)) - value(mpmath.mpf(low)) - integral) < mpmath.mpf("1e-18")


@pytest.mark.every(3)
@pytest.mark.parametrize("change", [lambda f: f.subs(s, 2 * s), lambda f: f * x, lambda f: f**2])
def test_the_certificate_refuses_a_near_miss(change):
    slope = x ** (-2 + 2 / depth) / (2 * (s - x) ** 2 + r**2)
    found = exponential_of_integral(slope, x, Interval(0, sp.oo))
    assert is_logarithmic_derivative(slope, found, x)
    assert not is_logarithmic_derivative(slope, change(found), x)


@settings(max_examples=examples(5))
@given(st.integers(1, 3), rationals().filter(lambda q: q > 0 or not q.is_Integer), rationals().filter(bool))
def test_the_derivative_of_a_function_of_gauss_is_the_numerical_one(m, beta, p):
    for function in (
        sp.hyper((m, beta), (beta + 1,), -(x**p) / s),
        sp.re(sp.hyper((1, beta), (beta + 1,), x**p / (s + sp.I * r))),
        x * sp.im(sp.hyper((1, beta), (beta + 1,), x**p / (s + sp.I * r))),
    ):
        with mpmath.workdps(30):
            at, numeric = mpmath.mpf("0.7"), sp.lambdify(x, function.subs(VALUES), "mpmath")
            claimed = sp.lambdify(x, derivative(function, x).subs(VALUES), "mpmath")(at)
            assert abs(mpmath.diff(numeric, at) - claimed) < mpmath.mpf("1e-8") * (1 + abs(claimed))


def test_a_power_that_may_make_gauss_function_undefined_leaves_an_integral():
    slope = x ** sp.Symbol("c", real=True) / (x + s)
    found = exponential_of_integral(slope, x, Interval(0, sp.oo))
    assert found.has(sp.Integral)


def test_a_logarithmic_slope_of_such_a_density_is_free_of_special_functions():
    density = exponential_of_integral(x ** sp.Rational(-4, 3) / (2 * (s - x) ** 2 + r**2), x, Interval(0, sp.oo))
    assert density.has(sp.hyper)
    assert not logarithmic_derivative(density * x, x).has(sp.hyper)
