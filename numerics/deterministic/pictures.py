"""Pictures of laws and processes, for the eye: axes of matplotlib, which is imported where something is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import sympy as sp
from mpmath import mpf

from numerics.codegen.compile import compile_program
from numerics.deterministic.pieces import Real
from numerics.errors import ArgumentError, MissingParameterError
from theory.ito import ItoProcess
from theory.values import admitted_values, by_name, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 401
"""Points of a curve."""

TAIL = mpf("0.001")
"""A law is drawn between its quantiles of this level from either end,"""

SEEN, REACH = mpf("0.05"), 6
"""and of a heavy tail what lies within this many ranges of the quartiles, or the quantile of this level."""

EDGE = 40
"""Of a density that is largest at its end, what lies nearer to it than this part of the range may leave the picture."""

POLE = 5
"""A drift is drawn up to this many times what nine tenths of its values reach."""


class LawInNumbers(Protocol):
    """What a picture asks of a law."""

    @property
    def variable(self) -> sp.Symbol:
        """X."""
        ...

    def pdf(self, point: Real) -> mpf:
        """The density."""
        ...

    def quantile(self, probability: Real) -> mpf:
        """The point with ``probability`` to its left."""
        ...


def picture_of_law(law: LawInNumbers, axes: Axes | None = None) -> Axes:
    """The density of a law with its quartiles.

    Args:
        law: The law.
        axes: Where to draw; default: a new figure.

    Returns:
        The axes: one curve, and the range between the quartiles shaded.
    """
    axes = _axes(axes)
    quartiles = [float(law.quantile(level)) for level in (mpf("0.25"), mpf("0.75"))]
    x = np.linspace(*_drawn(law, *quartiles), POINTS)
    height = np.array([float(law.pdf(point)) for point in x])
    axes.plot(x, height)
    inside = (x >= quartiles[0]) & (x <= quartiles[1])
    axes.fill_between(x[inside], height[inside], alpha=0.2)
    _name_density(law.variable, axes, _top(height))
    return axes


def picture_on_circle(x: sp.Symbol, density: Callable[[float], float], half: float, axes: Axes | None = None) -> Axes:
    """A density on one turn of a circle of length ``2 * half`` about 0.

    Args:
        x: The name of the variable.
        density: Its density, normalised on one turn.
        half: Half the length.
        axes: Where to draw; default: a new figure.
    """
    axes = _axes(axes)
    points = np.linspace(-half, half, POINTS)
    axes.plot(points, [density(float(point)) for point in points])
    _name_density(x, axes, None)
    return axes


def _name_density(x: sp.Symbol, axes: Axes, top: float | None) -> None:
    axes.set(xlabel=f"${sp.latex(x)}$", ylabel=f"$p({sp.latex(x)})$", ylim=(0, top))


def _drawn(law: LawInNumbers, lower: float, upper: float) -> tuple[float, float]:
    """The range in which a law with these quartiles is drawn."""
    far = REACH * (upper - lower)
    low = max(float(law.quantile(TAIL)), min(lower - far, float(law.quantile(SEEN))))
    high = min(float(law.quantile(1 - TAIL)), max(upper + far, float(law.quantile(1 - SEEN))))
    return low, high


def _top(height: np.ndarray) -> float | None:
    """Where a picture of a density ends that grows without a visible bound towards an end; None of another one."""
    edge = POINTS // EDGE
    inner = 1.1 * float(height[edge:-edge].max())
    return inner if max(height[0], height[-1]) > 2 * inner else None


def portrait(
    process: ItoProcess,
    parameters: Mapping[sp.Symbol, Real] | None = None,
    *,
    region: Mapping[sp.Symbol, tuple[float, float]] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Drift and noise of a process with one or two coordinates.

    On the line: drift and root of the diffusion as curves. In the plane: arrows of the drift over the root of the trace
    of the diffusion.

    Args:
        process: The process.
        parameters: A number for every parameter.
        region: Lower and upper end for each coordinate; default: 0 to 3 for a positive one, -2 to 2 for another.
        axes: Where to draw; default: a new figure.

    Raises:
        ArgumentError: more than two coordinates, a region that names another symbol or has no extent, or no axes.
        MissingParameterError: a parameter has no number.
        SymbolError: a value is no finite real number, contradicts what its symbol was declared, or is of no parameter.
    """
    if process.dimension > 2:
        raise ArgumentError(
            f"portrait draws one or two coordinates, got {process.dimension}. "
            "Fix the others in drift and dispersion, and build an ItoProcess of two."
        )
    axes, ranges = _axes(axes), _ranges(process, region)
    noise = sp.sqrt(process.diffusion.trace())
    numbers = _numbers(process, {} if parameters is None else parameters)
    program = compile_program([entry.subs(numbers) for entry in (*process.drift, noise)], list(process.state))
    return (_on_the_line if process.dimension == 1 else _in_the_plane)(process, program, ranges, axes)


