"""Integrals over kinks and jumps, at rational places and at others."""

import pytest
import sympy as sp

from theory.decision.arb.balls import ball
from theory.decision.zero import ZeroKind, decide_zero

y = sp.Symbol("y", real=True)
p = sp.Symbol("p", positive=True)
half = sp.Rational(1, 2)
CLOSED = {
    sp.Integral(sp.Abs(sp.sin(y)), (y, 0, sp.pi)): 2,
    sp.Integral(sp.Max(y, 1 - y), (y, 0, 1)): sp.Rational(3, 4),
    sp.Integral(sp.floor(y**2), (y, 0, 2)): 5 - sp.sqrt(2) - sp.sqrt(3),
    sp.Integral(sp.floor(sp.exp(y)), (y, sp.log(3), 0)): sp.log(2) - 2 * sp.log(3),
    sp.Integral(sp.sign(sp.cos(y)) * sp.Heaviside(sp.sin(y)), (y, 0, 2 * sp.pi)): 0,
    sp.Integral(sp.Mod(y, half), (y, 0, 3)): sp.Rational(3, 4),
    sp.Integral(sp.ceiling(y) + sp.frac(y), (y, -1, 2)): sp.Rational(9, 2),
    sp.Integral(sp.Piecewise((1, y**2 < 2), (y, y < 3), (0, True)), (y, 0, 5)): sp.sqrt(2) + sp.Rational(7, 2),
    sp.Integral(sp.Abs(sp.Abs(y) - 1), (y, -2, 2)): 2,
    sp.Integral(sp.Min(sp.sin(y), sp.cos(y)), (y, 0, 2 * sp.pi)): -2 * sp.sqrt(2),
}


@pytest.mark.every(2)
@pytest.mark.parametrize(("integral", "value"), CLOSED.items(), ids=lambda e: sp.sstr(e, order="none"))
def test_pieces_add_up(integral, value):
    enclosed = ball(integral, {}, 512) - ball(sp.sympify(value), {}, 512)
    assert enclosed.contains(0)
    assert abs(enclosed) < 1e-140


def test_pieces_of_a_parameter():
    assert decide_zero(sp.Integral(sp.Abs(y - p), (y, 0, 2 * p)) - p**2, points=6).kind is ZeroKind.CERTIFIED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("integrand", "value"),
    [(sp.floor(y / p), p), (sp.Max(y, p) * sp.floor(p), 5 * p**2 / 2 * sp.floor(p))],
    ids=str,
)
def test_steps_that_move_with_a_parameter_agree_at_points_which_certifies_nothing(integrand, value):
    integral = sp.Integral(integrand, (y, 0, 2 * p))
    decision = decide_zero(integral - value, points=6)
    assert decision.kind is ZeroKind.UNDECIDED
    assert decision.reason.startswith("0 at all 6 points, but")
    assert decide_zero(integral - value * sp.Rational(10**6 + 1, 10**6), points=6).kind is ZeroKind.NONZERO


def test_a_wrong_value_is_refuted_and_infinitely_many_steps_are_not_summed():
    wrong = sp.Integral(sp.floor(y**2), (y, 0, 2)) - sp.Rational(185374, 10**5)
    assert decide_zero(wrong).kind is ZeroKind.NONZERO  # SymPy fails to print it
    assert decide_zero(sp.Integral(sp.floor(1 / y), (y, 0, 1)), seconds=1).kind is ZeroKind.UNDECIDED


def test_a_case_that_holds_on_a_part_alone_counts_there_alone():
    t = sp.Symbol("t", real=True)
    step = sp.Piecewise((1, t < sp.Rational(1, 3)), (0, True))
    assert abs(ball(sp.Integral(step, (t, 0, 1)), {}, 64) - 1 / 3) < 1e-15
