r"""The residual of an expression at random admissible points, as balls of rising precision."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.answer import Answer
from theory.argument_kinds import behind_the_door
from theory.decision.arb.balls import MissingFlintError, ball, complex_ball
from theory.decision.points.breakpoints import branch_cuts, moved_to_zero, remarkable_integers, zeros_along
from theory.decision.points.breakpoints import breakpoints as breakpoints_of
from theory.decision.points.magnitudes import FAR, NEAR
from theory.decision.points.region import AdmissibleRegion, rounded_points, simple_points
from theory.decision.points.spread import spread_of_sizes
from theory.decision.rational_points import Point, number_as_text
from theory.errors import UnsupportedFormError

_ball, _complex_ball = behind_the_door(ball), behind_the_door(complex_ball)
_spread = behind_the_door(spread_of_sizes)

PRECISIONS = (128, 512, 2048)
"""Working precisions in bits, tried in turn at each point."""

SHARP = -400
"""A ball around 0 counts as agreement if its radius is below 2**SHARP."""


CLOSER_PRECISIONS = (2048, 8192, 32768)
"""Working precisions of a last look at a few points, before agreement is said."""

_CUT_POINTS = 12
"""Points from which a cut is walked to along each coordinate."""

_CLOSER_POINTS = 3
_SPREADS = 12
"""Of so many points those are looked at first where the parts of the expression differ least in size."""

_RESOLVING = 4
"""Balls tell numbers from 0 where their precision is so many times the spread of sizes."""

_CLOSER_SECONDS = 0.01
"""A precision is not raised further at a point that took longer than this."""

_SLOW = (sp.Integral, sp.Sum, sp.Product, sp.hyper, sp.besseli, sp.besselj, sp.besselk, sp.bessely, sp.uppergamma,
         sp.lowergamma, sp.expint, sp.polygamma, sp.zeta, sp.polylog, sp.beta)  # fmt: skip
"""Functions that balls enclose slowly, or not at all, at large arguments."""

_LEAVING = (sp.log, sp.asin, sp.acos, sp.acosh, sp.atanh, sp.asec, sp.acsc, sp.acoth, sp.asech, sp.loggamma, sp.li,
            sp.Ci, sp.Chi, sp.polylog, sp.besseli, sp.besselj, sp.besselk, sp.bessely, sp.uppergamma, sp.lowergamma,
            sp.expint)  # fmt: skip
"""Functions whose values at real arguments may not be real; so may those of powers."""


class Residual(Answer):
    """What a ball at one point says about an expression: not 0, sharply around 0, or nothing."""

    EXCLUDES = "excludes 0"
    AGREES = "agrees with 0"
    BLURRED = "cannot be told from 0 sharply enough"
    UNDEFINED = "has no finite real value"


class Clock:
    """Processor time left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.process_time() + seconds

    @property
    def left(self) -> float:
        """Seconds left."""
        return max(self.end - time.process_time(), 0.0)

    @property
    def is_over(self) -> bool:
        """Whether none is left."""
        return time.process_time() > self.end


