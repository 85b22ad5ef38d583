"""Proofs that a sum of functions of one letter each stays above a number: each of them stays above its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import CONDITIONS, EXPRESSION, YES_OR_NO, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.conditions.monotony import proof_on_the_line
from theory.decision.points.region import admits
from theory.decision.proofs.signs_on_line import OpenInterval
from theory.decision.sign import sign_at

_MAX_DEGREE = 4


@takes(expression=EXPRESSION, domain=CONDITIONS, strict=YES_OR_NO)
def proof_by_parts(expression: sp.Expr, domain: Sequence[Boolean] = (), *, strict: bool = False) -> str | None:
    """A sentence that states why a sum is nowhere below 0 on ``domain``, or positive if ``strict``; or None.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> proof_by_parts(p + 1 / p + q + 4 / q - 6)
        'a sum of p + 1/p >= 2 (p = 1) and q + 4/q >= 4 (q = 2)'
        >>> proof_by_parts(p + 1 / p + q + 4 / q - 6, strict=True) is None
        True
    """
    given = (domain,) if isinstance(domain, bool | Boolean) else tuple(domain)
    parts: dict[sp.Symbol, sp.Expr] = {}
    total: sp.Expr = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(expression)):
        if len(term.free_symbols) > 1:
            return None
        for x in term.free_symbols:
            parts[x] = parts.get(x, sp.S.Zero) + term
        total += sp.S.Zero if term.free_symbols else term
    if len(parts) < 2:
        return None
    told = []
    for x in sorted(parts, key=str):
        own = tuple(c for c in map(sp.sympify, given) if c.free_symbols == {x})
        found = _least(parts[x], x, own)
        if found is None:
            return None
        place, value = found
        total += value
        told.append(f"{parts[x]} >= {value} ({x} = {place})")
    zero = proof_of_zero(total) is not None
    if zero and strict or not zero and sign_at(total, {}) != 1:
        return None
    return f"a sum of {' and '.join(told)}"


def _least(part: sp.Expr, x: sp.Symbol, domain: tuple[Boolean, ...]) -> tuple[sp.Expr, sp.Expr] | None:
    """Where a function is smallest, and its value there: a guess that is proved."""
    for place in _places(part, x):
        value = sp.expand(part.subs(x, place))
        if value.is_real and proof_on_the_line(sp.Ge(part - value, 0, evaluate=False), sp.true, domain):
            return place, value
    return None


def _places(part: sp.Expr, x: sp.Symbol) -> Iterator[sp.Expr]:
    """Where the slope of ``part`` vanishes, as far as that is found in closed form."""
    slope = sp.numer(sp.together(sp.diff(part, x)))
    try:
        if slope.is_polynomial(x) and sp.degree(slope, x) <= _MAX_DEGREE:
            yield from (root for root in sp.roots(slope, x) if root.is_real and _may_be(x, root))
            return
    except BasePolynomialError:
        return
    low, high = sp.S.Zero if x.is_nonnegative else -sp.oo, sp.S.Zero if x.is_nonpositive else sp.oo
    found = OpenInterval(x, low, high).signs(slope)
    yield from (place.exact for place in (found.places if found else ()) if place.exact is not None)


def _may_be(x: sp.Symbol, value: sp.Expr) -> bool:
    return admits(x, value) if value.is_Rational else not (x.is_integer or x.is_positive and not value.is_positive)
