"""What training many small networks leaves behind, in NumPy, and how pieces of it are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from numerics.statistics.training_run import TrainingRun, joined_runs


@dataclass(frozen=True, eq=False)
class LayeredRun(TrainingRun):
    """A training run whose last weights are arrays of NumPy, of shape ``(R, rows, columns)``."""


def merge_layered_runs(runs: Iterable[LayeredRun]) -> LayeredRun:
    """Runs of consecutive replicas as one, their statistics merged in the order of the replicas.

    Raises:
        ArgumentError: replicas are missing or occur twice, or the runs asked for different things.
    """
    return joined_runs(runs, LayeredRun, np.concatenate)
