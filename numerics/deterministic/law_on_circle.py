r"""The stationary law of a diffusion on a circle, with its current, in double precision.

With :math:`\varphi' = 2b/a`, written as a slope :math:`\Phi/T` plus a function :math:`\psi` of period T, the law is
:math:`p \propto e^{\psi} H / a` with

.. math:: H(x) = \int_0^\infty e^{-\Phi u/T}\,e^{-\psi(x + u)}\,du \qquad (\Phi > 0),

which satisfies a linear recursion from panel to panel, backwards along the circle, with positive terms only. So nothing
cancels, whatever the height of the barriers. A negative :math:`\Phi` is mirrored, and :math:`\Phi = 0` has
:math:`H = 1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from numpy.polynomial import legendre

from numerics.arguments import REAL, require
from numerics.codegen.compile import compile_program
from numerics.deterministic.pictures import picture_on_circle
from numerics.deterministic.pieces import real_value, value_as_stored
from numerics.deterministic.quadrature import Integral
from numerics.errors import ArgumentError, DivergenceError
from theory.argument_kinds import EXPRESSION, SYMBOL

ORDER = 16
MOST_PANELS = 4096
ACCURACY = 1e-11
"""Two numbers of panels that agree this well, relative to the largest value, are believed."""

_NODES, _WEIGHTS = legendre.leggauss(ORDER)
_FLAT = 1e-13
"""A tilt this small against the modulus of 2b/a is rounding."""


def _integrals_from_left() -> np.ndarray:
    """The matrix that takes values at the nodes to integrals from -1 to each node. Shape ``(ORDER, ORDER)``."""
    coefficients = np.linalg.inv(legendre.legvander(_NODES, ORDER - 1))
    primitives = np.stack([legendre.legint(np.eye(ORDER)[k], lbnd=-1) for k in range(ORDER)])
    return legendre.legvander(_NODES, ORDER) @ primitives.T @ coefficients


_FROM_LEFT = _integrals_from_left()


@dataclass(frozen=True)
class _OnPanels:
    """The law on one set of panels: nodes, density there (integral 1) and current."""

    nodes: np.ndarray
    weights: np.ndarray
    density: np.ndarray
    current: float


@dataclass(frozen=True)
class LawOnCircle:
    r"""The law of a diffusion whose coefficients have a period, as numbers.

    Attributes:
        drift: b, with no symbol but ``variable``.
        diffusion: a, likewise, positive.
        variable: x.
        period: T.

    Raises:
        ArgumentError: a coefficient is no number somewhere, or the diffusion is not positive.
        DivergenceError: :data:`MOST_PANELS` panels do not settle the law, as with a jump at an odd place.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> law = LawOnCircle(1 + sp.sin(x), sp.S(2), x, 2 * sp.pi)
        >>> mpmath.nstr(law.current.value, 10), law.current.error < 1e-11
        ('0.1233002669', True)
    """

    drift: sp.Expr
    diffusion: sp.Expr
    variable: sp.Symbol
    period: sp.Expr

    def __post_init__(self) -> None:
        for name in ("drift", "diffusion", "period"):
            require(EXPRESSION, getattr(self, name), name)
        require(SYMBOL, self.variable, "variable")

    @cached_property
    def current(self) -> Integral:
        """The probability that passes a point in unit time."""
        fine, coarse = self._pair
        return _number(fine.current, coarse.current, abs(fine.current))

    @cached_property
    def mean_velocity(self) -> Integral:
        """The mean of the drift: current times period."""
        length = float(real_value(self.period))
        return Integral(self.current.value * length, self.current.error * length)

    def mean(self, observable: sp.Expr) -> Integral:
        """The mean of a function of x that has the period."""
        values = compile_program([observable], [self.variable])
        found = []
        for law in self._pair:
            at = np.broadcast_to(np.asarray(values(law.nodes)[0]), law.nodes.shape)
            found.append((float((law.weights * law.density * at).sum()), float(np.abs(at).max())))
        return _number(found[0][0], found[1][0], found[0][1])

    def circular_moment(self, n: int) -> sp.Expr:
        r"""The mean of :math:`e^{2\pi\mathrm i n x/T}`."""
        angle = 2 * sp.pi * n * self.variable / self.period
        parts = (self.mean(part(angle)) for part in (sp.cos, sp.sin))
        # What is below its error is zero, as a mean that symmetry forbids.
        real, imaginary = (sp.Float(part.value, 15) if abs(part.value) > part.error else sp.S.Zero for part in parts)
        return real + sp.I * imaginary

    def pdf(self, x: Any) -> Integral:
        """The density at x, normalised over one period."""
        require(REAL, x, "x")
        point = float(real_value(value_as_stored(x)))
        values = [_at(law, point, float(real_value(self.period))) for law in self._pair]
        return _number(values[0], values[1], abs(values[0]))

    def plot(self, axes: Any = None) -> Any:
        """The density over one turn, drawn by :func:`numerics.deterministic.pictures.picture_on_circle`."""
        half = float(real_value(self.period)) / 2
        return picture_on_circle(self.variable, lambda x: float(self.pdf(x).value), half, axes)

    @cached_property
    def _pair(self) -> tuple[_OnPanels, _OnPanels]:
        """The law on panels that settle it, and on half as many."""
        number, coarse = 16, self._on_panels(8)
        while number <= MOST_PANELS:
            fine = self._on_panels(number)
            if _agree(fine, coarse):
                return fine, coarse
            number, coarse = 2 * number, fine
        raise DivergenceError(
            f"{MOST_PANELS} panels do not settle the law of {self.variable} on the circle. A coefficient jumps, or is "
            "very steep, or the diffusion vanishes: shift the variable so that a jump lies at a dyadic fraction of the "
            "period."
        )

    def _on_panels(self, number: int) -> _OnPanels:
        length = float(real_value(self.period))
        half = length / number / 2
        nodes = half * (2 * np.arange(number)[:, None] + 1 + _NODES)
        b, a = self._coefficients(nodes)
        slope = 2 * b / a
        within = half * slope @ _FROM_LEFT.T
        whole = half * slope @ _WEIGHTS
        before = np.concatenate([[0.0], np.cumsum(whole)[:-1]])
        phi, tilt = before[:, None] + within, float(whole.sum())
        if abs(tilt) < _FLAT * half * float((np.abs(slope) @ _WEIGHTS).sum()):
            tilt = 0.0
        density, scale = _density(nodes, phi, a, tilt, half, length)
        weights = np.broadcast_to(half * _WEIGHTS, nodes.shape)
        total = float((weights * density).sum())
        return _OnPanels(nodes, weights, density / total, scale / total)

    def _coefficients(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        program = compile_program([self.drift, self.diffusion], [self.variable])
        b, a = (np.broadcast_to(np.asarray(part, dtype=float), nodes.shape) for part in program(nodes))
        if not (np.isfinite(b).all() and np.isfinite(a).all()):
            raise ArgumentError(
                f"drift {self.drift} and diffusion {self.diffusion} must be numbers on the whole circle."
            )
        if not (a > 0).all():
            raise ArgumentError(
                f"the diffusion {self.diffusion} must be positive on the whole circle, but its smallest value is about "
                f"{float(a.min()):.3g}: a point without noise cuts the circle open. Use an Interval."
            )
        return b, a


def _density(
    nodes: np.ndarray, phi: np.ndarray, a: np.ndarray, tilt: float, half: float, length: float
) -> tuple[np.ndarray, float]:
    r"""The density up to a factor, and its current in the same unit: :math:`(1 - e^{-\Phi})/2` for the nested integral.

    In units in which the largest value is 1, so that no exponential overflows.
    """
    if tilt == 0:
        return np.exp(phi - phi.max()) / a, 0.0
    if tilt < 0:
        density, current = _density(nodes, phi[::-1, ::-1] - tilt, a[::-1, ::-1], -tilt, half, length)
        return density[::-1, ::-1], -current
    # log of the integral from each node to the end of its panel, and over the whole panel
    lows = phi.min(axis=1, keepdims=True)
    weight = np.exp(lows - phi)
    panel = half * weight @ _WEIGHTS
    inside = np.maximum(panel[:, None] - half * weight @ _FROM_LEFT.T, 0.0)
    with np.errstate(divide="ignore"):
        log_panel, log_inside = np.log(panel) - lows[:, 0], np.log(inside) - lows
    # G(x) = integral of exp(-phi) from x to infinity; one turn multiplies by exp(-tilt)
    log_turn = float(np.logaddexp.reduce(log_panel))
    behind = log_turn - tilt - np.log1p(-np.exp(-tilt))
    ahead = np.empty(len(panel))
    for j in range(len(panel) - 1, -1, -1):
        ahead[j] = behind
        behind = np.logaddexp(behind, log_panel[j])
    log_density = phi + np.logaddexp(log_inside, ahead[:, None]) - np.log(a)
    top = float(log_density.max())
    return np.exp(log_density - top), 0.5 * float(np.exp(-top))


def _agree(fine: _OnPanels, coarse: _OnPanels) -> bool:
    one, other = (
        np.array([law.current, *((law.weights * law.density * wave).sum() for wave in _waves(law))])
        for law in (fine, coarse)
    )
    return bool(np.abs(one - other).max() <= ACCURACY * max(1.0, float(np.abs(one).max())))


def _waves(law: _OnPanels) -> list[np.ndarray]:
    angle = law.nodes * (2 * np.pi / float(law.weights.sum()))
    return [part(n * angle) for n in (1, 2, 3, 7) for part in (np.cos, np.sin)]


def _at(law: _OnPanels, x: float, length: float) -> float:
    """The density at a point, from the polynomial of its panel."""
    number = len(law.nodes)
    position = (x % length) * number / length
    j = min(int(position), number - 1)
    coefficients = np.linalg.solve(legendre.legvander(_NODES, ORDER - 1), law.density[j])
    return float(legendre.legval(2 * (position - j) - 1, coefficients))


def _number(fine: float, coarse: float, scale: float) -> Integral:
    return Integral(mpmath.mpf(fine), mpmath.mpf(abs(fine - coarse) + 1e-14 * scale))
