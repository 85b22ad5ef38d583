"""Gradients as a flat list of operations are those of the function, step after step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from numerics.sgd.descent import batch_gradients, traced
from numerics.sgd.empirical_loss import EmpiricalLoss
from tests.numerics.sgd.problems import numbers, squared_error, with_fixed_weights


@pytest.mark.parametrize(
    "middle",
    [[nn.ReLU()], [nn.Flatten()], [nn.Unflatten(1, (1, 1, 2)), nn.MaxPool2d((1, 2)), nn.Flatten()]],
    ids=["relu", "linear", "pooled"],
)
def test_a_traced_gradient_is_the_gradient_also_when_it_is_called_again(middle):
    net = nn.Sequential(nn.Linear(3, 2), *middle, nn.Linear(2 if len(middle) == 1 else 1, 2))
    problem = EmpiricalLoss(with_fixed_weights(net), squared_error, numbers(20, 3), numbers(20, 2, name="targets"))
    gradients = batch_gradients(problem.sample_losses)
    theta, inputs = problem.theta.expand(4, -1).clone(), problem.inputs.reshape(4, 5, 3)
    targets = problem.targets.reshape(4, 5, 2)
    found = traced(gradients, theta, inputs, targets)
    for k in range(3):
        at = theta + 0.1 * k
        assert torch.equal(found(at, inputs, targets), gradients(at, inputs, targets))
    assert torch.ops.aten.mean.dim not in {node.target for node in found.graph.nodes}  # the loss is not computed


def test_random_numbers_are_drawn_in_every_step():
    def gradients(theta, inputs, targets):
        return theta * torch.bernoulli(torch.full_like(theta, 0.5) * torch.ones_like(theta))

    theta = torch.ones(2, 200)
    torch.manual_seed(1)
    found = traced(gradients, theta, theta, theta)
    assert not torch.equal(found(theta, theta, theta), found(theta, theta, theta))
