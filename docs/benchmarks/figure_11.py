r"""Figure 11 of the stochastic-collapse paper at the released program's size, by real SGD.

All 8192 weights of a two-layer linear network in 64 dimensions, 100 000 steps, batches of 1, 2, 4, 8, 16 without
replacement and all 1024, and batches of 16 with replacement beside them. Run it from the repository's root::

    PYTHONPATH=. OPENBLAS_NUM_THREADS=1 python docs/benchmarks/figure_11.py [--dimension 64] [--replicas 8] [--write]

``--write`` puts the numbers and the picture into docs/evidence. The matrices are small: more threads of the linear
algebra library only cost time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numerics.progress import progress_report
from verification.papers.stochastic_collapse.figures import figure_11
from verification.run.settings import available_cores

EVIDENCE = Path(__file__).parents[1] / "evidence"
SIZES = ("1", "2", "4", "8", "16")


def run(*, dimension: int, replicas: int, progress: bool | None = None) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    parts: list[dict[str, Any]] = [{"batch": size} for size in (*SIZES, "all")]
    parts.append({"batch": SIZES[-1], "replacement": True})
    rows = []
    load = os.getloadavg()[0]
    wall, processor = time.perf_counter(), time.process_time()
    with progress_report(progress, "Figure 11") as report:
        for i, part in enumerate(parts, start=1):
            rows.append(figure_11.measure({"n": dimension, "replicas": replicas, **part}))
            report(i, len(parts))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    steps = sum(row["steps"][-1] * len(row["white"][-1]) for row in rows)
    without = [row for row in rows if not row["replacement"]]
    return {
        "location": figure_11.summary(without)["location"],
        "features": figure_11.summary(without)["features"],
        "before_drop": figure_11.summary_before_drop(without)["location"],
        "rows": rows,
        "cost": {
            "replica_steps": steps,
            "wall_seconds": round(wall, 2),
            "processor_seconds": round(processor, 2),
            "load_before": round(load, 1),
            "steps_per_processor_second": round(steps / processor),
            "machine": f"{platform.machine()}, {available_cores()} cores",
        },
    }


def table(figure: Mapping[str, Any]) -> str:
    """The errors of each batch size before the drop and in the end."""
    from verification.papers.stochastic_collapse.figures.picture_5 import batches_picture

    picture = batches_picture("figure-11", figure["rows"])
    lines = ["   ".join(f"{cell:<22}" for cell in row) for row in (picture.columns, *picture.rows)]
    lines += [f"{'yes' if f['reproduced'] else 'NO ':4} {f['name']} ({f['measured']:.4g})" for f in figure["features"]]
    cost = figure["cost"]
    lines += [
        "smallest error (34) before the drop: batches from {:g} to {:g}".format(*figure["before_drop"]),
        f"{cost['replica_steps']:.3g} steps in {cost['wall_seconds']} s of wall-clock time (load average before: "
        f"{cost['load_before']}), {cost['processor_seconds']} s of processor time; {cost['machine']}",
    ]
    return "\n".join(lines)


def write(figure: Mapping[str, Any], folder: Path) -> None:
    """Numbers and picture as ``figure_11.json`` and ``figure_11.svg``."""
    from verification.papers.stochastic_collapse.figures.picture_5 import batches_picture

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figure_11.json").write_text(json.dumps(figure, indent=1) + "\n")
    drawing = batches_picture("figure-11", figure["rows"]).drawing
    style = "<style>svg { color: #1b2430; background: white; font-family: sans-serif; }</style>"
    head, _, body = drawing.partition(">")
    (folder / "figure_11.svg").write_text(f"{head}>{style}{body}\n")


def main() -> None:
    """Run the figure and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dimension", type=int, default=64, help="dimension n; data and steps scale with it (64)")
    parser.add_argument("--replicas", type=int, default=figure_11.REPLICAS, help="runs of each batch size (8)")
    parser.add_argument("--write", action="store_true", help=f"write figure_11.json and figure_11.svg to {EVIDENCE}")
    options = parser.parse_args()
    if options.replicas < 2 or options.dimension < 8:
        parser.error(
            f"--replicas must be at least 2 and --dimension at least 8, got {options.replicas}, {options.dimension}"
        )
    figure = run(dimension=options.dimension, replicas=options.replicas)
    print(table(figure))
    if options.write:
        write(figure, EVIDENCE)


if __name__ == "__main__":
    main()
