r"""Where a Gaussian multiplier begins to collapse: the zeros of :math:`\Lambda(m, v) = E\log|N(m, v)|`.

The shape of :math:`\Lambda` (:func:`theory.discrete.growth_rate.gaussian_growth_slope`) makes every root unique and
brackets it:

* for :math:`v < 2e^\gamma = 3.562` it rises with :math:`m > 0` through one zero :math:`m_c(v)`, and for larger
  :math:`v` it is positive: nothing collapses;
* in :math:`v` it falls to one minimum, at :math:`v = m^2/2z_*^2` with :math:`z_*` the maximum of Dawson's function, and
  rises afterwards: for :math:`m > 1` collapse happens in a window of noise, if at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
from mpmath import mp, mpf

from numerics.arguments import takes
from numerics.deterministic.multiprecision import positive_number, real, rounded
from numerics.errors import ArgumentError
from numerics.working_precision import working_digits
from theory.argument_kinds import whole

Real = float | int | str | mpf

GUARD = 10
"""Digits carried beyond those asked for."""


@dataclass(frozen=True)
class Window:
    """The open interval of a parameter in which a multiplier collapses."""

    lower: mpf
    upper: mpf


@takes(digits=whole(1, 10_000))
def growth_rate(mean: Real, variance: Real, *, digits: int = 15) -> mpf:
    r"""The growth rate :math:`\Lambda(m, v)` in numbers; see :func:`theory.discrete.growth_rate.gaussian_growth_rate`.

    Example:
        >>> mpmath.nstr(growth_rate(1, 1), 12)
        '-0.208495818435'
    """
    with working_digits(digits + GUARD):
        value = _rate(real("mean", mean), positive_number("variance", variance))
    with working_digits(digits):
        return +value


@takes(digits=whole(1, 10_000))
def critical_mean(variance: Real, *, digits: int = 15) -> mpf:
    r"""The mean :math:`m_c(v) > 0` with :math:`\Lambda = 0`: the multiplier collapses iff :math:`|m| < m_c`.

    Raises:
        ArgumentError: ``variance`` is not below :math:`2e^\gamma`, where no mean lets the multiplier collapse.

    Example:
        >>> mpmath.nstr(critical_mean(1), 8)
        '1.2777502'
    """
    with working_digits(digits + GUARD):
        v = positive_number("variance", variance)
        limit = 2 * mpmath.exp(mpmath.euler)
        if v >= limit:
            raise ArgumentError(
                f"variance must be below 2 exp(gamma) = {mp.nstr(limit, 6)}, got {mp.nstr(v, 6)}: "
                "such a multiplier grows for every mean."
            )
        high = mpf(1)
        while _rate(high, v) <= 0:
            high *= 2
        root = _root(lambda m: _rate(m, v), mpf(0), high)
    with working_digits(digits):
        return +root


@takes(digits=whole(1, 10_000))
def collapse_drift(eta: Real, zeta: Real, *, digits: int = 15) -> mpf:
    r"""The drift :math:`\mu_c` below which the Euler-Maruyama chain of geometric Brownian motion collapses.

    :math:`\theta' = \theta(1 + \eta\mu + \sqrt\eta\,\zeta\,\xi)` with Gaussian :math:`\xi`. The SDE has
    :math:`\zeta^2/2`. A step beyond :math:`1 + \eta\mu = -m_c` repels again.

    Example:
        >>> mpmath.nstr(collapse_drift("0.1", 1), 8)
        '0.55894894'
    """
    with working_digits(digits + 2 * GUARD):
        step, noise = positive_number("eta", eta), positive_number("zeta", zeta)
        return rounded((critical_mean(step * noise**2, digits=digits + GUARD) - 1) / step, digits)


@takes(digits=whole(1, 10_000))
def collapse_noise(eta: Real, mu: Real, *, digits: int = 15) -> Window | None:
    r"""The window of :math:`\zeta` in which the step with drift :math:`\mu` collapses, or None.

    The SDE has :math:`\zeta > \sqrt{2\mu}` without an upper edge.

    Example:
        >>> window = collapse_noise("0.0025", "1.5")
        >>> mpmath.nstr(window.lower, 8), mpmath.nstr(window.upper, 6)
        ('1.7271133', '31.0546')
    """
    with working_digits(digits + GUARD):
        step, drift = positive_number("eta", eta), real("mu", mu)
        window = collapse_variance(1 + step * drift, digits=digits + GUARD)
        if window is None:
            return None
        edges = (mpmath.sqrt(edge / step) for edge in (window.lower, window.upper))
        return Window(*(rounded(edge, digits) for edge in edges))


def collapse_variance(mean: Real, *, digits: int = 15) -> Window | None:
    r"""The window of variances in which a Gaussian multiplier with this mean collapses, or None.

    ``lower`` is 0 for :math:`|m| < 1`, and also for :math:`|m| = 1`, where any small noise collapses; there ``upper``
    is :math:`v^* = 2.42125`.
    """
    with working_digits(digits + GUARD):
        m = abs(real("mean", mean))
        limit = 2 * mpmath.exp(mpmath.euler)
        lowest = m**2 / (2 * dawson_maximum() ** 2)
        if m and (lowest >= limit or _rate(m, lowest) >= 0):
            return None
        upper = limit if m == 0 else _root(lambda v: _rate(m, v), lowest, 2 * limit)
        lower = mpf(0)
        if m > 1:
            # log|m| > 0 is the limit v -> 0; below this variance the rate is log m - v/2m^2 + ..., still positive.
            start = lowest
            while _rate(m, start) <= 0:
                start /= 2
            lower = _root(lambda v: _rate(m, v), start, lowest)
    return Window(rounded(lower, digits), rounded(upper, digits))


@takes(digits=whole(1, 10_000))
def collapse_signal(eta: Real, zeta: Real, *, digits: int = 15) -> mpf:
    r"""The singular value of the data below which a student mode collapses under the discrete recursion.

    Near zero :math:`a + b` is multiplied by :math:`1 + \eta(\tilde s - z)`, :math:`z \sim N(0, \zeta^2)`; the SDE has
    :math:`\tilde s_c = \eta\zeta^2/2`.

    Example:
        >>> mpmath.nstr(collapse_signal("0.5", 2), 6)
        '0.5555'
    """
    with working_digits(digits + 2 * GUARD):
        step, noise = positive_number("eta", eta), positive_number("zeta", zeta)
        return rounded((critical_mean((step * noise) ** 2, digits=digits + GUARD) - 1) / step, digits)


def dawson_maximum() -> mpf:
    r"""The maximum :math:`z_* = 0.92414` of Dawson's function, where :math:`1 = 2zD(z)`."""
    return _root(lambda z: 1 - mpmath.sqrt(mpmath.pi) * z * mpmath.exp(-(z**2)) * mpmath.erfi(z), mpf("0.5"), mpf(2))


