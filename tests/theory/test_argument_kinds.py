"""The border of inner functions: plain numbers become exact, everything else of the wrong kind is refused by name."""

import math
from fractions import Fraction

import pytest
import sympy as sp

from theory.argument_kinds import EXPRESSION, EXPRESSIONS, takes
from theory.errors import ShapeError

x = sp.Symbol("x")


@takes(expression=EXPRESSION, others=EXPRESSIONS)
def given(expression, others=(), scale=1):
    """Its arguments, as they arrive."""
    return expression, list(others), scale


@pytest.mark.parametrize(
    ("number", "exact"),
    [(5, sp.Integer(5)), (0.1, sp.Rational(1, 10)), (Fraction(-1, 3), sp.Rational(-1, 3)), (x, x)],
)
def test_a_plain_number_arrives_exactly_by_place_and_by_name(number, exact):
    for arrived in (given(number), given(expression=number)):
        assert arrived[0] == exact
        assert isinstance(arrived[0], sp.Expr)
    assert given(x, [number, x], scale=2) == (x, [exact, x], 2)


@pytest.mark.parametrize(
    "wrong", ["x", True, None, math.nan, math.inf, 1j, sp.nan, [1], sp.Symbol("c", commutative=False)]
)
def test_what_is_no_number_is_refused_by_name(wrong):
    with pytest.raises(ShapeError, match="expression must be"):
        given(wrong)
    with pytest.raises(ShapeError, match="others must be"):
        given(x, others=[x, wrong])
