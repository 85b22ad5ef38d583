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

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from docs.benchmarks.evidence import command, cost_of, judged, per_second, told
from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from theory.ito import ItoProcess
from verification.papers.stochastic_collapse.figures import data_of_figure_2, figure_2
from verification.run.settings import available_cores

HIGHEST = 2.0
COMPARED_AT = 1.0
"""Noise level of the comparison; the cost does not depend on it."""

REFERENCE = "driftproof, 2 noises, mixed"


def run(*, models: int, levels: int, threads: int) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    figure_2.process()  # the derivation is no part of the simulation's time; it is reported by itself
    grid = HIGHEST * np.arange(1, levels + 1) / levels
    seed = data_of_figure_2.seed_of({"benchmark": "figure 2", "models": models, "levels": levels})
    with cost_of(threads) as cost:
        weights = figure_2.run(
            np.repeat(grid, models), models=levels * models, start=figure_2.START, seed=seed, threads=threads
        )
    distances = figure_2.distance(weights).reshape(-1, levels, models)
    rows = [figure_2.row(float(level), distances[:, i]) for i, level in enumerate(grid)]
    known = figure_2.thresholds()
    stated = known["threshold"]
    return {
        "step": figure_2.STEP,
        "snapshots": list(figure_2.FIGURE.snapshots),
        **known,
        "half_collapsed": figure_2.FIGURE.half(rows),
        "features": [*figure_2.FIGURE.features(rows, stated), figure_2.FIGURE.approaches(rows, stated)],
        "rows": rows,
        "cost": per_second(cost, levels * models * figure_2.FIGURE.snapshots[-1]),
    }


# Timing --------------------------------------------------------------------------------------------------------------


def timings(rounds: int) -> list[dict[str, Any]]:
    """The fused kernel, torch and JAX on the same steps."""
    from docs.benchmarks.interleaved import interleaved, table

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
    from docs.benchmarks.interleaved import Method

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

    processes = {2: figure_2.process(), data_of_figure_2.POINTS: figure_2.driven_by_samples()}
    for noises, process in processes.items():
        for precision in ("mixed", "float32"):
            yield Method(f"driftproof, {noises} noises, {precision}", form(process, precision), models * steps)


def _numbers() -> tuple[np.ndarray, np.ndarray, float, float]:
    r"""Inputs and labels, the step, and the factor :math:`\sqrt{h\eta/n}\,\zeta` of the noise."""
    x, y = (np.array(column, dtype=float) for column in data_of_figure_2.data_set())
    return x, y, figure_2.STEP, math.sqrt(2 * COMPARED_AT * figure_2.STEP / len(x))


def torch_methods() -> Iterator[Any]:
    """PyTorch eager, samples in rows, in place, sums against the labels as matrix products."""
    import torch

    from docs.benchmarks.interleaved import Method

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

    for noises in (2, data_of_figure_2.POINTS):
        for name, state in (("mixed", torch.float64), ("float32", torch.float32)):
            for models in (1000, 8000):
                yield Method(
                    f"torch, {noises} noises, {name}, {models} models", form(noises, state, models), models * steps
                )


def jax_methods() -> Iterator[Any]:
    """JAX, compiled beforehand, the time loop inside (``fori_loop``), samples in rows, either generator."""
    import jax
    import jax.numpy as jnp

    from docs.benchmarks.interleaved import Method

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

    for noises in (2, data_of_figure_2.POINTS):
        for name, state in (("mixed", jnp.float64), ("float32", jnp.float32)):
            for generator in ("threefry2x32", "rbg"):
                yield Method(
                    f"JAX, {noises} noises, {name}, {generator}", form(noises, state, generator), models * steps
                )


# Output --------------------------------------------------------------------------------------------------------------


def table(figure: Mapping[str, Any]) -> str:
    """The figure's numbers, one noise level a line."""
    lines = [" level  " + "".join(f"{steps:>8}" for steps in figure["snapshots"]) + "   95 % interval at the end"]
    for row in figure["rows"]:
        shares = "".join(f"{count / row['models']:8.3f}" for count in row["collapsed"])
        lower, upper = row["interval"][-1]
        lines.append(f"{row['level']:6.3f}  {shares}   [{lower:.3f}, {upper:.3f}]")
    known = (
        f"thresholds: signal {figure['threshold']:.4f}; Euler-Maruyama at this step "
        f"{figure['threshold_of_steps']:.4f}; half of the models collapsed: {figure['half_collapsed']}; "
        f"smallest |w| {min(row['smallest'] for row in figure['rows']):.1e}"
    )
    return "\n".join([*lines, "", known, *judged(figure["features"]), told(figure["cost"])])


def picture(figure: Mapping[str, Any]) -> Any:
    """The shares against the noise level."""
    return figure_2.collapse_picture("figure-2", figure)


if __name__ == "__main__":
    command(
        __doc__ or "",
        "figure_2",
        run,
        table,
        picture,
        {
            "models": (1000, 1, "models for each noise level"),
            "levels": (50, 2, "noise levels in (0, 2]"),
            "threads": (available_cores(), 1, "threads"),
        },
        timings=timings,
    )
