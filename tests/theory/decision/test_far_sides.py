"""Sides of walls and pieces that no point met are looked for, proved empty, or leave the residual undecided."""

import pytest
import sympy as sp

from theory.decision.evidence_class import sharp_turn
from theory.decision.far_sides import factors_of_wall
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.zero import decide_zero
from verification.checks.conditions import judge_region
from verification.verdict import Outcome

x, y = sp.symbols("x y", real=True)
p, q, t = sp.symbols("p q t", positive=True)
R = sp.Rational
SMALL = R(1, 10**9)
ATAN = sp.atan(p) + sp.atan(q) - sp.atan((p + q) / (1 - p * q))
AREA = sp.Integral(sp.Max(0, t - x), (t, 0, 1)) - (1 - x) ** 2 / 2
LENS = sp.Max(0, sp.Min(1 - x**2 - y**2, x + y - sp.sqrt(2) + sp.exp(-60)))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("residual", "near", "beyond"),
    [(ATAN, [p * q < 1], [p * q < 1 + SMALL, sp.Ne(p * q, 1)]), (AREA, [x > 0, x < 1], [x > -SMALL, x < 1])],
    ids=["inverse tangents", "a kink that enters an integral"],
)
def test_a_thin_strip_beyond_a_wall_is_not_overlooked(residual, near, beyond):
    assert decide_zero(residual, near).says_zero
    assert not decide_zero(residual, beyond).says_zero


@pytest.mark.slow
@pytest.mark.parametrize(
    ("residual", "conditions"),
    [
        (LENS, []),
        (sp.Max(0, x**60 - (y - x**2 - 1) ** 2), [x > -R(1, 2), x < R(1, 2)]),
        (sp.Heaviside(sp.exp(-90) - sp.Abs(x - sp.exp(y)), 0) * sp.Heaviside(sp.exp(-90) - sp.Abs(y - sp.pi), 0), []),
    ],
    ids=["a lens", "a cusp", "a corner"],
)
def test_a_narrow_piece_with_plain_walls_is_not_taken_for_empty(residual, conditions):
    assert not decide_zero(residual, conditions).says_zero


def test_a_constant_is_certified_within_its_own_digits_alone():
    assert not decide_zero(sp.log(1 + R(1, 10**3000))).says_zero


def test_constants_written_by_functions_count_as_large_numbers():
    assert sharp_turn(R(2, 3) - 1 / (1 + sp.exp(100) * (x - sp.E) ** 2)) is not None
    assert sharp_turn(sp.sqrt((x - sp.E) ** 2 + sp.exp(-120))) is not None
    assert sharp_turn(1 - sp.exp(-100 * (x - y**2) ** 2 - 100 * (y - sp.E) ** 2)) is not None
    assert sharp_turn(sp.sqrt(1 + x**2) * sp.exp(-x) + sp.exp(2)) is None


def test_a_bound_by_a_small_number_and_another_condition_leave_a_thin_strip():
    assert sharp_turn(x - y, [x**2 > y**2, x > -SMALL]) is not None
    assert sharp_turn(x - y, [x > -SMALL]) is None


def test_a_root_outweighs_what_is_smaller():
    assert proof_of_sign(x + sp.sqrt(1 + x**2)) and proof_of_sign(x + sp.sqrt(x**2 + y**2), [x > 0])
    assert proof_of_sign(x + sp.sqrt(x**2 + y**2)) is None
    assert proof_of_sign(2 * x + sp.sqrt(1 + x**2), strict=False) is None


def test_a_ratio_without_a_value_at_a_place_is_no_closed_form_of_a_zero():
    assert judge_region(sp.exp(x) > 1, x > 0, ()).outcome is Outcome.PROVED


def test_a_root_as_a_wall_is_no_polynomial():
    assert decide_zero(sp.asin(x / sp.sqrt(1 + x**2)) - sp.atan(x)).says_zero


def test_the_other_side_of_a_wall_that_is_touched_is_not_forgotten():
    residual = sp.sqrt(2 * sp.cosh(x) - 2) - 2 * sp.sinh(x / 2)  # 4 sinh(|x|/2) where x < 0
    decision = decide_zero(residual, (x > -sp.Rational(1, 10**40), x < 1))
    assert decision.kind.value == "undecided"


def test_a_wall_with_a_large_exponent_is_not_written_out():
    # As a polynomial in exp(x) it has 10^8 coefficients: 20 GB of memory, and minutes.
    wall = sp.exp(10**8 * (x - R(1, 3)) ** 2) - 2 - y
    assert list(factors_of_wall(wall)) == [wall]
    assert len(list(factors_of_wall(sp.exp(2 * x) - 1))) == 2
