r"""Which noise is the better model of SGD: laws of the modes at fixed times, from one start, against real SGD.

The distance of two laws is that of Kolmogorov and Smirnov, mode by mode. From one start the laws are those of the
noise alone. The isotropic noise has the page's strength, and one fitted to other runs of SGD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, Guide, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import Array, Optimiser, Setting, follow, share_interval
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, paper

STRENGTHS = (1.0, 0.1, 0.03)
"""Isotropic noise over the page's, standard deviations; the first is the page's."""


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """Distances from SGD of the SDE and of isotropic noise of several strengths, at the times and for each mode.

    The strength is fitted at times and to replicas of SGD that are not used otherwise.
    """
    setting, seed = Setting.of(part), seed_of("noise models", part)
    one, n = setting.start(1, seed), part["replicas"]
    start = {name: np.repeat(W, n, axis=0) for name, W in one.items()}

    def laws(optimiser: Optimiser, stream: int, noise: float = 1.0) -> tuple[Array, Array]:
        course = follow(
            setting, optimiser, part["until"], start=start, seed=seed, step=part["step"], snapshots=part["snapshots"],
            stream=stream, noise=noise,
        )  # fmt: skip
        return course.times[2:], course.modes[2:]

    times, sgd = laws(Optimiser.SGD, 1)
    _, again = laws(Optimiser.SGD, 2)
    _, sde = laws(Optimiser.SDE, 3)
    isotropic = [laws(Optimiser.LANGEVIN, 4 + k, strength)[1] for k, strength in enumerate(STRENGTHS)]
    fitted = int(np.argmin([distances(again, law).mean() for law in isotropic]))
    return {
        **part,
        "times": to_digits(times),
        "fitted": STRENGTHS[fitted],
        **{
            name: [to_digits(row) for row in distances(sgd, law)]
            for name, law in (
                ("SGD again", again),
                ("SDE", sde),
                ("isotropic", isotropic[0]),
                ("isotropic, fitted", isotropic[fitted]),
            )
        },
    }


def distances(first: Array, second: Array) -> Array:
    """Kolmogorov and Smirnov's distances of the laws of each mode at each time. Shape ``(S, modes)``."""

    def distance(a: Array, b: Array) -> float:
        both = np.sort(np.concatenate([a, b]))
        shares = (np.searchsorted(np.sort(each), both, side="right") / each.size for each in (a, b))
        return float(np.abs(np.subtract(*shares)).max())

    pairs = zip(first, second, strict=True)
    return np.array([[distance(a, b) for a, b in zip(x.T, y.T, strict=True)] for x, y in pairs])


def share_closer(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of times and modes at which the SDE is closer to SGD than isotropic noise of the page's strength."""
    closer, told, beyond = [], [], []
    for row in results:
        mean = {name: float(np.mean(row[name])) for name in ("SDE", "SGD again", "isotropic", "isotropic, fitted")}
        closer.append((np.array(row["SDE"]) < np.array(row["isotropic"])).ravel())
        beyond.append(mean["isotropic, fitted"] / mean["SDE"])
        told.append(
            f"depth {row['depth']}: {closer[-1].sum()} of {closer[-1].size}, mean distance from SGD "
            f"{mean['SDE']:.2f} of the SDE, {mean['isotropic']:.2f} of the page's isotropic noise, "
            f"{mean['isotropic, fitted']:.2f} of {row['fitted']:g} times that, fitted, {mean['SGD again']:.2f} of SGD"
        )
    pooled = np.concatenate(closer)
    worst = max(float(np.mean(row["SDE"]) / np.mean(row["SGD again"])) for row in results)
    return {
        "location": share_interval(pooled.sum(), pooled.size),
        "features": [
            feature("the SDE as close as SGD to itself, within a half", 1.0, worst, worst < 1.5),
            feature("fitted isotropic noise farther in the mean", "> 1.5", min(beyond), min(beyond) > 1.5),
        ],
        "told": "; ".join(told),
        "rows": [dict(row) for row in results],
    }


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Distances from SGD against time, the largest over modes."""
    panels = []
    for row in summary["rows"]:
        curves = [
            Curve(what, row["times"], np.array(row[what]).max(1))
            for what in ("SGD again", "SDE", "isotropic", "isotropic, fitted")
        ]
        axes = {"xlabel": "time", "title": f"depth {row['depth']}", "ylim": (0, 1.05)}
        guide = Guide(1.36 * (2 / row["replicas"]) ** 0.5, label="5 % level of one mode")
        panels.append(CurvePanel(curves, guides=[guide], axes={**axes, "ylabel": "distance from SGD"}))
    caption = (
        "Largest distance (Kolmogorov-Smirnov) over modes between the laws of replicas and those of SGD, all from one "
        "start, against time."
    )
    return [panels_picture(f"{name}-distances", panels, size=(8.6, 3.6), label=caption, caption=caption)]


@paper.claim("DLN-E10", "Section 1.1, contribution 4; Section 5.1", symbols=NOISE_SYMBOLS)
def state_dependent_noise_as_the_better_model():
    """State-dependent noise as the better model.

    "a continuous model of SGD with state-dependent noise is a more accurate model of SGD than the isotropic homogeneous
    noise ... during the feature learning regime and for the end-of-training distribution".

    - Judged are laws of the three modes at fixed times of replicas that start at one point, at depth 2 and 4, through
      learning and up to its end. Of gradient flow itself the law is a point.
    - Isotropic noise of the page's strength is wider by far. A weaker one, fitted, is nearer while modes are learned,
      and still farther than the SDE; no single strength fits both the rise and the end.
    """
    yield reproduces(
        "closer than isotropic noise",
        r"P(d_{\rm SDE} < d_{\rm isotropic})",
        printed=sp.S.One,
        measure=measure,
        parts=(
            {"depth": 2, "gamma": 3, "until": 12, "snapshots": 12, "replicas": 72, "step": 0.005},
            {"depth": 4, "gamma": 2, "until": 36, "snapshots": 12, "replicas": 36, "step": 0.01},
        ),
        summarise=share_closer,
        pictures=pictures,
        wrong={"as often as not": sp.S.Half, "three of four": sp.Rational(3, 4)},
        says="The share of times and modes at which the SDE has a law nearer to that of SGD.",
    )
