r"""How fast are many small networks trained? Layer programs, hand-written C, and what people use.

Three problems, one thread, methods interleaved round by round, ratios on processor time:

* a deep linear network, d = 12, four layers, SGD on fresh Gaussian data of a teacher, batches of one;
* a network of two layers with 16 hidden tanh units, 8 inputs, one output, batches of 8 from 256 samples;
* a chain of three scalar layers.

Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/layer_programs.py [--rounds 5] [--json FILE]

The C reference needs a C compiler, and so does torch.compile; JAX is timed if it can be imported; what is missing is
named and left out. Slow methods run fewer steps, since their cost per step does not depend on the number of steps.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from docs.benchmarks.command_line import sized
from docs.benchmarks.interleaved import Method, interleaved, table
from docs.benchmarks.reference.compiled import deep_linear_routines
from numerics.deep_linear import DataSet, NoisyTeacher
from numerics.layered import DenseNetwork, GradientNoiseDiffusion, MiniBatchDescent, gaussian_layers, train_layers
from numerics.simulation.options import Options

D, DEPTH, N = 12, 4, 1000
RATE = 0.002
SOURCE = np.random.default_rng(1)
TEACHER = 0.3 * SOURCE.normal(size=(D, D))
START = {f"W{l}": 0.6 * np.eye(D) + 0.1 * SOURCE.normal(size=(D, D)) for l in range(1, DEPTH + 1)}
HIDDEN, INPUTS, BATCH = 16, 8, 8
SAMPLES = DataSet(SOURCE.normal(size=(256, INPUTS)), SOURCE.normal(size=(256, 1)))


def trained(
    network: DenseNetwork, data: Any, dynamics: Any, start: Any, n: int, steps: int, precision: str
) -> Callable[[], object]:
    """A run of the fused kernel, compiled beforehand."""
    options = Options(precision=precision, keep_final=False)

    def run() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return train_layers(
                network, data, dynamics, initial=start, steps=steps, n_replicas=n, seed=1, options=options
            )

    return run


def deep_linear(rounds: int) -> dict[str, Any]:
    """SGD of a deep linear network, and its SDE."""
    network, data = DenseNetwork((D,) * (DEPTH + 1)), NoisyTeacher(TEACHER)
    steps, methods = 2000, []
    reference = "driftproof float32"
    routines = deep_linear_routines()
    if routines is None:
        print("no C compiler found: the hand-written reference is left out")
    else:
        reference = "C xoshiro128++ float32"
        flat = np.concatenate([W.ravel() for W in START.values()])
        for routine, name in (("xoshiro", reference), ("philox", "C Philox4x32-10 float32")):
            run = routines[routine]
            methods.append(Method(name, lambda run=run: run(flat, N, steps, TEACHER, RATE), N * steps))
    for precision in ("float32", "mixed", "float64"):
        sgd = trained(network, data, MiniBatchDescent(learning_rate=RATE), START, N, steps, precision)
        methods.append(Method(f"driftproof {precision}", sgd, N * steps))
    for noise in (0.0, 0.1):
        noisy = NoisyTeacher(TEACHER, label_covariance=noise)
        sde = trained(network, noisy, GradientNoiseDiffusion(learning_rate=RATE), START, N, steps // 5, "float32")
        with_noise = " with label noise" if noise else ""
        methods.append(Method(f"driftproof float32, SDE with the exact noise{with_noise}", sde, N * steps // 5))
    methods += [*torch_deep_linear(), *jax_deep_linear()]
    return measured("deep linear network, d = 12, four layers, batches of one", methods, reference, rounds)


def torch_deep_linear() -> Iterator[Method]:
    """Batched products of PyTorch, eager and compiled."""
    import torch

    torch.set_num_threads(1)
    M, steps = torch.tensor(TEACHER, dtype=torch.float32), 10

    def step(W: list[torch.Tensor], x: torch.Tensor) -> list[torch.Tensor]:
        h = [x]
        for weight in W:
            h.append(torch.bmm(weight, h[-1]))
        down, new = RATE * (M @ x - h[-1]), []
        for weight, below in zip(reversed(W), reversed(h[:-1]), strict=True):
            new.append(torch.baddbmm(weight, down, below.transpose(1, 2)))
            down = torch.bmm(weight.transpose(1, 2), down)
        return new[::-1]

    def product_step(W: list[torch.Tensor], x: torch.Tensor) -> list[torch.Tensor]:
        """The same by products and sums, which a compiler fuses better."""
        h = [x[:, :, 0]]
        for weight in W:
            h.append((weight * h[-1][:, None, :]).sum(2))
        down, new = RATE * ((M * h[0][:, None, :]).sum(2) - h[-1]), []
        for weight, below in zip(reversed(W), reversed(h[:-1]), strict=True):
            new.append(weight + down[:, :, None] * below[:, None, :])
            down = (weight * down[:, :, None]).sum(1)
        return new[::-1]

    def repeated(step: Callable[..., list[torch.Tensor]], *, draws: bool = True) -> Callable[[], object]:
        def run() -> object:
            with torch.no_grad():
                W = [torch.tensor(w, dtype=torch.float32).expand(N, D, D).contiguous() for w in START.values()]
                for _ in range(steps):
                    W = step(W, torch.randn(N, D, 1)) if draws else step(W)
                return W

        return run

    yield Method("torch bmm", repeated(step), N * steps)
    for name, form in (("bmm", step), ("products and sums", product_step)):
        compiled = torch.compile(form, dynamic=False)
        try:
            repeated(compiled)()
        except Exception as error:  # whatever the compiler lacks on this machine
            print(f"torch.compile does not work here ({type(error).__name__}): left out")
            return
        yield Method(f"torch.compile of {name}", repeated(compiled), N * steps)


def jax_deep_linear() -> Iterator[Method]:
    """JAX: vmap of the gradient, one compiled loop over the steps."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        print(f"jax cannot be imported ({error}): left out")
        return
    M, steps = jnp.array(TEACHER, jnp.float32), 20

    def loss(W: list[Any], x: Any) -> Any:
        h = x
        for weight in W:
            h = weight @ h
        return 0.5 * jnp.sum((M @ x - h) ** 2)

    gradients = jax.vmap(jax.grad(loss))

    @jax.jit
    def run(key: Any) -> Any:
        def step(k: Any, W: list[Any]) -> list[Any]:
            x = jax.random.normal(jax.random.fold_in(key, k), (N, D))
            return [w - RATE * g for w, g in zip(W, gradients(W, x), strict=True)]

        start = [jnp.broadcast_to(jnp.array(w, jnp.float32), (N, D, D)) for w in START.values()]
        return jax.lax.fori_loop(0, steps, step, start)

    key = jax.random.PRNGKey(1)
    yield Method("JAX vmap(grad), fori_loop", lambda: jax.block_until_ready(run(key)), N * steps)


