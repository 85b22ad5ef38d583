r"""Where two layers collapse to zero although the teacher does not: windows of SGD beside the SDE's threshold.

One input, one output, L = 2, any hidden width: near the origin all hidden units meet the same random number,

.. math::
    w_1 \pm w_2 \ \to\ (1 \pm \eta\,t)(w_1 \pm w_2), \qquad t = \frac1b\sum_{i\le b}(s\,x_i + \xi_i)\,x_i ,

so the weights vanish almost surely near zero exactly where both :math:`E\log|1 \pm \eta t| < 0`. Given
:math:`r^2 = \sum x_i^2`, which is :math:`\chi^2_b`, t is Gaussian, :math:`N(sr^2/b,\,\sigma^2r^2/b^2)`, and
:math:`E\log|N(m, v)|` is an integral of Dawson's function. The SDE collapses for :math:`\beta(2s^2 + \sigma^2) > 2s`,
:math:`\beta = \eta/b`, without an upper end.

With :math:`d_0` inputs and :math:`d_L` outputs every hidden unit still moves for itself: its weights a below and b
above obey, under label noise alone, :math:`da = \sqrt\beta\sigma\,dB^\top b,\ db = \sqrt\beta\sigma\,dB\,a` with a
matrix B of Brownian motions. The difference :math:`|a|^2 - |b|^2` has no noise, so with :math:`N = |a|^2 + |b|^2` the
ratio :math:`q = (|a|^2 - |b|^2)/N` moves by itself, and in units of :math:`\beta\sigma^2`, with
:math:`m = d_0 + d_L` and :math:`\delta = d_0 - d_L \ge 0`,

.. math::
    dq = \big(\tfrac\delta2(1 + q^2) - mq + 4q(1 - q^2)\big)\,dt - 2q\sqrt{1 - q^2}\,dW, \qquad
    \frac d{dt}E\log N = \tfrac m2 - \tfrac\delta2\,q - 2(1 - q^2) .

The mean over the stationary law of q (:math:`q = 0` for :math:`\delta = 0`) is negative for one input and one output
only, where it is -1, and zero for (2, 1) and (2, 2): in all other shapes label noise alone drives two layers away from
zero, in the SDE too.
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

LARGEST = 1e100
"""Larger singular values and variances are refused: their squares would overflow."""

WEAKEST = 1e-5
"""Below this fraction of the noise of a batch's labels a singular value repels by less than 1e-10 a step, which the
integrals do not tell from 0."""

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
            if not 0 < value <= LARGEST:
                raise ArgumentError(f"{name} must be positive and at most {LARGEST:g}, got {value:g}.")
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
        """The learning rates at which SGD collapses: both rates are negative.

        Raises:
            ArgumentError: the singular value is so small that where it repels cannot be told.
        """
        noise = math.sqrt(self.label_variance / self.batch_size)
        if self.singular_value < WEAKEST * noise:
            raise ArgumentError(
                f"singular_value must be at least {WEAKEST:g} times the root of label_variance / batch_size, "
                f"{WEAKEST * noise:.3g} here, got {self.singular_value:g}: the lower end of the window is not "
                "resolved. It comes close to sde_threshold."
            )
        size = self.singular_value + noise
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
        # The multiplier may vanish where its mean does; the integrand has its steepest places there, and weak label
        # noise leaves them narrow.
        steep = [math.sqrt(b / max(-eta * s, 1e-300))] if eta < 0 else []
        steep += [r + side * _FAR * math.sqrt(variance) / (2 * s) for r in steep for side in (-1, 1)]
        ends = (max(0.0, middle - width), middle + width)
        points = sorted(
            p for p in {*steep, middle, b / max(abs(eta) * math.sqrt(variance), 1e-300)} if ends[0] < p < ends[1]
        )
        pieces = [ends[0], *points, ends[1]]
        return sum(
            scipy.integrate.quad(integrand, low, high, epsabs=1e-12, epsrel=1e-10, limit=200)[0]
            for low, high in zip(pieces[:-1], pieces[1:], strict=True)
        )


def label_noise_growth(inputs: int, outputs: int) -> float:
    r"""How fast label noise alone makes two layers near zero grow, in their SDE.

    The rate of :math:`E\log(|a|^2 + |b|^2)` in units of :math:`\beta\sigma^2`, for white inputs and equal label noise;
    a and b are the weights of one hidden unit, whatever their number. The teacher is zero, or small against
    :math:`\beta\sigma^2`. Where it is negative, both layers collapse.

    Args:
        inputs: :math:`d_0`.
        outputs: :math:`d_L`.

    Raises:
        ArgumentError: a number is no whole number from 1 to 1000.

    Example:
        >>> label_noise_growth(1, 1), label_noise_growth(3, 3), abs(label_noise_growth(2, 1)) < 1e-12
        (-1.0, 1.0, True)
    """
    d_0 = whole_number(inputs, "inputs", at_least=1, below=1001)
    d_L = whole_number(outputs, "outputs", at_least=1, below=1001)
    low, m, delta = min(d_0, d_L), d_0 + d_L, abs(d_0 - d_L)
    if delta == 0:
        return low - 2.0

    def log_weight(q: float) -> float:
        return delta / 4 * (math.log1p(q) - 1 / q) + (m / 4 - 1) * math.log1p(q) - m / 2 * math.log(q)

    # q = 1 - y^2 takes the root at q = 1 away; the maximum is taken out, so that wide layers do not overflow.
    y = (_NODES + 1) / 2
    pieces = np.concatenate([(k + y) / 16 for k in range(16)])
    pieces = pieces[pieces < 1]
    logs = np.array([log_weight(1 - r * r) + (low - 1) * math.log(r) for r in pieces])
    weights = np.tile(_WEIGHTS, 16)[: len(pieces)] * np.exp(logs - logs.max())
    q = 1 - pieces**2
    return float(weights @ (m / 2 - delta * q / 2 - 2 * (1 - q**2)) / weights.sum())


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
