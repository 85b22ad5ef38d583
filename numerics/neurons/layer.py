r"""A hidden layer of a network: which entries of which parameters belong to each of its neurons.

A neuron's own parameters are what the sign and permutation sets of the stochastic-collapse paper are made of:
incoming weights, bias, parameters of a normalisation, outgoing weights. In a residual stream one neuron has several
producers and many consumers, and all of them count (Propositions H.1 and H.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from numerics.arguments import real_array, takes
from numerics.errors import ArgumentError
from theory.argument_kinds import ArgumentKind
from theory.values import shown

_NUMBERS = ArgumentKind(
    "an array of numbers of NumPy", lambda value: isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
)
Role = Literal["incoming", "bias", "normalisation", "outgoing"]


@dataclass(frozen=True)
class Part:
    """A parameter tensor in which each neuron of a layer owns some slices along one axis.

    Attributes:
        role: What the slices are to the neuron.
        parameter: Name of the tensor, as in ``model.named_parameters()``.
        axis: The axis along which neurons are told apart: 0 for incoming weights, 1 for outgoing ones.
        indices: Slices of each neuron. Shape ``(n, k)``; k > 1 where a channel was flattened into k features.
    """

    role: Role
    parameter: str
    axis: int
    indices: np.ndarray

    @takes(tensor=_NUMBERS)
    def slices(self, tensor: np.ndarray) -> np.ndarray:
        """What each neuron owns of ``tensor``, flattened. Shape ``(n, k * size of a slice)``."""
        if tensor.ndim <= self.axis or tensor.shape[self.axis] <= self.indices.max(initial=-1):
            raise ArgumentError(
                f"{self.parameter} has shape {tensor.shape}, too small for this layer. Trace the network again."
            )
        return np.moveaxis(tensor, self.axis, 0)[self.indices].reshape(len(self.indices), -1)


@dataclass(frozen=True)
class Neurons:
    """The vectors of a layer's neurons, one a row.

    Attributes:
        incoming: Incoming weights. Shape ``(n, d_in)``.
        own: Biases and normalisation parameters; no column if there are none. Shape ``(n, d_own)``.
        outgoing: Outgoing weights. Shape ``(n, d_out)``.
    """

    incoming: np.ndarray
    own: np.ndarray
    outgoing: np.ndarray

    @property
    def incoming_and_own(self) -> np.ndarray:
        """What a neuron's activity depends on: incoming weights, bias, normalisation."""
        return np.concatenate([self.incoming, self.own], axis=1)

    @property
    def concatenated(self) -> np.ndarray:
        """All of it; two rows agree exactly on the permutation invariant set of two neurons."""
        return np.concatenate([self.incoming, self.own, self.outgoing], axis=1)


@dataclass(frozen=True)
class HiddenLayer:
    """One hidden layer, or one residual stream.

    Attributes:
        producers: Names of the modules whose outputs the neurons are, in the order of evaluation.
        consumers: Names of the modules that read them.
        parts: All parameters that belong to the neurons.
        exchangeable: A label per neuron: neurons with different labels, as in different groups of a group
            normalisation, cannot be exchanged. Shape ``(n,)``.
    """

    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    parts: tuple[Part, ...]
    exchangeable: np.ndarray

    @property
    def name(self) -> str:
        """The producers, joined."""
        return " + ".join(self.producers)

    @property
    def width(self) -> int:
        """Number of neurons."""
        return len(self.exchangeable)

    def neurons(self, parameters: Mapping[str, np.ndarray]) -> Neurons:
        """The vectors of the neurons for given ``parameters``.

        Raises:
            ArgumentError: a parameter is missing or too small.
        """
        if not isinstance(parameters, Mapping):
            raise ArgumentError(f"parameters must map names to arrays, got {shown(parameters)}.")
        missing = sorted({part.parameter for part in self.parts} - set(parameters))
        if missing:
            raise ArgumentError(f"parameters must hold {missing} for layer {self.name}, got {sorted(parameters)[:8]}.")

        def gathered(*roles: Role) -> np.ndarray:
            slices = [
                part.slices(real_array(parameters[part.parameter], f"parameters[{part.parameter!r}]", finite=False))
                for part in self.parts
                if part.role in roles
            ]
            return np.concatenate([np.zeros((self.width, 0)), *slices], axis=1)

        return Neurons(gathered("incoming"), gathered("bias", "normalisation"), gathered("outgoing"))
