r"""A finite-volume solver for scalar diffusions: the noise-free opinion beside formulas and Monte Carlo.

In a coordinate :math:`y` (the state itself, or its logarithm) the process has drift :math:`b`, diffusion :math:`a` and
the potential :math:`\Phi' = 2b/a`. On equidistant nodes :math:`y_i` with the spacing :math:`h` the Scharfetter-Gummel
scheme is a birth-death chain with the rates

.. math::
    r_{i \to j} = \frac{a_i}{2h^2}\,B(\Phi_i - \Phi_j), \qquad j = i \pm 1, \qquad B(z) = \frac{z}{e^z - 1},

which follow from a current that is constant between nodes. Consequences, all of them exact in the discrete world:

* mass is conserved (the ends reflect), rates are positive for any step (no cell Péclet number);
* detailed balance holds with the masses :math:`M_i \propto e^{\Phi_i}/a_i`, the stationary law at the nodes;
* densities move with the transpose of the matrix that moves expectations :math:`E[f(X_t) \mid X_0 = x_i]`.

It converges with order :math:`h^2`. Time stepping is TR-BDF2 (order 2, L-stable), or implicit Euler (order 1, and
masses stay positive for any step, which no linear scheme of higher order does).

References:
    Scharfetter, Gummel, "Large-signal analysis of a silicon Read diode oscillator" (1969);
    Chang, Cooper, "A practical difference scheme for Fokker-Planck equations" (1970);
    Bank et al., "Transient simulation of silicon devices and circuits" (1985), for TR-BDF2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from numerics.arguments import INTERVAL, VALUES, choice, real_array, real_number, require, takes, whole_number
from numerics.codegen.compile import compile_program
from numerics.errors import ArgumentError, DivergenceError, MissingParameterError
from theory.argument_kinds import one_of
from theory.ito import ItoProcess
from theory.notation import t as time_symbol
from theory.values import shown

Array = NDArray[np.float64]
Scheme = Literal["TR-BDF2", "implicit Euler"]

GAMMA = 2 - np.sqrt(2)
"""Fraction of the step that TR-BDF2 spends on the trapezoidal rule: both halves then share one matrix."""


def bernoulli(z: ArrayLike) -> Array:
    r"""The function :math:`B(z) = z/(e^z - 1)`, with :math:`B(0) = 1`."""
    z = np.asarray(z, dtype=float)
    small = np.abs(z) < 1e-5
    safe = np.where(small, 1.0, z)
    with np.errstate(over="ignore"):
        return np.where(small, 1 - z / 2 + z**2 / 12, safe / np.expm1(safe))


@dataclass(frozen=True)
class FokkerPlanckGrid:
    """A scalar diffusion as a birth-death chain.

    Attributes:
        coordinate: Equidistant nodes, in the state or its logarithm. Shape ``(n,)``.
        nodes: The same nodes in the state. Shape ``(n,)``.
        widths: Widths of the cells in the state: density is mass over width. Shape ``(n,)``.
        up: Rate from node i to i + 1; the last is 0. Shape ``(n,)``.
        down: Rate from node i to i - 1; the first is 0. Shape ``(n,)``.
        stationary: The stationary masses, of sum 1. Shape ``(n,)``.
    """

    coordinate: Array
    nodes: Array
    widths: Array
    up: Array
    down: Array
    stationary: Array

    def forward(self, masses: ArrayLike) -> Array:
        """The rate of change of cell masses: the master equation. Shape ``(n,)``."""
        p = self._vector(masses, "masses")
        current = self.up[:-1] * p[:-1] - self.down[1:] * p[1:]
        change = np.zeros_like(p)
        change[:-1] -= current
        change[1:] += current
        return change

    def backward(self, values: ArrayLike) -> Array:
        """The generator on a function of the node: the transpose of :meth:`forward`. Shape ``(n,)``."""
        f = self._vector(values, "values")
        slope = np.diff(f)
        change = np.zeros_like(f)
        change[:-1] += self.up[:-1] * slope
        change[1:] -= self.down[1:] * slope
        return change

    def evolve(self, masses: ArrayLike, time: float, *, steps: int = 400, scheme: Scheme = "TR-BDF2") -> Array:
        r"""Cell masses after ``time``.

        Raises:
            DivergenceError: TR-BDF2 left negative masses beyond 1e-9 of the total, or what is no finite number; ask
                for more steps, or for implicit Euler.
        """
        p = self._vector(masses, "masses")
        end = _march(-self.up - self.down, self.up[:-1], self.down[1:], p, time, steps, scheme)
        negative = -end[end < 0].sum()
        if negative > 1e-9 * np.abs(p).sum() and p.min() >= 0:
            raise DivergenceError(
                f"masses became negative: {negative:.2g} in all after time={time} in steps={steps} of {scheme}. "
                'Take more steps, spread the initial masses, or use scheme="implicit Euler".'
            )
        return end

    def expectation(self, values: ArrayLike, time: float, *, steps: int = 400, scheme: Scheme = "TR-BDF2") -> Array:
        r"""The expectations :math:`E[f(X_t) \mid X_0 = x_i]` at every node, for ``values`` :math:`f(x_i)`.

        Raises:
            DivergenceError: an expectation is no finite number.
        """
        f = self._vector(values, "values")
        return _march(-self.up - self.down, self.down[1:], self.up[:-1], f, time, steps, scheme)

    def at(self, point: float, values: ArrayLike) -> float:
        """A function given at the nodes, interpolated by a cubic spline in the coordinate to one state."""
        f, y = self._vector(values, "values"), self._locate(point)
        from scipy.interpolate import CubicSpline  # slow to import, and needed only here

        return float(CubicSpline(self.coordinate, f)(y))

    def point_mass(self, point: float) -> Array:
        """Unit mass at one state, split between its two neighbours so that the mean coordinate is right."""
        y = self._locate(point)
        i = min(int(np.searchsorted(self.coordinate, y, side="right")) - 1, len(self.nodes) - 2)
        share = (y - self.coordinate[i]) / (self.coordinate[i + 1] - self.coordinate[i])
        masses = np.zeros_like(self.nodes)
        masses[i : i + 2] = 1 - share, share
        return masses

    def density(self, masses: ArrayLike) -> Array:
        """Cell masses as a density in the state. Shape ``(n,)``."""
        return self._vector(masses, "masses") / self.widths

    def _locate(self, point: float) -> float:
        low, high, point = self.nodes[0], self.nodes[-1], real_number(point, "point")
        if not low <= point <= high:
            raise ArgumentError(
                f"point must lie on the grid, in [{low:.6g}, {high:.6g}], got {point}. Widen the interval."
            )
        logarithmic = not np.array_equal(self.coordinate, self.nodes)
        return float(np.log(point)) if logarithmic else float(point)

    def _vector(self, values: ArrayLike, name: str) -> Array:
        vector = real_array(values, name)
        if vector.shape != self.nodes.shape or not np.all(np.isfinite(vector)):
            raise ArgumentError(
                f"{name} must hold one finite number per node, shape {self.nodes.shape}, got shape {vector.shape}"
                + ("." if vector.shape != self.nodes.shape else " with values that are not finite.")
            )
        return vector


@takes(parameters=VALUES, process=one_of(ItoProcess, needed="an ItoProcess"))
def fokker_planck_grid(
    process: ItoProcess,
    interval: tuple[float, float],
    *,
    parameters: Mapping[sp.Symbol, float] | None = None,
    cells: int = 1000,
    coordinate: Literal["linear", "log"] = "linear",
) -> FokkerPlanckGrid:
    r"""The birth-death chain of a scalar process, reflected at the ends of ``interval``.

    Args:
        process: One coordinate; coefficients that do not depend on time.
        interval: First and last node. An infinite or singular end is cut off by the caller, where next to no mass is.
        parameters: A number for every parameter.
        cells: Number of nodes.
        coordinate: ``"log"`` spaces the nodes evenly in the logarithm, for processes on the positive half-line.

    Raises:
        ArgumentError: more than one coordinate, a bad interval, or coefficients that are not finite or not noisy there.
        MissingParameterError: a parameter has no number.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> grid = fokker_planck_grid(gbm, (1e-6, 1e6), parameters={mu: 0.5, zeta: 0.3}, coordinate="log")
        >>> round(grid.at(1.0, grid.expectation(grid.nodes, 1.0)), 3)
        1.649
    """
    low, high = _checked_interval(interval, coordinate, cells)
    drift, diffusion = _coefficients(process, dict(parameters or {}))
    ends = np.log([low, high]) if coordinate == "log" else np.array([low, high])
    y = np.linspace(ends[0], ends[1], cells)
    h = y[1] - y[0]

    def at(y: Array) -> tuple[Array, Array]:
        """Drift and diffusion of the coordinate, by Itô's formula."""
        if coordinate == "linear":
            return drift(y), diffusion(y)
        x = np.exp(y)
        a = diffusion(x) / x**2
        return drift(x) / x - a / 2, a

    # Gauss' rule on [0, 1], exact to degree 7: the potential between two nodes.
    gauss_nodes, gauss_weights = np.polynomial.legendre.leggauss(4)
    between = y[:-1, None] + h * ((gauss_nodes + 1) / 2)
    b, a = (_checked_coefficient(array, between, coordinate) for array in at(between))
    _, a_node = at(y)
    if not (np.all(a > 0) and np.all(a_node > 0)):
        raise ArgumentError(
            "dispersion must not vanish inside the interval, the scheme is one for noisy processes. "
            f"Move the ends of the interval {interval} away from the zero, or use coordinate='log'."
        )
    rise = h * (2 * b / a) @ (gauss_weights / 2)
    rate = a_node / (2 * h**2)
    up, down = np.zeros(cells), np.zeros(cells)
    up[:-1] = rate[:-1] * bernoulli(-rise)
    down[1:] = rate[1:] * bernoulli(rise)
    log_mass = np.concatenate([[0.0], np.cumsum(rise)]) - np.log(a_node)
    mass = np.exp(log_mass - log_mass.max())
    nodes = np.exp(y) if coordinate == "log" else y
    widths = h * (nodes if coordinate == "log" else np.ones(cells))
    return FokkerPlanckGrid(y, nodes, widths, up, down, mass / mass.sum())


