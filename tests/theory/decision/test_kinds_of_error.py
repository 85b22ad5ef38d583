"""Residuals that vanish at most points and not at all: each false one beside a true neighbour of its kind."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.points.region import points_satisfying
from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import TheoryError

p, q = sp.symbols("p q", positive=True)
x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n", integer=True, positive=True)
z = sp.Symbol("z", complex=True)
f = sp.Function("f")

FALSE = {
    "root far away": sp.sqrt(p**2 - 200 * p + 10**4) - (100 - p),
    "floor far away": sp.floor(n / 100),
    "binomial far away": sp.binomial(n, 100),
    "remainder far away": sp.Mod(n, 1009) - n,
    "maximum far away": sp.Max(sp.log(p), 10) - 10,
    "inverse sine beyond its branch": sp.asin(sp.sin(p / 100)) - p / 100,
    "sign of a large threshold": sp.sign(sp.exp(p) - 10**40) + 1,
    "dyadic zeros of a sine": sp.sin(sp.pi * 2**24 * x),
    "dyadic floor": sp.floor(2**26 * x) - 2**26 * x,
    "sixth derivative of every polynomial": f(x).diff(x, 6) - f(x).diff(x, 6).subs(x, 0),
    "seventh difference": sum((-1) ** j * sp.binomial(7, j) * f(x + j) for j in range(8)),
    "roots of negative numbers": sp.sqrt(x) * sp.sqrt(y) - sp.sqrt(x * y),
    "conjugate": sp.conjugate(z) - z,
    "branch that is an equation": sp.Piecewise((1, sp.Eq(x**2, 2)), (0, True)),
    "branch that is a line": sp.Piecewise((1, sp.Eq(x, 3 * y)), (0, True)),
    "tiny logarithm": sp.log(1 + sp.exp(-500 - p)),
    "tinier logarithm": sp.log(1 + sp.exp(-5000 - p)),
    "tiny complement": 1 - sp.tanh(300 + p),
}
TRUE = {
    "root with its sign": sp.sqrt(p**2 - 200 * p + 10**4) - sp.Abs(100 - p),
    "floor and remainder": sp.floor(n / 100) - (n - sp.Mod(n, 100)) / 100,
    "maximum of maxima": sp.Max(sp.log(p), 10) - sp.Max(10, sp.log(p), 9),
    "sine of the inverse sine": sp.sin(sp.asin(x / 7)) - x / 7,
    "root of a square in the plane": sp.sqrt(x) ** 2 - x,
    "conjugate of a product": sp.conjugate(z * (1 + z)) - sp.conjugate(z) * (1 + sp.conjugate(z)),
    "derivative of a difference": (f(x + 1) - f(x)).diff(x) - f(x).diff(x).subs(x, x + 1) + f(x).diff(x),
    "branch that is no exception": sp.Piecewise((2, sp.Eq(x**2, 2)), (x**2, True)) - x**2,
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", FALSE)
def test_a_residual_that_vanishes_almost_everywhere_one_looks_is_refuted(name):
    assert decide_zero(FALSE[name]).kind is ZeroKind.NONZERO


@pytest.mark.parametrize("name", TRUE)
def test_its_true_neighbour_is_not_refuted(name):
    assert decide_zero(TRUE[name]).says_zero


@settings(max_examples=examples(15))
@given(st.integers(3, 40), st.integers(1, 9), st.sampled_from([sp.Abs, lambda e: sp.sqrt(e**2)]))
def test_a_kink_is_seen_wherever_it_lies(exponent, share, kink):
    at = sp.Rational(share, 7) * 2**exponent
    assert decide_zero(kink(p - at) - (at - p)).kind is ZeroKind.NONZERO
    assert decide_zero(kink(p - at) - sp.Max(p - at, at - p)).says_zero


def test_an_unsolved_equation_in_a_branch_leaves_the_matter_undecided():
    without_solution = sp.Eq(sp.exp(x) + x**4, sp.sin(y) - 2 - sp.log(1 + x**2))
    unsolved = sp.Piecewise((1, without_solution), (0, True))
    assert decide_zero(unsolved).kind is ZeroKind.UNDECIDED


@pytest.mark.parametrize("residual", [FALSE["tiny logarithm"], FALSE["tiny complement"]])
def test_zero_and_sign_agree_on_tiny_differences(residual):
    assert decide_sign(residual).kind is SignKind.POSITIVE


def test_the_reason_says_how_many_points_counted():
    reason = decide_zero(sp.atan(sp.exp(sp.exp(p))) + sp.atan(sp.exp(-sp.exp(p))) - sp.pi / 2).reason
    assert " of " in reason
    assert "random points" in reason


def test_points_below_a_bound_beyond_every_float_are_found():
    assert len(points_satisfying([p, q], [q < sp.exp(p**2)])) == 40
    assert len(points_satisfying([p, q], [q < sp.exp(sp.exp(p))], reach=60)) == 40


@pytest.mark.parametrize("kind", [ZeroKind, SignKind])
def test_a_kind_equals_its_word_and_no_text_that_is_the_word_of_none(kind: type[ZeroKind] | type[SignKind]):
    assert str(kind.UNDECIDED) == f"{kind.UNDECIDED}" == "undecided"
    assert kind.UNDECIDED == "undecided" and kind.UNDECIDED in ("zero", "undecided") and kind.UNDECIDED != "zero"
    assert hash(kind.UNDECIDED) == hash("undecided")
    for misspelt in ("Undecided", "undecide", ""):
        with pytest.raises(TypeError, match="UNDECIDED"):
            assert kind.UNDECIDED == misspelt


def test_functions_that_cannot_be_called_so_leave_the_matter_undecided():
    f = sp.Function("f")
    roots = sp.RootSum(q**3 + q + 3, sp.Lambda(q, sp.log(q + x**2)))
    for strange in (f(), f(x) + f(x, y), roots):
        assert decide_zero(strange).kind is ZeroKind.UNDECIDED
    assert decide_zero((f(x) + 1) ** 2 - f(x) ** 2 - 2 * f(x) - 1).kind is ZeroKind.ZERO


@pytest.mark.parametrize("depth", [20, 90])
def test_a_sine_in_a_sine_in_a_sine_is_decided_at_once(depth):
    nested = x
    for _ in range(depth):
        nested = sp.sin(nested)
    assert decide_zero(nested, seconds=4.0, seed=np.int64(1)).kind is ZeroKind.NONZERO


def test_seeds_are_whole_numbers_of_any_make():
    assert decide_zero(sp.sin(x) ** 3 - x, seed=np.int64(3)) == decide_zero(sp.sin(x) ** 3 - x, seed=3)
    known = sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1
    assert proof_of_zero(known, seed=np.int64(3)) == proof_of_zero(known, seed=sp.Integer(3)) is not None
    with pytest.raises(TheoryError, match="seed must be"):
        decide_zero(x, seed=True)
