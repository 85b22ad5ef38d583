r"""Points right beside the jumps of an expression, and jumps that no point has told apart.

:math:`\lfloor e^p \rfloor - \lfloor e^p - 10^{-40} \rfloor` is 0 but between two jumps that lie :math:`10^{-40}` apart:
neither random points nor points a billionth beside a jump see it. So each jump is followed to
:math:`2^{-1024}` of its place by secants on balls, and both sides are looked at. Jumps that lie together there are one
if the difference of their surfaces is 0, or one surface vanishes on the other; else it is said that they were not told
apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, behind_the_door, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.arb.balls import ball
from theory.decision.equations import on_surface
from theory.decision.points.breakpoints import crossings
from theory.decision.points.point_search import Clock
from theory.decision.points.region import AdmissibleRegion
from theory.decision.rational_points import Point, exact_value
from theory.errors import TheoryError, UnsupportedFormError

_ball, _exact_value = behind_the_door(ball), behind_the_door(exact_value)

SHARPNESS = 1024
"""Bits to which the place of a jump is known."""

SHARPEST = 8192
"""Bits to which jumps that lie together are told apart."""

JUMP_STARTS = 2
"""Points from which every jump is walked to."""

_JUMPING = (sp.floor, sp.ceiling, sp.frac, sp.Mod, sp.sign, sp.Heaviside, sp.Abs, sp.Max, sp.Min)
_LONGEST_EXPONENT = 1 << 18
_SECANTS = 48
_MAX_JUMPS = 12
_COARSE = 128


@dataclass(frozen=True)
class Jump:
    """Where an expression jumps: at the zeros of ``surface``, or wherever it is a whole number."""

    surface: sp.Expr
    at_whole_numbers: bool = False

    def level(self, point: Point, bits: int) -> int | None:
        """On which piece between two jumps ``point`` lies; None if balls cannot tell."""
        exact = _exact_value(self.surface, point)
        if exact is not None:
            return exact.__floor__() if self.at_whole_numbers else (exact > 0) - (exact < 0)
        value = _ball(self.surface, point, bits)
        if not value.is_finite():
            return None
        if not self.at_whole_numbers:
            return 1 if value > 0 else -1 if value < 0 else None
        middle, radius = _exactly(value.mid()), _exactly(value.rad())
        if middle is None or radius is None:
            return None
        low, high = ((middle + sign * radius).__floor__() for sign in (-1, 1))
        return low if low == high else None

    def levels_near(self, point: Point) -> tuple[int, ...]:
        """The values at jumps on both sides of ``point``."""
        if not self.at_whole_numbers:
            return (0,)
        low = self.level(point, _COARSE)
        return () if low is None else (low, low + 1)


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def jumps_of(expression: sp.Expr, conditions: Boolean | Sequence[Boolean] = ()) -> list[Jump]:
    """Where ``expression`` jumps or has kinks, and where ``conditions`` change, each place once, in a fixed order.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> [jump.surface for jump in jumps_of(sp.floor(sp.exp(x)) + sp.sign(x) * sp.Heaviside(-x))]
        [-x, exp(x)]
    """
    given = (conditions,) if isinstance(conditions, Boolean | bool) else conditions
    forms = (expression, *(condition for condition in given if isinstance(condition, Boolean)))
    parts = {part for form in forms for part in form.atoms(*_JUMPING, Relational) if _is_free(part, form)}
    found = {Jump(part.args[0], True) for part in parts if isinstance(part, sp.floor | sp.ceiling | sp.frac)}
    found |= {Jump(part.args[0] / part.args[1], True) for part in parts if isinstance(part, sp.Mod)}
    found |= {Jump(part.args[0]) for part in parts if isinstance(part, sp.sign | sp.Heaviside | sp.Abs)}
    for part in parts:
        if isinstance(part, sp.Max | sp.Min):
            found |= {Jump(a - b) for a, b in itertools.combinations(part.args, 2)}
    for relation in parts:
        if isinstance(relation, Relational) and not isinstance(relation, sp.Eq | sp.Ne):
            found.add(Jump(relation.lhs - relation.rhs))
    return _distinct(found)


def _is_free(part: sp.Basic, form: sp.Basic) -> bool:
    """Whether ``part`` holds no variable of an integral or a sum."""
    return part.free_symbols <= form.free_symbols


def _distinct(jumps: Iterable[Jump]) -> list[Jump]:
    """``jumps`` without those that are others turned round or moved by a whole number; constants jump nowhere."""
    kept: list[Jump] = []
    for jump in sorted(jumps, key=lambda j: sp.default_sort_key(j.surface)):
        if not jump.surface.free_symbols or jump.surface.has(sp.oo, sp.zoo, sp.nan, sp.I):
            continue
        if not any(_obviously_one(jump, other) for other in kept):
            kept.append(jump)
    return kept


def _obviously_one(one: Jump, other: Jump) -> bool:
    if one.at_whole_numbers is not other.at_whole_numbers:
        return False
    apart = [sp.expand(one.surface + sign * other.surface) for sign in (1, -1)]
    return any(d == 0 or (one.at_whole_numbers and d.is_Integer) for d in apart)


@dataclass(frozen=True)
class Sides:
    """Two points on both sides of a jump, ``2**-bits`` of its place apart."""

    jump: Jump
    level: int
    symbol: sp.Symbol
    below: dict[sp.Symbol, Fraction]
    above: dict[sp.Symbol, Fraction]
    bits: int


def sides_of(jump: Jump, start: Point, symbols: Sequence[sp.Symbol], bits: int = SHARPNESS) -> Iterator[Sides]:
    """Both sides of the jump, along each coordinate through ``start``."""
    for symbol in symbols:
        if symbol.is_integer or not jump.surface.has(symbol):
            continue
        for level in jump.levels_near(start):
            for low, high in crossings(jump.surface - level, symbol, start):
                found = _sharp(jump.surface - level, symbol, start, (low, high), bits)
                if found is not None:
                    below, above = ({**start, symbol: end} for end in found)
                    yield Sides(jump, level, symbol, below, above, bits)


def _sharp(
    surface: sp.Expr, symbol: sp.Symbol, start: Point, bracket: tuple[Fraction, Fraction], bits: int
) -> tuple[Fraction, Fraction] | None:
    """The bracket of a change of sign, ``2**-bits`` times its place wide; None where secants do not find it."""
    low, high = bracket
    size = max(abs(low), abs(high)) or Fraction(1)
    width = Fraction(1, 1 << bits) * _power_of_two(size)

    def value(x: Fraction) -> Any:
        return _ball(surface, {**start, symbol: x}, 2 * bits)

    if low != high:
        found = _by_secants(value, low, high, width)
        if found is None:
            return None
        low = high = found
    ends = low - width, high + width
    signs = [_sign(value(end)) for end in ends]
    return ends if None not in signs else None


def _by_secants(value: Any, low: Fraction, high: Fraction, width: Fraction) -> Fraction | None:
    """A point within ``width`` of the zero between two others, by Illinois's rule; None if it is not found."""
    at_low, at_high = _middle(value(low)), _middle(value(high))
    if at_low is None or at_high is None or at_low * at_high >= 0:
        return low if at_low == 0 else high if at_high == 0 else None
    unit = width / 16
    last = None
    for _ in range(_SECANTS):
        x = _zero_of_secant((low, at_low), (high, at_high), unit)
        here = _middle(value(x))
        if here is None:
            return None
        if here == 0 or last is not None and abs(x - last) < width / 2:
            return x
        last = x
        if here * at_high < 0:
            low, at_low = high, at_high
        else:
            at_low /= 2
        high, at_high = x, here
    return None


