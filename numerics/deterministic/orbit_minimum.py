r"""The minimum of the potential of an orbit of several charges, by Newton's method on its logarithm.

.. math::
    \log\Phi(s) = \log\sum_ka_ke^{\nu_k\cdot s}

has the minimum of :math:`\Phi`, is convex as well, and is of the order of s where :math:`\Phi` would overflow. Steps
are halved until the function falls enough (Armijo), so that the iteration converges from everywhere if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

from numerics.arguments import VALUES, real_number, require
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.symmetry.noise_equilibrium import EquilibriumKind, noise_equilibrium
from theory.symmetry.orbit_potential import OrbitPotential
from theory.values import shown

_STEPS = 200
_CLOSE = 1e-13

LARGEST = 1e300
"""Coefficients are below this, so that they are floats."""


@dataclass(frozen=True, eq=False)
class OrbitMinimum:
    r"""The joint equilibrium of several charges.

    Attributes:
        point: :math:`s^*`; the one of least norm if there are several. Shape ``(m,)``.
        slope: The largest entry of :math:`\nabla\log\Phi` there.
        curvature: Eigenvalues of the Hessian of :math:`\log\Phi` there, rising. Shape ``(m,)``.
    """

    point: np.ndarray
    slope: float
    curvature: np.ndarray


def orbit_minimum(potential: OrbitPotential, parameters: Mapping[sp.Symbol, float] | None = None) -> OrbitMinimum:
    """Where the potential is least.

    Args:
        potential: The potential.
        parameters: Numbers for the symbols of its coefficients.

    Raises:
        ArgumentError: there is no minimum; or a coefficient has no positive number.

    Example:
        >>> chain = OrbitPotential({(2, 0): 8, (-2, 2): 1, (0, -2): 1})
        >>> orbit_minimum(chain).point.round(6)
        array([-0.693147, -0.346574])
    """
    require(VALUES, parameters, "parameters")
    equilibrium = noise_equilibrium(potential)
    if equilibrium.kind is not EquilibriumKind.FINITE:
        raise ArgumentError(
            f"potential must have a minimum at a point, got one {equilibrium.kind}: noise or decay pushes the charges "
            f"along {tuple(map(str, equilibrium.direction))} for ever. Add weight decay, or leave a charge out."
        )
    return _newton(*exponentials(potential, parameters))


def exponentials(
    potential: OrbitPotential, parameters: Mapping[sp.Symbol, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    r"""The potential in numbers: its rates :math:`\nu_k`, shape ``(K, m)``, and :math:`\log a_k`, shape ``(K,)``.

    Raises:
        ArgumentError: a coefficient has no positive number.

    Example:
        >>> exponentials(OrbitPotential({(2,): 1, (-2,): 1}))[1].tolist()
        [0.0, 0.0]
    """
    require(one_of(OrbitPotential, needed="an OrbitPotential"), potential, "potential")
    require(VALUES, parameters, "parameters")
    numbers = {symbol: real_number(value, str(symbol)) for symbol, value in (parameters or {}).items()}
    heights = [a.subs(numbers) for a in potential.terms.values()]
    if any(not a.is_number or not 0 < a < LARGEST for a in heights):
        raise ArgumentError(
            f"every coefficient needs a positive number below {LARGEST:g}, got {shown(heights)}. "
            "Give parameters its symbols."
        )
    rates = np.array([[float(r) for r in rate] for rate in potential.terms])
    return rates, np.log(np.array([float(a) for a in heights]))


def _newton(rates: np.ndarray, logs: np.ndarray) -> OrbitMinimum:
    s = np.zeros(rates.shape[1])
    for _ in range(_STEPS):
        value, slope, hessian = _at(s, rates, logs)
        if np.abs(slope).max() < _CLOSE:
            break
        step = -np.linalg.lstsq(hessian, slope, rcond=1e-14)[0]
        if slope @ step >= 0:  # a flat Hessian far out says nothing: go down the slope
            step = -slope
        size = 1.0
        while _at(s + size * step, rates, logs)[0] > value + 1e-4 * size * (slope @ step) and size > 1e-12:
            size /= 2
        s = s + size * step
    _, slope, hessian = _at(s, rates, logs)
    return OrbitMinimum(s, float(np.abs(slope).max()), np.linalg.eigvalsh(hessian))


def _at(s: np.ndarray, rates: np.ndarray, logs: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The logarithm of the potential, its gradient and its Hessian: mean and covariance of the rates."""
    exponents = logs + rates @ s
    top = exponents.max()
    weights = np.exp(exponents - top)
    total = weights.sum()
    weights = weights / total
    mean = weights @ rates
    return float(top + np.log(total)), mean, (rates - mean).T @ (weights[:, None] * (rates - mean))
