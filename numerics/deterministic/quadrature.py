r"""Integrals of densities in high precision, by two methods that must agree.

1. The interval is cut into half-lines and finite halves. On each, :math:`x = p \pm y` with the distance
   :math:`y = e^u` to its end :math:`p` put in symbolically, so that :math:`(x-p)^{-0.99}` is exact down to
   :math:`y = 10^{-1000}` and an algebraic singularity becomes an exponential.
2. From the peak of :math:`g(u) = f(x)\,e^u` blocks of doubling length run outwards until what they add is negligible.
   Where they do not fall, the integral diverges, and the error names that end.
3. Each block is integrated by tanh-sinh and by Gauss-Legendre quadrature. The error reported is their difference plus
   the neglected tail.

A function with several far narrower peaks, or with a singularity inside, needs ``cuts`` there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp
from mpmath import mp, mpf

from numerics.arguments import given_expression
from numerics.codegen.compile import compile_program
from numerics.errors import ArgumentError, DivergenceError, MissingParameterError

SEARCH = 64
"""The peak is first looked for among the integers u with abs(u) <= SEARCH."""

FARTHEST = 2**16
"""No block lies beyond abs(u) = FARTHEST: exponents within about 1e-3 of the margin of integrability are refused."""

GUARD = 12
"""Digits carried beyond those asked for."""

Real = sp.Expr | int | float | mpf


@dataclass(frozen=True)
class Integral:
    """A number and how far it is to be trusted.

    Attributes:
        value: The integral.
        error: Estimate of the absolute error: difference of the two methods plus the neglected tails.
    """

    value: mpf
    error: mpf


@dataclass(frozen=True)
class _Piece:
    """A part of the interval in the logarithmic distance u to one of its ends.

    Attributes:
        weight: The integrand g(u).
        near: The end at u = -infinity.
        far: The end at u = +infinity, or None where the piece stops at ``top``.
        top: Largest u; ``mpf("inf")`` where there is none.
    """

    weight: Callable[[mpf], mpf]
    near: sp.Expr
    far: sp.Expr | None
    top: mpf


@dataclass(frozen=True)
class _Part:
    """The integral over a piece, with the sum of the moduli of its blocks."""

    value: mpf
    error: mpf
    modulus: mpf


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
        raise ArgumentError(f"digits must be an integer in 5..500, got {digits!r}.")
    with mp.workdps(digits + GUARD):
        pieces = _pieces(expression, variable, interval, parameters or {}, cuts)
        parts = [_integrated(piece, digits) for piece in pieces]
        value = mpmath.fsum(part.value for part in parts)
        error = mpmath.fsum(part.error for part in parts)
        modulus = mpmath.fsum(part.modulus for part in parts)
    if error > mpf(10) ** -digits * modulus:
        raise DivergenceError(
            f"tanh-sinh and Gauss-Legendre quadrature of {expression} over {interval} differ by {mp.nstr(error, 3)} in "
            f"{mp.nstr(value, 10)}, more than {digits} digits allow. Put cuts at singularities and narrow peaks inside."
        )
    return Integral(value, error)


def value_as_stored(value: Any) -> sp.Expr:
    """``value`` as an exact number of SymPy: a float is a rational."""
    if isinstance(value, mpf):
        sign, mantissa, exponent, _ = value._mpf_
        return (-1) ** sign * sp.Integer(int(mantissa)) * sp.Integer(2) ** exponent
    number = given_expression(value, "a number")
    return number.replace(lambda e: e.is_Float, lambda e: sp.Rational(e))


def specified(expression: sp.Expr, parameters: Mapping[sp.Symbol, Real], allowed: set[sp.Symbol]) -> sp.Expr:
    """``expression`` with numbers for its parameters."""
    numbers = {symbol: value_as_stored(value) for symbol, value in parameters.items()}
    substituted = given_expression(expression, "the integrand").subs(numbers)
    missing = sorted(symbol.name for symbol in substituted.free_symbols - allowed)
    if missing:
        given = ", ".join(f"{symbol}={value}" for symbol, value in parameters.items()) or "none"
        raise MissingParameterError(
            f"every symbol needs a number before it can be integrated: no value for {', '.join(missing)} "
            f"(parameters given: {given})."
        )
    return substituted


def _pieces(
    expression: sp.Expr,
    variable: sp.Symbol,
    interval: tuple[Real, Real],
    parameters: Mapping[sp.Symbol, Real],
    cuts: Sequence[Real],
) -> list[_Piece]:
    """The pieces of the interval, from left to right."""
    f = specified(expression, {key: value for key, value in parameters.items() if key != variable}, {variable})
    ends = [specified(value_as_stored(end), parameters, set()) for end in (*interval,)]
    inner = sorted((specified(value_as_stored(cut), parameters, set()) for cut in cuts), key=real_value)
    left, right = ends
    if not (left.is_extended_real and right.is_extended_real and real_value(left) < real_value(right)):
        raise ArgumentError(f"interval must have real ends in increasing order, got ({left}, {right}).")
    if any(not real_value(left) < real_value(cut) < real_value(right) for cut in inner):
        raise ArgumentError(f"cuts must lie inside the interval ({left}, {right}), got {inner}.")
    if left.is_infinite and right.is_infinite and not inner:
        inner = [sp.S.Zero]
    points = [left, *inner, right]
    pieces = []
    for p, q in zip(points[:-1], points[1:], strict=True):
        if p.is_infinite:
            pieces.append(_piece(f, variable, q, -1, p, None))
        elif q.is_infinite:
            pieces.append(_piece(f, variable, p, 1, q, None))
        else:
            half = (q - p) / 2
            pieces += [_piece(f, variable, p, 1, None, half), _piece(f, variable, q, -1, None, half)]
    return pieces


def real_value(number: sp.Expr) -> mpf:
    """A real number of SymPy, an infinity included, at the precision of the context."""
    if number.is_infinite:
        return mpf("inf") if number.is_extended_positive else mpf("-inf")
    return mpmath.mpmathify(number.evalf(mp.dps))


def _piece(
    f: sp.Expr, variable: sp.Symbol, near: sp.Expr, direction: int, far: sp.Expr | None, length: sp.Expr | None
) -> _Piece:
    """The piece x = near + direction * exp(u), up to the distance ``length``."""
    distance = sp.Symbol("y", positive=True)
    density = compile_program([f.subs(variable, near + direction * distance)], [distance], backend="mpmath")

    def weight(u: mpf) -> mpf:
        y = mpmath.exp(u)
        value = mpmath.mpmathify(density(y)[0]) * y
        if not mpmath.isfinite(value):
            x = real_value(near) + direction * y
            raise ArgumentError(
                f"expression must be finite and real inside the interval, got {mp.nstr(value, 5)} "
                f"at {variable} = {mp.nstr(x, 10)}. Shorten the interval, or put a cut there if it is integrable."
            )
        return value

    top = mpf("inf") if length is None else mpmath.log(real_value(length))
    return _Piece(weight, near, far, top)


def _diverges(end: sp.Expr | None, detail: str) -> DivergenceError:
    return DivergenceError(
        f"the integral diverges at the end {end}, or converges too slowly to tell: {detail}. "
        "Check the condition of normalisability there."
    )


def _peak(piece: _Piece) -> mpf:
    """Where the modulus of the integrand is largest."""

    def size(u: mpf) -> mpf:
        return abs(piece.weight(u))

    highest = int(min(mpf(SEARCH), mpmath.floor(piece.top)))
    grid = [mpf(u) for u in range(min(-SEARCH, highest - SEARCH), highest + 1)]
    if piece.top < SEARCH:
        grid.append(piece.top)
    values = [size(u) for u in grid]
    best = max(range(len(grid)), key=values.__getitem__)
    if values[best] == 0:
        return grid[best]
    u, stride = grid[best], mpf(1)
    for edge, end, sign in ((0, piece.near, -1), (len(grid) - 1, piece.far, 1)):
        if best == edge and end is not None:
            while size(u + sign * stride) > size(u):
                u, stride = u + sign * stride, 2 * stride
                if abs(u) > FARTHEST:
                    raise _diverges(end, f"the integrand grows up to a distance of exp({mp.nstr(u, 6)})")
    return _golden_maximum(size, u - stride, min(u + stride, piece.top))


def _golden_maximum(size: Callable[[mpf], mpf], low: mpf, high: mpf) -> mpf:
    """A maximum to about eight digits, which is all that the blocks need."""
    ratio = (mpmath.sqrt(5) - 1) / 2
    inner, outer = high - ratio * (high - low), low + ratio * (high - low)
    at_inner, at_outer = size(inner), size(outer)
    for _ in range(40):
        if at_inner >= at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - ratio * (high - low)
            at_inner = size(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + ratio * (high - low)
            at_outer = size(outer)
    return (low + high) / 2


def _integrated(piece: _Piece, digits: int) -> _Part:
    """The integral over a piece, block by block from its peak."""
    peak = _peak(piece)
    height = abs(piece.weight(peak))
    width = mpf(1)
    inside = peak - width
    while height and abs(piece.weight(inside)) < height * mpmath.exp(-8) and width > mpf(10) ** -mp.dps:
        width /= 2
        inside = peak - width
    parts = [_outwards(piece, peak, -width, digits, height), _outwards(piece, peak, width, digits, height)]
    return _Part(*(mpmath.fsum(column) for column in zip(*((p.value, p.error, p.modulus) for p in parts), strict=True)))


def _outwards(piece: _Piece, start: mpf, width: mpf, digits: int, height: mpf) -> _Part:
    """Blocks of doubling width from ``start`` until they are negligible, or the piece ends."""
    end = piece.near if width < 0 else piece.far
    value = error = modulus = mpf(0)
    inner, flat = start, 0
    while inner < piece.top or width < 0:
        outer = min(inner + width, piece.top)
        block, difference = _block(piece.weight, inner, outer)
        value, error, modulus = value + block, error + difference, modulus + abs(block)
        if outer == piece.top:
            break
        at_inner, at_outer = abs(piece.weight(inner)), abs(piece.weight(outer))
        if abs(block) <= mpf(10) ** (-digits - 3) * max(modulus, height * abs(width)) and at_outer <= at_inner:
            error += abs(block)
            break
        if end is not None:
            fall = mpmath.log(at_inner / at_outer) if at_inner and at_outer else mpf(1)
            flat = flat + 1 if fall < mpf("1e-6") and outer * mpmath.sign(width) > SEARCH else 0
            if flat >= 4 or abs(outer) > FARTHEST:
                raise _diverges(end, f"truncated at the distance exp({mp.nstr(outer, 6)}) it still grows")
        inner, width = outer, 2 * width
    return _Part(value, error, modulus)


def _block(weight: Callable[[mpf], mpf], inner: mpf, outer: mpf) -> tuple[mpf, mpf]:
    """The integral over one block by Gauss-Legendre, and its distance from tanh-sinh."""
    low, high = min(inner, outer), max(inner, outer)
    gauss = mpmath.quad(weight, [low, high], method="gauss-legendre")
    double_exponential = mpmath.quad(weight, [low, high], method="tanh-sinh")
    return gauss, abs(gauss - double_exponential)
