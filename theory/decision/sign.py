"""The sign of an expression on a region: normal forms first, then balls at rational points."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.answer import Answer
from theory.argument_kinds import CONDITIONS, EXPRESSION, POINT, SECONDS, SEED, behind_the_door, takes, whole
from theory.decision.algebra.normal_form import ONE_SIGN, factors, proof_of_zero, sign_of_factors
from theory.decision.arb.balls import ball
from theory.decision.cases import where_defined
from theory.decision.equations import on_surface
from theory.decision.evidence_class import sharp_turn
from theory.decision.obstacles import obstacle_to_deciding
from theory.decision.points.breakpoints import remarkable_integers, zeros_along
from theory.decision.points.extrema import descended, descended_along_surfaces, extreme_points
from theory.decision.points.irrational_places import places, surfaces_of_steps, zeros_of
from theory.decision.points.jumps import JUMP_STARTS, jumps_of, meetings
from theory.decision.points.magnitudes import FAR
from theory.decision.points.point_search import (
    CLOSER_PRECISIONS,
    PRECISIONS,
    Clock,
    PointSearch,
    as_text,
    branches,
    height,
)
from theory.decision.points.region import AdmissibleRegion, random_source, rounded_points
from theory.decision.points.touched_steps import closed_form_of_zero, lies_within, touched_steps
from theory.decision.points.touching import place_of_touching
from theory.decision.proofs.readings import BENT, reading_at
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.rational_points import Point, exact_value, nearly
from theory.decision.zero import ATTEMPTS_PER_POINT, Conditions, exact_expression
from theory.errors import UnsupportedFormError
from theory.typeset import Typeset, words

_ball, _exact_value = behind_the_door(ball), behind_the_door(exact_value)


class SignKind(Answer):
    """The sign of an expression over a region."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NONNEGATIVE = "nonnegative"
    NONPOSITIVE = "nonpositive"
    ZERO = "zero"
    MIXED = "mixed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class SignDecision(Typeset):
    """The sign of an expression over a region, and on what evidence.

    Attributes:
        kind: One of :class:`SignKind`; NONNEGATIVE and NONPOSITIVE where 0 was met exactly, or where the values come
            so close to 0 that it cannot be excluded (then ZERO has no witness).
        proved: True for a positivity visible in the normal form, and for MIXED, whose witnesses are rigorous.
            False for the other kinds: every point tried had that sign, which is no proof.
        reason: One sentence for a reader.
        witnesses: POSITIVE, NEGATIVE, ZERO -> a point where the expression certainly is so.
        points_used: Points whose sign was certain.
    """

    kind: SignKind
    proved: bool
    reason: str
    witnesses: Mapping[SignKind, Mapping[str, str]] = field(default_factory=dict)
    points_used: int = 0

    def with_proof(self, expression: sp.Expr, conditions: Conditions = ()) -> SignDecision | None:
        """The same sign with a proof; None if none was found."""
        if self.proved or self.kind not in _PROVABLE:
            return self if self.proved else None
        side, strict = _PROVABLE[self.kind]
        proof = proof_of_sign(side * exact_expression(expression), conditions, strict=strict)
        return None if proof is None else replace(self, proved=True, reason=proof)

    def in_doubt(self, expression: sp.Expr, conditions: Conditions = ()) -> SignDecision:
        """The same decision, or none where points show nothing of other places."""
        doubt = None if self.kind is SignKind.UNDECIDED else sharp_turn(exact_expression(expression), conditions)
        if doubt is None:
            return self
        reason = f"{self.kind} at all {self.points_used} points, but {doubt}"
        return replace(self, kind=SignKind.UNDECIDED, reason=reason)

    def _equations(self) -> list[str]:
        return [rf"{words(self.kind.value)} &: {words(self.reason)}"]


_PROVABLE = {
    SignKind.POSITIVE: (1, True),
    SignKind.NEGATIVE: (-1, True),
    SignKind.NONNEGATIVE: (1, False),
    SignKind.NONPOSITIVE: (-1, False),
}
"""Which side of an expression is to be positive, or not negative, for each sign."""


@takes(expression=EXPRESSION, point=POINT)
def sign_at(expression: sp.Expr, point: Point) -> int | None:
    """-1, 0 or 1, the certain sign of ``expression`` at ``point``; None if balls cannot tell.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x", positive=True)
        >>> sign_at(sp.log(x) - x + 1, {x: Fraction(7, 5)})
        -1
    """
    exact = _exact_value(expression, point)
    if exact is not None:
        return (exact > 0) - (exact < 0)
    for precision in PRECISIONS if expression.has(sp.Integral) else (*PRECISIONS, CLOSER_PRECISIONS[1]):
        value = _ball(expression, point, precision)
        if value > 0:
            return 1
        if value < 0:
            return -1
        if value.is_zero():
            return 0
    return None


