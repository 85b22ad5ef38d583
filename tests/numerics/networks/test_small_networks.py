"""The batched training against torch's own layers and optimiser, one network at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from numerics.errors import ArgumentError, DivergenceError
from numerics.networks.small_networks import SmallNetworks, _Data, _Networks, count_neurons
from numerics.neurons.diagnosis import diagnose
from numerics.neurons.tracing import hidden_layers, parameters_of

NOISE = (0.3, 0.6)
RUN = SmallNetworks((0.05, 0.2), 2, (3, 6), weight_decay=0.1, label_noise=NOISE, pixels=9, hidden=5, classes=3, seed=4)


def row(run: SmallNetworks, networks: _Networks, rate: int, replica: int) -> torch.Tensor:
    """The weights of one network."""
    return networks.theta[rate * run.replicas + replica]


def with_torch(run: SmallNetworks, rate: int, replica: int) -> nn.Sequential:
    """One of the networks, trained by torch.optim.SGD on the same images."""
    source = torch.Generator().manual_seed(run.seed)
    data, start = _Data(run, source), _Networks(run, source)
    net = nn.Sequential(nn.Linear(run.pixels, run.hidden), nn.GELU(), nn.Linear(run.hidden, run.classes))
    with torch.no_grad():
        for tensor, own in zip(net.parameters(), start.parameters(row(run, start, rate, replica)), strict=True):
            tensor.copy_(own)
    optimiser = torch.optim.SGD(net.parameters(), lr=run.learning_rates[rate], weight_decay=run.weight_decay)
    for images, labels in data.batches():
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(images[replica]), labels[rate, replica]).backward()
        optimiser.step()
    return net


@pytest.mark.parametrize(("rate", "replica"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_every_network_is_trained_as_torch_trains_it(rate, replica):
    source = torch.Generator().manual_seed(RUN.seed)
    data, networks = _Data(RUN, source), _Networks(RUN, source)
    assert list(networks.trained(data.batches())) == list(range(1, RUN.snapshots[-1] + 1))
    net = with_torch(RUN, rate, replica)
    batched = networks.parameters(row(RUN, networks, rate, replica))
    for alone, together in zip(net.parameters(), batched, strict=True):
        assert torch.allclose(alone, together, rtol=1e-4, atol=1e-6)
    (found,) = diagnose(hidden_layers(net, torch.zeros(1, RUN.pixels)), parameters_of(net))
    counts = count_neurons(RUN)
    assert counts.independent[-1, rate, replica] == found.independent / RUN.hidden
    assert counts.vanished[-1, rate, replica] == found.vanishing / RUN.hidden


def test_the_share_of_wrong_labels_is_the_one_asked_for():
    """No wrong label is drawn right by chance: 20 000 labels, 6 standard errors."""
    data = _Data(dataclasses.replace(RUN, replicas=1), torch.Generator().manual_seed(0))
    _, labels = data.images(20_000)
    wrong = data.corrupted(labels) != labels
    for share, found in zip(NOISE, wrong.double().mean(dim=(1, 2)).tolist(), strict=True):
        assert abs(found - share) < 6 * (share * (1 - share) / 20_000) ** 0.5
        assert abs(found - share * 2 / 3) > 0.05
    assert bool((wrong[1] | ~wrong[0]).all())


def test_a_run_is_the_same_each_time_and_another_seed_is_another_run():
    first, again = count_neurons(RUN), count_neurons(RUN)
    assert np.array_equal(first.independent, again.independent) and np.array_equal(first.accuracy, again.accuracy)
    assert not np.array_equal(first.accuracy, count_neurons(dataclasses.replace(RUN, seed=5)).accuracy)


def test_divergence_is_reported_with_its_learning_rate():
    with pytest.raises(DivergenceError, match="learning rate 1000.0"):
        count_neurons(dataclasses.replace(RUN, learning_rates=(0.05, 1000.0), snapshots=(200,)))


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rates": ()},
        {"learning_rates": (0.2, 0.1)},
        {"snapshots": (0,)},
        {"replicas": 0},
        {"classes": 1},
        {"label_noise": 1.5},
        {"label_noise": (0.1,)},
        {"weight_decay": -1.0},
    ],
)
def test_impossible_settings_are_refused_by_name(change):
    (name,) = change
    with pytest.raises(ArgumentError, match=name):
        dataclasses.replace(RUN, **change)
