r"""Random rational points inside the assumptions of symbols and inside given conditions.

A formula is judged only where it claims to hold. Points are rational, so that conditions are decided exactly where they
are rational and by balls otherwise; magnitudes are those of :mod:`theory.decision.points.magnitudes`; one point in five
has small special values (0, 1, 1/2, ...); and points are also placed at and on both sides of given breakpoints
(:mod:`theory.decision.points.breakpoints`).
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.relational import Equality, Relational, Unequality
from sympy.logic.boolalg import Boolean, to_nnf

from theory.argument_kinds import CONDITIONS, EXPRESSION, SEED, SYMBOL, SYMBOLS, behind_the_door, takes, whole
from theory.decision.arb.ball_functions import Ball
from theory.decision.arb.balls import MissingFlintError, ball, truth
from theory.decision.points.magnitudes import NEAR, between, random_size
from theory.decision.rational_points import Point, exact_value
from theory.errors import SymbolError, UnsupportedFormError
from theory.parameters import BoundedSymbol
from theory.values import shown

_ATTEMPTS_PER_POINT = 60
_MAX_EXPONENT = 5000
"""Bounds beyond 2**5000 are as good as none."""
_SPECIAL = tuple(map(Fraction, ("0", "1", "-1", "2", "1/2", "-1/2", "3", "-2")))
_SIMPLE = tuple(map(Fraction, ("1", "2", "1/2", "3", "3/2", "1/3", "-1", "-2", "-1/2", "5", "1/10")))
_TRUTH_PRECISION = 256
_ball, _truth, _exact_value = behind_the_door(ball), behind_the_door(truth), behind_the_door(exact_value)


@takes(symbols=SYMBOLS, conditions=CONDITIONS, count=whole(0, 10**6), seed=SEED, reach=whole(1, 4096))
def points_satisfying(
    symbols: Iterable[sp.Symbol],
    conditions: Boolean | Iterable[Boolean] = (),
    count: int = 40,
    seed: int | str | None = None,
    *,
    reach: int = NEAR,
) -> list[dict[sp.Symbol, Fraction]]:
    """Up to ``count`` random rational points at which the symbols' assumptions and all ``conditions`` hold.

    The list is shorter, or empty, where points are hard to find; that says nothing about whether there are more.

    Args:
        symbols: coordinates of the points; those that ``conditions`` mention are added.
        conditions: relations between the symbols, and their And, Or, Not. Equations are refused.
        count: how many.
        seed: anything hashable to text; by default it derives from the symbols and conditions.
        reach: coordinates have sizes up to 2**reach.

    Raises:
        UnsupportedFormError: a condition is an equation, or no relation at all.
        SymbolError: a symbol is assumed not to be real, or not to be rational.

    Example:
        >>> eta, h = sp.symbols("eta h", positive=True)
        >>> all(point[eta] * point[h] < 2 for point in points_satisfying([eta, h], [eta * h < 2]))
        True
    """
    region = AdmissibleRegion.of(symbols, conditions)
    rng = random_source(seed if seed is not None else (region.symbols, region.conditions))
    points: list[dict[sp.Symbol, Fraction]] = []
    for _ in range(_ATTEMPTS_PER_POINT * max(count, 1)):
        if len(points) >= count or region.is_empty:
            break
        point = region.draw(rng, reach=reach)
        if point is not None:
            points.append(point)
    return points


def random_source(seed: object) -> random.Random:
    """A generator whose stream depends on the text of ``seed`` alone, the same in every process."""
    # To order a sum SymPy integrates numerically the integrals in it, which may take minutes or fail.
    order = "none" if any(isinstance(part, sp.Basic) and part.has(sp.Integral) for part in _parts(seed)) else None
    text = sp.sstr(seed, order=order) if order else str(seed)
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16]))


def _parts(seed: object) -> Iterable[object]:
    return seed if isinstance(seed, tuple) else (seed,)


def simple_points(region: AdmissibleRegion) -> Iterator[dict[sp.Symbol, Fraction]]:
    """Points of ``region`` made of small numbers, in a fixed order; none may lie in it."""
    values = [[v for v in _SIMPLE if admits(symbol, v)] for symbol in region.symbols]
    if not region.symbols or not all(values):
        return
    # Neighbouring symbols get different numbers first: formulas that differ often agree where all are equal.
    for shift, stride in itertools.product(range(len(_SIMPLE)), (1, 2, 0)):
        chosen = (column[(shift + stride * i) % len(column)] for i, column in enumerate(values))
        point = dict(zip(region.symbols, chosen, strict=True))
        if region.contains(point):
            yield point


def rounded_points(region: AdmissibleRegion, point: Point) -> Iterator[dict[sp.Symbol, Fraction]]:
    """``point`` rounded to fractions of growing denominators, where that stays in ``region``."""
    for denominator in (1, 2, 4, 10, 100, 1000, 10**5):
        rounded = {symbol: Fraction(point[symbol]).limit_denominator(denominator) for symbol in region.symbols}
        if region.contains(rounded):
            yield rounded


@dataclass(frozen=True)
class AdmissibleRegion:
    """Where symbols satisfy their assumptions and ``conditions``.

    Attributes:
        symbols: Coordinates of the points, sorted by name.
        conditions: Relations and their And and Or, in negation normal form; none is an equation.
    """

    symbols: tuple[sp.Symbol, ...]
    conditions: tuple[Boolean, ...]

    @classmethod
    def of(cls, symbols: Iterable[sp.Symbol], conditions: Boolean | Iterable[Boolean]) -> AdmissibleRegion:
        """The region of ``symbols``, and of the symbols that ``conditions`` mention."""
        given = [conditions] if isinstance(conditions, Boolean | bool) else list(conditions)
        normal = tuple(_normal_condition(condition) for condition in given)
        free = set(symbols).union(*(condition.free_symbols for condition in normal))
        for symbol in free:
            _check_symbol(symbol)
        symbols = tuple(sorted(free, key=lambda s: (s.name, sp.srepr(s))))
        declared = [relation for symbol in symbols for relation in _declared(symbol)]
        return cls(symbols, (*(c for c in normal if c != sp.true), *declared))

    @property
    def is_empty(self) -> bool:
        """True where intervals alone show that no point exists; False says nothing."""
        if sp.false in self.conditions:
            return True
        relations = [c for c in self.conditions if isinstance(c, Relational)]
        for symbol in self.symbols:
            lower, upper, closed = _interval(symbol, [a for a in map(_bound, relations) if a], {}, alone=True)
            if lower is not None and upper is not None and (lower > upper or lower == upper and not closed):
                return True
        return False

    def contains(self, point: Point) -> bool:
        """Whether assumptions and conditions certainly hold at ``point``."""
        return all(admits(symbol, point[symbol]) for symbol in self.symbols) and all(
            _truth(condition, point, _TRUTH_PRECISION) is True for condition in self.conditions
        )

    def still_contains(self, point: Point, moved: sp.Symbol) -> bool:
        """Whether ``point`` is inside, where it was before the coordinate ``moved`` changed alone."""
        return admits(moved, point[moved]) and all(
            _truth(condition, point, _TRUTH_PRECISION) is True
            for condition in self.conditions
            if moved in condition.free_symbols
        )

    def draw(self, rng: random.Random, *, reach: int = NEAR) -> dict[sp.Symbol, Fraction] | None:
        """One random point with coordinates of sizes up to 2**reach, or None if the attempt fell outside."""
        point = self._random_point(rng, random_size(rng, reach))
        return point if point is not None and self.contains(point) else None

    def _random_point(self, rng: random.Random, size: int) -> dict[sp.Symbol, Fraction] | None:
        relations = [atom for condition in self.conditions for atom in _one_way(condition, rng)]
        bounds = [bound for bound in map(_bound, relations) if bound]
        special = rng.random() < 0.2
        point: dict[sp.Symbol, Fraction] = {}
        for symbol in rng.sample(self.symbols, len(self.symbols)):
            lower, upper, _ = _interval(symbol, bounds, point)
            value = _draw(symbol, lower, upper, rng, special, size)
            if value is None:
                return None
            point[symbol] = value
        return point


@dataclass(frozen=True)
class _AffineBound:
    """The relation ``slope * symbol + offset`` > 0 (or >= 0), once for every symbol in which it is affine."""

    affine: tuple[tuple[sp.Symbol, sp.Expr, sp.Expr], ...]
    closed: bool


def _normal_condition(given: Boolean | bool) -> Boolean:
    condition: Any = given
    if isinstance(given, bool):
        condition = sp.true if given else sp.false
    if not isinstance(condition, Boolean):
        raise UnsupportedFormError(
            f"conditions must be relations such as eta*h < 2 and their And, Or, Not; got {shown(condition)}. "
            "Write it as a relation."
        )
    for atom in condition.atoms(sp.Contains):
        condition = condition.xreplace({atom: atom.args[1].as_relational(atom.args[0])})
    condition = to_nnf(condition, simplify=False)
    for atom in sp.preorder_traversal(condition):
        if isinstance(atom, Equality):
            raise UnsupportedFormError(
                f"conditions must have an interior, got the equation {atom}. "
                "Solve it for one symbol and substitute that in the expression."
            )
        if atom.has(sp.core.function.AppliedUndef):
            raise UnsupportedFormError(
                f"conditions must speak of symbols, got {atom} with an undefined function. Name its value by a symbol."
            )
    for part in condition.args if isinstance(condition, sp.And | sp.Or) else (condition,):
        if part not in (sp.true, sp.false) and not isinstance(part, Relational | sp.And | sp.Or):
            raise UnsupportedFormError(
                f"conditions must be relations and their And, Or, Not; got {part}. Write it with <, <=, >, >=."
            )
    return condition


def _check_symbol(symbol: sp.Symbol) -> None:
    if symbol.is_real is False or symbol.is_extended_real is False:
        raise SymbolError(f"points are real, but {symbol} is assumed not to be. Write it as x + I*y with real x, y.")
    if symbol.is_irrational:
        raise SymbolError(f"points are rational, but {symbol} is assumed irrational. Drop that assumption.")
    if not symbol.is_commutative:
        raise SymbolError(f"points are numbers, but {symbol} does not commute. Write matrices entry by entry.")


def _one_way(condition: Boolean, rng: random.Random) -> Iterator[Relational]:
    """The relations of one randomly chosen way to satisfy ``condition``."""
    if isinstance(condition, sp.And):
        for part in condition.args:
            yield from _one_way(part, rng)
    elif isinstance(condition, sp.Or):
        yield from _one_way(rng.choice(condition.args), rng)
    elif isinstance(condition, Relational):
        yield condition


@functools.lru_cache(maxsize=4096)
def _bound(relation: Relational) -> _AffineBound | None:
    if isinstance(relation, Unequality) or relation.lhs.is_infinite or relation.rhs.is_infinite:
        return None
    difference = relation.gts - relation.lts
    if difference.count_ops() > 200:
        return None
    numerator, denominator = sp.fraction(sp.together(difference))
    if denominator.is_positive or denominator.is_negative:
        difference = numerator if denominator.is_positive else -numerator
    closed = relation.rel_op in (">=", "<=")
    return _AffineBound(tuple(filter(None, (affine_in(difference, x) for x in difference.free_symbols))), closed)


@takes(expression=EXPRESSION, x=SYMBOL)
@functools.lru_cache(maxsize=4096)
def affine_in(expression: sp.Expr, x: sp.Symbol) -> tuple[sp.Symbol, sp.Expr, sp.Expr] | None:
    """(x, slope, offset) where ``expression`` is slope * x + offset with a slope that is not 0, else None."""
    slope = sp.expand(expression.diff(x))
    if slope == 0 or slope.has(x):
        return None
    return x, slope, expression.subs(x, 0)


def rounded_value(expression: sp.Expr, point: Point) -> Fraction | None:
    """``expression`` at ``point``: exactly if rational, else rounded; None if undefined or not all values are known."""
    value = _exact_value(expression, point)
    if value is not None or not expression.free_symbols <= point.keys():
        return value
    try:
        enclosure = _ball(expression, point, 64)
    except (UnsupportedFormError, MissingFlintError):
        return None
    return _rounded(enclosure) if enclosure.is_finite() else None


def _rounded(enclosure: Ball) -> Fraction | None:
    """The middle of a ball; None where it would need more digits than are worth computing with."""
    mantissa, exponent = (int(part) for part in enclosure.mid().man_exp())
    if abs(exponent) > _MAX_EXPONENT:
        return None
    middle = Fraction(mantissa << max(exponent, 0), 1 << max(-exponent, 0))
    return middle.limit_denominator(1 << 40) if abs(middle) > Fraction(1, 1 << 20) else middle


def _interval(
    symbol: sp.Symbol, bounds: Sequence[_AffineBound], point: Point, *, alone: bool = False
) -> tuple[Fraction | None, Fraction | None, bool]:
    """Lower and upper bound of ``symbol``, the others being as in ``point``, and whether both ends belong to it."""
    lower = Fraction(0) if symbol.is_nonnegative else None
    upper = Fraction(0) if symbol.is_nonpositive else None
    closed = not symbol.is_positive and not symbol.is_negative
    for bound in bounds:
        for x, slope, offset in bound.affine:
            if x != symbol or alone and not (slope.is_Rational and offset.is_Rational):
                continue
            a, b = rounded_value(slope, point), rounded_value(offset, point)
            if a is None or b is None or a == 0:
                continue
            end = -b / a
            if a > 0 and (lower is None or end >= lower):
                lower, closed = end, closed and bound.closed
            if a < 0 and (upper is None or end <= upper):
                upper, closed = end, closed and bound.closed
    return lower, upper, closed


def _draw(
    symbol: sp.Symbol, lower: Fraction | None, upper: Fraction | None, rng: random.Random, special: bool, size: int
) -> Fraction | None:
    if lower is not None and upper is not None and lower > upper:
        return None
    if special:
        choices = [v for v in _SPECIAL if (lower is None or v >= lower) and (upper is None or v <= upper)]
        choices = [v for v in choices if admits(symbol, v)]
        if choices:
            return rng.choice(choices)
    value = between(lower, upper, rng, size)
    if not symbol.is_integer:
        return value
    first = None if lower is None else -((-lower).__floor__())
    last = None if upper is None else upper.__floor__()
    if first is not None and last is not None and first > last:
        return None
    nearest = round(value)
    nearest = nearest if first is None else max(first, nearest)
    nearest = nearest if last is None else min(last, nearest)
    for shift in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, 6, 7, 8):
        candidate = Fraction(nearest + shift)
        inside = (first is None or candidate >= first) and (last is None or candidate <= last)
        if inside and admits(symbol, candidate):
            return candidate
    return None


# By the numerator: comparing a Fraction with a number takes ten times as long.
_ASSUMPTIONS: dict[str, Callable[[Fraction], bool]] = {
    "positive": lambda v: v.numerator > 0,
    "negative": lambda v: v.numerator < 0,
    "nonnegative": lambda v: v.numerator >= 0,
    "nonpositive": lambda v: v.numerator <= 0,
    "zero": lambda v: v.numerator == 0,
    "integer": lambda v: v.denominator == 1,
    "even": lambda v: v.denominator == 1 and v.numerator % 2 == 0,
    "odd": lambda v: v.denominator == 1 and v.numerator % 2 == 1,
    "prime": lambda v: v.denominator == 1 and bool(sp.Integer(v.numerator).is_prime),
    "composite": lambda v: v.denominator == 1 and bool(sp.Integer(v.numerator).is_composite),
}


def admits(symbol: sp.Symbol, value: Fraction | sp.Rational) -> bool:
    """Whether ``value`` satisfies every assumption of ``symbol`` that concerns a rational number."""
    if not isinstance(value, Fraction):
        value = Fraction(int(value.numerator), int(value.denominator))
    if isinstance(symbol, BoundedSymbol) and not symbol.bounds.contain(sp.Rational(value.numerator, value.denominator)):
        return False
    return all(holds(value) is assumed for holds, assumed in _assumed(symbol))


def with_declared_bounds(conditions: Sequence[Boolean], *forms: sp.Basic) -> tuple[Boolean, ...]:
    """``conditions``, and the bounds that the parameters of ``forms`` were declared with."""
    symbols = sorted(set().union(*(form.free_symbols for form in (*conditions, *forms))), key=str)
    return (*conditions, *(bound for symbol in symbols for bound in _declared(symbol)))


def _declared(symbol: sp.Symbol) -> list[Boolean]:
    """The bounds of a :func:`theory.parameters.parameter`, as relations."""
    return symbol.bounds.relations(symbol) if isinstance(symbol, BoundedSymbol) else []


@functools.lru_cache(maxsize=4096)
def _assumed(symbol: sp.Symbol) -> tuple[tuple[Callable[[Fraction], bool], bool], ...]:
    """Tests of a rational number, and what each must say of a value of ``symbol``."""
    assumptions = symbol.assumptions0
    return tuple((holds, assumptions[name]) for name, holds in _ASSUMPTIONS.items() if name in assumptions)
