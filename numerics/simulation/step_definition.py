"""One step of a plan as a program, and the kernel that runs it: where expressions meet code generation."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from numerics.codegen.compile import CompiledProgram, compile_program
from numerics.codegen.program import Program
from numerics.errors import FallbackWarning, MissingBackendError, NumericsError, UnsupportedFunctionError
from numerics.kernels.kernel import SteppingKernel, step_program
from numerics.schemes.scheme import ROOT_STEP, STEP, normal
from numerics.simulation.accumulators import Accumulator, Step
from numerics.simulation.one_step import OneStep

KERNELS = 64
"""Definitions whose kernels are kept, and with them their machine code."""

EVALUATORS = 256
"""Evaluators kept."""


@dataclass(frozen=True)
class StepDefinition:
    """What a kernel is compiled from. Hashable, so that a process compiles each definition once.

    Attributes:
        one_step: What is stepped, and how.
        symbols: Parameters, in the order of the kernel's parameter rows.
        accumulators: Symbol and accumulator; each is one more row of the kernel's state.
    """

    one_step: OneStep
    accumulators: tuple[tuple[sp.Symbol, Accumulator], ...]
    symbols: tuple[sp.Symbol, ...]

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The kernel's state: coordinates, accumulators, and the clock where the map depends on it."""
        clock = (self.one_step.clock,) if self.one_step.timed else ()
        return (*self.one_step.state, *(symbol for symbol, _ in self.accumulators), *clock)

    @property
    def n_normals(self) -> int:
        """Standard normals per step, those of the map first."""
        return self.one_step.normals + sum(a.normals for _, a in self.accumulators)

    def initial_expressions(self) -> list[sp.Expr]:
        """Each row before the first step, in the coordinates and parameters."""
        starts = [accumulator.initial(self.one_step.system) for _, accumulator in self.accumulators]
        return [*self.one_step.state, *starts, *([sp.S.Zero] if self.one_step.timed else [])]

    def program(self) -> Program:
        """One step of all rows, as a program."""
        one_step = self.one_step
        Z = [normal(j) for j in range(self.n_normals)]
        U = [sp.Dummy(f"U{j}", real=True) for j in range(one_step.uniforms)]
        h, root_h = STEP, ROOT_STEP
        # A step may leave the domain that a coordinate's assumptions promise, so the program must not rely on them.
        plain = {symbol: sp.Dummy(symbol.name, real=True) for symbol in self.rows}
        used = one_step.normals
        update = one_step.expressions(Z[:used], U, h, root_h)
        after = {x: _renamed(new, plain) for x, new in zip(one_step.state, update, strict=True)}
        rows = list(after.values())
        for symbol, accumulator in self.accumulators:
            own = Z[used : used + accumulator.normals]
            used += accumulator.normals
            held = one_step.ends, one_step.absorbing_ends
            rows.append(accumulator.update(plain[symbol], Step(one_step.system, plain, after, h, own, *held)))
        if one_step.timed:
            rows.append(plain[one_step.clock] + h)
        return step_program(
            rows, state=list(plain.values()), parameters=self.symbols, step=h, root_step=root_h, normals=Z, uniforms=U
        )


def _renamed(expression: sp.Basic, names: Mapping[sp.Symbol, sp.Symbol]) -> Any:
    """With other symbols. A maximum is taken as it stands: what it is of was compared when it was made."""
    if not expression.has(sp.Max, sp.Min):
        return expression.xreplace(names)
    parts = [_renamed(part, names) for part in expression.args]
    unasked = {"evaluate": False} if isinstance(expression, sp.Max | sp.Min) else {}
    return expression.func(*parts, **unasked)


@lru_cache(maxsize=KERNELS)
def kernel(definition: StepDefinition, backend: str, precision: str) -> SteppingKernel:
    """The kernel of a step; ``"auto"`` is the fused one where llvmlite and the expression allow, else NumPy's."""
    program = definition.program()
    sizes = (len(definition.rows), len(definition.symbols), definition.n_normals, precision)
    uniforms = definition.one_step.uniforms
    if backend in ("auto", "cpu"):
        try:
            from numerics.kernels.cpu.kernel import stepping_kernel

            return stepping_kernel(program, *sizes, n_uniforms=uniforms)
        except (MissingBackendError, UnsupportedFunctionError, ImportError) as error:
            if backend == "cpu":
                raise _missing(error) from None
            if isinstance(error, UnsupportedFunctionError):
                warnings.warn(
                    f"the fused kernel is not used: {error} NumPy takes the steps, ten to a hundred times slower.",
                    FallbackWarning,
                    stacklevel=2,
                )
    from numerics.kernels.numpy_kernel import stepping_kernel

    return stepping_kernel(program, *sizes, n_uniforms=uniforms)


def _missing(error: Exception) -> NumericsError:
    if isinstance(error, NumericsError):
        return error
    return MissingBackendError(
        f"backend='cpu' needs the package llvmlite, which cannot be imported ({error}). "
        "Install it, or use backend='numpy'."
    )


@lru_cache(maxsize=EVALUATORS)
def evaluator(expressions: tuple[sp.Expr, ...], arguments: tuple[sp.Symbol, ...]) -> CompiledProgram:
    """Float64 NumPy code for ``expressions``, one array (or number) per argument."""
    return compile_program(list(expressions), list(arguments), backend="numpy")
