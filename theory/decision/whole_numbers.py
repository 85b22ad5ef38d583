"""Polynomials in one whole number: beyond the outermost zeros their sign is constant, and between them few are left."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, takes
from theory.decision.rational_points import exact_truth
from theory.decision.region import AdmissibleRegion, admits

_MAX_OPERATIONS = 300
_WIDTH = sp.Rational(1, 8)


@takes(expression=EXPRESSION, domain=CONDITIONS)
def least_sign_at_whole_numbers(expression: sp.Expr, domain: Boolean | Sequence[Boolean] = ()) -> int | None:
    """The least sign, -1, 0 or 1, that a polynomial in one integer symbol has in ``domain``; None if out of reach.

    Example:
        >>> n = sp.Symbol("n", integer=True)
        >>> least_sign_at_whole_numbers(n**2 - 9 * n + 20), least_sign_at_whole_numbers(n**2 - n - 1)
        (0, -1)
        >>> least_sign_at_whole_numbers(n**2 - n - 1, [n > 1])
        1
    """
    conditions = AdmissibleRegion.of((), domain).conditions
    symbols = expression.free_symbols.union(*(condition.free_symbols for condition in conditions))
    if len(symbols) != 1 or expression.count_ops() > _MAX_OPERATIONS:
        return None
    (n,) = symbols
    if not n.is_integer or not expression.is_polynomial(n):
        return None
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


def _sign(polynomial: sp.Poly, value: int) -> int:
    return int(sp.sign(polynomial.eval(value)))


def _is_inside(n: sp.Symbol, value: int, domain: Sequence[Boolean]) -> bool:
    point = {n: Fraction(value)}
    return admits(n, Fraction(value)) and all(exact_truth(condition, point) is True for condition in domain)
