r"""A mode of a linear student near zero, at one learning rate and then at a smaller one.

Next to :math:`\hat s = 0` the logarithm of a mode is a Brownian motion with drift,

.. math:: d\log\hat s = (2\tilde s - \nu)\,dt + 2\sqrt\nu\,dB,

of rate :func:`log_rate` and variance :func:`log_variance` per unit of time. A learning rate that is dropped after a
time :math:`T_1` changes :math:`\nu_1` to :math:`\nu_2`, and both add up (:func:`log_growth`,
:func:`variance_of_log_growth`). The median of the growth is its mean. It is positive exactly if the signal exceeds the
time average of the collapse threshold :math:`\nu/2` (:func:`signal_without_growth`): a mode that collapsed at the large
learning rate is re-learned only if the time at the small one makes up for the logarithm that was lost.

This linear equation is exact in the limit of small modes. Near its stationary values a mode cannot grow further, which
delays its return; the delay is a constant in :math:`\log\hat s` and vanishes in the signal like one over time.
"""

from __future__ import annotations

import functools

import sympy as sp

from theory.ito import ItoProcess, ito_differential
from theory.models.teacher_student.modes import singular_value_process
from theory.notation import eta, nu, s, s_0, s_tilde, zeta

nu_1, nu_2 = sp.symbols("nu_1 nu_2", positive=True)
r"""Noise strengths :math:`\eta\zeta^2` before and after the drop."""

T_1, T_2 = sp.symbols("T_1 T_2", positive=True)
"""Times, learning rate times steps, spent before and after the drop."""

level = sp.Symbol("ell", positive=True)
"""Level at which a mode counts as escaped, small against the stationary values."""


@functools.cache
def linear_mode() -> ItoProcess:
    r"""The mode next to zero: :math:`d\hat s = (2\tilde s + \nu)\hat s\,dt + 2\sqrt\nu\,\hat s\,dB`."""
    process = singular_value_process().subs({zeta: sp.sqrt(nu / eta)})
    drift, dispersion = (sp.diff(part[0], s).subs(s, 0) * s for part in (process.drift, process.dispersion))
    return ItoProcess.scalar(s, drift=drift, dispersion=dispersion)


def log_rate() -> sp.Expr:
    r"""The growth rate of :math:`\log\hat s` near zero.

    Example:
        >>> log_rate()
        -nu + 2*s_tilde
    """
    return sp.expand(ito_differential(linear_mode(), sp.log(s)).drift)


def log_variance() -> sp.Expr:
    r"""The variance of :math:`\log\hat s` per unit of time near zero.

    Example:
        >>> log_variance()
        4*nu
    """
    return sp.expand(ito_differential(linear_mode(), sp.log(s)).dispersion[0] ** 2)


def log_growth() -> sp.Expr:
    r"""The mean and median of :math:`\log\hat s(T_1 + T_2)/\hat s(0)`."""
    return sum(log_rate().subs(nu, noise) * time for noise, time in ((nu_1, T_1), (nu_2, T_2)))


def variance_of_log_growth() -> sp.Expr:
    r"""The variance of :math:`\log\hat s(T_1 + T_2)/\hat s(0)`."""
    return sum(log_variance().subs(nu, noise) * time for noise, time in ((nu_1, T_1), (nu_2, T_2)))


def signal_without_growth() -> sp.Expr:
    r"""The signal :math:`\tilde s` at which the median of the growth is zero.

    Example:
        >>> signal_without_growth()
        (T_1*nu_1 + T_2*nu_2)/(2*(T_1 + T_2))
    """
    (signal,) = sp.solve(log_growth(), s_tilde)
    return sp.factor(signal)


def mean_escape_time() -> sp.Expr:
    r"""The mean time of a linear mode from :math:`\hat s_0` to a level, :math:`\log(\ell/\hat s_0)/(2\tilde s - \nu)`.

    Wald's identity: :math:`\log\hat s_t - (2\tilde s - \nu)t` is a martingale, and :math:`\log\hat s` is
    :math:`\log\ell` when the level is reached, which happens in finite mean time for :math:`\tilde s > \nu/2`.
    """
    return sp.log(level / s_0) / log_rate()
