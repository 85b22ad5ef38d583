r"""What values an expression takes on a whole box: rigorous ranges, with ends that may be infinite.

Balls of Arb cannot hold a half-line, so a range here is a pair of ends, each an exact number or infinite; functions are
enclosed by their monotony, waves by :math:`[-1, 1]`.

References:
    Moore, Kearfott and Cloud, *Introduction to Interval Analysis* (2009), chapters 5 and 6.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, behind_the_door, takes
from theory.decision.arb.balls import ball, flint_library
from theory.decision.proofs.signs_on_line import is_elementary
from theory.errors import UnsupportedFormError

_ball = behind_the_door(ball)

PRECISION = 64
"""Bits of the ends of ranges."""

_BINDING = (sp.Integral, sp.Sum, sp.Product, sp.Derivative, sp.Subs)
"""What has symbols of its own, which no box bounds."""
_RISING: dict[str, tuple[str, Callable[[Any], tuple[Any, Any]]]] = {
    "exp": ("exp", lambda arb: (arb(0), arb("inf"))),
    "atan": ("atan", lambda arb: (-arb.pi() / 2, arb.pi() / 2)),
    "tanh": ("tanh", lambda arb: (arb(-1), arb(1))),
    "erf": ("erf", lambda arb: (arb(-1), arb(1))),
    **{
        name: (method, lambda arb: (-arb("inf"), arb("inf")))
        for name, method in (("sinh", "sinh"), ("asinh", "asinh"), ("floor", "floor"), ("ceiling", "ceil"))
    },
}
"""Functions that rise on the whole line: what Arb calls them, and their limits."""

_LEAST_GAMMA = (sp.Rational(146, 100), sp.Rational(147, 100))
"""Between these numbers the gamma function is smallest on the positive line; it falls before and rises behind."""


class Ends(NamedTuple):
    """All numbers from ``low`` to ``high``, exact balls or infinite ones."""

    low: Any
    high: Any

    @property
    def is_finite(self) -> bool:
        """Whether both ends are numbers."""
        return bool(self.low.is_finite() and self.high.is_finite())


class _UnknownRangeError(UnsupportedFormError):
    """A part that has no known range; it is made into text only if somebody reads it: most are passed over."""

    def __str__(self) -> str:
        return f"{self.args[0]} has no known range here, or no value. Ask at points of it."


Box = Mapping[sp.Symbol, Ends]


@takes(expression=EXPRESSION)
@functools.lru_cache(maxsize=512)
def slopes_of(expression: sp.Expr) -> dict[sp.Symbol, sp.Expr]:
    """The derivatives of an expression of analytic functions, as products where that is easy; none of others.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> slopes_of(x * sp.exp(-x)), slopes_of(sp.Abs(x))
        ({x: (1 - x)*exp(-x)}, {})
    """
    if not all(_is_smooth(part) for part in expression.atoms(sp.Function)) or not is_elementary(
        expression.xreplace({part: sp.Dummy() for part in expression.atoms(sp.gamma, sp.besselj)})
    ):
        return {}
    return {x: sp.factor_terms(sp.together(sp.diff(expression, x))) for x in sorted(expression.free_symbols, key=str)}


def _is_smooth(kernel: sp.Expr) -> bool:
    """Whether a function has derivatives whose ranges are known too."""
    if isinstance(kernel, sp.besselj):
        return bool(kernel.args[0].is_Integer)
    return is_elementary(kernel) or isinstance(kernel, sp.gamma) and bool(kernel.args[0].is_positive)


def is_false_on(condition: Boolean, box: Box) -> bool:
    """Whether ``condition`` is true nowhere in the box."""
    if isinstance(condition, sp.And | sp.Or):
        parts = (is_false_on(part, box) for part in condition.args)
        return any(parts) if isinstance(condition, sp.And) else all(parts)
    return truth_on(condition, box) is False


def truth_on(condition: Boolean, box: Box) -> bool | None:
    """Whether an inequality is true at all points of the box, or at none; else None."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if not isinstance(condition, Relational) or isinstance(condition, sp.Eq | sp.Ne):
        return None
    try:
        margin = Ranges(box).of(condition.gts - condition.lts)
    except UnsupportedFormError:
        return None
    strict = isinstance(condition, sp.Gt | sp.Lt)
    if margin.low > 0 or not strict and margin.low >= 0:
        return True
    return False if margin.high < 0 or strict and margin.high <= 0 else None


