"""Some three hundred functions of one variable that lose digits or overflow where they are written down naively.

Functions that networks and models use, with their first and second derivatives as SymPy writes them, at arguments from
1e-30 to the largest at which they are numbers. The reference is mpmath with so many digits that the expression as it
stands keeps forty of them; the bound is that of a stable evaluation (:mod:`tests.numerics.codegen.expression_table`),

    |error| <= k u (|f| + |x f'(x)|) + smallest normal number,      k = 4 (1 + number of operations).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import mpmath
import numpy as np
import sympy as sp

from tests.numerics.codegen.physics_expressions import PHYSICS

DIGITS = 190
"""Carried by the reference near 0: sums that vanish to the fourth order cancel down to 1e-120 at 1e-30."""

DIGITS_PER_UNIT = 1.5
"""And for each unit of x: differences of exponentials cancel down to exp(-3 x)."""

SPECIAL_LIMIT = 12.0
"""Modulus up to which error functions are asked for: beyond, they need thousands of digits."""

x = sp.Symbol("x", real=True)

_MODULI = [1e-30, 3e-17, 2e-12, 7e-9, 1e-5, 3e-3, 0.11, 0.7, 1.9, 4.3, 11.0, 31.0]
MODULI = {np.float64: [*_MODULI, 98.0, 390.0, 730.0], np.float32: [*_MODULI, 40.0, 85.0, 97.0, 170.0]}

sigmoid = 1 / (1 + sp.exp(-x))
softplus = sp.log(1 + sp.exp(x))
ACTIVATIONS = {
    "sigmoid": sigmoid,
    "sigmoid by exp(x)": sp.exp(x) / (1 + sp.exp(x)),
    "complement of a sigmoid": 1 - sigmoid,
    "centred sigmoid": sigmoid - sp.Rational(1, 2),
    "product of sigmoids": sigmoid * (1 - sigmoid),
    "tanh by exponentials": (sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x)),
    "softplus": softplus,
    "logistic loss": sp.log(1 + sp.exp(-x)),
    "log of a sigmoid": sp.log(sigmoid),
    "log of its complement": sp.log(1 - sigmoid),
    "SiLU": x * sigmoid,
    "mish": x * sp.tanh(softplus),
    "log cosh": sp.log(sp.cosh(x)),
    "log of two cosh": sp.log(sp.exp(x) + sp.exp(-x)),
    "ELU": sp.Piecewise((x, x > 0), (sp.exp(x) - 1, True)),
    "GELU": x * (1 + sp.erf(x / sp.sqrt(2))) / 2,
    "GELU by tanh": x * (1 + sp.tanh(sp.sqrt(2 / sp.pi) * (x + sp.Rational(1, 20) * x**3))) / 2,
    "squareplus": (x + sp.sqrt(x**2 + 4)) / 2,
    "softsign": x / (1 + sp.Abs(x)),
    "pseudo-Huber": sp.sqrt(1 + x**2) - 1,
    "tanh": sp.tanh(x),
    "sech": sp.sech(x),
    "Gaussian": sp.exp(-(x**2) / 2),
    "Bernoulli loss": -sp.log(sigmoid) - sp.log(1 - sigmoid),
}

DIFFERENCES = {
    "exp minus one": sp.exp(x) - 1,
    "two exponentials": sp.exp(2 * x) - sp.exp(x),
    "opposite exponentials": sp.exp(x) - sp.exp(-x),
    "unequal exponentials": sp.exp(3 * x) - sp.exp(-x),
    "slow exponentials": sp.exp(x) - sp.exp(x / 3),
    "weighted exponentials": x * sp.exp(x) - x,
    "one minus a Gaussian": 1 - sp.exp(-(x**2)),
    "cosh minus one": sp.cosh(x) - 1,
    "one minus cos": 1 - sp.cos(x),
    "one minus tanh": 1 - sp.tanh(x),
    "one plus tanh": 1 + sp.tanh(x),
    "one minus tanh squared": 1 - sp.tanh(x) ** 2,
    "coth squared minus one": sp.coth(x) ** 2 - 1,
    "sinh over cosh": sp.sinh(x) / sp.cosh(x),
    "sinh over cosh cubed": sp.sinh(x) / sp.cosh(x) ** 3,
    "exp over cosh": sp.exp(x) / (2 * sp.cosh(x)),
    "one minus erf": 1 - sp.erf(x),
    "root minus one": sp.sqrt(1 + x) - 1,
    "one minus reciprocal root": 1 - 1 / sp.sqrt(1 + x**2),
    "cube root minus one": sp.cbrt(1 + x**2) - 1,
    "root minus argument": sp.sqrt(x**2 + 1) - x,
    "neighbouring roots": sp.sqrt(x**2 + 2) - sp.sqrt(x**2 + 1),
    "opposite roots": sp.sqrt(1 + x) - sp.sqrt(1 - x),
    "power of itself minus one": x**x - 1,
    "squared error of a sigmoid as a step": (sigmoid - sp.Heaviside(x)) ** 2,
}

POWERS = {
    "whole power minus one": (1 + x) ** 10 - 1,
    "compound interest": ((1 + x) ** 30 - 1) / x,
    "annuity": (1 - (1 + x) ** -30) / x,
    "power of a sum with one": (1 + 1 / x) ** x,
    "log odds": sp.log(x / (1 - x)),
    "log of exp beside a term": sp.log(sp.exp(x) - x),
}

LAMBERT = {
    "Lambert's function of exp": sp.LambertW(sp.exp(x)),
    "Lambert's function from its branch point": sp.LambertW(-sp.exp(-1 - x)),
    "its lower branch": sp.LambertW(-sp.exp(-1 - x), -1),
    "one plus it": 1 + sp.LambertW(-sp.exp(-1 - x)),
    "Lambert's function shifted": sp.LambertW(x - sp.exp(-1)),
}

HIGHER_ORDER = {
    "exp without two terms": sp.exp(x) - 1 - x,
    "exp without three terms": sp.exp(-x) - 1 + x - x**2 / 2,
    "mean of an exponential": (sp.exp(2 * x) - 1 - 2 * x) / x**2,
    "Langevin function": sp.coth(x) - 1 / x,
    "Bernoulli function": x / (sp.exp(x) - 1) - 1,
    "Bose minus classical": 1 / (sp.exp(x) - 1) - 1 / x,
    "log1p without its first term": sp.log(1 + x**2) - x**2,
    "entropy of a small deviation": (1 + x**2) * sp.log(1 + x**2) - x**2,
    "sin minus argument": sp.sin(x) - x,
    "cos without two terms": sp.cos(x) - 1 + x**2 / 2,
    "tanh minus argument": sp.tanh(x) - x,
    "sinh minus argument": sp.sinh(x) - x,
    "arctan minus argument": sp.atan(x) - x,
    "root without two terms": sp.sqrt(1 + x**2) - 1 - x**2 / 2,
    "sum of opposite exponentials minus two": sp.exp(x) + sp.exp(-x) - 2,
    "x coth x minus one": x * sp.coth(x) - 1,
    "sigmoid without two terms": 1 / (1 + sp.exp(-x)) - sp.Rational(1, 2) - x / 4,
    "log sinc": sp.log(sp.sin(x) / x),
}
"""Sums that vanish to a higher order than their terms."""

LOGARITHMS = {
    "log of one plus": sp.log(1 + x),
    "log of a quotient": sp.log((1 + x) / (1 - x)),
    "log of a shifted quotient": sp.log((x + 1) / x),
    "neighbouring logarithms": sp.log(x + 1) - sp.log(x),
    "log of one minus exp": sp.log(1 - sp.exp(-x)),
    "log of exp minus one": sp.log(sp.exp(x) - 1),
    "log of a root": sp.log(sp.sqrt(1 + x**2)),
    "log of sinh": sp.log(sp.sinh(x)),
    "log of tanh": sp.log(sp.tanh(x)),
    "log of one plus tanh": sp.log(1 + sp.tanh(x)),
    "inverse sinh by log": sp.log(x + sp.sqrt(x**2 + 1)),
    "log of erfc": sp.log(sp.erfc(x)),
    "log of two exponentials": sp.log(sp.exp(2 * x) + sp.exp(-x)),
    "cumulants of two values": sp.log(sp.exp(2 * x) / 3 + 2 * sp.exp(-x) / 3),
    "cumulants of a coin": sp.log((1 + sp.exp(x)) / 2),
    "log cosh beside its argument": sp.log(2 * sp.cosh(x)) - x,
    "log cosh beside its modulus": sp.log(2 * sp.cosh(x)) - sp.Abs(x),
    "softplus beside its argument": softplus - x,
    "log of four exponentials": sp.log(1 + sp.exp(x) + sp.exp(2 * x) + sp.exp(-3 * x)),
    "log of a normal law": sp.log((1 + sp.erf(x)) / 2),
    "log of a normal law by erfc": sp.log(sp.erfc(-x) / 2),
    "log of one plus erf": sp.log(1 + sp.erf(x)),
    "log of three exponentials": sp.log(1 + sp.exp(x) + sp.exp(2 * x)),
    "log of a share of three": x - sp.log(sp.exp(x) + sp.exp(-2 * x) + 3),
    "log of a quotient of roots": sp.log(2 * sp.sqrt(x**2 + 1) / (1 + sp.sqrt(x**2 + 1))),
}

INVERSES = {
    "acosh of one plus": sp.acosh(1 + x**2),
    "acos of one minus": sp.acos(1 - x**2),
    "asin of one minus": sp.asin(1 - x),
    "acosh of a root": sp.acosh(sp.sqrt(1 + x**2)),
    "complement of acos": sp.pi - sp.acos(x - 1),
    "complement of atan": sp.pi / 2 - sp.atan(x),
    "Cauchy law": sp.Rational(1, 2) + sp.atan(x) / sp.pi,
    "acos of a Lorentzian": sp.acos(1 / (1 + x**2)),
    "asec of one plus": sp.asec(1 + x**2),
    "acosh of cosh": sp.acosh(sp.cosh(x)),
    "atanh of one minus": sp.atanh(1 - x),
    "acoth of one plus": sp.acoth(1 + x),
    "one minus erf squared": 1 - sp.erf(x) ** 2,
    "log odds of a normal law": sp.log(sp.erfc(-x) / sp.erfc(x)),
    "neighbouring erfc": sp.erfc(x) - sp.erfc(x + 1),
}
"""Functions of 1 - t near the end of their domain, and complements far out."""

HYPERBOLIC = {
    "sinh of two over sinh of three": sp.sinh(2 * x) / sp.sinh(3 * x),
    "cosh over cosh of two": sp.cosh(x) / sp.cosh(2 * x),
    "cosh over sinh of two": sp.cosh(x) / sp.sinh(2 * x),
    "sinh over one plus cosh": sp.sinh(x) / (1 + sp.cosh(x)),
    "exp over sinh": sp.exp(x) / sp.sinh(x),
    "exp over one plus cosh": sp.exp(x) / (1 + sp.cosh(x)),
    "cosh over two plus cosh of two": sp.cosh(x) / (2 + sp.cosh(2 * x)),
    "product of two tanh": (1 - sp.tanh(x) * sp.tanh(2 * x)) ** 2,
    "neighbouring sigmoids": 1 / (1 + sp.exp(-x - 1)) - sigmoid,
    "neighbouring softplus": sp.log(1 + sp.exp(x + 1)) - softplus,
    "root of one and a square of sinh": sp.sqrt(1 + sp.sinh(x) ** 2) - 1,
}
"""Quotients both sides of which overflow, and sums that become such quotients."""

GAMMA = {
    "quotient of gamma functions": sp.gamma(x + 1) / sp.gamma(x + sp.Rational(1, 2)),
    "beta function": sp.gamma(x) * sp.gamma(sp.Rational(5, 2)) / sp.gamma(x + sp.Rational(5, 2)),
    "neighbouring log gamma": sp.loggamma(x + 1) - sp.loggamma(x + sp.Rational(1, 2)),
    "log minus digamma": sp.log(x) - sp.digamma(x),
    "central binomial coefficient": sp.gamma(2 * x + 1) / sp.gamma(x + 1) ** 2,
}
"""What is left where gamma functions overflow."""

BESSEL = {
    "mean of a von Mises law": sp.besseli(1, x) / sp.besseli(0, x),
    "its circular variance": 1 - sp.besseli(1, x) / sp.besseli(0, x),
    "its complement of a square": 1 - (sp.besseli(1, x) / sp.besseli(0, x)) ** 2,
    "log of a Bessel function": sp.log(sp.besseli(0, x)),
}
"""Quotients of functions that overflow, and what their derivatives leave far out."""

FAR_OUT = {
    "root of exponentials beside one": sp.sqrt(1 + sp.exp(2 * x)) - sp.exp(x),
    "asinh beside its logarithm": sp.asinh(x) - sp.log(2 * x),
    "acosh beside its logarithm": sp.acosh(x) - sp.log(2 * x),
    "high power beside its own": (1 + x**2) ** sp.Rational(5, 2) - x**5,
    "log of one plus a reciprocal": x * sp.log(1 + 1 / x),
    "mean of a decay": x * (1 - sp.exp(-1 / x)),
    "tanh of two beside two tanh": sp.tanh(2 * x) - 2 * sp.tanh(x),
    "sinh over three plus cosh": sp.sinh(x) / (sp.cosh(x) + 3),
    "log of sinh over its argument": sp.log(sp.sinh(x) / x),
    "log of cosh over cosh of two": sp.log(sp.cosh(x) / sp.cosh(2 * x)),
    "log of a quotient of exponentials": sp.log((sp.exp(2 * x) + 1) / (sp.exp(x) + 1)),
    "tanh beside its sign": sp.tanh(x) - sp.sign(x),
    "geometric series without its first terms": 1 / (1 + x) - 1 + x,
    "one minus a reciprocal cube": 1 - (1 + x) ** (-3),
    "root of a square beside its argument": sp.sqrt(x**2 + x) - x,
    "root of one and an exponential": sp.sqrt(1 + sp.exp(x)) - 1,
    "exp beside exp of sin": sp.exp(x) - sp.exp(sp.sin(x)),
    "log of cos": sp.log(sp.cos(x)),
    "heat of a mode": x**2 * sp.exp(x) / (sp.exp(x) - 1) ** 2,
}
"""Sums that cancel, and quotients that overflow, far out; quotients of what vanishes."""

SCALED = ("sigmoid", "softplus", "SiLU", "mish", "log cosh", "tanh", "log of a sigmoid", "GELU", "tanh by exponentials")
"""Activations that are asked for at other multiples of x too."""

SPECIAL = (sp.erf, sp.erfc, sp.erfi)

VALUE_ONLY = (
    "log sinc",
    "exp over cosh",
    "log of one plus tanh",
    "softsign",
    "log minus digamma",
    "log cosh beside its modulus",
    "log odds of a normal law",
)
FIRST_ONLY = (
    *("coth squared minus one", "inverse sinh by log", "log of erfc", "log of exp beside a term"),
    *(
        "acos of a Lorentzian",
        "acosh of one plus",
        "asin of one minus",
        "acos of one minus",
        "complement of acos",
        "acosh of a root",
        "asec of one plus",
        "acosh of cosh",
    ),
    *("sinh of two over sinh of three", "cosh over cosh of two", "cosh over sinh of two", "exp over sinh"),
    *("exp over one plus cosh", "cosh over two plus cosh of two"),
    *("beta function", "neighbouring log gamma", "its complement of a square"),
    *("root of exponentials beside one", "log of one plus a reciprocal", "mean of a decay"),
    *("log of a normal law", "log of a normal law by erfc", "log of one plus erf"),
)
"""What is not promised: in further derivatives different functions cancel, which no rule sees."""


@dataclass(frozen=True)
class Extreme:
    """A function of x, or a derivative of it as SymPy writes it, which is formed when it is asked for.

    Attributes:
        name: For people.
        function: As it is written down.
        order: Which derivative.
    """

    name: str
    function: sp.Expr
    order: int = 0

    @cached_property
    def expression(self) -> sp.Expr:
        slope = sp.diff(self.function, x, self.order) if self.order else self.function
        return slope.replace(sp.DiracDelta, lambda *_: sp.S.Zero)

    @cached_property
    def exact(self):
        return sp.lambdify(x, self.expression, "mpmath")

    def cases(self, dtype: type) -> Iterator[tuple[float, mpmath.mpf, float]]:
        """Points at which the expression is a number of that type, its value and the bound on the error."""
        limits = np.finfo(dtype)
        k = 4 * (1 + int(sp.count_ops(self.expression)))
        special = self.expression.has(*SPECIAL)
        for modulus in MODULI[dtype]:
            if special and modulus > SPECIAL_LIMIT:
                continue
            with mpmath.workdps(DIGITS + int(modulus**2 if special else DIGITS_PER_UNIT * modulus)):
                step = mpmath.mpf(10) ** -30
                for point in (float(dtype(modulus)), -float(dtype(modulus))):
                    at = mpmath.mpf(point)
                    try:
                        value, moved = self.exact(at), self.exact(at * (1 + step))
                    except (ValueError, ZeroDivisionError):
                        continue
                    real = all(isinstance(v, mpmath.mpf) and mpmath.isfinite(v) for v in (value, moved))
                    if not real or abs(value) > float(limits.max) / 16:
                        continue
                    slope = abs(moved - value) / step
                    bound = k * float(limits.eps) / 2 * (abs(value) + slope) + float(limits.tiny)
                    yield point, +value, float(bound)


def _families() -> Iterator[Extreme]:
    for name, expression in (
        ACTIVATIONS
        | DIFFERENCES
        | POWERS
        | LAMBERT
        | HIGHER_ORDER
        | LOGARITHMS
        | INVERSES
        | HYPERBOLIC
        | GAMMA
        | BESSEL
        | FAR_OUT
    ).items():
        yield from _with_derivatives(name, expression, 0 if name in VALUE_ONLY else 1 if name in FIRST_ONLY else 2)
    for name, (expression, order) in PHYSICS.items():
        yield from _with_derivatives(name, expression, order)
    for name in SCALED:
        for scale in (-1, 2, sp.Rational(-1, 3), sp.Rational(3, 2)):
            inner = ACTIVATIONS[name].subs(x, scale * x)
            yield from _with_derivatives(f"{name} of {scale} x", inner, 2)
            if scale in (2, -1):
                yield Extreme(f"squared error of {name} of {scale} x", (inner - 1) ** 2 / 2, 1)
            if scale == 2:
                yield Extreme(f"product with {name} of {scale} x", x**2 * sp.diff(inner, x))


def _with_derivatives(name: str, expression: sp.Expr, order: int) -> Iterator[Extreme]:
    yield Extreme(name, expression)
    for k in range(1, order + 1):
        yield Extreme(f"derivative {k} of {name}", expression, k)


EXTREMES = tuple(_families())
