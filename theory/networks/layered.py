r"""What networks of layers have in common: own weights of a unit, and the sets that vanishing and identical units span.

A unit is a neuron of a feed-forward network or a channel of a convolutional one. The gradient of any differentiable
loss :math:`l(f_\theta(x))` is that of :math:`g\cdot f_\theta(x)` with the number :math:`g = \nabla l(f_\theta(x))`.
With :math:`x` and :math:`g` symbols, what holds for :attr:`LayeredNetwork.pulled_back_loss` holds for every loss and
every sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

import sympy as sp

from theory.symmetry.affine_set import AffineSet


class LayeredNetwork(ABC):
    """A network with symbols for weights whose hidden units are named by ``(layer, unit)``, both from 1."""

    @property
    @abstractmethod
    def weights(self) -> tuple[sp.Symbol, ...]:
        r"""All weights and biases :math:`\theta`."""

    @property
    @abstractmethod
    def inputs(self) -> sp.ImmutableMatrix:
        """One sample's input, as symbols."""

    @property
    @abstractmethod
    def output_gradient(self) -> sp.ImmutableMatrix:
        """The gradient of an arbitrary loss in the outputs, as symbols. Shape ``(outputs, 1)``."""

    @abstractmethod
    def output(self, inputs: sp.MatrixBase) -> sp.ImmutableMatrix:
        r""":math:`f_\theta(x)`. Shape ``(outputs, 1)``."""

    @abstractmethod
    def own_weights(self, layer: int, unit: int, /) -> tuple[sp.Symbol, ...]:
        """Incoming weights, bias and outgoing weights of a hidden unit.

        Raises:
            ShapeError: there is no such unit.
        """

    @cached_property
    def pulled_back_loss(self) -> sp.Expr:
        r""":math:`g\cdot f_\theta(x)`: its gradient in the weights is that of an arbitrary loss and sample."""
        return (self.output_gradient.T * self.output(self.inputs))[0]

    def sign_constraints(self, *units: tuple[int, int]) -> sp.ImmutableMatrix:
        """All own weights of each ``(layer, unit)``, which vanish on its sign set."""
        return sp.ImmutableMatrix([weight for unit in units for weight in self.own_weights(*unit)])

    def permutation_constraints(self, *pairs: tuple[int, int, int]) -> sp.ImmutableMatrix:
        """For each ``(layer, p, q)``, what vanishes where the own weights of two units of a layer agree."""
        return sp.ImmutableMatrix(
            [
                first - second
                for layer, p, q in pairs
                for first, second in zip(self.own_weights(layer, p), self.own_weights(layer, q), strict=True)
            ]
        )

    def affine_set(self, constraints: sp.MatrixBase) -> AffineSet:
        """The set of weights where ``constraints`` vanish."""
        return AffineSet(self.weights, constraints)
