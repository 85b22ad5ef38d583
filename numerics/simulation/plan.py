"""The plan of a simulation: every argument checked and put in one frozen record before anything is computed.

A plan holds data only (no compiled code, no open file), so that it can be sent to other processes; each of them
compiles what it needs once.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from numerics.arguments import (
    YES_OR_NO,
    choice,
    kind,
    named_expressions,
    parameter_values,
    real_array,
    real_number,
    require,
    row,
    value_of,
    whole_number,
)
from numerics.errors import ArgumentError
from numerics.kernels.kernel import Precision
from numerics.schemes import BoundedNoise, RepellingPoles, Scheme
from numerics.schemes.ends import WithEnds
from numerics.simulation.accumulators import Accumulator, SignChanges
from numerics.simulation.default_scheme import default_scheme
from numerics.simulation.domain import undefined
from numerics.simulation.log_coordinates import log_coordinates, side
from numerics.simulation.on_interval import kept_on_interval
from numerics.simulation.one_step import OneStep, RecursionStep, SchemeStep
from numerics.simulation.options import Options, require_cpu, required_options
from numerics.simulation.step_definition import evaluator
from theory.discrete.recursion import Recursion
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.values import shown


class Coordinates(StrEnum):
    """In which coordinates a process is stepped."""

    STATE = "state"
    LOG = "log"


ROUNDING = 1e-9
"""Relative slack within which a time counts as a multiple of the step."""

MAX_STORED = 2**28
"""Numbers that the final states, or ``paths=True``, may fill (2 GiB)."""

MAX_STEPS = 2**32 - 1
"""The step number is one 32-bit word of the random counter."""

LAST_SINGLE = 2**24
"""The last of the whole numbers that float32 holds without gaps."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A simulation, checked and ready to run; the fields mean what they mean to :func:`simulate`.

    Attributes:
        one_step: What is stepped, in the coordinates that are stepped, and how.
        accumulators: Symbol and accumulator, in a fixed order.
        parameters: One number, or one per trajectory, for each symbol in :attr:`symbols`.
        initial: Shape ``(d,)``, or ``(n_paths, d)``.
        step: h; 1 for a recursion.
        n_steps: Total number of steps.
        recorded: Step numbers at which observables are taken, ascending.
        observables: Name and expression in state, parameters, accumulators and the clock.
        options: How it is run, without the progress callback, which other processes could not call.
    """

    one_step: OneStep
    accumulators: tuple[tuple[sp.Symbol, Accumulator], ...]
    symbols: tuple[sp.Symbol, ...]
    parameters: tuple[float | np.ndarray, ...]
    initial: np.ndarray
    step: float
    n_steps: int
    recorded: tuple[int, ...]
    observables: tuple[tuple[Hashable, sp.Expr], ...]
    n_paths: int
    seed: int
    keep_paths: bool
    options: Options

    @property
    def times(self) -> np.ndarray:
        """Times of the records, multiples of the step."""
        return np.array(self.recorded, dtype=np.float64) * self.step


def simulation_plan(
    process: ItoProcess,
    *,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    initial: Any,
    step: float,
    until: float,
    n_paths: int,
    seed: int,
    scheme: Scheme | None = None,
    times: Sequence[float] | None = None,
    observables: Mapping[str, sp.Expr] | Sequence[sp.Expr] | None = None,
    accumulators: Mapping[sp.Symbol, Accumulator] | None = None,
    coordinates: str = "state",
    count_sign_changes: bool = False,
    paths: bool = False,
    interval: Interval | None = None,
    regular_ends: str = "reflecting",
    options: Options | None = None,
) -> Plan:
    """Check all arguments of :func:`numerics.simulation.simulate.simulate` and resolve them.

    Raises:
        ArgumentError, MissingParameterError, SchemeError: naming the argument.
    """
    if not isinstance(process, ItoProcess):
        raise ArgumentError(f"process must be an ItoProcess, got {type(process).__name__}.")
    n = whole_number(n_paths, "n_paths", at_least=1, below=2**48)
    options = required_options(options, "simulate")
    if scheme is not None and not isinstance(scheme, Scheme):
        raise ArgumentError(f"scheme must be a Scheme such as EulerMaruyama(), got {shown(scheme)}.")
    values = parameter_values(parameters, n)
    start = _initial_state(initial, process, n)
    in_log = kind(Coordinates, coordinates, "coordinates") is Coordinates.LOG
    if interval is not None:
        interval = _own_interval(interval, scheme)
        choice(regular_ends, "regular_ends", ("absorbing", "reflecting"))
        carried = {"observables": observables, "accumulators": accumulators}
        process, scheme, observables, accumulators = kept_on_interval(
            process, interval, regular_ends, values, in_log=in_log, **carried
        )
    if in_log:
        process, start, values = _in_log_coordinates(process, start, values, n)
    scheme = default_scheme(process, start, values) if scheme is None else scheme
    scheme.check(process)
    if isinstance(scheme, WithEnds | BoundedNoise | RepellingPoles):
        ends = scheme.ends_of(process) if isinstance(scheme, BoundedNoise) else scheme.ends
        _require_between(ends, start, values)
    h = real_number(step, "step")
    if not h > 0:
        raise ArgumentError(f"step must be positive, got step={step}.")
    n_steps = _multiple(until, h, "until")
    if n_steps < 1:
        raise ArgumentError(f"until must be positive, got until={until}.")
    one_step = SchemeStep(process, scheme)
    return _plan(
        one_step,
        values,
        start,
        accumulators=_accumulators(accumulators, one_step, count_sign_changes),
        observables=observables,
        step=h,
        n_steps=n_steps,
        recorded=_recorded(times, h, n_steps),
        n_paths=n,
        seed=seed,
        paths=paths,
        options=options,
    )


def _own_interval(interval: Any, scheme: Any) -> Interval:
    """``interval``, which says itself what a scheme with ends says."""
    if not isinstance(interval, Interval):
        raise ArgumentError(f"interval must be an Interval(left, right), got {shown(interval)}.")
    if scheme is not None:
        raise ArgumentError("interval chooses the scheme. Leave out scheme, or pass it instead of interval.")
    return interval


def _require_between(
    ends: tuple[sp.Expr | None, sp.Expr | None], start: np.ndarray, values: Mapping[sp.Symbol, float | np.ndarray]
) -> None:
    symbols = sorted(frozenset().union(*(end.free_symbols for end in ends if end is not None)), key=str)
    numbers = [value_of(symbol, values) for symbol in symbols]
    x = start[..., 0]
    for inwards, end in zip((1, -1), ends, strict=True):
        if end is not None and np.any(inwards * (x - evaluator((end,), tuple(symbols))(*numbers)[0]) < 0):
            raise ArgumentError(
                f"initial must lie between the ends of the scheme, but starts {'below' if inwards > 0 else 'above'} "
                f"{end}. Start between them."
            )


def iteration_plan(
    recursion: Recursion,
    *,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    initial: Any,
    steps: int,
    n_replicas: int,
    seed: int,
    at: Sequence[int] | None = None,
    observables: Mapping[str, sp.Expr] | Sequence[sp.Expr] | None = None,
    accumulators: Mapping[sp.Symbol, Accumulator] | None = None,
    count_sign_changes: bool = False,
    paths: bool = False,
    options: Options | None = None,
) -> Plan:
    """Check all arguments of :func:`numerics.simulation.iterate.iterate` and resolve them.

    Raises:
        ArgumentError, MissingParameterError: naming the argument.
    """
    if not isinstance(recursion, Recursion):
        raise ArgumentError(
            f"recursion must be a Recursion, e.g. from gradient_descent(model), got {type(recursion).__name__}."
        )
    options = required_options(options, "iterate")
    n = whole_number(n_replicas, "n_replicas", at_least=1, below=2**48)
    n_steps = whole_number(steps, "steps", at_least=1, below=MAX_STEPS + 1)
    one_step = RecursionStep(recursion)
    if one_step.timed and options.precision is Precision.FLOAT32 and n_steps > LAST_SINGLE:
        raise ArgumentError(
            f"steps must not pass {LAST_SINGLE} for a schedule in float32, which has no whole numbers beyond, got "
            f"steps={n_steps}. Use precision='mixed'."
        )
    return _plan(
        one_step,
        parameter_values(parameters, n),
        _initial_state(initial, recursion, n),
        accumulators=_accumulators(accumulators, one_step, count_sign_changes),
        observables=observables,
        step=1.0,
        n_steps=n_steps,
        recorded=_recorded_steps(at, n_steps),
        n_paths=n,
        seed=seed,
        paths=paths,
        options=options,
    )


def _plan(
    one_step: OneStep,
    values: Mapping[sp.Symbol, float | np.ndarray],
    initial: np.ndarray,
    *,
    accumulators: tuple[tuple[sp.Symbol, Accumulator], ...],
    observables: Any,
    step: float,
    n_steps: int,
    recorded: tuple[int, ...],
    n_paths: int,
    seed: Any,
    paths: bool,
    options: Options,
) -> Plan:
    """The plan, once the arguments that name a kind of step are resolved."""
    require_cpu(options)
    require(YES_OR_NO, paths, "paths")
    named = named_expressions(observables)
    symbols = _free_parameters(one_step, accumulators, named)
    _require_memory(n_paths * one_step.dimension * max(options.keep_final, len(recorded) if paths else 0))
    return Plan(
        one_step=one_step,
        accumulators=accumulators,
        symbols=symbols,
        parameters=tuple(math.nan if s == undefined else value_of(s, values) for s in symbols),
        initial=initial,
        step=step,
        n_steps=n_steps,
        recorded=recorded,
        observables=named,
        n_paths=n_paths,
        seed=whole_number(seed, "seed", at_least=0, below=2**64),
        keep_paths=bool(paths),
        options=replace(options, progress=None),
    )


def sign_change_symbol(coordinate: sp.Symbol) -> sp.Symbol:
    """The symbol under which ``count_sign_changes`` carries the count of ``coordinate``."""
    return sp.Symbol(f"sign_changes_{coordinate.name}", nonnegative=True)


def _require_memory(stored: int) -> None:
    if stored > MAX_STORED:
        raise ArgumentError(
            f"final states and paths would fill {stored} numbers, more than {MAX_STORED}. "
            "Use observables with options=Options(keep_final=False) and paths=False, or fewer trajectories or times."
        )


def _multiple(time: Any, step: float, name: str) -> int:
    """How many steps lead to ``time``, which must be a multiple of ``step`` up to rounding."""
    ratio = real_number(time, name) / step
    if not 0 <= ratio <= MAX_STEPS:
        raise ArgumentError(f"{name} must lie between 0 and {MAX_STEPS} steps, got {name}={time} with step={step}.")
    nearest = round(ratio)
    if abs(ratio - nearest) > ROUNDING * max(1.0, ratio):
        raise ArgumentError(
            f"{name} must be a multiple of step, got {name}={time} with step={step}. "
            f"The nearest multiple is {nearest * step:.12g}; or take step={ratio * step / max(nearest, 1):.12g}."
        )
    return nearest


def _recorded(times: Sequence[float] | None, step: float, n_steps: int) -> tuple[int, ...]:
    if times is None:
        return (n_steps,)
    wanted = real_array(times, "times")
    if wanted.ndim != 1 or wanted.size == 0:
        raise ArgumentError(f"times must be a sequence of at least one time, got times.shape={wanted.shape}.")
    steps = tuple(_multiple(float(time), step, "times") for time in wanted)
    if any(later <= earlier for earlier, later in pairwise(steps)) or steps[-1] > n_steps:
        raise ArgumentError(
            f"times must ascend and not pass until={n_steps * step:.12g}, got {wanted[:8].tolist()}"
            f"{'...' if wanted.size > 8 else ''}."
        )
    return steps


def _recorded_steps(at: Sequence[int] | None, n_steps: int) -> tuple[int, ...]:
    if at is None:
        return (n_steps,)
    require(row("a sequence of ascending step numbers"), at, "at")
    wanted = tuple(whole_number(entry, "at", at_least=0, below=n_steps + 1) for entry in at)
    if not wanted or any(later <= earlier for earlier, later in pairwise(wanted)):
        raise ArgumentError(f"at must hold ascending step numbers, at least one, got {shown(at)}.")
    return wanted


def _initial_state(initial: Any, system: ItoProcess | Recursion, n_paths: int) -> np.ndarray:
    d = system.dimension
    start = real_array(initial, "initial")
    if start.shape not in ((d,), (n_paths, d)):
        raise ArgumentError(
            f"initial must hold one number per coordinate {tuple(system.state)}, shape ({d},), or one row per "
            f"trajectory, shape ({n_paths}, {d}); got initial.shape={start.shape}."
        )
    for i, x in enumerate(system.state):
        # Zero is allowed for a coordinate declared positive: it is the invariant point such processes approach.
        column = start[..., i]
        if (x.is_nonnegative and np.any(column < 0)) or (x.is_nonpositive and np.any(column > 0)):
            raise ArgumentError(
                f"initial contradicts the coordinate {x}, which was declared of one sign: got {float(column.min()):g}. "
                "Declare the coordinate real to lift the restriction."
            )
    return start


def _in_log_coordinates(
    process: ItoProcess, start: np.ndarray, values: dict[sp.Symbol, float | np.ndarray], n_paths: int
) -> tuple[ItoProcess, np.ndarray, dict[sp.Symbol, float | np.ndarray]]:
    chart = log_coordinates(process)
    if np.any(start == 0):
        raise ArgumentError("initial must not be 0 in log coordinates: the invariant point has no logarithm.")
    signs = np.sign(start[..., 0])
    return chart.process, np.log(np.abs(start)), {**values, side: float(signs) if signs.ndim == 0 else signs}


def _accumulators(
    accumulators: Any, one_step: OneStep, count_sign_changes: bool
) -> tuple[tuple[sp.Symbol, Accumulator], ...]:
    if accumulators is not None and not isinstance(accumulators, Mapping):
        raise ArgumentError(f"accumulators must map symbols to accumulators, got {type(accumulators).__name__}.")
    require(YES_OR_NO, count_sign_changes, "count_sign_changes")
    carried = list((accumulators or {}).items())
    if count_sign_changes:
        carried += [(sign_change_symbol(x), SignChanges(x)) for x in one_step.state]
    taken = {*one_step.state, *one_step.parameters, one_step.clock}
    for symbol, accumulator in carried:
        if not isinstance(symbol, sp.Symbol) or not isinstance(accumulator, Accumulator):
            raise ArgumentError(f"accumulators must map symbols to accumulators, got {shown(symbol)}: {accumulator!r}.")
        if symbol in taken:
            raise ArgumentError(f"the symbol {symbol} of an accumulator is taken already. Choose another.")
        taken.add(symbol)
        accumulator.initial(one_step.system)
    return tuple(carried)


def _free_parameters(
    one_step: OneStep,
    accumulators: Sequence[tuple[sp.Symbol, Accumulator]],
    observables: Sequence[tuple[Hashable, sp.Expr]],
) -> tuple[sp.Symbol, ...]:
    """Every symbol that needs a number, sorted by name."""
    free = set(one_step.parameters)
    for _, accumulator in accumulators:
        free |= accumulator.free_symbols
    for _, expression in observables:
        free |= expression.free_symbols
    known = {*one_step.state, *(symbol for symbol, _ in accumulators), one_step.clock}
    return tuple(sorted(free - known, key=lambda symbol: (symbol.name, str(symbol.assumptions0))))
