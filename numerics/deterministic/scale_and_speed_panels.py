r"""Scale and speed densities of a diffusion on panels, as logarithms, and their running integrals.

With :math:`\rho = 2b/a`, :math:`\log s = -\int\rho` and :math:`m = 2/(a s)` follow from drift and diffusion alone.
Every stretch of the line has a coordinate u: x itself between levels, and :math:`x = e \pm e^{\pm u}` towards an end e,
put in symbolically, so that nothing cancels next to it. All integrands are positive, so sums of logarithms lose
nothing: a passage time of :math:`e^{1000}` is as sharp as one of 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.polynomial import legendre
from numpy.typing import NDArray

from numerics.codegen.compile import CompiledProgram, compile_program
from numerics.errors import DivergenceError

ORDER = 16
"""Gauss-Legendre nodes of a panel."""

MOST_PANELS = 50_000

SETTLED = 40.0
"""Where the potential has changed so much since an end, running integrals no longer feel what lies beyond it."""

Reals = NDArray[Any]

NODES, WEIGHTS = legendre.leggauss(ORDER)


def _running_weights() -> Reals:
    """Row i integrates the interpolating polynomial from -1 to node i."""
    values = legendre.legvander(NODES, ORDER - 1)
    to_coefficients = np.linalg.inv(values)
    antiderivatives = [legendre.legval(NODES, legendre.legint(row, lbnd=-1)) for row in np.eye(ORDER)]
    return np.array(antiderivatives).T @ to_coefficients


RUNNING = _running_weights()
COEFFICIENTS = np.linalg.inv(legendre.legvander(NODES, ORDER - 1))


@dataclass(frozen=True)
class Stretch:
    """A part of the line in a coordinate u that increases with x.

    Attributes:
        functions: u -> (rho dx/du, log a, log dx/du), elementwise.
        edges: where it is cut first.
        place: u -> x.
    """

    functions: Callable[[Reals], tuple[Reals, Reals, Reals]]
    edges: tuple[float, ...]
    place: Callable[[float], float]


def stretch(
    drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, edges: Sequence[float] | Reals, end: sp.Expr | None, side: int
) -> Stretch:
    r"""A stretch with :math:`x = u` (no ``end``), or :math:`x = e + e^u` (``side`` 1), :math:`x = e - e^{-u}` (-1)."""
    program = coefficients_at(drift, diffusion, x, end, side)

    def functions(u: Reals) -> tuple[Reals, Reals, Reals]:
        log_slope = np.zeros_like(u) if end is None else side * u
        with np.errstate(all="ignore"):
            distance = u if end is None else np.exp(log_slope)
            h, size = (np.broadcast_to(np.asarray(v, float), u.shape) for v in program(distance))
            return h * np.exp(log_slope), np.log(size), log_slope

    def place(u: float) -> float:
        return u if end is None else float(end) + side * math.exp(side * u)

    return Stretch(functions, tuple(float(edge) for edge in edges), place)


@lru_cache(maxsize=64)
def coefficients_at(
    drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, end: sp.Expr | None, side: int
) -> CompiledProgram:
    """2b/a and a as functions of x, or of the distance to an end."""
    y = sp.Symbol("y", real=True) if end is None else sp.Symbol("y", positive=True)
    place = y if end is None else end + side * y
    return compile_program([sp.cancel(sp.together(f.subs(x, place))) for f in (2 * drift / diffusion, diffusion)], [y])


class Settled(NamedTuple):
    """The first panel from an end on that does not feel what lies beyond the end.

    Attributes:
        number: how many panels lie between it and the end.
        edge: x at its outer edge.
        node: x at its outermost node.
        log_jacobian: log dx/du there.
    """

    number: int
    edge: float
    node: float
    log_jacobian: float


@dataclass(frozen=True)
class Panels:
    """Nodes of all panels from left to right, and logarithms of the densities there, Jacobian included.

    Attributes:
        half: half the width of each panel in u. Shape ``(p, 1)``.
        scale: log of s dx/du, up to one constant. Shape ``(p, ORDER)``.
        speed: log of m dx/du, up to the same constant with the other sign. Shape ``(p, ORDER)``.
        first: number of the first panel of each stretch, and the number of panels.
        settled: next to the left and to the right end, where that is reached on the outermost stretch.
    """

    half: Reals
    scale: Reals
    speed: Reals
    first: tuple[int, ...]
    settled: tuple[Settled | None, Settled | None]

    def totals(self, log_weight: Reals) -> Reals:
        """Log of the integral over each panel. Shape ``(p,)``."""
        top = np.max(log_weight, axis=1, keepdims=True)
        return (top + np.log(self.half * (np.exp(log_weight - top) @ WEIGHTS)[:, None]))[:, 0]

    def running(self, log_weight: Reals, before: float = -np.inf) -> Reals:
        """Log of the integral from the left end to each node, ``before`` being the log of what lies further left."""
        top = np.max(log_weight, axis=1, keepdims=True)
        inside = self.half * (np.exp(log_weight - top) @ RUNNING.T)
        at_edges = np.logaddexp.accumulate(np.concatenate([[before], self.totals(log_weight)]))[:-1, None]
        return np.logaddexp(at_edges, top + np.log(np.maximum(inside, np.finfo(float).tiny)))

    def running_back(self, log_weight: Reals, after: float = -np.inf) -> Reals:
        """The same from the right end."""
        mirrored = Panels(self.half[::-1], self.scale, self.speed, self.first, self.settled)
        return mirrored.running(log_weight[::-1, ::-1], after)[::-1, ::-1]

    def part(self, low: int, high: int) -> Panels:
        """The panels ``low`` to ``high``."""
        return Panels(self.half[low:high], self.scale[low:high], self.speed[low:high], (), self.settled)


def panels_of(stretches: Sequence[Stretch], *, halved: bool = False) -> Panels:
    """Panels on which both densities are polynomials to rounding; ``halved`` once more, as a second opinion.

    Raises:
        DivergenceError: a coefficient is no finite number inside, or the panels are too many.
    """
    halves, rhos, sizes, slopes, first = [], [], [], [], [0]
    cut: list[Reals] = []
    for part in stretches:
        edges = _refined(part)
        if halved:
            edges = np.sort(np.concatenate([edges, (edges[1:] + edges[:-1]) / 2]))
        half, (rho, size, slope) = _sampled(part, edges)
        halves.append(half)
        rhos.append(rho)
        sizes.append(size)
        slopes.append(slope)
        first.append(first[-1] + len(half))
        cut.append(edges)
    half, rho, size, slope = (np.concatenate(parts) for parts in (halves, rhos, sizes, slopes))
    over_panels = np.concatenate([[0.0], np.cumsum(half[:, 0] * (rho @ WEIGHTS))])[:-1, None]
    potential = over_panels + half * (rho @ RUNNING.T)
    ends = tuple(_settled(stretches[k], cut[k], potential, slope, k) for k in (0, -1))
    return Panels(half, slope - potential, np.log(2) - size + potential + slope, tuple(first), (ends[0], ends[1]))


def _settled(part: Stretch, edges: Reals, potential: Reals, slope: Reals, k: int) -> Settled | None:
    outwards = potential[:, 0] if k == 0 else potential[::-1, -1]
    far = np.flatnonzero(np.abs(outwards - outwards[0]) > SETTLED)
    if not len(far) or far[0] >= len(edges) - 1:
        return None
    n = int(far[0])
    inwards = 1 if k == 0 else -1
    panel = n if k == 0 else -1 - n
    edge = float(edges[panel])
    node = edge + (float(edges[panel + inwards]) - edge) * (1 - NODES[-1]) / 2
    return Settled(n, part.place(edge), part.place(node), float(slope[panel, k]))


def _sampled(part: Stretch, edges: Reals) -> tuple[Reals, tuple[Reals, Reals, Reals]]:
    half = (edges[1:] - edges[:-1])[:, None] / 2
    u = (edges[1:] + edges[:-1])[:, None] / 2 + half * NODES
    values = part.functions(u)
    if not all(np.isfinite(value).all() for value in values):
        where = u[~np.all([np.isfinite(value) for value in values], axis=0)][0]
        raise DivergenceError(
            f"drift and diffusion must be finite and the diffusion positive inside, but they are not at the coordinate "
            f"u = {where:.6g} of a stretch with edges {part.edges[0]:.6g} and {part.edges[-1]:.6g}. "
            "Give levels between which the process is regular."
        )
    return half, values


def _refined(part: Stretch) -> Reals:
    """Edges between which the logarithms of both densities vary little and are resolved."""
    edges = np.array(part.edges, float)
    while True:
        half, (rho, size, slope) = _sampled(part, edges)
        variation = np.abs(half * rho).max(axis=1) * 2 + np.ptp(size, axis=1) + np.ptp(slope, axis=1)
        rough = np.zeros(len(half), bool)
        for function, unit in ((half * rho, 1.0), (size, 1.0)):
            tail = np.abs(function @ COEFFICIENTS.T)[:, -2:].max(axis=1)
            rough |= tail > 1e-13 * (unit + np.abs(function).max(axis=1))
        tiny = half[:, 0] < 1e-13 * (edges[-1] - edges[0])
        if np.any(tiny & (variation > 3)):
            where = edges[:-1][tiny & (variation > 3)][0]
            raise DivergenceError(
                f"drift over diffusion must be integrable between the levels, but it is singular next to "
                f"u = {where:.6g} in a stretch from {edges[0]:.6g} to {edges[-1]:.6g}. Give levels beside it."
            )
        split = ((variation > 3) | rough) & ~tiny
        if not split.any():
            return edges
        edges = np.sort(np.concatenate([edges, (edges[1:] + edges[:-1])[split] / 2]))
        if len(edges) > MOST_PANELS:
            raise DivergenceError(
                f"more than {MOST_PANELS} panels are needed: drift over diffusion is too large or too rough between "
                "the levels. Give levels that are closer."
            )
