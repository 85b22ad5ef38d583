r"""Figure 3 (right) run again: how far the trace of the Hessian falls from Kaiming initialisation, against the width.

Linear autoencoders of four inputs of variance 1, SGD with fresh label noise of variance 1 on every output; the widths
and sizes of the figure are lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from theory.models.two_layer_balance import autoencoder_sharpness
from verification.authoring.figures import BAR_ALARM, feature, quantile, seed_of
from verification.authoring.replicas import mean_and_error, to_digits
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.drawing.curves import Curve, CurvePanel, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.gradient_noise_symmetry.figures.alignment import drawn_layers, squares

INPUTS, WIDTHS, STARTS, RUNS, RATE, STEPS = 4, (2, 4, 8, 16), 8192, 24, 0.01, 20_000
"""The charge loses a factor e in about :math:`1/(4\\eta^2)` steps, eight times in a run; SGD forgets its start."""

Row = Mapping[str, Any]


def traces(part: Row) -> dict[str, Any]:
    r"""The trace of the Hessian, :math:`2d_x(\|U\|^2 + \|W\|^2)`, at many starts, and at the end of the first few."""
    widths = (INPUTS, part["width"], INPUTS)
    start = drawn_layers(widths, (1.0, 1.0), STARTS, seed_of("figure 3 right", part))
    run = train_layers(
        DenseNetwork(widths),
        NoisyTeacher(np.eye(INPUTS), label_covariance=1.0),
        MiniBatchDescent(learning_rate=RATE),
        initial={name: layer[:RUNS] for name, layer in start.items()},
        steps=STEPS,
        n_replicas=RUNS,
        seed=seed_of("figure 3 right, noise", part),
        options=Options(progress=False),
    )
    first, last = (2 * INPUTS * (squares(layers["W1"]) + squares(layers["W2"])) for layers in (start, run.final))
    return {**part, "start": mean_and_error(first[None])[0], "end": to_digits(last)}


def factor(row: Row, errors: float) -> tuple[float, float, float]:
    """The mean trace at the start over that at the end, and an interval of so many standard errors."""
    (start, of_start), (end, of_end) = row["start"], mean_and_error(np.array([row["end"]]))[0]
    half = errors * math.hypot(of_start / start, of_end / end)
    return start / end, start / end * (1 - half), start / end * (1 + half)


def fall_of_the_widest(results: Sequence[Row]) -> dict[str, Any]:
    """The factor of the widest network; that it is the largest, and that equal widths have none, are features."""
    found = {row["width"]: factor(row, quantile()) for row in results}
    equal, widest = found[INPUTS][0], found[WIDTHS[-1]]
    gap = widest[1] - max(upper for width, (_, _, upper) in found.items() if width != WIDTHS[-1])
    return {
        "location": list(widest[1:]),
        "features": [
            feature("none where all widths are equal (5 %)", 1.0, equal, abs(equal - 1) < 0.05),
            feature("most significant for the widest", "> 0", gap, gap > 0),
        ],
        "told": ", ".join(f"{mean:.3f} at width {width}" for width, (mean, _, _) in found.items()),
    }


def pictures(name: str, results: Sequence[Row], summary: Row) -> list[Picture]:
    """The factor against the width, with the printed one and that of the balance of Theorem 2."""
    widths = [row["width"] for row in results]
    fine = range(1, WIDTHS[-1] + 1)
    start = {width: 2 * INPUTS * (INPUTS + width) for width in fine}
    balance = [value / float(autoencoder_sharpness(INPUTS, width, sp.S.One)) for width, value in start.items()]
    printed = [value / (4 * INPUTS * min(INPUTS, width)) for width, value in start.items()]
    found = np.array([factor(row, quantile(BAR_ALARM / 2)) for row in results])
    curves = [
        Curve("SGD", widths, found[:, 0], found[:, 1:], style="none"),
        Curve("Theorem 2", fine, balance, marks=False),
        Curve("(17)", fine, printed, style="--", marks=False),
    ]
    axes = {"xlabel": "hidden width", "ylabel": r"$S_{init}/S_{end}$"}
    caption = (
        f"The mean trace of the Hessian at Kaiming initialisation over that at the end of training, {INPUTS} inputs, "
        f"with 95 % intervals. Where the network is narrow (17) and the balance of Theorem 2 differ."
    )
    return [panels_picture(f"{name}-flattening", [CurvePanel(curves, axes=axes)], label=caption, size=(6, 3.2))]


def flattening_in_runs() -> Statement:
    """Figure 3 right, a statement of SYM-35."""
    return reproduces(
        "flattening in runs",
        r"S_{\mathrm{init}}/S_{\mathrm{end}}\big|_{d_x = 4,\,d = 16}",
        printed=sp.Rational(5, 2),
        measure=traces,
        parts=tuple({"width": width} for width in WIDTHS),
        summarise=fall_of_the_widest,
        pictures=pictures,
        wrong={"a fifth more": sp.Integer(3), "of both layers alike": sp.Integer(5), "none": sp.S.One},
        remark="Figure 3 (right) run again: linear autoencoders of four inputs under SGD, mean over random starts.",
    )
