r"""Diffusions whose coefficients change their form inside the interval: parts, glued by matching conditions.

At a point c where drift and diffusion a may jump, but keep finite one-sided limits with :math:`a(c\pm) > 0`, the
stochastic equation has one law, and its generator acts on functions with a continuous slope. So

.. math::
    s(c-) = s(c+), \qquad a(c-)\,p(c-) = a(c+)\,p(c+)

for the scale density s and every stationary density p: the scale density is continuous, the density jumps by the
inverse ratio of the diffusions. The current is the same on both sides. Where a coefficient is infinite or the diffusion
vanishes, the same holds if the process runs through: see :mod:`theory.line.ends.crossings`.

References:
    Karatzas and Shreve, *Brownian Motion and Stochastic Calculus* (1991), section 5.5;
    Touchette, Van der Straeten and Just, *J. Phys. A* 43 (2010) 445002, for dry friction.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, EXPRESSIONS, SYMBOL, one_of, takes
from theory.decision.conditions.inequalities import positive, sign, simplified
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.limits import one_sided_limit
from theory.line.charts.interval import Interval
from theory.local_time import as_cases, is_smooth, on_side, surfaces_of_change


@dataclass(frozen=True)
class SmoothPart:
    r"""A stretch of the interval on which both coefficients are one formula.

    Attributes:
        interval: the stretch, in x.
        process: the process there, in its own coordinate :math:`y = \pm x`.
        own_interval: the stretch, in y.
        mirrored: whether :math:`y = -x`, so that a stretch of negative x is one of positive y.
    """

    interval: Interval
    process: ItoProcess
    own_interval: Interval
    mirrored: bool

    def in_x(self, function: sp.Expr, x: sp.Symbol) -> sp.Expr:
        """A function of y as a function of x."""
        return function.subs(self.process.state[0], -x if self.mirrored else x)

    def own(self, end: sp.Expr) -> sp.Expr:
        """A point of x in y."""
        return -end if self.mirrored else end

    @property
    def diffusion(self) -> sp.Expr:
        """The diffusion in y."""
        return self.process.diffusion[0]


@takes(functions=EXPRESSIONS, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def cuts(functions: Sequence[sp.Expr], x: sp.Symbol, interval: Interval) -> tuple[sp.Expr, ...]:
    """Where one of ``functions`` may change its form inside the interval, in order.

    Raises:
        UnsupportedFormError: such a point depends on parameters of unknown order, or could not be solved for.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> cuts([sp.sign(x), sp.Max(x, 3)], x, Interval(-sp.oo, sp.oo))
        (0, 3)
    """
    found: list[sp.Expr] = []
    for f in functions:
        if is_smooth(f, (x,)):
            continue
        for _, place in surfaces_of_change(as_cases(f), (x,), "process"):
            if _position(place, interval) and not any(sp.expand(place - known) == 0 for known in found):
                found.append(place)
    ordered: list[sp.Expr] = []
    for place in found:
        after = [_known_sign(place - known, place, known) for known in ordered]
        ordered.insert(sum(side > 0 for side in after), place)
    return tuple(ordered)


def parts(process: ItoProcess, interval: Interval, places: Sequence[sp.Expr]) -> tuple[SmoothPart, ...]:
    """The parts of a process on the line between ``places``."""
    edges = (interval.left, *places, interval.right)
    return tuple(_part(process, Interval(low, high)) for low, high in itertools.pairwise(edges))


def regular_at(process: ItoProcess, place: sp.Expr) -> Boolean | None:
    """The condition under which both coefficients are finite at ``place`` and the diffusion is positive.

    None where that is never so; what the process does then is found in :mod:`theory.line.ends.crossings`.
    """
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    conditions = []
    for side in (-1, 1):
        drift, diffusion = (one_sided(f, x, place, side) for f in (b, a))
        known = positive(diffusion) if diffusion.is_finite is not False else sp.false
        if known == sp.false or drift.has(sp.oo, sp.zoo, sp.nan) or diffusion.has(sp.oo, sp.zoo, sp.nan):
            return None
        conditions.append(known)
    return simplified(sp.And(*conditions))


def glued(pieces: Sequence[sp.Expr], places: Sequence[sp.Expr], x: sp.Symbol, weights: Sequence[sp.Expr]) -> sp.Expr:
    """One function out of ``pieces``, each up to a factor, with ``weights * pieces`` continuous at ``places``."""
    factor, found = sp.S.One, [pieces[0]]
    for (before, after), (left, right), place in zip(
        itertools.pairwise(pieces), itertools.pairwise(weights), places, strict=True
    ):
        upper, lower = one_sided(before * left, x, place, -1), one_sided(after * right, x, place, 1)
        factor = _tidy(factor * upper / lower)
        found.append(factor * after)
    return in_one_formula(found, places, x)


def in_one_formula(pieces: Sequence[sp.Expr], places: Sequence[sp.Expr], x: sp.Symbol) -> sp.Expr:
    """Pieces from left to right as one function: with a modulus where it is even about its only kink."""
    if len(places) == 1:
        (place,) = places
        y = sp.Dummy("y", positive=True)
        left, right = pieces[0].subs(x, place - y), pieces[1].subs(x, place + y)
        if left == right or sp.expand(left - right) == 0:
            return right.subs(y, sp.Abs(x - place))
    branches = [(piece, x < place) for piece, place in zip(pieces, places, strict=False)]
    return sp.Piecewise(*branches, (pieces[-1], True), evaluate=False)


@takes(function=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
@lru_cache(maxsize=512)
def pieces_of(function: sp.Expr, x: sp.Symbol, interval: Interval) -> tuple[tuple[Interval, sp.Expr], ...]:
    """A function with kinks as one formula on each stretch of the interval.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> pieces_of(sp.exp(-sp.Abs(x)), x, Interval(-1, sp.oo))
        ((Interval(left=-1, right=0), exp(x)), (Interval(left=0, right=oo), exp(-x)))
    """
    places = cuts([function], x, interval)
    edges = (interval.left, *places, interval.right)
    by_cases = as_cases(function)
    return tuple(
        (Interval(low, high), formula_on(by_cases, x, Interval(low, high))) for low, high in itertools.pairwise(edges)
    )


def formula_on(function: sp.Expr, x: sp.Symbol, stretch: Interval) -> sp.Expr:
    """The formula of ``function`` on a stretch inside which no condition changes."""
    point = stretch.interior_point()
    by_cases = as_cases(function)
    while True:
        decided = {}
        for relation in by_cases.atoms(Relational):
            if relation.has(x) and not relation.has(sp.Piecewise):
                truth = relation.func(sp.expand(relation.lhs.subs(x, point)), sp.expand(relation.rhs.subs(x, point)))
                if truth not in (sp.true, sp.false):
                    side = sign(truth.lhs - truth.rhs)
                    truth = truth if side is None else relation.func(sp.Integer(side), 0)
                if truth in (sp.true, sp.false):
                    decided[relation] = truth
        if not decided:
            return by_cases
        by_cases = by_cases.xreplace(decided)


def _part(process: ItoProcess, stretch: Interval) -> SmoothPart:
    (x,) = process.state
    if stretch.left.is_nonnegative:
        y, mirrored = sp.Symbol(x.name, positive=True), False
    elif stretch.right.is_nonpositive:
        y, mirrored = sp.Symbol(x.name, positive=True), True
    else:
        y, mirrored = sp.Symbol(x.name, real=True), False
    direction = -1 if mirrored else 1
    drift, dispersion = (
        [formula_on(f, x, stretch).subs(x, direction * y) for f in entries]
        for entries in (process.drift, process.dispersion)
    )
    own = Interval(-stretch.right, -stretch.left) if mirrored else stretch
    there = ItoProcess([y], [direction * drift[0]], [[direction * entry for entry in dispersion]])
    return SmoothPart(stretch, there, own, mirrored)


def _position(place: sp.Expr, interval: Interval) -> bool:
    """Whether ``place`` lies inside the interval."""
    left, right = (
        1 if end.is_infinite else _known_sign(direction * (place - end), place, end)
        for direction, end in ((1, interval.left), (-1, interval.right))
    )
    return left > 0 and right > 0


def _known_sign(difference: sp.Expr, place: sp.Expr, other: sp.Expr) -> int:
    known = sign(sp.expand(difference))
    if known is None:
        raise UnsupportedFormError(
            f"the coefficients change their form at {place}, and whether that lies above {other} is not decided. "
            "Declare their symbols positive or negative, or give them numbers."
        )
    return known


def one_sided(f: sp.Expr, x: sp.Symbol, place: sp.Expr, side: int) -> sp.Expr:
    """The limit of f at ``x = place`` from below (``side`` -1) or above (1)."""
    f = on_side(as_cases(f), x, place, side)
    value = f.subs(x, place)
    if value.has(sp.nan, sp.zoo, sp.oo):
        value = one_sided_limit(f, x, place, "+" if side > 0 else "-")
    return value


def _tidy(factor: sp.Expr) -> sp.Expr:
    return factor if factor.has(sp.Integral) else sp.powsimp(sp.factor_terms(sp.expand(factor)))
