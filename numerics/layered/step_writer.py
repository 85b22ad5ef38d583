r"""What the steps of all dynamics have in common: forward through the layers, the error at the top, and back down.

Layer l takes :math:`D_lH_{l-1}^\top` and hands :math:`F_l^\top D_l` on, times the derivative of the activation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from numerics.codegen.layer_builder import LayerBuilder
from numerics.codegen.layer_program import LayerProgram, NamedMatrix, Term
from numerics.codegen.lower import lower
from numerics.deep_linear.signal import Data
from numerics.layered.activations import backward_program, forward_program
from numerics.layered.dynamics import Dynamics
from numerics.layered.network import Activation, DenseNetwork
from numerics.layered.samples import matrices

Array = np.ndarray
FACTOR = sp.Symbol("factor", real=True)
"""The schedule's factor of a step."""


@dataclass(frozen=True, eq=False)
class LayerSteps:
    """What a run repeats.

    Attributes:
        program: One step.
        constants: Matrices that replicas share.
        numbers: The program's parameters: scalars, or vectors with one number per replica.
        first: What a replica carries beside its network at first, by name; zero where nothing is said.
    """

    program: LayerProgram
    constants: dict[str, Array]
    numbers: dict[str, Array]
    first: dict[str, Array]


@dataclass
class StepWriter(ABC):
    """Writes the program of one step."""

    network: DenseNetwork
    data: Data
    dynamics: Dynamics
    constants: dict[str, Array] = field(default_factory=dict)
    numbers: dict[str, Array] = field(default_factory=dict)
    first: dict[str, Array] = field(default_factory=dict)
    scalars: dict[str, sp.Expr] = field(default_factory=dict)

    def steps(self) -> LayerSteps:
        """What a run repeats."""
        self.prepare()
        self.builder = LayerBuilder([*self.network.weights, *self.companions()], matrices(self.constants))
        self.write()
        used = {symbol for scalar in self.scalars.values() for symbol in scalar.free_symbols} - {FACTOR}
        symbols = sorted(used, key=str)
        scalars = lower(list(self.scalars.values()), [*symbols, FACTOR])
        program = self.builder.program(scalars, list(self.scalars), [str(symbol) for symbol in symbols])
        numbers = {str(symbol): self.numbers[str(symbol)] for symbol in symbols}
        return LayerSteps(program, self.constants, numbers, self.first)

    @abstractmethod
    def prepare(self) -> None:
        """Constants and numbers."""

    @abstractmethod
    def write(self) -> None:
        """Instructions."""

    def companions(self) -> list[NamedMatrix]:
        """What a replica carries beside its weights."""
        return []

    def velocities(self) -> list[NamedMatrix]:
        """What momentum carries."""
        if not np.any(self.numbers.get("momentum", 0)):
            return []
        return [NamedMatrix(f"velocity of {matrix.name}", matrix.shape) for matrix in self.trained_weights()]

    def trained_weights(self) -> list[NamedMatrix]:
        """Weights and biases that move."""
        return [matrix for matrix in self.network.weights if int(matrix.name[1:]) in self.network.trained]

    def number(self, name: str, value: Array | float | None = None) -> sp.Symbol:
        """A parameter; its value is the dynamics' own unless given."""
        self.numbers[name] = self.dynamics.numbers()[name] if value is None else np.asarray(value, float)
        return sp.Symbol(name, nonnegative=True)

    def decay(self, l: int) -> sp.Expr:
        """The weight decay of a layer, a parameter where there is one."""
        value = self.network.weight_decay[l - 1]
        return self.number(f"decay{l}", value) if value else sp.S.Zero

    def scalar(self, name: str, expression: sp.Expr) -> str:
        """A scalar of the program."""
        self.scalars[name] = expression
        return name

    def kept(self, l: int, rate: sp.Expr) -> str | None:
        """What is left of a weight of layer l after its decay; None for all of it."""
        decay = self.decay(l)
        return self.scalar(f"keep{l}", 1 - rate * decay) if decay else None

    def forward(self, x: int) -> list[int]:
        """Outputs of all layers, the inputs first."""
        builder, network, h = self.builder, self.network, [x]
        for l in range(1, network.depth + 1):
            a = builder.product(f"W{l}", h[-1])
            if l in network.residual:
                a = builder.add(a, h[-1])
            if network.biases:
                a = builder.shift(a, f"b{l}")
            activation = network.activations[l - 1] if l < network.depth else Activation.LINEAR
            h.append(a if activation is Activation.LINEAR else builder.elementwise(forward_program(activation), a))
        return h

    def backward(self, h: list[int], D: int, update: Callable[[str, int, int | None], None]) -> None:
        """Hand D down from the top; ``update(weight, D, H)`` for each trained weight, without H for a bias."""
        builder, network = self.builder, self.network
        lowest = min(network.trained)
        for l in range(network.depth, lowest - 1, -1):
            down = builder.transposed_product(f"W{l}", D) if l > lowest else None
            if l in network.trained:
                update(f"W{l}", D, h[l - 1])
                if network.biases:
                    update(f"b{l}", D, None)
            if down is not None:
                if l in network.residual:
                    down = builder.add(down, D)
                activation = network.activations[l - 2]
                if activation is not Activation.LINEAR:
                    down = builder.elementwise(backward_program(activation), down, h[l - 1])
                D = down

    def add_update(self, target: str, D: int, H: int | None, *, keep: str | None = None, fresh: bool = False) -> None:
        """D H' for a matrix, the sum of the columns of D for a bias."""
        if H is None:
            self.builder.sum_update(target, D, keep=keep, fresh=fresh)
        else:
            self.builder.update(target, D, H, keep=keep, fresh=fresh)

    def descend(self, h: list[int], error: int, weight: sp.Expr, rate: sp.Expr) -> None:
        """A step of size ``rate`` along the gradient of ``weight`` times half the squared error; with momentum, too."""
        momentum = self.numbers.get("momentum", np.zeros(()))
        if not np.any(momentum):
            D = self.builder.scale(error, self.scalar("pull", rate * weight))
            self.backward(h, D, lambda name, D, H: self.add_update(name, D, H, keep=self.kept(int(name[1:]), rate)))
            return
        # The velocity has the sign of the step: v = -(momentum v + gradient).
        D = self.builder.scale(error, self.scalar("pull", weight))
        mu = self.scalar("momentum", sp.Symbol("momentum", nonnegative=True))
        self.backward(h, D, lambda name, D, H: self.add_update(f"velocity of {name}", D, H, keep=mu))
        step = self.scalar("rate", rate)
        for matrix in self.trained_weights():
            velocity, decay = f"velocity of {matrix.name}", self.decay(int(matrix.name[1:]))
            if decay:
                pull = self.scalar(f"decay{matrix.name[1:]}", -decay)
                self.builder.combine(velocity, Term(velocity), Term(matrix.name, pull))
            self.builder.combine(matrix.name, Term(matrix.name), Term(velocity, step))
