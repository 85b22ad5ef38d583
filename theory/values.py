r"""The border of the package: what a caller gives, checked and made exact before SymPy sees it.

SymPy reads text by executing it, also inside tuples, lists, dictionaries and arrays where ``strict=True`` does not
reach, and it takes nan, infinities and truth values for numbers. So every argument of a public function comes through
one of these doors, which look at its type first:

* :func:`exact_number`: one finite real number;
* :func:`count`: one whole number in a range;
* :func:`single_expression`: one expression;
* :func:`expressions`: a matrix of expressions;
* :func:`column`: a vector of expressions;
* :func:`distinct_symbols`: a vector of different symbols;
* :func:`single_symbol`: one symbol;
* :func:`listed`: a sequence, whose entries go through a door of their own;
* :func:`instance`: an object of the package;
* :func:`conditions`: conditions on symbols;
* :func:`mapping`: values of symbols, each by the door its user chooses.

A float is read as the decimal number that it prints as. Every refusal names the argument, what was needed and what
came.
"""

from __future__ import annotations

import decimal
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeGuard

import sympy as sp
from sympy.logic.boolalg import Boolean, BooleanAtom

from theory.errors import DimensionError, ShapeError, SymbolError
from theory.foreign_numbers import own_number

Expressions = Sequence[sp.Expr] | sp.MatrixBase
"""A vector of expressions, as a sequence or as a column."""

MAX_DEPTH = 100
"""Expressions nested deeper are refused: SymPy works by recursion and would leave Python's stack."""

MAX_SHOWN = 120
"""Characters of a value that an error message shows."""

_DECLARED = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "rational", "real")


def shown(value: object) -> str:
    """``value`` as an error message shows it: shortened, and its type alone where it cannot print itself."""
    try:
        text = repr(value) if not isinstance(value, sp.Basic) or nesting(value) <= MAX_DEPTH else "..."
    except Exception:  # whatever a stranger's __repr__ raises, the message is about the argument
        text = "<unprintable>"
    if len(text) > MAX_SHOWN:
        text = f"{text[:MAX_SHOWN]}..."
    known = isinstance(value, sp.Basic | int | float | str | list | tuple)
    return text if known else f"{text} ({type(value).__name__})"


def exact_number(value: Any, name: str) -> sp.Expr:
    """A finite real number, exactly; a float is read as the decimal number that it prints as.

    So thresholds can be hit: ``0.1**2`` is 1/100 here once 0.1 is 1/10.

    Args:
        value: An integer, a float, a Fraction, a Decimal, an array without axes, an expression without symbols.
        name: What the error message calls it.

    Raises:
        SymbolError: it is something else, text, a truth value, or not finite and real.

    Example:
        >>> exact_number(0.1, "zeta"), exact_number(sp.sqrt(2), "zeta")
        (1/10, sqrt(2))
    """
    number = _as_expression(value)
    if number is None or number.free_symbols or _is_infinite(number) or number.is_real is not True:
        raise SymbolError(f"the value of {name} must be a finite real number, got {shown(value)}.")
    return number


def count(value: Any, name: str, *, at_least: int = 0, at_most: int) -> int:
    """A whole number from ``at_least`` to ``at_most``.

    Raises:
        DimensionError: it is something else.

    Example:
        >>> count(sp.Integer(3), "order", at_most=10)
        3
    """
    if type(value) is type(at_least) is type(at_most) is int and at_least <= value <= at_most:
        return value  # what is asked of every ball
    for bound, of in ((at_least, "at_least"), (at_most, "at_most")):
        if not isinstance(bound, int) or isinstance(bound, bool):
            raise DimensionError(f"{of} must be a whole number, got {shown(bound)}.")
    whole = isinstance(value, numbers.Integral | sp.Integer) and not isinstance(value, bool)
    if not whole or not at_least <= int(value) <= at_most:
        raise DimensionError(f"{name} must be a whole number from {at_least} to {at_most}, got {shown(value)}.")
    return int(value)


