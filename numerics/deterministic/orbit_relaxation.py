r"""How long charges take to come to rest on a frozen orbit: the Noether flow in the coordinates of the orbit.

With :math:`\theta_s = e^{s\cdot A}\theta` and the metric :math:`K_{ab}(s) = \theta_s^\top A_aA_b\theta_s`, by which
charges move with the point, :math:`dQ_a = \sum_bK_{ab}\,ds_b`,

.. math:: K(s)\,\dot s = -\nabla\Phi(s) .

Near the minimum this is linear: charges decay at the eigenvalues of :math:`\nabla^2\Phi\,K^{-1}`. Far from it they may
be slower, so the time from a start is that of the flow itself. Time is :math:`\eta` times steps.

The orbit is frozen: this is the time of training whose other weights are at rest, where the minima of the loss near by
are the orbit. Where there are more of them, training moves along these as well, in times that are not these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from numerics.arguments import real_array, real_number
from numerics.deterministic.orbit_minimum import exponentials, orbit_minimum
from numerics.errors import ArgumentError
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.orbit_potential import orbit_potential
from theory.values import Expressions, column, shown

_PRECISION = {"rtol": 1e-8, "atol": 1e-12}


@dataclass(frozen=True, eq=False)
class OrbitRelaxation:
    r"""The Noether flow of charges on a frozen orbit.

    Attributes:
        matrices: :math:`A_1, \dots, A_m`, which commute. Shape ``(m, d, d)``.
        position: :math:`\theta`. Shape ``(d,)``.
        exponents: :math:`\nu_k`. Shape ``(K, m)``.
        heights: :math:`a_k`. Shape ``(K,)``.
        point: The minimum :math:`s^*`. Shape ``(m,)``.
    """

    matrices: np.ndarray
    position: np.ndarray
    exponents: np.ndarray
    heights: np.ndarray
    point: np.ndarray

    @cached_property
    def rates(self) -> np.ndarray:
        r"""The rates per time at which small distances from the equilibrium decay, rising. Shape ``(m,)``."""
        weights = self._weights(self.point)
        hessian = self.exponents.T @ (weights[:, None] * self.exponents)
        fields = self._fields(self.point)
        return np.sort(np.linalg.eigvals(np.linalg.solve(fields @ fields.T, hessian)).real)

    def steps(self, learning_rate: float) -> float:
        r"""Steps in which the slowest small distance falls by the factor e, :math:`1/(\eta\min\rho)`."""
        return 1 / (_positive(learning_rate, "learning_rate") * float(self.rates[0]))

    def charges(self, s: np.ndarray) -> np.ndarray:
        r""":math:`\frac12\theta_s^\top A\theta_s`. Shape ``(m,)``."""
        place = real_array(s, "s")
        if place.shape != self.point.shape:
            raise ArgumentError(f"s must hold one number per charge, {len(self.point)}, got {shown(s)}.")
        theta = self._moved(place)
        return np.einsum("kij,i,j->k", self.matrices, theta, theta) / 2

    def steps_until(self, part: float, learning_rate: float) -> float:
        """Steps from the position until every charge is closer to its rest than ``part`` of the farthest one was.

        Raises:
            ArgumentError: ``part`` is not between 0 and 1.
        """
        eta = _positive(learning_rate, "learning_rate")
        part = real_number(part, "part")
        if not 0 < part < 1:
            raise ArgumentError(f"part must lie between 0 and 1, got {part}.")
        rest = self.charges(self.point)
        begun = float(np.abs(self.charges(np.zeros(len(rest))) - rest).max())
        if begun <= 1e-9 * float(np.abs(rest).max(initial=0)) or begun == 0:
            return 0.0

        def left(_: float, s: np.ndarray) -> float:
            return float(np.abs(self.charges(s) - rest).max()) - part * begun

        def velocity(_: float, s: np.ndarray) -> np.ndarray:
            fields = self._fields(s)
            return -np.linalg.solve(fields @ fields.T, self._weights(s) @ self.exponents)

        left.terminal = True  # type: ignore[attr-defined]
        far = 1e9 * np.log(1 / part) / float(self.rates[0])
        run = solve_ivp(velocity, (0.0, far), np.zeros(len(rest)), method="LSODA", events=left, **_PRECISION)
        if not len(run.t_events[0]):
            raise ArgumentError(f"position is too far from the equilibrium for this flow, which stopped: {run.message}")
        return float(run.t_events[0][0]) / eta

    def _moved(self, s: np.ndarray) -> np.ndarray:
        rates, basis = np.linalg.eigh(np.tensordot(s, self.matrices, 1))
        return (basis * np.exp(rates)) @ (basis.T @ self.position)

    def _fields(self, s: np.ndarray) -> np.ndarray:
        return self.matrices @ self._moved(s)

    def _weights(self, s: np.ndarray) -> np.ndarray:
        return self.heights * np.exp(self.exponents @ s)


def orbit_relaxation(
    generators: AffineGenerator | Sequence[AffineGenerator],
    position: Expressions,
    noise: sp.MatrixBase,
    *,
    temperature: sp.Expr | float,
    weight_decay: sp.Expr | float = 0,
    parameters: Mapping[sp.Symbol, float] | None = None,
) -> OrbitRelaxation:
    r"""The Noether flow of the charges of ``generators`` from ``position`` to the minimum of their potential.

    Args:
        generators: As for :func:`theory.symmetry.orbit_potential.orbit_potential`, like the next four.
        position: :math:`\theta`, numbers. Shape ``(d, 1)``.
        noise: :math:`\Sigma(\theta)`. Shape ``(d, d)``.
        temperature: T.
        weight_decay: :math:`\lambda`.
        parameters: Numbers for the symbols of noise, temperature and decay.

    Raises:
        TheoryError: there is no potential of them.
        ArgumentError: it has no minimum, something has no number, or the generators do not move the position
            independently.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> rescaling = AffineGenerator([u, w], sp.diag(1, -1))
        >>> noise = sp.Matrix([[1, 2], [2, 4]]) / 4  # at u = 2, w = 1, of labels with variance 1/4
        >>> slow = orbit_relaxation(rescaling, [2, 1], noise, temperature=0.02)
        >>> round(slow.steps(0.02)), round(slow.steps_until(0.01, 0.02))  # 1/(eta**2 var), and log(100) of them
        (10000, 46052)
    """
    potential = orbit_potential(generators, position, noise, temperature=temperature, weight_decay=weight_decay)
    minimum = orbit_minimum(potential, parameters)
    exponents, logs = exponentials(potential, parameters)
    given = [generators] if isinstance(generators, AffineGenerator) else list(generators)
    matrices = np.array([real_array(np.array(g.matrix.tolist()), "generators") for g in given])
    theta = real_array(np.array(column(position, "position", real=True).tolist()), "position").ravel()
    if np.linalg.matrix_rank(matrices @ theta) < len(given):
        raise ArgumentError("generators must move the position independently, but their fields there do not span.")
    return OrbitRelaxation(matrices, theta, exponents, np.exp(logs), minimum.point)


def _positive(value: float, name: str) -> float:
    number = real_number(value, name)
    if number <= 0:
        raise ArgumentError(f"{name} must be positive, got {number}.")
    return number
