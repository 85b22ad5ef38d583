"""A sign that is claimed on an interval holds at its points wherever the condition does."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import ShapeError, UnsupportedFormError
from theory.line.charts.powers import power_quotient
from theory.line.charts.sign_on_interval import sign_on_interval
from theory.parameters import parameter

x, s, r = sp.symbols("x s r", positive=True)
y, d = sp.symbols("y d", real=True)
n = sp.Symbol("n", positive=True, integer=True)
depth = parameter("L", above=2)
POINTS = (sp.Rational(1, 50), sp.Rational(2, 7), sp.Rational(4, 5), 1, sp.Rational(7, 5), 4, 60)
INTERVALS = ((sp.S.Zero, sp.oo), (sp.S.Zero, s), (s, sp.oo), (s, 3 * s))


@st.composite
def sums_in_a_power(draw: st.DrawFn) -> sp.Expr:
    """Quadratics and cubics in a power of x, with coefficients in parameters; sums of squares among them."""
    power = x ** draw(st.sampled_from((sp.S.One, sp.Rational(1, 3), sp.S(2), n / (n + 2), 2 / depth, 1 + depth)))
    if draw(st.booleans()):
        return draw(positive_rationals()) * (power - s) ** 2 + draw(rationals(0, 2)) * r**2
    factors = [draw(rationals()) + draw(rationals()) * c * power**k for k, c in ((1, s), (2, r), (1, d))]
    return sp.Add(*factors[: draw(st.integers(1, 3))])


@settings(max_examples=examples(6))
@given(sums_in_a_power(), st.sampled_from(INTERVALS), positive_rationals(), positive_rationals(), rationals())
def test_a_claimed_sign_holds_at_points_of_the_interval(total, interval, s_value, r_value, d_value):
    values = {s: s_value, r: r_value, d: d_value, n: 3, depth: sp.Rational(5, 2)}
    try:
        found = sign_on_interval(total, x, *interval)
    except UnsupportedFormError:
        return
    if found is None or found[1].subs(values) != sp.true:
        return
    left, right = (end.subs(values) for end in interval)
    for point in POINTS:
        inside = left + point if right == sp.oo else left + (right - left) * point / 61
        value = total.subs(values).subs(x, inside).evalf(30)
        assert sp.sign(value) == found[0], (total, inside)


@settings(max_examples=examples(12))
@given(st.lists(rationals(), min_size=3, max_size=5), st.booleans())
def test_a_polynomial_with_numbers_is_refused_exactly_where_it_has_a_zero_inside(coefficients, half_line):
    polynomial = sp.Add(*(c * y**j for j, c in enumerate(coefficients)))
    assume(polynomial.has(y))
    left = sp.S.Zero if half_line else -sp.oo
    zeros = [root for root in sp.Poly(polynomial, y).real_roots() if not half_line or root > 0]
    if zeros:
        with pytest.raises(UnsupportedFormError, match="vanishes for y inside"):
            sign_on_interval(polynomial, y, left, sp.oo)
    else:
        assert sign_on_interval(polynomial, y, left, sp.oo) == (sp.sign(polynomial.subs(y, 1)), sp.true)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (r**2 + 32 * x**4 - 64 * x**2 + 32, (1, sp.true)),
        (2 * (s - x ** (2 / depth)) ** 2 + r**2, (1, sp.true)),
        (x**4 + s * x**2 + r, (1, sp.true)),
        (x**3 - 3 * s * x + 3 * s ** sp.Rational(3, 2), (1, sp.true)),
        (x**2 - 2 * r * x + s, (1, s > r**2)),
        (x**2 - 2 * d * x + s, (1, (d <= 0) | (s > d**2))),
        (x + x ** sp.sqrt(2) - s, None),
    ],
)
def test_sums_of_squares_and_quadratics_in_a_power_are_decided(expression, expected):
    assert sign_on_interval(expression, x, sp.S.Zero, sp.oo) == expected


def test_a_double_zero_at_an_end_is_not_inside():
    assert sign_on_interval((s - x**3) ** 2, x, sp.S.Zero, s ** sp.Rational(1, 3)) == (1, sp.true)
    with pytest.raises(UnsupportedFormError, match="vanishes"):
        sign_on_interval((s - x**3) ** 2, x, sp.S.Zero, sp.oo)


def test_factors_keep_their_signs_in_a_quotient():
    assert power_quotient((1 - x) / (x**2 + 1), x).numerator.degree() == 1
    assert sign_on_interval((1 - x) / (x**2 + 1), x, sp.S.One, sp.oo) == (-1, sp.true)


@pytest.mark.parametrize("end", [sp.Piecewise((s, s > 1), (1, True)), x, sp.Piecewise((x, x > 0), (0, True))], ids=str)
def test_an_end_that_is_no_single_formula_in_parameters_is_refused_by_name(end):
    with pytest.raises(ShapeError, match="left must be one formula"):
        sign_on_interval(x**2 - s, x, end, sp.oo)
