r"""Small convolutional networks with symbols for weights: channels play the part of neurons.

Layers of one-dimensional convolutions with shared kernels, of stride 1 and without padding, and a linear read-out:

.. math::
    h^{(0)}_{c,i} = x_{c,i}, \qquad
    h^{(l)}_{p,i} = \sigma\Bigl(b^{(l)}_p + \sum_{c,\tau}w^{(l)}_{p,c,\tau}\,h^{(l-1)}_{c,i+\tau}\Bigr), \qquad
    f = v\,\mathrm{vec}\,h^{(m)} + a

A channel's own weights are its kernels on every channel below, its bias, and what reads it: the kernels of every
channel above on it, or its columns of the read-out. A kernel is shared by all positions, so the own weights of a
channel are few, and they reach every position of it.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Proposition 3.1, which is about fully connected
    layers; section 5 applies it to channels of VGG-16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from theory.errors import ShapeError
from theory.networks.layered import LayeredNetwork
from theory.values import expressions, listed, shown


@dataclass(frozen=True)
class Convolutional(LayeredNetwork):
    r"""A convolutional network; layers, channels, taps and positions are numbered from 1.

    Attributes:
        channels: :math:`(c_0, \dots, c_m)`: channels of the input and of the hidden layers.
        taps: Length of every kernel, at least 1.
        length: Length of the input.
        outputs: Number of outputs of the read-out.
        activation: :math:`\sigma`, applied to every hidden pre-activation.

    Raises:
        ShapeError: a size is not positive, or a layer would have no position left.

    Example:
        >>> net = Convolutional((1, 2), taps=2, length=3, outputs=1, activation=sp.tanh)
        >>> net.own_weights(1, 2)
        (w^(1)_211, w^(1)_212, b^(1)_2, v_121, v_122)
        >>> net.activities(net.inputs)[1][1, 0]
        tanh(b^(1)_2 + w^(1)_211*x_11 + w^(1)_212*x_12)
    """

    channels: tuple[int, ...]
    taps: int
    length: int
    outputs: int
    activation: Callable[[sp.Expr], sp.Expr]

    def __post_init__(self) -> None:
        sizes = (*listed(self.channels, "channels"), self.taps, self.length, self.outputs)
        if not all(type(size) is int for size in sizes) or not callable(self.activation):
            raise ShapeError(
                "channels, taps, length and outputs must be whole numbers and activation a function, got "
                f"{', '.join(map(shown, (*sizes, self.activation)))}."
            )
        if len(self.channels) < 2 or min(*self.channels, self.taps, self.outputs) < 1 or max(self.channels) > 9:
            raise ShapeError(
                "channels must hold at least two numbers from 1 to 9, taps and outputs must be at least 1, "
                f"got channels={self.channels}, taps={self.taps}, outputs={self.outputs}."
            )
        if self.positions(self.depth) < 1:
            raise ShapeError(
                f"length must be at least {self.depth * (self.taps - 1) + 1} for {self.depth} layers of kernels of "
                f"{self.taps} taps without padding, got {self.length}."
            )

    @property
    def depth(self) -> int:
        """Number of convolutional layers, m."""
        return len(self.channels) - 1

    def positions(self, layer: int) -> int:
        """Length of the activity of a layer."""
        return self.length - layer * (self.taps - 1)

    def kernel(self, layer: int, channel: int, below: int) -> tuple[sp.Symbol, ...]:
        r"""The kernel :math:`w^{(l)}_{p,c}` of a channel on one channel below."""
        return tuple(sp.Symbol(f"w^({layer})_{channel}{below}{tap + 1}", real=True) for tap in range(self.taps))

    def bias(self, layer: int, channel: int) -> sp.Symbol:
        r"""The bias :math:`b^{(l)}_p`, the same at every position."""
        return sp.Symbol(f"b^({layer})_{channel}", real=True)

    def reading(self, output: int, channel: int) -> tuple[sp.Symbol, ...]:
        """The weights by which an output reads a channel of the last layer, one per position."""
        return tuple(
            sp.Symbol(f"v_{output}{channel}{position + 1}", real=True) for position in range(self.positions(self.depth))
        )

    def output_bias(self, output: int) -> sp.Symbol:
        """The bias of an output."""
        return sp.Symbol(f"a_{output}", real=True)

    @property
    def weights(self) -> tuple[sp.Symbol, ...]:
        """Kernels and biases layer by layer, then the read-out and its biases."""
        found: list[sp.Symbol] = []
        for layer in range(1, self.depth + 1):
            hidden = range(1, self.channels[layer] + 1)
            found += [weight for p in hidden for weight in self.incoming(layer, p)]
            found += [self.bias(layer, p) for p in hidden]
        outputs = range(1, self.outputs + 1)
        found += [weight for o in outputs for c in range(1, self.channels[-1] + 1) for weight in self.reading(o, c)]
        found += [self.output_bias(o) for o in outputs]
        return tuple(found)

    @property
    def inputs(self) -> sp.ImmutableMatrix:
        """One sample's input, as symbols. Shape ``(c_0, length)``."""
        return sp.ImmutableMatrix(self.channels[0], self.length, lambda c, i: sp.Symbol(f"x_{c + 1}{i + 1}", real=True))

    @property
    def output_gradient(self) -> sp.ImmutableMatrix:
        """The gradient of an arbitrary loss in the outputs, as symbols. Shape ``(outputs, 1)``."""
        return sp.ImmutableMatrix(self.outputs, 1, lambda o, _: sp.Symbol(f"g_{o + 1}", real=True))

    def activities(self, inputs: sp.MatrixBase) -> list[sp.ImmutableMatrix]:
        r""":math:`h^{(0)}, \dots, h^{(m)}`, channels by positions."""
        given = expressions(inputs, "inputs")
        if given.shape != (self.channels[0], self.length):
            raise ShapeError(f"inputs must have shape {(self.channels[0], self.length)}, got {given.shape}.")
        h = [given]
        for layer in range(1, self.depth + 1):
            shape = self.channels[layer], self.positions(layer)
            h.append(
                sp.ImmutableMatrix(
                    *shape, lambda p, i, layer=layer: self.activation(self._preactivation(layer, p + 1, i, h[-1]))
                )
            )
        return h

    def _preactivation(self, layer: int, channel: int, position: int, below: sp.MatrixBase) -> sp.Expr:
        terms = (
            weight * below[c - 1, position + tap]
            for c in range(1, self.channels[layer - 1] + 1)
            for tap, weight in enumerate(self.kernel(layer, channel, c))
        )
        return self.bias(layer, channel) + sp.Add(*terms)

    def output(self, inputs: sp.MatrixBase) -> sp.ImmutableMatrix:
        r""":math:`f`. Shape ``(outputs, 1)``."""
        last = self.activities(inputs)[-1]
        rows = []
        for o in range(1, self.outputs + 1):
            read = (
                weight * last[c - 1, i]
                for c in range(1, self.channels[-1] + 1)
                for i, weight in enumerate(self.reading(o, c))
            )
            rows.append(self.output_bias(o) + sp.Add(*read))
        return sp.ImmutableMatrix(rows)

    def incoming(self, layer: int, channel: int) -> tuple[sp.Symbol, ...]:
        """All kernels of a channel."""
        below = range(1, self.channels[layer - 1] + 1)
        return tuple(weight for c in below for weight in self.kernel(layer, channel, c))

    def outgoing(self, layer: int, channel: int) -> tuple[sp.Symbol, ...]:
        """All weights that read a channel: kernels of the layer above, or the read-out."""
        if layer == self.depth:
            return tuple(weight for o in range(1, self.outputs + 1) for weight in self.reading(o, channel))
        above = range(1, self.channels[layer + 1] + 1)
        return tuple(weight for p in above for weight in self.kernel(layer + 1, p, channel))

    def own_weights(self, layer: int, channel: int) -> tuple[sp.Symbol, ...]:
        """Kernels, bias and outgoing weights of a hidden channel."""
        if not all(type(i) is int for i in (layer, channel)) or not (
            1 <= layer <= self.depth and 1 <= channel <= self.channels[layer]
        ):
            raise ShapeError(
                f"layer and channel must name a hidden channel of channels {self.channels}, "
                f"got ({shown(layer)}, {shown(channel)})."
            )
        return (*self.incoming(layer, channel), self.bias(layer, channel), *self.outgoing(layer, channel))
