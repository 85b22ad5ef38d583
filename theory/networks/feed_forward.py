r"""Small feed-forward networks with symbols for weights, and the sets that vanishing and identical neurons span.

.. math::
    h^{(0)} = x, \qquad
    h^{(l)} = \sigma\bigl(w^{(l)}h^{(l-1)} + b^{(l)}\bigr) + \sum_{(k, l) \in \text{skips}} h^{(k)}, \qquad
    f_\theta(x) = w^{(m)}h^{(m-1)} + b^{(m)}

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Eq. (1), Propositions 3.1, 3.2, Appendix H.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from theory.errors import ShapeError
from theory.networks.layered import LayeredNetwork
from theory.values import column, count, listed, shown


@dataclass(frozen=True)
class FeedForward(LayeredNetwork):
    r"""A feed-forward network with symbols for weights; layers and neurons are numbered from 1, as in the paper.

    Attributes:
        widths: :math:`(n_0, \dots, n_m)`: inputs, hidden layers, outputs.
        activation: :math:`\sigma`, applied to every hidden pre-activation.
        skips: Pairs :math:`(k, l)` of hidden layers: :math:`h^{(k)}` is added to :math:`h^{(l)}`.
        biased: Whether neurons and outputs have biases.

    Example:
        >>> net = FeedForward((1, 2, 1), sp.tanh)
        >>> net.depth, len(net.weights), net.incoming(1, 2), net.outgoing(1, 2)
        (2, 7, (w^(1)_21,), (w^(2)_12,))
    """

    widths: tuple[int, ...]
    activation: Callable[[sp.Expr], sp.Expr]
    skips: tuple[tuple[int, int], ...] = ()
    biased: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.widths, tuple) or not all(type(width) is int for width in self.widths):
            raise ShapeError(f"widths must be a tuple of integers such as (1, 2, 1), got {shown(self.widths)}.")
        if len(self.widths) < 2 or min(self.widths) < 1 or max(self.widths) > 9:
            raise ShapeError(f"widths must hold at least two numbers from 1 to 9, got {self.widths}.")
        if not callable(self.activation) or not isinstance(self.biased, bool):
            raise ShapeError(
                f"activation must be a function and biased a truth value, got activation={shown(self.activation)} and "
                f"biased={shown(self.biased)}."
            )
        for pair in listed(self.skips, "skips"):
            if not isinstance(pair, tuple) or len(pair) != 2 or not all(type(layer) is int for layer in pair):
                raise ShapeError(f"skips must hold pairs of hidden layers, got {shown(pair)}.")
            first, last = pair
            if not 1 <= first < last < self.depth or self.widths[first] != self.widths[last]:
                raise ShapeError(f"skips must join two hidden layers of equal width, forwards, got {(first, last)}.")

    @property
    def depth(self) -> int:
        """Number of weight matrices, m."""
        return len(self.widths) - 1

    def weight_matrix(self, layer: int) -> sp.ImmutableMatrix:
        r"""The matrix :math:`w^{(l)}`. Shape ``(n_l, n_{l-1})``."""
        shape = self.widths[layer], self.widths[layer - 1]
        return sp.ImmutableMatrix(*shape, lambda p, q: sp.Symbol(f"w^({layer})_{p + 1}{q + 1}", real=True))

    def biases(self, layer: int) -> sp.ImmutableMatrix:
        r"""The vector :math:`b^{(l)}`, 0 in a network without biases. Shape ``(n_l, 1)``."""
        if not self.biased:
            return sp.ImmutableMatrix.zeros(self.widths[layer], 1)
        return sp.ImmutableMatrix(self.widths[layer], 1, lambda p, _: sp.Symbol(f"b^({layer})_{p + 1}", real=True))

    @property
    def weights(self) -> tuple[sp.Symbol, ...]:
        r""":math:`\theta = (w^{(1)}, b^{(1)}, \dots)`, each matrix row by row."""
        return tuple(
            entry
            for layer in range(1, self.depth + 1)
            for entry in (*self.weight_matrix(layer), *(self.biases(layer) if self.biased else ()))
        )

    @property
    def inputs(self) -> sp.ImmutableMatrix:
        """One sample's input, as symbols. Shape ``(n_0, 1)``."""
        return sp.ImmutableMatrix(self.widths[0], 1, lambda i, _: sp.Symbol(f"x_{i + 1}", real=True))

    @property
    def output_gradient(self) -> sp.ImmutableMatrix:
        """The gradient of an arbitrary loss in the outputs, as symbols. Shape ``(n_m, 1)``."""
        return sp.ImmutableMatrix(self.widths[-1], 1, lambda i, _: sp.Symbol(f"g_{i + 1}", real=True))

    def preactivation(self, layer: int, below: sp.MatrixBase) -> sp.ImmutableMatrix:
        r""":math:`w^{(l)}h^{(l-1)} + b^{(l)}` for the activity ``below``."""
        return sp.ImmutableMatrix(self.weight_matrix(layer) * below + self.biases(layer))

    def activities(self, inputs: sp.MatrixBase) -> list[sp.ImmutableMatrix]:
        r""":math:`h^{(0)}, \dots, h^{(m-1)}`."""
        given = column(inputs, "inputs")  # type: ignore[arg-type]
        if given.rows != self.widths[0]:
            raise ShapeError(f"inputs must hold {self.widths[0]} expressions, got {given.rows}.")
        h = [given]
        for layer in range(1, self.depth):
            active = self.preactivation(layer, h[-1]).applyfunc(self.activation)
            for first, last in self.skips:
                if last == layer:
                    active += h[first]
            h.append(active)
        return h

    def output(self, inputs: sp.MatrixBase) -> sp.ImmutableMatrix:
        r""":math:`f_\theta(x)`."""
        return self.preactivation(self.depth, self.activities(inputs)[-1])

    def incoming(self, layer: int, neuron: int) -> tuple[sp.Symbol, ...]:
        r""":math:`w_{\mathrm{in},p}^{(l)}`: the weights in the pre-activation of a neuron, by the neuron below."""
        count(layer, "layer", at_least=1, at_most=self.depth)
        count(neuron, "neuron", at_least=1, at_most=self.widths[layer])
        below = sp.symbols(f"h_1:{self.widths[layer - 1] + 1}")
        preactivation = self.preactivation(layer, sp.Matrix(below))[neuron - 1]
        return tuple(sp.diff(preactivation, h) for h in below)

    def outgoing(self, layer: int, neuron: int) -> tuple[sp.Symbol, ...]:
        r""":math:`w_{\mathrm{out},p}^{(l+1)}`: the weights by which a neuron enters layer ``layer + 1``."""
        count(layer, "layer", at_least=0, at_most=self.depth - 1)
        count(neuron, "neuron", at_least=1, at_most=self.widths[layer])
        below = sp.symbols(f"h_1:{self.widths[layer] + 1}")
        above = self.preactivation(layer + 1, sp.Matrix(below))
        return tuple(sp.diff(preactivation, below[neuron - 1]) for preactivation in above)

    def own_weights(self, layer: int, neuron: int) -> tuple[sp.Symbol, ...]:
        """Incoming weights, bias and outgoing weights of a hidden neuron."""
        if not all(type(i) is int for i in (layer, neuron)) or not (
            1 <= layer < self.depth and 1 <= neuron <= self.widths[layer]
        ):
            raise ShapeError(
                f"layer and neuron must name a hidden neuron of widths {self.widths}, "
                f"got ({shown(layer)}, {shown(neuron)})."
            )
        bias = self.biases(layer)[neuron - 1 : neuron] if self.biased else ()
        return (*self.incoming(layer, neuron), *bias, *self.outgoing(layer, neuron))

    @property
    def hidden_neurons(self) -> list[tuple[int, int]]:
        """Every ``(layer, neuron)``."""
        return [(layer, p) for layer in range(1, self.depth) for p in range(1, self.widths[layer] + 1)]

    def sign_sets(self) -> set[sp.ImmutableMatrix]:
        """The distinct sign invariant sets of single neurons, as projectors."""
        return {self.affine_set(self.sign_constraints(neuron)).projector for neuron in self.hidden_neurons}

    def permutation_sets(self) -> set[sp.ImmutableMatrix]:
        """The distinct permutation invariant sets of pairs of neurons of a layer, as projectors; order is tried too."""
        pairs = [
            (layer, p, q)
            for layer in range(1, self.depth)
            for p, q in itertools.permutations(range(1, self.widths[layer] + 1), 2)
        ]
        return {self.affine_set(self.permutation_constraints(pair)).projector for pair in pairs}

    def sign_flip(self, layer: int, neuron: int) -> sp.ImmutableMatrix:
        """The matrix Q that changes the sign of a neuron's own weights."""
        own = set(self.own_weights(layer, neuron))
        return sp.ImmutableMatrix(sp.diag(*(-1 if weight in own else 1 for weight in self.weights)))

    def exchange(self, layer: int, p: int, q: int) -> sp.ImmutableMatrix:
        """The matrix Q that exchanges the own weights of two neurons of a layer."""
        count(layer, "layer", at_least=1, at_most=self.depth - 1)
        for name, neuron in (("p", p), ("q", q)):
            count(neuron, name, at_least=1, at_most=self.widths[layer])
        first, second = self.own_weights(layer, p), self.own_weights(layer, q)
        partner = dict(zip(first + second, second + first, strict=True))
        return sp.ImmutableMatrix(
            [[int(partner.get(row, row) == column) for column in self.weights] for row in self.weights]
        )
