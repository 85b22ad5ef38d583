"""Expanding where it stays short: rules look for cancelling terms, and programs of thousands of terms have none."""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy as sp

from numerics.arguments import takes
from numerics.codegen.many_digits import CALLABLE
from theory.argument_kinds import EXPRESSION

MOST_TERMS = 200
"""Terms that an expansion may have; powers of long sums, such as composed steps of a scheme, have millions."""


@takes(expression=EXPRESSION)
def short_expansion(expression: sp.Expr) -> sp.Expr:
    """``expression`` expanded, or as it is where that would be long.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> short_expansion((x + y) ** 2)
        x**2 + 2*x*y + y**2
        >>> short_expansion((x + y) ** 1000)
        (x + y)**1000
    """
    return sp.expand(expression) if expanded_terms(expression, {}) <= MOST_TERMS else expression


@takes(total=EXPRESSION, rewrite=CALLABLE)
def about_its_centre(total: sp.Expr, rewrite: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """``rewrite(total)``, in x - a where a power of it is in the sum and that is shorter.

    Multiplied out, a function of x - a cancels beside a.

    Example:
        >>> x = sp.Symbol("x")
        >>> about_its_centre((x - 1) ** 2 + (x - 1) * (x + 1) - 2 * x + 2, sp.expand)
        2*(x - 1)**2
    """
    plain = rewrite(total)
    for power in sorted(total.atoms(sp.Pow), key=sp.default_sort_key):
        constant, x = power.base.as_coeff_Add()
        if x.is_Symbol and constant.is_Rational and constant != 0 and power.exp.is_Integer:
            moved = rewrite(total.subs(x, x - constant)).subs(x, x + constant)
            return min(plain, moved, key=sp.count_ops)
    return plain


def expanded_terms(expression: sp.Basic, known: dict[sp.Basic, int]) -> int:
    """How many terms an expansion of the expression or of a part of it has at most; ``known`` is filled."""
    found = known.get(expression)
    if found is None:
        parts = [expanded_terms(part, known) for part in expression.args]
        if isinstance(expression, sp.Add):
            found = sum(parts)
        elif isinstance(expression, sp.Mul):
            found = math.prod(parts)
        elif isinstance(expression, sp.Pow) and expression.exp.is_Integer and parts[0] > 1:
            n = min(abs(int(expression.exp)), MOST_TERMS)
            found = math.comb(n + parts[0] - 1, n)
        else:
            found = 1 if max(parts, default=1) <= MOST_TERMS else max(parts)
        known[expression] = min(found, MOST_TERMS + 1)
    return known[expression]
