"""Every closed form of every family, against quadrature of the density it was read from."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import positive_rationals, rationals
from theory.errors import NotNormalisableError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.families import Beta, Gamma, GeneralisedGamma, InverseGamma, Normal
from theory.line.interval import Interval
from theory.line.recognise import recognise
from theory.line.stationary import stationary_density

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
HALF = sp.Rational(1, 2)
FAMILIES = (Normal, Gamma, GeneralisedGamma, InverseGamma, Beta)


@st.composite
def densities(draw: st.DrawFn, kind: type) -> tuple[sp.Expr, sp.Symbol, Interval]:
    """A density of the family ``kind`` with a constant factor in front."""
    p, q = draw(positive_rationals()) + 1, draw(positive_rationals()) + HALF
    factor = draw(positive_rationals())
    if kind is Normal:
        return factor * sp.exp(-q * y**2 + draw(rationals()) * y), y, Interval.of(y)
    if kind is Gamma:
        return factor * x ** (p - 1) * sp.exp(-q * x), x, Interval.of(x)
    if kind is GeneralisedGamma:
        return factor * x ** (p - 1) * sp.exp(-q * x ** draw(st.sampled_from([HALF, 2, 3]))), x, Interval.of(x)
    if kind is InverseGamma:
        return factor * x ** (-p - 3) * sp.exp(-q / x), x, Interval.of(x)
    left = draw(st.integers(0, 1))
    right = left + draw(positive_rationals())
    return factor * (x - left) ** (p - 1) * (right - x) ** q, x, Interval(left, right)


def integral(expression, variable, interval, centre):
    """Quadrature split around the bulk; ends at infinity in mpmath's own way."""
    f = sp.lambdify(variable, expression, "mpmath")
    ends = [mpmath.mpf(str(sp.N(e, 30))) if e.is_finite else mpmath.mpf("inf") * int(sp.sign(e)) for e in interval.ends]
    middle = mpmath.mpf(str(sp.N(centre, 30)))
    return mpmath.quad(f, [ends[0], middle, ends[1]])


@pytest.mark.parametrize("kind", FAMILIES)
@settings(max_examples=4)
@given(st.data())
def test_closed_forms_agree_with_quadrature(kind, data):
    density, variable, interval = data.draw(densities(kind))
    family = recognise(density, variable, interval)
    assert type(family) is kind
    with mpmath.workdps(20):
        total = integral(density, variable, interval, family.mean)
        assert mpmath.almosteq(total, mpmath.mpf(str(sp.N(family.partition_function, 20))), rel_eps=1e-10)
        for observable, claimed in (
            (variable, family.mean),
            ((variable - family.mean) ** 2, family.variance),
            (variable**2, family.moment(2)),
            *(((sp.log(variable), family.log_mean),) if kind is not Normal and interval.left == 0 else ()),
        ):
            numeric = integral(density * observable, variable, interval, family.mean) / total
            value = mpmath.mpf(str(sp.N(claimed, 20)))
            assert abs(numeric - value) < 1e-8 * (1 + abs(value))
        below = Interval(interval.left, family.mean)
        part = integral(density, variable, below, family.mean - (family.mean - max(interval.left, -9)) / 2) / total
        assert abs(part - mpmath.mpf(str(sp.N(family.cdf(family.mean), 20)))) < 1e-8


@pytest.mark.parametrize("kind", FAMILIES)
@settings(max_examples=6)
@given(st.data())
def test_the_mode_is_where_the_density_is_largest(kind, data):
    density, variable, interval = data.draw(densities(kind))
    mode = recognise(density, variable, interval).mode
    f = sp.lambdify(variable, sp.log(density), "math")
    at_mode = f(float(mode)) if mode not in interval.ends else None
    for offset in (-0.3, -0.01, 0.01, 0.3):
        point = float(mode) + offset * (1 if at_mode is None else min(1, abs(float(mode)) or 1))
        inside = float(interval.left) < point < float(interval.right)
        if inside and at_mode is not None:
            assert f(point) < at_mode


@pytest.mark.parametrize(
    ("density", "values", "expected"),
    [
        # exp(b x) grows: the formula (k - 1)/rate would say -1.
        (lambda a, b: x ** (a - 1) * sp.exp(-b * x), (2, -1), sp.oo),
        (lambda a, b: x ** (a - 1) * sp.exp(-b * x), (HALF, -1), sp.nan),
        (lambda a, b: x ** (a - 1) * sp.exp(-b * x), (HALF, 0), 0),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (-2, 1), sp.oo),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (2, -1), 0),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (-2, -1), sp.nan),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (-HALF, 1), 2),
    ],
)
def test_a_density_that_is_no_law_has_its_mode_where_it_is_largest_and_never_outside(density, values, expected):
    a, b = sp.symbols("a b", real=True)
    assert recognise(density(a, b), x).mode.subs(dict(zip((a, b), values, strict=True))) is sp.sympify(expected)


def test_a_symbolic_exponent_keeps_its_condition():
    k = sp.Symbol("k", real=True)
    family = recognise(x ** (k - 1) * sp.exp(-x), x)
    assert family.normalisable == (k > 0)
    assert family.mode == sp.Piecewise((k - 1, k > 1), (0, True))
    assert family.moment_exists(-1) == (k > 1)


@pytest.mark.parametrize(
    ("density", "variable", "interval"),
    [
        (x * sp.exp(-x - x**2), x, None),
        (x**2 * sp.exp(x), x, None),
        (sp.exp(-(y**4)), y, None),
        (sp.exp(y**2), y, None),
        (1 / (1 + y**2), y, None),
        (x * (1 + x), x, Interval(0, 1)),
        (x * sp.exp(-x), x, Interval(0, 2)),
        (sp.exp(-(y**2)), y, Interval(1, sp.oo)),
        (x ** sp.sin(x), x, None),
    ],
)
def test_look_alikes_are_not_recognised(density, variable, interval):
    assert recognise(density, variable, interval) is None


def test_a_moment_that_does_not_exist_is_refused():
    family = recognise(x ** (-3) * sp.exp(-1 / x), x)
    assert family.moment(1) == 1
    with pytest.raises(NotNormalisableError, match="order 2"):
        family.moment(2)
    with pytest.raises(UnsupportedFormError, match="log"):
        _ = recognise(sp.exp(-(y**2)), y).log_mean


def test_a_variance_that_does_not_exist_is_infinite_and_not_a_negative_number():
    x = sp.Symbol("x", positive=True)
    a, k, noise = sp.symbols("a k noise", positive=True)
    law = stationary_density(ItoProcess.scalar(x, drift=a - k * x, dispersion=noise * x))
    assert law.variance.subs({a: 1, k: 1, noise: 2}) == sp.oo
    assert law.variance.subs({a: 1, k: 1, noise: 1}) == 1
