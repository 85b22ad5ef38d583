"""Points on and beside the surfaces of conditions: where two conditions differ, if they do."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.core.relational import GreaterThan, LessThan, Relational, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import behind_the_door
from theory.decision.arb.balls import ball, truth
from theory.decision.conditions.definedness import truth_where_defined
from theory.decision.points.breakpoints import crossings, remarkable_integers, zeros_along
from theory.decision.points.extrema import extreme_points
from theory.decision.points.irrational_places import places, surfaces_of_steps
from theory.decision.points.jumps import JUMP_STARTS, jumps_of, meetings
from theory.decision.points.magnitudes import FAR
from theory.decision.points.point_search import Clock
from theory.decision.points.region import (
    AdmissibleRegion,
    points_satisfying,
    random_source,
    rounded_points,
    simple_points,
)
from theory.decision.rational_points import combined_truth, exact_value, number_as_text
from theory.decision.sign import sign_at, sign_at_points
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import UnsupportedFormError

POINTS = 240
"""Random points at which two conditions are compared, besides those on their surfaces."""

PROJECTED = 12
"""How many of them are also moved onto every surface and to both of its sides, along every coordinate."""

EXACT = 3
"""How many of them are moved onto a surface where that is irrational, and compared there exactly."""

SIMPLE = 12
"""Points of simple numbers that are tried for a reader."""

CLOSENESS = (1 << 10, 1 << 20, 1 << 36)
"""The relative distances of points beside a surface are one over these: a boundary that is off by more is seen."""

INEQUALITIES = (StrictGreaterThan, GreaterThan, StrictLessThan, LessThan)

_truth, _exact_value = behind_the_door(truth), behind_the_door(exact_value)
_truth_there = behind_the_door(truth_where_defined)

_SECONDS = 5.0
"""Processor time spent beside jumps."""

_MAX_DEGREE = 8
_LONGEST_POWER = 4096
_MAX_LANDMARKS = 600
_WAVES = (sp.sin, sp.cos, sp.tan)
_SIMPLE = (sp.S.One, sp.S.Half, sp.S.Zero, sp.S.NegativeOne, sp.Integer(2), -sp.S.Half)
_TURNS = tuple(sp.pi * sp.Rational(k, 12) for k in (6, 3, -6, -3, 12, -12, *range(1, 24), *range(-24, 0)))

Point = dict[sp.Symbol, Fraction]


def is_strict(inequality: Relational) -> bool:
    """Whether the inequality is false on its surface."""
    return isinstance(inequality, StrictGreaterThan | StrictLessThan)


def margin(relation: Relational) -> sp.Expr:
    """The expression whose positivity an inequality states, or whose vanishing an equation does."""
    return relation.gts - relation.lts if isinstance(relation, INEQUALITIES) else relation.lhs - relation.rhs


@dataclass(frozen=True)
class Compared:
    """A point where two conditions are known to be true or not; where one has no value it is not true.

    Attributes:
        point: The point.
        derived: Whether the derived condition is true there.
        candidate: Whether the other one is.
        undefined: Which of the two have a part without a value there.
        proved: Whether that is so for certain; not where a number was taken for 0 because a very sharp ball holds 0.
    """

    point: Mapping[sp.Symbol, Fraction | sp.Expr | str]
    derived: bool
    candidate: bool
    undefined: tuple[bool, bool] = (False, False)
    proved: bool = True

    @property
    def values(self) -> dict[str, str]:
        """The point as text, by the names of the symbols."""
        return {str(symbol): _text(self.point[symbol]) for symbol in sorted(self.point, key=str)}


def compared_points(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Iterator[Compared]:
    """Points where both conditions are known to be true, or not to be."""
    for point in _points(derived, candidate, domain):
        (expected, lost), (found, gone) = _truth_there(derived, point), _truth_there(candidate, point)
        if expected is not None and found is not None:
            yield Compared(point, expected, found, (lost, gone))
    yield from _beside_jumps(derived, candidate, domain)
    yield from _at_irrational_places(derived, candidate, domain)
    for values in itertools.chain(
        _irrational_points(derived, candidate, domain), _landmarks_on_surfaces(derived, candidate, domain)
    ):
        if all(_truth_at(condition, values) for condition in domain):
            for taken_for_zero in ((ZeroKind.ZERO,), (ZeroKind.ZERO, ZeroKind.CERTIFIED)):
                expected, found = (_truth_at(condition, values, taken_for_zero) for condition in (derived, candidate))
                if expected is not None and found is not None:
                    yield Compared(values, expected, found, proved=len(taken_for_zero) == 1)
                    break


def compared_beyond(
    derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...], seen: Sequence[Compared]
) -> Iterator[Compared]:
    """Points where an inequality that was true at all ``seen``, or at none, is otherwise: the bottom of a narrow well.

    The sign of its margin is looked for from them, by descent.
    """
    region = AdmissibleRegion.of(_symbols(derived, candidate, domain), domain)
    others = next((found.point for found in seen if all(isinstance(v, Fraction) for v in found.point.values())), {})
    one_sided = (r for r in _relations(derived, candidate) if len({is_true_at(r, found) for found in seen}) == 1)
    for witness in (w for r in one_sided for w in sign_at_points(margin(r), domain).witnesses.values()):
        with contextlib.suppress(ValueError):  # a place without rational coordinates has a name
            point = {**others, **{s: Fraction(witness[str(s)]) for s in region.symbols if str(s) in witness}}
            (expected, lost), (found, gone) = _truth_there(derived, point), _truth_there(candidate, point)
            if region.contains(point) and expected is not None and found is not None:
                yield Compared(point, expected, found, (lost, gone))


def _relations(*conditions: Boolean) -> list[Relational]:
    return sorted(set().union(*(condition.atoms(*INEQUALITIES) for condition in conditions)), key=str)


def is_true_at(condition: Boolean, found: Compared) -> bool:
    """Whether a condition is known to be true at the place of a comparison."""
    values = found.point.values()
    if all(isinstance(value, Fraction) for value in values):
        return _truth_there(condition, found.point)[0] is True
    return not any(isinstance(value, str) for value in values) and _truth_at(condition, dict(found.point)) is True


def readable_difference(found: Compared, derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Compared:
    """A point of simple numbers at which the conditions differ as well, or else the one that was ``found``.

    It is looked for after that one has refuted, and plays no part in the decision.
    """
    if not found.point or not all(isinstance(value, Fraction) for value in found.point.values()):
        return found
    region = AdmissibleRegion.of(_symbols(derived, candidate, domain), domain)
    simple = itertools.islice(simple_points(region), SIMPLE)
    for point in itertools.chain(simple, rounded_points(region, dict(found.point))):
        (expected, lost), (told, gone) = _truth_there(derived, point), _truth_there(candidate, point)
        if expected is not None and told is not None and expected is not told:
            return Compared(point, expected, told, (lost, gone))
    return found


def _beside_jumps(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Iterator[Compared]:
    """Points right beside the places where the truth of a condition changes, which sharp balls tell apart."""
    jumps, symbols = jumps_of(sp.S.Zero, (derived, candidate)), _symbols(derived, candidate, domain)
    if not jumps:
        return
    starts = points_satisfying(symbols, domain, JUMP_STARTS, seed=f"jumps of {derived}/{candidate}")
    for found in meetings(jumps, AdmissibleRegion.of(symbols, domain), starts, Clock(_SECONDS)):
        if found.point is not None:
            expected, told = (_truth(condition, found.point, found.bits) for condition in (derived, candidate))
            if expected is not None and told is not None:
                yield Compared(found.point, expected, told)


def _at_irrational_places(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Iterator[Compared]:
    """Places without rational coordinates where an equation is true, or a strict inequality is not."""
    surfaces, symbols = surfaces_of_steps(sp.S.Zero, (derived, candidate)), _symbols(derived, candidate, domain)
    starts = points_satisfying(symbols, domain, EXACT, seed=f"zeros of {derived}/{candidate}") if symbols else ()
    for place in places(surfaces, AdmissibleRegion.of(symbols, domain), starts, Clock(_SECONDS)):
        with contextlib.suppress(UnsupportedFormError):
            expected, found = place.truth(derived), place.truth(candidate)
            if expected is not None and found is not None:
                yield Compared(place.values, expected, found)


def _surfaces(*conditions: Boolean) -> list[sp.Expr]:
    relations = sorted(set().union(*(condition.atoms(Relational) for condition in conditions)), key=str)
    return [margin(r) for r in relations if not r.has(sp.oo)]


def _symbols(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> set[sp.Symbol]:
    return set().union(*(condition.free_symbols for condition in (derived, candidate, *domain)))


def _points(derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]) -> Iterator[Point]:
    """Points of the domain, near and far; then points on the surfaces of both conditions, and beside them."""
    symbols = _symbols(derived, candidate, domain)
    if not symbols:
        yield {}
        return
    region = AdmissibleRegion.of(symbols, domain)
    rng = random_source(f"{derived}/{candidate}")
    surfaces = _surfaces(derived, candidate)
    for i, point in enumerate(points_satisfying(symbols, domain, POINTS, rng.getrandbits(64), reach=FAR)):
        yield point
        for surface in surfaces if i < PROJECTED else ():
            yield from filter(region.contains, _beside(surface, point))
    yield from extreme_points(region, rng)
    starts = points_satisfying(symbols, domain, EXACT, rng.getrandbits(64))
    for start in starts[:1]:
        yield from filter(region.contains, remarkable_integers(sp.And(derived, candidate, evaluate=False), start))
    yield from (p for start in starts for surface in surfaces for p in _critical(surface, start) if region.contains(p))


def _beside(surface: sp.Expr, point: Point) -> Iterator[Point]:
    """The point moved along each coordinate onto ``surface`` where that is rational, and to both of its sides."""
    for symbol in sorted(surface.free_symbols, key=str):
        for low, high in crossings(surface, symbol, point):
            size = max(abs(low), abs(high)) or Fraction(1)
            steps = (
                (0, 1, -1) if symbol.is_integer else (0, *(Fraction(s, c) * size for c in CLOSENESS for s in (1, -1)))
            )
            for end, step in itertools.product({low, high}, steps):
                yield {**point, symbol: Fraction(round(end)) + step if symbol.is_integer else end + step}


def _critical(surface: sp.Expr, point: Point) -> Iterator[Point]:
    """Points where the surface's expression has an extremum along each coordinate in turn: isolated zeros are there."""
    symbols = sorted(surface.free_symbols, key=str)
    for symbol in symbols * 2:
        moved = next(zeros_along(sp.diff(surface, symbol), point, [symbol]), None)
        if moved is not None:
            point = moved
            yield point


