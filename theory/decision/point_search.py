r"""The residual of an expression at random admissible points, as balls of rising precision."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.answer import Answer
from theory.decision.balls import ball, complex_ball
from theory.decision.rational_points import Point
from theory.decision.region import AdmissibleRegion, rounded_points, simple_points

PRECISIONS = (128, 512, 2048)
"""Working precisions in bits, tried in turn at each point."""

SHARP = -400
"""A ball around 0 counts as agreement if its radius is below 2**SHARP."""


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
        self.breakpoints = [*_breakpoints(expression), *breakpoints]
        self.drawn = 0
        self.blurred = 0
        self.undefined = 0
        self.last_ball: Any = None

    def points(self, attempts: int) -> Iterator[dict[sp.Symbol, Fraction]]:
        """Distinct admissible points; every third lies on or near a breakpoint of the expression."""
        if not self.symbols:
            if not self.region.is_empty:
                self.drawn += 1
                yield {}
            return
        seen = set()
        for attempt in range(attempts):
            if self.clock.is_over or self.region.is_empty:
                return
            point = self.region.draw(self.rng, self.breakpoints if attempt % 3 == 2 else ())
            key = None if point is None else tuple(point.values())
            if point is not None and key not in seen:
                seen.add(key)
                self.drawn += 1
                yield point

    def residual(self, point: Point) -> tuple[Residual, float | None]:
        """What the ball at ``point`` says and, where it agrees with 0, log2 of its radius."""
        enclose = complex_ball if self.expression.has(sp.I) else ball
        for precision in PRECISIONS if self.symbols else PRECISIONS[1:]:
            if self.clock.is_over:
                break
            value = self.last_ball = enclose(self.expression, point, precision)
            if not value.is_finite():
                if precision >= 512:
                    self.undefined += 1
                    return Residual.UNDEFINED, None
                continue
            if not value.contains(0):
                return Residual.EXCLUDES, None
            radius = _log2_size(value)
            if radius < SHARP and (self.symbols or precision == PRECISIONS[-1]):
                return Residual.AGREES, radius
        self.blurred += 1
        return Residual.BLURRED, None

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
        return (
            f"only {used} of {wanted} points counted: of {self.drawn} distinct points, {self.undefined} had no finite "
            f"real value and {self.blurred} could not be told from 0 sharply enough"
        )


def branches(expression: sp.Expr) -> Iterator[Boolean]:
    """The conditions under which each branch of each Piecewise is taken."""
    for piecewise in expression.atoms(sp.Piecewise):
        earlier: list[Boolean] = []
        for _, condition in piecewise.args:
            branch = sp.And(condition, *(sp.Not(e) for e in earlier), evaluate=False)
            if branch.free_symbols <= expression.free_symbols and not branch.has(sp.Eq):
                yield sp.logic.boolalg.to_nnf(branch, simplify=False)
            earlier.append(condition)


def _breakpoints(expression: sp.Expr) -> list[sp.Expr]:
    """Expressions at whose zeros ``expression`` changes its form."""
    found = []
    for part in expression.atoms(sp.Abs, sp.sign, sp.Heaviside):
        found.append(part.args[0])
    for part in expression.atoms(sp.Max, sp.Min):
        found += [a - b for a, b in itertools.combinations(part.args, 2)]
    for part in expression.atoms(sp.Piecewise):
        for _, condition in part.args:
            found += [relation.lhs - relation.rhs for relation in condition.atoms(Relational)]
    ours = {part for part in found if part.free_symbols and part.free_symbols <= expression.free_symbols}
    return sorted(ours, key=sp.default_sort_key)


def _log2_size(value: Any) -> float:
    """Log2 of an upper bound of the distance from 0 within a ball."""
    parts = (value.real, value.imag) if hasattr(value, "conjugate") and hasattr(value, "arg") else (value,)
    return max(_log2(part.abs_upper()) for part in parts)


def _log2(x: Any) -> float:
    if x.is_zero():
        return -math.inf
    mantissa, exponent = x.man_exp()
    return int(exponent) + int(mantissa).bit_length()


def as_text(point: Point) -> dict[str, str]:
    """``point`` with names and exact values as text."""
    return {str(symbol): str(value) for symbol, value in point.items()}
