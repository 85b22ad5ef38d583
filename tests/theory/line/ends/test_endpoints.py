"""Behaviour at an end, compared with the numerical integral of the logarithmic derivative."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.errors import UnsupportedFormError
from theory.line.charts.powers import power_quotient
from theory.line.charts.sign_on_interval import sign_on_interval
from theory.line.ends.endpoints import endpoint_behaviour

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
k, s = sp.symbols("k s", positive=True)


@st.composite
def quotients(draw: st.DrawFn) -> sp.Expr:
    """Sums of powers, some of them roots, over a polynomial that is positive for positive x."""
    powers = draw(st.lists(st.integers(-6, 6).map(lambda n: sp.Rational(n, 2)), min_size=1, max_size=3, unique=True))
    numerator = sum(draw(rationals().filter(bool)) * x**power for power in powers)
    return numerator / (1 + draw(st.integers(0, 2)) * x + draw(st.integers(0, 2)) * x**2)


@settings(max_examples=examples(20))
@given(quotients(), st.booleans())
def test_behaviour_predicts_the_growth_of_the_integral(log_derivative, at_infinity):
    end = sp.oo if at_infinity else sp.S.Zero
    found = endpoint_behaviour(log_derivative, x, end)
    # What the behaviour leaves out has a convergent integral of half-integer powers: at most about sqrt(1e-12).
    near, far = (mpmath.mpf(10) ** (12 if at_infinity else -12), mpmath.mpf(10) ** (14 if at_infinity else -14))
    with mpmath.workdps(60):
        rho = sp.lambdify(x, log_derivative * x, "mpmath")
        numeric = mpmath.quad(lambda v: rho(mpmath.exp(v)), [mpmath.log(near), mpmath.log(far)])

        def log_weight(tau, gamma):
            return sum(mpmath.mpf(c.p) / c.q * tau ** (mpmath.mpf(p.p) / p.q) for c, p in found.essential) + (
                mpmath.mpf(gamma.p) / gamma.q * mpmath.log(tau)
            )

        predicted = log_weight(far, found.exponent) - log_weight(near, found.exponent)
        wrong = log_weight(far, found.exponent + 1) - log_weight(near, found.exponent + 1)
        assert abs(numeric - predicted) < 1e-4
        assert abs(numeric - wrong) > 1


def test_symbolic_exponents_are_ordered_by_their_assumptions():
    n = sp.Symbol("delta", positive=True) + 3
    found = endpoint_behaviour((s - x) / ((1 + x**2) * x ** (2 - 2 / n)), x, sp.S.Zero)
    ((coefficient, power),) = found.essential
    assert sp.simplify(power - (2 / n - 1)) == 0
    assert sp.simplify(coefficient - s * n / (2 - n)) == 0


def test_leading_terms_at_minus_infinity_are_those_of_the_mirror_image():
    at_minus = endpoint_behaviour(-k * y**3 + s * y**2, y, -sp.oo)
    at_plus = endpoint_behaviour(-k * y**3 - s * y**2, y, sp.oo)
    assert at_minus == at_plus
    assert at_minus.essential == ((-k / 4, 4), (-s / 3, 3))


def test_a_pole_at_a_finite_end_is_seen_from_its_own_side():
    log_derivative = 3 / (y - 1) + k / (y - 2)
    assert endpoint_behaviour(log_derivative, y, 1, from_above=True).exponent == 3
    assert endpoint_behaviour(log_derivative, y, 2, from_above=False).exponent == k
    assert endpoint_behaviour(log_derivative, y, sp.Rational(3, 2)).exponent == 0


@pytest.mark.parametrize(
    ("log_derivative", "reason"),
    [
        (sp.sin(x) / x, "sums of powers"),
        (x ** (-sp.Symbol("r", real=True)), "cannot be ordered"),
        (1 / (sp.Symbol("c", real=True) * x**2 + x**3), "may vanish"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_reason(log_derivative, reason):
    with pytest.raises(UnsupportedFormError, match=reason):
        endpoint_behaviour(log_derivative, x, sp.S.Zero)


def test_the_normal_form_of_zero_is_zero_and_of_a_near_zero_is_not():
    n = sp.Symbol("n", positive=True)
    identity = (x ** (2 / n) - 1) / (x ** (1 / n) - 1) - x ** (1 / n) - 1
    assert power_quotient(identity, x).is_zero
    assert not power_quotient(identity + sp.Rational(1, 10**30) * x, x).is_zero


def test_sign_on_an_interval_is_decided_or_its_condition_named():
    assert sign_on_interval(x - 1, x, sp.S.Zero, sp.S.One) == (-1, sp.true)
    assert sign_on_interval(2 * (x - s) ** 2 + k**2, x, sp.S.Zero, sp.oo) == (1, sp.true)
    c = sp.Symbol("c", real=True)
    assert sign_on_interval(y**2 - 2 * c * y + k, y, -sp.oo, sp.oo) == (1, k > c**2)
    with pytest.raises(UnsupportedFormError, match="vanishes"):
        sign_on_interval(y**2 - 2, y, sp.S.Zero, sp.oo)


@settings(max_examples=examples(5))
@given(
    st.sampled_from((sp.Rational(4, 3), sp.Rational(-1, 2), 2 / k, sp.Rational(7, 5) + k)),
    st.sampled_from((s, sp.S.One, s ** sp.Rational(1, 3))),
    st.integers(1, 3),
    st.booleans(),
)
def test_poles_at_an_interior_end_are_found_by_derivatives(power, end, order, from_above):
    slope = x**power * (1 + x ** (power + 1)) / (x ** sp.Rational(3, 2) - end ** sp.Rational(3, 2)) ** order
    found = endpoint_behaviour(slope, x, end, from_above=from_above)
    values, direction = {k: sp.Rational(7, 5), s: sp.Integer(8)}, 1 if from_above else -1
    with mpmath.workdps(50):
        rho = sp.lambdify(x, slope.subs(values), "mpmath")
        at = mpmath.mpf(str(end.subs(values).evalf(60)))
        near, far = mpmath.mpf("1e-14"), mpmath.mpf("1e-12")
        numeric = direction * mpmath.quad(
            lambda u: rho(at + direction * mpmath.exp(u)) * mpmath.exp(u), [mpmath.log(near), mpmath.log(far)]
        )

        def log_weight(tau, gamma):
            powers = sum(mpmath.mpmathify(c.subs(values).evalf(60)) * tau ** int(p) for c, p in found.essential)
            return powers + mpmath.mpmathify(gamma.subs(values).evalf(60)) * mpmath.log(tau)

        predicted = log_weight(far, found.exponent) - log_weight(near, found.exponent)
        wrong = log_weight(far, found.exponent + 1) - log_weight(near, found.exponent + 1)
        assert abs(numeric - predicted) < 1e-8 * (1 + abs(predicted) * mpmath.mpf("1e-10"))
        assert abs(numeric - wrong) > 1
