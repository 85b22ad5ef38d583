"""Compiles the C reference on demand; nothing but the benchmarks needs it."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).parent / "double_well.c"

ROUTINES = {
    "xoshiro_float32": np.float32,
    "philox_float32": np.float32,
    "xoshiro_mixed": np.float64,
    "xoshiro_float64": np.float64,
}
"""Functions of ``double_well.c`` and the type of their state."""


def double_well_routines() -> dict[str, Callable[..., np.ndarray]] | None:
    """Each routine as ``f(n, steps, mu, zeta, h, seed=1) -> final states`` from 1, or ``None`` without a C compiler."""
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="driftproof-reference-"))
    flags = ["-O3", "-march=native", "-ffast-math", "-fPIC"]
    wide = [] if "clang" in compiler else ["-mprefer-vector-width=512"]
    built, library = folder / "double_well.o", folder / "double_well.so"
    subprocess.run([compiler, *flags, *wide, "-c", str(SOURCE), "-o", str(built)], check=True)
    # Linked without -ffast-math, which would make the whole process flush subnormal numbers to zero.
    subprocess.run([compiler, "-shared", str(built), "-o", str(library), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    shutil.rmtree(folder)
    return {name: _routine(loaded[name], dtype) for name, dtype in ROUTINES.items()}


def _routine(function: ctypes._CFuncPtr, dtype: type) -> Callable[..., np.ndarray]:
    number = ctypes.c_float if dtype is np.float32 else ctypes.c_double
    function.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_long, number, number, number, ctypes.c_uint64]
    function.restype = None

    def run(n: int, steps: int, mu: float, zeta: float, h: float, seed: int = 1) -> np.ndarray:
        state = np.ones(-(-n // 64) * 64, dtype)
        function(state.ctypes.data, state.size, -(-steps // 4) * 4, mu, zeta, h, seed)
        return state[:n]

    return run
