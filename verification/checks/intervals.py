"""Decisions from intervals: refuted, consistent to a stated resolution, or undecided.

The three outcomes come from one interval: a value outside it is refuted; if the whole interval lies within
the resolution of the value, the value is consistent (two one-sided tests); anything else is undecided. From an
interval that skewness has made unreliable nothing is decided: a mean that rests on rare large samples has a narrow
interval around a wrong number, which would certify and refute alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.statistics.estimators import Proportion
from numerics.statistics.sample_size import MAX_DISTORTION
from verification.verdict import Outcome


@dataclass(frozen=True)
class ConfidenceInterval:
    """An interval for a mean.

    Attributes:
        estimate: The point estimate.
        lower: Lower end, bias allowance included.
        upper: Upper end, bias allowance included.
        bias: The bias allowance inside both ends.
        distortion: How far the normal approximation behind it is off (``design.distortion`` of the *measured*
            skewness); 0 for an exact interval.
    """

    estimate: float
    lower: float
    upper: float
    bias: float = 0.0
    distortion: float = 0.0

    @property
    def is_valid(self) -> bool:
        """Whether the false-alarm rate is within 10 % of nominal, as far as the samples show."""
        return self.distortion <= MAX_DISTORTION


def batch_mean_interval(
    batch_means: Sequence[float], quantile: float, *, bias: float = 0.0, distortion: float = 0.0
) -> ConfidenceInterval:
    """Student's interval on independent batch means, widened by ``bias`` on both sides."""
    means = np.asarray(batch_means, dtype=np.float64)
    estimate = float(np.mean(means))
    half = quantile * float(np.std(means, ddof=1)) / float(np.sqrt(len(means))) + bias
    return ConfidenceInterval(estimate, estimate - half, estimate + half, bias, distortion)


def proportion_interval(proportion: Proportion, false_alarm: float) -> ConfidenceInterval:
    """The exact interval of Clopper and Pearson for a probability; it has a width even where all samples are equal."""
    return ConfidenceInterval(proportion.value, *proportion.interval(false_alarm))


def judge_interval(interval: ConfidenceInterval, value: float, resolution: float) -> tuple[Outcome, float]:
    """The outcome for a claimed ``value``, and the largest relative deviation the interval leaves open.

    Deviations are relative to ``value``; a claimed value of zero is compared with the interval's size.

    Example:
        >>> measured = ConfidenceInterval(1.0, 0.98, 1.02)
        >>> judge_interval(measured, 1.01, 0.05)[0].name, judge_interval(measured, 1.05, 0.05)[0].name
        ('CONSISTENT', 'REFUTED')
        >>> judge_interval(ConfidenceInterval(1.0, 0.98, 1.02, distortion=0.5), 1.05, 0.05)[0].name
        'UNDECIDED'
    """
    scale = abs(value) if value else max(abs(interval.lower), abs(interval.upper))
    deviation = max(abs(interval.lower - value), abs(interval.upper - value)) / scale if scale else 0.0
    if not interval.is_valid:
        return Outcome.UNDECIDED, deviation
    if not interval.lower <= value <= interval.upper:
        return Outcome.REFUTED, deviation
    if deviation <= resolution:
        return Outcome.CONSISTENT, deviation
    return Outcome.UNDECIDED, deviation
