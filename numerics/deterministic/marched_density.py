r"""The speed density of a diffusion on panels marched outwards from its bulk, as logarithms in double precision.

From drift b and diffusion a alone, :math:`\log p = -\log a + \int 2b/a`. Each panel is as long as the logarithm of the
density allows: it varies by at most :data:`VARIATION` there and its slope is resolved to rounding. The integral runs
outwards from a point of the bulk, so that nothing of the far tails is in the numbers of the bulk. Towards an end the
coordinate is the logarithm of the distance, put in symbolically, so that :math:`(1-x)^{-0.99}` loses no digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from numerics.arguments import INTERVAL, takes
from numerics.deterministic.kinks import kinks
from numerics.deterministic.scale_and_speed_panels import COEFFICIENTS, NODES, RUNNING, WEIGHTS, coefficients_at
from numerics.errors import DivergenceError
from theory.argument_kinds import EXPRESSION, SYMBOL

VARIATION = 2.0
"""How far the logarithm of the density changes over one panel."""

LONGEST = 2.0
"""Longest panel in a logarithmic coordinate."""

MOST_PANELS = 4000
"""On one side of the bulk; more are refused."""

NEGLIGIBLE = 45.0
"""How far below the maximum the logarithm of an integrand is negligible."""

FARTHEST = 170.0
"""Largest logarithm of a distance that is looked at, beyond which powers overflow; a tail goes on straight there."""

WIDE = 16.0
"""Up to how many widths from 0 a peak loses next to nothing, 2e-15 in log p, to sums ``start + y``."""

NEAREST = 300.0
"""Minus the logarithm of the smallest distance to a finite end."""

Reals = NDArray[Any]
Weight = Callable[[Reals], Reals]
"""The logarithm of the modulus of a function of x, elementwise."""


@dataclass(frozen=True)
class Phase:
    """A coordinate u that grows outwards, from ``first`` to ``last``.

    Attributes:
        slope: u -> (d log(a p)/du, log a, x, x - start, log |dx/du|), elementwise.
        to_u: x -> u.
        first: where u begins.
        last: where it ends.
        length: of its longest panel.
    """

    slope: Callable[[Reals], tuple[Reals, ...]]
    to_u: Callable[[float], float]
    first: float
    last: float
    length: float


@dataclass(frozen=True)
class MarchedPanel:
    """A stretch of one side on which the logarithm of the density changes little.

    Attributes:
        low: inner edge in the coordinate of its phase.
        high: outer edge.
        x: the nodes. Shape ``(ORDER,)``, as the next two.
        log_density: log p there, in x, up to one constant for the whole line.
        log_jacobian: log of dx/du there.
        offset: x minus the point where both sides begin, also where the two hardly differ.
        phase: the coordinate.
    """

    low: float
    high: float
    x: Reals
    offset: Reals
    log_density: Reals
    log_jacobian: Reals
    phase: Phase

    @property
    def half(self) -> float:
        """Half the length in u."""
        return (self.high - self.low) / 2


@dataclass
class MarchedSide:
    """The panels on one side of the bulk, marched as far as they were asked for.

    Attributes:
        start: the point of the bulk where both sides begin.
        phases: coordinates from there outwards.
        cuts: where a coefficient is not smooth.
        panels: what has been marched.
    """

    start: float
    phases: list[Phase]
    cuts: list[float]
    panels: list[MarchedPanel] = field(default_factory=list)
    _potential: float = 0.0
    _phase: int = 0
    _at: float | None = None
    _step: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether the end has been reached as far as double precision goes."""
        return self._phase >= len(self.phases)

    def march(self) -> None:
        """Add one panel.

        Raises:
            DivergenceError: a coefficient is no finite number, or the panels are too many.
        """
        phase = self.phases[self._phase]
        low = phase.first if self._at is None else self._at
        step = self._step or phase.length
        edge = min([cut for cut in map(phase.to_u, self._inner(phase)) if cut > low + 1e-14 * abs(low)] + [phase.last])
        while True:
            high = min(low + step, edge)
            u = (low + high) / 2 + (high - low) / 2 * NODES
            rho, size, x, offset, jacobian = phase.slope(u)
            if self._resolved(rho, size, (high - low) / 2):
                break
            step = (high - low) / 2
            if step < 1e-13 * max(1.0, abs(low)):
                raise DivergenceError(
                    f"drift over diffusion must be smooth inside the interval, but it is not next to {x[0]:.6g}."
                )
        if len(self.panels) == MOST_PANELS:
            raise DivergenceError(f"the density varies too much: {MOST_PANELS} panels do not reach its bulk.")
        potential = self._potential + (high - low) / 2 * (RUNNING @ rho)
        self.panels.append(MarchedPanel(low, high, x, offset, potential - size, jacobian, phase))
        self._potential += (high - low) / 2 * float(WEIGHTS @ rho)
        self._at, self._step = high, min(2 * step, phase.length)
        if high >= phase.last:
            self._phase, self._at, self._step = self._phase + 1, None, 0.0

    def _inner(self, phase: Phase) -> list[float]:
        return [cut for cut in self.cuts if np.isfinite(phase.to_u(cut))]

    @staticmethod
    def _resolved(rho: Reals, size: Reals, half: float) -> bool:
        if not (np.isfinite(rho).all() and np.isfinite(size).all()):
            return False
        if half * np.abs(rho).max() * 2 + np.ptp(size) > VARIATION:
            return False
        for function in (half * rho, size):
            tail = np.abs(COEFFICIENTS[-2:] @ function).max()
            if tail > 1e-13 * (1 + np.abs(function).max()):
                return False
        return True


