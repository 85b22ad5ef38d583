r"""Sample sizes, computed before the run.

For a mean with coefficient of variation ``v`` and relative resolution ``eps``,

.. math::
    n = \left(\frac{(t_{1-\alpha_i/2,\,M-1} + z_{1-\beta})\,v}{\varepsilon}\right)^2

gives probability at least :math:`1-\beta` to refute a claim off by ``eps`` at false-alarm rate
:math:`\alpha_i`, and the same to certify a true one by equivalence (two one-sided tests). For a mean that may be 0 the
same formula holds with the standard deviation for ``v`` and an absolute resolution for ``eps``.

The rates are Bonferroni shares :math:`\alpha_i = \alpha/m` of a paper, with the number m of experiments that it
declares as its budget. Holm's procedure would refute a little more, but only with the p-values of all checks in hand:
the verdict on a claim would then depend on which other claims were run beside it and could not be pronounced before
the last of them. Equivalence needs a fixed interval in any case. Bonferroni is the stricter of the two, and at these
rates it costs a few per cent of the samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numerics.arguments import REAL, real_number, require, whole_number
from numerics.errors import ArgumentError

BATCHES = 256
"""Independent replica batches M; the interval is Student's t on their means."""

FALSE_ALARM_RUN = 1e-6
"""Probability that a run over all claims of a paper refutes any true one by chance."""

MISS_RATE = 1e-3
"""Probability of not noticing a deviation as large as the resolution."""

MAX_DISTORTION = 0.45
r"""Largest :math:`\kappa = |\mathrm{skew}|\,z^3/(6\sqrt n)` at which an interval is used: it inflates the false-alarm
rate by :math:`\cosh\kappa`, 10 %."""


@dataclass(frozen=True)
class Design:
    r"""The plan of one Monte Carlo check.

    Attributes:
        n: Number of samples, a multiple of :data:`BATCHES`.
        false_alarm: :math:`\alpha_i`, this check's share of the run's false-alarm rate.
        quantile: Two-sided Student quantile at ``false_alarm`` with ``BATCHES - 1`` degrees of freedom.
        resolution: Relative deviation that is refuted with probability ``1 - MISS_RATE``.
        variation: Coefficient of variation it was planned for; with ``absolute`` the standard deviation.
        absolute: Deviation that is refuted instead, in units of the mean; None for a relative one.
    """

    n: int
    false_alarm: float
    quantile: float
    resolution: float
    variation: float = 0.0
    absolute: float | None = None


def design(
    *, variation: float, skewness: float, resolution: float, checks: int, absolute: float | None = None
) -> Design:
    """Sample size for one of ``checks`` checks of a run: enough for power and for :func:`size_for_skewness`.

    Args:
        variation: Coefficient of variation of one sample; with ``absolute`` its standard deviation.
        skewness: Of one sample.
        resolution: Relative deviation that must be seen.
        checks: How many checks share the false-alarm rate.
        absolute: Deviation that must be seen in place of ``resolution``, in units of the mean.

    Raises:
        ArgumentError: a number is out of range.

    Example:
        >>> design(variation=0.5, skewness=0.0, resolution=0.05, checks=1, absolute=0.1).n
        1792
    """
    for name, value in (("resolution", resolution), ("variation", variation), ("skewness", skewness)):
        real_number(value, name)
    whole_number(checks, "checks", at_least=0, below=10**9)
    if not (0 < resolution < 1 and 0 <= variation < math.inf and checks >= 1):
        raise ArgumentError(
            "a design needs 0 < resolution < 1, a finite variation >= 0 and checks >= 1, "
            f"got {resolution=}, {variation=}, {checks=}."
        )
    if absolute is not None and not 0 < real_number(absolute, "absolute") < math.inf:
        raise ArgumentError(f"an absolute resolution must be a positive number, got {absolute=}. None is relative.")
    finest = resolution if absolute is None else absolute
    from scipy import special  # here, because SciPy takes a second to load and most commands draw nothing

    false_alarm = FALSE_ALARM_RUN / checks
    quantile = -float(special.stdtrit(BATCHES - 1, false_alarm / 2))
    power = ((quantile - float(special.ndtri(MISS_RATE))) * variation / finest) ** 2
    gate = size_for_skewness(skewness, false_alarm)
    # Samples that are all equal give Clopper and Pearson's interval a width of log(2/alpha)/n.
    certain = math.log(2 / false_alarm) / finest
    batches = max(2, math.ceil(max(power, gate, certain) / BATCHES))
    return Design(batches * BATCHES, false_alarm, quantile, resolution, variation, absolute)


def distortion(skewness: float, n: int, false_alarm: float) -> float:
    r"""The Edgeworth measure :math:`\kappa = |\mathrm{skew}|\,z^3/(6\sqrt n)` of a normal interval's error.

    The two-sided false-alarm rate is inflated by about :math:`\cosh\kappa`: 10 % at :math:`\kappa = 0.45`. Beyond
    that, draw more samples or choose a bounded observable. Infinite without samples.
    """
    if n == 0:
        return math.inf
    return abs(skewness) * _cubed_quantile(false_alarm) / (6 * math.sqrt(n))


def size_for_skewness(skewness: float, false_alarm: float) -> int:
    """The smallest n whose :func:`distortion` is at most :data:`MAX_DISTORTION`.

    Example:
        >>> size_for_skewness(2.0, 1e-6)
        7518
    """
    require(REAL, skewness, "skewness")
    require(REAL, false_alarm, "false_alarm")
    if not 0 < false_alarm < 1:
        raise ArgumentError(f"false_alarm must be a probability strictly between 0 and 1, got {false_alarm}.")
    skewness, false_alarm = float(skewness), float(false_alarm)
    return math.ceil((abs(skewness) * _cubed_quantile(false_alarm) / (6 * MAX_DISTORTION)) ** 2)


def _cubed_quantile(false_alarm: float) -> float:
    from scipy import special

    return -(float(special.ndtri(false_alarm / 2)) ** 3)
