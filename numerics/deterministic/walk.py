r"""Where an integrand lives: a walk outwards from the bulk, and a bound on what is left out.

The integrand :math:`g(u)` of one logarithmic distance u is looked at through :math:`\log|g|` at points that lie densely
about its largest values and ever more thinly outwards, to :math:`|u| = 2^{16}`. The window is where
:math:`\log|g|` stays within ``depth`` of its maximum; beyond it g is never evaluated. What lies outside is bounded by
the largest of both neighbours on every step of the walk and by a geometric tail after the last step; the bound holds
where :math:`|g|` is monotone between the points of the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEAR = 64
"""The walk is uniform in steps of 1/16 up to this distance from its origin."""

FARTHEST = 2.0**16
"""No window goes beyond this abs(u): exponents within about 1e-3 of the margin of integrability are refused."""

Reals = NDArray[Any]


@dataclass(frozen=True)
class Bulk:
    """Where the integrand is not negligible.

    Attributes:
        low: left edge.
        high: right edge.
        breaks: points between, about which the integrand changes on its own scale.
        below: bound on the integral left of ``low``, relative to exp(``height``).
        above: bound on the integral right of ``high``, relative to exp(``height``).
        height: the largest of log|g|.
        grows: -1 or 1 where log|g| does not fall by ``depth`` towards that end of the line; 0 otherwise.
        deepest: the least of log|g| inside.
    """

    low: float
    high: float
    breaks: tuple[float, ...]
    below: float
    above: float
    height: float
    grows: int
    deepest: float


@np.errstate(all="ignore")
def bulk(log_size: Callable[[Reals], Reals], exact: Callable[[float], float], top: float, depth: float) -> Bulk | None:
    """The window of an integrand on ``(-oo, top)``, or None where it is zero at every point looked at.

    Args:
        log_size: log|g| elementwise, nan where unknown.
        exact: log|g| at one point, in slower arithmetic; asked only next to points where g is not negligible.
        top: the end of the line; may be infinite.
        depth: how far below its maximum log|g| is negligible.
    """
    walk = _Walk(log_size, exact, depth)
    walk.look(_grid(top))
    if np.max(walk.logs) == -np.inf:
        return None
    breaks: list[float] = []
    for peak in walk.peaks():
        centre, width = walk.resolved(peak)
        scales = width * 2.0 ** np.arange(0, max(1, np.ceil(np.log2(2 / width))))
        around = np.concatenate([centre - scales, centre + scales])
        walk.look(around[(walk.points[0] < around) & (around < walk.points[-1])])
        breaks += [centre - scales[0], centre + scales[0], *(centre - scales[1:]), *(centre + scales[1:])]
    return _window(walk, breaks, top)


def _grid(top: float) -> Reals:
    origin = 0.0 if np.isinf(top) else top
    outwards = np.concatenate([np.arange(0, NEAR + 1 / 32, 1 / 16), np.geomspace(NEAR, FARTHEST, 100)[1:]])
    right = origin + outwards[1:] if np.isinf(top) else np.empty(0)
    return np.concatenate([origin - outwards[::-1], right])


class _Walk:
    """The points looked at so far, in order, with log|g| at each."""

    def __init__(self, log_size: Callable[[Reals], Reals], exact: Callable[[float], float], depth: float) -> None:
        self.points, self.logs = np.empty(0), np.empty(0)
        self.depth = depth
        self._log_size, self._exact = log_size, exact

    def look(self, points: Reals) -> None:
        """Look at further points."""
        points = np.setdiff1d(points, self.points)
        if points.size:
            together = np.concatenate([self.points, points])
            logs = np.concatenate([self.logs, self._log_size(points)])
            order = np.argsort(together)
            self.points, self.logs = together[order], logs[order]
            self._complete()

    def _complete(self) -> None:
        """Ask the slower arithmetic for unknown values next to others that are not negligible; drop the rest.

        A zero says nothing about what is next to it: behind a jump the integrand may be large.
        """
        logs = self.logs
        if np.isnan(logs).all():
            start = int(np.argmin(np.abs(self.points)))
            logs[start] = self._exact(float(self.points[start]))
        if not np.isnan(logs).any():
            return
        known = np.flatnonzero(~np.isnan(logs))
        best = int(known[np.argmax(logs[known])])  # nanargmax takes an unknown one where all others are -inf
        for way in (range(best + 1, len(logs)), range(best - 1, -1, -1)):
            before = logs[best]
            for i in way:
                if np.isnan(logs[i]):
                    near = before == -np.inf or before > np.nanmax(logs) - 2 * self.depth
                    logs[i] = self._exact(float(self.points[i])) if near else -np.inf
                before = logs[i] if logs[i] > -np.inf else before

    def peaks(self) -> list[int]:
        """Local maxima that are not negligible, the largest first, at most eight."""
        padded = np.concatenate([[-np.inf], self.logs, [-np.inf]])
        local = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:])
        found = np.flatnonzero(local & (self.logs > np.max(self.logs) - self.depth))
        return sorted(self.points[found[np.argsort(self.logs[found])[::-1]][:8]])

    def resolved(self, peak: float) -> tuple[float, float]:
        """A local maximum, where log|g| falls by less than 1 on one step, and how far it is to a fall by 2."""
        for _ in range(20):
            i = int(np.searchsorted(self.points, peak))
            low, high = max(i - 1, 0), min(i + 1, len(self.points) - 1)
            sides = [abs(self.points[j] - self.points[i]) for j in (low, high) if j != i]
            falls = [self.logs[i] - self.logs[j] for j in (low, high) if j != i]
            if not self.logs[i] < np.inf or min(falls) < 1 or min(sides) < 1e-12 * (1 + abs(peak)):
                break
            inside = np.linspace(self.points[low], self.points[high], 18)[1:-1]
            self.look(inside)
            near = (self.points >= inside[0]) & (self.points <= inside[-1])
            peak = float(self.points[near][np.argmax(self.logs[near])])
        fallen = self.points[self.logs < self.logs[i] - 2]
        return float(self.points[i]), float(np.min(np.abs(fallen - self.points[i]), initial=FARTHEST))


def _window(walk: _Walk, breaks: list[float], top: float) -> Bulk:
    points, logs = walk.points, walk.logs
    height = float(np.max(logs))
    if height == np.inf:
        return Bulk(points[0], points[-1], (), 0, 0, height, 1 if logs[-1] == np.inf else -1, -np.inf)
    seen = np.flatnonzero(logs >= height - walk.depth)
    first, last = int(seen[0]), int(seen[-1])
    at_end = {-1: logs[0] if first == 0 else -np.inf, 1: logs[-1] if last == len(points) - 1 else -np.inf}
    open_ends = [end for end in at_end if at_end[end] > -np.inf and (end < 0 or np.isinf(top))]
    grows = max(open_ends, key=at_end.__getitem__, default=0)
    low, high = max(first - 1, 0), min(last + 1, len(points) - 1)
    inside = sorted({float(u) for u in breaks if points[low] < u < points[high]})
    return Bulk(
        low=float(points[low]),
        high=float(points[high]),
        breaks=tuple(inside),
        below=_rest(points[: low + 1][::-1], logs[: low + 1][::-1] - height),
        above=_rest(points[high:], logs[high:] - height),
        height=height,
        grows=grows,
        deepest=float(np.min(logs[first : last + 1])),
    )


def _rest(points: Reals, logs: Reals) -> float:
    """An upper sum over the rest of the walk, and a geometric tail after it."""
    if len(points) < 2:
        return 0.0
    steps = np.abs(np.diff(points))
    slope = (logs[-2] - logs[-1]) / steps[-1] if logs[-1] > -np.inf else np.inf
    tail = np.exp(logs[-1]) / slope if slope > 0 else np.inf if logs[-1] > -np.inf else 0.0
    return float(np.sum(steps * np.exp(np.maximum(logs[1:], logs[:-1]))) + tail)
