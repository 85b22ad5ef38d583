"""Signs at whole numbers: beyond the outermost zeros they are constant, between them few are left, and steps repeat."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.arb.balls import ball
from theory.decision.points.breakpoints import period_of
from theory.decision.points.region import AdmissibleRegion, admits
from theory.decision.proofs.signs_on_line import OpenInterval
from theory.decision.rational_points import exact_truth, exact_value

_MAX_OPERATIONS = 300
_WIDTH = sp.Rational(1, 8)
_LONGEST_PERIOD = 20_000


@takes(expression=EXPRESSION, domain=CONDITIONS)
def least_sign_at_whole_numbers(expression: sp.Expr, domain: Boolean | Sequence[Boolean] = ()) -> int | None:
    """The least sign, -1, 0 or 1, that ``expression`` in one integer symbol has in ``domain``; None if out of reach.

    For polynomials, for elementary functions whose zeros are isolated, and at least as large as for remainders alone.

    Example:
        >>> n = sp.Symbol("n", integer=True)
        >>> least_sign_at_whole_numbers(n**2 - 9 * n + 20), least_sign_at_whole_numbers(n**2 - n - 1)
        (0, -1)
        >>> least_sign_at_whole_numbers(n**2 - n - 1, [n > 1])
        1
        >>> m = sp.Symbol("m", integer=True, positive=True)
        >>> least_sign_at_whole_numbers(2**m - m**2), least_sign_at_whole_numbers(7 - sp.Mod(m**2, 11))
        (-1, -1)
    """
    conditions = AdmissibleRegion.of((), domain).conditions
    symbols = expression.free_symbols.union(*(condition.free_symbols for condition in conditions))
    if not symbols or expression.count_ops() > _MAX_OPERATIONS:
        return None
    if expression.has(sp.Mod) and all(n.is_integer for n in symbols):
        return _least_of_remainders(expression, sorted(expression.free_symbols, key=str))
    if len(symbols) != 1:
        return None
    (n,) = symbols
    if not n.is_integer:
        return None
    if not expression.is_polynomial(n):
        return _least_beside_zeros(expression, n, conditions)
    polynomials = [sp.Poly(expression, n)]
    for condition in conditions:
        relations = condition.atoms(sp.core.relational.Relational)
        if not relations or not all((r.lhs - r.rhs).is_polynomial(n) for r in relations):
            return None
        polynomials += [sp.Poly(r.lhs - r.rhs, n) for r in relations]
    if not all(p.domain.is_ZZ or p.domain.is_QQ for p in polynomials):
        return None
    zeros = [end for p in polynomials if p.degree() > 0 for ends, _ in p.intervals(eps=_WIDTH) for end in ends]
    # Between two zeros no sign changes, so the whole numbers next to them stand for all.
    numbers = {round(sp.Rational(zero)) + step for zero in (0, *zeros) for step in (-2, -1, 0, 1, 2)}
    signs = [_sign(polynomials[0], value) for value in sorted(numbers) if _is_inside(n, value, conditions)]
    return min(signs, default=None)


def _least_of_remainders(expression: sp.Expr, symbols: Sequence[sp.Symbol]) -> int | None:
    """The least sign over all remainders, where ``symbols`` stand in steps that repeat themselves alone."""
    periods = [period_of(expression, n) for n in symbols]
    outside = expression.xreplace({step: sp.Dummy() for step in expression.atoms(sp.Mod)})
    if outside.free_symbols & set(symbols) or math.prod(p or _LONGEST_PERIOD + 1 for p in periods) > _LONGEST_PERIOD:
        return None
    signs = set()
    for rests in itertools.product(*(range(p or 1) for p in periods)):
        value = exact_value(expression, dict(zip(symbols, map(Fraction, rests), strict=True)))
        if value is None:
            return None
        signs.add((value > 0) - (value < 0))
    return min(signs)


def _least_beside_zeros(expression: sp.Expr, n: sp.Symbol, conditions: Sequence[Boolean]) -> int | None:
    """The least sign of an elementary function at the whole numbers next to its zeros on the line, and at the ends."""
    x = sp.Dummy(
        "x", **({"positive": True} if n.is_positive else {"nonnegative": True} if n.is_nonnegative else {"real": True})
    )
    low = sp.S.Zero if n.is_nonnegative else -sp.oo
    high = sp.S.Zero if n.is_nonpositive else sp.oo
    for relation in conditions:
        if not isinstance(relation, sp.Gt | sp.Ge | sp.Lt | sp.Le):
            return None
        if relation.gts == n and relation.lts.is_Rational:
            low = sp.Max(low, relation.lts)
        elif relation.lts == n and relation.gts.is_Rational:
            high = sp.Min(high, relation.gts)
    if not low < high:
        return None
    found = OpenInterval(x, low, high).signs(expression.subs(n, x))
    if found is None or not found.strict:
        return None
    ends = [end for end in (low, high) if end.is_finite]
    near = [
        *(Fraction(int(e.p), int(e.q)) for e in ends),
        *(end for place in found.places for end in (place.low, place.high)),
    ]
    numbers = {round(zero) + step for zero in (Fraction(0), *near) for step in (-2, -1, 0, 1, 2)}
    signs = [_at(expression, n, value) for value in sorted(numbers) if _is_inside(n, value, conditions)]
    return None if None in signs else min((sign for sign in signs if sign is not None), default=None)


def _at(expression: sp.Expr, n: sp.Symbol, value: int) -> int | None:
    number = sp.sympify(expression.subs(n, value))
    found = ball(number, {}, 256)
    return 1 if found > 0 else -1 if found < 0 else 0 if proof_of_zero(number) is not None else None


def _sign(polynomial: sp.Poly, value: int) -> int:
    return int(sp.sign(polynomial.eval(value)))


def _is_inside(n: sp.Symbol, value: int, domain: Sequence[Boolean]) -> bool:
    point = {n: Fraction(value)}
    return admits(n, Fraction(value)) and all(exact_truth(condition, point) is True for condition in domain)
