r"""Figure 1 run again: modes that are learned one after the other, and the peak of their diffusion that announces it.

Depth 4, :math:`\gamma = 2` as in the figure, whose seed is not given: many starts are run. Depth 2 runs beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import feature, quantile, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, Line, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import (
    VALUES,
    Optimiser,
    Setting,
    crossing,
    follow,
    share_interval,
    told_times,
)
from verification.papers.saddle_to_saddle.paper import MODE_SYMBOLS, paper

FIGURE = {"depth": 4, "gamma": 2, "until": 80, "runs": 72}
BESIDE = {"depth": 2, "gamma": 3, "until": 25, "runs": 72}


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """When the diffusion along each mode peaks, observed and by (9), and when the mode is learned, run by run."""
    setting, seed = Setting.of(part), seed_of("figure-1", part)
    shown = part.get("draw", False)
    course = follow(
        setting,
        Optimiser.SGD,
        part["until"],
        start=setting.start(part["runs"], seed),
        seed=seed,
        observables={f"D{k}": setting.diffusion(k) for k in range(len(VALUES))},
        snapshots=100 if shown else 200,
    )
    by_formula = np.stack(
        [crossing(course.times, course.modes[:, :, k], setting.peak_place(k)) for k in range(len(VALUES))], axis=1
    )
    if shown:
        return {
            **part,
            "times": to_digits(course.times),
            "modes": [to_digits(course.modes[:, 0, k]) for k in range(3)],
            "observed": [to_digits(course.read[f"D{k}"][:, 0]) for k in range(3)],
            "formula": [to_digits(setting.formula(course.modes[:, 0, k], k)) for k in range(3)],
            "peaks": told_times(by_formula[0]),
        }
    learned = course.learned()
    done = np.isfinite(learned).all(1)
    observed = np.stack([course.times[course.read[f"D{k}"].argmax(0)] for k in range(len(VALUES))], axis=1)
    return {
        **part,
        "unlearned": int((~done).sum()),
        **{
            name: [to_digits(times) for times in each[done].T]
            for name, each in (
                ("observed_peak", observed),
                ("peak", by_formula),
                ("half", course.learned(0.5)),
                ("learned", learned),
            )
        },
    }


def prediction(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The correlation of the logarithms of learning time and time of the peak by (9), over runs and modes.

    Its interval is Fisher's for as many pairs as there are runs, since the modes of a run are not independent.
    """
    (row,) = (result for result in results if "learned" in result)
    peak, learned = np.log(row["peak"]), np.log(row["learned"])
    value = np.corrcoef(peak.ravel(), learned.ravel())[0, 1]
    half = quantile() / math.sqrt(peak.shape[1] - 3)
    ratios = np.exp(learned - peak)
    within = [np.corrcoef(*pair)[0, 1] for pair in zip(peak, learned, strict=True)]
    told = ", ".join(
        f"{median:.2f} ({low:.2f} to {high:.2f})"
        for low, median, high in np.quantile(ratios, (0.05, 0.5, 0.95), axis=1).T
    )
    later = ratios > 1
    return {
        "location": [math.tanh(math.atanh(value) + sign * half) for sign in (-1, 1)],
        "features": [
            feature("learned after the peak in every run", 1.0, later.mean(), later.all()),
            feature("correlated in each mode by itself", "> 0.7", min(within), min(within) > 0.7),
        ],
        "told": f"learning time over time of the peak, median and 5 % to 95 %, modes 0, 1, 2: {told}; correlation in "
        f"each mode {', '.join(f'{each:.2f}' for each in within)}; {peak.shape[1]} runs, {row['unlearned']} more had "
        "not learned all modes",
        "rows": [dict(row)],
    }


