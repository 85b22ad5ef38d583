r"""Real SGD from a point of an affine set: how far do its steps leave the set?

Networks of :class:`theory.networks.feed_forward.FeedForward` on random data, in double precision, trained by
:func:`numerics.sgd.replicas.train_replicas` on mini-batches with replacement. Nothing symbolic enters but the set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp
import torch
from torch import nn
from torch.nn import functional

from numerics.arguments import is_real, require
from numerics.errors import ArgumentError
from numerics.sgd.batches import WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.optimisers import SGD, Adam, Optimiser
from numerics.sgd.replicas import train_replicas
from numerics.simulation.options import Options
from theory.argument_kinds import ArgumentKind
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import AffineSet
from theory.values import shown

SLOPE = 0.01
"""Slope of leaky ReLU."""

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda u: u,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky relu": lambda u: functional.leaky_relu(u, SLOPE),
    "elu": functional.elu,
    "swish": lambda u: u * torch.sigmoid(1.5 * u),
    "silu": functional.silu,
    "gelu": functional.gelu,
    "sigmoid": torch.sigmoid,
    "softplus": functional.softplus,
}
"""PyTorch's activations under the names of :data:`theory.networks.activations.ACTIVATIONS`."""

LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "squared error": lambda output, target: ((output - target) ** 2).sum(),
    "cross-entropy": functional.cross_entropy,
}
"""The losses of one sample."""