def single_expression(value: object, name: str, *, infinite: bool = False, real: bool = False) -> sp.Expr:
    """``value`` as one expression with exact numbers, never read from text.

    Args:
        value: A number or an expression.
        name: The argument an error message speaks of.
        infinite: Whether infinities are allowed, as for the ends of an interval.
        real: Whether an expression with the imaginary unit is refused.

    Raises:
        ShapeError: it is no number or commuting expression, not finite, not real, or nested too deeply.

    Example:
        >>> single_expression(0.5, "rate")
        1/2
    """
    expression = _as_expression(value)
    if expression is not None and expression.is_Rational:
        return expression
    if expression is None or expression.has(sp.nan, sp.zoo) or (not infinite and _is_infinite(expression)):
        raise ShapeError(
            f"{name} must be one {'' if infinite else 'finite '}number or expression, got {shown(value)}. "
            "Build it from symbols; text is not read."
        )
    if real and not _may_be_real(expression):
        raise ShapeError(f"{name} must be real, got {shown(expression)}.")
    return expression


def expressions(entries: Expressions | sp.Expr, name: str, *, real: bool = False) -> sp.ImmutableMatrix:
    """``entries`` as a matrix of finite expressions with exact numbers.

    Args:
        entries: Rows of expressions, a vector, a matrix of SymPy, or an array of numbers with up to two axes.
        name: The argument an error message speaks of.
        real: Whether expressions with the imaginary unit are refused.

    Raises:
        ShapeError: an entry is no finite expression, or the rows differ in length.
    """
    given: Any = entries
    shape = given.shape if isinstance(given, sp.MatrixBase) else None
    if shape is not None or _is_array(given):
        given = given.tolist()
    rows = list(given) if isinstance(given, list | tuple) else [given]
    cells = [list(row) if isinstance(row, list | tuple) else [row] for row in rows]
    read = [[_as_expression(cell) for cell in row] for row in cells]
    if len({len(row) for row in cells}) > 1 or any(cell is None for row in read for cell in row):
        raise ShapeError(
            f"{name} must hold SymPy expressions in rows of equal length, got {shown(entries)}. "
            "Build them from symbols; text is not read."
        )
    if shape is not None:  # an empty matrix has a shape that its rows do not show
        matrix = sp.ImmutableMatrix(*shape, [cell for row in read for cell in row])
    else:
        matrix = sp.ImmutableMatrix(read)
    for entry in matrix:
        if _is_infinite(entry):
            raise ShapeError(f"{name} must hold finite expressions, got {shown(entry)}. Check divisions by zero in it.")
        if real and not _may_be_real(entry):
            raise ShapeError(f"{name} must hold real expressions, got {shown(entry)}.")
    return matrix


def column(entries: Expressions, name: str, *, real: bool = False) -> sp.ImmutableMatrix:
    """``entries`` as a column of expressions; ``name`` is the argument an error message speaks of.

    Raises:
        ShapeError: as :func:`expressions`, or it is a matrix of several columns.
    """
    matrix = expressions(entries, name, real=real)
    if matrix.rows and matrix.cols != 1:
        raise ShapeError(
            f"{name} must be a vector: a sequence of expressions or one column, got {name}.shape={matrix.shape}. "
            "Give one entry per coordinate."
        )
    return matrix


