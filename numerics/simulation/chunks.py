"""Chunks of a plan: blocks of trajectories simulated anywhere, in any order, and merged in theirs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from numerics.arguments import iterable, require, takes
from numerics.errors import ArgumentError
from numerics.kernels.kernel import Precision, SteppingKernel
from numerics.simulation.observing import note_divergence, observe, sign_changes
from numerics.simulation.options import BLOCK
from numerics.simulation.plan import Plan
from numerics.simulation.step_definition import StepDefinition, evaluator, kernel
from numerics.statistics.estimators import Estimate, Moments
from numerics.statistics.recorded import Statistics, estimate_at_the_end, merged_statistics
from theory.argument_kinds import FUNCTION, ArgumentKind, one_of, or_none, whole

WORK_PER_CALL = 2**24
"""Trajectory-steps between two looks at the keyboard, about 20 ms in the fused kernel."""


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


PLAN = one_of(Plan, needed="a Plan, from simulation_plan or iteration_plan")
TRAJECTORIES = whole(0, 2**48)
CHUNKS = ArgumentKind(
    "a sequence of chunks, at least one",
    lambda value: isinstance(value, list) and bool(value) and all(isinstance(chunk, Chunk) for chunk in value),
)


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
        return estimate_at_the_end(self.statistics, name)


@takes(plan=PLAN)
def chunk_bounds(plan: Plan) -> list[tuple[int, int]]:
    """First trajectory and size of each chunk, in order; as many at once as the plan's ``options.chunk``."""
    chunk = plan.options.chunk
    return [(first, min(chunk, plan.n_paths - first)) for first in range(0, plan.n_paths, chunk)]


@takes(plan=PLAN, first_trajectory=TRAJECTORIES, n=TRAJECTORIES, report=or_none(FUNCTION))
def simulate_chunk(plan: Plan, first_trajectory: int, n: int, *, report: Callable[[int], None] | None = None) -> Chunk:
    """Simulate ``n`` trajectories of a plan, beginning with ``first_trajectory`` (counted from the plan's first).

    Args:
        plan: From :func:`numerics.simulation.plan.simulation_plan` or :func:`numerics.simulation.plan.iteration_plan`.
        first_trajectory: A multiple of :data:`BLOCK`.
        n: A multiple of :data:`BLOCK` too, unless these are the plan's last trajectories.
        report: Called with the number of steps done so far.
    """
    _require_whole_blocks(plan, first_trajectory, n)
    window = slice(first_trajectory, first_trajectory + n)
    definition = StepDefinition(plan.one_step, plan.accumulators, plan.symbols)
    stepping = kernel(definition, plan.options.backend, plan.options.precision)
    parameters = _parameter_rows(plan, window)
    state = _initial_rows(plan, definition, parameters, window, n)
    d = plan.one_step.dimension
    paths = np.empty((len(plan.recorded), n, d)) if plan.keep_paths else None
    records: list[list[dict[Hashable, Moments]]] = []
    alive = np.ones(n, dtype=bool)
    reached = 0
    for target in (*plan.recorded, *([plan.n_steps] if plan.recorded[-1] < plan.n_steps else [])):
        _advance(stepping, plan, state, parameters, (reached, target), first_trajectory, report)
        reached = target
        note_divergence(plan, state, alive, target)
        if len(records) < len(plan.recorded):
            if paths is not None:
                paths[len(records)] = state[:d].T
            records.append(observe(plan, definition, state, parameters, alive, target))
    blocks = tuple(
        {name: tuple(record[block][name] for record in records) for name, _ in plan.observables}
        for block in range(len(records[0]))
    )
    keep = plan.options.keep_final
    return Chunk(
        first_trajectory=first_trajectory,
        n=n,
        blocks=blocks,
        blow_ups=int(n - alive.sum()),
        final=state[:d].T.astype(np.float64) if keep else None,
        accumulated=state[d : d + len(plan.accumulators)].T.astype(np.float64) if keep else None,
        paths=paths,
        sign_changes=sign_changes(plan, state),
    )


@takes(plan=PLAN, chunks=iterable("an iterable of chunks"))
def merge_chunks(plan: Plan, chunks: Iterable[Chunk]) -> Simulation:
    """Put the chunks of a plan together, in the order of their trajectories.

    Raises:
        ArgumentError: the chunks do not cover the plan exactly once.
    """
    chunks = list(chunks)
    require(CHUNKS, chunks, "chunks")
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
    carried = _joined([chunk.accumulated for chunk in ordered], 0)
    return Simulation(
        times=plan.times,
        final=_joined([chunk.final for chunk in ordered], 0),
        statistics=merged_statistics((block for chunk in ordered for block in chunk.blocks), len(plan.recorded)),
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
    state = np.empty((len(rows), n), dtype=np.float32 if plan.options.precision is Precision.FLOAT32 else np.float64)
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
            first_trajectory=plan.options.first + first_trajectory,
            stream=plan.options.stream,
            threads=plan.options.threads,
        )
        reached += n_steps
        if report is not None:
            report(reached)
