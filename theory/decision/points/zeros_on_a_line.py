"""Zeros and poles of a rational function along one of its symbols, by polynomials in that symbol alone.

The other symbols are numbers, so the function is a quotient of two polynomials with rational coefficients: FLINT
multiplies them out, factors them and isolates their roots, thousands of times in a search for a point.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.argument_kinds import EXPRESSION, POINT, SYMBOL, takes
from theory.decision.arb.balls import MissingFlintError, flint_library
from theory.decision.rational_points import Point

MAX_DEGREE = 24
"""Of polynomials of higher degree the roots are not isolated."""

_MAX_DEGREE_ON_THE_WAY = 240
_MAX_EXPONENT = 512
_MAX_BITS = 200_000
_PRECISION = 64
"""Bits of the brackets of irrational zeros."""

_Quotient = tuple[Any, Any]
"""Numerator and denominator, two ``flint.fmpq_poly``, with what they have in common."""


@takes(expression=EXPRESSION, symbol=SYMBOL, point=POINT)
def zeros_and_poles(
    expression: sp.Expr, symbol: sp.Symbol, point: Point
) -> tuple[tuple[Fraction, Fraction], ...] | None:
    """Brackets of the real zeros and poles along ``symbol`` through ``point``; a rational one is its own bracket.

    Nothing is cancelled: where numerator and denominator vanish together, the expression has no value.

    Returns:
        In no special order; none where the other symbols stand on a pole. None where the expression is no rational
        function with rational coefficients, its degree exceeds :data:`MAX_DEGREE`, or python-flint is missing.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> zeros_and_poles((x - y) ** 2 / x, x, {x: Fraction(1), y: Fraction(3)})
        ((Fraction(3, 1), Fraction(3, 1)), (Fraction(0, 1), Fraction(0, 1)))
        >>> ((low, high),) = zeros_and_poles(x**3 - y, x, {x: Fraction(1), y: Fraction(2)})
        >>> low**3 < 2 < high**3
        True
    """
    others = tuple((s, point[s]) for s in _symbols(expression) if s != symbol and s in point)
    return _brackets(expression, symbol, others)


@functools.lru_cache(maxsize=8192)
def _symbols(expression: sp.Expr) -> tuple[sp.Symbol, ...]:
    return tuple(expression.free_symbols)


@functools.lru_cache(maxsize=1024)
def _brackets(
    expression: sp.Expr, symbol: sp.Symbol, others: tuple[tuple[sp.Symbol, Fraction], ...]
) -> tuple[tuple[Fraction, Fraction], ...] | None:
    try:
        flint = flint_library()
    except MissingFlintError:
        return None
    numbers = {s: flint.fmpq_poly([flint.fmpq(value.numerator, value.denominator)]) for s, value in others}
    try:
        quotient = _quotient(expression, {**numbers, symbol: flint.fmpq_poly([0, 1])}, flint.fmpq_poly([1]))
    except ZeroDivisionError:
        return ()
    if quotient is None or any(part.degree() > MAX_DEGREE for part in quotient):
        return None
    with flint.ctx.workprec(_PRECISION):
        return tuple(bracket for part in quotient if part.degree() > 0 for bracket in _roots(part.numer()))


def _quotient(e: sp.Basic, values: Mapping[sp.Symbol, Any], one: Any) -> _Quotient | None:
    """The expression as a quotient; None where it is none.

    Raises:
        ZeroDivisionError: a denominator is 0 for every value of the symbol.
    """
    if e.is_Symbol:
        return (values[e], one) if e in values else None
    if e.is_Rational:
        return one * int(e.p) / int(e.q), one  # type: ignore[attr-defined]
    if e.is_Pow and e.exp.is_Integer:  # type: ignore[attr-defined]
        return _power(_quotient(e.args[0], values, one), int(e.exp))  # type: ignore[attr-defined]
    if not (e.is_Add or e.is_Mul):
        return None
    total: _Quotient | None = None
    for argument in e.args:
        part = _quotient(argument, values, one)
        if part is None:
            return None
        total = part if total is None else _sum(total, part) if e.is_Add else (total[0] * part[0], total[1] * part[1])
        if max(total[0].degree(), total[1].degree()) > _MAX_DEGREE_ON_THE_WAY:
            return None
    return total


def _power(base: _Quotient | None, exponent: int) -> _Quotient | None:
    if base is None or abs(exponent) > _MAX_EXPONENT:
        return None
    above, below = base if exponent >= 0 else base[::-1]
    if below == 0:
        raise ZeroDivisionError
    size = abs(exponent)
    degree, bits = (max(measure(part) for part in base) for measure in (_degree, _bits))
    if degree * size > _MAX_DEGREE_ON_THE_WAY or bits * size > _MAX_BITS:
        return None
    return above**size, below**size


def _degree(polynomial: Any) -> int:
    return polynomial.degree()


def _bits(polynomial: Any) -> int:
    return max(polynomial.numer().height_bits(), polynomial.denom().bit_length())


def _sum(one: _Quotient, other: _Quotient) -> _Quotient:
    if one[1] == other[1]:
        return one[0] + other[0], one[1]
    common = one[1].gcd(other[1])
    mine, theirs = one[1] // common, other[1] // common
    return one[0] * theirs + other[0] * mine, one[1] * theirs


def _roots(polynomial: Any) -> list[tuple[Fraction, Fraction]]:
    """Brackets of the real roots of a polynomial with whole coefficients."""
    found = []
    for factor, _ in polynomial.factor()[1]:
        if factor.degree() == 1:
            root = Fraction(-int(factor[0]), int(factor[1]))
            found.append((root, root))
        else:  # irreducible: no root is rational, and none lies on an end of its ball
            real = [root.real for root, _ in factor.complex_roots() if root.imag == 0]
            found += [(_fraction(root.lower()), _fraction(root.upper())) for root in real]
    return found


def _fraction(exact: Any) -> Fraction:
    value = exact.fmpq()
    return Fraction(int(value.p), int(value.q))
