"""Conditions in another form that is true at the same points, where a proof is within reach.

Each rewriting looks at one relation at a time, and leaves alone what it does not fit. The other form is equivalent
wherever the assumptions of the symbols hold, so a proof about it is one about the condition.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITION, takes
from theory.decision.conditions.surfaces import INEQUALITIES, margin


def _rewritten(condition: Boolean, form: Callable[[Relational], Boolean | None]) -> Boolean:
    relations = {relation: form(relation) for relation in condition.atoms(Relational)}
    return condition.xreplace({old: new for old, new in relations.items() if new is not None})


@takes(condition=CONDITION)
def in_logarithms(condition: Boolean) -> Boolean:
    """Inequalities between positive products and powers as those between their logarithms.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> in_logarithms(p**q > 1)
        q*log(p) > 0
    """
    return _rewritten(sp.sympify(condition), _logarithm)


def _logarithm(relation: Relational) -> Boolean | None:
    if not isinstance(relation, INEQUALITIES) or not all(side.is_positive for side in relation.args):
        return None
    if not any(side.is_Pow or side.is_Mul or isinstance(side, sp.exp) for side in relation.args):
        return None
    sides = (sp.expand_log(sp.log(side)) for side in relation.args)
    return relation.func(*sides, evaluate=False)


@takes(condition=CONDITION)
def in_squares(condition: Boolean) -> Boolean:
    r"""Inequalities of a modulus and a positive number: :math:`|u| < c` as :math:`u^2 < c^2`.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> in_squares(sp.Abs(x - 1) < sp.sqrt(2))
        (x - 1)**2 < 2
    """
    return _rewritten(sp.sympify(condition), _square)


def _square(relation: Relational) -> Boolean | None:
    if not isinstance(relation, INEQUALITIES) or not all(side.is_nonnegative for side in relation.args):
        return None
    if not any(isinstance(side, sp.Abs) and side.args[0].is_real for side in relation.args):
        return None
    sides = (side.args[0] ** 2 if isinstance(side, sp.Abs) else side**2 for side in relation.args)
    return relation.func(*sides, evaluate=False)


@takes(condition=CONDITION)
def in_whole_numbers(condition: Boolean) -> Boolean:
    """Bounds of one whole number by a rational one as the weak bounds by whole numbers that they are.

    Example:
        >>> n = sp.Symbol("n", integer=True)
        >>> in_whole_numbers((2 * n > 11) & (n < 9))
        (n >= 6) & (n <= 8)
    """
    return _rewritten(sp.sympify(condition), _whole)


def _whole(relation: Relational) -> Boolean | None:
    if not isinstance(relation, INEQUALITIES) or len(relation.free_symbols) != 1:
        return None
    (n,) = relation.free_symbols
    difference = sp.expand(margin(relation))
    slope = difference.coeff(n)
    rest = sp.expand(difference - slope * n)
    if not (n.is_integer and slope.is_Rational and rest.is_Rational and slope != 0):
        return None
    bound, strict = -rest / slope, isinstance(relation, sp.StrictGreaterThan | sp.StrictLessThan)
    if slope > 0:
        return sp.Ge(n, sp.floor(bound) + 1 if strict else sp.ceiling(bound))
    return sp.Le(n, sp.ceiling(bound) - 1 if strict else sp.floor(bound))


OTHER_FORMS: tuple[Callable[[Boolean], Boolean], ...] = (in_logarithms, in_squares, in_whole_numbers)
"""All of them, each tried by itself."""
