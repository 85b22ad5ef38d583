r"""Steps that are touched and not crossed: :math:`\lfloor (1 + \sin x)/2 \rfloor` is 0 but where :math:`\sin x = 1`.

Random points miss such a place, and no change of sign leads to it. So from a few points the way is gone down to where
the argument of the step comes closest to its value at the step. Where the way leads across a step beyond which no
random point lay, the expression is asked just behind it. Where the step is only touched, the place there is guessed in
closed form, which counts only if the step is proved to be touched at it; else it is said where the step may be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.argument_kinds import behind_the_door
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.arb.balls import ball, truth
from theory.decision.points.extrema import descended
from theory.decision.points.irrational_places import IrrationalPlace, surfaces_of_steps, values_at_steps
from theory.decision.points.jumps import JUMP_STARTS, Jump, Sides
from theory.decision.points.point_search import Clock, as_text
from theory.decision.points.region import AdmissibleRegion, admits
from theory.decision.points.touching import place_of_touching
from theory.decision.rational_points import Point, nearly
from theory.errors import TheoryError

_ball, _truth = behind_the_door(ball), behind_the_door(truth)

_PRECISION = 128
"""Bits; heights that they hide are those of numbers too large for points (:mod:`theory.decision.number_sizes`)."""

_MAX_SURFACES = 12
_CLOSE = Fraction(1, 1 << 30)
"""Relative distance within which a coordinate may be a number in closed form."""

_DENOMINATOR = 120
_BISECTIONS = 50


@dataclass(frozen=True)
class TouchedStep:
    """A place where a step may be touched, or just behind one.

    Attributes:
        where: Its coordinates: in closed form where the step is proved to be touched, else rational ones.
        value: A ball around what the expression is there.
        proved: Whether it has that value there: the step is proved to be touched, or the place lies behind it.
    """

    where: dict[sp.Symbol, sp.Expr]
    value: Any
    proved: bool

    @property
    def sign(self) -> int | None:
        """The sign of the expression there; None if the ball does not tell."""
        if not self.value.is_finite():
            return None
        return 1 if self.value > 0 else -1 if self.value < 0 else 0 if self.value.is_zero() else None

    @property
    def named(self) -> dict[str, str]:
        """The coordinates for a reader."""
        return {str(symbol): self._told(value) for symbol, value in self.where.items()}

    def _told(self, value: sp.Expr) -> str:
        return (
            str(value) if self.proved or value.is_Integer else f"about {nearly(Fraction(int(value.p), int(value.q)))}"
        )


def values_at_places(
    expression: sp.Expr, region: AdmissibleRegion, starts: Sequence[Point], clock: Clock
) -> Iterator[tuple[dict[str, str], Any, bool]]:
    """Places where a step has a value of its own, a ball around ``expression`` there, and whether that is proved."""
    for place, value in values_at_steps(expression, region, starts, clock):
        yield as_text(place.values), value, True
    for step in touched_steps(expression, region, starts[:JUMP_STARTS], clock):
        yield step.named, step.value, step.proved


def touched_steps(
    expression: sp.Expr, region: AdmissibleRegion, starts: Sequence[Point], clock: Clock
) -> Iterator[TouchedStep]:
    """Places inside ``region``, down from ``starts``, where a step of ``expression`` is or may be touched."""
    for jump, start in itertools.product(surfaces_of_steps(expression)[:_MAX_SURFACES], starts):
        for level in jump.levels_near(start):
            if clock.is_over:
                return
            try:
                found = _touched(expression, region, jump, level, start)
            except (TheoryError, TypeError, ValueError):  # no value there, SymPy's own too: 1 < nan
                continue
            if found is not None:
                yield found


def _touched(expression: sp.Expr, region: AdmissibleRegion, jump: Jump, level: int, start: Point) -> TouchedStep | None:
    distance = jump.surface - level
    side = _ball(distance, start, _PRECISION)
    upwards = -distance if side < 0 else distance
    lowest = descended(upwards, region, start) if side > 0 or side < 0 else start  # else on it, by all that balls tell
    height = _ball(upwards, lowest, _PRECISION)
    if height < 0:
        return _beyond(expression, region, upwards, start, lowest)
    if height > 0 and place_of_touching(upwards, region, [lowest]) is None:
        return None  # it stays away
    exact = closed_form_of_zero(upwards, lowest)
    if exact is None and height.contains(0):
        return None  # far out, where it comes closer than any precision tells
    if exact is None:
        symbol = next(iter(jump.surface.free_symbols))
        there = IrrationalPlace(Sides(jump, level, symbol, dict(lowest), dict(lowest), _PRECISION)).on_it(expression)
        near = {s: sp.Rational(v.numerator, v.denominator) for s, v in lowest.items()}
        return TouchedStep(near, _ball(there, lowest, _PRECISION), False)
    if not lies_within(region, exact):
        return None
    return TouchedStep(exact, _ball(expression.subs(exact), {}, _PRECISION), True)


def _beyond(
    expression: sp.Expr, region: AdmissibleRegion, upwards: sp.Expr, before: Point, after: Point
) -> TouchedStep | None:
    """The first place beyond a step that is crossed between two points, by bisection; None outside ``region``."""
    for _ in range(_BISECTIONS):
        middle = {s: (before[s] + after[s]) / 2 for s in before}
        before, after = (before, middle) if _ball(upwards, middle, _PRECISION) < 0 else (middle, after)
    where = {s: sp.Rational(v.numerator, v.denominator) for s, v in after.items()}
    return TouchedStep(where, _ball(expression, after, _PRECISION), True) if lies_within(region, where) else None


def lies_within(region: AdmissibleRegion, place: dict[sp.Symbol, sp.Expr]) -> bool:
    """Whether symbols may have these exact values, and all conditions of ``region`` are certainly true there."""
    if not all(_may_be(symbol, value) for symbol, value in place.items()):
        return False
    return all(_truth(sp.sympify(condition.subs(place)), {}, _PRECISION) for condition in region.conditions)


def closed_form_of_zero(vanishing: sp.Expr, near: Point) -> dict[sp.Symbol, sp.Expr] | None:
    """The place ``near`` in closed form, at which ``vanishing`` is proved to be 0; None if none is found."""
    candidates = [[(s, form) for form in _closed_forms(v)] for s, v in near.items() if vanishing.has(s)]
    others = {s: sp.Rational(v.numerator, v.denominator) for s, v in near.items() if not vanishing.has(s)}
    for chosen in itertools.product(*candidates):
        there = vanishing.subs(dict(chosen))
        if not there.has(sp.nan, sp.zoo, sp.oo, -sp.oo) and proof_of_zero(there) is not None:
            return {**others, **dict(chosen)}
    return None


def _may_be(symbol: sp.Symbol, number: sp.Expr) -> bool:
    if number.is_Rational:
        return admits(symbol, number)
    return not symbol.is_rational and all(
        known is assumed
        for assumed, known in ((symbol.is_positive, number.is_positive), (symbol.is_negative, number.is_negative))
        if assumed is not None and known is not None
    )


def _closed_forms(value: Fraction) -> Iterator[sp.Expr]:
    r"""Rationals, multiples of :math:`\pi`, square roots, exponentials, logarithms and angles close to ``value``."""
    x = sp.Rational(value.numerator, value.denominator)
    inverses = (
        (x, lambda r: r),
        (x / sp.pi, lambda r: r * sp.pi),
        (x**2, lambda r: sp.sign(x) * sp.sqrt(r)),
        (sp.log(abs(x)) if x else sp.nan, lambda r: sp.sign(x) * sp.exp(r)),
        (sp.exp(x) if abs(x) < 64 else sp.nan, lambda r: sp.log(r)),
        (sp.tan(x), lambda r: sp.atan(r) + sp.pi * sp.floor(x / sp.pi + sp.S.Half)),
    )
    for form, back in inverses:
        number = _fraction(form)
        simple = None if number is None else number.limit_denominator(_DENOMINATOR)
        if simple is not None and abs(number - simple) <= _CLOSE * max(abs(number), _CLOSE):
            found = back(sp.Rational(simple.numerator, simple.denominator))
            if found.is_finite:
                yield found


def _fraction(number: sp.Expr) -> Fraction | None:
    """A rational number very close to a real constant."""
    if number is sp.nan:
        return None
    middle, exponent = _ball(number, {}, _PRECISION).mid().man_exp()
    return Fraction(int(middle)) * Fraction(2) ** int(exponent)
