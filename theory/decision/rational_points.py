"""Exact values and truths at rational points: the arithmetic that decides conditions without rounding."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITION, EXPRESSION, POINT, RATIONAL, takes

Point = Mapping[sp.Symbol, Fraction]
"""A rational value for each symbol."""

Route = Callable[[Point], Fraction | None]
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
    return None if route is None else route(point)


@functools.lru_cache(maxsize=8192)
def _route(expression: sp.Expr) -> Route | None:
    """How ``expression`` is evaluated, worked out once for thousands of points; None if it is rational at no point."""
    if expression.is_Symbol:
        return lambda point: point.get(expression)
    if expression.is_Rational:
        value = Fraction(int(expression.p), int(expression.q))
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
        is_root = expression.exp.is_Rational and not expression.exp.is_Integer
        return None if is_root else lambda point: _power(base(point), exponent(point))
    return lambda point: _operated(operation, routes, point)


def _operated(operation: Callable[..., Fraction | None], routes: Sequence[Route], point: Point) -> Fraction | None:
    arguments = []
    for route in routes:
        value = route(point)
        if value is None or value.numerator.bit_length() + value.denominator.bit_length() > _MAX_BITS:
            return None
        arguments.append(value)
    return operation(arguments)


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
    return _truth(condition, point)


def _truth(condition: Boolean, point: Point) -> bool | None:
    if condition in (sp.true, sp.false):
        return bool(condition)
    name = type(condition).__name__
    if name in ("And", "Or", "Not"):
        return combined_truth(name, [_truth(part, point) for part in condition.args])
    if not isinstance(condition, sp.core.relational.Relational):
        return None
    left, right = (_value(side, point) for side in condition.args)
    return None if left is None or right is None else _RELATIONS[condition.rel_op](left, right)


def combined_truth(name: str, parts: list[bool | None]) -> bool | None:
    """Kleene's three-valued And, Or, Not of ``parts``."""
    if name == "Not":
        return None if parts[0] is None else not parts[0]
    decisive = name == "Or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _power(base: Fraction | None, exponent: Fraction | None) -> Fraction | None:
    if base is None or exponent is None or exponent.denominator != 1 or abs(exponent) > _MAX_EXPONENT:
        return None
    if base == 0 and exponent < 0 or base.numerator.bit_length() * abs(exponent) > _MAX_BITS:
        return None
    return base ** int(exponent)


def _product(values: list[Fraction]) -> Fraction:
    result = Fraction(1)
    for value in values:
        result *= value
    return result


_OPERATIONS: dict[str, Callable[..., Fraction | None]] = {
    "Add": lambda values: sum(values, Fraction(0)),
    "Mul": _product,
    "Abs": lambda values: abs(values[0]),
    "Max": max,
    "Min": min,
    "sign": lambda values: Fraction((values[0] > 0) - (values[0] < 0)),
    "frac": lambda values: values[0] - values[0].__floor__(),
    "Mod": lambda values: values[0] % values[1] if values[1] else None,
    "Heaviside": lambda values: values[1] if values[0] == 0 else Fraction(values[0] > 0),
    "floor": lambda values: Fraction(values[0].__floor__()),
    "ceiling": lambda values: Fraction(values[0].__ceil__()),
}

_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
