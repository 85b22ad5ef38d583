"""Agreement at points counts for functions of a closed list alone; what is outside is proved or undecided."""

import pytest
import sympy as sp

from theory.decision.evidence_class import sharp_turn, wall_out_of_sight
from theory.decision.number_sizes import LARGEST_NUMBER, too_large
from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero
from verification.checks.conditions import judge_bound, judge_region
from verification.verdict import Outcome

x, y = sp.symbols("x y", real=True)
p, q, r = sp.symbols("p q r", positive=True)
n, m = sp.symbols("n m", integer=True, positive=True)
R = sp.Rational
WAVES = sp.sin(x) * sp.sin(sp.sqrt(2) * x)

NOT_ZERO = {
    "waves close to their top": sp.Max(0, WAVES - R(999999, 10**6)),
    "a needle at an irrational place": sp.Max(0, sp.exp(-(10**8) * (x - sp.sqrt(2) * y) ** 2) - R(1, 2)),
    "a step at a needle": sp.floor(R(1, 3) + sp.exp(-(10**6) * (x - sp.pi) ** 2)),
    "a wave of a long period at whole numbers": sp.floor(sp.cos(2 * sp.pi * n / 5003) / 2 + R(1, 2)),
    "a step of roots": sp.floor(sp.sqrt(n) + R(1, 10**6)) - sp.floor(sp.sqrt(n)),
    "an absolute value at the end of a wave": sp.Abs(sp.cos(x) + R(99999, 10**5)) - sp.cos(x) - R(99999, 10**5),
    "a tail beyond every ball": sp.tanh(10**6 + p) - 1,
    "a logarithm beyond every ball": sp.log(1 + sp.exp(-(10**5) - p)),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("residual", NOT_ZERO.values(), ids=list(NOT_ZERO))
def test_what_points_do_not_see_is_never_called_zero(residual):
    assert not decide_zero(residual).says_zero


@pytest.mark.every(4)
@pytest.mark.parametrize("end", ["1571/1000", "15708/10000"])
@pytest.mark.parametrize("inverse", [sp.asin(sp.sin(x)) - x, sp.atan(sp.tan(x)) - x])
def test_an_inverse_is_one_up_to_its_turn_alone(inverse, end):
    assert decide_zero(inverse, [x > -1, x < R(3, 2)]).says_zero
    assert not decide_zero(inverse, [x > -1, x < R(end)]).says_zero


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left", "relation", "right"),
    [
        (WAVES, "<", 1 - R(1, 10**7)),
        (sp.Abs(sp.sin(n)), ">=", R(1, 10**15)),
        (sp.Abs(n**2 - 61 * m**2), ">=", sp.Integer(2)),
        (sp.Mod(n**2, 10009), "<=", sp.Integer(10007)),
    ],
)
def test_a_bound_that_fails_where_no_point_lies_is_not_certified(left, relation, right):
    assert not judge_bound(left, relation, right, ()).outcome.supports


@pytest.mark.slow
def test_a_region_that_differs_where_no_point_lies_is_not_certified():
    assert judge_region(R(999999, 10**6) > WAVES, sp.true, ()).outcome is Outcome.UNDECIDED
    assert judge_region(sp.sin(x) < 2, sp.true, ()).outcome is Outcome.PROVED


def test_a_tail_is_not_called_zero():
    assert not decide_zero(sp.tanh(10**6 + p) - 1).says_zero


def test_walls_that_are_not_there_or_are_plain_hide_nothing():
    assert wall_out_of_sight(sp.log(2 + sp.sin(x) * sp.cos(y))) is None
    assert wall_out_of_sight(sp.atan(1 / x) + sp.sqrt(x**2 - 2)) is None
    assert wall_out_of_sight(sp.sqrt(4 - 4 * sp.cos(p) ** 2), [p < sp.pi]) is None
    assert wall_out_of_sight(sp.log(sp.exp(sp.I * x))) is not None
    assert wall_out_of_sight(sp.primepi(n)) is not None


def test_tame_functions_turn_softly():
    assert sharp_turn(sp.sqrt(1 + x**2) * sp.exp(-x) + sp.Max(x, 1), [x > 10**6]) is None
    assert sharp_turn(sp.exp(sp.exp(x))) is not None
    assert sharp_turn(n**2 - 2 * m**2) is not None


@pytest.mark.slow
def test_the_sign_of_waves_is_proved_or_not_told():
    two = 2 - sp.sin(x) - sp.sin(sp.sqrt(2) * x)
    assert decide_sign(two + R(1, 10**9)).proved
    assert decide_sign(two - R(1, 10**9)).kind is SignKind.UNDECIDED


