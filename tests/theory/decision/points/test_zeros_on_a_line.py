"""Zeros and poles along a line: exact where rational, bracketed where not, and nothing that is there is left out."""

from fractions import Fraction

import pytest
import sympy as sp

from theory.decision.points.zeros_on_a_line import zeros_and_poles

x, y = sp.symbols("x y", real=True)
POINT = {x: Fraction(1), y: Fraction(3, 7)}

CASES = {
    "rational zeros": ((x - y) * (2 * x + 5), [y, sp.Rational(-5, 2)]),
    "double zero": ((x - y) ** 2, [y]),
    "irrational zeros": (x**2 - y, [sp.sqrt(y), -sp.sqrt(y)]),
    "no real zero": (x**2 + y, []),
    "zero and pole": ((x - 1) / (x + y), [1, -y]),
    "hole of a difference": (x / (x - 1) - 1 / (x - 1), [1]),
    "poles of two terms": (1 / (x - 1) + 1 / (x + 2), [1, -2, sp.Rational(-1, 2)]),
    "cube root": (x**3 - 2 * y, [sp.cbrt(2 * y)]),
    "negative power of a power": ((x**2 - y) ** -3, [sp.sqrt(y), -sp.sqrt(y)]),
    "a constant": (y, []),
}


@pytest.mark.parametrize("name", CASES)
def test_every_zero_and_pole_is_bracketed(name):
    expression, places = CASES[name]
    exact = sorted((sp.sympify(place).subs(y, sp.Rational(3, 7)) for place in places), key=lambda r: r.evalf(30))
    found = sorted(set(zeros_and_poles(expression, x, POINT) or ()))
    assert len(found) == len(exact)
    for (low, high), root in zip(found, exact, strict=True):
        if root.is_Rational:
            assert low == high == Fraction(int(root.p), int(root.q))
        else:
            assert sp.Rational(low.numerator, low.denominator) < root < sp.Rational(high.numerator, high.denominator)
            assert high - low < Fraction(1, 1 << 40)


def test_on_a_pole_of_the_other_symbols_there_is_nothing():
    assert zeros_and_poles(x / (y - sp.Rational(3, 7)), x, POINT) == ()
    assert zeros_and_poles((7 * y - 3) ** -2 + x, x, POINT) == ()


@pytest.mark.parametrize(
    "expression", [sp.sqrt(x), sp.sqrt(2) * x - 1, x ** (25), x**y, sp.exp(x), x**1000 - 1], ids=str
)
def test_what_is_no_quotient_of_short_polynomials_is_left_to_others(expression):
    assert zeros_and_poles(expression, x, POINT) is None
