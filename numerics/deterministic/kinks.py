"""Where a function on the line is not smooth, as far as that can be read off its formula."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp
from sympy.core.relational import Relational

from numerics.arguments import takes
from theory.argument_kinds import EXPRESSION, SYMBOL


@takes(function=EXPRESSION, variable=SYMBOL)
def kinks(function: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """Real zeros of what stands under a modulus, a sign, a root, a logarithm or a fraction, and borders of cases.

    Only zeros of polynomials are looked for; a number for every other symbol is supposed.

    Example:
        >>> y = sp.Symbol("y", real=True)
        >>> kinks(sp.exp(-sp.Abs(3 * y - 1)) / sp.sqrt(1 + y**2) + sp.Max(y, 4), y)
        [1/3, 4]
    """
    found = {root for inner in _inner(function, variable) for root in _roots(inner, variable)}
    return sorted(found, key=lambda root: root.evalf(30))


def _inner(function: sp.Expr, x: sp.Symbol) -> Iterator[sp.Expr]:
    for e in sp.preorder_traversal(function):
        if not e.has(x):
            continue
        if isinstance(e, sp.Abs | sp.sign | sp.Heaviside | sp.log):
            yield e.args[0]
        elif isinstance(e, sp.Max | sp.Min):
            yield from (a - b for i, a in enumerate(e.args) for b in e.args[:i])
        elif isinstance(e, Relational):
            yield e.lhs - e.rhs
        elif e.is_Pow and e.base.has(x) and not (e.exp.is_integer and e.exp.is_nonnegative):
            yield e.base


def _roots(inner: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    numerator = sp.fraction(sp.together(inner))[0]
    if not numerator.is_polynomial(x):
        return []
    polynomial = sp.Poly(numerator, x)
    if polynomial.degree() == 1:
        slope, offset = polynomial.all_coeffs()
        root = -offset / slope
        return [root] if root.is_real else []
    if not polynomial.domain.is_QQ and not polynomial.domain.is_ZZ:
        return []
    return list(dict.fromkeys(sp.real_roots(polynomial)))
