r"""How fast does a run reach its noise equilibrium? Sixteen replicas of a two-layer linear network, millions of steps.

The charge of a symmetry moves at the rate :math:`\eta^2`, so that runs to the balance of Theorem 2 are long and narrow:
few replicas of few weights. One fresh sample a step, label noise; one thread, methods interleaved round by
round, ratios on processor time. At the end the whole run of 3e6 steps, and its distance from the balance.

Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/noise_equilibria.py [--rounds 5] [--json FILE]

The methods of torch run fewer steps, since their cost per step does not depend on the number of steps.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from docs.benchmarks.command_line import sized
from docs.benchmarks.interleaved import Method, interleaved, table
from numerics.deep_linear import NoisyTeacher
from numerics.layered import DenseNetwork, MiniBatchDescent, train_layers
from numerics.simulation.options import Options

REPLICAS, RATE, NOISE = 16, 0.004, 0.25
STEPS, TIMED, OF_TORCH = 3_000_000, 100_000, 200
"""Of the whole run, of a timed run, of a timed run of torch."""

REFERENCE = "driftproof float32"


def start(d: int) -> dict[str, np.ndarray]:
    """Layers far from balanced, whose product is about the teacher."""
    return {"W1": np.tile(0.5 * np.eye(d), (REPLICAS, 1, 1)), "W2": np.tile(2.0 * np.eye(d), (REPLICAS, 1, 1))}


def trained(d: int, steps: int, precision: str) -> Callable[[], Any]:
    """A run of the fused kernel, compiled beforehand."""
    network, data = DenseNetwork((d, d, d)), NoisyTeacher(np.eye(d), label_covariance=NOISE)
    dynamics = MiniBatchDescent(learning_rate=RATE)
    options = Options(precision=precision, progress=False)

    def run() -> Any:
        return train_layers(
            network, data, dynamics, initial=start(d), steps=steps, n_replicas=REPLICAS, seed=1, options=options
        )

    return run


def torch_methods(d: int) -> Iterator[Method]:
    """The step as one writes it with automatic differentiation, per replica by vmap, and by hand."""
    import torch
    from torch.func import grad, vmap

    torch.set_num_threads(1)
    first, second = (torch.tensor(layer, dtype=torch.float32) for layer in start(d).values())

    def sample() -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.randn(REPLICAS, d, 1)
        return x, x + NOISE**0.5 * torch.randn(REPLICAS, d, 1)

    def automatic() -> object:
        W, U = first.clone().requires_grad_(), second.clone().requires_grad_()
        optimiser = torch.optim.SGD([W, U], lr=RATE)
        for _ in range(OF_TORCH):
            x, y = sample()
            optimiser.zero_grad()
            (0.5 * (U @ (W @ x) - y).square().sum()).backward()
            optimiser.step()
        return W

    def loss(W: torch.Tensor, U: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0.5 * (U @ (W @ x) - y).square().sum()

    gradients = vmap(grad(loss, argnums=(0, 1)))

    def mapped() -> object:
        layers = [first, second]
        for _ in range(OF_TORCH):
            layers = [w - RATE * g for w, g in zip(layers, gradients(*layers, *sample()), strict=True)]
        return layers

    def by_hand() -> object:
        W, U = first.clone(), second.clone()
        with torch.no_grad():
            for _ in range(OF_TORCH):
                x, y = sample()
                h = torch.bmm(W, x)
                r = torch.bmm(U, h) - y
                back = torch.bmm(U.transpose(1, 2), r)
                U.baddbmm_(r, h.transpose(1, 2), alpha=-RATE)
                W.baddbmm_(back, x.transpose(1, 2), alpha=-RATE)
        return W

    for name, run in (("autograd", automatic), ("func vmap(grad)", mapped), ("bmm by hand", by_hand)):
        yield Method(f"torch {name}", run, REPLICAS * OF_TORCH)


def problem(d: int, rounds: int) -> dict[str, Any]:
    """Print and keep the measurements of one width."""
    methods = [
        Method(f"driftproof {precision}", trained(d, TIMED, precision), REPLICAS * TIMED)
        for precision in ("float32", "float64")
    ]
    timings = interleaved([*methods, *torch_methods(d)], reference=REFERENCE, rounds=rounds)
    print(f"\ntwo layers, d = {d}, {REPLICAS} replicas\n\n{table(timings, REFERENCE)}")
    processor, wall = time.process_time(), time.perf_counter()
    final = trained(d, STEPS, "float64")().final
    W, U = final["W1"], final["W2"]
    seconds = {"processor": time.process_time() - processor, "wall": time.perf_counter() - wall}
    ratio = float(((U**2).sum((1, 2)) / (W**2).sum((1, 2))).mean())
    print(f"\n{STEPS:.0e} steps in float64: {seconds}; |U|^2/|W|^2 from 16 to {ratio:.3f}, balanced 1")
    return {"d": d, "timings": [asdict(timing) for timing in timings], "seconds": seconds, "ratio_at_the_end": ratio}


def main() -> None:
    """Time everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="also write the measurements to this file")
    options = sized(parser, "rounds")
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    problems = [problem(d, options.rounds) for d in (2, 5)]
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": platform.processor() or platform.machine(), "problems": problems}, file, indent=1)


if __name__ == "__main__":
    main()
