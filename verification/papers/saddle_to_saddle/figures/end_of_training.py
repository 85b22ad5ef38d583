r"""Figures 4, 5 and 12 run again: the first mode at the end of training, under SGD, its SDE and isotropic noise.

Depth, horizon, number of runs, and how the authors take a root of the covariance are not given. Here the noise of the
SDE has exactly the covariance of Proposition 3.2, without a root; two depths, several horizons and steps are run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy  # its submodules load on first use
import sympy as sp

from verification.authoring.figures import FALSE_ALARM, feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.drawing.curves import Curve, CurvePanel, Line, curves_picture, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import Array, Optimiser, Setting, follow, share_interval
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, paper

RUNS = 72
SHALLOW = {"depth": 2, "gamma": 3}
DEEP = {"depth": 4, "gamma": 2, "runs": 40}


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""The errors :math:`1 - w_0` of all runs at the horizons, from starts that all optimisers share."""
    setting, optimiser = Setting.of(part), Optimiser(part["optimiser"])
    shared = {name: part[name] for name in ("depth", "gamma")}
    seed = seed_of("end of training", shared)
    course = follow(
        setting,
        optimiser,
        part["until"][-1],
        start=setting.start(int(part.get("runs", RUNS)), seed),
        seed=seed_of("end of training", part),
        step=part.get("step", setting.rate),
        snapshots=part["until"][-1],
        precision="float64",
    )
    at = np.searchsorted(course.times, np.array(part["until"]) - 1e-9)
    return {**part, "errors": [to_digits(course.errors[place]) for place in at]}


def _errors(row: Mapping[str, Any]) -> Array:
    """Shape ``(horizons, runs)``."""
    return np.array(row["errors"])


def _spreads(row: Mapping[str, Any]) -> str:
    values = ", ".join(
        f"{deviation:.2g} at {time:g}" for time, deviation in zip(row["until"], _errors(row).std(1), strict=True)
    )
    step = f", step {row['step']:g}" if "step" in row else ""
    return f"{row['optimiser']} at depth {row['depth']}{step}: {values}"


