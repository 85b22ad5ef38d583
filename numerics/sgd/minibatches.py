"""The mini-batches of all replicas, drawn for many steps at once."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from numerics.errors import ArgumentError
from numerics.sgd.batches import Batches
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.label_noise import LabelNoise
from numerics.sgd.torch_philox import ReplicaNoise
from theory.values import shown

NUMBERS_PER_DRAW = 2**18
"""Random numbers made at once: enough to hide the cost of the call, few enough for the cache."""

Minibatch = tuple[torch.Tensor, torch.Tensor]
"""Inputs and targets of one step, shape ``(R, batch, ...)`` each."""


class Minibatches:
    """The mini-batches of all replicas, drawn for many steps at once."""

    def __init__(
        self,
        problem: EmpiricalLoss,
        batches: Batches,
        label_noise: LabelNoise | None,
        noise: ReplicaNoise,
        steps: int,
    ) -> None:
        if not isinstance(batches, Batches):
            raise ArgumentError(f"batches must be a rule such as WithReplacement(16), got {shown(batches)}.")
        self._problem, self._batches, self._label_noise, self._noise = problem, batches, label_noise, noise
        self._steps = steps
        self._size = batches.batch_size(problem.n)
        if label_noise is not None:
            label_noise.check(problem.targets, noise.n_replicas)
        self._batch = torch.Size((self._size, *problem.targets.shape[1:]))
        widest = max(self._size, self._batch.numel() if label_noise else 0)
        self.together = max(1, NUMBERS_PER_DRAW // (widest * noise.n_replicas))
        """Steps whose batches are drawn at once."""

    def __iter__(self) -> Iterator[Minibatch]:
        """The batches of all steps, one after the other."""
        for first in range(0, self._steps, self.together):
            yield from self.between(first, min(self.together, self._steps - first))

    def between(self, first: int, count: int) -> Iterator[Minibatch]:
        """The batches of ``count`` steps."""
        problem, lead = self._problem, (self._noise.n_replicas, self._size)
        chosen = self._batches.indices(self._noise, problem.n, first, count)
        shifts = None
        if self._label_noise is not None:
            shifts = self._label_noise.shifts(self._noise, first, count, self._batch, problem.targets)
        for k in range(count):
            if chosen is None:
                inputs, targets = (data.expand(lead[0], *data.shape) for data in (problem.inputs, problem.targets))
            else:
                inputs, targets = problem.inputs[chosen[k]], problem.targets[chosen[k]]
            if shifts is not None and self._label_noise is not None:
                targets = self._label_noise.shifted(targets, shifts[k])
            yield inputs, targets