@takes(drift=EXPRESSION, diffusion=EXPRESSION, x=SYMBOL, ends=INTERVAL)
def marched(
    drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, ends: tuple[sp.Expr, sp.Expr]
) -> tuple[MarchedSide, MarchedSide]:
    """The two sides of a point in the bulk, marched past every other place where the density is not negligible.

    Args:
        drift: b, with no symbol but x.
        diffusion: a, likewise.
        x: the variable.
        ends: of the interval; exact numbers or infinities.
    """
    begins, way = next(((end, way) for end, way in zip(ends, (1, -1), strict=True) if end == 0), (None, 1))
    middle = coefficients_at(drift, diffusion, x, begins, way)  # one program with the end that is 0

    def rho_and_size(points: Reals) -> tuple[Reals, Reals]:
        return _logarithms(middle, way * points)

    start, outermost = _bulk(rho_and_size, ends)
    width = _width(rho_and_size, start, ends)
    start = _rounded(start, width, ends)
    cuts = [float(root) for root in {*kinks(drift, x), *kinks(diffusion, x)}]
    sides = []
    for side, end, reach in ((-1, ends[0], outermost[0]), (1, ends[1], outermost[1])):
        here = [cut for cut in cuts if (cut - start) * side > 0]
        beside = rho_and_size if abs(start) <= WIDE * width else None
        found = MarchedSide(start, _phases((drift, diffusion, x), start, side, end, width, beside), here)
        while not found.finished and (not found.panels or (found.panels[-1].x[-1] - reach) * side < 0):
            found.march()
        sides.append(found)
    return sides[0], sides[1]


def _logarithms(program: Callable[..., Any], points: Reals) -> tuple[Reals, Reals]:
    """2b/a and log a."""
    with np.errstate(all="ignore"):
        rho, a = (np.broadcast_to(np.asarray(value, float), points.shape) for value in program(points))
        return rho, np.log(a)


def _exact(number: float) -> sp.Rational:
    """The decimal that a float prints."""
    return sp.Rational(repr(number))


def _rounded(start: float, width: float, ends: tuple[sp.Expr, sp.Expr]) -> float:
    """A number of few digits next to ``start``, so that the coefficients about it are short."""
    for digits in range(17):
        near = float(f"{start:.{digits}e}")
        if abs(near - start) <= width / 4 and float(ends[0]) < near < float(ends[1]):
            return near
    return start


def _phases(
    coefficients: tuple[sp.Expr, sp.Expr, sp.Symbol],
    start: float,
    side: int,
    end: sp.Expr,
    width: float,
    beside: Callable[[Reals], tuple[Reals, Reals]] | None,
) -> list[Phase]:
    """The coordinates of one side; ``beside`` gives 2b/a and log a as functions of x, where that is sharp enough."""
    here = coefficients_at(*coefficients, _exact(start), side) if beside is None else None

    def coefficients_there(y: Reals) -> tuple[Reals, Reals]:
        if beside is not None:
            return beside(start + side * y)
        assert here is not None
        return _logarithms(here, y)

    def linear(y: Reals) -> tuple[Reals, ...]:
        rho, size = coefficients_there(y)
        return side * rho, size, start + side * y, side * y, np.zeros_like(y)

    def growing(u: Reals) -> tuple[Reals, ...]:
        y = np.exp(u)
        rho, size = coefficients_there(y)
        return side * rho * y, size, start + side * y, side * y, u

    def distance(x: float) -> float:
        return side * (x - start)

    def log_distance(x: float) -> float:
        return float(np.log(distance(x))) if distance(x) > 0 else np.nan

    found = [Phase(linear, distance, 0.0, width, width)]
    last = FARTHEST if end.is_infinite else float(np.log(abs(float(end - _exact(start))) / 2))
    if last > np.log(width):
        found.append(Phase(growing, log_distance, float(np.log(width)), last, LONGEST))
    if end.is_finite:
        program = coefficients_at(*coefficients, end, -side)
        place, whole = float(end), abs(float(end - _exact(start)))
        near = whole - float(np.exp(max(last, np.log(width))))

        def shrinking(v: Reals) -> tuple[Reals, ...]:
            tau = np.exp(-v)
            rho, size = _logarithms(program, tau)
            return side * rho * tau, size, place - side * tau, side * (whole - tau), -v

        def to_v(x: float) -> float:
            left = side * (place - x)
            return -float(np.log(left)) if left > 0 else np.nan

        found.append(Phase(shrinking, to_v, -float(np.log(near)), NEAREST, LONGEST))
    return found


