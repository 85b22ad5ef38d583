"""One step of a plan as a program, and the kernel that runs it: where expressions meet code generation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from numerics.accumulators import Accumulator, Step
from numerics.codegen.backends.stepping import Precision, SteppingKernel, step_program
from numerics.codegen.compile import CompiledProgram, compile_program
from numerics.codegen.program import Program
from numerics.errors import MissingBackendError, NumericsError, UnsupportedFunctionError
from numerics.schemes import Scheme
from theory.ito import ItoProcess
from theory.notation import t


@dataclass(frozen=True)
class StepDefinition:
    """What a kernel is compiled from. Hashable, so that a process compiles each definition once.

    Attributes:
        symbols: Parameters, in the order of the kernel's parameter rows.
        accumulators: Symbol and accumulator; each is one more row of the kernel's state.
    """

    process: ItoProcess
    scheme: Scheme
    accumulators: tuple[tuple[sp.Symbol, Accumulator], ...]
    symbols: tuple[sp.Symbol, ...]

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The kernel's state: coordinates, accumulators, and time where a coefficient depends on it."""
        clock = (t,) if t in self.process.drift.free_symbols | self.process.dispersion.free_symbols else ()
        return (*self.process.state, *(symbol for symbol, _ in self.accumulators), *clock)

    @property
    def n_normals(self) -> int:
        """Standard normals per step, those of the scheme first."""
        return self.scheme.normals_per_step(self.process) + sum(a.normals for _, a in self.accumulators)

    def initial_expressions(self) -> list[sp.Expr]:
        """Each row at time zero, in the coordinates and parameters."""
        starts = [accumulator.initial(self.process) for _, accumulator in self.accumulators]
        return [*self.process.state, *starts, *([sp.S.Zero] if t in self.rows else [])]

    def program(self) -> Program:
        """One step of all rows, as a program."""
        Z = [sp.Dummy(f"Z{j}", real=True) for j in range(self.n_normals)]
        h, root_h = sp.Dummy("h", positive=True), sp.Dummy("root_h", positive=True)
        # A scheme may leave the domain that a coordinate's assumptions promise, so the program must not rely on them.
        plain = {symbol: sp.Dummy(symbol.name, real=True) for symbol in self.rows}
        used = self.scheme.normals_per_step(self.process)
        update = self.scheme.step_expressions(self.process, Z[:used], h, root_h)
        after = {x: new.xreplace(plain) for x, new in zip(self.process.state, update, strict=True)}
        rows = list(after.values())
        for symbol, accumulator in self.accumulators:
            own = Z[used : used + accumulator.normals]
            used += accumulator.normals
            rows.append(accumulator.update(plain[symbol], Step(self.process, plain, after, h, own)))
        if t in self.rows:
            rows.append(plain[t] + h)
        return step_program(
            rows, state=list(plain.values()), parameters=self.symbols, step=h, root_step=root_h, normals=Z
        )


@lru_cache(maxsize=64)
def kernel(definition: StepDefinition, backend: str, precision: Precision) -> SteppingKernel:
    """The kernel of a step; ``"auto"`` is the fused one where llvmlite and the expression allow, else NumPy's."""
    program = definition.program()
    sizes = (len(definition.rows), len(definition.symbols), definition.n_normals, precision)
    if backend in ("auto", "cpu"):
        try:
            from numerics.codegen.backends.cpu_ import stepping_kernel

            return stepping_kernel(program, *sizes)
        except (MissingBackendError, UnsupportedFunctionError, ImportError) as error:
            if backend == "cpu":
                raise _missing(error) from None
    from numerics.codegen.backends.numpy_kernel import stepping_kernel

    return stepping_kernel(program, *sizes)


def _missing(error: Exception) -> NumericsError:
    if isinstance(error, NumericsError):
        return error
    return MissingBackendError(
        f"backend='cpu' needs the package llvmlite, which cannot be imported ({error}). "
        "Install it, or use backend='numpy'."
    )


@lru_cache(maxsize=256)
def evaluator(expressions: tuple[sp.Expr, ...], arguments: tuple[sp.Symbol, ...]) -> CompiledProgram:
    """Float64 NumPy code for ``expressions``, one array (or number) per argument."""
    return compile_program(list(expressions), list(arguments), backend="numpy")
