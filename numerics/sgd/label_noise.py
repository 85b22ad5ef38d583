"""Fresh noise on the labels of the samples in use, at every step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch

from numerics.arguments import whole_number
from numerics.errors import ArgumentError
from numerics.sgd.hyperparameters import PerReplica, per_replica
from numerics.sgd.torch_philox import LARGEST_RANGE, Purpose, ReplicaNoise


class LabelNoise(ABC):
    """A rule that shifts targets. Shifts are drawn for many steps at once, which is cheaper."""

    PER_REPLICA: ClassVar[tuple[str, ...]]
    """Attributes that are one number, or one per replica."""

    @abstractmethod
    def check(self, targets: torch.Tensor, n_replicas: int) -> None:
        """Refuse what does not fit the targets of the data set or the number of replicas.

        Raises:
            ArgumentError: says why.
        """

    @abstractmethod
    def shifts(
        self, noise: ReplicaNoise, first_step: int, n_steps: int, batch: torch.Size, like: torch.Tensor
    ) -> torch.Tensor:
        """Shifts of the targets of each step. Shape ``(n_steps, R, *batch)``, for targets of the type of ``like``."""

    @abstractmethod
    def shifted(self, targets: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        """The targets of one step after their shift. Shape ``(R, batch, ...)``."""


@dataclass(frozen=True)
class GaussianLabelNoise(LabelNoise):
    """Independent normal noise on every entry of every target.

    Attributes:
        standard_deviation: One number, or one per replica.
    """

    PER_REPLICA: ClassVar[tuple[str, ...]] = ("standard_deviation",)

    standard_deviation: PerReplica

    def check(self, targets: torch.Tensor, n_replicas: int) -> None:
        """Targets must be floating-point."""
        if not targets.is_floating_point():
            raise ArgumentError(
                f"label_noise adds normal numbers to targets, which are {targets.dtype}. "
                "Give floating-point targets, or WrongLabels(probability, classes) for classes."
            )
        self._scale(n_replicas, targets)

    def shifts(
        self, noise: ReplicaNoise, first_step: int, n_steps: int, batch: torch.Size, like: torch.Tensor
    ) -> torch.Tensor:
        """Normal numbers."""
        z = noise.normals(Purpose.LABEL, first_step, n_steps, batch.numel(), like.dtype)
        return (self._scale(noise.n_replicas, like) * z).view(n_steps, noise.n_replicas, *batch)

    def shifted(self, targets: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        """The sum."""
        return targets + shift

    def _scale(self, n_replicas: int, like: torch.Tensor) -> torch.Tensor:
        return per_replica(self.standard_deviation, "standard_deviation", n_replicas, like.dtype, like.device)


@dataclass(frozen=True)
class WrongLabels(LabelNoise):
    """Each label is replaced, with some probability, by a uniformly random one of the other classes.

    Attributes:
        probability: One number, or one per replica.
        classes: Number of classes; targets are the whole numbers from 0 to ``classes - 1``.
    """

    PER_REPLICA: ClassVar[tuple[str, ...]] = ("probability",)

    probability: PerReplica
    classes: int

    def __post_init__(self) -> None:
        whole_number(self.classes, "classes", at_least=2, below=LARGEST_RANGE)

    def check(self, targets: torch.Tensor, n_replicas: int) -> None:
        """Targets must be classes."""
        if targets.dtype != torch.int64:
            raise ArgumentError(
                f"label_noise draws wrong classes, so targets must be int64, got {targets.dtype}. "
                "Use targets.long(), or GaussianLabelNoise for real targets."
            )
        if not 0 <= int(targets.min()) <= int(targets.max()) < self.classes:
            raise ArgumentError(
                f"targets must lie in 0..{self.classes - 1} for classes={self.classes}, "
                f"got {int(targets.min())}..{int(targets.max())}."
            )
        if bool((self._probability(n_replicas, targets) > 1).any()):
            raise ArgumentError(f"probability must lie in [0, 1], got {self.probability}.")

    def shifts(
        self, noise: ReplicaNoise, first_step: int, n_steps: int, batch: torch.Size, like: torch.Tensor
    ) -> torch.Tensor:
        """0 where a label stays, else uniform in ``1..classes - 1``."""
        count = batch.numel()
        uniforms = noise.uniforms(Purpose.LABEL, first_step, n_steps, count)
        wrong = uniforms < self._probability(noise.n_replicas, like)
        other = 1 + noise.uniform_integers(Purpose.CLASS, first_step, n_steps, [self.classes - 1] * count)
        return (wrong * other).view(n_steps, noise.n_replicas, *batch)

    def shifted(self, targets: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        """The sum modulo the number of classes."""
        return (targets + shift) % self.classes

    def _probability(self, n_replicas: int, like: torch.Tensor) -> torch.Tensor:
        return per_replica(self.probability, "probability", n_replicas, torch.float64, like.device)