def _irrational_points(
    derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]
) -> Iterator[dict[sp.Symbol, sp.Expr]]:
    """Points exactly on surfaces, with one irrational coordinate: only there strictness shows."""
    symbols = _symbols(derived, candidate, domain)
    for start in points_satisfying(symbols, domain, EXACT, seed=f"on {derived}/{candidate}") if symbols else ():
        for surface, symbol in itertools.product(_surfaces(derived, candidate), sorted(symbols, key=str)):
            if not _has_short_powers(surface, start):
                continue
            others = {s: sp.Rational(v.numerator, v.denominator) for s, v in start.items() if s != symbol}
            function = surface.subs(others)
            for root in _exact_roots(function, symbol) if function.has(symbol) else ():
                if not root.is_Rational and root.is_extended_real and may_be(symbol, root):
                    yield {**others, symbol: root}


def _landmarks_on_surfaces(
    derived: Boolean, candidate: Boolean, domain: tuple[Boolean, ...]
) -> Iterator[dict[sp.Symbol, sp.Expr]]:
    """Points of simple numbers that seem to lie on a surface: sin(x) < 1 is false at pi/2, which no search hits."""
    symbols = sorted(_symbols(derived, candidate, domain), key=str)
    surfaces = _surfaces(derived, candidate)
    waves = {s for part in surfaces for wave in part.atoms(*_WAVES) for s in wave.free_symbols}
    choices = [[value for value in (*_SIMPLE, *(_TURNS if s in waves else ())) if may_be(s, value)] for s in symbols]
    for chosen in itertools.islice(itertools.product(*choices), _MAX_LANDMARKS if symbols else 0):
        values = dict(zip(symbols, chosen, strict=True))
        if any(_may_be_zero(surface, values) for surface in surfaces):
            yield values


