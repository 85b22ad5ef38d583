r"""Manifolds of minima: the stationary law across, the slow flow along, and the minimum that label noise selects.

Near a manifold of minima the directions across relax with the Hessian H and carry, to first order in
:math:`\beta = \eta\kappa` (:math:`\kappa` the :func:`~numerics.deep_linear.noise.batch_factor`), the covariance X of
Lyapunov's equation, while the flow along the manifold is slow:

.. math::
    HX + XH = \beta\Sigma, \qquad \dot\theta = -\tfrac12\,P_{\ker H}\,\nabla^3L[X] .

Where the slow flow rests, up to rotations of hidden layers, the means to first order are

.. math::
    E[\theta] - \theta_* = -\tfrac12H^+\nabla^3L[X], \qquad
    E[W] - W_* = J\,(E[\theta] - \theta_*) + \tfrac12\nabla^2W[X] .

SGD and its SDE agree to this order: the mean gradient vanishes in both stationary laws.

References:
    Li, Wang, Arora, "What happens after SGD reaches zero loss?" (2022), Theorem 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.arguments import real_number, takes, whole_number
from numerics.deep_linear.curvature import (
    hidden_rotations,
    loss_hessian,
    matrices_of,
    second_order_maps,
    third_derivative,
    trained_jacobian,
)
from numerics.deep_linear.modes import MODES, Mode, Modes, mode_vectors
from numerics.deep_linear.noise import SAMPLING, batch_factor, gradient_covariance
from numerics.deep_linear.point import POINT, LayeredPoint
from numerics.deep_linear.second_moment import Motion, SecondMoment
from numerics.errors import ArgumentError, DivergenceError
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray

FLAT = 1e-9
"""Eigenvalues of the Hessian below this fraction of the largest are taken as zero."""

AT_REST = 1e-7
"""A gradient or a slow drift below this fraction of its own terms is taken as zero."""


@dataclass(frozen=True, eq=False)
class Minimum:
    r"""A minimum of the loss, and the Gaussian law across the manifold to first order, per unit of :math:`\beta`.

    Attributes:
        point: Weights at which the gradient vanishes.

    Raises:
        ArgumentError: the gradient does not vanish, or a direction goes down.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> from theory.deep_linear import LayeredLinear
        >>> data = NoisyTeacher([[0.5]], label_covariance=0.04)
        >>> minimum = Minimum(LayeredPoint(LayeredLinear((1, 1, 1)), data, ([[0.5**0.5]], [[0.5**0.5]])))
        >>> round(minimum.variance(0, learning_rate=0.1), 12)  # beta sigma^2 s
        0.002
    """

    point: LayeredPoint

    def __post_init__(self) -> None:
        if not isinstance(self.point, LayeredPoint):
            raise ArgumentError(f"point must be a LayeredPoint, got {type(self.point).__name__}.")
        force = max(float(np.abs(G).max()) for G in self.point.gradients)
        if force > AT_REST * self._scale:
            raise ArgumentError(
                f"point must be a minimum of the loss, but its gradient has an entry of size {force:.3g}. "
                "Move it there with nearest_minimum(point)."
            )
        if self.curvatures[0] < -FLAT * max(1.0, self.curvatures[-1]):
            raise ArgumentError(
                f"point must be a minimum of the loss, but the Hessian has the eigenvalue {self.curvatures[0]:.3g}: "
                "a saddle. Start nearest_minimum elsewhere."
            )

    @cached_property
    def _scale(self) -> float:
        return max(1.0, float(np.abs(self.point.data.teacher).max())) * max(
            1.0, *(float(np.abs(W).max()) for W in self.point.weights)
        )

    @cached_property
    def _spectrum(self) -> tuple[Array, Array]:
        values, vectors = np.linalg.eigh(loss_hessian(self.point))
        return values, vectors

    @property
    def curvatures(self) -> Array:
        """The eigenvalues of the Hessian, rising; zeros for the directions along the manifold and frozen layers."""
        return self._spectrum[0]

    @property
    def _flat(self) -> Array:
        return self.curvatures <= FLAT * self.curvatures[-1]

    @cached_property
    def noise(self) -> Array:
        r"""The covariance :math:`\Sigma` of the gradient of one sample here."""
        return gradient_covariance(self.point)

    @cached_property
    def covariance(self) -> Array:
        r"""X per unit of :math:`\beta`: :math:`HX + XH = \Sigma`, across the manifold only. Shape ``(n, n)``.

        Raises:
            ArgumentError: the noise has a part along the manifold, so that there is no law to first order.
        """
        self.require_noise_across()
        values, vectors = self._spectrum
        pairs = values[:, None] + values[None, :]
        flat = self._flat[:, None] & self._flat[None, :]
        return vectors @ np.where(flat, 0.0, self._rotated_noise / np.where(flat, 1.0, pairs)) @ vectors.T

    def require_noise_across(self) -> None:
        """Refuse a minimum with gradient noise along its manifold.

        Raises:
            ArgumentError: see :attr:`covariance`.
        """
        rotated = self._rotated_noise
        along = float(np.diag(rotated)[self._flat].max(initial=0.0))
        if along > AT_REST * max(float(np.abs(rotated).max()), 1e-300):
            raise ArgumentError(
                "point must be a minimum whose noise is across the manifold, but a variance of the gradient of "
                f"{along:.3g} is along it: the weights diffuse among the minima. Take a teacher of distinct singular "
                "values where a layer is narrower than its rank."
            )

    @cached_property
    def _rotated_noise(self) -> Array:
        _, vectors = self._spectrum
        return vectors.T @ self.noise @ vectors

    @cached_property
    def _axes(self) -> tuple[Array, Array]:
        """Variances and principal axes of X, one axis a row; the empty ones left out."""
        variances, axes = np.linalg.eigh(self.covariance)
        kept = np.abs(variances) > 1e-14 * max(float(np.abs(variances).max()), 1e-300)
        return variances[kept], axes[:, kept].T

    @cached_property
    def _third(self) -> Array:
        variances, axes = self._axes
        return variances @ third_derivative(self.point, axes)

    @cached_property
    def slow_drift(self) -> Array:
        r"""The slow drift per unit of :math:`\beta`, :math:`-\tfrac12P_{\ker H}\nabla^3L[X]`. Shape ``(n,)``."""
        _, vectors = self._spectrum
        along = vectors[:, self._flat]
        return -along @ (along.T @ self._third) / 2

    @cached_property
    def circulation(self) -> Array:
        r"""The part of the slow drift that only rotates hidden layers, which the map does not see. Shape ``(n,)``.

        It vanishes where :math:`\Sigma` commutes with H, and need not elsewhere: the noise then turns the hidden layers
        for ever.
        """
        turns = hidden_rotations(self.point)
        return turns.T @ (turns @ self.slow_drift)

    @property
    def is_selected(self) -> bool:
        """Whether the slow flow rests here, up to rotations of hidden layers."""
        rest = float(np.abs(self.slow_drift - self.circulation).max())
        return rest <= AT_REST * max(float(np.abs(self._third).max()), 1e-300)

    @cached_property
    def map_shift(self) -> Array:
        r""":math:`(E[W] - W_*)/\beta` to first order. Shape ``(d_L, d_0)``.

        Raises:
            ArgumentError: the slow flow does not rest here, so that there is no stationary mean.
        """
        if not self.is_selected:
            drift = float(np.abs(self.slow_drift - self.circulation).max())
            raise ArgumentError(
                "the mean needs the minimum at which the slow flow rests, but its drift here is "
                f"{drift:.3g} per unit of learning_rate. Use selected_minimum(point)."
            )
        values, vectors = self._spectrum
        inverse = np.where(self._flat, 0.0, 1 / np.where(self._flat, 1.0, values))
        shift = -(vectors * inverse) @ (vectors.T @ self._third) / 2
        variances, axes = self._axes
        first = (trained_jacobian(self.point) @ shift).reshape(self.point.map.shape, order="F")
        return first + np.tensordot(variances, second_order_maps(self.point, axes), 1)

    def variance(self, mode: Mode, other: Mode | None = None, **options) -> float:
        r"""The stationary variance of a mode, or the covariance of two, to first order in the learning rate.

        Args:
            mode: An index, or a pair for a cross mode.
            other: A second mode.
            **options: ``learning_rate``, and ``batch_size``, ``sampling``, ``modes`` as of
                :func:`~numerics.deep_linear.modes.mode_diffusion`.

        Raises:
            DivergenceError: the learning rate is so large that the mean or the second moment of SGD diverges.
            ArgumentError: another argument is out of its range.
        """
        scale, modes = self._scaled(**options)
        J, vectors = trained_jacobian(self.point), [mode_vectors(self.point, mode, modes)]
        vectors.append(vectors[0] if other is None else mode_vectors(self.point, other, modes, "other"))
        a, b = (J.T @ np.kron(v, u) for u, v in vectors)
        return scale * float(a @ self.covariance @ b)

    def mean(self, mode: Mode, **options) -> float:
        r"""The stationary mean of a mode, to first order in the learning rate; ``options`` as of :meth:`variance`."""
        scale, modes = self._scaled(**options)
        u, v = mode_vectors(self.point, mode, modes)
        return float(u @ (self.point.map + scale * self.map_shift) @ v)

    @takes(sampling=SAMPLING, modes=MODES)
    def _scaled(
        self,
        *,
        learning_rate: float,
        batch_size: int = 1,
        sampling: Sampling = Sampling.WITH_REPLACEMENT,
        modes: Modes | None = None,
    ) -> tuple[float, Modes | None]:
        eta = real_number(learning_rate, "learning_rate")
        if eta < 0:
            raise ArgumentError(f"learning_rate must not be negative, got {eta:g}.")
        if eta * float(self.curvatures[-1]) >= 2:
            bound = 2 / float(self.curvatures[-1])
            raise DivergenceError(
                f"learning_rate must be below {bound:.6g} = 2/(largest curvature): from there on even the mean of SGD "
                f"moves away from this minimum, got {eta:g}. NearMinimum has the bound of its noise."
            )
        factor = batch_factor(self.point.data, batch_size=batch_size, sampling=sampling)
        if follows_teacher(self.point) and not any(float(decay) for decay in self.point.network.weight_decay):
            self._require_second_moment(eta, factor)
        return eta * factor, modes

    def _require_second_moment(self, eta: float, factor: float) -> None:
        moment = self._moments.setdefault(factor, SecondMoment(self.point, factor))
        if moment.is_safe(eta) or eta < (bound := moment.bound(Motion.SGD)):
            return
        raise DivergenceError(
            f"learning_rate must be below {bound:.6g}: from there on the second moment of SGD diverges at this minimum "
            f"and there is no variance to expand, got {eta:g}. Lower it, or raise batch_size."
        )

    @cached_property
    def _moments(self) -> dict[float, SecondMoment]:
        return {}


def follows_teacher(point: LayeredPoint) -> bool:
    r"""Whether the mean signal :math:`C = \Delta\Lambda` vanishes, so that the Hessian is that of the rows of J."""
    size = max(1.0, float(np.abs(point.data.teacher).max()))
    return float(np.abs(point.signal.mean).max()) <= AT_REST * size


@takes(point=POINT)
def nearest_minimum(point: LayeredPoint, *, steps: int = 200) -> LayeredPoint:
    r"""A minimum near ``point``, by damped Newton steps (Levenberg and Marquardt) on the loss.

    Raises:
        DivergenceError: the gradient does not vanish after ``steps`` steps.
    """
    damping = 1e-3
    steps = whole_number(steps, "steps", at_least=1, below=10**6)
    for _ in range(steps):
        gradient = np.concatenate([G.ravel(order="F") for G in point.gradients])
        if float(np.abs(gradient).max()) < 1e-14 * max(1.0, float(np.abs(point.data.teacher).max())):
            return point
        values, vectors = np.linalg.eigh(loss_hessian(point))
        flat = np.abs(values) <= FLAT * float(np.abs(values).max())
        size = np.where(flat, np.inf, np.abs(values) + damping * float(np.linalg.norm(gradient)))
        trial = point.moved(matrices_of(point, -(vectors / size) @ (vectors.T @ gradient)))
        if trial.loss <= point.loss + 1e-15 * abs(point.loss):
            point, damping = trial, damping / 3
        else:
            damping *= 10
    gradient = max(float(np.abs(G).max()) for G in point.gradients)
    if gradient > AT_REST:
        raise DivergenceError(
            f"no minimum was found in {steps} steps: the gradient is {gradient:.3g}. Start elsewhere."
        )
    return point
