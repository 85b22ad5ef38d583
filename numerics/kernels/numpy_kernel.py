"""Stepping kernels in NumPy: what runs where llvmlite is missing, and the naive twin of the compiled kernels in tests.

The same noise by address and the same step program, one array operation at a time; slower by one to two orders of
magnitude, and equal to the compiled kernel up to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.codegen.backends.numpy_ import BACKEND
from numerics.codegen.compile import CompiledProgram
from numerics.codegen.program import Program
from numerics.kernels.kernel import Address, SteppingKernel, StepSignature
from numerics.random.normal import standard_normals
from numerics.random.uniform import standard_uniforms

COLUMNS = 2**13
"""Trajectories advanced together, so that a state stays in the cache."""

NUMBERS = 2**19
"""Numbers of noise made at once."""


class NumpyKernel(SteppingKernel):
    """A step program run by NumPy. Build it by :func:`stepping_kernel`. ``threads`` makes no difference here."""

    def __init__(self, program: Program, signature: StepSignature) -> None:
        super().__init__(program, signature)
        self._step = CompiledProgram(program, BACKEND, "One step of a scheme.", None)

    def _advance(self, state: NDArray, parameters: NDArray, steps: NDArray, address: Address, threads: int) -> None:
        for first in range(0, state.shape[1], COLUMNS):
            window = slice(first, first + COLUMNS)
            values = parameters if parameters.ndim == 1 else parameters[:, window]
            trajectories = np.arange(state[:, window].shape[1], dtype=np.uint64)
            trajectories += np.uint64(address.first_trajectory + first)
            state[:, window] = self._advanced(state[:, window], values, steps, address, trajectories)

    def _advanced(
        self, state: NDArray, parameters: NDArray, steps: NDArray, address: Address, trajectories: NDArray[np.uint64]
    ) -> NDArray:
        layout = self.signature.layout
        # A state as scalars would let NumPy compute in another precision.
        x = [np.array(row) for row in state]
        at_once = max(1, NUMBERS // (max(1, layout.n_normals + layout.n_uniforms) * len(trajectories)))
        last = address.first_step + address.n_steps
        for first in range(address.first_step, last, at_once):
            place: dict[str, Any] = {
                "first_step": first,
                "n_steps": min(at_once, last - first),
                "n_normals": layout.n_normals,
                "n_uniforms": layout.n_uniforms,
                "width": layout.width,
                "stream": address.stream,
            }
            dtype = self.signature.dtype
            normals = standard_normals(address.seed, trajectories, **place).astype(dtype, copy=False)
            uniforms = standard_uniforms(address.seed, trajectories, **place, dtype=dtype.type)
            for z, u in zip(normals, uniforms, strict=True):
                x = list(self._step(*x, *parameters, *steps, *z, *u))
        return np.stack(x)


def stepping_kernel(
    step_program: Program,
    n_states: int,
    n_parameters: int,
    n_normals: int,
    precision: str,
    *,
    n_uniforms: int = 0,
) -> NumpyKernel:
    """The NumPy kernel of a step program; the same interface as the compiled one.

    Raises:
        ArgumentError: the sizes do not fit the program.
        UnsupportedFunctionError: NumPy has no counterpart of an operation.
    """
    return NumpyKernel(step_program, StepSignature(n_states, n_parameters, n_normals, precision, n_uniforms))
