"""A sign that holds at every point tried is not called strict where the values run into 0 at a place of the region."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.sign import SignKind, decide_sign

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)

TOUCHING = [
    (3 * sp.sin(x) + 4 * sp.cos(x), sp.Integer(5), ()),
    (x * y, sp.Rational(1, 2), (x**2 + y**2 <= 1,)),
    (3 * 2 ** sp.Rational(-2, 3), sp.exp(x) + sp.exp(-2 * x), ()),
    (4 * sp.exp(y) - sp.exp(2 * y) - 4, x**2, ()),
    (sp.exp(-1 / sp.E), p**p, ()),
    ((3 * sp.sin(x) + 4 * sp.cos(x)) * sp.exp(-p), 5 * sp.exp(-p), ()),
]

APART = [
    (x * y, sp.Rational(1, 2), (x**2 + y**2 < 1,)),
    (p, sp.sqrt(1 + p**2), ()),
    (sp.S.Zero, sp.exp(-1 / x**2), (sp.Ne(x, 0),)),
    (sp.log(1 + p), p, ()),
    (sp.Abs(x) - sp.log(2), sp.log(sp.cosh(x)), ()),
    (sp.sqrt(sp.pi) * p * sp.erfc(p), sp.exp(-(p**2)), ()),
    (3 * sp.sin(x) + 4 * sp.cos(x), 5 + sp.Rational(1, 10**9), ()),
]


@pytest.mark.parametrize(("left", "right", "domain"), TOUCHING)
def test_a_margin_that_runs_into_0_is_not_called_positive(left, right, domain):
    assert decide_sign(right - left, domain).kind is SignKind.NONNEGATIVE
    assert decide_sign(left - right, domain).kind is SignKind.NONPOSITIVE


@pytest.mark.parametrize(("left", "right", "domain"), APART)
def test_a_margin_that_nears_0_at_an_end_or_an_open_side_alone_is_positive(left, right, domain):
    assert decide_sign(right - left, domain).kind is SignKind.POSITIVE


def test_nothing_has_a_sign_where_there_is_no_point():
    decision = decide_sign(x, [x > 1, x < 0])
    assert decision.kind is SignKind.UNDECIDED
    assert "no point" in decision.reason


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("square", "place"),
    [
        (5 - 3 * sp.sin(x) - 4 * sp.cos(x), {x: sp.atan(sp.Rational(3, 4))}),
        ((x**2 - 2) ** 2 + (x - y) ** 2, {x: sp.sqrt(2), y: sp.sqrt(2)}),
        (3 * sp.sqrt(3) / 2 - sp.sin(x) - sp.sin(y) - sp.sin(x + y), {x: sp.pi / 3, y: sp.pi / 3}),
    ],
    ids=str,
)
def test_a_place_in_closed_form_where_it_is_0_is_named(square, place):
    around = [bound for s in place for bound in (s > sp.Rational(1, 2), s < 2)]
    decision = decide_sign(square, around)
    assert decision.witnesses[SignKind.ZERO] == {str(s): str(value) for s, value in place.items()}
    away = [s > value for s, value in place.items()]
    assert SignKind.ZERO not in decide_sign(square, [*around, *away]).witnesses
