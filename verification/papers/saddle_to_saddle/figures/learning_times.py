r"""How long a mode takes in runs of SGD, and in which order modes are learned, against gradient flow from one start.

A chain of two equal scalar layers without label noise, s = 1, multiplies w by :math:`(1 + \eta(1 - w)x^2)^2` a step.
The time T from 1/20 to 19/20 is counted in learning rates, in the last step by a straight line. Gradient flow takes
:math:`\log19`. The last step is longer than others as often as it is long, which adds one step to the mean; the rest is
the time of the noise (DLN-S8). For the mean :math:`\eta\sum(x^2 - 1)`, whose mean is 0 by Wald's identity, is added,
most of T's own noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import estimate, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.saddle_to_saddle.figures.runs import VALUES, Optimiser, Setting, follow, share_interval

RATES = ("1/50", "1/100")
CHAINS = 40_000
START, END = sp.Rational(1, 20), sp.Rational(19, 20)
ODDS = END * (1 - START) / (START * (1 - END))
r"""Of the end over those of the start, :math:`19^2`; gradient flow takes half of its logarithm."""


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""Mean excess over gradient flow and variance of T, over :math:`\eta`, with their standard errors."""
    rate, source = float(sp.Rational(part["eta"])), np.random.default_rng(seed_of("learning times", part))
    w, control, steps = np.full(CHAINS, float(START)), np.zeros(CHAINS), 0
    times, controls = [], []
    while w.size:
        square = source.standard_normal(w.size) ** 2
        moved = w * (1 + rate * (1 - w) * square) ** 2
        control += rate * (square - 1)
        done = moved >= float(END)
        times.append(rate * (steps + (float(END) - w[done]) / (moved[done] - w[done])))
        controls.append(control[done])
        w, control, steps = moved[~done], control[~done], steps + 1
    T = np.concatenate(times)
    excess = (T + np.concatenate(controls) - float(sp.log(ODDS)) / 2) / rate
    squares = (T - T.mean()) ** 2 / rate
    return {
        **part,
        **{
            name: [float(each.mean()), float(each.std(ddof=1) / math.sqrt(each.size))]
            for name, each in (("mean", excess), ("variance", squares))
        },
    }


def _extrapolated(results: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """The value at learning rate 0 of the line through two rates, the second half the first."""
    (coarse, coarse_error), (fine, fine_error) = (row[name] for row in results)
    error = math.hypot(2 * fine_error, coarse_error)
    told = ", ".join(f"{row[name][0]:.3f} ± {row[name][1]:.3f} at {row['eta']}" for row in results)
    return estimate(2 * fine - coarse, error, told, results)


def mean_excess(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean excess over gradient flow at learning rate 0."""
    return _extrapolated(results, "mean")


def spread(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The variance at learning rate 0."""
    return _extrapolated(results, "variance")


def measure_order(part: Mapping[str, Any]) -> dict[str, Any]:
    """When SGD and gradient descent learn each mode, from the same random starts."""
    setting, seed = Setting.of(part), seed_of("order of learning", part)
    start = setting.start(int(part["runs"]), seed)
    found: dict[str, Any] = {**part}
    for stream, optimiser in enumerate((Optimiser.SGD, Optimiser.GD), 1):
        course = follow(setting, optimiser, part["until"], start=start, seed=seed, stream=stream)
        learned = course.learned()
        found[optimiser] = [[round(float(time), 4) if math.isfinite(time) else None for time in row] for row in learned]
    return found


def share_in_order(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of starts from which SGD learns the modes in the order of gradient descent, of those that learn all."""
    kept, told = [], []
    for row in results:
        times = [np.array(row[optimiser], float) for optimiser in ("SGD", "GD")]
        both = np.isfinite(times[0]).all(1) & np.isfinite(times[1]).all(1)
        same = (np.argsort(times[0][both], 1) == np.argsort(times[1][both], 1)).all(1)
        ranked = [np.median(np.sort(each[both], 1), 0) for each in times]
        told.append(
            f"depth {row['depth']}: {same.sum()} of {both.sum()}; median times of the first, second and third mode by "
            f"SGD {', '.join(f'{t:.2f}' for t in ranked[0])}, by gradient descent "
            f"{', '.join(f'{t:.2f}' for t in ranked[1])}"
        )
        kept.append(same)
    pooled = np.concatenate(kept)
    return {"location": share_interval(pooled.sum(), pooled.size), "features": [], "told": "; ".join(told)}


def learning_times_in_runs() -> Iterator[Statement]:
    """Statements of DLN-S8."""
    shared = {"measure": measure, "parts": tuple({"eta": rate} for rate in RATES)}
    noise = sp.log(ODDS) / 2
    yield reproduces(
        "mean time in runs",
        r"\lim_{\eta\to0}(E\,T_{\rm SGD} - T_{\rm flow})/\eta",
        printed=1 - sp.Rational(3, 4) * noise,
        summarise=mean_excess,
        wrong={"of the SDE": 1 - noise / 2, "without the last step": -sp.Rational(3, 4) * noise, "none": sp.S.Zero},
        remark="A result of ours: two scalar layers, from 1/20 to 19/20 of the teacher's value, batches of one.",
        **shared,
    )
    yield reproduces(
        "spread of times in runs",
        r"\lim_{\eta\to0}\operatorname{Var}(T_{\rm SGD})/\eta",
        printed=sp.log(ODDS),
        summarise=spread,
        wrong={"of the second moment of a step": 3 * noise, "of one layer": noise},
        remark="A result of ours: the same runs.",
        **shared,
    )
    yield reproduces(
        "order as of gradient descent",
        r"P(\text{modes in the order of gradient descent})",
        printed=sp.S.One,
        measure=measure_order,
        parts=(
            {"depth": 2, "gamma": 3, "until": 25, "runs": 96},
            {"depth": 4, "gamma": 2, "until": 80, "runs": 32},
        ),
        summarise=share_in_order,
        wrong={"by chance": sp.Rational(1, math.factorial(len(VALUES))), "three of four": sp.Rational(3, 4)},
        remark="The share of random starts from which SGD learns the three modes in the order of gradient descent.",
    )
