"""Integers that random ones seldom hit: a remainder, and those next to multiples of pi."""

import pytest
import sympy as sp

from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero
from verification.checks.conditions import judge_region
from verification.verdict import Outcome

n, m = sp.symbols("n m", integer=True, positive=True)


@pytest.mark.every(3)
@pytest.mark.parametrize("remainder", [49, 25, 0])
def test_a_single_remainder_is_seen(remainder):
    assert judge_region(sp.Ne(sp.Mod(n, 50), remainder), sp.true, ()).outcome is Outcome.REFUTED
    assert decide_zero(sp.Max(0, 1 - sp.Abs(sp.Mod(n, 1009) - remainder))).kind is ZeroKind.NONZERO
    assert decide_sign(sp.Abs(sp.Mod(n, 797) - remainder)).kind is SignKind.NONNEGATIVE


def test_remainders_of_two_integers_are_seen_together():
    assert judge_region(sp.Mod(n, 7) + sp.Mod(m, 11) < 16, sp.true, ()).outcome is Outcome.REFUTED
    assert judge_region(sp.Mod(n, 7) + sp.Mod(m, 11) < 17, sp.true, ()).outcome.supports


def test_an_integer_next_to_a_multiple_of_pi_is_seen():
    assert decide_sign(sp.cos(n) + sp.Rational(99999, 100000)).kind is SignKind.MIXED


@pytest.mark.slow
@pytest.mark.parametrize("slope", [1, sp.sqrt(3)])
def test_integers_next_to_the_turns_of_a_wave_are_seen(slope):
    assert decide_sign(sp.Abs(sp.sin(slope * n)) - sp.Rational(1, 1000)).kind is SignKind.MIXED
    assert decide_sign(sp.cos(slope * n) + sp.Rational(99999, 100000)).kind is SignKind.MIXED
    assert decide_zero(sp.Max(0, sp.Rational(1, 10**4) - sp.Abs(sp.sin(slope * n)))).kind is ZeroKind.NONZERO
