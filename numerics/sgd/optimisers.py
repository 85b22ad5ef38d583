r"""SGD and Adam on many replicas at once, with PyTorch's conventions.

Weights are a matrix :math:`\theta` of shape ``(R, P)``, one row per replica, and are changed in place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from numerics.arguments import REAL, require
from numerics.errors import ArgumentError
from numerics.sgd.hyperparameters import PerReplica, per_replica, require_hyperparameters
from theory.argument_kinds import ArgumentKind
from theory.values import shown

_POSITIVE = ArgumentKind("a positive number", lambda value: REAL.admits(value) and value > 0)
_BETAS = ArgumentKind(
    "two numbers in [0, 1)",
    lambda value: (
        isinstance(value, tuple | list) and len(value) == 2 and all(REAL.admits(b) and 0 <= b < 1 for b in value)
    ),
)

Step = Callable[[torch.Tensor, float], None]
"""Takes the gradients, shape ``(R, P)``, and the schedule's factor on the learning rate."""


class Optimiser(ABC):
    """How a gradient moves the weights."""

    PER_REPLICA: ClassVar[tuple[str, ...]]
    """Attributes that are one number, or one per replica."""

    @abstractmethod
    def stepper(self, theta: torch.Tensor) -> Step:
        """A function that advances ``theta`` in place, starting from rest.

        Raises:
            ArgumentError: a number is out of range, or not one per replica.
        """

    def _columns(self, theta: torch.Tensor) -> list[torch.Tensor]:
        return [
            per_replica(getattr(self, name), name, len(theta), theta.dtype, theta.device) for name in self.PER_REPLICA
        ]


@dataclass(frozen=True)
class SGD(Optimiser):
    r"""Stochastic gradient descent with weight decay :math:`\lambda` and momentum :math:`\mu`.

    .. math::
        v' = \mu v + g + \lambda\theta, \qquad \theta' = \theta - \eta v'

    Attributes:
        learning_rate: :math:`\eta`; like the others one number, or one per replica.
        momentum: :math:`\mu`.
        weight_decay: :math:`\lambda`.
        first_velocity: The velocity that momentum starts with, rest unless given. Shape ``(P,)`` or ``(R, P)``.
    """

    PER_REPLICA: ClassVar[tuple[str, ...]] = ("learning_rate", "momentum", "weight_decay")

    learning_rate: PerReplica
    momentum: PerReplica = 0.0
    weight_decay: PerReplica = 0.0
    first_velocity: torch.Tensor | None = field(default=None, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        require_hyperparameters(
            learning_rate=self.learning_rate, momentum=self.momentum, weight_decay=self.weight_decay
        )
        if self.first_velocity is not None and not isinstance(self.first_velocity, torch.Tensor):
            raise ArgumentError(f"first_velocity must be a tensor or None, got {shown(self.first_velocity)}.")

    def stepper(self, theta: torch.Tensor) -> Step:
        """Starts with :math:`v = 0`, or with ``first_velocity``."""
        rate, momentum, decay = self._columns(theta)
        with_decay, with_momentum = bool(decay.any()), bool(momentum.any())
        velocity = self._velocity(theta) if with_momentum else None

        def step(gradient: torch.Tensor, factor: float) -> None:
            if with_decay:
                gradient = gradient + decay * theta
            if velocity is not None:
                gradient = velocity.mul_(momentum).add_(gradient)
            theta.sub_(rate * factor * gradient)

        return step

    def _velocity(self, theta: torch.Tensor) -> torch.Tensor:
        first = self.first_velocity
        if first is None:
            return torch.zeros_like(theta)
        if first.shape not in (theta.shape, theta.shape[1:]) or not bool(torch.isfinite(first).all()):
            raise ArgumentError(
                f"first_velocity must hold {theta.shape[1]} finite numbers, or as many for each of {len(theta)} "
                f"replicas, got {shown(first)}."
            )
        return first.to(theta).expand(theta.shape).clone()


@dataclass(frozen=True)
class Adam(Optimiser):
    r"""Adam, weight decay added to the gradient as in ``torch.optim.Adam``.

    .. math::
        m' = \beta_1m + (1-\beta_1)g, \quad v' = \beta_2v + (1-\beta_2)g^2, \quad
        \theta' = \theta - \eta\,\frac{m'/(1-\beta_1^k)}{\sqrt{v'/(1-\beta_2^k)} + \epsilon}

    Attributes:
        learning_rate: :math:`\eta`, one number, or one per replica.
        betas: :math:`(\beta_1, \beta_2)`.
        epsilon: :math:`\epsilon`.
        weight_decay: One number, or one per replica.

    References:
        Kingma, Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
    """

    PER_REPLICA: ClassVar[tuple[str, ...]] = ("learning_rate", "weight_decay")

    learning_rate: PerReplica
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    weight_decay: PerReplica = 0.0

    def __post_init__(self) -> None:
        require_hyperparameters(learning_rate=self.learning_rate, weight_decay=self.weight_decay)
        require(_BETAS, self.betas, "betas")
        require(_POSITIVE, self.epsilon, "epsilon")

    def stepper(self, theta: torch.Tensor) -> Step:
        """Starts with :math:`m = v = 0`, :math:`k = 1`."""
        rate, decay = self._columns(theta)
        first, second = self.betas
        m, v = torch.zeros_like(theta), torch.zeros_like(theta)
        k = 0

        def step(gradient: torch.Tensor, factor: float) -> None:
            nonlocal k
            k += 1
            gradient = gradient + decay * theta
            m.lerp_(gradient, 1 - first)
            v.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            scale = v.sqrt().div_((1 - second**k) ** 0.5).add_(self.epsilon)
            theta.sub_(rate * factor / (1 - first**k) * m / scale)

        return step
