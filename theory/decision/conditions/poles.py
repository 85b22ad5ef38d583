r"""Places at which an expression has no value, on a set without volume: poles, and zeros under a logarithm.

:math:`1/(x^3 - x - 1)^2` is positive at every rational number, and has no value at the root of the cubic. What has
to be different from 0 is proved to be, or excluded by a condition; else its zeros are looked for: at rational places,
where it changes its sign, and by the way down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, takes
from theory.decision.evidence_class import sharp_turn
from theory.decision.points.breakpoints import zeros_along
from theory.decision.points.extrema import descended
from theory.decision.points.irrational_places import places, zeros_of
from theory.decision.points.point_search import Clock, as_text
from theory.decision.points.region import AdmissibleRegion, points_satisfying
from theory.decision.points.touching import place_of_touching
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.rational_points import exact_value, nearly
from theory.decision.sign import sign_at
from theory.errors import UnsupportedFormError

_STARTS = 3
_SECONDS = 5.0
_TURNS = 2

_AT_ZERO = (sp.log, sp.Ei, sp.Ci, sp.Chi, sp.besselk, sp.bessely, sp.expint)
"""Functions that have no value where their last argument is 0."""

_AT_ONE = (sp.zeta, sp.li)
_AT_ONES = (sp.atanh, sp.acoth)
_WAVES = {sp.tan: sp.cos, sp.sec: sp.cos, sp.cot: sp.sin, sp.csc: sp.sin, sp.coth: sp.sinh, sp.csch: sp.sinh}
"""Functions with poles, and what is 0 there."""

_AT_WHOLE_NUMBERS = (sp.gamma, sp.loggamma, sp.digamma, sp.polygamma, sp.factorial, sp.harmonic)
"""Functions with poles at the whole numbers that are not positive."""


@dataclass(frozen=True)
class Pole:
    """Where an expression has no value.

    Attributes:
        values: The coordinates of the place; none where it is not known.
        reason: What is 0 there.
        proved: Whether it is known to lie in the region, and that nothing has a value there.
    """

    values: dict[str, str]
    reason: str
    proved: bool


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def pole_within(expression: sp.Expr, conditions: Boolean | Sequence[Boolean] = ()) -> Pole | None:
    """A place inside the region of ``conditions`` at which ``expression`` has no value, or may have none.

    Example:
        >>> x, p = sp.Symbol("x", real=True), sp.Symbol("p", positive=True)
        >>> pole_within(1 / (p**3 - p - 1) ** 2).values
        {'p': 'the zero of p**3 - p - 1 near 1.32471795724'}
        >>> pole_within(1 / (x**2 - x + 1) + sp.log(p)) is None, pole_within(1 / (p - 2), [p > 2]) is None
        (True, True)
    """
    given = (conditions,) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    given = tuple(condition for condition in map(sp.sympify, given) if condition != sp.true)
    found = (_zero_within(part, given) for part in divisors(expression))
    return next(filter(None, found), None) or _pole_of_gamma(expression, given)


@takes(expression=EXPRESSION)
def divisors(expression: sp.Expr) -> list[sp.Expr]:
    """What has to be different from 0 for ``expression`` to have a value, factor by factor, in a fixed order.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> divisors(sp.exp(-1 / x**2) + sp.log(x**2 - 1) + sp.tan(x))
        [x, x - 1, x + 1, cos(x)]
    """
    bound = {symbol for part in expression.atoms(sp.Integral, sp.Sum, sp.Product) for symbol in part.bound_symbols}
    whole = {part for part in _divisors(expression) if part.free_symbols and not part.free_symbols & bound}
    return sorted({factor for part in whole for factor in _zero_factors(part)}, key=sp.default_sort_key)


def _zero_factors(part: sp.Expr) -> Iterator[sp.Expr]:
    """The factors of ``part`` that may be 0, without their absolute values and roots."""
    for factor in (jump.surface for jump in zeros_of(part)):
        inner = factor.args[0] if isinstance(factor, sp.Abs) or factor.is_Pow and factor.exp.is_positive else None
        if inner is not None:
            yield from _zero_factors(inner)
        elif factor.is_zero is not False:
            yield factor


def _divisors(expression: sp.Expr) -> Iterator[sp.Expr]:
    for part in expression.atoms(sp.Pow):
        if part.exp.is_negative:
            yield part.base
    for part in expression.atoms(sp.Function):
        u = part.args[-1] if part.args else sp.S.One
        if isinstance(part, _AT_ZERO):
            yield u
        elif isinstance(part, _AT_ONE):
            yield u - 1
        elif isinstance(part, _AT_ONES):
            yield from (u - 1, u + 1)
        elif isinstance(part, tuple(_WAVES)):
            yield _WAVES[type(part)](u)


def _zero_within(part: sp.Expr, conditions: Sequence[Boolean]) -> Pole | None:
    """A zero of ``part`` in the region; None where it is proved or seen to have none."""
    if _is_excluded(part, conditions) or any(proof_of_sign(side * part, conditions) for side in (1, -1)):
        return None
    if isinstance(part, sp.sin | sp.cos) and _is_within_half_a_turn(part, conditions):
        return None
    reason = f"{part} is 0"
    symbols = part.free_symbols.union(*(condition.free_symbols for condition in conditions))
    try:
        region = AdmissibleRegion.of(symbols, conditions)
        starts = points_satisfying(symbols, conditions, _STARTS, seed=f"zeros of {part}")
    except UnsupportedFormError as refused:
        return Pole({}, f"whether {reason} somewhere is not known: {refused}", proved=False)
    reachable = [symbol for symbol in region.symbols if part.has(symbol)]
    for start in starts:
        for place in zeros_along(part, start, reachable):
            if region.contains(place) and exact_value(part, place) == 0:
                return Pole(as_text(place), reason, proved=True)
    for place in places(zeros_of(part), region, starts, Clock(_SECONDS)):
        return Pole(as_text(place.values), reason, proved=True)
    for start in starts:
        side = sign_at(part, start)
        lowest = [descended(side * part, region, start)] if side else []
        touched = place_of_touching(part, region, lowest)
        if touched is not None and exact_value(part, touched) == 0:
            return Pole(as_text(touched), reason, proved=True)
        if touched is not None:
            return Pole({str(s): str(nearly(v)) for s, v in touched.items()}, f"{part} may be 0", proved=False)
    doubt = sharp_turn(part, conditions)
    return Pole({}, f"{part} may be 0 somewhere: {doubt}", proved=False) if doubt else None


def _is_excluded(part: sp.Expr, conditions: Sequence[Boolean]) -> bool:
    """Whether a condition says that ``part``, or a multiple of it, is not 0."""
    relations = [r for c in conditions for r in sp.And.make_args(c) if isinstance(r, sp.Ne | sp.Gt | sp.Lt)]
    different = [jump.surface for relation in relations for jump in zeros_of(relation.lhs - relation.rhs)]
    return any(sp.expand(other - side * part) == 0 for other in different for side in (1, -1))


def _is_within_half_a_turn(wave: sp.Expr, conditions: Sequence[Boolean]) -> bool:
    """Whether the angle of a sine or a cosine is proved to lie between two zeros of it that follow each other."""
    first = wave.args[0] - (sp.S.Zero if isinstance(wave, sp.sin) else sp.pi / 2)
    between = ((first - k * sp.pi, (k + 1) * sp.pi - first) for k in range(-_TURNS, _TURNS))
    return any(all(proof_of_sign(side, conditions) for side in sides) for sides in between)


def _pole_of_gamma(expression: sp.Expr, conditions: Sequence[Boolean]) -> Pole | None:
    for part in sorted(expression.atoms(*_AT_WHOLE_NUMBERS), key=sp.default_sort_key):
        u = part.args[-1] + (1 if isinstance(part, sp.factorial | sp.harmonic) else 0)
        if u.free_symbols and not u.is_positive and not proof_of_sign(u, conditions):
            return Pole({}, f"{part} may have a pole there", proved=False)
    return None
