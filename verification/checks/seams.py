"""Where a density or a coefficient changes its form: diffusion times density and the current must pass there.

Each seam is followed to two points on either side that share 1024 bits of its place. The values there differ by a jump,
or by what shrinks: so they are compared with those at points that share 768 bits, and these with 512.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.arb.ball_functions import Ball
from theory.decision.arb.balls import ball
from theory.decision.evidence_class import is_plain
from theory.decision.far_sides import factors_of_wall
from theory.decision.number_sizes import LARGEST_NUMBER
from theory.decision.points.breakpoints import breakpoints, crossings
from theory.decision.points.jumps import Jump, Sides, sides_of
from theory.decision.points.region import AdmissibleRegion, points_satisfying
from theory.decision.rational_points import Point, exact_value
from theory.errors import UnsupportedFormError
from theory.fokker_planck import probability_current
from theory.ito import ItoProcess
from verification.checks.finite_integral import PIECES
from verification.verdict import Finding, Outcome

_BITS = (512, 768, 1024)
"""Bits of the place of a seam that two points on either side share with it."""

_STAYS = 0.9
"""A difference across a seam that becomes no smaller than this part of itself is a jump."""

_JUMP_BITS = 60
"""A relative difference across a seam that is larger than 2**-60 is no rounding and no slope, but a jump."""

_PRECISION = 2 * _BITS[-1]
_SEAM_POINTS = 6


def without_point_masses(expression: sp.Expr) -> sp.Expr:
    """``expression`` without the point masses of differentiated steps; :mod:`verification.checks.seams` looks there."""
    return expression.replace(sp.DiracDelta, lambda *_: sp.S.Zero)


def seams_of(process: ItoProcess, density: sp.Expr) -> list[sp.Expr]:
    """Where the density or a coefficient changes its form, as expressions that vanish there."""
    pieces = [part for part in (density, *process.drift, *process.diffusion) if part.has(*PIECES)]
    found = [seam for part in pieces for seam in breakpoints(part) if seam.free_symbols & set(process.state)]
    return list(dict.fromkeys(found))


def seam_finding(process: ItoProcess, density: sp.Expr, domain: tuple[Boolean, ...]) -> Finding | None:
    """Whether diffusion times density, and the current, pass continuously through the seams; None without seams."""
    pieces = [part for part in (density, *process.drift, *process.diffusion) if part.has(*PIECES)]
    if not pieces:
        return None
    walls = dict.fromkeys(wall for part in pieces for wall in breakpoints(part))
    factors = dict.fromkeys(factor for wall in walls for factor in _factors(wall))
    seams = [factor for factor in factors if factor.free_symbols & set(process.state)]
    symbols = {s for c in domain for s in c.free_symbols} | set(process.state)
    symbols |= set().union(*(part.free_symbols for part in (density, *process.drift, *process.diffusion)))
    region = AdmissibleRegion.of(symbols, domain)
    unseen = next((seam for seam in seams if not is_plain(seam, LARGEST_NUMBER)), None)
    passing = {seam: Passing.through(seam, process, density) for seam in seams}
    found = looked_at = 0
    for start in points_satisfying(symbols, domain, _SEAM_POINTS, seed=str(density)):
        for seam, x in itertools.product(seams, process.state):
            places, sides = _places(seam, x, start)
            found += len(sides)
            unseen = seam if unseen is None and len(sides) < places else unseen
            for both in sides:
                if region.contains(both.below) and region.contains(both.above):
                    looked_at += 1
                    jump = passing[seam].jump(both)
                    if jump is not None:
                        where = {str(s): _told(seam, both, s) for s in both.below}
                        return Finding(Outcome.REFUTED, f"{jump} jumps at {x} = {where[str(x)]}", witness=where)
                    unseen = seam if unseen is None and passing[seam].is_open(both) else unseen
    if not found:
        return Finding(Outcome.UNDECIDED, "the density is in pieces, and no point on their seams was found")
    told = f"continuous at {looked_at} points on seams" if looked_at else "no seam was found inside the domain"
    if unseen is not None:
        return Finding(Outcome.UNDECIDED, f"{told}, but points do not tell this of all places where {unseen} is 0")
    return Finding(Outcome.CERTIFIED, told, numbers={"points": looked_at})


def _places(seam: sp.Expr, x: sp.Symbol, start: Point) -> tuple[int, list[Sides]]:
    """How often the seam is met along ``x``, and the two sides of those places where it surely lies between them."""
    try:
        sides = [both for both in sides_of(Jump(seam), start, [x], _BITS[-1]) if _lies_between(seam, both)]
        return (len(crossings(seam, x, start)) if seam.has(x) else 0), sides
    except UnsupportedFormError:
        return 1, []


def _lies_between(seam: sp.Expr, sides: Sides) -> bool:
    below, above = (sides.jump.level(point, _PRECISION) for point in (sides.below, sides.above))
    return below != above or exact_value(seam, _middle(sides)) == 0


def _middle(sides: Sides) -> dict[sp.Symbol, Fraction]:
    return {**sides.below, sides.symbol: (sides.below[sides.symbol] + sides.above[sides.symbol]) / 2}


def _told(seam: sp.Expr, sides: Sides, symbol: sp.Symbol) -> str:
    """A coordinate of the place: the fraction where it is one, else its first digits."""
    place = _middle(sides)
    value = sp.Rational(place[symbol].numerator, place[symbol].denominator)
    return str(value if symbol != sides.symbol or exact_value(seam, place) == 0 else value.n(15))


def _factors(wall: sp.Expr) -> Iterable[sp.Expr]:
    return factors_of_wall(wall) if wall.is_rational_function() else (wall,)


@dataclass(frozen=True)
class Passing:
    r"""What is continuous across a seam with normal n if the equation has no source on it.

    Attributes:
        pressure: :math:`n^\top a\,n\,p`.
        along: The components of :math:`a\,n\,p` in several dimensions; where one jumps, the current says nothing.
        current: :math:`n\cdot J`.
    """

    pressure: sp.Expr
    along: tuple[sp.Expr, ...]
    current: sp.Expr

    @staticmethod
    def through(seam: sp.Expr, process: ItoProcess, density: sp.Expr) -> Passing:
        """That of ``density`` across the zeros of ``seam``."""
        gradient = sp.Matrix([sp.diff(seam, x) for x in process.state])
        n = sp.Matrix([1]) if process.dimension == 1 else gradient / sp.sqrt(gradient.dot(gradient))
        along = (process.diffusion * n * density).doit()
        current = sp.Matrix([without_point_masses(j) for j in probability_current(process, density)])
        return Passing(n.dot(along), tuple(along) if process.dimension > 1 else (), n.dot(current).doit())

    def jump(self, sides: Sides) -> str | None:
        """What certainly jumps between the two sides."""
        if self._jumps(self.pressure, sides):
            return "diffusion times density"
        if any(self._jumps(part, sides) is not False for part in self.along):
            return None
        return "the current" if self._jumps(self.current, sides) else None

    def is_open(self, sides: Sides) -> bool:
        """Whether something may jump that does not refute the density."""
        return any(self._jumps(part, sides) is not False for part in (self.pressure, *self.along, self.current))

    def _jumps(self, part: sp.Expr, sides: Sides) -> bool | None:
        """Whether ``part`` jumps; None where balls do not tell."""
        far, near, close = (_difference_across(part, sides, bits) for bits in _BITS)
        enough = abs(ball(self.pressure, sides.above, _PRECISION)) / (1 << _JUMP_BITS)
        if close < enough or close <= near * _STAYS and near <= far * _STAYS:  # what tends to 0 on both sides shrinks
            return False
        return True if close > enough and (close > near * _STAYS or near > far * _STAYS) else None


def _difference_across(part: sp.Expr, sides: Sides, bits: int) -> Ball:
    """How far apart the values are where the place of the seam is left to so many bits."""
    x = sides.symbol
    away = (sides.above[x] - sides.below[x]) * ((1 << (_BITS[-1] - bits)) - 1) / 2
    ends = ({**sides.below, x: sides.below[x] - away}, {**sides.above, x: sides.above[x] + away})
    before, after = (ball(part, end, _PRECISION) for end in ends)
    return abs(before - after)
