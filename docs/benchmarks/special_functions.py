"""What does a special function cost in the fused kernel, beside ``scipy.special`` on arrays?

Each method iterates one function on 10 000 numbers in float64, one thread: the kernel without leaving its registers,
NumPy an array at a time. The exponential is there for comparison. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/special_functions.py [--rounds 5]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import scipy
import sympy as sp

from docs.benchmarks.command_line import sized
from docs.benchmarks.interleaved import Method, interleaved, table
from numerics.kernels.cpu.kernel import stepping_kernel
from numerics.kernels.kernel import step_program

N, STEPS, ARRAY_STEPS = 10_000, 1000, 20

x, h, root_h = sp.symbols("x h root_h", real=True)

FUNCTIONS: dict[str, tuple[Callable[[sp.Expr], sp.Expr], Callable[[np.ndarray], np.ndarray]]] = {
    "exp": (sp.exp, np.exp),
    "erf": (sp.erf, scipy.special.erf),
    "erfc": (sp.erfc, scipy.special.erfc),
    "gamma": (sp.gamma, scipy.special.gamma),
    "log gamma": (sp.loggamma, scipy.special.gammaln),
    "J_0": (lambda u: sp.besselj(0, u), scipy.special.j0),
    "I_1 / I_0": (
        lambda u: sp.besseli(1, u) / sp.besseli(0, u),
        lambda u: scipy.special.i1e(u) / scipy.special.i0e(u),
    ),
}
"""Function of SymPy, and of arrays."""


def methods(name: str) -> list[Method]:
    """The two ways to iterate x' = min(f(1 + x**2/4), 3), which stays where the function varies."""
    symbolic, on_arrays = FUNCTIONS[name]
    update = sp.Min(symbolic(1 + x**2 / 4), 3)
    program = step_program([update], state=[x], parameters=[], step=h, root_step=root_h, normals=[])
    kernel = stepping_kernel(program, 1, 0, 0, "float64")
    start = np.linspace(0.0, 3.0, N)

    def fused() -> None:
        kernel.advance(start[None].copy(), [], step=1.0, n_steps=STEPS, seed=1, threads=1)

    def arrays() -> None:
        state = start
        for _ in range(ARRAY_STEPS):
            state = np.minimum(on_arrays(1 + state * state / 4), 3.0)

    return [Method(f"{name}, kernel", fused, N * STEPS), Method(f"{name}, NumPy", arrays, N * ARRAY_STEPS)]


def main() -> None:
    """Print a table for each function."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = sized(parser, "rounds").rounds
    for name in FUNCTIONS:
        pair = methods(name)
        print(table(interleaved(pair, reference=pair[0].name, rounds=rounds), pair[0].name), end="\n\n")


if __name__ == "__main__":
    main()
