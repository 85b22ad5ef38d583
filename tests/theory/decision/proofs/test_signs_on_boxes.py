"""Signs on whole boxes: a proof where a bound is missed by a little, none where it is met or crossed."""

import pytest
import sympy as sp

from theory.decision.arb.balls import flint_library
from theory.decision.proofs.ranges import Ends, Ranges
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.proofs.signs_on_boxes import proof_by_ranges
from theory.decision.sign import decide_sign

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
m = sp.Symbol("m", integer=True, positive=True)
R = sp.Rational

LEAST = [
    (sp.sin(p) / p, "-21724/100000", "-21723/100000"),
    (sp.gamma(p), "88560/100000", "88561/100000"),
    (sp.besselj(0, p), "-40276/100000", "-40275/100000"),
    (-x * sp.exp(-(x**2) - y**2), "-42889/100000", "-42888/100000"),
    (sp.exp(p) - p, "1", "1000001/1000000"),
    (p * sp.log(p), "-3679/10000", "-3678/10000"),
    (x**4 - x, "-473/1000", "-472/1000"),
    (sp.sin(x) ** 2 + sp.cos(x) ** 4, "749/1000", "751/1000"),
]


@pytest.mark.every(4)
@pytest.mark.parametrize(("function", "below", "above"), LEAST, ids=lambda value: str(value)[:24])
def test_a_level_just_below_the_least_value_is_proved_and_none_just_above(function, below, above):
    assert proof_by_ranges(function - R(below), strict=False)
    assert proof_by_ranges(function - R(above), strict=False) is None


def test_a_bound_that_is_met_is_weak():
    assert proof_by_ranges(1 + sp.sin(x) * sp.cos(y), strict=False)
    assert proof_by_ranges(1 + sp.sin(x) * sp.cos(y)) is None
    assert proof_by_ranges(1 - sp.tanh(x), strict=False)


def test_what_may_have_no_value_is_not_proved():
    for undefined in (1 / x**2 + 1, sp.log(x) ** 2 + 1, sp.sqrt(x) + 1, sp.acos(x) + 1):
        assert proof_by_ranges(undefined) is None


def test_conditions_leave_boxes_out():
    assert proof_by_ranges(x + y - R(1, 2), [x > 0, y > 0, x + y > 1])
    assert proof_by_ranges(x + y - 2, [x > 0, y > 0, x + y > 1]) is None


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("expression", "strict", "weak"),
    [
        ((5 - 3 * sp.sin(x) - 4 * sp.cos(x)) * sp.exp(-p), False, True),
        (sp.sin(x) ** 2 + sp.cos(x) ** 4 - R(3, 4), False, True),
        (sp.Abs(x) * sp.Abs(y) - x * y, False, True),
        (2**m - m, True, True),
        (2**m - m**2, False, False),
        (999 - sp.Mod(m**2 + m, 1001), True, True),
        (sp.log(1 + sp.exp(-500 - p)), True, True),
    ],
    ids=str,
)
def test_the_right_one_of_two_signs_is_proved(expression, strict, weak):
    assert (proof_of_sign(expression) is not None) is strict
    assert (proof_of_sign(expression, strict=False) is not None) is weak


def test_densities_whose_factors_are_powers_of_sums_of_squares_are_proved_positive():
    w, s, k = sp.symbols("w s k", positive=True)
    bell = sp.exp(-k * sp.atan((w - s) / k) / s)
    density = w ** (s / k - sp.Rational(3, 2)) * (2 * (w - s) ** 2 + k**2) ** (-1 - s / k) * bell
    assert proof_of_sign(density) and decide_sign(density).proved
    assert proof_of_sign((w - s) ** 2) is None and proof_of_sign((w - s) ** 2, strict=False)
    assert proof_of_sign(w ** (s / k) - s) is None and proof_of_sign((w - s) ** (s / k)) is None
    assert proof_of_sign((2 * (w - s) ** 2 - k**2) ** (-1 - s / k)) is None


@pytest.mark.parametrize(
    ("function", "low", "high", "least", "greatest"),
    [(lambda u: 1 / u, -1, 1, -1e9, 1e9), (sp.sin, 0, 5, -0.99, 0.99), (sp.erfc, 0, 1, 0.158, 0.99)],
)
def test_a_range_holds_all_values_between_its_ends(function, low, high, least, greatest):
    u = sp.Symbol("u", real=True, nonzero=True)
    arb = flint_library().arb
    found = Ranges({u: Ends(arb(low), arb(high))}).of(function(u))
    assert found.low < least
    assert found.high > greatest


def test_a_period_is_common_to_all_waves_and_a_case_that_may_hold_counts():
    x = sp.Symbol("x", real=True)
    assert proof_by_ranges(sp.S.Half + sp.sin(x / 2) + sp.sin(x) / 100) is None
    assert proof_by_ranges(sp.Piecewise((-1, x > 2), (1, True))) is None


def test_waves_at_whole_numbers_are_strict_where_the_tangent_is_transcendental():
    n, j = sp.Symbol("n", integer=True, positive=True), sp.Symbol("j", integer=True)
    assert proof_of_sign(1 - sp.sin(n)) and proof_of_sign(5 - 3 * sp.sin(n) - 4 * sp.cos(n))
    assert proof_of_sign(1 - sp.sin(x)) is None and proof_of_sign(1 - sp.cos(j)) is None
    assert proof_of_sign(sp.sin(n)) is None


def test_sums_have_no_range_and_remainders_keep_their_divisor():
    n, k = sp.Symbol("n", integer=True, positive=True), sp.Symbol("k", integer=True, positive=True)
    assert proof_by_ranges(sp.Sum(1 / k, (k, 1, n)) - sp.Rational(1, 2)) is None
    assert str(decide_sign(sp.Mod(x, 3) - 3).kind) == "nonpositive"


def test_roots_are_compared_with_the_square_of_their_factor_and_waves_at_half_a_turn_too():
    assert proof_of_sign(R(3, 5) * x + sp.sqrt(1 + x**2) / 2) is None
    assert proof_of_sign(R(2, 5) * x + sp.sqrt(1 + x**2) / 2)
    assert proof_of_sign(1 + sp.cos(x)) is None and proof_of_sign(1 + sp.cos(x), strict=False)
