"""Moments of observables over replicas, taken while they train."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.func import vmap

from numerics.arguments import require, row, whole_number
from numerics.errors import ArgumentError
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.statistics.estimators import Moments
from numerics.statistics.groups import replicas_by_label
from theory.values import shown

Observable = Callable[[Mapping[str, torch.Tensor]], torch.Tensor]
"""A scalar function of one replica's weights, by name; it must be traceable by ``torch.func``."""


class Recorder:
    """Moments of observables over replicas.

    Args:
        problem: Knows the names of the weights.
        observables: Name to scalar function of one replica's weights.
        at: Numbers of steps after which they are taken, ascending.
        steps: Steps of the run.
        n_replicas: R.
        labels: One label per replica, or ``None`` to average over all.

    Raises:
        ArgumentError: an argument does not fit.
    """

    def __init__(
        self,
        problem: EmpiricalLoss,
        observables: Mapping[str, Observable],
        at: Sequence[int],
        steps: int,
        n_replicas: int,
        labels: Sequence[Hashable] | None,
    ) -> None:
        if not isinstance(observables, Mapping) or not all(callable(f) for f in observables.values()):
            raise ArgumentError(f"observables must map names to functions of the weights, got {shown(observables)}.")
        given: Any = np.asarray(at) if isinstance(at, torch.Tensor) else at
        require(row("a sequence of ascending step numbers"), given, "at")
        self.steps = [whole_number(k, "at", at_least=0, below=steps + 1) for k in given]
        if any(first >= second for first, second in itertools.pairwise(self.steps)):
            raise ArgumentError(f"at must hold ascending numbers of steps, got {self.steps}.")
        self._problem, self._observables = problem, observables
        self._groups = None if labels is None else replicas_by_label(labels, n_replicas)
        self._due = set(self.steps)
        self._moments: dict[Hashable, list[Moments]] = {}

    @property
    def averages_all(self) -> bool:
        """Whether something is averaged over all replicas, whatever their labels."""
        return bool(self._observables) and self._groups is None

    def record(self, step: int, theta: torch.Tensor, diverged_at: torch.Tensor) -> None:
        """Take the observables of the replicas that have not diverged, if they are due after ``step`` steps."""
        if step not in self._due:
            return
        alive = (diverged_at == 0).cpu().numpy()
        for name, observable in self._observables.items():
            values = self._values(name, observable, theta)
            groups = {name: alive} if self._groups is None else {(name, g): w & alive for g, w in self._groups.items()}
            for key, members in groups.items():
                self._moments.setdefault(key, []).append(_moments(values[members], key, step))

    def statistics(self) -> dict[Hashable, tuple[Moments, ...]]:
        """By name, or by ``(name, label)``: the moments after each of ``steps``."""
        return {key: tuple(moments) for key, moments in self._moments.items()}

    def _values(self, name: str, observable: Observable, theta: torch.Tensor) -> np.ndarray:
        try:
            values = vmap(observable)(self._problem.named(theta))
        except KeyError as error:
            raise ArgumentError(
                f"the observable {name!r} asks for the parameter {error}, the module trains "
                f"{list(self._problem.shapes)}."
            ) from None
        except (RuntimeError, ValueError, TypeError) as error:
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise ArgumentError(
                f"the observable {name!r} must be a function of one replica's weights that torch.func.vmap can "
                f"vectorise: {line}"
            ) from None
        if not isinstance(values, torch.Tensor) or values.shape != theta.shape[:1]:
            shape = tuple(values.shape[1:]) if isinstance(values, torch.Tensor) else type(values).__name__
            raise ArgumentError(f"the observable {shown(name)} must be one number per replica, got {shape}. Reduce it.")
        return values.detach().to("cpu", torch.float64).numpy()


def _moments(values: np.ndarray, key: Hashable, step: int) -> Moments:
    if not len(values):
        return Moments()
    try:
        return Moments.from_samples(values)
    except ArgumentError as error:
        raise ArgumentError(f"the observable {key!r} at step {step}: {error}") from None
