r"""The stochastic Verhulst process and the exact law of its mean, from the spectrum of its generator.

.. math::
    dx = x\,(k + 1 - x)\,d\tau + \sqrt2\,x\,dW

is the singular value of a student mode in natural units, :math:`x = \hat s/\nu`, :math:`\tau = 2\nu t`,
:math:`k = \tilde s/\nu - \tfrac12` (:func:`theory.models.teacher_student.modes.dimensionless_process`).

Its generator :math:`\mathcal L f = x^2 f'' + x(k+1-x) f'` is self-adjoint in :math:`L^2(m)` with speed density
:math:`m = x^{k-1}e^{-x}`, since :math:`\mathcal L f = \frac1m (x^2 m f')'`.

1. Put :math:`f = x^\alpha g`. Then :math:`\mathcal L f - \alpha(\alpha+k) f = x^{\alpha+1}\,
   [x g'' + (2\alpha+k+1-x) g' - \alpha g]`, so the eigenfunctions that infinity admits (an entrance boundary) are
   :math:`\varphi_\alpha = x^\alpha\,U(\alpha, 2\alpha+k+1, x)`, with :math:`\lambda = -\alpha(\alpha+k)`.
2. Near zero :math:`\varphi_\alpha` is square integrable for :math:`\alpha = -n`, :math:`0 \le n < k/2`; this is the
   discrete spectrum :math:`\lambda_n = n(k-n)`. The plane waves in :math:`\log x` are
   :math:`\alpha = -k/2 + i\rho`; this is the continuous spectrum :math:`\lambda_\rho = k^2/4 + \rho^2`.
3. Norms. :math:`U(-n, a+1, x) = (-1)^n n!\,L_n^{(a)}(x)` gives :math:`\|\varphi_{-n}\|^2 =
   n!\,\Gamma(k-n+1)/(k-2n)`. For the waves :math:`\varphi \sim x^{-k/2}\,2\,\mathrm{Re}\,[C x^{i\rho}]` with
   :math:`|C|^2 = |\Gamma(2i\rho)/\Gamma(-k/2+i\rho)|^2`, hence the norm :math:`2\pi|C|^2\,\delta(\rho-\rho')`.
4. The observable :math:`x`, in :math:`L^2(m)` for :math:`k > -2`, has
   :math:`\langle x, \varphi_\alpha\rangle = \int x^{k+\alpha} e^{-x} U(\alpha, 2\alpha+k+1, x)\,dx
   = \Gamma(k+1+\alpha)\,\Gamma(1-\alpha)` (DLMF 13.10.7). The quotients are the weights
   :math:`k - 2n` and, by :math:`\Gamma(z)\Gamma(1-z) = \pi/\sin\pi z`,
   :math:`\rho\sinh 2\pi\rho\,/\,(\sinh^2\pi\rho + \sin^2\tfrac{\pi k}2)`.
5. The moment equation :math:`\frac{d}{d\tau} E x^j = j(k+j)\,E x^j - j\,E x^{j+1}` turns the weights of
   :math:`E x^j` into those of :math:`E x^{j+1}`: a factor :math:`k + j + \lambda/j`.

References:
    Prajneshu, "Time-dependent solution of the logistic model for population growth in random environment",
    J. Appl. Prob. 17 (1980); Linetsky, "Spectral expansions for Asian (average price) options",
    Operations Research 52 (2004), for the same Morse spectrum of the reciprocal process.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.ito import ItoProcess, ito_differential
from theory.tricomi import hyperu
from theory.values import count, single_expression

x = sp.Symbol("x", positive=True)
r"""Singular value in units of the noise, :math:`x = \hat s/\nu`."""

tau = sp.Symbol("tau", nonnegative=True)
r"""Time in units of the noise, :math:`\tau = 2\nu t`."""

k = sp.Symbol("k", real=True)
r"""Shape, :math:`k = \tilde s/\nu - \tfrac12`; the mode collapses for :math:`k \le 0`."""

n = sp.Symbol("n", integer=True, nonnegative=True)
"""Number of a bound state."""

rho = sp.Symbol("rho", positive=True)
"""Wave number of the continuous spectrum."""

MAX_ORDER = 64
"""The highest power whose moment is written down: its weights have as many factors."""


def verhulst_process() -> ItoProcess:
    r"""The process :math:`dx = x(k+1-x)\,d\tau + \sqrt2\,x\,dW` on the half-line."""
    return ItoProcess.scalar(x, drift=x * (k + 1 - x), dispersion=sp.sqrt(2) * x)


def self_adjoint_weight() -> sp.Expr:
    r"""The weight :math:`m = x^{k-1}e^{-x}` in which the generator is self-adjoint (for k > 0 the Gamma law)."""
    return x ** (k - 1) * sp.exp(-x)


def eigenvalue(alpha: sp.Expr) -> sp.Expr:
    r"""The decay rate :math:`\lambda = -\alpha(\alpha + k)` of :func:`eigenfunction`.

    Example:
        >>> sp.expand(eigenvalue(-k / 2 + sp.I * rho))
        k**2/4 + rho**2
    """
    alpha = single_expression(alpha, "alpha")
    return -alpha * (alpha + k)


def eigenfunction(alpha: sp.Expr) -> sp.Expr:
    r"""The function :math:`\varphi_\alpha = x^\alpha\,U(\alpha, 2\alpha+k+1, x)`.

    It solves :math:`\mathcal L\varphi = -\lambda\varphi`, and of all solutions infinity admits only its multiples.
    """
    alpha = single_expression(alpha, "alpha")
    return x**alpha * hyperu(alpha, 2 * alpha + k + 1, x)


def eigenfunction_residual(alpha: sp.Expr) -> sp.Expr:
    r""":math:`x^{-\alpha}(\mathcal L + \lambda)\,x^\alpha g` once Kummer's equation has eliminated :math:`g''`.

    The certificate of step 1: a polynomial in :math:`x, g, g'` that must vanish identically, for every
    :math:`\alpha`, with :math:`g = U(\alpha, 2\alpha+k+1, x)`.

    Example:
        >>> eigenfunction_residual(sp.Symbol("alpha"))
        0
    """
    alpha = single_expression(alpha, "alpha")
    g = sp.Function("g")(x)
    action = ito_differential(verhulst_process(), x**alpha * g).drift + eigenvalue(alpha) * x**alpha * g
    kummer = ((x - 2 * alpha - k - 1) * g.diff(x) + alpha * g) / x
    return sp.expand(sp.powsimp(sp.expand(action / x**alpha)).subs(g.diff(x, 2), kummer))


@dataclass(frozen=True)
class SpectralMoment:
    r"""The expectation :math:`E[x_\tau^p \mid x_0 = x]` as a sum over bound states and an integral over waves.

    Attributes:
        order: The power :math:`p \ge 1`.
        bound: Contribution of the bound state ``n``, for :math:`0 \le n < k/2`.
        wave: Contribution per :math:`d\rho` of the wave ``rho``, for :math:`\rho > 0`.

    The expansion is that of a function in :math:`L^2(m)`: it holds for :math:`k > -2p`.
    """

    order: int
    bound: sp.Expr
    wave: sp.Expr

    @property
    def expression(self) -> sp.Expr:
        """The whole moment, with an unevaluated sum and an unevaluated integral."""
        last = sp.Max(sp.ceiling(k / 2), 0) - 1
        return sp.Sum(self.bound, (n, 0, last)) + sp.Integral(self.wave, (rho, 0, sp.oo))


def bound_weight() -> sp.Expr:
    r"""The coefficient :math:`\langle x, \varphi_{-n}\rangle/\|\varphi_{-n}\|^2 = k - 2n` of a bound state."""
    overlap = sp.factorial(n) * sp.gamma(k - n + 1)
    norm_squared = sp.factorial(n) * sp.gamma(k - n + 1) / (k - 2 * n)
    return overlap / norm_squared


def wave_weight() -> sp.Expr:
    r"""The coefficient of a wave in the mean, per :math:`d\rho`.

    :math:`|\Gamma(\tfrac k2+1+i\rho)|^2\,|\Gamma(-\tfrac k2+i\rho)|^2\,/\,(2\pi|\Gamma(2i\rho)|^2)` with the reflection
    formulas :math:`|\Gamma(2i\rho)|^2 = \pi/(2\rho\sinh 2\pi\rho)` and
    :math:`|\Gamma(1+z)\Gamma(-z)|^2 = \pi^2/|\sin\pi z|^2`, :math:`z = \tfrac k2 + i\rho`. The printed form is the one
    that does not cancel for small :math:`\rho`.
    """
    gamma_product = sp.pi**2 / (sp.sinh(sp.pi * rho) ** 2 + sp.sin(sp.pi * k / 2) ** 2)
    norm = 2 * sp.pi * sp.pi / (2 * rho * sp.sinh(2 * sp.pi * rho))
    return gamma_product / norm


def spectral_moment(order: int = 1) -> SpectralMoment:
    r"""The exact moment :math:`E[x_\tau^p \mid x_0 = x]`.

    For :math:`p = 1`

    .. math::
        E[x_\tau] = \sum_{0 \le n < k/2} (k-2n)\,e^{-n(k-n)\tau}\,x^{-n}U(-n, k+1-2n, x)
        + \int_0^\infty \frac{\rho\sinh 2\pi\rho}{\sinh^2\pi\rho + \sin^2(\pi k/2)}\,
        e^{-(k^2/4+\rho^2)\tau}\,x^{-k/2+i\rho}\,U(-\tfrac k2+i\rho, 1+2i\rho, x)\,d\rho

    Raises:
        DimensionError: ``order`` is no integer from 1 to 64; negative powers follow from 1/x, which is linear.

    Example:
        >>> spectral_moment().bound.subs({n: 0})
        k
    """
    order = count(order, "order", at_least=1, at_most=MAX_ORDER)
    alpha = -k / 2 + sp.I * rho
    bound, wave = bound_weight(), wave_weight()
    for j in range(1, order):
        bound *= k + j + eigenvalue(-n) / j
        wave *= k + j + sp.expand(eigenvalue(alpha)) / j
    return SpectralMoment(
        order,
        bound * sp.exp(-n * (k - n) * tau) * eigenfunction(-n),
        wave * sp.exp(-sp.expand(eigenvalue(alpha)) * tau) * eigenfunction(alpha),
    )


def stationary_mean() -> sp.Expr:
    r"""The limit :math:`\tau \to \infty` of the mean: :math:`k` for :math:`k > 0`, else 0 (collapse).

    Every term of the spectral sum with a positive rate dies out; the rate 0 belongs to :math:`n = 0`, which is a
    bound state iff :math:`k > 0`.
    """
    return sp.Piecewise((spectral_moment().bound.subs(n, 0), k > 0), (0, True))


def spectral_gap() -> sp.Expr:
    r"""The rate at which the mean approaches its limit, in units of :math:`1/\tau`.

    :math:`k - 1` (the bound state :math:`n = 1`) for :math:`k > 2`, else the edge :math:`k^2/4` of the continuum,
    which is approached with a power of :math:`\tau` on top.
    """
    return sp.Piecewise((eigenvalue(sp.S.NegativeOne), k > 2), (k**2 / 4, True))
