"""Where functions of one symbol vanish or change their sign."""

from fractions import Fraction

import sympy as sp

from theory.decision.breakpoints import along, crossings

x, y = sp.symbols("x y", real=True)


def test_a_function_has_no_crossings_where_the_other_symbols_stand_on_a_pole():
    on_the_pole = along(x / y, x, {x: Fraction(1), y: Fraction(0)})
    assert crossings(on_the_pole, x, Fraction(1)) == []
    assert crossings(along(x / y, x, {x: Fraction(1), y: Fraction(2)}), x, Fraction(1)) == [(Fraction(0), Fraction(0))]
