"""Exact values and truths at rational points: the arithmetic that decides conditions without rounding."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITION, EXPRESSION, POINT, RATIONAL, takes

Point = Mapping[sp.Symbol, Fraction]
"""A rational value for each symbol."""

Number: TypeAlias = Any
"""A ``flint.fmpq``, with which arithmetic is ten times as quick, or a Fraction where python-flint is missing."""

Route: TypeAlias = "Callable[[Mapping[sp.Symbol, Number]], Number | None]"
"""The value of an expression at a point; None where it is not rational by inspection, or undefined."""

_MAX_EXPONENT = 512
_MAX_TEXT_BITS = 1000
_MAX_BITS = 200_000


@takes(expression=EXPRESSION, point=POINT)
def exact_value(expression: sp.Expr, point: Point) -> Fraction | None:
    """The rational value of ``expression`` at ``point``, or None where it is not rational by inspection or undefined.

    Example:
        >>> x = sp.Symbol("x")
        >>> exact_value(x**2 / 3 - abs(x), {x: Fraction(-3, 2)})
        Fraction(-3, 4)
        >>> exact_value(sp.sqrt(x), {x: Fraction(2)}) is None
        True
    """
    return _value(expression, point)


def _value(expression: sp.Expr, point: Point) -> Fraction | None:
    route = _route(expression)
    value = None if route is None else route(_exact_point(_symbols(expression), point))
    return None if value is None else _fraction(value)


@functools.cache
def _rational() -> Callable[[int, int], Number]:
    """The class of exact numbers."""
    try:
        from flint import fmpq
    except ImportError:
        return Fraction
    return fmpq


def _number(value: int | Fraction) -> Number:
    return _rational()(int(value.numerator), int(value.denominator))


def _fraction(number: Number) -> Fraction:
    return Fraction(int(number.numerator), int(number.denominator))


def _exact_point(symbols: Iterable[sp.Symbol], point: Point) -> dict[sp.Symbol, Number]:
    return {symbol: _number(point[symbol]) for symbol in symbols if symbol in point}


@functools.lru_cache(maxsize=8192)
def _symbols(form: sp.Basic) -> tuple[sp.Symbol, ...]:
    """Free symbols, looked for once for all points."""
    return tuple(form.free_symbols)


@functools.lru_cache(maxsize=8192)
def _route(expression: sp.Expr) -> Route | None:
    """How ``expression`` is evaluated, worked out once for thousands of points; None if it is rational at no point."""
    if expression.is_Symbol:
        return lambda point: point.get(expression)
    if expression.is_Rational:
        value = _rational()(int(expression.p), int(expression.q))
        return lambda point: value
    operation = None if expression.is_Pow else _OPERATIONS.get(type(expression).__name__)
    if not expression.is_Pow and operation is None:
        return None
    routes = []
    for argument in expression.args:
        route = _route(argument)
        if route is None:
            return None
        routes.append(route)
    if operation is None:
        base, exponent = routes
        if expression.exp.is_Integer:
            fixed = int(expression.exp)
            return lambda point: _power(base(point), fixed)
        return None if expression.exp.is_Rational else lambda point: _power(base(point), _whole(exponent(point)))
    return lambda point: _operated(operation, routes, point)


def _operated(
    operation: Callable[..., Number | None], routes: Sequence[Route], point: Mapping[sp.Symbol, Number]
) -> Number | None:
    arguments = []
    for route in routes:
        value = route(point)
        if value is None or _is_long(value):
            return None
        arguments.append(value)
    return operation(arguments)


def _is_long(value: Number) -> bool:
    """Whether numerator and denominator have more bits than are worth computing with."""
    if type(value) is not Fraction and 2 * value.height_bits() <= _MAX_BITS:
        return False
    return value.numerator.bit_length() + value.denominator.bit_length() > _MAX_BITS


@takes(value=RATIONAL)
def number_as_text(value: Fraction) -> str:
    """``value`` for a reader: exactly where that is short, else as a power of two or to its first digits.

    Example:
        >>> number_as_text(Fraction(-3, 2)), number_as_text(Fraction(1, 2**2000)), number_as_text(Fraction(3**900))
        ('-3/2', '2**-2000', '~1.4 * 2**1426')
    """
    value = Fraction(int(value.numerator), int(value.denominator))
    size = max(value.numerator.bit_length(), value.denominator.bit_length())
    if size <= _MAX_TEXT_BITS:
        return str(value)
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    exponent -= abs(value) < Fraction(2) ** exponent
    leading = value / Fraction(2) ** exponent
    if abs(leading) == 1:
        return f"{'-' if leading < 0 else ''}2**{exponent}"
    return f"~{round(leading * 10) / 10} * 2**{exponent}"


@takes(condition=CONDITION, point=POINT)
def exact_truth(condition: Boolean, point: Point) -> bool | None:
    """Whether ``condition`` holds at ``point``; None where rational arithmetic cannot tell.

    Example:
        >>> x = sp.Symbol("x")
        >>> exact_truth((x < 2) & (x >= 1), {x: Fraction(1)})
        True
    """
    return condition if isinstance(condition, bool) else _truth(condition, point)


def _truth(condition: Boolean, point: Point) -> bool | None:
    told = _telling(condition)
    return None if told is None else told(_exact_point(_symbols(condition), point))


@functools.lru_cache(maxsize=8192)
def _telling(condition: Boolean) -> Callable[[Mapping[sp.Symbol, Number]], bool | None] | None:
    """How the truth of ``condition`` is found, worked out once for thousands of points; None if it never is."""
    if condition in (sp.true, sp.false):
        known = bool(condition)
        return lambda point: known
    name = type(condition).__name__
    if name in ("And", "Or", "Not"):
        parts = [_telling(part) for part in condition.args]
        return lambda point: combined_truth(name, [None if part is None else part(point) for part in parts])
    if not isinstance(condition, sp.core.relational.Relational):
        return None
    (left, right), relation = (_route(side) for side in condition.args), _RELATIONS[condition.rel_op]
    if left is None or right is None:
        return None

    def told(point: Mapping[sp.Symbol, Number]) -> bool | None:
        a = left(point)
        b = None if a is None else right(point)
        return None if a is None or b is None else relation(a, b)

    return told


def combined_truth(name: str, parts: list[bool | None]) -> bool | None:
    """Kleene's three-valued And, Or, Not of ``parts``."""
    if name == "Not":
        return None if parts[0] is None else not parts[0]
    decisive = name == "Or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _whole(exponent: Number | None) -> int | None:
    return int(exponent.numerator) if exponent is not None and exponent.denominator == 1 else None


