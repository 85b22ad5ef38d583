r"""Geometric Brownian motion :math:`d\theta = \mu\,\theta\,dt + \zeta\,\theta\,dB`, solved.

The linearisation of every process on the line near an invariant point. Its logarithm is a Brownian motion with
drift :math:`\lambda = \mu - \zeta^2/2`, from which everything below follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory import notation
from theory.errors import DimensionError, SymbolError
from theory.ito import ItoProcess
from theory.typeset import Typeset
from theory.values import shown, single_expression

MAX_ORDER = 1000
"""Moments of larger order are not written out."""


def rate_and_volatility(mu: sp.Expr, zeta: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    r"""The constants :math:`\mu` and :math:`\zeta` of a model in :data:`theory.notation.theta`, checked.

    Raises:
        SymbolError: ``zeta`` is not known to be positive, ``mu`` is not known to be real, or one of them holds the
            coordinate or time.
    """
    mu, zeta = single_expression(mu, "mu"), single_expression(zeta, "zeta")
    if mu.is_real is not True:
        raise SymbolError(f"mu must be real, got {mu}. Declare its symbols with real=True.")
    if zeta.is_positive is not True:
        raise SymbolError(f"zeta must be positive, got {zeta}. Declare its symbols with positive=True.")
    if (mu.free_symbols | zeta.free_symbols) & {notation.theta, notation.t}:
        raise SymbolError(f"mu and zeta must be constants, got {mu} and {zeta}.")
    return mu, zeta


@dataclass(frozen=True)
class GeometricBrownianMotion(Typeset):
    r"""Geometric Brownian motion on the positive half-line.

    .. math:: \theta_t = \theta_0 \exp\big((\mu - \tfrac12\zeta^2)\,t + \zeta B_t\big)

    Attributes:
        mu: Drift rate :math:`\mu`, a real expression without the coordinate.
        zeta: Noise amplitude :math:`\zeta > 0`.

    Raises:
        SymbolError: ``zeta`` is not known to be positive, ``mu`` is not known to be real, or one of them holds the
            coordinate or time.

    References:
        Stochastic-collapse paper (arXiv 2306.04251), section 4; Øksendal, *Stochastic Differential Equations*
        (2003), example 5.1.1.
    """

    mu: sp.Expr = notation.mu
    zeta: sp.Expr = notation.zeta

    def __post_init__(self) -> None:
        mu, zeta = rate_and_volatility(self.mu, self.zeta)
        object.__setattr__(self, "mu", mu)
        object.__setattr__(self, "zeta", zeta)

    @property
    def process(self) -> ItoProcess:
        r"""The Itô process with coordinate :data:`theory.notation.theta`."""
        theta = notation.theta
        return ItoProcess.scalar(theta, drift=self.mu * theta, dispersion=self.zeta * theta)

    @property
    def log_rate(self) -> sp.Expr:
        r"""The almost sure growth rate :math:`\lambda = \lim \log(\theta_t) / t = \mu - \zeta^2/2`.

        Zero is stochastically attractive exactly when it is negative.
        """
        return self.mu - self.zeta**2 / 2

    def solution(self, start: sp.Expr, brownian: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The strong solution :math:`\theta_0 \exp(\lambda t + \zeta B_t)`.

        Args:
            start: :math:`\theta_0 > 0`.
            brownian: The value :math:`B_t` of the driving Brownian motion.
            time: :math:`t`.
        """
        start, brownian, time = _read(start=start, brownian=brownian, time=time)
        return start * sp.exp(self.log_rate * time + self.zeta * brownian)

    def log_mean(self, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The mean :math:`\log\theta_0 + \lambda t` of the Gaussian :math:`\log\theta_t`."""
        start, time = _read(start=start, time=time)
        return sp.log(start) + self.log_rate * time

    def log_variance(self, time: sp.Expr) -> sp.Expr:
        r"""The variance :math:`\zeta^2 t` of the Gaussian :math:`\log\theta_t`."""
        (time,) = _read(time=time)
        return self.zeta**2 * time

    def moment(self, order: sp.Expr, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The moment of any real order ``k``.

        .. math:: \mathbb E\,\theta_t^k = \theta_0^k \exp\big((k\mu + \tfrac12 k(k-1)\zeta^2)\,t\big)

        Example:
            >>> from theory.notation import t, theta_0
            >>> GeometricBrownianMotion().moment(2, theta_0, t)
            theta_0**2*exp(t*(2*mu + zeta**2))
        """
        k, start, time = _read(order=order, start=start, time=time)
        if k.is_number and abs(k) > MAX_ORDER:
            raise DimensionError(f"order must be at most {MAX_ORDER} in size, got {shown(k)}.")
        return start**k * sp.exp((k * self.mu + k * (k - 1) * self.zeta**2 / 2) * time)

    def density(self, theta: sp.Expr, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The lognormal transition density at ``theta > 0``, for ``time > 0``."""
        theta, start, time = _read(theta=theta, start=start, time=time)
        variance = self.log_variance(time)
        deviation = sp.log(theta) - self.log_mean(start, time)
        return sp.exp(-(deviation**2) / (2 * variance)) / (theta * sp.sqrt(2 * sp.pi * variance))

    def cdf(self, theta: sp.Expr, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The probability of :math:`\theta_t \le` ``theta``, for ``theta > 0`` and ``time > 0``."""
        theta, start, time = _read(theta=theta, start=start, time=time)
        return _normal_cdf((sp.log(theta) - self.log_mean(start, time)) / (self.zeta * sp.sqrt(time)))

    def quantile(self, probability: sp.Expr, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The value that :math:`\theta_t` stays below with ``probability``, strictly between 0 and 1.

        Example:
            >>> from theory.notation import t, theta_0
            >>> GeometricBrownianMotion().quantile(sp.Rational(1, 2), theta_0, t)
            theta_0*exp(t*(mu - zeta**2/2))
        """
        probability, start, time = _read(probability=probability, start=start, time=time)
        score = sp.sqrt(2) * sp.erfinv(2 * probability - 1)
        return start * sp.exp(self.log_rate * time + self.zeta * sp.sqrt(time) * score)

    def median(self, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The median :math:`\theta_0 e^{\lambda t}`; it decays for :math:`\mu < \zeta^2/2`, the mean need not."""
        start, time = _read(start=start, time=time)
        return start * sp.exp(self.log_rate * time)

    def maximum_reaches(self, level: sp.Expr, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        r"""The probability of reaching ``level`` by ``time``, for ``level >= start > 0`` and ``time > 0``.

        This is the law of the running maximum: with :math:`h = \log(\text{level} / \theta_0)` and the standard normal
        distribution function :math:`\Phi`,

        .. math::
            P = \Phi\Big(\frac{\lambda t - h}{\zeta\sqrt t}\Big)
                + e^{2\lambda h/\zeta^2}\,\Phi\Big(\frac{-\lambda t - h}{\zeta\sqrt t}\Big),

        by the reflection principle. As a function of time and start it solves the backward equation
        :math:`\partial_t P = \mathcal L P`, is 1 at the level, and tends to 0 below it as :math:`t \to 0`.

        References:
            Borodin and Salminen, *Handbook of Brownian Motion* (2002), part II, 2.1.1.4.

        Example:
            >>> from theory.notation import t, theta_0
            >>> GeometricBrownianMotion().maximum_reaches(theta_0, theta_0, t)
            1
        """
        level, start, time = _read(level=level, start=start, time=time)
        h = sp.log(level) - sp.log(start)
        drifted, spread = self.log_rate * time, self.zeta * sp.sqrt(time)
        reflected = sp.exp(2 * self.log_rate * h / self.zeta**2) * _normal_cdf((-drifted - h) / spread)
        return _normal_cdf((drifted - h) / spread) + reflected


def _read(**arguments: object) -> tuple[sp.Expr, ...]:
    return tuple(single_expression(value, name, real=True) for name, value in arguments.items())


def _normal_cdf(score: sp.Expr) -> sp.Expr:
    """The standard normal distribution function, in the form that keeps its digits in the lower tail."""
    return sp.erfc(-score / sp.sqrt(2)) / 2
