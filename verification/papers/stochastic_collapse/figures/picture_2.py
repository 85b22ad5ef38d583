r"""The pictures of Figure 2 of the stochastic-collapse paper, from what its measurement left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from numerics.codegen import compile_program
from theory.models.single_neuron import w_1, w_2
from verification.drawing.intervals import Picture
from verification.drawing.svg import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, svg
from verification.papers.stochastic_collapse.figures.data_of_figure_2 import neuron

CURVES = ((SKY, "o"), (GREEN, "s"), (ORANGE, "D"), (PURPLE, "^"), (VERMILLION, "v"), (BLUE, "X"))
"""Colour and marker of a snapshot, or of a noise level."""

REACH = 2.5
"""The scatter plot shows weights up to this."""


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The trained weights, the probability of collapse, and the growth rates, against the noise level.

    Args:
        name: Unique on the page.
        parts: What ``figure_2.measure`` returned, part by part.
        summary: What ``figure_2.transition`` made of it.
    """
    scattered = [part for part in parts if "weights" in part]
    return [
        _scatter(f"{name}-weights", scattered),
        collapse_picture(f"{name}-collapse", summary),
        _growth(f"{name}-growth", summary),
    ]


def collapse_picture(name: str, summary: Mapping[str, Any]) -> Picture:
    r"""Share of models with :math:`|w| < 10^{-2}` against the noise level, a curve for each snapshot."""
    drawing = svg(
        lambda figure: draw_collapse(figure, summary),
        name=name,
        label="Share of collapsed models against the noise level, a curve for each number of steps.",
        size=(7.2, 4.0),
    )
    caption = (
        f"Share of {summary['rows'][0]['models']} models with |w| < 0.01 against ηζ²/2, with 95 % Clopper-Pearson "
        "bars; all models start there. Vertical lines: the signal of Theorem 5.1, and the exact threshold of "
        "Euler-Maruyama steps of this size."
    )
    steps = tuple(f"{n} steps" for n in summary["snapshots"])
    columns = ("ηζ²/2", *steps, "95 % interval at the end", "median log₁₀|w|")
    return Picture(drawing, caption, columns, tuple(map(_row, summary["rows"])))


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One noise level in words."""
    shares = (f"{count / row['models']:.3f}" for count in row["collapsed"])
    lower, upper = row["interval"][-1]
    return f"{row['level']:g}", *shares, f"[{lower:.3f}, {upper:.3f}]", f"{row['median_log10']:.2f}"


def draw_collapse(figure: Figure, summary: Mapping[str, Any]) -> None:
    """Draw the curves on ``figure``."""
    axes = figure.add_subplot()
    rows = summary["rows"]
    levels = [row["level"] for row in rows]
    for i, (steps, (color, marker)) in enumerate(zip(summary["snapshots"], CURVES, strict=False)):
        shares = np.array([row["collapsed"][i] / row["models"] for row in rows])
        bars = np.array([row["interval"][i] for row in rows])
        errors = np.clip([shares - bars[:, 0], bars[:, 1] - shares], 0, None)
        axes.errorbar(
            levels, shares, yerr=errors, color=color, marker=marker, markersize=4.0, linewidth=1.3, capsize=2,
            label=f"{steps:,} steps".replace(",", "\u2009"),
        )  # fmt: skip
    lines = [(summary["threshold"], "-", "signal"), (summary["threshold_of_steps"], ":", "Euler-Maruyama")]
    for place, style, text in lines:
        axes.axvline(place, color=INK, linestyle=style, linewidth=1.2, label=f"{text} = {place:.4f}")
    axes.set(xlabel="noise level ηζ²/2", ylabel="P(|w| < 0.01)", ylim=(-0.03, 1.03))
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)


def _growth(name: str, summary: Mapping[str, Any]) -> Picture:
    """Growth rates on both sides of the transition, with the measured location."""
    rates = summary["rates"]
    levels = [row["level"] for row in rates]
    lower, upper = summary["location"]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.axvspan(lower, upper, color=SKY, alpha=0.35, linewidth=0, label="measured location")
        axes.axvline(summary["threshold"], color=INK, linewidth=1.2, label=f"signal = {summary['threshold']:.4f}")
        axes.errorbar(
            levels, [row["rate"] for row in rates], yerr=[5 * row["rate_error"] for row in rates],
            color=BLUE, marker="o", markersize=4.5, linewidth=1.3, capsize=3, label="rate, ±5 standard errors",
        )  # fmt: skip
        axes.set(xlabel="noise level ηζ²/2", ylabel="growth rate of log|w|")
        axes.legend(loc="upper right", fontsize=9)

    drawing = svg(draw, name=name, label="Growth rate of log|w| far below the start.", size=(5.2, 3.2))
    columns = ("ηζ²/2", "growth rate", "largest |w| on the way")
    rows = tuple((f"{r['level']:g}", f"{r['rate']:.4f} ± {r['rate_error']:.4f}", f"{r['largest']:.1e}") for r in rates)
    caption = (
        f"Growth rate of log|w| of {rates[0]['models']} models started at 1e-60, and where the line through it "
        f"vanishes: [{lower:.4f}, {upper:.4f}] with a false alarm of 1e-6."
    )
    return Picture(drawing, caption, columns, rows)


def _scatter(name: str, parts: Sequence[Mapping[str, Any]]) -> Picture:
    """The weights of some models at the end, over the contours of the mean loss of all data."""
    grid = np.linspace(-REACH, REACH, 161)
    values = loss_at(*np.meshgrid(grid, grid))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(aspect="equal")
        axes.contour(grid, grid, np.log10(values), levels=12, colors=INK, alpha=0.3, linewidths=0.6, linestyles="solid")
        for part, (color, marker) in zip(parts, CURVES, strict=False):
            first, second = np.array(part["weights"]).T
            axes.plot(
                first, second, marker, color=color, markersize=4.5, alpha=0.8, label=f"ηζ²/2 = {part['level']:g}"
            )  # fmt: skip
        axes.set(xlabel="w₁", ylabel="w₂", xlim=(-REACH, REACH), ylim=(-REACH, REACH))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)

    shown = len(parts[0]["weights"])
    label = f"Weights of {shown} models at each noise level after training."
    drawing = svg(draw, name=name, label=label, size=(5.4, 3.8))
    return Picture(drawing, f"{label} Contours: logarithm of the mean loss over the whole data set.")


def loss_at(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The mean loss of the data set at the weights given. Shapes alike."""
    (values,) = compile_program([neuron().model.mean_loss], [w_1, w_2])(first, second)
    return values
