r"""Where an expression is smallest or largest, and how it behaves at the ends of its region.

An inequality that is false is often false in a corner: at the optimum, or close to 0 or infinity. Balls lead there by a
pattern search and decide nothing on the way; what is found is one more rational point.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from theory.decision.arb.balls import flint_library
from theory.decision.arb.real_and_complex_balls import RealBalls
from theory.decision.points.region import AdmissibleRegion, rounded_value
from theory.decision.rational_points import Point
from theory.errors import UnsupportedFormError

_ENDS = (80, 160, 320, 1024, 4096, 16384, 65536)
"""Powers of two at which the ends are looked at."""

_BINDING = (sp.Sum, sp.Product, sp.Integral, sp.Subs, sp.Derivative)
"""Forms whose parts hold symbols of their own."""

_FIRST_STEP, _LAST_STEP = 2, 40
_MAX_MOVES = 400
_MAX_MOVES_ALONG = 4000
_BENDS = (0, 1, 8)
"""How far a step along a side turns inwards, in squares of its length: for sides that curve up to so much."""
_FAR = 400
"""Bits of a coordinate beyond which a way along a side leads to infinity."""
_NEAR_SIDE = Fraction(1, 16)
"""Share by which two sides of an inequality differ at most where it stops a way down; most end within 2**-40."""
_PRECISION = 128
_BITS = 48


def extreme_points(region: AdmissibleRegion, rng: random.Random) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Points of the region with one coordinate very large, or very close to 0 or to a bound of its own."""
    for symbol in region.symbols:
        near = _drawn(region, rng)
        if near is None:
            return
        ends = {Fraction(0), *_own_bounds(region, symbol)}
        for exponent in _ENDS if not symbol.is_integer else _ENDS[:3]:
            for side in (1, -1):
                values = [side * Fraction(1 << exponent)]
                values += [] if symbol.is_integer else [end + Fraction(side, 1 << exponent) for end in sorted(ends)]
                for value in values:
                    point = {**near, symbol: value}
                    if region.contains(point):
                        yield point


def _drawn(region: AdmissibleRegion, rng: random.Random) -> dict[sp.Symbol, Fraction] | None:
    return next((p for p in (region.draw(rng) for _ in range(60)) if p is not None), None)


def _own_bounds(region: AdmissibleRegion, symbol: sp.Symbol) -> Iterator[Fraction]:
    for condition in region.conditions:
        for relation in condition.atoms(sp.core.relational.Relational):
            for one, other in (relation.args, relation.args[::-1]):
                if one == symbol and other.is_Rational:
                    yield Fraction(int(other.p), int(other.q))


def descended(expression: sp.Expr, region: AdmissibleRegion, start: Point) -> dict[sp.Symbol, Fraction]:
    """A point of the region below ``start`` where no step along a coordinate leads further down.

    Steps are proportional to the coordinate, in both directions, and halve where none of them helps.
    """
    point = dict(start)
    heights = _Heights(expression)
    is_inside = region.still_contains if region.contains(point) else lambda moved, _: region.contains(moved)
    lowest = heights.move_to(point)
    step, moves = _FIRST_STEP, 0
    while step > -_LAST_STEP and moves < _MAX_MOVES and lowest is not None:
        better = None
        for moved, symbol in _neighbours(region, point, step):
            moves += 1
            height = heights.beside(moved, symbol) if is_inside(moved, symbol) else None
            if height is not None and height < lowest:
                better, lowest = moved, height
        if better is None:
            step -= 1
        else:
            point, is_inside = better, region.still_contains
            heights.move_to(point)
            step += step < _FIRST_STEP
    return point


def descended_along_surfaces(
    expression: sp.Expr, region: AdmissibleRegion, start: Point
) -> dict[sp.Symbol, Fraction] | None:
    r"""A point below ``start`` close to a curved side of the region, where no way along that side leads further down.

    None where no condition about several coordinates stopped the way down to ``start``. Two coordinates move at once,
    by :math:`\delta` along the tangent of the side and by about :math:`\delta^2` inwards, so that a step along a curved
    side stays inside.
    """
    surfaces = [_Surface.of(part, region) for part in sorted(_inequalities(region), key=str)]
    surfaces = [surface for surface in surfaces if len(surface.slopes) > 1 and surface.is_near(start)]
    if not surfaces:
        return None
    point, heights = dict(start), _Heights(expression)
    lowest = heights.move_to(point)
    step, moves = 0, 0
    while step > -_LAST_STEP and moves < _MAX_MOVES_ALONG and lowest is not None:
        better = None
        for moved in itertools.chain.from_iterable(surface.steps(point, Fraction(2) ** step) for surface in surfaces):
            moves += 1
            height = heights.move_to(moved) if region.contains(moved) else None
            if height is not None and height < lowest:
                better, lowest = moved, height
                break
        step = step - 1 if better is None else min(step + 1, 0)
        point = better or point
        if any(max(abs(value.numerator), value.denominator).bit_length() > _FAR for value in point.values()):
            break
    return point


