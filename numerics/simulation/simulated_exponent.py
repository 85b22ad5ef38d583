"""The top Lyapunov exponent by simulation of the projected process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from numerics.arguments import real_array, real_number, require, whole_number
from numerics.errors import ArgumentError
from numerics.schemes import Scheme
from numerics.simulation.options import Options, required_options
from numerics.simulation.plan import MAX_STEPS, MAX_STORED
from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import Estimate, Moments
from theory.argument_kinds import SYMBOLS, one_of
from theory.decision.zero import decide_zero
from theory.ito import ItoProcess
from theory.stability.homogeneous import TransverseLinearisation
from theory.values import shown

MAX_SEGMENTS = 10**6
"""Renormalisations of one run; more would take hours before the first answer."""


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
    options: Options | None = None,
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
            point in :func:`theory.stability.transverse.linearised_along`, move on by themselves, and neither their
            drift nor their dispersion may depend on x.
        initial: Not 0; one number per coordinate or one row per trajectory.
        step: Step size.
        burn_in: Time after which growth counts, a multiple of ``segment``.
        until: Final time, a multiple of ``segment``.
        segment: Time between renormalisations, a multiple of ``step``.
        n_paths: Number of trajectories.
        seed: Names the noise.
        scheme: ``EulerMaruyama()`` unless given.
        options: How it is run; segment ``i`` uses stream ``i`` after the one named.

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
    options = required_options(options, "simulated_exponent", unused=("keep_final",))
    process = process.process if isinstance(process, TransverseLinearisation) else process
    require(one_of(ItoProcess, needed="an ItoProcess or a TransverseLinearisation"), process, "process")
    n_paths = whole_number(n_paths, "n_paths", at_least=1, below=MAX_STORED + 1)
    growing = _positions(process, transverse)
    _require_homogeneous(process, growing)
    segments, skipped = _multiple(until, segment, "until"), _multiple(burn_in, segment, "burn_in")
    _multiple(segment, step, "segment", at_most=MAX_STEPS // max(segments, 1))
    if segments <= skipped:
        raise ArgumentError(f"until must be larger than burn_in, got until={until}, burn_in={burn_in}.")
    state: Any = _started(initial, n_paths, process.dimension)
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
                scheme=scheme,
                options=options.on_stream(i),
            ).final
    duration = (segments - skipped) * segment
    return SimulatedExponent(grown / duration, duration)


def _started(initial: Any, n_paths: int, dimension: int) -> np.ndarray:
    start = real_array(initial, "initial")
    if start.shape not in ((dimension,), (n_paths, dimension)):
        raise ArgumentError(
            f"initial must hold {dimension} numbers, or one row of them per trajectory, got shape {start.shape}."
        )
    return np.broadcast_to(start, (n_paths, dimension)).copy()


def _norms(state: np.ndarray) -> np.ndarray:
    """Norms of the rows, without overflow or underflow of the squares. Shape ``(n, 1)``."""
    largest = np.abs(state).max(axis=1, keepdims=True)
    return largest * np.sqrt(((state / np.where(largest > 0, largest, 1.0)) ** 2).sum(axis=1, keepdims=True))


def _multiple(time: float, unit: float, name: str, *, at_most: int = MAX_SEGMENTS) -> int:
    """How many units fill ``time``."""
    of = "segment" if name != "segment" else "step"
    time, unit = real_number(time, name), real_number(unit, of)
    if unit > 0 and time / unit > at_most:
        raise ArgumentError(
            f"{name} must be at most {at_most} times {of}, got {name}={shown(time)} with {of}={shown(unit)}."
        )
    if not (unit > 0 and time >= 0 and abs(time / unit - round(time / unit)) < 1e-9 * (1 + time / unit)):
        raise ArgumentError(f"{name} must be a whole multiple of {unit}, got {shown(time)}.")
    return round(time / unit)


def _positions(process: ItoProcess, transverse: Sequence[sp.Symbol] | None) -> list[int]:
    """Where the coordinates that grow stand in the state."""
    state = list(process.state)
    if transverse is None:
        return list(range(len(state)))
    require(SYMBOLS, transverse, "transverse")
    named = list(transverse)
    if not named or len(set(named)) != len(named) or not set(named) <= set(state):
        raise ArgumentError(f"transverse must name coordinates of {tuple(state)}, each once, got {shown(transverse)}.")
    return [state.index(symbol) for symbol in named]


def _require_homogeneous(process: ItoProcess, growing: Sequence[int]) -> None:
    """Euler's identity: degree 1 for the coordinates that grow, degree 0 for the others."""
    coordinates = [process.state[i] for i in growing]
    for name, entries in (("drift", process.drift), ("dispersion", process.dispersion)):
        for i in range(process.dimension):
            degree = int(i in growing)
            for f in entries[i, :]:
                euler = sum((x * sp.diff(f, x) for x in coordinates), sp.S.Zero) - degree * f
                if not decide_zero(euler).says_zero:
                    raise ArgumentError(
                        f"the {name} of {process.state[i]} must be homogeneous of degree {degree} in "
                        f"{tuple(coordinates)}, got {f}. Linearise first: "
                        "theory.stability.transverse.transverse_linearisation."
                    )
