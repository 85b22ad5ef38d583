r"""Coordinates :math:`\operatorname{arsinh} x`, :math:`\operatorname{artanh} x` and :math:`\log\frac{x - l}{r - x}`.

They hold coefficients in which x itself is left only as it is in the slope of the coordinate, such as the drift
:math:`-ax(1-x)\log\frac{x}{1-x}` beside the noise :math:`\sigma x(1-x)`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, ArgumentKind, is_expression, one_of, takes
from theory.errors import UnsupportedFormError


class InverseChart(NamedTuple):
    """One of the coordinates.

    Attributes:
        function: z as a function of x.
        inverse: x as a function of z.
        slope: of z, positive.
        ends: of the interval of z.
        within: ends of the interval of x.
    """

    function: sp.Expr
    inverse: sp.Expr
    slope: sp.Expr
    ends: tuple[sp.Expr, sp.Expr]
    within: tuple[sp.Expr, sp.Expr]


_ENDS = ArgumentKind(
    "a pair of ends, each an expression or an infinity",
    lambda value: isinstance(value, tuple) and len(value) == 2 and all(map(_is_end, value)),
)
_CHART = one_of(InverseChart, needed="an InverseChart")


def _is_end(value: Any) -> bool:
    return isinstance(value, sp.Expr) and (value.is_infinite or is_expression(value))


@takes(functions=one_of(sp.Tuple, needed="a Tuple of expressions"), x=SYMBOL, z=SYMBOL, ends=_ENDS)
def inverse_chart(
    functions: sp.Tuple, x: sp.Symbol, z: sp.Symbol, ends: tuple[sp.Expr, sp.Expr]
) -> InverseChart | None:
    """The coordinate that the functions suggest on an interval with these ends, None where they suggest none.

    Example:
        >>> x, z = sp.symbols("x z", real=True)
        >>> inverse_chart(sp.Tuple(x - x * sp.asinh(x)), x, z, (-sp.oo, sp.oo)).inverse
        sinh(z)
    """
    left, right = ends
    if sp.asinh(x) in functions.atoms(sp.asinh):
        images = tuple(end if end.is_infinite else sp.asinh(end) for end in ends)
        return InverseChart(sp.asinh(x), sp.sinh(z), 1 / sp.sqrt(1 + x**2), (images[0], images[1]), ends)
    if sp.atanh(x) in functions.atoms(sp.atanh) and ends == (-1, 1):
        return InverseChart(sp.atanh(x), sp.tanh(z), 1 / (1 - x**2), (-sp.oo, sp.oo), ends)
    if not (left.is_finite and right.is_finite):
        return None
    split = [_split(e, x, ends) for e in functions.atoms(sp.log) if e.has(x)]
    if not split or None in split:
        return None
    quotient = sp.log((x - left) / (right - x))
    slope = (right - left) / ((x - left) * (right - x))
    return InverseChart(quotient, (left + right * sp.exp(z)) / (1 + sp.exp(z)), slope, (-sp.oo, sp.oo), ends)


@takes(function=EXPRESSION, x=SYMBOL, z=SYMBOL, chart=_CHART)
def in_inverse_chart(function: sp.Expr, x: sp.Symbol, z: sp.Symbol, chart: InverseChart) -> sp.Expr:
    """A function of x written with z alone.

    Raises:
        UnsupportedFormError: x is left in it.
    """
    if chart.function.func in (sp.asinh, sp.atanh):
        found = sp.cancel(sp.together(sp.powdenest(sp.expand(function.subs(chart.function, z)))))
    else:
        found = _in_logarithms(function, x, z, sp.Dummy("beside"), chart.within)  # log(right - x), which must cancel
    if found.free_symbols - function.free_symbols - {z} or found.has(x):
        raise UnsupportedFormError(f"{function} is no function of {chart.function} alone.")
    return found


@takes(drift=EXPRESSION, diffusion=EXPRESSION, x=SYMBOL, z=SYMBOL, chart=_CHART)
def moved_out(
    drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, z: sp.Symbol, chart: InverseChart
) -> tuple[sp.Expr, sp.Expr] | None:
    """Drift and diffusion of z as functions of z; None where logarithms of x are left in them."""
    slope, beside = chart.slope, sp.Dummy("beside")
    found = []
    for f in (drift * slope + diffusion * sp.diff(slope, x) / 2, diffusion * slope**2):
        if chart.function.func in (sp.asinh, sp.atanh):
            along = f.subs(chart.function, z)
        else:
            along = _in_logarithms(f, x, z, beside, chart.within)
        if along.has(beside) or any(e.has(x) for e in along.atoms(sp.log)):
            return None
        found.append(along.subs(x, chart.inverse))
    return found[0], found[1]


def _in_logarithms(
    function: sp.Expr, x: sp.Symbol, z: sp.Symbol, beside: sp.Expr, ends: tuple[sp.Expr, sp.Expr]
) -> sp.Expr:
    """``function`` with z + beside for log(x - left) and beside for log(right - x)."""

    def split(e: sp.Expr) -> sp.Expr:
        powers = _split(e, x, ends)
        return e if powers is None else powers[0] * (z + beside) + powers[1] * beside + powers[2]

    return sp.cancel(sp.together(function.replace(lambda e: isinstance(e, sp.log) and e.has(x), split)))


@lru_cache(maxsize=64)
def _split(logarithm: sp.Expr, x: sp.Symbol, ends: tuple[sp.Expr, sp.Expr]) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    r"""``(m, n, c)`` where the logarithm is :math:`m\log(x - l) + n\log(r - x) + c`; None for others."""
    left, right = ends
    slope = sp.together(sp.diff(logarithm, x))
    m, n = (sp.cancel(slope * (x - end)).subs(x, end) for end in (left, right))
    if any(part.has(sp.zoo, sp.nan, sp.oo) for part in (m, n)):
        return None
    if sp.cancel(sp.together(slope - m / (x - left) - n / (x - right))) != 0:
        return None
    middle, half = (left + right) / 2, (right - left) / 2
    return m, n, sp.expand_log(logarithm.subs(x, middle) - (m + n) * sp.log(half), force=True)
