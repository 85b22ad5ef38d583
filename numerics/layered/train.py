r"""Train many small networks at once: replicas side by side in the fused kernel, statistics on the way.

    DenseNetwork + Data + Dynamics  ->  layer program  ->  kernel  ->  LayeredRun

What a replica sees depends on seed, stream, replica and step alone, and replicas are summed block by block in their
order; so the result has the same bits for any number of threads, size of chunks, and order of pieces. No trajectory is
stored. Networks of any other kind, and losses of any other kind: :mod:`numerics.sgd.replicas`.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.arguments import require, require_accepts, whole_number
from numerics.deep_linear.signal import Data
from numerics.errors import ArgumentError, DivergenceError
from numerics.kernels.layer_kernel import LayerKernel
from numerics.layered.backend import (
    chunk_size,
    layer_kernel,
    require_enough_samples_told_apart,
    require_memory,
    require_representable,
)
from numerics.layered.dynamics import DYNAMICS, Dynamics
from numerics.layered.initial import first_state
from numerics.layered.network import DenseNetwork, as_dense_network
from numerics.layered.observables import Observable
from numerics.layered.run import LayeredRun
from numerics.layered.steps import LayerSteps, layer_steps
from numerics.progress import progress_report
from numerics.simulation.options import BLOCK, OnDivergence, Options, required_options
from numerics.statistics.estimators import Moments
from numerics.statistics.groups import replicas_by_label
from numerics.statistics.recorded import Statistics, merged_statistics
from theory.argument_kinds import one_of
from theory.deep_linear.layers import LayeredLinear
from theory.values import shown

Array = np.ndarray

LARGEST_OBSERVED = 1e70
"""Observables beyond this are on their way to infinity, and left out with those that are there: their fourth powers
would overflow."""

PIECES = 8
"""Pieces in which steps are made again to find the one at which a replica diverged."""

WORK_PER_CALL = 2**32
"""Multiplications between two looks at the keyboard, a fraction of a second in the fused kernel. Each call lays the
weights out anew, so that shorter ones cost up to a tenth of the time."""


def train_layers(
    network: DenseNetwork | LayeredLinear,
    data: Data,
    dynamics: Dynamics,
    *,
    initial: Mapping[str, Any],
    steps: int,
    n_replicas: int,
    seed: int,
    at: Sequence[int] | None = None,
    observables: Mapping[Hashable, Observable] | None = None,
    labels: Sequence[Hashable] | None = None,
    options: Options | None = None,
) -> LayeredRun:
    r"""Train replicas of a small network.

    Args:
        network: Widths, activations, biases, frozen layers, weight decay.
        data: Fresh Gaussian data of a :class:`~numerics.deep_linear.signal.NoisyTeacher`, or a
            :class:`~numerics.deep_linear.signal.DataSet`.
        dynamics: What a step is; see :mod:`numerics.layered.dynamics`.
        initial: First weights by name, shape ``(rows, columns)``, or ``(n_replicas, rows, columns)``;
            :func:`~numerics.layered.initial.gaussian_layers` and :func:`~numerics.layered.initial.balanced_layers`
            make some.
        steps: Steps of each replica.
        n_replicas: R.
        seed: Names the noise, 64 bits.
        at: Numbers of steps after which observables are taken, ascending, 0 for the start; ``steps`` unless given.
        observables: Name to function of the weights; see :mod:`numerics.layered.observables`.
        labels: One label per replica; statistics are then kept apart by label.
        options: How it is run: backend, precision, threads, chunk, first replica, stream, progress, and what happens on
            divergence. With ``on_divergence="count"`` the others go on, and ``diverged_at`` tells the step of each.
            Batches are drawn by uniforms of 23 bits in float32 and of 32 in the mixed precision, so data sets of more
            than :math:`2^{16}` and :math:`2^{25}` samples are refused there.

    Raises:
        ArgumentError: before anything runs: an argument is out of range, does not fit the others, or asks for more
            memory than there is.
        DivergenceError: a replica left the finite numbers and ``options.on_divergence`` is "raise".

    Warns:
        FallbackWarning: the network is too wide for the caches, with what that costs.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> from numerics.layered.dynamics import MiniBatchDescent
        >>> run = train_layers(
        ...     DenseNetwork((1, 1)),
        ...     NoisyTeacher([[2.0]]),
        ...     MiniBatchDescent(learning_rate=0.1),
        ...     initial={"W1": [[0.0]]},
        ...     steps=200,
        ...     n_replicas=8,
        ...     seed=7,
        ... )
        >>> run.final["W1"].shape, bool(abs(run.final["W1"] - 2).max() < 1e-3)
        ((8, 1, 1), True)
    """
    network = as_dense_network(network)
    require(DYNAMICS, dynamics, "dynamics")
    options = required_options(options, "train_layers", unused=("device",))
    steps = whole_number(steps, "steps", at_least=0, below=2**53)
    n_replicas = whole_number(n_replicas, "n_replicas", at_least=1, below=2**31)
    whole_number(seed, "seed", at_least=0, below=2**64)
    recipe = layer_steps(network, data, dynamics)
    plan = _Plan(
        network,
        recipe,
        first_state(network, recipe.program, initial, n_replicas) | recipe.first,
        _numbers(recipe, n_replicas),
        dynamics.factors(steps),
        n_replicas,
        seed,
        _recorded(at, steps),
        _observables(observables),
        None if labels is None else replicas_by_label(labels, n_replicas),
        options,
    )
    plan.refuse_a_mixture()
    require_enough_samples_told_apart(recipe.program, options.precision)
    require_memory(recipe.program, n_replicas, options)
    kernel = layer_kernel(recipe.program, options)
    start = {f"initial[{name!r}]": value for name, value in plan.state.items()}
    require_representable({**start, **plan.numbers, **recipe.constants}, kernel.dtype)
    chunk = chunk_size(recipe.program, options)
    kept = network.weights if options.keep_final else ()
    parts, final = [], {each.name: np.empty((n_replicas, *each.shape)) for each in kept}
    with progress_report(options.progress, "training networks") as report:
        for first in range(0, n_replicas, chunk):
            here = _Chunk(plan, kernel, first, min(chunk, n_replicas - first))
            parts.append(here.run(report))
            for name, value in here.weights(slice(0, here.n)).items() if final else ():
                final[name][first : first + here.n] = value
    diverged_at = np.concatenate([part.diverged_at for part in parts])
    return LayeredRun(
        steps=np.array(plan.at),
        statistics=merged_statistics((block for part in parts for block in part.blocks), len(plan.at)),
        final=final if options.keep_final else None,
        diverged_at=diverged_at,
        first_replica=options.first,
        n_steps=steps,
    )


STEPS_PER_CALL = 2**20
"""Steps of one call, whose factors are held as an array."""


@dataclass(frozen=True, eq=False)
class _Plan:
    """A run, checked."""

    network: DenseNetwork
    recipe: LayerSteps
    state: dict[str, Array]
    numbers: dict[str, Array]
    factors: Array
    n_replicas: int
    seed: int
    at: list[int]
    observables: dict[Hashable, Observable]
    groups: dict[Hashable, Array] | None
    options: Options

    def refuse_a_mixture(self) -> None:
        """Refuse averages over replicas that differ in a number."""
        mixed = [name for name, value in self.recipe.numbers.items() if len(np.unique(value)) > 1]
        if mixed and self.observables and self.groups is None:
            raise ArgumentError(
                f"labels must tell replicas with different {mixed[0]} apart, or the observables would be averaged over "
                f"a mixture. Give labels={mixed[0]}, one label per replica."
            )


@dataclass(frozen=True, eq=False)
class _Part:
    """What stays of consecutive replicas when their weights are gone."""

    blocks: list[Statistics]
    diverged_at: Array


class _Chunk:
    """Consecutive replicas, advanced together."""

    def __init__(self, plan: _Plan, kernel: LayerKernel, first: int, n: int) -> None:
        self.plan, self.kernel, self.first, self.n = plan, kernel, first, n
        window = slice(first, first + n)
        program = plan.recipe.program
        self.state = np.empty((program.size, n), kernel.dtype)
        place = 0
        for each in program.weights:
            value, size = plan.state[each.name], each.shape[0] * each.shape[1]
            rows = value[window].reshape(n, size).T if value.ndim == 3 else value.reshape(size, 1)
            self.state[place : place + size] = rows
            place += size
        self.parameters = np.array(
            [np.broadcast_to(plan.numbers[name], plan.n_replicas)[window] for name in program.parameters]
        ).reshape(len(program.parameters), n)
        self.diverged_at = np.zeros(n, np.int64)
        self.done = 0

    def run(self, report: Any) -> _Part:
        """All steps."""
        plan, records = self.plan, []
        back = any(getattr(each, "looks_back", False) for each in plan.observables.values())
        for target in (*plan.at, *([len(plan.factors)] if plan.at[-1] < len(plan.factors) else [])):
            before = None
            if back and target > 0 and target in plan.at:
                self._advance(target - 1, report)
                before = self.weights(slice(0, self.n))
            self._advance(target, report)
            if len(records) < len(plan.at):
                records.append(self._observed(before))
        blocks = [
            {name: tuple(record[block][name] for record in records) for name in records[0][block]}
            for block in range(len(records[0]))
        ]
        return _Part(blocks, self.diverged_at)

    def _advance(self, target: int, report: Any) -> None:
        """Go on to the step ``target``, in calls short enough for an interrupt to be answered."""
        plan = self.plan
        work = max(1, plan.recipe.program.multiplications) * self.n
        at_once = max(1, min(STEPS_PER_CALL, WORK_PER_CALL // work))
        while self.done < target:
            count = min(at_once, target - self.done)
            before = self.state.copy()
            self._call(self.state, slice(0, self.n), self.done, count)
            lost = ~np.isfinite(self.state).all(0) & (self.diverged_at == 0)
            if 16 * lost.sum() > self.n:
                self._find_divergence(before, slice(0, self.n), self.done, count, lost)
            else:
                for j in map(int, np.flatnonzero(lost)):
                    alone = slice(j, j + 1)
                    self._find_divergence(before[:, alone], alone, self.done, count, lost[alone])
            if lost.any() and plan.options.on_divergence is OnDivergence.RAISE:
                self._raise()
            self.done += count
            report((self.first * len(plan.factors)) + self.done * self.n, plan.n_replicas * len(plan.factors))

    def _call(self, state: Array, window: slice, done: int, count: int) -> None:
        plan = self.plan
        self.kernel.advance(
            state,
            self.parameters[:, window],
            plan.recipe.constants,
            plan.factors[done : done + count],
            seed=plan.seed,
            first_step=done,
            first_trajectory=plan.options.first + self.first + window.start,
            stream=plan.options.stream,
            threads=plan.options.threads,
        )

    def _find_divergence(self, before: Array, window: slice, done: int, count: int, lost: Array) -> None:
        """Note the step after which each lost replica is no longer finite: the steps again, in ever shorter pieces."""
        found = self.diverged_at[window]
        already = lost & ~np.isfinite(before).all(0)
        found[already] = done
        lost = lost & ~already
        state, end, piece = np.ascontiguousarray(before.copy()), done + count, -(-count // PIECES)
        while lost.any() and done < end:
            length, start = min(piece, end - done), state.copy()
            self._call(state, window, done, length)
            gone = lost & ~np.isfinite(state).all(0)
            if length == 1:
                found[gone] = done + 1
            elif gone.any():
                self._find_divergence(start, window, done, length, gone)
            lost, done = lost & ~gone, done + length

    def _raise(self) -> None:
        diverged = np.flatnonzero(self.diverged_at)
        j = diverged[np.argmin(self.diverged_at[diverged])]
        first = self.plan.options.first + self.first
        these = f"{self.n} replicas" if not first and self.n == self.plan.n_replicas else self._numbered(first)
        raise DivergenceError(
            f"{len(diverged)} of {these} left the finite numbers, the first of them replica {first + j} at step "
            f"{self.diverged_at[j]}. Lower the learning rate, or go on with the others by "
            'options=Options(on_divergence="count").'
        )

    def _numbered(self, first: int) -> str:
        """The replicas of this chunk, where it is not the whole run: how many of the others diverge is not known."""
        return f"the replicas {first} to {first + self.n - 1}"

    def weights(self, window: slice) -> dict[str, Array]:
        """Weights by name in float64, shape ``(n, rows, columns)``."""
        named, place = {}, 0
        names = {each.name for each in self.plan.network.weights}
        for each in self.plan.recipe.program.weights:
            size = each.shape[0] * each.shape[1]
            if each.name in names:
                rows = self.state[place : place + size, window]
                named[each.name] = np.ascontiguousarray(rows.T, np.float64).reshape(-1, *each.shape)
            place += size
        return named

    def _observed(self, before: dict[str, Array] | None) -> list[dict[Hashable, Moments]]:
        """Moments of every observable, one mapping per block of replicas."""
        plan, record = self.plan, []
        for start in range(0, self.n, BLOCK):
            block = slice(start, min(start + BLOCK, self.n))
            weights = self.weights(block) if plan.observables else {}
            earlier = None if before is None else {name: value[block] for name, value in before.items()}
            alive = self.diverged_at[block] == 0
            here = slice(self.first + block.start, self.first + block.stop)
            moments: dict[Hashable, Moments] = {}
            for name, observable in plan.observables.items():
                values = self._values(name, observable, weights, earlier)
                groups = {name: alive}
                if plan.groups is not None:
                    groups = {(name, label): members[here] & alive for label, members in plan.groups.items()}
                for key, members in groups.items():
                    moments[key] = self._moments(key, values[members])
            record.append(moments)
        return record

    def _values(self, name: Hashable, observable: Observable, weights: Any, before: Any) -> Array:
        with np.errstate(all="ignore"):
            back = getattr(observable, "looks_back", False)
            if back and before is None:
                raise ArgumentError(f"the observable {name!r} compares with the step before, so at must not hold 0.")
            try:
                values = observable(weights, before) if back else observable(weights)
            except KeyError as error:
                if error.args and error.args[0] in weights:
                    raise
                raise ArgumentError(
                    f"the observable {name!r} asks for {error.args[0]!r}, which is no weight. "
                    f"Weights: {', '.join(weights)}."
                ) from error
        count = len(next(iter(weights.values())))
        values = np.asarray(values)
        if values.shape != (count,) or values.dtype.kind not in "fiub":
            raise ArgumentError(
                f"the observable {shown(name)} must give one real number per replica, shape ({count},), "
                f"got shape {values.shape} of {values.dtype}."
            )
        return values.astype(np.float64)

    def _moments(self, name: Hashable, values: Array) -> Moments:
        finite = np.abs(values) <= LARGEST_OBSERVED
        if not finite.all() and self.plan.options.on_divergence is OnDivergence.RAISE:
            raise DivergenceError(
                f"the observable {name!r} is NaN or beyond {LARGEST_OBSERVED:g} for {int((~finite).sum())} of "
                f"{len(values)} finite replicas at step {self.done}. Choose one defined everywhere, or "
                'options=Options(on_divergence="count").'
            )
        return Moments.from_samples(values[finite]) if finite.any() else Moments()


def _recorded(at: Any, steps: int) -> list[int]:
    if at is None:
        return [steps]
    require(one_of(list, tuple, range, np.ndarray, needed="a sequence of step numbers"), at, "at")
    given = at.ravel() if isinstance(at, np.ndarray) else at
    numbers = [whole_number(k, "at", at_least=0, below=steps + 1) for k in given]
    if not numbers or any(first >= second for first, second in itertools.pairwise(numbers)):
        raise ArgumentError(f"at must hold ascending numbers of steps, got {numbers}.")
    return numbers


def _observables(given: Any) -> dict[Hashable, Observable]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(callable(each) for each in given.values()):
        raise ArgumentError(f"observables must map names to functions of the weights, got {shown(given)}.")
    for name, each in given.items():
        require_accepts(each, 2 if getattr(each, "looks_back", False) else 1, f"the observable {shown(name)}")
    return dict(given)


def _numbers(recipe: LayerSteps, n_replicas: int) -> dict[str, Array]:
    for name, value in recipe.numbers.items():
        if value.shape not in ((), (n_replicas,)):
            raise ArgumentError(
                f"{name} must be one number, or one per replica: {n_replicas} replicas, got shape {value.shape}."
            )
    return recipe.numbers
