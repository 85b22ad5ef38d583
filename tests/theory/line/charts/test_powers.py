"""Powers whose exponents hold parameters: equal ones merge, unequal ones do not, and their order is that of numbers."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.powers import in_one_power, order, power_quotient, reduced_exponent
from theory.parameters import parameter

x = sp.Symbol("x", positive=True)
n = sp.Symbol("n", positive=True, integer=True)
depth, h = parameter("L", integer=True, at_least=2), parameter("h", above=0, at_most=sp.Rational(1, 2))
delta = sp.Symbol("delta", real=True)
VALUES = {n: (1, 5), depth: (2, 7), h: (sp.Rational(1, 3), sp.Rational(1, 2)), delta: (sp.Rational(-7, 3), 4)}
PIECES = (n / (n + 2), 1 / (n + 2), 1 / depth, h, delta, n, 1 / (depth * (n + 2)))


@st.composite
def exponents(draw: st.DrawFn) -> sp.Expr:
    """Affine in one or two parameters, or in their reciprocals."""
    chosen = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=2))
    return draw(rationals()) + sum(draw(rationals()) * piece for piece in chosen)


def at(expression: sp.Expr, which: int) -> sp.Expr:
    return expression.subs({symbol: values[which] for symbol, values in VALUES.items()})


@settings(max_examples=examples(12))
@given(exponents(), exponents(), rationals())
def test_equal_exponents_and_only_those_become_one_expression(a, b, shift):
    rewritten = sp.together(sp.expand((a + shift) * (n + 2))) / (n + 2) - shift
    assert reduced_exponent(rewritten) == reduced_exponent(a)
    equal = sp.cancel(sp.together(a - b)) == 0
    assert (reduced_exponent(a) == reduced_exponent(b)) is equal


@settings(max_examples=examples(6))
@given(st.lists(exponents(), min_size=1, max_size=3), exponents(), rationals())
def test_a_difference_of_sums_of_powers_is_zero_exactly_where_it_is_at_numbers(powers, divisor, change):
    total = sum(x**power for power in powers)
    product = sum(x ** sp.together(power + divisor) for power in powers)
    assert power_quotient(product / x**divisor - total, x).is_zero
    changed = power_quotient(product / x**divisor - total - change * x ** powers[0], x)
    assert changed.is_zero is (change == 0)


@settings(max_examples=examples(12))
@given(exponents(), exponents())
def test_the_order_of_exponents_is_that_of_their_values(a, b):
    try:
        found = order(a, b)
    except UnsupportedFormError:
        return
    for which in (0, 1):
        assert sp.sign(at(a - b, which)) == found


@settings(max_examples=examples(6))
@given(exponents(), st.lists(st.integers(0, 4), min_size=2, max_size=4, unique=True), exponents())
def test_a_polynomial_in_one_power_is_found_again(shift, degrees, step):
    terms = {reduced_exponent(shift + degree * step): sp.Integer(degree + 1) for degree in degrees}
    if len(terms) < len(degrees):
        return
    found = in_one_power(terms)
    if found is None:
        return
    coefficients, q = found
    assert min(coefficients) == 0 and order(q, sp.S.Zero) == 1
    base = {reduced_exponent(power - j * q) for power, c in terms.items() for j, d in coefficients.items() if c == d}
    assert len(base) == 1 and len(coefficients) == len(terms)


def test_exponents_without_a_common_step_are_no_polynomial_in_one_power():
    assert in_one_power({sp.S.Zero: 1, sp.S.One: 1, 1 / depth: 1}) is None
    assert in_one_power({sp.S.Zero: 1, delta: 1}) is None


def test_an_open_order_names_the_range_that_decides_it():
    with pytest.raises(UnsupportedFormError, match=r"changes at L = 2\. .* theory\.parameter\(name, above"):
        order(2 / sp.Symbol("L", positive=True), sp.S.One)


def test_the_variable_in_an_exponent_is_no_power():
    with pytest.raises(UnsupportedFormError, match="exponents must not hold x"):
        power_quotient(x**x + x, x)


def test_an_exponent_computed_in_floats_is_the_fraction_it_rounds():
    w, depth = sp.Symbol("w", positive=True), 3.7
    process = ItoProcess.scalar(w, drift=-(w ** ((3 * depth - 4) / depth)), dispersion=w ** (2 * (depth - 1) / depth))
    assert process.drift[0] == -(w ** sp.Rational(71, 37)) and process.dispersion[0] == w ** sp.Rational(54, 37)
    kept = ItoProcess.scalar(w, drift=-(w**0.33333), dispersion=9.990000000000002)
    assert kept.drift[0] == -(w ** sp.Rational(33333, 100000))
    assert kept.dispersion[0] == sp.Rational("9.990000000000002")


def test_exponents_with_a_huge_common_denominator_are_refused_before_anything_is_stored_densely():
    with pytest.raises(UnsupportedFormError, match="common denominator up to"):
        power_quotient(x ** sp.Rational(2000199990000501, 2000000000000000) - x, x)
