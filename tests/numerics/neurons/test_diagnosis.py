"""Planted collapse is counted, by every rule; neurons that cannot be exchanged are not identical."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from numerics.errors import ArgumentError
from numerics.neurons.clusters import COUNTERS
from numerics.neurons.diagnosis import diagnose
from numerics.neurons.tracing import hidden_layers, parameters_of
from tests.numerics.seeding import seed_of

WIDTH = 12


def planted(groups: list[int], vanished: int) -> nn.Module:
    """A network whose first hidden layer holds copies, in groups, and vanished neurons."""
    source = torch.Generator().manual_seed(seed_of("planted", groups, vanished) % 2**63)
    first, second, last = (nn.Linear(a, b).double() for a, b in ((20, WIDTH), (WIDTH, 15), (15, 3)))
    net = nn.Sequential(first, nn.GELU(), second, nn.GELU(), last)
    leader = np.repeat(np.cumsum([0, *groups[:-1]]), groups)
    with torch.no_grad():
        for tensor in net.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=source, dtype=torch.float64))
        first.weight.copy_(first.weight[leader])
        first.bias.copy_(first.bias[leader])
        second.weight.copy_(second.weight[:, leader])
        first.weight[WIDTH - vanished :] *= 0.01
        first.bias[WIDTH - vanished :] *= 0.01
        second.weight[:, WIDTH - vanished :] *= 0.01
    return net


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("rule", ["whole", "both parts"])
def test_planted_copies_and_vanished_neurons_are_counted(rule, counter):
    net = planted([4, 3, 1, 1, 1, 1, 1], vanished=2)
    layers = hidden_layers(net, torch.zeros(1, 20, dtype=torch.float64))
    first, second = diagnose(layers, parameters_of(net), rule=rule, counter=counter)
    assert (first.width, first.vanishing, first.independent) == (WIDTH, 2, 5)
    assert first.fraction_independent == 5 / WIDTH
    assert 1 < first.effective_rank < 5.5
    assert (second.vanishing, second.independent) == (0, 15)


def test_neurons_that_cannot_be_exchanged_are_not_identical():
    net = planted([4, 3, 1, 1, 1, 1, 1], vanished=0)
    layer, _ = hidden_layers(net, torch.zeros(1, 20, dtype=torch.float64))
    halves = dataclasses.replace(layer, exchangeable=np.arange(WIDTH) % 2)
    (whole,), (apart,) = (diagnose([each], parameters_of(net)) for each in (layer, halves))
    assert (whole.independent, apart.independent) == (7, 9)


def test_a_network_of_zeros_has_no_independent_neuron():
    net = planted([1] * WIDTH, vanished=0)
    with torch.no_grad():
        for tensor in net.parameters():
            tensor.zero_()
    first, _ = diagnose(hidden_layers(net, torch.zeros(1, 20, dtype=torch.float64)), parameters_of(net))
    assert (first.vanishing, first.independent, first.effective_rank) == (WIDTH, 0, 0.0)


def test_wrong_names_and_a_diverged_network_are_refused():
    net = planted([1] * WIDTH, vanished=0)
    layers = hidden_layers(net, torch.zeros(1, 20, dtype=torch.float64))
    with pytest.raises(ArgumentError, match="rule must be one of"):
        diagnose(layers, parameters_of(net), rule="any")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="counter must be one of"):
        diagnose(layers, parameters_of(net), counter="any")  # type: ignore[arg-type]
    with torch.no_grad():
        next(net.parameters())[0, 0] = float("nan")
    with pytest.raises(ArgumentError, match="diverged"):
        diagnose(layers, parameters_of(net))
