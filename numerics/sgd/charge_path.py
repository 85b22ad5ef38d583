r"""Charges along real SGD of a PyTorch module, against their exact law in every step.

The gradient of each mini-batch comes from automatic differentiation, the step from :class:`StepRule`, the charge from
the weights; the law :func:`theory.symmetry.discrete_law.next_pair` sees the charge, its pair and two quadratic forms of
the step. They agree to rounding iff the loss of every sample has the symmetry. Steps are made first and followed
afterwards, many at once: the law of a step needs nothing of the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from numerics.arguments import real_array, real_number, whole_number
from numerics.errors import ArgumentError
from numerics.sgd.batches import Batches, FullBatch
from numerics.sgd.descent import STEPS_WORTH_TRACING, batch_gradients, traced
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.minibatches import Minibatches
from numerics.sgd.module_invariance import random_weights
from numerics.sgd.threads import torch_threads
from numerics.sgd.torch_philox import ReplicaNoise
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.discrete_law import ChargePair, StepRule, next_pair
from theory.values import shown

NUMBERS_AT_ONCE = 2**21
"""Weights, velocities and directions of steps that are kept until their law is looked at."""


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
    rules = [rule] * steps if isinstance(rule, StepRule) else [rule(k) for k in range(steps)]
    size = float(torch.linalg.matrix_norm(A, 2)), float(c.norm())
    pair = _pair(A, c, theta, velocity)
    iterated = pair.charge, pair.alignment
    found: list[list[np.ndarray]] = [[pair.charge[None]], [], [pair.charge[None]], []]
    states = [(theta, velocity)]
    directions: list[torch.Tensor] = []
    together = max(1, NUMBERS_AT_ONCE // (3 * theta.numel()))
    with torch_threads(1):
        for k, (inputs, targets) in enumerate(draws):
            if k == 0 and steps >= STEPS_WORTH_TRACING:
                gradients = traced(gradients, theta, inputs, targets)
            gradient = gradients(theta, inputs, targets)
            if bound is not None:
                norm = gradient.norm(dim=1, keepdim=True)
                gradient = gradient * torch.clamp(bound / norm.clamp_min(1e-300), max=1.0)
            theta, velocity, d = rules[k].moved(theta, velocity, gradient)
            states.append((theta, velocity))
            directions.append(d)
            if len(directions) == together or k == steps - 1:
                begun = rules[k + 1 - len(directions) : k + 1]
                *parts, iterated = _followed(A, c, size, begun, states, directions, iterated)
                for kind, part in zip(found, parts, strict=True):
                    kind.append(part)
                states, directions = states[-1:], []
    path = ChargePath(*(np.concatenate(kind) for kind in found))
    if not np.isfinite(path.charge).all():
        raise ArgumentError("the run diverged: a charge is not finite. Lower the learning rate.")
    return path


def _followed(
    A: torch.Tensor,
    c: torch.Tensor,
    size: tuple[float, float],
    rules: Sequence[StepRule],
    states: Sequence[tuple[torch.Tensor, torch.Tensor]],
    directions: Sequence[torch.Tensor],
    iterated: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Charge after each of some steps, its law from the state before, the law iterated, the size; shape ``(K, R)``."""
    theta, velocity = (torch.stack(part) for part in zip(*states, strict=True))
    d = torch.stack(list(directions))
    if not bool(torch.isfinite(theta).all() & torch.isfinite(velocity).all()):
        raise ArgumentError("the run diverged: a weight is not finite. Lower the learning rate.")
    pair = _pair(A, c, theta, velocity)
    forms = {"direction_form": _form(A, d, d), "mixed_form": _form(A, d, velocity[1:])}
    if bool(c.any()):
        forms["shift_part"] = (theta[:-1] @ c).numpy()
    law, alone = [], []
    for rule, steps in _runs(rules):
        now = {name: form[steps] for name, form in forms.items()}
        law.append(next_pair(ChargePair(pair.charge[steps], pair.alignment[steps]), rule, **now).charge)
        path = list(_iterated(iterated, rule, now))
        iterated = path[-1]
        alone.extend(charge for charge, _ in path)
    after = theta[1:]
    scale = size[0] * after.square().sum(-1) + size[1] * after.norm(dim=-1)
    return pair.charge[1:], np.concatenate(law), np.stack(alone), scale.numpy(), iterated


def _iterated(
    pair: tuple[np.ndarray, np.ndarray], rule: StepRule, forms: Mapping[str, np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The law from step to step: it is linear in the pair, and the forms add what they add to a pair of zeros."""
    zeros = np.zeros_like(forms["direction_form"])
    added = next_pair(ChargePair(zeros, zeros), rule, **forms)
    of_charge, of_alignment = (
        next_pair(unit, rule, direction_form=0.0) for unit in (ChargePair(1.0), ChargePair(0.0, 1.0))
    )
    Q, D = pair
    for more_charge, more_alignment in zip(added.charge, added.alignment, strict=True):
        Q, D = (
            of_charge.charge * Q + of_alignment.charge * D + more_charge,
            of_charge.alignment * Q + of_alignment.alignment * D + more_alignment,
        )
        yield Q, D


def _runs(rules: Sequence[StepRule]) -> Iterator[tuple[StepRule, slice]]:
    """Each rule with the steps in a row that it makes."""
    start = 0
    for rule, same in itertools.groupby(rules):
        stop = start + len(list(same))
        yield rule, slice(start, stop)
        start = stop


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
    field = theta @ A + c
    return ChargePair(_form(A, theta, theta) / 2 + (theta @ c).numpy(), (field * velocity).sum(-1).numpy())


def _form(A: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
    return ((a @ A) * b).sum(-1).numpy()
