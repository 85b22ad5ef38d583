r"""Real SGD on the PyTorch twin of a symbolic convolutional network, from a set of its weights."""

from __future__ import annotations

import numpy as np
import sympy as sp
import torch
from torch import nn

from numerics.errors import ArgumentError
from numerics.sgd.batches import WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.module_invariance import ModuleExcursion, module_excursion
from numerics.sgd.optimisers import SGD
from numerics.sgd.weight_sets import affine
from theory.networks.convolutional import Convolutional
from theory.values import shown

ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "sigmoid": nn.Sigmoid}


def convolutional_module(network: Convolutional, activation: str) -> nn.Sequential:
    """The module whose parameters, one after the other, are ``network.weights``; double precision.

    Args:
        network: The architecture. Its symbolic activation is not used.
        activation: A name of :data:`ACTIVATIONS`.
    """
    if activation not in ACTIVATIONS:
        raise ArgumentError(f"activation must be one of {sorted(ACTIVATIONS)}, got {shown(activation)}.")
    layers: list[nn.Module] = []
    for below, above in zip(network.channels, network.channels[1:], strict=False):
        layers += [nn.Conv1d(below, above, network.taps), ACTIVATIONS[activation]()]
    read = nn.Linear(network.channels[-1] * network.positions(network.depth), network.outputs)
    return nn.Sequential(*layers, nn.Flatten(), read).double()


def convolutional_excursion(
    network: Convolutional, constraints: sp.MatrixBase, activation: str, *, steps: int = 40, seed: int
) -> ModuleExcursion:
    """Train two replicas from random points of a set, on random data, and watch its constraints.

    SGD with momentum 1/2 and weight decay 1/100, mini-batches of 3 out of 12 samples with replacement.

    Args:
        network: The architecture.
        constraints: Linear functions of ``network.weights`` that vanish on the set. Shape ``(r, 1)``.
        activation: A name of :data:`ACTIVATIONS`.
        steps: Steps.
        seed: Seed of data, start and mini-batches.
    """
    source = torch.Generator().manual_seed(seed)
    inputs = torch.randn(12, network.channels[0], network.length, generator=source, dtype=torch.float64)
    targets = torch.randn(12, network.outputs, generator=source, dtype=torch.float64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # PyTorch draws the weights of a new layer from its own, unseeded stream
        module = convolutional_module(network, activation)
    problem = EmpiricalLoss(module, lambda output, target: ((output - target) ** 2).sum(), inputs, targets)
    normals = np.array(network.affine_set(constraints).normals.tolist(), dtype=float)
    return module_excursion(
        problem,
        affine(problem, normals),
        SGD(0.01, momentum=0.5, weight_decay=0.01),
        batches=WithReplacement(3),
        steps=steps,
        seed=seed,
        n_replicas=2,
    )