@takes(conditions=CONDITIONS, points=whole(1, 10**6), seed=SEED, seconds=SECONDS)
def decide_sign(
    expression: sp.Expr,
    conditions: Conditions = (),
    *,
    points: int = 40,
    seed: int | str | None = None,
    seconds: float = 20.0,
) -> SignDecision:
    """The sign of ``expression`` over the region of the symbols' assumptions and ``conditions``.

    Raises:
        UnsupportedFormError: a condition is an equation, or no relation.
        SymbolError: a symbol is assumed not to be real.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> decide_sign(p**2 + 3 * p * q).proved
        True
        >>> print(decide_sign(sp.exp(p) - 1 - p).kind)
        positive
        >>> print(decide_sign(p - q, [p > 2 * q]).kind, decide_sign(p - q).kind)
        positive mixed
        >>> print(decide_sign(5 - 3 * sp.sin(p) - 4 * sp.cos(p)).kind)
        nonnegative
        >>> print(decide_sign(2 + sp.Rational(1, 10**9) - sp.sin(p) - sp.sin(sp.sqrt(2) * p)).proved)
        True
        >>> print(decide_sign(2 - sp.Rational(1, 10**9) - sp.sin(p) - sp.sin(sp.sqrt(2) * p)).kind)
        undecided
    """
    found = sign_at_points(expression, conditions, points=points, seed=seed, seconds=seconds)
    return found.with_proof(expression, conditions) or found.in_doubt(expression, conditions)


def sign_at_points(
    expression: sp.Expr,
    conditions: Conditions = (),
    *,
    points: int = 40,
    seed: int | str | None = None,
    seconds: float = 20.0,
) -> SignDecision:
    """The sign that :func:`decide_sign` found at points, or by the normal form, whether or not it shows anything."""
    expression, conditions = where_defined(exact_expression(expression), conditions)
    region = AdmissibleRegion.of(expression.free_symbols, conditions)
    obstacle = "the conditions leave no point at all" if region.is_empty else obstacle_to_deciding(expression)
    if obstacle is None and expression.has(AppliedUndef):
        obstacle = "the expression holds undefined functions"
    if obstacle:
        return SignDecision(SignKind.UNDECIDED, False, obstacle)
    if sign := sign_of_factors(expression, region.conditions):
        return SignDecision(_SIGN_KINDS[sign], True, ONE_SIGN)
    zero = proof_of_zero(expression, region.conditions)
    if zero is not None:
        return SignDecision(SignKind.ZERO, True, zero)
    rng = random_source(seed if seed is not None else (expression, region.conditions))
    zeros = [f for f in factors(expression) if f.free_symbols]
    found = _sign_by_points(PointSearch(expression, region, rng, Clock(seconds), zeros), points)
    return _with_equations(found, expression, region, points=points, seconds=seconds)


def _with_equations(
    found: SignDecision, expression: sp.Expr, region: AdmissibleRegion, *, points: int, seconds: float
) -> SignDecision:
    """``found``, and the signs where a case is an equation: no random point meets two of them."""
    for branch in branches(expression):
        if found.kind in (SignKind.MIXED, SignKind.UNDECIDED) or not branch.has(sp.Eq):
            continue
        for values, others in on_surface(branch, region.symbols):
            if values is None:
                found = replace(found, reason=f"{found.reason}; the equation in the case {branch} was not solved")
                continue
            where = [sp.sympify(c.subs(values)) for c in (*region.conditions, *others)]
            if sp.false in where:
                continue
            there = expression.xreplace(values).doit(integrals=False, sums=False, products=False)
            inner = sign_at_points(there, [c for c in where if c != sp.true], points=points, seconds=seconds)
            found = _united(found, inner, {str(symbol): str(value) for symbol, value in values.items()})
    return found


