r"""What measuring a figure again has in common: seeds, where a curve crosses, which features are there.

A figure's module has its claim and three functions that share the rows which ``measure`` returns part by part:
``measure`` itself, ``summarise`` (the location of the feature, and further features) and ``pictures``. A benchmark runs
the same functions at the paper's size. What such rows hold, how they are judged and how they are drawn stands in one
place for all figures of a kind: :class:`~verification.authoring.shares.Shares` for how many runs have collapsed,
:mod:`~verification.authoring.replicas` for numbers of several runs; pictures are made of panels
(:mod:`verification.drawing.curves`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy  # its submodules load on first use

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


def quantile(false_alarm: float = FALSE_ALARM, runs: int | None = None) -> float:
    """The standard normal exceeds this with probability ``false_alarm``; Student's t where ``runs`` told the error."""
    return float(-scipy.special.ndtri(false_alarm) if runs is None else scipy.stats.t.isf(false_alarm, runs - 1))


def feature(name: str, printed: Any, measured: float, reproduced: Any, *, contradicted: Any = True) -> dict[str, Any]:
    """One feature of a figure: what the page shows, what was measured, whether that is the same.

    Where it is neither reproduced nor contradicted the feature is ``open``: the runs were too few to tell.
    """
    shown = float(measured) if math.isfinite(measured) else None
    found = {"name": name, "printed": printed, "measured": shown, "reproduced": bool(reproduced)}
    return found if reproduced or contradicted else found | {"open": True}


def estimate(value: float, error: float, told: str, rows: Sequence[Row]) -> dict[str, Any]:
    """What is summarised of ``rows`` where a figure has one number and no features: its interval, ``told`` in words."""
    half = quantile() * error
    return {"location": [value - half, value + half], "features": [], "told": told, "rows": [dict(row) for row in rows]}


def rises(name: str, values: Any, slack: float) -> dict[str, Any]:
    """The feature that ``values`` never fall along their last axis by more than ``slack``, the error of a step.

    It is open where a fall by a quarter of the whole way would be within the error.
    """
    smallest, way = np.diff(values).min(), np.ptp(values, axis=-1).max()
    return feature(name, "monotone", smallest, smallest > -slack and way > 4 * slack, contradicted=smallest <= -slack)


NARROW = 0.1
"""Of a place, the widest interval that tells where it is."""


def lies_at(name: str, stated: float, interval: Sequence[float]) -> dict[str, Any]:
    """The feature that a place is the stated one: within its interval, and open where that is wide."""
    lower, upper = interval
    inside = lower < stated < upper
    narrow = upper - lower < NARROW * abs(stated)
    return feature(name, stated, (lower + upper) / 2, inside and narrow, contradicted=not inside)


def of_few(errors: Any, n: int, false_alarm: float = FALSE_ALARM) -> Any:
    """Standard errors of means over n runs, widened so that the normal quantile does what Student's would."""
    return np.asarray(errors) * quantile(false_alarm / 2, n) / quantile(false_alarm / 2)


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


def normal_quantiles(counts: np.ndarray, runs: int) -> tuple[np.ndarray, np.ndarray]:
    r"""The quantiles :math:`\Phi^{-1}(p)` of shares ``counts / runs``, and their standard errors.

    Counts are moved half a run away from 0 and ``runs``, where the quantile is infinite.
    """
    p = np.clip(counts, 0.5, runs - 0.5) / runs
    values = scipy.special.ndtri(p)
    density = np.exp(-(values**2) / 2) / math.sqrt(2 * math.pi)
    return values, np.sqrt(p * (1 - p) / runs) / density
