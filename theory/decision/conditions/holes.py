r"""Places without rational coordinates that a condition leaves out or adds, single ones or surfaces.

:math:`(p^2 - 2)^2 + (q^2 - 3)^2 > 0` is false at :math:`(\sqrt 2, \sqrt 3)` alone, and :math:`1/(x^3 - x - 1) \le 1`
has no value where its denominator is 0; :math:`p^3 + p > 1` and :math:`p \ge r`, with r its root, differ at r. No
rational point lies there. The way down leads to the first place, a change of sign of a denominator or a margin to the
others. What balls tell there is no proof: conditions that differ at such a place are not certified to agree.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITION, CONDITIONS, behind_the_door, takes
from theory.decision.points.breakpoints import crossings
from theory.decision.points.extrema import descended
from theory.decision.points.region import AdmissibleRegion, points_satisfying
from theory.decision.points.touching import place_of_touching
from theory.decision.rational_points import Point, combined_truth, nearly
from theory.decision.sign import sign_at
from theory.errors import UnsupportedFormError

_crossings = behind_the_door(crossings)

_STARTS = 3


@dataclass(frozen=True)
class _Place:
    """A point that stands for a place nearby, and one on the other side of it: the same where nothing is crossed."""

    region: AdmissibleRegion
    point: Point
    beyond: Point

    def vanishes(self, part: sp.Expr) -> bool:
        """Whether ``part`` is 0 there as far as balls tell."""
        here, there = _sign(part, self.point), _sign(part, self.beyond)
        if not here or not there or here != there:
            return True
        return place_of_touching(part * here, self.region, [self.point]) is not None

    def truth(self, condition: Boolean) -> bool | None:
        """Whether ``condition`` is true there; it is not where a side of it has no value."""
        if condition in (sp.true, sp.false):
            return bool(condition)
        if not isinstance(condition, Relational):
            return combined_truth(type(condition).__name__, [self.truth(part) for part in condition.args])
        if any(map(self.vanishes, _denominators(condition))):
            return False
        margin = condition.lhs - condition.rhs
        sign = 0 if self.vanishes(margin) else _sign(margin, self.point)
        return None if sign is None else bool(condition.func(sp.Integer(sign), sp.S.Zero))


@takes(left=CONDITION, right=CONDITION, domain=CONDITIONS)
def hole_in_one_of(left: Boolean, right: Boolean, domain: Boolean | Sequence[Boolean]) -> dict[str, str] | None:
    """About where, inside ``domain``, one of two conditions seems to be true at an irrational place, and the other not.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> hole_in_one_of((p**2 - 2) ** 2 + (q**2 - 3) ** 2 > 0, sp.true, ())
        {'p': '1.41421356', 'q': '1.73205081'}
    """
    given = (domain,) if isinstance(domain, Boolean | bool) else tuple(domain)
    left, right, *domain = map(sp.sympify, (left, right, *given))
    symbols = set().union(*(condition.free_symbols for condition in (left, right, *domain)))
    if not symbols:
        return None
    region = AdmissibleRegion.of(symbols, domain)
    for start in points_satisfying(symbols, domain, _STARTS, seed=f"holes of {left}/{right}"):
        for place in itertools.chain(_touched(left, right, region, start), _crossed(left, right, region, start)):
            truths = place.truth(left), place.truth(right)
            if None not in truths and truths[0] is not truths[1]:
                return {str(symbol): str(nearly(place.point[symbol], 9)) for symbol in sorted(symbols, key=str)}
    return None


def _touched(left: Boolean, right: Boolean, region: AdmissibleRegion, start: Point) -> Iterator[_Place]:
    for relation in _relations(left, right):
        margin = relation.lhs - relation.rhs
        sign = _sign(margin, start)
        if sign:
            lowest = descended(margin * sign, region, start)
            found = place_of_touching(margin * sign, region, [lowest])
            if found is not None:
                yield _Place(region, dict(found), dict(found))


def _crossed(left: Boolean, right: Boolean, region: AdmissibleRegion, start: Point) -> Iterator[_Place]:
    relations = _relations(left, right)
    crossed = set().union({r.lhs - r.rhs for r in relations}, *map(_denominators, relations))
    for part in sorted(crossed, key=str):
        for symbol in sorted(part.free_symbols, key=str):
            for low, high in () if symbol.is_integer else _crossings(part, symbol, start):
                before, after = ({**start, symbol: end} for end in (low, high))
                if region.contains(before) and region.contains(after):
                    yield _Place(region, before, after)


def _relations(*conditions: Boolean) -> list[Relational]:
    found = set().union(*(condition.atoms(Relational) for condition in conditions))
    return sorted((r for r in found if r.free_symbols and not r.has(sp.oo)), key=str)


def _denominators(relation: Relational) -> set[sp.Expr]:
    """What must not be 0 for both sides to have a value."""
    powers = (part for part in relation.atoms(sp.Pow) if part.exp.could_extract_minus_sign())
    return {part.base for part in powers if part.base.free_symbols}


def _sign(expression: sp.Expr, point: Point) -> int | None:
    try:
        return sign_at(expression, point)
    except UnsupportedFormError:
        return None
