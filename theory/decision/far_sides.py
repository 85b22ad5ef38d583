r"""Where a root or a logarithm may change its branch, points of one side say nothing of the other.

:math:`\arctan p + \arctan q = \arctan\frac{p + q}{1 - pq}` holds for :math:`pq < 1` alone; where conditions leave a
thin strip beyond that wall, random points lie on the near side, all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy as sp

from theory.argument_kinds import behind_the_door
from theory.decision.arb.balls import truth
from theory.decision.evidence_class import branching_walls
from theory.decision.points.point_search import PointSearch, Residual
from theory.decision.points.region import AdmissibleRegion
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.rational_points import Point
from theory.errors import TheoryError

_truth = behind_the_door(truth)

_ATTEMPTS = 60
_LOOKED_AT = 3
_LARGEST_EXPONENT = 100
"""SymPy takes exp(10^8 x) for a power of exp(x), and lists the coefficients of the polynomial: 20 GB of them."""
"""So many points beyond a wall are looked at."""


def on_far_sides(search: PointSearch, visited: Sequence[Point]) -> tuple[dict[sp.Symbol, Fraction] | None, str | None]:
    """A point beyond a wall where a ball excludes 0; or what is said of a far side on which no point was found."""
    doubt = None
    for factor in dict.fromkeys(f for wall in branching_walls(search.expression) for f in factors_of_wall(wall)):
        if not factor.free_symbols <= set(search.symbols):
            continue
        met = {side for side in (1, -1) if any(_truth(sp.Gt(side * factor, 0), point, 256) for point in visited)}
        if len(met) != 1 or _is_one_sided(factor * min(met), search):
            continue
        beyond = _points_beyond(factor * min(met), search)
        for point in beyond:
            if search.residual(point)[0] is Residual.EXCLUDES:
                return point, None
        if not beyond:
            told = f"it is not proved that {factor} keeps its sign, and no point was found where it has the other"
            doubt = doubt or told
    return None, doubt


def factors_of_wall(wall: sp.Expr) -> Iterator[sp.Expr]:
    """The factors of a wall: of a square both sides of its root count."""
    for part in sp.fraction(sp.together(wall)):
        yield from (factor for factor in _factors(part) if factor.free_symbols)


def _factors(part: sp.Expr) -> list[sp.Expr]:
    """The factors of a numerator or denominator; of one with large exponents, a polynomial of that degree, itself."""
    exponents = (power.exp.atoms(sp.Rational) for power in part.atoms(sp.exp, sp.Pow))
    if any(max(abs(number.p), number.q) > _LARGEST_EXPONENT for numbers in exponents for number in numbers):
        return [part]
    try:
        return [factor for factor, _ in sp.factor_list(part)[1]]
    except sp.PolynomialError:  # SymPy's, of what is a number once it is multiplied out
        return [part]


def _is_one_sided(factor: sp.Expr, search: PointSearch) -> bool:
    """Whether ``factor`` is proved to be positive; or nowhere negative, if its zeros are too few to part places.

    They are for an irreducible polynomial with rational coefficients, which changes its sign at a wall.
    """
    few = factor.is_polynomial() and all(c.is_Rational for c in sp.Poly(factor, *factor.free_symbols).coeffs())
    return proof_of_sign(factor, search.region.conditions, strict=not few) is not None


def _points_beyond(factor: sp.Expr, search: PointSearch) -> list[dict[sp.Symbol, Fraction]]:
    try:
        region = AdmissibleRegion.of(search.symbols, (*search.region.conditions, sp.Lt(factor, 0)))
    except TheoryError:
        return []
    inner = PointSearch(search.expression, region, search.rng, search.clock)
    return list(itertools.islice(inner.points(_ATTEMPTS), _LOOKED_AT))
