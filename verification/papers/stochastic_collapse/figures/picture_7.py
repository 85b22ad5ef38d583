r"""A panel of Figure 7 of the stochastic-collapse paper, from what its measurement left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from verification.drawing.intervals import Picture
from verification.drawing.svg import BLUE, INK, ORANGE, VERMILLION, svg

NAMES = {"eta": ("learning rate η", "η"), "sigma": ("standard deviation of the label noise σ", "σ")}


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Share of collapsed runs against the learning rate or the noise scale.

    Args:
        name: Unique on the page.
        parts: What ``two_neurons.measure`` returned, part by part.
        summary: What ``two_neurons.turns`` made of it.
    """
    rows, varied = summary["rows"], summary["varied"]
    drawing = svg(
        lambda figure: draw(figure, summary),
        name=f"{name}-share",
        label=f"Share of runs in which the two neurons become equal, against the {NAMES[varied][0]}.",
        size=(5.4, 3.2),
    )
    data_sets = len(rows[0]["collapsed"])
    caption = (
        f"Share of {data_sets * rows[0]['starts']} runs, {rows[0]['starts']} starts on each of {data_sets} data "
        "sets, in which |w₁ - w₂| falls below 1e-6, or |w₁ + w₂| does, and share of runs that diverge. At the "
        f"strongest {summary['data_sets_that_collapse']} data sets have a collapsed run."
    )
    columns = (NAMES[varied][1], "equal", "opposite", "diverged", "median log₁₀|w₁ - w₂|²", "underflowed")
    return [Picture(drawing, caption, columns, tuple(_row(row, varied) for row in rows))]


def _row(row: Mapping[str, Any], varied: str) -> tuple[str, ...]:
    runs = len(row["collapsed"]) * row["starts"]
    median = "diverged" if row["median_log10"] is None else f"{row['median_log10']:.2f}"
    shares = (f"{row[name] / runs:.3f}" for name in ("opposite", "diverged"))
    return f"{row[varied]:g}", f"{row['share']:.3f}", *shares, median, str(row["underflowed"])


def draw(figure: Figure, summary: Mapping[str, Any]) -> None:
    """Draw the shares on ``figure``."""
    axes = figure.add_subplot()
    rows, varied = summary["rows"], summary["varied"]
    runs = len(rows[0]["collapsed"]) * rows[0]["starts"]
    places = range(len(rows))
    axes.plot(places, [row["share"] for row in rows], color=BLUE, marker="o", label="equal")
    axes.plot(places, [row["opposite"] / runs for row in rows], color=ORANGE, marker="D", label="opposite")
    axes.set_xticks(list(places), [f"{row[varied]:g}" for row in rows])
    axes.set(xlabel=NAMES[varied][0], ylabel="share of runs", ylim=(0, None))
    lost = axes.twinx()
    lost.plot(
        places, [row["diverged"] / runs for row in rows], color=VERMILLION, marker="X", linestyle=":", label="diverged"
    )  # fmt: skip
    lost.set(ylabel="share of runs that diverge", ylim=(0, 1.03))
    lost.spines["right"].set_visible(True)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    figure.legend(loc="outside upper center", ncols=3, fontsize=9)
