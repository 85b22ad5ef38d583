"""One-sided limits by SymPy, whose failures become errors of this package."""

from __future__ import annotations

from typing import Literal

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.errors import UnsupportedFormError

NOT_FOUND = (NotImplementedError, ValueError, TypeError, sp.PoleError, AttributeError, RecursionError, ArithmeticError)
"""What SymPy's limits raise, with parameters of open sign and elsewhere."""


@takes(function=EXPRESSION, x=SYMBOL, place=EXPRESSION, side=one_of(str, needed='"+" or "-"'))
def one_sided_limit(function: sp.Expr, x: sp.Symbol, place: sp.Expr, side: Literal["+", "-"]) -> sp.Expr:
    """The limit of ``function`` as x tends to ``place`` from above ("+") or below ("-").

    Raises:
        UnsupportedFormError: it is not found, as that of a power whose exponent may have both signs.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> one_sided_limit(x**k * sp.log(x), x, sp.S.Zero, "+")
        0
    """
    try:
        found = sp.limit(function, x, place, side)
    except NOT_FOUND as error:
        reason = f" ({error})" if isinstance(error, NotImplementedError) else ""
        raise UnsupportedFormError(
            f"the limit of {function} at {x} = {place} is not found{reason}. Put in numbers, or declare assumptions of "
            "its parameters that decide it."
        ) from error
    if found.has(sp.Limit):
        raise UnsupportedFormError(
            f"the limit of {function} at {x} = {place} is not found. Put in numbers, or declare assumptions of its "
            "parameters that decide it."
        )
    return found
