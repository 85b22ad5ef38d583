r"""How the weights of a layered network move: stochastic and full gradient descent, their SDEs, gradient flow.

Each is a frozen record of its numbers, checked when it is made. Numbers that say "one per replica" may be an array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from numerics.arguments import real_array, require_accepts, whole_number
from numerics.deep_linear.noise import SAMPLING
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling
from theory.values import shown

LARGEST_BATCH = 4096
"""Larger batches are refused: their panels would leave every cache. Full batches have records of their own."""


LONGEST_SCHEDULE = 2**27
"""Steps of a run with a schedule: its factors are looked at before anything runs, and kept."""


class Epochs(Enum):
    """How the batches of a data set follow each other, where they are not drawn independently."""

    SHUFFLED = "shuffled epochs"
    """All samples in a random order, drawn anew for each epoch and cut into batches; what is left at its end sits out.
    PyTorch's ``DataLoader(shuffle=True, drop_last=True)``."""


@dataclass(frozen=True, kw_only=True)
class _Dynamics:
    """What all have in common: numbers that are not negative, one for all replicas or one for each."""

    schedule: Callable[[int], float] | Sequence[float] | None = None

    def numbers(self) -> dict[str, np.ndarray]:
        """The numbers that replicas may have of their own, by name: scalars or vectors."""
        return {name: _nonnegative(getattr(self, name), name) for name in self.per_replica()}

    def per_replica(self) -> tuple[str, ...]:
        """Names of these numbers."""
        return ("learning_rate",)

    def __post_init__(self) -> None:
        self.numbers()
        if callable(self.schedule):
            require_accepts(self.schedule, 1, "schedule")
        elif self.schedule is not None:
            _factors(self.schedule)

    def factors(self, steps: int) -> np.ndarray:
        """The schedule's factor of each step.

        Raises:
            ArgumentError: one is negative or no number, or there are too few.
        """
        steps = whole_number(steps, "steps", at_least=0, below=2**53)
        if self.schedule is None:
            return np.broadcast_to(1.0, steps)
        whole_number(steps, "steps", at_least=0, below=LONGEST_SCHEDULE + 1)
        factors = _factors([self.schedule(k) for k in range(steps)] if callable(self.schedule) else self.schedule)
        if len(factors) < steps:
            raise ArgumentError(
                f"schedule must hold one factor for each of the {steps} steps, got {len(factors)}. "
                "Give a function of the step to go on for ever."
            )
        return factors[:steps]


@dataclass(frozen=True, kw_only=True)
class MiniBatchDescent(_Dynamics):
    r"""Stochastic gradient descent on batches of b samples, with PyTorch's conventions.

    .. math::
        v' = \mu v + \hat g + \lambda\theta, \qquad \theta' = \theta - \eta_k v'

    Fresh data have fresh batches at every step. Batches of a data set are drawn independently, with or without
    replacement, or are the pieces of shuffled epochs; a replica then carries its order, N + 1 numbers more.

    Attributes:
        learning_rate: :math:`\eta`, one number or one per replica; times the factor of the schedule.
        batch_size: b.
        sampling: How a batch of a data set is drawn: a member of ``Sampling``, or ``Epochs.SHUFFLED``.
        momentum: :math:`\mu`, below 1, one number or one per replica.
        label_noise: Standard deviation of independent normal noise on every label, fresh at every step; one number or
            one per replica. It comes on top of the label noise of the data.
        schedule: Factor on the learning rate: a function of the step counted from 0, or one factor per step.

    Raises:
        ArgumentError: a number is out of its range.

    Example:
        >>> MiniBatchDescent(learning_rate=0.1, schedule=lambda k: 0.5**k).factors(3).tolist()
        [1.0, 0.5, 0.25]
    """

    learning_rate: Any
    batch_size: int = 1
    sampling: Sampling | Epochs = Sampling.WITH_REPLACEMENT
    momentum: Any = 0.0
    label_noise: Any = 0.0

    def per_replica(self) -> tuple[str, ...]:
        """Learning rate, momentum and label noise."""
        return ("learning_rate", "momentum", "label_noise")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(
            self, "batch_size", whole_number(self.batch_size, "batch_size", at_least=1, below=LARGEST_BATCH + 1)
        )
        if not SAMPLING.admits(self.sampling) and self.sampling is not Epochs.SHUFFLED:
            raise ArgumentError(f"sampling must be {SAMPLING.needed}, or Epochs.SHUFFLED, got {shown(self.sampling)}.")
        if np.max(_nonnegative(self.momentum, "momentum")) >= 1:
            raise ArgumentError(
                f"momentum must be below 1, got {shown(self.momentum)}: velocities would grow for ever."
            )


