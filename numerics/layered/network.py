r"""The networks that run as layer programs: widths, activations, biases, residual and frozen layers, weight decay.

.. math::
    a_l = F_lh_{l-1} + b_l, \qquad h_l = \phi_l(a_l), \qquad h_0 = x, \qquad f(x) = a_L, \qquad
    F_l = W_l \ \text{ or } \ I + W_l

The loss of a sample is :math:`\tfrac12|y - f(x)|^2`, the last layer has no activation, and layers are counted from 1.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Any

from numerics.arguments import YES_OR_NO, kind, real_number, require, whole_number
from numerics.codegen.layer_program import NamedMatrix
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.deep_linear.layers import LayeredLinear
from theory.values import shown

WIDEST = 100_000
"""Wider layers are refused."""


class Activation(StrEnum):
    """Functions of a hidden unit."""

    LINEAR = "linear"
    TANH = "tanh"
    RELU = "relu"
    """max(0, a), with derivative 0 at 0 as in PyTorch."""
    SOFTPLUS = "softplus"
    """log(1 + exp(a))."""


@dataclass(frozen=True)
class DenseNetwork:
    r"""A network of dense layers, without weights.

    Attributes:
        widths: :math:`(d_0, \dots, d_L)`: inputs, hidden layers, outputs.
        activations: One :class:`Activation` or its word for all hidden layers, or one for each.
        biases: Whether layers have biases :math:`b_l`.
        residual: Layers whose factor is :math:`I + W_l`.
        frozen: Layers that are not trained, weights and biases.
        weight_decay: :math:`\lambda_l` of the term :math:`\tfrac12\lambda_l(\|W_l\|_F^2 + |b_l|^2)` of the loss; one
            number for all layers, or one a layer.

    Raises:
        ArgumentError: a width, a layer or an activation is none, or a residual layer is not square.

    Example:
        >>> network = DenseNetwork((3, 16, 2), activations="tanh", biases=True)
        >>> [f"{matrix.name} {matrix.shape}" for matrix in network.weights]
        ['W1 (16, 3)', 'b1 (16, 1)', 'W2 (2, 16)', 'b2 (2, 1)']
    """

    widths: tuple[int, ...]
    _: KW_ONLY
    activations: Any = Activation.LINEAR
    biases: bool = False
    residual: tuple[int, ...] = ()
    frozen: tuple[int, ...] = ()
    weight_decay: Any = 0.0

    def __post_init__(self) -> None:
        widths = _sequence(self.widths, "widths")
        if len(widths) < 2:
            raise ArgumentError(f"widths must hold inputs and outputs at least, got {shown(self.widths)}.")
        widths = tuple(whole_number(width, "widths", at_least=1, below=WIDEST + 1) for width in widths)
        require(YES_OR_NO, self.biases, "biases")
        object.__setattr__(self, "widths", widths)
        object.__setattr__(self, "activations", self._one_each(self.activations, "activations", self.depth - 1))
        for name in ("residual", "frozen"):
            layers = {
                whole_number(l, name, at_least=1, below=self.depth + 1) for l in _sequence(getattr(self, name), name)
            }
            object.__setattr__(self, name, tuple(sorted(layers)))
        decays = self._one_each(self.weight_decay, "weight_decay", self.depth)
        object.__setattr__(self, "weight_decay", decays)
        for l in self.residual:
            if widths[l] != widths[l - 1]:
                raise ArgumentError(
                    f"residual must name square layers, but layer {l} has shape {(widths[l], widths[l - 1])}."
                )
        if not self.trained:
            raise ArgumentError("frozen must leave a layer to train, got all of them.")

    def _one_each(self, given: Any, name: str, count: int) -> tuple[Any, ...]:
        """``given`` for each of ``count`` layers, checked."""
        several = isinstance(given, list | tuple)
        if name == "activations" and not several:
            given = kind(Activation, given, name)
        entries = list(given) if several else [given] * count
        if name == "activations" and not count:
            return self._of_no_hidden_layer(entries if several else [given])
        if len(entries) != count:
            raise ArgumentError(f"{name} must be one, or one for each of {count} layers, got {len(entries)}.")
        if name == "activations":
            return tuple(kind(Activation, entry, name) for entry in entries)
        decays = tuple(real_number(entry, name) for entry in entries)
        if min(decays) < 0:
            raise ArgumentError(f"{name} must not be negative, got {min(decays):g}.")
        return decays

    def _of_no_hidden_layer(self, given: list[Any]) -> tuple[Any, ...]:
        """Refuse an activation that no layer would have."""
        if any(kind(Activation, entry, "activations") is not Activation.LINEAR for entry in given):
            raise ArgumentError(
                f"activations belong to hidden layers, of which widths={self.widths} has none: the last layer has no "
                "activation. Leave them out, or add a width."
            )
        return ()

    @classmethod
    def of_linear(cls, network: LayeredLinear) -> DenseNetwork:
        """The deep linear network of :mod:`theory.deep_linear.layers`."""
        require(one_of(LayeredLinear, needed="a LayeredLinear"), network, "network")
        decays = tuple(real_number(decay, "weight_decay") for decay in network.weight_decay)
        return cls(network.widths, residual=network.residual, frozen=network.frozen, weight_decay=decays)

    @property
    def depth(self) -> int:
        """The number of layers, L."""
        return len(self.widths) - 1

    @property
    def trained(self) -> tuple[int, ...]:
        """The layers that move."""
        return tuple(l for l in range(1, self.depth + 1) if l not in self.frozen)

    @property
    def is_linear(self) -> bool:
        """Whether the network is a product of matrices."""
        return not self.biases and all(each is Activation.LINEAR for each in self.activations)

    @property
    def weights(self) -> tuple[NamedMatrix, ...]:
        """Names and shapes of the weights, from the first layer up."""
        found = []
        for l in range(1, self.depth + 1):
            found.append(NamedMatrix(f"W{l}", (self.widths[l], self.widths[l - 1])))
            if self.biases:
                found.append(NamedMatrix(f"b{l}", (self.widths[l], 1)))
        return tuple(found)


def _sequence(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ArgumentError(f"{name} must be a sequence of whole numbers, got {shown(value)}.")
    return list(value)


NETWORK = one_of(DenseNetwork, LayeredLinear, needed="a DenseNetwork or a LayeredLinear")
"""A network as an argument."""


def as_dense_network(network: DenseNetwork | LayeredLinear) -> DenseNetwork:
    """The network, whichever of the two records describes it."""
    require(NETWORK, network, "network")
    return network if isinstance(network, DenseNetwork) else DenseNetwork.of_linear(network)
