"""A strict bound that may be met at a place without rational coordinates is not certified; the weak one is."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.errors import TheoryError
from theory.line.charts.interval import Interval
from verification.checks.conditions import judge_bound
from verification.checks.densities import interval_within
from verification.verdict import Outcome

x, y = sp.symbols("x y", real=True)


@pytest.mark.parametrize(
    ("left", "right", "domain"),
    [(3 * sp.sin(x) + 4 * sp.cos(x), sp.Integer(5), ()), (x * y, sp.Rational(1, 2), (x**2 + y**2 <= 1,))],
)
def test_a_bound_that_is_met_holds_as_a_weak_one_alone(left, right, domain):
    strict, weak = (judge_bound(left, relation, right, domain) for relation in ("<", "<="))
    assert strict.outcome is Outcome.REFUTED  # at atan(3/4), and at x = y = sqrt(1/2)
    assert weak.outcome in (Outcome.CERTIFIED, Outcome.PROVED)


def test_the_strict_bound_holds_without_the_side_on_which_it_is_met():
    assert judge_bound(x * y, "<", sp.Rational(1, 2), (x**2 + y**2 < 1,)).outcome is Outcome.CERTIFIED


def test_the_interval_of_a_domain_takes_one_condition_and_refuses_what_is_none():
    assert interval_within(x, x > 2) == interval_within(x, (x > 2,)) == Interval(2, sp.oo)
    with pytest.raises(TheoryError, match=r"^domain must"):
        interval_within(x, {x: sp.nan})