@dataclass(frozen=True, kw_only=True)
class FullGradientDescent(_Dynamics):
    r"""Gradient descent on the mean loss, :math:`\theta' = \theta - \eta_k v'` with the gradient of all data.

    For a linear network the mean over a Gaussian teacher is exact.

    Attributes:
        learning_rate: :math:`\eta`, one number or one per replica.
        momentum: :math:`\mu`, below 1.
        schedule: Factor on the learning rate.
    """

    learning_rate: Any
    momentum: Any = 0.0

    def per_replica(self) -> tuple[str, ...]:
        """Learning rate and momentum."""
        return ("learning_rate", "momentum")

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.max(_nonnegative(self.momentum, "momentum")) >= 1:
            raise ArgumentError(
                f"momentum must be below 1, got {shown(self.momentum)}: velocities would grow for ever."
            )


@dataclass(frozen=True, kw_only=True)
class IsotropicLangevin(_Dynamics):
    r"""Euler-Maruyama steps of :math:`d\theta = -\nabla L\,dt + \sqrt{2T}\,dB`, the same noise for every weight.

    Attributes:
        step: :math:`h`, one number or one per replica.
        temperature: T, one number or one per replica.
        schedule: Factor on the step.
    """

    step: Any
    temperature: Any

    def per_replica(self) -> tuple[str, ...]:
        """Step and temperature."""
        return ("step", "temperature")


@dataclass(frozen=True, kw_only=True)
class GradientNoiseDiffusion(_Dynamics):
    r"""Euler-Maruyama steps of the SDE of SGD, :math:`d\theta = -\nabla L\,dt + \sqrt{\eta\,\Sigma_b(\theta)}\,dB`.

    The noise has exactly the covariance :math:`\Sigma_b` of the gradient of a batch, in every layer and between layers,
    and no root of it is taken: a Gaussian signal S with the covariance of :math:`T = (y - Wx)x^\top` is drawn, and
    layer l moves by :math:`W_{>l}^\top SW_{<l}^\top`. For a noisy teacher with :math:`\Delta = M - W`

    .. math::
        S = \Delta\Lambda^{1/2}\,Q\,\Lambda^{1/2} + \Sigma_q^{1/2}\,V\,\Lambda^{1/2}, \qquad
        E\,Q_{ij}Q_{kl} = \delta_{ik}\delta_{jl} + \delta_{il}\delta_{jk},

    Q symmetric and V with independent standard normals; for N samples
    :math:`S = N^{-1/2}\sum_n(z_n - \bar z)r_nx_n^\top`.

    Attributes:
        learning_rate: :math:`\eta` in front of the noise, one number or one per replica.
        batch_size: b.
        sampling: How a batch of a data set is drawn.
        step: h, in units of time; the learning rate unless given, so that a step is a step of SGD.
        schedule: Factor on learning rate and step.
    """

    learning_rate: Any
    batch_size: int = 1
    sampling: Sampling = Sampling.WITH_REPLACEMENT
    step: Any = None

    def per_replica(self) -> tuple[str, ...]:
        """Learning rate and step."""
        return ("learning_rate", "step")

    def __post_init__(self) -> None:
        if self.step is None:
            object.__setattr__(self, "step", self.learning_rate)
        super().__post_init__()
        object.__setattr__(self, "batch_size", whole_number(self.batch_size, "batch_size", at_least=1, below=2**62))
        if not SAMPLING.admits(self.sampling):
            raise ArgumentError(
                f"sampling must be {SAMPLING.needed}, got {shown(self.sampling)}: the noise of an SDE has no memory."
            )


@dataclass(frozen=True, kw_only=True)
class GradientFlowSteps(_Dynamics):
    r"""Gradient flow :math:`\dot\theta = -\nabla L`, by the classical Runge-Kutta method of order 4.

    Attributes:
        step: h, one number or one per replica.
        schedule: Factor on the step.
    """

    step: Any

    def per_replica(self) -> tuple[str, ...]:
        """The step."""
        return ("step",)


Dynamics = MiniBatchDescent | FullGradientDescent | IsotropicLangevin | GradientNoiseDiffusion | GradientFlowSteps
"""What moves the weights."""

DYNAMICS = one_of(
    MiniBatchDescent,
    FullGradientDescent,
    IsotropicLangevin,
    GradientNoiseDiffusion,
    GradientFlowSteps,
    needed="dynamics such as MiniBatchDescent(learning_rate=0.01)",
)
"""Dynamics as an argument."""


def _factors(given: Any) -> np.ndarray:
    """Factors of a schedule, none negative."""
    factors = real_array(given, "schedule", finite=False)
    if factors.ndim != 1:
        raise ArgumentError(f"schedule must be a function of the step or a vector of factors, got {shown(given)}.")
    bad = ~(np.isfinite(factors) & (factors >= 0))
    if bad.any():
        worst = int(np.argmax(bad))
        raise ArgumentError(
            f"schedule must be finite and not negative, got {factors[worst]} at step {worst}. "
            "A step uphill needs another sign of the loss, not of the learning rate."
        )
    return factors


def _nonnegative(value: Any, name: str) -> np.ndarray:
    """One number, or one per replica, none negative."""
    numbers = real_array(value, name)
    if numbers.ndim > 1 or not numbers.size or numbers.min() < 0:
        raise ArgumentError(f"{name} must be one number that is not negative, or one per replica, got {shown(value)}.")
    return numbers
