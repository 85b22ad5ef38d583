"""Points beside the surfaces of inequalities: where two conditions differ, if they do."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import sympy as sp
from sympy.core.relational import GreaterThan, LessThan, Relational, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import Boolean

from theory.decision.balls import truth
from theory.decision.region import points_satisfying
from theory.decision.zero import ZeroKind, decide_zero

POINTS = 240
"""Random points at which two conditions are compared, besides those on their surfaces."""


PROJECTED = 12
"""How many of them are also moved onto every surface and to both of its sides, along every coordinate."""


CLOSENESS = 1024
"""The relative distance of a point beside a surface is 1 / CLOSENESS: a boundary that is off by more is seen."""


PRECISION = sp.Rational(1, 2**20)
"""Width of the bracket of an irrational zero."""


SCALES = 8
"""Powers of two, up and down, between which changes of sign of a transcendental function are looked for."""


BISECTIONS = 24


INEQUALITIES = (StrictGreaterThan, GreaterThan, StrictLessThan, LessThan)


Point = dict[sp.Symbol, Fraction]


def is_strict(inequality: Relational) -> bool:
    """Whether the inequality is false on its surface."""
    return isinstance(inequality, StrictGreaterThan | StrictLessThan)


def margin(inequality: Relational) -> sp.Expr:
    """The expression whose positivity the inequality states."""
    return inequality.gts - inequality.lts


def compared_points(
    derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]
) -> Iterator[tuple[dict[str, str], bool, bool]]:
    """Points where both conditions are known to be true or false, as text, with these truth values."""
    for point in _points(derived, candidate, domain):
        expected, found = truth(derived, point), truth(candidate, point)
        if expected is not None and found is not None:
            yield _text(point), expected, found
    for symbol, root in _irrational_roots(derived, candidate):
        if all(_truth_at(condition, symbol, root) for condition in domain):
            expected, found = _truth_at(derived, symbol, root), _truth_at(candidate, symbol, root)
            if expected is not None and found is not None:
                yield {str(symbol): str(root)}, expected, found


def _irrational_roots(derived: Boolean, candidate: Boolean) -> Iterator[tuple[sp.Symbol, sp.Expr]]:
    """Where conditions on one symbol touch their surfaces at square roots: only there strictness shows."""
    symbols = derived.free_symbols | candidate.free_symbols
    if len(symbols) != 1:
        return
    (symbol,) = symbols
    for inequality in sorted(derived.atoms(*INEQUALITIES) | candidate.atoms(*INEQUALITIES), key=str):
        numerator = sp.numer(sp.together(margin(inequality)))
        if numerator.is_polynomial(symbol) and sp.degree(numerator, symbol) <= 2:
            for root in sp.roots(numerator, symbol):
                if root.is_real and not root.is_Rational and _admits(symbol, root):
                    yield symbol, root


def _truth_at(condition: Boolean, symbol: sp.Symbol, root: sp.Expr) -> bool | None:
    """The truth value of a condition at an algebraic number; None if it cannot be decided."""
    known: dict[Boolean, Boolean] = {}
    for inequality in condition.atoms(*INEQUALITIES):
        value = margin(inequality).subs(symbol, root)
        decision = decide_zero(value)
        if decision.kind is ZeroKind.ZERO:
            known[inequality] = sp.false if is_strict(inequality) else sp.true
        elif decision.kind is ZeroKind.NONZERO:
            known[inequality] = sp.true if value.evalf(30) > 0 else sp.false
        else:
            return None
    value = condition.xreplace(known)
    return bool(value) if value in (sp.true, sp.false) else None


def _points(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Iterator[Point]:
    """Points of the domain; then points on the surfaces of both conditions, and close to them on either side."""
    symbols = derived.free_symbols | candidate.free_symbols | {s for c in domain for s in c.free_symbols}
    if not symbols:
        yield {}
        return
    surfaces = [margin(r) for r in sorted(derived.atoms(*INEQUALITIES) | candidate.atoms(*INEQUALITIES), key=str)]
    for i, point in enumerate(points_satisfying(symbols, domain, POINTS, seed=f"{derived}/{candidate}")):
        yield point
        for surface in surfaces if i < PROJECTED else ():
            for moved in _beside(surface, point):
                if all(truth(condition, moved) for condition in domain):
                    yield moved


def _beside(surface: sp.Expr, point: Point) -> Iterator[Point]:
    """The point moved along each coordinate onto ``surface`` where that is rational, and to both of its sides."""
    for symbol in sorted(surface.free_symbols, key=str):
        others = {s: sp.Rational(v.numerator, v.denominator) for s, v in point.items() if s != symbol}
        along = surface.subs(others)
        for low, high in _crossings(along, symbol, point[symbol]):
            beside = max(abs(low), abs(high)) / CLOSENESS or sp.Rational(1, CLOSENESS)
            for value in {low, high, low - beside, high + beside}:
                if _admits(symbol, value):
                    yield {**point, symbol: Fraction(int(value.p), int(value.q))}


def _crossings(along: sp.Expr, symbol: sp.Symbol, start: Fraction) -> list[tuple[sp.Rational, sp.Rational]]:
    """Where a function of one symbol may change its sign, as rational brackets; an exact root is its own bracket.

    All zeros and poles of a rational function with rational coefficients; else the changes of sign between the points
    ``start`` times powers of two.
    """
    parts = [sp.Poly(part, symbol) for part in sp.fraction(sp.together(along)) if part.is_polynomial(symbol)]
    if len(parts) == 2 and all(part.domain in (sp.ZZ, sp.QQ) for part in parts):
        roots = [bracket for part in parts if part.degree() > 0 for bracket, _ in part.intervals(eps=PRECISION)]
        return [(sp.Rational(low), sp.Rational(high)) for low, high in roots]
    grid = [start * Fraction(2) ** j for j in range(-SCALES, SCALES + 1)]
    signs = [truth(along > 0, {symbol: value}) for value in grid]
    return [
        _bisected(along, symbol, low, high)
        for (low, below), (high, above) in pairwise(zip(grid, signs, strict=True))
        if below is not None and above is not None and below is not above
    ]


def _bisected(along: sp.Expr, symbol: sp.Symbol, low: Fraction, high: Fraction) -> tuple[sp.Rational, sp.Rational]:
    """The change of sign between ``low`` and ``high``, closer."""
    at_low = truth(along > 0, {symbol: low})
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if truth(along > 0, {symbol: middle}) is at_low else (low, middle)
    return sp.Rational(low.numerator, low.denominator), sp.Rational(high.numerator, high.denominator)


def _admits(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether ``value`` satisfies the sign assumptions of ``symbol``."""
    return not (
        (symbol.is_positive and value <= 0)
        or (symbol.is_negative and value >= 0)
        or (symbol.is_nonnegative and value < 0)
        or (symbol.is_nonzero and value == 0)
        or (symbol.is_integer and not value.is_integer)
    )


def _text(point: Point) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in sorted(point.items(), key=lambda item: str(item[0]))}
