"""Conditions and inequalities: on which side of a surface a point lies.

A :class:`~verification.claim.Region` holds if two conditions are true at the same points; a
:class:`~verification.claim.Bound` holds if one expression never crosses another. Both are refuted by a single
point, found by looking at random rational points and, because strict and non-strict inequalities differ only
there, at points on the surfaces themselves and close to them on either side.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.sign import SignKind, decide_sign
from theory.decision.surfaces import INEQUALITIES, POINTS, compared_points, is_strict, margin
from verification.verdict import Finding, Outcome


def judge_region(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Finding:
    """Whether ``candidate`` is true exactly where ``derived`` is, inside ``domain``."""
    seen: set[bool] = set()
    compared = 0
    for values, expected, found in compared_points(derived, candidate, domain):
        if expected is not found:
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
    decision = decide_sign(candidate - exact if relation.startswith("<") else exact - candidate, domain)
    allowed = {SignKind.POSITIVE}
    if len(relation) == 2:
        allowed |= {SignKind.NONNEGATIVE, SignKind.ZERO}
    if decision.kind in allowed:
        outcome = Outcome.PROVED if decision.proved else Outcome.CERTIFIED
        return Finding(outcome, f"margin {decision.kind}: {decision.reason}", numbers={"points": decision.points_used})
    if decision.kind is SignKind.UNDECIDED:
        return Finding(Outcome.UNDECIDED, decision.reason)
    witness = decision.witnesses.get(SignKind.NEGATIVE) or decision.witnesses.get(SignKind.ZERO) or {}
    return Finding(Outcome.REFUTED, f"violated at {_named(witness)}", witness=dict(witness))


def _same_surface(derived: Boolean, candidate: Boolean) -> str | None:
    """A proof that two single inequalities are one: the ratio of their margins is positive, strictness equal."""
    if derived == candidate and derived in (sp.true, sp.false):
        return f"the derived condition is literally {derived}"
    if not (isinstance(derived, INEQUALITIES) and isinstance(candidate, INEQUALITIES)):
        return None
    if is_strict(derived) != is_strict(candidate):
        return None
    ratio = sp.cancel(margin(candidate) / margin(derived))
    decision = decide_sign(ratio)
    if decision.kind is SignKind.POSITIVE and decision.proved:
        return f"its margin is the derived one, of {derived}, times {ratio}, which is positive"
    return None


def _named(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items()) or "every point"