def distinct_symbols(entries: object, name: str, *, at_least: int = 1) -> sp.ImmutableMatrix:
    """``entries`` as a column of symbols, no two of them with one name.

    Raises:
        ShapeError: as :func:`column`, or there are fewer than ``at_least``.
        SymbolError: an entry is no symbol, or a name occurs twice.
    """
    vector = column(entries, name)  # type: ignore[arg-type]
    if vector.rows < at_least:
        raise ShapeError(f"{name} must hold at least {at_least} symbol{'s' * (at_least > 1)}, got {vector.rows}.")
    for entry in vector:
        if not entry.is_Symbol:
            raise SymbolError(
                f"{name} must hold symbols, got {shown(entry)}. Name it by a symbol and substitute later."
            )
    if len(set(vector)) != vector.rows:
        raise SymbolError(f"{name} must hold distinct symbols, got {tuple(vector)}.")
    named = [symbol.name for symbol in vector if not isinstance(symbol, sp.Dummy)]
    if len(set(named)) != len(named):
        raise SymbolError(
            f"{name} must hold symbols of different names, got {tuple(vector)}: two differ in their assumptions alone."
        )
    return vector


def single_symbol(value: Any, name: str) -> sp.Symbol:
    """``value`` if it is a commuting symbol.

    Raises:
        SymbolError: it is none.
    """
    if not isinstance(value, sp.Symbol) or not value.is_commutative:
        raise SymbolError(f"{name} must be a symbol, got {shown(value)}. Write sympy.Symbol(...).")
    return value


def listed(entries: object, name: str) -> list[Any]:
    """``entries`` as a list: a list, a tuple, a matrix or an array of numbers.

    Raises:
        ShapeError: it is something else.
    """
    given: Any = entries.tolist() if isinstance(entries, sp.MatrixBase) or _is_array(entries) else entries  # type: ignore[union-attr]
    if not isinstance(given, list | tuple):
        raise ShapeError(f"{name} must be a sequence, got {shown(entries)}. Give a list or a tuple.")
    return list(given)


def word(value: object, name: str, allowed: Sequence[str]) -> str:
    """One of the words ``allowed``.

    Raises:
        SymbolError: it is none of them.
    """
    if not isinstance(value, str) or value not in allowed:
        raise SymbolError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}.")
    return value


def instance(value: object, kind: Any, name: str, needed: str) -> Any:
    """``value`` if it is an instance of ``kind``, which a message describes as ``needed``.

    Raises:
        ShapeError: it is not.
    """
    if not isinstance(value, kind):
        raise ShapeError(f"{name} must be {needed}, got {shown(value)}.")
    return value


def conditions(entries: object, name: str) -> tuple[Boolean, ...]:
    """Conditions on symbols, one or several.

    Raises:
        SymbolError: something among them is no condition.
    """
    given = entries if isinstance(entries, list | tuple) else (entries,)
    read = []
    for entry in given:
        if isinstance(entry, bool):
            entry = sp.true if entry else sp.false
        if not isinstance(entry, Boolean | BooleanAtom) or nesting(entry) > MAX_DEPTH:
            raise SymbolError(f"{name} must hold conditions such as x > 0, got {shown(entry)}.")
        read.append(entry)
    return tuple(read)


def admitted_number(symbol: sp.Expr, value: Any) -> sp.Expr:
    """:func:`exact_number`, checked against the assumptions of ``symbol``.

    Raises:
        SymbolError: it is no finite real number, or contradicts an assumption.
    """
    number = exact_number(value, str(symbol))
    for name in _DECLARED:
        declared = getattr(symbol, f"is_{name}", None)
        if declared is not None and getattr(number, f"is_{name}", None) is (not declared):
            raise SymbolError(f"{symbol} is declared {name}={declared}, got the value {shown(value)}.")
    bounds = getattr(symbol, "bounds", None)
    if bounds is not None and not bounds.contain(number):
        raise SymbolError(f"{symbol} is declared to lie in {bounds}, got the value {shown(value)}.")
    return number


