r"""Steps that repeat themselves, proved over one period: :math:`\lfloor x\rfloor = -\lceil -x\rceil`.

With :math:`x = Lm + t`, :math:`m` whole and :math:`0 \le t < L`, a floor of :math:`ax + b` with rational :math:`a` and
:math:`b` is :math:`aLm` and a number that changes at finitely many :math:`t`. Between them, and at each of them, an
expression without steps is left. For a whole number :math:`n = Lm + r` there are :math:`L` remainders, and polynomials
may stand in the steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import sympy as sp

from theory.argument_kinds import EXPRESSION, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.points.breakpoints import period_of

_ROUNDED = (sp.floor, sp.ceiling, sp.frac, sp.Mod)
_MOST_PIECES = 60


class _OutOfReachError(Exception):
    """A step does not repeat itself."""


@takes(expression=EXPRESSION)
def proof_by_repetition(expression: sp.Expr) -> str | None:
    """A sentence that states why ``expression`` is 0, whose steps hold one symbol and repeat themselves; or None.

    Example:
        >>> x, n = sp.Symbol("x", real=True), sp.Symbol("n", integer=True)
        >>> proof_by_repetition(sp.floor(x) + sp.floor(x + sp.S.Half) - sp.floor(2 * x))
        'zero on each of 4 parts of a period of x'
        >>> proof_by_repetition(sp.Mod(n**7 - n, 7))
        'zero on each of 7 parts of a period of n'
        >>> proof_by_repetition(sp.floor(sp.sqrt(2) * x)) is None
        True
    """
    plain = _by_floors(expression)
    inside = {symbol for step in plain.atoms(sp.floor) for symbol in step.free_symbols}
    if len(inside) != 1:
        return None
    (x,) = inside
    if not x.is_real:
        return None
    try:
        pieces = list(
            itertools.islice(_remainders(plain, x) if x.is_integer else _stretches(plain, x), _MOST_PIECES + 1)
        )
    except _OutOfReachError:
        return None
    if len(pieces) > _MOST_PIECES or any(piece != 0 and proof_of_zero(piece) is None for piece in pieces):
        return None
    return f"zero on each of {len(pieces)} parts of a period of {x}"


def _by_floors(expression: sp.Expr) -> sp.Expr:
    """Ceilings, fractional parts and remainders by floors."""
    for _ in range(4):
        steps = {
            step: -sp.floor(-step.args[0])
            if isinstance(step, sp.ceiling)
            else step.args[0] - sp.floor(step.args[0])
            if isinstance(step, sp.frac)
            else step.args[0] - step.args[1] * sp.floor(step.args[0] / step.args[1])
            for step in expression.atoms(sp.ceiling, sp.frac, sp.Mod)
            if not step.args[0].has(*_ROUNDED)
        }
        if not steps:
            break
        expression = expression.xreplace(steps)
    return expression


def _remainders(expression: sp.Expr, n: sp.Symbol) -> Iterator[sp.Expr]:
    """The expression for each remainder of a whole number."""
    plain = [step.args[0].replace(sp.floor, lambda u: u) for step in expression.atoms(sp.floor)]
    period = period_of(sp.Add(*map(sp.floor, plain), expression.replace(sp.floor, lambda u: u)), n)
    if period is None or period > _MOST_PIECES:
        raise _OutOfReachError
    m = sp.Dummy("m", integer=True)
    for rest in range(period):
        yield _expanded(_without_steps(expression.subs(n, period * m + rest), m))


def _without_steps(expression: sp.Expr, *place: Any) -> sp.Expr:
    """The expression with the values of its floors, the innermost first."""
    while expression.has(sp.floor):
        inside = [step for step in expression.atoms(sp.floor) if not step.args[0].has(sp.floor)]
        expression = sp.sympify(expression.xreplace({step: _floor_of(step.args[0], *place) for step in inside}))
    return expression


def _expanded(expression: sp.Expr) -> sp.Expr:
    """Arguments of waves and exponents multiplied out, so that whole turns are seen."""
    return sp.expand_mul(
        expression.replace(lambda e: isinstance(e, sp.sin | sp.cos), lambda e: e.func(sp.expand(e.args[0])))
    )


def _floor_of(argument: sp.Expr, m: sp.Symbol, at: sp.Expr | None = None, t: sp.Symbol | None = None) -> sp.Expr:
    """The floor of a polynomial in ``m`` that moves by whole numbers, its rest taken where ``t`` is ``at``."""
    expanded = sp.expand(argument)
    rest = expanded.subs(m, 0)
    moving = sp.expand(expanded - rest)
    if moving.has(sp.floor) or not moving.is_polynomial(m) or moving.free_symbols - {m}:
        raise _OutOfReachError
    if moving != 0 and not all(c.is_Integer for c in sp.Poly(moving, m).coeffs()):
        raise _OutOfReachError
    value = rest if t is None else rest.subs(t, at)
    if not value.is_Rational:
        raise _OutOfReachError
    return moving + sp.floor(value)


def _stretches(expression: sp.Expr, x: sp.Symbol) -> Iterator[sp.Expr]:
    """The expression between the places of a period where a floor changes, and at each of them."""
    slopes = [sp.diff(step.args[0].replace(sp.floor, lambda u: u), x) for step in expression.atoms(sp.floor)]
    inner = [step.args[0] for step in expression.atoms(sp.floor) if not step.args[0].has(sp.floor)]
    lines = [(sp.diff(line, x), line.subs(x, 0)) for line in inner]
    if not all(slope.is_Rational and slope != 0 for slope in (*slopes, *(slope for slope, _ in lines))):
        raise _OutOfReachError
    if not all(offset.is_Rational for _, offset in lines) or not _steps_alone(expression, x):
        raise _OutOfReachError
    period = math.lcm(*(int(slope.q) for slope in slopes))
    if sum(abs(slope) * period for slope, _ in lines) > _MOST_PIECES:
        raise _OutOfReachError
    m, t = sp.Dummy("m", integer=True), sp.Dummy("t", real=True)
    places = {sp.S.Zero, sp.Integer(period)}
    for slope, offset in lines:
        ends = sorted((offset, slope * period + offset))
        places |= {(k - offset) / slope for k in range(int(sp.ceiling(ends[0])), int(sp.floor(ends[1])) + 1)}
    cuts = sorted(place for place in places if 0 <= place <= period)
    moved = expression.subs(x, period * m + t)
    for low, high in itertools.pairwise(cuts):
        for at, where in ((low, {t: low}), ((low + high) / 2, {})):
            yield _expanded(_without_steps(moved, m, at, t).subs(where))


def _steps_alone(expression: sp.Expr, x: sp.Symbol) -> bool:
    """Whether ``x`` stands in a step either as it is or in steps inside: a sum of both has other places of change."""
    outer = [step.args[0] for step in expression.atoms(sp.floor) if step.args[0].has(sp.floor)]
    return not any(u.xreplace({step: sp.Dummy() for step in u.atoms(sp.floor)}).has(x) for u in outer)
