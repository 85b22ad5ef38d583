"""Pictures of figures measured again: panels of curves with bars, lines and guides, weights as points, their tables.

matplotlib is imported where something is drawn, so that a claim may name what draws it at no cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from theory.argument_kinds import ArgumentKind
from verification.arguments import takes
from verification.drawing.intervals import Picture
from verification.drawing.svg import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

STYLES = ((SKY, "o"), (GREEN, "s"), (ORANGE, "D"), (PURPLE, "^"), (VERMILLION, "v"), (BLUE, "X"), (INK, "P"))
"""Colour and marker of the first, second, ... curve."""


@dataclass(frozen=True)
class Curve:
    """Values along an axis.

    Attributes:
        label: In the legend.
        x: Places.
        y: Values.
        bars: Lower and upper end of a bar at each place; None where none are drawn. Shape ``(places, 2)``.
        style: Line style.
        marks: Whether places are marked; a finely sampled curve is a line.
        kin: Number of its colour and marker in :data:`STYLES`, for curves that belong together; else its own place.
    """

    label: str
    x: Any
    y: Any
    bars: Any = None
    style: str = "-"
    marks: bool = True
    kin: int | None = None


@dataclass(frozen=True)
class Line:
    """A vertical line, a threshold: its place, line style and name; the place is added to a name."""

    place: float
    style: str
    label: str = ""


@dataclass(frozen=True)
class Guide:
    r"""A line :math:`y = c + mx` to hold the curves against.

    Attributes:
        offset: :math:`c`.
        slope: :math:`m`.
        label: In the legend; none by default.
        style: Of the line.
    """

    offset: float
    slope: float = 0.0
    label: str = ""
    style: str = "--"


@dataclass(frozen=True)
class CurvePanel:
    """What stands on one pair of axes.

    Attributes:
        curves: In the order of :data:`STYLES`.
        lines: Vertical lines.
        guides: Slanted or level lines, dashed unless they say otherwise.
        axes: Labels, limits and ticks, as for ``Axes.set``.
    """

    curves: Sequence[Curve]
    lines: Sequence[Line] = ()
    guides: Sequence[Guide] = ()
    axes: Mapping[str, Any] = field(default_factory=dict)


def plot(axes: Axes, curves: Sequence[Curve], lines: Sequence[Line] = (), **labels: Any) -> None:
    """Draw curves in the order of :data:`STYLES`, and vertical lines; ``labels`` go to ``axes.set``."""
    for place, curve in enumerate(curves):
        color, marker = STYLES[(place if curve.kin is None else curve.kin) % len(STYLES)]
        y, errors = np.asarray(curve.y, dtype=float), None
        if curve.bars is not None:
            lower, upper = np.asarray(curve.bars, dtype=float).T
            errors = np.clip([y - lower, upper - y], 0, None)
        axes.errorbar(
            curve.x, y, yerr=errors, color=color, marker=marker if curve.marks else "", markersize=4, linewidth=1.2,
            capsize=2, linestyle=curve.style, label=curve.label,
        )  # fmt: skip
    for line in lines:
        label = f"{line.label} = {line.place:.4f}" if line.label else None
        axes.axvline(line.place, color=INK, linestyle=line.style, linewidth=1.2, label=label)
    axes.set(**labels)
    for axis, scale, (low, high) in (
        (axes.xaxis, axes.get_xscale(), axes.get_xlim()),
        (axes.yaxis, axes.get_yscale(), axes.get_ylim()),
    ):
        if scale == "log" and high < 100 * low:
            _plain_ticks(axis)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)


def _plain_ticks(axis: Axis) -> None:
    """Less than two decades of a logarithmic axis: 1, 2, 5, ... as they are, where powers of ten would be too few."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def legend(axes: Axes) -> None:
    """The legend, beside the axes."""
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)


def picture(
    name: str,
    draw: Callable[[Figure], None],
    *,
    label: str,
    caption: str = "",
    size: tuple[float, float] = (7.2, 4.0),
    table: Mapping[str, Sequence[str]] | None = None,
) -> Picture:
    """A picture with its caption and its table.

    Args:
        name: Unique on the page.
        draw: Draws on an empty figure.
        label: What a screen reader says.
        caption: What stands below; by default the label.
        size: Width and height in inches.
        table: Head -> cells of a column.
    """
    columns = dict(table or {})
    rows = tuple(zip(*columns.values(), strict=True))
    return Picture(svg(draw, name=name, label=label, size=size), caption or label, tuple(columns), rows)