def tanh_network(rounds: int) -> dict[str, Any]:
    """Two layers with tanh and biases, batches of a data set."""
    network = DenseNetwork((INPUTS, HIDDEN, 1), activations="tanh", biases=True)
    start, methods, steps = gaussian_layers(network, N, seed=1), [], 300
    dynamics = MiniBatchDescent(learning_rate=0.05, batch_size=BATCH)
    for precision in ("float32", "float64"):
        run = trained(network, SAMPLES, dynamics, start, N, steps, precision)
        methods.append(Method(f"driftproof {precision}", run, N * steps))
    methods += torch_tanh_network(start)
    name = "two layers, 16 tanh units, batches of 8 out of 256 samples"
    return measured(name, methods, "driftproof float32", rounds)


def torch_tanh_network(start: dict[str, np.ndarray]) -> Iterator[Method]:
    """torch.func, and the project's own training of modules."""
    import torch
    from torch.func import grad, vmap

    from numerics.sgd.batches import WithReplacement
    from numerics.sgd.empirical_loss import EmpiricalLoss
    from numerics.sgd.optimisers import SGD
    from numerics.sgd.replicas import train_replicas

    torch.set_num_threads(1)
    X, Y = (torch.tensor(each, dtype=torch.float32) for each in (SAMPLES.inputs, SAMPLES.labels))
    weights = [torch.tensor(start[name], dtype=torch.float32) for name in ("W1", "b1", "W2", "b2")]

    def loss(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> Any:
        return 0.5 * (torch.tanh(x @ W1.T + b1[:, 0]) @ W2.T + b2[:, 0] - y).square().sum() / BATCH

    gradients = vmap(grad(loss, argnums=(0, 1, 2, 3)))

    def run() -> object:
        W = weights
        for _ in range(20):
            chosen = torch.randint(len(X), (N, BATCH))
            W = [w - 0.05 * g for w, g in zip(W, gradients(*W, X[chosen], Y[chosen]), strict=True)]
        return W

    yield Method("torch.func vmap(grad)", run, N * 20)
    net = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 1))
    problem = EmpiricalLoss(net, lambda output, target: (output - target).square().sum() / 2, X, Y)

    def project() -> object:
        return train_replicas(problem, SGD(0.05), batches=WithReplacement(BATCH), steps=100, n_replicas=N, seed=1)

    yield Method("train_replicas", project, N * 100)


