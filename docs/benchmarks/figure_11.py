r"""Figure 11 of the stochastic-collapse paper at the released program's size, by real SGD.

All 8192 weights of a two-layer linear network in 64 dimensions, 100 000 steps, batches of 1, 2, 4, 8, 16 without
replacement and all 1024, and batches of 16 with replacement beside them. Run it from the repository's root::

    PYTHONPATH=. OPENBLAS_NUM_THREADS=1 python docs/benchmarks/figure_11.py [--dimension 64] [--replicas 8] [--write]

``--write`` puts the numbers and the picture into docs/evidence. The matrices are small: more threads of the linear
algebra library only cost time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.benchmarks.evidence import command, cost_of, judged, per_second, told
from numerics.progress import progress_report
from verification.papers.stochastic_collapse.figures import figure_11

SIZES = ("1", "2", "4", "8", "16")


def run(*, dimension: int, replicas: int, progress: bool | None = None) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    parts: list[dict[str, Any]] = [{"batch": size} for size in (*SIZES, "all")]
    parts.append({"batch": SIZES[-1], "replacement": True})
    rows = []
    with cost_of(threads=1) as cost, progress_report(progress, "Figure 11") as report:
        for i, part in enumerate(parts, start=1):
            rows.append(figure_11.measure({"n": dimension, "replicas": replicas, **part}))
            report(i, len(parts))
    without = [row for row in rows if not row["replacement"]]
    found = figure_11.summary(without)
    steps = sum(row["steps"][-1] * len(row["white"][-1]) for row in rows)
    return {
        "location": found["location"],
        "features": found["features"],
        "before_drop": figure_11.summary_before_drop(without)["location"],
        "rows": rows,
        "cost": per_second(cost, steps, unit="replica_steps"),
    }


def table(figure: Mapping[str, Any]) -> str:
    """The errors of each batch size in the end, and the best one before the drop."""
    drawn = picture(figure)
    lines = ["   ".join(f"{cell:<22}" for cell in row) for row in (drawn.columns, *drawn.rows)]
    lines += [
        *judged(figure["features"]),
        "smallest error (34) before the drop: batches from {:g} to {:g}".format(*figure["before_drop"]),
        told(figure["cost"]),
    ]
    return "\n".join(lines)


def picture(figure: Mapping[str, Any]) -> Any:
    """The errors against the steps."""
    return figure_11.batches_picture("figure-11", figure["rows"])


if __name__ == "__main__":
    command(
        __doc__ or "",
        "figure_11",
        run,
        table,
        picture,
        {
            "dimension": (64, 8, "dimension n; data and steps scale with it"),
            "replicas": (figure_11.REPLICAS, 2, "runs of each batch size"),
        },
    )
