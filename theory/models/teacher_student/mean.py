r"""Exact facts about the mean of a student mode, :math:`m(t) = E\hat s(t)`, and the bounds that follow.

With :math:`c = \tilde s - \nu/2`, :math:`\nu = \eta\zeta^2` and ``logistic(c)`` the solution of
:math:`\dot y = 2y(c-y)` from :math:`\hat s_0` (the Brownian motion put to zero in the path solution):

* the drift of :math:`\log\hat s` is :math:`2(c - \hat s)`, so :math:`E\log\hat s(t) = \log\hat s_0 + 2ct -
  2\int_0^t m` (:func:`expected_log`);
* :math:`\int_0^t m \ge \frac12\log(1 + \hat s_0(e^{2ct}-1)/c) = \int_0^t` ``logistic(c)``
  (:func:`integrated_mean_lower_bound`) and :math:`\exp E\log\hat s(t) \le` ``logistic(c)``
  (:func:`geometric_mean_upper_bound`);
* :math:`m(t) \le` ``logistic(c + nu)`` (:func:`mean_upper_bound`);
* :math:`1/E[1/\hat s(t)] =` ``logistic(c - nu)``, exactly (:func:`harmonic_mean`), so :math:`m(t) \ge` it;
* :math:`\int_0^\infty (m - ` ``logistic(c)`` :math:`)\,dt = \frac12(\log k - \psi(k))` for :math:`k = c/\nu > 0`
  (:func:`integrated_defect`): the mean is not ``logistic(c)``;
* for :math:`c < 0` the area :math:`\int_0^\infty\hat s\,dt` is finite, :math:`\frac12\log(1 + \hat s_0/(\nu G))` with
  :math:`G \sim \mathrm{Gamma}(|k|)` (:func:`collapse_area`).

The mean itself: :func:`theory.models.teacher_student.stochastic_logistic.spectral_moment`.
"""

from __future__ import annotations

import sympy as sp

from theory.ito import ItoProcess, ito_differential
from theory.models.teacher_student.modes import logistic, singular_value_process
from theory.notation import eta, nu, s, s_0, s_tilde, t, zeta

intrinsic_rate = s_tilde - nu / 2
r"""The Stratonovich growth rate :math:`c = \tilde s - \nu/2`, the mean of the stationary law if positive."""

shape = s_tilde / nu - sp.Rational(1, 2)
r"""The shape :math:`k = c/\nu` of the stationary Gamma law; the mode collapses for :math:`k \le 0`."""

gamma_variate = sp.Symbol("G", positive=True)
r"""A variable with the law :math:`\mathrm{Gamma}(|k|)`, density :math:`g^{|k|-1}e^{-g}/\Gamma(|k|)`."""


def log_drift() -> sp.Expr:
    r"""The Itô drift :math:`2(c - \hat s)` of :math:`\log\hat s`."""
    process = singular_value_process().subs({zeta: sp.sqrt(nu / eta)})
    return sp.expand(ito_differential(process, sp.log(s)).drift)


def expected_log(integrated_mean: sp.Expr) -> sp.Expr:
    r"""The logarithmic mean :math:`E\log\hat s(t) = \log\hat s_0 + 2ct - 2\int_0^t m`.

    Args:
        integrated_mean: :math:`\int_0^t m\,d\tau`.
    """
    at_rest = log_drift().subs(s, 0)
    return sp.log(s_0) + at_rest * t + sp.diff(log_drift(), s) * integrated_mean


def integrated_mean_lower_bound() -> sp.Expr:
    r"""The bound :math:`\int_0^tm \ge \frac12\log(1 + \hat s_0(e^{2ct}-1)/c)`, the integral of ``logistic(c)``.

    Along a path :math:`2\int_0^t\hat s = \log(1 + 2\hat s_0\int_0^te^{X_\tau}d\tau)`. The right-hand side is convex in
    the path :math:`X` (a logarithm of a sum of exponentials), so by Jensen its mean is at least its value at
    :math:`EX_\tau = 2c\tau`.
    """
    c = intrinsic_rate
    return sp.log(1 + s_0 * (sp.exp(2 * c * t) - 1) / c) / 2


def geometric_mean_upper_bound() -> sp.Expr:
    r"""The bound :math:`\exp E\log\hat s(t) \le` ``logistic(c)``: :func:`expected_log` at the bound on the integral."""
    return logistic(intrinsic_rate, s_0)


