"""Numbers for the parameters of a law: checked, complete, exact."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from theory.errors import MissingParameterError, SymbolError
from theory.values import admitted_values


def has_irrational(density: sp.Expr) -> bool:
    """Whether a number in it is a root, a power or an exponential that is not rational."""
    return any(e.is_number and e.is_rational is not True for e in density.atoms(sp.Pow, sp.exp, sp.NumberSymbol))


def numbers_given(
    values: Mapping[sp.Symbol, sp.Expr | float], parameters: tuple[sp.Symbol, ...]
) -> dict[sp.Symbol, sp.Expr]:
    """The value of every parameter.

    Raises:
        MissingParameterError: a parameter has none.
        SymbolError: a value is no number, or contradicts the assumptions of its symbol.
    """
    exact = admitted_values(values, parameters)
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
