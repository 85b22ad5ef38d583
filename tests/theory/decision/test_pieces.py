"""Kinks and steps read in every way: what is 0 in each reading, and over each part of a period, is proved to be 0."""

import pytest
import sympy as sp

from theory.decision.proofs.readings import readings
from theory.decision.proofs.repeating_steps import proof_by_repetition
from theory.decision.zero import ZeroKind, decide_zero

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
n = sp.Symbol("n", integer=True)
R = sp.Rational


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "residual",
    [
        sp.Max(x, y) + sp.Min(x, y) - x - y,
        sp.Max(0, sp.sin(x) * sp.cos(y) - R(11, 10)),
        sp.Abs(1 + sp.sin(x) * sp.cos(y)) - 1 - sp.sin(x) * sp.cos(y),
        sp.Max(0, sp.sin(x) + sp.sin(sp.sqrt(2) * x) - 2),
        sp.floor((5 + sp.cos(3 * x)) / 7),
        sp.ceiling(sp.sin(x) * 3) + sp.floor(-sp.sin(x) * 3),
        sp.sign(2 + sp.sin(x)) - 1,
    ],
    ids=str,
)
def test_what_is_zero_in_every_reading_is_proved(residual):
    assert decide_zero(residual).kind is ZeroKind.ZERO


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("residual", "holds"),
    [
        (sp.floor(x / 3) + sp.floor((x + 1) / 3) + sp.floor((x + 2) / 3) - sp.floor(x), True),
        (sp.floor(sp.floor(3 * x) / 3) - sp.floor(x), True),
        (sp.Mod(n**7 - n, 7), True),
        (sp.floor(sp.floor(n / 2) / 3) - sp.floor(n / 6), True),
        (sp.floor(x) + sp.floor(x + R(1, 2)) - sp.floor(2 * x + R(1, 10**9)), False),
        (sp.frac(x) + sp.frac(-x) - 1, False),
        (sp.Mod(n**7 - n, 49), False),
        (sp.floor(sp.floor(3 * x) / 3 + x) - sp.floor(2 * x), False),
    ],
    ids=str,
)
def test_repeating_steps_are_proved_over_one_period(residual, holds):
    assert (proof_by_repetition(residual) is not None) is holds


def test_a_case_holds_where_none_before_it_does():
    cases = sp.Piecewise((1, x > 1), (2, x > 0), (3, True))
    where = {int(reading.meaning): sp.And(*reading.where) for reading in readings(cases)}
    assert where[2].subs(x, 2) == sp.false
    assert where[2].subs(x, sp.S.Half) == sp.true
    assert where[3].subs(x, -1) == sp.true


def test_a_ceiling_is_a_floor_turned_over():
    assert decide_zero(sp.ceiling(sp.sin(x) * y) + sp.floor(-sp.sin(x) * y)).kind is ZeroKind.ZERO


@pytest.mark.parametrize(
    "hidden",
    [
        sp.Max(0, sp.Rational(1, 10**30) - (x - sp.Rational(1, 3)) ** 2 - sp.exp(y)),  # positive far down in y
        sp.floor(2 * sp.exp(x + 1) / (sp.exp(2 * x) + sp.exp(2))),  # 1 where x = 1
    ],
    ids=["a piece that no point meets", "a step that is touched"],
)
def test_what_is_not_zero_at_a_hidden_place_is_not_called_zero(hidden):
    assert decide_zero(hidden).kind not in (ZeroKind.ZERO, ZeroKind.CERTIFIED)


def test_places_where_steps_change_count_for_repetition():
    assert proof_by_repetition(sp.floor(x) + sp.floor(-x) + 1) is None  # 1 at whole numbers