def _numbers(process: ItoProcess, given: Any) -> dict[sp.Symbol, sp.Expr]:
    """The number of every parameter."""
    values = admitted_values(given, by_name(process.parameters))
    numbers = {symbol: value for symbol, value in values.items() if not value.free_symbols}
    missing = [str(symbol) for symbol in by_name(process.parameters) if symbol not in numbers]
    if missing:
        shown_values = ", ".join(f"{symbol}={value}" for symbol, value in values.items()) or "none"
        raise MissingParameterError(
            f"every parameter needs a number before its process can be drawn: no value for {', '.join(missing)} "
            f"(given: {shown_values})."
        )
    return numbers


def _ranges(process: ItoProcess, region: Any) -> list[tuple[float, float]]:
    x = process.state[0]
    if not isinstance(region, Mapping | None):
        raise ArgumentError(
            f"region must map coordinates to their ends, as {{{x}: (-1, 1)}} does, got {shown(region)}."
        )
    given = dict(region or {})
    ranges = [_ends(x, given.pop(x, (1e-3, 3.0) if x.is_positive else (-2.0, 2.0))) for x in process.state]
    if given:
        raise ArgumentError(f"region must name coordinates of {tuple(process.state)}, got {shown(tuple(given))}.")
    return ranges


def _ends(x: sp.Symbol, ends: Any) -> tuple[float, float]:
    """Lower and upper end of a coordinate."""
    try:
        low, high = map(float, ends)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"region must give {x} a lower and an upper end, two numbers, got {shown(ends)}.") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ArgumentError(f"region must give {x} a lower and a larger upper end, both finite, got {shown(ends)}.")
    return low, high


def _on_the_line(
    process: ItoProcess, program: Callable[..., Any], ranges: list[tuple[float, float]], axes: Axes
) -> Axes:
    (x,) = process.state
    points = np.linspace(*ranges[0], POINTS)
    drift, noise = (_without_poles(np.broadcast_to(values, points.shape)) for values in program(points))
    axes.plot(points, drift, label=f"$b({sp.latex(x)})$")
    axes.plot(points, noise, "--", label=rf"$\sigma({sp.latex(x)})$")
    axes.axhline(0, linewidth=0.5, color="gray")
    axes.set(xlabel=f"${sp.latex(x)}$")
    axes.legend()
    return axes


def _without_poles(values: np.ndarray) -> np.ndarray:
    """The values, without those that exceed all others by far."""
    size = np.abs(values)
    known = size[np.isfinite(size)]
    bound = POLE * float(np.quantile(known, 0.9)) if known.size else 0.0
    return np.where(size > bound, np.nan, values) if bound > 0 else values


def _in_the_plane(
    process: ItoProcess, program: Callable[..., Any], ranges: list[tuple[float, float]], axes: Axes
) -> Axes:
    fine = np.meshgrid(*(np.linspace(*ends, 101) for ends in ranges))
    *_, noise = (np.broadcast_to(values, fine[0].shape) for values in program(*fine))
    root = r"\sqrt{\mathrm{tr}\,\sigma\sigma^\top}"
    low, high = float(np.nanmin(noise)), float(np.nanmax(noise))
    if high - low > 1e-9 * high:
        axes.figure.colorbar(axes.contourf(*fine, noise, alpha=0.4), ax=axes, label=f"${root}$")
    else:  # shades of one value would show rounding
        axes.set_title(f"${root} = {high:.4g}$")
    coarse = np.meshgrid(*(np.linspace(*ends, 17) for ends in ranges))
    first, second, _ = (np.broadcast_to(values, coarse[0].shape) for values in program(*coarse))
    if np.any(first) or np.any(second):
        axes.quiver(*coarse, first, second)
    names = [f"${sp.latex(x)}$" for x in process.state]
    axes.set(xlabel=names[0], ylabel=names[1], xlim=ranges[0], ylim=ranges[1])
    return axes


def _axes(axes: Any) -> Axes:
    """Those given, or those of a new figure."""
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    if axes is None:
        return pyplot.figure().add_subplot()
    if not isinstance(axes, Axes):
        raise ArgumentError(f"axes must be axes of matplotlib, as pyplot.subplots() gives them, got {shown(axes)}.")
    return axes
