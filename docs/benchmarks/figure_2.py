r"""Figure 2 (right) of the stochastic-collapse paper, run as its Appendix J states it, and how fast that goes.

1000 single neurons for each of 50 noise levels :math:`\eta\zeta^2/2` spaced evenly in (0, 2], the process (31) with a
tanh and 32 data points, Euler-Maruyama with step 0.01 to T = 100: 5e8 steps. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/figure_2.py [--models 1000] [--levels 50] [--threads 2] [--compare] [--write]

``--compare`` also times torch and JAX on the same steps, one thread each, interleaved round by round, ratios on
processor time. Each runs in two forms: one Brownian motion per sample, and the two of ``theory.fewer_noises``; in
float32 and in the arithmetic of the figure ("mixed": float64 states, float32 normals). ``--write`` puts numbers and
picture into docs/evidence.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from theory.ito import ItoProcess
from verification.papers.stochastic_collapse.figures import figure_2
from verification.run.settings import available_cores

EVIDENCE = Path(__file__).parents[1] / "evidence"
HIGHEST = 2.0
COMPARED_AT = 1.0
"""Noise level of the comparison; the cost does not depend on it."""

REFERENCE = "driftproof, 2 noises, mixed"


def run(*, models: int, levels: int, threads: int) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    figure_2.process()  # the derivation is no part of the simulation's time; it is reported by itself
    grid = HIGHEST * np.arange(1, levels + 1) / levels
    seed = figure_2.seed_of({"benchmark": "figure 2", "models": models, "levels": levels})
    load = os.getloadavg()[0]
    wall, processor = time.perf_counter(), time.process_time()
    weights = figure_2.run(
        np.repeat(grid, models), models=levels * models, start=figure_2.START, seed=seed, threads=threads
    )
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    distances = figure_2.distance(weights).reshape(len(figure_2.SNAPSHOTS), levels, models)
    steps = levels * models * figure_2.SNAPSHOTS[-1]
    return {
        "step": figure_2.STEP,
        "snapshots": list(figure_2.SNAPSHOTS),
        "threshold": float(figure_2.signal()),
        "threshold_of_steps": figure_2.threshold_of_steps(),
        "rows": [_row(float(level), distances[:, i]) for i, level in enumerate(grid)],
        "cost": {
            "steps": steps,
            "wall_seconds": round(wall, 2),
            "processor_seconds": round(processor, 2),
            "threads": threads,
            "load_before": round(load, 1),
            "steps_per_wall_second": round(steps / wall),
            "steps_per_processor_second": round(steps / processor),
            "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "machine": f"{platform.machine()}, {available_cores()} cores",
        },
    }


def _row(level: float, distances: np.ndarray) -> dict[str, Any]:
    """One noise level; ``distances`` has shape ``(snapshots, models)``."""
    collapsed = (distances < figure_2.EPSILON).sum(axis=1).tolist()
    models = distances.shape[1]
    return {
        "level": level,
        "collapsed": collapsed,
        "interval": figure_2.intervals(collapsed, models),
        "models": models,
        "median_log10": float(np.log10(np.median(distances[-1]))),
        "smallest": float(distances.min()),
    }


# Timing --------------------------------------------------------------------------------------------------------------


def timings(rounds: int) -> list[dict[str, Any]]:
    """The fused kernel, torch and JAX on the same steps."""
    from interleaved import interleaved, table

    methods = [*own_methods()]
    for name, peers in (("torch", torch_methods), ("JAX", jax_methods)):
        try:
            methods += peers()
        except ImportError as error:
            print(f"{name} cannot be imported ({error}): left out")
    measured = interleaved(methods, reference=REFERENCE, rounds=rounds)
    print(table(measured, REFERENCE))
    return [asdict(timing) for timing in measured]


def own_methods() -> Iterator[Any]:
    """The process with 2 and with 32 Brownian motions."""
    from interleaved import Method

    models, steps = 4096, 500

    def form(process: ItoProcess, precision: str) -> Callable[[], object]:
        return lambda: simulate(
            process,
            parameters=figure_2.parameters(COMPARED_AT),
            initial=[figure_2.START, figure_2.START],
            step=figure_2.STEP,
            until=steps * figure_2.STEP,
            n_paths=models,
            seed=1,
            options=Options(precision=precision, progress=False),
        )

    processes = {2: figure_2.process(), figure_2.POINTS: figure_2.driven_by_samples()}
    for noises, process in processes.items():
        for precision in ("mixed", "float32"):
            yield Method(f"driftproof, {noises} noises, {precision}", form(process, precision), models * steps)


def _numbers() -> tuple[np.ndarray, np.ndarray, float, float]:
    r"""Inputs and labels, the step, and the factor :math:`\sqrt{h\eta/n}\,\zeta` of the noise."""
    x, y = (np.array(column, dtype=float) for column in figure_2.data_set())
    return x, y, figure_2.STEP, math.sqrt(2 * COMPARED_AT * figure_2.STEP / len(x))


def torch_methods() -> Iterator[Any]:
    """PyTorch eager, samples in rows, in place, sums against the labels as matrix products."""
    import torch
    from interleaved import Method

    torch.set_num_threads(1)
    points, labels, h, scale = _numbers()
    steps = 60

    def form(noises: int, state: torch.dtype, models: int) -> Callable[[], object]:
        x, y = torch.tensor(points, dtype=state)[:, None], torch.tensor(labels, dtype=state)
        n = len(labels)
        z = torch.empty(noises, models, dtype=torch.float32)
        t, s, d, work = (torch.empty(n, models, dtype=state) for _ in range(4))

        def run() -> torch.Tensor:
            w1, w2 = (torch.full((models,), figure_2.START, dtype=state) for _ in range(2))
            for _ in range(steps):
                z.normal_()
                noise = z if state == torch.float32 else z.to(state)
                torch.mul(x, w1, out=t).tanh_()
                torch.mul(t, t, out=s).neg_().add_(1).mul_(x)
                if noises == 2:
                    torch.addcmul(t, s, w1, value=-1, out=d)
                    ss = torch.mul(s, s, out=work).sum(0)
                    sd = torch.mul(s, d, out=work).sum(0)
                    dd = torch.mul(d, d, out=work).sum(0)
                    st, tt = w1 * ss + sd, w1 * (w1 * ss + 2 * sd) + dd
                    root = ss.sqrt()
                    first = w2 * root * noise[0]
                    across = (dd - sd * sd / ss).clamp_min_(0).sqrt_()
                    second = st / root * noise[0] + across * noise[1]
                else:
                    st, tt = torch.mul(s, t, out=work).sum(0), torch.mul(t, t, out=work).sum(0)
                    first = w2 * torch.mul(s, noise, out=work).sum(0)
                    second = torch.mul(t, noise, out=work).sum(0)
                drift1, drift2 = w2 * (y @ s - w2 * st) / n, (y @ t - w2 * tt) / n
                w1, w2 = w1 + h * drift1 + scale * first, w2 + h * drift2 + scale * second
            return w1

        return run

    for noises in (2, figure_2.POINTS):
        for name, state in (("mixed", torch.float64), ("float32", torch.float32)):
            for models in (1000, 8000):
                yield Method(
                    f"torch, {noises} noises, {name}, {models} models", form(noises, state, models), models * steps
                )


def jax_methods() -> Iterator[Any]:
    """JAX, compiled beforehand, the time loop inside (``fori_loop``), samples in rows, either generator."""
    import jax
    import jax.numpy as jnp
    from interleaved import Method

    jax.config.update("jax_enable_x64", True)
    points, labels, h, scale = _numbers()
    models, steps, n = 1000, 200, len(labels)

    def form(noises: int, state: Any, generator: str) -> Callable[[], object]:
        x, y = jnp.array(points, state)[:, None], jnp.array(labels, state)[:, None]
        step, factor = state(h), state(scale)

        def body(_: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
            w1, w2, key = carry
            key, here = jax.random.split(key)
            z = jax.random.normal(here, (noises, models), jnp.float32).astype(state)
            t = jnp.tanh(x * w1)
            s = x * (1 - t * t)
            if noises == 2:
                d = t - w1 * s
                ss, sd, dd = (s * s).sum(0), (s * d).sum(0), (d * d).sum(0)
                st, tt = w1 * ss + sd, w1 * (w1 * ss + 2 * sd) + dd
                root = jnp.sqrt(ss)
                first = w2 * root * z[0]
                second = st / root * z[0] + jnp.sqrt(jnp.maximum(0, dd - sd * sd / ss)) * z[1]
            else:
                st, tt = (s * t).sum(0), (t * t).sum(0)
                first, second = w2 * (s * z).sum(0), (t * z).sum(0)
            drift1, drift2 = w2 * ((y * s).sum(0) - w2 * st) / n, ((y * t).sum(0) - w2 * tt) / n
            return w1 + step * drift1 + factor * first, w2 + step * drift2 + factor * second, key

        def run(key: jax.Array) -> jax.Array:
            start = jnp.full((models,), figure_2.START, state)
            return jax.lax.fori_loop(0, steps, body, (start, start, key))[0]

        compiled, key = jax.jit(run), jax.random.key(1, impl=generator)
        return lambda: compiled(key).block_until_ready()

    for noises in (2, figure_2.POINTS):
        for name, state in (("mixed", jnp.float64), ("float32", jnp.float32)):
            for generator in ("threefry2x32", "rbg"):
                yield Method(
                    f"JAX, {noises} noises, {name}, {generator}", form(noises, state, generator), models * steps
                )


# Output --------------------------------------------------------------------------------------------------------------


def report(figure: Mapping[str, Any]) -> str:
    """The figure's numbers, one noise level a line."""
    lines = [" level  " + "".join(f"{steps:>8}" for steps in figure["snapshots"]) + "   95 % interval at the end"]
    for row in figure["rows"]:
        shares = "".join(f"{count / row['models']:8.3f}" for count in row["collapsed"])
        lower, upper = row["interval"][-1]
        lines.append(f"{row['level']:6.3f}  {shares}   [{lower:.3f}, {upper:.3f}]")
    cost = figure["cost"]
    return "\n".join(
        [
            *lines,
            "",
            f"thresholds: signal {figure['threshold']:.4f}; Euler-Maruyama at this step "
            f"{figure['threshold_of_steps']:.4f}; smallest |w| {min(row['smallest'] for row in figure['rows']):.1e}",
            f"{cost['steps']:.3g} steps in {cost['wall_seconds']} s of wall-clock time on {cost['threads']} threads "
            f"(load average before: {cost['load_before']}), {cost['processor_seconds']} s of processor time; "
            f"peak memory {cost['peak_memory_mib']} MiB; {cost['machine']}",
        ]
    )


