"""Steps that are reached at one place and not crossed there."""

import pytest
import sympy as sp

from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero

x, y = sp.symbols("x y", real=True)
r = sp.Symbol("r", rational=True)
TOUCHED = (
    sp.floor((1 + sp.sin(x)) / 2),
    sp.floor(1 / (1 + (x - sp.sqrt(2)) ** 2)),
    sp.floor((1 + sp.sin(x) * sp.cos(y)) / 2),
    sp.Piecewise((1, 3 * sp.sin(x) + 4 * sp.cos(x) >= 5), (0, True)),
)


@pytest.mark.every(3)
@pytest.mark.parametrize("step", TOUCHED, ids=str)
def test_a_step_that_is_touched_refutes(step):
    decision = decide_zero(step)
    assert decision.kind is ZeroKind.NONZERO
    value = step.subs({symbol: sp.sympify(decision.witness[str(symbol)]) for symbol in step.free_symbols})
    assert sp.simplify(value) == 1


HIT = [
    sp.floor((5 + sp.cos(3 * x)) / 6),
    sp.sign(sp.cos(x) / 3 - sp.Rational(1, 3)) + 1,
    sp.floor((2 + sp.cos(x) * sp.cos(y)) / 3),
]
"""Touched where the way down ends exactly; thirds and sixths are rounded, so that no ball tells."""


@pytest.mark.parametrize("step", HIT, ids=str)
def test_a_step_that_is_touched_at_a_rational_place_refutes(step):
    decision = decide_zero(step)
    assert decision.kind is ZeroKind.NONZERO
    assert step.subs({symbol: sp.sympify(decision.witness[str(symbol)]) for symbol in step.free_symbols}) == 1


def test_a_step_that_is_crossed_for_a_moment_refutes():
    peak = (2 + sp.sin(x)) / 3
    assert decide_zero(sp.floor(peak + sp.Rational(1, 10**9)) - sp.floor(peak)).kind is ZeroKind.NONZERO


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "step",
    [sp.floor(sp.sin(x) ** 2 / 2), sp.floor(sp.tanh(x) ** 2), sp.floor(1 - 1 / (3 + 3 * x**2))],
    ids=str,
)
def test_a_step_that_is_not_reached_refutes_nothing(step):
    assert decide_zero(step).says_zero


@pytest.mark.slow
def test_a_step_that_is_touched_at_irrational_places_alone_is_not_refuted_for_rational_numbers():
    assert decide_zero(TOUCHED[0].subs(x, r)).kind is ZeroKind.UNDECIDED


def test_the_sign_at_a_touched_step_counts():
    assert decide_sign(TOUCHED[0]).kind is SignKind.NONNEGATIVE
    assert decide_sign(sp.Rational(1, 2) - TOUCHED[0]).kind is SignKind.MIXED
