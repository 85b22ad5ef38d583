"""Final weights, shape ``(replicas, d)``, of both engines: a recursion in the fused kernel, real SGD in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
import torch

from numerics.sgd.batches import Batches, FullBatch, WithoutReplacement, WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.label_noise import GaussianLabelNoise
from numerics.sgd.optimisers import SGD
from numerics.sgd.replicas import train_replicas
from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from tests.numerics.properties.quadratic_descent import Descent
from theory.discrete.recursion import Recursion
from theory.gradient_noise.sampling import Sampling


def iterated(
    recursion: Recursion, run: Descent, *, seed: int, replicas: int, parameters: Mapping[sp.Symbol, Any] | None = None
) -> np.ndarray:
    """Weights after the steps of ``run``; velocities start at rest and are left out."""
    d = len(run.start)
    rest = [0.0] * (recursion.dimension - d)
    simulation = iterate(
        recursion,
        parameters=parameters or {},
        initial=[*run.start, *rest],
        steps=len(run.rates),
        n_replicas=replicas,
        seed=seed,
        options=Options(precision="float64"),
    )
    return simulation.final[:, :d]


def trained(
    problem: EmpiricalLoss,
    run: Descent,
    batches: Batches,
    *,
    seed: int,
    replicas: int,
    label_noise: float = 0.0,
    initial: torch.Tensor | None = None,
) -> np.ndarray:
    """Weights of a linear layer after the steps of ``run``, trained by SGD from its start or from ``initial``."""
    first = run.rates[0]
    result = train_replicas(
        problem,
        SGD(first, run.momentum, run.decay),
        batches=batches,
        steps=len(run.rates),
        n_replicas=replicas,
        seed=seed,
        initial={"weight": torch.tensor([run.start], dtype=torch.float64) if initial is None else initial},
        schedule=[rate / first for rate in run.rates],
        label_noise=GaussianLabelNoise(label_noise) if label_noise else None,
    )
    return result.final["weight"].reshape(replicas, -1).numpy()


def batch_rule(sampling: Sampling, size: int | None) -> Batches:
    """The rule of real SGD that the theory's ``sampling`` names."""
    if size is None:
        return FullBatch()
    return WithReplacement(size) if sampling is Sampling.WITH_REPLACEMENT else WithoutReplacement(size)
