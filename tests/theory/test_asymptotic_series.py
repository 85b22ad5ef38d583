"""Expansions in a small variable, against textbook series and against mpmath."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from theory.asymptotic_series import terms_up_to
from theory.errors import UnsupportedFormError

t, k, q = sp.symbols("t k q", positive=True)
x = sp.Symbol("x", real=True)
half = sp.Rational(1, 2)

KNOWN = {
    "removable": ((1 - sp.exp(-k * t)) / t, 1, {(0, 0): k, (1, 0): -(k**2) / 2}),
    "power that grows": ((1 + t * q) ** (1 / t), 1, {(0, 0): sp.exp(q), (1, 0): -(q**2) * sp.exp(q) / 2}),
    "pole": (sp.coth(t), 3, {(-1, 0): 1, (1, 0): sp.Rational(1, 3), (3, 0): -sp.Rational(1, 45)}),
    "logarithm": (t**2 * sp.log(t) + t**3, 1, {(2, 1): 1}),
    "power of itself": (t**t, 1, {(0, 0): 1, (1, 1): 1, (2, 2): half}),
    "flat": (1 + sp.exp(-1 / t), 3, {(0, 0): 1}),
    "flat power": (2 + t ** (1 / t), 3, {(0, 0): 2}),
    "infinity": (sp.tanh(1 / t), 3, {(0, 0): 1}),
    "root": (sp.sqrt(sp.sin(t)), 2, {(half, 0): 1, (5 * half, 0): -sp.Rational(1, 12)}),
    "difference of roots": (sp.sqrt(1 / t**2 + 1 / t) - 1 / t, 1, {(0, 0): half, (1, 0): -sp.Rational(1, 8)}),
    "kink": (sp.Abs(t - k) + sp.Max(t, t**2), 1, {(0, 0): k}),
    "gamma": (sp.gamma(t), 0, {(-1, 0): 1, (0, 0): -sp.EulerGamma}),
    "harmonic": (sp.harmonic(1 / t), 1, {(0, 0): sp.EulerGamma, (0, 1): -1, (1, 0): half}),
    "stirling": (
        sp.gamma(1 + 1 / t) * sp.exp(1 / t) * t ** (1 / t) * sp.sqrt(t / (2 * sp.pi)),
        1,
        {(0, 0): 1, (1, 0): sp.Rational(1, 12)},
    ),
    "bessel": (
        sp.besseli(1, 1 / t) / sp.besseli(0, 1 / t),
        1,
        {(0, 0): 1, (1, 0): -half},
    ),
    "error function": (
        sp.erfc(1 / t) * sp.exp(t**-2) * sp.sqrt(sp.pi) / t,
        2,
        {(0, 0): 1, (2, 0): -half},
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_an_expansion_is_that_of_the_textbook(name):
    expression, order, known = KNOWN[name]
    found = {power: c for power, c in terms_up_to(expression, t, order).items() if c != 0}
    assert set(found) == set(known)
    assert all(sp.simplify(found[power] - known[power]) == 0 for power in known)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.slow
def test_what_is_left_out_is_of_the_next_order(name):
    expression, order, _ = KNOWN[name]
    expression = expression.subs({k: sp.Rational(5, 4), q: sp.Rational(2, 3)})
    kept = sum(c * t**r * sp.log(t) ** j for (r, j), c in terms_up_to(expression, t, order).items())
    rest = sp.lambdify(t, expression - kept, "mpmath")
    with mpmath.workdps(200):
        near, nearer = (abs(rest(at)) / at ** (order + 1) for at in (mpmath.mpf(10) ** -3, mpmath.mpf(10) ** -5))
    assert nearer < 2 * near + 1e-30


@pytest.mark.parametrize(
    "expression",
    [
        sp.sqrt(t) * sp.cos(1 / t),
        t**k,
        1 / sp.log(t),
        sp.atan(x / t),
        sp.besselk(0, t),
        sp.floor(t),
        sp.log(sp.log(1 / t)),
    ],
    ids=str,
)
def test_what_has_no_such_expansion_or_needs_a_sign_is_refused(expression):
    with pytest.raises(UnsupportedFormError):
        terms_up_to(expression, t, 0)


def test_the_domain_decides_the_sign_of_a_coefficient():
    quotient = 1 / ((1 - q) * t + t**2)
    with pytest.raises(UnsupportedFormError, match="may vanish"):
        terms_up_to(quotient, t, 0)
    found = terms_up_to(quotient, t, 0, (q < 1,))
    assert [sp.factor(c * (1 - q) ** (2 + r)) for (r, _), c in found.items()] == [1, -1]
