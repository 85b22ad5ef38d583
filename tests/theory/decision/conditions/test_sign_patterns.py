"""Conditions that agree for every combination of signs of their factors: what is proved, and what must not be."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.decision.conditions.sign_patterns import proof_of_sameness

p, q, r = sp.symbols("p q r", positive=True)
x, y = sp.symbols("x y", real=True)
HALF = sp.S.Half

SAME = [
    (p * (1 - p) <= sp.Rational(1, 4), sp.true, ()),
    (x > y, x**3 > y**3, ()),
    (x**2 + x * y + y**2 >= 0, sp.true, ()),
    (x**2 + y**2 > 0, sp.Ne(x, 0) | sp.Ne(y, 0), ()),
    (2 * sp.sqrt(p) * sp.sqrt(q) <= p + q, sp.true, ()),
    (sp.sqrt(p) > q, p > q**2, ()),
    (p / (1 + p) < q / (1 + q), p < q, ()),
    (1 / x > 1, (x < 1) & (x > 0), ()),
    (sp.Abs(x) < q, (x < q) & (-x < q), ()),
    (sp.Max(p, q) > r, (p > r) | (q > r), ()),
    ((p <= q) & (q <= p), sp.Eq(p, q), ()),
    (x * (1 - x) * (1 + x) < sp.Rational(385, 1000), sp.true, (x > 0, x < 1)),
    (x**2 - x * y + 1 > 0, sp.true, (x >= 0, x <= 1, y >= 0, y <= 1)),
    (p**3 + q**3 + r**3 >= 3 * p * q * r, sp.true, ()),
    (x < p, x <= p, (sp.Ne(x, p),)),
    (sp.Symbol("n", negative=True) < sp.Rational(1, 3), sp.true, ()),
]


@pytest.mark.every(3)
@pytest.mark.parametrize(("first", "second", "domain"), SAME)
def test_conditions_that_are_one_are_proved_to_be(first, second, domain):
    assert proof_of_sameness(first, second, domain)


DIFFERENT = [
    (p * (1 - p) < sp.Rational(1, 4), sp.true, ()),
    (x > y, x**2 > y**2, ()),
    (x**2 + x * y + y**2 > 0, sp.true, ()),
    (sp.sqrt(p) < p + sp.Rational(1, 4), sp.true, ()),
    (1 / x > 1, x < 1, ()),
    ((x**2 - x) / (x - 1) > 0, x > 0, ()),
    (1 / x > 1 / x - 1, sp.true, ()),
    (sp.log(x) + 1 > sp.log(x), sp.true, ()),
    (sp.log(x) < 0, x < 1, ()),
    (sp.sqrt(x) > 1, x > 1, ()),
    (sp.Abs(x) <= q, (x < q) & (-x < q), ()),
    (x * (1 - x) * (1 + x) < sp.Rational(384, 1000), sp.true, (x > 0, x < 1)),
    (x**2 - x * y + 1 > 0, sp.true, (x >= 0, x <= 3, y >= 0, y <= 3)),
    (p / (1 + p) < sp.Rational(999, 1000), sp.true, ()),
    (x < p, x <= p, ()),
    (x**2 > 0, sp.true, ()),
]


@pytest.mark.parametrize(("first", "second", "domain"), DIFFERENT)
def test_conditions_that_differ_at_a_single_point_are_not_proved_to_be_one(first, second, domain):
    assert proof_of_sameness(first, second, domain) is None


RELATIONS = st.sampled_from([sp.Gt, sp.Ge, sp.Lt, sp.Le, sp.Eq, sp.Ne])
FACTORS = st.sampled_from([x, x - 1, x + y, x - y, x**2 + y**2, x**2 - y, y + HALF, x * y - 1])
MARGINS = st.builds(sp.Mul, FACTORS, FACTORS) | st.builds(sp.Add, FACTORS, FACTORS)
CONDITIONS = st.builds(lambda relation, margin: relation(margin, 0), RELATIONS, MARGINS)
PLACES = [sp.Rational(n, 2) for n in range(-4, 5)]


@settings(max_examples=examples(5))
@given(st.builds(sp.And, CONDITIONS, CONDITIONS), st.builds(sp.Or, CONDITIONS, CONDITIONS) | CONDITIONS)
def test_what_is_proved_to_be_one_is_so_at_every_point_of_a_grid(first, second):
    for one, other in ((first, second), (first, sp.And(first, second)), (second, sp.Or(first, second))):
        if proof_of_sameness(one, other):
            for values in itertools.product(PLACES, repeat=2):
                here = dict(zip((x, y), values, strict=True))
                assert one.subs(here) == other.subs(here)


ROOTS = st.lists(st.integers(-3, 3), min_size=1, max_size=3)


@given(ROOTS, ROOTS, st.sampled_from([sp.Gt, sp.Ge]))
def test_in_one_variable_a_proof_is_found_exactly_where_the_signs_agree(first, second, relation):
    one, other = (relation(sp.prod([x - root for root in roots]), 0) for roots in (first, second))
    places = [sp.Rational(n, 2) for n in range(-8, 9)]  # every zero, and a point in every interval
    same = all(one.subs(x, place) == other.subs(x, place) for place in places)
    assert (proof_of_sameness(one, other) is not None) is same


def test_the_sentence_does_not_depend_on_the_order_of_sets(monkeypatch):
    eta = sp.Symbol("eta", positive=True)
    printed = 1 / (1 + 3 * eta) + 1 / (2 - 5 * eta) + 1 / (1 - 7 * eta) > 1
    atoms, told = sp.Basic.atoms, set()
    for backwards in (False, True):

        def in_order(form, *kinds, backwards=backwards):
            return sorted(atoms(form, *kinds), key=sp.default_sort_key, reverse=backwards)

        monkeypatch.setattr(sp.Basic, "atoms", in_order)
        told.add(proof_of_sameness(printed, printed))
    assert len(told) == 1 and None not in told
