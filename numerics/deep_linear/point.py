r"""A deep linear network at one point of weights: products of layers, Jacobians, gradients.

With :math:`W_{>l}`, :math:`W_{<l}` the products above and below layer l and :math:`C = E[(y - Wx)x^\top]`,

.. math::
    J_l = \frac{\partial\,\mathrm{vec}\,W}{\partial\,\mathrm{vec}\,W_l} = W_{<l}^\top\otimes W_{>l}, \qquad
    G_l = \nabla_{W_l}L = -W_{>l}^\top\,C\,W_{<l}^\top + \lambda_lW_l .

vec is column-major. The paper prints :math:`W_{<l}^\top\otimes W_{>l}^\top`, whose shape does not fit.

References:
    "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Proposition 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from numerics.arguments import real_array
from numerics.deep_linear.signal import Data, DataSet, NoisyTeacher, Signal
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.deep_linear.layers import LayeredLinear

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class LayeredPoint:
    r"""A network, its data and its weights.

    Attributes:
        network: The architecture.
        data: A :class:`~numerics.deep_linear.signal.NoisyTeacher` or a :class:`~numerics.deep_linear.signal.DataSet`.
        weights: :math:`W_1, \dots, W_L`, of the shapes ``network.shapes``.

    Raises:
        ArgumentError: a weight, the teacher or the data do not fit the widths.

    Example:
        >>> data = NoisyTeacher([[1.0]], label_covariance=0.25)
        >>> point = LayeredPoint(LayeredLinear((1, 1, 1)), data, ([[0.5]], [[0.4]]))
        >>> point.gradient(1)
        array([[-0.32]])
    """

    network: LayeredLinear
    data: Data
    weights: tuple[Array, ...]

    def __post_init__(self) -> None:
        network, data = self.network, self.data
        if not isinstance(network, LayeredLinear):
            raise ArgumentError(f"network must be a LayeredLinear, got {type(network).__name__}.")
        if not isinstance(data, NoisyTeacher | DataSet):
            raise ArgumentError(f"data must be a NoisyTeacher or a DataSet, got {type(data).__name__}.")
        wanted = (network.widths[-1], network.widths[0])
        if data.teacher.shape != wanted:
            raise ArgumentError(
                f"the teacher must map the {wanted[1]} inputs of widths={network.widths} to its {wanted[0]} outputs, "
                f"shape {wanted}, got shape {data.teacher.shape}. Transpose it, or change widths."
            )
        object.__setattr__(self, "weights", checked_weights(network, self.weights))

    @cached_property
    def factors(self) -> tuple[Array, ...]:
        r"""The factors :math:`F_l`: :math:`W_l`, or :math:`I + W_l` where the layer is residual."""
        residual = self.network.residual
        return tuple(W + np.eye(len(W)) if l in residual else W for l, W in enumerate(self.weights, 1))

    @cached_property
    def _above(self) -> tuple[Array, ...]:
        products = [np.eye(self.network.widths[-1])]
        for F in reversed(self.factors[1:]):
            products.append(products[-1] @ F)
        return tuple(reversed(products))

    @cached_property
    def _below(self) -> tuple[Array, ...]:
        products = [np.eye(self.network.widths[0])]
        for F in self.factors[:-1]:
            products.append(F @ products[-1])
        return tuple(products)

    def above(self, l: int) -> Array:
        r""":math:`W_{>l}`, the product of the layers above. Shape ``(d_L, d_l)``."""
        return self._above[self.network.layer(l, "l") - 1]

    def below(self, l: int) -> Array:
        r""":math:`W_{<l}`, the product of the layers below. Shape ``(d_{l-1}, d_0)``."""
        return self._below[self.network.layer(l, "l") - 1]

    def between(self, l: int, m: int) -> Array:
        r""":math:`F_{l-1}\cdots F_{m+1}` for :math:`l > m`, the layers strictly between. Shape ``(d_{l-1}, d_m)``."""
        if not self.network.layer(l, "l") > self.network.layer(m, "m"):
            raise ArgumentError(f"l must be above m, got l={l}, m={m}. Exchange them and transpose.")
        product = np.eye(self.network.widths[m])
        for F in self.factors[m : l - 1]:
            product = F @ product
        return product

    @cached_property
    def map(self) -> Array:
        r"""The map :math:`W = F_L\cdots F_1`. Shape ``(d_L, d_0)``."""
        return self._above[0] @ self.factors[0]

    @cached_property
    def signal(self) -> Signal:
        r"""The law of :math:`T = (y - Wx)x^\top` here."""
        return self.data.signal(self.map)

    @property
    def loss(self) -> float:
        """The mean loss with the term of weight decay."""
        decays = zip(self.network.weight_decay, self.weights, strict=True)
        return self.data.loss(self.map) + sum(float(decay) * float(np.sum(W**2)) for decay, W in decays) / 2

    def jacobian(self, l: int) -> Array:
        r""":math:`J_l = W_{<l}^\top\otimes W_{>l}`. Shape ``(d_L d_0, d_l d_{l-1})``."""
        return np.kron(self.below(l).T, self.above(l))

    def gradient(self, l: int) -> Array:
        r""":math:`G_l = -W_{>l}^\top CW_{<l}^\top + \lambda_lW_l`; zero for a frozen layer, which does not move."""
        W = self.weights[self.network.layer(l, "l") - 1]
        if l in self.network.frozen:
            return np.zeros_like(W)
        return float(self.network.weight_decay[l - 1]) * W - self.above(l).T @ self.signal.mean @ self.below(l).T

    @property
    def gradients(self) -> tuple[Array, ...]:
        r"""The gradients :math:`G_1, \dots, G_L`."""
        return tuple(self.gradient(l) for l in range(1, self.network.depth + 1))

    def moved(self, steps: Sequence[Array]) -> LayeredPoint:
        """The point with the matrices ``steps`` added to the weights."""
        changes = checked_weights(self.network, steps, "steps")
        return LayeredPoint(self.network, self.data, tuple(W + d for W, d in zip(self.weights, changes, strict=True)))


POINT = one_of(LayeredPoint, needed="a LayeredPoint")
"""A point as an argument."""


def checked_weights(network: LayeredLinear, weights: Any, name: str = "weights") -> tuple[Array, ...]:
    """``weights`` as float64 matrices of the shapes of ``network``.

    Raises:
        ArgumentError: a number or a shape of them does not fit.
    """
    if not isinstance(weights, list | tuple) or len(weights) != network.depth:
        got = f"{len(weights)}" if isinstance(weights, list | tuple) else type(weights).__name__
        raise ArgumentError(f"{name} must be a sequence of {network.depth} matrices, one a layer, got {got}.")
    arrays = tuple(real_array(W, f"{name}[{l}]") for l, W in enumerate(weights))
    for l, (W, shape) in enumerate(zip(arrays, network.shapes, strict=True)):
        if W.shape != shape:
            raise ArgumentError(
                f"{name}[{l}] must have shape {shape}, so that layer {l + 1} chains {network.widths[l]} to "
                f"{network.widths[l + 1]} units (widths={network.widths}), got {W.shape}."
            )
    return arrays
