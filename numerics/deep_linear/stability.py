r"""The learning rates at which the second moment near a minimum stays finite: SGD's own bound beside the SDE's.

At a minimum without weight decay the gap moves, with the Jacobian of the minimum and :math:`K = JJ^\top`, by

.. math::
    \delta' = (I - \eta K(\hat A\otimes I))\,\delta - \eta K\,\mathrm{vec}\,\hat N, \qquad
    \hat A = \tfrac1b\sum xx^\top, \quad \hat N = \tfrac1b\sum\xi x^\top .

With :math:`\delta = K^{1/2}z`, :math:`G = K^{1/2}(\Lambda\otimes I)K^{1/2}` and
:math:`\hat G = K^{1/2}(\hat A\otimes I)K^{1/2}` the second moment :math:`P = E[zz^\top]` obeys
:math:`P' = P - \eta\mathcal AP + \eta^2\mathcal BP + \eta^2\kappa Q` with :math:`\mathcal AP = GP + PG` and
:math:`\mathcal BP = E[\hat GP\hat G]`. Both :math:`\mathcal B` and :math:`\mathcal A^{-1}` keep matrices positive
semidefinite, so P converges exactly for

.. math::
    \eta < \eta_* = 1/\rho(\mathcal A^{-1}\mathcal B) ,

with the covariance part of :math:`\mathcal B` alone for the SDE, and :math:`2/\lambda_{\max}(G)` for the full gradient.
For one layer all of this is exact; deeper, it is the linearisation at the minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from numerics.arguments import real_number, takes
from numerics.deep_linear.minima import Minimum
from numerics.deep_linear.modes import MODES, Mode, Modes, mode_vectors, tangent_kernel
from numerics.deep_linear.noise import batch_factor
from numerics.deep_linear.signal import NoisyTeacher
from numerics.errors import ArgumentError, DivergenceError
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray

ACCURACY = 1e-14
"""Relative change at which an iteration has converged."""

MOST_STEPS = 100_000
"""Steps of an iteration before it is given up."""


class Motion(Enum):
    """What moves the weights."""

    SGD = "the recursion of stochastic gradient descent"
    SDE = "its stochastic differential equation"
    GD = "gradient descent on the mean loss"


MOTION = one_of(Motion, needed="a member of Motion")
"""A motion as an argument."""


@dataclass(frozen=True, eq=False)
class NearMinimum:
    r"""The linearised motion of the gap at a minimum, for one way of drawing batches.

    Attributes:
        minimum: A minimum of a network without weight decay.
        batch_size: b.
        sampling: How batches are drawn.

    Raises:
        ArgumentError: the network has weight decay, or the batch cannot be drawn.

    Example:
        >>> from numerics.deep_linear import LayeredPoint
        >>> from theory.deep_linear import LayeredLinear
        >>> one_layer = LayeredPoint(LayeredLinear((3, 1)), NoisyTeacher([[1.0, 0.0, 0.0]]), ([[1.0, 0.0, 0.0]],))
        >>> near = NearMinimum(Minimum(one_layer))
        >>> [round(near.largest_learning_rate(motion), 9) for motion in Motion]  # 2/(d + 2), 2/(d + 1), 2
        [0.4, 0.5, 2.0]
    """

    minimum: Minimum
    batch_size: int = 1
    sampling: Sampling = Sampling.WITH_REPLACEMENT

    def __post_init__(self) -> None:
        if not isinstance(self.minimum, Minimum):
            raise ArgumentError(f"minimum must be a Minimum, got {type(self.minimum).__name__}. Wrap the point in it.")
        point = self.minimum.point
        if any(float(decay) for l, decay in enumerate(point.network.weight_decay, 1) if l in point.network.trained):
            raise ArgumentError("the network must be without weight decay here. Set weight_decay=0.")
        factor = batch_factor(point.data, batch_size=self.batch_size, sampling=self.sampling)
        values, vectors = np.linalg.eigh(tangent_kernel(point))
        kept = values > 1e-12 * max(float(values[-1]), 1e-300)
        root = vectors[:, kept] * np.sqrt(values[kept])
        Lambda = np.kron(point.data.input_moment(), np.eye(point.network.widths[-1]))
        mean, axes = np.linalg.eigh(root.T @ Lambda @ root)
        seen = mean > 1e-12 * max(float(mean[-1]) if len(mean) else 0.0, 1e-300)
        object.__setattr__(self, "_factor", factor)
        object.__setattr__(self, "_root", root @ axes[:, seen])
        object.__setattr__(self, "_rates", mean[seen])

    _factor = 1.0
    _root = np.zeros((0, 0))
    _rates = np.zeros(0)

    @takes(motion=MOTION)
    def largest_learning_rate(self, motion: Motion = Motion.SGD) -> float:
        r"""The bound :math:`\eta_*`: below it the second moment at the minimum is finite, from it on it diverges."""
        if not len(self._rates):
            return float("inf")
        if motion is Motion.GD:
            return 2 / float(self._rates[-1])
        P, size = np.eye(len(self._rates)), 0.0
        for _ in range(MOST_STEPS):
            image = self._over_rates(self._second(P, motion))
            before, size = size, float(np.trace(image))
            if size == 0.0:
                return float("inf")
            P = image / size * len(P)
            if abs(size - before) <= ACCURACY * size:
                break
        return len(P) / size

    @takes(motion=MOTION)
    def covariance(self, learning_rate: float, motion: Motion = Motion.SGD) -> Array:
        r"""The stationary covariance of :math:`\mathrm{vec}\,W` of the linearised motion, to all orders of the rate.

        Shape ``(d_L d_0, d_L d_0)``.

        Raises:
            DivergenceError: the learning rate is at or above the bound.
            ArgumentError: it is no positive number.
        """
        eta = real_number(learning_rate, "learning_rate")
        if eta <= 0:
            raise ArgumentError(f"learning_rate must be positive, got {eta:g}.")
        bound = self.largest_learning_rate(motion)
        if eta >= bound:
            raise DivergenceError(
                f"learning_rate must be below {bound:.6g}, the bound 1/rho(A^-1 B) of {motion.value} at this minimum: "
                f"at {eta:g} the second moment diverges. Lower it, or raise batch_size."
            )
        if motion is Motion.GD:
            return np.zeros((len(self._root), len(self._root)))
        point, d_L = self.minimum.point, self.minimum.point.network.widths[-1]
        noise = point.signal.covariance()
        assert noise.shape[0] % d_L == 0
        source = self._over_rates(eta * self._factor * (self._root.T @ noise @ self._root))
        P = source
        for _ in range(MOST_STEPS):
            following = source + self._over_rates(eta * self._second(P, motion))
            change, P = float(np.abs(following - P).max()), following
            if change <= ACCURACY * float(np.abs(P).max()):
                break
        return self._root @ P @ self._root.T

    @takes(motion=MOTION, modes=MODES)
    def variance(
        self, mode: Mode, *, learning_rate: float, motion: Motion = Motion.SGD, modes: Modes | None = None
    ) -> float:
        """The stationary variance of a mode of the linearised motion; raises as :meth:`covariance`."""
        u, v = mode_vectors(self.minimum.point, mode, modes)
        direction = np.kron(v, u)
        return float(direction @ self.covariance(learning_rate, motion) @ direction)

    def _over_rates(self, right: Array) -> Array:
        r""":math:`\mathcal A^{-1}`, in the basis in which G is diagonal."""
        return right / (self._rates[:, None] + self._rates[None, :])

    def _second(self, P: Array, motion: Motion) -> Array:
        r""":math:`\mathcal BP`, or its covariance part for the SDE."""
        data, d_L = self.minimum.point.data, self.minimum.point.network.widths[-1]
        Q = (self._root @ P @ self._root.T).reshape(-1, d_L, len(self._root) // d_L, d_L)
        moment = data.input_moment()
        mean = np.einsum("aj,jikl,kb->aibl", moment, Q, moment, optimize=True)
        if isinstance(data, NoisyTeacher):
            crossed = np.einsum("ak,jikl,jb->aibl", moment, Q, moment, optimize=True)
            spread = crossed + np.einsum("ab,jk,jikl->aibl", moment, moment, Q, optimize=True)
        else:
            x = data.inputs
            inner = np.einsum("nj,jikl,nk->nil", x, Q, x, optimize=True)
            spread = np.einsum("na,nil,nb->aibl", x, inner, x, optimize=True) / len(x) - mean
        total = self._factor * spread + (mean if motion is Motion.SGD else 0.0)
        return self._root.T @ total.reshape(len(self._root), len(self._root)) @ self._root
