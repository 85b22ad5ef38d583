"""Conditions and bounds: strict and non-strict, on the surface and off it."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.parameters import parameter
from verification.checks.conditions import judge_bound, judge_region
from verification.verdict import Outcome

m, x, y = sp.symbols("m x y", real=True)
p, q = sp.symbols("p q", positive=True)
n = sp.Symbol("n", integer=True)


def region(derived, candidate, *domain) -> Outcome:
    return judge_region(derived, candidate, domain).outcome


def bound(exact, relation, candidate, *domain) -> Outcome:
    return judge_bound(exact, relation, candidate, domain).outcome


def test_the_same_condition_is_proved_also_when_it_is_written_otherwise():
    assert region(m < p**2 / 2, 2 * m < p**2) is Outcome.PROVED
    assert region(m < p**2 / 2, m / p < p / 2) is Outcome.PROVED


@pytest.mark.every(3)
@pytest.mark.parametrize("surface", [p**2 / 2, 7 * p / 11 + sp.Rational(3, 13), p * q / (p + 17 * q)])
def test_strict_and_not_strict_are_told_apart_although_they_differ_on_a_surface_only(surface):
    for wrong in (judge_region(m < surface, m <= surface, ()), judge_region(m <= surface, m < surface, ())):
        assert wrong.outcome is Outcome.REFUTED
        witness = {name: sp.Rational(value) for name, value in (wrong.witness or {}).items()}
        assert witness["m"] == surface.subs({symbol: witness[str(symbol)] for symbol in surface.free_symbols})


def test_strictness_does_not_matter_where_the_domain_excludes_the_surface():
    assert region(m < p, m <= p, sp.Ne(m, p)) is Outcome.PROVED


@pytest.mark.parametrize("candidate", [m < p, m < p**2 / sp.Rational(19, 10), m > p**2 / 2, m < 0, sp.true, sp.false])
def test_another_surface_another_side_and_no_surface_at_all_are_refuted(candidate):
    assert region(m < p**2 / 2, candidate) is Outcome.REFUTED


def test_a_near_coincidence_of_one_per_mille_is_refuted():
    assert region(m < p, m < p * sp.Rational(1001, 1000)) is Outcome.REFUTED


PRODUCT = p * (p - 2) * (1 - sp.Rational(15, 2) * p)
"""Between its zeros 2/15 and 2 it is negative for p > 0."""


@pytest.mark.every(2)
@pytest.mark.parametrize("edges", [("201/1500", "2"), ("199/1500", "2"), ("2/15", "1995/1000"), ("2/15", "201/100")])
def test_an_edge_of_a_window_that_is_off_by_half_a_percent_is_refuted(edges):
    low, high = map(sp.Rational, edges)
    assert region(PRODUCT > 0, sp.And(p > sp.Rational(2, 15), p < 2)).supports
    assert region(PRODUCT > 0, sp.And(p > low, p < high)) is Outcome.REFUTED


@pytest.mark.slow  # by day: an irrational edge, and windows off by half a percent
def test_a_displaced_transcendental_surface_is_refuted():
    assert region(sp.tanh(p) + m > sp.S.Half, m > sp.S.Half - sp.tanh(p)).supports
    assert region(sp.tanh(p) > sp.S.Half, p > sp.log(3) / 2).supports
    assert region(sp.tanh(p) > sp.S.Half, p > sp.Rational(201, 200) * sp.log(3) / 2) is Outcome.REFUTED


def test_strictness_shows_at_an_irrational_edge_too():
    assert region(p**2 < 2, p < sp.sqrt(2)).supports
    wrong = judge_region(p**2 < 2, p <= sp.sqrt(2), ())
    assert wrong.outcome is Outcome.REFUTED
    assert wrong.witness == {"p": "sqrt(2)"}
    assert region(p**2 < 2, p <= sp.sqrt(2), p < sp.Rational(7, 5)).supports


@pytest.mark.parametrize("factor", ["995/1000", "1005/1000"])
def test_a_displaced_irrational_edge_is_refuted(factor):
    assert region(p**2 < 2, p < sp.Rational(factor) * sp.sqrt(2)) is Outcome.REFUTED


def test_a_constant_condition_is_proved_by_being_literally_that():
    assert region(sp.true, sp.true) is Outcome.PROVED
    assert region(sp.false, sp.true) is Outcome.REFUTED


def test_conditions_of_several_parts_are_compared_at_points():
    assert region(sp.And(m > 0, m < p), sp.And(0 < m, m < p)).supports
    assert region(sp.And(m > 0, m < p), m < p) is Outcome.REFUTED


def test_an_empty_domain_is_undecided():
    assert region(sp.And(m < p, m > 0), sp.And(m > 0, m < p), p < 1, p > 2) is Outcome.UNDECIDED


def test_a_bound_that_touches_holds_if_it_is_not_strict():
    square = (p - q) ** 2
    assert bound(sp.S.Zero, "<=", square).supports
    assert bound(2 * p * q, "<=", p**2 + q**2).supports


def test_a_bound_that_is_crossed_somewhere_is_refuted_with_the_place():
    wrong = judge_bound(p**2, "<=", p, ())
    assert wrong.outcome is Outcome.REFUTED
    assert sp.Rational((wrong.witness or {})["p"]) > 1


@pytest.mark.parametrize(("relation", "holds"), [("<", True), ("<=", True), (">", False), (">=", False)])
def test_each_relation_means_what_it_says(relation, holds):
    assert bound(p, relation, p + q).supports is holds


def test_a_strict_bound_is_refuted_where_both_sides_are_equal():
    assert bound(p, "<", p) is Outcome.REFUTED
    assert bound(p, "<=", p).supports


def test_a_bound_holds_on_its_domain_only():
    assert bound(p**2, "<=", p, p < 1).supports
    assert bound(p**2, "<=", p, p < 2) is Outcome.REFUTED


x = sp.Symbol("x", real=True)


@pytest.mark.slow  # by day: that this is said
def test_a_condition_is_not_true_where_it_has_no_value():
    wrong = judge_region(sp.log(x) < 0, x < 1, ())
    assert wrong.outcome is Outcome.REFUTED
    assert "undefined" in wrong.reason
    assert sp.Rational((wrong.witness or {})["x"]) <= 0
    assert region(sp.log(p) < 0, p < 1).supports


def test_that_a_condition_has_no_value_somewhere_is_said_and_proves_nothing():
    found = judge_region(sp.sqrt(x) > 1, x > 1, ())
    assert found.outcome is Outcome.CERTIFIED
    assert "no real value" in found.reason
    assert region((x**2 - x) / (x - 1) > 0, x > 0) is Outcome.REFUTED


@pytest.mark.slow  # by day: a bound that touches and a strict one
def test_a_bound_that_touches_is_proved_and_one_a_millionth_too_low_is_refuted():
    assert bound(p * (1 - p), "<=", sp.Rational(1, 4)) is Outcome.PROVED
    assert bound(p * (1 - p), "<=", sp.Rational(249999, 10**6)) is Outcome.REFUTED
    assert bound(p / (1 + p) ** 2, "<=", sp.Rational(1, 4)) is Outcome.PROVED
    assert bound(p / (1 + p) ** 2, "<", sp.Rational(1, 4)) is Outcome.REFUTED


@pytest.mark.every(2)
@pytest.mark.parametrize("relation", [">=", ">"])
def test_a_bound_does_not_hold_where_a_side_has_no_real_value(relation):
    assert "no real value" in judge_bound(sp.sqrt(m) + 1, relation, sp.S.Zero, ()).reason
    assert bound(sp.sqrt(m) + 1, relation, 0, m > 0).supports
    assert bound(sp.sqrt(p) + 1, relation, 0).supports


def test_a_margin_that_is_zero_is_proved_to_be():
    assert bound(sp.log(p * q), "<=", sp.log(p) + sp.log(q)) is Outcome.PROVED
    assert bound(sp.log(p * q), "<", sp.log(p) + sp.log(q)) is Outcome.REFUTED


@pytest.mark.every(3)
@pytest.mark.parametrize("side", [q < sp.exp(p**2), q**2 < 2 ** (p**2), q**3 < sp.exp(sp.exp(p))])
def test_strictness_shows_on_surfaces_whose_numbers_are_too_long_to_write_out(side):
    assert region(side, sp.Le(*side.args)) is Outcome.REFUTED


@pytest.mark.every(2)
@pytest.mark.parametrize("exact", [sp.sin(m), sp.sqrt(2 * p) * sp.exp(sp.S.Half - p)])
def test_a_strict_bound_that_is_met_at_one_place_is_refuted(exact):
    assert bound(exact, "<", sp.S.One) is Outcome.REFUTED
    assert bound(exact, "<=", sp.S.One) is not Outcome.REFUTED
    assert bound(exact, "<", 1 + sp.Rational(1, 10**6)) is not Outcome.REFUTED


def test_a_strict_bound_in_two_letters_that_is_met_on_a_line_is_refuted():
    assert bound(m * p, "<", sp.exp(m - 1) + p * sp.log(p)) is Outcome.REFUTED


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        (p**p > 1, p > 1, p >= 1),
        (2 * n >= 11, n > 5, n > 4),
    ],
    ids=str,
)
def test_a_region_is_proved_in_its_other_form_and_a_near_miss_is_refuted(first, second, near):
    assert region(first, second) is Outcome.PROVED
    assert region(first, near) is Outcome.REFUTED


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("exact", "relation", "least", "near"),
    [
        (sp.sin(m) + sp.cos(m), "<=", sp.sqrt(2), sp.Rational(1414213, 10**6)),
        (p + 1 / p + q + 2 / q, ">=", 2 + 2 * sp.sqrt(2), sp.Rational(48285, 10**4)),
    ],
    ids=str,
)
def test_a_bound_is_proved_and_a_closer_one_is_refuted(exact, relation, least, near):
    assert bound(exact, relation, least) is Outcome.PROVED
    assert bound(exact, relation, near) is Outcome.REFUTED


def test_a_refutation_is_told_at_simple_numbers_with_what_is_lacking():
    p, q = sp.symbols("p q", positive=True)
    assert judge_region(3 * p >= q, sp.true, ()).witness == {"p": "1/2", "q": "3"}
    assert judge_region(sp.false, sp.true, ()).reason == "true at every point, where the derivation says never"
    wrong = judge_bound(p**2, "<=", p, ())
    assert (wrong.witness, wrong.reason) == ({"p": "2"}, "violated at p=2: the margin is -2.00000")
    near = judge_bound(p, "<=", p**2, (p < sp.Rational(1, 10),))
    assert sp.Rational((near.witness or {})["p"]).q <= 10**5 and "the margin is [-" in near.reason


def test_a_bound_that_a_domain_without_points_violates_is_undecided():
    assert bound(m, "<=", sp.S.One, m > 1, m < 0) is Outcome.UNDECIDED
    assert "p" in judge_bound(-p, ">=", sp.S.One, ()).witness


@pytest.mark.every(2)
@pytest.mark.parametrize("inner", [m - sp.Rational(1, 7), sp.exp(m) - 5], ids=str)
def test_a_needle_between_the_points_is_seen(inner):
    assert bound(sp.exp(-(10**8) * inner**2), "<=", sp.S.Half) is Outcome.REFUTED
    assert bound(sp.exp(-(10**8) * inner**2), "<=", sp.S.One).supports


SIDES = [
    (3 * m + 4 * x, "<=", 5, m**2 + x**2 <= 1),
    (m + x + y, "<=", sp.sqrt(3), m**2 + x**2 + y**2 < 1),
    (p + 1000 * q, ">=", 2 * sp.sqrt(1000), p * q >= 1),
]


@pytest.mark.every(3)
@pytest.mark.parametrize(("exact", "relation", "optimum", "side"), SIDES, ids=str)
def test_a_bound_whose_optimum_lies_on_a_curved_side_of_the_domain_is_sharp(exact, relation, optimum, side):
    closer = optimum + sp.Rational(1 if relation == ">=" else -1, 10**8)
    assert bound(exact, relation, closer, side) is Outcome.REFUTED
    assert bound(exact, relation, sp.sympify(optimum), side).supports


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("exact", "least"),
    [
        pytest.param(p / (q + x) + q / (p + x) + x / (p + q), sp.Rational(3, 2), marks=pytest.mark.slow),
        (p**3 + q**3 + x**3, 3 * p * q * x),
        (m**4 + x**4 + y**4 + 1, 4 * m * x * y),
        (m**4 * x**2 + m**2 * x**4 + 1, 3 * m**2 * x**2),
        (n**2 + 20, 9 * n),
        ((2 * n - 200001) ** 2, sp.S.One),
    ],
    ids=str,
)
def test_a_bound_between_polynomials_is_proved_and_a_closer_one_refuted(exact, least):
    positive = {x: sp.Symbol("x", positive=True)} if exact.has(p) else {}
    exact, least = exact.xreplace(positive), least.xreplace(positive)
    assert bound(exact, ">=", least) is Outcome.PROVED
    assert bound(exact, ">=", least + sp.Rational(1, 10**6)) is Outcome.REFUTED


def test_regions_that_differ_at_one_irrational_place_are_not_certified():
    assert region((sp.exp(p) - 3) ** 2 + (q - 7) ** 2 > 0, q > 0) is Outcome.UNDECIDED


@pytest.mark.slow
def test_regions_that_differ_at_an_irrational_pole_are_not_certified():
    cubic = x**3 - x - 1
    assert region(1 / cubic <= 1, sp.Or(cubic <= 0, cubic >= 1)) is Outcome.UNDECIDED


@pytest.mark.every(4)
def test_a_weak_bound_that_is_proved_proves_no_strict_one():
    waves, most = sp.sin(m) * sp.sin(2 * m), 4 / (3 * sp.sqrt(3))
    assert bound(waves, "<=", most) is Outcome.PROVED
    assert not bound(waves, "<", most).supports


def test_a_strict_bound_is_refuted_where_both_sides_are_equal_on_one_side_of_a_kink():
    assert bound(sp.Abs(m) - sp.Abs(m - sp.pi), "<", sp.pi) is Outcome.REFUTED


def test_what_grows_as_a_logarithm_of_a_logarithm_is_not_bounded_by_points():
    assert bound(sp.log(sp.log(p + 3)), "<=", sp.Integer(100)) is Outcome.UNDECIDED


def test_declared_bounds_belong_to_the_domain():
    h = parameter("h", above=0, at_most=sp.Rational(1, 2))
    assert region(h < 1, sp.true).supports and region(h <= sp.Rational(1, 2), sp.true).supports
    assert region(h < sp.Rational(1, 2), sp.true) is Outcome.REFUTED


def test_sides_that_meet_at_one_irrational_place_are_not_certified_to_be_apart():
    assert region((m**2 + x**2 <= 1) & (m + x >= sp.sqrt(2)), sp.false) is Outcome.UNDECIDED
    assert region(m**4 + x**4 + 4 <= 4 * sp.sqrt(2) * m * x, sp.false) is Outcome.UNDECIDED
    beside = (m**2 + x**2 <= 1) & (m + x >= sp.sqrt(2))
    assert region(beside | (x > 3), x > 3) is Outcome.UNDECIDED
    assert region(sp.Not(beside) & (x < 3), x < 3) is Outcome.UNDECIDED
    assert region((m**2 + x**2 <= 1) & (x >= 2) | (x > 3), x > 3) is Outcome.CERTIFIED


@pytest.mark.every(4)
def test_polynomials_that_are_large_are_not_factored():
    assert bound(p**100 * sp.exp(-p), "<=", sp.Integer(100) ** 100 * sp.exp(-100)) is Outcome.PROVED
    assert bound(sp.cosh(100 * m) ** 3, "<=", sp.cosh(100) ** 3, m >= -1, m <= 1) is not Outcome.REFUTED


@pytest.mark.slow
def test_a_product_of_waves_with_a_long_common_period_is_not_written_out():
    waves = sp.prod([sp.sin(p / k) * k / p for k in range(1, 17, 2)])
    assert bound(waves, "<=", sp.S.One) is not Outcome.REFUTED