def scalar_chain(rounds: int) -> dict[str, Any]:
    """Three scalar layers with label noise."""
    network, data = DenseNetwork((1, 1, 1, 1)), NoisyTeacher([[1.0]], label_covariance=0.1)
    start = {f"W{l}": [[0.8]] for l in (1, 2, 3)}
    methods = []
    for precision in ("float32", "float64"):
        run = trained(network, data, MiniBatchDescent(learning_rate=0.01), start, 8192, 3000, precision)
        methods.append(Method(f"driftproof {precision}", run, 8192 * 3000))
    return measured("chain of three scalars", methods, "driftproof float32", rounds)


def measured(title: str, methods: list[Method], reference: str, rounds: int) -> dict[str, Any]:
    """Print and keep the measurements of a problem."""
    timings = interleaved(methods, reference=reference, rounds=rounds)
    print(f"\n{title}\n\n{table(timings, reference)}")
    return {"problem": title, "reference": reference, "timings": [asdict(timing) for timing in timings]}


def build_times() -> dict[str, float]:
    """Seconds of processor time from a layer program to machine code, at first and with all optimisations."""
    from numerics.kernels.cpu.layer_kernel import CpuLayerKernel
    from numerics.kernels.cpu.target import compile_ir
    from numerics.layered.steps import layer_steps

    times = {}
    network, data = DenseNetwork((D,) * (DEPTH + 1)), NoisyTeacher(TEACHER)
    for name, dynamics in (
        ("SGD", MiniBatchDescent(learning_rate=RATE)),
        ("SDE", GradientNoiseDiffusion(learning_rate=RATE)),
    ):
        program = layer_steps(network, data, dynamics).program
        begin = time.process_time()
        kernel = CpuLayerKernel(program, "float32")
        compile_ir(kernel.ir, kernel.processor)
        times[name] = time.process_time() - begin
    return times


def main() -> None:
    """Time everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="also write the measurements to this file")
    options = sized(parser, "rounds")
    # One thread for every library, before it is imported: then processor time and wall-clock time mean the same.
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    builds = build_times()
    problems = [problem(options.rounds) for problem in (deep_linear, tanh_network, scalar_chain)]
    print("\nbuild, s: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in builds.items()))
    if options.json:
        record = {"machine": platform.processor() or platform.machine(), "build_seconds": builds, "problems": problems}
        with open(options.json, "w") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()
