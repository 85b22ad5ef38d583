"""Residuals that are 0 at every random point, and not on a surface that none of them hits."""

import pytest
import sympy as sp

from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
z, w = sp.symbols("z w", complex=True)
f = sp.Function("f")


def where(condition, value=1):
    return sp.Piecewise((value, condition), (0, True))


def within(symbol, low):
    return (symbol > low) & (symbol < low + sp.Rational(1, 10**9))


@pytest.mark.parametrize(
    "residual",
    [
        where(sp.Eq(x, 2), where(sp.Eq(y, 3))),
        where(sp.Eq(x, 2)) * where(sp.Eq(y, 3)),
        where(sp.Eq(x, 2), where(sp.Eq(y, 3), where(sp.Eq(p, 1)))),
        where(sp.Eq(x, y) & sp.Eq(y, p)),
        where(sp.Eq(p, y**2) & sp.Eq(y, p**2)),
        where(within(x, sp.Rational(1, 3))) * where(within(y, 5)),
    ],
    ids=str,
)
def test_two_conditions_that_meet_on_a_small_set_are_seen_there(residual):
    assert decide_zero(residual).kind is ZeroKind.NONZERO


@pytest.mark.parametrize(
    "residual",
    [
        where(sp.Eq(x, 2)) * where(sp.Eq(x, 3)),
        where(sp.Eq(x, 2)) - where(sp.Eq(x, 2)) * where(x > 1),
        where(sp.Eq(x, y) & sp.Eq(y, x + 1)),
        where(x > 5) * where(x < 3),
    ],
    ids=str,
)
def test_two_conditions_that_never_meet_leave_the_residual_zero(residual):
    assert decide_zero(residual).says_zero


def conjugated(function, argument):
    """0 except where the function jumps."""
    return sp.conjugate(function(argument)) - function(sp.conjugate(argument))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("function", "across", "beside"),
    [
        (sp.sqrt, z, p + sp.I * x),
        (sp.log, z * w, p + sp.I * x),
        (sp.log, -p + sp.I * x, p + sp.I * x),
        (sp.atan, z, p + sp.I * x),
    ],
    ids=("sqrt", "log, product", "log, one", "atan"),
)
def test_a_jump_across_a_cut_of_the_plane_is_seen_on_the_cut(function, across, beside):
    assert decide_zero(conjugated(function, across)).kind is ZeroKind.NONZERO
    assert decide_zero(conjugated(function, beside)).says_zero


def test_a_derivative_by_a_call_is_taken_at_that_call():
    outer = sp.diff(f(x), x).subs(x, f(x))
    assert decide_zero(sp.diff(f(f(x)), x) - outer * sp.diff(f(x), x)).says_zero
    assert decide_zero(sp.diff(f(f(x)), x) - outer).kind is ZeroKind.NONZERO


def test_the_sign_where_two_cases_meet_counts():
    one = sp.Piecewise((1, sp.Ne(x, sp.Rational(22, 7))), (-1, True))
    both = one + one.subs(x, y)
    found = decide_sign(both + 1)
    assert found.kind is SignKind.MIXED and found.witnesses[SignKind.NEGATIVE] == {"x": "22/7", "y": "22/7"}
    assert decide_sign(both + 3).kind is SignKind.POSITIVE
    assert decide_sign(both + 2).kind is SignKind.NONNEGATIVE
    assert decide_sign(one).witnesses[SignKind.NEGATIVE] == {"x": "22/7"}


def test_waves_of_two_lengths_come_as_close_to_their_bound_as_they_like():
    product = sp.sin(p) * sp.sin(sp.sqrt(2) * p)
    assert decide_sign(sp.Rational(999, 1000) - product).kind is SignKind.MIXED
