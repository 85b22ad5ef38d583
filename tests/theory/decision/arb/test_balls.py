"""Balls contain the exact value, exclude what is false, and are NaN where the expression is no real number."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.decision.arb.ball_functions import REAL_FUNCTIONS
from theory.decision.arb.balls import ball, complex_ball, truth
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import MissingParameterError, UnsupportedFormError
from theory.tricomi import hyperu

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)
n = sp.Symbol("n", integer=True)
half = sp.Rational(1, 2)

FUNCTIONS = [
    *(getattr(sp, name)(x) for name in "exp sin cos tan cot sec csc sinh cosh tanh coth sech csch".split()),
    *(getattr(sp, name)(x) for name in "erf erfc erfi atan asinh Abs floor ceiling Si Shi acot".split()),
    *(getattr(sp, name)(p) for name in "log gamma loggamma digamma li Ci Chi Ei LambertW factorial harmonic".split()),
    *(g(p / (p + 1)) for g in (sp.asin, sp.acos, sp.atanh, sp.asech, sp.erfinv, sp.erfcinv)),
    *(g(p + 1) for g in (sp.acosh, sp.acoth, sp.asec, sp.acsc, sp.zeta)),
    sp.acsch(p),
    sp.sqrt(p),
    p**x,
    p ** sp.Rational(-2, 3),
    sp.atan2(x, -p),
    sp.Max(x, 1, -x),
    sp.Min(x, y),
    sp.Mod(x, p),
    sp.sinc(x),
    sp.polygamma(2, p),
    sp.trigamma(p),
    sp.beta(p, q),
    *(g(x) for g in (sp.airyai, sp.airyaiprime, sp.airybi, sp.airybiprime)),
    sp.besseli(q, p),
    sp.besselj(q, p),
    sp.besselk(q, p),
    sp.bessely(q, p),
    sp.uppergamma(q, p),
    sp.lowergamma(q, p),
    sp.expint(q, p),
    sp.polylog(2, x / (1 + x**2)),
    sp.zeta(p + 1, q),
    sp.binomial(p + q, q),
    sp.rf(p, q),
    sp.ff(p + q, q),
    sp.hyper([1, p], [q, 2], -p),
    sp.hyper([p], [q], x),
    hyperu(p, q, p),
    sp.pi + sp.E + sp.EulerGamma + sp.Catalan + sp.GoldenRatio,
]

MPMATH = {
    "hyperu": mpmath.hyperu,
    "airyaiprime": lambda t: mpmath.airyai(t, derivative=1),
    "airybiprime": lambda t: mpmath.airybi(t, derivative=1),
    "acot": lambda t: mpmath.atan(1 / t),
    "erfcinv": lambda t: mpmath.erfinv(1 - t),
}


@pytest.mark.every(3)
@pytest.mark.parametrize("expression", FUNCTIONS, ids=str)
def test_ball_contains_what_mpmath_computes(expression):
    symbols = sorted(expression.free_symbols, key=str)
    function = sp.lambdify(symbols, expression, ["mpmath", MPMATH])
    for numbers in (
        (Fraction(5, 7), Fraction(13, 9), Fraction(3, 8)),
        (Fraction(19, 8), Fraction(1, 3), Fraction(17, 5)),
    ):
        point = dict(zip(symbols, numbers, strict=False))
        with mpmath.workdps(50):
            expected = function(*(mpmath.mpf(v.numerator) / v.denominator for v in point.values()))
            enclosure = ball(expression, point, 128)
            found = mpmath.mpf(enclosure.mid().str(45, radius=False))
            assert enclosure.is_finite()
            assert float(enclosure.rad()) < 1e-25 * max(1, abs(found))
            assert abs(found - mpmath.re(expected)) < mpmath.mpf(10) ** -28 * (1 + abs(found)), expression


def test_every_listed_function_is_exercised_above_or_elementary():
    seen = {type(part).__name__ for expression in FUNCTIONS for part in sp.preorder_traversal(expression)}
    rewritten = {"digamma", "trigamma", "harmonic", "sign", "Heaviside", "frac", "acot", "re", "im", "conjugate", "arg"}
    assert set(REAL_FUNCTIONS) - seen - rewritten == set()


@pytest.mark.parametrize(
    "expression", [sp.sqrt(x), sp.log(x), x**half, x ** sp.Rational(1, 3), x**y, sp.acosh(x), sp.asin(x), 1 / (x + 2)]
)
def test_value_that_is_not_real_is_nan_and_neither_agrees_nor_refutes(expression):
    enclosure = ball(expression, {x: Fraction(-2), y: Fraction(1, 3)})
    assert not enclosure.is_finite()


@settings(max_examples=examples(60))
@given(st.fractions(min_value=-4, max_value=4, max_denominator=50), st.integers(-4, 6))
def test_integer_powers_of_any_sign_are_exact_up_to_rounding(value, k):
    enclosure = ball(x**n, {x: value, n: Fraction(k)})
    if value == 0 and k < 0:
        assert not enclosure.is_finite()
    else:
        import flint

        exact = value**k
        with flint.ctx.workprec(400):
            assert enclosure.contains(flint.arb(flint.fmpq(exact.numerator, exact.denominator)))


@settings(max_examples=examples(40))
@given(st.fractions(min_value=-4, max_value=4, max_denominator=50))
def test_functions_with_corners_follow_their_cases(value):
    point = {x: value}
    sign = (value > 0) - (value < 0)
    assert ball(sp.sign(x), point) == sign
    residual = ball(sp.Abs(x) - sp.Piecewise((x, x >= 0), (-x, True)), point)
    assert residual.contains(0)
    assert float(residual.rad()) < 1e-35
    assert ball(sp.Heaviside(x), point) == {1: 1, 0: 0.5, -1: 0}[sign]
    assert ball(sp.Heaviside(x, 0), point) == (sign > 0)


@pytest.mark.parametrize(
    ("integral", "closed"),
    [
        (sp.Integral(sp.exp(-(x**2)), (x, 0, p)), sp.sqrt(sp.pi) / 2 * sp.erf(p)),
        (sp.Integral(sp.sqrt(x), (x, 0, p)), 2 * p ** sp.Rational(3, 2) / 3),
        (sp.Integral(sp.Abs(x - half), (x, 0, 1)), sp.Rational(1, 4)),
        (sp.Integral(1 / (1 + x), (x, 0, p)), sp.log(1 + p)),
        (sp.Integral(p**x, (x, 0, 1)), (p - 1) / sp.log(p)),
        (sp.Integral(sp.besselk(1, x), (x, 1, 2)), sp.besselk(0, 1) - sp.besselk(0, 2)),
    ],
)
def test_integral_encloses_its_closed_form(integral, closed):
    point = {p: Fraction(7, 5)}
    difference = ball(integral - closed, point, 128)
    assert difference.contains(0)
    assert float(difference.rad()) < 1e-15
    assert not ball(integral - closed - sp.Rational(1, 10**12), point, 128).contains(0)


def test_integral_over_a_pole_or_an_infinite_interval_gives_no_number():
    assert not ball(sp.Integral(1 / x, (x, -1, 1)), {}, 64).is_finite()
    with pytest.raises(UnsupportedFormError, match="finite"):
        ball(sp.Integral(sp.exp(-x), (x, 0, sp.oo)), {})
    with pytest.raises(UnsupportedFormError, match="f"):
        ball(sp.Integral(sp.Function("f")(x), (x, 0, 1)), {})


def test_sum_and_product_are_term_by_term():
    k = sp.Symbol("k", integer=True)
    assert ball(sp.Sum(k**2, (k, 1, n)), {n: Fraction(10)}) == 385
    assert ball(sp.Product(k, (k, 1, n)), {n: Fraction(6)}) == 720
    with pytest.raises(UnsupportedFormError, match="limits"):
        ball(sp.Sum(k, (k, 1, n)), {n: Fraction(10**9)})


def test_complex_ball_uses_principal_branches():
    residual = sp.log(-p) - sp.log(p) - sp.I * sp.pi
    assert complex_ball(residual, {p: Fraction(3, 2)}).contains(0)
    assert not complex_ball(residual + 2 * sp.pi * sp.I, {p: Fraction(3, 2)}).contains(0)
    assert complex_ball(sp.Abs(1 + sp.I * p, evaluate=False) ** 2 - 2, {p: Fraction(1)}).contains(0)
    assert not complex_ball(sp.Abs(1 + sp.I * p, evaluate=False) ** 2, {p: Fraction(1)}).contains(0)


@pytest.mark.parametrize("function", [sp.asin, sp.acos, sp.acosh, sp.atanh, sp.log, sp.sqrt])
@pytest.mark.parametrize("at", [Fraction(-5, 2), Fraction(5, 2), Fraction(-1, 3)])
def test_values_on_branch_cuts_are_those_of_mpmath(function, at):
    # The imaginary part of a point of the cut is +0 on both sides: no ball may land on the other side of the cut.
    value = complex_ball(function(x), {x: at})
    expected = mpmath.mpmathify(getattr(mpmath, function.__name__)(mpmath.mpf(at.numerator) / at.denominator))
    assert abs(complex(float(value.real), float(value.imag)) - complex(expected)) < 1e-12


def test_floating_point_numbers_and_missing_values_are_refused_by_name():
    with pytest.raises(UnsupportedFormError, match="Rational"):
        ball(sp.Float(0.5) * x, {x: Fraction(1)})
    with pytest.raises(UnsupportedFormError, match="Fraction"):
        ball(x, {x: 0.1})
    with pytest.raises(MissingParameterError, match="q"):
        ball(p + q, {p: Fraction(1)})
    with pytest.raises(UnsupportedFormError, match="meijerg"):
        ball(sp.meijerg([[], []], [[0], []], x, evaluate=False), {x: Fraction(1)})


def test_truth_has_three_values():
    point = {x: Fraction(2), p: Fraction(2)}
    assert truth((x <= 2) & (p > 1), point) is True
    assert truth(sp.Not(x < 3) | sp.Ne(x, 2), point) is False
    assert truth(sp.sqrt(p) < sp.Rational(3, 2), point) is True
    assert truth(sp.sqrt(p) * sp.sqrt(p + 6) > 4, point) is None
    assert truth((sp.sqrt(p) * sp.sqrt(p + 6) > 4) | (x > 1), point) is True


@pytest.mark.parametrize("part", [sp.re, sp.im])
@pytest.mark.parametrize("above, below", [((-3 * half / 2, 1), (half / 2,)), ((half,), (half / 2,))])
def test_the_parts_of_a_hypergeometric_function_off_its_cut_are_enclosed(part, above, below):
    z = 1 / (1 - sp.I / 3)
    enclosed = ball(part(sp.hyper(above, below, z), evaluate=False), {}, 80)
    with mpmath.workdps(25):
        value = mpmath.hyper([float(a) for a in above], [float(b) for b in below], 1 / (1 - mpmath.mpc(0, 1) / 3))
        expected = value.real if part is sp.re else value.imag
        assert enclosed.rad() < 1e-12 and abs(mpmath.mpf(str(enclosed.mid().str(20, radius=False))) - expected) < 1e-12


def test_a_power_of_a_difference_that_cancels_is_enclosed():
    x = sp.Symbol("x", real=True)
    at = {x: Fraction(1, 7)}
    for power in (1, 2, 3, 8):
        assert ball((x - sp.Rational(1, 7)) ** power, at).contains(0)
    assert ball(sp.exp(-((x - sp.Rational(1, 7)) ** 2)), at).contains(1)


@pytest.mark.parametrize(
    "residual",
    [
        sp.loggamma(x) - sp.log(sp.gamma(x)),
        sp.besselj(half, x) - sp.sqrt(2 / (sp.pi * x)) * sp.sin(x),
        sp.expint(1, x) + sp.Ei(-x),
        sp.polylog(1, x) + sp.log(sp.Abs(1 - x)),
        sp.acosh(x) - sp.Abs(sp.acosh(x)),
    ],
    ids=str,
)
def test_functions_that_leave_the_reals_are_looked_at_there(residual):
    assert decide_zero(residual).kind is ZeroKind.NONZERO
