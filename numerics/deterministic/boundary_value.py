r"""The probability of reaching one end before the other, as a boundary-value problem on a grid.

:math:`\mathcal Lu = bu' + \frac12au'' = 0` with :math:`u = 0` at the lower and 1 at the upper end, by central
differences on equidistant nodes: of order :math:`h^2`. No scale function takes part, so that it is a second opinion on
those that do (:mod:`numerics.deterministic.first_passage`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy  # its submodules load on first use
import sympy as sp

from numerics.arguments import REAL, VALUES, real_number, require, whole_number
from numerics.codegen.compile import compile_program
from numerics.errors import ArgumentError
from theory.argument_kinds import ArgumentKind, one_of
from theory.ito import ItoProcess

_INTERVAL = ArgumentKind(
    "two finite numbers, the lower one first",
    lambda value: (
        isinstance(value, tuple | list | np.ndarray)
        and len(value) == 2
        and all(map(REAL.admits, value))
        and value[0] < value[1]
    ),
)


def probability_of_upper_end(
    process: ItoProcess,
    start: float,
    interval: tuple[float, float],
    *,
    parameters: Mapping[sp.Symbol, float],
    cells: int,
) -> float:
    r"""The probability that a process on the line reaches the upper end of ``interval`` before the lower one.

    Between nodes the solution is read off the cubic through four of them.

    Args:
        process: One coordinate.
        start: Inside the interval.
        interval: Lower and upper end.
        parameters: Numbers for the symbols of the process.
        cells: Cells of the grid, at least 4.

    Raises:
        ArgumentError: several coordinates, fewer than four cells, or a ``start`` that is not inside.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> brownian = ItoProcess.scalar(x, drift=0, dispersion=1)
        >>> round(probability_of_upper_end(brownian, 0.25, (0.0, 1.0), parameters={}, cells=50), 12)
        0.25
    """
    require(one_of(ItoProcess, needed="an ItoProcess"), process, "process")
    if process.dimension != 1:
        raise ArgumentError(f"process must have one coordinate, got {tuple(process.state)}.")
    require(_INTERVAL, interval, "interval")
    low, high = map(float, interval)
    whole_number(cells, "cells", at_least=4, below=10**7)
    require(VALUES, parameters, "parameters")
    start = real_number(start, "start")
    if not low < start < high:
        raise ArgumentError(f"start must lie inside the interval from {low:g} to {high:g}, got start={start:g}.")
    nodes = np.linspace(low, high, cells + 1)
    h = nodes[1] - nodes[0]
    sides = compile_program([process.drift[0], process.diffusion[0]], process.state, parameters=dict(parameters or {}))
    drift, diffusion = (np.broadcast_to(side, cells - 1) for side in sides(nodes[1:-1]))
    up, down = diffusion / (2 * h**2) + drift / (2 * h), diffusion / (2 * h**2) - drift / (2 * h)
    bands = np.zeros((3, cells - 1))
    bands[0, 1:], bands[1], bands[2, :-1] = up[:-1], -(up + down), down[1:]
    right = np.zeros(cells - 1)
    right[-1] = -up[-1]
    u = np.concatenate([[0.0], scipy.linalg.solve_banded((1, 1), bands, right), [1.0]])
    position = (start - low) / h
    first = min(max(int(position) - 1, 0), cells - 3)
    around = np.arange(first, first + 4)
    return float(np.polyval(np.polyfit(around - position, u[around], 3), 0.0))
