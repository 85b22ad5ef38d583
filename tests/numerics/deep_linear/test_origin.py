"""Growth rates of two layers near zero, measured, against closed forms and against runs of the layers themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.deep_linear import (
    DataSet,
    NoisyTeacher,
    TwoLayerOrigin,
    collapse_windows,
    label_noise_growth,
    origin_growth,
)
from numerics.deep_linear.second_moment import Motion
from numerics.errors import ArgumentError, DivergenceError
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.initial import gaussian_layers
from numerics.layered.train import train_layers
from numerics.statistics.estimators import mean
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.deep_linear.layers import LayeredLinear
from theory.gradient_noise.sampling import Sampling

CHAIN = LayeredLinear((1, 3, 1))
WEAK = NoisyTeacher([[0.1]], label_covariance=1.0)


def test_one_input_and_output_grow_as_the_closed_form_says_and_not_as_the_sde():
    found = origin_growth(CHAIN, WEAK, learning_rate=0.5, seed=1, replicas=200, steps=200)
    exact = max(TwoLayerOrigin(0.1, 1.0).growth_rates(0.5)) / 0.5
    of_sde = origin_growth(CHAIN, WEAK, learning_rate=0.5, seed=1, motion=Motion.SDE).value
    assert found.agrees_with(exact, false_alarm=FALSE_ALARM)
    assert of_sde == pytest.approx(0.1 - 0.25 * 1.02) and not found.agrees_with(of_sde, false_alarm=FALSE_ALARM)


def test_gradient_descent_grows_by_the_largest_singular_value_less_the_decay():
    network = LayeredLinear((3, 2, 2), weight_decay=0.25)
    teacher = NoisyTeacher(np.diag([2.0, 0.5]) @ np.eye(2, 3))
    found = origin_growth(network, teacher, learning_rate=0.1, seed=1, motion=Motion.GD)
    assert found.value == pytest.approx(math.log(1 + 0.1 * 1.75) / 0.1) and found.standard_error == 0


def test_a_whole_data_set_as_a_batch_moves_as_gradient_descent():
    source = np.random.default_rng(1)
    data = DataSet(source.normal(size=(4, 2)), source.normal(size=(4, 2)))
    network, settings = LayeredLinear((2, 1, 2)), {"learning_rate": 0.1, "seed": 1}
    whole = {"batch_size": 4, "sampling": Sampling.WITHOUT_REPLACEMENT}
    exact = origin_growth(network, data, motion=Motion.GD, **settings).value
    assert origin_growth(network, data, replicas=4, steps=100, **whole, **settings).value == pytest.approx(
        exact, rel=1e-5
    )
    drawn = origin_growth(network, data, replicas=50, steps=100, batch_size=4, **settings)
    assert not drawn.agrees_with(exact, false_alarm=FALSE_ALARM)


@pytest.mark.slow
def test_both_ends_of_a_window_are_those_of_the_closed_form():
    (exact,) = TwoLayerOrigin(0.1, 1.0).windows()
    (found,) = collapse_windows(CHAIN, WEAK, between=(0.1, 2.0), spacing=1.6, seed=1, replicas=1000, steps=500)
    assert found.lower.agrees_with(exact.lower, false_alarm=FALSE_ALARM)
    assert found.upper.agrees_with(exact.upper, false_alarm=FALSE_ALARM)
    assert not found.lower.agrees_with(TwoLayerOrigin(0.1, 1.0).sde_threshold, false_alarm=FALSE_ALARM)


@pytest.mark.slow
def test_the_sde_of_wide_layers_grows_by_label_noise_as_the_closed_form_says():
    noise = NoisyTeacher(np.zeros((1, 3)), label_covariance=1.0)
    settings = {"motion": Motion.SDE, "replicas": 500, "steps": 300}
    found = origin_growth(LayeredLinear((3, 1, 1)), noise, learning_rate=0.1, seed=1, **settings)
    assert found.agrees_with(0.05 * label_noise_growth(3, 1), false_alarm=FALSE_ALARM)
    assert not found.agrees_with(0.05 * label_noise_growth(2, 1), false_alarm=FALSE_ALARM)


TEACHER = NoisyTeacher(
    [[0.4, 0.1], [0.0, 0.1]], input_covariance=[[1.0, 0.3], [0.3, 0.5]], label_covariance=[[0.8, 0.2], [0.2, 0.3]]
)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 3])
def test_layers_trained_from_tiny_weights_grow_at_the_rate_of_the_products(batch_size):
    network, eta = LayeredLinear((2, 2, 2), weight_decay=(0.1, 0.3)), 0.4
    kept = []

    def record(weights):
        kept.append(np.log((weights["W1"] ** 2).sum((1, 2)) + (weights["W2"] ** 2).sum((1, 2))) / 2)
        return kept[-1]

    train_layers(
        network,
        TEACHER,
        MiniBatchDescent(learning_rate=eta, batch_size=batch_size),
        initial={name: 1e-90 * W for name, W in gaussian_layers(network, 1000, seed=1).items()},
        steps=500,
        n_replicas=1000,
        seed=seed_of("two layers from tiny weights", batch_size),
        at=[100, 500],
        observables={"log": record},
    )
    run = mean((kept[1] - kept[0]) / (400 * eta))
    found = origin_growth(network, TEACHER, learning_rate=eta, batch_size=batch_size, seed=1, replicas=1000, steps=500)
    error = math.hypot(run.standard_error, found.standard_error)
    assert found.standard_error < run.standard_error and abs(run.value - found.value) < 5.1 * error
    flow = origin_growth(network, TEACHER, learning_rate=eta, seed=1, motion=Motion.GD).value
    assert abs(run.value - flow) > 5.1 * error


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"network": LayeredLinear((1, 1, 1, 1))}, "network must have two trained layers"),
        ({"network": LayeredLinear((2, 1, 1))}, "data must have a teacher of shape"),
        ({"learning_rate": -0.1}, "learning_rate must be positive"),
        ({"seed": -1}, "seed must be"),
        ({"batch_size": 10**8}, "replicas must be at most"),
    ],
)
def test_what_has_no_growth_rate_is_refused(wrong, says):
    settings = {"network": CHAIN, "data": WEAK, "learning_rate": 0.1, "seed": 1, **wrong}
    with pytest.raises(ArgumentError, match=says):
        origin_growth(**settings)


def test_two_equal_growth_rates_and_ends_that_fall_are_named():
    square = NoisyTeacher(np.zeros((1, 1)), label_covariance=1e-8)
    with pytest.raises(DivergenceError, match="the two largest growth rates are close"):
        origin_growth(
            LayeredLinear((1, 1, 1), weight_decay=(0, 1e-9)), square, learning_rate=1e-3, seed=1, replicas=2, steps=2
        )
    with pytest.raises(ArgumentError, match="between must be a rising pair"):
        collapse_windows(CHAIN, WEAK, between=(1.0, 0.5), seed=1)
