r"""Figure 5 of the stochastic-collapse paper, run as its Appendix J states it.

The recursions (38)-(39) of 64 modes for 256 replicas and five noise levels: 1000 steps of warm-up, 50 000 at the
learning rate 3.0/1024 and 10 000 at a tenth of it, 4e9 mode-steps. Without noise all replicas are the same and two
are run. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/figure_5.py [--replicas 256] [--threads 2] [--write]

``--write`` puts the numbers and the picture into docs/evidence.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numerics.progress import progress_report
from verification.papers.stochastic_collapse.figures import figure_5
from verification.papers.stochastic_collapse.teacher_student.generalisation import NOISE_LEVELS
from verification.run.settings import available_cores

EVIDENCE = Path(__file__).parents[1] / "evidence"


def run(*, replicas: int, threads: int, progress: bool | None = None) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    figure_5.data_set()  # the data are no part of the training's time
    rows = []
    load = os.getloadavg()[0]
    wall, processor = time.perf_counter(), time.process_time()
    with progress_report(progress, "Figure 5") as report:
        for i, noise in enumerate(NOISE_LEVELS, start=1):
            seed = figure_5.seed_of({"benchmark": "figure 5", "zeta": noise, "replicas": replicas})
            rows.append(figure_5.level(noise, replicas=replicas, seed=seed, threads=threads))
            report(i, len(NOISE_LEVELS))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    steps = sum(row["replicas"] for row in rows) * figure_5.DIMENSION * figure_5.TOTAL
    lowest = figure_5.smallest_error(rows)
    return {
        **figure_5.summary(rows),
        "smallest_of_trained": {"interval": lowest["smallest_of_trained"], **lowest["at"]},
        "cost": {
            "mode_steps": steps,
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


def table(figure: Mapping[str, Any]) -> str:
    """The figure's numbers: the test error of each noise level at the snapshots."""
    rows, cost = figure["rows"], figure["cost"]
    lines = ["   step" + "".join(f"   zeta = {row['zeta']:<7g}" for row in rows)]
    for i, step in enumerate(figure["snapshots"]):
        means = "".join(f"   {row['test'][i][0]:6.3f} ± {row['test'][i][1]:5.3f}" for row in rows)
        lines.append(f"{step:7}{means}")
    lines.append("stationary before the drop: " + ", ".join(f"{value:.3f}" for value in figure["stationary"]))
    lowest = figure["smallest_of_trained"]
    lines.append(
        f"smallest mean test error {lowest['mean']:.3f} at zeta = {lowest['zeta']:g}, step {lowest['step']}; "
        "the student that has learned nothing has 1"
    )
    lines += [f"{'yes' if f['reproduced'] else 'NO ':4} {f['name']} ({f['measured']:.4g})" for f in figure["features"]]
    lines += [
        f"{cost['mode_steps']:.3g} mode-steps in {cost['wall_seconds']} s of wall-clock time on {cost['threads']} "
        f"threads (load average before: {cost['load_before']}), {cost['processor_seconds']} s of processor time",
        f"{cost['steps_per_wall_second']:.3g} steps a second, {cost['steps_per_processor_second']:.3g} a processor "
        f"second; peak memory {cost['peak_memory_mib']} MiB; {cost['machine']}",
    ]
    return "\n".join(lines)


def write(figure: Mapping[str, Any], folder: Path) -> None:
    """Numbers and picture as ``figure_5.json`` and ``figure_5.svg``."""
    from verification.papers.stochastic_collapse.figures.picture_5 import errors_picture

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figure_5.json").write_text(json.dumps(figure, indent=1) + "\n")
    drawing = errors_picture("figure-5", figure).drawing
    style = "<style>svg { color: #1b2430; background: white; font-family: sans-serif; }</style>"
    head, _, body = drawing.partition(">")
    (folder / "figure_5.svg").write_text(f"{head}>{style}{body}\n")


def main() -> None:
    """Run the figure and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicas", type=int, default=figure_5.REPLICAS, help="runs of each noise level (256)")
    parser.add_argument("--threads", type=int, default=available_cores(), help="threads (number of cores)")
    parser.add_argument("--write", action="store_true", help=f"write figure_5.json and figure_5.svg to {EVIDENCE}")
    options = parser.parse_args()
    if options.replicas < 2:
        parser.error(f"--replicas must be at least 2, got {options.replicas}")
    figure = run(replicas=options.replicas, threads=options.threads)
    print(table(figure))
    if options.write:
        write(figure, EVIDENCE)


if __name__ == "__main__":
    main()
