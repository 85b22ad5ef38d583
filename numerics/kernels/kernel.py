r"""Stepping kernels: what a compiled time loop takes and promises, whichever backend runs it.

A *step program* computes the new state :math:`x'` of one step from, in this order, the state :math:`x`, the parameters
:math:`p`, the step :math:`h`, its root :math:`\sqrt h`, independent standard normals :math:`z` and uniforms
:math:`u` on (0, 1). Any one-step scheme
is such a program, and so are running statistics: a maximum is one more state with :math:`m' = \max(m, x')`, a count one
with :math:`c' = c + 1_{\text{event}}`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from numerics.arguments import kind
from numerics.codegen.lower import lower
from numerics.codegen.program import Instruction, Program
from numerics.errors import ArgumentError
from numerics.random.layout import NoiseLayout, check_address


class Precision(StrEnum):
    """Floating-point types of a kernel: of state and parameters, and of the normals."""

    FLOAT32 = "float32"
    MIXED = "mixed"
    """float64 state, float32 normals."""
    FLOAT64 = "float64"


PRECISIONS = tuple(Precision)


def step_program(
    update: Sequence[sp.Expr],
    *,
    state: Sequence[sp.Symbol],
    parameters: Sequence[sp.Symbol],
    step: sp.Symbol,
    root_step: sp.Symbol,
    normals: Sequence[sp.Symbol],
    uniforms: Sequence[sp.Symbol] = (),
) -> Program:
    """The step program of an update rule, one expression per state.

    The same as ``lower(update, [*state, *parameters, step, root_step, *normals, *uniforms])``, with the
    operations grouped so that what depends on parameters and the step alone is computed once, outside the time loop.
    """
    signature = [*state, *parameters, step, root_step, *normals, *uniforms]
    order = [*state, *normals, *uniforms, *parameters, step, root_step]
    program = lower(update, order)
    place = [signature.index(symbol) for symbol in order]
    instructions = tuple(
        Instruction("argument", value=place[entry.value])
        if entry.value is not None and entry.op == "argument"
        else entry
        for entry in program.instructions
    )
    return Program(tuple(map(str, signature)), instructions, program.outputs)


@dataclass(frozen=True)
class StepSignature:
    """The sizes of a stepping kernel.

    Attributes:
        n_states: States, d, at least 1.
        n_parameters: Parameters, P.
        n_normals: Standard normals per step, m.
        precision: A :class:`Precision`, or its word.
        n_uniforms: Uniforms on (0, 1) per step, l.

    Raises:
        ArgumentError: a size or the precision is none.
    """

    n_states: int
    n_parameters: int
    n_normals: int
    precision: str
    n_uniforms: int = 0

    def __post_init__(self) -> None:
        if self.n_states < 1 or min(self.n_parameters, self.n_normals, self.n_uniforms) < 0:
            raise ArgumentError(
                "a kernel needs n_states >= 1, n_parameters >= 0, n_normals >= 0 and n_uniforms >= 0, "
                f"got {self.n_states}, {self.n_parameters}, {self.n_normals}, {self.n_uniforms}."
            )
        object.__setattr__(self, "precision", kind(Precision, self.precision, "precision"))

    @property
    def dtype(self) -> np.dtype:
        """Type of state and parameters."""
        return np.dtype(np.float32 if self.precision is Precision.FLOAT32 else np.float64)

    @cached_property
    def layout(self) -> NoiseLayout:
        """Where the noise of a step lies among the blocks of the generator."""
        return NoiseLayout(self.n_normals, 64 if self.precision is Precision.FLOAT64 else 32, self.n_uniforms)

    def check(self, program: Program) -> None:
        """Refuse a program with other numbers of arguments or outputs.

        Raises:
            ArgumentError: says which.
        """
        expected = self.n_states + self.n_parameters + 2 + self.n_normals + self.n_uniforms
        if len(program.arguments) != expected:
            raise ArgumentError(
                f"step_program must take {self.n_states} states, {self.n_parameters} parameters, the step, its root, "
                f"{self.n_normals} normals and {self.n_uniforms} uniforms: {expected} arguments, "
                f"got {len(program.arguments)} ({', '.join(program.arguments)})."
            )
        if len(program.outputs) != self.n_states:
            raise ArgumentError(
                f"step_program must give {self.n_states} new states, got {len(program.outputs)} outputs. "
                "Return unchanged states, too."
            )


@dataclass(frozen=True)
class Address:
    """Which noise a call uses: see ``numerics.random.layout``."""

    seed: int
    stream: int
    first_trajectory: int
    first_step: int
    n_steps: int


class SteppingKernel(ABC):
    """A step program made ready to run over many trajectories and steps.

    Attributes:
        program: The step program.
        signature: Its sizes.
    """

    def __init__(self, program: Program, signature: StepSignature) -> None:
        signature.check(program)
        self.program = program
        self.signature = signature

    def advance(
        self,
        state: NDArray[np.floating],
        parameters: ArrayLike,
        *,
        step: float,
        n_steps: int,
        seed: int,
        first_step: int = 0,
        first_trajectory: int = 0,
        stream: int = 0,
        threads: int = 1,
    ) -> None:
        r"""Replace ``state`` by the state ``n_steps`` steps later.

        Column ``j`` is trajectory ``first_trajectory + j`` at step ``first_step``. Its noise depends on ``seed``,
        ``stream``, trajectory and step alone, so cutting the columns or the steps into several calls, or using
        more threads, changes no bit of the result.

        Args:
            state: Shape ``(d, n)``, C-contiguous rows, of type ``signature.dtype``. Changed in place.
            parameters: Shape ``(P,)``, or ``(P, n)`` with values for each trajectory.
            step: Time step :math:`h > 0`.
            n_steps: Steps to take.
            seed: In ``[0, 2**64)``.
            first_step: Number of the first step.
            first_trajectory: Number of the first trajectory.
            stream: In ``[0, 2**32)``: independent noise with the same seed.
            threads: Threads to use.

        Raises:
            ArgumentError: an argument is outside its range or has the wrong shape.
        """
        address = Address(int(seed), int(stream), int(first_trajectory), int(first_step), int(n_steps))
        self._check_state(state)
        n = state.shape[1]
        check_address(self.signature.layout, **address.__dict__, n=n)
        if not (math.isfinite(step) and step > 0):
            raise ArgumentError(f"step must be a positive number, got {step=}.")
        if threads < 1:
            raise ArgumentError(f"threads must be at least 1, got {threads=}.")
        values = self._parameter_array(parameters, n)
        steps = np.array([step, math.sqrt(step)], self.signature.dtype)
        if n and n_steps:
            self._advance(state, values, steps, address, int(threads))

    @abstractmethod
    def _advance(self, state: NDArray, parameters: NDArray, steps: NDArray, address: Address, threads: int) -> None:
        """``advance`` after the checks; ``steps`` holds the step and its root."""

    def _check_state(self, state: NDArray) -> None:
        d, dtype = self.signature.n_states, self.signature.dtype
        if not isinstance(state, np.ndarray) or state.dtype != dtype:
            raise ArgumentError(
                f"state must be a NumPy array of {dtype} (precision={str(self.signature.precision)!r}), "
                f"got {getattr(state, 'dtype', type(state).__name__)}."
            )
        if state.ndim != 2 or state.shape[0] != d:
            raise ArgumentError(f"state must have shape ({d}, n), one row per state, got state.shape={state.shape}.")
        if not state.flags.c_contiguous or not state.flags.writeable:
            raise ArgumentError("state is changed in place: it must be writeable and C-contiguous. Pass a copy.")

    def _parameter_array(self, parameters: ArrayLike, n: int) -> NDArray:
        values = np.ascontiguousarray(parameters, dtype=self.signature.dtype)
        expected = self.signature.n_parameters
        if values.shape not in ((expected,), (expected, n)):
            raise ArgumentError(
                f"parameters must have shape ({expected},) or ({expected}, {n}), got parameters.shape={values.shape}."
            )
        return values
