r"""The law at the end of training by real SGD, at three learning rates, extrapolated to none.

Chains of 2, 3 and 4 scalar layers with label noise start at the teacher's value. After eight relaxation times they are
looked at once in each, and :math:`E(w - s)^2/\eta` is a line in :math:`\eta` up to its square.

Matrix layers start balanced, and go on for eight times :math:`\eta^{-2}` steps, in which label noise takes them to the
minimum that it selects; they are looked at in the second half. A parabola goes through the three learning rates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.minima import Minimum
from numerics.deep_linear.modes import Modes
from numerics.deep_linear.point import LayeredPoint
from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.controlled import ControlledMode
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.initial import balanced_layers
from numerics.layered.network import DenseNetwork
from numerics.layered.observables import ModeAmplitude
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from theory.deep_linear.layers import LayeredLinear
from theory.deep_linear.minima import LabelNoiseMinimum
from verification.authoring.figures import estimate, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.forms import Draw
from verification.papers.saddle_to_saddle.long_runs import place_of_the_peak

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
    told = ", ".join(f"{row['square'][0]:.3f} ± {row['square'][1]:.3f} at {row['eta']}" for row in results)
    told += f"; extrapolated {value:.3f} ± {error:.3f}, shift of the mean over the rate {mean:.2f} ± {mean_error:.2f}"
    return estimate(value, error, told, results)


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


PEAK_RATES = ("1/100", "1/200", "1/400")
PEAK_RUNS = 1024


def measure_peak(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""Where the law of a chain at s = 1 has its peak, :math:`(m - s)/\eta`, with its error."""
    arguments = {"widths": " ".join(["1"] * (part["depth"] + 1)), "s": "1", "sigma": "1", "eta": part["eta"]}
    draw = Draw(PEAK_RUNS, 0, seed_of("peaks", part), refinement=2)
    found = place_of_the_peak(arguments, draw).values
    return {**part, "peak": [float(found.mean()), float(found.std(ddof=1) / math.sqrt(PEAK_RUNS))]}


