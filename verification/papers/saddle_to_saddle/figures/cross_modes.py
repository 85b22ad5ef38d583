r"""Figure 6 run again: cross modes while SGD learns, which of them peaks most, and when.

The horizon of the figure is not given, and "small" has no number: a run ends when its last mode is learned and a
quarter of that time has passed, and small is below .05, with .02 and .1 beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, Line, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import (
    VALUES,
    WIDTH,
    Array,
    Course,
    Optimiser,
    Setting,
    follow,
    mean_interval,
    share_interval,
    told_times,
)
from verification.papers.saddle_to_saddle.paper import MODE_SYMBOLS, paper

SHALLOW = {"depth": 2, "gamma": 3, "until": 20, "runs": 100}
DEEP = {"depth": 4, "gamma": 2, "until": 60, "runs": 100}

SMALL = (0.02, 0.05, 0.1)
OFF = ~np.eye(WIDTH, dtype=bool)
SHOWN = 6
"""Cross modes that are drawn, those with the largest peaks."""


def _course(part: Mapping[str, Any]) -> tuple[Course, Array]:
    """The runs, and the sizes of their cross modes, shape ``(S, n, 132)``."""
    setting, seed = Setting.of(part), seed_of("figure-6", {**part, "runs": 0})
    start = setting.start(part["runs"], seed)
    course = follow(setting, Optimiser.SGD, part["until"], start=start, seed=seed, snapshots=160)
    return course, np.abs(course.maps[:, :, OFF])


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """Run by run: shares of cross modes and times that are small, the largest cross mode, when it peaks, the start."""
    course, sizes = _course(part)
    learned = course.learned()
    ends = 1.25 * learned.max(1)
    counted = course.times[:, None] <= ends
    shares = [to_digits(((sizes < small).mean(2) * counted).sum(0) / counted.sum(0)) for small in SMALL]
    quiet = ((sizes < SMALL[1]) & counted[:, :, None]).sum(0) > 0.5 * counted.sum(0)[:, None]
    top = sizes.max(0).argmax(1)
    pairs = np.argwhere(OFF)[top]
    peak = course.times[sizes.argmax(0)[np.arange(len(top)), top]]
    rising = [(course.learned(0.05)[:, k], learned[:, k]) for k in range(len(VALUES))]
    while_learned = np.zeros(len(top), bool)
    for begin, end in rising:
        while_learned |= (begin <= peak) & (peak <= end)
    return {
        **part,
        "shares": shares,
        "quiet": to_digits(quiet.mean(1)),
        "largest": to_digits(sizes.max((0, 2))),
        "pairs": [sorted(map(int, pair)) for pair in pairs],
        "while_learned": int(while_learned.sum()),
    }


def draw(part: Mapping[str, Any]) -> dict[str, Any]:
    """One run: its largest cross modes against time, and when modes are learned."""
    course, sizes = _course({**part, "runs": 1})
    top = np.argsort(sizes.max(0)[0])[::-1][:SHOWN]
    end = np.searchsorted(course.times, 1.25 * course.learned().max())
    pairs, signed = np.argwhere(OFF)[top], course.maps[:, 0, OFF]
    return {
        **part,
        "times": to_digits(course.times[:end]),
        "cross": {f"({i}, {j})": to_digits(signed[:end, k]) for k, (i, j) in zip(top, pairs, strict=True)},
        "learned": told_times(course.learned(0.5)[0]),
    }


def _measure(part: Mapping[str, Any]) -> dict[str, Any]:
    return draw(part) if part.get("draw") else measure(part)


def smallness(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of cross modes and times that are below .05, mean over runs."""
    (row,) = (result for result in results if "shares" in result)
    below = ", ".join(
        f"{np.mean(share):.3f} below {small:g}" for share, small in zip(row["shares"], SMALL, strict=True)
    )
    few = float(np.min(row["quiet"]))
    low, mid, high = np.quantile(row["largest"], (0.1, 0.5, 0.9))
    return {
        "location": mean_interval(row["shares"][1]),
        "features": [feature("cross modes below .05 for most of the time, least over runs", "> 1/2", few, few > 0.5)],
        "told": f"{below}; largest cross mode of a run {mid:.2f} ({low:.2f} to {high:.2f})",
        "rows": [dict(row)],
    }


