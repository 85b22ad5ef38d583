r"""First passage in numbers: hitting probabilities and mean passage times, each with an estimate of its error.

.. math::
    u(x) = \frac{\int_\text{lower}^x s}{\int_\text{lower}^\text{upper} s}, \qquad
    \mathbb E_x T = u\int_x^\text{upper}\!\! S(y, \text{upper})\,m(y)\,dy
                  + (1-u)\int_\text{lower}^x\!\! S(\text{lower}, y)\,m(y)\,dy,

and :math:`\int_x^\text{upper} M(e, y)\,s(y)\,dy` where the lower end e sends the process back. The kind of an end of
the interval is decided by :mod:`theory.line`; drift and diffusion may be any functions that can be compiled.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import sympy as sp
from mpmath import mp, mpf

from numerics.arguments import EXTENDED, VALUES, choice, require
from numerics.deterministic.kinks import kinks
from numerics.deterministic.pieces import Real, value_as_stored
from numerics.deterministic.quadrature import Integral
from numerics.deterministic.scale_and_speed_panels import Panels, Reals, Stretch, panels_of, stretch
from numerics.deterministic.stiff_tail import StiffTail, stiff_tail
from numerics.errors import ArgumentError, DivergenceError, MissingParameterError
from numerics.working_precision import working_digits
from theory.argument_kinds import one_of
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import BoundaryClasses, classify
from theory.line.passage.passage_time import Side, side_at
from theory.values import shown

REACH = (0.5, 1, 2, 3, 5, 8, 12, 40, 120, 400)
"""How many e-folds towards an end are tried, until what lies beyond is negligible."""

NEGLIGIBLE = 1e-13
"""Towards an end it is gone on until what lies beyond is known to this accuracy, relative to the result."""

TOLERABLE = 1e-3
"""A result whose part beyond the last panels is known worse is refused; what is known better is in its error."""

AGREES = 1e-9
"""The expansion far out is used where it agrees so well with the panels."""

Pair = tuple[float, float]
"""How uncertain the parts beyond both ends are, relative to the result."""


@dataclass(frozen=True)
class FirstPassage:
    r"""A process between two points, in numbers.

    Attributes:
        process: a process on the line.
        lower: a level, or the left end of the interval.
        upper: a level, or the right end.
        parameters: a number for every parameter. Floats are read as the rationals they are.
        interval: default: what the assumptions of the state symbol say.
        regular_ends: what happens at an end of the interval that is regular.

    Raises:
        MissingParameterError: a parameter has no number.
        ArgumentError: the points are not in order.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> walk = FirstPassage(ItoProcess.scalar(x, drift=sp.S.One, dispersion=sp.S.One), -sp.oo, 1)
        >>> mp.nstr(walk.mean_time(0).value, 12)
        '1.0'
    """

    process: ItoProcess
    lower: Real
    upper: Real
    parameters: Mapping[sp.Symbol, Real] = field(default_factory=dict)
    interval: Interval | None = None
    regular_ends: Literal["absorbing", "reflecting"] = "absorbing"

    def __post_init__(self) -> None:
        require(one_of(ItoProcess, needed="an ItoProcess"), self.process, "process")
        require(VALUES, self.parameters, "parameters")
        for name in ("lower", "upper"):
            require(EXTENDED, getattr(self, name), name)
            if sp.sympify(getattr(self, name), strict=True).is_extended_real is False:
                raise ArgumentError(f"{name} must be real, got {shown(getattr(self, name))}.")
        choice(self.regular_ends, "regular_ends", ("absorbing", "reflecting"))
        numbers = {symbol: value_as_stored(value) for symbol, value in (self.parameters or {}).items()}
        object.__setattr__(self, "process", self.process.subs(numbers))
        if self.process.dimension != 1 or self.process.parameters:
            missing = ", ".join(map(str, self.process.parameters))
            raise MissingParameterError(
                f"a passage on the line needs one coordinate and a number for every parameter: the process has "
                f"{self.process.dimension} and no value for {missing or 'none'}."
            )
        interval = Interval.given(self.interval, self.process.state[0])
        ends = (end.subs(numbers) for end in interval.ends)
        object.__setattr__(self, "interval", Interval(*ends))
        for name in ("lower", "upper"):
            value = getattr(self, name)
            exact = value if isinstance(value, sp.Expr) and value.is_infinite else value_as_stored(value)
            object.__setattr__(self, name, sp.sympify(exact, strict=True).subs(numbers))
        left, right = self._interval.ends
        in_order = (left <= self.lower, self.lower < self.upper, self.upper <= right)
        if not all(relation == sp.true for relation in in_order):
            raise ArgumentError(
                f"needs left <= lower < upper <= right, got lower={self.lower} and upper={self.upper} in "
                f"({left}, {right}). Exchange them, or pass the interval in which the process lives."
            )

    def hitting_probability(self, start: Real) -> Integral:
        """The probability of reaching, or approaching, ``upper`` before ``lower``.

        Raises:
            ArgumentError: ``start`` does not lie strictly between them, or neither end attracts.
            DivergenceError: an end attracts too slowly for floating-point numbers.
        """
        start = self._inside(start)
        reached = [self._attracts(end) for end in (self.lower, self.upper)]
        if not any(reached):
            raise ArgumentError(
                f"neither {self.lower} nor {self.upper} attracts the process, which comes back for ever. "
                "Give a level inside the interval."
            )
        if not all(reached):
            return Integral(mpf(int(reached[1])), mpf(0))

        def log_probability(panels: Panels, at: int) -> tuple[float, Pair]:
            totals, edge = _with_tails(panels, panels.scale, self._open)
            below = np.logaddexp.reduce(totals[: at + 1])
            return below - np.logaddexp.reduce(totals), edge

        return self._evaluated(start, log_probability)

    def mean_time(self, start: Real) -> Integral:
        """The mean time until ``lower`` or ``upper`` is reached; infinite where the process may never reach one.

        Raises:
            ArgumentError: ``start`` does not lie strictly between them.
            DivergenceError: an end is approached too slowly for floating-point numbers.
        """
        start = self._inside(start)
        left, right = self._sides
        if left.stops == sp.true and right.stops == sp.true:
            return self._evaluated(start, self._between)
        for side, other, upwards in ((left, right, True), (right, left, False)):
            if side.back == sp.true and other.stops == sp.true:
                return self._evaluated(start, lambda panels, at, up=upwards: self._one_way(panels, at, up))
        return Integral(mpf("inf"), mpf(0))

    @property
    def _interval(self) -> Interval:
        assert self.interval is not None
        return self.interval

    @cached_property
    def _open(self) -> tuple[bool, bool]:
        """Whether lower and upper are ends of the interval, approached in a coordinate of their own."""
        return self.lower == self._interval.left, self.upper == self._interval.right

    @cached_property
    def _sides(self) -> tuple[Side, Side]:
        if not any(self._open):
            return Side(self.lower, sp.true, sp.false), Side(self.upper, sp.true, sp.false)
        left, right = (
            side_at(found, at, self.regular_ends) if is_end else Side(at, sp.true, sp.false)
            for found, at, is_end in zip(self._ends, (self.lower, self.upper), self._open, strict=True)
        )
        return left, right

    @cached_property
    def _ends(self) -> BoundaryClasses:
        """Both ends of the interval, classified."""
        return classify(self.process, self._interval)

    def _attracts(self, end: sp.Expr) -> bool:
        if end not in self._interval.ends:
            return True
        return next(found for found in self._ends if found.location == end).attracting == sp.true

    def _inside(self, start: Real) -> sp.Expr:
        point = value_as_stored(start, "start")
        if not ((self.lower < point) == sp.true and (point < self.upper) == sp.true):
            raise ArgumentError(f"start must lie strictly between {self.lower} and {self.upper}, got {point}.")
        return point

    def _stretches(self, start: sp.Expr, reach: Pair) -> tuple[list[Stretch], int]:
        """Stretches from left to right, and how many of them lie below ``start``."""
        (x,), (b,), a = self.process.state, self.process.drift, self.process.diffusion[0]
        cuts = [float(root) for root in {*kinks(b, x), *kinks(a, x)} if self.lower < root < self.upper]
        found: list[list[Stretch]] = []
        for k, (end, side) in enumerate(((self.lower, 1), (self.upper, -1))):
            here = self._towards(start, end, self._open[k], side, reach[k], cuts, (b, a, x))
            found.append(here if side > 0 else here[::-1])
        return [*found[0], *found[1]], len(found[0])

    def _towards(
        self,
        start: sp.Expr,
        end: sp.Expr,
        is_end: bool,
        side: int,
        reach: float,
        cuts: list[float],
        coefficients: tuple[sp.Expr, sp.Expr, sp.Symbol],
    ) -> list[Stretch]:
        """Stretches from ``end`` to ``start``, the outer one first; ``side`` is 1 where the end is the lower one."""
        b, a, x = coefficients
        origin = float(start)

        def level(near: float) -> Stretch:
            low, high = sorted((near, origin))
            inner = [cut for cut in cuts if low < cut < high]
            return stretch(b, a, x, [low, *sorted(inner), high], None, 1)

        if not is_end:
            return [level(float(end))]
        if end.is_finite:
            far = [cut for cut in cuts if (cut - origin) * side < 0]
            near = (end + start) / 2 if not far else (end + value_as_stored(max(far) if side < 0 else min(far))) / 2
            top = float(sp.log(abs(near - end)).evalf())
            edges = np.linspace(top - reach, top, 1 + math.ceil(2 * reach))
            return [stretch(b, a, x, edges if side > 0 else -edges[::-1], end, side), level(float(near))]
        far = [abs(cut - origin) for cut in cuts if (cut - origin) * side < 0]
        near = start - side * value_as_stored(max([1.0, *(2 * distance for distance in far)]))
        # x = start -+ e^v, v from log|near - start| outwards; in a coordinate that increases with x.
        bottom = float(sp.log(abs(near - start)).evalf())
        edges = np.linspace(bottom, bottom + reach, 1 + math.ceil(2 * reach))
        outer = stretch(b, a, x, -edges[::-1] if side > 0 else edges, start, -side)
        return [outer, level(float(near))]

    def _evaluated(self, start: sp.Expr, log_result: Callable[[Panels, int], tuple[float, Pair]]) -> Integral:
        """The result, on panels that go as far towards each end of the interval as it takes."""
        tried = [0, 0]
        best: tuple[float, float, list[Stretch], Panels, int] | None = None
        while True:
            stretches, below = self._stretches(start, (REACH[tried[0]], REACH[tried[1]]))
            try:
                panels = panels_of(stretches)
            except DivergenceError:
                if best is None:
                    raise
                break
            value, beyond = log_result(panels, panels.first[below])
            if best is None or sum(beyond) < best[1]:
                best = value, sum(beyond), stretches, panels, below
            wider = [k for k in (0, 1) if beyond[k] >= max(beyond) and tried[k] + 1 < len(REACH)]
            if sum(beyond) < NEGLIGIBLE or not wider:
                break
            for k in wider:
                tried[k] += 1
        value, uncertain, stretches, panels, below = best
        if not uncertain < TOLERABLE:
            raise DivergenceError(
                f"an end of ({self.lower}, {self.upper}) is approached too slowly or too steeply for floating-point "
                f"numbers: what lies beyond is known to {uncertain:.2g} of the result. Give a level inside."
            )
        twice = panels_of(stretches, halved=True)
        again, _ = log_result(twice, twice.first[below])
        rounding = 1e-15 * (1 + float(np.ptp(panels.scale)))
        relative = abs(np.expm1(again - value)) + uncertain + rounding
        with working_digits(30):
            result = mp.exp(mpf(float(again)))
            return Integral(result, result * mpf(float(relative)))

    def _one_way(self, panels: Panels, at: int, upwards: bool) -> tuple[float, Pair]:
        """The process is sent back from one end: the integral of s M over the way to the other."""
        behind, other = (0, 1) if upwards else (1, 0)
        tail, error = tail_beyond(panels, panels.speed, behind) if self._open[behind] else (-np.inf, 0.0)
        running = panels.running if upwards else panels.running_back
        mass = running(panels.speed, tail)
        ahead = slice(at, None) if upwards else slice(None, at)
        mass_error = error * share(tail, float(mass[ahead].min()))
        weight = panels.scale + mass
        uncertain = [0.0, 0.0]
        uncertain[behind] = mass_error
        value, uncertain[other] = self._to_the_end(panels, weight, ahead, other, of_speed=False)
        return value, (uncertain[0], uncertain[1])

    def _between(self, panels: Panels, at: int) -> tuple[float, Pair]:
        """Both points stop the process."""
        scale, edge = _with_tails(panels, panels.scale, self._open)
        below, above = np.logaddexp.reduce(scale[: at + 1]), np.logaddexp.reduce(scale[at + 1 :])
        whole = np.logaddexp(below, above)
        under = panels.speed + panels.running(panels.scale, scale[0])
        over = panels.speed + panels.running_back(panels.scale, scale[-1])
        parts, errors = [], list(edge)
        for weight, portion, fraction, k in ((under, slice(None, at), above, 0), (over, slice(at, None), below, 1)):
            value, error = self._to_the_end(panels, weight, portion, k, of_speed=True)
            errors[k] += error
            parts.append(value + fraction - whole)
        return float(np.logaddexp(*parts)), (errors[0], errors[1])

    def _to_the_end(
        self, panels: Panels, weight: Reals, portion: slice, k: int, *, of_speed: bool
    ) -> tuple[float, float]:
        """The log of the integral over a portion of the panels and what lies beyond it, and its relative error."""
        totals = panels.totals(weight)[portion]
        value = float(np.logaddexp.reduce(totals))
        if not self._open[k]:
            return value, 0.0
        far, settled = self._far_out(panels, weight, k, of_speed), panels.settled[-k]
        if far is not None and settled is not None and len(totals) > settled.number:
            inner = totals[settled.number :] if k == 0 else totals[: len(totals) - settled.number]
            tail = float(np.log(far.value))
            value = float(np.logaddexp(np.logaddexp.reduce(inner), tail))
            return value, far.error * share(tail, value)
        tail, error = tail_beyond(panels, weight, k)
        return float(np.logaddexp(value, tail)), error * share(tail, value)

    def _far_out(self, panels: Panels, weight: Reals, k: int, of_speed: bool) -> StiffTail | None:
        """The expansion for the way to an infinite end, where it holds and agrees with the panels."""
        settled = panels.settled[-k]
        if settled is None or math.isfinite((self.lower, self.upper)[k]):
            return None
        (x,), (b,), a = self.process.state, self.process.drift, self.process.diffusion[0]
        found = stiff_tail(b, a, x, settled.edge, settled.node, upwards=k == 1, of_speed=of_speed)
        panel = settled.number if k == 0 else -1 - settled.number
        if found is None or abs(found.at_node * np.exp(settled.log_jacobian - weight[panel, -k]) - 1) > AGREES:
            return None
        return found


def share(tail: float, value: float) -> float:
    """What part a tail is of a value, both as logarithms."""
    return float(np.exp(min(tail - value, 0.0)))


def _with_tails(panels: Panels, weight: Reals, is_open: tuple[bool, bool]) -> tuple[Reals, Pair]:
    """Log of the integral beyond the left end, over each panel, and beyond the right; how uncertain the ends are."""
    totals = panels.totals(weight)
    whole = float(np.logaddexp.reduce(totals))
    ends = [tail_beyond(panels, weight, k) if is_open[k] else (-np.inf, 0.0) for k in (0, 1)]
    left, right = (error * share(tail, whole) for tail, error in ends)
    return np.concatenate([[ends[0][0]], totals, [ends[1][0]]]), (left, right)


def tail_beyond(panels: Panels, log_weight: Reals, k: int) -> tuple[float, float]:
    """Log of the integral beyond the outermost panel, as if its logarithm went on straight, and its relative error."""
    outer, inner = (0, 1) if k == 0 else (-1, -2)
    sign = 1 if k == 0 else -1

    def slope(panel: int) -> float:
        width = 2 * panels.half[panel, 0] * (_LAST - _FIRST) / 2
        return float(sign * (log_weight[panel, -1] - log_weight[panel, 0]) / width)

    steep, before = slope(outer), slope(inner)
    if not steep > 0 or abs(steep - before) / float(panels.half[outer, 0] + panels.half[inner, 0]) > steep**2:
        return _rippled_tail(panels, log_weight, k)
    at_node = float(log_weight[outer, 0 if k == 0 else -1])
    edge = at_node - steep * float(panels.half[outer, 0]) * (1 - _LAST)
    # To second order the integral of exp(-k t + c t^2/2) over t > 0 is (1 + c/k^2)/k.
    bend = abs(steep - before) / float(panels.half[outer, 0] + panels.half[inner, 0])
    return edge - float(np.log(steep)), min(1.0, bend / steep**2 + 1e-16)


def _rippled_tail(panels: Panels, log_weight: Reals, k: int) -> tuple[float, float]:
    """The same where the weight goes up and down on its way: the slope over several panels, and little trust in it."""
    outwards = log_weight[:, 0] if k == 0 else log_weight[::-1, -1]
    high = np.flatnonzero(outwards > outwards[0] + _FALL)
    if not len(high):
        return float(log_weight.max()), np.inf
    widths = 2 * (panels.half if k == 0 else panels.half[::-1])[: high[0], 0]
    return float(outwards[0] - np.log(_FALL / widths.sum())), _TRUST


_FALL, _TRUST = 30.0, 1e6
"""A weight that ripples must have fallen so far, and what lies beyond may be so many times its estimate."""

_FIRST, _LAST = -0.9894009349916499, 0.9894009349916499
"""Outermost nodes of a panel."""
