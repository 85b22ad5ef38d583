"""The border of inner functions: arguments that are of the wrong kind are refused by name.

What a caller gives to the functions that a package exports comes through the doors of :mod:`theory.values`, which make
it exact. Functions that other files call with what they have made themselves need no conversion, and may be called a
thousand times for one answer; :data:`takes` says of which kind each argument must be and costs a microsecond. A plain
number of Python where an expression is needed becomes that number, exactly; nothing else is converted::

    @takes(expression=EXPRESSION, point=POINT)
    def exact_value(expression, point): ...

An expression that is nested too deeply for recursion is refused as well, in the place where the stack ends.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ParamSpec, TypeVar

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.errors import ShapeError, UnsupportedFormError
from theory.values import exact_number, shown

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class ArgumentKind:
    """A kind of argument.

    Attributes:
        needed: What a message calls it.
        holds: Which values are of it.
        error: What refuses the others, where that is not the error of the package.
        made: What a value that is not of it becomes; None for what is refused.
    """

    needed: str
    holds: Callable[[Any], bool]
    error: Callable[[str], Exception] | None = None
    made: Callable[[Any], Any] = lambda value: None

    def admits(self, value: Any) -> bool:
        """Whether ``value`` is of this kind; what cannot even be looked at is of none."""
        try:
            return bool(self.holds(value))
        except Exception:  # whatever a stranger's object raises, or the stack when it ends
            return False


def doorkeeper(
    error: Callable[[str], Exception],
) -> Callable[..., Callable[[Callable[P, R]], Callable[P, R]]]:
    """The decorator :data:`takes` of a package, which refuses with the ``error`` of that package."""

    def takes(**kinds: ArgumentKind) -> Callable[[Callable[P, R]], Callable[P, R]]:
        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            code = inspect.unwrap(function).__code__  # type: ignore[attr-defined]
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            places = [(names.index(name), name, kind) for name, kind in kinds.items()]

            @functools.wraps(function)
            def checked(*arguments: P.args, **options: P.kwargs) -> R:
                for place, name, kind in places:
                    if place < len(arguments):
                        value = arguments[place]
                    elif name in options:
                        value = options[name]
                    else:
                        continue
                    if not kind.admits(value):
                        value = kind.made(value)
                        if value is None:
                            given = arguments[place] if place < len(arguments) else options[name]
                            raise (kind.error or error)(f"{name} must be {kind.needed}, got {shown(given)}.")
                        if place < len(arguments):
                            arguments = (*arguments[:place], value, *arguments[place + 1 :])  # type: ignore[assignment]
                        else:
                            options[name] = value
                try:
                    return function(*arguments, **options)
                except RecursionError:
                    raise error(f"{places[0][1]} must not be nested this deeply: the stack has ended.") from None

            return checked

        return decorate

    return takes


takes = doorkeeper(ShapeError)
"""Decorator: ``@takes(name=KIND, ...)`` refuses arguments of another kind with a ShapeError that names them."""


def behind_the_door(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` without its doorkeeper, for callers whose arguments have been let in already.

    A search calls balls a hundred thousand times; looking at the same symbols each time takes a tenth of it.
    """
    return inspect.unwrap(function)


def one_of(*types: type, needed: str) -> ArgumentKind:
    """Instances of ``types``, which a message describes as ``needed``."""
    return ArgumentKind(needed, lambda value: isinstance(value, types))


def or_none(kind: ArgumentKind) -> ArgumentKind:
    """``kind``, or None."""
    return ArgumentKind(f"{kind.needed}, or None", lambda value: value is None or kind.admits(value))


def is_rational(value: Any) -> bool:
    """Whether ``value`` is a rational number of Python or SymPy; truth values are none."""
    if type(value) is Fraction or type(value) is int:  # told a hundred thousand times; abstract classes are slow to ask
        return True
    return isinstance(value, numbers.Rational | sp.Rational) and not isinstance(value, bool) and value is not sp.zoo


def is_expression(value: Any) -> bool:
    """Whether ``value`` is a commuting scalar expression of SymPy; nan is none."""
    return (
        isinstance(value, sp.Expr)
        and not isinstance(value, sp.MatrixExpr)
        and value.is_commutative is not False
        and value is not sp.nan
        and value is not sp.zoo
    )


def is_condition(value: Any) -> bool:
    """Whether ``value`` is a condition on symbols or a truth value."""
    return isinstance(value, Boolean | bool) and not isinstance(value, sp.Symbol)


def _is_symbol(value: Any) -> bool:
    return isinstance(value, sp.Symbol) and value.is_commutative is True


