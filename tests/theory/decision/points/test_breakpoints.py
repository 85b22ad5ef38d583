"""Where functions of one symbol vanish or change their sign."""

from fractions import Fraction

import sympy as sp

from theory.decision.points.breakpoints import crossings

x, y = sp.symbols("x y", real=True)


def test_a_function_has_no_crossings_where_the_other_symbols_stand_on_a_pole():
    assert crossings(x / y, x, {x: Fraction(1), y: Fraction(0)}) == []
    assert crossings(x / y, x, {x: Fraction(1), y: Fraction(2)}) == [(Fraction(0), Fraction(0))]


def test_crossings_are_found_at_large_rational_exponents_without_computing_them():
    p, q = sp.symbols("p q", positive=True)
    [(low, high)] = crossings(p**q - 2, p, {p: Fraction(1), q: Fraction(10**15 + 1, 10**9 + 7)})
    assert 1 < high < 1 + Fraction(1, 10**5)
    assert high - low < Fraction(1, 10**9)