def extrapolated_peak(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The peak at learning rate 0."""
    value, error = intercept(results, "peak")
    told = ", ".join(f"{row['peak'][0]:.3f} ± {row['peak'][1]:.3f} at {row['eta']}" for row in results)
    return estimate(value, error, f"{told}; extrapolated {value:.3f} ± {error:.3f}", results)


def peaks_of_runs() -> Iterator[Statement]:
    """Statements of DLN-P4: where the density of a mode is largest, by real SGD."""
    for depth in (2, 3, 4):
        shift = sp.Rational(depth - 1, 2)
        yield reproduces(
            f"mode in runs, depth {depth}",
            r"\lim_{\eta\to0}(\text{mode of }p^\star_\alpha - s_\alpha)/\eta",
            printed=-3 * shift,
            measure=measure_peak,
            parts=tuple({"depth": depth, "eta": rate} for rate in PEAK_RATES),
            summarise=extrapolated_peak,
            wrong={"the mean": -shift, "the zero of the drift": shift, "a quarter more": -sp.Rational(15, 4) * shift},
            remark=r"A result of ours: at $s_\alpha = \sigma_q = 1$, by SGD at three learning rates; the mean less "
            "half the third cumulant over the variance, which is where a nearly normal density has its peak.",
        )


COARSE = ("1/25", "1/50", "1/100")
LABEL_VARIANCE, SLOW_TIMES, LOOKS = sp.Rational(1, 2), 8, 50
r"""Of matrix layers: label noise, steps in units of :math:`\eta^{-2}`, and looks in their second half."""

ONE_OUTPUT = {"widths": [4, 3, 1], "values": ["1"]}
THREE_LAYERS = {"widths": [3, 3, 3, 3], "values": ["1", "3/5", "1/5"]}


def measure_layers(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""The weakest mode of layers of matrices: :math:`E(w - s)^2/\eta`, or :math:`(E[w] - s)/\eta`, with its error."""
    rate, runs, widths = float(sp.Rational(part["eta"])), int(part["runs"]), tuple(part["widths"])
    values = [float(sp.Rational(value)) for value in part["values"]]
    teacher = np.zeros((widths[-1], widths[0]))
    np.fill_diagonal(teacher, values)
    network, data = LayeredLinear(widths), NoisyTeacher(teacher, label_covariance=float(LABEL_VARIANCE))
    start, modes = balanced_layers(network, teacher), Modes(np.eye(widths[-1]), np.eye(widths[0]))
    mode, mean = len(values) - 1, part["what"] == "mean"
    balanced = Minimum(LayeredPoint(network, data, tuple(start[f"W{l}"] for l in range(1, len(widths)))))
    read = ControlledMode(balanced, modes, mode) if mean else ModeAmplitude(network, modes, mode)
    kept: list[np.ndarray] = []

    def record(weights: Mapping[str, np.ndarray]) -> np.ndarray:
        gap = read(weights) - values[mode]
        kept.append((gap if mean else gap**2) / rate)
        return gap

    half = round(SLOW_TIMES / rate**2 / 2)
    at = [half + round(half * k / LOOKS) for k in range(1, LOOKS + 1)]
    train_layers(
        network,
        data,
        MiniBatchDescent(learning_rate=rate),
        initial=start,
        steps=at[-1],
        n_replicas=runs,
        seed=seed_of("extrapolation of layers", part),
        at=at,
        observables={"gap": record},
        options=Options(keep_final=False, precision="mixed", progress=False),
    )
    each = np.mean(kept, axis=0)
    return {**part, "value": float(each.mean()), "error": float(each.std(ddof=1) / math.sqrt(runs))}


def parabola_at_zero(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The value at learning rate 0 of the parabola through three rates, each half the one before."""
    weights = np.array([1, -6, 8]) / 3
    value = float(weights @ [row["value"] for row in results])
    error = float(np.linalg.norm(weights * [row["error"] for row in results]))
    told = ", ".join(f"{row['value']:.4f} ± {row['error']:.4f} at {row['eta']}" for row in results)
    return estimate(value, error, f"{told}; extrapolated {value:.4f} ± {error:.4f}", results)


def _weakest(depth: int, values: Sequence[str], inputs: int, outputs: int, what: str) -> sp.Expr:
    """The closed form of what is measured."""
    traces = {"input_trace": inputs, "label_trace": outputs * LABEL_VARIANCE}
    minimum = LabelNoiseMinimum(depth, [sp.Rational(s) for s in values], label_variances=LABEL_VARIANCE, **traces)
    return (minimum.variance if what == "variance" else minimum.mean_shift)(len(values) - 1)


def layers_of_runs() -> Iterator[Statement]:
    """Statements of DLN-M4: the law at the end that the selected minimum has, by real SGD."""
    for setting, runs, what, left, shape in (
        (ONE_OUTPUT, (600, 1800, 1200), "variance", r"\lim_{\eta\to0}E(w - s)^2/\eta", "four inputs, one output"),
        (THREE_LAYERS, (300, 900, 600), "mean", r"\lim_{\eta\to0}(E[w_3] - s_3)/\eta", "three layers of width three"),
    ):
        widths, values = setting["widths"], setting["values"]
        depth = len(widths) - 1
        printed = _weakest(depth, values, widths[0], widths[-1], what)
        yield reproduces(
            f"{what} in runs, {shape}",
            left,
            printed=printed,
            measure=measure_layers,
            parts=tuple(
                {**setting, "what": what, "eta": rate, "runs": n} for rate, n in zip(COARSE, runs, strict=True)
            ),
            summarise=parabola_at_zero,
            wrong={"of a chain alone": _weakest(depth, values[-1:], 1, 1, what), "a quarter more": 5 * printed / 4},
            remark=r"The weakest mode at $\sigma_q^2 = 1/2$, by SGD from the balanced minimum on.",
        )
