r"""Figure 1 (right) of the stochastic-collapse paper, run as its Appendix J states it.

.. math::
    d\theta = (\mu\theta - \theta^3)\,dt + \zeta\theta\,dB, \qquad \mu = 1.5,\; \theta_0 \sim N(0, 4),

Euler-Maruyama with step 0.0025, 10 000 paths for each of 50 amplitudes :math:`\zeta` spaced evenly in [0, 3], looked at
after 0, 5000, 10 000, 20 000, 40 000 and 80 000 steps: 4e10 steps in :math:`\log|\theta|`, and 4e10 more of plain
Euler-Maruyama on the same noise, whose jumps across zero are counted. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/figure_1.py [--paths 10000] [--amplitudes 50] [--threads 2] [--write]

``--write`` puts the numbers and the picture into docs/evidence. Memory does not grow with the amplitudes: of each,
counts stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from docs.benchmarks.evidence import command, cost_of, judged, per_second, told
from numerics.progress import progress_report
from verification.papers.stochastic_collapse.figures import figure_1
from verification.run.settings import available_cores

MU = "3/2"


def run(*, paths: int, amplitudes: int, threads: int, progress: bool | None = None) -> dict[str, Any]:
    """The whole figure as a JSON object. At the start nothing has collapsed."""
    zetas = [Fraction(3 * i, amplitudes - 1) for i in range(amplitudes)]
    work = 2 * paths * figure_1.FIGURE.snapshots[-1]
    rows = []
    with cost_of(threads) as cost, progress_report(progress, "Figure 1") as report:
        for i, zeta in enumerate(zetas, start=1):
            part = {"mu": MU, "zeta": str(zeta), "paths": paths}
            rows.append(figure_1.row(part, paths=paths, threads=threads))
            report(i * work, amplitudes * work)
    known = figure_1.thresholds(MU)
    return {
        "mu": MU,
        "step": figure_1.STEP,
        "snapshots": list(figure_1.FIGURE.snapshots),
        **known,
        "half_collapsed": figure_1.FIGURE.half(rows),
        "features": figure_1.features(rows, known["threshold"]),
        "rows": rows,
        "cost": per_second(cost, amplitudes * work),
    }


def table(figure: Mapping[str, Any]) -> str:
    """The figure's numbers, one amplitude a line."""
    lines = ["  ".join(f"{cell:>14}" for cell in cells) for cells in _cells(figure)]
    jumps, blow_ups = (sum(row[name] for row in figure["rows"]) for name in ("sign_changes", "blow_ups"))
    plain_steps = figure["cost"]["steps"] // 2
    lines += [
        "",
        f"thresholds: sqrt(2 mu) = {figure['threshold']:.4f}; plain Euler-Maruyama at this step "
        f"{figure['threshold_of_plain_steps']:.4f}; half of the paths collapsed: {figure['half_collapsed']}",
        f"plain Euler-Maruyama changed sign in {jumps} of {plain_steps:.3g} steps (a fraction of "
        f"{jumps / plain_steps:.1e}); {blow_ups} paths left the finite numbers",
        *judged(figure["features"]),
        told(figure["cost"]),
    ]
    return "\n".join(lines)


def _cells(figure: Mapping[str, Any]) -> list[list[str]]:
    heads = ["zeta", *map(str, figure["snapshots"]), "95 % at the end", "plain EM"]
    rows = [
        [f"{row['zeta']:.4f}", *(f"{n / row['paths']:.4f}" for n in row["collapsed"])]
        + ["[{:.4f}, {:.4f}]".format(*row["interval"][-1]), f"{row['collapsed_plain'][-1] / row['paths']:.4f}"]
        for row in figure["rows"]
    ]
    return [heads, *rows]


def picture(figure: Mapping[str, Any]) -> Any:
    """The shares against the amplitude."""
    return figure_1.collapse_picture("figure-1", figure)


if __name__ == "__main__":
    command(
        __doc__ or "",
        "figure_1",
        run,
        table,
        picture,
        {
            "paths": (10_000, 2, "paths for each amplitude"),
            "amplitudes": (50, 2, "values of zeta in [0, 3]"),
            "threads": (available_cores(), 1, "threads"),
        },
    )