def test_no_point_has_a_fraction_for_a_whole_number():
    decision = decide_zero(sp.floor(n / 2) + sp.floor((n + 1) / 2) - n)
    assert decision.kind is ZeroKind.ZERO


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (sp.sin(x) * sp.sin(2 * y), "waves as"),
        (sp.exp(-((x - y) ** 2)) - sp.Rational(1, 2), "bells as"),
        (x**2 + y * sp.exp(x) - sp.exp(-120), "numbers as large as"),
    ],
)
def test_what_turns_sharply_between_points_is_named(form, words):
    assert sharp_turn(form).startswith(words)


def test_patterns_in_two_whole_numbers_repeat_after_the_product_of_their_periods():
    assert "repeated after 1600" in wall_out_of_sight(sp.Mod(n, 40) * sp.Mod(m, 40))


WELL = (x**2 - 2) ** 2 + (y**2 - 3) ** 2

BEYOND_POINTS = {
    "a letter bounded far out": (q - sp.log(p), [q > 10**6]),
    "a product of such letters": (q * r - sp.log(p), [q > 110, r > 110]),
    "a power of one": (q**3 - sp.log(p), [q > 100]),
    "a root of a root": (100 - (1 + (1 + p) ** R(1, 100)) ** R(1, 100), []),
    "a logarithm under a small root": (120 - sp.log(1 + p ** R(1, 100)) / 100, []),
    "a pole that is a logarithm": (20 - sp.log(1 + sp.expint(1, 1 / p)), []),
    "the end of an inverse tangent": (120 - sp.atanh(1 - 1 / (1 + p)) / 100, []),
    "a logarithm more than a line": (20 - sp.log(1 + sp.loggamma(p + 2) / p), []),
    "a small root and a power of a logarithm": ((2 + sp.log(1 + p)) ** 100 - p ** R(1, 100), []),
    "a well as deep as an exponential of a bound": (WELL - sp.exp(-q), [q > 100]),
    "the square of a bound": (WELL - sp.erfc(q), [q > 8]),
    "a gamma function of a bound": (WELL - 1 / sp.gamma(q), [q > 50]),
    "a power of a sum": (WELL - (2 + q**2) ** (-100), []),
    "a sum in an exponent": (WELL - sp.exp(-50 - q**2), []),
    "a logarithm beside an irrational place": (100 + sp.log(x**2 - 2), [x**2 > 2]),
    "constants that cancel": (WELL - x**2 + x**2 * sp.tanh(20), []),
}  # fmt: skip


@pytest.mark.parametrize(("form", "conditions"), BEYOND_POINTS.values(), ids=list(BEYOND_POINTS))
def test_numbers_count_as_what_powers_and_bounds_make_of_them(form, conditions):
    assert sharp_turn(form, conditions) is not None


def test_small_numbers_hide_nothing_together():
    entropy = p * sp.log(p / q) + (1 - p) * sp.log((1 - p) / (1 - q)) - 2 * (p - q) ** 2
    for form in (entropy, sp.log(1 + p) - 2 * p / (2 + p), (1 + 25 * x) ** 20 * sp.exp(-25 * y), sp.exp(-20 / p) + q):
        assert sharp_turn(form, [q < 1]) is None


@pytest.mark.every(6)
@pytest.mark.parametrize("depth", [x**2 - x**2 * sp.tanh(20), sp.exp(-q)])
def test_a_condition_is_looked_at_in_the_bottom_of_a_well(depth):
    assert judge_region(depth <= WELL, sp.true, (q > 20,)).outcome is Outcome.REFUTED


def test_steps_beyond_the_terms_of_the_sums_at_points_are_not_called_zero():
    terms = sp.Sum(sp.floor(m / 500), (m, 1, n))
    assert decide_zero(terms).kind is ZeroKind.UNDECIDED


def test_an_undefined_function_may_be_complex():
    f, g = sp.Function("f"), sp.Function("g", real=True)
    assert decide_zero(sp.sqrt(f(x) ** 2) - sp.Abs(f(x))).kind is ZeroKind.NONZERO
    assert decide_zero(sp.sqrt(g(x) ** 2) - sp.Abs(g(x))).says_zero


def test_a_logarithm_of_the_distance_from_a_rational_place_is_seen_as_far_as_others():
    seen, unseen = sp.log(sp.Abs(5 * x / 2 - 1)) + 40 * x, sp.log(sp.Abs(x**2 - 2)) + 40 * x
    assert too_large(seen, LARGEST_NUMBER, {}) is None
    assert "grow too slowly" in too_large(unseen, LARGEST_NUMBER, {})