def _inequalities(region: AdmissibleRegion) -> set[Relational]:
    relations = set().union(*(condition.atoms(Relational) for condition in region.conditions))
    return {relation for relation in relations if not isinstance(relation, sp.Eq | sp.Ne)}


@dataclass(frozen=True)
class _Surface:
    """A side of a region, by the slopes of what is positive inside."""

    inequality: Relational
    slopes: Mapping[sp.Symbol, sp.Expr]

    @classmethod
    def of(cls, inequality: Relational, region: AdmissibleRegion) -> _Surface:
        inside = inequality.gts - inequality.lts
        moving = [s for s in region.symbols if inside.has(s) and not s.is_integer]
        return cls(inequality, {s: sp.diff(inside, s) for s in moving})

    def is_near(self, point: Point) -> bool:
        """Whether the two quantities compared differ by a small share there, or cannot be computed."""
        greater, less = (rounded_value(side, point) for side in (self.inequality.gts, self.inequality.lts))
        return greater is None or less is None or abs(greater - less) <= _NEAR_SIDE * max(abs(greater), abs(less))

    def steps(self, point: Point, factor: Fraction) -> Iterator[dict[sp.Symbol, Fraction]]:
        """``point`` moved along the side in every pair of coordinates, and a little inwards."""
        known = {s: rounded_value(slope, point) for s, slope in self.slopes.items()}
        for a, b in itertools.permutations(self.slopes, 2):
            rise, run = known[a], known[b]
            if rise is None or not run:
                continue
            for step, bend in itertools.product((factor, -factor), _BENDS):
                delta = step * (abs(point[a]) or 1)
                inwards = bend * step * step * (abs(point[b]) or 1) * (1 if run > 0 else -1)
                yield {**point, a: _short(point[a] + delta), b: _short(point[b] - rise / run * delta + inwards)}


class _Heights:
    """The middles of the balls around an expression at a point and at others that differ in one coordinate.

    What does not depend on that coordinate keeps its ball.
    """

    def __init__(self, expression: sp.Expr) -> None:
        self.expression, self.flint = expression, flint_library()
        self.at_point: dict[sp.Basic, Any] = {}
        self.unchanged: dict[sp.Symbol, list[sp.Basic]] = {}

    def move_to(self, point: Point) -> Any:
        """The height at ``point``, from which steps are taken; None where it is not finite."""
        self.at_point = {}
        return self._height(point, self.at_point)

    def beside(self, moved: Point, symbol: sp.Symbol) -> Any:
        """The height where one coordinate has moved; None where it is not finite."""
        if symbol not in self.unchanged:
            self.unchanged[symbol] = list(_largest_parts_without(symbol, self.expression))
        known = {part: self.at_point[part] for part in self.unchanged[symbol] if part in self.at_point}
        return self._height(moved, known)

    def _height(self, point: Point, known: dict[sp.Basic, Any]) -> Any:
        balls = RealBalls(self.flint, point)
        balls.known = known
        with self.flint.ctx.workprec(_PRECISION):
            try:
                value = balls.value(self.expression)
            except (UnsupportedFormError, RecursionError):
                return None
            return value.mid() if value.is_finite() else None


def _largest_parts_without(symbol: sp.Symbol, expression: sp.Basic) -> Iterator[sp.Basic]:
    """The parts that hold other symbols alone, and are in no larger part that does."""
    if not expression.has(symbol):
        if expression.free_symbols and not expression.is_Symbol:
            yield expression
        return
    for part in () if isinstance(expression, _BINDING) else expression.args:
        yield from _largest_parts_without(symbol, part)


def _neighbours(
    region: AdmissibleRegion, point: Point, step: int
) -> Iterator[tuple[dict[sp.Symbol, Fraction], sp.Symbol]]:
    factor = Fraction(2) ** step
    more, less = 1 + factor, 1 / (1 + factor)
    for symbol in region.symbols:
        x = point[symbol]
        if symbol.is_integer:
            values = sorted({x + 1, x - 1, x * 2, Fraction(round(x / 2))})
        elif x.numerator > 0:
            values = [x * less, x * more]
        elif x.numerator < 0:
            values = [x * more, x * less]
        else:
            values = [-factor, factor]
        for value in values:
            yield {**point, symbol: _short(value)}, symbol


def _short(value: Fraction) -> Fraction:
    """``value`` with about as many digits as matter to the search."""
    excess = value.denominator.bit_length() + min(value.numerator.bit_length() - value.denominator.bit_length(), 0)
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= 2 * _BITS or excess < 0:
        return value
    shift = abs(value.numerator).bit_length() - value.denominator.bit_length() - _BITS
    unit = Fraction(2) ** shift
    return round(value / unit) * unit
