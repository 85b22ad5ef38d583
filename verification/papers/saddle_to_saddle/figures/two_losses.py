r"""How much longer SGD takes with the mean of squares than with half their sum, from the same starts.

The released code takes the mean over 12 outputs, the page half of the sum: the gradients differ by the factor 6, and so
do the learning times in steps, as far as the noise, which is six times smaller too, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.saddle_to_saddle.figures.runs import RATE, WIDTH, Optimiser, Setting, follow, mean_interval

RATIO = WIDTH / 2


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """Steps until each mode is at 95 % of its value, with either loss."""
    shared = {name: part[name] for name in ("depth", "gamma")}
    seed = seed_of("two losses", shared)
    found = {}
    for stream, (name, factor) in enumerate((("half of the sum", 1.0), ("mean", 1 / RATIO)), 1):
        setting = Setting.of(shared, rate=RATE * factor)
        start = setting.start(int(part["runs"]), seed)
        course = follow(setting, Optimiser.SGD, part["until"], start=start, seed=seed, stream=stream)
        found[name] = (course.learned() / setting.rate).round(1).tolist()
    return {**part, **found}


def ratio_of_times(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean ratio of learning times in steps, of all modes that were learned with both."""
    told, ratios = [], []
    for row in results:
        page, code = (np.array(row[name], float) for name in ("half of the sum", "mean"))
        each = code / page
        both = np.isfinite(each).all(1)
        ratios.append(each[both].mean(1))
        modes = ", ".join(f"{mean:.3f}" for mean in each[both].mean(0))
        told.append(f"depth {row['depth']}: {modes} for modes 0, 1, 2 over {both.sum()} of {len(both)} starts")
    return {"location": mean_interval(np.concatenate(ratios)), "features": [], "told": "; ".join(told)}


def learning_times_of_two_losses() -> Statement:
    """A statement of DLN-CODE1: the unit of time of the code's runs."""
    return reproduces(
        "learning times in runs",
        r"t^{\rm code}_{95}/t^{\rm page}_{95}\text{ in steps}",
        printed=sp.S.One,
        corrected=sp.Integer(6),
        measure=measure,
        parts=(
            {"depth": 2, "gamma": 3, "until": 25, "runs": 32},
            {"depth": 4, "gamma": 2, "until": 80, "runs": 16},
        ),
        summarise=ratio_of_times,
        wrong={"of 12 outputs alone": sp.Integer(12)},
        remark=r"SGD with the mean of squares over that with half of their sum, from the same starts, 12 outputs; the "
        "page's ratio of times in Figure 3, 200 to 30, is near.",
    )
