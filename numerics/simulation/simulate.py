r"""Simulation of many independent trajectories, reduced on the way to what is asked for.

Trajectories are worked through in blocks of :data:`BLOCK`. The noise of a trajectory depends on seed, stream,
trajectory and step alone, and the statistics of blocks are merged in the order of the blocks; so the result has the
same bits for any number of threads, any size of chunks, and any distribution of chunks over processes::

    plan = simulation_plan(process, ...)
    chunks = [simulate_chunk(plan, first, n) for first, n in chunk_bounds(plan)]  # in any order, anywhere
    simulation = merge_chunks(plan, chunks)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from numerics.errors import ArgumentError, DivergenceError
from numerics.kernels.kernel import SteppingKernel
from numerics.progress import Report, progress_report
from numerics.schemes import Scheme
from numerics.simulation.accumulators import Accumulator
from numerics.simulation.plan import Plan, sign_change_symbol, simulation_plan
from numerics.simulation.step_definition import StepDefinition, evaluator, kernel
from numerics.statistics.estimators import Estimate, Moments
from theory.ito import ItoProcess

BLOCK = 4096
"""Trajectories that are summed together. Part of the result's last bits, so it is no parameter."""

CHUNK = 16 * BLOCK
"""Trajectories that one kernel call advances: large enough for threads, small enough for the cache."""

WORK_PER_CALL = 2**24
"""Trajectory-steps between two looks at the keyboard, about 20 ms in the fused kernel."""

