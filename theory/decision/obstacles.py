"""What cannot be looked at: infinities, floating-point numbers, functions that are none, and what is too large."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.argument_kinds import EXPRESSION, takes

_MAX_OPERATIONS = 50_000
_MAX_BITS = 14_000


@takes(expression=EXPRESSION)
def obstacle_to_deciding(expression: sp.Expr) -> str | None:
    """Why ``expression`` cannot be looked at, or None.

    Example:
        >>> x = sp.Symbol("x")
        >>> obstacle_to_deciding(x + 1) is None, obstacle_to_deciding(x + sp.oo)
        (True, 'the expression holds nan or an infinity')
    """
    if expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo) and not expression.has(sp.Integral, sp.Sum):
        return "the expression holds nan or an infinity"
    floats = expression.atoms(sp.Float)
    if floats:
        return f"the expression holds the floating-point number {min(floats, key=str)}; write it as a rational number"
    if expression.has(sp.Lambda):
        return "the expression holds a function that is not applied, or a sum over roots; write its terms out"
    arities: dict[type, set[int]] = {}
    for call in expression.atoms(AppliedUndef):
        arities.setdefault(call.func, set()).add(len(call.args))
    strange = [function for function, counts in arities.items() if counts != {max(counts)} or counts == {0}]
    if strange:
        return f"the undefined function {strange[0]} is called without arguments or with different numbers of them"
    if any(max(abs(n.p), n.q).bit_length() > _MAX_BITS for n in expression.atoms(sp.Rational)):
        return f"the expression holds a number of more than {_MAX_BITS} bits; give it a name with its assumptions"
    if expression.count_ops() > _MAX_OPERATIONS:
        return f"the expression has more than {_MAX_OPERATIONS} operations"
    return None
