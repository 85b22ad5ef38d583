r"""Figure 1 (right) of the stochastic-collapse paper, run as its Appendix J states it.

.. math::
    d\theta = (\mu\theta - \theta^3)\,dt + \zeta\theta\,dB, \qquad \mu = 1.5,\; \theta_0 \sim N(0, 4),

Euler-Maruyama with step 0.0025, 10 000 paths for each of 50 amplitudes :math:`\zeta` spaced evenly in [0, 3], looked at
after 0, 5000, 10 000, 20 000, 40 000 and 80 000 steps: 4e10 steps in :math:`\log|\theta|`, and 4e10 more of plain
Euler-Maruyama on the same noise, whose jumps across zero are counted. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/figure_1.py [--paths 10000] [--amplitudes 50] [--threads 2] [--write]

``--write`` puts the numbers and the picture into docs/evidence. Memory does not grow with the amplitudes: of each,
six counts stay. The states are float64 and the normals float32; see ``figure_1.run_amplitude`` for the reason.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from numerics.deterministic.collapse_threshold import collapse_noise
from numerics.progress import progress_report
from verification.papers.stochastic_collapse.figures import figure_1
from verification.run.settings import available_cores

MU = "3/2"
EVIDENCE = Path(__file__).parents[1] / "evidence"
SNAPSHOTS = (0, *figure_1.SNAPSHOTS)


def amplitude_row(zeta: Fraction, *, paths: int, threads: int) -> dict[str, Any]:
    """Counts of one amplitude: collapsed paths at each snapshot, in log coordinates and by plain Euler-Maruyama."""
    part = {"mu": MU, "zeta": str(zeta), "paths": paths}
    seed = figure_1.seed_of(part)
    runs = figure_1.run_amplitude(float(Fraction(MU)), float(zeta), paths=paths, seed=seed, threads=threads)
    at_start = int((np.abs(figure_1.initial_values(paths, seed)) <= 1e-15).sum())
    collapsed = [at_start, *runs.collapsed]
    rate, error = runs.late_rate
    return {
        "zeta": float(zeta),
        "collapsed": collapsed,
        "collapsed_plain": [at_start, *runs.collapsed_plain],
        "interval": figure_1.intervals(collapsed, paths),
        "rate": rate,
        "rate_error": error,
        "sign_changes": runs.sign_changes,
        "blow_ups": runs.blow_ups,
        "paths": paths,
        "seed": seed,
    }


def run(*, paths: int, amplitudes: int, threads: int, progress: bool | None = None) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    zetas = [Fraction(3 * i, amplitudes - 1) for i in range(amplitudes)]
    work = 2 * paths * figure_1.SNAPSHOTS[-1]
    rows = []
    load = os.getloadavg()[0]
    wall, processor = time.perf_counter(), time.process_time()
    with progress_report(progress, "Figure 1") as report:
        for i, zeta in enumerate(zetas, start=1):
            rows.append(amplitude_row(zeta, paths=paths, threads=threads))
            report(i * work, amplitudes * work)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    window = collapse_noise(figure_1.STEP, float(Fraction(MU)))
    return {
        "mu": MU,
        "step": figure_1.STEP,
        "snapshots": list(SNAPSHOTS),
        "threshold": math.sqrt(2 * Fraction(MU)),
        "threshold_of_plain_steps": None if window is None else float(window.lower),
        "rows": rows,
        "cost": {
            "steps": amplitudes * work,
            "wall_seconds": round(wall, 2),
            "processor_seconds": round(processor, 2),
            "threads": threads,
            "load_before": round(load, 1),
            "steps_per_wall_second": round(amplitudes * work / wall),
            "steps_per_processor_second": round(amplitudes * work / processor),
            "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "machine": f"{platform.machine()}, {available_cores()} cores",
        },
    }


def table(figure: Mapping[str, Any]) -> str:
    """The figure's numbers, one amplitude a line."""
    heads = [f"{steps}" for steps in figure["snapshots"]]
    lines = ["  zeta  " + "".join(f"{head:>8}" for head in heads) + "   95 % interval at the end   plain EM"]
    for row in figure["rows"]:
        shares = "".join(f"{count / row['paths']:8.4f}" for count in row["collapsed"])
        lower, upper = row["interval"][-1]
        plain = row["collapsed_plain"][-1] / row["paths"]
        lines.append(f"{row['zeta']:6.4f}  {shares}   [{lower:.4f}, {upper:.4f}] {plain:16.4f}")
    cost, rows = figure["cost"], figure["rows"]
    jumps, blow_ups = (sum(row[name] for row in rows) for name in ("sign_changes", "blow_ups"))
    plain_steps = cost["steps"] // 2
    lines += [
        "",
        f"thresholds: sqrt(2 mu) = {figure['threshold']:.4f}; plain Euler-Maruyama at this step "
        f"{figure['threshold_of_plain_steps']:.4f}",
        f"plain Euler-Maruyama changed sign in {jumps} of {plain_steps:.3g} steps (a fraction of "
        f"{jumps / plain_steps:.1e}); {blow_ups} paths left the finite numbers",
        f"{cost['steps']:.3g} steps in {cost['wall_seconds']} s of wall-clock time on {cost['threads']} threads "
        f"(load average before: {cost['load_before']}), {cost['processor_seconds']} s of processor time",
        f"{cost['steps_per_wall_second']:.3g} steps a second, {cost['steps_per_processor_second']:.3g} a processor "
        f"second; peak memory {cost['peak_memory_mib']} MiB; {cost['machine']}",
    ]
    return "\n".join(lines)


def write(figure: Mapping[str, Any], folder: Path) -> None:
    """Numbers and picture as ``figure_1.json`` and ``figure_1.svg``."""
    from verification.papers.stochastic_collapse.figures.picture_1 import collapse_picture

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figure_1.json").write_text(json.dumps(figure, indent=1) + "\n")
    drawing = collapse_picture("figure-1", figure).drawing
    style = "<style>svg { color: #1b2430; background: white; font-family: sans-serif; }</style>"
    head, _, body = drawing.partition(">")
    (folder / "figure_1.svg").write_text(f"{head}>{style}{body}\n")


def main() -> None:
    """Run the figure and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--paths", type=int, default=10_000, help="paths for each amplitude (10000)")
    parser.add_argument("--amplitudes", type=int, default=50, help="values of zeta in [0, 3] (50)")
    parser.add_argument("--threads", type=int, default=available_cores(), help="threads (number of cores)")
    parser.add_argument("--write", action="store_true", help=f"write figure_1.json and figure_1.svg to {EVIDENCE}")
    options = parser.parse_args()
    if options.paths < 2 or options.amplitudes < 2:
        parser.error(
            f"--paths must be at least 2 and --amplitudes at least 2, got {options.paths}, {options.amplitudes}"
        )
    figure = run(paths=options.paths, amplitudes=options.amplitudes, threads=options.threads)
    print(table(figure))
    if options.write:
        write(figure, EVIDENCE)


if __name__ == "__main__":
    main()
