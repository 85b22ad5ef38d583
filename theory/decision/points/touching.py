r"""Where an expression of one sign comes so close to 0 that it may be 0 there.

:math:`5 - 3\sin x - 4\cos x` is positive at every rational :math:`x`, and 0 at :math:`x = \arctan(3/4)`. The way down
leads there; a value far below those around it, at a place that belongs to the region, excludes no zero. Where
the way leads to infinity, or to a place outside the region, nothing is touched: :math:`1 - \tanh x` stays positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from theory.argument_kinds import behind_the_door
from theory.decision.arb.balls import ball
from theory.decision.points.region import AdmissibleRegion, admits
from theory.decision.rational_points import Point
from theory.errors import UnsupportedFormError

_ball = behind_the_door(ball)

_PRECISION = 256
_SHARP = 4096
_TINY = Fraction(1, 1 << 48)
"""Share of the values around below which one may be 0: a descent along a curved side comes as close as this."""
_LOWEST = 8
"""So many of the lowest points are looked at."""
_FAR = 1 << 40
_MAX_EXPONENT = 5000
_BESIDE = Fraction(1, 1 << 20)
"""Distance, as a share, at which a place counts as one on the side of a region or on a coordinate plane."""


def place_of_touching(
    expression: sp.Expr, region: AdmissibleRegion, points: Iterable[Point]
) -> Mapping[sp.Symbol, Fraction] | None:
    """The one of ``points`` beside which ``expression`` may be 0 at a place of the ``region``, or None."""
    if expression.has(sp.Integral, sp.Sum, sp.Product):
        return None
    sizes = [(size, k, point) for k, point in enumerate(points) if (size := _size(expression, point)) is not None]
    for _, _, point in sorted(sizes)[:_LOWEST]:
        limit = _moved_onto_planes(point)
        if limit is not None and _belongs(limit, region) and _rests_on_zero(expression, limit, region):
            return limit
    return None


def _size(expression: sp.Expr, point: Point) -> Fraction | None:
    """How large a value is; None where it is not finite, or so small as only a tail is."""
    try:
        value = _ball(expression, point, _PRECISION)
        if value.contains(0) and not value.is_zero():  # a tail that rounding hides
            value = _ball(expression, point, _SHARP)
    except UnsupportedFormError:
        return None
    return _upper(value) if value.is_finite() else None


def _upper(value: Any) -> Fraction | None:
    mantissa, exponent = (int(part) for part in value.abs_upper().mid().man_exp())
    if mantissa and abs(exponent) > _MAX_EXPONENT:
        return None
    return Fraction(mantissa << max(exponent, 0), 1 << max(-exponent, 0))


def _rests_on_zero(expression: sp.Expr, point: Point, region: AdmissibleRegion) -> bool:
    """Whether the value is far below those around, and none of them is lower: a way down that ends in 0 here."""
    size = _size(expression, point)
    if size is None:
        return False
    neighbours = [{**point, s: x} for s, value in point.items() for x in _around(value) if not s.is_integer]
    around = [_size(expression, n) for n in neighbours if region.contains(n)]
    known = [other for other in around if other is not None]
    return bool(known) and size <= _TINY * max(known) and 2 * min(known) >= size


def _around(value: Fraction) -> Iterator[Fraction]:
    if not value:
        yield from (Fraction(1, 8), Fraction(-1, 8), Fraction(4), Fraction(-4))
    else:
        yield from (value * factor for factor in (Fraction(1, 4), Fraction(7, 8), Fraction(9, 8), Fraction(4)))


def _moved_onto_planes(point: Point) -> dict[sp.Symbol, Fraction] | None:
    """``point`` with coordinates close to 0 put there; None where a coordinate is far out, or 0 is not admitted."""
    moved = {symbol: value if abs(value) > _BESIDE else Fraction(0) for symbol, value in point.items()}
    if any(abs(value) > _FAR or not admits(symbol, value) for symbol, value in moved.items()):
        return None
    return moved


def _belongs(point: Point, region: AdmissibleRegion) -> bool:
    """Whether the place beside ``point`` is in the region: inside, or on a side that belongs to it."""
    if not region.contains(point):
        return False
    relations = set().union(*(condition.atoms(Relational) for condition in region.conditions))
    return not any(_is_on_side(r, point) for r in relations if isinstance(r, sp.Gt | sp.Lt | sp.Ne))


def _is_on_side(relation: Relational, point: Point) -> bool:
    apart, *sides = (_size(side, point) for side in (relation.lhs - relation.rhs, relation.lhs, relation.rhs))
    return apart is None or apart <= _BESIDE * sum(side or 0 for side in sides)