def _united(one: SignDecision, other: SignDecision, at: Mapping[str, str]) -> SignDecision:
    """One decision for a region and a surface in it, ``at`` whose values ``other`` was found."""
    if other.kind is SignKind.UNDECIDED or other.kind is one.kind:
        return one
    seen = other.witnesses or {other.kind: {}}
    there = {kind: {**at, **point} for kind, point in seen.items()}
    witnesses = {**there, **one.witnesses}
    signs = _SIGNS[one.kind] | _SIGNS[other.kind]
    kind = next(kind for kind, known in _SIGNS.items() if known == signs or {1, -1} <= signs and kind is SignKind.MIXED)
    reason = f"{one.reason}; where {', '.join(f'{k} = {v}' for k, v in at.items())} it is {other.kind}"
    return SignDecision(kind, kind is SignKind.MIXED, reason, witnesses, one.points_used)


_ALONG = 4
"""How many of the descents go on along the sides of the region."""

_MAX_DIFFERENTIATED = 200
"""Expressions of more operations are not differentiated."""

_DESCENTS = 12
"""Random points from which the way to the other sign is looked for."""

_SIGNS = {
    SignKind.POSITIVE: {1},
    SignKind.NEGATIVE: {-1},
    SignKind.ZERO: {0},
    SignKind.NONNEGATIVE: {0, 1},
    SignKind.NONPOSITIVE: {0, -1},
    SignKind.MIXED: {1, -1},
}

_WEAKENED = {SignKind.POSITIVE: SignKind.NONNEGATIVE, SignKind.NEGATIVE: SignKind.NONPOSITIVE}
"""What is left of a sign where 0 cannot be excluded."""

_WAVES = 40
"""Points from which one descends where waves of several lengths overlap: each way ends in the next trough."""

_SIGN_KINDS = {1: SignKind.POSITIVE, -1: SignKind.NEGATIVE, 0: SignKind.ZERO}


def _sign_by_points(search: PointSearch, wanted: int) -> SignDecision:
    witnesses: dict[SignKind, Mapping[str, str]] = {}
    used, starts = 0, []
    wanted = wanted if search.symbols else 1
    try:
        for point in _search_for_both_signs(search, wanted, witnesses):
            sign = sign_at(search.expression, point)
            if sign is None and not _vanishes_beside(search, point):
                continue
            sign = sign or 0
            used += 1
            starts.append(point)
            witnesses.setdefault(_SIGN_KINDS[sign], as_text(point))
            if {SignKind.POSITIVE, SignKind.NEGATIVE} <= witnesses.keys():
                return SignDecision(SignKind.MIXED, True, "balls of both signs", witnesses, used)
    except UnsupportedFormError as error:
        return SignDecision(SignKind.UNDECIDED, False, str(error))
    if used < wanted:
        return SignDecision(SignKind.UNDECIDED, False, search.shortage(used, wanted), witnesses, used)
    for sign, where in _at_irrational_places(search, starts):
        witnesses.setdefault(_SIGN_KINDS[sign], where)
    for step in touched_steps(search.expression, search.region, sorted(starts, key=height)[:JUMP_STARTS], search.clock):
        if step.sign is not None and step.proved:
            witnesses.setdefault(_SIGN_KINDS[step.sign], step.named)
        elif step.sign is not None and _SIGN_KINDS[step.sign] not in witnesses:
            reason = f"a step may be touched at {step.named}, where the value would be {step.value.str(6)}"
            return SignDecision(SignKind.UNDECIDED, False, reason, witnesses, used)
    signs = frozenset(witnesses)
    if {SignKind.POSITIVE, SignKind.NEGATIVE} <= signs:
        return SignDecision(SignKind.MIXED, True, "balls of both signs", witnesses, used)
    mostly = SignKind.NONNEGATIVE if SignKind.POSITIVE in signs else SignKind.NONPOSITIVE
    kind = next(iter(signs)) if len(signs) == 1 else mostly
    if not search.symbols:
        return SignDecision(kind, True, "a constant, enclosed by a ball", witnesses, used)
    reason = f"{kind} at all {used} points, by balls: random ones, at the ends, and where it comes closest to 0"
    touched = _touched(search, starts) if kind in _WEAKENED else None
    if touched is not None:
        near = ", ".join(f"{symbol} = {nearly(value)}" for symbol, value in touched.items())
        kind, reason = _WEAKENED[kind], f"{reason}; near {near} it cannot be told from 0"
        exact = closed_form_of_zero(search.expression, touched)
        if exact is not None and lies_within(search.region, exact):
            witnesses[SignKind.ZERO] = {str(symbol): str(value) for symbol, value in exact.items()}
    return SignDecision(kind, False, reason, witnesses, used)


def _vanishes_beside(search: PointSearch, point: Point) -> bool:
    """Whether the expression is proved to be 0 all over the piece between its kinks in which ``point`` lies."""
    if not search.expression.has(*BENT):
        return False
    there = reading_at(search.expression, point)
    return there is not None and proof_of_zero(there, search.region.conditions) is not None


