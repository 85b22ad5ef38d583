"""Signs of polynomials on boxes: never claimed where a point of the box contradicts."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory.decision.proofs.box_signs import Lowest, Range, lowest_on_box

x, y = sp.symbols("x y", real=True)
LINE, HALF_LINE, UNIT = Range(), Range(sp.S.Zero, sp.oo, True), Range(sp.S.Zero, sp.S.One, True, True)
PLACES = {
    LINE: [sp.Rational(n, 2) for n in range(-6, 7)],
    HALF_LINE: [sp.Rational(n, 2) for n in range(10)],
    UNIT: [sp.Rational(n, 8) for n in range(9)],
}


@pytest.mark.parametrize(
    ("polynomial", "box", "lowest"),
    [
        (x**2 - x + 1, {x: LINE}, Lowest.POSITIVE),
        (x * y + 1, {x: HALF_LINE, y: HALF_LINE}, Lowest.POSITIVE),
        (x * y, {x: HALF_LINE, y: HALF_LINE}, Lowest.NOT_NEGATIVE),
        ((x - y) ** 2, {x: LINE, y: LINE}, Lowest.NOT_NEGATIVE),
        (1 - x * y, {x: UNIT, y: UNIT}, Lowest.NOT_NEGATIVE),
        (x**4 - x * y + 1, {x: UNIT, y: UNIT}, Lowest.POSITIVE),
        (x - y, {x: UNIT, y: UNIT}, Lowest.UNKNOWN),
    ],
)
def test_the_lowest_value_of_a_polynomial_is_known(polynomial, box, lowest):
    assert lowest_on_box(sp.expand(polynomial), box) is lowest


SIDES = st.sampled_from([LINE, HALF_LINE, UNIT])
COEFFICIENTS = st.lists(st.integers(-2, 3), min_size=6, max_size=6)


@given(COEFFICIENTS, SIDES, SIDES)
def test_no_point_of_a_box_contradicts_what_is_said_of_the_lowest_value(coefficients, first, second):
    polynomial = sp.Add(*(c * m for c, m in zip(coefficients, (1, x, y, x * y, x**2, y**2), strict=True)))
    lowest = lowest_on_box(polynomial, {x: first, y: second})
    if lowest is not Lowest.UNKNOWN:
        values = [polynomial.subs({x: a, y: b}) for a, b in itertools.product(PLACES[first], PLACES[second])]
        assert min(values) > 0 if lowest is Lowest.POSITIVE else min(values) >= 0
