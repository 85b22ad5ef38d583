"""Decisions from intervals: refuted, consistent to a stated resolution, or undecided.

The three outcomes come from one interval: a value outside it is refuted; if the whole interval lies within
the resolution of the value, the value is consistent (two one-sided tests); anything else is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verification.verdict import Outcome


@dataclass(frozen=True)
class Interval:
    """An interval for a mean.

    Attributes:
        estimate: The point estimate.
        lower: Lower end, bias allowance included.
        upper: Upper end, bias allowance included.
        bias: The bias allowance inside both ends.
    """

    estimate: float
    lower: float
    upper: float
    bias: float


def batch_mean_interval(batch_means: Sequence[float], quantile: float, *, bias: float = 0.0) -> Interval:
    """Student's interval on independent batch means, widened by ``bias`` on both sides."""
    means = np.asarray(batch_means, dtype=np.float64)
    estimate = float(np.mean(means))
    half = quantile * float(np.std(means, ddof=1)) / float(np.sqrt(len(means))) + bias
    return Interval(estimate, estimate - half, estimate + half, bias)


def decide(interval: Interval, value: float, resolution: float) -> tuple[Outcome, float]:
    """The outcome for a claimed ``value``, and the largest relative deviation the interval leaves open.

    Deviations are relative to ``value``; a claimed value of zero is compared with the estimate's size.
    """
    scale = abs(value) if value else max(abs(interval.lower), abs(interval.upper))
    deviation = max(abs(interval.lower - value), abs(interval.upper - value)) / scale if scale else 0.0
    if not interval.lower <= value <= interval.upper:
        return Outcome.REFUTED, deviation
    if deviation <= resolution:
        return Outcome.CONSISTENT, deviation
    return Outcome.UNDECIDED, deviation
