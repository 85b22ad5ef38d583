"""Functions of one variable to many more digits than a double holds, from which series are made and judged."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from numerics.arguments import takes
from theory.argument_kinds import ArgumentKind, is_expression

DIGITS = 110
"""Carried."""

LOSS = 6
"""How many times larger than its sum a term may be before a series is wanted."""

TINY = mpmath.mpf(10) ** -18
"""Largest relative error of a series."""

NO_VALUE = (
    ArithmeticError,
    ValueError,
    TypeError,
    NameError,
    NotImplementedError,
    KeyError,
    mpmath.libmp.NoConvergence,
)
"""What mpmath and the printer raise for a pole, and for a function that mpmath lacks."""

SCALED: dict[str, Callable[..., Any]] = {
    "ScaledBesselI": lambda nu, u: mpmath.exp(-abs(u)) * mpmath.besseli(nu, u),
    "ScaledBesselK": lambda nu, u: mpmath.exp(u) * mpmath.besselk(nu, u),
    "ScaledErfi": lambda u: mpmath.exp(-(u**2)) * mpmath.erfi(u),
    "ScaledErfc": lambda u: mpmath.exp(u**2) * mpmath.erfc(u),
    "EntropySeries": lambda v: ((1 + v) * mpmath.log((1 + v) / (1 - v)) - 2 * v) / (1 - v),
}
"""The functions of :mod:`numerics.codegen.special` and :mod:`numerics.codegen.relative_entropy`."""

y = sp.Dummy("y")
"""The variable."""

PARTS = ArgumentKind(
    "a tuple of finite expressions of SymPy, not empty",
    lambda value: isinstance(value, tuple) and bool(value) and all(map(is_expression, value)),
)
RATIONAL = ArgumentKind("a rational number", lambda value: isinstance(value, sp.Rational))
CALLABLE = ArgumentKind("a function, not a class", lambda value: callable(value) and not isinstance(value, type))
REAL = ArgumentKind("a number of mpmath", lambda value: isinstance(value, mpmath.mpf))
POINT = ArgumentKind(
    "a finite number of mpmath", lambda value: isinstance(value, mpmath.mpf | mpmath.mpc) and mpmath.isfinite(value)
)


@takes(value=RATIONAL)
def as_float(value: sp.Rational) -> Any:
    """A rational as a number of mpmath.

    Example:
        >>> as_float(sp.Rational(1, 4))
        mpf('0.25')
    """
    return mpmath.mpf(int(value.p)) / int(value.q)


@takes(parts=PARTS)
@lru_cache(maxsize=512)
def values_of(parts: tuple[sp.Expr, ...]) -> Callable[[Any], list[Any]]:
    """Expressions in :data:`y`, as a function of a number of mpmath.

    Example:
        >>> values_of((y**2, 1 / y))(mpmath.mpf(2))
        [mpf('4.0'), mpf('0.5')]
    """
    return sp.lambdify(y, list(parts), [SCALED, "mpmath"])


@takes(together=CALLABLE, at=POINT)
def loss(together: Callable[[Any], list[Any]], at: Any) -> Any:
    """How many times larger than the sum, the first of the values, the largest term is; infinite where there is none.

    Example:
        >>> loss(values_of((y - 3, y, sp.Integer(-3))), mpmath.mpf(4))
        mpf('4.0')
    """
    try:
        total, *terms = together(at)
    except NO_VALUE:
        return mpmath.inf
    if total == 0 or mpmath.im(total) != 0:
        return mpmath.mpf(0)
    return max(abs(term) for term in terms) / abs(total)


@takes(coefficient=REAL)
def rational(coefficient: Any) -> sp.Rational:
    """The small fraction that a coefficient is, or its first thirty digits.

    Example:
        >>> with mpmath.workdps(40):
        ...     rational(mpmath.mpf(1) / 6), rational(mpmath.sqrt(2))
        (1/6, 141421356237309504880168872421/100000000000000000000000000000)
    """
    if coefficient == 0:
        return sp.S.Zero
    sign, mantissa, exponent, _ = coefficient._mpf_
    exact = Fraction(int(mantissa)) * Fraction(2) ** exponent * (-1 if sign else 1)
    small = exact.limit_denominator(10**10)
    if abs(exact - small) * 10**19 < abs(exact) / 10**5:
        return sp.Rational(small.numerator, small.denominator)
    return sp.Rational(mpmath.nstr(coefficient, 30, strip_zeros=False))
