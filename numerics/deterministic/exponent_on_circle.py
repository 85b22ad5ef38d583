r"""Top Lyapunov exponents as numbers: exactly on the circle of directions, and by simulation in more dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import scipy  # its submodules load on first use
import sympy as sp

from numerics.arguments import VALUES, takes
from numerics.deterministic.pieces import value_as_stored
from numerics.deterministic.quadrature import Integral
from numerics.errors import ArgumentError, DivergenceError, MissingParameterError
from theory.argument_kinds import one_of
from theory.stability.homogeneous import TransverseLinearisation
from theory.stability.lyapunov import angular_diffusion, angular_drift, fourier_coefficients
from theory.values import shown

LARGEST_MODE = 2**15
"""Fourier modes kept at most: enough for an angular diffusion that drops to about 1e-7 of its maximum."""

BAND = 2
"""A polynomial of degree four in the direction has the modes -2..2 of the doubled angle."""


@takes(parameters=VALUES, linearisation=one_of(TransverseLinearisation, needed="a TransverseLinearisation"))
def exponent_on_circle(
    linearisation: TransverseLinearisation, parameters: Mapping[sp.Symbol, Any] | None = None, *, digits: int = 10
) -> Integral:
    r"""The top exponent :math:`\int Q\,d\pi` in two normal directions, from the stationary law of the angle.

    With :math:`p = \sum_l p_l e^{2il\varphi}` the stationary Fokker-Planck equation
    :math:`\frac12(ap)'' = (bp)'` is, for :math:`l \ne 0`,

    .. math:: \sum_k (i\,l\,a_k - b_k)\,p_{l-k} = 0, \qquad p_0 = 1,

    a banded system, since a and b have the modes :math:`|k| \le 2` only. Its truncation is doubled until two results
    agree; the coefficients of a positive a decay exponentially. Where a vanishes and b does not, as for an oscillator
    whose stiffness or damping is noisy, the drift carries the direction through, p is infinitely differentiable, and
    the coefficients decay faster than any power.

    Args:
        linearisation: Two normal directions; no direction is left in place by both the drift and the diffusion of the
            angle.
        parameters: A number for every parameter.
        digits: Significant digits, relative to the largest growth rate; at most 12.

    Raises:
        ArgumentError: angular diffusion and drift vanish together, or ``digits`` is out of range.
        MissingParameterError: a parameter has no number.
        DivergenceError: the angular diffusion is too close to zero somewhere for :data:`LARGEST_MODE`.

    Example:
        >>> from theory.ito import ItoProcess
        >>> from theory.stability.transverse import transverse_linearisation
        >>> x, y = sp.symbols("x y", real=True)
        >>> saddle = transverse_linearisation(ItoProcess([x, y], [x, -y], sp.Matrix([-y, x])))
        >>> mpmath.nstr(exponent_on_circle(saddle).value, 10)  # 1/2 + I_1(1)/I_0(1)
        '0.9463899659'
    """
    if not (isinstance(digits, int) and not isinstance(digits, bool) and 1 <= digits <= 12):
        raise ArgumentError(f"digits must be an integer in 1..12 (double precision), got {shown(digits)}.")
    numbers = {symbol: value_as_stored(value) for symbol, value in (parameters or {}).items()}
    a, b, q = (
        _modes(form, linearisation, numbers)
        for form in (angular_diffusion(linearisation), angular_drift(linearisation), linearisation.log_growth)
    )
    _require_turning(a, b)
    scale = np.abs(q).sum()
    size, coarse = 16, np.nan
    while size <= LARGEST_MODE:
        fine = _mean(q, _stationary_modes(a, b, size))
        error = abs(fine - coarse)
        if error <= 10.0**-digits * scale / 10:
            return Integral(mpmath.mpf(fine), mpmath.mpf(error + 1e-15 * scale))
        size, coarse = 2 * size, fine
    raise DivergenceError(
        f"{LARGEST_MODE} Fourier modes do not settle the stationary law of the direction: its noise, at least "
        f"{max(_values(a, _lowest_points(a)).min(), 0.0):.2g}, nearly vanishes somewhere. Treat that direction as "
        "invariant."
    )


def _modes(form: sp.Expr, linearisation: TransverseLinearisation, numbers: Mapping[sp.Symbol, sp.Expr]) -> np.ndarray:
    """The Fourier coefficients -2..2 in the doubled angle. Shape ``(5,)``."""
    found = np.zeros(2 * BAND + 1, dtype=complex)
    for k, coefficient in fourier_coefficients(form, linearisation).items():
        value = coefficient.subs(numbers)
        if value.free_symbols:
            missing = ", ".join(sorted(map(str, value.free_symbols)))
            raise MissingParameterError(f"parameters must give every symbol a number: no value for {missing}.")
        found[k + BAND] = complex(value)
    return found


def _values(modes: np.ndarray, z: np.ndarray) -> np.ndarray:
    r"""The real Fourier sum at points :math:`z = e^{2i\varphi}` of the unit circle."""
    total: Any = sum(c * z ** (k - BAND) for k, c in enumerate(modes))
    return total.real


def _lowest_points(modes: np.ndarray) -> np.ndarray:
    r"""Points :math:`e^{2i\varphi}` among which the smallest value is: critical ones, and a grid beside them."""
    slope = modes * np.arange(-BAND, BAND + 1)
    roots = np.roots(slope[::-1]) if np.any(slope) else np.array([])
    critical = roots[np.abs(np.abs(roots) - 1) < 1e-3]
    grid = np.exp(1j * np.linspace(0, 2 * np.pi, 721))
    return np.concatenate([grid, critical / np.abs(critical)])


def _require_turning(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse a direction that neither noise nor drift turns."""
    points = _lowest_points(a)
    still = points[_values(a, points) <= 1e-12 * np.abs(a).sum()]
    turned = np.abs(_values(b, still)) > 1e-6 * np.abs(b).sum()
    if not turned.all():
        angle = float(np.angle(still[~turned][0])) / 2 % np.pi
        raise ArgumentError(
            f"the direction must be turned by noise or drift everywhere, but both vanish at the angle {angle:.6g}. "
            "Use theory.stability.lyapunov.top_exponent, which knows invariant directions, or simulated_exponent."
        )


def _stationary_modes(a: np.ndarray, b: np.ndarray, size: int) -> np.ndarray:
    """Fourier coefficients -size..size of the stationary density, with mean 1. Shape ``(2 * size + 1,)``."""
    modes = np.arange(-size, size + 1)
    bands = np.zeros((2 * BAND + 1, len(modes)), dtype=complex)
    for k in range(-BAND, BAND + 1):
        # Row l has the entry of column l - k; solve_banded keeps it in row BAND + l - (l - k), column l - k.
        entries = np.where(modes == 0, float(k == 0), 1j * modes * a[k + BAND] - b[k + BAND])
        source = modes - k
        inside = np.abs(source) <= size
        bands[BAND + k, source[inside] + size] = entries[inside]
    right = (modes == 0).astype(complex)
    return scipy.linalg.solve_banded((BAND, BAND), bands, right)


def _mean(q: np.ndarray, p: np.ndarray) -> float:
    centre = len(p) // 2
    return float(sum(q[k + BAND] * p[centre - k] for k in range(-BAND, BAND + 1)).real)
