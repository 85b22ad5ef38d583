"""The stationary law of a diffusion from its coefficients alone, in double precision: no closed form takes part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy as sp
from mpmath import mpf
from numpy.polynomial import legendre
from numpy.typing import NDArray

from numerics.arguments import EXTENDED, INTERVAL, REAL, require, takes
from numerics.codegen.compile import compile_program
from numerics.deterministic.marched_density import NEGLIGIBLE, MarchedPanel, MarchedSide, marched
from numerics.deterministic.pictures import picture_of_law
from numerics.deterministic.pieces import Real, real_value, specified, value_as_stored
from numerics.deterministic.quadrature import Integral
from numerics.deterministic.scale_and_speed_panels import COEFFICIENTS, NODES, WEIGHTS
from numerics.errors import ArgumentError, DivergenceError
from theory.argument_kinds import EXPRESSION, SYMBOL

Reals = NDArray[Any]
Function = Callable[[MarchedPanel], Reals]

ACCURACY = 1e-12
"""A number whose error exceeds this, relative to the mean modulus, is refused."""


class _Sum(NamedTuple):
    """An integral against p, in units of the largest p: its value, that of the modulus, and the error."""

    value: float
    modulus: float
    error: float


@dataclass(frozen=True)
class LawOnPanels:
    r"""The zero-current law :math:`p \propto a^{-1}\exp\int 2b/a` of a diffusion, every number with its error.

    Attributes:
        drift: b, with no symbol but ``variable``.
        diffusion: a, likewise.
        variable: x.
        interval: where x lives.

    Raises:
        DivergenceError: p has no finite integral, or the numbers need more than double precision.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> law = LawOnPanels(-x / sp.sqrt(1 + x**2), sp.S.One, x, (-sp.oo, sp.oo))
        >>> mpmath.nstr(law.variance, 12), law.measured(x**2).error < 1e-12
        ('0.907153879382', True)
    """

    drift: sp.Expr
    diffusion: sp.Expr
    variable: sp.Symbol
    interval: tuple[Real, Real]

    def __post_init__(self) -> None:
        require(EXPRESSION, self.drift, "drift")
        require(EXPRESSION, self.diffusion, "diffusion")
        require(SYMBOL, self.variable, "variable")
        require(INTERVAL, self.interval, "interval")
        for name in ("drift", "diffusion"):
            object.__setattr__(self, name, specified(getattr(self, name), {}, {self.variable}))

    def log_integral(self, point: Real) -> Integral:
        """The logarithm of the integral of p, where p is scaled to be 1 at ``point``."""
        total, here = self._total, self._log_density_at(float(real_value(value_as_stored(point))))
        value = mpf(self._top) + mpmath.log(total.value) - mpf(here)
        return Integral(value, mpf(total.error / total.value + 1e-15 * (1 + abs(here - self._top))))

    def pdf(self, point: Real) -> mpf:
        """The normalised density at ``point``; 0 outside the interval."""
        require(EXTENDED, point, "point")
        x = float(real_value(value_as_stored(point)))
        left, right = map(float, self._ends)
        if not left < x < right:
            return mpf(0)
        return mpmath.exp(mpf(self._log_density_at(x)) - mpf(self._top)) / self._total.value

    @takes(function=EXPRESSION)
    def measured(self, function: sp.Expr) -> Integral:
        """The mean of a function of the variable, with its error.

        Raises:
            DivergenceError: it does not exist, or needs more than double precision.
        """
        program = compile_program([specified(function, {}, {self.variable})], [self.variable])

        def at(x: Reals) -> Reals:
            return np.broadcast_to(np.asarray(program(x)[0], float), x.shape)

        upper = self._integral(lambda p: at(p.x), str(function), lambda p: at(np.nextafter(p.x, np.inf)))
        lower = self._total
        value = upper.value / lower.value
        return Integral(mpf(value), mpf((upper.error + abs(value) * lower.error) / lower.value))

    def expectation(self, function: sp.Expr) -> mpf:
        """The mean of a function of the variable."""
        return self.measured(function).value

    def moment(self, order: Real) -> mpf:
        """The mean of a power of the variable."""
        return self.expectation(self.variable ** value_as_stored(order, "order"))

    @cached_property
    def mean(self) -> mpf:
        """The mean."""
        return mpf(self._start) + mpf(self._mean_offset)

    @cached_property
    def variance(self) -> mpf:
        """The mean square of the distance to the mean."""
        return mpf(self._integral(lambda p: (p.offset - self._mean_offset) ** 2, "a square").value / self._total.value)

    def cdf(self, point: Real) -> mpf:
        """The probability to the left of ``point``."""
        require(EXTENDED, point, "point")
        x = float(real_value(value_as_stored(point)))
        left, right = map(float, self._ends)
        if x <= left or x >= right:
            return mpf(int(x >= right))
        masses = self._masses
        side, k = self._panel_at(x)
        panel = self._sides[side].panels[k]
        if k >= len(masses[side]) - 2:  # in the tail beyond what the numbers were taken from
            return mpf(side)
        inner = float(masses[side][k]) + self._inside(panel, panel.phase.to_u(x))
        below = float(masses[0][-1]) + inner if side else float(masses[0][-1]) - inner
        return mpf(min(max(below / float(masses[0][-1] + masses[1][-1]), 0.0), 1.0))

    def quantile(self, probability: Real) -> mpf:
        """The point with ``probability`` to its left."""
        require(REAL, probability, "probability")
        level = float(real_value(value_as_stored(probability)))
        if not 0 < level < 1:
            raise ArgumentError(f"probability must lie strictly between 0 and 1, got {probability}.")
        left, right = self._masses
        wanted = level * float(left[-1] + right[-1])
        side = int(wanted > left[-1])
        edges, inner = self._masses[side], abs(wanted - float(left[-1]))
        k = max(int(np.searchsorted(edges, inner)) - 1, 0)
        if k > len(edges) - 3:
            raise DivergenceError(f"the quantile of {probability} lies beyond what double precision reaches.")
        panel = self._sides[side].panels[k]
        low, high = panel.low, panel.high
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if edges[k] + self._inside(panel, middle) < inner else (low, middle)
        with np.errstate(all="ignore"):
            return mpf(float(panel.phase.slope(np.array([(low + high) / 2]))[2][0]))

    def mode(self) -> mpf:
        """The point of largest density, an end where it is largest there; one of them where there are several."""
        left, right = (side.panels for side in self._sides)
        x = np.concatenate([*(p.x[::-1] for p in reversed(left)), *(p.x for p in right)])
        logs = np.concatenate([*(p.log_density[::-1] for p in reversed(left)), *(p.log_density for p in right)])
        best = int(np.argmax(logs))
        if best in (0, len(x) - 1):
            return real_value(self._ends[0 if best == 0 else 1])
        slope = sp.diff(self.diffusion, self.variable)
        rising = compile_program([2 * self.drift - slope], [self.variable])
        low, high = float(x[best - 1]), float(x[best + 1])
        if low < 0 < high and (2 * self.drift - slope).subs(self.variable, 0) == 0:
            return mpf(0)
        for _ in range(200):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            low, high = (middle, high) if float(np.ravel(rising(np.array([middle]))[0])[0]) > 0 else (low, middle)
        return mpf((low + high) / 2)

    def plot(self, axes: Any = None) -> Any:
        """The density, drawn by :func:`numerics.deterministic.pictures.picture_of_law`."""
        return picture_of_law(self, axes)

    @cached_property
    def _ends(self) -> tuple[sp.Expr, sp.Expr]:
        left, right = (specified(value_as_stored(end), {}, set()) for end in self.interval)
        return left, right

    @cached_property
    def _sides(self) -> tuple[MarchedSide, MarchedSide]:
        return marched(self.drift, self.diffusion, self.variable, self._ends)

    @cached_property
    def _top(self) -> float:
        """The unit of all logarithms: the largest of the density times the Jacobian where it was first looked at."""
        return max(float(np.max(p.log_density + p.log_jacobian)) for side in self._sides for p in side.panels)

    @cached_property
    def _total(self) -> _Sum:
        return self._integral(_one, "1")

    @cached_property
    def _start(self) -> float:
        return self._sides[0].start

    @cached_property
    def _mean_offset(self) -> float:
        return self._integral(lambda p: p.offset, "the variable").value / self._total.value

    @cached_property
    def _masses(self) -> tuple[Reals, Reals]:
        """On each side, the masses from its beginning to each edge of a panel, and to the end."""
        assert self._total.value > 0
        found = []
        for side in (0, 1):
            beyond, _ = self._marched_on(side, _one, "1")
            half = np.array([p.half for p in self._sides[side].panels])
            found.append(np.cumsum([0.0, *(half * (self._weights(side) @ WEIGHTS)), beyond]))
        return found[0], found[1]

    def _weights(self, side: int) -> Reals:
        """The density times the Jacobian at the nodes."""
        return np.exp(np.array([p.log_density + p.log_jacobian for p in self._sides[side].panels]) - self._top)

    def _integral(self, function: Function, name: str, beside: Function | None = None) -> _Sum:
        """The integral of a function against p, marched on until what is left out is negligible.

        Args:
            function: a panel -> the values at its nodes.
            name: what a refusal calls it.
            beside: the function next to the nodes, which shows what their rounding does.

        Raises:
            DivergenceError: see :meth:`measured`.
        """
        value = modulus = error = 0.0
        with np.errstate(all="ignore"):
            for side in (0, 1):
                beyond, wrong = self._marched_on(side, function, name)
                panels = self._sides[side].panels
                log_density, half = np.array([p.log_density for p in panels]), np.array([p.half for p in panels])
                weight = self._weights(side)
                terms = _times([function(p) for p in panels], weight)
                if not np.isfinite(terms).all():
                    where = np.array([p.x for p in panels])[~np.isfinite(terms)][0]
                    raise DivergenceError(f"{name} is no finite number at {self.variable} = {where:.6g}.")
                way = np.maximum.accumulate(np.abs(log_density - log_density[0, 0]).max(axis=1))[:, None]
                rounding = 1e-15 * np.abs(terms) * way
                if beside is not None:
                    rounding += np.abs(_times([beside(p) for p in panels], weight) - terms)
                value += float(np.sum(half * (terms @ WEIGHTS))) + beyond
                modulus += float(np.sum(half * (np.abs(terms) @ WEIGHTS))) + abs(beyond)
                error += wrong + float(np.sum(half * (_quadrature_error(terms) + rounding @ WEIGHTS)))
        error += 4e-15 * modulus
        if not error <= ACCURACY * modulus:
            raise DivergenceError(
                f"the mean of {name} is known to a relative error of {error / modulus:.2g} only in double precision: "
                f"it may not exist. Drift {self.drift} and diffusion {self.diffusion} were taken."
            )
        return _Sum(value, modulus, error)

    def _marched_on(self, side: int, function: Function, name: str) -> tuple[float, float]:
        """March until the integrand is negligible; the integral beyond the last panel, and how wrong it may be."""
        marching = self._sides[side]

        def log_size(panel: MarchedPanel) -> Reals:
            return panel.log_density + panel.log_jacobian + np.log(np.abs(function(panel)))

        top = max(float(np.max(log_size(p))) for s in self._sides for p in s.panels)
        while True:
            last = log_size(marching.panels[-1])
            top = max(top, float(np.max(last)))
            if last[-1] == -np.inf or (last[-1] < top - NEGLIGIBLE and last[-1] < last[0]):
                break
            if marching.finished:
                break
            marching.march()
        if last[-1] == -np.inf:
            return 0.0, 0.0
        (here, width), (before, width_before) = (
            self._fall(marching.panels[k], log_size) for k in (-1, -2 if len(marching.panels) > 1 else -1)
        )
        if not here > 0:
            end = self._ends[side]
            raise DivergenceError(f"the integral of {name} diverges at the end {end}, or converges too slowly to tell.")
        edge = float(last[-1]) - here * width * (1 - NODES[-1]) / 2 - self._top
        sign = float(np.sign(function(marching.panels[-1])[-1]))
        beyond = float(np.exp(edge)) / here
        bend = abs(here - before) / max((width + width_before) / 2, 1e-300)
        return sign * beyond, beyond * min(1.0, bend / here**2 + 1e-15)

    @staticmethod
    def _fall(panel: MarchedPanel, log_size: Callable[[MarchedPanel], Reals]) -> tuple[float, float]:
        """How fast the integrand falls outwards over a panel, and its length."""
        logs, width = log_size(panel), 2 * panel.half
        return float((logs[0] - logs[-1]) / (width * (NODES[-1] - NODES[0]) / 2)), width

    def _panel_at(self, x: float) -> tuple[int, int]:
        """The side and the number of the panel where x lies, marched to where it is not there yet."""
        side = int(x >= self._start)
        marching = self._sides[side]
        k = 0
        while True:
            if k == len(marching.panels):
                if marching.finished:
                    raise DivergenceError(f"{x} lies beyond what double precision reaches.")
                marching.march()
            panel = marching.panels[k]
            if panel.phase.to_u(x) <= panel.high:
                return side, k
            k += 1

    def _log_density_at(self, x: float) -> float:
        side, k = self._panel_at(x)
        panel = self._sides[side].panels[k]
        t = (panel.phase.to_u(x) - (panel.low + panel.high) / 2) / panel.half
        return float(legendre.legval(t, COEFFICIENTS @ panel.log_density))

    def _inside(self, panel: MarchedPanel, u: float) -> float:
        """The mass of the panel nearer to the bulk's centre than u."""
        weight = np.exp(panel.log_density + panel.log_jacobian - self._top)
        t = (u - (panel.low + panel.high) / 2) / panel.half
        return panel.half * float(legendre.legval(t, legendre.legint(COEFFICIENTS @ weight, lbnd=-1)))


def _one(panel: MarchedPanel) -> Reals:
    return np.ones_like(panel.x)


def _times(values: list[Reals], weight: Reals) -> Reals:
    """The products; 0 where the weight has underflown, whatever the value."""
    return np.where(weight == 0, 0.0, np.array(values) * weight)


def _quadrature_error(terms: Reals) -> Reals:
    """The error of a Gauss rule of n nodes over each panel: of the Legendre coefficients, it leaves out those from 2n.

    Where the coefficients fall geometrically, which those of a kink do not, that is the square of the last.
    """
    coefficients = np.abs(terms @ COEFFICIENTS.T)
    whole, last = coefficients.max(axis=1), coefficients[:, -2:].max(axis=1)
    return np.where(last < 1e-6 * whole, last * last / np.where(whole > 0, whole, 1.0), last)
