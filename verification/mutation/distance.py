r"""How far a mutated formula is from the right one, measured at rational points of its domain by balls.

Nothing here is decided by a rounded number: a mutant whose ball of differences contains 0 at a point counts as equal
there, and a distance counts as above or below a limit only where its whole ball is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean, BooleanAtom

from theory.asymptotic_series import terms_up_to
from theory.decision.algebra.undefined_functions import random_functions, with_functions
from theory.decision.arb.balls import ball, complex_ball, truth
from theory.decision.conditions.surfaces import _beside, margin
from theory.decision.points.region import AdmissibleRegion, points_satisfying, random_source
from theory.decision.sign import sign_at
from verification.forms import Bound, Candidate, Expansion, Form, Identity, Numerical, Region, StationaryDensity
from verification.mutation.slips import INEQUALITIES, OPAQUE

LEAST, LARGEST = Fraction(1, 10**6), Fraction(10)
"""A mutant nearer than this is not noticed by a reader, one farther away is grotesque."""

POINTS = 7
"""Points at which values are compared: an odd number, since the distance is their median."""

TRIALS = 16
"""Points at which a violation of a bound, or a difference of two conditions, is looked for."""

PROJECTED = 2
"""How many of them are also moved to both sides of every surface, along every coordinate."""

PRECISION = 128

_OBLIQUE = sp.Rational(7, 5)
"""The slope of a direction along which no difference and no sum of coordinates stays as it is."""

Point = dict[sp.Symbol, Fraction]
Ruler = Callable[[Candidate], float | None]
"""A mutant -> its distance from the right form; None if it is none, too small, or too large."""


@functools.singledispatch
def ruler(form: Form, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    """What measures mutants of ``right`` in the way in which ``form`` judges candidates; None if nothing does."""
    return None


@ruler.register
def _(form: Identity, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    return _of_values(right, domain, form.modulo or (lambda side: side))


@ruler.register
def _(form: Numerical, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    return _of_values(right, domain, lambda side: side)


@ruler.register
def _(form: StationaryDensity, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    """Densities that are proportional are one law: their logarithmic derivatives in one direction are compared."""
    direction = {x: _OBLIQUE**i for i, x in enumerate(form.process().state)}
    return _of_values(right, domain, lambda p: sp.Add(*(length * sp.diff(p, x) for x, length in direction.items())) / p)


@ruler.register
def _(form: Expansion, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    """What lies beyond the stated order is left free: expansions up to it are compared."""
    return _of_values(right, domain, lambda side: _up_to_the_order(side, form))


def _up_to_the_order(side: sp.Expr, form: Expansion) -> sp.Expr:
    """``side`` up to the order of ``form``, from above where the parameter comes from both sides.

    Raises:
        UnsupportedFormError: it has no expansion there.
    """
    at, small = form.at, form.small
    t = sp.Dummy("t", positive=True)
    if at.is_infinite:
        direction = 1 if at.is_extended_positive else -1
        place, back = direction / t, direction / small
    else:
        direction = -1 if small.is_nonpositive else 1
        place, back = at + direction * t, direction * (small - at)
    found = terms_up_to(side.subs(small, place), t, form.order)
    return sp.Add(*(c * back**power * sp.log(back) ** logs for (power, logs), c in found.items()))


@ruler.register
def _(form: Region, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    """The share of points, most of them beside the surfaces, at which the truth values differ."""
    if not isinstance(right, Boolean):
        return None
    points = _admissible_points(right.free_symbols, domain, TRIALS)
    surfaces = [margin(relation) for relation in sorted(right.atoms(*INEQUALITIES), key=str)]
    beside = [moved for point in points[:PROJECTED] for surface in surfaces for moved in _beside(surface, point)]
    points += filter(AdmissibleRegion.of(right.free_symbols, domain).contains, beside)
    truths = [truth(right, point) for point in points]
    return lambda mutant: _share_of_differences(mutant, points, truths)


@ruler.register
def _(form: Bound, right: Candidate, domain: Sequence[Boolean]) -> Ruler | None:
    """The relative difference of the values, provided that the exact quantity violates the mutated bound somewhere."""
    of_values = _of_values(right, domain, lambda side: side)
    if of_values is None:
        return None
    exact = form.exact()
    points = _admissible_points(_symbols(right) | exact.free_symbols, domain, TRIALS)
    allowed = {1} if len(form.relation) == 1 else {0, 1}
    direction = 1 if form.relation.startswith("<") else -1

    def measured(mutant: Candidate) -> float | None:
        slack = direction * (mutant - exact)
        signs = (sign_at(slack, point) for point in points)
        is_violated = any(sign is not None and sign not in allowed for sign in signs)
        return of_values(mutant) if is_violated else None

    return measured


def _of_values(right: Candidate, domain: Sequence[Boolean], modulo: Callable[[sp.Expr], sp.Expr]) -> Ruler | None:
    """The median over points of the relative difference, largest over the entries that changed."""
    if not isinstance(right, sp.Expr | sp.MatrixBase) or not _is_commutative(right):
        return None
    points = _admissible_points(_symbols(right), domain, POINTS)
    once = functools.cache(modulo)  # the right form meets every mutant
    return lambda mutant: _relative_distance(right, mutant, points, once) if points else None


def _relative_distance(
    right: Candidate, mutant: Candidate, points: Sequence[Point], modulo: Callable[[sp.Expr], sp.Expr]
) -> float | None:
    pairs = [
        (modulo(one), modulo(other))
        for one, other in zip(_entries(right), _entries(mutant), strict=True)
        if one != other
    ]
    if any(other.has(sp.zoo, sp.nan, sp.oo) for _, other in pairs):
        return None
    distance = max((d for d in (_median(*pair, points) for pair in pairs) if d is not None), key=_middle, default=None)
    if distance is None or not (distance > _number(LEAST, distance) and distance < _number(LARGEST, distance)):
        return None
    return _middle(distance) if any(_is_certainly_nonzero(other - one, points) for one, other in pairs) else None


def _is_certainly_nonzero(difference: sp.Expr, points: Sequence[Point]) -> bool:
    """Whether the difference shows without stand-ins too.

    Without stand-ins, the distance itself was a ball that excludes 0 at a point of the domain. For unknown functions,
    a ball excludes 0 for one choice of polynomials. The value of an integral or sum stays a stand-in: were it a special
    one, its mutant would be seen to survive.
    """
    if not difference.has(AppliedUndef):
        return True
    chosen = random_functions(difference, random_source("mutants"), 0)  # 0: polynomials
    if chosen is None:
        return False
    concrete = with_functions(difference, chosen)
    return any(not ball(concrete, point, PRECISION).contains(0) for point in points[:3])


def _median(one: sp.Expr, other: sp.Expr, points: Sequence[Point]) -> Any:
    r"""The median of :math:`|m - r| / |r|` over points, as a ball; None where the mutant has no value at a point."""
    one, other = with_stand_ins(one, other)
    stand_ins = sorted((one.free_symbols | other.free_symbols).difference(*points[:1]), key=str)
    found = []
    for i, point in enumerate(points):
        # Any values do for the parts not looked into; these are positive and of size 1.
        full = point | {symbol: Fraction(5 + 3 * i + j, 7 + 2 * j) for j, symbol in enumerate(stand_ins)}
        enclose = complex_ball if one.has(sp.I) or other.has(sp.I) else ball
        r, m = enclose(one, full, PRECISION), enclose(other, full, PRECISION)
        if not r.is_finite() or r.contains(0):
            continue
        if not m.is_finite():
            return None
        found.append(abs(m - r) / abs(r))
    return sorted(found, key=_middle)[len(found) // 2] if found else None


def with_stand_ins(*expressions: sp.Expr) -> list[sp.Expr]:
    """The expressions with a symbol in the place of every part that slips do not enter."""
    parts = {part for expression in expressions for part in _outermost(expression)}
    symbols = {part: sp.Symbol(f"[{i}]") for i, part in enumerate(sorted(parts, key=sp.default_sort_key))}
    return [expression.xreplace(symbols) for expression in expressions]


def _outermost(expression: sp.Basic) -> set[sp.Basic]:
    if isinstance(expression, OPAQUE):
        return {expression}
    return set().union(*(_outermost(argument) for argument in expression.args)) if expression.has(*OPAQUE) else set()


def _share_of_differences(mutant: Candidate, points: Sequence[Point], truths: Sequence[bool | None]) -> float | None:
    """The share of points where ``mutant`` is certainly true and the right condition false, or the reverse."""
    if not isinstance(mutant, Boolean) or isinstance(mutant, BooleanAtom):
        return None
    differs = [one is not None and truth(mutant, point) is (not one) for point, one in zip(points, truths, strict=True)]
    return float(Fraction(sum(differs), len(differs))) if any(differs) else None


def _admissible_points(symbols: set[Any], domain: Sequence[Boolean], count: int) -> list[Point]:
    return points_satisfying(symbols, domain, count, seed="mutants")


def _entries(side: Any) -> list[Any]:
    return side.flat() if isinstance(side, sp.MatrixBase) else [side]


def _symbols(form: Any) -> set[Any]:
    """Symbols that have a value at a point: bound ones and those only within closed parts have none."""
    return set().union(*(entry.free_symbols for entry in _entries(form)))


def _is_commutative(form: Any) -> bool:
    return all(entry.is_commutative for entry in _entries(form))


def _middle(distance: Any) -> float:
    return float(distance.mid())


def _number(limit: Fraction, like: Any) -> Any:
    return type(like)(limit.numerator) / limit.denominator
