r"""Sample sizes, computed before the run.

For a mean with coefficient of variation ``v`` and relative resolution ``eps``,

.. math::
    n = \left(\frac{(t_{1-\alpha_i/2,\,M-1} + z_{1-\beta})\,v}{\varepsilon}\right)^2

gives probability at least :math:`1-\beta` to refute a claim off by ``eps`` at false-alarm rate
:math:`\alpha_i`, and the same to certify a true one by equivalence (two one-sided tests).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from verification.errors import VerificationError

BATCHES = 256
"""Independent replica batches M; the interval is Student's t on their means."""

FALSE_ALARM_RUN = 1e-6
"""Probability that a run over all claims refutes any true one by chance."""

MISS_RATE = 1e-3
"""Probability of not noticing a deviation as large as the resolution."""


@dataclass(frozen=True)
class Design:
    """The plan of one Monte Carlo check.

    Attributes:
        n: Number of samples, a multiple of :data:`BATCHES`.
        false_alarm: :math:`\\alpha_i`, this check's share of the run's false-alarm rate.
        quantile: Two-sided Student quantile at ``false_alarm`` with ``BATCHES - 1`` degrees of freedom.
        resolution: Relative deviation that is refuted with probability ``1 - MISS_RATE``.
    """

    n: int
    false_alarm: float
    quantile: float
    resolution: float


def design(*, variation: float, skewness: float, resolution: float, checks: int) -> Design:
    r"""Sample size for one of ``checks`` checks of a run.

    Besides power, the size respects the validity gate of the normal approximation,
    :math:`|\mathrm{skew}|\, z^3 / (6\sqrt n) \le 0.45`, which keeps the false-alarm rate within 10 % of nominal.

    Raises:
        VerificationError: a number is out of range.
    """
    if not (0 < resolution < 1 and variation >= 0 and checks >= 1):
        raise VerificationError(
            f"a design needs 0 < resolution < 1, variation >= 0 and checks >= 1, got {resolution=}, {variation=}, {checks=}."
        )
    false_alarm = FALSE_ALARM_RUN / checks
    quantile = float(stats.t.isf(false_alarm / 2, BATCHES - 1))
    power = ((quantile + float(stats.norm.isf(MISS_RATE))) * variation / resolution) ** 2
    gate = (abs(skewness) * float(stats.norm.isf(false_alarm / 2)) ** 3 / 2.7) ** 2
    batches = max(2, math.ceil(max(power, gate) / BATCHES))
    return Design(batches * BATCHES, false_alarm, quantile, resolution)
