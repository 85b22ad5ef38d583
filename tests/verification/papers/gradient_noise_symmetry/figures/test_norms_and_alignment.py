"""The figures of the symmetry paper: their networks have the invariances that are claimed, their judges can say no."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.layered.dynamics import FullGradientDescent
from verification.papers.gradient_noise_symmetry.figures import norms
from verification.papers.gradient_noise_symmetry.figures.alignment import (
    LAYERS,
    RESIDUAL,
    TEACHER,
    balanced_sides,
    cosine,
    drawn_layers,
    squares,
    trained,
)

RNG = np.random.default_rng(5)
U, W = RNG.standard_normal((2, 3, 2, 2))
MOMENT, CROSS = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([[1.0, 0.2], [-0.4, 0.7]])


def loss(network, U, W):
    f = U @ W / norms.size_and_slopes(network, U, W)[0]
    return np.trace(f @ MOMENT @ f.swapaxes(1, 2) / 2 - f @ CROSS.T, axis1=1, axis2=2)


@pytest.mark.parametrize("network", ["A", "B"])
def test_gradients_of_a_normalised_network_are_the_slopes_of_its_loss(network):
    steps = 1e-6 * RNG.standard_normal((2, 3, 2, 2))
    change = loss(network, U + steps[0], W + steps[1]) - loss(network, U - steps[0], W - steps[1])
    first, second = norms.gradients(network, U, W, MOMENT, CROSS)
    expected = 2 * ((first * steps[0]).sum((1, 2)) + (second * steps[1]).sum((1, 2)))
    assert np.allclose(change, expected, rtol=1e-6, atol=1e-14)


def test_one_network_is_invariant_layer_by_layer_and_the_other_as_a_whole():
    for network, layers in (("A", (2.0, 2.0)), ("B", (2.0, 2.0)), ("B", (2.0, 1.0))):
        assert np.allclose(loss(network, layers[0] * U, layers[1] * W), loss(network, U, W))
    assert not np.allclose(loss("A", 2 * U, W), loss("A", U, W), rtol=0.01)


def test_a_norm_that_falls_is_counted():
    row = {
        "network": "B",
        "SGD": {k: {"kept": norms.STEPS * norms.RUNS - 1, "growth": [1.1]} for k in ("all", "U", "W")},
    }
    assert norms.monotone([row])["location"][0] < 1
    assert [feature["reproduced"] for feature in norms.monotone([row])["features"]] == [False, True]


def test_gradient_descent_in_small_steps_conserves_the_charge_of_the_shifted_layers():
    start = drawn_layers(RESIDUAL.widths, (0.2, 1.0), 4, 3)
    one = np.eye(3)

    def charge(first, second):
        lower, upper = one + first, one + second
        return upper.swapaxes(1, 2) @ upper - lower @ lower.swapaxes(1, 2)

    before = charge(start["W1"], start["W2"])
    after = charge(*trained(RESIDUAL, TEACHER, FullGradientDescent(learning_rate=1e-3), start, 2_000, 1))
    assert np.abs(after - before).max() < 0.01 < np.abs(before).max()
    raw = squares(start["W2"]) - squares(start["W1"])
    W, U = trained(RESIDUAL, TEACHER, FullGradientDescent(learning_rate=1e-3), start, 2_000, 1)
    assert np.abs(squares(U) - squares(W) - raw).max() > 0.1


def test_balanced_sides_of_equal_layers_agree_for_even_covariances_alone():
    W = drawn_layers(LAYERS.widths, (1.0, 1.0), 2, 1)["W1"]
    left, right = balanced_sides(W, W.swapaxes(1, 2), np.eye(3), np.eye(3))
    assert np.allclose(left, right) and np.allclose(cosine(left, right), 1)
    left, right = balanced_sides(W, W.swapaxes(1, 2), np.eye(3), np.diag([9.0, 1.0, 1.0]))
    assert (cosine(left, right) < 0.99).all()
