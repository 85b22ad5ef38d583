r"""The width of the law at the end of training by real SGD, at three learning rates, extrapolated to none.

Chains of 2, 3 and 4 scalar layers with label noise start at the teacher's value. After eight relaxation times they are
looked at once in each, and :math:`E(w - s)^2/\eta` is a line in :math:`\eta` up to its square.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from verification.authoring.figures import quantile, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement

RATES = ("1/50", "1/100", "1/200")
RUNS, BURN_IN, COUNTED = 4000, 8, 25
"""Chains, and relaxation times before and while they are looked at."""


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""Means over chains and time of :math:`(w - 1)^2/\eta` and :math:`(w - 1)/\eta`, with their errors."""
    depth, rate = part["depth"], float(sp.Rational(part["eta"]))
    relaxation = 1 / (depth * rate)
    kept: list[np.ndarray] = []

    def gap(weights: Mapping[str, np.ndarray]) -> np.ndarray:
        kept.append(np.prod([W[:, 0, 0] for W in weights.values()], axis=0) - 1)
        return kept[-1]

    at = [round((BURN_IN + k) * relaxation) for k in range(COUNTED)]
    train_layers(
        DenseNetwork((1,) * (depth + 1)),
        NoisyTeacher(np.array([[1.0]]), label_covariance=1.0),
        MiniBatchDescent(learning_rate=rate),
        initial={f"W{l}": [[1.0]] for l in range(1, depth + 1)},
        steps=at[-1],
        n_replicas=RUNS,
        seed=seed_of("extrapolation", part),
        at=at,
        observables={"gap": gap},
        options=Options(keep_final=False, precision="mixed", progress=False),
    )
    gaps = np.stack(kept)
    found: dict[str, Any] = {**part}
    for name, values in (("square", gaps**2), ("mean", gaps)):
        each = values.mean(0) / rate
        found[name] = [float(each.mean()), float(each.std(ddof=1) / math.sqrt(each.size))]
    return found


def intercept(rows: Sequence[Mapping[str, Any]], name: str) -> tuple[float, float]:
    """The value at learning rate 0 of the weighted line through the rows, and its standard error."""
    rates = np.array([float(sp.Rational(row["eta"])) for row in rows])
    values, errors = np.array([row[name] for row in rows]).T
    design = np.stack([np.ones_like(rates), rates], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    return float((covariance @ design.T @ (values / errors))[0]), math.sqrt(covariance[0, 0])


def extrapolated(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The width at learning rate 0; the mean beside it."""
    value, error = intercept(results, "square")
    mean, mean_error = intercept(results, "mean")
    half = quantile() * error
    told = ", ".join(f"{row['square'][0]:.3f} ± {row['square'][1]:.3f} at {row['eta']}" for row in results)
    return {
        "location": [value - half, value + half],
        "features": [],
        "told": f"{told}; extrapolated {value:.3f} ± {error:.3f}, shift of the mean over the rate {mean:.2f} ± "
        f"{mean_error:.2f}",
        "rows": [dict(row) for row in results],
    }


def widths_of_runs() -> Iterator[Statement]:
    """Statements of DLN-P5: (18) by real SGD."""
    for depth in (2, 3, 4):
        printed = sp.Rational(depth, 2)
        yield reproduces(
            f"extrapolated, depth {depth}",
            r"\lim_{\eta\to0}E(w_\alpha - s_\alpha)^2/\eta",
            printed=printed,
            measure=measure,
            parts=tuple({"depth": depth, "eta": rate} for rate in RATES),
            summarise=extrapolated,
            wrong={"depth one lower": printed - sp.S.Half, "without the two": 2 * printed},
            remark=r"(18) at $s_\alpha = \sigma_q = 1$ by SGD at three learning rates.",
        )
