"""Conditions and inequalities: on which side of a surface a point lies.

A :class:`~verification.claim.Region` holds if two conditions are true at the same points; a
:class:`~verification.claim.Bound` holds if one expression never crosses another. Both are refuted by a single
point, found by looking at random rational points and, because strict and non-strict inequalities differ only
there, at points on the surfaces themselves and close to them on either side.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.arb.balls import ball
from theory.decision.conditions.holes import hole_in_one_of
from theory.decision.conditions.monotony import SignsCompared, compared_on_the_line, proof_by_ends, proof_of_same_side
from theory.decision.conditions.other_forms import OTHER_FORMS, in_logarithms
from theory.decision.conditions.poles import Pole, pole_within
from theory.decision.conditions.separated_sums import proof_by_parts
from theory.decision.conditions.sign_patterns import proof_of_sameness
from theory.decision.conditions.surfaces import (
    INEQUALITIES,
    POINTS,
    SIMPLE,
    Compared,
    compared_beyond,
    compared_points,
    is_strict,
    margin,
    readable_difference,
)
from theory.decision.conditions.thin_parts import unseen_parts
from theory.decision.evidence_class import sharp_turn
from theory.decision.points.point_search import as_text
from theory.decision.points.region import (
    AdmissibleRegion,
    points_satisfying,
    rounded_points,
    simple_points,
    with_declared_bounds,
)
from theory.decision.proofs.orderings import proof_by_ordering
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.proofs.whole_numbers import least_sign_at_whole_numbers
from theory.decision.sign import SignKind, decide_sign, sign_at, sign_at_points
from theory.decision.zero import exact_expression
from theory.errors import SymbolError, UnsupportedFormError
from verification.verdict import Finding, Outcome


def judge_region(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Finding:
    """Whether ``candidate`` is true exactly where ``derived`` is, inside ``domain``.

    A condition is not true where a side of it has no real value: log(x) < 0 is not x < 1, which is true at x = -1.
    """
    derived, candidate = (sp.sympify(side, strict=True) for side in (derived, candidate))
    domain = with_declared_bounds(domain, derived, candidate)
    seen: set[bool] = set()
    points: list[Compared] = []
    undefined = 0
    doubtful = None
    for point in compared_points(derived, candidate, domain):
        if not point.proved:
            doubtful = doubtful or (point if point.derived is not point.candidate else None)
            continue
        if point.derived is not point.candidate:
            return _refuted(point, derived, candidate, domain)
        seen.add(point.derived)
        points.append(point)
        undefined += any(point.undefined)
    compared = len(points)
    proof = _proof_of_region(derived, candidate, domain) if compared else None  # of no point everything is true
    if proof:
        return Finding(Outcome.PROVED, proof)
    elsewhere = compared_on_the_line(derived, candidate, domain).witness if compared else None
    if elsewhere is not None:
        reason = f"they differ at {_named(elsewhere)}, by the signs of their margins on the line"
        return Finding(Outcome.REFUTED, reason, witness=elsewhere)
    beyond = (p for p in compared_beyond(derived, candidate, domain, points) if p.derived is not p.candidate)
    for point in beyond:
        return _refuted(point, derived, candidate, domain)
    if doubtful is not None:
        reason = f"they may differ at {_named(doubtful.values)}, where two surfaces meet as far as balls tell"
        return Finding(Outcome.UNDECIDED, reason)
    if compared < POINTS // 2:
        return Finding(Outcome.UNDECIDED, f"only {compared} points of the domain could be compared")
    doubt = sharp_turn(sp.S.Zero, (derived, candidate, *domain)) or _may_be_one_place(
        (derived, candidate), points, domain
    )
    hole = None if doubt else hole_in_one_of(derived, candidate, domain)
    if hole:
        doubt = f"they may differ at an irrational place, about {_named(hole)}"
    if doubt:
        return Finding(Outcome.UNDECIDED, f"they agree at {compared} points, but {doubt}", numbers={"points": compared})
    seen_there = f"truth values seen: {sorted(seen)}"
    if undefined:
        seen_there += f"; at {undefined} of the points a side has no real value, which counts as not true"
    return Finding(
        Outcome.CERTIFIED,
        f"agrees with {derived} at {compared} points, on the surfaces too ({seen_there})",
        numbers={"points": compared},
    )


def _refuted(point: Compared, derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Finding:
    shown = readable_difference(point, derived, candidate, domain)
    return Finding(Outcome.REFUTED, _difference(shown, derived), witness=shown.values)


def _may_be_one_place(
    sides: tuple[Boolean, ...], points: Sequence[Compared], domain: tuple[Boolean, ...]
) -> str | None:
    """Why a part of a condition that was true nowhere may be true at one place: where a square is at most 0."""
    for part in unseen_parts(sides, points):
        if not _proof_of_region(part, sp.false, domain) and not _is_contradictory(part, domain):
            return f"at none of them was {part} true, which may be so at a single place"
    return None


def _is_contradictory(part: Boolean, domain: tuple[Boolean, ...]) -> bool:
    """Whether one relation of a conjunction is proved to be false where the others are true."""
    together = sp.And.make_args(part)
    for relation in (r for r in together if isinstance(r, INEQUALITIES)):
        others = (*domain, *(other for other in together if other != relation))
        if proof_of_sign(-margin(relation), others, strict=not is_strict(relation)):
            return True
    return False


def _difference(point: Compared, derived: Boolean) -> str:
    """What is true of a candidate and what of the derived condition, at a point where they differ."""
    lost, gone = point.undefined
    here = f"{_told(point.candidate, gone)} at {_named(point.values)}"
    if derived in (sp.true, sp.false):
        return f"{here}, where the derivation says {'always' if derived else 'never'}"
    return f"{here}, where the derived condition {derived} is {_told(point.derived, lost)}"


def _told(value: bool, undefined: bool) -> str:
    return "true" if value else "undefined" if undefined else "false"


def judge_bound(exact: sp.Expr, relation: str, candidate: sp.Expr, domain: tuple[Boolean, ...]) -> Finding:
    """Whether ``exact`` stands in ``relation`` (``<=``, ``>=``, ``<``, ``>``) to ``candidate`` all over ``domain``.

    It does not where a side has no value, be it at one irrational place.
    """
    exact, candidate = sp.sympify(exact), sp.sympify(candidate)
    domain = with_declared_bounds(domain, exact, candidate)
    found = _judged_where_defined(exact, relation, candidate, domain)
    pole = _pole_of_a_side(exact, candidate, domain) if found.outcome.supports else None
    if pole is None:
        return found
    reason = f"a side has no value at {_named(pole.values)}, where {pole.reason}"
    if pole.proved:
        return Finding(Outcome.REFUTED, reason, witness=pole.values)
    return Finding(Outcome.UNDECIDED, f"{found.reason}; but a side may have no value: {pole.reason}")


def _pole_of_a_side(exact: sp.Expr, candidate: sp.Expr, domain: tuple[Boolean, ...]) -> Pole | None:
    return next(filter(None, (pole_within(side, domain) for side in (exact, candidate))), None)


def _judged_where_defined(exact: sp.Expr, relation: str, candidate: sp.Expr, domain: tuple[Boolean, ...]) -> Finding:
    """The finding on a bound at the places where both sides have a value."""
    margin_of = candidate - exact if relation.startswith("<") else exact - candidate
    equal = proof_of_zero(exact_expression(margin_of), domain)
    if equal:
        return Finding(Outcome.REFUTED if relation in "<>" else Outcome.PROVED, f"both sides are equal: {equal}")
    at_once = _soon_negative(margin_of, domain)
    if at_once is not None:
        return _violated(margin_of, domain, at_once)
    decision = sign_at_points(margin_of, domain)
    decision = decision.with_proof(margin_of, domain) or decision
    strict = len(relation) == 1
    touched = strict and decision.kind is SignKind.NONNEGATIVE and SignKind.ZERO not in decision.witnesses
    allowed = {SignKind.POSITIVE} if strict else {SignKind.POSITIVE, SignKind.NONNEGATIVE, SignKind.ZERO}
    if decision.kind in allowed or touched:
        numbers = {"points": decision.points_used}
        if decision.proved and not touched:
            return Finding(Outcome.PROVED, f"margin {decision.kind}: {decision.reason}", numbers=numbers)
        holds = _RELATION[relation](exact, candidate)
        by_signs = proof_of_sameness(holds, sp.true, domain)
        on_line = SignsCompared(by_signs) if by_signs else compared_on_the_line(holds, sp.true, domain)
        if on_line.witness is not None:
            reason = f"violated at {_named(on_line.witness)}, where both sides are equal"
            return Finding(Outcome.REFUTED, reason, witness=on_line.witness)
        routes = (proof_by_ends, proof_by_parts)
        proof = on_line.proof or next(filter(None, (r(margin_of, domain, strict=strict) for r in routes)), None)
        proof = proof or (proof_of_sign(margin_of, domain, strict=strict) if touched or not decision.proved else None)
        proof = proof or _proof_in_logarithms(holds, domain) or _proof_of_polynomial(margin_of, domain, strict=strict)
        if proof:
            return Finding(Outcome.PROVED, f"margin {decision.kind}: {proof}", numbers=numbers)
        # A weak bound that the decision on the sign did not refute is false at most where it is undefined.
        false = None if not strict and margin_of.is_real else _first_false(holds, domain)
        if false is not None:
            values, undefined = false
            how = "a side has no real value" if undefined else "violated"
            return Finding(Outcome.REFUTED, f"{how} at {_named(values)}", witness=values)
        if touched:
            return Finding(Outcome.UNDECIDED, f"the sides may be equal somewhere: the margin is {decision.reason}")
        doubt = sharp_turn(margin_of, domain)
        if doubt:
            reason = f"the margin is {decision.kind} at all {decision.points_used} points, but {doubt}"
            return Finding(Outcome.UNDECIDED, reason, numbers=numbers)
        return Finding(Outcome.CERTIFIED, f"margin {decision.kind}: {decision.reason}", numbers=numbers)
    if decision.kind is SignKind.UNDECIDED:
        return Finding(Outcome.UNDECIDED, decision.reason)
    witness = decision.witnesses.get(SignKind.NEGATIVE)
    if witness is None and SignKind.ZERO in decision.witnesses:
        witness = decision.witnesses[SignKind.ZERO]
        return Finding(Outcome.REFUTED, f"violated at {_named(witness)}", witness=dict(witness))
    witness = witness or _any_point(margin_of, domain)
    if witness is None:
        return Finding(Outcome.UNDECIDED, "no point of the domain was found")
    return _violated(margin_of, domain, witness)


def _soon_negative(margin_of: sp.Expr, domain: tuple[Boolean, ...]) -> Mapping[str, str] | None:
    """One of the first points of the domain, if a margin is certainly negative there: a bound needs no other sign.

    Whoever asks for the sign of what is negative everywhere has the other one searched for.
    """
    symbols = margin_of.free_symbols.union(*(condition.free_symbols for condition in domain))
    if not symbols or margin_of.has(sp.Integral, sp.Sum, sp.Product):
        return None
    with contextlib.suppress(UnsupportedFormError, SymbolError):
        simple = itertools.islice(simple_points(AdmissibleRegion.of(symbols, domain)), SIMPLE)
        for point in itertools.chain(simple, points_satisfying(symbols, domain, SIMPLE)):
            if sign_at(margin_of, point) == -1:
                return as_text(point)
    return None


def _violated(margin_of: sp.Expr, domain: tuple[Boolean, ...], witness: Mapping[str, str]) -> Finding:
    """The finding on a bound whose margin is negative at ``witness``."""
    witness, value = _readable_violation(margin_of, domain, witness)
    return Finding(Outcome.REFUTED, f"violated at {_named(witness)}{value}", witness=dict(witness))


def _any_point(margin_of: sp.Expr, domain: tuple[Boolean, ...]) -> Mapping[str, str] | None:
    """A point of the domain: what is violated everywhere, by a proof, is violated there; None if none was found."""
    symbols = margin_of.free_symbols.union(*(condition.free_symbols for condition in domain))
    return next(map(as_text, points_satisfying(symbols, domain, 1)), None) if symbols else {}


def _readable_violation(
    margin_of: sp.Expr, domain: tuple[Boolean, ...], witness: Mapping[str, str]
) -> tuple[Mapping[str, str], str]:
    """A point of simple numbers at which a margin is negative too, and its value there, said to a reader.

    It is looked for after the ``witness`` has refuted, and plays no part in the decision.
    """
    region = AdmissibleRegion.of(margin_of.free_symbols, domain)
    with contextlib.suppress(UnsupportedFormError, ValueError, KeyError):
        point = {symbol: Fraction(witness[str(symbol)]) for symbol in region.symbols}
        simple = itertools.islice(simple_points(region), SIMPLE)
        for simpler in itertools.chain(simple, rounded_points(region, point), [point]):
            if sign_at(margin_of, simpler) == -1:
                return as_text(simpler), f": the margin is {ball(margin_of, simpler).str(6)}"
    return witness, ""


_RELATION = {"<=": sp.Le, ">=": sp.Ge, "<": sp.Lt, ">": sp.Gt}


def _first_false(condition: Boolean, domain: tuple[Boolean, ...]) -> tuple[dict[str, str], bool] | None:
    """A point where a bound does not hold, and whether a side of it has no real value there."""
    points = compared_points(condition, sp.true, domain)
    return next(((p.values, p.undefined[0]) for p in points if p.proved and not p.derived), None)


def _proof_of_region(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> str | None:
    """A proof that two conditions are one: literally, by the ratio or the signs of their margins, or by monotony."""
    if derived == candidate:
        return f"the derived condition is literally {derived}"
    routes = (_same_surface, proof_of_sameness, proof_of_same_side, _both_always_true)
    proof = next(filter(None, (route(derived, candidate, domain) for route in routes)), None)
    return proof or _proof_in_another_form(derived, candidate, domain)


def _proof_in_another_form(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> str | None:
    """The proof for both conditions rewritten: by logarithms, squares or whole numbers."""
    for form in OTHER_FORMS:
        left, right = form(derived), form(candidate)
        if (left, right) == (derived, candidate):
            continue
        if left == right:
            return f"both conditions are {left}"
        proof = proof_of_sameness(left, right, domain) or proof_of_same_side(left, right, domain)
        if proof:
            return f"as {left} and {right}: {proof}"
    return None


def _proof_of_polynomial(margin_of: sp.Expr, domain: tuple[Boolean, ...], *, strict: bool) -> str | None:
    """The proof for whole numbers one by one, or for polynomials by the order of the letters."""
    least = least_sign_at_whole_numbers(margin_of, domain)
    if least is not None and least >= strict:
        steps = margin_of.has(sp.Mod)
        return (
            "for every remainder" if steps else "at the whole numbers next to its zeros, between which no sign changes"
        )
    return None if strict else proof_by_ordering(margin_of, domain)


def _proof_in_logarithms(holds: Boolean, domain: tuple[Boolean, ...]) -> str | None:
    """The proof of a bound between positive quantities by that between their logarithms."""
    logarithms = in_logarithms(holds)
    if logarithms == holds or not isinstance(logarithms, INEQUALITIES):
        return None
    proof = compared_on_the_line(logarithms, sp.true, domain).proof
    proof = proof or proof_by_parts(margin(logarithms), domain, strict=is_strict(logarithms))
    return f"by logarithms, {logarithms}: {proof}" if proof else None


def _same_surface(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> str | None:
    """Whether two single inequalities are one: real everywhere, equally strict, their margins in a positive ratio."""
    if not (isinstance(derived, INEQUALITIES) and isinstance(candidate, INEQUALITIES)):
        return None
    if is_strict(derived) != is_strict(candidate):
        return None
    if not all(side.is_real for side in (*derived.args, *candidate.args)):
        return None  # the ratio says nothing where one of them has no value
    ratio = sp.cancel(margin(candidate) / margin(derived))
    decision = decide_sign(ratio, domain)
    if decision.kind is SignKind.POSITIVE and decision.proved:
        return f"its margin is the derived one, of {derived}, times {ratio}, which is positive"
    return None


def _both_always_true(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> str | None:
    """The proof where both conditions are true everywhere: of inequalities whose margins have one sign."""
    for condition in (derived, candidate):
        if condition != sp.true and not (
            isinstance(condition, INEQUALITIES)
            and proof_of_sign(margin(condition), domain, strict=is_strict(condition))
            and all(side.is_real for side in condition.args)
        ):
            return None
    return "both are true everywhere"


def _named(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items()) or "every point"
