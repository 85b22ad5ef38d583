"""Bounds of a parameter decide signs exactly as far as they reach."""

from __future__ import annotations

import pickle

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.decision.conditions.inequalities import negative, nonnegative, positive, sign, vanishes
from theory.errors import SymbolError
from theory.parameters import parameter
from theory.values import admitted_number

depth = parameter("L", integer=True, at_least=2)
real_depth = parameter("L", above=2)
h = parameter("h", above=0, at_most=sp.Rational(1, 2))
VALUES = {
    depth: (2, 3, 4, 50),
    real_depth: (sp.Rational(201, 100), 3, 1000),
    h: (sp.Rational(1, 1000), sp.Rational(1, 2)),
}


@settings(max_examples=examples(60))
@given(st.sampled_from((depth, real_depth, h)), rationals(), rationals())
def test_the_sign_of_an_affine_exponent_is_the_one_at_every_value(symbol, a, b):
    for expression in (a + b * symbol, a + b / symbol):
        found = sign(expression)
        signs = {int(sp.sign(expression.subs(symbol, value))) for value in VALUES[symbol]}
        assert found is None or signs == {found}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (2 - 2 / depth, 1),
        (2 / real_depth - 1, -1),
        (2 / depth - 1, None),
        (2 * h - 1, None),
        (1 - h, 1),
        (depth - 1, 1),
    ],
)
def test_bounds_decide_what_they_can_and_no_more(expression, expected):
    assert sign(expression) is expected


def test_conditions_at_a_bound_read_as_in_a_book():
    assert (nonnegative(depth - 2), negative(depth - 2)) == (sp.true, sp.false)
    assert (positive(depth - 2), vanishes(depth - 2)) == (depth > 2, sp.Eq(depth, 2))
    assert positive(real_depth - 3) == (real_depth > 3)


def test_parameters_are_one_symbol_only_if_their_bounds_agree():
    assert depth == parameter("L", integer=True, above=1)
    assert depth != parameter("L", integer=True, at_least=3)
    assert depth != sp.Symbol("L", integer=True, positive=True)
    assert pickle.loads(pickle.dumps(depth)) == depth


def test_a_value_outside_the_bounds_is_refused():
    assert admitted_number(depth, 2) == 2
    with pytest.raises(SymbolError, match="declared to lie in"):
        admitted_number(depth, 1)
    with pytest.raises(SymbolError, match="declared to lie in"):
        admitted_number(real_depth, 2)


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"at_least": 1, "above": 1},
        {"above": 2, "below": 1},
        {"above": 1, "at_most": 1},
        {"at_least": "2"},
        {"at_least": sp.pi},
    ],
)
def test_bounds_that_leave_no_range_are_refused(bounds):
    with pytest.raises(SymbolError):
        parameter("q", **bounds)
