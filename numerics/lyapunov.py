r"""Top Lyapunov exponents as numbers: exactly on the circle of directions, and by simulation in more dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from scipy.linalg import solve_banded

from numerics.errors import ArgumentError, DivergenceError, MissingParameterError
from numerics.estimators import Estimate, Moments
from numerics.quadrature import Integral, exact_number
from numerics.schemes import Scheme
from numerics.simulate import simulate
from theory.ito import ItoProcess
from theory.lyapunov import angular_diffusion, angular_drift, fourier_coefficients
from theory.transverse import TransverseLinearisation
from theory.zero import decide_zero

LARGEST_MODE = 2**15
"""Fourier modes kept at most: enough for an angular diffusion that drops to about 1e-7 of its maximum."""

BAND = 2
"""A polynomial of degree four in the direction has the modes -2..2 of the doubled angle."""


def exponent_on_circle(
    linearisation: TransverseLinearisation, parameters: Mapping[sp.Symbol, Any] | None = None, *, digits: int = 10
) -> Integral:
    r"""The top exponent :math:`\int Q\,d\pi` in two normal directions, from the stationary law of the angle.

    With :math:`p = \sum_l p_l e^{2il\varphi}` the stationary Fokker-Planck equation
    :math:`\frac12(ap)'' = (bp)'` is, for :math:`l \ne 0`,

    .. math:: \sum_k (i\,l\,a_k - b_k)\,p_{l-k} = 0, \qquad p_0 = 1,

    a banded system, since a and b have the modes :math:`|k| \le 2` only. Its truncation is doubled until two results
    agree; the coefficients of a positive a decay exponentially.

    Args:
        linearisation: Two normal directions, whose angular diffusion is positive everywhere.
        parameters: A number for every parameter.
        digits: Significant digits, relative to the largest growth rate; at most 12.

    Raises:
        ArgumentError: the angular diffusion has a zero, or ``digits`` is out of range.
        MissingParameterError: a parameter has no number.
        DivergenceError: the angular diffusion is too close to zero somewhere for :data:`LARGEST_MODE`.

    Example:
        >>> from theory.transverse import transverse_linearisation
        >>> x, y = sp.symbols("x y", real=True)
        >>> saddle = transverse_linearisation(ItoProcess([x, y], [x, -y], sp.Matrix([-y, x])))
        >>> mpmath.nstr(exponent_on_circle(saddle).value, 10)  # 1/2 + I_1(1)/I_0(1)
        '0.9463899659'
    """
    if not (isinstance(digits, int) and 1 <= digits <= 12):
        raise ArgumentError(f"digits must be an integer in 1..12 (double precision), got {digits!r}.")
    numbers = {symbol: exact_number(value) for symbol, value in (parameters or {}).items()}
    a, b, q = (
        _modes(form, linearisation, numbers)
        for form in (angular_diffusion(linearisation), angular_drift(linearisation), linearisation.log_growth)
    )
    _require_positive(a)
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
        f"{_smallest(a):.2g}, nearly vanishes somewhere. Treat that direction as invariant."
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


def _smallest(modes: np.ndarray) -> float:
    """The minimum over the circle: at a critical point, or, where rounding hides it, on a grid."""
    slope = modes * np.arange(-BAND, BAND + 1)
    roots = np.roots(slope[::-1]) if np.any(slope) else np.array([])
    critical = roots[np.abs(np.abs(roots) - 1) < 1e-3]
    grid = np.exp(1j * np.linspace(0, 2 * np.pi, 721))
    return float(_values(modes, np.concatenate([grid, critical / np.abs(critical)])).min())


def _require_positive(a: np.ndarray) -> None:
    smallest = _smallest(a)
    if not smallest > 1e-12 * np.abs(a).sum():
        raise ArgumentError(
            f"the angular diffusion must be positive in every direction, but its minimum is {smallest:.2g}. "
            "Use theory.lyapunov.top_exponent, which knows invariant directions, or simulated_exponent."
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
    return solve_banded((BAND, BAND), bands, right)


def _mean(q: np.ndarray, p: np.ndarray) -> float:
    centre = len(p) // 2
    return float(sum(q[k + BAND] * p[centre - k] for k in range(-BAND, BAND + 1)).real)


@dataclass(frozen=True, eq=False)
class SimulatedExponent:
    """Growth rates of log-norms, one per trajectory.

    Attributes:
        rates: Independent, each the mean growth rate of log|x| over the measured time. Shape ``(n_paths,)``.
        duration: That time.
    """

    rates: np.ndarray
    duration: float

    @property
    def estimate(self) -> Estimate:
        """Their mean with its standard error."""
        return Moments.from_samples(self.rates).mean_estimate


def simulated_exponent(
    process: ItoProcess | TransverseLinearisation,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    *,
    transverse: Sequence[sp.Symbol] | None = None,
    initial: Any,
    step: float,
    burn_in: float,
    until: float,
    segment: float,
    n_paths: int,
    seed: int,
    scheme: Scheme | None = None,
    **options: Any,
) -> SimulatedExponent:
    r"""The growth rate of :math:`\log|x|` between ``burn_in`` and ``until``, by simulation with renormalisation.

    After every ``segment`` the state is divided by its norm, whose logarithm is added up; a homogeneous process does
    not notice, and no trajectory leaves the floating-point numbers.

    Two errors beside the statistical one: the step makes the exponent that of the scheme, O(step) away for
    Euler-Maruyama; and the direction must have forgotten its start by ``burn_in``. Where it never does, as for the
    linear network of width 1 whose direction diffuses on the line without a stationary law, the mean rate approaches
    the exponent only like :math:`T^{-1/2}`.

    Args:
        process: Drift and dispersion homogeneous of degree 1, as every linear process; a linearisation stands for its
            own.
        parameters: A number for each symbol.
        transverse: The coordinates x whose norm grows and is divided; all of them unless given. The others, as the
            point in :func:`theory.transverse.linearised_along`, move on by themselves, and neither their drift nor
            their dispersion may depend on x.
        initial: Not 0; one number per coordinate or one row per trajectory.
        step: Step size.
        burn_in: Time after which growth counts, a multiple of ``segment``.
        until: Final time, a multiple of ``segment``.
        segment: Time between renormalisations, a multiple of ``step``.
        n_paths: Number of trajectories.
        seed: Names the noise.
        scheme: ``EulerMaruyama()`` unless given.
        options: Further arguments of :func:`numerics.simulate.simulate`.

    Raises:
        ArgumentError: the process is not homogeneous, the start is 0, or times do not fit together.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> saddle = ItoProcess([x, y], [x, -y], sp.Matrix([0, 0]))
        >>> run = simulated_exponent(
        ...     saddle, initial=[1, 1], step=0.001, burn_in=6, until=8, segment=1, n_paths=4, seed=1
        ... )
        >>> round(run.estimate.value, 3)  # log(1.001)/0.001
        1.0
    """
    if isinstance(process, TransverseLinearisation):
        process = process.process
    growing = _positions(process, transverse)
    _require_homogeneous(process, growing)
    segments, skipped = _multiple(until, segment, "until"), _multiple(burn_in, segment, "burn_in")
    _multiple(segment, step, "segment")
    if segments <= skipped:
        raise ArgumentError(f"until must be larger than burn_in, got until={until}, burn_in={burn_in}.")
    state: Any = np.broadcast_to(np.asarray(initial, dtype=np.float64), (n_paths, process.dimension)).copy()
    grown = np.zeros(n_paths)
    for i in range(segments + 1):
        norm = _norms(state[:, growing])
        if not (np.isfinite(norm).all() and (norm > 0).all()):
            raise ArgumentError(
                "every trajectory must stay away from 0 and infinity; start elsewhere or shorten segment."
            )
        if i > skipped:
            grown += np.log(norm[:, 0])
        state[:, growing] /= norm
        if i < segments:
            state = simulate(
                process,
                parameters=parameters,
                initial=state,
                step=step,
                until=segment,
                n_paths=n_paths,
                seed=seed,
                stream=i,
                scheme=scheme,
                **options,
            ).final
    duration = (segments - skipped) * segment
    return SimulatedExponent(grown / duration, duration)


def _norms(state: np.ndarray) -> np.ndarray:
    """Norms of the rows, without overflow or underflow of the squares. Shape ``(n, 1)``."""
    largest = np.abs(state).max(axis=1, keepdims=True)
    return largest * np.sqrt(((state / np.where(largest > 0, largest, 1.0)) ** 2).sum(axis=1, keepdims=True))


def _multiple(time: float, unit: float, name: str) -> int:
    if not (
        unit > 0
        and np.isfinite(time)
        and time >= 0
        and abs(time / unit - round(time / unit)) < 1e-9 * (1 + time / unit)
    ):
        raise ArgumentError(f"{name} must be a whole multiple of {unit}, got {time!r}.")
    return round(time / unit)


def _positions(process: ItoProcess, transverse: Sequence[sp.Symbol] | None) -> list[int]:
    """Where the coordinates that grow stand in the state."""
    state = list(process.state)
    if transverse is None:
        return list(range(len(state)))
    named = list(transverse)
    if not named or len(set(named)) != len(named) or not set(named) <= set(state):
        raise ArgumentError(f"transverse must name coordinates of {tuple(state)}, each once, got {transverse!r}.")
    return [state.index(symbol) for symbol in named]


def _require_homogeneous(process: ItoProcess, growing: Sequence[int]) -> None:
    """Euler's identity: degree 1 for the coordinates that grow, degree 0 for the others."""
    coordinates = [process.state[i] for i in growing]
    for name, entries in (("drift", process.drift), ("dispersion", process.dispersion)):
        for i in range(process.dimension):
            degree = int(i in growing)
            for f in entries[i, :]:
                euler = sum((x * sp.diff(f, x) for x in coordinates), sp.S.Zero) - degree * f
                if decide_zero(euler).kind not in ("zero", "certified"):
                    raise ArgumentError(
                        f"the {name} of {process.state[i]} must be homogeneous of degree {degree} in "
                        f"{tuple(coordinates)}, got {f}. Linearise first: theory.transverse.transverse_linearisation."
                    )
