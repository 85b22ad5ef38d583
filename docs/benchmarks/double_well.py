r"""How fast is the double well simulated? The fused kernel, the hand-written C reference, and the tools people use.

.. math::
    dX = (\mu X - X^3)\,dt + \zeta X\,dB, \qquad \mu = 1.5,\; \zeta = 1,\; X_0 = 1,

Euler-Maruyama with step 0.0025 on 10 000 trajectories, one thread. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/double_well.py [--rounds 7] [--json FILE]

The C reference needs a C compiler; diffrax, torchsde and torch are timed if they can be imported; what is missing is
named and left out. Slow methods run fewer steps, since their cost per step does not depend on the number of steps.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np
import sympy as sp

from docs.benchmarks.command_line import sized
from docs.benchmarks.interleaved import Method, interleaved, table
from docs.benchmarks.reference.compiled import double_well_routines
from numerics.kernels.kernel import step_program

MU, ZETA, STEP = 1.5, 1.0, 0.0025
N = 10_000
REFERENCE = "C xoshiro128++ float32"
WARM_UP = 24
"""Runs of a kernel before it is timed."""


def fused(update: sp.Expr, start: float, precision: str, steps: int, threads: int = 1) -> Callable[[], object]:
    """A run of the kernel, used before for as long as it takes until it is compiled with all optimisations."""
    from numerics.kernels.cpu.kernel import stepping_kernel

    program = step_program([update], state=[x], parameters=[mu, zeta], step=h, root_step=q, normals=[z])
    kernel = stepping_kernel(program, 1, 2, 1, precision)

    def run() -> np.ndarray:
        state = np.full((1, N), start, kernel.signature.dtype)
        kernel.advance(state, [MU, ZETA], step=STEP, n_steps=steps, seed=1, threads=threads)
        return state

    for _ in range(WARM_UP):
        run()
    return run


x, mu, zeta, h, q, z = sp.symbols("x mu zeta h q z", real=True)
DOUBLE_WELL = x + h * (mu * x - x**3) + q * zeta * x * z
LOG_DOUBLE_WELL = x + h * (mu - zeta**2 / 2 - sp.exp(2 * x)) + q * zeta * z


def kernels() -> Iterator[Method]:
    """The generated kernels."""
    steps = 10_000
    for precision in ("float32", "mixed", "float64"):
        yield Method(f"driftproof {precision}", fused(DOUBLE_WELL, 1.0, precision, steps), N * steps)
    for precision in ("float32", "mixed"):
        yield Method(f"driftproof log coordinate {precision}", fused(LOG_DOUBLE_WELL, 0.0, precision, steps), N * steps)


def hand_written() -> Iterator[Method]:
    """The C reference."""
    routines = double_well_routines()
    if routines is None:
        print("no C compiler found: the hand-written reference is left out")
        return
    names = {
        "xoshiro_float32": REFERENCE,
        "philox_float32": "C Philox4x32-10 float32",
        "xoshiro_mixed": "C xoshiro128++ mixed",
        "xoshiro_float64": "C xoshiro256++ float64",
    }
    steps = 10_000
    for routine, name in names.items():
        yield Method(name, lambda run=routines[routine]: run(N, steps, MU, ZETA, STEP), N * steps)


def numpy_methods() -> Iterator[Method]:
    """NumPy as it is written in notebooks, and as fast as it goes."""
    steps = 100
    generator = np.random.default_rng(1)

    def notebook() -> np.ndarray:
        theta = np.ones(N)
        for _ in range(steps):
            dB = np.sqrt(STEP) * np.random.randn(N)
            theta = theta + (MU * theta - theta**3) * STEP + ZETA * theta * dB
        return theta

    def in_place() -> np.ndarray:
        state, noise, work = np.ones(N, np.float32), np.empty(N, np.float32), np.empty(N, np.float32)
        a, b = np.float32(1 + MU * STEP), np.float32(ZETA * math.sqrt(STEP))
        for _ in range(steps):
            generator.standard_normal(out=noise, dtype=np.float32)
            noise *= b
            noise += a
            np.multiply(state, state, out=work)
            work *= np.float32(STEP)
            noise -= work
            state *= noise
        return state

    yield Method("NumPy, notebook style (theta**3)", notebook, N * steps)
    yield Method("NumPy, float32 in place", in_place, N * steps)


def torch_methods() -> Iterator[Method]:
    """PyTorch eager in place, the best of three sizes, and torchsde."""
    import torch

    torch.set_num_threads(1)
    a, b = 1 + MU * STEP, ZETA * math.sqrt(STEP)

    def eager(n: int, steps: int) -> Callable[[], object]:
        def run() -> torch.Tensor:
            state, noise = torch.ones(n), torch.empty(n)
            for _ in range(steps):
                noise.normal_()
                noise.mul_(b).add_(a).addcmul_(state, state, value=-STEP)
                state.mul_(noise)
            return state

        return run

    for n, steps in ((10_000, 300), (100_000, 30)):
        yield Method(f"torch eager in place, N={n}", eager(n, steps), n * steps)
    try:
        import torchsde
    except ImportError:
        print("torchsde cannot be imported: left out")
        return

    class DoubleWell:
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return MU * y - y**3

        def g(self, t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return ZETA * y

    steps = 1500

    def solve(**noise: object) -> torch.Tensor:
        with torch.no_grad():
            times = torch.tensor([0.0, steps * STEP])
            return torchsde.sdeint(DoubleWell(), torch.ones(1, N), times, method="euler", dt=STEP, **noise)

    def hinted() -> torch.Tensor:
        return solve(bm=torchsde.BrownianInterval(0.0, (steps + 1) * STEP, size=(1, N), dt=STEP))

    yield Method("torchsde euler", solve, N * steps)
    yield Method("torchsde euler, BrownianInterval told the step", hinted, N * steps)


def jax_methods() -> Iterator[Method]:
    """diffrax, compiled beforehand, with one key per trajectory (as its documentation does) and with one wide state."""
    import diffrax
    import jax
    import jax.numpy as jnp
    import lineax

    def solve(noise: diffrax.AbstractBrownianPath, y0: jax.Array, steps: int) -> jax.Array:
        def dispersion(t: jax.Array, y: jax.Array, args: None) -> object:
            return ZETA * y if y.ndim == 0 else lineax.DiagonalLinearOperator(ZETA * y)

        drift = diffrax.ODETerm(lambda t, y, args: MU * y - y**3)
        terms = diffrax.MultiTerm(drift, diffrax.ControlTerm(dispersion, noise))
        end = {"saveat": diffrax.SaveAt(t1=True), "adjoint": diffrax.ForwardMode(), "max_steps": steps + 4}
        return diffrax.diffeqsolve(terms, diffrax.Euler(), 0.0, steps * STEP, STEP, y0, **end).ys

    one = jnp.array(1.0)
    keys = jax.random.split(jax.random.PRNGKey(1), N)
    forms = {
        "diffrax, UnsafeBrownianPath, vmap": (
            400,
            jax.vmap(lambda key: solve(diffrax.UnsafeBrownianPath(shape=(), key=key), one, 400)),
            keys,
        ),
        "diffrax, UnsafeBrownianPath, one wide state": (
            400,
            lambda key: solve(diffrax.UnsafeBrownianPath(shape=(N,), key=key), jnp.ones(N), 400),
            keys[0],
        ),
        "diffrax, VirtualBrownianTree, vmap": (
            60,
            jax.vmap(lambda key: solve(diffrax.VirtualBrownianTree(0.0, 61 * STEP, STEP / 2, (), key), one, 60)),
            keys,
        ),
    }
    for name, (steps, form, argument) in forms.items():
        compiled = jax.jit(form)
        yield Method(name, lambda run=compiled, key=argument: run(key).block_until_ready(), N * steps)


def methods() -> list[Method]:
    """Everything that can run here."""
    found = [*hand_written(), *kernels(), *numpy_methods()]
    for name, peers in (("torch", torch_methods), ("diffrax", jax_methods)):
        try:
            found += peers()
        except ImportError as error:
            print(f"{name} cannot be imported ({error}): left out")
    return found


def build_times() -> dict[str, float]:
    """Seconds of processor time from a lowered program to machine code with all optimisations, for each precision."""
    from numerics.kernels.cpu.kernel import CpuKernel
    from numerics.kernels.cpu.target import compile_ir
    from numerics.kernels.kernel import StepSignature

    program = step_program([DOUBLE_WELL], state=[x], parameters=[mu, zeta], step=h, root_step=q, normals=[z])
    times = {}
    for precision in ("float32", "mixed", "float64"):
        start = time.process_time()
        kernel = CpuKernel(program, StepSignature(1, 2, 1, precision))
        compile_ir(kernel.ir(), kernel.processor)
        times[precision] = time.process_time() - start
    return times


def main() -> None:
    """Time everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", help="also write the measurements to this file")
    options = sized(parser, "rounds")
    # One thread for every library, before it is imported: then processor time and wall-clock time mean the same.
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    builds = build_times()
    everything = methods()
    reference = REFERENCE if any(method.name == REFERENCE for method in everything) else "driftproof float32"
    timings = interleaved(everything, reference=reference, rounds=options.rounds)
    print(table(timings, reference))
    print("build, s: " + ", ".join(f"{name} {seconds:.3f}" for name, seconds in builds.items()))
    if options.json:
        record = {"machine": platform.processor() or platform.machine(), "n": N, "reference": reference}
        record |= {"build_seconds": builds, "timings": [asdict(timing) for timing in timings]}
        with open(options.json, "w") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()
