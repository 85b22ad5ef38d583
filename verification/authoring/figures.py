r"""What measuring a figure again has in common: seeds, shares of runs, where a curve crosses, which features are there.

A figure module has four functions that share the rows which ``measure`` returns part by part: ``measure`` itself,
``summarise`` (the location of the feature, and further features), ``pictures``, and the benchmark that runs the figure
at the paper's size. :class:`Shares` is for figures that show how many runs have collapsed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its submodules load on first use

from numerics.statistics.estimators import Proportion
from verification.errors import ClaimError

FALSE_ALARM = 1e-6
"""That a location misses the true one, or that a feature is found where there is none."""

BAR_ALARM = 0.05
"""Bars in pictures are 95 % intervals."""

Row = Mapping[str, Any]
"""What is measured at one value of a parameter; JSON."""


def seed_from(text: str) -> int:
    """A 64-bit seed from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def seed_of(figure: str, part: Mapping[str, Any]) -> int:
    """A 64-bit seed from the part's own text, so that different parts have different noise."""
    return seed_from(f"{figure}/{sorted(part.items())}")


def quantile(false_alarm: float = FALSE_ALARM) -> float:
    """The standard normal exceeds this with probability ``false_alarm``."""
    return float(-scipy.special.ndtri(false_alarm))


def feature(name: str, printed: Any, measured: float, reproduced: Any) -> dict[str, Any]:
    """One feature of a figure: what the page shows, what was measured, whether that is the same."""
    shown = float(measured) if math.isfinite(measured) else None
    return {"name": name, "printed": printed, "measured": shown, "reproduced": bool(reproduced)}


def rises(name: str, values: Any, slack: float) -> dict[str, Any]:
    """The feature that ``values`` never fall along their last axis by more than ``slack``, the error of a step."""
    smallest = np.diff(values).min()
    return feature(name, "monotone", smallest, smallest > -slack)


def zero_of_line(places: Any, values: Any, errors: Any, *, false_alarm: float = FALSE_ALARM) -> list[float]:
    r"""Interval for the place at which the weighted line through ``values`` vanishes.

    The line :math:`a + bx` is fitted with weights :math:`1/\text{errors}^2`; the error of :math:`-a/b` is that of its
    linearisation.

    Raises:
        ClaimError: there are fewer than two places, or an error is not positive.
    """
    places, values, errors = (np.asarray(given, dtype=float) for given in (places, values, errors))
    if places.size < 2 or not (errors > 0).all():
        raise ClaimError(
            f"a line needs at least two places and positive errors, got places={places.tolist()}, "
            f"errors={errors.tolist()}."
        )
    design = np.stack([np.ones_like(places), places], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    offset, slope = covariance @ design.T @ (values / errors)
    gradient = np.array([-1 / slope, offset / slope**2])
    half = quantile(false_alarm / 2) * math.sqrt(gradient @ covariance @ gradient)
    return [float(-offset / slope - half), float(-offset / slope + half)]


def smallest_among(places: Sequence[float], intervals: Sequence[Sequence[float]]) -> list[float]:
    """The range of places whose value may be the smallest, given an interval of each value."""
    bound = min(upper for _, upper in intervals)
    possible = [place for place, (lower, _) in zip(places, intervals, strict=True) if lower <= bound]
    return [float(min(possible)), float(max(possible))]


@dataclass(frozen=True)
class Shares:
    """A figure of the share of runs that have collapsed, against a parameter, a curve for each snapshot.

    Attributes:
        parameter: Key of the parameter in a row.
        runs: Key of the number of runs.
        snapshots: Steps after which the runs are looked at, increasing.
    """

    parameter: str
    runs: str
    snapshots: tuple[int, ...]

    def row(self, place: float, collapsed: Sequence[int], runs: int, **more: Any) -> dict[str, Any]:
        """A row: the parameter, counts of collapsed runs with their 95 % Clopper-Pearson intervals, and ``more``."""
        bars = [list(Proportion(count, runs).interval(BAR_ALARM)) for count in collapsed]
        return {self.parameter: place, "collapsed": list(collapsed), "interval": bars, self.runs: runs, **more}

    def places(self, rows: Sequence[Row]) -> np.ndarray:
        """The values of the parameter."""
        return np.array([row[self.parameter] for row in rows], dtype=float)

    def shares(self, rows: Sequence[Row]) -> np.ndarray:
        """Shares of collapsed runs. Shape ``(rows, snapshots)``."""
        return np.array([row["collapsed"] for row in rows]) / rows[0][self.runs]

    def half(self, rows: Sequence[Row], at: int = -1) -> list[float] | None:
        """Interval for the parameter at which half of the runs have collapsed at a snapshot.

        Between the two neighbouring rows the normal quantile of the share is taken to be linear. None where the share
        does not pass one half.
        """
        counts, runs = np.array([row["collapsed"][at] for row in rows]), rows[0][self.runs]
        passed = np.flatnonzero((counts[:-1] <= runs / 2) & (counts[1:] > runs / 2))
        if not passed.size:
            return None
        near = slice(passed[0], passed[0] + 2)
        values, errors = normal_quantiles(counts[near], runs)
        return zero_of_line(self.places(rows)[near], values, errors)

    def slack(self, rows: Sequence[Row]) -> float:
        r"""What a difference of two shares exceeds by chance; its error is at most :math:`1/\sqrt{2n}` for n runs."""
        return quantile() * math.sqrt(0.5 / rows[0][self.runs])

    def features(self, rows: Sequence[Row], stated: float) -> list[dict[str, Any]]:
        """Monotone in the parameter up to sampling error, both ends, and the stated threshold inside the rise."""
        last, runs = self.shares(rows)[:, -1], rows[0][self.runs]
        values, _ = normal_quantiles(np.array([row["collapsed"][-1] for row in rows]), runs)
        inside = float(scipy.special.ndtr(np.interp(stated, self.places(rows), values)))
        return [
            rises("the share rises with the noise", last, self.slack(rows)),
            feature("none collapsed at the weakest noise", 0.0, last[0], last[0] < 0.01),
            feature("all collapsed at the strongest noise", 1.0, last[-1], last[-1] > 0.99),
            feature("the stated location lies in the rise", "1 % to 99 % collapsed", inside, 0.01 < inside < 0.99),
        ]

    def approaches(self, rows: Sequence[Row], stated: float) -> dict[str, Any]:
        """The feature that the half-way point lies closer to the stated one at the last snapshot than at the first.

        First is the first snapshot at which half of the runs have collapsed anywhere; closer is beyond the intervals.
        """
        halves = [half for i in range(len(self.snapshots)) if (half := self.half(rows, i)) is not None]
        away = [sorted(abs(end - stated) for end in half) for half in halves]
        closer = len(away) > 1 and away[-1][1] < away[0][0]
        nearest = sum(halves[-1]) / 2 if halves else math.nan
        return feature("the half-way point comes closer to the stated one with time", stated, nearest, closer)


def normal_quantiles(counts: np.ndarray, runs: int) -> tuple[np.ndarray, np.ndarray]:
    r"""The quantiles :math:`\Phi^{-1}(p)` of shares ``counts / runs``, and their standard errors.

    Counts are moved half a run away from 0 and ``runs``, where the quantile is infinite.
    """
    p = np.clip(counts, 0.5, runs - 0.5) / runs
    values = scipy.special.ndtri(p)
    density = np.exp(-(values**2) / 2) / math.sqrt(2 * math.pi)
    return values, np.sqrt(p * (1 - p) / runs) / density
