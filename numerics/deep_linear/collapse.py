r"""Where two layers collapse to zero although the teacher does not: windows of SGD beside the SDE's threshold.

One input, one output, L = 2, any hidden width: near the origin all hidden units meet the same random number,

.. math::
    w_1 \pm w_2 \ \to\ (1 \pm \eta\,t)(w_1 \pm w_2), \qquad t = \frac1b\sum_{i\le b}(s\,x_i + \xi_i)\,x_i ,

so the weights vanish almost surely near zero exactly where both :math:`E\log|1 \pm \eta t| < 0`. Given
:math:`r^2 = \sum x_i^2`, which is :math:`\chi^2_b`, t is Gaussian, :math:`N(sr^2/b,\,\sigma^2r^2/b^2)`, and
:math:`E\log|N(m, v)|` is an integral of Dawson's function. The SDE collapses for :math:`\beta(2s^2 + \sigma^2) > 2s`,
:math:`\beta = \eta/b`, without an upper end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its submodules load on first use

from numerics.arguments import real_number, whole_number
from numerics.errors import ArgumentError

Array = np.ndarray

SPACING = 1.25
"""Ratio of the learning rates between which a change of sign is looked for; a narrower window may be missed."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FAR = 8.0
_SERIES = [math.prod(range(1, 2 * k, 2)) / (2 * k) for k in range(1, 16)]


@dataclass(frozen=True)
class LearningRates:
    """An open interval of learning rates."""

    lower: float
    upper: float


@dataclass(frozen=True)
class TwoLayerOrigin:
    r"""Two layers with one input and one output, near the origin.

    Attributes:
        singular_value: :math:`s > 0` of the teacher.
        label_variance: :math:`\sigma^2 > 0`.
        batch_size: b.

    Raises:
        ArgumentError: a number is out of its range.

    Example:
        >>> origin = TwoLayerOrigin(0.1, 1.0)
        >>> round(origin.sde_threshold, 6), [(round(w.lower, 3), round(w.upper, 2)) for w in origin.windows()]
        (0.196078, [(0.183, 1.29)])
    """

    singular_value: float
    label_variance: float
    batch_size: int = 1

    def __post_init__(self) -> None:
        for name in ("singular_value", "label_variance"):
            value = real_number(getattr(self, name), name)
            if value <= 0:
                raise ArgumentError(f"{name} must be positive, got {value:g}.")
            object.__setattr__(self, name, value)
        object.__setattr__(self, "batch_size", whole_number(self.batch_size, "batch_size", at_least=1, below=10**6))

    @property
    def sde_threshold(self) -> float:
        r"""The learning rate :math:`2bs/(2s^2+\sigma^2)` beyond which the SDE collapses."""
        s = self.singular_value
        return 2 * self.batch_size * s / (2 * s**2 + self.label_variance)

    def growth_rates(self, learning_rate: float) -> tuple[float, float]:
        r"""The rates :math:`E\log|1 + \eta t|` and :math:`E\log|1 - \eta t|` of SGD, per step.

        Raises:
            ArgumentError: the learning rate is not positive.
        """
        eta = real_number(learning_rate, "learning_rate")
        if eta <= 0:
            raise ArgumentError(f"learning_rate must be positive, got {eta:g}.")
        return self._rate(eta), self._rate(-eta)

    def windows(self) -> tuple[LearningRates, ...]:
        """The learning rates at which SGD collapses: both rates are negative."""
        size = self.singular_value + math.sqrt(self.label_variance / self.batch_size)
        # Small rates repel, since t has a positive mean; large ones too, where |eta t| is large.
        low, high = min(0.5 * self.sde_threshold, 0.1 / size), 100 / size
        while max(self.growth_rates(low)) <= 0:
            low /= 2
        while max(self.growth_rates(high)) <= 0:
            high *= 2
        grid = np.geomspace(low, high, 2 + math.ceil(math.log(high / low) / math.log(SPACING)))

        def larger_rate(eta: float) -> float:
            return max(self.growth_rates(eta))

        values = np.array([larger_rate(eta) for eta in grid])
        edges = [
            float(scipy.optimize.brentq(larger_rate, grid[i], grid[i + 1], xtol=1e-12, rtol=1e-10))
            for i in np.flatnonzero(np.sign(values[1:]) != np.sign(values[:-1]))
        ]
        return tuple(LearningRates(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True))

    def _rate(self, eta: float) -> float:
        b, s, variance = self.batch_size, self.singular_value, self.label_variance
        log_norm = (1 - b / 2) * math.log(2) - math.lgamma(b / 2)

        def integrand(r: float) -> float:
            density = math.exp(log_norm + (b - 1) * math.log(r) - r * r / 2) if r else 0.0
            return density * mean_log_of_gaussian(1 + eta * s * r * r / b, abs(eta) * math.sqrt(variance) * r / b)

        middle, width = math.sqrt(b), 12.0
        # The multiplier may vanish where its mean does; the integrand has its steepest places there.
        steep = [math.sqrt(-b / (eta * s))] if eta < 0 else []
        ends = (max(0.0, middle - width), middle + width)
        points = sorted(p for p in {*steep, middle, b / (abs(eta) * math.sqrt(variance))} if ends[0] < p < ends[1])
        pieces = [ends[0], *points, ends[1]]
        return sum(
            scipy.integrate.quad(integrand, low, high, epsabs=1e-12, epsrel=1e-10, limit=200)[0]
            for low, high in zip(pieces[:-1], pieces[1:], strict=True)
        )


def mean_log_of_gaussian(mean: float, deviation: float) -> float:
    r""":math:`E\log|N(m, \sigma^2)| = \log\sigma - \tfrac12(\gamma + \log 2) + 2\int_0^{z/\sqrt2}D`.

    D is Dawson's function and :math:`z = |m|/\sigma`; for large z it is the series
    :math:`\log|m| - \sum_k\frac{(2k-1)!!}{2k}z^{-2k}`.
    """
    if deviation == 0 or abs(mean) > 1e8 * deviation:
        return math.log(abs(mean)) if mean else -math.inf
    z = abs(mean) / deviation
    if z > _FAR:
        return math.log(abs(mean)) - sum(c * z ** (-2 * k) for k, c in enumerate(_SERIES, 1))
    top = z / math.sqrt(2)
    integral = top / 2 * float(_WEIGHTS @ scipy.special.dawsn(top / 2 * (_NODES + 1)))
    return math.log(deviation) - (float(np.euler_gamma) + math.log(2)) / 2 + 2 * integral