def share_while_learned(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs whose largest cross mode peaks while a mode goes from 5 % to 95 %."""
    count, runs = sum(row["while_learned"] for row in results), sum(row["runs"] for row in results)
    told = ", ".join(f"depth {row['depth']}: {row['while_learned']} of {row['runs']}" for row in results)
    return {"location": share_interval(count, runs), "features": [], "told": told}


def share_of_first_pair(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs in which (0, 1) or (1, 0) is the largest cross mode."""
    told, count = [], 0
    for row in results:
        found = {tuple(pair): row["pairs"].count(pair) for pair in row["pairs"]}
        first = sorted(found.items(), key=lambda item: -item[1])[:3]
        told.append(f"depth {row['depth']}: " + ", ".join(f"{pair} in {times}" for pair, times in first))
        count += found.get((0, 1), 0)
    runs = sum(row["runs"] for row in results)
    return {"location": share_interval(count, runs), "features": [], "told": "; ".join(told) + f"; of {runs} runs"}


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The largest cross modes of one run."""
    drawn = []
    for part in (part for part in parts if part.get("draw")):
        curves = [Curve(pair, part["times"], values, marks=False) for pair, values in part["cross"].items()]
        about = f"depth {part['depth']}, γ = {part['gamma']}, one run of SGD"
        axes = {"xlabel": "time", "ylabel": "cross mode", "title": about}
        panel = CurvePanel(curves, [Line(time, ":") for time in part["learned"] if time is not None], axes=axes)
        caption = f"The {SHOWN} largest of 132 cross modes against time: {about}. Dotted: modes at half of their value."
        drawn.append(panels_picture(f"{name}-cross-modes", [panel], size=(6.4, 3.4), label=caption, caption=caption))
    return drawn


@paper.claim("DLN-E7", "Appendix I.1, Figure 6", symbols=MODE_SYMBOLS)
def cross_modes_in_training():
    r"""Cross modes in training.

    "the majority of cross modes are small for most of training, except for a small number of cross modes which peak at
    times corresponding to modes being learned."

    - Negligible has no number on the page: judged is the share of all 132 cross modes and all times below .05, the
      teacher's values being 1, .7, .4; the shares below .02 and .1 stand beside it.
    - Depth 2 with $\gamma = 3$ and depth 4 with $\gamma = 2$; up to a quarter more than the learning time.
    """
    for setting in (SHALLOW, DEEP):
        yield reproduces(
            f"small at depth {setting['depth']}",
            r"P(|w_{\alpha\beta}(t)| < .05)",
            printed=sp.S.One,
            measure=_measure,
            parts=(setting, {**setting, "draw": True}),
            summarise=smallness,
            pictures=pictures,
            wrong={"half of the time": sp.S.Half, "nine tenths": sp.Rational(9, 10)},
            says="The share of cross modes and times.",
        )
    yield reproduces(
        "largest while a mode is learned",
        r"P(5\%\ldots95\%\text{ of a mode at the largest peak})",
        printed=sp.S.One,
        measure=_measure,
        parts=(SHALLOW, DEEP),
        summarise=share_while_learned,
        wrong={"half of the runs": sp.S.Half, "three of four": sp.Rational(3, 4)},
        says="The share of runs whose largest cross mode peaks while a mode goes from 5 % to 95 % of its value.",
    )


@paper.claim("DLN-E14", "Appendix I.1, Figure 6", symbols=MODE_SYMBOLS)
def largest_cross_mode():
    """The largest cross mode.

    "the 0-1 cross mode has the largest peak".

    - The page speaks of the runs of its figure. Over random starts (0, 1) or (1, 0) is the largest of all cross modes
      in more than half of the runs, forty times as often as a pair picked by chance, and not in all.
    """
    yield reproduces(
        "frequency",
        r"P(\text{0-1 the largest})",
        printed=sp.S.One,
        measure=_measure,
        parts=(SHALLOW, DEEP),
        summarise=share_of_first_pair,
        wrong={"as often as any other": sp.Rational(1, 66), "in a third of the runs": sp.Rational(1, 3)},
        says="The share of runs, over random starts at depths 2 and 4, as one statement about all of them.",
    )