def _zero_of_secant(first: tuple[Fraction, Fraction], second: tuple[Fraction, Fraction], unit: Fraction) -> Fraction:
    """The multiple of ``unit`` next to where the line through two points vanishes.

    In whole numbers: fractions of thousands of bits would be reduced at each operation.
    """
    (a, at_a), (b, at_b) = first, second
    here = at_a.numerator * at_b.denominator
    rise = at_b.numerator * at_a.denominator - here
    width = b.numerator * a.denominator - a.numerator * b.denominator
    above = (a.numerator * b.denominator * rise - here * width) * unit.denominator
    below = a.denominator * b.denominator * rise * unit.numerator
    whole, rest = divmod(above, below) if below > 0 else divmod(-above, -below)
    twice, below = 2 * rest, abs(below)
    return (whole + (twice > below or (twice == below and whole % 2))) * unit


def _middle(value: Any) -> Fraction | None:
    return _exactly(value.mid()) if value.is_finite() else None


def _exactly(number: Any) -> Fraction | None:
    """A binary number; None where it is too large to be written down, as p**q is at large q."""
    mantissa, exponent = number.man_exp()
    m, e = int(mantissa), int(exponent)
    if abs(e) > _LONGEST_EXPONENT:
        return None
    return Fraction(m << e) if e >= 0 else Fraction(m, 1 << -e)


def _sign(value: Any) -> int | None:
    return 1 if value > 0 else -1 if value < 0 else None