_POSITIVE = ArgumentKind("a positive number", lambda value: is_real(value) and value > 0)


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Attributes:
        activation: A name of :data:`ACTIVATIONS`.
        loss: A name of :data:`LOSSES`; cross-entropy is that of a softmax, with random labels summing to 1.
        steps: Number of steps.
        learning_rate: Learning rate.
        batch_size: Samples of a mini-batch.
        samples: Samples in the data set.
        weight_decay: Coefficient of the decay that the optimiser adds to the gradient.
        momentum: Momentum of SGD.
        initial_velocity: Size of the random velocity that momentum starts with; 0 is the usual start.
        adam: Adam instead of SGD.
        kernel: A direction that every input is orthogonal to, or None.
        seed: Seed of weights, data and mini-batches.
    """

    activation: str = "tanh"
    loss: str = "squared error"
    steps: int = 100
    learning_rate: float = 0.02
    batch_size: int = 3
    samples: int = 12
    weight_decay: float = 0.0
    momentum: float = 0.0
    initial_velocity: float = 0.0
    adam: bool = False
    kernel: tuple[float, ...] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ArgumentError(f"activation must be one of {sorted(ACTIVATIONS)}, got {shown(self.activation)}.")
        if self.loss not in LOSSES:
            raise ArgumentError(f"loss must be one of {sorted(LOSSES)}, got {shown(self.loss)}.")
        for name in ("steps", "batch_size", "samples"):
            if getattr(self, name) < 1:
                raise ArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.learning_rate <= 0:
            raise ArgumentError(f"learning_rate must be positive, got {self.learning_rate}.")
        if self.initial_velocity and (self.adam or not self.momentum):
            raise ArgumentError("initial_velocity needs SGD with momentum; give momentum, or drop initial_velocity.")


@dataclass(frozen=True)
class Excursion:
    """What one run of SGD did to a set.

    Attributes:
        violation: Largest change of a constraint over all steps, the weights being of order 1; nan if the run diverged.
        moved: Euclidean distance between the first and the last weights: a run that stands still shows nothing.
        steps: Steps run.
    """

    violation: float
    moved: float
    steps: int


def excursion(
    network: FeedForward,
    constraints: sp.MatrixBase,
    training: Training,
    values: Mapping[sp.Symbol, float] | None = None,
    *,
    until: float = math.inf,
) -> Excursion:
    r"""Train ``network`` from a random point of a set, and watch its ``constraints`` at every step.

    The start solves the constraints by substitution, so that vanishing or equal weights are so to the last bit. The
    violation is :math:`\max_t\max_r|(N(\theta_t - \theta_0))_r|`.

    Args:
        network: The architecture. Its symbolic activation is not used, ``training.activation`` is.
        constraints: Affine functions of ``network.weights`` that vanish on the set. Shape ``(r, 1)``.
        training: How to train.
        values: Numbers for the symbols of ``constraints`` that are no weights.
        until: A violation beyond which nothing more is asked: the run ends with the step that reaches it.

    Raises:
        ArgumentError: ``until`` is not positive, a symbol has no number, or ``training`` does not fit ``network``.
    """
    require(_POSITIVE, until, "until")
    source = torch.Generator().manual_seed(training.seed)
    normals, start = _start(network.affine_set(_with_values(constraints, network, values or {})), source)
    inputs, targets = _data(network, training, source)
    problem = EmpiricalLoss(_Network(network, training.activation, start), LOSSES[training.loss], inputs, targets)
    changes = []

    def watch(_: int, theta: torch.Tensor) -> None:
        changes.append(float((normals @ (theta[0] - start)).abs().max()))
        if changes[-1] > until:
            raise _Left(float((theta[0] - start).norm()))

    try:
        run = train_replicas(
            problem,
            _optimiser(training, len(start), source),
            batches=WithReplacement(training.batch_size),
            steps=training.steps,
            n_replicas=1,
            seed=training.seed,
            watch=watch,
            options=Options(on_divergence="count", progress=False),
        )
    except _Left as left:
        return Excursion(max(changes), left.moved, len(changes) - 1)
    if run.diverged_at.any():
        return Excursion(math.nan, math.nan, training.steps)
    assert run.final is not None
    return Excursion(max(changes), float((run.final["theta"][0] - start).norm()), training.steps)


class _Left(Exception):  # noqa: N818 - no error
    """The set was left; ends a run from within its watch."""

    def __init__(self, moved: float) -> None:
        super().__init__(moved)
        self.moved = moved


class _Network(nn.Module):
    """The network with all its weights in one parameter, in the order of ``network.weights``."""

    def __init__(self, network: FeedForward, activation: str, start: torch.Tensor) -> None:
        super().__init__()
        self.network, self.activation = network, activation
        self.theta = nn.Parameter(start.clone())

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return _outputs(self.network, self.theta, inputs, self.activation)


def _with_values(
    constraints: sp.MatrixBase, network: FeedForward, values: Mapping[sp.Symbol, float]
) -> sp.ImmutableMatrix:
    missing = constraints.free_symbols - set(network.weights) - set(values)
    if missing:
        raise ArgumentError(f"values must give a number for {sorted(map(str, missing))}, got {dict(values)}.")
    return sp.ImmutableMatrix(constraints.subs({symbol: sp.Rational(value) for symbol, value in values.items()}))


def _start(affine_set: AffineSet, source: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """The normals, and a random point of the set."""
    d = affine_set.state.rows
    theta = torch.randn(d, generator=source, dtype=torch.float64) / math.sqrt(2)
    index = {weight: i for i, weight in enumerate(affine_set.state)}
    free = theta.clone()
    for weight, expression in affine_set.dependent_weights.items():
        terms = expression.as_coefficients_dict()
        theta[index[weight]] = sum(
            float(factor) * (float(free[index[symbol]]) if symbol in index else 1.0)
            for symbol, factor in terms.items()
            if factor != 0
        )
    normals = np.array(affine_set.normals.tolist(), dtype=float).reshape(-1, d)
    return torch.from_numpy(normals), theta


def _data(network: FeedForward, training: Training, source: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    n, n_in, n_out = training.samples, network.widths[0], network.widths[-1]
    inputs = torch.randn(n, n_in, generator=source, dtype=torch.float64)
    if training.kernel is not None:
        direction = torch.tensor(training.kernel, dtype=torch.float64)
        if len(direction) != n_in or not direction.any():
            raise ArgumentError(f"kernel must hold {n_in} numbers, not all 0, got {training.kernel}.")
        inputs -= torch.outer(inputs @ direction, direction) / (direction @ direction)
    targets = torch.randn(n, n_out, generator=source, dtype=torch.float64)
    return inputs, targets.softmax(1) if training.loss == "cross-entropy" else targets


def _outputs(network: FeedForward, theta: torch.Tensor, inputs: torch.Tensor, activation: str) -> torch.Tensor:
    """The network's outputs, its weights read from ``theta`` in the order of ``network.weights``."""
    sizes = [(network.widths[layer], network.widths[layer - 1]) for layer in range(1, network.depth + 1)]
    pieces = theta.split([count for rows, columns in sizes for count in (rows * columns, rows)])
    h = [inputs]
    for layer in range(1, network.depth + 1):
        preactivation = h[-1] @ pieces[2 * layer - 2].view(sizes[layer - 1]).T + pieces[2 * layer - 1]
        if layer == network.depth:
            return preactivation
        active = ACTIVATIONS[activation](preactivation)
        h.append(sum((h[first] for first, last in network.skips if last == layer), active))
    raise AssertionError("a network has at least one layer")


def _optimiser(training: Training, size: int, source: torch.Generator) -> Optimiser:
    if training.adam:
        return Adam(training.learning_rate, weight_decay=training.weight_decay)
    velocity = None
    if training.initial_velocity:
        velocity = training.initial_velocity * torch.randn(size, generator=source, dtype=torch.float64)
    return SGD(training.learning_rate, training.momentum, training.weight_decay, first_velocity=velocity)
