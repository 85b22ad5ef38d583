"""Poles inside a region are found, wherever they lie; what is proved to have a value is left alone."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.conditions.poles import pole_within
from verification.checks.conditions import judge_bound
from verification.verdict import Outcome

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)
CUBIC = x**3 - x - 1

POLES = [
    (1 / CUBIC**2, [x > 1, x < 2]),
    (1 / (x - sp.sqrt(2)) ** 2, []),
    (sp.log(sp.Abs(x**2 - 2)), []),
    (sp.exp(-1 / x**2), []),
    (1 / (sp.exp(x) - 3) ** 2, [x > 1]),
    (sp.tan(x) ** 2, [x > 0, x < sp.Rational(15708, 10000)]),
    (1 / (x - y) ** 2, []),
    (1 / (x**2 + y**2), []),
]
NO_POLES = [
    (1 / (x - 1) ** 2, [sp.Ne(x, 1)]),
    (1 / CUBIC**2, [x > sp.Rational(4, 3)]),
    (sp.tan(x), [x > 0, x < sp.pi / 2]),
    (sp.log(1 - p), [p < 1]),
    (1 / (p - sp.sin(p)), []),
    (1 / (1 - p * q), [p * q < 1]),
    (sp.gamma(x), [x > 0]),
]


@pytest.mark.parametrize(("expression", "domain"), POLES, ids=str)
def test_a_pole_is_found(expression, domain):
    found = pole_within(expression, domain)
    assert found is not None and found.proved and found.values


@pytest.mark.parametrize(("expression", "domain"), NO_POLES, ids=str)
def test_what_has_a_value_everywhere_has_no_pole(expression, domain):
    assert pole_within(expression, domain) is None


def test_a_place_that_balls_alone_tell_is_not_called_proved():
    found = pole_within(1 / ((p**2 - 2) ** 2 + (q**2 - 3) ** 2))
    assert found is not None and not found.proved
    assert not pole_within(sp.gamma(x) ** 2).proved


def test_a_bound_over_an_irrational_pole_is_refuted_and_on_one_side_of_it_holds():
    assert judge_bound(1 / CUBIC**2, ">", sp.S.Zero, (x > 1, x < 2)).outcome is Outcome.REFUTED
    assert judge_bound(1 / CUBIC**2, ">", sp.S.Zero, (x > 1, x < sp.Rational(13, 10))).outcome.supports