def _may_be_zero(surface: sp.Expr, values: dict[sp.Symbol, sp.Expr]) -> bool:
    try:
        found = ball(surface, {s: ball(value, {}) for s, value in values.items()})
    except UnsupportedFormError:
        return False
    return bool(found.is_finite() and found.contains(0))


def _exact_roots(function: sp.Expr, symbol: sp.Symbol) -> Sequence[sp.Expr]:
    """The zeros that radicals, exponentials and logarithms write down; none where that is not possible."""
    numerator = sp.numer(sp.together(function))
    if numerator.is_polynomial(symbol):
        return _roots_of_polynomial(numerator, symbol)
    rest, term = function.as_independent(symbol, as_Add=True)
    factor, kernel = term.as_independent(symbol, as_Add=False)
    level = -rest / factor
    if isinstance(kernel, sp.log):
        return _exact_roots(kernel.args[0] - sp.exp(level), symbol)
    if isinstance(kernel, sp.sin | sp.cos) and (1 - level**2).is_nonnegative:
        principal = sp.asin(level) if isinstance(kernel, sp.sin) else sp.acos(level)
        other = sp.pi - principal if isinstance(kernel, sp.sin) else -principal
        return [root for angle in (principal, other) for root in _exact_roots(kernel.args[0] - angle, symbol)]
    if isinstance(kernel, sp.exp) and level.is_positive:
        return _exact_roots(kernel.args[0] - sp.log(level), symbol)
    if isinstance(kernel, sp.Pow) and not kernel.exp.has(symbol) and level.is_positive:
        return _exact_roots(kernel.base - level ** (1 / kernel.exp), symbol)
    return ()


