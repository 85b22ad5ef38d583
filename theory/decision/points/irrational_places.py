r"""Places without rational coordinates: where a continuous function passes through 0, and what holds exactly there.

:math:`\operatorname{sign}(x^3 - 2)^2` is 1 at every rational number, and 0 at :math:`\sqrt[3]2`. A function that is
continuous between two points, and has opposite signs at them, is 0 at a place between them. There its sign is known to
be 0, its floor to be the whole number at which it jumps, an equation to be true and a strict inequality to be false;
all else is enclosed by balls around the stretch between the two points.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.relational import Equality, Relational, Unequality
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import behind_the_door
from theory.decision.algebra.factorisation import irreducible_factors
from theory.decision.algebra.normal_form import factors
from theory.decision.arb.balls import ball, flint_library, truth
from theory.decision.points.jumps import Jump, Sides, jumps_of, sides_of
from theory.decision.points.point_search import Clock
from theory.decision.points.region import AdmissibleRegion
from theory.decision.rational_points import Point, nearly
from theory.errors import UnsupportedFormError

_ball, _truth = behind_the_door(ball), behind_the_door(truth)

_STEPS = (sp.sign, sp.Heaviside, sp.floor, sp.ceiling, sp.frac, sp.Mod)
_NOT_CONTINUOUS = (*_STEPS, sp.Piecewise, sp.DiracDelta, sp.Integral, sp.Sum, sp.Product)
_MAX_SURFACES = 12
_MAX_BITS = 256


@dataclass(frozen=True)
class IrrationalPlace:
    """A place between two points where a continuous function has a whole number as its value.

    Attributes:
        sides: The function, its value, and the two points.
    """

    sides: Sides

    @functools.cached_property
    def stretch(self) -> dict[sp.Symbol, Any]:
        """Coordinates with a ball for the one that is not rational: it holds the whole stretch between the points."""
        flint, s = flint_library(), self.sides.symbol
        with flint.ctx.workprec(4 * self.sides.bits):
            low, high = (flint.arb(flint.fmpq(v.numerator, v.denominator)) for v in self._ends)
            return {**self.sides.below, s: low.union(high)}

    @property
    def _ends(self) -> tuple[Any, Any]:
        return self.sides.below[self.sides.symbol], self.sides.above[self.sides.symbol]

    @property
    def values(self) -> dict[sp.Symbol, Any]:
        """The coordinates for a reader: exact ones, and in words the one that is a zero."""
        zero = sp.expand(self.sides.jump.surface - self.sides.level)
        low, high = self._ends
        return {**self.sides.below, self.sides.symbol: f"the zero of {zero} near {nearly((low + high) / 2)}"}

    def ball(self, expression: sp.Expr) -> Any:
        """A ball around what ``expression`` is at the place."""
        return _ball(self.on_it(expression), self.stretch, 2 * self.sides.bits)

    def truth(self, condition: Boolean) -> bool | None:
        """Whether ``condition`` is true at the place; None where that cannot be told."""
        there = self.on_it(condition)
        return bool(there) if there in (sp.true, sp.false) else _truth(there, self.stretch, 2 * self.sides.bits)

    def on_it(self, form: sp.Basic) -> Any:
        """``form`` with the values that steps and relations have at the place, where these are known."""
        known: dict[sp.Basic, sp.Basic] = {}
        for step in form.atoms(*_STEPS, sp.Abs):
            at = self._value(step.args[0] / step.args[1] if isinstance(step, sp.Mod) else step.args[0])
            if at is not None:
                if isinstance(step, sp.Mod):
                    known[step] = (at - sp.floor(at)) * step.args[1]
                else:
                    known[step] = step.func(at, *step.args[1:])
        for relation in form.atoms(Relational):
            at = self._value(relation.lhs - relation.rhs)
            if at is not None:
                known[relation] = relation.func(at, sp.S.Zero)
        try:
            return form.xreplace(known)
        except TypeError:  # SymPy's: log(0) < 1 compares an infinity
            raise UnsupportedFormError(
                f"{form} has no value where {self.sides.jump.surface} is 0. Ask beside it."
            ) from None

    def _value(self, argument: sp.Expr) -> sp.Expr | None:
        """The rational number that ``argument`` is at the place, or None."""
        surface, level = self.sides.jump.surface, self.sides.level
        for sign in (1, -1):
            apart = sp.expand(argument - sign * surface)
            if apart.is_Rational:
                return sign * level + apart
        # A factor below the line vanishes at a pole, where there is no value.
        finite = self._vanishes(argument) and _ball(argument, self.stretch, 2 * self.sides.bits).is_finite()
        return sp.S.Zero if finite else None

    def _vanishes(self, expression: sp.Expr) -> bool:
        """Whether a factor of ``expression``, above or below the line, is the function whose zero the place is."""
        zero = sp.expand(self.sides.jump.surface - self.sides.level)
        return any(sp.expand(f - sign * zero) == 0 for f in _factors(expression) for sign in (1, -1))


@functools.lru_cache(maxsize=1024)
def _factors(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """The real irreducible factors; those of waves are complex in normal form, so there waves are kernels."""
    if any(max(abs(n.p), n.q).bit_length() > _MAX_BITS for n in expression.atoms(sp.Rational)):
        return (expression,)  # to factor a polynomial with such coefficients may take hours
    found = factors(expression)
    if found and not any(factor.has(sp.I) for factor in found):
        return found
    return tuple(irreducible_factors(expression)[1])


def places(
    surfaces: Sequence[Jump], region: AdmissibleRegion, starts: Sequence[Point], clock: Clock
) -> Iterator[IrrationalPlace]:
    """Places inside ``region`` where one of ``surfaces`` passes through 0, along each coordinate through ``starts``."""
    reachable = [symbol for symbol in region.symbols if not symbol.is_rational]
    for start, surface in itertools.product(starts, surfaces[:_MAX_SURFACES]):
        if clock.is_over or surface.surface.has(*_NOT_CONTINUOUS):
            continue
        try:
            for sides in sides_of(surface, start, reachable):
                place = IrrationalPlace(sides)
                if _passes_through(place) and all(place.truth(condition) for condition in region.conditions):
                    yield place
        except UnsupportedFormError:
            continue


def _passes_through(place: IrrationalPlace) -> bool:
    """Whether the function is continuous between the points, with opposite signs at them, and the symbol may be there.

    A ball of Arb around a stretch with a pole or the end of a domain in it is not finite.
    """
    sides, flint = place.sides, flint_library()
    surface, precision = sides.jump.surface - sides.level, 2 * sides.bits
    below, above = (_ball(surface, point, precision) for point in (sides.below, sides.above))
    if not (below < 0 < above or above < 0 < below) or not _ball(surface, place.stretch, precision).is_finite():
        return False
    there, symbol = place.stretch[sides.symbol], sides.symbol
    with flint.ctx.workprec(precision):
        return not (
            symbol.is_nonnegative
            and not there >= 0
            or symbol.is_nonpositive
            and not there <= 0
            or symbol.is_nonzero
            and there.contains(0)
        )


def values_at_steps(
    expression: sp.Expr, region: AdmissibleRegion, starts: Sequence[Point], clock: Clock
) -> Iterator[tuple[IrrationalPlace, Any]]:
    """Balls around what ``expression`` is where its steps and relations have values of their own."""
    for place in places(surfaces_of_steps(expression), region, starts, clock):
        with contextlib.suppress(UnsupportedFormError):
            value = place.ball(expression)
            if value.is_finite():
                yield place, value


def surfaces_of_steps(expression: sp.Expr, conditions: Sequence[Boolean] = ()) -> list[Jump]:
    """Where steps and relations of an expression or of conditions may have a value that they have nowhere near."""
    forms = (expression, *conditions)
    if not any(form.has(*_STEPS, Relational) for form in forms):
        return []
    equations = [
        relation for form in forms for relation in form.atoms(Relational) if isinstance(relation, Equality | Unequality)
    ]
    found = [*jumps_of(expression, tuple(conditions)), *(Jump(e.lhs - e.rhs) for e in equations)]
    return [part for jump in found for part in _parts(jump)]


def zeros_of(expression: sp.Expr) -> list[Jump]:
    """The factors of ``expression`` as surfaces."""
    return [Jump(factor) for factor in _factors(expression) if factor.free_symbols]


def _parts(jump: Jump) -> Iterator[Jump]:
    """``jump``, or its factors: a factor passes through 0 where its square does not."""
    yield from (jump,) if jump.at_whole_numbers else zeros_of(jump.surface)
