r"""Sums of inverse functions and roots that cancel where the inverse function branches.

.. math::
    \sqrt{1-x^2} + (\pi - \arccos x)\,x, \qquad \arccos x - x\sqrt{1-x^2}, \qquad
    x\sqrt{x^2-1} - \operatorname{arcosh} x

vanish at an end like :math:`s^3`, where :math:`s^2` is the distance from it, and their terms like s or not at all. With

.. math::
    \arccos(1-s^2) = 2\arcsin\frac s{\sqrt2}, \qquad
    \operatorname{arcosh}(1+s^2) = 2\operatorname{arsinh}\frac s{\sqrt2}, \qquad
    \sqrt{1-(1-s^2)^2} = s\sqrt{2-s^2}

they are analytic in s, and near the end they are their series in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from numerics.codegen.many_digits import y
from numerics.codegen.removable import series_about
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

MOST_TERMS = 8
"""Beyond, sums are not looked at."""

_HALF_ANGLE = 2 * sp.asin(y / sp.sqrt(2))

_AT_ENDS: dict[type, dict[int, sp.Expr]] = {
    sp.acos: {1: _HALF_ANGLE, -1: sp.pi - _HALF_ANGLE},
    sp.asin: {1: sp.pi / 2 - _HALF_ANGLE, -1: _HALF_ANGLE - sp.pi / 2},
    sp.acosh: {1: 2 * sp.asinh(y / sp.sqrt(2))},
}
"""Function f, an end, and f beside it at the distance y**2."""


@takes(total=EXPRESSION, terms=EXPRESSIONS)
def at_branch_ends(total: sp.Expr, terms: Sequence[sp.Expr]) -> list[tuple[sp.Expr, Boolean]]:
    """Series of a sum, and where they hold: beside the ends at which its terms cancel.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> ((near, region),) = at_branch_ends(sp.acos(x) - x * sp.sqrt(1 - x**2), [sp.acos(x), -x * sp.sqrt(1 - x**2)])
        >>> region.subs(x, 1 - 1e-8), abs(float(near.subs(x, 1 - 1e-8)) / (4 / 3 * 2**0.5 * 1e-12) - 1) < 1e-8
        (True, True)
    """
    heads = {head for head in total.atoms(sp.Function) if type(head) in _AT_ENDS}
    arguments = {head.args[0] for head in heads}
    if len(arguments) != 1 or not 1 < len(terms) <= MOST_TERMS:
        return []
    (A,) = arguments
    if len(total.free_symbols) != 1 or len(A.free_symbols) != 1:
        return []
    (x,) = A.free_symbols
    scale = sp.cancel(x / A)
    if not scale.is_number:
        return []
    found = []
    inward = -1 if any(isinstance(head, sp.acosh) for head in heads) else 1
    for end in (1, -1):
        if any(end not in _AT_ENDS[type(head)] for head in heads):
            continue
        parts = tuple(_beside(part, heads, x, scale, end, inward) for part in (total, *terms))
        series = None if any(part.has(x) for part in parts) else series_about(parts)
        if series is not None:
            coefficients, radius = series
            distance = inward * (1 - end * A)
            # Clipped, so that the branch not taken is finite and so are its derivatives.
            s = sp.sqrt(sp.Max(distance, 0, evaluate=False))
            near = sp.Add(*(c * s**n for n, c in enumerate(coefficients) if c))
            found.append((near, sp.And(distance >= 0, distance <= radius**2)))
    return found


def _beside(part: sp.Expr, heads: set[sp.Expr], x: sp.Symbol, scale: sp.Expr, end: int, inward: int) -> sp.Expr:
    """A term at the distance y**2 from the end, analytic in y."""
    letters = {head: sp.Dummy() for head in heads}
    moved = part.xreplace(letters).subs(x, scale * end * (1 - inward * y**2))
    moved = moved.replace(lambda power: power.is_Pow and not power.exp.is_Integer, _root_of_square)
    return moved.xreplace({letter: _AT_ENDS[type(head)][end] for head, letter in letters.items()})


def _root_of_square(power: sp.Pow) -> sp.Expr:
    """A power of y**2 g(y) as one of y and one of g."""
    base = sp.factor(power.base)
    g = sp.cancel(base / y**2)
    return y ** (2 * power.exp) * g**power.exp if g.subs(y, 0).is_positive else base**power.exp
