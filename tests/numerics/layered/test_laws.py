"""Many replicas against closed forms: one step to all orders of the learning rate, and a stationary variance."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.deep_linear import DataSet, LayeredPoint, NoisyTeacher, map_covariance_after_step, mean_map_after_step
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.observables import chained
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from numerics.statistics.estimators import mean
from tests.numerics.layered.problems import covariance
from tests.numerics.seeding import FALSE_ALARM_IN_PROPERTY, seed_of
from theory.deep_linear import LayeredLinear
from theory.gradient_noise.sampling import Sampling

BY_DAY, BY_NIGHT, REPLICAS = 2, 100, 40_000


def maps_after_a_step(number):
    """A random linear network, and the maps of many replicas after one step of SGD from the same weights."""
    source = np.random.default_rng(seed_of("law", number))
    depth = int(source.integers(1, 4))
    widths = tuple(int(width) for width in source.integers(1, 4, size=depth + 1))
    frozen = (1,) if depth > 1 and source.random() < 0.3 else ()
    network = LayeredLinear(widths, frozen=frozen, weight_decay=0.5 if source.random() < 0.3 else 0)
    b, sampling = int(source.integers(1, 4)), Sampling.WITH_REPLACEMENT
    if source.random() < 0.5:
        data = DataSet(source.normal(size=(5, widths[0])), source.normal(size=(5, widths[-1])))
        sampling = Sampling.WITHOUT_REPLACEMENT if source.random() < 0.5 else sampling
    else:
        data = NoisyTeacher(
            source.normal(size=(widths[-1], widths[0])),
            input_covariance=covariance(source, widths[0]),
            label_covariance=covariance(source, widths[-1]),
        )
    weights = tuple(0.7 * source.normal(size=shape) for shape in network.shapes)
    settings = {"learning_rate": 0.1, "batch_size": b, "sampling": sampling}
    run = train_layers(
        network,
        data,
        MiniBatchDescent(**settings),
        initial={f"W{l}": W for l, W in enumerate(weights, 1)},
        steps=1,
        n_replicas=REPLICAS,
        seed=seed_of("one step", number),
        options=Options(precision="float64"),
    )
    return LayeredPoint(network, data, weights), settings, chained([run.final[f"W{l}"] for l in range(1, depth + 1)])


def agrees_in_every_direction(number):
    point, settings, maps = maps_after_a_step(number)
    expected = mean_map_after_step(point, **settings)
    source = np.random.default_rng(1)
    for _ in range(3):
        u, v = source.normal(size=expected.shape[0]), source.normal(size=expected.shape[1])
        seen = np.einsum("i,nij,j->n", u, maps, v)
        assert mean(seen).agrees_with(u @ expected @ v, false_alarm=FALSE_ALARM_IN_PROPERTY)
        if len(point.network.trained) == 1:
            variance = map_covariance_after_step(point, (u, v), (u, v), order=2, **settings)
            square = (seen - u @ expected @ v) ** 2
            assert mean(square).agrees_with(variance, false_alarm=FALSE_ALARM_IN_PROPERTY)


@pytest.mark.parametrize("number", range(BY_DAY))
def test_one_step_has_the_mean_and_variance_of_the_closed_form(number):
    agrees_in_every_direction(number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(BY_DAY, BY_NIGHT))
def test_one_step_of_many_more_networks(number):
    agrees_in_every_direction(number)


def test_another_batch_size_is_seen():
    trained = LayeredPoint(LayeredLinear((1, 1, 1)), NoisyTeacher([[1.0]], label_covariance=0.5), ([[0.5]], [[0.5]]))
    run = train_layers(
        trained.network,
        trained.data,
        MiniBatchDescent(learning_rate=0.3, batch_size=2),
        initial={"W1": [[0.5]], "W2": [[0.5]]},
        steps=1,
        n_replicas=REPLICAS,
        seed=seed_of("batch"),
        options=Options(precision="float64"),
    )
    seen = mean(run.final["W1"][:, 0, 0] * run.final["W2"][:, 0, 0])
    for batch_size, holds in ((2, True), (1, False)):
        expected = mean_map_after_step(trained, learning_rate=0.3, batch_size=batch_size)[0, 0]
        assert seen.agrees_with(expected, false_alarm=FALSE_ALARM_IN_PROPERTY) is holds


@pytest.mark.parametrize("of_data", [0.0, 1.0])
@pytest.mark.parametrize("on_top", [0.0, 2.0])
def test_the_variances_of_both_label_noises_add(of_data, on_top):
    r"""One weight at its teacher moves by :math:`\eta x\xi`, of variance :math:`\eta^2(\sigma_D^2 + \sigma_T^2)`."""
    run = train_layers(
        DenseNetwork((1, 1)),
        NoisyTeacher([[2.0]], label_covariance=of_data),
        MiniBatchDescent(learning_rate=0.1, label_noise=on_top),
        initial={"W1": [[2.0]]},
        steps=1,
        n_replicas=REPLICAS,
        seed=seed_of("two noises", of_data, on_top),
        options=Options(precision="float64"),
    )
    square = (run.final["W1"][:, 0, 0] - 2) ** 2
    assert mean(square).agrees_with(0.01 * (of_data + on_top**2), false_alarm=FALSE_ALARM_IN_PROPERTY)


def test_label_noise_leaves_the_stationary_variance_of_the_recursion():
    r"""One weight: :math:`w' - m = (1 - \eta x^2)(w - m) + \eta x\xi`, so :math:`v = \eta\sigma^2/(2 - 3\eta)`."""
    eta, noise = 0.2, 0.09
    run = train_layers(
        DenseNetwork((1, 1)),
        NoisyTeacher([[2.0]], label_covariance=noise),
        MiniBatchDescent(learning_rate=eta),
        initial={"W1": [[2.0]]},
        steps=300,
        n_replicas=REPLICAS,
        seed=seed_of("stationary variance"),
        observables={"square": lambda weights: (weights["W1"][:, 0, 0] - 2) ** 2},
    )
    assert run.estimate("square").agrees_with(eta * noise / (2 - 3 * eta), false_alarm=FALSE_ALARM_IN_PROPERTY)
    assert not run.estimate("square").agrees_with(eta * noise / 2, false_alarm=FALSE_ALARM_IN_PROPERTY)
