"""Proofs by monotony: what they prove is so, and a near miss of it is not proved."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.decision.conditions.monotony import (
    compared_on_the_line,
    proof_by_ends,
    proof_of_same_side,
    proof_on_the_line,
)
from theory.decision.proofs.places import Signs
from theory.decision.proofs.signs_on_line import OpenInterval

x, y = sp.symbols("x y", real=True)
p, q, r = sp.symbols("p q r", positive=True)
n = sp.Symbol("n", nonnegative=True)
RISING = (lambda u: u**5, lambda u: u**7 + 3 * u, sp.exp, sp.atan, sp.sinh, sp.tanh, lambda u: u + sp.exp(u))


@settings(max_examples=examples(12), deadline=None)
@given(st.sampled_from(RISING), st.sampled_from(RISING), st.integers(1, 9), st.sampled_from([sp.Gt, sp.Ge, sp.Lt]))
def test_a_sum_of_rising_functions_compares_as_its_argument_does(f, g, weight, relation):
    grown = relation(weight * f(x) + g(x), weight * f(y) + g(y), evaluate=False)
    assert proof_of_same_side(grown, relation(x, y, evaluate=False))
    assert not proof_of_same_side(grown, relation(x, y + sp.Rational(1, 10**6), evaluate=False))
    assert not proof_of_same_side(grown, sp.Le(x, y, evaluate=False))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (sp.exp(p) > 2, p > sp.log(2)),
        (sp.log(p) > q, p > sp.exp(q)),
        (p + sp.log(p) > 1, p > 1),
        (sp.exp(p * q) > 2, p > sp.log(2) / q),
        (sp.exp(2 * x) - 3 * sp.exp(x) + 2 < 0, (x > 0) & (x < sp.log(2))),
    ],
)
def test_a_condition_is_solved_for_a_letter(first, second):
    assert proof_of_same_side(first, second)
    assert not proof_of_same_side(first, sp.And(second, p < 10**6, x < 10**6))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "margin",
    [
        sp.Rational(3, 8) - n * sp.exp(-n),
        p - sp.sin(p),
        sp.exp(x) - 1 - x,
        sp.pi / 2 - sp.atan(p),
        sp.log(1 + p) - p / (1 + p),
        p**p - sp.Rational(69, 100),
        sp.Rational(3, 8) - p * q * sp.exp(-p * q),
        sp.exp(-p) - 1 + p - p**2 / 2 + p**3 / 6,
    ],
)
def test_a_true_bound_in_one_quantity_is_proved_and_a_lower_one_is_not(margin):
    assert proof_on_the_line(margin >= 0, sp.true)
    assert not proof_on_the_line(margin >= sp.Rational(3, 100), sp.true)


@pytest.mark.parametrize(
    ("bound", "witness"),
    [
        (n * sp.exp(-n) < sp.exp(-1), {"n": "1"}),
        (p * sp.log(p) > -sp.exp(-1), {"p": "exp(-1)"}),
        (p * q * sp.exp(-p * q) < sp.exp(-1), {"p": "1", "q": "1"}),
        (sp.exp(p + q) > sp.E * (p + q), {"p": "1/2", "q": "1/2"}),
    ],
)
def test_a_strict_bound_that_touches_is_false_at_the_place_that_is_said(bound, witness):
    assert compared_on_the_line(bound, sp.true).witness == witness


def test_functions_that_are_not_analytic_or_leave_the_line_have_no_signs():
    line = OpenInterval(x, -sp.oo, sp.oo)
    for f in (sp.Abs(x), sp.floor(x), sp.log(x), 1 / x, sp.sqrt(x), sp.Max(x, 0), sp.tan(x), x**x, sp.sin(x)):
        assert line.signs(f) is None
    assert line.signs(x**3 - x) is not None


def test_a_limit_of_the_kind_of_infinity_to_the_power_0_proves_nothing():
    beyond = OpenInterval(p, sp.S.Zero, sp.oo)
    assert beyond.signs(2 - p ** (1 / sp.log(1 + p))) is None


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=1, max_size=4, unique=True))
def test_the_signs_of_a_product_change_at_its_zeros_and_nowhere_else(zeros):
    found = OpenInterval(x, -sp.oo, sp.oo).signs(sp.Mul(*(sp.exp(x) - sp.exp(zero) for zero in zeros)))
    assert isinstance(found, Signs)
    assert [place.exact for place in found.places] == sorted(zeros)
    assert found.pieces == tuple((-1) ** (len(zeros) - i) for i in range(len(zeros) + 1))


def test_a_bound_in_several_letters_is_proved_at_the_ends_of_their_ranges():
    assert proof_by_ends(sp.exp(p) + q - 1, strict=True)
    assert proof_by_ends(r + sp.cosh(p * q) - 1, strict=True)
    assert not proof_by_ends(sp.exp(n) + n - 1, strict=True)
    assert not proof_by_ends(sp.exp(p) + q - sp.Rational(11, 10))
    assert not proof_by_ends(sp.exp(p) - q)
