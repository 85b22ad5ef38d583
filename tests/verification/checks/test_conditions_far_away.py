"""Bounds and regions that fail only at an end, at an optimum, on a surface or in a hole."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Ne, Rational, exp, log, sin, sqrt

from verification.checks.conditions import judge_bound, judge_region
from verification.verdict import Outcome

p, q = sp.symbols("p q", positive=True)
x, y = sp.symbols("x y", real=True)

FALSE_BOUNDS = {
    "at 0": (log(p), ">=", sp.Integer(-20)),
    "at infinity": (p**2 / (1 + p**2), "<=", 1 - Rational(1, 10**5)),
    "far at infinity": (p / (1 + p), "<=", 1 - Rational(1, 10**60)),
    "at an optimum": (p * log(p), ">=", -Rational(3678, 10000)),
    "at another": (p * exp(-p), "<=", Rational(3678, 10000)),
    "on a line": (sqrt(p * q), "<=", (p + q) / 2 - Rational(1, 10**8)),
    "strict where equality is met": (p * (1 - p), "<", Rational(1, 4)),
}
TRUE_BOUNDS = {
    "optimum": (p * log(p), ">=", -Rational(3679, 10000)),
    "infinity": (p**2 / (1 + p**2), "<", sp.Integer(1)),
    "means": (sqrt(p * q), "<=", (p + q) / 2),
    "wave": (sin(x), "<=", sp.Integer(1)),
}
DIFFERENT = {
    "strictness at a cube root": (p**3 > 2, p**3 >= 2),
    "strictness on a transcendental surface": (exp(-p) < q, exp(-p) <= q),
    "a hole": (p > q, (p > q) & Ne(p, 7 * q)),
    "an end": (p > 1, (p > 1) & (log(p) < 60)),
    "an isolated point": ((x - Rational(1, 3)) ** 2 + (y - Rational(1, 7)) ** 2 > 0, sp.true),
    "a shift": (p * q > 1, p * q > 1 + Rational(1, 10**6)),
}
SAME = {
    "written otherwise": (Ne(p, 1), (p < 1) | (p > 1)),
    "by a root": (sqrt(p) > q, p > q**2),
    "by a logarithm": (log(p) > 3, p > exp(3)),
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", FALSE_BOUNDS)
def test_a_bound_that_fails_in_a_corner_is_refuted(name):
    assert judge_bound(*FALSE_BOUNDS[name], ()).outcome is Outcome.REFUTED


@pytest.mark.every(4)
@pytest.mark.parametrize("name", TRUE_BOUNDS)
def test_a_true_bound_is_not_refuted(name):
    assert judge_bound(*TRUE_BOUNDS[name], ()).outcome.supports


@pytest.mark.every(2)
@pytest.mark.parametrize("name", DIFFERENT)
def test_regions_that_differ_on_a_set_without_volume_or_far_away_are_told_apart(name):
    assert judge_region(*DIFFERENT[name], ()).outcome is Outcome.REFUTED


@pytest.mark.every(3)
@pytest.mark.parametrize("name", SAME)
def test_one_region_in_two_forms_is_not_refuted(name):
    assert judge_region(*SAME[name], ()).outcome.supports
