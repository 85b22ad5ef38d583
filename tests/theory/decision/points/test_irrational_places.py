"""What an expression or a condition is at one irrational place alone, where no rational point stands."""

import pytest
import sympy as sp

from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero
from verification.checks.conditions import judge_bound, judge_region
from verification.verdict import Outcome

x, y = sp.symbols("x y", real=True)
r = sp.Symbol("r", rational=True)
CUBIC = x**3 - x - 1
CONTINUOUS = (CUBIC, sp.exp(x) - 5, sp.cos(x) - x, x**2 + y**2 - 3, sp.exp(x) + x**3 - y * sp.sin(y) - 2)


@pytest.mark.every(3)
@pytest.mark.parametrize("function", CONTINUOUS, ids=str)
def test_a_step_has_a_value_of_its_own_where_its_argument_is_zero(function):
    assert decide_zero(sp.sign(function) ** 2 - 1).kind is ZeroKind.NONZERO
    assert decide_zero(sp.Piecewise((1, sp.Eq(function, 0)), (0, True))).kind is ZeroKind.NONZERO
    assert decide_zero(sp.ceiling(function) - sp.floor(function) - 1).kind is ZeroKind.NONZERO


@pytest.mark.parametrize(
    "residual",
    [
        sp.sign(CUBIC) ** 3 - sp.sign(CUBIC),
        sp.sign(CUBIC) * CUBIC - sp.Abs(CUBIC),
        sp.Heaviside(CUBIC) + sp.Heaviside(-CUBIC) - 1,
        sp.ceiling(sp.exp(x)) + sp.floor(-sp.exp(x)),
        sp.sign(CUBIC.subs(x, r)) ** 2 - 1,
    ],
    ids=str,
)
def test_what_holds_at_the_place_too_is_not_refuted(residual):
    assert decide_zero(residual).says_zero


@pytest.mark.every(3)
@pytest.mark.parametrize("function", [x**3 - 2, sp.exp(x) - 3, sp.cos(x) - x], ids=str)
def test_a_square_is_zero_where_its_root_is(function):
    decision = decide_sign(function**2)
    assert decision.kind is SignKind.NONNEGATIVE
    assert "the zero of" in decision.witnesses[SignKind.ZERO]["x"]
    assert judge_bound(function**2, ">", sp.S.Zero, ()).outcome is Outcome.REFUTED
    assert judge_bound(function**2, ">=", sp.S.Zero, ()).outcome.supports


@pytest.mark.every(2)
@pytest.mark.parametrize("function", [sp.exp(x) + x - 3, sp.cos(x) - x], ids=str)
def test_a_hole_in_a_region_is_seen(function):
    assert judge_region(x > 0, (x > 0) & sp.Ne(function, 0), ()).outcome is Outcome.REFUTED
    assert judge_region(function > 0, (function >= 0) & sp.Ne(function, 0), ()).outcome.supports


def test_what_stands_below_the_line_has_no_value_where_it_vanishes():
    assert judge_region(1 / x <= 1, sp.Or(x < 0, x >= 1), ()).outcome.supports
    assert judge_region(1 / x <= 1, sp.Or(x <= 0, x >= 1), ()).outcome is Outcome.REFUTED


@pytest.mark.slow
def test_a_right_region_is_not_refuted_at_an_irrational_pole():
    assert judge_region(1 / CUBIC <= 1, sp.Or(CUBIC < 0, CUBIC >= 1), ()).outcome.supports