def _checked_interval(interval: tuple[float, float], coordinate: str, cells: int) -> tuple[float, float]:
    choice(coordinate, "coordinate", ("linear", "log"))
    whole_number(cells, "cells", at_least=3, below=10**7)
    require(INTERVAL, interval, "interval")
    try:
        low, high = (float(end) for end in interval)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"interval must be a pair of numbers, got {shown(interval)}.") from error
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ArgumentError(
            f"interval must have finite ends in increasing order, got {interval}. "
            "Cut an infinite end off where next to no mass is."
        )
    if coordinate == "log" and low <= 0:
        raise ArgumentError(
            f"interval must be positive for a logarithmic coordinate, got {interval}. Use a small first node."
        )
    return low, high


def _coefficients(
    process: ItoProcess, parameters: dict[sp.Symbol, float]
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Drift and diffusion of a scalar process as functions of an array of states."""
    if process.dimension != 1:
        raise ArgumentError(
            f"process must have one coordinate, got {tuple(process.state)}. "
            "Use numerics.simulation.simulate in several dimensions."
        )
    (x,), b, a = process.state, process.drift[0], process.diffusion[0]
    if (b.free_symbols | a.free_symbols) & {time_symbol}:
        raise ArgumentError(
            f"process must not depend on time, got drift {b}, diffusion {a}. Freeze {time_symbol} first."
        )
    missing = [symbol.name for symbol in process.parameters if symbol not in parameters]
    if missing:
        given = ", ".join(f"{symbol}={value}" for symbol, value in parameters.items()) or "none"
        raise MissingParameterError(
            f"every parameter needs a number: no value for {', '.join(missing)} (parameters given: {given})."
        )
    used = {symbol: parameters[symbol] for symbol in process.parameters}
    program = compile_program([b, a], [x], backend="numpy", parameters=used)

    def evaluate(which: int) -> Callable[[Array], Array]:
        def coefficient(points: Array) -> Array:
            with np.errstate(all="ignore"):
                return np.broadcast_to(np.asarray(program(points)[which], dtype=float), points.shape)

        return coefficient

    return evaluate(0), evaluate(1)


def _checked_coefficient(values: Array, points: Array, coordinate: str) -> Array:
    if not np.all(np.isfinite(values)):
        where = points[~np.isfinite(values)][0]
        state = np.exp(where) if coordinate == "log" else where
        raise ArgumentError(
            f"drift and dispersion must be finite inside the interval, but one is not at {state:.6g}. "
            "Shorten the interval."
        )
    return values


def _march(
    diagonal: Array,
    below: Array,
    above: Array,
    start: Array,
    time: float,
    steps: int,
    scheme: Scheme,
) -> Array:
    """``exp(time * L) start`` for the tridiagonal ``L`` with the given bands, in equal steps."""
    time = real_number(time, "time")
    if time < 0:
        raise ArgumentError(f"time must be finite and not negative, got {time}.")
    whole_number(steps, "steps", at_least=1, below=10**9)
    choice(scheme, "scheme", ("TR-BDF2", "implicit Euler"))
    from scipy.linalg.lapack import dgttrf, dgttrs  # slow to import, and needed only here

    dt = time / steps
    implicit = dt if scheme == "implicit Euler" else GAMMA * dt / 2
    dl, d, du, du2, pivots, failed = dgttrf(-implicit * below, 1 - implicit * diagonal, -implicit * above)
    if failed:
        raise DivergenceError(f"the implicit step has no solution (LAPACK info {failed}). Take more steps.")

    def solve(right: Array) -> Array:
        return dgttrs(dl, d, du, du2, pivots, right)[0]

    state = start.copy()
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            if scheme == "implicit Euler":
                state = solve(state)
                continue
            # (1 - cL)^-1 (1 + cL) = 2 (1 - cL)^-1 - 1: the trapezoidal rule without a product.
            middle = 2 * solve(state) - state
            state = solve((middle - (1 - GAMMA) ** 2 * state) / (GAMMA * (2 - GAMMA)))
    if not np.all(np.isfinite(state)):
        raise DivergenceError(f"values are not finite after time={time} in steps={steps} of {scheme}. Take more steps.")
    return state
