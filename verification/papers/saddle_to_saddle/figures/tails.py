r"""The tail of one linear weight in long runs of SGD: a power law, although the noise of a step has all moments.

A step multiplies the distance from the teacher by :math:`1 - \eta x^2`, and the stationary law falls off as
:math:`t^{-\kappa}` with :math:`E|1 - \eta x^2|^\kappa = 1`; :math:`\kappa = 2` at :math:`\eta = 2/3`. Hill's estimate:
the mean of :math:`\log(|\theta - s|/t)` over what lies beyond t is :math:`1/\kappa`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion
from verification.authoring.figures import feature, quantile, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.drawing.curves import Curve, CurvePanel, Guide, panels_picture
from verification.drawing.intervals import Picture

RATE = sp.Rational(2, 3)
RUNS, BURN_IN, APART, LOOKS = 2**15, 100, 12, 200
"""Runs, steps before they are looked at, steps between two looks, and looks."""

BLOCKS = 256
BEYOND = (5.0, 10.0, 20.0)
"""Distances beyond which the tail is looked at; the middle one decides."""

OF_THE_SDE = 1 + 1 / RATE


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""For each distance: how many looks lie beyond it, Hill's estimate of :math:`\kappa`, and its error."""
    theta, x, xi = sp.symbols("theta x xi", real=True)
    step = Recursion([theta], [theta - RATE * x * (x * theta - xi)], normals=[x, xi])
    run = iterate(
        step,
        initial=[0.0],
        steps=BURN_IN + APART * LOOKS,
        n_replicas=RUNS,
        seed=seed_of("tails", part),
        at=[BURN_IN + APART * (k + 1) for k in range(LOOKS)],
        paths=True,
        options=Options(progress=False),
    )
    assert run.paths is not None
    distance = np.abs(run.paths[:, :, 0])
    rows = []
    for beyond in BEYOND:
        outside = distance > beyond
        counts = outside.sum(0).reshape(BLOCKS, -1).sum(1)
        logs = np.log(np.where(outside, distance / beyond, 1.0)).sum(0).reshape(BLOCKS, -1).sum(1)
        mean = logs.sum() / counts.sum()
        error = math.sqrt(BLOCKS) * float(np.std(logs - mean * counts, ddof=1)) / counts.sum()
        rows.append({"beyond": beyond, "looks": int(counts.sum()), "kappa": 1 / mean, "error": error / mean**2})
    return {**part, "rows": rows}


def power(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The power of the tail, from the middle distance."""
    rows = results[0]["rows"]
    decides, farther = rows[1], rows[2]
    half = quantile() * decides["error"]
    apart = (farther["kappa"] - decides["kappa"]) / math.hypot(farther["error"], decides["error"])
    told = "; ".join(f"{row['kappa']:.3f} ± {row['error']:.3f} beyond {row['beyond']:g}" for row in rows)
    return {
        "location": [decides["kappa"] - half, decides["kappa"] + half],
        "features": [feature("the same farther out, in standard errors", 0, apart, abs(apart) < quantile())],
        "told": f"{told}; {RUNS} runs, {LOOKS} looks each",
        "rows": rows,
    }


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Hill's estimate against the distance."""
    rows = summary["rows"]
    kappa, error = (np.array([row[key] for row in rows]) for key in ("kappa", "error"))
    bars = np.stack([kappa - 1.96 * error, kappa + 1.96 * error], axis=1)
    curve = Curve("SGD", [row["beyond"] for row in rows], kappa, bars)
    guides = [Guide(2.0, label="SGD, exact: 2"), Guide(float(OF_THE_SDE), label="SDE: 5/2", style=":")]
    axes = {"xlabel": "distance from the teacher", "ylabel": "power of the tail"}
    caption = "Hill's estimate of the power of the tail of one linear weight, beyond three distances, with both laws."
    panel = CurvePanel([curve], guides=guides, axes=axes)
    return [panels_picture(f"{name}-tail", [panel], label=caption, caption=caption)]


def tail_of_runs() -> Statement:
    """A statement of DLN-P10: the stationary law of SGD is heavy-tailed."""
    return reproduces(
        "tail in long runs",
        r"\kappa\text{ of }P(|\theta - s| > t)\sim t^{-\kappa}",
        printed=sp.Integer(2),
        measure=measure,
        parts=({"eta": str(RATE)},),
        summarise=power,
        pictures=pictures,
        wrong={"of the SDE": OF_THE_SDE, "a tenth more": sp.Rational(11, 5)},
        remark=r"A result of ours: Hill's estimate in runs of SGD with $\sigma_q = 1$ at $\eta = 2/3$, where "
        r"$E|1 - \eta x^2|^2 = 1$. The SDE has $1 + 1/\eta$.",
    )
