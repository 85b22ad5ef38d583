"""Decisions from intervals: refuted, consistent to a stated resolution, or undecided.

The three outcomes come from one interval: a value outside it is refuted; if the whole interval lies within
the resolution of the value, the value is consistent (two one-sided tests); anything else is undecided. From an
interval that skewness has made unreliable nothing is decided: a mean that rests on rare large samples has a narrow
interval around a wrong number, which would certify and refute alike.

The resolution is relative to the value, or absolute where the author of an experiment says so. A mean predicted to be 0
has no relative error, so it is decided at an absolute resolution only, with one exception: that an event has
probability 0 says that the opposite event has probability 1, and the relative error of that is what counts.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.statistics.estimators import Proportion
from numerics.statistics.sample_size import MAX_DISTORTION
from theory.argument_kinds import ArgumentKind, one_of, or_none, whole
from verification.arguments import FINITE, NOT_NEGATIVE, is_finite, of_kind, takes
from verification.errors import VerificationError
from verification.verdict import Outcome

UNIT_ROUNDOFF = 2.0**-53


_NUMBER = ArgumentKind(
    "a real number or an infinity",
    lambda value: isinstance(value, numbers.Real) and not isinstance(value, bool) and not math.isnan(value),
)
_BOUNDS = ArgumentKind(
    "a pair of finite numbers, or None",
    lambda value: value is None or isinstance(value, tuple) and len(value) == 2 and all(map(is_finite, value)),
)


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
        one_sided: For a probability, its exact one-sided bounds at the same false-alarm rate; None for other means.
    """

    estimate: float
    lower: float
    upper: float
    bias: float = 0.0
    distortion: float = 0.0
    one_sided: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("estimate", "lower", "upper", "bias", "distortion"):
            of_kind(_NUMBER, getattr(self, name), name)
        of_kind(_BOUNDS, self.one_sided, "one_sided")
        if self.lower > self.upper:
            raise VerificationError(f"lower must not exceed upper, got lower={self.lower} and upper={self.upper}.")

    @property
    def is_valid(self) -> bool:
        """Whether the false-alarm rate is within 10 % of nominal, as far as the samples show."""
        return self.distortion <= MAX_DISTORTION

    def distance(self, value: float) -> float:
        """The largest distance from ``value`` of anything that the interval holds.

        An event of probability 0 or 1 can be missed on one side only, so the one-sided bound is enough there.
        """
        lower, upper = self.lower, self.upper
        if self.one_sided is not None and value == 0 == lower:
            upper = self.one_sided[1]
        if self.one_sided is not None and value == 1 == upper:
            lower = self.one_sided[0]
        return max(abs(lower - value), abs(upper - value))


def batch_mean_interval(
    batch_means: Sequence[float], quantile: float, *, bias: float = 0.0, distortion: float = 0.0
) -> ConfidenceInterval:
    """Student's interval on independent batch means, widened by ``bias`` on both sides."""
    means = np.asarray(batch_means, dtype=np.float64)
    estimate = float(np.mean(means))
    half = quantile * float(np.std(means, ddof=1)) / float(np.sqrt(len(means))) + bias
    return ConfidenceInterval(estimate, estimate - half, estimate + half, bias, distortion)


@takes(n=whole(0, 2**62), root_mean_square=NOT_NEGATIVE, rounding=NOT_NEGATIVE)
def rounding_allowance(n: int, root_mean_square: float, rounding: float) -> float:
    r"""How far rounding alone can move the mean of ``n`` samples.

    Each sample may be off by the relative error ``rounding`` that its sampler states, always to the same side. A sum
    in pairs adds at most :math:`\lceil\log_2 n\rceil` roundings, NumPy's blocks of 128 at most 32 more, each of
    :math:`u = 2^{-53}`, relative to the mean of :math:`|x|`, which the root mean square bounds:

    .. math::
        \bigl((\lceil\log_2 n\rceil + 32)\,u + \text{rounding}\bigr)\,\sqrt{\overline{x^2}}.

    References:
        Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 4.2.

    Example:
        >>> rounding_allowance(1024, 1.0, 0.0) / 2.0**-53
        42.0
    """
    summed = (math.ceil(math.log2(max(n, 1))) + 32) * UNIT_ROUNDOFF
    return (summed + rounding) * root_mean_square


def proportion_interval(proportion: Proportion, false_alarm: float) -> ConfidenceInterval:
    """The exact interval of Clopper and Pearson for a probability; it has a width even where all samples are equal."""
    return ConfidenceInterval(
        proportion.value, *proportion.interval(false_alarm), one_sided=proportion.one_sided_bounds(false_alarm)
    )


@takes(
    interval=one_of(ConfidenceInterval, needed="a ConfidenceInterval"),
    value=FINITE,
    resolution=NOT_NEGATIVE,
    absolute=or_none(NOT_NEGATIVE),
)
def judge_interval(
    interval: ConfidenceInterval, value: float, resolution: float, *, absolute: float | None = None
) -> tuple[Outcome, float]:
    """The outcome for a claimed ``value``, and the largest deviation that the interval leaves open.

    Deviations are relative to ``value`` (for a probability 0 to that of the opposite event, 1); with ``absolute`` they
    are in the units of the mean, and ``absolute`` takes the place of ``resolution``. A mean claimed to be 0 that is no
    probability leaves any relative deviation open: infinity, unless the interval is the point 0.

    Example:
        >>> measured = ConfidenceInterval(1.0, 0.98, 1.02)
        >>> judge_interval(measured, 1.01, 0.05)[0].name, judge_interval(measured, 1.05, 0.05)[0].name
        ('CONSISTENT', 'REFUTED')
        >>> judge_interval(ConfidenceInterval(1.0, 0.98, 1.02, distortion=0.5), 1.05, 0.05)[0].name
        'UNDECIDED'
        >>> around = ConfidenceInterval(0.0, -0.02, 0.02)
        >>> judge_interval(around, 0.0, 0.05)[0].name, judge_interval(around, 0.0, 0.05, absolute=0.03)[0].name
        ('UNDECIDED', 'CONSISTENT')
    """
    distance = interval.distance(value)
    if absolute is not None:
        deviation, allowed = distance, absolute
    else:
        scale = abs(value) or float(interval.one_sided is not None)
        deviation, allowed = (distance / scale if scale else math.inf if distance else 0.0), resolution
    if not interval.is_valid:
        return Outcome.UNDECIDED, deviation
    if not interval.lower <= value <= interval.upper:
        return Outcome.REFUTED, deviation
    return (Outcome.CONSISTENT if deviation <= allowed else Outcome.UNDECIDED), deviation
