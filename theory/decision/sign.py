"""The sign of an expression on a region: normal forms first, then balls at rational points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.answer import Answer
from theory.decision.balls import ball
from theory.decision.normal_form import factors, proof_of_positivity
from theory.decision.point_search import PRECISIONS, Clock, PointSearch, as_text
from theory.decision.rational_points import Point
from theory.decision.region import AdmissibleRegion, random_source
from theory.decision.zero import ATTEMPTS_PER_POINT, Conditions, exact_expression, obstacle_to_deciding
from theory.errors import UnsupportedFormError


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
class SignDecision:
    """The sign of an expression over a region, and on what evidence.

    Attributes:
        kind: One of :class:`SignKind`; NONNEGATIVE and NONPOSITIVE where 0 was met exactly.
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


def sign_at(expression: sp.Expr, point: Point) -> int | None:
    """-1, 0 or 1, the certain sign of ``expression`` at ``point``; None if balls cannot tell.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x", positive=True)
        >>> sign_at(sp.log(x) - x + 1, {x: Fraction(7, 5)})
        -1
    """
    for precision in PRECISIONS:
        value = ball(expression, point, precision)
        if value > 0:
            return 1
        if value < 0:
            return -1
        if value.is_zero():
            return 0
    return None


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
    """
    expression = exact_expression(expression)
    region = AdmissibleRegion.of(expression.free_symbols, conditions)
    obstacle = obstacle_to_deciding(expression) or (
        "the expression holds undefined functions" if expression.has(AppliedUndef) else None
    )
    if obstacle:
        return SignDecision(SignKind.UNDECIDED, False, obstacle)
    for factor, kind in ((1, SignKind.POSITIVE), (-1, SignKind.NEGATIVE)):
        proof = proof_of_positivity(factor * expression, region.conditions)
        if proof is not None:
            return SignDecision(kind, True, proof)
    rng = random_source(seed if seed is not None else (expression, region.conditions))
    zeros = [f for f in factors(expression) if f.free_symbols]
    return _sign_by_points(PointSearch(expression, region, rng, Clock(seconds), zeros), points)


_SIGN_KINDS = {1: SignKind.POSITIVE, -1: SignKind.NEGATIVE, 0: SignKind.ZERO}


def _sign_by_points(search: PointSearch, wanted: int) -> SignDecision:
    witnesses: dict[str, Mapping[str, str]] = {}
    used = 0
    try:
        for point in search.points(wanted * ATTEMPTS_PER_POINT):
            sign = sign_at(search.expression, point)
            if sign is None:
                continue
            used += 1
            witnesses.setdefault(_SIGN_KINDS[sign], as_text(point))
            if {SignKind.POSITIVE, SignKind.NEGATIVE} <= witnesses.keys():
                return SignDecision(SignKind.MIXED, True, "balls of both signs", witnesses, used)
            if used >= wanted:
                break
    except UnsupportedFormError as error:
        return SignDecision(SignKind.UNDECIDED, False, str(error))
    if search.symbols and used < wanted or not used:
        return SignDecision(SignKind.UNDECIDED, False, search.shortage(used, wanted), witnesses, used)
    signs = frozenset(witnesses)
    mostly = SignKind.NONNEGATIVE if SignKind.POSITIVE in signs else SignKind.NONPOSITIVE
    kind = next(iter(signs)) if len(signs) == 1 else mostly
    if not search.symbols:
        return SignDecision(kind, True, "a constant, enclosed by a ball", witnesses, used)
    return SignDecision(kind, False, f"{kind} at all {used} random points, by balls", witnesses, used)
