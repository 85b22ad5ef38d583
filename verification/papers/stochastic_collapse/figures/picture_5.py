"""The pictures of Figures 5 and 11 of the stochastic-collapse paper, from what their measurements left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from verification.drawing.intervals import Picture
from verification.drawing.svg import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, svg
from verification.papers.stochastic_collapse.figures import figure_11
from verification.papers.stochastic_collapse.figures.figure_5 import BAR_ALARM

CURVES = ((SKY, "o"), (GREEN, "s"), (ORANGE, "D"), (PURPLE, "^"), (VERMILLION, "v"), (BLUE, "X"), (INK, "P"))
"""Colour and marker of a noise level, or of a batch size."""

BARS = 1.96
"""Standard errors in a 95 % interval."""


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Errors and learned signals of Figure 5.

    Args:
        name: Unique on the page.
        parts: What ``figure_5.measure`` returned, part by part.
        summary: What ``figure_5.summary`` or ``figure_5.smallest_error`` made of it.
    """
    drawn = [errors_picture(f"{name}-errors", summary)]
    return [*drawn, _signals(f"{name}-signals", summary)] if "data" in summary else drawn


def errors_picture(name: str, summary: Mapping[str, Any]) -> Picture:
    """Train and test error against the steps, a curve for each noise level."""
    drawing = svg(
        lambda figure: draw_errors(figure, summary),
        name=name,
        label="Train error and test error against the number of steps, a curve for each noise level.",
        size=(7.6, 4.0),
    )
    replicas = max(row["replicas"] for row in summary["rows"])
    caption = (
        f"Errors (34), means of {replicas} runs with 95 % bars, against the steps after the warm-up; the learning rate "
        "drops at the dotted line. The dashed line is the test error of the student that has learned nothing."
    )
    columns = ("ζ", "test error at the drop", "its stationary value", "smallest after it", "at step", "in the end")
    return Picture(drawing, caption, columns, tuple(_row(row, summary, i) for i, row in enumerate(summary["rows"])))


def _row(row: Mapping[str, Any], summary: Mapping[str, Any], i: int) -> tuple[str, ...]:
    """One noise level in words."""
    steps = summary["snapshots"]
    at_drop = steps.index(summary["drop"])
    lowest = min(range(at_drop, len(steps)), key=lambda j: row["test"][j][0])
    shown = [f"{row['test'][j][0]:.3f} ± {row['test'][j][1]:.3f}" for j in (at_drop, lowest, -1)]
    stationary = f"{summary['stationary'][i]:.3f}"
    return f"{row['zeta']:g}", shown[0], stationary, shown[1], str(steps[lowest]), shown[2]


def draw_errors(figure: Figure, summary: Mapping[str, Any]) -> None:
    """Draw both panels on ``figure``."""
    left, right = figure.subplots(1, 2)
    steps = np.array(summary["snapshots"])
    for axes, error, label in ((left, "train", "train error"), (right, "test", "test error")):
        for row, (color, marker) in zip(summary["rows"], CURVES, strict=False):
            means, errors = np.array(row[error]).T
            axes.errorbar(
                steps, means, yerr=BARS * errors, color=color, marker=marker, markersize=3.5, linewidth=1.2,
                capsize=1.5, label=f"ζ = {row['zeta']:g}",
            )  # fmt: skip
        axes.axvline(summary["drop"], color=INK, linestyle=":", linewidth=1.0)
        axes.set(xlabel="steps", ylabel=label)
        axes.set_xticks([0, 20_000, 40_000, 60_000], ["0", "20k", "40k", "60k"])
        axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    right.axhline(1.0, color=INK, linestyle="--", linewidth=1.2, label="nothing learned")
    right.set_ylim(0, 5)
    right.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)


def _signals(name: str, summary: Mapping[str, Any]) -> Picture:
    """Learned signals at the drop, and in the end, against those of the data."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, key, title in zip(
            panels, ("signals_at_drop", "signals_at_end"), ("at the drop", "in the end"), strict=True
        ):
            axes.plot([0, 1.3], [0, 1.3], color=INK, linestyle="--", linewidth=0.8)
            for row, (color, marker) in zip(summary["rows"], CURVES, strict=False):
                axes.plot(
                    summary["data"], row[key], color=color, marker=marker, markersize=2.5, linewidth=0.8,
                    label=f"ζ = {row['zeta']:g}",
                )  # fmt: skip
            axes.set(xlabel="signal of the data", title=title)
        panels[0].set_ylabel("mean learned signal")
        panels[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)

    drawing = svg(
        draw, name=name, label="Mean learned signals against the data's, for each noise level.", size=(7, 3.4)
    )
    return Picture(drawing, "Mean learned signals against those of the data; dashed: learned without shrinkage.")


def batch_pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Errors of Figure 11.

    Args:
        name: Unique on the page.
        parts: What ``figure_11.measure`` returned, part by part.
        summary: What ``figure_11.summary`` made of it.
    """
    return [batches_picture(name, parts)]


def batches_picture(name: str, rows: Sequence[Mapping[str, Any]]) -> Picture:
    """Both test errors against the steps, a curve for each batch size."""
    rows = sorted(rows, key=lambda row: (row["batch"], row["replacement"]))

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, 2)
        for axes, error, label in zip(panels, ("white", "test"), ("‖Ŵ - W̄‖²/‖W̄‖²", "test error (34)"), strict=True):
            for i, row in enumerate(rows):
                color, marker = CURVES[i % len(CURVES)]
                axes.plot(
                    row["steps"], np.mean(row[error], axis=1), color=color, marker=marker, markersize=3.5,
                    linewidth=1.2, label=_label(row),
                )  # fmt: skip
            axes.axhline(1.0, color=INK, linestyle="--", linewidth=1.0)
            axes.set(xlabel="steps", ylabel=label, ylim=(0, 4))
            axes.grid(color=INK, alpha=0.12, linewidth=0.6)
        panels[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)

    drawing = svg(draw, name=name, label="Test errors against steps, a curve for each batch size.", size=(7.6, 3.8))
    caption = (
        f"Test errors of real SGD in dimension {rows[0]['n']}, for white inputs (left) and for the inputs at hand "
        "(right), means over replicas; dashed: nothing learned. The table has the errors at the last step, with 95 % "
        "intervals."
    )
    columns = ("batch", "replicas", "‖Ŵ - W̄‖²/‖W̄‖²", "test error (34)", "train error")
    return Picture(drawing, caption, columns, tuple(map(_batch_row, rows)))


def _label(row: Mapping[str, Any]) -> str:
    return (
        "full batch" if row["full"] else f"batch {row['batch']}" + (", with replacement" if row["replacement"] else "")
    )


def _batch_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One batch size in words."""
    shown = []
    for error in ("white", "test", "train"):
        lower, upper = figure_11.interval(row, error, BAR_ALARM)
        shown.append(f"{(lower + upper) / 2:.4f} ± {(upper - lower) / 2:.4f}")
    return _label(row), str(len(row["white"][-1])), *shown
