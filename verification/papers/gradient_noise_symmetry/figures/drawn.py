"""Pictures of Figures 3 (left), 4 and 5 as they were measured: norms, both sides of the balance (16), their traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verification.drawing.curves import Curve, CurvePanel, Guide, panels_picture
from verification.drawing.intervals import Picture

Part = Mapping[str, Any]


def norm_pictures(name: str, results: Sequence[Part], summary: Part) -> list[Picture]:
    """The share of starts that end below a ratio of squared norms, under SGD and under GD."""
    labels = {
        "SGD": ("SGD", "-", 0),
        "GD": ("GD", "-", 1),
        "SGD shifted": ("SGD, with identities", "--", 0),
        "GD shifted": ("GD, with identities", "--", 1),
    }
    panels = []
    for row in results:
        curves = [
            Curve(label, np.sort(row[key]), (np.arange(len(row[key])) + 0.5) / len(row[key]), None, style, False, kin)
            for key, (label, style, kin) in labels.items()
        ]
        first, second = row["gains"]
        axes = {"xscale": "log", "xlabel": r"$\|U\|^2/\|W\|^2$", "title": f"gains {first:g} and {second:g}"}
        panels.append(CurvePanel(curves, axes={**axes, "ylabel": "share of starts below"}))
    caption = (
        "The share of starts that end below a ratio of the layers' squared norms, of their matrices as they stand and "
        "with the identities added. Balanced layers are at 1."
    )
    return [panels_picture(f"{name}-norms", panels, label=caption, share_y=True, size=(8.4, 3.4))]


def side_pictures(name: str, results: Sequence[Part], summary: Part) -> list[Picture]:
    """Entries of both sides of (16) against each other, from the first start."""
    (row,) = results
    curves = [Curve(optimiser, *row[f"{optimiser} sides"], style="none") for optimiser in ("SGD", "GD")]
    axes = {"xlabel": r"entry of $W\Sigma_xW^T$", "ylabel": r"of $U^T\Sigma_\varepsilon U$"}
    caption = (
        f"Both sides of (16), each divided by its norm, entry by entry, from one start: {row['activation']} units, "
        f"inputs of spread {row['spread']:g}. Theorem 2 is the line."
    )
    panel = CurvePanel(curves, guides=[Guide(0.0, 1.0, "Theorem 2")], axes=axes)
    return [panels_picture(f"{name}-sides", [panel], label=caption, size=(5.4, 3.6))]


def trace_pictures(name: str, results: Sequence[Part], summary: Part) -> list[Picture]:
    """The ratio of the traces of both sides of (16) against the variance of one output's noise."""
    (row,) = results
    variances = [float(key) for key in row if key.replace(".", "").isdigit()]
    ratios = [np.array(row[str(variance)]) for variance in variances]
    bars = [np.quantile(values, (0.05, 0.95)) for values in ratios]
    median = Curve(f"{row['optimiser']}, median", variances, [np.median(values) for values in ratios], bars)
    balance = Curve("Theorem 2", variances, np.ones(len(variances)), style="--", marks=False, kin=6)
    axes = {
        "xscale": "log",
        "yscale": "linear" if row["optimiser"] == "SGD" else "log",
        "xlabel": "variance of the first output's noise",
        "ylabel": "ratio of traces",
    }
    first, second = row["gains"]
    caption = (
        f"The ratio of the traces of both sides of (16) under {row['optimiser']}, from random starts with the gains "
        f"{first:g} and {second:g}; bars hold nine starts of ten."
    )
    return [panels_picture(f"{name}-traces", [CurvePanel([median, balance], axes=axes)], label=caption, size=(6, 3.2))]
