"""Covariances, diffusions and drifts from index formulas are those of explicit matrices and exact expectations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.deep_linear import (
    LayeredPoint,
    Modes,
    NoisyTeacher,
    gradient_covariance,
    gradient_drift,
    hessian_block,
    ito_drift,
    mode_diffusion,
    sensitivity,
    tangent_kernel,
)
from numerics.deep_linear.explicit import explicit_covariance, explicit_hessian, explicit_jacobian
from tests.examples import examples
from tests.numerics.deep_linear.nets import points, random_point
from theory.deep_linear import LayeredLinear

DIGITS = 1e-12


def close(found, exact, scale=1.0) -> bool:
    """Agreement to :data:`DIGITS`, relative to the size of the exact value or of its terms."""
    exact = np.asarray(exact)
    return bool(np.abs(np.asarray(found) - exact).max() <= DIGITS * max(np.abs(exact).max(), scale))


def assert_both_routes_agree(point: LayeredPoint) -> None:
    """Jacobian, covariance, diffusion of a pair of modes, Hessian and Itô drift."""
    modes, network = Modes.of_teacher(point.data), point.network
    J, covariance = explicit_jacobian(point), explicit_covariance(point)
    assert close(gradient_covariance(point), covariance)
    one, two = (network.widths[-1] - 1, 0), (0, network.widths[0] - 1)
    (u, v), (u2, v2) = modes.pair(one), modes.pair(two)
    a, a2 = J.T @ np.kron(v, u), J.T @ np.kron(v2, u2)
    size = float(np.sqrt((a @ covariance @ a) * (a2 @ covariance @ a2)))
    assert close(mode_diffusion(point, one, two, learning_rate=0.5, modes=modes), a @ covariance @ a2 / 2, size)
    H = explicit_hessian(point, u, v)
    size = float(np.abs(covariance * H).sum())
    assert close(ito_drift(point, one, learning_rate=0.5, modes=modes), np.sum(covariance * H) / 4, size)


@settings(max_examples=examples(12))
@given(points())
def test_index_formulas_are_those_of_explicit_matrices(point):
    assert_both_routes_agree(point)


@pytest.mark.slow
def test_two_hundred_networks_agree_on_both_routes():
    for seed in range(200):
        assert_both_routes_agree(random_point(seed, depth=1 + seed % 5, finite=seed % 3 == 0))


def test_six_layers_of_unequal_widths_agree_on_both_routes():
    network = LayeredLinear((2, 4, 3, 1, 2, 3, 2), frozen=(3,), weight_decay=0.2)
    rng = np.random.default_rng(0)
    data = NoisyTeacher(rng.normal(size=(2, 2)), input_covariance=np.diag([0.3, 2]), label_covariance=np.diag([0, 1]))
    weights = tuple(rng.normal(size=shape) for shape in network.shapes)
    assert_both_routes_agree(LayeredPoint(network, data, weights))


@settings(max_examples=examples(12))
@given(points(), st.integers(0, 10**6))
def test_gradient_and_mode_drift_are_derivatives_along_the_flow(point, seed):
    trained, h = point.network.trained, 1e-5
    rng = np.random.default_rng(seed)
    step = tuple(rng.normal(size=W.shape) if l in trained else np.zeros_like(W) for l, W in enumerate(point.weights, 1))
    up, down = (point.moved([c * h * d for d in step]) for c in (1, -1))
    slope = sum(float(np.sum(G * d)) for G, d in zip(point.gradients, step, strict=True))
    assert slope == pytest.approx((up.loss - down.loss) / (2 * h), abs=1e-6 * (1 + abs(point.loss)))
    modes = Modes.of_teacher(point.data)
    flow = [-G for G in point.gradients]
    drift = sum(float(np.sum(sensitivity(point, l, 0, modes=modes) * flow[l - 1])) for l in trained)
    assert gradient_drift(point, 0, modes=modes) == pytest.approx(drift)


@settings(max_examples=examples(12))
@given(points())
def test_hessian_blocks_and_tangent_kernels_are_those_of_differences(point):
    (u, v), layers = Modes.of_teacher(point.data).pair(0), range(1, point.network.depth + 1)
    every = LayeredPoint(
        LayeredLinear(point.network.widths, residual=point.network.residual), point.data, point.weights
    )
    blocks = [[hessian_block(every, l, m, 0) for m in layers] for l in layers]
    assert close(np.block(blocks), explicit_hessian(every, u, v), 10)
    J = explicit_jacobian(point)
    assert close(tangent_kernel(point), J @ J.T, 10)


def test_the_printed_jacobian_has_another_value_where_its_shape_fits():
    point = random_point(2, depth=3, plain=True, square=True, widest=3)
    exact = explicit_jacobian(point)[:, 9:18]
    assert close(point.jacobian(2), exact)
    assert np.abs(np.kron(point.below(2).T, point.above(2).T) - exact).max() > 0.1


def test_the_printed_jacobian_has_another_shape_for_unequal_widths():
    network = LayeredLinear((3, 5, 4, 2))
    rng = np.random.default_rng(3)
    point = LayeredPoint(network, NoisyTeacher(np.ones((2, 3))), tuple(rng.normal(size=s) for s in network.shapes))
    assert close(point.jacobian(2), explicit_jacobian(point)[:, 15:35])
    assert np.kron(point.below(2).T, point.above(2).T).shape != (6, 20)


def test_the_printed_ito_drift_is_refuted_at_a_scalar_chain():
    w, s, sigma = 0.429, 0.588, 0.3
    data = NoisyTeacher([[s]], label_covariance=sigma**2)
    point = LayeredPoint(LayeredLinear((1, 1, 1)), data, ([[w**0.5]], [[w**0.5]]))
    exact = float(np.sum(explicit_covariance(point) * explicit_hessian(point, np.ones(1), np.ones(1)))) / 2
    corrected = 2 * w * ((s - w) ** 2 + sigma**2 / 2)
    printed = (s - w) * 2 + 2 * sigma
    found = ito_drift(point, 0, learning_rate=1.0)
    assert close(found, exact) and close(found, corrected)
    assert abs(found - printed) > 0.1
