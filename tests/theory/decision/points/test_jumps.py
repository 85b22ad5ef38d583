"""Residuals that are 0 but between two jumps a hair apart, and jumps that are one."""

from fractions import Fraction
from random import Random

import pytest
import sympy as sp

from theory.decision.conditions.surfaces import compared_points
from theory.decision.points.jumps import _zero_of_secant
from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)
TINY = sp.Rational(1, 10**40)
TINIER = sp.Rational(1, 10**2000)
BEYOND = sp.Rational(1, 10**4000)
"""Less than the sharpest look tells."""


def difference(function, argument, by):
    return function(argument) - function(argument - by)


def parity(argument):
    return sp.Mod(sp.floor(argument), 2)


def test_the_zero_of_a_secant_in_whole_numbers_is_that_in_fractions():
    rng = Random(5)
    for _ in range(2000):
        low, high, at_low = (Fraction(rng.randint(-99, 99), rng.randint(1, 9)) for _ in range(3))
        at_high, unit = Fraction(rng.randint(-99, 99), 8), Fraction(1, 2 ** rng.randint(0, 5))
        if at_low != at_high:
            zero = low - at_low * (high - low) / (at_high - at_low)
            assert _zero_of_secant((low, at_low), (high, at_high), unit) == round(zero / unit) * unit


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "residual",
    [
        difference(sp.floor, sp.exp(p), TINY),
        difference(sp.floor, sp.exp(p), TINIER),
        difference(sp.floor, sp.exp(p), BEYOND),
        difference(sp.floor, p * sp.exp(q), TINY),
        difference(sp.floor, sp.sqrt(p), TINY * p),
        difference(sp.ceiling, sp.log(p), TINY),
        difference(sp.sign, x**3 - 2, TINY),
        difference(parity, sp.exp(x), TINY),
        sp.Heaviside(sp.exp(p) - 3) * sp.Heaviside(3 + TINY - sp.exp(p)),
        sp.Max(0, TINY - sp.Abs(sp.exp(p) - 3)),
        sp.Piecewise((1, (sp.exp(p) > 3) & (sp.exp(p) < 3 + TINY)), (0, True)),
    ],
    ids=[f"residual {i}" for i in range(11)],
)
def test_what_happens_between_two_jumps_a_hair_apart_is_seen(residual):
    assert decide_zero(residual).kind is ZeroKind.NONZERO


@pytest.mark.every(4)
@pytest.mark.parametrize(
    "residual",
    [
        sp.sign(sp.exp(p) - 3) - sp.sign(p - sp.log(3)),
        sp.sign(sp.exp(p) - sp.exp(q)) - sp.sign(p - q),
        sp.Heaviside(sp.log(p)) - sp.Heaviside(p - 1),
        sp.ceiling(sp.exp(p)) + sp.floor(-sp.exp(p)),
        sp.floor(sp.floor(3 * p) / 3) - sp.floor(p),
        sp.floor(2 * p) - sp.floor(p) - sp.floor(p + sp.S.Half),
        sp.Max(sp.exp(x), sp.exp(y)) - sp.exp(sp.Max(x, y)),
    ],
    ids=str,
)
def test_jumps_at_the_same_place_leave_the_residual_zero(residual):
    assert decide_zero(residual).says_zero


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "residual",
    [difference(sp.floor, sp.exp(p), BEYOND * p), sp.floor(p + sp.pi / 2) - sp.floor(p + sp.atan(p) + sp.atan(1 / p))],
    ids=("a hair beyond sight", "one without a proof"),
)
def test_jumps_that_are_neither_told_apart_nor_proved_one_leave_the_matter_undecided(residual):
    decision = decide_zero(residual)
    assert decision.kind is ZeroKind.UNDECIDED
    assert "not told apart" in decision.reason


def test_a_sign_that_changes_between_two_jumps_is_mixed():
    assert decide_sign(sp.S.Half - difference(sp.floor, sp.exp(p), TINY)).kind is SignKind.MIXED


def test_conditions_that_differ_between_two_jumps_are_seen_to_differ():
    between = difference(sp.floor, sp.exp(p), TINY) > sp.S.Half
    assert any(point.derived is not point.candidate for point in compared_points(between, sp.false, ()))


def test_a_number_too_long_to_be_written_is_said_to_be():
    decision = decide_zero(sp.exp(p) - sp.exp(p + sp.Rational(1, 10**30000)))
    assert decision.kind is ZeroKind.UNDECIDED
    assert "bits" in decision.reason
