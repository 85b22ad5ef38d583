"""Small modules and data for the tests of real SGD."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.torch_philox import Purpose, ReplicaNoise
from tests.numerics.seeding import seed_of


def numbers(*shape: int, name: object = "data") -> torch.Tensor:
    """Fixed normal numbers in float64, one set for each name."""
    count = int(np.prod(shape))
    return ReplicaNoise(seed_of(name, shape), 1).normals(Purpose.INITIAL, 0, 1, count)[0, 0].view(shape)


def squared_error(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (output - target).square().sum()


def with_fixed_weights(module: nn.Module) -> nn.Module:
    module = module.double()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(numbers(*parameter.shape, name=name) / 2)
    return module


def perceptron(activation: type[nn.Module] = nn.Tanh) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(3, 5), activation(), nn.Linear(5, 4), activation(), nn.Linear(4, 2))
    return with_fixed_weights(net)  # type: ignore[return-value]


def convolutional(activation: type[nn.Module] = nn.Tanh) -> nn.Sequential:
    return with_fixed_weights(  # type: ignore[return-value]
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            activation(),
            nn.Conv2d(4, 3, 2),
            activation(),
            nn.Flatten(),
            nn.Linear(27, 2),
        )
    )


def regression(module: nn.Module | None = None, samples: int = 12, loss=squared_error) -> EmpiricalLoss:
    return EmpiricalLoss(module or perceptron(), loss, numbers(samples, 3), numbers(samples, 2, name="targets"))


def images(module: nn.Module | None = None, samples: int = 8) -> EmpiricalLoss:
    targets = numbers(samples, 2, name="targets")
    return EmpiricalLoss(module or convolutional(), squared_error, numbers(samples, 2, 4, 4), targets)


def classification(module: nn.Module | None = None, samples: int = 12) -> EmpiricalLoss:
    classes = torch.arange(samples) % 2
    return EmpiricalLoss(module or perceptron(), nn.functional.cross_entropy, numbers(samples, 3), classes)
