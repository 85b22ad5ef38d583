"""The steps that every training makes: replicas side by side, their weights one matrix that changes in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

import torch
from torch.func import grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from numerics.sgd.minibatches import Minibatch
from numerics.sgd.optimisers import Step

Gradients = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Weights, inputs and targets of all replicas to their gradients, shape ``(R, P)``."""

SampleLosses = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Weights of one replica, inputs and targets of its batch, to the losses of the samples, shape ``(b,)``."""

STEPS_WORTH_TRACING = 200
"""From here on the gradient is traced once into a flat list of operations: a third of a second, which halves a step."""


def batch_gradients(sample_losses: SampleLosses) -> Gradients:
    """The gradients of the mean losses of all replicas' batches, in one vectorised call."""

    def batch_loss(weights: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return sample_losses(weights, inputs, targets).mean()

    return vmap(grad(batch_loss))


def traced(gradients: Gradients, theta: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> Gradients:
    """The same operations without the machinery that found them; refused unless it agrees at other weights too."""
    elsewhere = 0.5 * theta + 0.1
    try:
        found = make_fx(gradients)(elsewhere, inputs.roll(1, 1), targets)
        agrees = torch.equal(found(theta, inputs, targets), gradients(theta, inputs, targets))
    except Exception:  # whatever the tracer cannot follow, the untraced function can
        return gradients
    return found if agrees else gradients


def descent(
    theta: torch.Tensor,
    gradients: Gradients,
    advance: Step,
    minibatches: Iterable[Minibatch],
    factors: Iterable[float] = repeat(1.0),
) -> Iterator[int]:
    """Make a step for each mini-batch, and yield the number of steps done.

    Args:
        theta: Weights of all replicas, changed in place by ``advance``. Shape ``(R, P)``.
        gradients: Of their mini-batches.
        advance: From :meth:`numerics.sgd.optimisers.Optimiser.stepper` on ``theta``.
        minibatches: One for each step.
        factors: On the learning rate, one for each step.
    """
    for done, ((inputs, targets), factor) in enumerate(zip(minibatches, factors, strict=False), start=1):
        advance(gradients(theta, inputs, targets), factor)
        yield done
