r"""Figures 9, 10 and 11 run again: the largest diffusion against learning rate and batch size; wide hidden layers.

The grids of the figures and their depth are not given: learning rates .0025 to .01, batches of 1 to 4, depths 2 and 4.
The runs of a row of settings start from the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.drawing.curves import Curve, CurvePanel, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import (
    VALUES,
    Optimiser,
    Setting,
    follow,
    mean_interval,
)

RATES = (0.0025, 0.005, 0.01)
BATCHES = (1, 2, 4)
RUNS = 32
"""Starts of each row: with two depths enough to tell an exponent of 1 from nine tenths."""
DEPTHS = ({"depth": 2, "gamma": 3, "until": 20}, {"depth": 4, "gamma": 2, "until": 60})


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """The largest observed diffusion along each mode, run by run, at every learning rate or batch size."""
    shared = {name: part[name] for name in ("depth", "gamma")}
    seed, found = seed_of("scaling", shared), []
    values = RATES if part["axis"] == "rate" else BATCHES
    for place, value in enumerate(values):
        setting = Setting.of(part, **{part["axis"]: value})
        course = follow(
            setting,
            Optimiser.SGD,
            part["until"],
            start=setting.start(RUNS, seed),
            seed=seed,
            snapshots=120,
            observables={f"D{k}": setting.diffusion(k) for k in range(len(VALUES))},
            stream=1 + place,
        )
        found.append([to_digits(course.read[f"D{k}"].max(0)) for k in range(len(VALUES))])
    return {**part, "grid": list(values), "largest": found}


def exponent(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The slope of the logarithm of the largest diffusion against that of the learning rate or of 1/b.

    Run by run, from one start; mean over modes, depths and runs.
    """
    slopes, told = [], []
    for row in results:
        x = np.log(row["grid"]) * (1 if row["axis"] == "rate" else -1)
        y = np.log(np.array(row["largest"])).mean(1)
        each = ((x - x.mean())[:, None] * y).sum(0) / ((x - x.mean()) ** 2).sum()
        slopes.append(each)
        told.append(f"depth {row['depth']}: {each.mean():.3f} ± {each.std():.3f} (spread over {each.size} starts)")
    return {
        "location": mean_interval(np.concatenate(slopes)),
        "features": [],
        "told": "; ".join(told),
        "rows": [
            {**row, "largest": [[float(np.mean(mode)) for mode in setting] for setting in row["largest"]]}
            for row in results
        ],
    }


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The largest diffusion against the learning rate or 1/b, with the largest value of (7)."""
    panels = []
    for row in summary["rows"]:
        rate = row["axis"] == "rate"
        x = np.array(row["grid"], float) if rate else 1 / np.array(row["grid"], float)
        curves = []
        for k in range(len(VALUES)):
            settings = [Setting.of(row, **{row["axis"]: value}) for value in row["grid"]]
            formula = [float(each.formula(np.array(each.peak_place(k)), k)) for each in settings]
            curves += [
                Curve(f"mode {k}", x, [largest[k] for largest in row["largest"]], style="none", kin=k),
                Curve(f"(7), mode {k}", x, formula, style="--", marks=False, kin=k),
            ]
        axes = {"xlabel": "learning rate" if rate else "1 / batch size", "ylabel": "largest diffusion"}
        panels.append(CurvePanel(curves, axes={**axes, "title": f"depth {row['depth']}"}))
    caption = f"Largest observed diffusion along each mode, means over {RUNS} starts, and the largest value of (7)."
    return [panels_picture(f"{name}-scaling", panels, label=caption, caption=caption, size=(8.4, 3.6))]


def scaling_in_runs() -> Iterator[Statement]:
    """Figures 9 and 10, statements of DLN-E4."""
    for name, axis, left in (
        ("learning rate in runs", "rate", r"d\log\max D_\alpha/d\log\eta"),
        ("batch size in runs", "batch", r"d\log\max D_\alpha/d\log(1/b)"),
    ):
        yield reproduces(
            name,
            left,
            printed=sp.S.One,
            measure=measure,
            parts=tuple({**setting, "axis": axis} for setting in DEPTHS),
            summarise=exponent,
            pictures=pictures,
            wrong={"square": sp.Integer(2), "root": sp.S.Half, "a tenth less": sp.Rational(9, 10)},
            says=f"Figure {9 if axis == 'rate' else 10} run again, SGD from random starts at depths 2 and 4.",
        )


def measure_wide(part: Mapping[str, Any]) -> dict[str, Any]:
    """Observed diffusion against (7) with hidden layers of 24; one run drawn."""
    setting, seed = Setting.of(part), seed_of("figure-11", part)
    course = follow(
        setting,
        Optimiser.SGD,
        part["until"],
        start=setting.start(RUNS, seed),
        seed=seed,
        snapshots=200,
        observables={f"D{k}": setting.diffusion(k) for k in range(len(VALUES))},
    )
    rows: dict[str, Any] = {"correlation": [], "time": [], "rest": [], "observed": [], "formula": []}
    for k in range(len(VALUES)):
        D, F = course.read[f"D{k}"], setting.formula(course.modes[:, :, k], k)
        rows["correlation"].append(to_digits(np.corrcoef(D[:, i], F[:, i])[0, 1] for i in range(RUNS)))
        rows["time"].append(to_digits(course.times[D.argmax(0)] / course.times[F.argmax(0)]))
        rows["rest"].append(float((D[-1] / D.max(0)).max()))
        rows["observed"].append(to_digits(D[::2, 0]))
        rows["formula"].append(to_digits(F[::2, 0]))
    return {**part, "times": to_digits(course.times[::2]), **rows}


def match(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The correlation of both curves over time, mean over modes and runs, and what the page says of their form."""
    (row,) = results
    ratio, rest = float(np.mean(row["time"])), max(row["rest"])
    return {
        "location": mean_interval(np.array(row["correlation"]).mean(0)),
        "features": [
            feature("peaks at the same time (5 %)", 1.0, ratio, abs(ratio - 1) < 0.05),
            feature("diffusion in the end below a thousandth of the peak", "zero", rest, rest < 1e-3),
        ],
        "rows": [dict(row)],
    }


def wide_pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Observed and predicted diffusion of one run."""
    (row,) = summary["rows"]
    curves = [
        Curve(f"{label} {k}", row["times"], values, style=style, marks=False, kin=k)
        for kind, label, style in (("observed", "observed", "-"), ("formula", "(7)", "--"))
        for k, values in enumerate(row[kind])
    ]
    caption = f"Diffusion along the modes against time, widths 12, 24, 12, depth {row['depth']}: one run of SGD."
    panel = CurvePanel(curves, axes={"xlabel": "time", "ylabel": "diffusion"})
    return [panels_picture(f"{name}-wide", [panel], label=caption, caption=caption, size=(6.4, 3.4))]


def wide_layers_in_runs() -> Statement:
    """Figure 11, a statement of DLN-E9."""
    return reproduces(
        "match in runs",
        r"\operatorname{corr}_t(D_\alpha,\ \text{(7)})",
        printed=sp.S.One,
        measure=measure_wide,
        parts=({"depth": 2, "gamma": 3, "hidden": 24, "until": 25},),
        summarise=match,
        pictures=wide_pictures,
        wrong={"unrelated": sp.S.Zero, "a fifth less": sp.Rational(4, 5)},
        says="Figure 11 run again: SGD from random starts, depth 2, hidden layers of 24.",
    )
