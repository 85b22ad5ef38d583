"""Exact values and truths at rational points: the arithmetic that decides conditions without rounding."""

from __future__ import annotations

import decimal
import math
import numbers
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.errors import SymbolError

Point = Mapping[sp.Symbol, Fraction]
"""A rational value for each symbol."""

_DECLARED = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "rational", "real")

_MAX_EXPONENT = 512
_MAX_BITS = 200_000


def exact_number(value: Any, name: str) -> sp.Expr:
    """A finite real number, exactly; a float is read as the decimal number that it prints as.

    So thresholds can be hit: ``0.1**2`` is 1/100 here once 0.1 is 1/10.

    Args:
        value: An integer, a float, a Fraction, a Decimal or an expression without symbols.
        name: What the error message calls it.

    Raises:
        SymbolError: it is something else, text, a truth value, or not finite and real.

    Example:
        >>> exact_number(0.1, "zeta"), exact_number(sp.sqrt(2), "zeta")
        (1/10, sqrt(2))
    """
    number: Any = None
    if isinstance(value, sp.Expr) and not value.free_symbols:
        number = value.xreplace({f: _decimal(f) for f in value.atoms(sp.Float)})
    elif isinstance(value, numbers.Rational) and not isinstance(value, bool):
        number = sp.Rational(int(value.numerator), int(value.denominator))
    elif isinstance(value, numbers.Real | decimal.Decimal) and not isinstance(value, bool) and math.isfinite(value):
        number = sp.Rational(str(value) if isinstance(value, decimal.Decimal) else repr(float(value)))
    if number is None or number.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or number.is_real is not True:
        raise SymbolError(f"the value of {name} must be a finite real number, got {value!r}.")
    return number


def _decimal(value: sp.Float) -> sp.Expr:
    short = math.isfinite(value) and value._prec <= 53
    return sp.Rational(repr(float(value)) if short else str(value)) if value.is_finite else value


def admitted_number(symbol: sp.Expr, value: Any) -> sp.Expr:
    """:func:`exact_number`, checked against the assumptions of ``symbol``.

    Raises:
        SymbolError: it is no finite real number, or contradicts an assumption.
    """
    number = exact_number(value, str(symbol))
    for name in _DECLARED:
        declared = getattr(symbol, f"is_{name}", None)
        if declared is not None and getattr(number, f"is_{name}", None) is (not declared):
            raise SymbolError(f"{symbol} is declared {name}={declared}, got the value {value!r}.")
    return number


def mapping(values: Any) -> Mapping[Any, Any]:
    """``values`` if it is a mapping, an empty one for None.

    Raises:
        SymbolError: it is neither.
    """
    if values is None or isinstance(values, Mapping):
        return values or {}
    raise SymbolError(f"values must be a mapping of symbols to numbers, got {values!r}. Write {{symbol: number}}.")


def admitted_values(values: Any, parameters: Iterable[sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
    """A mapping of parameters to numbers, each as by :func:`admitted_number`, or to expressions, which are kept.

    Raises:
        SymbolError: it is no mapping, names something that is no parameter, or holds a value that is refused.
    """
    known = tuple(parameters)
    given = mapping(values)
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise SymbolError(
            f"values name {', '.join(unknown)}, which are no parameters here (parameters: "
            f"{', '.join(map(str, known)) or 'none'}; a symbol with other assumptions is another symbol)."
        )
    return {
        symbol: value if isinstance(value, sp.Expr) and value.free_symbols else admitted_number(symbol, value)
        for symbol, value in given.items()
    }


def exact_value(expression: sp.Expr, point: Point) -> Fraction | None:
    """The rational value of ``expression`` at ``point``, or None where it is not rational by inspection or undefined.

    Example:
        >>> x = sp.Symbol("x")
        >>> exact_value(x**2 / 3 - abs(x), {x: Fraction(-3, 2)})
        Fraction(-3, 4)
        >>> exact_value(sp.sqrt(x), {x: Fraction(2)}) is None
        True
    """
    if expression.is_Symbol:
        return point.get(expression)
    if expression.is_Rational:
        return Fraction(int(expression.p), int(expression.q))
    if expression.is_Pow:
        return _power(expression, point)
    name = type(expression).__name__
    if name not in _ROUTES:
        return None
    arguments = []
    for argument in expression.args:
        value = exact_value(argument, point)
        if value is None or value.numerator.bit_length() + value.denominator.bit_length() > _MAX_BITS:
            return None
        arguments.append(value)
    return _ROUTES[name](arguments)


def exact_truth(condition: Boolean, point: Point) -> bool | None:
    """Whether ``condition`` holds at ``point``; None where rational arithmetic cannot tell.

    Example:
        >>> x = sp.Symbol("x")
        >>> exact_truth((x < 2) & (x >= 1), {x: Fraction(1)})
        True
    """
    if condition in (sp.true, sp.false):
        return bool(condition)
    name = type(condition).__name__
    if name in ("And", "Or", "Not"):
        return combined_truth(name, [exact_truth(part, point) for part in condition.args])
    if not isinstance(condition, sp.core.relational.Relational):
        return None
    left, right = (exact_value(side, point) for side in condition.args)
    return None if left is None or right is None else _RELATIONS[condition.rel_op](left, right)


def combined_truth(name: str, parts: list[bool | None]) -> bool | None:
    """Kleene's three-valued And, Or, Not of ``parts``."""
    if name == "Not":
        return None if parts[0] is None else not parts[0]
    decisive = name == "Or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _power(expression: sp.Expr, point: Point) -> Fraction | None:
    base, exponent = (exact_value(argument, point) for argument in expression.args)
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


_ROUTES = {
    "Add": lambda values: sum(values, Fraction(0)),
    "Mul": _product,
    "Abs": lambda values: abs(values[0]),
    "Max": max,
    "Min": min,
    "sign": lambda values: Fraction((values[0] > 0) - (values[0] < 0)),
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
