"""Where a condition has no truth value because a side of it has no real one."""

from __future__ import annotations

import functools

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, to_nnf

from theory.argument_kinds import CONDITION, EXPRESSION, POINT, takes
from theory.decision.balls import truth
from theory.decision.rational_points import Point, combined_truth


@takes(expression=EXPRESSION, point=POINT)
def has_no_real_value(expression: sp.Expr, point: Point) -> bool:
    """Whether ``expression`` certainly has no real value at ``point``; False where that cannot be told.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x", real=True)
        >>> here = {x: Fraction(-1)}
        >>> has_no_real_value(sp.log(x), here), has_no_real_value(1 / (1 + x), here), has_no_real_value(x, here)
        (True, True, False)
    """
    value = expression.subs({s: sp.Rational(v.numerator, v.denominator) for s, v in point.items()})
    if value.has(sp.zoo, sp.nan):
        return True
    return value.is_extended_real is False and value.is_number


@takes(condition=CONDITION, point=POINT)
def truth_where_defined(condition: Boolean, point: Point) -> tuple[bool | None, bool]:
    """Whether ``condition`` is true at ``point``, and whether a part of it has no value there and so is not true.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x", real=True)
        >>> (
        ...     truth_where_defined(sp.log(x) < 0, {x: Fraction(-1)}),
        ...     truth_where_defined(sp.log(x) < 0, {x: Fraction(1, 2)}),
        ... )
        ((False, True), (True, False))
    """
    known = truth(condition, point)
    if known is not None:
        return known, False
    return _not_true_where_undefined(_normal(condition), point)


@functools.lru_cache(maxsize=256)
def _normal(condition: Boolean) -> Boolean:
    return to_nnf(condition, simplify=False)


def _not_true_where_undefined(condition: Boolean, point: Point) -> tuple[bool | None, bool]:
    if isinstance(condition, sp.And | sp.Or):
        parts = [_not_true_where_undefined(part, point) for part in condition.args]
        return combined_truth(type(condition).__name__, [known for known, _ in parts]), any(lost for _, lost in parts)
    known = truth(condition, point)
    if known is None and isinstance(condition, Relational) and any(has_no_real_value(s, point) for s in condition.args):
        return False, True
    return known, False
