"""Where a condition has no truth value because a side of it has no real one."""

from __future__ import annotations

import functools

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, to_nnf

from theory.argument_kinds import CONDITION, EXPRESSION, POINT, behind_the_door, takes
from theory.decision.arb.balls import complex_ball, truth
from theory.decision.rational_points import Point, combined_truth, exact_value
from theory.errors import UnsupportedFormError

_complex_ball, _truth = behind_the_door(complex_ball), behind_the_door(truth)
_exact_value = behind_the_door(exact_value)


@takes(expression=EXPRESSION, point=POINT)
def has_no_real_value(expression: sp.Expr, point: Point) -> bool:
    """Whether ``expression`` certainly has no real value at ``point``; False where that cannot be told.

    By balls: SymPy's own numbers come to no end at 2**(p**2) with p = 10**9 + 1/3.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x", real=True)
        >>> here = {x: Fraction(-1)}
        >>> has_no_real_value(sp.log(x), here), has_no_real_value(1 / (1 + x), here), has_no_real_value(x, here)
        (True, True, False)
    """
    if not expression.has(sp.Piecewise) and any(_exact_value(part, point) == 0 for part in _divisors(expression)):
        return True
    try:
        value = _complex_ball(expression, point)
    except UnsupportedFormError:
        return False
    return bool(value.is_finite() and not value.imag.contains(0))


@functools.lru_cache(maxsize=256)
def _divisors(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """What ``expression`` is divided by, and what it takes the logarithm of."""
    powers = (power.base for power in expression.atoms(sp.Pow) if power.exp.is_negative)
    return (*powers, *(kernel.args[0] for kernel in expression.atoms(sp.log)))


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
    known = _truth(condition, point)
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
    known = _truth(condition, point)
    if known is None and isinstance(condition, Relational) and any(has_no_real_value(s, point) for s in condition.args):
        return False, True
    return known, False
