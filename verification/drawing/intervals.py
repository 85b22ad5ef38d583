"""Pictures of what was measured: an interval against the values that the forms of a statement predict."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from verification.drawing.svg import BLUE, GREEN, INK, ORANGE, VERMILLION, svg
from verification.formulas import readable_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = {"printed": (VERMILLION, "s"), "corrected": (GREEN, "D")}
"""Colour and marker of a form; near misses share the last of these."""

NEAR_MISS = (ORANGE, "X")
REACH = 25.0
"""Predictions farther than this many half-widths are shown by an arrow at the edge."""

ROW = 0.3
"""Inches a row takes."""


@dataclass(frozen=True)
class Measured:
    """One interval: a stage of a Monte Carlo check."""

    name: str
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Picture:
    """A drawing with the sentence below it, and the numbers in it where they stand nowhere else.

    Attributes:
        drawing: Inline SVG.
        caption: What is to be seen.
        columns: Heads of the table of numbers; none if there is no table.
        rows: Its rows, each as long as ``columns``.
    """

    drawing: Markup
    caption: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def interval_plot(name: str, measured: Sequence[Measured], predicted: Mapping[str, float | None]) -> Markup:
    """Estimates with their intervals, and below them where each form predicts the value to lie.

    Args:
        name: Unique on the page.
        measured: The first stage, and the second if there was one.
        predicted: Form -> predicted value; None where it predicts no finite number.
    """
    rows = len(measured) + len(predicted)
    spoken = "; ".join(
        [f"{m.name} {m.estimate:.6g} in [{m.lower:.6g}, {m.upper:.6g}]" for m in measured]
        + [f"{readable_text(form)} {_value(value)}" for form, value in predicted.items()]
    )

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        low, high = _limits(measured, predicted)
        axes.set_xlim(low, high)
        axes.set_ylim(rows - 0.4, -0.6)
        axes.axvspan(measured[-1].lower, measured[-1].upper, color=BLUE, alpha=0.12, linewidth=0)
        for row, stage in enumerate(measured):
            errors = [[stage.estimate - stage.lower], [stage.upper - stage.estimate]]
            axes.errorbar(stage.estimate, row, xerr=errors, fmt="o", color=BLUE, markersize=6, capsize=4, linewidth=1.8)
        for row, (form, value) in enumerate(predicted.items(), start=len(measured)):
            _mark(axes, row, value, STYLES.get(form, NEAR_MISS))
        names = [m.name for m in measured] + [readable_text(form) for form in predicted]
        axes.set_yticks(range(rows), [_plain(_short(text)) for text in names])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        values = axes.secondary_yaxis("right")
        texts = [f"{m.estimate:.5g}" for m in measured] + [_value(value) for value in predicted.values()]
        values.set_yticks(range(rows), texts)
        values.tick_params(length=0)
        values.spines["right"].set_visible(False)

    return svg(draw, name=name, label=spoken, size=(7.2, 0.55 + ROW * rows))


def _mark(axes: Axes, row: int, value: float | None, style: tuple[str, str]) -> None:
    if value is None:
        return
    color, marker = style
    low, high = axes.get_xlim()
    if low <= value <= high:
        axes.plot(value, row, marker=marker, color=color, markersize=7, linestyle="none")
        return
    edge, tail = (high, high - 0.04 * (high - low)) if value > high else (low, low + 0.04 * (high - low))
    axes.annotate("", (edge, row), (tail, row), arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.8})


def _limits(measured: Sequence[Measured], predicted: Mapping[str, float | None]) -> tuple[float, float]:
    """Room for the intervals and for the predictions that are not too far off to be seen beside them."""
    half = max(stage.upper - stage.lower for stage in measured) / 2 or abs(measured[0].estimate) / 10 or 1.0
    centre = measured[0].estimate
    near = [value for value in predicted.values() if value is not None and abs(value - centre) <= REACH * half]
    ends = [*near, *(end for stage in measured for end in (stage.lower, stage.upper))]
    margin = max(0.08 * (max(ends) - min(ends)), 0.5 * half)
    return min(ends) - margin, max(ends) + margin


def _value(value: float | None) -> str:
    return "no number" if value is None or not math.isfinite(value) else f"{value:.5g}"


def _short(text: str) -> str:
    return textwrap.shorten(text, 44, placeholder=" …")


def _plain(text: str) -> str:
    """Text in which matplotlib sees no formula."""
    return text.replace("$", r"\$")
