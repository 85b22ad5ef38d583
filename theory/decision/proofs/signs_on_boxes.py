r"""Proofs that an expression has one sign on a whole box, by its ranges.

Where one range leaves a sign open, the box is cut in two, up to a limit; along a side on which the expression only
rises or falls, its end alone counts, and elsewhere the mean value theorem makes ranges sharper. Waves of one symbol
alone are looked at over one period. This is a proof for all points at once, where points prove nothing:
:math:`2 + \epsilon - \sin x - \sin\sqrt2 x` is positive.

References:
    Moore, Kearfott and Cloud, *Introduction to Interval Analysis* (2009), chapters 5 and 6.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, YES_OR_NO, takes
from theory.decision.arb.balls import flint_library
from theory.decision.proofs.ranges import (
    PRECISION,
    Box,
    Ends,
    Ranges,
    is_false_on,
    number_of,
    outwards,
    product_of,
    slopes_of,
    truth_on,
)
from theory.errors import UnsupportedFormError

_MAX_BOXES = 1000
_MAX_OPERATIONS = 300
_MAX_WORK = 25_000
"""Boxes times operations that are spent on one expression."""

_LOOKS = 24
"""In so many boxes a point is looked at: where the expression is negative nothing can be proved."""


@takes(expression=EXPRESSION, conditions=CONDITIONS, strict=YES_OR_NO)
def proof_by_ranges(
    expression: sp.Expr, conditions: Boolean | Sequence[Boolean] = (), *, strict: bool = True
) -> str | None:
    """A sentence that states why ``expression`` is positive, or nowhere negative if not ``strict``; None if unknown.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> proof_by_ranges(2 - sp.sin(x) * sp.cos(y))
        'by its ranges on 1 box, over one period of x and y'
        >>> proof_by_ranges(sp.sin(x) + sp.cos(x) + sp.Rational(3, 2))
        'by its ranges on 11 boxes, over one period of x'
        >>> proof_by_ranges(1 + sp.sin(x)) is None, proof_by_ranges(1 + sp.sin(x), strict=False)
        (True, 'by its ranges on 1 box, over one period of x')
    """
    if expression.count_ops() > _MAX_OPERATIONS:
        return None
    given = (conditions,) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    flint = flint_library()
    with flint.ctx.workprec(PRECISION):
        start, periods = _start(expression, given)
        slopes = slopes_of(expression)
        size = expression.count_ops() + sum(slope.count_ops() for slope in slopes.values())
        most = min(_MAX_BOXES, _MAX_WORK // (size + 1))
        boxes, seen = deque([start]), 0
        while boxes:
            box, seen = boxes.popleft(), seen + 1
            if seen > most or seen <= _LOOKS and _is_refuted(expression, given, box, strict):
                return None
            if any(is_false_on(condition, box) for condition in given):
                continue
            lowest = _lowest(expression, slopes, box)
            if lowest is not None and (lowest > 0 or not strict and lowest >= 0):
                continue
            parts = _halves(box)
            if not parts:
                return None
            boxes.extend(parts)
    over = f", over one period of {' and '.join(sorted(map(str, periods)))}" if periods else ""
    return f"by its ranges on {seen} box{'es' if seen > 1 else ''}{over}"


def _is_refuted(expression: sp.Expr, conditions: Sequence[Boolean], box: Box, strict: bool) -> bool:
    """Whether the expression has the other sign in the middle of the box, and all conditions hold there."""
    middles = {x: _middle(ends) for x, ends in box.items()}
    if None in middles.values():
        return False
    point = {x: Ends(at, at) for x, at in middles.items()}
    try:
        at_point = Ranges(point).of(expression)
    except UnsupportedFormError:
        return False
    below = at_point.high < 0 or strict and at_point.high <= 0
    return bool(below) and all(truth_on(condition, point) for condition in conditions)


def _start(expression: sp.Expr, conditions: Sequence[Boolean]) -> tuple[dict[sp.Symbol, Ends], set[sp.Symbol]]:
    """What the assumptions and the plain bounds among ``conditions`` leave to each symbol, or one period."""
    arb = flint_library().arb
    symbols = expression.free_symbols.union(*(condition.free_symbols for condition in conditions))
    bounded = set().union(*(condition.free_symbols for condition in conditions))
    box, periods = {}, set[sp.Symbol]()
    for symbol in sorted(symbols, key=str):
        low = arb(0) if symbol.is_nonnegative else -arb("inf")
        high = arb(0) if symbol.is_nonpositive else arb("inf")
        period = _period(expression, symbol) if symbol not in bounded and not symbol.is_integer else None
        if period is not None:
            low, high = arb(0), arb(period)
            periods.add(symbol)
        for relation in itertools.chain.from_iterable(map(sp.And.make_args, conditions)):
            if isinstance(relation, Relational) and not isinstance(relation, sp.Ne | sp.Eq):
                if relation.gts == symbol and relation.lts.is_Rational:
                    low = low.max(number_of(relation.lts).low)
                if relation.lts == symbol and relation.gts.is_Rational:
                    high = high.min(number_of(relation.gts).high)
        box[symbol] = Ends(low, high)
    return box, periods


def _period(expression: sp.Expr, x: sp.Symbol) -> int | None:
    """A whole number not below a period of ``expression`` in ``x``; None where it has none that is seen."""
    waves = [wave for wave in expression.atoms(sp.sin, sp.cos, sp.tan) if wave.has(x)]
    slopes = [sp.diff(wave.args[0], x) for wave in waves]
    if not waves or expression.xreplace({wave: sp.Dummy() for wave in waves}).has(x):
        return None
    for unit, turn in ((sp.S.One, 2 * sp.pi), (sp.pi, sp.Integer(2))):
        shares = [slope / unit for slope in slopes]
        if all(share.is_Rational and share != 0 for share in shares):
            common = sp.Rational(math.gcd(*(int(s.p) for s in shares)), math.lcm(*(int(s.q) for s in shares)))
            return int(sp.ceiling(turn / common))
    return None


def _lowest(expression: sp.Expr, slopes: Mapping[sp.Symbol, sp.Expr], box: Box) -> Any:
    """A number that no value in the box is below, by the ends of the sides along which they only rise or fall."""
    ranges = Ranges(box)
    try:
        found = ranges.of(expression).low
    except UnsupportedFormError:
        return None
    if not found < 0 or not slopes:
        return found
    faces, middle = dict(box), dict(box)
    below = flint_library().arb(0)
    with contextlib.suppress(UnsupportedFormError):
        for x, slope in slopes.items():
            along = ranges.of(slope)
            end = box[x].low if along.low >= 0 else box[x].high if along.high <= 0 else None
            if end is not None and end.is_finite():
                faces[x] = middle[x] = Ends(end, end)
            elif box[x].is_finite:
                at = (box[x].low + box[x].high).mid() / 2
                middle[x] = Ends(at, at)
                away = product_of(along, outwards(box[x].low - at, box[x].high - at))
                below = below + away.low
            else:
                below = -flint_library().arb("inf")
        found = found.max(Ranges(faces).of(expression).low)
        if below.is_finite():  # the mean value theorem
            found = found.max((Ranges(middle).of(expression).low + below).lower())
    return found


def _halves(box: Box) -> list[dict[sp.Symbol, Ends]]:
    """The box cut in two across its widest side; nothing where no side can be cut."""
    wide = [(x, at) for x, ends in box.items() if (at := _middle(ends)) is not None]
    if not wide:
        return []
    x, at = max(wide, key=lambda pair: _width(box[pair[0]]))
    return [{**box, x: Ends(box[x].low, at)}, {**box, x: Ends(at, box[x].high)}]


def _width(ends: Ends) -> Any:
    """How wide a side is where infinity lies at a distance of a quarter turn from 0."""
    return (ends.high.atan() - ends.low.atan()).mid()


def _middle(ends: Ends) -> Any:
    arb = flint_library().arb
    if ends.is_finite:
        return (ends.low + ends.high).mid() / 2 if ends.low < ends.high else None
    if not ends.low.is_finite() and not ends.high.is_finite():
        return arb(0)
    if ends.low.is_finite():
        return (2 * ends.low).mid() if ends.low >= 1 else arb(1) if ends.low >= 0 else arb(0)
    return (2 * ends.high).mid() if ends.high <= -1 else arb(-1) if ends.high <= 0 else arb(0)
