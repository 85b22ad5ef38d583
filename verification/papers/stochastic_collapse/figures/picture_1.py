r"""The pictures of Figure 1 of the stochastic-collapse paper, from what its measurement left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from matplotlib.figure import Figure

from numerics.codegen import compile_program
from theory.errors import NotNormalisableError
from theory.line.stationary import stationary_density
from theory.models.double_well import DoubleWell
from theory.notation import mu, theta, zeta
from verification.drawing.intervals import Picture
from verification.drawing.svg import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION, svg

CURVES = ((SKY, "o"), (GREEN, "s"), (ORANGE, "D"), (PURPLE, "^"), (VERMILLION, "v"), (BLUE, "X"))
"""Colour and marker of a snapshot, in the order of time."""

REACH = 2.6
r"""The panels show :math:`|\theta|` up to this."""


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The panels of trajectories, and the probability of collapse against the noise amplitude.

    Args:
        name: Unique on the page.
        parts: What ``figure_1.measure`` returned, part by part.
        summary: What ``figure_1.transition`` made of it.
    """
    panels = [part for part in parts if part.get("show") == "trajectories"]
    drawn = [_panel(f"{name}-panel-{i}", part) for i, part in enumerate(panels)]
    return [*drawn, collapse_picture(f"{name}-collapse", summary)]


def collapse_picture(name: str, summary: Mapping[str, Any]) -> Picture:
    r"""Share of paths with :math:`|\theta| \le 10^{-15}` against :math:`\zeta`, a curve for each snapshot."""
    drawing = svg(
        lambda figure: draw_collapse(figure, summary),
        name=name,
        label="Share of collapsed paths against the noise amplitude, a curve for each number of steps.",
        size=(7.2, 4.0),
    )
    caption = (
        f"Share of {summary['rows'][0]['paths']} paths with |θ| ≤ 1e-15 against ζ, with 95 % Clopper-Pearson bars. "
        "Vertical lines: the SDE's threshold √(2μ), and the exact threshold of plain Euler-Maruyama at this step."
    )
    steps = tuple(f"{n} steps" for n in summary["snapshots"])
    columns = ("ζ", *steps, "95 % interval at the end", "late rate of log|θ|", "sign changes of plain Euler-Maruyama")
    return Picture(drawing, caption, columns, tuple(map(_row, summary["rows"])))


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One amplitude in words."""
    shares = (f"{count / row['paths']:.4f}" for count in row["collapsed"])
    lower, upper = row["interval"][-1]
    rate = f"{row['rate']:.4f} ± {row['rate_error']:.4f}"
    return f"{row['zeta']:g}", *shares, f"[{lower:.4f}, {upper:.4f}]", rate, str(row["sign_changes"])


def draw_collapse(figure: Figure, summary: Mapping[str, Any]) -> None:
    """Draw the curves on ``figure``."""
    axes = figure.add_subplot()
    rows = summary["rows"]
    amplitudes = [row["zeta"] for row in rows]
    for i, (steps, (color, marker)) in enumerate(zip(summary["snapshots"], CURVES, strict=False)):
        shares = np.array([row["collapsed"][i] / row["paths"] for row in rows])
        bars = np.array([row["interval"][i] for row in rows])
        errors = np.clip([shares - bars[:, 0], bars[:, 1] - shares], 0, None)
        axes.errorbar(
            amplitudes, shares, yerr=errors, color=color, marker=marker, markersize=4.5, linewidth=1.3,
            capsize=2, label=f"{steps:,} steps".replace(",", "\u2009"),
        )  # fmt: skip
    lines = [(summary["threshold"], "-", "√(2μ)"), (summary["threshold_of_plain_steps"], ":", "Euler-Maruyama")]
    for place, style, text in lines:
        if place is not None:
            axes.axvline(place, color=INK, linestyle=style, linewidth=1.2, label=f"{text} = {place:.4f}")
    axes.set_xlabel("noise amplitude ζ")
    axes.set_ylabel("P(|θ| ≤ 1e-15)")
    axes.set_ylim(-0.03, 1.03)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)


def _panel(name: str, part: Mapping[str, Any]) -> Picture:
    """Trajectories at one amplitude, with the stationary density beside them."""
    values: dict[sp.Symbol, sp.Expr] = {mu: sp.Rational(part["mu"]), zeta: sp.Rational(part["zeta"])}
    density = stationary_on_line(values)
    amplitude = float(values[zeta])

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, width_ratios=[3, 1], sharey=True)
        for path in part["paths"]:
            color = BLUE if path[0] > 0 else VERMILLION
            left.plot(part["times"], path, color=color, alpha=0.55, linewidth=0.7)
        left.set(xlabel="time", ylabel="θ", ylim=(-REACH, REACH), xlim=(0, part["times"][-1]))
        left.set_title(f"ζ = {amplitude:g}", fontsize=10)
        right.set_xlabel("density")
        right.set_xticks([])
        if density is None:
            right.set_xlim(0, 1)
            right.annotate(
                "", (0.95, 0), (0, 0), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.8}
            )  # fmt: skip
            right.text(0.45, 0.2, "δ at 0", ha="center")
        else:
            right.fill_betweenx(*density, color=INK, alpha=0.25, linewidth=0)
            right.plot(density[1], density[0], color=INK, linewidth=1.0)
            right.set_xlim(0, None)

    law = "collapsed to a point mass at 0" if density is None else "with the stationary density for both signs"
    shown = f"{len(part['paths'])} paths from starts N(0, 4)"
    drawing = svg(draw, name=name, label=f"zeta = {amplitude:g}: {shown}, {law}.", size=(3.4, 2.8))
    return Picture(drawing, f"ζ = {amplitude:g}: {shown}, blue above zero, red below; {law}.")


def stationary_on_line(values: Mapping[sp.Symbol, sp.Expr | float]) -> tuple[np.ndarray, np.ndarray] | None:
    r"""Points :math:`\theta` and the density there for a sign-symmetric start, or None where the law has collapsed."""
    try:
        law = stationary_density(DoubleWell().process).at(values)
    except NotNormalisableError:
        return None
    points = np.linspace(1e-6, REACH, 400)
    (half,) = compile_program([law.density / 2], [theta])(points)
    return np.concatenate([-points[::-1], points]), np.concatenate([half[::-1], half])
