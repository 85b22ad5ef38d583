"""The pieces of an interval, each in the logarithmic distance to one of its ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp
from mpmath import mp, mpf

from numerics.arguments import given_expression, takes
from numerics.codegen.compile import compile_program
from numerics.deterministic.kinks import jumps, kinks
from numerics.deterministic.log_magnitude import Reals, log_magnitude
from numerics.errors import ArgumentError, MissingParameterError
from theory.argument_kinds import ArgumentKind, is_expression
from theory.values import shown

Real = sp.Expr | int | float | mpf

NESTED = ArgumentKind("anything that is not nested too deeply", lambda value: True)
"""What is looked at inside; the door says so where the stack ends."""


@dataclass(frozen=True)
class Piece:
    """A part of the interval in the logarithmic distance u to one of its ends.

    Attributes:
        weight: The integrand g(u).
        log_size: log|g(u)| in double precision, nan where unknown.
        near: The end at u = -infinity.
        far: The end at u = +infinity, or None where the piece stops at ``top``.
        direction: Of x along u.
        top: Largest u; ``mpf("inf")`` where there is none.
    """

    weight: Callable[[mpf], mpf]
    log_size: Callable[[Reals], Reals]
    near: sp.Expr
    far: sp.Expr | None
    direction: int
    top: mpf

    def place(self, u: float) -> mpf:
        """The point x at u."""
        return real_value(self.near) + self.direction * mpmath.exp(u)


@takes(value=NESTED)
def value_as_stored(value: Any, name: str = "a number") -> sp.Expr:
    """``value`` as an exact number of SymPy: a float is a rational; ``name`` is what a refusal calls it."""
    if isinstance(value, mpf):
        sign, mantissa, exponent, _ = value._mpf_
        return (-1) ** sign * sp.Integer(int(mantissa)) * sp.Integer(2) ** exponent
    number = given_expression(value, name)
    if not is_expression(number) or number.is_extended_real is False:
        raise ArgumentError(f"{name} must be a real number, got {shown(value)}.")
    return number.replace(lambda e: e.is_Float, lambda e: sp.Rational(e))


@takes(expression=NESTED)
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


def pieces(
    expression: sp.Expr,
    variable: sp.Symbol,
    interval: tuple[Real, Real],
    parameters: Mapping[sp.Symbol, Real],
    cuts: Sequence[Real],
) -> list[Piece]:
    """The pieces of the interval, from left to right.

    Raises:
        ArgumentError, MissingParameterError: see :func:`numerics.deterministic.quadrature.integrate_density`.
    """
    f = specified(expression, {key: value for key, value in parameters.items() if key != variable}, {variable})
    ends = [specified(value_as_stored(end), parameters, set()) for end in (*interval,)]
    inner = sorted((specified(value_as_stored(cut), parameters, set()) for cut in cuts), key=real_value)
    left, right = ends
    if not (left.is_extended_real and right.is_extended_real and real_value(left) < real_value(right)):
        raise ArgumentError(f"interval must have real ends in increasing order, got ({left}, {right}).")
    if any(not real_value(left) < real_value(cut) < real_value(right) for cut in inner):
        raise ArgumentError(f"cuts must lie inside the interval ({left}, {right}), got {inner}.")
    seen = [point for point in kinks(f, variable) if real_value(left) < real_value(point) < real_value(right)]
    inner = sorted({*inner, *seen, *jumps(f, variable, left, right)}, key=real_value)
    if left.is_infinite and right.is_infinite and not inner:
        inner = [sp.S.Zero]
    points = [left, *inner, right]
    found = []
    for p, q in zip(points[:-1], points[1:], strict=True):
        if p.is_infinite:
            found.append(_piece(f, variable, q, -1, p, None))
        elif q.is_infinite:
            found.append(_piece(f, variable, p, 1, q, None))
        else:
            half = (q - p) / 2
            found += [_piece(f, variable, p, 1, None, half), _piece(f, variable, q, -1, None, half)]
    return found


def real_value(number: sp.Expr) -> mpf:
    """A real number of SymPy, an infinity included, at the precision of the context."""
    if number.is_infinite:
        return mpf("inf") if number.is_extended_positive else mpf("-inf")
    return mpmath.mpmathify(number.evalf(mp.dps))


def _piece(
    f: sp.Expr, variable: sp.Symbol, near: sp.Expr, direction: int, far: sp.Expr | None, length: sp.Expr | None
) -> Piece:
    """The piece x = near + direction * exp(u), up to the distance ``length``."""
    distance = sp.Symbol("y", positive=True)
    shifted = f.subs(variable, near + direction * distance)
    if shifted.has(sp.I):
        raise ArgumentError(
            f"expression must be finite and real inside the interval, got {f}, which is not next to "
            f"{variable} = {near}. Shorten the interval."
        )
    density = compile_program([shifted], [distance], backend="mpmath")
    log_density = log_magnitude(shifted, distance)

    def weight(u: mpf) -> mpf:
        y = mpmath.exp(u)
        value = mpmath.mpmathify(density(y)[0]) * y
        if not mpmath.isfinite(value) or isinstance(value, mpmath.mpc):
            x = real_value(near) + direction * y
            raise ArgumentError(
                f"expression must be finite and real inside the interval, got {mp.nstr(value, 5)} "
                f"at {variable} = {mp.nstr(x, 10)}. Shorten the interval, or put a cut there if it is integrable."
            )
        return value

    top = mpf("inf") if length is None else mpmath.log(real_value(length))
    return Piece(weight, lambda u: log_density(u) + u, near, far, direction, top)
