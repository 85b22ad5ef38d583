r"""The learning rates at which the second moment near a minimum stays finite: SGD's own bound beside the SDE's.

The gap moves as in :mod:`numerics.deep_linear.second_moment`, and its second moment converges exactly for

.. math::
    \eta < \eta_* = 1/\rho(\mathcal A^{-1}\mathcal B) ,

with the covariance part of :math:`\mathcal B` alone for the SDE, and :math:`2/\lambda_{\max}(G)` for the full gradient.
For one layer all of this is exact; deeper, it is the linearisation at the minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.arguments import real_number, takes
from numerics.deep_linear.minima import Minimum, follows_teacher
from numerics.deep_linear.modes import MODES, Mode, Modes, mode_vectors
from numerics.deep_linear.noise import batch_factor
from numerics.deep_linear.second_moment import ACCURACY, MOST_STEPS, MOTION, Motion, SecondMoment
from numerics.errors import ArgumentError, DivergenceError
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class NearMinimum:
    r"""The linearised motion of the gap at a minimum, for one way of drawing batches.

    Attributes:
        minimum: A minimum of a network without weight decay.
        batch_size: b.
        sampling: How batches are drawn.

    Raises:
        ArgumentError: the network has weight decay or cannot follow its teacher, or the batch cannot be drawn.

    Example:
        >>> from numerics.deep_linear import LayeredPoint, NoisyTeacher
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
        if not follows_teacher(point):
            raise ArgumentError(
                "minimum must be one at which the mean of (y - Wx)x^T vanishes, got an entry of size "
                f"{float(np.abs(point.signal.mean).max()):.3g}: the network cannot follow its teacher. Widen the "
                f"layers of widths={point.network.widths}, train frozen ones, or take a teacher of lower rank."
            )
        batch_factor(point.data, batch_size=self.batch_size, sampling=self.sampling)

    @cached_property
    def _motion(self) -> SecondMoment:
        point = self.minimum.point
        return SecondMoment(point, batch_factor(point.data, batch_size=self.batch_size, sampling=self.sampling))

    @takes(motion=MOTION)
    def largest_learning_rate(self, motion: Motion = Motion.SGD) -> float:
        r"""The bound :math:`\eta_*`: below it the second moment at the minimum is finite, from it on it diverges."""
        return self._motion.bound(motion)

    @takes(motion=MOTION)
    def covariance(self, learning_rate: float, motion: Motion = Motion.SGD) -> Array:
        r"""The stationary covariance of :math:`\mathrm{vec}\,W` of the linearised motion, to all orders of the rate.

        Shape ``(d_L d_0, d_L d_0)``.

        Raises:
            DivergenceError: the learning rate is at or above the bound.
            ArgumentError: it is no positive number.
        """
        eta, moment = real_number(learning_rate, "learning_rate"), self._motion
        if eta <= 0:
            raise ArgumentError(f"learning_rate must be positive, got {eta:g}.")
        bound = self.largest_learning_rate(motion)
        if eta >= bound:
            raise DivergenceError(
                f"learning_rate must be below {bound:.6g}, the bound 1/rho(A^-1 B) of {motion.value} at this minimum: "
                f"at {eta:g} the second moment diverges. Lower it, or raise batch_size."
            )
        if motion is Motion.GD:
            return np.zeros((len(moment.root), len(moment.root)))
        noise = self.minimum.point.signal.covariance()
        source = moment.over_rates(eta * moment.factor * (moment.root.T @ noise @ moment.root))
        P = source
        for _ in range(MOST_STEPS):
            following = source + moment.over_rates(eta * moment.spread(P, motion))
            change, P = float(np.abs(following - P).max()), following
            if change <= ACCURACY * float(np.abs(P).max()):
                break
        return moment.root @ P @ moment.root.T

    @takes(motion=MOTION, modes=MODES)
    def variance(
        self, mode: Mode, *, learning_rate: float, motion: Motion = Motion.SGD, modes: Modes | None = None
    ) -> float:
        """The stationary variance of a mode of the linearised motion; raises as :meth:`covariance`."""
        u, v = mode_vectors(self.minimum.point, mode, modes)
        direction = np.kron(v, u)
        return float(direction @ self.covariance(learning_rate, motion) @ direction)
