"""Conditions and inequalities: on which side of a surface a point lies.

A :class:`~verification.claim.Region` holds if two conditions are true at the same points; a
:class:`~verification.claim.Bound` holds if one expression never crosses another. Both are refuted by a single
point, found by looking at random rational points and, because strict and non-strict inequalities differ only
there, at points on the surfaces themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
from sympy.core.relational import GreaterThan, LessThan, Relational, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import Boolean

from theory.admissible_points import points_satisfying
from theory.balls import truth
from theory.zero import decide_sign
from verification.verdict import Finding, Outcome

POINTS = 240
"""Random points at which two conditions are compared, besides those on their surfaces."""

PROJECTED = 24
"""How many of them are also moved onto every surface, along every coordinate in which it is affine."""

INEQUALITIES = (StrictGreaterThan, GreaterThan, StrictLessThan, LessThan)

Point = dict[sp.Symbol, Fraction]


def judge_region(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Finding:
    """Whether ``candidate`` is true exactly where ``derived`` is, inside ``domain``."""
    seen: set[bool] = set()
    compared = 0
    for point in _points(derived, candidate, domain):
        expected, found = truth(derived, point), truth(candidate, point)
        if expected is None or found is None:
            continue
        if expected is not found:
            values = _text(point)
            wrong, right = (str(side).lower() for side in (found, expected))
            reason = f"{wrong} at {_named(values)}, where the derived condition {derived} is {right}"
            return Finding(Outcome.REFUTED, reason, witness=values)
        seen.add(expected)
        compared += 1
    proof = _same_surface(derived, candidate)
    if proof:
        return Finding(Outcome.PROVED, proof)
    if compared < POINTS // 2:
        return Finding(Outcome.UNDECIDED, f"only {compared} points of the domain could be compared")
    return Finding(
        Outcome.CERTIFIED,
        f"agrees with {derived} at {compared} points, on the surfaces too (truth values seen: {sorted(seen)})",
        numbers={"points": compared},
    )


def judge_bound(exact: sp.Expr, relation: str, candidate: sp.Expr, domain: tuple[Boolean, ...]) -> Finding:
    """Whether ``exact`` stands in ``relation`` (``<=``, ``>=``, ``<``, ``>``) to ``candidate`` all over ``domain``."""
    margin = candidate - exact if relation.startswith("<") else exact - candidate
    decision = decide_sign(margin, domain)
    allowed = {"positive"} if len(relation) == 1 else {"positive", "nonnegative", "zero"}
    if decision.kind in allowed:
        outcome = Outcome.PROVED if decision.proved else Outcome.CERTIFIED
        return Finding(outcome, f"margin {decision.kind}: {decision.reason}", numbers={"points": decision.points_used})
    if decision.kind == "undecided":
        return Finding(Outcome.UNDECIDED, decision.reason)
    witness = decision.witnesses.get("negative") or decision.witnesses.get("zero") or {}
    return Finding(Outcome.REFUTED, f"violated at {_named(witness)}", witness=dict(witness))


def _same_surface(derived: Boolean, candidate: Boolean) -> str | None:
    """A proof that two single inequalities are one: the ratio of their margins is positive, strictness equal."""
    if derived == candidate and derived in (sp.true, sp.false):
        return f"the derived condition is literally {derived}"
    if not (isinstance(derived, INEQUALITIES) and isinstance(candidate, INEQUALITIES)):
        return None
    if _strict(derived) != _strict(candidate):
        return None
    ratio = sp.cancel(_margin(candidate) / _margin(derived))
    decision = decide_sign(ratio)
    if decision.kind == "positive" and decision.proved:
        return f"its margin is the derived one, of {derived}, times {ratio}, which is positive"
    return None


def _strict(inequality: Relational) -> bool:
    return isinstance(inequality, StrictGreaterThan | StrictLessThan)


def _margin(inequality: Relational) -> sp.Expr:
    """The expression whose positivity the inequality states."""
    return inequality.gts - inequality.lts


def _points(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Iterator[Point]:
    """Points of the domain, and their projections on the surfaces of both conditions."""
    symbols = derived.free_symbols | candidate.free_symbols | {s for c in domain for s in c.free_symbols}
    if not symbols:
        yield {}
        return
    surfaces = [_margin(r) for r in sorted(derived.atoms(*INEQUALITIES) | candidate.atoms(*INEQUALITIES), key=str)]
    for i, point in enumerate(points_satisfying(symbols, domain, POINTS, seed=f"{derived}/{candidate}")):
        yield point
        for surface in surfaces if i < PROJECTED else ():
            yield from _projections(surface, point, domain)


def _projections(surface: sp.Expr, point: Point, domain: tuple[Boolean, ...]) -> Iterator[Point]:
    """The point moved along each coordinate in which ``surface`` is affine until it lies on the surface."""
    values = {symbol: sp.Rational(value.numerator, value.denominator) for symbol, value in point.items()}
    for symbol in sorted(surface.free_symbols, key=str):
        others = {other: value for other, value in values.items() if other != symbol}
        numerator = sp.numer(sp.together(surface.subs(others)))
        if not numerator.is_polynomial(symbol) or sp.degree(numerator, symbol) != 1:
            continue
        slope, offset = sp.Poly(numerator, symbol).all_coeffs()
        root = -offset / slope
        if not root.is_Rational or not _admits(symbol, root):
            continue
        moved = {**point, symbol: Fraction(int(root.p), int(root.q))}
        if all(truth(condition, moved) for condition in domain):
            yield moved


def _admits(symbol: sp.Symbol, value: sp.Rational) -> bool:
    """Whether ``value`` satisfies the sign assumptions of ``symbol``."""
    return not (
        (symbol.is_positive and value <= 0)
        or (symbol.is_negative and value >= 0)
        or (symbol.is_nonnegative and value < 0)
        or (symbol.is_nonzero and value == 0)
        or (symbol.is_integer and value.q != 1)
    )


def _text(point: Point) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in sorted(point.items(), key=lambda item: str(item[0]))}


def _named(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items()) or "every point"
