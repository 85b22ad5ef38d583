"""Random points satisfy assumptions and conditions exactly, wherever the region is not too thin."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.decision.arb.balls import truth
from theory.decision.points.region import AdmissibleRegion, admits, points_satisfying
from theory.decision.rational_points import exact_truth, exact_value
from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import SymbolError, UnsupportedFormError
from theory.parameters import parameter

eta, h, p = sp.symbols("eta h p", positive=True)
x, y = sp.symbols("x y", real=True)
n, m = sp.symbols("n m", integer=True)

REGIONS = [
    ([eta, h], [eta * h < 2]),
    ([x], [x > 5, x < 5 + sp.Rational(1, 10**9)]),
    ([x], [(x < -3) | (x > 1000)]),
    ([x, y], [x**2 + y**2 < 1]),
    ([x, y], [x < y, y < x + sp.Rational(1, 10**6)]),
    ([n, m], [n >= 3, n <= 5, m > 10 * n]),
    ([p, h], [p / h > 7, p < sp.exp(h)]),
    ([x], [sp.Ne(x, 0), sp.Abs(x) < 2]),
    ([sp.Symbol("k", even=True), sp.Symbol("l", prime=True), sp.Symbol("u", negative=True)], []),
    ([x], sp.Contains(x, sp.Interval(2, 3))),
]


@pytest.mark.parametrize(("symbols", "conditions"), REGIONS, ids=str)
def test_points_lie_in_the_region(symbols, conditions):
    points = points_satisfying(symbols, conditions, 30)
    assert len(points) == 30
    listed = conditions if isinstance(conditions, list) else [x >= 2, x <= 3]
    for point in points:
        assert all(truth(condition, point) for condition in listed)
        for symbol, value in point.items():
            number = sp.Rational(value.numerator, value.denominator)
            for name, holds in symbol.assumptions0.items():
                assert getattr(number, f"is_{name}") in (holds, None), (symbol, name, value)


def test_magnitudes_span_small_and_large_and_both_signs():
    values = [point[x] for point in points_satisfying([x], (), 200)]
    assert min(abs(v) for v in values if v) < Fraction(1, 16)
    assert max(values) > 16
    assert min(values) < -16
    assert 0 in values


@settings(max_examples=examples(30))
@given(st.fractions(-50, 50, max_denominator=30), st.fractions(0, 3, max_denominator=10**6).filter(bool))
def test_interval_of_any_width_is_hit(lower, width):
    condition = (x > sp.Rational(lower)) & (x < sp.Rational(lower + width))
    for point in points_satisfying([x], condition, 5, seed=0):
        assert lower < point[x] < lower + width
    assert len(points_satisfying([x], condition, 5, seed=0)) == 5


def test_empty_region_gives_no_points_and_is_recognised():
    assert points_satisfying([x], [x > 1, x < 0]) == []
    assert AdmissibleRegion.of([p], [p < 0]).is_empty
    assert AdmissibleRegion.of([x], [x < 0, x > 0]).is_empty
    assert not AdmissibleRegion.of([x], [x <= 0, x >= 0]).is_empty


def test_points_depend_on_the_seed_alone():
    first = points_satisfying([x, p], [x < p], 5, seed="a")
    assert first == points_satisfying([p, x], [x < p], 5, seed="a")
    assert first != points_satisfying([x, p], [x < p], 5, seed="b")


def test_conditions_that_cannot_be_sampled_are_refused():
    with pytest.raises(UnsupportedFormError, match="substitute"):
        points_satisfying([x, y], [sp.Eq(x, y)])
    with pytest.raises(UnsupportedFormError, match="relation"):
        points_satisfying([x], [x + 1])
    with pytest.raises(SymbolError, match="real"):
        points_satisfying([sp.Symbol("w", imaginary=True)])
    with pytest.raises(SymbolError, match="rational"):
        points_satisfying([sp.Symbol("w", irrational=True)])


@settings(max_examples=examples(60))
@given(st.fractions(-9, 9, max_denominator=40), st.fractions(-9, 9, max_denominator=40))
def test_exact_value_is_rational_arithmetic(a, b):
    point = {x: a, y: b}
    assert exact_value(3 * x**2 - sp.Abs(y) / 2 + sp.Max(x, y), point) == 3 * a**2 - abs(b) / 2 + max(a, b)
    assert exact_value(1 / x, point) == (1 / a if a else None)
    assert exact_value(sp.sqrt(x), point) is None
    assert exact_truth(x < y, point) is (a < b)
    assert exact_truth((x < y) | (sp.sqrt(x) > 1), point) is (True if a < b else None)


def test_the_declared_bounds_of_a_parameter_belong_to_the_region():
    h = parameter("h", above=0, at_most=sp.Rational(1, 2))
    depth = parameter("L", integer=True, at_least=2)
    region = AdmissibleRegion.of([h, depth], [])
    rng = random.Random(3)
    drawn = [point for point in (region.draw(rng) for _ in range(60)) if point]
    assert drawn and all(0 < p[h] <= Fraction(1, 2) and p[depth] >= 2 for p in drawn)
    assert all(region.contains(point) for point in drawn)
    assert not admits(h, Fraction(1)) and not admits(depth, Fraction(1)) and admits(h, Fraction(1, 2))


def test_a_witness_lies_within_declared_bounds():
    h = parameter("h", above=0, at_most=sp.Rational(1, 2))
    assert decide_zero(sp.Abs(2 * h - 1) - (1 - 2 * h)).kind is not ZeroKind.NONZERO
    refuted = decide_zero(sp.Abs(3 * h - 1) - (1 - 3 * h))
    assert refuted.kind is ZeroKind.NONZERO and sp.Rational(1, 3) < sp.Rational(refuted.witness["h"]) <= sp.Rational(
        1, 2
    )
    assert decide_sign(2 * h - 1).kind is SignKind.NONPOSITIVE
