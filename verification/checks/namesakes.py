"""Two symbols of one name: SymPy holds them for different, a reader cannot tell them apart.

``Symbol("k")`` and ``Symbol("k", positive=True)`` never cancel. A right formula that is typed with the wrong one would
be refuted, at a point where ``k = 2`` and ``k = 1``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from theory.parameters import BoundedSymbol
from verification.errors import ClaimError


def refuse_namesakes(*sides: Any) -> None:
    """Refuse sides that hold different symbols of one name, other than dummies.

    Args:
        sides: Expressions, matrices or conditions, or collections of them; what else arrives is passed over.

    Raises:
        ClaimError: there are two; says which assumptions only one of them has.

    Example:
        >>> refuse_namesakes(sp.Symbol("k", positive=True), [sp.Symbol("k", positive=True) < 2])
    """
    known: dict[str, sp.Symbol] = {}
    try:
        symbols = _symbols(sides)
    except RecursionError:
        raise ClaimError("sides must not be nested this deeply: the stack has ended.") from None
    for symbol in symbols:
        other = known.setdefault(symbol.name, symbol)
        if other != symbol:
            raise ClaimError(
                f"there are two symbols called {symbol.name}: one {_declared(other)}, one {_declared(symbol)}. SymPy "
                "holds them for different. Make the symbol once, and use it on both sides, in the domain and in the "
                "near misses."
            )


def _symbols(sides: Iterable[Any]) -> list[sp.Symbol]:
    found: set[sp.Symbol] = set()
    for side in sides:
        if isinstance(side, sp.Basic | sp.MatrixBase):
            found |= {s for s in side.free_symbols if isinstance(s, sp.Symbol) and not isinstance(s, sp.Dummy)}
        elif isinstance(side, tuple | list):
            found |= set(_symbols(side))
    return sorted(found, key=lambda symbol: (symbol.name, _declared(symbol)))


def _declared(symbol: sp.Symbol) -> str:
    own = [f"{name}={value}" for name, value in sorted(symbol._assumptions_orig.items())]
    own += ["with bounds of its own"] if isinstance(symbol, BoundedSymbol) else []
    return f"declared {', '.join(own)}" if own else "without assumptions"
