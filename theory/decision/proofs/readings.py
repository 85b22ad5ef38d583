"""Kinks, steps at 0 and cases read in every way: an expression as one of finitely many without them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, POINT, behind_the_door, takes
from theory.decision.arb.balls import truth
from theory.decision.rational_points import Point

_truth = behind_the_door(truth)

BENT = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)
"""Functions that are one of finitely many analytic ones."""

_DEPTH = 8


@dataclass(frozen=True)
class Reading:
    """What an expression is where all of ``where`` holds."""

    where: tuple[Boolean, ...]
    meaning: sp.Expr


@takes(expression=EXPRESSION)
def readings(expression: sp.Expr) -> Iterator[Reading]:
    """Every way to read the kinks and cases of an expression; where arguments of a maximum are equal, each is right.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> [(reading.where, reading.meaning) for reading in readings(sp.Abs(x))]
        [((x > 0,), x), ((x < 0,), -x)]
    """
    yield from _read(expression, (), _DEPTH)


def _read(expression: sp.Expr, where: tuple[Boolean, ...], depth: int) -> Iterator[Reading]:
    """The readings of an expression: the innermost kink or case is read in every way, then the others are."""
    part = _innermost(expression)
    if part is None or depth == 0:
        yield Reading(where, expression)
        return
    for condition, meaning in _ways(part):
        if condition == sp.false or sp.Not(condition) in where:
            continue
        narrowed = where if condition == sp.true or condition in where else (*where, condition)
        yield from _read(sp.sympify(expression.xreplace({part: meaning})), narrowed, depth - 1)


@takes(expression=EXPRESSION, point=POINT)
def reading_at(expression: sp.Expr, point: Point) -> sp.Expr | None:
    """What an expression is at ``point`` and beside it; None where balls do not tell on which side of a kink it lies.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x", real=True)
        >>> reading_at(sp.Abs(x) - sp.Abs(x - sp.pi), {x: Fraction(4)})
        pi
    """
    for _ in range(_DEPTH):
        part = _innermost(expression)
        if part is None:
            return expression
        meaning = next((m for condition, m in _ways(part) if _truth(condition, point)), None)
        if meaning is None:
            return None
        expression = sp.sympify(expression.xreplace({part: meaning}))
    return None


def _innermost(expression: sp.Expr) -> sp.Expr | None:
    """A kink or a case that holds no other, or None."""
    ours = expression.free_symbols
    bent = [part for part in expression.atoms(*BENT) if part.free_symbols <= ours and part.free_symbols]
    inner = [part for part in bent if not any(a.has(*BENT) for a in part.args if isinstance(a, sp.Expr))]
    return min(inner, key=sp.default_sort_key) if inner else None


def _ways(part: sp.Expr) -> Iterator[tuple[Boolean, sp.Expr]]:
    """What a kink, a step at 0 or a case is, and where."""
    if isinstance(part, sp.Max | sp.Min):
        sign = 1 if isinstance(part, sp.Max) else -1
        for chosen in part.args:  # where two are equal either reading is right
            yield sp.And(*(sp.Gt(sign * (chosen - o), 0) for o in part.args if o is not chosen)), chosen
    elif isinstance(part, sp.Piecewise):
        before: Boolean = sp.true
        for value, condition in part.args:
            yield sp.And(before, condition), value
            before = sp.And(before, sp.Not(condition))
    else:
        u = part.args[0]
        for relation, sign in ((sp.Gt(u, 0), 1), (sp.Lt(u, 0), -1), (sp.Eq(u, 0), 0)):
            if isinstance(part, sp.Abs):
                if sign:
                    yield relation, sign * u
            else:
                yield relation, part.func(sp.Integer(sign), *part.args[1:])
