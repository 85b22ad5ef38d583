r"""Which samples a mini-batch holds: one file for all rules, since each is a few lines.

Replica, step and seed alone decide (:mod:`numerics.sgd.torch_philox`), neither the device nor who runs beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch

from numerics.arguments import whole_number
from numerics.errors import ArgumentError
from numerics.sgd.torch_philox import LARGEST_RANGE, Purpose, ReplicaNoise


class Batches(ABC):
    """A rule that draws mini-batches from ``n`` samples."""

    @abstractmethod
    def batch_size(self, n: int) -> int:
        """Samples in a batch.

        Raises:
            ArgumentError: the rule does not fit a data set of ``n`` samples.
        """

    @abstractmethod
    def indices(self, noise: ReplicaNoise, n: int, first_step: int, n_steps: int) -> torch.Tensor | None:
        """The samples of each batch, shape ``(n_steps, R, batch_size)``; ``None`` for all samples in their order."""


@dataclass(frozen=True)
class FullBatch(Batches):
    """Every sample at every step."""

    def batch_size(self, n: int) -> int:
        """All of them."""
        return n

    def indices(self, noise: ReplicaNoise, n: int, first_step: int, n_steps: int) -> None:
        """Nothing is drawn."""
        return None


@dataclass(frozen=True)
class WithReplacement(Batches):
    """``size`` independent samples."""

    size: int

    def __post_init__(self) -> None:
        _check_size(self.size)

    def batch_size(self, n: int) -> int:
        """``size``, which may exceed ``n``."""
        _check_data_set(n)
        return self.size

    def indices(self, noise: ReplicaNoise, n: int, first_step: int, n_steps: int) -> torch.Tensor:
        """Independent uniform numbers below ``n``."""
        return noise.uniform_integers(Purpose.BATCH, first_step, n_steps, [n] * self.size)


@dataclass(frozen=True)
class WithoutReplacement(Batches):
    """A uniform subset of ``size`` samples, drawn anew at each step."""

    size: int

    def __post_init__(self) -> None:
        _check_size(self.size)

    def batch_size(self, n: int) -> int:
        """``size``, at most ``n``."""
        return _at_most(self.size, n)

    def indices(self, noise: ReplicaNoise, n: int, first_step: int, n_steps: int) -> torch.Tensor:
        """A uniform subset, its samples in no particular order."""
        if self.size**2 <= n:
            return _floyd(noise, n, self.size, first_step, n_steps)
        return noise.sort_keys(Purpose.BATCH, first_step, n_steps, n).argsort(-1)[..., : self.size]


@dataclass(frozen=True)
class ShuffledEpochs(Batches):
    """All samples in a random order, drawn anew for each epoch and cut into batches of ``size``.

    An epoch has ``n // size`` steps; the ``n % size`` samples at the end of its order are left out.
    """

    size: int

    def __post_init__(self) -> None:
        _check_size(self.size)

    def batch_size(self, n: int) -> int:
        """``size``, at most ``n``."""
        return _at_most(self.size, n)

    def indices(self, noise: ReplicaNoise, n: int, first_step: int, n_steps: int) -> torch.Tensor:
        """Consecutive pieces of the order of each epoch."""
        per_epoch = n // self.size
        first, last = first_step // per_epoch, (first_step + n_steps - 1) // per_epoch
        order = noise.sort_keys(Purpose.BATCH, first, last - first + 1, n).argsort(-1)
        pieces = order[..., : per_epoch * self.size].unflatten(-1, (per_epoch, self.size))
        skipped = first_step - first * per_epoch
        return pieces.transpose(1, 2).flatten(0, 1)[skipped : skipped + n_steps]


def _floyd(noise: ReplicaNoise, n: int, size: int, first_step: int, n_steps: int) -> torch.Tensor:
    r"""Floyd's subset: for :math:`j = n - \beta, \dots, n - 1` take a uniform :math:`t \le j`, or j if t was taken.

    References:
        Bentley, Floyd, "A sample of brilliance", Comm. ACM 30 (1987) 754.
    """
    tops = range(n - size, n)
    draws = noise.uniform_integers(Purpose.BATCH, first_step, n_steps, [top + 1 for top in tops])
    for k, top in enumerate(tops):
        taken = (draws[..., :k] == draws[..., k : k + 1]).any(-1)
        draws[..., k] = torch.where(taken, top, draws[..., k])
    return draws


def _check_size(size: int) -> None:
    whole_number(size, "size", at_least=1, below=LARGEST_RANGE)


def _check_data_set(n: int) -> None:
    if n > LARGEST_RANGE:
        raise ArgumentError(f"a data set may hold at most {LARGEST_RANGE} samples, got {n}.")


def _at_most(size: int, n: int) -> int:
    _check_data_set(n)
    if size > n:
        raise ArgumentError(
            f"size must lie in 1..{n} without replacement, the number of samples, got {size}. "
            f"Use WithReplacement({size}) or a smaller batch."
        )
    return size
