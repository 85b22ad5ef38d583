"""What callers hand in, checked one argument at a time: whole numbers, choices, real numbers, arrays, parameters."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import sympy as sp
from mpmath import mpf

from numerics.errors import ArgumentError, MissingParameterError
from theory.argument_kinds import ArgumentKind, doorkeeper, is_expression
from theory.values import shown

E = TypeVar("E", bound=StrEnum)

takes = doorkeeper(ArgumentError)
"""Decorator for inner functions: :data:`theory.argument_kinds.takes`, with the error of this package."""


def is_real(value: Any) -> bool:
    """Whether ``value`` is a real number of Python, NumPy, mpmath or SymPy, an infinity included; nan is none."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real | mpf | sp.Expr):
        return False
    if isinstance(value, sp.Expr):
        return value.is_number and value.is_extended_real is True
    return bool(value == value)


def _is_real_or_expression(value: Any) -> bool:
    return is_real(value) or is_expression(value) and value.is_extended_real is not False


REAL = ArgumentKind("a finite real number", lambda value: is_real(value) and math.isfinite(float(value)))
CONSTANT = ArgumentKind(
    "a real number of SymPy, an infinity or nan",
    lambda value: value is sp.nan or is_expression(value) and value.is_number and value.is_extended_real is not False,
)
YES_OR_NO = ArgumentKind("True or False", lambda value: isinstance(value, bool | np.bool_))
EXTENDED_REAL = ArgumentKind(
    "a real number or an infinity", lambda value: is_real(value) and not math.isnan(float(value))
)
EXTENDED = ArgumentKind("a real number or an infinity, or an expression in the parameters", _is_real_or_expression)
VALUES = ArgumentKind(
    "a mapping of symbols to real numbers, or None",
    lambda value: (
        value is None
        or isinstance(value, Mapping)
        and all(isinstance(symbol, sp.Symbol) for symbol in value)
        and all(map(REAL.holds, value.values()))
    ),
)
INTERVAL = ArgumentKind(
    "a pair of ends, each a real number, an infinity or an expression in the parameters",
    lambda value: (
        isinstance(value, tuple | list | sp.Tuple) and len(value) == 2 and all(map(_is_real_or_expression, value))
    ),
)
NUMBERS = ArgumentKind(
    "a sequence of real numbers or expressions in the parameters",
    lambda value: isinstance(value, tuple | list) and all(map(_is_real_or_expression, value)),
)


def row(needed: str) -> ArgumentKind:
    """A list, tuple, range or array with one axis, which a message describes as ``needed``."""
    return ArgumentKind(
        needed,
        lambda value: isinstance(value, list | tuple | range) or isinstance(value, np.ndarray) and value.ndim == 1,
    )


def iterable(needed: str) -> ArgumentKind:
    """What can be gone through, which a message describes as ``needed``."""
    return ArgumentKind(needed, lambda value: isinstance(value, Iterable) and iter(value) is not None)


def require(kind: ArgumentKind, value: Any, name: str) -> None:
    """Refuse a ``value`` that is not of the ``kind``, as :data:`takes` does; for fields of records."""
    if not kind.admits(value):
        raise ArgumentError(f"{name} must be {kind.needed}, got {shown(value)}.")


def whole_number(value: Any, name: str, *, at_least: int, below: int) -> int:
    """A whole number in ``[at_least, below)``."""
    if isinstance(value, bool) or not isinstance(value, (numbers.Integral, sp.Integer)):
        raise ArgumentError(f"{name} must be a whole number, got {name}={shown(value)}.")
    number = int(value)
    if not at_least <= number < below:
        raise ArgumentError(f"{name} must be at least {at_least} and below {below}, got {name}={shown(number)}.")
    return number


def choice(value: Any, name: str, allowed: Sequence[str]) -> str:
    """One of the words allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}.")
    return value


def kind(kinds: type[E], value: Any, name: str) -> E:
    """The member of an enumeration that ``value`` is, or names by its word."""
    if isinstance(value, str) and value in list(kinds):
        return kinds(value)
    raise ArgumentError(f"{name} must be one of {', '.join(repr(str(each)) for each in kinds)}, got {shown(value)}.")


def real_number(value: Any, name: str) -> float:
    """A finite real number as a float."""
    kinds = (numbers.Real, sp.Expr, np.floating, np.integer)
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, kinds) else float(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentError(f"{name} must be a finite real number, got {shown(value)}.")
    return number


def require_accepts(function: Any, count: int, name: str) -> None:
    """Refuse a function that cannot be called with so many arguments; one whose signature is unknown is let pass.

    Raises:
        ArgumentError: with the arguments that it takes.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*range(count))
    except TypeError:
        raise ArgumentError(
            f"{name} must be a function that can be called with {count} argument{'s' if count > 1 else ''}, "
            f"got one that takes {signature}."
        ) from None


