"""Standing integrals of positive weights: quick to print and to evaluate.

SymPy decides the sign of a sum of integrals by evaluating them, already to print it, and calls itself at every node to
evaluate. Here the sign is known, and the integrand is compiled once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import sympy as sp
from sympy.core.evalf import mp, prec_to_dps, workprec

from theory.errors import DriftproofError
from theory.services import service

_DOUBLE = 80
"""Bits up to which a nested integral is asked for in double precision: 15 digits and what SymPy adds in sums."""

_STEP = 32
"""Bits are asked for in multiples of this."""

_FEWEST = 30
"""Bits that must be known of it."""


class OneWayPassage(NamedTuple):
    r"""The diffusion behind an integral of :math:`f(y)\int_c^y v` over y: f is its scale, v its speed density.

    Attributes:
        drift: b, in y.
        diffusion: a, in y.
        begins: c.
    """

    drift: sp.Expr
    diffusion: sp.Expr
    begins: sp.Expr

    def mapped(self, change: Callable[[sp.Expr], sp.Expr]) -> OneWayPassage:
        """The same with every part changed."""
        return OneWayPassage(*map(change, self))

    def exchanged(self, y: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
        """Drift and diffusion where f is the speed and v the scale density."""
        return sp.diff(self.diffusion, y) / 2 - self.drift, self.diffusion


class WeightIntegral(sp.Integral):
    r"""The integral :math:`\int_a^b w(y)\,dy` of a positive function, :math:`a \le b`, left standing.

    Attributes:
        passage: what an integral of a scale density times an integral of the speed density is made of; None for others.

    Example:
        >>> y = sp.Symbol("y", real=True)
        >>> area = WeightIntegral(sp.exp(y**2), (y, 0, 1))
        >>> area.evalf(20), area.is_extended_nonnegative
        (1.4626517459071816088, True)
    """

    passage: OneWayPassage | None = None

    @classmethod
    def nested(
        cls, function: sp.Expr, limits: tuple[sp.Symbol, sp.Expr, sp.Expr], passage: OneWayPassage
    ) -> WeightIntegral:
        """An integral whose numbers come from a ``passage``, whatever closed forms its integrand holds."""
        made = cls(function, limits)
        made.passage = passage
        return made

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic:
        """The numbers that come from a passage still do when its parameters have values."""
        found = super()._eval_subs(old, new)
        if self.passage is not None and isinstance(found, WeightIntegral) and found is not self:
            found.passage = self.passage.mapped(lambda part: part.subs(old, new))
        return found

    def _xreplace(self, rule: Mapping[sp.Basic, sp.Basic]) -> tuple[sp.Basic, bool]:
        found, changed = super()._xreplace(rule)
        if changed and self.passage is not None and isinstance(found, WeightIntegral):
            found.passage = self.passage.mapped(lambda part: part.xreplace(rule))
        return found, changed

    def _eval_is_extended_nonnegative(self) -> bool:
        return True

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        """The value to the precision asked for; None, which leaves the integral standing, where that is not reached.

        A nested integral is evaluated in double precision, with as many digits as are known, where no more are asked;
        so is a passage whose integrand holds a hypergeometric function. An exponential of an integral always is.
        """
        if self.free_symbols:
            return None
        without_formula = any(e.has(sp.Integral) for e in self.function.atoms(sp.exp))
        quick = _in_double_precision(self) if prec <= _DOUBLE or without_formula else None
        quick = _by_a_walk_outwards(self, prec) if quick is None else quick
        if quick is not None:
            return quick
        for bits in (max(prec, _DOUBLE), prec):  # a sum asks for a few bits more; at a pole fewer may be known
            value = _value_at_numbers(self, -(-bits // _STEP) * _STEP)
            if value is not None:
                return sp.Float._new(value._mpf_, prec)
        return None


@lru_cache(maxsize=128)
def _value_at_numbers(integral: WeightIntegral, prec: int) -> Any:
    """Remembered, since SymPy asks for the terms of a sum again and again, each time a few bits more."""
    try:
        with workprec(prec + 20):
            return _value(integral, {}, prec)
    except _NotConvergedError:
        return None


def _in_double_precision(integral: sp.Integral) -> sp.Float | None:
    """A nested integral from the package that has numbers; None where none does, or where too little is known."""
    slow = (sp.Integral,) if getattr(integral, "passage", None) is None else (sp.Integral, sp.hyper)
    if not integral.function.has(*slow):
        return None
    try:
        found = service("nested_integral")(integral)
    except DriftproofError:
        return None
    known = mp.log(found.value / found.error, 2) if found.error > 0 and found.value > 0 else mp.mpf(53)
    return sp.Float._new(found.value._mpf_, min(53, int(known))) if known >= _FEWEST else None


def _by_a_walk_outwards(integral: sp.Integral, prec: int) -> sp.Float | None:
    """An integral to an infinite end, where tanh-sinh nodes may lie so far out that exponents fill the memory."""
    ((y, low, high),) = integral.limits
    if low.is_finite and high.is_finite or integral.function.has(sp.Integral):
        return None
    try:
        found = service("integral")(integral.function, y, (low, high), digits=prec_to_dps(prec) + 1)
    except DriftproofError:
        return None
    return sp.Float._new(found.value._mpf_, prec)


class _NotConvergedError(ArithmeticError):
    """The quadrature did not reach the precision asked for."""


def _value(integral: sp.Integral, known: dict[sp.Symbol, Any], prec: int) -> Any:
    """The integral at numbers for its symbols, by tanh-sinh quadrature, inner integrals first."""
    ((y, low, high),) = integral.limits
    inner = sorted(integral.function.atoms(sp.Integral), key=sp.default_sort_key)
    standing_in = {part: sp.Symbol(f"inner_{n}") for n, part in enumerate(inner)}
    outside = list(known)
    compiled = sp.lambdify([y, *outside, *standing_in.values()], integral.function.xreplace(standing_in), "mpmath")

    def integrand(point: Any) -> Any:
        here = {**known, y: point}
        return compiled(point, *known.values(), *(_value(part, here, prec + 10) for part in inner))

    if inner and not (low.is_finite and high.is_finite):
        raise _NotConvergedError  # the inner peak wanders off with the outer variable, and its error is not seen
    ends = [
        mp.inf * int(sp.sign(end)) if end.is_infinite else sp.lambdify(outside, end, "mpmath")(*known.values())
        for end in (low, high)
    ]
    size = _size(integrand, ends)
    for pieces, rule in _attempts(integral, inner, ends):
        cut = _cut([mp.mpf(end) for end in ends], pieces)
        value, error = mp.quad(lambda point: integrand(point) / size, cut, error=True, method=rule)
        if isinstance(value, mp.mpc):
            raise _NotConvergedError  # a root of a negative number within: not a number of the process
        if mp.isfinite(value) and abs(error) <= abs(value) * mp.mpf(2) ** (-prec):
            return value * size
    raise _NotConvergedError


def _size(integrand: Callable[[Any], Any], ends: list) -> Any:
    """About the largest value of the integrand: mpmath stops at an absolute error, however small the integral is."""
    low, high = map(mp.mpf, ends)
    if not (mp.isfinite(low) and mp.isfinite(high)):
        return mp.mpf(1)
    values = [integrand(low + (high - low) * n / 16) for n in (1, 8, 15)]
    return max((v for v in values if isinstance(v, mp.mpf) and mp.isfinite(v) and v > 0), default=mp.mpf(1))


def _attempts(integral: sp.Integral, inner: list[sp.Expr], ends: list) -> list[tuple[int, str]]:
    """Numbers of pieces and rules, tried one after the other; Gauss has far fewer nodes, and is of no use at poles."""
    first = [(1, "gauss-legendre")] if integral.function.has(sp.hyper) and all(map(mp.isfinite, ends)) else []
    return first + [(pieces, "tanh-sinh") for pieces in ((1,) if inner else (1, 4, 16))]


def _cut(ends: list, pieces: int) -> list:
    """The interval in equal parts, where it is bounded; else parts of doubling width from its finite end."""
    low, high = ends
    if mp.isfinite(low) and mp.isfinite(high):
        return [low + (high - low) * n / pieces for n in range(pieces + 1)]
    if pieces == 1:
        return ends
    steps = [mp.mpf(2) ** n for n in range(-pieces // 4, pieces // 2)]
    if mp.isfinite(low):
        return [low, *(low + step for step in steps), high]
    return [low, *(high - step for step in reversed(steps)), high] if mp.isfinite(high) else [low, mp.mpf(0), high]
