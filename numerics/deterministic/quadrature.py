r"""Integrals of densities in high precision, with what was neglected.

1. The interval is cut into half-lines and finite halves. On each, :math:`x = p \pm y` with the distance
   :math:`y = e^u` to its end :math:`p` put in symbolically, so that :math:`(x-p)^{-0.99}` is exact down to
   :math:`y = 10^{-1000}` and an algebraic singularity becomes an exponential.
2. A walk outwards from the bulk of :math:`g(u) = f(x)\,e^u` finds the window outside of which g is negligible, and a
   bound for what lies outside (:mod:`numerics.deterministic.walk`). Where g does not fall, the integral diverges, and
   the error names that end. g is evaluated nowhere else: a double exponential costs no more than a Gaussian.
3. The window is cut into panels, each integrated by Gauss-Legendre quadrature as a whole and by halves. A panel whose
   two values differ is cut again, down to a kink if there is one. The error reported is the sum of the differences
   plus what was cut off.

A function with several far narrower peaks, or with a singularity inside, needs ``cuts`` there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp
from mpmath import mp, mpf

from numerics.arguments import INTERVAL, NUMBERS, VALUES, takes
from numerics.deterministic.panels import Panel, panels
from numerics.deterministic.pieces import Piece, Real, pieces
from numerics.deterministic.walk import bulk
from numerics.errors import ArgumentError, DivergenceError
from numerics.working_precision import working_digits
from theory.argument_kinds import EXPRESSION, SYMBOL
from theory.values import shown

GUARD = 12
"""Digits carried beyond those asked for."""


@dataclass(frozen=True)
class CutOff:
    """What an integral leaves out next to an end of the interval, or next to a cut.

    Attributes:
        end: The end or the cut.
        at: Where the integration stops.
        bound: A bound on the integral of the modulus from there to the end, if the modulus is monotone between the
            points of the walk outwards.
    """

    end: sp.Expr
    at: mpf
    bound: mpf


@dataclass(frozen=True)
class Integral:
    """A number and how far it is to be trusted.

    Attributes:
        value: The integral.
        error: Estimate of the absolute error: difference of the two methods plus the neglected tails.
        cut_off: What was left out, from left to right.
    """

    value: mpf
    error: mpf
    cut_off: tuple[CutOff, ...] = ()


@dataclass(frozen=True)
class IntegralPart:
    """The integral over a piece.

    Attributes:
        piece: Where.
        panels: Its panels, in the order of u.
        cut_off: What was left out next to its ends.
    """

    piece: Piece
    panels: list[Panel]
    cut_off: tuple[CutOff, ...]

    @property
    def value(self) -> mpf:
        """The integral."""
        return mpmath.fsum(panel.value for panel in self.panels)

    @property
    def modulus(self) -> mpf:
        """The integral of the modulus."""
        return mpmath.fsum(panel.modulus for panel in self.panels)

    @property
    def error(self) -> mpf:
        """The differences of the panels and what was cut off."""
        return mpmath.fsum([*(-panel.difference for panel in self.panels), *(cut.bound for cut in self.cut_off)])


@takes(expression=EXPRESSION, variable=SYMBOL, interval=INTERVAL, parameters=VALUES, cuts=NUMBERS)
def integrate_density(
    expression: sp.Expr,
    variable: sp.Symbol,
    interval: tuple[Real, Real],
    parameters: Mapping[sp.Symbol, Real] | None = None,
    *,
    digits: int = 30,
    cuts: Sequence[Real] = (),
) -> Integral:
    r"""The integral of a function that need not be finite at the ends of the interval.

    Args:
        expression: The integrand; it may change its sign.
        variable: The variable of integration.
        interval: Two ends, ``-sp.oo`` and ``sp.oo`` allowed, or expressions in the parameters.
        parameters: A number for every other symbol. Floats are read as the rationals they are.
        digits: Significant digits, relative to the integral of the modulus.
        cuts: Interior points at which to cut: singularities, and separate narrow peaks.

    Raises:
        DivergenceError: the integral diverges at an end, which is named, or the two methods disagree.
        MissingParameterError: a symbol has no number.
        ArgumentError: a bad interval, or an integrand that is not real there.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> mp.nstr(integrate_density(x ** (k - 1) * sp.exp(-x), x, (0, sp.oo), {k: sp.Rational(1, 2)}).value, 20)
        '1.7724538509055160273'
    """
    if not (isinstance(digits, int) and 5 <= digits <= 500):
        raise ArgumentError(f"digits must be an integer in 5..500, got {shown(digits)}.")
    with working_digits(digits + GUARD):
        return total(integral_in_parts(expression, variable, interval, parameters or {}, digits=digits, cuts=cuts))


def integral_in_parts(
    expression: sp.Expr,
    variable: sp.Symbol,
    interval: tuple[Real, Real],
    parameters: Mapping[sp.Symbol, Real],
    *,
    digits: int,
    cuts: Sequence[Real] = (),
) -> list[IntegralPart]:
    """The parts of an integral from left to right, at the precision of the context; see :func:`integrate_density`."""
    parts = [_integrated(piece, digits) for piece in pieces(expression, variable, interval, parameters, cuts)]
    whole = total(parts)
    if whole.error > mpf(10) ** -digits * mpmath.fsum(part.modulus for part in parts):
        raise DivergenceError(
            f"the integral of {expression} over {interval} is {mp.nstr(whole.value, 10)} with an error of "
            f"{mp.nstr(whole.error, 3)}, more than {digits} digits allow. "
            "Put cuts at singularities and narrow peaks inside."
        )
    return parts


def total(parts: Sequence[IntegralPart]) -> Integral:
    """The sum of the parts of an integral."""
    return Integral(
        mpmath.fsum(part.value for part in parts),
        mpmath.fsum(part.error for part in parts),
        tuple(cut for part in parts for cut in part.cut_off),
    )


def _diverges(end: sp.Expr | None, detail: str) -> DivergenceError:
    return DivergenceError(
        f"the integral diverges at the end {end}, or converges too slowly to tell: {detail}. "
        "Check the condition of normalisability there."
    )


def _integrated(piece: Piece, digits: int) -> IntegralPart:
    """The integral over a piece: the window of its bulk, panel by panel."""

    def exact(u: float) -> float:
        value = abs(piece.weight(mpf(u)))
        return float(mpmath.log(value)) if value else -np.inf

    found = bulk(piece.log_size, exact, float(piece.top), (digits + 4) * float(np.log(10)))
    if found is None:
        return IntegralPart(piece, [], ())
    if found.grows:
        end, edge = (piece.near, found.low) if found.grows < 0 else (piece.far, found.high)
        raise _diverges(end, f"the integrand is not negligible at a distance of exp({edge:.6g})")
    scale = mpmath.exp(found.height)
    edges = [(piece.near, found.low, found.below), (piece.far, found.high, found.above)]
    edges = edges[:: piece.direction]
    cut_off = tuple(CutOff(end, piece.place(at), rest * scale) for end, at, rest in edges if end is not None)
    return IntegralPart(piece, panels(piece, found, digits), cut_off)
