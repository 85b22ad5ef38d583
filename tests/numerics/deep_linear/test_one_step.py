"""Moments of one step of SGD are those of all batches, or of Gauss-Hermite nodes; the SDE's are others."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from numerics.deep_linear import (
    DataSet,
    LayeredPoint,
    Modes,
    NoisyTeacher,
    map_covariance_after_step,
    mean_loss_after_step,
    mean_map_after_step,
    mode_step,
)
from numerics.deep_linear.batch_traces import mean_of_batch_trace
from numerics.deep_linear.batch_words import mean_of_batch_word
from numerics.deep_linear.explicit import sample_signals
from numerics.errors import ArgumentError
from tests.numerics.deep_linear.nets import random_point
from theory.deep_linear import LayeredLinear
from theory.gradient_noise import Sampling

ETA = 0.3
WITH, WITHOUT = Sampling.WITH_REPLACEMENT, Sampling.WITHOUT_REPLACEMENT


def maps_after_steps(point: LayeredPoint, signals: np.ndarray) -> np.ndarray:
    """The maps after steps with these batch signals, layer by layer as SGD makes them."""
    maps = []
    for T in signals:
        product = np.eye(point.network.widths[0])
        layers = zip(point.factors, point.weights, point.network.weight_decay, strict=True)
        for l, (F, W, decay) in enumerate(layers, 1):
            step = point.above(l).T @ T @ point.below(l).T - float(decay) * W
            product = (F + ETA * step if l in point.network.trained else F) @ product
        maps.append(product)
    return np.array(maps)


def assert_moments(point: LayeredPoint, maps: np.ndarray, chances: np.ndarray, **options) -> None:
    """Mean map, variance of a mode and mean loss over ``maps`` are those of the formulas."""
    u, v = Modes.of_teacher(point.data).pair((0, 0))
    values = np.einsum("nij,i,j->n", maps, u, v)
    mean, mean_square = np.tensordot(chances, maps, 1), chances @ values**2
    variance, loss = mean_square - (chances @ values) ** 2, chances @ [point.data.loss(W) for W in maps]
    options = {"learning_rate": ETA, **options}
    assert mean_map_after_step(point, **options) == pytest.approx(mean, rel=1e-12, abs=1e-12)
    found = map_covariance_after_step(point, (u, v), (u, v), order=6, **options)
    assert found == pytest.approx(variance, rel=1e-10, abs=1e-12 * mean_square)
    assert mean_loss_after_step(point, order=6, **options) == pytest.approx(loss, rel=1e-12)


@pytest.mark.every(3)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sampling", [WITH, WITHOUT])
def test_every_batch_of_a_data_set_is_counted(seed, sampling):
    point = random_point(seed, depth=1 + seed % 3, finite=True, widest=3)
    T = sample_signals(point, input_nodes=1, label_nodes=1)[1]
    T = T.reshape(7, point.network.widths[0], -1).transpose(0, 2, 1)
    draws = itertools.product(range(7), repeat=2) if sampling is WITH else itertools.combinations(range(7), 3)
    batches = [list(batch) for batch in draws]
    maps = maps_after_steps(point, np.array([T[batch].mean(0) for batch in batches]))
    chances = np.full(len(batches), 1 / len(batches))
    assert_moments(point, maps, chances, batch_size=len(batches[0]), sampling=sampling)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_the_mean_over_gaussian_data_is_that_of_exact_nodes(seed):
    point = random_point(seed, depth=1 + seed % 3, widest=2)
    chances, flat = sample_signals(point, input_nodes=7, label_nodes=4)
    signals = flat.reshape(len(flat), point.network.widths[0], -1).transpose(0, 2, 1)
    assert_moments(point, maps_after_steps(point, signals), chances)


def test_a_batch_of_two_is_the_mean_of_two_independent_nodes():
    data = NoisyTeacher([[0.8]], input_covariance=[[1.3]], label_covariance=[[0.4]])
    point = LayeredPoint(LayeredLinear((1, 1, 1)), data, ([[0.6]], [[0.5]]))
    p, T = sample_signals(point, input_nodes=5, label_nodes=3)
    pairs, chances = (T[:, None, 0] + T[None, :, 0]).ravel() / 2, np.outer(p, p).ravel()
    assert_moments(point, maps_after_steps(point, pairs[:, None, None]), chances, batch_size=2)


def test_the_sde_misses_the_square_of_the_mean_step():
    w, s, eta, b, noise = 0.25, 1.0, 0.1, 4, 0.3
    data = NoisyTeacher([[s]], label_covariance=noise)
    step = mode_step(
        LayeredPoint(LayeredLinear((1, 1, 1)), data, ([[0.5]], [[0.5]])), 0, learning_rate=eta, batch_size=b
    )
    gap = s - w
    first, ito = eta * 0.5 * gap, eta**2 * w * (2 * gap**2 + noise) / b
    assert step.sde_mean == pytest.approx(first + ito, rel=1e-12)
    assert step.mean == pytest.approx(first + ito + eta**2 * w * gap**2, rel=1e-12)


def test_four_layers_of_twelve_take_at_most_a_second():
    rng = np.random.default_rng(0)
    data = NoisyTeacher(np.diag([1, 0.7, 0.4] + [0] * 9), label_covariance=0.1)
    weights = tuple(rng.normal(size=(12, 12)) / 4 for _ in range(4))
    point = LayeredPoint(LayeredLinear((12,) * 5), data, weights)
    start = time.process_time()
    step = mode_step(point, 0, learning_rate=0.005, batch_size=3, order=4)
    assert time.process_time() - start < 2  # 0.6 s on an idle core
    assert step.variance == pytest.approx(step.sde_variance, rel=0.1)


def test_without_an_order_a_step_of_three_layers_is_exact_and_four_signals_are_not_enough():
    data = NoisyTeacher([[1.2]], input_covariance=[[1.5]], label_covariance=0.2)
    point = LayeredPoint(LayeredLinear((1, 1, 1, 1)), data, ([[0.7]], [[0.8]], [[0.6]]))
    chances, signals = sample_signals(point, input_nodes=7, label_nodes=4)
    maps = maps_after_steps(point, signals[:, None])
    along = maps[:, 0, 0]
    variance = chances @ (along - chances @ along) ** 2
    assert mode_step(point, 0, learning_rate=ETA).variance == pytest.approx(variance, rel=1e-11)
    short = mode_step(point, 0, learning_rate=ETA, order=4).variance
    assert abs(short - variance) > 0.1 * variance


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "seed", [0, 1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_batches_of_one_are_exact_to_six_layers(seed):
    depth = (4, 4, 5, 6)[seed]
    network = LayeredLinear((1,) * (depth + 1), frozen=(2,) if seed == 1 else (), weight_decay=(0.1,) * depth)
    data = NoisyTeacher([[0.9]], input_covariance=[[0.8]], label_covariance=[[0.3]])
    weights = tuple(np.array([[w]]) for w in np.random.default_rng(seed).normal(1, 0.2, depth))
    point = LayeredPoint(network, data, weights)
    chances, signals = sample_signals(point, input_nodes=2 * depth + 1, label_nodes=depth + 1)
    maps = maps_after_steps(point, signals[:, None])
    along = maps[:, 0, 0]
    variance = chances @ (along - chances @ along) ** 2
    assert mode_step(point, 0, learning_rate=ETA).variance == pytest.approx(variance, rel=1e-9)
    loss = chances @ [data.loss(W) for W in maps]
    assert mean_loss_after_step(point, learning_rate=ETA) == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_pairings_and_cumulants_of_forms_are_two_routes_to_one_step(seed):
    rng, point = np.random.default_rng(seed), random_point(seed, depth=3, widest=3)
    (u, v), (u2, v2) = ((rng.normal(size=d) for d in point.map.shape) for _ in range(2))
    options = {"learning_rate": ETA, "sampling": WITH}
    batch, loss = {}, {}
    for b in (1, 2, 3):  # three values of a polynomial in 1/b: no route but the pairings' has b above 1
        batch[b] = map_covariance_after_step(point, (u, v), (u2, v2), order=3, batch_size=b, **options)
        loss[b] = mean_loss_after_step(point, order=2, batch_size=b, **options)
    # Up to three signals the covariance is c_1/b + c_2/b^2, the loss of two signals l_0 + l_1/b.
    c = np.linalg.solve([[1 / 2, 1 / 4], [1 / 3, 1 / 9]], [batch[2], batch[3]])
    assert batch[1] == pytest.approx(c.sum(), rel=1e-9)
    assert loss[1] == pytest.approx(4 * loss[2] - 3 * loss[3], rel=1e-9)


def test_steps_of_five_layers_on_a_data_set_are_those_of_all_samples():
    point = random_point(7, depth=5, widest=2, finite=True)
    assert isinstance(point.data, DataSet)
    inputs, residuals = point.data.inputs, point.data.labels - point.data.inputs @ point.map.T
    maps = maps_after_steps(point, np.einsum("ni,nj->nij", residuals, inputs))
    u, v = Modes.of_teacher(point.data).pair((0, 0))
    along = np.einsum("nij,i,j->n", maps, u, v)
    assert mode_step(point, 0, learning_rate=ETA).variance == pytest.approx(along.var(), rel=1e-10)
    losses = [point.data.loss(W) for W in maps]
    assert mean_loss_after_step(point, learning_rate=ETA) == pytest.approx(np.mean(losses), rel=1e-10)


@pytest.mark.slow  # by day: traces against all pairings
@pytest.mark.parametrize("depth", [4, 5])
def test_batches_of_two_through_four_and_five_layers_are_those_of_independent_nodes(depth):
    network = LayeredLinear((1,) * (depth + 1), weight_decay=(0.1,) * depth)
    data = NoisyTeacher([[0.9]], input_covariance=[[0.8]], label_covariance=[[0.3]])
    weights = tuple(np.array([[w]]) for w in np.random.default_rng(depth).normal(1, 0.2, depth))
    point = LayeredPoint(network, data, weights)
    p, T = sample_signals(point, input_nodes=2 * depth + 1, label_nodes=depth + 1)
    pairs, chances = (T[:, None, 0] + T[None, :, 0]).ravel() / 2, np.outer(p, p).ravel()
    along = maps_after_steps(point, pairs[:, None, None])[:, 0, 0]
    variance = chances @ (along - chances @ along) ** 2
    options = {"learning_rate": ETA, "batch_size": 2, "order": None if depth == 4 else 10}
    assert mode_step(point, 0, **options).variance == pytest.approx(variance, rel=1e-9)
    loss = chances @ [data.loss(np.array([[w]])) for w in along]
    assert mean_loss_after_step(point, **options) == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize("places", [1, 2, 3, 4, pytest.param(6, marks=pytest.mark.slow)])
def test_traces_of_a_batch_are_the_sums_over_all_pairings(places):
    rng = np.random.default_rng(places)
    signal = random_point(places, depth=1, widest=3).signal
    flips = [bool(flip) for flip in rng.integers(0, 2, places)]
    sides = [signal.mean.shape[::-1] if flip else signal.mean.shape for flip in flips]
    links = [rng.normal(size=(sides[i - 1][1], sides[i][0])) for i in range(places)]
    for b in (1, 3):
        word = mean_of_batch_word(signal, [*links, np.eye(sides[-1][1])], batch_size=b, transposed=flips)
        found = mean_of_batch_trace(signal, links, batch_size=b, transposed=flips)
        assert found == pytest.approx(np.trace(word), rel=1e-11)


def test_traces_that_do_not_chain_are_refused():
    signal = NoisyTeacher(np.ones((2, 3))).signal(np.zeros((2, 3)))
    with pytest.raises(ArgumentError, match=r"links\[1\] must have shape \(3, 2\)"):
        mean_of_batch_trace(signal, [np.ones((3, 2)), np.ones((2, 2))], batch_size=2)
    with pytest.raises(ArgumentError, match="1 to 10 signals, got 0"):
        mean_of_batch_trace(signal, [], batch_size=2)


@pytest.mark.parametrize("b", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_mean_through_seven_layers_is_that_over_nodes(b):
    data = NoisyTeacher([[0.9]], label_covariance=[[0.3]])
    point = LayeredPoint(LayeredLinear((1,) * 8), data, ([[0.9]],) * 7)
    p, T = sample_signals(point, input_nodes=8, label_nodes=5)
    pairs, chances = (T[:, None, 0] + T[None, :, 0]).ravel() / 2, np.outer(p, p).ravel()
    signals, chances = (T[:, 0], p) if b == 1 else (pairs, chances)
    mean = chances @ maps_after_steps(point, signals[:, None, None])[:, 0, 0]
    options = {"learning_rate": ETA, "batch_size": b}
    assert mean_map_after_step(point, **options)[0, 0] == pytest.approx(mean, rel=1e-11)
    cut = mode_step(point, 0, order=2, **options)
    assert cut.mean == pytest.approx(mean - point.map[0, 0], rel=1e-10)
    with pytest.raises(ArgumentError, match=f"7 layers are trained on batches of {b}.*up to order={14 - 2 * b}"):
        mode_step(point, 0, **options)


def test_a_mean_of_nine_signals_of_a_batch_is_refused_at_once():
    chain = LayeredPoint(LayeredLinear((1,) * 10), NoisyTeacher([[1.0]]), ([[1.0]],) * 9)
    with pytest.raises(
        ArgumentError, match="at most 8 signals of a batch of 2, got 9, one for each of 9 trained layers"
    ):
        mode_step(chain, 0, learning_rate=ETA, batch_size=2, order=2)


def test_terms_are_left_out_only_where_an_order_says_so():
    point = random_point(0, depth=4, plain=True)
    chain = LayeredPoint(LayeredLinear((1,) * 6), NoisyTeacher([[1.0]]), ([[1.0]],) * 5)
    with pytest.raises(ArgumentError, match="order must be given where 5 layers are trained on batches of 2.*order=10"):
        mode_step(chain, 0, learning_rate=ETA, batch_size=2)
    exact, cut = (mode_step(point, 0, learning_rate=ETA, order=order).variance for order in (None, 4))
    assert abs(cut - exact) > 0.1 * exact


def test_a_variance_that_comes_out_negative_is_refused():
    chain = LayeredPoint(LayeredLinear((1,) * 5), NoisyTeacher([[0.0]]), ([[1.0]],) * 4)
    assert mode_step(chain, 0, learning_rate=0.01, batch_size=2, order=3).variance > 0
    with pytest.raises(ArgumentError, match="order=3 leaves out too much at learning_rate=0.2"):
        mode_step(chain, 0, learning_rate=0.2, batch_size=2, order=3)


@pytest.mark.slow
def test_six_layers_of_unequal_widths_take_a_few_seconds_at_most():
    rng = np.random.default_rng(1)
    network, data = LayeredLinear((7, 11, 5, 4, 6, 3, 5)), NoisyTeacher(rng.normal(size=(5, 7)), label_covariance=0.1)
    point = LayeredPoint(network, data, tuple(rng.normal(size=shape) / 3 for shape in network.shapes))
    start = time.process_time()
    step = mode_step(point, 0, learning_rate=1e-4)
    assert time.process_time() - start < 12  # 4 s on an idle core
    assert step.variance == pytest.approx(step.sde_variance, rel=0.05)


def test_an_order_beyond_what_is_averaged_is_refused():
    for b, bound in ((1, 13), (2, 11)):
        with pytest.raises(ArgumentError, match=f"order must be at least 0 and below {bound}"):
            mode_step(random_point(0, depth=2), 0, learning_rate=0.1, batch_size=b, order=bound)