class PointSearch:
    """Points of a region at which an expression is looked at, with a record of what they visited."""

    def __init__(
        self,
        expression: sp.Expr,
        region: AdmissibleRegion,
        rng: Random,
        clock: Clock,
        breakpoints: Iterable[sp.Expr] = (),
    ) -> None:
        self.expression = expression
        self.region = region
        self.rng = rng
        self.clock = clock
        self.symbols = region.symbols
        self._more_breakpoints = tuple(breakpoints)
        parts = _distinct_parts(expression)
        self.reach = NEAR if any(isinstance(part, _SLOW) for part in parts) else FAR
        self.drawn = 0
        self.blurred = 0
        self.undefined = 0
        self.last_ball: Any = None
        self.refusal: str | None = None
        self.is_resolved = False
        self.through_the_plane = True
        self._may_leave_the_reals = any(
            isinstance(part, _LEAVING) or isinstance(part, sp.Pow) and part.exp.is_integer is not True for part in parts
        )

    @functools.cached_property
    def breakpoints(self) -> list[sp.Expr]:
        """Surfaces beside which every third point is placed: what is refuted at the first two never asks for them."""
        return [*breakpoints_of(self.expression), *self._more_breakpoints]

    def points(self, attempts: int) -> Iterator[dict[sp.Symbol, Fraction]]:
        """Distinct admissible points; every third lies on or near a breakpoint, which are visited in turn."""
        if not self.symbols:
            if not self.region.is_empty:
                self.drawn += 1
                yield {}
            return
        seen = set()
        for attempt in range(attempts):
            if self.clock.is_over or self.region.is_empty:
                return
            point = self.region.draw(self.rng, reach=self.reach)
            if point is not None and attempt % 3 == 2 and self.breakpoints:
                point = self._beside(point, self.breakpoints[attempt // 3 % len(self.breakpoints)])
            key = None if point is None else tuple(point.values())
            if point is not None and key not in seen:
                seen.add(key)
                self.drawn += 1
                yield point

    def _beside(self, point: dict[sp.Symbol, Fraction], surface: sp.Expr) -> dict[sp.Symbol, Fraction] | None:
        moved = moved_to_zero(point, surface, self.symbols, self.rng)
        return moved if moved is not None and self.region.contains(moved) else None

    def residual(self, point: Point) -> tuple[Residual, float | None]:
        """What the ball at ``point`` says and, where it agrees with 0, log2 of its radius."""
        finding, radius = self._residual(_complex_ball if self.expression.has(sp.I) else _ball, point)
        if finding is Residual.UNDEFINED and self.through_the_plane and self._may_leave_the_reals:
            # sqrt(x)*sqrt(y) is real at negative x and y although its factors are not.
            finding, radius = self._residual(_complex_ball, point)
        self.undefined += finding is Residual.UNDEFINED
        self.blurred += finding is Residual.BLURRED
        return finding, radius

    def _residual(self, enclose: Callable[..., Any], point: Point) -> tuple[Residual, float | None]:
        try:
            for precision in PRECISIONS if self.symbols else PRECISIONS[1:]:
                if self.clock.is_over:
                    break
                value = self.last_ball = enclose(self.expression, point, precision)
                if not value.is_finite():
                    if precision >= 512:
                        return Residual.UNDEFINED, None
                    continue
                if not value.contains(0):
                    return Residual.EXCLUDES, None
                radius = _log2_size(value)
                if radius < SHARP and (self.symbols or precision == PRECISIONS[-1]):
                    return Residual.AGREES, radius
        except MissingFlintError:
            raise
        except UnsupportedFormError as error:
            self.refusal = str(error)
            return Residual.UNDEFINED, None
        return Residual.BLURRED, None

    def closer_look(self, visited: Sequence[Point]) -> Point | None:
        r"""A point of ``visited`` where a much sharper ball excludes 0 after all; None if none does.

        :math:`\log(1 + e^{-500 - p})` is not 0, but below the radius that counts as agreement.
        """
        if self.expression.has(sp.Integral):
            self.is_resolved = True
            return None
        enclose = _complex_ball if self.expression.has(sp.I) else _ball
        digits = max(
            (abs(int(k)).bit_length() for r in self.expression.atoms(sp.Rational) for k in (r.p, r.q)), default=0
        )
        spreads = [
            (digits + _spread(self.expression, p), k, p) for k, p in enumerate(sorted(visited, key=height)[:_SPREADS])
        ]
        for spread, _, point in sorted(spreads)[:_CLOSER_POINTS]:
            cost = 0.0
            for precision in CLOSER_PRECISIONS:
                if self.clock.is_over or cost > _CLOSER_SECONDS:
                    break
                begin = time.process_time()
                with contextlib.suppress(UnsupportedFormError):
                    value = self.last_ball = enclose(self.expression, point, precision)
                    if not value.is_finite() and self._may_leave_the_reals:
                        value = self.last_ball = _complex_ball(self.expression, point, precision)
                    if value.is_finite() and not value.contains(0):
                        return point
                    self.is_resolved |= bool(value.is_finite()) and precision >= _RESOLVING * spread
                cost = time.process_time() - begin
        return None

    def excludes(self, point: Point, precision: int) -> bool:
        """Whether a ball of this precision at ``point`` excludes 0; integrals are enclosed less sharply."""
        precision = min(precision, PRECISIONS[1]) if self.expression.has(sp.Integral) else precision
        with contextlib.suppress(UnsupportedFormError):
            value = (_complex_ball if self.expression.has(sp.I) else _ball)(self.expression, point, precision)
            if value.is_finite() and not value.contains(0):
                self.last_ball = value
                return True
        return False

    def on_a_cut(self, visited: Sequence[Point]) -> Point | None:
        """A point where a complex argument is real, so that its logarithm may jump, and a ball excludes 0; or None."""
        starts = [*itertools.islice(simple_points(self.region), _CUT_POINTS), *visited[:_CUT_POINTS]]
        for cut in branch_cuts(self.expression):
            for start in starts:
                for point in zeros_along(cut, start, self.symbols):
                    if self.clock.is_over:
                        return None
                    if self.region.contains(point) and self.residual(point)[0] is Residual.EXCLUDES:
                        return point
        return None

    def at_a_remarkable_integer(self, visited: Sequence[Point]) -> Point | None:
        """A point of integers that random ones seldom hit, where a ball excludes 0; or None."""
        for point in remarkable_integers(self.expression, min(visited, key=height)):
            if self.clock.is_over:
                return None
            if self.region.contains(point) and self.residual(point)[0] is Residual.EXCLUDES:
                return point
        return None

    def readable_witness(self, point: Point) -> tuple[Point, str]:
        """A point of simple numbers whose ball excludes 0 too, and that ball as text; ``point`` if none is found.

        It is looked for after a random point has refuted, and plays no part in that decision.
        """
        ball_there = self.last_ball.str(6)
        for simpler in itertools.chain(simple_points(self.region), rounded_points(self.region, point)):
            if self.clock.is_over:
                break
            if self.residual(simpler)[0] is Residual.EXCLUDES:
                return simpler, self.last_ball.str(6)
        return point, ball_there

    def is_hopeless(self, used: int) -> bool:
        """Whether so many points failed to count that going on is not worth the time."""
        patience = 4 if self.expression.has(sp.Integral) else 40
        return self.blurred > 10 + 2 * used or self.undefined > patience + 10 * used

    def shortage(self, used: int, wanted: int) -> str:
        """Why too few points counted."""
        if self.clock.is_over:
            return f"time limit of {self.clock.seconds:g} s reached after {used} of {wanted} points"
        if self.drawn == 0:
            return "no point satisfied the assumptions"
        if not used and self.refusal:
            return self.refusal
        return (
            f"only {used} of {wanted} points counted: of {self.drawn} distinct points, {self.undefined} had no finite "
            f"real value and {self.blurred} could not be told from 0 sharply enough"
        )


def _distinct_parts(expression: sp.Expr) -> set[sp.Basic]:
    """All parts of an expression, each once: functions that were put in repeat theirs many times."""
    parts: set[sp.Basic] = set()
    waiting: list[sp.Basic] = [expression]
    while waiting:
        part = waiting.pop()
        if part not in parts:
            parts.add(part)
            waiting.extend(part.args)
    return parts


def branches(expression: sp.Expr) -> Iterator[Boolean]:
    """The conditions under which each branch of each Piecewise is taken."""
    for piecewise in expression.atoms(sp.Piecewise):
        earlier: list[Boolean] = []
        for _, condition in piecewise.args:
            branch = sp.And(condition, *(sp.Not(e) for e in earlier), evaluate=False)
            if branch.free_symbols <= expression.free_symbols:
                yield sp.logic.boolalg.to_nnf(branch, simplify=False)
            earlier.append(condition)


def leads(expression: sp.Expr) -> Iterator[Boolean]:
    """The conditions under which each argument of each Max is above the others, of each Min below them."""
    for extreme in sorted(expression.atoms(sp.Max, sp.Min), key=sp.default_sort_key):
        sign = 1 if isinstance(extreme, sp.Max) else -1
        for chosen in extreme.args:
            others = [other for other in extreme.args if other is not chosen]
            lead = sp.And(*(sp.Gt(sign * (chosen - other), 0) for other in others))
            if lead != sp.false and lead.free_symbols and lead.free_symbols <= expression.free_symbols:
                yield lead


def _log2_size(value: Any) -> float:
    """Log2 of an upper bound of the distance from 0 within a ball."""
    parts = (value.real, value.imag) if hasattr(value, "conjugate") and hasattr(value, "arg") else (value,)
    return max(_log2(part.abs_upper()) for part in parts)


def height(point: Point) -> int:
    """How far the coordinates of a point are from 1, in powers of two."""
    return sum(abs(abs(v.numerator).bit_length() - v.denominator.bit_length()) for v in point.values())


def _log2(x: Any) -> float:
    if x.is_zero():
        return -math.inf
    mantissa, exponent = x.man_exp()
    return int(exponent) + int(mantissa).bit_length()


def as_text(point: Point) -> dict[str, str]:
    """``point`` with names and exact values as text."""
    return {str(symbol): value if isinstance(value, str) else number_as_text(value) for symbol, value in point.items()}