def mapping(values: Any, name: str = "values", *, required: bool = False) -> Mapping[Any, Any]:
    """``values`` if it is a mapping of expressions, an empty one for None unless it is ``required``.

    Raises:
        SymbolError: it is neither.
    """
    if values is None and not required:
        return {}
    if not isinstance(values, Mapping) or not all(isinstance(symbol, sp.Expr) for symbol in values):
        raise SymbolError(
            f"{name} must be a mapping of symbols to numbers, got {shown(values)}. Write {{symbol: number}}."
        )
    return values


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
        symbol: single_expression(value, str(symbol))
        if isinstance(value, sp.Expr) and value.free_symbols
        else admitted_number(symbol, value)
        for symbol, value in given.items()
    }


def by_name(symbols: Iterable[sp.Symbol]) -> tuple[sp.Symbol, ...]:
    """``symbols`` sorted by name."""
    return tuple(sorted(symbols, key=lambda symbol: symbol.name))


def nesting(expression: sp.Basic) -> int:
    """The number of levels of ``expression``, found without recursion (hashing a deep tree is recursive too)."""
    depth: dict[int, int] = {}
    pending = [expression]
    while pending:
        node = pending[-1]
        missing = [a for a in node.args if id(a) not in depth]
        if missing:
            pending += missing
        else:
            depth[id(node)] = 1 + max((depth[id(a)] for a in node.args), default=0)
            pending.pop()
    return depth[id(expression)]


def _as_expression(value: object) -> sp.Expr | None:
    """``value`` with exact numbers, or None where it is no number and no commuting expression."""
    if isinstance(value, sp.Basic):
        if nesting(value) > MAX_DEPTH or not _is_plain(value):
            return None
        if floats := value.atoms(sp.Float):
            exponents = {f for power in value.atoms(sp.Pow) for f in power.exp.atoms(sp.Float)}
            return value.xreplace({f: _fraction(f) if f in exponents else _decimal(f) for f in floats})
        return value
    if isinstance(value := own_number(value), bool):
        return None
    if isinstance(value, numbers.Rational):
        return sp.Rational(int(value.numerator), int(value.denominator))
    if isinstance(value, numbers.Real):
        number = float(value)
        return sp.Rational(repr(number)) if math.isfinite(number) else sp.Float(number)
    if isinstance(value, decimal.Decimal):
        return sp.Rational(str(value)) if value.is_finite() else sp.nan
    return None


def _is_plain(value: sp.Basic) -> TypeGuard[sp.Expr]:
    """Whether it is an expression with a value: no matrix, function, order of a remainder or range of values."""
    scalar = isinstance(value, sp.Expr) and not isinstance(value, sp.MatrixExpr | sp.Lambda)
    return scalar and value.is_commutative is not False and not value.has(sp.Order, sp.AccumBounds)


def _decimal(value: sp.Float) -> sp.Expr:
    short = math.isfinite(value) and value._prec <= 53
    return sp.Rational(repr(float(value)) if short else str(value)) if value.is_finite else value


def _fraction(value: sp.Float) -> sp.Expr:
    """An exponent: a simple fraction where it is one up to rounding, so that powers meet again; else its decimal."""
    number = float(value)
    simple = Fraction(number).limit_denominator(_SIMPLE) if math.isfinite(number) else None
    rounded = simple is not None and abs(float(simple) - number) <= _ROUNDINGS * math.ulp(number)
    return sp.Rational(simple.numerator, simple.denominator) if rounded else _decimal(value)


_SIMPLE, _ROUNDINGS = 1000, 4
"""The largest denominator of a fraction that an exponent is taken for, and by how many units of its last place."""


def _is_infinite(expression: sp.Expr) -> bool:
    return expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo)


def _may_be_real(expression: sp.Expr) -> bool:
    imaginary = expression.has(sp.I) or any(root.is_real is False for root in expression.atoms(sp.CRootOf))
    return expression.is_extended_real is not False and (not imaginary or expression.is_extended_real is True)


def _is_array(value: Any) -> bool:
    """Whether it is a plain array of NumPy, known by name since the package imports SymPy only."""
    return (type(value).__module__, type(value).__name__) == ("numpy", "ndarray") and 1 <= value.ndim <= 2