def number_of(number: sp.Expr) -> Ends:
    """The ends of a ball around a number."""
    return _number_to(number, flint_library().ctx.prec)


@functools.lru_cache(maxsize=4096)
def _number_to(number: sp.Expr, bits: int) -> Ends:
    """The ends as Arb rounds them to ``bits``, its precision at the moment."""
    value = _ball(number, {}, PRECISION)
    if not value.is_finite():
        raise _UnknownRangeError(number)
    return Ends(value.lower(), value.upper())


def outwards(low: Any, high: Any) -> Ends:
    """The range between two balls."""
    if low.is_finite() and high.is_finite():
        return Ends(low.lower(), high.upper())
    if low.is_nan() or high.is_nan():
        raise UnsupportedFormError("a range has no end that is a number. Ask at points of it.")
    infinity = flint_library().arb("inf")
    lowest = low.lower() if low.is_finite() else infinity if low > 0 else -infinity  # also of a ball that tells nothing
    return Ends(lowest, high.upper() if high.is_finite() else -infinity if high < 0 else infinity)


@functools.lru_cache(maxsize=4096)
def _is_number(e: sp.Expr) -> bool:
    """Whether there is no symbol in an expression; a proof asks in a thousand boxes."""
    return not e.free_symbols


@functools.lru_cache(maxsize=4096)
def _groups(product: sp.Mul) -> tuple[tuple[sp.Expr, ...], ...]:
    """The factors of a product, those in the same symbols together."""
    groups: dict[frozenset[sp.Symbol], list[sp.Expr]] = {}
    for factor in product.args:
        groups.setdefault(frozenset(factor.free_symbols), []).append(factor)
    return tuple(map(tuple, groups.values()))


