r"""Charges along real SGD of a PyTorch module, against their exact law in every step.

The gradient of each mini-batch comes from automatic differentiation, the step from :class:`StepRule`, the charge from
the weights; the law :func:`theory.symmetry.discrete_law.next_pair` sees the charge, its pair and two quadratic forms of
the step. They agree to rounding iff the loss of every sample has the symmetry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from numerics.arguments import real_array, real_number, whole_number
from numerics.errors import ArgumentError
from numerics.sgd.batches import Batches, FullBatch
from numerics.sgd.descent import batch_gradients
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.minibatches import Minibatches
from numerics.sgd.module_invariance import random_weights
from numerics.sgd.torch_philox import ReplicaNoise
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.discrete_law import ChargePair, StepRule, next_pair
from theory.values import shown


@dataclass(frozen=True, eq=False)
class ChargePath:
    r"""Charges of replicas along their steps.

    Attributes:
        charge: :math:`Q_k`. Shape ``(steps + 1, R)``.
        law: :math:`Q_{k+1}` by the law, from the state of step k. Shape ``(steps, R)``.
        iterated: The law alone, from the start on: :math:`Q_k` without a look at the weights but for the quadratic
            forms. Shape ``(steps + 1, R)``.
        scale: The size :math:`|A|\,\|\theta_{k+1}\|^2 + |c|\,\|\theta_{k+1}\|` that rounding is measured by, with norms
            that count. Shape ``(steps, R)``.
    """

    charge: np.ndarray
    law: np.ndarray
    iterated: np.ndarray
    scale: np.ndarray

    @property
    def worst(self) -> float:
        """The largest violation of the law by a step, relative to ``scale``."""
        return float((np.abs(self.charge[1:] - self.law) / self.scale).max())

    @property
    def worst_drift(self) -> float:
        """The largest distance of the path from the law iterated from the start, relative to ``scale``."""
        return float((np.abs(self.charge - self.iterated)[1:] / self.scale).max())


def charge_path(
    problem: EmpiricalLoss,
    generator: AffineGenerator | Any,
    rule: StepRule | Callable[[int], StepRule],
    *,
    steps: int,
    seed: int,
    batches: Batches | None = None,
    n_replicas: int = 1,
    start: torch.Tensor | None = None,
    clip_norm: float | None = None,
) -> ChargePath:
    r"""Train replicas by ``rule`` and follow a charge and its law.

    Args:
        problem: Module, loss of one sample, data set, in float64.
        generator: The field on the module's weights in the order of ``problem``: an AffineGenerator, or its symmetric
            matrix. Shape ``(P, P)``.
        rule: The coefficients of a step, numbers; or a function of the number of the step, for a schedule.
        steps: Steps.
        seed: Of the start and of the mini-batches.
        batches: The rule of the mini-batches, all samples unless given.
        n_replicas: R.
        start: First weights, random unless given. Shape ``(R, P)``.
        clip_norm: The norm that gradients of mini-batches are scaled down to.

    Raises:
        ArgumentError: weights are not float64, the generator does not fit, or the run diverged.
    """
    if problem.dtype != torch.float64:
        raise ArgumentError(f"a law that holds to rounding needs float64 weights, got {problem.dtype}. Call .double().")
    whole_number(steps, "steps", at_least=1, below=2**31)
    A, c = _matrix_and_shift(generator, problem)
    bound = None if clip_norm is None else real_number(clip_norm, "clip_norm")
    noise = ReplicaNoise(seed, n_replicas, device=problem.device)
    draws = Minibatches(problem, batches or FullBatch(), None, noise, steps)
    gradients = batch_gradients(problem.sample_losses)
    theta = random_weights(problem, n_replicas, seed=seed) if start is None else start
    velocity = torch.zeros_like(theta)
    pair = iterated = _pair(A, c, theta, velocity)
    charge, law, alone, scale = [pair.charge], [], [pair.charge], []
    size = float(torch.linalg.matrix_norm(A, 2)), float(c.norm())
    for k, (inputs, targets) in enumerate(draws):
        now = rule if isinstance(rule, StepRule) else rule(k)
        shift_part = theta @ c
        gradient = gradients(theta, inputs, targets)
        if bound is not None:
            norm = gradient.norm(dim=1, keepdim=True)
            gradient = gradient * torch.clamp(bound / norm.clamp_min(1e-300), max=1.0)
        theta, velocity, d = now.moved(theta, velocity, gradient)
        forms: dict[str, Any] = {"direction_form": _form(A, d, d), "mixed_form": _form(A, d, velocity)}
        forms["shift_part"] = shift_part if bool(c.any()) else None
        law.append(next_pair(pair, now, **forms).charge)
        iterated = next_pair(iterated, now, **forms)
        pair = _pair(A, c, theta, velocity)
        charge.append(pair.charge)
        alone.append(iterated.charge)
        scale.append(size[0] * theta.square().sum(1) + size[1] * theta.norm(dim=1))
    path = ChargePath(*(torch.stack(values).numpy() for values in (charge, law, alone, scale)))
    if not np.isfinite(path.charge).all():
        raise ArgumentError("the run diverged: a charge is not finite. Lower the learning rate.")
    return path


def _matrix_and_shift(generator: Any, problem: EmpiricalLoss) -> tuple[torch.Tensor, torch.Tensor]:
    d = problem.dimension
    shift = np.zeros(d)
    if isinstance(generator, AffineGenerator):
        if generator.matrix.free_symbols | generator.shift.free_symbols:
            raise ArgumentError("generator must hold numbers here, got symbols in it. Substitute their values.")
        matrix = np.array(generator.matrix.tolist(), dtype=float)
        shift = np.array(list(generator.shift), dtype=float)
    else:
        matrix = real_array(generator, "generator")
    if matrix.shape != (d, d) or not np.array_equal(matrix, matrix.T):
        raise ArgumentError(
            f"generator must have a symmetric matrix of shape ({d}, {d}), one row for each of the module's weights, "
            f"got {shown(matrix.tolist())}. Other generators carry no charge."
        )
    return torch.from_numpy(matrix), torch.from_numpy(shift)


def _pair(A: torch.Tensor, c: torch.Tensor, theta: torch.Tensor, velocity: torch.Tensor) -> ChargePair:
    return ChargePair(_form(A, theta, theta) / 2 + theta @ c, ((theta @ A + c) * velocity).sum(1))


def _form(A: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return ((a @ A) * b).sum(1)
