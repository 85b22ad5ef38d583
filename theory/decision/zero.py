r"""Is this expression zero, under these assumptions? And what is its sign?

Three rungs, from proof to evidence:

1. A *normal form* (:mod:`theory.decision.algebra.normal_form`): a residual that is the zero rational function in its
   generators is zero wherever its denominators are not. This is a proof.
2. *Balls* (:mod:`theory.decision.arb.balls`) at random rational points inside the assumptions and the conditions. One
   ball that excludes 0 is a proof of the contrary, and its point is the witness.
3. Balls of radius below :math:`2^{-400}` around 0 at forty points are strong evidence, and no proof; for functions of
   a closed list alone (:mod:`theory.decision.evidence_class`). Others are proved piece by piece, or not decided.

Whatever cannot be decided says so, with its reason. ``simplify``, ``equals`` and floating-point numbers take no part.
"""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from theory.answer import Answer
from theory.argument_kinds import CONDITIONS, SECONDS, SEED, behind_the_door, takes, whole
from theory.decision.algebra.normal_form import ONE_SIGN, proof_of_zero, sign_of_factors
from theory.decision.algebra.plain_symbols import by_real_parts
from theory.decision.algebra.undefined_functions import COMPLEX, random_functions, with_functions
from theory.decision.arb.balls import MissingFlintError, truth
from theory.decision.cases import where_defined
from theory.decision.equations import on_surface
from theory.decision.obstacles import obstacle_to_deciding
from theory.decision.pieces import looked_at_in_pieces
from theory.decision.points.jumps import JUMP_STARTS, jumps_of, meetings
from theory.decision.points.narrow_parts import point_in_a_narrow_part
from theory.decision.points.point_search import (
    PRECISIONS,
    Clock,
    PointSearch,
    Residual,
    as_text,
    branches,
    height,
    leads,
)
from theory.decision.points.region import AdmissibleRegion, random_source
from theory.decision.points.touched_steps import values_at_places
from theory.decision.rational_points import Point
from theory.errors import KernelDisagreementError, TheoryError, UnsupportedFormError
from theory.typeset import Typeset, words
from theory.values import shown, single_expression

_by_real_parts = behind_the_door(by_real_parts)

ATTEMPTS_PER_POINT = 12
_FUNCTION_CHOICES = 3

Conditions = Boolean | Iterable[Boolean]


class ZeroKind(Answer):
    """Whether an expression is zero: proved, by strong evidence, proved not to be, or not decided."""

    ZERO = "zero"
    CERTIFIED = "certified"
    NONZERO = "nonzero"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class ZeroDecision(Typeset):
    """Whether an expression is zero, and on what evidence.

    Attributes:
        kind: ZERO (proved), CERTIFIED (balls around 0 at all points tried: no proof), NONZERO (a ball at
            ``witness`` excludes 0: proved), or UNDECIDED.
        reason: One sentence for a reader.
        witness: For NONZERO, symbol -> exact rational value as text; functions chosen appear as ``f(x)``.
        digits: For CERTIFIED, the expression is below 10**-digits at every point.
        points_used: Points whose balls counted.
    """

    kind: ZeroKind
    reason: str
    witness: Mapping[str, str] | None = field(default=None, hash=False)
    digits: int | None = None
    points_used: int = 0

    @property
    def says_zero(self) -> bool:
        """Whether the expression is zero, by a proof or by the evidence of balls at random points."""
        return self.kind in (ZeroKind.ZERO, ZeroKind.CERTIFIED)

    def _equations(self) -> list[str]:
        at = [rf"{words(name)} &= {words(value)}" for name, value in (self.witness or {}).items()]
        return [rf"{words(self.kind.value)} &: {words(self.reason)}", *at]


