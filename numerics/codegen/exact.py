"""What a caller hands in, checked and made exact: expressions, arguments, parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.errors import ArgumentError, MissingParameterError
from theory.values import shown

Number = sp.Expr | int | float | Fraction
"""A real number: of SymPy in closed form, or of Python."""

LARGEST_SMALL_INTEGER = 64
"""Numerators and denominators of the numbers that SymPy may see."""


@dataclass(frozen=True)
class ExactInput:
    """Expressions without floats, and the numbers their stand-ins stand for.

    Small rationals are put in as they are, so that ``x**2.0`` is a square and ``1.0 + x`` adds one. Any other number is
    represented by a positive symbol: given 0.3**x at x = 0.7, SymPy would look for exact roots of 54-bit integers, and
    gamma(1e6) would become an integer of five million digits.

    Attributes:
        expressions: Exact.
        numbers: Stand-in to number.
    """

    expressions: tuple[sp.Basic, ...]
    numbers: Mapping[sp.Dummy, sp.Rational]


def exact_input(
    expressions: Sequence[sp.Expr] | sp.MatrixBase,
    arguments: Sequence[sp.Symbol],
    parameters: Mapping[sp.Symbol, Number],
) -> ExactInput:
    """The expressions with exact numbers in place of parameters, and of floats the rationals they store.

    Raises:
        MissingParameterError: a symbol is neither an argument nor a parameter.
        ArgumentError: an argument is malformed.
    """
    _require_distinct_symbols(arguments)
    entries = _entries(expressions)
    given: dict[sp.Basic, sp.Expr] = _exact_parameters(parameters)
    clash = sorted(str(symbol) for symbol in given if symbol in set(arguments))
    if clash:
        raise ArgumentError(f"parameters must not name arguments, got {', '.join(clash)} in both. Drop one of the two.")
    _require_values(entries, arguments, parameters)
    floats = set().union(*(entry.atoms(sp.Float) for entry in entries))
    given |= {entry: sp.Rational(entry) for entry in floats}
    numbers: dict[sp.Rational, sp.Dummy] = {}
    # Sorted, since the order of the stand-ins decides the order of operations.
    for value in sorted({abs(value) for value in given.values() if value.is_Rational and not _is_small(value)}):
        numbers[value] = sp.Dummy("number", positive=True)
    stand_ins = {
        key: sp.sign(value) * numbers[abs(value)] if abs(value) in numbers else value for key, value in given.items()
    }
    exact = tuple(entry.xreplace(stand_ins) for entry in entries)
    return ExactInput(exact, {stand_in: value for value, stand_in in numbers.items()})


def _is_small(value: sp.Rational) -> bool:
    return abs(value.p) <= LARGEST_SMALL_INTEGER and value.q <= LARGEST_SMALL_INTEGER


def _entries(expressions: Sequence[sp.Expr] | sp.MatrixBase) -> list[sp.Basic]:
    if isinstance(expressions, sp.Basic) and not isinstance(expressions, sp.MatrixBase | sp.Tuple):
        raise ArgumentError(f"expressions must be a sequence or a matrix, got {expressions}. Write [{expressions}].")
    # An array of one number and no axis cannot be walked through.
    unsized = isinstance(expressions, np.ndarray) and expressions.ndim == 0
    if isinstance(expressions, str | Mapping | Set) or unsized or not isinstance(expressions, Iterable | sp.MatrixBase):
        raise ArgumentError(f"expressions must be a sequence of SymPy expressions, got {shown(expressions)}.")
    entries = []
    for entry in list(expressions):
        if isinstance(entry, Real | Fraction) and not isinstance(entry, sp.Basic):
            entry = _number(entry, "expressions")
        if not isinstance(entry, sp.Expr | Boolean):
            kind = type(entry).__name__
            raise ArgumentError(f"expressions must hold SymPy expressions, got {shown(entry)} of type {kind}.")
        entries.append(entry)
    return entries


def _require_distinct_symbols(arguments: Sequence[sp.Symbol]) -> None:
    for argument in arguments:
        if not isinstance(argument, sp.Symbol):
            raise ArgumentError(
                f"arguments must be SymPy symbols, got {shown(argument)}. Substitute a symbol for it first."
            )
    if len(set(arguments)) < len(arguments):
        raise ArgumentError(f"arguments must be distinct, got {tuple(arguments)}.")


def _exact_parameters(parameters: Mapping[sp.Symbol, Number]) -> dict[sp.Symbol, sp.Expr]:
    if not isinstance(parameters, Mapping):
        raise ArgumentError(f"parameters must map symbols to numbers, got {shown(parameters)}.")
    fixed = {}
    for symbol, value in parameters.items():
        if not isinstance(symbol, sp.Symbol):
            raise ArgumentError(f"parameters must map symbols to numbers, got the key {shown(symbol)}.")
        fixed[symbol] = _number(value, f"the parameter {symbol}")
        if not fixed[symbol].is_finite:
            raise ArgumentError(f"the parameter {symbol} must be a finite number, got {shown(value)}.")
    return fixed


def _number(value: Any, name: str) -> sp.Expr:
    """``value`` exactly; a float is the rational with a power of two below that it stores."""
    if isinstance(value, sp.Expr) and value.is_number and value.is_extended_real:
        return value.xreplace({entry: sp.Rational(entry) for entry in value.atoms(sp.Float)})
    if isinstance(value, bool | sp.Basic) or not isinstance(value, Real | Fraction):
        raise ArgumentError(f"{name} must be a real number, got {shown(value)} of type {type(value).__name__}.")
    if isinstance(value, Integral):
        return sp.Integer(int(value))
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    value = float(value)
    if not math.isfinite(value):
        return {math.inf: sp.oo, -math.inf: -sp.oo}.get(value, sp.nan)
    return sp.Rational(*value.as_integer_ratio())


def _require_values(
    expressions: Iterable[sp.Basic], arguments: Sequence[sp.Symbol], parameters: Mapping[sp.Symbol, Number]
) -> None:
    free = set().union(*(expression.free_symbols for expression in expressions)) - {*arguments, *parameters}
    if not free:
        return
    given = ", ".join(f"{symbol}={value}" for symbol, value in parameters.items()) or "none"
    listed = ", ".join(map(str, arguments)) or "none"
    namesake = {str(symbol) for symbol in free} & {str(symbol) for symbol in [*arguments, *parameters]}
    hint = f" A symbol named {min(namesake)} is given, but with other assumptions." if namesake else ""
    raise MissingParameterError(
        "every symbol needs a value before it can be computed: no value for "
        f"{', '.join(sorted(map(str, free)))} (arguments: {listed}; parameters given: {given}).{hint}"
    )