def write(figure: Mapping[str, Any], folder: Path) -> None:
    """Numbers and picture as ``figure_2.json`` and ``figure_2.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figure_2.json").write_text(json.dumps(figure, indent=1) + "\n")
    from verification.papers.stochastic_collapse.figures.picture_2 import collapse_picture

    drawing = collapse_picture("figure-2", figure).drawing
    style = "<style>svg { color: #1b2430; background: white; font-family: sans-serif; }</style>"
    head, _, body = drawing.partition(">")
    (folder / "figure_2.svg").write_text(f"{head}>{style}{body}\n")


def main() -> None:
    """Run the figure and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=1000, help="models for each noise level (1000)")
    parser.add_argument("--levels", type=int, default=50, help="noise levels in (0, 2] (50)")
    parser.add_argument("--threads", type=int, default=available_cores(), help="threads (number of cores)")
    parser.add_argument("--compare", action="store_true", help="also time torch and JAX")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison (5)")
    parser.add_argument("--write", action="store_true", help=f"write figure_2.json and figure_2.svg to {EVIDENCE}")
    options = parser.parse_args()
    if min(options.models, options.levels, options.threads, options.rounds) < 1:
        parser.error("--models, --levels, --threads and --rounds must be at least 1")
    figure = run(models=options.models, levels=options.levels, threads=options.threads)
    print(report(figure))
    if options.compare:
        # One thread for every library, before it is imported: processor time and wall-clock time then mean the same.
        os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        figure["timings"] = timings(options.rounds)
    if options.write:
        write(figure, EVIDENCE)


if __name__ == "__main__":
    main()