def _made_exact(value: Any) -> sp.Expr | None:
    """A plain number of Python as one of SymPy; floats as the decimals they print."""
    plain = isinstance(value, float) and math.isfinite(value) or is_rational(value)
    return exact_number(value, "value") if plain else None


def _all_made_exact(value: Any) -> list[sp.Expr] | None:
    if not isinstance(value, list | tuple):
        return None
    made = [entry if is_expression(entry) else _made_exact(entry) for entry in value]
    return None if None in made else made


EXPRESSION = ArgumentKind("a finite expression of SymPy in commuting symbols", is_expression, made=_made_exact)
SCALAR = ArgumentKind(
    "a rational number or a finite expression", lambda value: is_expression(value) or is_rational(value)
)
SCALARS = ArgumentKind(
    "a sequence of rational numbers or finite expressions",
    lambda value: isinstance(value, list | tuple | sp.MatrixBase) and all(map(SCALAR.holds, value)),
)
TERMS = ArgumentKind(
    "a mapping of exponents to coefficients, not empty",
    lambda value: (
        isinstance(value, Mapping)
        and bool(value)
        and all(map(is_expression, value))
        and all(map(SCALAR.holds, value.values()))
    ),
)
REAL_EXPRESSION = ArgumentKind(
    "a finite real expression of SymPy",
    lambda value: is_expression(value) and value.is_extended_real is not False and not value.has(sp.oo),
    made=_made_exact,
)
EXPRESSIONS = ArgumentKind(
    "a sequence of finite expressions of SymPy",
    lambda value: isinstance(value, list | tuple | sp.MatrixBase) and all(map(is_expression, value)),
    made=_all_made_exact,
)
CONDITION = ArgumentKind("a relation such as x > 0, or several in And, Or, Not", is_condition, UnsupportedFormError)
CONDITIONS = ArgumentKind(
    "a relation such as x > 0, or a sequence of them",
    lambda value: (
        is_condition(value) or (isinstance(value, list | tuple | set | frozenset) and all(map(is_condition, value)))
    ),
    UnsupportedFormError,
)
DISTINCTIONS = ArgumentKind(
    "a sequence of sequences of conditions",
    lambda value: (
        isinstance(value, list | tuple)
        and all(isinstance(cases, list | tuple) and all(map(is_condition, cases)) for cases in value)
    ),
    UnsupportedFormError,
)
SYMBOL = ArgumentKind("a commuting symbol", _is_symbol)
SYMBOLS = ArgumentKind(
    "a sequence of commuting symbols",
    lambda value: isinstance(value, list | tuple | set | frozenset | sp.MatrixBase) and all(map(_is_symbol, value)),
)
VALUES = ArgumentKind(
    "a mapping of symbols to numbers or balls",
    lambda value: (
        isinstance(value, Mapping)
        and all(map(_is_symbol, value))
        and not any(isinstance(v, str | bytes | bool | complex | list | tuple | None) for v in value.values())
    ),
)
POINT = ArgumentKind(
    "a mapping of symbols to rational numbers",
    lambda value: isinstance(value, Mapping) and all(map(_is_symbol, value)) and all(map(is_rational, value.values())),
)
MATRIX = ArgumentKind(
    "a matrix of SymPy with finite entries",
    lambda value: isinstance(value, sp.MatrixBase) and all(map(is_expression, value)),
)
SQUARE = ArgumentKind(
    "a square matrix of SymPy with finite entries", lambda value: MATRIX.holds(value) and value.is_square
)
RATIONAL = ArgumentKind("a rational number", is_rational)
SEED = ArgumentKind(
    "a whole number, text or None",
    lambda value: value is None or isinstance(value, int | str) and not isinstance(value, bool),
    made=lambda value: (
        int(value) if isinstance(value, numbers.Integral | sp.Integer) and not isinstance(value, bool) else None
    ),
)
SECONDS = ArgumentKind(
    "a number of seconds below 10^9",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9,
)
YES_OR_NO = ArgumentKind("True or False", lambda value: isinstance(value, bool))
FUNCTION = ArgumentKind("a function", callable)
TEXT = ArgumentKind("text", lambda value: isinstance(value, str))


def whole(at_least: int, at_most: int) -> ArgumentKind:
    """Whole numbers from ``at_least`` to ``at_most``."""
    return ArgumentKind(
        f"a whole number from {at_least} to {at_most}",
        lambda value: (
            isinstance(value, int | sp.Integer) and not isinstance(value, bool) and at_least <= value <= at_most
        ),
    )