def _grid(ends: tuple[sp.Expr, sp.Expr]) -> Reals:
    """Points that lie densely next to the ends, to 0 and to 1, and thin out towards infinity."""
    scales = np.exp(np.arange(-60, 60, 1 / 32))
    left, right = map(float, ends)
    if np.isinf(left) and np.isinf(right):
        points = np.concatenate([-scales[::-1], [0.0], scales])
    elif np.isinf(right):
        points = left + scales
    elif np.isinf(left):
        points = right - scales[::-1]
    else:
        half = (right - left) / 2
        inner = half * scales[scales < 1]
        points = np.concatenate([left + inner, [left + half], right - inner[::-1]])
    points = np.unique(points)
    return points[(points > left) & (points < right)]


def _bulk(
    functions: Callable[[Reals], tuple[Reals, Reals]], ends: tuple[sp.Expr, sp.Expr]
) -> tuple[float, tuple[float, float]]:
    """A point where the density times the distance is large, and the outermost points where it is not negligible."""
    x = _grid(ends)
    left, right = map(float, ends)
    # First from the middle of the grid, then from the point found, with a grid that lies densely about it.
    x, heights = _heights(functions, x, None)
    best = int(np.argmax(heights))
    start = _turning_point(functions, x[max(best - 1, 0) : best + 2], float(x[best]))
    scales = np.exp(np.arange(-60, 60, 1 / 8))
    around = np.concatenate([x, start - scales, [start], start + scales])
    x, heights = _heights(functions, np.unique(around[(around > left) & (around < right)]), start)
    best = int(np.argmax(heights))
    seen = x[heights >= heights[best] - 2 * NEGLIGIBLE]
    here = int(np.argmin(np.abs(x - start)))
    # At a peak the mass per logarithmic distance is largest beside it.
    density = heights - np.log(np.gradient(x))
    chosen = start if density[here] >= density[best] else float(x[best])
    return chosen, (float(seen[0]), float(seen[-1]))


def _heights(functions: Callable[[Reals], tuple[Reals, Reals]], x: Reals, origin: float | None) -> tuple[Reals, Reals]:
    """The points where the coefficients are finite, and log(p dx) there by the trapezoidal rule from ``origin``."""
    rho, size = functions(x)
    x, rho, size = (values[np.isfinite(rho) & np.isfinite(size)] for values in (x, rho, size))
    if len(x) < 3:
        raise DivergenceError("drift and diffusion must be real numbers inside the interval, but they are not.")
    with np.errstate(all="ignore"):
        change = np.diff(x) * (rho[1:] + rho[:-1]) / 2
        widths = np.gradient(x)
        middle = int(np.argmin(np.abs(rho) * widths if origin is None else np.abs(x - origin)))
        potential = np.zeros_like(x)
        potential[middle + 1 :] = np.cumsum(change[middle:])
        potential[:middle] = -np.cumsum(change[:middle][::-1])[::-1]
        heights = potential - size + np.log(widths)
    heights[np.isnan(heights)] = -np.inf
    if not np.isfinite(np.max(heights)) or np.argmax(heights) in (0, len(x) - 1):
        side = int(np.argmax(heights) > middle)
        raise DivergenceError(
            f"the integral of the density diverges at the {('left', 'right')[side]} end, next to which it is largest, "
            "or converges too slowly to tell. Check the condition of normalisability there."
        )
    return x, heights


def _turning_point(functions: Callable[[Reals], tuple[Reals, Reals]], near: Reals, point: float) -> float:
    """Where the slope turns from rising to falling between the points ``near``; ``point`` where it does not."""
    slopes = functions(near)[0]
    if near[0] < 0 < near[-1] and functions(np.zeros(1))[0][0] == 0:
        return 0.0
    if not slopes[0] > 0 > slopes[-1]:
        return point
    low, high = float(near[0]), float(near[-1])
    for _ in range(60):
        point = (low + high) / 2
        low, high = (point, high) if functions(np.array([point]))[0][0] > 0 else (low, point)
    return point


def _width(functions: Callable[[Reals], tuple[Reals, Reals]], start: float, ends: tuple[sp.Expr, sp.Expr]) -> float:
    """How far from ``start`` the logarithm of the density changes by about 1, at most half the way to an end."""
    room = min(abs(start - float(end)) for end in ends) / 2
    widths = 2.0 ** np.arange(-200, 40)
    widths = widths[widths <= room] if np.isfinite(room) else widths
    if not len(widths):
        return room
    change = np.zeros_like(widths)
    for side in (-1, 1):
        rho, size = functions(start + side * widths)
        with np.errstate(all="ignore"):
            change = np.fmax(change, np.abs(rho) * widths + np.abs(size - functions(np.array([start]))[1]))
    narrow = np.flatnonzero(change > 1)
    chosen = float(widths[max(narrow[0] - 1, 0)]) if len(narrow) else float(widths[-1])
    return min(chosen, max(1.0, abs(start)), room)
