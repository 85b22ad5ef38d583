r"""A two-layer linear network at its noise equilibrium: Theorem 2, its closed solution, and what it does to sharpness.

The loss of a sample is :math:`\|UWx - y\|^2 + \frac\lambda2(\|U\|^2 + \|W\|^2)` with
:math:`y = V_*x + \varepsilon`, :math:`x \sim N(0, \Sigma_x)`, :math:`\varepsilon \sim N(0, \Sigma_\varepsilon)`,
:math:`r = UWx - y`, :math:`D = UW - V_*`. The matrix charge moves along

.. math::
    \tfrac{d}{dt}(U^\top U - WW^\top) = 4T\bigl(W\Gamma_WW^\top - U^\top\Gamma_UU\bigr), \qquad
    \Gamma_W = E_\beta[\|r\|^2xx^\top] + \tfrac{\lambda}{2T}I, \quad
    \Gamma_U = E_\beta[\|x\|^2rr^\top] + \tfrac{\lambda}{2T}I .

Which mean :math:`E_\beta` is: a diffusion with the covariance of the gradient has :math:`E[\|r\|^2xx^\top] - m^\top m`
with :math:`m = E[rx^\top] = D\Sigma_x`. Descent itself has the second moment of a mini-batch instead,
:math:`E[\|r\|^2xx^\top] + (\beta-1)m^\top m`. They agree where :math:`mW^\top = 0 = U^\top m`, at critical points.

By Isserlis' theorem both means depend on :math:`V = UW` alone, so that for every V the equilibrium is explicit: with
the singular value decomposition :math:`\Gamma_U^{1/2}V\Gamma_W^{1/2} = LSR` and any orthogonal F,

.. math:: U = \Gamma_U^{-1/2}LS^{1/2}F, \qquad W = F^\top S^{1/2}R\,\Gamma_W^{-1/2},

or, on the orbit of given factors, the gauge :math:`(UP^{1/2}, P^{-1/2}W)` with the geometric mean
:math:`P = X\#Y^{-1}` of :math:`X = W\Gamma_WW^\top` and :math:`Y^{-1} = (U^\top\Gamma_UU)^{-1}`
(:mod:`numerics.deterministic.two_layer_balance` computes both).

**Sharpness.** :math:`\mathrm{tr}\nabla^2L = 2m\,\mathrm{tr}(W\Sigma_xW^\top) + 2\|U\|^2\mathrm{tr}\Sigma_x + \lambda P`
with m outputs and P weights. For an autoencoder with :math:`\Sigma_x = I_n`, :math:`\Sigma_\varepsilon = \sigma^2I_n`
and hidden width d the best V is a projector of rank :math:`k = \min(d, n)`, and the equilibrium there has

.. math::
    S = 2nk\,(\kappa + \kappa^{-1}), \qquad \kappa^2 = 1 + \frac{n - k}{n\sigma^2},

which is the printed :math:`4n\min(d, n)` for :math:`d \ge n` only. A narrow network leaves a residual in the directions
that it drops; there :math:`\|r\|^2` is larger for the same x, the noise of W grows, and the layers end up unequal.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Section 4.3, Theorem 2,
    Proposition 2, with :math:`\lambda = 2\gamma`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.answer import Answer
from theory.errors import DimensionError, ShapeError
from theory.values import count, expressions, instance, single_expression


class MeanGradient(Answer):
    """What is taken for the noise of a mini-batch: its covariance, or its second moment as descent has it."""

    COVARIANCE = "covariance"
    SECOND_MOMENT = "second moment"


@dataclass(frozen=True)
class BalanceWeights:
    r"""The matrices of the balance :math:`W\Gamma_WW^\top = U^\top\Gamma_UU`.

    Attributes:
        gamma_U: :math:`\Gamma_U`. Shape ``(m, m)``.
        gamma_W: :math:`\Gamma_W`. Shape ``(n, n)``.
    """

    gamma_U: sp.ImmutableMatrix
    gamma_W: sp.ImmutableMatrix

    def __post_init__(self) -> None:
        for name in ("gamma_U", "gamma_W"):
            matrix = expressions(getattr(self, name), name, real=True)
            if matrix.rows != matrix.cols:
                raise ShapeError(f"{name} must be square, got {matrix.shape}.")
            object.__setattr__(self, name, matrix)

    def residual(self, U: sp.MatrixBase, W: sp.MatrixBase) -> sp.ImmutableMatrix:
        r""":math:`W\Gamma_WW^\top - U^\top\Gamma_UU`, zero at the equilibrium. Shape ``(d, d)``."""
        left, right = expressions(U, "U"), expressions(W, "W")
        if left.rows != self.gamma_U.rows or right.cols != self.gamma_W.rows or left.cols != right.rows:
            raise ShapeError(
                f"U and W must have shapes ({self.gamma_U.rows}, d) and (d, {self.gamma_W.rows}), got {left.shape} and "
                f"{right.shape}."
            )
        return sp.ImmutableMatrix(right * self.gamma_W * right.T - left.T * self.gamma_U * left)


def balance_weights(
    V: sp.MatrixBase,
    teacher: sp.MatrixBase,
    input_covariance: sp.MatrixBase,
    noise_covariance: sp.MatrixBase,
    *,
    batch_size: sp.Expr | int = 1,
    mean_gradient: MeanGradient = MeanGradient.SECOND_MOMENT,
    decay_per_temperature: sp.Expr | float = 0,
) -> BalanceWeights:
    r"""The matrices :math:`\Gamma_U, \Gamma_W` at the product V, for Gaussian inputs and label noise.

    .. math::
        E[\|r\|^2xx^\top] = \bigl(\mathrm{tr}(D\Sigma_xD^\top) + \mathrm{tr}\Sigma_\varepsilon\bigr)\Sigma_x
            + 2\Sigma_xD^\top D\Sigma_x, \qquad
        E[\|x\|^2rr^\top] = \mathrm{tr}\Sigma_x\,(D\Sigma_xD^\top + \Sigma_\varepsilon) + 2D\Sigma_x^2D^\top

    Args:
        V: The product :math:`UW`. Shape ``(m, n)``.
        teacher: :math:`V_*`. Shape ``(m, n)``.
        input_covariance: :math:`\Sigma_x`. Shape ``(n, n)``.
        noise_covariance: :math:`\Sigma_\varepsilon`. Shape ``(m, m)``.
        batch_size: :math:`\beta`; the temperature is :math:`\eta/\beta`, so that one factor :math:`\beta` is in T.
        mean_gradient: What of the mean gradient counts.
        decay_per_temperature: :math:`\lambda/T`.

    Raises:
        ShapeError: a shape does not fit.

    Example:
        >>> one = sp.eye(1)
        >>> balance_weights(sp.Matrix([[3]]), sp.Matrix([[1]]), one, one).gamma_W
        Matrix([[13]])
        >>> balance_weights(sp.Matrix([[3]]), sp.Matrix([[1]]), one, one, mean_gradient=MeanGradient.COVARIANCE).gamma_U
        Matrix([[9]])
    """
    product, target = expressions(V, "V"), expressions(teacher, "teacher")
    sigma_x = expressions(input_covariance, "input_covariance", real=True)
    sigma_e = expressions(noise_covariance, "noise_covariance", real=True)
    m, n = product.shape
    if target.shape != (m, n) or sigma_x.shape != (n, n) or sigma_e.shape != (m, m):
        raise ShapeError(
            f"V and teacher must have one shape (m, n), the covariances ({n}, {n}) and ({m}, {m}), got "
            f"{product.shape}, {target.shape}, {sigma_x.shape} and {sigma_e.shape}."
        )
    instance(mean_gradient, MeanGradient, "mean_gradient", "a MeanGradient")
    size = single_expression(batch_size, "batch_size")
    D = product - target
    spread = D * sigma_x * D.T
    for_W = (spread.trace() + sigma_e.trace()) * sigma_x + 2 * sigma_x * D.T * D * sigma_x
    for_U = sigma_x.trace() * (spread + sigma_e) + 2 * D * sigma_x**2 * D.T
    mean = D * sigma_x
    factor = -1 if mean_gradient is MeanGradient.COVARIANCE else size - 1
    ridge = single_expression(decay_per_temperature, "decay_per_temperature") / 2
    return BalanceWeights(
        (for_U + factor * mean * mean.T + ridge * sp.eye(m)).applyfunc(sp.expand),
        (for_W + factor * mean.T * mean + ridge * sp.eye(n)).applyfunc(sp.expand),
    )


def hessian_trace(
    U: sp.MatrixBase, W: sp.MatrixBase, input_covariance: sp.MatrixBase, *, weight_decay: sp.Expr | float = 0
) -> sp.Expr:
    r"""Proposition 2: the trace of the Hessian of :math:`E\|UWx-y\|^2`, whatever the labels.

    Example:
        >>> hessian_trace(sp.Matrix([[2]]), sp.Matrix([[3]]), sp.eye(1))
        26
    """
    left, right, sigma_x = expressions(U, "U"), expressions(W, "W"), expressions(input_covariance, "input_covariance")
    if left.cols != right.rows or sigma_x.shape != (right.cols, right.cols):
        raise ShapeError(
            f"U, W and input_covariance must have shapes (m, d), (d, n) and (n, n), got {left.shape}, "
            f"{right.shape} and {sigma_x.shape}."
        )
    weights = len(left) + len(right)
    trace = 2 * left.rows * (right * sigma_x * right.T).trace() + 2 * (left.T * left).trace() * sigma_x.trace()
    return sp.expand(trace + single_expression(weight_decay, "weight_decay") * weights)


def autoencoder_ratio(inputs: sp.Expr | int, width: sp.Expr | int, noise_variance: sp.Expr) -> sp.Expr:
    r"""The ratio :math:`\kappa^2 = \|U\|^2/\|W\|^2` at the noise equilibrium of an autoencoder.

    Example:
        >>> autoencoder_ratio(4, 2, sp.Rational(1, 2))
        2
    """
    n, d = _whole(inputs, "inputs"), _whole(width, "width")
    variance = single_expression(noise_variance, "noise_variance", real=True)
    if variance.is_positive is not True:
        raise DimensionError(
            f"noise_variance must be positive, got {variance}: without label noise a wide autoencoder has no gradient "
            "noise at its minimum, and every balance is an equilibrium."
        )
    return 1 + (n - min(d, n)) / (n * variance)


def autoencoder_sharpness(inputs: int, width: int, noise_variance: sp.Expr) -> sp.Expr:
    r"""The trace of the Hessian at the noise equilibrium of an autoencoder: :math:`2nk(\kappa + 1/\kappa)`.

    Args:
        inputs: n, as many as outputs.
        width: d, the hidden width; :math:`k = \min(d, n)`.
        noise_variance: :math:`\sigma^2`, positive.

    Example:
        >>> autoencoder_sharpness(4, 4, 1), autoencoder_sharpness(4, 6, 1)  # the printed 4 n min(d, n)
        (64, 64)
        >>> autoencoder_sharpness(4, 2, sp.Rational(1, 6))  # and not its 32
        40
    """
    n, d = _whole(inputs, "inputs"), _whole(width, "width")
    kappa = sp.sqrt(autoencoder_ratio(n, d, noise_variance))
    return sp.expand(2 * n * min(d, n) * (kappa + 1 / kappa))


def initial_sharpness(
    outputs: sp.Expr, width: sp.Expr, input_trace: sp.Expr, variance_U: sp.Expr, variance_W: sp.Expr
) -> sp.Expr:
    r"""The mean of the trace at random weights, :math:`2dm\,\mathrm{tr}\Sigma_x\,(\sigma_U^2+\sigma_W^2)`.

    Example:
        >>> n, d = sp.symbols("n d", positive=True)
        >>> sp.factor(initial_sharpness(n, d, n, 1 / d, 1 / n))  # Kaiming with gain 1, an autoencoder
        2*n*(d + n)
    """
    m, d, trace = (
        single_expression(v, k) for v, k in ((outputs, "outputs"), (width, "width"), (input_trace, "input_trace"))
    )
    variances = single_expression(variance_U, "variance_U") + single_expression(variance_W, "variance_W")
    return 2 * d * m * trace * variances


def _whole(value: object, name: str) -> int:
    return count(value, name, at_least=1, at_most=10**9)