Statistics = Mapping[Hashable, tuple[Moments, ...]]
"""Name of an observable to its moments, one per recorded time."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Results of consecutive trajectories, not merged yet.

    Attributes:
        first_trajectory: Counted from the plan's first.
        n: Number of trajectories.
        blocks: Statistics of each block of :data:`BLOCK` trajectories.
        blow_ups: Trajectories that left the finite numbers.
        final: Last state, shape ``(n, d)``, or ``None``.
        accumulated: Last values of the accumulators, shape ``(n, number of accumulators)``, or ``None``.
        paths: States at the recorded times, shape ``(times, n, d)``, or ``None``.
        sign_changes: Counted jumps across zero, per coordinate.
    """

    first_trajectory: int
    n: int
    blocks: tuple[Statistics, ...]
    blow_ups: int
    final: np.ndarray | None
    accumulated: np.ndarray | None
    paths: np.ndarray | None
    sign_changes: Mapping[sp.Symbol, int]


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a simulation leaves behind.

    Attributes:
        times: Recorded times. Shape ``(T,)``.
        final: State at the last step, or ``None``. Shape ``(n_paths, d)``.
        statistics: Moments of each observable at each recorded time.
        blow_ups: Trajectories that left the finite numbers; the statistics are of the others.
        n_steps: Steps that each trajectory took.
        accumulated: Last value of each accumulator for each trajectory, where ``final`` is kept. Shape ``(n_paths,)``.
        sign_changes: Steps in which a coordinate changed sign, summed over trajectories; empty unless counted.
        paths: States at the recorded times, where asked for. Shape ``(T, n_paths, d)``.
    """

    times: np.ndarray
    final: np.ndarray | None
    statistics: Statistics
    blow_ups: int
    n_steps: int
    n_paths: int
    accumulated: Mapping[sp.Symbol, np.ndarray] = field(default_factory=dict)
    sign_changes: Mapping[sp.Symbol, int] = field(default_factory=dict)
    paths: np.ndarray | None = None

    def estimate(self, name: Hashable) -> Estimate:
        """The mean of an observable at the last recorded time."""
        if name not in self.statistics:
            raise ArgumentError(f"name must be one of the observables {list(self.statistics)}, got {name!r}.")
        return self.statistics[name][-1].mean_estimate


def simulate(
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
    keep_final: bool = True,
    paths: bool = False,
    backend: str = "auto",
    precision: str = "mixed",
    on_divergence: str = "raise",
    first_trajectory: int = 0,
    stream: int = 0,
    threads: int = 1,
    chunk: int = CHUNK,
    progress: bool | Report | None = None,
) -> Simulation:
    r"""Simulate independent trajectories of a process.

    Args:
        process: The Itô process; its coefficients may depend on time.
        parameters: A number for each symbol, or an array with one per trajectory.
        initial: One number per coordinate, or an array of shape ``(n_paths, d)``.
        step: Step size h.
        until: Final time, a multiple of ``step``.
        n_paths: Number of trajectories.
        seed: Names the noise, 64 bits.
        scheme: ``EulerMaruyama()`` unless given.
        times: When observables are taken, multiples of ``step``; the final time unless given.
        observables: Names to expressions in the state, parameters, accumulators and time, or a sequence of expressions,
            which are then their own names. Evaluated in float64.
        accumulators: Symbols to functionals of the path; see :mod:`numerics.simulation.accumulators`.
        coordinates: ``"log"`` steps :math:`y = \log|x|` (:mod:`numerics.simulation.log_coordinates`); ``initial`` is
        still x,
            while ``final``, observables and accumulators speak of ``log_distance``.
        count_sign_changes: Count the steps in which a coordinate jumps across zero.
        keep_final: Keep the last states, one row per trajectory.
        paths: Keep the states at ``times`` too, for pictures of a few trajectories.
        backend: ``"cpu"`` is the fused kernel, ``"numpy"`` its plain twin, ``"auto"`` the first that is available.
        precision: ``"mixed"`` (float64 state, float32 normals), ``"float64"`` or ``"float32"``.
        on_divergence: ``"raise"``, or ``"count"`` to go on with the finite trajectories.
        first_trajectory: Number of the first trajectory, for runs that continue others.
        stream: Names independent noise under the same seed.
        threads: Threads of the fused kernel. Does not change the result.
        chunk: Trajectories per kernel call, a multiple of :data:`BLOCK`. Does not change the result.
        progress: ``True``, ``False``, ``None`` (a bar for people and long runs only) or a callback ``(done, total)`` in
            trajectory-steps.

    Raises:
        ArgumentError, MissingParameterError, SchemeError: before anything is computed.
        DivergenceError: a trajectory or an observable left the finite numbers.

    Example:
        >>> from theory.notation import theta, zeta
        >>> process = ItoProcess.scalar(theta, drift=-theta, dispersion=zeta)
        >>> run = simulate(process, parameters={zeta: 1.0}, initial=[1.0], step=0.5, until=1.0, n_paths=8, seed=1)
        >>> run.final.shape, run.n_steps
        ((8, 1), 2)
    """
    plan = simulation_plan(
        process,
        parameters=parameters,
        initial=initial,
        step=step,
        until=until,
        n_paths=n_paths,
        seed=seed,
        scheme=scheme,
        times=times,
        observables=observables,
        accumulators=accumulators,
        coordinates=coordinates,
        count_sign_changes=count_sign_changes,
        keep_final=keep_final,
        paths=paths,
        backend=backend,
        precision=precision,
        on_divergence=on_divergence,
        first_trajectory=first_trajectory,
        stream=stream,
    )
    return run_plan(plan, threads=threads, chunk=chunk, progress=progress)


def run_plan(
    plan: Plan,
    *,
    threads: int = 1,
    chunk: int = CHUNK,
    progress: bool | Report | None = None,
    title: str = "simulating",
) -> Simulation:
    """Run all chunks of a plan here, one after the other; the arguments are those of :func:`simulate`.

    Args:
        plan: From :func:`numerics.simulation.plan.simulation_plan` or :func:`numerics.simulation.plan.iteration_plan`.
        threads: Threads of the fused kernel.
        chunk: Trajectories per kernel call.
        progress: As for :func:`simulate`.
        title: What the progress bar is called.
    """
    _require_threads(threads)
    bounds = chunk_bounds(plan, chunk)
    total = plan.n_paths * plan.n_steps
    with progress_report(progress, title) as report:
        chunks, done = [], 0
        for first, n in bounds:

            def step_report(steps: int, base: int = done, width: int = n) -> None:
                report(base + steps * width, total)

            chunks.append(simulate_chunk(plan, first, n, threads=threads, report=step_report))
            done += n * plan.n_steps
    return merge_chunks(plan, chunks)


def chunk_bounds(plan: Plan, chunk: int = CHUNK) -> list[tuple[int, int]]:
    """First trajectory and size of each chunk, in order; ``chunk`` must be a multiple of :data:`BLOCK`."""
    if not isinstance(chunk, int) or isinstance(chunk, bool) or chunk < BLOCK or chunk % BLOCK:
        raise ArgumentError(f"chunk must be a positive multiple of {BLOCK}, got chunk={chunk!r}.")
    return [(first, min(chunk, plan.n_paths - first)) for first in range(0, plan.n_paths, chunk)]


def _require_threads(threads: Any) -> None:
    if not isinstance(threads, int) or isinstance(threads, bool) or not 1 <= threads <= 1024:
        raise ArgumentError(f"threads must be a whole number from 1 to 1024, got threads={threads!r}.")


def simulate_chunk(
    plan: Plan, first_trajectory: int, n: int, *, threads: int = 1, report: Callable[[int], None] | None = None
) -> Chunk:
    """Simulate ``n`` trajectories of a plan, beginning with ``first_trajectory`` (counted from the plan's first).

    Args:
        plan: From :func:`numerics.simulation.plan.simulation_plan` or :func:`numerics.simulation.plan.iteration_plan`.
        first_trajectory: A multiple of :data:`BLOCK`.
        n: A multiple of :data:`BLOCK` too, unless these are the plan's last trajectories.
        threads: Threads of the fused kernel.
        report: Called with the number of steps done so far.
    """
    _require_threads(threads)
    _require_whole_blocks(plan, first_trajectory, n)
    window = slice(first_trajectory, first_trajectory + n)
    definition = StepDefinition(plan.one_step, plan.accumulators, plan.symbols)
    stepping = kernel(definition, plan.backend, plan.precision)
    parameters = _parameter_rows(plan, window)
    state = _initial_rows(plan, definition, parameters, window, n)
    d = plan.one_step.dimension
    paths = np.empty((len(plan.recorded), n, d)) if plan.keep_paths else None
    records: list[list[dict[Hashable, Moments]]] = []
    alive = np.ones(n, dtype=bool)
    reached = 0
    for target in (*plan.recorded, *([plan.n_steps] if plan.recorded[-1] < plan.n_steps else [])):
        _advance(stepping, plan, state, parameters, (reached, target), first_trajectory, threads, report)
        reached = target
        _note_divergence(plan, state, alive, target)
        if len(records) < len(plan.recorded):
            if paths is not None:
                paths[len(records)] = state[:d].T
            records.append(_observe(plan, definition, state, parameters, alive, target))
    blocks = tuple(
        {name: tuple(record[block][name] for record in records) for name, _ in plan.observables}
        for block in range(len(records[0]))
    )
    keep = plan.keep_final
    return Chunk(
        first_trajectory=first_trajectory,
        n=n,
        blocks=blocks,
        blow_ups=int(n - alive.sum()),
        final=state[:d].T.astype(np.float64) if keep else None,
        accumulated=state[d : d + len(plan.accumulators)].T.astype(np.float64) if keep else None,
        paths=paths,
        sign_changes=_sign_changes(plan, state),
    )


def merge_chunks(plan: Plan, chunks: Iterable[Chunk]) -> Simulation:
    """Put the chunks of a plan together, in the order of their trajectories.

    Raises:
        ArgumentError: the chunks do not cover the plan exactly once.
    """
    ordered = sorted(chunks, key=lambda chunk: chunk.first_trajectory)
    expected = 0
    for chunk in ordered:
        if chunk.first_trajectory != expected:
            raise ArgumentError(
                f"chunks must cover the plan exactly once, but trajectory {expected} is missing or repeated "
                f"(next chunk begins at {chunk.first_trajectory})."
            )
        expected += chunk.n
    if expected != plan.n_paths:
        raise ArgumentError(f"chunks must cover the plan's {plan.n_paths} trajectories, got {expected}.")
    blocks = [block for chunk in ordered for block in chunk.blocks]
    statistics = {
        name: tuple(Moments.merged(block[name][i] for block in blocks) for i in range(len(plan.recorded)))
        for name, _ in plan.observables
    }
    carried = _joined([chunk.accumulated for chunk in ordered], 0)
    return Simulation(
        times=plan.times,
        final=_joined([chunk.final for chunk in ordered], 0),
        statistics=statistics,
        blow_ups=sum(chunk.blow_ups for chunk in ordered),
        n_steps=plan.n_steps,
        n_paths=plan.n_paths,
        accumulated={} if carried is None else {s: carried[:, i] for i, (s, _) in enumerate(plan.accumulators)},
        sign_changes={name: sum(chunk.sign_changes[name] for chunk in ordered) for name in ordered[0].sign_changes},
        paths=_joined([chunk.paths for chunk in ordered], 1),
    )


def _joined(parts: Sequence[np.ndarray | None], axis: int) -> np.ndarray | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present, axis=axis) if present else None


def _require_whole_blocks(plan: Plan, first: int, n: int) -> None:
    end = first + n
    if first < 0 or n < 1 or end > plan.n_paths or first % BLOCK or (end % BLOCK and end != plan.n_paths):
        raise ArgumentError(
            f"a chunk must consist of whole blocks of {BLOCK} trajectories of the plan's {plan.n_paths}, "
            f"got first_trajectory={first}, n={n}. Take the bounds from chunk_bounds(plan)."
        )


def _parameter_rows(plan: Plan, window: slice) -> np.ndarray:
    """Shape ``(P,)`` where every parameter is one number, else ``(P, n)``."""
    if all(isinstance(value, float) for value in plan.parameters):
        return np.array(plan.parameters, dtype=np.float64)
    columns = [value[window] if isinstance(value, np.ndarray) else value for value in plan.parameters]
    return np.ascontiguousarray(np.stack(np.broadcast_arrays(*columns)))


def _initial_rows(plan: Plan, definition: StepDefinition, parameters: np.ndarray, window: slice, n: int) -> np.ndarray:
    """The kernel's state at time zero. Shape ``(rows, n)``."""
    start = plan.initial if plan.initial.ndim == 1 else plan.initial[window].T
    begin = evaluator(tuple(definition.initial_expressions()), (*plan.one_step.state, *plan.symbols))
    rows = begin(*start, *parameters)
    state = np.empty((len(rows), n), dtype=np.float32 if plan.precision == "float32" else np.float64)
    for target, row in zip(state, rows, strict=True):
        target[:] = row
    return state


def _advance(
    stepping: SteppingKernel,
    plan: Plan,
    state: np.ndarray,
    parameters: np.ndarray,
    steps: tuple[int, int],
    first_trajectory: int,
    threads: int,
    report: Callable[[int], None] | None,
) -> None:
    """Run the kernel in calls short enough for an interrupt to be answered between them."""
    reached, target = steps
    per_call = max(1, WORK_PER_CALL // state.shape[1])
    while reached < target:
        n_steps = min(per_call, target - reached)
        stepping.advance(
            state,
            parameters,
            step=plan.step,
            first_step=reached,
            n_steps=n_steps,
            seed=plan.seed,
            first_trajectory=plan.first_trajectory + first_trajectory,
            stream=plan.stream,
            threads=threads,
        )
        reached += n_steps
        if report is not None:
            report(reached)


def _note_divergence(plan: Plan, state: np.ndarray, alive: np.ndarray, reached: int) -> None:
    """Strike diverged trajectories off ``alive``, for good: an infinite state may come back as a finite number."""
    alive &= np.isfinite(state).all(axis=0)
    lost = int(alive.size - alive.sum())
    if lost and plan.raise_on_divergence:
        raise DivergenceError(
            f"{lost} of {alive.size} trajectories left the finite numbers by {_clock(plan, reached)}. "
            f"{plan.one_step.remedy(plan.step)}, or on_divergence='count' to go on without them."
        )


def _clock(plan: Plan, reached: int) -> str:
    return f"{plan.one_step.clock}={reached * plan.step:g}"


def _observe(
    plan: Plan, definition: StepDefinition, state: np.ndarray, parameters: np.ndarray, alive: np.ndarray, reached: int
) -> list[dict[Hashable, Moments]]:
    """Moments of every observable, one mapping per block."""
    names = [name for name, _ in plan.observables]
    rows = definition.rows[: plan.one_step.dimension + len(plan.accumulators)]
    evaluate = (
        evaluator(tuple(f for _, f in plan.observables), (*rows, *plan.symbols, plan.one_step.clock)) if names else None
    )
    record = []
    for first in range(0, state.shape[1], BLOCK):
        block = slice(first, first + BLOCK)
        if evaluate is None:
            record.append({})
            continue
        x = state[: len(rows), block].astype(np.float64)
        values = parameters if parameters.ndim == 1 else parameters[:, block]
        with np.errstate(all="ignore"):
            observed = evaluate(*x, *values, np.float64(reached * plan.step))
        record.append(
            {
                name: _block_moments(plan, name, np.broadcast_to(f, x.shape[1:]), alive[block], reached)
                for name, f in zip(names, observed, strict=True)
            }
        )
    return record


def _block_moments(plan: Plan, name: Hashable, values: np.ndarray, alive: np.ndarray, reached: int) -> Moments:
    defined = alive & np.isfinite(values)
    undefined = int(alive.sum() - defined.sum())
    if undefined and plan.raise_on_divergence:
        raise DivergenceError(
            f"the observable {name} is NaN or infinite for {undefined} of {alive.size} finite trajectories at "
            f"{_clock(plan, reached)}. Choose one defined on all reachable states, or on_divergence='count'."
        )
    if not defined.any():
        return Moments()
    try:
        return Moments.from_samples(values[defined])
    except ArgumentError as error:
        raise DivergenceError(f"the observable {name} at {_clock(plan, reached)}: {error}") from None


def _sign_changes(plan: Plan, state: np.ndarray) -> dict[sp.Symbol, int]:
    """Counts of the accumulators that ``count_sign_changes`` added."""
    d = plan.one_step.dimension
    counted = {symbol: i for i, (symbol, _) in enumerate(plan.accumulators)}
    return {
        x: int(np.nansum(state[d + counted[sign_change_symbol(x)]]))
        for x in plan.one_step.state
        if sign_change_symbol(x) in counted
    }
