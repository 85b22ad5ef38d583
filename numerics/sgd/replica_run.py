"""What training many replicas of a PyTorch module leaves behind, and how pieces of it are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from numerics.statistics.training_run import TrainingRun, joined_runs


@dataclass(frozen=True, eq=False)
class ReplicaRun(TrainingRun):
    """A training run whose last weights are tensors of PyTorch, of shape ``(R, ...)``."""


def merge_runs(runs: Iterable[ReplicaRun]) -> ReplicaRun:
    """Runs of consecutive replicas as one, their statistics merged in order of the replicas.

    Raises:
        ArgumentError: replicas are missing or occur twice, or the runs asked for different things.
    """
    return joined_runs(runs, ReplicaRun, torch.cat)
