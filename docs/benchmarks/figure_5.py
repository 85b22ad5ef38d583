r"""Figure 5 of the stochastic-collapse paper, run as its Appendix J states it.

The recursions (38)-(39) of 64 modes for 256 replicas and five noise levels: 1000 steps of warm-up, 50 000 at the
learning rate 3.0/1024 and 10 000 at a tenth of it, 4e9 mode-steps. Without noise all replicas are the same and two
are run. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/figure_5.py [--replicas 256] [--threads 2] [--write]

``--write`` puts the numbers and the picture into docs/evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.benchmarks.evidence import command, cost_of, judged, per_second, told
from numerics.progress import progress_report
from verification.authoring.figures import seed_of
from verification.papers.stochastic_collapse.figures import figure_5
from verification.papers.stochastic_collapse.measured.linear_student import DIMENSION, data_set
from verification.run.settings import available_cores


def run(*, replicas: int, threads: int, progress: bool | None = None) -> dict[str, Any]:
    """The whole figure as a JSON object."""
    data_set()  # the data are no part of the training's time
    rows = []
    with cost_of(threads) as cost, progress_report(progress, "Figure 5") as report:
        for i, noise in enumerate(figure_5.NOISE_LEVELS, start=1):
            seed = seed_of("figure-5", {"benchmark": "figure 5", "zeta": noise, "replicas": replicas})
            rows.append(figure_5.level(noise, replicas=replicas, seed=seed, threads=threads))
            report(i, len(figure_5.NOISE_LEVELS))
    steps = sum(row["replicas"] for row in rows) * DIMENSION * figure_5.SNAPSHOTS[-1]
    lowest = figure_5.smallest_error(rows)
    return {
        **figure_5.summary(rows),
        "smallest_of_trained": {"interval": lowest["smallest_of_trained"], **lowest["at"]},
        "cost": per_second(cost, steps, unit="mode_steps"),
    }


def table(figure: Mapping[str, Any]) -> str:
    """The figure's numbers: the test error of each noise level at the snapshots."""
    rows = figure["rows"]
    lines = ["   step" + "".join(f"   zeta = {row['zeta']:<7g}" for row in rows)]
    for i, step in enumerate(figure["snapshots"]):
        means = "".join(f"   {row['test'][i][0]:6.3f} ± {row['test'][i][1]:5.3f}" for row in rows)
        lines.append(f"{step:7}{means}")
    lowest = figure["smallest_of_trained"]
    lines += [
        "stationary before the drop: " + ", ".join(f"{value:.3f}" for value in figure["stationary"]),
        f"smallest mean test error {lowest['mean']:.3f} at zeta = {lowest['zeta']:g}, step {lowest['step']}; "
        "the student that has learned nothing has 1",
        *judged(figure["features"]),
        told(figure["cost"]),
    ]
    return "\n".join(lines)


def picture(figure: Mapping[str, Any]) -> Any:
    """The errors against the steps."""
    return figure_5.errors_picture("figure-5", figure)


if __name__ == "__main__":
    command(
        __doc__ or "",
        "figure_5",
        run,
        table,
        picture,
        {
            "replicas": (figure_5.REPLICAS, 2, "runs of each noise level"),
            "threads": (available_cores(), 1, "threads"),
        },
    )