class Ranges:
    """The ranges of an expression and of its parts on one box.

    Raises:
        UnsupportedFormError: no range is known, or the expression may be undefined.
    """

    def __init__(self, box: Box, *, asks_for_slopes: bool = True) -> None:
        self.box, self.asks_for_slopes = box, asks_for_slopes
        self.known: dict[sp.Expr, Ends] = {}

    def of(self, e: sp.Expr) -> Ends:
        """The range of ``e``."""
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._of(e)
        return found

    def _of(self, e: sp.Expr) -> Ends:
        if e.is_Symbol:
            return self.box[e]
        if _is_number(e):
            return number_of(e)
        if e.is_Add:
            parts = [self.of(term) for term in e.args]
            return outwards(sum(part.low for part in parts), sum(part.high for part in parts))
        if e.is_Mul:
            return self._of_product(e)
        if e.is_Pow:
            return self._power(*e.args, e)
        if isinstance(e, _BINDING):
            raise _UnknownRangeError(e)
        name = type(e).__name__
        if name in _RISING:
            u = self.of(e.args[0])
            return outwards(*(_rising(name, end) for end in (u.low, u.high)))
        return self._function(name, e)

    def _of_product(self, e: sp.Expr) -> Ends:
        """The range of a product: first of its factors in one symbol each, by its slope where they are unbounded."""
        total: Ends | None = None
        for factors in _groups(e):
            part = self.of(factors[0])
            for factor in factors[1:]:
                part = product_of(part, self.of(factor))
            if len(factors) > 1 and not part.is_finite and len(factors[0].free_symbols) == 1:
                part = self._by_slope(sp.Mul(*factors), part)
            total = part if total is None else product_of(total, part)
        assert total is not None
        return total

    def _by_slope(self, e: sp.Expr, known: Ends) -> Ends:
        """The range of a product that falls or rises on a side of the box: one end of it is at an end of the side."""
        (x,) = e.free_symbols
        slope = slopes_of(e).get(x) if self.asks_for_slopes else None
        if slope is None:
            return known
        try:
            along = Ranges(self.box, asks_for_slopes=False).of(slope)
        except UnsupportedFormError:
            return known
        rising = along.low >= 0
        if not rising and not along.high <= 0:
            return known
        low, high = known.low, known.high
        for end, is_low in ((self.box[x].low, rising), (self.box[x].high, not rising)):
            with contextlib.suppress(UnsupportedFormError):
                at = Ranges({**self.box, x: Ends(end, end)}, asks_for_slopes=False).of(e) if end.is_finite() else None
                if at is not None and is_low:
                    low = low.max(at.low)
                elif at is not None:
                    high = high.min(at.high)
        return Ends(low, high)

    def _power(self, base: sp.Expr, exponent: sp.Expr, e: sp.Expr) -> Ends:
        b, arb = self.of(base), flint_library().arb
        if exponent.is_Integer:
            k, known = abs(int(exponent)), b
            if k % 2 == 0 and b.low < 0 < b.high:
                known = Ends(arb(0), (-b.low).max(b.high))
            elif k % 2 == 0 and b.high <= 0:
                known = Ends(-b.high, -b.low)
            power = outwards(_whole_power(known.low, k), _whole_power(known.high, k))
            return power if exponent > 0 else self._inverse(power, base, k)
        if not (b.low >= 0 and (base.is_positive or exponent.is_positive or b.low > 0)):
            raise _UnknownRangeError(e)
        if exponent.is_Rational:
            q, k = int(exponent.q), abs(int(exponent.p))
            power = outwards(*(_whole_power(end.root(q) if end.is_finite() else end, k) for end in (b.low, b.high)))
            return power if exponent > 0 else self._inverse(power, base, 2)
        logarithm = outwards(*(_log(end) for end in (b.low, b.high)))
        u = product_of(logarithm, self.of(exponent))
        return outwards(*(_rising("exp", end) for end in (u.low, u.high)))

    def _inverse(self, power: Ends, base: sp.Expr, k: int) -> Ends:
        """One over a range that holds 0 at most at an end which is not taken, or whose sign there is known."""
        arb = flint_library().arb
        if not (power.low > 0 or power.high < 0) and not base.is_nonzero:
            raise _UnknownRangeError(base)
        if power.low < 0 < power.high:
            return Ends(-arb("inf"), arb("inf"))
        low = -arb("inf") if power.high.is_zero() else 1 / power.high if power.high.is_finite() else arb(0)
        high = arb("inf") if power.low.is_zero() else 1 / power.low if power.low.is_finite() else arb(0)
        return outwards(low, high)

    def _function(self, name: str, e: sp.Expr) -> Ends:
        arb, ranges = flint_library().arb, [self.of(a) for a in e.args if isinstance(a, sp.Expr)]
        u = ranges[0] if ranges else Ends(-arb("inf"), arb("inf"))
        if name in ("sin", "cos"):
            if name == "sin" and u.low >= 0 and u.high < 3:  # concave there, and exactly 0 at 0
                return outwards(u.low.sin().min(u.high.sin()), arb(1).min(u.low.union(u.high).sin().upper()))
            if u.is_finite and u.high - u.low < 4:
                wave = getattr(u.low.union(u.high), name)()
                return outwards((-arb(1)).max(wave.lower()), arb(1).min(wave.upper()))
            return Ends(-arb(1), arb(1))
        if name == "log" and u.low >= 0 and (u.low > 0 or e.args[0].is_positive):
            return outwards(_log(u.low), _log(u.high))
        if name == "erfc":
            return outwards(1 - _rising("erf", u.high), 1 - _rising("erf", u.low))
        if name == "Abs":
            return Ends(arb(0).max(u.low).max(-u.high), (-u.low).max(u.high))
        if name == "cosh":
            size = Ends(arb(0).max(u.low).max(-u.high), (-u.low).max(u.high))
            return outwards(*(end.cosh() if end.is_finite() else end for end in (size.low, size.high)))
        if name in ("Max", "Min"):
            low, high = u.low, u.high
            for other in ranges[1:]:
                low, high = getattr(low, name.lower())(other.low), getattr(high, name.lower())(other.high)
            return Ends(low, high)
        if name in ("sign", "Heaviside"):
            below = arb(-1) if name == "sign" else arb(0)
            return Ends(arb(1) if u.low > 0 else below, below if u.high < 0 else arb(1))
        if name == "frac":
            return Ends(arb(0), arb(1))
        if name == "Mod" and e.args[1].is_positive:
            return Ends(arb(0), ranges[1].high)
        if name == "besselj" and e.args[0].is_Integer and not (u.is_finite and ranges[1].is_finite):
            x = ranges[1].low  # |J_n| <= 1, and |J_0(x)| <= sqrt(2/(pi x))
            size = (2 / (arb.pi() * x)).sqrt().upper() if e.args[0] == 0 and x > 1 else arb(1)
            return Ends(-size, size)
        if name == "gamma" and u.low >= 0 and (e.args[0].is_positive or u.low > 0):
            if u.high < number_of(_LEAST_GAMMA[0]).low:
                return outwards(u.high.gamma(), arb("inf") if u.low.is_zero() else u.low.gamma())
            if u.low > number_of(_LEAST_GAMMA[1]).high:
                return outwards(u.low.gamma(), u.high.gamma() if u.high.is_finite() else u.high)
        if name == "Piecewise":
            return self._cases(e)
        return self._by_balls(e, ranges)

    def _cases(self, e: sp.Expr) -> Ends:
        found: list[Ends] = []
        for branch, condition in e.args:
            if is_false_on(condition, self.box):
                continue
            found.append(self.of(branch))
            if condition == sp.true or truth_on(condition, self.box):
                low, high = found[0].low, found[0].high
                for other in found[1:]:
                    low, high = low.min(other.low), high.max(other.high)
                return Ends(low, high)
        raise _UnknownRangeError(e)

    def _by_balls(self, e: sp.Expr, ranges: Sequence[Ends]) -> Ends:
        """A function of finite ranges, by a ball around each."""
        if not all(part.is_finite for part in ranges) or len(ranges) != len(e.args):
            raise _UnknownRangeError(e)
        letters = [sp.Dummy(real=True) for _ in e.args]
        around = {letter: part.low.union(part.high) for letter, part in zip(letters, ranges, strict=True)}
        value = _ball(e.func(*letters), around, PRECISION)
        if not value.is_finite():
            raise _UnknownRangeError(e)
        return Ends(value.lower(), value.upper())


def product_of(one: Ends, other: Ends) -> Ends:
    """Zero times an infinite end is 0: the end itself is not taken."""
    zero = flint_library().arb(0)
    corners = [
        zero if a.is_zero() or b.is_zero() else a * b
        for a, b in itertools.product((one.low, one.high), (other.low, other.high))
    ]
    low, high = corners[0], corners[0]
    for corner in corners[1:]:
        low, high = low.min(corner), high.max(corner)
    return outwards(low, high)


def _whole_power(end: Any, k: int) -> Any:
    if end.is_finite():
        return end**k
    return end if k % 2 or end > 0 else -end


def _log(end: Any) -> Any:
    return -flint_library().arb("inf") if end.is_zero() else end.log() if end.is_finite() else end


def _rising(name: str, end: Any) -> Any:
    """A rising function at an end."""
    method, limits = _RISING[name]
    return getattr(end, method)() if end.is_finite() else limits(flint_library().arb)[1 if end > 0 else 0]
