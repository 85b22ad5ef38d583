"""Sign conditions are rewritten, never changed."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.decision.conditions.inequalities import (
    negative,
    nonnegative,
    nonpositive,
    positive,
    sign,
    simplified,
    vanishes,
)
from theory.notation import mu, zeta

a, b = sp.symbols("a b", positive=True)
d = sp.Symbol("d", real=True)
debt = sp.Symbol("debt", negative=True)

EXPRESSIONS = (
    2 * mu / zeta**2 - 1,
    (1 - 2 * mu / zeta**2) / a,
    -mu * b / (mu**2 + 1),
    a * b - mu * zeta,
    1 / (mu - a),
    (mu - a) * (b - mu),
    (mu - a) ** 2,
    mu**3 - a,
    debt * (mu - a),
    debt**2 * (mu - a) / (mu**2 + b),
    mu / debt,
    sp.sqrt(a) * (mu - b),
    a ** sp.Rational(1, 3) - mu,
    2**a * mu - b,
    mu - b / sp.sqrt(a),
    sp.sqrt(a) - a,
    debt * sp.sqrt(b) - sp.sqrt(a) * mu,
)
RELATIONS = {
    positive: lambda value: value > 0,
    nonnegative: lambda value: value >= 0,
    negative: lambda value: value < 0,
    nonpositive: lambda value: value <= 0,
    vanishes: lambda value: value == 0,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
@settings(max_examples=examples(4))
@given(rationals(), positive_rationals(), positive_rationals(), positive_rationals())
def test_a_condition_holds_exactly_where_the_expression_has_the_sign(expression, m, z, a_value, b_value):
    values = {mu: m, zeta: z, a: a_value, b: b_value, debt: -b_value}
    value = expression.subs(values)
    if not value.is_finite:
        return
    for condition, relation in RELATIONS.items():
        assert bool(condition(expression).subs(values)) is bool(relation(value))


@settings(max_examples=examples(25))
@given(
    st.lists(st.tuples(st.integers(-2, 2), st.sampled_from("<= >= < > ==".split())), min_size=1, max_size=3),
    rationals(),
)
def test_simplifying_a_boolean_does_not_change_where_it_holds(relations, value):
    kinds = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge, "==": sp.Eq}
    atoms = [kinds[kind](2 * d, bound) for bound, kind in relations]
    for connective in (sp.And, sp.Or, lambda *parts: sp.Not(sp.And(*parts))):
        condition = connective(*atoms)
        assert bool(simplified(condition).subs(d, value)) is bool(condition.subs(d, value))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (positive(2 * mu / zeta**2 - 2 + 1), mu > zeta**2 / 2),
        (nonnegative(2 * a * b / zeta**2 - 1), 2 * a * b >= zeta**2),
        (simplified((mu > zeta**2 / 2) & (2 * mu < zeta**2)), sp.false),
        (simplified((d > 2) & (d < 0)), sp.false),
        (simplified((d < 2) | (d > 0)), sp.true),
        (simplified((mu > a) | sp.Eq(mu, a)), mu >= a),
        (simplified((d > 0) & (d > 1)), d > 1),
    ],
)
def test_a_condition_reads_as_in_a_book(condition, expected):
    assert condition == expected


def test_a_sign_that_assumptions_leave_open_is_none():
    assert (sign(a * b + 1), sign(-a - b), sign(a - b), sign(a - a)) == (1, -1, None, 0)