def range_of_amplitude(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the first modes of all runs lie at the last horizon."""
    ends = np.concatenate([1 - _errors(row)[-1] for row in results])
    spread = max(_errors(row)[-1].std() for row in results)
    return {
        "location": [float(ends.min()), float(ends.max())],
        "features": [feature("standard deviation at the last horizon below .001", "a point", spread, spread < 1e-3)],
        "told": "standard deviations of the first mode: " + "; ".join(map(_spreads, results)),
        "rows": [dict(row) for row in results],
    }


def share_farther(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of starts from which the first optimiser of each pair ends farther from the teacher than the second.

    At the horizons of the first; pairs follow each other.
    """
    farther = []
    for first, second in zip(results[::2], results[1::2], strict=True):
        farther.append(np.abs(_errors(first)[-1]) > np.abs(_errors(second)[-1]))
    pooled = np.concatenate(farther)
    told = ", ".join(f"{each.sum()} of {each.size}" for each in farther)
    return {
        "location": share_interval(pooled.sum(), pooled.size),
        "features": [],
        "told": f"{told}; standard deviations: " + "; ".join(map(_spreads, results)),
        "rows": [dict(row) for row in results],
    }


def laws_picture(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Empirical distributions of the first mode at the last horizon, one curve an optimiser."""
    rows = sorted(summary["rows"], key=lambda row: (row["depth"], row["optimiser"]))
    share = [0.0, *np.repeat((np.arange(RUNS - 1) + 1) / RUNS, 2), 1.0]
    curves = [
        Curve(
            f"{row['optimiser']}, depth {row['depth']}", np.repeat(np.sort(1 - _errors(row)[-1]), 2), share, marks=False
        )
        for row in rows
    ]
    axes = {"xlabel": "amplitude of the first mode", "ylabel": "share of runs", "xlim": (0.8, 1.2)}
    about = f"{RUNS} runs each, at the last horizon"
    caption = f"Distribution of the first mode at the end of training, {about}; the dotted line is the teacher's value."
    return [curves_picture(f"{name}-laws", curves, [Line(1.0, ":")], axes=axes, label=caption, caption=caption)]


def steps_picture(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Standard deviation of the first mode against the step of the SDE, a curve for each horizon."""
    panels = []
    for depth in sorted({row["depth"] for row in summary["rows"]}):
        rows = sorted((row for row in summary["rows"] if row["depth"] == depth), key=lambda row: row["step"])
        times, steps = rows[0]["until"], [row["step"] for row in rows]
        curves = []
        for place in range(len(times)):
            spread = np.array([_errors(row)[place].std() for row in rows])
            half = 2 * spread / math.sqrt(2 * len(rows[0]["errors"][0]))
            bars = np.stack([spread - half, spread + half], axis=1)
            curves.append(Curve("earlier" if place == 0 else "later", steps, spread, bars))
        axes = {"xlabel": "step", "xticks": steps, "ylabel": "standard deviation", "yscale": "log"}
        panels.append(CurvePanel(curves, axes={**axes, "title": f"depth {depth}, times {times[0]:g}, {times[1]:g}"}))
    caption = (
        "Standard deviation of the first mode over runs of the SDE from the same starts, against the step of Euler and "
        "Maruyama, with bars of two standard errors of a normal sample."
    )
    return [panels_picture(f"{name}-steps", panels, size=(8.0, 3.4), label=caption, caption=caption)]


def pair(setting: Mapping[str, Any], until: Sequence[float], *two: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Two parts of one setting."""
    return tuple({**setting, "until": list(until), **each} for each in two)


@paper.claim("DLN-E5", "Section 5.1, Figure 4; Appendix K, Figure 12", symbols=NOISE_SYMBOLS)
def end_of_training_without_label_noise():
    r"""End of training without label noise.

    SGD "concentrates entirely on the value of the top singular value of the teacher matrix"; the simulation of the SDE
    "exhibits a less sharply peaked distribution"; "the variance of the distribution for anisotropic noise is lower than
    for isotropic noise"; "For finer simulations, the variance reduces."

    - The SDE with exactly the covariance of Proposition 3.2 concentrates as SGD does, whatever the step: the spread
      that is left at a finite time is that of starts whose mode is late. Panel (b) and Figure 12 are not reproduced,
      and discretisation, the page's explanation, is not what we see. A finite horizon, or a root of the covariance that
      is regularised, would leave a spread; neither is given.
    - Run at depth 2, $\gamma = 3$, up to the time 20, and at depth 4, $\gamma = 2$; steps from .005 down to .00125 and
      .0025, where the page has .0001.
    """
    reproduced = partial(reproduces, measure=measure, printed=sp.S.One)
    sgd, sde = {"optimiser": "SGD"}, {"optimiser": "SDE"}
    isotropic = {"optimiser": Optimiser.LANGEVIN.value}
    yield reproduced(
        "SGD at a point",
        r"w_0(T)",
        parts=({**SHALLOW, "until": [8, 20], **sgd}, {**DEEP, "until": [15, 60], **sgd}),
        summarise=range_of_amplitude,
        wrong={"a tenth less": sp.Rational(9, 10), "a tenth more": sp.Rational(11, 10)},
        says="The range of all runs.",
    )
    shallow, deep = [8, 20], [15, 30]
    yield reproduced(
        "SDE less sharply peaked",
        r"P(|w_0 - s_0|_{\rm SDE} > |w_0 - s_0|_{\rm SGD})",
        parts=(*pair(SHALLOW, shallow, sde, sgd), *pair(DEEP, deep, sde, sgd)),
        summarise=share_farther,
        wrong={"never": sp.S.Zero},
        says="The share of starts from which the SDE ends farther from the teacher than SGD.",
    )
    yield reproduced(
        "finer steps, less variance",
        r"P(|w_0 - s_0|_{\rm coarse} > |w_0 - s_0|_{\rm fine})",
        parts=(
            *pair(SHALLOW, [5, 8], {**sde, "step": 0.005}, {**sde, "step": 0.00125}),
            *pair(DEEP, [15, 20], {**sde, "step": 0.005}, {**sde, "step": 0.0025}),
        ),
        summarise=share_farther,
        pictures=steps_picture,
        wrong={"never": sp.S.Zero},
        says="The share of starts from which coarse steps of the SDE end farther from the teacher.",
    )
    yield reproduced(
        "isotropic noise wider",
        r"P(|w_0 - s_0|_{\rm isotropic} > |w_0 - s_0|_{\rm SDE})",
        parts=pair(SHALLOW, shallow, isotropic, sde),
        summarise=share_farther,
        pictures=laws_picture,
        wrong={"as often as not": sp.S.Half, "three of four": sp.Rational(3, 4)},
        says="Depth 2.",
    )


def spread_of_runs(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The standard deviation of the first mode over runs, and how normal its law is."""
    (row,) = results
    errors = _errors(row)[-1]
    n = errors.size
    quantiles = scipy.stats.chi2.ppf((1 - FALSE_ALARM / 2, FALSE_ALARM / 2), n - 1)
    skewness, kurtosis = float(scipy.stats.skew(errors)), float(scipy.stats.kurtosis(errors))
    return {
        "location": [float(end) for end in np.sqrt((n - 1) * errors.var(ddof=1) / quantiles)],
        "features": [
            feature("skewness below 1/2", 0.0, skewness, abs(skewness) < 0.5),
            feature("excess kurtosis below 1", 0.0, kurtosis, abs(kurtosis) < 1),
        ],
        "told": f"{n} runs; skewness {skewness:.2f}, excess kurtosis {kurtosis:.2f}, mean {1 - errors.mean():.4f}",
        "rows": [{**row, "errors": [to_digits(np.sort(errors)[:: max(1, n // 200)], 4)]}],
    }


def noisy_law_picture(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The distribution of the first mode with label noise, against a normal law of the page's variance."""
    (row,) = summary["rows"]
    w = np.sort(1 - _errors(row)[0])
    normal = scipy.stats.norm(1, math.sqrt(5) / 100).cdf(w)
    curves = [
        Curve("SGD", w, (np.arange(w.size) + 0.5) / w.size, marks=False),
        Curve("normal law, variance (18)", w, normal, style="--", marks=False),
    ]
    axes = {"xlabel": "amplitude of the first mode", "ylabel": "share of runs"}
    caption = "Distribution of the first mode with label noise of variance .1, depth 2, and the normal law of (18)."
    return [curves_picture(f"{name}-law", curves, axes=axes, label=caption, caption=caption)]


def spread_with_label_noise() -> Statement:
    """Figure 5: real SGD with label noise, a statement of DLN-E6."""
    return reproduces(
        "standard deviation in runs",
        r"\operatorname{sd}(w_0)",
        printed=sp.sqrt(5) / 100,
        measure=measure,
        parts=({**SHALLOW, "label_variance": 0.1, "until": [20], "optimiser": "SGD", "runs": 1600},),
        summarise=spread_of_runs,
        pictures=noisy_law_picture,
        wrong={"concentrated at a point": sp.S.Zero, "a fifth more": 6 * sp.sqrt(5) / 500},
        says="Figure 5 run again: SGD from random starts, depth 2, at the time 20.",
    )