def real_array(value: Any, name: str, *, finite: bool = True) -> np.ndarray:
    """A fresh float64 array of finite numbers: no text, no complex, masked or missing entries, no gradient.

    Without ``finite`` a caller looks for NaN and infinity himself, because he has more to say about them.
    """
    if isinstance(value, bool | np.bool_):
        raise ArgumentError(f"{name} must be a real number, got the truth value {value}.")
    if np.ma.isMaskedArray(value) or isinstance(value, list | tuple) and any(map(np.ma.isMaskedArray, value)):
        raise ArgumentError(f"{name} must be an array without a mask. Fill or drop the masked entries.")
    if f"{type(value).__module__}".startswith("torch") and value.requires_grad:
        raise ArgumentError(f"{name} must be an array of real numbers, got a tensor with a gradient. Pass x.detach().")
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            numbers_ = array.astype(np.float64)
        else:
            numbers_ = np.array([real_number(entry, name) for entry in array.ravel()]).reshape(array.shape)
    except ArgumentError:
        wrong = next(entry for entry in array.ravel() if not REAL.admits(entry))
        raise ArgumentError(f"{name} must be an array of real numbers, got the entry {shown(wrong)}.") from None
    except (TypeError, ValueError, OverflowError, AttributeError, RuntimeError, KeyError, MemoryError):
        raise ArgumentError(f"{name} must be an array of real numbers, got {type(value).__name__}.") from None
    if finite and not np.isfinite(numbers_).all():
        raise ArgumentError(f"{name} must hold finite numbers, got NaN or infinity.")
    return numbers_


def parameter_values(parameters: Any, n_paths: int) -> dict[sp.Symbol, float | np.ndarray]:
    """A number, or an array with one per trajectory, for each symbol given."""
    if parameters is not None and not isinstance(parameters, Mapping):
        raise ArgumentError(f"parameters must map symbols to numbers, got {type(parameters).__name__}.")
    values: dict[sp.Symbol, float | np.ndarray] = {}
    for symbol, given in (parameters or {}).items():
        if not isinstance(symbol, sp.Symbol):
            raise ArgumentError(
                f"parameters must map symbols to numbers, got the key {shown(symbol)}. Use the symbol itself."
            )
        array = real_array(given, f"parameters[{symbol}]")
        if array.ndim and array.shape != (n_paths,):
            raise ArgumentError(
                f"parameters[{symbol}] must be one number or one per trajectory, shape ({n_paths},), "
                f"got shape {array.shape}."
            )
        _respect_assumptions(symbol, array, f"parameters[{symbol}]")
        values[symbol] = array if array.ndim else float(array)
    return values


def _respect_assumptions(symbol: sp.Symbol, array: np.ndarray, name: str) -> None:
    """SymPy has used the assumptions of ``symbol`` already: sqrt(k**2) is k, which is wrong for a negative k."""
    broken = [
        assumption
        for assumption, holds in (
            ("positive", symbol.is_positive is not True or bool(np.all(array > 0))),
            ("nonnegative", symbol.is_nonnegative is not True or bool(np.all(array >= 0))),
            ("negative", symbol.is_negative is not True or bool(np.all(array < 0))),
            ("integer", symbol.is_integer is not True or bool(np.all(array == np.round(array)))),
        )
        if not holds
    ]
    if broken:
        worst = float(np.min(array)) if array.size else math.nan
        raise ArgumentError(
            f"{name} contradicts its symbol, which was declared {broken[0]}: got {worst:g}. "
            "Declare the symbol real to lift the restriction."
        )


def value_of(symbol: sp.Symbol, values: Mapping[sp.Symbol, float | np.ndarray]) -> float | np.ndarray:
    """The value given for ``symbol``.

    Raises:
        MissingParameterError: there is none.
    """
    if symbol in values:
        return values[symbol]
    given = ", ".join(
        f"{other}={value:g}" if isinstance(value, float) else f"{other}=array" for other, value in values.items()
    )
    namesake = any(other.name == symbol.name for other in values)
    raise MissingParameterError(
        "every symbol needs a number before it can be simulated: "
        f"no value for {symbol} (parameters given: {given or 'none'})."
        + (f" A symbol named {symbol} with other assumptions was given; it is a different symbol." if namesake else "")
    )


def named_expressions(observables: Any) -> tuple[tuple[Hashable, sp.Expr], ...]:
    """Pairs of a name and an expression; an expression without a name is its own."""
    if observables is None:
        return ()
    if isinstance(observables, sp.Basic) or not isinstance(observables, (Mapping, Sequence)):
        raise ArgumentError(
            "observables must map names to expressions (or be a sequence of expressions), "
            f"got {type(observables).__name__}."
        )
    pairs = observables.items() if isinstance(observables, Mapping) else [(f, f) for f in observables]
    named = []
    for name, expression in pairs:
        given = given_expression(expression, f"observables[{name!r}]")
        if given.has(sp.zoo) or given is sp.nan:
            raise ArgumentError(f"observables[{name!r}] must be a finite expression, got {shown(expression)}.")
        named.append((name, given))
    return tuple(named)


def given_expression(value: Any, name: str) -> sp.Expr:
    """A number or an expression, as an expression; by its type, since SymPy executes text, also inside a tuple.

    Raises:
        ArgumentError: it is neither.
    """
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        # SymPy reads a nan of some of NumPy's widths, and breaks on that of others.
        return sp.sympify(value, strict=True) if value == value else sp.nan
    if not isinstance(value, sp.Expr):
        raise ArgumentError(
            f"{name} must be an expression, got {type(value).__name__}. Build it from symbols; text is not read."
        )
    return value
