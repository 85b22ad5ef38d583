r"""How far SGD of one linear weight is from gradient flow as the learning rate falls: as far as its square root.

A limit in law as :math:`\eta\to0` cannot keep a width: :math:`E\sup_t|\theta_t - \theta(t)|` over a fixed time falls as
:math:`\sqrt\eta`, so that the limit is gradient flow and the noise of (1) what is left at finite :math:`\eta`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from verification.authoring.figures import estimate, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement

RATES = ("1/50", "1/200", "1/800")
RUNS, TIME, NOISE = 4000, 2.0, 0.5


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """Mean and error of the largest distance from gradient flow, from 0 to the teacher's value 1."""
    rate, source = float(sp.Rational(part["eta"])), np.random.default_rng(seed_of("small rates", part))
    theta, farthest = np.zeros(RUNS), np.zeros(RUNS)
    for k in range(1, round(TIME / rate) + 1):
        x, xi = source.standard_normal((2, RUNS))
        theta += rate * x * ((1 - theta) * x + NOISE * xi)
        farthest = np.maximum(farthest, np.abs(theta - 1 + math.exp(-k * rate)))
    return {**part, "distance": [float(farthest.mean()), float(farthest.std(ddof=1) / math.sqrt(RUNS))]}


def power(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The power of the learning rate, from the smallest rate and the one before."""
    *_, coarse, fine = results
    ratio = math.log(float(sp.Rational(coarse["eta"]) / sp.Rational(fine["eta"])))
    value = math.log(coarse["distance"][0] / fine["distance"][0]) / ratio
    error = math.hypot(*(row["distance"][1] / row["distance"][0] for row in (coarse, fine))) / ratio
    roots = [row["distance"][0] / math.sqrt(sp.Rational(row["eta"])) for row in results]
    told = ", ".join(f"{root:.3f} at {row['eta']}" for root, row in zip(roots, results, strict=True))
    return estimate(value, error, f"largest distance over the root of the learning rate: {told}", results)


def distance_from_flow() -> Statement:
    """A statement of DLN-A2: what SGD tends to."""
    return reproduces(
        "distance from gradient flow",
        r"p\text{ of }E\sup_t|\theta_t - \theta(t)|\sim\eta^p",
        printed=sp.S.Half,
        measure=measure,
        parts=tuple({"eta": rate} for rate in RATES),
        summarise=power,
        wrong={"a noise that stays": sp.S.Zero, "of a bias": sp.S.One, "a fifth more": sp.Rational(3, 5)},
        remark=r"A result of ours: SGD of one linear weight up to the time 2, $\theta(t)$ gradient flow.",
    )
