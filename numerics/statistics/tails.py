r"""How heavy are the tails of these samples? Told by the largest of them.

Where :math:`P(|X| > x) \sim x^{-\alpha}`, the logarithms of the :math:`k` largest values over the next one are those of
independent exponential numbers of mean :math:`1/\alpha`. So :math:`k` over their sum estimates :math:`\alpha`, and a
Gamma law gives its exact interval. For :math:`\alpha \le 2` there is no variance, for :math:`\alpha \le 1` no mean.

Where a few events are far larger than everything else, the gap between the two is no tail. In descending order
:math:`X_{(1)} \ge X_{(2)} \ge \dots` the numbers :math:`i \log(X_{(i)}/X_{(i+1)})` of a power are independent and
exponential of one mean, and Fisher's test tells a largest one that is none of them. Then the tail is that of the events
above.

References:
    Fisher, "Tests of significance in harmonic analysis", *Proceedings of the Royal Society A* 125 (1929) 54-59.
    Hill, "A simple general approach to inference about the tail of a distribution", *Annals of Statistics* 3 (1975)
    1163-1174.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from numerics.arguments import EXTENDED_REAL, require, whole_number
from numerics.errors import ArgumentError
from numerics.statistics.estimators import finite_samples, probability

FEWEST, MOST = 32, 128
"""Values that a tail index is told from: fewer say too little, more reach into the body of the law."""

GAP_LEVEL = 1e-3
"""Probability with which the largest spacing of a power is taken for a gap."""


def tail_size(n: int) -> int:
    """How many of ``n`` samples are taken for their tail, half the root of n; 0 where that would be too few.

    Example:
        >>> [tail_size(n) for n in (2048, 16384, 10**6)]
        [0, 64, 128]
    """
    size = min(MOST, math.isqrt(whole_number(n, "n", at_least=0, below=2**48)) // 2)
    return size if size >= FEWEST else 0


@dataclass(frozen=True)
class HillEstimate:
    r"""An estimate of the tail index :math:`\alpha`.

    Attributes:
        value: The estimate; infinite where the largest values are equal, as those of a bounded law are.
        k: The values it rests on.
    """

    value: float
    k: int

    def __post_init__(self) -> None:
        whole_number(self.k, "k", at_least=1, below=2**48)
        require(EXTENDED_REAL, self.value, "value")
        if not self.value > 0:
            raise ArgumentError(f"value must be a tail index, above 0, got {self.value}.")

    def upper_bound(self, false_alarm: float) -> float:
        """The tail index lies above it with probability ``false_alarm``, where the tail is that of a power.

        Example:
            >>> round(HillEstimate(1.0, 100).upper_bound(1e-2), 3)
            1.247
        """
        from scipy import special  # here: SciPy takes a second to load, and most commands estimate nothing

        return self.value * float(special.gammaincinv(self.k, 1 - probability(false_alarm, "false_alarm"))) / self.k


def hill_estimate(largest: ArrayLike) -> HillEstimate:
    """The tail index from the ``largest`` of many absolute deviations; the least of them is what they exceed.

    Atoms have no tail: where fewer than half of the values differ, the estimate is infinite. Of a
    gap the upper half of what lies above it counts.

    Example:
        >>> round(hill_estimate([8.0, 4.0, 2.0, 1.0]).value, 12)  # 3 / (log 8 + log 4 + log 2)
        0.721347520444
        >>> hill_estimate([9.0, 8.9, 8.8, *np.linspace(1.1, 1.0, 30)]).value > 50
        True
    """
    values = np.sort(np.abs(finite_samples(largest, "largest")))[::-1]
    if values.size < 2:
        raise ArgumentError("largest must hold at least two values, got one.")
    if values[-1] > 0:
        values = _above_gaps(values)
    k = max(values.size - 1, 1)
    if values[-1] == 0 or 2 * np.unique(values).size < values.size:
        return HillEstimate(math.inf, k)
    excess = float(np.sum(np.log(values[:-1]) - np.log(values[-1])))
    return HillEstimate(k / excess if excess else math.inf, k)


def _above_gaps(values: np.ndarray) -> np.ndarray:
    """``values``, the largest first; below a gap the upper half of what is above it, which is the tail of that."""
    while values.size > 2:
        spacings = np.arange(1, values.size) * -np.diff(np.log(values))
        total = spacings.sum()
        last = int(np.argmax(spacings))
        if not total or spacings.size * (1 - spacings[last] / total) ** (spacings.size - 1) > GAP_LEVEL:
            break
        values = values[: last // 2 + 1]
    return values


def largest_deviations(samples: ArrayLike, count: int) -> list[float]:
    """The ``count`` largest distances of ``samples`` from their mean, the largest first; fewer where there are fewer.

    Example:
        >>> largest_deviations([1.0, 2.0, 9.0], 2)
        [5.0, 3.0]
    """
    x = finite_samples(samples)
    count = min(whole_number(count, "count", at_least=0, below=2**48), x.size)
    if not count:
        return []
    distances = np.abs(x - np.mean(x))
    return np.sort(np.partition(distances, x.size - count)[x.size - count :])[::-1].tolist()