def _power(base: Number | None, exponent: int | None) -> Number | None:
    if base is None or exponent is None or abs(exponent) > _MAX_EXPONENT:
        return None
    if base == 0 and exponent < 0 or base.numerator.bit_length() * abs(exponent) > _MAX_BITS:
        return None
    return base**exponent


def _in_fractions(operation: Callable[[list[Fraction]], Fraction | int | None]) -> Callable[..., Number | None]:
    """An operation that the numbers of python-flint do not have."""

    def operated(values: list[Number]) -> Number | None:
        found = operation([_fraction(value) for value in values])
        return None if found is None else _number(found)

    return operated


_OPERATIONS: dict[str, Callable[..., Number | None]] = {
    "Add": functools.partial(functools.reduce, operator.add),
    "Mul": functools.partial(functools.reduce, operator.mul),
    "Abs": lambda values: abs(values[0]),
    "Max": max,
    "Min": min,
    "sign": lambda values: _number((values[0] > 0) - (values[0] < 0)),
    "frac": _in_fractions(lambda values: values[0] - values[0].__floor__()),
    "Mod": _in_fractions(lambda values: values[0] % values[1] if values[1] else None),
    "Heaviside": lambda values: values[1] if values[0] == 0 else _number(int(values[0] > 0)),
    "floor": _in_fractions(lambda values: values[0].__floor__()),
    "ceiling": _in_fractions(lambda values: values[0].__ceil__()),
}

_RELATIONS: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def nearly(value: Fraction, digits: int = 12) -> Decimal:
    """``value`` rounded to ``digits`` decimal ones, for a reader."""
    return Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator))
