"""The fused kernel and its array twins against torch.nn, autograd and torch.optim.SGD, on random networks."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.deep_linear import DataSet, NoisyTeacher
from numerics.errors import FallbackWarning
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.initial import gaussian_layers
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from tests.numerics.layered.problems import covariance, random_problem
from tests.numerics.layered.torch_twin import trained
from tests.numerics.seeding import seed_of
from theory.gradient_noise.sampling import Sampling

STEPS, TOLERANCE = 50, 1e-12
BY_DAY, BY_NIGHT = 1, 200
REPLICAS, FIRST = 2, 2**33 + 5


def largest_difference(network, data, dynamics, backend, *, change=lambda network, dynamics: (network, dynamics)):
    """Between torch and a backend, over all weights of all replicas, relative to the larger of 1 and the weight."""
    seed = seed_of("layers against torch", network, dynamics.batch_size)
    start = gaussian_layers(network, REPLICAS, seed=seed)
    run = train_layers(
        *(change(network, dynamics)[0], data, change(network, dynamics)[1]),
        initial=start,
        steps=STEPS,
        n_replicas=REPLICAS,
        seed=seed,
        options=Options(backend=backend, precision="float64", first=FIRST),
    )
    worst = 0.0
    for r in range(REPLICAS):
        twin = trained(network, data, dynamics, {n: v[r] for n, v in start.items()}, STEPS, seed, FIRST + r)
        for name, value in twin.items():
            worst = max(worst, np.max(np.abs(run.final[name][r] - value) / np.maximum(1, np.abs(value))))
    return worst


@pytest.mark.parametrize("number", range(BY_DAY))
def test_a_random_network_trains_as_in_torch(number):
    problem = random_problem(seed_of("random network", number))
    for backend in ("auto", "numpy"):
        assert largest_difference(*problem, backend) < TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("number", range(BY_DAY, BY_NIGHT))
def test_two_hundred_random_networks_train_as_in_torch(number):
    assert largest_difference(*random_problem(seed_of("random network", number)), "auto") < TOLERANCE


@pytest.mark.slow  # by day: random networks
def test_a_network_of_six_layers_with_correlated_label_noise_trains_as_in_torch():
    source = np.random.default_rng(1)
    network = DenseNetwork((7, 11, 4, 6, 11, 3, 5))
    data = NoisyTeacher(source.normal(size=(5, 7)), label_covariance=covariance(source, 5))
    assert largest_difference(network, data, MiniBatchDescent(learning_rate=0.01, batch_size=3), "auto") < TOLERANCE


@pytest.mark.parametrize(
    "change",
    [
        lambda network, dynamics: (network, MiniBatchDescent(learning_rate=0.02, batch_size=3, momentum=0.5)),
        lambda network, dynamics: (
            network,
            MiniBatchDescent(learning_rate=0.02, batch_size=3, sampling=Sampling.WITHOUT_REPLACEMENT),
        ),
        lambda network, dynamics: (DenseNetwork((3, 4, 2), activations="softplus"), dynamics),
        lambda network, dynamics: (DenseNetwork((3, 4, 2), activations="tanh", weight_decay=1e-6), dynamics),
    ],
    ids=["momentum", "sampling", "activation", "decay of 1e-6"],
)
def test_another_option_is_seen(change):
    source = np.random.default_rng(1)
    network, dynamics = (
        DenseNetwork((3, 4, 2), activations="tanh"),
        MiniBatchDescent(learning_rate=0.02, batch_size=3),
    )
    data = DataSet(source.normal(size=(6, 3)), source.normal(size=(6, 2)))
    assert largest_difference(network, data, dynamics, "numpy") < TOLERANCE
    assert largest_difference(network, data, dynamics, "numpy", change=change) > 1e3 * TOLERANCE


def test_pytorch_takes_the_steps_of_a_network_that_is_too_wide(monkeypatch):
    monkeypatch.setattr("numerics.layered.backend.LARGEST_FUSED", 1000)
    source = np.random.default_rng(1)
    network = DenseNetwork((3, 12, 2), activations="tanh", biases=True)
    data = DataSet(source.normal(size=(6, 3)), source.normal(size=(6, 2)))
    with pytest.warns(FallbackWarning, match="a replica carries 74 numbers.*PyTorch takes the steps"):
        assert largest_difference(network, data, MiniBatchDescent(learning_rate=0.01), "auto") < TOLERANCE
