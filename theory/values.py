"""Numbers that a caller gives, made exact at the door, and mappings of parameters to them."""

from __future__ import annotations

import decimal
import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from theory.errors import SymbolError

_DECLARED = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "rational", "real")


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
