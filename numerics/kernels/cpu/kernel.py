r"""The CPU backend: a whole time loop as one function of explicit vectors, compiled by LLVM.

Stages: step program (``numerics.kernels.kernel``) -> LLVM IR (:func:`kernel_ir`) -> machine code
(``llvm_target``) -> :class:`CpuKernel`. The generated function walks over blocks of lanes; for each it loads the
state into registers, computes what depends on parameters only, and runs all steps with noise made in place.

Steps come in *groups* that share blocks of the generator (``numerics.random.normal``). The function ``whole`` runs
whole groups; ``part`` runs some steps of one group, at the ends of a call. No optimisation may change a rounding, so
both give the same bits, and so does every way to cut the work.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numerics.codegen.program import Program
from numerics.kernels.cpu.target import Host, MachineCode, compile_ir, host
from numerics.kernels.cpu.time_loop import WORK, kernel_ir
from numerics.kernels.cpu.vocabulary import check_supported
from numerics.kernels.kernel import Address, Precision, SteppingKernel, StepSignature

CALL_STEPS = 2**27
"""Trajectory-steps in one call of generated code: a fraction of a second, so that an interrupt is heard."""

CHUNKS_PER_THREAD = 4
"""Chunks of lanes per thread, so that a thread that lost its core to another process does not hold up the rest."""

WORTH_OPTIMISING = 2**26
"""Trajectory-steps, a tenth of a second, from which on a kernel may be compiled with all optimisations. The bits of the
result are the same before and after."""

PAYS_AFTER = 8
"""A kernel is compiled with all optimisations when it has run for so many times as long as it took to compile: they
save about an eighth of the time. A kernel of thousands of instructions takes seconds to compile."""

KERNELS = 64
"""Kernels kept for another use; each fills about 1 MiB."""

MANY_STATES = 6
"""Beyond so many states a kernel has half as many lanes."""

MANY_NUMBERS = 12
"""Beyond so many numbers of noise in a step, too."""

_C_TYPES = (
    *(ctypes.c_void_p, ctypes.c_int64) * 2,
    ctypes.c_void_p,
    *(ctypes.c_int64,) * 2,
    ctypes.c_uint32,
    ctypes.c_int64,
    *(ctypes.c_uint32,) * 2,
    ctypes.c_uint64,
    ctypes.c_uint32,
    *(ctypes.c_int64,) * 2,
)
"""C types of :data:`numerics.kernels.cpu.time_loop.WORK`, in its order."""


@dataclass(frozen=True)
class _Columns:
    """A run of trajectories: whole blocks of lanes of the arrays that hold them."""

    state: NDArray
    parameters: NDArray
    first_trajectory: int
    begin: int
    end: int


@dataclass(frozen=True)
class _Code:
    """Machine code of a kernel, for shared or for per-trajectory parameters. Groups of one step have no parts."""

    machine_code: MachineCode
    whole: Callable[..., None]
    part: Callable[..., None]


class CpuKernel(SteppingKernel):
    """A step program as machine code of this processor. Build it by :func:`stepping_kernel`.

    Attributes:
        lanes: Trajectories that advance side by side.
        processor: What the code is for; by default that of this machine.
    """

    def __init__(self, program: Program, signature: StepSignature, processor: Host | None = None) -> None:
        super().__init__(program, signature)
        self.processor = processor or host()
        self.lanes = lanes_of(signature, self.processor)
        self._codes: dict[tuple[bool, bool], _Code] = {}
        self._work, self._running, self._compiling = 0, 0.0, 0.0
        self._lock = threading.Lock()
        check_supported(program)

    def ir(self, *, shared: bool = True) -> str:
        """The LLVM IR; ``shared`` parameters are the same for all trajectories."""
        return kernel_ir(self.program, self.signature, lanes=self.lanes, shared=shared, processor=self.processor)

    def assembly(self) -> str:
        """The machine code as text."""
        return self.code(shared=True).machine_code.assembly

    def code(self, *, shared: bool) -> _Code:
        """The compiled functions, compiled at first use, and once more when they turn out to be used much."""
        with self._lock:
            pays = self._work >= WORTH_OPTIMISING and self._running >= PAYS_AFTER * self._compiling
            thorough = pays or (shared, True) in self._codes
            key = (shared, thorough)
            if key not in self._codes:
                start = time.perf_counter()
                code = compile_ir(self.ir(shared=shared), self.processor, thorough=thorough)
                self._compiling = time.perf_counter() - start
                prototype = ctypes.CFUNCTYPE(None, *_C_TYPES)
                whole = prototype(code.address("whole"))
                shares = self.signature.layout.steps_per_group > 1
                self._codes.pop((shared, False), None)
                self._codes[key] = _Code(code, whole, prototype(code.address("part")) if shares else whole)
            return self._codes[key]

    def _advance(self, state: NDArray, parameters: NDArray, steps: NDArray, address: Address, threads: int) -> None:
        n = state.shape[1]
        self._work += n * address.n_steps
        full = n - n % self.lanes
        if full:
            self._run(_Columns(state, parameters, address.first_trajectory, 0, full), steps, address, threads)
        if full < n:
            tail = self._padded(state[:, full:])
            values = self._padded(parameters[:, full:]) if parameters.ndim == 2 else parameters
            columns = _Columns(tail, values, address.first_trajectory + full, 0, self.lanes)
            self._run(columns, steps, address, 1)
            state[:, full:] = tail[:, : n - full]

    def _padded(self, rows: NDArray) -> NDArray:
        """Rows of ``lanes`` columns, the last column repeated."""
        return np.pad(rows, ((0, 0), (0, self.lanes - rows.shape[1])), mode="edge")

    def _run(self, columns: _Columns, steps: NDArray, address: Address, threads: int) -> None:
        code = self.code(shared=columns.parameters.ndim == 1)
        start = time.perf_counter()
        try:
            self._run_code(code, columns, steps, address, threads)
        finally:
            self._running += time.perf_counter() - start

    def _run_code(self, code: _Code, columns: _Columns, steps: NDArray, address: Address, threads: int) -> None:
        stop = threading.Event()
        if threads == 1:
            self._run_chunk(code, columns, steps, address, stop)
            return
        blocks = (columns.end - columns.begin) // self.lanes
        count = min(blocks, threads * CHUNKS_PER_THREAD)
        edges = [columns.begin + self.lanes * (blocks * k // count) for k in range(count + 1)]
        chunks = [
            _Columns(columns.state, columns.parameters, columns.first_trajectory, *ends)
            for ends in zip(edges, edges[1:], strict=False)
        ]
        pool = thread_pool(os.getpid(), threads)
        futures = [pool.submit(self._run_chunk, code, chunk, steps, address, stop) for chunk in chunks]
        try:
            for future in futures:
                future.result()
        finally:
            stop.set()

    def _run_chunk(
        self, code: _Code, columns: _Columns, steps: NDArray, address: Address, stop: threading.Event
    ) -> None:
        per_group = self.signature.layout.steps_per_group
        first, last = address.first_step, address.first_step + address.n_steps
        whole_from, whole_to = -(-first // per_group), last // per_group
        if whole_from > whole_to:
            self._call(code.part, columns, steps, address, first // per_group, 1, first % per_group, last - first)
            return
        if first % per_group:
            skipped = first % per_group
            self._call(code.part, columns, steps, address, whole_from - 1, 1, skipped, per_group - skipped)
        at_once = max(1, CALL_STEPS // ((columns.end - columns.begin) * per_group))
        for group in range(whole_from, whole_to, at_once):
            if stop.is_set():
                return
            self._call(code.whole, columns, steps, address, group, min(at_once, whole_to - group), 0, per_group)
        if last % per_group:
            self._call(code.part, columns, steps, address, whole_to, 1, 0, last % per_group)

    def _call(
        self,
        function: Callable[..., None],
        columns: _Columns,
        steps: NDArray,
        address: Address,
        group: int,
        groups: int,
        skipped: int,
        active: int,
    ) -> None:
        function(
            columns.state.ctypes.data,
            columns.state.shape[1],
            columns.parameters.ctypes.data,
            columns.parameters.shape[-1],
            steps.ctypes.data,
            columns.begin,
            columns.end,
            group * self.signature.layout.blocks_per_group,
            groups,
            address.seed & 0xFFFFFFFF,
            address.seed >> 32,
            columns.first_trajectory,
            address.stream,
            skipped,
            active,
        )


assert len(_C_TYPES) == len(WORK)


def lanes_of(signature: StepSignature, processor: Host) -> int:
    """Lanes of a kernel: two registers of numbers keep the processor busy while results are on their way.

    With many states or much noise the registers run out, and half as many lanes save trips to memory and time to
    compile. Doubles are twice as long: with as many lanes as floats they would run no faster, and take twice as long
    to compile.
    """
    floats = processor.vector_bytes // 4
    crowded = signature.n_states > MANY_STATES or signature.n_normals + signature.n_uniforms > MANY_NUMBERS
    wide = signature.precision == Precision.FLOAT64
    return floats if crowded or wide else 2 * floats


@lru_cache(maxsize=4)
def thread_pool(process: int, threads: int) -> ThreadPoolExecutor:
    """The threads of a process; a forked child gets its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix="driftproof-kernel")


_KERNELS: OrderedDict[tuple[str, StepSignature], CpuKernel] = OrderedDict()
_KERNELS_LOCK = threading.Lock()


def stepping_kernel(
    step_program: Program,
    n_states: int,
    n_parameters: int,
    n_normals: int,
    precision: str,
    *,
    n_uniforms: int = 0,
) -> CpuKernel:
    """The compiled kernel of a step program, one of the :data:`KERNELS` used last if it was compiled before.

    A kernel that leaves the cache gives its machine code back once nobody else holds it.

    Raises:
        ArgumentError: the sizes do not fit the program.
        UnsupportedFunctionError: the program has an operation for which there is no vector code.
    """
    signature = StepSignature(n_states, n_parameters, n_normals, precision, n_uniforms)
    key = (step_program.digest, signature)
    with _KERNELS_LOCK:
        kernel = _KERNELS.pop(key, None) or CpuKernel(step_program, signature)
        _KERNELS[key] = kernel  # at the end: the kernel used longest ago is the first to leave
        if len(_KERNELS) > KERNELS:
            _KERNELS.popitem(last=False)
        return kernel