@takes(conditions=CONDITIONS, points=whole(1, 10**6), seed=SEED, seconds=SECONDS)
def decide_zero(
    expression: sp.Expr | sp.MatrixBase,
    conditions: Conditions = (),
    *,
    points: int = 40,
    seed: int | str | None = None,
    seconds: float = 20.0,
) -> ZeroDecision:
    """Whether ``expression`` vanishes wherever the symbols' assumptions and ``conditions`` hold and it is defined.

    A matrix vanishes if every entry does. Undefined functions ``f(x)`` stand for every smooth function: a residual
    that is zero in them as indeterminates is zero, and one refuted by some concrete function is refuted.

    Args:
        expression: exact: rational numbers and symbols, no floating-point numbers.
        conditions: relations between the symbols, and their And, Or, Not. Equations are refused.
        points: Points that must agree before CERTIFIED is said.
        seed: of the random points; by default it derives from the expression's text.
        seconds: Processor time after which the answer is UNDECIDED.

    Raises:
        UnsupportedFormError: a condition is an equation, or no relation.

    References:
        Richardson, "Some undecidable problems involving elementary functions of a real variable", J. Symbolic Logic
        (1968): no procedure decides every case, hence UNDECIDED.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> r = sp.Symbol("r", real=True)
        >>> print(decide_zero(sp.log(p**2) - 2 * sp.log(p)).kind)
        zero
        >>> print(decide_zero(sp.atan(p) + sp.atan(1 / p) - sp.pi / 2).kind)
        certified
        >>> print(decide_zero(sp.asin(sp.sin(r)) - r).kind)
        nonzero
        >>> print(decide_zero(sp.asin(sp.sin(r)) - r, [r > -1, r < 1]).kind)
        certified
    """
    if isinstance(expression, sp.MatrixBase):
        return _decide_entries(expression, conditions, points=points, seed=seed, seconds=seconds)
    expression, conditions = where_defined(exact_expression(expression), conditions)
    if expression == 0:
        return ZeroDecision(ZeroKind.ZERO, "the residual is literally 0")
    obstacle = obstacle_to_deciding(expression)
    if obstacle:
        return ZeroDecision(ZeroKind.UNDECIDED, obstacle)
    expression = _by_real_parts(expression)
    functions = expression.atoms(AppliedUndef)
    try:
        region = AdmissibleRegion.of(expression.free_symbols, conditions)
    except TheoryError as error:
        if isinstance(error, UnsupportedFormError) and not functions:
            raise
        proof = proof_of_zero(expression)
        return ZeroDecision(ZeroKind.ZERO, proof) if proof is not None else ZeroDecision(ZeroKind.UNDECIDED, str(error))
    clock = Clock(seconds)
    rng = random_source(seed if seed is not None else (expression, region.conditions))
    proof = proof_of_zero(expression, region.conditions, seed=rng.getrandbits(64))
    if functions:
        return _decide_with_functions(expression, region, proof, rng, points, clock)
    search = PointSearch(expression, region, rng, clock)
    return _decide_by_points(search, points if proof is None else min(points, 3), proof, expression)


def exact_expression(given: object) -> sp.Expr:
    """``given`` as an expression; text is refused because SymPy would execute it."""
    # By its type first: also inside a tuple or a list SymPy reads text by executing it.
    if isinstance(given, numbers.Real) and not isinstance(given, bool):
        return single_expression(given, "expression")
    if not isinstance(given, sp.Expr):
        raise UnsupportedFormError(
            f"expression must be a SymPy expression or matrix, got {shown(given)}. For an equation give lhs - rhs; "
            "build formulas from symbols, since text is not read."
        )
    return given


def refuting_point(
    expression: sp.Expr, conditions: Conditions = (), *, points: int = 40, seed: int | str | None = None
) -> Mapping[str, str] | None:
    """A point, as text, where a ball proves ``expression`` not to be 0; None if none was found."""
    return decide_zero(expression, conditions, points=points, seed=seed).witness