def _has_short_powers(surface: sp.Expr, point: Point) -> bool:
    """Whether SymPy can be told the numbers of ``point``: it writes out 2**(2**p), and 3**a before its root."""
    exponents = (power.exp for power in surface.atoms(sp.Pow) if power.exp.free_symbols)
    bits = max((max(abs(v.numerator), v.denominator).bit_length() for v in point.values()), default=1)
    return all(truth(bits * sp.Abs(part) < _LONGEST_POWER, point) for e in exponents for part in _over(e, point))


def _over(exponent: sp.Expr, point: Point) -> tuple[sp.Expr, ...]:
    """An exponent, and above its denominator if it is a fraction at ``point``."""
    value = _exact_value(exponent, point) if exponent.is_rational_function() else None
    return (exponent, sp.Integer(value.denominator)) if value is not None else (exponent,)


def _roots_of_polynomial(polynomial: sp.Expr, symbol: sp.Symbol) -> Sequence[sp.Expr]:
    """The zeros in radicals.

    SymPy's ``roots`` makes powers of exp(1/q) its letters and does not come to an end where q is large. Polynomials
    with transcendental coefficients do without it: they are solved up to degree 2, and where they are one power.
    """
    if not polynomial.has(sp.Function):
        return tuple(sp.roots(polynomial, symbol)) if sp.degree(polynomial, symbol) <= _MAX_DEGREE else ()
    collected = sp.collect(sp.expand(polynomial), symbol, evaluate=False)
    terms = {sp.degree(power, symbol) if power.has(symbol) else 0: factor for power, factor in collected.items()}
    top = max(terms)
    if len(terms) == 2 and 0 in terms:
        root = (-terms[0] / terms[top]) ** sp.Rational(1, top)
        return (root, -root) if top % 2 == 0 else (root, -((terms[0] / terms[top]) ** sp.Rational(1, top)))
    if top != 2:
        return ()
    a, b, c = (terms.get(k, sp.S.Zero) for k in (2, 1, 0))
    width = sp.sqrt(b**2 - 4 * a * c)
    return (-b + width) / (2 * a), (-b - width) / (2 * a)


def _truth_at(
    condition: Boolean, values: dict[sp.Symbol, sp.Expr], taken_for_zero: tuple[ZeroKind, ...] = (ZeroKind.ZERO,)
) -> bool | None:
    """The truth value of a condition at exact numbers; None if it cannot be decided."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if not isinstance(condition, Relational):
        return combined_truth(
            type(condition).__name__, [_truth_at(part, values, taken_for_zero) for part in condition.args]
        )
    difference = sp.sympify((condition.lhs - condition.rhs).subs(values))
    if difference.has(sp.oo, sp.zoo, sp.nan):
        return None
    decision = decide_zero(difference, seconds=2.0)
    if decision.kind in taken_for_zero:
        sign: int | None = 0
    elif decision.kind is ZeroKind.NONZERO:
        try:
            sign = sign_at(difference, {})
        except UnsupportedFormError:
            return None
    else:
        return None
    return None if sign is None else bool(condition.func(sp.Integer(sign), sp.S.Zero))


def may_be(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether the number ``value`` satisfies the assumptions of ``symbol``."""
    return not (
        (symbol.is_positive and not value.is_positive)
        or (symbol.is_negative and not value.is_negative)
        or (symbol.is_nonnegative and value.is_negative)
        or (symbol.is_nonpositive and value.is_positive)
        or symbol.is_rational
        and not value.is_rational
        or symbol.is_integer
        and not value.is_integer
        or symbol.is_nonzero
        and value.is_zero
    )


def _text(value: Fraction | sp.Expr | str) -> str:
    return number_as_text(value) if isinstance(value, Fraction) else str(value)
