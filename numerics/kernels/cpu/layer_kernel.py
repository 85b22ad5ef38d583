r"""The fused kernel of a layer program: replicas in lanes, all steps of a call in one function, weights in the cache.

Stages: layer program -> LLVM IR (:mod:`numerics.kernels.cpu.layer_code`) -> machine code
(:mod:`numerics.kernels.cpu.target`) -> :class:`CpuLayerKernel`. Each thread works on whole blocks of lanes, and nothing
depends on which.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from numerics.codegen.layer_program import LayerProgram
from numerics.kernels.cpu.kernel import CHUNKS_PER_THREAD, PAYS_AFTER, thread_pool
from numerics.kernels.cpu.layer_code import LAYER_WORK, lanes_of_layers, layer_kernel_ir
from numerics.kernels.cpu.target import Host, MachineCode, compile_ir, host
from numerics.kernels.kernel import Address
from numerics.kernels.layer_kernel import Constants, LayerKernel

CALL_MULTIPLICATIONS = 2**30
"""Multiplications of all lanes in one call of generated code: a fraction of a second, so that an interrupt is heard."""

WORTH_OPTIMISING = 2**31
"""Multiplications of all lanes, a fraction of a second, from which on a kernel may be compiled with all optimisations:
at once, or again when it has run ``PAYS_AFTER`` times as long as it took to compile. The bits of the result are the
same before and after."""

KERNELS = 32
"""Kernels kept for another use."""

_C_TYPES = (
    *(ctypes.c_void_p,) * 5,
    *(ctypes.c_int64,) * 4,
    *(ctypes.c_uint32,) * 2,
    ctypes.c_uint64,
    ctypes.c_uint32,
)
"""C types of :data:`numerics.kernels.cpu.layer_code.LAYER_WORK`, in its order."""

assert len(_C_TYPES) == len(LAYER_WORK)


class CpuLayerKernel(LayerKernel):
    """A layer program as machine code of this processor. Build it by :func:`cpu_layer_kernel`.

    Attributes:
        lanes: Replicas that advance side by side.
        processor: What the code is for; by default that of this machine.
    """

    def __init__(self, program: LayerProgram, precision: str, processor: Host | None = None) -> None:
        super().__init__(program, precision)
        self.processor = processor or host()
        self.lanes = lanes_of_layers(self.processor, self.precision)
        self.ir, self._workspace = layer_kernel_ir(program, self.precision, self.processor)
        self._work, self._running, self._compiling = 0, 0.0, 0.0
        self._lock = threading.Lock()
        self._thorough = False
        self._code: MachineCode | None = None

    def code(self) -> MachineCode:
        """The compiled function, compiled at first use, and once more when it turns out to be used much."""
        with self._lock:
            pays = self._work >= WORTH_OPTIMISING and self._running >= PAYS_AFTER * self._compiling
            if self._code is None or (pays and not self._thorough):
                start = time.perf_counter()
                self._thorough, self._code = pays, compile_ir(self.ir, self.processor, thorough=pays)
                self._compiling = time.perf_counter() - start
            return self._code

    @property
    def working_set(self) -> int:
        """Bytes that a block of lanes works on at every step."""
        return (self.program.size + self._workspace) * self.lanes * self.dtype.itemsize

    def assembly(self) -> str:
        """The machine code as text."""
        return self.code().assembly

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
        self._work += max(1, self.program.multiplications) * n * len(factors)
        code = self.code()
        function = ctypes.CFUNCTYPE(None, *_C_TYPES)(code.address("run"))
        blocks = -(-n // self.lanes)
        work = self._in_blocks(state, blocks)
        own = self._in_blocks(parameters, blocks)
        shared = [constants[matrix.name].ravel() for matrix in self.program.constants]
        table = np.concatenate(shared) if shared else np.zeros(1, self.dtype)
        count = 1 if threads == 1 else min(blocks, threads * CHUNKS_PER_THREAD)
        edges = [blocks * k // count for k in range(count + 1)]
        stop = threading.Event()

        def run(begin: int, end: int) -> None:
            workspace = aligned(self._workspace * self.lanes, self.dtype)
            per_step = max(1, self.program.multiplications) * (end - begin) * self.lanes
            at_once = max(1, CALL_MULTIPLICATIONS // per_step)
            for first in range(0, len(factors), at_once):
                if stop.is_set():
                    return
                some = factors[first : first + at_once]
                function(
                    work.ctypes.data,
                    own.ctypes.data,
                    table.ctypes.data,
                    some.ctypes.data,
                    workspace.ctypes.data,
                    begin,
                    end,
                    address.first_step + first,
                    len(some),
                    address.seed & 0xFFFFFFFF,
                    address.seed >> 32,
                    address.first_trajectory,
                    address.stream,
                )

        start = time.perf_counter()
        if count == 1:
            run(0, blocks)
        else:
            futures = [thread_pool(os.getpid(), threads).submit(run, *edges[k : k + 2]) for k in range(count)]
            try:
                for future in futures:
                    future.result()
            finally:
                stop.set()
        self._running += time.perf_counter() - start
        del code  # the machine code had to live until here
        self._out_of_blocks(work, state)

    def _in_blocks(self, rows: NDArray, blocks: int) -> NDArray:
        """Rows as blocks of lanes, the last replica repeated. Shape ``(blocks, rows, lanes)``, aligned."""
        count = max(1, len(rows))
        found = aligned(count * blocks * self.lanes, self.dtype).reshape(blocks, count, self.lanes)
        full = rows.shape[1] // self.lanes
        whole, rest = rows[:, : full * self.lanes], rows[:, full * self.lanes :]
        found[:full, : len(rows)] = whole.reshape(len(rows), full, self.lanes).transpose(1, 0, 2)
        if full < blocks:
            found[full, : len(rows), : rest.shape[1]] = rest
            found[full, : len(rows), rest.shape[1] :] = rest[:, -1:]
        return found

    def _out_of_blocks(self, blocks: NDArray, rows: NDArray) -> None:
        """The way back, straight into ``rows``."""
        full = rows.shape[1] // self.lanes
        whole, rest = rows[:, : full * self.lanes], rows[:, full * self.lanes :]
        whole.reshape(len(rows), full, self.lanes)[:] = blocks[:full].transpose(1, 0, 2)
        if full < len(blocks):
            rest[:] = blocks[full, :, : rest.shape[1]]


def aligned(count: int, dtype: np.dtype) -> NDArray:
    """So many zeros, beginning where the widest register may be read at once."""
    raw = np.zeros(max(1, count) * dtype.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + max(1, count) * dtype.itemsize].view(dtype)


_KERNELS: OrderedDict[tuple[str, str], CpuLayerKernel] = OrderedDict()
_KERNELS_LOCK = threading.Lock()


def cpu_layer_kernel(program: LayerProgram, precision: str) -> CpuLayerKernel:
    """The compiled kernel of a layer program, one of the :data:`KERNELS` used last if it was compiled before.

    Raises:
        UnsupportedFunctionError: an elementwise program has an operation for which there is no vector code.
    """
    key = (program.digest, str(precision))
    with _KERNELS_LOCK:
        kernel = _KERNELS.pop(key, None) or CpuLayerKernel(program, precision)
        _KERNELS[key] = kernel
        if len(_KERNELS) > KERNELS:
            _KERNELS.popitem(last=False)
        return kernel
