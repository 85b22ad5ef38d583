"""Where a function on the line is not smooth, as far as that can be read off its formula."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp
from sympy.core.relational import Relational

from numerics.arguments import takes
from theory.argument_kinds import EXPRESSION, SYMBOL, ArgumentKind

MOST_JUMPS = 1000
"""That are cut out one by one; where there are more, panels are halved until they do not matter."""


_END = ArgumentKind(
    "a real number of SymPy or an infinity",
    lambda value: isinstance(value, sp.Expr) and value.is_number and value.is_extended_real is True,
)


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


@takes(function=EXPRESSION, variable=SYMBOL, left=_END, right=_END)
def jumps(function: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr) -> list[sp.Expr]:
    """Where the whole numbers below or above something, or the rest by a number, jump between ``left`` and ``right``.

    Only multiples of the variable plus a constant are looked at, and at most :data:`MOST_JUMPS` of each.

    Example:
        >>> y = sp.Symbol("y", real=True)
        >>> jumps(sp.floor(2 * y) + sp.Mod(y, 2), y, sp.S.Zero, sp.S(3))
        [1/2, 1, 3/2, 2, 5/2]
    """
    found: set[sp.Expr] = set()
    for e in function.atoms(sp.floor, sp.ceiling, sp.frac, sp.Mod):
        line = (e.args[0] / e.args[1] if isinstance(e, sp.Mod) else e.args[0]).as_poly(variable)
        if line is None or line.degree() != 1 or not all(c.is_real for c in line.all_coeffs()):
            continue
        slope, offset = line.all_coeffs()
        low, high = sorted((slope * end + offset for end in (left, right)), key=lambda value: value.evalf(30))
        first, last = sp.ceiling(low), sp.floor(high)
        if first.is_Integer and last.is_Integer and last - first < MOST_JUMPS:
            found |= {(n - offset) / slope for n in range(first, last + 1)}
    inside = [point for point in found if left.evalf(30) < point.evalf(30) < right.evalf(30)]
    return sorted(inside, key=lambda point: point.evalf(30))


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