def _decide_by_points(search: PointSearch, wanted: int, proof: str | None, given: sp.Expr) -> ZeroDecision:
    """The decision on an expression without undefined functions; ``given`` is the one with them, if it had any."""
    wanted = wanted if search.symbols else 1
    used, widest, agreeing = 0, -math.inf, []
    search.through_the_plane = proof is None
    try:
        for point in search.points(wanted * ATTEMPTS_PER_POINT):
            finding, radius = search.residual(point)
            if finding is Residual.EXCLUDES:
                return _refuted(search, point, proof)
            if radius is not None:
                used, widest = used + 1, max(widest, radius)
                agreeing.append(point)
            if used >= wanted or search.is_hopeless(used):
                break
    except MissingFlintError as error:
        return ZeroDecision(ZeroKind.ZERO, proof) if proof is not None else ZeroDecision(ZeroKind.UNDECIDED, str(error))
    if proof is not None:
        return ZeroDecision(ZeroKind.ZERO, proof, points_used=used)
    if used < wanted:
        return ZeroDecision(ZeroKind.UNDECIDED, search.shortage(used, wanted), points_used=used)
    return _contradiction(search, agreeing) or _in_pieces(search, agreeing, given) or _certified(search, used, widest)


def _in_pieces(search: PointSearch, agreeing: list[dict[sp.Symbol, Fraction]], given: sp.Expr) -> ZeroDecision | None:
    """What is said instead of CERTIFIED: a proof by the pieces of an expression, or why points are no evidence."""
    found = looked_at_in_pieces(search, agreeing, given)
    if found.point is not None:
        return _refuted(search, found.point, None)
    if found.proof is not None and all(symbol.is_extended_real for symbol in given.free_symbols):
        return ZeroDecision(ZeroKind.ZERO, found.proof, points_used=len(agreeing))
    unresolved = None if search.is_resolved else "its parts differ so much in size there that balls tell nothing from 0"
    doubt = found.doubt or unresolved
    if doubt is not None:
        reason = f"0 at all {len(agreeing)} points, but {doubt}"
        return ZeroDecision(ZeroKind.UNDECIDED, reason, points_used=len(agreeing))
    return None


def _certified(search: PointSearch, used: int, widest: float) -> ZeroDecision:
    digits = int(-max(widest, -PRECISIONS[-1]) * math.log10(2))
    reason = f"a constant below 1e-{digits}"
    if search.symbols:
        reason = f"below 1e-{digits} at {used} of {search.drawn} random points, by balls"
        others = [
            f"{count} {kind}"
            for count, kind in ((search.undefined, "had no finite value"), (search.blurred, "no sharp one"))
            if count
        ]
        reason += f"; of the others {' and '.join(others)}" if others else ""
    real = [str(symbol) for symbol in search.symbols if symbol.is_extended_real is None]
    reason += f" ({', '.join(real)} taken real)" if real else ""
    return ZeroDecision(ZeroKind.CERTIFIED, reason, None, digits, used)


def _contradiction(search: PointSearch, agreeing: list[dict[sp.Symbol, Fraction]]) -> ZeroDecision | None:
    """What speaks against 0 although balls around it were found everywhere, or None."""
    sharper = search.closer_look(agreeing) or search.on_a_cut(agreeing)
    sharper = sharper or search.at_a_remarkable_integer(agreeing) or point_in_a_narrow_part(search, agreeing)
    if sharper is not None:
        return _refuted(search, sharper, None)
    close = None
    simplest = sorted(agreeing, key=height)
    for meeting in meetings(jumps_of(search.expression), search.region, simplest[:JUMP_STARTS], search.clock):
        if meeting.point is None:
            close = close or ZeroDecision(ZeroKind.UNDECIDED, meeting.told, points_used=len(agreeing))
        elif search.excludes(meeting.point, meeting.bits):
            return _refuted(search, meeting.point, None)
    at_steps = _where_steps_are_exact(search, simplest[: 3 * JUMP_STARTS])
    if at_steps is not None and at_steps.kind is ZeroKind.NONZERO:
        return at_steps
    close = close or at_steps
    if sign := sign_of_factors(search.expression, search.region.conditions):
        reason = f"its sign is proved, it is {'positive' if sign > 0 else 'negative'}: {ONE_SIGN}"
        return ZeroDecision(ZeroKind.NONZERO, reason, as_text(agreeing[0]), points_used=search.drawn)
    return _unvisited_branch(search, agreeing) or close


