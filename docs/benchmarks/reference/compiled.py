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
    loaded = _library(SOURCE)
    return loaded and {name: _routine(loaded[name], dtype) for name, dtype in ROUTINES.items()}


def deep_linear_routines() -> dict[str, Callable[..., np.ndarray]] | None:
    """Each generator as ``f(start, n, steps, teacher, rate, seed=1) -> final weights``, or ``None`` without a compiler.

    Weights are float32, of shape ``(576, replicas)``; the replicas are rounded up to whole vectors.
    """
    loaded = _library(SOURCE.with_name("deep_linear.c"))
    return loaded and {name: _network_routine(loaded, name) for name in ("xoshiro", "philox")}


def _library(source: Path) -> ctypes.CDLL | None:
    compiler = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="driftproof-reference-"))
    flags = ["-O3", "-march=native", "-ffast-math", "-fPIC"]
    wide = [] if "clang" in compiler else ["-mprefer-vector-width=512"]
    built, library = folder / "reference.o", folder / "reference.so"
    subprocess.run([compiler, *flags, *wide, "-c", str(source), "-o", str(built)], check=True)
    # Linked without -ffast-math, which would make the whole process flush subnormal numbers to zero.
    subprocess.run([compiler, "-shared", str(built), "-o", str(library), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    shutil.rmtree(folder)
    return loaded


def _network_routine(loaded: ctypes.CDLL, generator: str) -> Callable[..., np.ndarray]:
    lanes, function = loaded.deep_linear_lanes(), loaded[f"deep_linear_{generator}"]
    number, count = ctypes.c_float, ctypes.c_long
    function.argtypes = [ctypes.c_void_p, count, count, ctypes.c_void_p, number, ctypes.c_uint64]
    function.restype = None

    def run(start: np.ndarray, n: int, steps: int, teacher: np.ndarray, rate: float, seed: int = 1) -> np.ndarray:
        blocks = -(-n // lanes)
        raw = np.zeros(blocks * start.size * lanes + 16, np.float32)
        state = raw[(-raw.ctypes.data % 64) // 4 :][: blocks * start.size * lanes].reshape(blocks, start.size, lanes)
        state[:] = start[:, None]
        target = np.ascontiguousarray(teacher, np.float32)
        function(state.ctypes.data, blocks * lanes, steps, target.ctypes.data, rate, seed)
        return state.transpose(1, 0, 2).reshape(start.size, -1)

    return run


def _routine(function: ctypes._CFuncPtr, dtype: type) -> Callable[..., np.ndarray]:
    number = ctypes.c_float if dtype is np.float32 else ctypes.c_double
    function.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_long, number, number, number, ctypes.c_uint64]
    function.restype = None

    def run(n: int, steps: int, mu: float, zeta: float, h: float, seed: int = 1) -> np.ndarray:
        state = np.ones(-(-n // 64) * 64, dtype)
        function(state.ctypes.data, state.size, -(-steps // 4) * 4, mu, zeta, h, seed)
        return state[:n]

    return run