def _power_of_two(size: Fraction) -> Fraction:
    return Fraction(2) ** (abs(size.numerator).bit_length() - size.denominator.bit_length())


@dataclass(frozen=True)
class Meeting:
    """A point right beside a jump, or two jumps that were not told apart.

    Attributes:
        point: The point; None for two jumps.
        bits: The precision of balls that tell on which side of the jumps the point lies.
        told: The two jumps in words.
    """

    point: dict[sp.Symbol, Fraction] | None
    bits: int = 4 * SHARPEST
    told: str = ""


def meetings(
    jumps: Sequence[Jump], region: AdmissibleRegion, starts: Sequence[Point], clock: Clock
) -> Iterator[Meeting]:
    """What is found beside each of the jumps inside ``region``, along each coordinate through each of ``starts``.

    Where others jump too as far as :data:`SHARPNESS` tells, the place is looked at down to :data:`SHARPEST`.
    """
    for start, jump in itertools.product(starts, jumps[:_MAX_JUMPS]):
        for sides in _found(jump, start, region, clock):
            inside = [region.contains(point) for point in (sides.below, sides.above)]
            for point, is_inside in zip((sides.below, sides.above), inside, strict=True):
                if is_inside:
                    yield Meeting(point, 2 * sides.bits)
            for other in jumps if all(inside) else ():
                if other != jump and not clock.is_over:
                    yield from _apart(other, sides, region)


def _found(jump: Jump, start: Point, region: AdmissibleRegion, clock: Clock) -> list[Sides]:
    try:
        return [] if clock.is_over else list(sides_of(jump, start, region.symbols))
    except UnsupportedFormError:
        return []


def _apart(other: Jump, sides: Sides, region: AdmissibleRegion) -> Iterator[Meeting]:
    """Nothing where ``other`` jumps elsewhere or is proved to jump at the same place; else where they come apart."""
    first, closer = sides.bits, sides
    while _share(other, closer):
        sharper = _sharper(closer)
        if sharper is None:
            if not _are_one(other, sides, region):
                told = f"the jumps of {sides.jump.surface} and of {other.surface} were not told apart"
                yield Meeting(None, told=told)
            return
        closer = sharper
    if closer.bits > first:
        yield from (Meeting(point, 2 * closer.bits) for point in (closer.below, closer.above))


def _share(other: Jump, sides: Sides) -> bool:
    """Whether ``other`` jumps between the two sides too, or cannot be told not to."""
    levels = [other.level(point, 2 * sides.bits) for point in (sides.below, sides.above)]
    return None in levels or levels[0] != levels[1]


def _sharper(sides: Sides) -> Sides | None:
    """The same jump, looked at twice as sharply; None at :data:`SHARPEST`."""
    bits = 2 * sides.bits
    if bits > SHARPEST:
        return None
    surface, symbol = sides.jump.surface - sides.level, sides.symbol
    found = _sharp(surface, symbol, sides.below, (sides.below[symbol], sides.above[symbol]), bits)
    if found is None:
        return None
    below, above = ({**sides.below, symbol: end} for end in found)
    return Sides(sides.jump, sides.level, symbol, below, above, bits)


def _are_one(other: Jump, sides: Sides, region: AdmissibleRegion) -> bool:
    """Whether ``other`` is proved to jump where the jump of ``sides`` does."""
    levels = [other.level(point, 2 * SHARPEST) for point in (sides.below, sides.above)]
    at = max((level for level in levels if level is not None), default=0) if other.at_whole_numbers else 0
    here, there = sides.jump.surface - sides.level, other.surface - at
    middle = (sides.below[sides.symbol] + sides.above[sides.symbol]) / 2  # a rational place is known exactly
    at_place = {**sides.below, sides.symbol: middle}
    if _exact_value(here, at_place) == 0 and _exact_value(there, at_place) == 0:
        return True
    if any(proof_of_zero(here + sign * there, region.conditions) is not None for sign in (1, -1)):
        return True
    return _vanishes_on(there, here, region) or _vanishes_on(here, there, region)


def _vanishes_on(function: sp.Expr, surface: sp.Expr, region: AdmissibleRegion) -> bool:
    """Whether ``function`` is proved to be 0 wherever ``surface`` is, which is solved for one symbol."""
    equation = sp.Eq(surface, 0, evaluate=False)
    try:
        solved = [values for values, _ in on_surface(equation, region.symbols)]
        return bool(solved) and all(
            values is not None and proof_of_zero(sp.sympify(function.subs(values))) is not None for values in solved
        )
    except TheoryError:
        return False
