r"""Figure 3 run again: diffusion along modes while they are learned, observed and by (7), under SGD and under its SDE.

Depth, start and seed of the figure are not given: three settings are run. SGD and the SDE start from the same weights,
with noise of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import BAR_ALARM, feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import (
    VALUES,
    Course,
    Optimiser,
    Setting,
    follow,
    mean_interval,
)
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, paper

SETTINGS = (
    {"depth": 2, "gamma": 3, "until": 25, "step": 0.001},
    {"depth": 4, "gamma": 2, "until": 80, "step": 0.005},
)
"""Networks, horizons and steps of the SDE; at depth 4 that of SGD, which no time depends on."""

SHOWN = 120
"""Snapshots of a curve that is drawn."""


def courses(part: Mapping[str, Any], runs: int, *optimisers: Optimiser, watched: bool = True) -> list[Course]:
    """Each optimiser from the same starts, with noise of its own."""
    setting, seed = Setting.of(part), seed_of("figure-3", {name: part[name] for name in ("depth", "gamma")})
    start = (setting.aligned_start if part.get("aligned") else setting.start)(runs, seed)
    observables = {f"D{k}": setting.diffusion(k) for k in range(len(VALUES))} if watched else {}
    return [
        follow(
            setting,
            optimiser,
            part["until"],
            start=start,
            seed=seed,
            step=part["step"],
            observables=observables,
            stream=1 + list(Optimiser).index(optimiser),
        )
        for optimiser in optimisers
    ]


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """Observed diffusion against (7) in every run of SGD: heights, correlations and times of the peaks."""
    setting = Setting.of(part)
    (course,) = courses(part, int(part.get("runs", 32)), Optimiser.SGD)
    done = np.isfinite(course.learned()).all(1)
    rows: dict[str, list[Any]] = {"height": [], "correlation": [], "time": []}
    for k in range(len(VALUES)):
        D, F = course.read[f"D{k}"][:, done], setting.formula(course.modes[:, done, k], k)
        rows["height"].append(to_digits(D.max(0) / F.max(0)))
        rows["correlation"].append(
            to_digits(np.corrcoef(D[:, i], F[:, i])[0, 1] for i in range(D.shape[1]))  # one run after the other
        )
        rows["time"].append(to_digits(course.times[D.argmax(0)] / course.times[F.argmax(0)]))
    return {**part, **rows, "runs": int(done.sum()), "unlearned": int((~done).sum())}


def panels(part: Mapping[str, Any]) -> dict[str, Any]:
    """One run of SGD and one of the SDE from the same start, for the eye."""
    found: dict[str, Any] = {**part, "curves": {}}
    setting = Setting.of(part)
    for optimiser, course in zip(("SGD", "SDE"), courses(part, 1, Optimiser.SGD, Optimiser.SDE), strict=True):
        chosen = np.unique(np.linspace(0, len(course.times) - 1, SHOWN).round().astype(int))
        found["times"] = to_digits(course.times[chosen])
        found["curves"][optimiser] = {
            "modes": [to_digits(course.modes[chosen, 0, k]) for k in range(3)],
            "observed": [to_digits(course.read[f"D{k}"][chosen, 0]) for k in range(3)],
            "formula": [to_digits(setting.formula(course.modes[chosen, 0, k], k)) for k in range(3)],
        }
    return found


def of_runs(what: str, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean over runs of the mean over modes, with its interval; mode by mode in words."""
    (row,) = (result for result in results if what in result)
    each, times = np.array(row[what]), np.mean(row["time"], axis=0)
    by_mode = ", ".join(f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(each.mean(1), each.std(1), strict=True))
    lower, upper = mean_interval(times, BAR_ALARM)
    same_time = feature("peaks at the same time (5 %)", 1.0, times.mean(), 0.95 < lower and upper < 1.05)
    return {
        "location": mean_interval(each.mean(0)),
        "features": [same_time] if what == "correlation" else [],
        "told": f"modes 0, 1, 2: {by_mode} (mean and spread over {row['runs']} runs; {row['unlearned']} more had not "
        f"learned all modes by the time {row['until']:g})",
        "rows": [dict(row)],
    }


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Mode amplitudes above, observed and predicted diffusion, for SGD and for the SDE."""
    drawn = []
    for part in (part for part in parts if "curves" in part):
        for optimiser, curves in part["curves"].items():
            place = f"{name}-{part['depth']}-{part['gamma']}-{optimiser}".lower()
            drawn.append(_picture(place, optimiser, part, curves))
    return drawn


def _picture(name: str, optimiser: str, part: Mapping[str, Any], curves: Mapping[str, Any]) -> Picture:
    times = part["times"]

    def lines(*kinds: tuple[str, str, str]) -> list[Curve]:
        return [
            Curve(f"{label} {k}", times, values, style=style, marks=False, kin=k)
            for kind, label, style in kinds
            for k, values in enumerate(curves[kind])
        ]

    about = f"{optimiser}, depth {part['depth']}, γ = {part['gamma']}"
    return panels_picture(
        name,
        [
            CurvePanel(lines(("modes", "mode", "-")), axes={"xlabel": "time", "ylabel": "amplitude", "title": about}),
            CurvePanel(
                lines(("observed", "observed", "-"), ("formula", "(7)", "--")),
                axes={"xlabel": "time", "ylabel": "diffusion"},
            ),
        ],
        size=(8.2, 3.4),
        label=f"Mode amplitudes and their diffusion against time: {about}.",
        caption=f"{about}: amplitudes of the three modes, and the diffusion along each, observed (solid) and by (7) "
        "(dashed), in one run.",
    )


@paper.claim("DLN-E2", "Section 4.1, Figures 1 and 3", symbols=NOISE_SYMBOLS)
def formula_against_observed_diffusion():
    r"""The formula for the diffusion along a mode against what is observed.

    "the formula in Equation 7 is a good match for the expression for $D_\alpha$ in Proposition 3.3"; "this similarity
    exists even though balance and alignment are not fully satisfied".

    - The page says "a good match" and gives no number: judged is the correlation of both curves over the time of
      training, means over modes and runs with random unbalanced starts, at 5 %, and that peaks are at one time.
    - Figure 1 has depth 4; that of Figure 3 is not given. At depth 4 the observed maximum falls short of (7), by as
      much at learning rates 25 times smaller and from balanced layers with the same maps: the maps start turned against
      the teacher. From aligned layers it does not.
    """
    reproduced = partial(reproduces, measure=_measure, pictures=pictures, printed=sp.S.One)
    for setting in SETTINGS:
        yield reproduced(
            f"shape at depth {setting['depth']}",
            r"\operatorname{corr}_t(D_\alpha,\ \text{(7)})",
            parts=(setting, {**setting, "draw": True}),
            summarise=partial(of_runs, "correlation"),
            wrong={"unrelated": sp.S.Zero, "a fifth less": sp.Rational(4, 5)},
            says=f"Depth {setting['depth']}, $\\gamma = {setting['gamma']}$.",
        )
    yield reproduced(
        "height at depth 4",
        r"\max_tD_\alpha/\max_t\text{(7)}",
        parts=({**SETTINGS[1], "runs": 24},),
        summarise=partial(of_runs, "height"),
        wrong={"without the factor 2": sp.S.Half, "a fifth more": sp.Rational(6, 5)},
        remark=r"Depth 4, $\gamma = 2$, the random starts of the page.",
    )
    yield reproduced(
        "height from an aligned start",
        r"\max_tD_\alpha/\max_t\text{(7)}",
        parts=({**SETTINGS[1], "aligned": True, "runs": 24},),
        summarise=partial(of_runs, "height"),
        wrong={
            "without the factor 2": sp.S.Half,
            "a fifth more": sp.Rational(6, 5),
            "a tenth less": sp.Rational(9, 10),
        },
        remark=r"A result of ours: the same from aligned balanced layers.",
    )


def _measure(part: Mapping[str, Any]) -> dict[str, Any]:
    return panels(part) if part.get("draw") else measure(part)
