r"""Modules whose gradient of a batch is not made of the gradients of its samples, though their outputs are.

The forward pass may treat samples one by one and the backward pass mix them: an embedding whose gradient is divided by
how often a word occurs in the batch, a function with a ``backward`` of its own, a hook on a tensor. Or it may not be
linear in what comes in, as where it normalises that: the gradient of a mean is another one then than the mean of the
gradients. What is asked is

.. math:: \nabla\sum_ic_il_i(\theta) = \sum_ic_i\nabla l_i(\theta)

with the left-hand side from one batch and the right-hand side from batches of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from numerics.errors import ArgumentError
from numerics.sgd.sample_mixing import ROUNDING, SampleMixingError

PROBES = 3
"""Samples whose gradients are compared, the first of them twice: what counts repetitions must see one."""

Losses = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Weights, inputs and targets to one loss per sample."""


def weighted_gradient(losses: torch.Tensor, theta: torch.Tensor, weights: torch.Tensor, **options: Any) -> torch.Tensor:
    r"""The gradient of :math:`\sum_ic_il_i`, zeros where no loss depends on a weight. Shape ``(P,)``."""
    found = torch.autograd.grad(losses, theta, grad_outputs=weights, allow_unused=True, **options)[0]
    return torch.zeros_like(theta) if found is None else found


def refuse_backward_mixing(losses: Losses, theta: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Refuse losses whose backward pass mixes samples, at weights near ``theta``.

    Args:
        losses: One loss per sample.
        theta: Shape ``(P,)``.
        inputs: The data set. Shape ``(n, ...)``.
        targets: Shape ``(n, ...)``.

    Raises:
        SampleMixingError: the gradient of a batch is not the sum of the gradients of its samples.
        ArgumentError: the losses have no gradient, with PyTorch's reason.
    """
    source = torch.Generator().manual_seed(0)
    few = [*range(min(PROBES, len(inputs))), 0]
    factors = (0.5 + torch.rand(len(few), generator=source)).to(theta)
    moved = (theta + 0.1 * torch.randn(theta.shape, generator=source).to(theta)).requires_grad_()
    devices = [inputs.device] if inputs.is_cuda else []
    # TF32 rounds batches of different sizes differently.
    with torch.random.fork_rng(devices=devices), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        try:
            together = weighted_gradient(losses(moved, inputs[few], targets[few]), moved, factors)
            alone = (losses(moved, inputs[i : i + 1], targets[i : i + 1]) for i in few)
            single = [
                c * weighted_gradient(loss, moved, torch.ones_like(loss))
                for c, loss in zip(factors, alone, strict=True)
            ]
        except (RuntimeError, NotImplementedError) as error:
            raise ArgumentError(
                "module and loss must be differentiable with respect to the weights, but PyTorch says: "
                f"{str(error).strip().splitlines()[0].rstrip('.')}. Use layers with dense gradients, and no "
                "in-place changes of weights."
            ) from None
    size = sum(float(g.abs().max()) for g in single)
    gap = (together - sum(single)).abs()
    finite = torch.isfinite(gap)
    if bool((gap[finite] > ROUNDING * torch.finfo(theta.dtype).eps * size).any()):
        raise SampleMixingError(
            "module must treat samples one by one, but its backward pass mixes them, or is not linear: the gradient of "
            "a weighted batch differs from the weighted sum of the gradients of its samples by "
            f"{float(gap[finite].max()):.1e}, where the gradients are {size:.1e}. Look for scale_grad_by_freq=True, a "
            "hook, a function with a backward of its own, or arithmetic of fewer digits than the weights have "
            "(autocast), and take it out."
        )