def _rate(m: mpf, v: mpf) -> mpf:
    y = m**2 / (2 * v)
    if y > 4 * mp.dps + 100:
        return _rate_far_out(abs(m), y)
    constant = (mpmath.euler + mpmath.log(2)) / 2
    half = mpf(1) / 2
    return mpmath.log(v) / 2 - constant + y * mpmath.hyp2f2(1, 1, 3 * half, 2, -y)


def _rate_far_out(m: mpf, y: mpf) -> mpf:
    r"""The rate by its series in :math:`v/m^2 = 1/(2y)`, whose smallest term is of the size of :math:`e^{-y}`.

    .. math::
        \Lambda = \log m - \sum_{k\ge1} \frac{(2k - 1)!!}{2k}\,(2y)^{-k}
    """
    total, moment, k = mpmath.log(m), mpf(1), 0
    while moment > mpf(10) ** -(mp.dps + 5):
        k += 1
        moment *= (2 * k - 1) / (2 * y)
        total -= moment / (2 * k)
    return total


def _root(function: Callable[[mpf], mpf], low: mpf, high: mpf) -> mpf:
    """The root of a function with one change of sign in the bracket."""
    return mpmath.findroot(function, (low, high), solver="anderson", tol=mpf(10) ** (-2 * mp.dps + 4), verify=False)
