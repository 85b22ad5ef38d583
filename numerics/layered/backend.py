r"""Who runs a layer program, and what it needs: the fused kernel, or arrays where it does not pay or is missing.

The fused kernel is quick because the weights of a block of lanes stay in the processor's caches; beyond them a step
waits for memory. What will happen, and what it costs, is said before anything runs.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from numerics.codegen.layer_program import LayerProgram
from numerics.errors import ArgumentError, FallbackWarning, MissingBackendError
from numerics.kernels.kernel import Precision
from numerics.kernels.layer_kernel import LayerKernel, numpy_layer_kernel, torch_layer_kernel
from numerics.random.uniform import BITS
from numerics.simulation.options import BLOCK, KernelBackend, Options

LOSSES = ((2**18, "two thirds"), (2**20, "a third"), (2**22, "an eighth"))
"""Bytes of a block of lanes beyond which the speed per weight falls, and to what part of that of a small network; as
measured with two square layers of widths 12 to 700 on a core with 32 KiB and 512 KiB of cache."""

LARGEST_FUSED = 2**25
"""Bytes of a block of lanes beyond which PyTorch takes the steps: products of one replica after the other."""

STATES_AT_ONCE = 2**28
"""Bytes of the states of a chunk, unless one block of replicas is larger."""


def layer_kernel(program: LayerProgram, options: Options) -> LayerKernel:
    """The kernel of a layer program, by the backend asked for.

    Warns:
        FallbackWarning: the weights do not fit the caches, with what that costs; or llvmlite is missing.

    Raises:
        MissingBackendError: the backend that was asked for is missing.
    """
    if options.backend == KernelBackend.NUMPY:
        return numpy_layer_kernel(program, options.precision)
    try:
        from numerics.kernels.cpu.layer_code import lanes_of_layers
        from numerics.kernels.cpu.layer_kernel import cpu_layer_kernel
        from numerics.kernels.cpu.target import host
    except (MissingBackendError, ImportError) as error:
        if options.backend == KernelBackend.CPU:
            raise MissingBackendError(
                f"backend='cpu' needs the package llvmlite, which cannot be imported ({error}). "
                "Install it, or use backend='numpy'."
            ) from None
        warnings.warn(
            "the fused kernel needs the package llvmlite, which is missing: PyTorch takes the steps, about fifty times "
            "slower for small networks.",
            FallbackWarning,
            stacklevel=3,
        )
        return torch_layer_kernel(program, options.precision)
    number = 4 if options.precision == "float32" else 8
    size = program.size * lanes_of_layers(host(), options.precision) * number
    told = f"a replica carries {program.size} numbers, those side by side in a register {size / 2**10:.0f} KiB"
    if size > LARGEST_FUSED and options.backend == KernelBackend.AUTO:
        warnings.warn(
            f"{told}, more than the {LARGEST_FUSED / 2**10:.0f} KiB up to which the fused kernel is used: "
            "PyTorch takes the steps, at about a fortieth of the speed per weight of a network that fits the cache.",
            FallbackWarning,
            stacklevel=3,
        )
        return torch_layer_kernel(program, options.precision)
    lost = [(limit, part) for limit, part in LOSSES if size > limit]
    if lost:
        limit, part = lost[-1]
        warnings.warn(
            f"{told}, more than {limit / 2**10:.0f} KiB, so they leave the cache: expect about {part} of the speed per "
            "weight of a smaller network.",
            FallbackWarning,
            stacklevel=3,
        )
    return cpu_layer_kernel(program, options.precision)


def chunk_size(program: LayerProgram, options: Options) -> int:
    """Replicas whose states are held at a time, a multiple of :data:`~numerics.simulation.options.BLOCK`."""
    blocks = max(1, STATES_AT_ONCE // (program.size * 8 * BLOCK))
    return min(options.chunk, blocks * BLOCK)


SPARE_BITS = 7
"""Bits of a uniform beyond those of the number of samples: no sample is drawn more than 1/128 too often or rarely."""


def require_enough_samples_told_apart(program: LayerProgram, precision: str) -> None:
    r"""Refuse a data set whose samples the uniforms of this precision do not tell apart well enough.

    A sample is :math:`\lfloor NU\rfloor` with U of 23 bits in float32, 32 in the mixed precision and 52 in float64.

    Raises:
        ArgumentError: with the largest data set, and the precision that has more bits.
    """
    number = 32 if precision == Precision.FLOAT32 else 64
    bits = BITS[64 if precision == Precision.FLOAT64 else 32, number]
    samples = max((entry.samples for entry in program.instructions), default=0)
    if samples > 2 ** (bits - SPARE_BITS):
        better = "mixed" if precision == Precision.FLOAT32 else "float64"
        raise ArgumentError(
            f"data must have at most {2 ** (bits - SPARE_BITS)} samples for batches in precision={precision!r}, whose "
            f"uniforms have {bits} bits, got {samples}: some would be drawn too often. "
            f"Use options=Options(precision={better!r})."
        )


def require_memory(program: LayerProgram, n_replicas: int, options: Options) -> None:
    """Refuse a run that needs more memory than there is.

    Raises:
        ArgumentError: with the estimate, what is available, and how many replicas would fit.
    """
    # State, its copies in blocks of lanes and from before a call, and the float64 views that observables see.
    at_once = 6 * 8 * program.size * min(n_replicas, chunk_size(program, options))
    kept = 8 * program.size * n_replicas if options.keep_final else 0
    available = available_memory()
    if available is not None and at_once + kept > available:
        fitting = max(0, available // (8 * program.size * (7 if options.keep_final else 6)))
        raise ArgumentError(
            f"n_replicas={n_replicas} with {program.size} numbers each would need about "
            f"{(at_once + kept) / 2**30:.3g} GiB, and {available / 2**30:.3g} GiB are free. Run at most about "
            f"{fitting} at a time with options=Options(first=...) and merge_layered_runs, or set keep_final=False."
        )


def require_representable(numbers: Mapping[str, NDArray], dtype: np.dtype) -> None:
    """Refuse numbers that are finite in float64 and not in the precision of the kernel.

    Raises:
        ArgumentError: with the name of what overflows.
    """
    largest = float(np.finfo(dtype).max)
    for name, value in numbers.items():
        found = float(np.abs(value).max(initial=0.0))
        if found > largest:
            raise ArgumentError(
                f"{name} must not go beyond {largest:.3g}, the largest number of {dtype}, got {found:.3g}. "
                'Use options=Options(precision="float64"), or other units.'
            )


def require_free(size: int, what: str, name: str) -> None:
    """Refuse what needs more memory than there is.

    Raises:
        ArgumentError: with the estimate and what is available; ``name`` is what to make smaller.
    """
    available = available_memory()
    if available is not None and size > available:
        raise ArgumentError(
            f"{name} must leave room: {what} would need about {size / 2**30:.3g} GiB, and {available / 2**30:.3g} GiB "
            f"are free. Lower {name}."
        )


def available_memory() -> int | None:
    """Bytes that can be had without swapping, or None where the system does not say."""
    found = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        if limit != "max":
            found.append(int(limit) - used)
    except (OSError, ValueError):
        pass
    if not found and hasattr(os, "sysconf"):
        try:
            found.append(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, ValueError):
            return None
    return min(found) if found else None