def mean_upper_bound() -> sp.Expr:
    r"""The bound :math:`m(t) \le` ``logistic(s_tilde + nu/2)``.

    :math:`\dot m = 2(\tilde s + \frac\nu2)m - 2E\hat s^2 \le 2m(\tilde s + \frac\nu2 - m)` by Jensen, then comparison.
    """
    return logistic(s_tilde + nu / 2, s_0)


def harmonic_mean() -> sp.Expr:
    r"""The harmonic mean :math:`1/E[1/\hat s(t)] =` ``logistic(s_tilde - 3 nu/2)``, exactly; a lower bound of m.

    :math:`u = 1/\hat s` has a linear drift, so :math:`\frac{d}{dt}Eu = 2 - 2(\tilde s - \frac32\nu)Eu`, and the
    reciprocal of a solution of this equation solves the logistic one.
    """
    return logistic(s_tilde - 3 * nu / 2, s_0)


def integrated_defect() -> sp.Expr:
    r"""The integral :math:`\int_0^\infty(m - y)\,dt = \frac12(\log k - \psi(k)) > 0`, ``y = logistic(c)``, for k > 0.

    Both :math:`\log\hat s` in mean and :math:`\log y` grow by :math:`2ct` minus twice the respective integral, from the
    same start. As :math:`t \to \infty` the first tends to :math:`\log\nu + \psi(k)` (mean of the logarithm of a Gamma
    variable with shape :math:`k` and scale :math:`\nu`), the second to :math:`\log c`. Independent of :math:`\hat s_0`.
    """
    stationary_log_mean = sp.log(nu) + sp.polygamma(0, shape)
    return sp.expand_log(sp.log(intrinsic_rate) - stationary_log_mean, force=True) / 2


def perpetuity_process() -> ItoProcess:
    r"""The process :math:`Z_t = \int_0^te^{X_t - X_\tau}d\tau`.

    At each time it has the law of :math:`A_t = \int_0^te^{X_\tau}d\tau`, because :math:`X_t - X_{t-\tau}` has the law
    of :math:`X_\tau`. Itô's formula for :math:`e^{X_t}\int_0^te^{-X_\tau}d\tau` gives

    .. math::
        dZ = (1 + (2c + 2\nu)Z)\,dt + 2\sqrt\nu\,Z\,dB
    """
    Z = sp.Symbol("Z", positive=True)
    return ItoProcess.scalar(Z, drift=sp.expand(1 + (2 * intrinsic_rate + 2 * nu) * Z), dispersion=2 * sp.sqrt(nu) * Z)


def perpetuity_density() -> sp.Expr:
    r"""Dufresne's law of :math:`A_\infty = 1/(2\nu G)`, the stationary density of :func:`perpetuity_process`, c < 0.

    .. math::
        p(Z) = \frac{2\nu}{\Gamma(|k|)}\,(2\nu Z)^{-|k|-1}\,e^{-1/(2\nu Z)}

    Its probability current vanishes; ``-shape`` stands for :math:`|k|`.

    References:
        Dufresne, "The distribution of a perpetuity, with applications to risk theory and pension funding",
        Scandinavian Actuarial Journal (1990).
    """
    (Z,) = perpetuity_process().state
    density_of_G = gamma_variate ** (-shape - 1) * sp.exp(-gamma_variate) / sp.gamma(-shape)
    return density_of_G.subs(gamma_variate, 1 / (2 * nu * Z)) / (2 * nu * Z**2)


def collapse_area() -> sp.Expr:
    r"""The area :math:`\int_0^\infty\hat s\,dt = \frac12\log(1 + \hat s_0/(\nu G))` of a collapsing mode, c < 0.

    In law, with :math:`G \sim \mathrm{Gamma}(|k|)`: the path integral :math:`\frac12\log(1 + 2\hat s_0A_\infty)` at
    :math:`A_\infty = 1/(2\nu G)`.
    """
    return sp.log(1 + s_0 / (nu * gamma_variate)) / 2


def expected_collapse_area() -> sp.Integral:
    r"""The mean :math:`\int_0^\infty m\,dt` of :func:`collapse_area`, an integral over the Gamma law of ``G``."""
    density = gamma_variate ** (-shape - 1) * sp.exp(-gamma_variate) / sp.gamma(-shape)
    return sp.Integral(collapse_area() * density, (gamma_variate, 0, sp.oo))
