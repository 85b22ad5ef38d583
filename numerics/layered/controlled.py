r"""The mean of a mode at the end of training, of order :math:`\eta`, read off noise of the same order.

The mode itself fluctuates by :math:`\sqrt\eta`. In the stationary law the mean of a step vanishes, :math:`E\,\nabla L =
0`, so any fixed multiple of the gradient may be taken off. With the Hessian H of a minimum and the sensitivity a of the
mode there,

.. math::
    w_\alpha(\theta) - c\cdot\nabla L(\theta), \qquad c = H^+a ,

what is left fluctuates in second order of :math:`\theta - \theta_*` only, by :math:`\eta`: a run of the same length
sees the mean as sharply as one :math:`1/\eta` times as long. A wrong c costs variance, never truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from numerics.arguments import require
from numerics.deep_linear.curvature import loss_hessian, matrices_of, trained_jacobian
from numerics.deep_linear.minima import FLAT, Minimum
from numerics.deep_linear.modes import Modes
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.values import shown

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class ControlledMode:
    r"""The amplitude :math:`w_{\alpha\beta}` less the multiple of the mean gradient that follows it near a minimum.

    Its mean is that of the mode once the weights are stationary; on the way there it differs by the mean step.

    Attributes:
        minimum: Where training ends.
        modes: The frames of the modes.
        mode: An index, or a pair for a cross mode.

    Example:
        >>> from numerics.deep_linear import LayeredPoint, NoisyTeacher
        >>> from theory.deep_linear import LayeredLinear
        >>> one = LayeredPoint(LayeredLinear((1, 1)), NoisyTeacher([[2.0]]), ([[2.0]],))
        >>> mode = ControlledMode(Minimum(one), Modes(np.eye(1), np.eye(1)), 0)
        >>> mode({"W1": np.array([[[1.5]], [[2.5]]])})  # the gap is the gradient: nothing fluctuates
        array([2., 2.])
    """

    minimum: Minimum
    modes: Modes
    mode: int | tuple[int, int]

    def __post_init__(self) -> None:
        require(one_of(Minimum, needed="a Minimum"), self.minimum, "minimum")
        require(one_of(Modes, needed="a Modes"), self.modes, "modes")
        self.modes.pair(self.mode)

    def _layers(self, weights: Mapping[str, Array]) -> list[Array]:
        """The weights of all replicas, layer by layer."""
        shapes = {f"W{l}": W.shape for l, W in enumerate(self.minimum.point.weights, 1)}
        found: list[Any] = [weights.get(name) for name in shapes] if isinstance(weights, Mapping) else []
        fit = [isinstance(W, np.ndarray) and W.shape[1:] == s for W, s in zip(found, shapes.values(), strict=False)]
        if not fit or not all(fit):
            asked = ", ".join(f"{name} of shape (replicas, {d}, {c})" for name, (d, c) in shapes.items())
            raise ArgumentError(f"weights must map names to arrays: {asked}; got {shown(weights)}.")
        return found

    def __call__(self, weights: Mapping[str, Array]) -> Array:
        """One number per replica.

        Raises:
            ArgumentError: ``weights`` lacks a layer, or its arrays do not fit the network.
        """
        point = self.minimum.point
        network, (u, v) = point.network, self.modes.pair(self.mode)
        layers = self._layers(weights)
        factors = [W + np.eye(W.shape[1]) if l in network.residual else W for l, W in enumerate(layers, 1)]
        below = [np.broadcast_to(np.eye(network.widths[0]), (len(layers[0]),) + (network.widths[0],) * 2)]
        for F in factors:
            below.append(F @ below[-1])
        amplitude = np.einsum("i,nij,j->n", u, below[-1], v)
        pull = self._cross - below[-1] @ point.data.input_moment()
        for l in range(network.depth, 0, -1):
            if l in network.trained:
                gradient = float(network.weight_decay[l - 1]) * layers[l - 1] - pull @ below[l - 1].swapaxes(1, 2)
                amplitude = amplitude - (self._multiples[l - 1] * gradient).sum((1, 2))
            pull = factors[l - 1].swapaxes(1, 2) @ pull
        return amplitude

    @cached_property
    def _cross(self) -> Array:
        r""":math:`E\,yx^\top`, so that the mean signal is that minus :math:`W\,E\,xx^\top`."""
        point = self.minimum.point
        return point.signal.mean + point.map @ point.data.input_moment()

    @cached_property
    def _multiples(self) -> list[Array]:
        """c, one matrix a layer."""
        point, (u, v) = self.minimum.point, self.modes.pair(self.mode)
        inverse = np.linalg.pinv(loss_hessian(point), rcond=FLAT, hermitian=True)
        return list(matrices_of(point, inverse @ trained_jacobian(point).T @ np.kron(v, u)))
