r"""How much later SGD learns a mode from the code's starts than from the page's: widths 12, 24, 12.

The code divides by the hidden width where the page takes the smaller one of a layer, so that both layers start
:math:`2^{\gamma/2}` times smaller; each start is run twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.saddle_to_saddle.figures.runs import WIDTH, Optimiser, Setting, follow, mean_interval

PART = {"depth": 2, "gamma": 3, "hidden": 24, "until": 32, "runs": 96}


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """When each mode has half of the teacher's value, from either start. Shapes ``(n, modes)``."""
    setting, seed = Setting.of(part), seed_of("smaller start", part)
    page, found = setting.start(int(part["runs"]), seed), {}
    smaller = (setting.hidden / WIDTH) ** (-setting.gamma / 2)
    for stream, (name, factor) in enumerate((("page", 1.0), ("code", smaller)), 1):
        start = {layer: factor * W for layer, W in page.items()}
        course = follow(setting, Optimiser.SGD, part["until"], start=start, seed=seed, stream=stream)
        found[name] = course.learned(0.5).round(4).tolist()
    return {**part, **found}


def delay(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean delay of a mode, times its value, over the modes of a run and over runs."""
    (row,) = results
    page, code = (np.array(row[name], float) for name in ("page", "code"))
    each = (code - page) * np.array(Setting.of(row).values)
    done = np.isfinite(each).all(1)
    modes = ", ".join(f"{mean:.3f}" for mean in each[done].mean(0))
    return {
        "location": mean_interval(each[done].mean(1)),
        "features": [],
        "told": f"{modes} for modes 0, 1, 2 over {done.sum()} of {len(done)} starts",
    }


def delay_in_runs() -> Statement:
    """A statement of DLN-CODE2."""
    return reproduces(
        "delay in runs",
        r"s\,(t_{1/2}^{\text{code}} - t_{1/2}^{\text{page}})",
        printed=sp.S.Zero,
        corrected=3 * sp.log(2) / 2,
        measure=measure,
        parts=(PART,),
        summarise=delay,
        wrong={"of one layer": 3 * sp.log(2) / 4, "of the variance": 3 * sp.log(2)},
        says=r"Times in units of the inverse learning rate, SGD from random starts, widths 12, 24, 12, $\gamma = 3$.",
    )
