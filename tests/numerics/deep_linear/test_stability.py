"""The learning rates at which the second moment near a minimum is finite."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.deep_linear import (
    DataSet,
    LayeredPoint,
    Minimum,
    Motion,
    NearMinimum,
    NoisyTeacher,
    nearest_minimum,
    tangent_kernel,
)
from numerics.deep_linear.explicit import gaussian_nodes
from numerics.errors import ArgumentError, DivergenceError
from tests.numerics.deep_linear.test_minima import start
from theory.deep_linear import LayeredLinear
from theory.gradient_noise import Sampling


def growth(near: NearMinimum, eta: float) -> float:
    """The spectral radius of the second moment's map for batches of one, from explicit matrices."""
    point = near.minimum.point
    K, d_L = tangent_kernel(point), point.network.widths[-1]
    data = point.data
    if isinstance(data, DataSet):
        chances, x = np.full(data.size, 1 / data.size), data.inputs
    else:
        chances, x = gaussian_nodes(data.input_covariance, 3)
    total = np.zeros((len(K) ** 2, len(K) ** 2))
    for chance, row in zip(chances, x, strict=True):
        step = np.eye(len(K)) - eta * K @ np.kron(np.outer(row, row), np.eye(d_L))
        total += chance * np.kron(step, step)
    return float(np.abs(np.linalg.eigvals(total)).max())


def minima() -> list[Minimum]:
    """A deep minimum with inputs that are not white, and one of a data set."""
    rng = np.random.default_rng(0)
    fresh = start((2, 3, 2), rng.normal(size=(2, 2)), input_covariance=np.diag([0.5, 2]), label_covariance=0.3)
    inputs = rng.normal(size=(5, 2))
    listed = DataSet(inputs, inputs @ rng.normal(size=(2, 2)) + 0.2 * rng.normal(size=(5, 2)))
    return [Minimum(nearest_minimum(p)) for p in (fresh, LayeredPoint(fresh.network, listed, fresh.weights))]


@pytest.mark.parametrize("place", [0, 1])
def test_the_second_moment_grows_exactly_from_the_bound_on(place):
    near = NearMinimum(minima()[place])
    bound = near.largest_learning_rate()
    assert growth(near, bound) == pytest.approx(1, abs=1e-9)
    assert growth(near, 0.99 * bound) < 1 < growth(near, 1.01 * bound)
    assert bound < near.largest_learning_rate(Motion.GD)


def test_bounds_of_one_layer_are_those_of_the_textbook():
    d, b = 4, 3
    layer = LayeredPoint(LayeredLinear((d, 1)), NoisyTeacher(np.ones((1, d))), (np.ones((1, d)),))
    near = NearMinimum(Minimum(layer), batch_size=b)
    bounds = [near.largest_learning_rate(motion) for motion in (Motion.SGD, Motion.SDE, Motion.GD)]
    assert bounds == pytest.approx([2 * b / (b + d + 1), 2 * b / (d + 1), 2])


def test_the_full_batch_without_replacement_has_the_bound_of_gradient_descent():
    minimum = minima()[1]
    near = NearMinimum(minimum, batch_size=5, sampling=Sampling.WITHOUT_REPLACEMENT)
    assert near.largest_learning_rate() == pytest.approx(near.largest_learning_rate(Motion.GD))
    assert near.largest_learning_rate(Motion.SDE) == np.inf


def test_the_linearised_variance_of_one_layer_solves_its_recursion():
    eta, noise = 0.1, 0.3
    layer = LayeredPoint(LayeredLinear((1, 1)), NoisyTeacher([[1.0]], label_covariance=noise), ([[1.0]],))
    near = NearMinimum(Minimum(layer))
    # P = E(1 - eta x^2)^2 P + eta^2 noise, and the SDE's without the square of the mean step
    assert near.variance(0, learning_rate=eta) == pytest.approx(eta * noise / (2 - 3 * eta))
    assert near.variance(0, learning_rate=eta, motion=Motion.SDE) == pytest.approx(eta * noise / (2 - 2 * eta))


def test_all_variances_agree_as_the_learning_rate_falls():
    minimum = minima()[0]
    near, eta = NearMinimum(minimum), 1e-6
    first = minimum.variance(0, learning_rate=eta)
    for motion in (Motion.SGD, Motion.SDE):
        assert near.variance(0, learning_rate=eta, motion=motion) == pytest.approx(first, rel=1e-4)


def test_a_learning_rate_at_which_sgd_diverges_is_refused_with_the_bound():
    near = NearMinimum(minima()[0])
    bound = near.largest_learning_rate()
    with pytest.raises(DivergenceError, match=f"learning_rate must be below {bound:.6g}, the bound 1/rho"):
        near.variance(0, learning_rate=1.01 * bound)
    with pytest.raises(ArgumentError, match="learning_rate must be positive"):
        near.variance(0, learning_rate=0)
