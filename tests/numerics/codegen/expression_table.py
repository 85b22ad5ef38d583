"""One table of expressions that every backend must evaluate as mpmath does to 40 digits.

A backend's test takes ``entry.points(dtype)``, evaluates, and requires ``|value - entry.reference| <= entry.bound``.
The reference is SymPy's ``evalf`` of the expression as it stands, so it shares no code with the programs.

The bound is that of mixed forward-backward stability: the value may be that of the exact function at arguments off by a
few roundings, itself off by a few roundings,

    |error| <= k u (|f| + sum_i |x_i df/dx_i|) + underflow,      k = 4 (1 + number of operations of the expression),

with u the unit roundoff. It follows from the conditioning of f alone. A form that cancels (exp(x) - 1 for small x)
misses it by ten orders of magnitude.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import mpmath
import numpy as np
import sympy as sp

DIGITS = 40
WORKING_DIGITS = 160
"""Carried by the reference: ``evalf`` to 40 digits gives 0 for log(1 + 1e-58)."""

STEP = sp.Rational(1, 10**30)
"""Relative step of the difference quotients that tell the conditioning."""

POINTS = 12

x, y, z = sp.symbols("x y z", real=True)
a, b, c = sp.symbols("a b c", positive=True)


@dataclass(frozen=True)
class Range:
    """Where an argument is drawn from: uniform, or uniform in the logarithm of its modulus with a random sign."""

    low: float
    high: float
    logarithmic: bool = False
    signed: bool = False

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        if not self.logarithmic:
            return rng.uniform(self.low, self.high, count)
        modulus = np.exp(rng.uniform(np.log(self.low), np.log(self.high), count))
        return modulus * (rng.choice([-1.0, 1.0], count) if self.signed else 1.0)


TINY = Range(1e-30, 1e-2, logarithmic=True, signed=True)
SMALL = Range(1e-12, 1e-2, logarithmic=True)
ORDER_ONE = Range(-3.0, 3.0)
POSITIVE = Range(0.05, 8.0)
WIDE = Range(-60.0, 60.0)
UNIT = Range(-0.95, 0.95)


@dataclass(frozen=True)
class Entry:
    """An expression and the ranges of its symbols."""

    name: str
    expression: sp.Expr
    ranges: tuple[tuple[sp.Symbol, Range], ...]

    @property
    def arguments(self) -> tuple[sp.Symbol, ...]:
        return tuple(symbol for symbol, _ in self.ranges)

    def points(self, dtype: type = np.float64) -> list[np.ndarray]:
        """Arrays of :data:`POINTS` values, one per argument; the seed is the name."""
        rng = np.random.default_rng(list(hashlib.sha256(self.name.encode()).digest()[:8]))
        return [interval.draw(rng, POINTS).astype(dtype) for _, interval in self.ranges]

    def reference(self, dtype: type = np.float64) -> list[mpmath.mpf]:
        """The values at the points, to :data:`DIGITS` digits."""
        with mpmath.workdps(DIGITS):
            return [+value for value in _values(self, dtype)]

    def bound(self, dtype: type = np.float64) -> np.ndarray:
        """The error a stable evaluation in ``dtype`` stays below at the points."""
        k = 4 * (1 + int(sp.count_ops(self.expression)))
        values = _values(self, dtype)
        scale = np.array([float(abs(value)) for value in values])
        with mpmath.workdps(WORKING_DIGITS):
            for argument in self.arguments:
                moved = _values(self, dtype, argument)
                scale += [float(abs(after - before) / float(STEP)) for after, before in zip(moved, values, strict=True)]
        limits = np.finfo(dtype)
        return k * (limits.eps / 2 * scale + limits.tiny)


@cache
def _values(entry: Entry, dtype: type, moved: sp.Symbol | None = None) -> list[mpmath.mpf]:
    """The values at the points, with the argument ``moved`` larger by the fraction :data:`STEP`."""
    values = []
    for point in zip(*entry.points(dtype), strict=True):
        # Floats of that many digits hold a double exactly, and SymPy looks for no exact roots of them.
        exact = {s: sp.Float(float(v), WORKING_DIGITS) for s, v in zip(entry.arguments, point, strict=True)}
        if moved is not None:
            exact[moved] *= 1 + STEP
        value = entry.expression.xreplace(exact).evalf(WORKING_DIGITS, maxn=1000)
        assert value.is_number and value.is_extended_real, (entry.name, point, value)
        with mpmath.workdps(WORKING_DIGITS):
            values.append(mpmath.mpf(str(value)))
    return values


def _entry(name: str, expression: sp.Expr, **ranges: Range) -> Entry:
    symbols = {symbol.name: symbol for symbol in (x, y, z, a, b, c)}
    return Entry(name, expression, tuple((symbols[key], interval) for key, interval in ranges.items()))


EXPRESSIONS: tuple[Entry, ...] = (
    # Arithmetic and powers
    _entry("cubic drift", a * x - x**3, x=TINY, a=POSITIVE),
    _entry("quotient", (x + 2 * a) / (3 * a * b), x=POSITIVE, a=POSITIVE, b=POSITIVE),
    _entry("inverse square", -7 * x / a**2, x=ORDER_ONE, a=SMALL),
    _entry("root two", sp.sqrt(2) * x / 3, x=ORDER_ONE),
    _entry("square root", sp.sqrt(2 * a * b), a=POSITIVE, b=SMALL),
    _entry("half-integer power", a ** sp.Rational(-5, 2), a=POSITIVE),
    _entry("cube root", sp.cbrt(a), a=Range(1e-6, 1e6, logarithmic=True)),
    _entry("real power", a**b, a=POSITIVE, b=POSITIVE),
    _entry("power of two", 2**x, x=ORDER_ONE),
    _entry("seventh power", x**7 / 5040, x=ORDER_ONE),
    _entry("large power", a**70, a=Range(0.5, 3.0)),
    _entry("two powers", a**3 * b - a * b**3 * c, a=Range(2.0, 3.0), b=Range(0.5, 1.0), c=UNIT),
    # Near an invariant set
    _entry("tanh near zero", sp.tanh(x), x=TINY),
    _entry("expm1", sp.exp(x) - 1, x=TINY),
    _entry("expm1 of a product", a - a * sp.exp(-a * x), x=TINY, a=POSITIVE),
    _entry("log1p", sp.log(1 + x), x=TINY),
    _entry("log1p of a square", sp.log(1 + a * x**2) / 2, x=TINY, a=POSITIVE),
    _entry("versine", 1 - sp.cos(x), x=TINY),
    _entry("scaled versine", a * (3 - 3 * sp.cos(2 * x)), x=TINY, a=POSITIVE),
    _entry("cosh minus one", sp.cosh(x) - 1, x=TINY),
    _entry("sinh near zero", sp.sinh(x), x=TINY),
    _entry("erf near zero", sp.erf(x), x=TINY),
    _entry("one minus erfc", 1 - sp.erfc(x), x=TINY),
    _entry("csch near zero", sp.csch(x), x=TINY),
    # Large arguments
    _entry("tanh", sp.tanh(x), x=WIDE),
    _entry("sech", sp.sech(x), x=WIDE),
    _entry("csch", sp.csch(a), a=Range(0.1, 60.0)),
    _entry("softplus", sp.log(1 + sp.exp(x)), x=WIDE),
    _entry("Gaussian tail", (1 - sp.erf(a / sp.sqrt(2))) / 2, a=Range(0.1, 8.0)),
    _entry("Gaussian left tail", sp.Rational(1, 2) + sp.erf(-a) / 2, a=Range(0.1, 5.0)),
    # Elementary functions
    _entry("exp", sp.exp(-x / 3), x=ORDER_ONE),
    _entry("log", sp.log(a), a=Range(1e-6, 1e6, logarithmic=True)),
    _entry("sin and cos", sp.sin(x) * sp.cos(y), x=ORDER_ONE, y=ORDER_ONE),
    _entry("tan", sp.tan(x), x=UNIT),
    _entry("cot and sec", sp.cot(a) * sp.sec(a) + sp.csc(a), a=Range(0.1, 1.2)),
    _entry("arcsine", sp.asin(x), x=UNIT),
    _entry("arccosine", sp.acos(x), x=UNIT),
    _entry("arctangents", sp.atan(x) + sp.acot(a), x=POSITIVE, a=POSITIVE),
    _entry("angle", sp.atan2(y, x), x=ORDER_ONE, y=ORDER_ONE),
    _entry("cosh and coth", sp.cosh(x) * sp.coth(a), x=ORDER_ONE, a=POSITIVE),
    _entry(
        "inverse hyperbolic", sp.asinh(a) + sp.acosh(1 + b) * sp.atanh(c), a=POSITIVE, b=POSITIVE, c=Range(0.05, 0.9)
    ),
    # Piecewise smooth functions
    _entry("modulus and sign", sp.Abs(x) + a * sp.sign(x), x=POSITIVE, a=POSITIVE),
    _entry("maximum", sp.Max(x, y, sp.Rational(1, 3)), x=ORDER_ONE, y=ORDER_ONE),
    _entry("minimum", sp.Min(x, 2), x=ORDER_ONE),
    _entry("leaky ReLU", sp.Piecewise((x, x > 0), (x / 100, True)), x=ORDER_ONE),
    _entry(
        "three branches", sp.Piecewise((-a, x < -1), (a * x, (x <= 1) & (x >= -1)), (a, x > 1)), x=ORDER_ONE, a=POSITIVE
    ),
    _entry("step", sp.Heaviside(x) * y, x=ORDER_ONE, y=ORDER_ONE),
    _entry("step with a value at zero", sp.Heaviside(x, 1) * y, x=ORDER_ONE, y=ORDER_ONE),
    _entry("floor", sp.floor(x) + sp.ceiling(y), x=WIDE, y=WIDE),
    _entry("remainder", sp.Mod(a, b), a=POSITIVE, b=Range(9.0, 10.0)),
    # Special functions
    _entry("erf and erfc", sp.erf(x) * sp.erfc(y), x=ORDER_ONE, y=ORDER_ONE),
    _entry("erfi", sp.erfi(x), x=ORDER_ONE),
    _entry("inverse erf", sp.erfinv(x), x=UNIT),
    _entry("gamma", sp.gamma(a), a=POSITIVE),
    _entry("gamma of negative numbers", sp.gamma(x), x=Range(-0.9, -0.1)),
    _entry("log gamma", sp.loggamma(a), a=Range(3.0, 300.0)),
    _entry("digamma", sp.digamma(a), a=Range(2.0, 50.0)),
    _entry("trigamma", sp.polygamma(1, a), a=POSITIVE),
    _entry("incomplete gamma", sp.lowergamma(a, b), a=POSITIVE, b=POSITIVE),
    _entry("upper incomplete gamma", sp.uppergamma(a, b), a=POSITIVE, b=POSITIVE),
    _entry("beta function", sp.beta(a, b), a=POSITIVE, b=POSITIVE),
    _entry("hazard rate", sp.exp(-(a**2) / 2) / sp.erfc(a / sp.sqrt(2)), a=Range(0.1, 50.0)),
    _entry("log of erfc", sp.log(sp.erfc(x)), x=Range(-2.0, 60.0)),
    _entry("incomplete beta", sp.betainc(a, b, 0, c), a=POSITIVE, b=POSITIVE, c=Range(0.05, 0.95)),
    _entry("Bessel J", sp.besselj(1, a) + sp.besselj(0, a), a=POSITIVE),
    _entry("Bessel Y", sp.bessely(0, a), a=POSITIVE),
    _entry("Bessel I", sp.besseli(2, x) * sp.besseli(0, a), x=ORDER_ONE, a=POSITIVE),
    _entry("Bessel K", sp.besselk(1, a), a=POSITIVE),
    _entry("mean resultant length", sp.besseli(1, a) / sp.besseli(0, a), a=Range(0.01, 1e5, logarithmic=True)),
    _entry("Lambert W", sp.LambertW(a), a=Range(1e-12, 1e12, logarithmic=True)),
    _entry("lower branch of Lambert W", sp.LambertW(-a, -1), a=Range(1e-12, 0.35, logarithmic=True)),
    # Coefficients as the models have them
    _entry("softsign drift", x / (1 + sp.Abs(x)) - x / a, x=SMALL, a=Range(2.0, 4.0)),
    _entry(
        "double-well Fokker-Planck density", a ** (2 * b - 2) * sp.exp(-(a**2) / c), a=POSITIVE, b=POSITIVE, c=POSITIVE
    ),
    _entry("tanh neuron residual", (y * sp.tanh(a * x) - b) * sp.tanh(a * x), x=TINY, y=UNIT, a=POSITIVE, b=POSITIVE),
)


def entry(name: str) -> Entry:
    """The entry of that name."""
    (found,) = (each for each in EXPRESSIONS if each.name == name)
    return found
