r"""The stochastic Verhulst process on a Fokker-Planck grid: a second opinion on its mean beside the spectral sum.

The process is :math:`dx = x(k+1-x)\,d\tau + \sqrt2\,x\,dW`, as in :mod:`numerics.deterministic.student_mean`; the grid
is in :math:`\log x`, from far below the start to far above the bulk.
"""

from __future__ import annotations

import math

import numpy as np

from numerics.arguments import REAL, takes
from numerics.deterministic.fokker_planck_grid import fokker_planck_grid
from theory.argument_kinds import ArgumentKind, whole
from theory.models.teacher_student.stochastic_logistic import k as shape
from theory.models.teacher_student.stochastic_logistic import verhulst_process

_POSITIVE = ArgumentKind("a positive real number", lambda value: REAL.admits(value) and value > 0)
_CELLS = whole(10, 1_000_000)


@takes(k=REAL, x=_POSITIVE, tau=_POSITIVE, cells=_CELLS)
def verhulst_mean_on_grid(k: float, x: float, tau: float, *, cells: int) -> float:
    r"""The mean :math:`E[x_\tau \mid x_0 = x]`, with an error of second order in the spacing.

    Args:
        k: Shape.
        x: Start, positive.
        tau: Time, positive.
        cells: Of the grid.

    Raises:
        ArgumentError: an argument is no number of its kind.

    Example:
        >>> round(verhulst_mean_on_grid(4.0, 0.3, 8.0, cells=400), 2)
        4.0
    """
    spread = math.sqrt(2 * tau)
    low = math.exp(math.log(x) - 9 * spread - max(0.0, -k * tau) - 12)
    ends = (low, 60 + 10 * max(k, x))
    grid = fokker_planck_grid(verhulst_process(), ends, parameters={shape: k}, cells=cells, coordinate="log")
    return grid.at(x, grid.expectation(grid.nodes, tau, steps=600))


@takes(k=_POSITIVE, x=_POSITIVE, cells=_CELLS)
def verhulst_defect_on_grid(k: float, x: float, *, cells: int) -> float:
    r"""The integral :math:`\int_0^\infty (E x_\tau - y_\tau)\,d\tau`, y the logistic curve of rate k through x.

    By Gauss' rule in :math:`\log(1 + \tau)`, which serves short and long times alike, up to 30 relaxation times.

    Args:
        k: Shape, positive.
        x: Start, positive.
        cells: Of the grid; the steps in time are finer with more of them.

    Raises:
        ArgumentError: an argument is no number of its kind.

    Example:
        >>> round(verhulst_defect_on_grid(1.0, 0.5, cells=400), 1)  # Euler's constant
        0.6
    """
    end = 30 / (k - 1 if k > 2 else k**2 / 4)
    ends = (math.exp(math.log(x) - 60 / max(k, 0.5)), 60 + 10 * max(k, x))
    grid = fokker_planck_grid(verhulst_process(), ends, parameters={shape: k}, cells=cells, coordinate="log")
    nodes, weights = np.polynomial.legendre.leggauss(48)
    u = math.log1p(end) * (nodes + 1) / 2
    times, weights = np.expm1(u), weights / 2 * math.log1p(end) * np.exp(u)
    values, reached, total = grid.nodes.copy(), 0.0, 0.0
    for time, weight in zip(times, weights, strict=True):
        values = grid.expectation(values, time - reached, steps=max(8, cells // 120))
        reached = time
        # dy/dtau = y(k - y), started at x.
        curve = k / (1 + (k / x - 1) * math.exp(-k * time))
        total += float(weight) * (grid.at(x, values) - curve)
    return float(total)
