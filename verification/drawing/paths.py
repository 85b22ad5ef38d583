"""Trajectories at one parameter, with the law that they come to beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from verification.drawing.curves import picture
from verification.drawing.intervals import Picture
from verification.drawing.svg import BLUE, INK, VERMILLION

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def paths_picture(
    name: str,
    times: Sequence[float],
    paths: Sequence[Sequence[float]],
    density: tuple[np.ndarray, np.ndarray] | None,
    *,
    reach: float,
    title: str,
    axis: str,
    **about: Any,
) -> Picture:
    """Paths against time, blue from a start above zero and red from one below, and a density on the same axis.

    Args:
        name: Unique on the page.
        times: When the paths are looked at, from 0 on.
        paths: Values at these times, path by path.
        density: Points of the axis, and the density there; None for a point mass at 0.
        reach: The axis shows what is not farther from 0.
        title: Above the paths.
        axis: Name of the axis.
        about: As for :func:`verification.drawing.curves.picture`.
    """

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, width_ratios=[3, 1], sharey=True)
        for path in paths:
            left.plot(times, path, color=BLUE if path[0] > 0 else VERMILLION, alpha=0.55, linewidth=0.7)
        left.set(xlabel="time", ylabel=axis, ylim=(-reach, reach), xlim=(0, times[-1]))
        left.set_title(title, fontsize=10)
        right.set(xlabel="density", xticks=[])
        if density is None:
            right.set_xlim(0, 1)
            right.annotate("", (0.95, 0), (0, 0), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.8})
            right.text(0.45, 0.2, "δ at 0", ha="center")
        else:
            right.fill_betweenx(*density, color=INK, alpha=0.25, linewidth=0)
            right.plot(density[1], density[0], color=INK, linewidth=1.0)
            right.set_xlim(0, None)

    return picture(name, draw, size=(3.4, 2.8), **about)
