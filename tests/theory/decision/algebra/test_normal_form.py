"""Proofs by normal form: true identities of the decidable class are proved, and no non-identity ever is."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.theory.decision.zero_corpus import corpus
from theory.decision.algebra.normal_form import proof_of_positivity, proof_of_zero, sign_of_factors
from theory.decision.algebra.rational_functions import OutOfReachError, RationalFunction, Tower

a, b, p, q, nu = sp.symbols("a b p q nu", positive=True)
x, y = sp.symbols("x y", real=True)
z = sp.Symbol("z")
n = sp.Symbol("n", integer=True)
f = sp.Function("f")

PROVABLE = [
    sp.log(p**a * q) - a * sp.log(p) - sp.log(q),
    p ** (a + 2) - p**2 * p**a,
    6**x - sp.exp(x * sp.log(2)) * 3**x,
    sp.exp(p / (1 + p)) - sp.exp(1) * sp.exp(-1 / (1 + p)),
    sp.tanh(x + y) - (sp.tanh(x) + sp.tanh(y)) / (1 + sp.tanh(x) * sp.tanh(y)),
    sp.cos(3 * z) - 4 * sp.cos(z) ** 3 + 3 * sp.cos(z),
    sp.exp(sp.I * x) - sp.cos(x) - sp.I * sp.sin(x),
    sp.sin(sp.pi * n + x) - (-1) ** n * sp.sin(x),
    (-1) ** (n + 1) + (-1) ** n,
    sp.sqrt(p**2 + 2 * p * q + q**2) - p - q,
    sp.sqrt((p - q) ** 2) - sp.Abs(q - p),
    1 / (1 + sp.sqrt(2)) - sp.sqrt(2) + 1,
    sp.Max(x, y) + sp.Min(x, y) - x - y,
    sp.gamma(p + 3) - p * (p + 1) * (p + 2) * sp.gamma(p),
    sp.polygamma(1, p + 2) - sp.polygamma(1, p) + 1 / p**2 + 1 / (p + 1) ** 2,
    sp.uppergamma(a, p) + sp.lowergamma(a, p) - sp.gamma(a),
    sp.besseli(nu - 1, p) - sp.besseli(nu + 1, p) - 2 * nu / p * sp.besseli(nu, p),
    sp.besselk(-nu - 1, p) - sp.besselk(nu - 1, p) - 2 * nu / p * sp.besselk(nu, p),
    sp.besselk(sp.Rational(3, 2), p) - sp.sqrt(sp.pi / (2 * p)) * sp.exp(-p) * (1 + 1 / p),
    sp.erfc(-x) + sp.erfc(x) - 2,
    f(2 * x + x) - f(3 * x, evaluate=False) + f((x**2 - 1) / (x - 1)) - f(x + 1),
]

FALSE_BUT_TEMPTING = [
    sp.sqrt(x**2) - x,
    sp.sqrt(z**2) - z,
    sp.log(z**2) - 2 * sp.log(z),
    sp.log(x**2) - 2 * sp.log(x),
    sp.sqrt(x * y) - sp.sqrt(x) * sp.sqrt(y),
    (z**a) ** b - z ** (a * b),
    sp.log(sp.exp(z)) - z,
    sp.sign(x) * sp.Abs(x) - x + sp.sign(x) ** 2 - 1,
    sp.Heaviside(x) - sp.Heaviside(x, 0),
    sp.binomial(n, 3) - sp.binomial(n, n - 3),
    sp.exp(sp.I * sp.pi * p) ** 2 - 1,
    (-1) ** (n / 2) * (-1) ** (n / 2) - 1,
    (p - q) ** sp.Rational(1, 3) + (q - p) ** sp.Rational(1, 3),
    sp.loggamma(x + 1) - sp.loggamma(x) - sp.log(x) + sp.Abs(x) - x,
    sp.sqrt(z**2 * (z - 1) ** 2) - sp.sqrt(z**2) * sp.sqrt((z - 1) ** 2),
    f(x) - f(-x),
]


@pytest.mark.every(3)
@pytest.mark.parametrize("identity", PROVABLE, ids=str)
def test_identity_is_proved_and_its_perturbation_is_not(identity):
    assert proof_of_zero(identity)
    assert proof_of_zero(identity + sp.Rational(1, 10**30)) is None


@pytest.mark.parametrize("error", FALSE_BUT_TEMPTING, ids=str)
def test_tempting_error_is_not_proved(error):
    assert proof_of_zero(error) is None


def test_no_false_case_of_the_corpus_is_proved():
    cases = [case for case in corpus() if not case.is_zero][::10]
    assert [case.name for case in cases if proof_of_zero(case.expression, case.conditions)] == []


def test_most_identities_of_the_corpus_are_proved():
    cases = [case for case in corpus() if case.is_zero][::6]
    proved = sum(proof_of_zero(case.expression, case.conditions) is not None for case in cases)
    assert proved >= 0.7 * len(cases)


def test_condition_is_used_only_where_it_is_given():
    residual = sp.log((1 - a * b) ** 2) - 2 * sp.log(1 - a * b)
    assert proof_of_zero(residual, [a * b < 1])
    assert proof_of_zero(residual) is None
    assert proof_of_zero(residual, [a * b > 1]) is None


def test_side_conditions_are_recorded():
    proof = proof_of_zero(1 / (x - 1) - (x + 1) / (x**2 - 1))
    assert proof is not None and "x - 1" in proof
    assert "not 0" in proof


def test_denominator_that_is_zero_in_disguise_proves_nothing():
    disguised = sp.Add(sp.sqrt(2) ** 2 * p, -2 * p, evaluate=False)
    hidden = sp.cos(x) ** 2 + sp.sin(x) ** 2 - 1
    assert proof_of_zero(sp.Mul(disguised, 1 / hidden, evaluate=False)) is None
    assert proof_of_zero(p / hidden - q / hidden) is None


@pytest.mark.parametrize("route", ["polynomials", "residues"])
def test_each_route_alone_stops_a_false_proof(monkeypatch, route):
    false = (p + q) ** 2 - p**2 - q**2
    if route == "polynomials":
        monkeypatch.setattr(Tower, "is_zero_modulo_a_prime", lambda self, expression, rng: True)
    else:
        monkeypatch.setattr(RationalFunction, "is_zero", True)
    assert proof_of_zero(false) is None


def test_size_limits_end_in_no_proof_instead_of_a_hang():
    many = sp.symbols("m0:14", positive=True)
    assert proof_of_zero(sp.exp(sp.Add(*many) ** 60) - sp.exp(sp.Add(*many) ** 59)) is None
    residual = sum(1 / (s + k) for k, s in enumerate(many)) ** 9 - 1
    assert proof_of_zero(residual) is None


def test_division_by_zero_is_out_of_reach():
    tower = Tower()
    root = tower.generator("root", (2, sp.Integer(2)))
    for numerator in (sp.Integer(1), root**3 - 2 * root):
        with pytest.raises(OutOfReachError, match="denominator"):
            tower.element(numerator / (root**2 - 2))


@settings(max_examples=examples(30))
@given(st.lists(st.integers(-6, 6), min_size=4, max_size=4), st.integers(2, 5))
def test_square_of_a_sum_of_roots_multiplies_out(coefficients, k):
    roots = (sp.Integer(1), sp.sqrt(2), sp.sqrt(p), sp.sqrt(p + k))
    total = sum(c * root for c, root in zip(coefficients, roots, strict=True))
    square = sum(
        c * d * r * s
        for c, r in zip(coefficients, roots, strict=True)
        for d, s in zip(coefficients, roots, strict=True)
    )
    assert total == 0 or proof_of_zero(total**2 - square) or total**2 == square
    assert proof_of_zero(total**2 - square + sp.sqrt(p)) is None


def test_positivity_is_read_off_signs_of_terms():
    assert proof_of_positivity((p + sp.exp(-x)) / (1 + q) ** 3)
    assert proof_of_positivity(1 - a * b, [a * b < 1])
    assert proof_of_positivity(x**2 + 1)
    assert proof_of_positivity(x**2) is None
    assert proof_of_positivity(p - q) is None
    assert proof_of_positivity(-p) is None


def test_one_factorisation_tells_the_sign_of_an_expression_and_of_its_negative():
    for expression in (-p, (p + sp.exp(-x)) / (1 + q) ** 3, a * b - 1, (-p - 1) ** 3 * (x**2 + 1), p - q, x**2, 0 * p):
        sign = sign_of_factors(expression, [a * b < 1])
        assert sign == -sign_of_factors(-expression, [a * b < 1])
        assert (sign == 1) == (proof_of_positivity(expression, [a * b < 1]) is not None)
    assert [sign_of_factors(e, [a * b < 1]) for e in (-p, a * b - 1, (-p - 1) ** 3, p - q)] == [-1, -1, -1, 0]


@pytest.mark.parametrize("root", [sp.sqrt(sp.exp(sp.I * x)), sp.exp(sp.I * x) ** sp.Rational(1, 3), sp.sqrt(sp.exp(z))])
def test_a_root_of_a_complex_exponential_jumps_where_its_angle_does(root):
    assert proof_of_zero(root - sp.exp(root.base.exp * root.exp)) is None
    assert proof_of_zero(root**2 * root - root * root**2) and proof_of_zero(sp.sqrt(sp.exp(x)) - sp.exp(x / 2))
