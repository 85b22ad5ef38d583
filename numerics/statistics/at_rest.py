r"""Has a mean come to rest, and where? Runs from several starts, each looked at twice, and the time of relaxation.

Where the slowest part of the distance from rest decays as :math:`e^{-k/\tau}`, a mean that changed by :math:`\Delta`
in the last :math:`n` steps has still

.. math:: |m_\infty - m| \le \frac{|\Delta|}{e^{n/\tau} - 1}

to go. So each start gives an interval: of its mean at the end, wider by what may be left of the way, with
:math:`|\Delta|` at the far end of its own interval. The mean at rest lies in all of them, and in their hull. Starts
whose intervals do not meet, and a way left that is longer than the noise and the resolution asked for, are not at rest:
then a narrow interval would be wrong, and none is given. A charge whose own noise dies out on its way to 0 needs a
resolution, since no noise ever hides how it still moves.

The time :math:`\tau` comes from elsewhere: :mod:`numerics.deterministic.orbit_relaxation` for charges of a symmetry,
``relaxation_steps`` of :func:`numerics.sgd.module_equilibrium.module_equilibrium` for those of a module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.arguments import real_array, real_number
from numerics.errors import ArgumentError
from numerics.statistics.estimators import Moments, probability
from theory.values import shown

_ROUNDING = 1e-9


@dataclass(frozen=True)
class RestInterval:
    r"""Where a mean rests, from runs of several starts.

    Attributes:
        ends: Means at the last step, one for each start.
        noise: Half the lengths of their intervals.
        left: How far each may still have to go.
        relaxation_steps: :math:`\tau`.
        resolution: A way that counts as none.
    """

    ends: tuple[float, ...]
    noise: tuple[float, ...]
    left: tuple[float, ...]
    relaxation_steps: float
    resolution: float = 0.0

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """Of each start, with what is left of its way."""
        widths = [n + l for n, l in zip(self.noise, self.left, strict=True)]
        return tuple((end - width, end + width) for end, width in zip(self.ends, widths, strict=True))

    @property
    def interval(self) -> tuple[float, float]:
        """The hull of :attr:`intervals`."""
        return min(low for low, _ in self.intervals), max(high for _, high in self.intervals)

    @property
    def is_at_rest(self) -> bool:
        """Whether all starts have met, and no way is left that is longer than noise and resolution."""
        met = max(low for low, _ in self.intervals) <= min(high for _, high in self.intervals)
        return met and all(ratio <= 1 for ratio in self._ways)

    @property
    def more_steps(self) -> int:
        """Steps after which the ways left will be short, if they shorten as they should; 0 if they are."""
        longest = max(self._ways)
        return math.ceil(min(self.relaxation_steps * (1 + math.log(longest)), 1e18)) if longest > 1 else 0

    @property
    def _ways(self) -> list[float]:
        """The ways left, by the noise, the resolution or rounding."""
        hidden = [max(n, self.resolution, _ROUNDING * abs(end)) for n, end in zip(self.noise, self.ends, strict=True)]
        return [l / h if h else float(l > 0) for l, h in zip(self.left, hidden, strict=True)]

    def __str__(self) -> str:
        low, high = self.interval
        if self.is_at_rest:
            return f"at rest between {low:.6g} and {high:.6g}, from {len(self.ends)} starts"
        wait = f"{self.more_steps} steps more" if self.more_steps else "starts that do not meet"
        return f"not at rest yet: {wait}; between {low:.6g} and {high:.6g} if it relaxes as said"


def rest_interval(
    starts: Sequence[Sequence[Moments]],
    steps: Any,
    *,
    relaxation_steps: float,
    false_alarm: float,
    resolution: float = 0.0,
) -> RestInterval:
    r"""Where the mean of an observable rests, from runs of several starts.

    Args:
        starts: For each start the moments of the observable over independent replicas at ``steps``: a row of
            ``run.statistics``.
        steps: Steps done at each record, rising. The last one counts, and the latest one that lies
            two ``relaxation_steps`` before it, or the first.
        relaxation_steps: :math:`\tau`, in which the slowest part of the distance from rest falls by the factor e.
        resolution: A way that counts as none, in the units of the observable.
        false_alarm: The probability that one of the intervals misses, under normal means.

    Raises:
        ArgumentError: there are fewer than two records, or than two samples in one; records are not rising.

    Example:
        >>> source = np.random.default_rng(1)
        >>> mean = lambda start, k: 1 + (start - 1) * np.exp(-k / 100)
        >>> def runs(steps):
        ...     samples = lambda start, k: Moments.from_samples(mean(start, k) + 0.1 * source.normal(size=400))
        ...     return [[samples(start, k) for k in steps] for start in (0, 1, 3)], steps
        >>> print(rest_interval(*runs([50, 150]), relaxation_steps=100, false_alarm=1e-3))
        not at rest yet: 422 steps more; between 0.504966 and 1.93688 if it relaxes as said
        >>> rest_interval(*runs([700, 900]), relaxation_steps=100, false_alarm=1e-3).is_at_rest
        True
    """
    tau = real_number(relaxation_steps, "relaxation_steps")
    if tau <= 0:
        raise ArgumentError(f"relaxation_steps must be positive, got {tau}.")
    finest = real_number(resolution, "resolution")
    if finest < 0:
        raise ArgumentError(f"resolution must not be negative, got {finest}.")
    at = real_array(steps, "steps")
    if at.ndim != 1 or len(at) < 2 or (np.diff(at) <= 0).any():
        raise ArgumentError(f"steps must be at least two rising numbers, got {shown(steps)}.")
    rows = [list(row) for row in starts] if isinstance(starts, list | tuple) and all(map(_is_row, starts)) else []
    if not rows or any(len(row) != len(at) or any(m.n < 2 for m in row) for row in rows):
        raise ArgumentError(
            f"starts must hold, for each start, the Moments of at least two replicas at the {len(at)} steps, got "
            f"{shown(starts)}. Take run.statistics[name] of each run."
        )
    before = max((k for k in range(len(at) - 1) if at[-1] - at[k] >= 2 * tau), default=0)
    growth = math.expm1(min((at[-1] - at[before]) / tau, 700.0))
    share = probability(false_alarm, "false_alarm") / (2 * len(rows))
    ends = tuple(row[-1].mean for row in rows)
    noise = tuple(row[-1].mean_estimate.half_width(share) for row in rows)
    earlier = [abs(row[before].mean - row[-1].mean) + row[before].mean_estimate.half_width(share) for row in rows]
    left = tuple((change + half) / growth for change, half in zip(earlier, noise, strict=True))
    return RestInterval(ends, noise, left, tau, finest)


def _is_row(row: Any) -> bool:
    return isinstance(row, list | tuple) and all(isinstance(moments, Moments) for moments in row)
