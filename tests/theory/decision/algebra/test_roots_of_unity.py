"""Relations between sines and cosines of rational angles are proved, and only true ones."""

import pytest
import sympy as sp

from theory.decision.algebra.roots_of_unity import proof_by_roots_of_unity
from theory.decision.zero import ZeroKind, decide_zero
from verification.checks.conditions import judge_region
from verification.verdict import Outcome

p = sp.Symbol("p", positive=True)
t = sp.Symbol("t")
ninth, seventh = sp.pi / 9, sp.pi / 7
TRUE = (
    8 * sp.cos(2 * ninth) ** 3 - 6 * sp.cos(2 * ninth) + 1,
    sp.cos(2 * seventh) + sp.cos(4 * seventh) + sp.cos(6 * seventh) + sp.Rational(1, 2),
    p * sp.cos(ninth) * sp.cos(2 * ninth) * sp.cos(4 * ninth) - p / 8,
)


@pytest.mark.parametrize("relation", TRUE, ids=str)
def test_true_relations_alone_are_proved(relation):
    assert decide_zero(relation).kind is ZeroKind.ZERO
    assert proof_by_roots_of_unity(relation + sp.Rational(1, 10**50)) is None
    assert decide_zero(relation + sp.Rational(1, 10**50)).kind is ZeroKind.NONZERO


CUBIC = p**3 - 3 * p + 1 > 0
LOW, HIGH = 2 * sp.sin(sp.pi / 18), 2 * sp.cos(2 * ninth)


def test_a_strict_side_at_an_algebraic_place_is_told_from_a_weak_one():
    assert judge_region(CUBIC, (p < LOW) | (p >= HIGH), ()).outcome is Outcome.REFUTED


@pytest.mark.slow
def test_where_surfaces_meet_as_far_as_balls_tell_nothing_is_certified():
    assert judge_region(CUBIC, (p < LOW) | (p > HIGH), ()).outcome.supports
    root = sp.CRootOf(t**3 + t - 1, 0)
    assert judge_region(p**3 + p > 1, p >= root, ()).outcome is Outcome.UNDECIDED
    assert judge_region(p**3 + p > 1, p > root + sp.Rational(1, 10**30), ()).outcome is Outcome.REFUTED


def test_a_quotient_over_0_is_not_proved_to_be_0():
    nothing = 8 * sp.cos(2 * ninth) ** 3 - 6 * sp.cos(2 * ninth) + 1
    assert proof_by_roots_of_unity(nothing)
    assert proof_by_roots_of_unity((2 * sp.cos(4 * ninth) ** 2 - 1 - sp.cos(8 * ninth)) / nothing) is None