def panels_picture(name: str, panels: Sequence[CurvePanel], *, share_y: bool = False, **about: Any) -> Picture:
    """Panels side by side, with the legend of the last beside it.

    Args:
        name: Unique on the page.
        panels: From left to right.
        share_y: Whether all have the vertical axis of the first.
        about: As for :func:`picture`.
    """

    def draw(figure: Figure) -> None:
        drawn = figure.subplots(1, len(panels), sharey=share_y, squeeze=False)[0]
        for axes, panel in zip(drawn, panels, strict=True):
            plot(axes, panel.curves, panel.lines, **panel.axes)
            for guide in panel.guides:
                label = guide.label or None
                axes.axline(
                    (0, guide.offset), slope=guide.slope, color=INK, linestyle=guide.style, linewidth=1.0, label=label
                )
        legend(drawn[-1])

    return picture(name, draw, **about)


def curves_picture(
    name: str, curves: Sequence[Curve], lines: Sequence[Line] = (), *, axes: Mapping[str, Any], **about: Any
) -> Picture:
    """One panel of curves; ``axes`` are its labels and limits, ``about`` is as for :func:`picture`."""
    return panels_picture(name, [CurvePanel(curves, lines, axes=axes)], **about)


_MEASURED = ArgumentKind(
    "a sequence of mappings",
    lambda value: isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value),
)
_CELLS = ArgumentKind(
    "a mapping of heads to format strings",
    lambda value: isinstance(value, Mapping) and all(isinstance(side, str) for pair in value.items() for side in pair),
)


@takes(rows=_MEASURED, cells=_CELLS)
def columns(rows: Sequence[Mapping[str, Any]], cells: Mapping[str, str]) -> dict[str, list[str]]:
    """Columns of a table, from the numbers of each row.

    Args:
        rows: What was measured.
        cells: Head -> how a row fills the cell, as a format string of its entries.

    Example:
        >>> columns([{"rate": 0.25, "error": 0.001}], {"rate": "{rate:.3f} ± {error:.3f}"})
        {'rate': ['0.250 ± 0.001']}
    """
    return {head: [cell.format_map(row) for row in rows] for head, cell in cells.items()}


def share_curves(snapshots: Sequence[int], places: Any, shares: np.ndarray, bars: Any) -> list[Curve]:
    """A curve for each number of steps.

    Args:
        snapshots: Numbers of steps.
        places: Values of the parameter.
        shares: Shape ``(places, snapshots)``.
        bars: Ends of the bars. Shape ``(places, snapshots, 2)``.
    """
    ends = np.asarray(bars)
    return [
        Curve(f"{steps:,} steps".replace(",", "\u2009"), places, shares[:, i], ends[:, i])
        for i, steps in enumerate(snapshots)
    ]


def points(axes: Axes, clouds: Mapping[str, Sequence[Sequence[float]]], **labels: Any) -> None:
    """Points of the plane, one colour and marker for each label."""
    for (label, cloud), (color, marker) in zip(clouds.items(), STYLES, strict=False):
        first, second = np.array(cloud).T
        axes.plot(first, second, marker, color=color, markersize=4.5, alpha=0.8, label=label)
    axes.set(**labels)


def points_picture(
    name: str,
    clouds: Mapping[str, Sequence[Sequence[float]]],
    *,
    contours: tuple[np.ndarray, np.ndarray],
    axes: Mapping[str, Any],
    **about: Any,
) -> Picture:
    """Points of the plane over contours, one colour and marker for each cloud.

    Args:
        name: Unique on the page.
        clouds: Label in the legend -> points.
        contours: Places along both axes, which end there, and the height at each pair of them.
        axes: Labels, as for ``Axes.set``.
        about: As for :func:`picture`.
    """
    grid, heights = contours
    ends = (grid[0], grid[-1])

    def draw(figure: Figure) -> None:
        drawn = figure.add_subplot(aspect="equal")
        drawn.contour(grid, grid, heights, levels=12, colors=INK, alpha=0.3, linewidths=0.6, linestyles="solid")
        points(drawn, clouds, xlim=ends, ylim=ends, **axes)
        legend(drawn)

    return picture(name, draw, **about)
