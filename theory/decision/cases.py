"""Case distinctions that a region decides: branches it excludes, and branches where nothing is defined."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, takes
from theory.decision.conditions.inequalities import simplified


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def where_defined(
    expression: sp.Expr, conditions: Boolean | Iterable[Boolean]
) -> tuple[sp.Expr, Boolean | Iterable[Boolean]]:
    """``expression`` and ``conditions`` restricted to where it is defined, if nan or an infinity is a case of it.

    A branch of a ``Piecewise`` that the conditions exclude is left out. A branch that is nan says that the
    expression is not defined there: it is left out too, and the conditions are narrowed by its own.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> where_defined(sp.Piecewise((1 / x, x > 0), (sp.nan, True)), ())
        (1/x, (x > 0,))
        >>> where_defined(sp.Piecewise((1 / x, x > 0), (sp.oo, True)), [x > 1])
        (1/x, (x > 1,))
    """
    if not expression.has(sp.Piecewise) or not expression.has(sp.nan, sp.oo, -sp.oo, sp.zoo):
        return expression, conditions
    given = (conditions,) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    every = sorted(expression.atoms(sp.Piecewise), key=sp.default_sort_key)
    if any(value.has(sp.Piecewise) for piecewise in every for value, _ in piecewise.args):
        return expression, conditions  # an inner case matters only where its branch is taken
    for piecewise in every:
        kept: list[tuple[sp.Expr, Boolean]] = []
        before: Boolean = sp.true
        for value, condition in piecewise.args:
            here = simplified(sp.And(before, condition))
            before = sp.And(before, sp.Not(condition))
            if simplified(sp.And(here, *given)) == sp.false:
                continue
            if value is not sp.nan:
                kept.append((value, condition))
            elif not any(isinstance(e, sp.Eq) for e in sp.Not(here).atoms(sp.Rel)):
                given = (*given, simplified(sp.Not(here)))
            else:
                return expression, conditions
        if len(kept) == 1:
            expression = expression.xreplace({piecewise: kept[0][0]})
        elif kept:
            last = (kept[-1][0], sp.true)
            expression = expression.xreplace({piecewise: sp.Piecewise(*kept[:-1], last)})
    return expression, given