def _where_steps_are_exact(search: PointSearch, starts: list[dict[sp.Symbol, Fraction]]) -> ZeroDecision | None:
    """A place without rational coordinates where a step has a value of its own and a ball excludes 0; or None."""
    doubtful = None
    for where, value, proved in values_at_places(search.expression, search.region, starts, search.clock):
        told = ", ".join(f"{name} = {at}" for name, at in where.items())
        if not value.contains(0) and proved:
            reason = f"the residual is {value.str(6)} at {told}"
            return ZeroDecision(ZeroKind.NONZERO, reason, where, points_used=search.drawn)
        if not value.contains(0):
            reason = f"a step may be touched at {told}, where the residual would be {value.str(6)}"
            doubtful = ZeroDecision(ZeroKind.UNDECIDED, reason)
    return doubtful


def _refuted(search: PointSearch, point: Point, proof: str | None) -> ZeroDecision:
    if proof is not None:
        where = ", ".join(f"{name} = {value}" for name, value in as_text(point).items())
        ball = "a ball of python-flint excludes 0" + (f" at {where}" if where else "")
        raise KernelDisagreementError.about(str(search.expression), "the normal form proves that it is 0", ball)
    point, residual = search.readable_witness(point)
    where = ", ".join(f"{name} = {value}" for name, value in as_text(point).items())
    reason = f"the residual is {residual}" + (f" at {where}" if where else "")
    return ZeroDecision(ZeroKind.NONZERO, reason, as_text(point), points_used=search.drawn)


def _unvisited_branch(search: PointSearch, visited: list[dict[sp.Symbol, Fraction]]) -> ZeroDecision | None:
    """None if every branch of every Piecewise agreed at some point, else what is to be said instead."""
    every = list(branches(search.expression))
    several = len(search.expression.atoms(sp.Piecewise)) > 1
    for branch in every:
        seen = any(truth(branch, point, 256) for point in visited)
        if branch.has(sp.Eq) and (not seen or several):
            # Another case distinction may hold on the same surface: a point seen here need not be one of both.
            decision = _on_surface(search, branch)
        elif not seen:
            decision = _in_branch(search, branch, len(visited))
        else:
            continue
        if decision is not None and decision.kind in (ZeroKind.NONZERO, ZeroKind.UNDECIDED):
            return decision
    for lead in itertools.islice(leads(search.expression), _LEADS):
        if not any(truth(lead, point, 256) for point in visited):
            decision = _in_branch(search, lead, len(visited))
            if decision is not None and decision.kind is ZeroKind.NONZERO:
                return decision
    return None


_LEADS = 24
"""Arguments of maxima that are looked at where they lead."""


def _in_branch(search: PointSearch, branch: Boolean, used: int) -> ZeroDecision | None:
    region = AdmissibleRegion.of(search.symbols, (*search.region.conditions, branch))
    inner = PointSearch(search.expression, region, search.rng, search.clock)
    if region.is_empty:
        return None
    for point in inner.points(60):
        finding, _ = inner.residual(point)
        if finding is Residual.EXCLUDES:
            return _refuted(inner, point, None)
        if finding is Residual.AGREES:
            return None
    return ZeroDecision(ZeroKind.UNDECIDED, f"no point was found in the branch {branch}", points_used=used)


