"""Numbers for the parameters of a law: checked, complete, exact."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from theory.errors import MissingParameterError, SymbolError, UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.values import admitted_values, by_name, single_expression


def numbers_given(
    values: Mapping[sp.Symbol, sp.Expr | float],
    parameters: tuple[sp.Symbol, ...],
    variable: sp.Symbol,
    coefficients: tuple[sp.Expr, sp.Expr] | None,
) -> dict[sp.Symbol, sp.Expr]:
    """The value of every parameter of a law, and of those of its process that the law does not hang on.

    Raises:
        MissingParameterError: a parameter has none.
        SymbolError: a value is no number, or contradicts the assumptions of its symbol.
    """
    of_process = sp.Tuple(*coefficients or ()).free_symbols - {variable, *parameters}
    exact = admitted_values(values, (*parameters, *by_name(of_process)))
    missing = sorted(str(symbol) for symbol in set(parameters) - set(exact))
    if missing:
        raise MissingParameterError(
            f"every parameter needs a number to normalise the law: no value for {', '.join(missing)} "
            f"(given: {', '.join(f'{s}={v}' for s, v in exact.items()) or 'none'})."
        )
    symbolic = sorted(str(symbol) for symbol, value in exact.items() if value.free_symbols)
    if symbolic:
        raise SymbolError(f"values must give numbers to normalise the law, got expressions for {', '.join(symbolic)}.")
    return exact


def number_at(point: sp.Expr) -> sp.Expr:
    """``point`` where quadrature can be asked there.

    Raises:
        ShapeError, SymbolError: it is no real expression.
        UnsupportedFormError: it holds symbols.

    Example:
        >>> number_at(sp.Rational(1, 2))
        1/2
    """
    point = single_expression(point, "point", infinite=True, real=True)
    if not point.is_number:
        raise UnsupportedFormError(
            f"no closed form is known here, so that x must be a number, got {point}. Ask at the points that you need."
        )
    return point


def beyond(point: sp.Expr, interval: Interval, left: sp.Expr, right: sp.Expr) -> sp.Expr | None:
    """``left`` or ``right`` where a number lies beyond that end, None where it does not, or nobody knows.

    Example:
        >>> [beyond(sp.Integer(n), Interval(0, 1), sp.S.Zero, sp.S.One) for n in (-1, 1, 2)]
        [0, None, 1]
    """
    if point.is_number and sp.Lt(point, interval.left) == sp.true:
        return left
    return right if point.is_number and sp.Gt(point, interval.right) == sp.true else None


def within(point: sp.Expr, interval: Interval, left: sp.Expr, right: sp.Expr, inside: sp.Expr) -> sp.Expr:
    """``inside``, with the cases beyond the ends where ``point`` is a number and an end is a parameter.

    Example:
        >>> k = sp.Symbol("k", positive=True)
        >>> within(sp.S.Half, Interval(0, k), sp.S.Zero, sp.S.One, 1 / (2 * k))
        Piecewise((1, k < 1/2), (1/(2*k), True))
    """
    if not point.is_number:
        return inside
    below, above = sp.Gt(interval.left, point).canonical, sp.Lt(interval.right, point).canonical
    return sp.Piecewise((left, below), (right, above), (inside, True)) if (below, above) != (sp.false,) * 2 else inside
