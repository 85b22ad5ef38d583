"""What training many replicas leaves behind, whatever holds their weights, and how pieces of it are put together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from numerics.errors import ArgumentError
from numerics.statistics.estimators import Estimate
from numerics.statistics.recorded import Statistics, estimate_at_the_end, merged_statistics


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """What training leaves behind.

    Attributes:
        steps: Numbers of steps done when the observables were taken. Shape ``(T,)``.
        statistics: Moments over replicas of each observable at each of ``steps``, keyed by its name, or by
            ``(name, label)`` where replicas were labelled. Diverged replicas do not enter.
        final: Last weights by name, shape ``(R, ...)``, or ``None``.
        diverged_at: The step after which a replica's weights were no longer finite, 0 for those that stayed finite.
            Shape ``(R,)``.
        first_replica: Number of the first replica.
        n_steps: Steps that each replica took.
    """

    steps: np.ndarray
    statistics: Statistics
    final: Mapping[str, Any] | None
    diverged_at: np.ndarray
    first_replica: int
    n_steps: int

    @property
    def n_replicas(self) -> int:
        """R."""
        return len(self.diverged_at)

    @property
    def n_diverged(self) -> int:
        """Replicas that left the finite numbers."""
        return int((self.diverged_at > 0).sum())

    def estimate(self, name: Hashable) -> Estimate:
        """The mean of an observable at the last of ``steps``."""
        return estimate_at_the_end(self.statistics, name)


Run = TypeVar("Run", bound=TrainingRun)


def joined_runs(runs: Iterable[Run], kind: type[Run], concatenate: Callable[[list[Any]], Any]) -> Run:
    """Runs of consecutive replicas as one, their statistics merged in the order of the replicas.

    Args:
        runs: Runs of the class ``kind``, in any order.
        kind: The class of the result.
        concatenate: Joins the weights of several runs along their replicas.

    Raises:
        ArgumentError: replicas are missing or occur twice, or the runs asked for different things.
    """
    given = list(runs) if isinstance(runs, Iterable) else [runs]
    if not given or not all(isinstance(run, kind) for run in given):
        raise ArgumentError(f"runs must hold at least one {kind.__name__}, and nothing else.")
    parts = sorted(given, key=lambda run: run.first_replica)
    first = parts[0]
    for left, right in itertools.pairwise(parts):
        if left.first_replica + left.n_replicas != right.first_replica:
            raise ArgumentError(
                f"runs must hold consecutive replicas: after {left.first_replica + left.n_replicas - 1} comes "
                f"{right.first_replica}. Set options=Options(first=...) so that they follow each other."
            )
        same = list(left.steps) == list(right.steps) and left.n_steps == right.n_steps
        if not same or (left.final is None) != (right.final is None):
            raise ArgumentError("runs must have the same steps, at and keep_final, got different ones.")
    return kind(
        steps=first.steps,
        statistics=merged_statistics((run.statistics for run in parts), len(first.steps)),
        final=None
        if first.final is None
        else {name: concatenate([run.final[name] for run in parts if run.final is not None]) for name in first.final},
        diverged_at=np.concatenate([run.diverged_at for run in parts]),
        first_replica=first.first_replica,
        n_steps=first.n_steps,
    )
