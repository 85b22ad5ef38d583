r"""When modes are learned: first passages of every replica, their order, means and quantiles, and who never arrives.

The teacher :math:`M = \sum_\alpha s_\alpha u_\alpha v_\alpha^\top` has taught mode :math:`\alpha` when
:math:`w_\alpha = u_\alpha^\top Wv_\alpha` first comes to a share of :math:`s_\alpha`. Weights are looked at every few
steps and the passage is put on the straight line between two looks, so a passage that is undone between two looks is
missed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy  # its submodules load on first use

from numerics.arguments import real_number, require, whole_number
from numerics.deep_linear.modes import Modes
from numerics.deep_linear.signal import DATA, Data
from numerics.errors import ArgumentError
from numerics.layered.dynamics import DYNAMICS, Dynamics
from numerics.layered.network import DenseNetwork, as_dense_network
from numerics.layered.observables import ModeAmplitude
from numerics.layered.train import train_layers
from numerics.simulation.options import BLOCK, Options, required_options
from numerics.statistics.estimators import Estimate, Proportion, mean, probability
from theory.deep_linear.layers import LayeredLinear

Array = np.ndarray

LOOKS = 200
"""Looks at the weights, unless it is said how often."""


@dataclass(frozen=True, eq=False)
class LearningTimes:
    """When each replica has learned each mode.

    Attributes:
        steps: Numbers of steps, between two looks by a straight line; infinite for a mode that was not learned, or in a
            replica that diverged. Shape ``(n, modes)``.
        diverged_at: The step at which each replica left the finite numbers, 0 if it did not. Shape ``(n,)``.
    """

    steps: Array
    diverged_at: Array

    @property
    def ranked(self) -> Array:
        """The order statistics of each replica: when it had learned one mode, two modes, ... Shape ``(n, modes)``."""
        return np.sort(self.steps, axis=1)

    def learned(self, mode: int) -> Proportion:
        """The replicas that learned a mode."""
        return Proportion(int(np.isfinite(self._of(mode)).sum()), len(self.steps))

    def orders(self) -> dict[tuple[int, ...], Proportion]:
        """The orders in which modes were learned, most frequent first, among the replicas that learned all of them."""
        done = self.steps[np.isfinite(self.steps).all(1)]
        found = Counter(tuple(map(int, row)) for row in np.argsort(done, axis=1, kind="stable"))
        return {order: Proportion(count, len(done)) for order, count in found.most_common()}

    def mean(self, mode: int) -> Estimate:
        """The mean number of steps to a mode.

        Raises:
            ArgumentError: a replica did not learn it, so that its time is not known.
        """
        times = self._of(mode)
        missing = int((~np.isfinite(times)).sum())
        if missing:
            raise ArgumentError(
                f"mode must be learned by every replica to have a mean time, but {missing} of {len(times)} did not "
                f"learn mode {mode}. Train for more steps, or ask for a quantile."
            )
        return mean(times)

    def quantile(self, mode: int, share: float, *, false_alarm: float) -> tuple[float, float]:
        r"""An interval for the time by which a share of all replicas has learned a mode, whatever the law.

        Its ends are order statistics of the n times: at most :math:`k` of n independent ones lie below the quantile
        with the binomial probability. The upper end is infinite where too few have learned it.

        Raises:
            ArgumentError: the share or the probability lies not between 0 and 1, or there is no such mode.
        """
        times, p = np.sort(self._of(mode)), probability(share, "share")
        tail, n = probability(false_alarm, "false_alarm") / 2, len(self.steps)
        counts = np.arange(n + 1)
        low = int((scipy.special.bdtr(counts, n, p) < tail).sum())
        high = int((scipy.special.bdtrc(counts, n, p) > tail).sum()) + 1
        # P(fewer than `low` below) <= tail, so the low-th smallest is a lower bound; 0 where none is.
        return float(times[low - 1]) if low else 0.0, float(times[high - 1]) if high <= n else math.inf

    def _of(self, mode: int) -> Array:
        return self.steps[:, whole_number(mode, "mode", at_least=0, below=self.steps.shape[1])]


def learning_times(
    network: DenseNetwork | LayeredLinear,
    data: Data,
    dynamics: Dynamics,
    *,
    initial: Mapping[str, Any],
    steps: int,
    n_replicas: int,
    seed: int,
    share: float = 0.95,
    every: int | None = None,
    modes: int | None = None,
    options: Options | None = None,
) -> LearningTimes:
    r"""Train replicas of a linear network and note when each learns each mode of the teacher.

    Args:
        network: A linear network.
        data: Its teacher, the least-squares map of a data set, has the modes.
        dynamics: What a step is.
        initial: First weights by name, as of :func:`~numerics.layered.train.train_layers`.
        steps: Steps of each replica.
        n_replicas: R.
        seed: Names the noise.
        share: Of the singular value at which a mode counts as learned.
        every: Steps between two looks; 200 looks unless given.
        modes: How many modes, by falling singular value; those whose singular values do not vanish unless given.
        options: As of :func:`~numerics.layered.train.train_layers`.

    Raises:
        ArgumentError: the network is not linear, there are not so many modes, or as :func:`train_layers`.
        DivergenceError: a replica diverged and ``options.on_divergence`` is "raise".

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> from numerics.layered import MiniBatchDescent
        >>> found = learning_times(
        ...     DenseNetwork((2, 2, 2)),
        ...     NoisyTeacher([[1.0, 0.0], [0.0, 0.5]]),
        ...     MiniBatchDescent(learning_rate=0.02),
        ...     initial={"W1": 0.1 * np.eye(2), "W2": 0.1 * np.eye(2)},
        ...     steps=1500,
        ...     n_replicas=100,
        ...     seed=1,
        ... )
        >>> found.orders()[0, 1].value, found.learned(1).value, bool((np.diff(found.ranked) > 0).all())
        (1.0, 1.0, True)
    """
    network = as_dense_network(network)
    require(DATA, data, "data")
    require(DYNAMICS, dynamics, "dynamics")
    options = required_options(options, "learning_times", unused=("device",))
    steps = whole_number(steps, "steps", at_least=1, below=2**53)
    n = whole_number(n_replicas, "n_replicas", at_least=1, below=2**31)
    part = real_number(share, "share")
    if part <= 0:
        raise ArgumentError(f"share must be positive, got {part:g}.")
    apart = max(1, steps // LOOKS) if every is None else whole_number(every, "every", at_least=1, below=steps + 1)
    values = np.linalg.svd(data.teacher, compute_uv=False)
    rank = int((values > 1e-12 * max(float(values[0]), 1e-300)).sum())
    count = rank if modes is None else whole_number(modes, "modes", at_least=1, below=rank + 1)
    if not count:
        raise ArgumentError("data must have a teacher that is not zero, to have modes.")
    frames = Modes.of_teacher(data)
    at = [*range(0, steps, apart), steps]
    found, diverged = [], []
    for first in range(0, n, BLOCK):
        window = slice(first, min(first + BLOCK, n))
        reader = _Passages([ModeAmplitude(network, frames, k) for k in range(count)], part * values[:count])
        run = train_layers(
            network,
            data,
            _replicas_of(dynamics, window, n),
            initial={name: _part(W, window, n, 3) for name, W in initial.items()}
            if isinstance(initial, Mapping)
            else initial,
            steps=steps,
            n_replicas=window.stop - window.start,
            seed=seed,
            at=at,
            observables={"passages": reader},
            labels=[0] * (window.stop - window.start),
            options=replace(options, first=options.first + first, keep_final=False),
        )
        times = reader.times(np.array(at, float))
        times[run.diverged_at > 0] = np.inf
        found.append(times)
        diverged.append(run.diverged_at)
    return LearningTimes(np.concatenate(found), np.concatenate(diverged))


@dataclass
class _Passages:
    """Keeps the amplitudes around the first passage of each replica."""

    amplitudes: list[ModeAmplitude]
    levels: Array
    looks: int = 0
    last: Array = field(default_factory=lambda: np.zeros(0))
    place: Array = field(default_factory=lambda: np.zeros(0))

    def __call__(self, weights: Mapping[str, Array]) -> Array:
        now = np.stack([amplitude(weights) for amplitude in self.amplitudes], axis=1)
        if not self.looks:
            self.last, self.place = now, np.where(now >= self.levels, 0.0, np.inf)
        else:
            with np.errstate(all="ignore"):
                part = (self.levels - self.last) / (now - self.last)
            passed = np.isinf(self.place) & (now >= self.levels)
            self.place = np.where(passed, self.looks - 1 + part, self.place)
            self.last = now
        self.looks += 1
        return np.zeros(len(now))

    def times(self, at: Array) -> Array:
        """Numbers of steps, from places between looks."""
        known = np.isfinite(self.place)
        return np.where(known, np.interp(np.where(known, self.place, 0.0), np.arange(len(at)), at), np.inf)


def _part(value: Any, window: slice, n: int, axes: int) -> Any:
    """The replicas of a window, where each has its own."""
    given = np.asarray(value) if isinstance(value, np.ndarray | list | tuple) else None
    return given[window] if given is not None and given.ndim == axes and len(given) == n else value


def _replicas_of(dynamics: Dynamics, window: slice, n: int) -> Dynamics:
    """The dynamics of the replicas of a window."""
    own = {name: _part(getattr(dynamics, name), window, n, 1) for name in dynamics.per_replica()}
    return replace(dynamics, **own)
