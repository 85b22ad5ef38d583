r"""Where label noise makes real SGD collapse: the growth rate of a weak mode on both sides of the SDE's threshold.

Two scalar layers start far below the teacher, where a step multiplies both by :math:`1 + \eta(sx^2 + \sigma_qx\xi)` and
:math:`\log|w|` grows at a constant rate: SGD collapses where the mean logarithm of that factor is negative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy  # its submodules load on first use
import sympy as sp

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from verification.authoring.figures import feature, seed_of, zero_of_line
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.drawing.curves import Curve, Line, curves_picture
from verification.drawing.intervals import Picture

VALUE, NOISE = 0.1, 1.0
"""A weak mode with strong label noise: the SDE's threshold is 2s/(2s^2 + sigma^2) = .196."""

RATES = ("17/100", "18/100", "19/100", "20/100", "21/100", "22/100")
RUNS, TIME, START = 8000, 100.0, 1e-30


OF_THE_SDE = 2 * VALUE / (2 * VALUE**2 + NOISE**2)


@cache
def exact_threshold() -> float:
    r"""The learning rate at which :math:`E\log|1 + \eta(sx^2 + \sigma_qx\xi)|` vanishes, by the midpoint rule."""
    points = (np.arange(3000) + 0.5) / 3000 * 16 - 8
    density = np.exp(-(points**2) / 2)
    x, xi = points[:, None], points[None, 1::2] + 1e-4
    weight = density[:, None] * np.exp(-(xi**2) / 2)
    factor = VALUE * x**2 + NOISE * x * xi

    def growth(rate: float) -> float:
        return float((weight * np.log(np.abs(1 + rate * factor))).sum() / weight.sum())

    return float(scipy.optimize.brentq(growth, 0.1, 0.3, xtol=1e-6))


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""The mean growth rate of :math:`\log|w|` and its error, at one learning rate."""
    rate = float(sp.Rational(part["eta"]))
    steps = round(TIME / rate)
    root = math.sqrt(START)
    run = train_layers(
        DenseNetwork((1, 1, 1)),
        NoisyTeacher(np.array([[VALUE]]), label_covariance=NOISE**2),
        MiniBatchDescent(learning_rate=rate),
        initial={"W1": [[root]], "W2": [[root]]},
        steps=steps,
        n_replicas=RUNS,
        seed=seed_of("collapse", part),
        options=Options(precision="mixed", progress=False),
    )
    assert run.final is not None
    growth = np.log(np.abs(run.final["W1"] * run.final["W2"])[:, 0, 0] / START) / (steps * rate)
    error = float(growth.std(ddof=1)) / math.sqrt(RUNS)
    return {**part, "rate": float(growth.mean()), "error": error}


def threshold(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Where the growth rate vanishes."""
    places = [float(sp.Rational(row["eta"])) for row in results]
    rates, errors = ([row[name] for row in results] for name in ("rate", "error"))
    return {
        "location": zero_of_line(places, rates, errors),
        "features": [
            feature("grows below", "> 0", rates[0], rates[0] > 4.9 * errors[0]),
            feature("shrinks above", "< 0", rates[-1], rates[-1] < -4.9 * errors[-1]),
        ],
        "rows": [dict(row) for row in results],
    }


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The growth rate against the learning rate."""
    rows = summary["rows"]
    rates = np.array([row["rate"] for row in rows])
    errors = 1.96 * np.array([row["error"] for row in rows])
    curve = Curve(
        "SGD",
        [float(sp.Rational(row["eta"])) for row in rows],
        rates,
        np.stack([rates - errors, rates + errors], axis=1),
    )
    lines = [Line(OF_THE_SDE, "-", "SDE"), Line(exact_threshold(), ":", "SGD, exact")]
    axes = {"xlabel": "learning rate", "ylabel": "growth rate of log|w|"}
    caption = "Growth rate of a mode far below a weak teacher, SGD with strong label noise, with both thresholds."
    return [curves_picture(f"{name}-growth", [curve], lines, axes=axes, label=caption, caption=caption)]


def threshold_of_sgd() -> Statement:
    """A statement of DLN-P3: where SGD itself collapses."""
    return reproduces(
        "threshold of SGD",
        r"\eta_{\rm collapse}",
        printed=lambda: sp.Rational(round(10**4 * exact_threshold()), 10**4),
        measure=measure,
        parts=tuple({"eta": rate} for rate in RATES),
        summarise=threshold,
        pictures=pictures,
        wrong={"of the SDE": sp.Rational(10, 51), "half": sp.Rational(1, 11)},
        remark=r"A result of ours, at $s = 1/10$, $\sigma_q = 1$: SGD of two layers collapses where "
        r"$E\log|1 + \eta(sx^2 + \sigma_qx\xi)| < 0$, seven per cent before the SDE.",
    )