def share_before(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs in which the observed diffusion along every mode peaks before the mode is learned."""
    (row,) = results
    before = (np.array(row["observed_peak"]) < np.array(row["learned"])).all(0)
    return {"location": share_interval(before.sum(), before.size), "features": []}


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The two panels of Figure 1, one run; and learning time against time of the peak, all runs."""
    (row,) = summary["rows"]
    drawn = [_panels(f"{name}-modes", part) for part in parts if part.get("draw")]
    curves = [
        Curve(f"mode {k}", peak, learned, style="none")
        for k, (peak, learned) in enumerate(zip(row["peak"], row["learned"], strict=True))
    ]
    reach = [min(map(min, row["peak"])) / 1.2, 1.2 * max(map(max, row["learned"]))]
    equal = Curve("equal times", reach, reach, style="--", marks=False, kin=6)
    axes = {
        "xlabel": "time of the peak by (9)", "ylabel": "learning time", "xscale": "log", "yscale": "log",
        "xlim": reach, "ylim": reach,
    }  # fmt: skip
    about = f"depth {row['depth']}, γ = {row['gamma']}, {len(row['peak'][0])} runs"
    panel = panels_picture(
        f"{name}-times",
        [CurvePanel([*curves, equal], axes=axes)],
        size=(5.6, 3.6),
        label=f"Learning time against the time at which (9) is passed: {about}.",
        caption=f"When each mode has 95 % of the teacher's value, against when it passes (9): {about}.",
    )
    return [*drawn, panel]


def _panels(name: str, part: Mapping[str, Any]) -> Picture:
    times = part["times"]
    lines = [Line(place, ":") for place in part["peaks"] if place is not None]

    def curves(kind: str, label: str, style: str = "-") -> list[Curve]:
        return [
            Curve(f"{label} {k}", times, values, style=style, marks=False, kin=k) for k, values in enumerate(part[kind])
        ]

    about = f"depth {part['depth']}, γ = {part['gamma']}, one run of SGD"
    return panels_picture(
        name,
        [
            CurvePanel(curves("modes", "mode"), lines, axes={"xlabel": "time", "ylabel": "amplitude"}),
            CurvePanel(
                [*curves("observed", "observed"), *curves("formula", "(7)", "--")],
                lines,
                axes={"xlabel": "time", "ylabel": "diffusion"},
            ),
        ],
        size=(8.2, 3.4),
        label=f"Mode amplitudes, and the diffusion along each, against time: {about}.",
        caption=f"Amplitudes of the modes, and the diffusion along each, observed (solid) and by (7) (dashed): {about}."
        " Dotted: when a mode passes (9).",
    )


@paper.claim("DLN-E12", "Section 4.1, Figure 1", symbols=MODE_SYMBOLS)
def learning_time_predicted_by_the_peak():
    """Learning time predicted by the peak of the diffusion.

    "the time of learning being predicted by the time of maximum diffusion"; the critical points of (9) "correspond to
    the times when modes are learned".

    - At depth 4, the figure's, a mode is learned (95 %) by the factor 1.1 to 1.4 after it passes (9); at depth 2 by 1.4
      to 1.7. By (9) a mode has 57 % of its value at depth 4 and 50 % at depth 2: the peak comes half of the way up, and
      what follows is short where the plateau before is long.
    - Judged are learning times of single runs from random starts, most of whose spread is that of the starts.
    """
    reproduced = partial(reproduces, measure=measure, printed=sp.S.One)
    for setting, drawn in ((FIGURE, True), (BESIDE, False)):
        yield reproduced(
            f"prediction at depth {setting['depth']}",
            r"\operatorname{corr}(\log T_{95\%}, \log T_{\rm peak})",
            parts=(setting, *([{**setting, "runs": 1, "draw": True}] if drawn else [])),
            summarise=prediction,
            pictures=pictures,
            wrong={"no prediction": sp.S.Zero, "half of the variance": 1 / sp.sqrt(2)},
            says=f"Over modes and random starts, depth {setting['depth']}, $\\gamma = {setting['gamma']}$.",
        )
    yield reproduced(
        "peak before learning",
        r"P(T_{\rm peak} < T_{95\%})",
        parts=(FIGURE,),
        summarise=share_before,
        wrong={"two of three runs": sp.Rational(2, 3), "three of four": sp.Rational(3, 4)},
        says="The share of runs in which the observed diffusion peaks before the mode is learned, for all three modes.",
    )
