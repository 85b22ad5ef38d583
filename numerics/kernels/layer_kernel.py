r"""Kernels of layer programs: what a time loop over many replicas of a small network takes and promises.

The state has one row per number that a replica carries (the entries of its weights, matrix by matrix, row by row) and
one column per replica. The noise of a replica at a step is addressed as everywhere (:mod:`numerics.random.layout`), so
cutting columns or steps into several calls changes no bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.arguments import kind
from numerics.codegen.backends.layers import ArrayStep, NumpyStep, TorchStep
from numerics.codegen.layer_program import LayerProgram
from numerics.errors import ArgumentError
from numerics.kernels.kernel import Address, Precision
from numerics.random.layout import Width, check_address
from numerics.random.normal import standard_normals
from numerics.random.uniform import standard_uniforms

Constants = Mapping[str, NDArray]
"""Shared matrices by name."""

NUMBERS_AT_ONCE = 2**20
"""Numbers of noise that the array kernels make in one go."""


class LayerKernel(ABC):
    """A layer program made ready to run over many replicas and steps.

    Attributes:
        program: One step.
        precision: Of state and noise.
    """

    def __init__(self, program: LayerProgram, precision: str) -> None:
        self.program = program
        self.precision = kind(Precision, precision, "precision")

    @property
    def dtype(self) -> np.dtype:
        """Type of state, parameters and constants."""
        return np.dtype(np.float32 if self.precision is Precision.FLOAT32 else np.float64)

    @property
    def width(self) -> Width:
        """Bits of a number of noise."""
        return 64 if self.precision is Precision.FLOAT64 else 32

    def advance(
        self,
        state: NDArray,
        parameters: NDArray,
        constants: Constants,
        factors: NDArray,
        *,
        seed: int,
        first_step: int = 0,
        first_trajectory: int = 0,
        stream: int = 0,
        threads: int = 1,
    ) -> None:
        """Replace ``state`` by the state ``len(factors)`` steps later.

        Args:
            state: Shape ``(program.size, n)``, C-contiguous, of type :attr:`dtype`. Changed in place.
            parameters: Shape ``(number of parameters, n)``.
            constants: Every constant of the program.
            factors: The schedule's factor of each step to take.
            seed: In ``[0, 2**64)``.
            first_step: Number of the first step.
            first_trajectory: Number of the first replica.
            stream: In ``[0, 2**32)``.
            threads: Threads to use.

        Raises:
            ArgumentError: an argument has the wrong shape or is outside its range.
        """
        n = state.shape[-1]
        address = Address(seed, stream, first_trajectory, first_step, len(factors))
        check_address(self.program.layout(self.width), **address.__dict__, n=n)
        if state.shape != (self.program.size, n) or state.dtype != self.dtype or not state.flags.c_contiguous:
            raise ArgumentError(
                f"state must be C-contiguous, of shape ({self.program.size}, n) and type {self.dtype}, "
                f"got shape {state.shape} and type {state.dtype}."
            )
        if parameters.shape != (len(self.program.parameters), n):
            raise ArgumentError(f"parameters must be {len(self.program.parameters)} rows of {n} numbers.")
        for matrix in self.program.constants:
            if matrix.name not in constants or constants[matrix.name].shape != matrix.shape:
                raise ArgumentError(f"constants must hold {matrix.name} of shape {matrix.shape}.")
        if n and len(factors):
            own = np.ascontiguousarray(parameters, self.dtype)
            shared = {name: np.ascontiguousarray(value, self.dtype) for name, value in constants.items()}
            self._advance(state, own, shared, np.ascontiguousarray(factors, self.dtype), address, threads)

    @abstractmethod
    def _advance(
        self,
        state: NDArray,
        parameters: NDArray,
        constants: Constants,
        factors: NDArray,
        address: Address,
        threads: int,
    ) -> None:
        """``advance`` after the checks, everything of type :attr:`dtype`."""


class ArrayLayerKernel(LayerKernel):
    """A layer program run by NumPy or PyTorch, one operation and one step at a time.

    What runs where llvmlite is missing or a replica does not fit the cache, and the plain twin of the fused kernel.
    """

    def __init__(self, program: LayerProgram, precision: str, step: ArrayStep) -> None:
        super().__init__(program, precision)
        self._step = step

    def _advance(
        self,
        state: NDArray,
        parameters: NDArray,
        constants: Constants,
        factors: NDArray,
        address: Address,
        threads: int,
    ) -> None:
        n = state.shape[1]
        weights, place = {}, 0
        for matrix in self.program.weights:
            size = matrix.shape[0] * matrix.shape[1]
            weights[matrix.name] = state[place : place + size].T.reshape(n, *matrix.shape).copy()
            place += size
        layout = self.program.layout(self.width)
        at_once = max(1, NUMBERS_AT_ONCE // (n * max(1, layout.n_normals + layout.n_uniforms)))
        weights = {name: self._array(value) for name, value in weights.items()}
        shared = {name: self._array(value) for name, value in constants.items()}
        own = [self._array(row) for row in parameters]
        with np.errstate(all="ignore"):
            for first in range(0, len(factors), at_once):
                some = factors[first : first + at_once]
                for factor, z, u in zip(some, *self._noise(address, first, len(some), n), strict=True):
                    self._step(weights, shared, own, float(factor), self._array(z), self._array(u))
        state[:] = np.concatenate([np.asarray(value).reshape(n, -1).T for value in weights.values()])

    def _noise(self, address: Address, first: int, n_steps: int, n: int) -> tuple[NDArray, NDArray]:
        layout = self.program.layout(self.width)
        replicas = np.arange(n, dtype=np.uint64) + np.uint64(address.first_trajectory)
        place: dict[str, Any] = {
            "first_step": address.first_step + first,
            "n_steps": n_steps,
            "n_normals": layout.n_normals,
            "n_uniforms": layout.n_uniforms,
            "width": self.width,
            "stream": address.stream,
        }
        normals = standard_normals(address.seed, replicas, **place).astype(self.dtype, copy=False)
        return normals, standard_uniforms(address.seed, replicas, **place, dtype=self.dtype.type)

    def _array(self, value: NDArray) -> NDArray:
        if isinstance(self._step, TorchStep):
            import torch

            return torch.from_numpy(np.ascontiguousarray(value))  # pyright: ignore[reportReturnType]
        return value


def numpy_layer_kernel(program: LayerProgram, precision: str) -> ArrayLayerKernel:
    """The plain twin in NumPy."""
    return ArrayLayerKernel(program, precision, NumpyStep(program))


def torch_layer_kernel(program: LayerProgram, precision: str) -> ArrayLayerKernel:
    """The same by batched products of PyTorch."""
    return ArrayLayerKernel(program, precision, TorchStep(program))