def _touched(search: PointSearch, visited: list[dict[sp.Symbol, Fraction]]) -> Mapping[sp.Symbol, Fraction] | None:
    """A place where the expression, or a factor of it, may be 0: a factor that decays leads the way down elsewhere."""
    found = place_of_touching(search.expression, search.region, visited)
    parts = [part for part in sp.Mul.make_args(sp.factor_terms(search.expression)) if part.free_symbols]
    for part in parts if found is None and len(parts) > 1 else ():
        for start in sorted(visited, key=height)[:_ALONG]:
            towards = sign_at(part, start)
            if found is None and towards and not search.clock.is_over:
                lowest = descended(towards * part, search.region, start)
                found = place_of_touching(part, search.region, [lowest])
    return found


def _at_irrational_places(
    search: PointSearch, starts: list[dict[sp.Symbol, Fraction]]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Signs of the expression where a factor of it is 0 without rational coordinates, or a step is at its jump."""
    factors_of_it, steps = zeros_of(search.expression), surfaces_of_steps(search.expression)
    for place in places([*factors_of_it, *steps], search.region, sorted(starts, key=height)[:_DESCENTS], search.clock):
        with contextlib.suppress(UnsupportedFormError):
            value = place.ball(search.expression)
            if not value.is_finite():
                continue
            vanishes = value.is_zero() or place.sides.jump in factors_of_it and not place.sides.level
            sign = 1 if value > 0 else -1 if value < 0 else 0 if vanishes else None
            if sign is not None:
                yield sign, as_text(place.values)


def _search_for_both_signs(
    search: PointSearch, wanted: int, witnesses: Mapping[SignKind, object]
) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Random points; then those at the ends of the region; then those where the sign seen so far is at its weakest."""
    starts = []
    for point in search.points(wanted * ATTEMPTS_PER_POINT):
        yield point
        starts.append(point)
        if len(starts) >= 2 * wanted:
            break
    if not search.symbols:
        return
    if search.reach == FAR:
        yield from extreme_points(search.region, search.rng)
    found = meetings(jumps_of(search.expression), search.region, sorted(starts, key=height)[:JUMP_STARTS], search.clock)
    yield from (meeting.point for meeting in found if meeting.point is not None)
    yield from _level_points(search, sorted(starts, key=height)[:JUMP_STARTS])
    for start in starts[:1]:
        yield from filter(search.region.contains, remarkable_integers(search.expression, start))
    towards = -1 if SignKind.NEGATIVE in witnesses else 1
    for n, start in enumerate([*sorted(starts, key=height)[:_DESCENTS], *_among_waves(search)]):
        if search.clock.is_over:
            return
        lowest = descended(towards * search.expression, search.region, start)
        further = descended_along_surfaces(towards * search.expression, search.region, lowest) if n < _ALONG else None
        for found in (lowest,) if further is None else (lowest, further):
            yield found
            yield from filter(search.region.contains, rounded_points(search.region, found))


def _level_points(search: PointSearch, starts: list[dict[sp.Symbol, Fraction]]) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Where the expression is level along each coordinate in turn: a needle is flat everywhere else, and leads nowhere.

    What is level does so where a factor of its derivative is 0, and that may be a polynomial.
    """
    if search.expression.count_ops() > _MAX_DIFFERENTIATED or search.expression.has(sp.Integral, sp.Sum, sp.Product):
        return
    for start in starts:
        point = start
        for symbol in [s for s in search.symbols if not s.is_integer]:
            for surface in zeros_of(sp.diff(search.expression, symbol)):
                if search.clock.is_over or surface.surface.has(sp.Derivative, sp.Subs, sp.DiracDelta):
                    return
                for level in zeros_along(surface.surface, point, [symbol]):
                    if search.region.contains(level):
                        point = level
                        yield level


def _among_waves(search: PointSearch) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Points spread over some hundred periods of the first symbol in which several waves overlap."""
    for x in search.symbols:
        rates = {sp.diff(wave.args[0], x) for wave in search.expression.atoms(sp.sin, sp.cos) if wave.has(x)}
        if len(rates) > 1:
            for start in itertools.islice(search.points(_WAVES * ATTEMPTS_PER_POINT), _WAVES):
                far = Fraction(search.rng.getrandbits(20), 1 << 10) * (-1 if x.is_nonpositive else 1)
                if search.region.contains({**start, x: far}):
                    yield {**start, x: far}
            return
