r"""Does a sample follow a law? Distances between the empirical and a continuous distribution function.

A test of a whole law is a weak test of any one feature: a variance 5 % too large moves the distribution function by
0.006 only. Pair it with tests of moments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from numerics.arguments import whole_number
from numerics.errors import ArgumentError
from numerics.statistics.estimators import finite_samples, probability


def dkw_band(n: int, false_alarm: float) -> float:
    r"""Half-width :math:`\sqrt{\ln(2/\alpha)/(2n)}` of the band that holds the true distribution function.

    References:
        Massart, *Ann. Probab.* 18 (1990) 1269-1283, the Dvoretzky-Kiefer-Wolfowitz inequality with its best constant.

    Example:
        >>> round(dkw_band(200, 2 * math.exp(-4)), 12)
        0.1
    """
    n = whole_number(n, "n", at_least=1, below=2**62)
    return math.sqrt(math.log(2 / probability(false_alarm, "false_alarm")) / (2 * n))


def probability_transforms(samples: ArrayLike, cdf: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The sorted values ``cdf(samples)``, uniform on (0, 1) when the samples follow the law.

    Raises:
        ArgumentError: ``cdf`` leaves [0, 1], or the samples are not finite.
    """
    x = np.sort(finite_samples(samples))
    u = np.asarray(cdf(x), dtype=np.float64)
    if u.shape != x.shape or not np.all((u >= 0) & (u <= 1)):
        raise ArgumentError("cdf must map the samples, shape (n,), to probabilities in [0, 1] of the same shape.")
    # Rounding inside a cdf may swap neighbours; order statistics of the uniforms are what the distances need.
    return np.sort(u)


@dataclass(frozen=True)
class KolmogorovSmirnov:
    r"""The distance :math:`D = \sup_x |F_n(x) - F(x)|` of ``n`` samples.

    Attributes:
        distance: :math:`D`.
        n: Number of samples.
    """

    distance: float
    n: int

    @property
    def p_value(self) -> float:
        """Probability of a distance at least this large under the law, from the exact finite-``n`` distribution."""
        from scipy.stats import kstwo  # slow to import, and needed only here

        return float(kstwo.sf(self.distance, self.n))

    def agrees(self, *, false_alarm: float) -> bool:
        """Whether the law survives: it is rejected with probability ``false_alarm`` when it is true."""
        return self.p_value > probability(false_alarm, "false_alarm")


def kolmogorov_smirnov(samples: ArrayLike, cdf: Callable[[np.ndarray], np.ndarray]) -> KolmogorovSmirnov:
    """Distance between the samples and the continuous law with distribution function ``cdf`` (vectorised).

    References:
        Smirnov, "Table for estimating the goodness of fit of empirical distributions", Ann. Math. Statist. (1948).
    """
    u = probability_transforms(samples, cdf)
    n = u.size
    grid = np.arange(n + 1) / n
    return KolmogorovSmirnov(float(max(np.max(grid[1:] - u), np.max(u - grid[:-1]))), n)


@dataclass(frozen=True)
class AndersonDarling:
    r"""The statistic :math:`A^2 = n \int (F_n - F)^2 / (F (1 - F))\,dF`, which weighs the tails."""

    statistic: float
    n: int

    @property
    def p_value(self) -> float:
        r"""Tail of the limit law, :func:`anderson_darling_tail`; accurate for a hundred samples or more."""
        return anderson_darling_tail(self.statistic)

    def agrees(self, *, false_alarm: float) -> bool:
        """Whether the law survives: it is rejected with probability ``false_alarm`` when it is true."""
        return self.p_value > probability(false_alarm, "false_alarm")


def anderson_darling(samples: ArrayLike, cdf: Callable[[np.ndarray], np.ndarray]) -> AndersonDarling:
    """The Anderson-Darling statistic of the samples against the law with distribution function ``cdf``.

    A sample at which ``cdf`` is exactly 0 or 1 makes the statistic infinite.

    References:
        Anderson and Darling, "Asymptotic theory of certain 'goodness of fit' criteria based on stochastic processes",
        Ann. Math. Statist. (1952).
    """
    u = probability_transforms(samples, cdf)
    n = u.size
    if u[0] <= 0.0 or u[-1] >= 1.0:
        return AndersonDarling(math.inf, n)
    odd = 2 * np.arange(1, n + 1) - 1
    return AndersonDarling(float(-n - np.sum(odd * (np.log(u) + np.log1p(-u[::-1]))) / n), n)


def anderson_darling_tail(z: float, *, terms: int = 60, nodes: int = 64) -> float:
    r"""The probability :math:`P(A^2 > z)` for the limit law, with full relative accuracy in the tail.

    The limit is :math:`A^2 = \sum_j \chi^2_j / (j(j+1))`. Its moment generating function is
    :math:`\prod_j (1 - w/w_j)^{-1/2}` with :math:`w_j = j(j+1)/2`, and Smirnov's formula deforms the inversion to the
    cuts :math:`(w_{2k-1}, w_{2k})`:

    .. math::
        P(A^2 > z) = \frac1\pi \sum_{k\ge1} (-1)^{k+1} \int_{4k-1}^{4k+1}
            \frac{v}{4} \sqrt{\frac{2\pi}{w\,|\cos(\pi v/2)|}}\; e^{-z w}\,dv, \qquad w = \frac{v^2-1}{8}.

    The inverse square roots at both ends are the weight of Gauss-Chebyshev quadrature.

    References:
        Anderson & Darling, *Ann. Math. Statist.* 23 (1952) 193-212, eq. (4.17) for the transform;
        Smirnov (1937) for the inversion.
    """
    if math.isnan(z):
        raise ArgumentError("the Anderson-Darling statistic is NaN.")
    if z <= 0.03:  # below this the distribution function is under 1e-16
        return 1.0
    s = np.cos((2 * np.arange(1, nodes + 1) - 1) * np.pi / (2 * nodes))
    k = np.arange(1, terms + 1)[:, None]
    v = 4 * k + s
    w = (v * v - 1) / 8
    smooth = np.sqrt((1 - s * s) / np.cos(np.pi * s / 2))
    integrals = np.pi / nodes * np.sum(v / 4 * np.sqrt(2 * np.pi / w) * smooth * np.exp(-z * w), axis=1)
    return float(min(1.0, math.fsum((-1.0) ** np.arange(terms) * integrals) / math.pi))
