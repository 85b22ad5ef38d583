r"""Does SGD on a PyTorch module keep an affine set of its weights? Real steps, and the gradient of each sample.

:func:`module_excursion` trains replicas from random points of the set and watches the constraints at every step.
:func:`normal_gradients` asks the question that decides for every batch size and learning rate: whether each per-sample
gradient is a direction of the set. :mod:`numerics.sgd.invariance` does the former for
:class:`theory.networks.feed_forward.FeedForward`, and :mod:`theory.symmetry.affine_set` proves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from numerics.sgd.batches import Batches
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.gradient_noise import GradientNoise
from numerics.sgd.label_noise import LabelNoise
from numerics.sgd.optimisers import Optimiser
from numerics.sgd.replicas import train_replicas
from numerics.sgd.torch_philox import Purpose, ReplicaNoise
from numerics.sgd.weight_sets import WeightSet
from numerics.simulation.options import Options


@dataclass(frozen=True)
class ModuleExcursion:
    r"""What training did to a set.

    Attributes:
        violation: :math:`\max_r|(N\theta_k + c)_r|`, the largest of all replicas, after each step :math:`k` from 0 on;
            NaN from the step on at which a replica diverged. Shape ``(steps + 1,)``.
        moved: The least distance of a replica's last weights from its first: one that stands still shows nothing.
    """

    violation: np.ndarray
    moved: float

    @property
    def worst(self) -> float:
        """The largest violation of the run; NaN if a replica diverged."""
        return float(self.violation.max())


def module_excursion(
    problem: EmpiricalLoss,
    weights: WeightSet,
    optimiser: Optimiser,
    *,
    batches: Batches,
    steps: int,
    seed: int,
    n_replicas: int = 1,
    start: torch.Tensor | None = None,
    label_noise: LabelNoise | None = None,
) -> ModuleExcursion:
    r"""Train replicas from points of a set and watch its constraints at every step.

    Args:
        problem: Module, loss of one sample, data set.
        weights: The set.
        optimiser: ``SGD(...)`` or ``Adam(...)``.
        batches: The rule of the mini-batches.
        steps: Steps.
        seed: Seed of the start and of the mini-batches.
        n_replicas: R.
        start: First weights, moved onto the set. Shape ``(R, P)``; :func:`random_weights` unless given.
        label_noise: Fresh noise on the labels.

    Raises:
        ArgumentError: the set is empty, or an argument does not fit.
    """
    theta = weights.moved_onto(random_weights(problem, n_replicas, seed=seed) if start is None else start)
    violation = []

    def watch(_: int, current: torch.Tensor) -> None:
        violation.append(float(weights.constraints(current).abs().max()))

    run = train_replicas(
        problem,
        optimiser,
        batches=batches,
        steps=steps,
        n_replicas=n_replicas,
        seed=seed,
        initial=problem.named(theta),
        label_noise=label_noise,
        watch=watch,
        options=Options(on_divergence="count", progress=False),
    )
    assert run.final is not None
    moved = (problem.flat(run.final) - theta).norm(dim=1)
    return ModuleExcursion(np.array(violation), float(moved.min()))


def normal_gradients(problem: EmpiricalLoss, weights: WeightSet, theta: torch.Tensor) -> torch.Tensor:
    r"""What of the gradient of each sample leaves the set: :math:`N\nabla l_i(\theta)`, by automatic differentiation.

    It vanishes at every point of a set iff SGD keeps the set for every batch size, learning rate and choice of batches.

    Args:
        problem: Module, loss of one sample, data set.
        weights: The set.
        theta: Points of the set. Shape ``(R, P)``.

    Returns:
        Shape ``(R, n, r)``.
    """
    return torch.stack([weights.directions(GradientNoise(problem, point).sample_gradients) for point in theta])


def random_weights(problem: EmpiricalLoss, count: int, *, seed: int) -> torch.Tensor:
    r"""Weights with no symmetry: matrices :math:`N(0, 1/\text{fan-in})`, vectors the own plus :math:`N(0, 1/4)`.

    Returns:
        Shape ``(count, P)``.
    """
    noise = ReplicaNoise(seed, count, device=problem.device)
    z = problem.named(noise.normals(Purpose.INITIAL, 0, 1, problem.dimension, problem.dtype)[0])
    own = problem.named(problem.theta)
    return problem.flat(
        {
            name: z[name] / math.sqrt(shape[1:].numel()) if len(shape) > 1 else own[name] + z[name] / 2
            for name, shape in problem.shapes.items()
        }
    )