def _on_surface(search: PointSearch, branch: Boolean) -> ZeroDecision | None:
    """The decision where a branch is an equation: solved for one symbol and substituted, or undecided."""
    for values, conditions in on_surface(branch, search.symbols):
        if values is None:
            return ZeroDecision(ZeroKind.UNDECIDED, f"the equation in the branch {branch} could not be solved")
        where = (*search.region.conditions, *conditions)
        given = [c for c in (sp.sympify(condition.subs(values)) for condition in where) if c != sp.true]
        there = search.expression.xreplace(values).doit(integrals=False, sums=False, products=False)
        if sp.false in given or there.has(sp.nan, sp.zoo):
            continue  # the surface is no part of the domain, or the expression has no value on it
        decision = decide_zero(there, given, seed=search.rng.getrandbits(64), seconds=search.clock.left)
        named = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
        if decision.kind is ZeroKind.NONZERO:
            witness = {**{str(s): str(v) for s, v in values.items()}, **(decision.witness or {})}
            reason = f"{decision.reason}, where {named}"
            return ZeroDecision(ZeroKind.NONZERO, reason, witness, points_used=search.drawn)
        open_there = decision.kind is ZeroKind.UNDECIDED and "no point satisfied" not in decision.reason
        if open_there and sp.false not in where:
            return ZeroDecision(ZeroKind.UNDECIDED, f"where {named}: {decision.reason}")
    return None


def _decide_with_functions(
    expression: sp.Expr, region: AdmissibleRegion, proof: str | None, rng: Random, points: int, clock: Clock
) -> ZeroDecision:
    """The decision on an expression with undefined functions: a proof, or random functions in their place."""
    if proof is not None:
        return ZeroDecision(ZeroKind.ZERO, proof)
    reason = "undefined functions with these assumptions have no concrete ones to stand for them"
    decision = ZeroDecision(ZeroKind.UNDECIDED, reason)
    for choice in (*range(_FUNCTION_CHOICES), COMPLEX):
        chosen = random_functions(expression, rng, choice)
        if chosen is None:
            return decision
        concrete = with_functions(expression, chosen)
        search = PointSearch(concrete, AdmissibleRegion.of(region.symbols, region.conditions), rng, clock)
        found = _decide_by_points(search, -(-points // _FUNCTION_CHOICES), None, expression)
        if found.kind is ZeroKind.NONZERO:
            witness = {**(found.witness or {}), **{str(call): str(value) for call, value in chosen.values()}}
            return ZeroDecision(ZeroKind.NONZERO, found.reason, witness, points_used=found.points_used)
        decision = decision if choice == COMPLEX else found
        if decision.kind is ZeroKind.UNDECIDED:
            return decision
    reason = f"{decision.reason}, with polynomials, waves and bumps in turn for the undefined functions"
    return ZeroDecision(ZeroKind.CERTIFIED, reason, None, decision.digits, decision.points_used * _FUNCTION_CHOICES)


def _decide_entries(matrix: sp.MatrixBase, conditions: Conditions, **settings: Any) -> ZeroDecision:
    decisions = []
    for (i, j), entry in zip(itertools.product(range(matrix.rows), range(matrix.cols)), matrix, strict=True):
        decision = decide_zero(entry, conditions, **settings)
        if decision.kind is ZeroKind.NONZERO:
            return ZeroDecision(ZeroKind.NONZERO, f"entry ({i}, {j}): {decision.reason}", decision.witness, None, 1)
        decisions.append((i, j, decision))
    used = min((d.points_used for _, _, d in decisions if d.kind is ZeroKind.CERTIFIED), default=0)
    for kind in (ZeroKind.UNDECIDED, ZeroKind.CERTIFIED):
        for i, j, decision in decisions:
            if decision.kind is kind:
                digits = min((d.digits for _, _, d in decisions if d.digits is not None), default=None)
                return ZeroDecision(kind, f"entry ({i}, {j}): {decision.reason}", None, digits, used)
    reason = decisions[0][2].reason if decisions else "none"
    return ZeroDecision(ZeroKind.ZERO, f"all {len(decisions)} entries: {reason}")
