"""When the diffusion along a mode peaks in runs of SGD, and what is left of it in the end: two layers, clean labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import feature, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.saddle_to_saddle.figures.runs import VALUES, Optimiser, Setting, follow, share_interval

PART = {"depth": 2, "gamma": 3, "until": 40, "runs": 96}
LEFT = 0.01
"""Of the peak, in the end."""


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """In how many runs each mode's diffusion peaks before the mode is learned, and how much of the peak is left."""
    setting, seed = Setting.of(part), seed_of("peak in runs", part)
    observables = {f"D{k}": setting.diffusion(k) for k in range(len(VALUES))}
    start = setting.start(int(part["runs"]), seed)
    course = follow(setting, Optimiser.SGD, part["until"], start=start, seed=seed, observables=observables)
    diffusion = np.stack([course.read[name] for name in observables], axis=-1)
    before = course.times[diffusion.argmax(0)] < course.learned()
    return {
        **part,
        "before": int(before.all(1).sum()),
        "unlearned": int((~np.isfinite(course.learned())).any(1).sum()),
        "left": (diffusion[-1] / diffusion.max(0)).max(0).tolist(),
    }


def share_before(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs whose diffusion peaks before learning along every mode; that all learn, and it decays."""
    (row,) = results
    left = max(row["left"])
    return {
        "location": share_interval(row["before"], row["runs"]),
        "features": [
            feature("every mode is learned", 0, row["unlearned"], row["unlearned"] == 0),
            feature("the diffusion decays", f"< {LEFT}", left, left < LEFT),
        ],
        "told": f"at most {left:.1e} of the peak is left at time {row['until']}; {row['runs']} runs from random starts",
        "rows": [dict(row)],
    }


def peak_before_learning() -> Statement:
    """A statement of DLN-D3c."""
    return reproduces(
        "peak in runs",
        r"P(T_{\rm peak} < T_{95\%})",
        printed=sp.S.One,
        measure=measure,
        parts=(PART,),
        summarise=share_before,
        wrong={"two of three runs": sp.Rational(2, 3), "three of four": sp.Rational(3, 4)},
        remark=r"A result of ours: the share of runs of SGD in which the observed diffusion along each of the three "
        r"modes peaks before the mode is learned; two layers, $\gamma = 3$, no label noise. In the end it has decayed.",
    )
