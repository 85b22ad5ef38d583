"""Derivatives of the loss, the law across a manifold of minima, and the minimum that label noise selects."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings

from numerics.deep_linear import (
    LayeredPoint,
    Minimum,
    Modes,
    NearMinimum,
    NoisyTeacher,
    nearest_minimum,
    selected_minimum,
)
from numerics.deep_linear.curvature import loss_hessian, matrices_of, third_derivative
from numerics.deep_linear.selection import _SlowFlow, slow_flow
from numerics.errors import ArgumentError, DivergenceError, DriftproofError
from tests.examples import examples
from tests.numerics.deep_linear.nets import points, random_covariance
from theory.deep_linear import LabelNoiseMinimum, LayeredLinear

ETA = 0.01


def start(widths, teacher, *, seed=0, **covariances) -> LayeredPoint:
    """A random point of a plain network with this teacher."""
    rng, network = np.random.default_rng(seed), LayeredLinear(widths)
    weights = tuple(0.6 * rng.normal(size=shape) for shape in network.shapes)
    return LayeredPoint(network, NoisyTeacher(teacher, **covariances), weights)


def flat_gradient(point: LayeredPoint) -> np.ndarray:
    """The gradient as one vector."""
    return np.concatenate([G.ravel(order="F") for G in point.gradients])


@settings(max_examples=examples(12))
@given(points())
def test_second_and_third_derivatives_are_those_of_the_gradient(point):
    H = loss_hessian(point)
    rng, h = np.random.default_rng(len(H)), 1e-3
    sizes = zip(range(1, point.network.depth + 1), point.weights, strict=True)
    moving = np.concatenate([np.full(W.size, l in point.network.trained) for l, W in sizes])
    y = rng.normal(size=len(H)) * moving
    up, down = (flat_gradient(point.moved(matrices_of(point, c * h * y))) for c in (1, -1))
    size = 1 + np.abs(H).max() * np.abs(y).max()
    assert np.abs((up - down) / (2 * h) - H @ y * moving).max() < 1e-4 * size
    second = (up + down - 2 * flat_gradient(point)) / h**2
    third = third_derivative(point, y[None, :])[0]
    assert np.abs(second - third).max() < 1e-4 * (1 + np.abs(third).max()) * size


@pytest.fixture(scope="module")
def skewed() -> Minimum:
    """A selected minimum whose inputs and label noise share no frame with the teacher."""
    rng = np.random.default_rng(1)
    covariances = {"input_covariance": random_covariance(rng, 2), "label_covariance": random_covariance(rng, 2)}
    return selected_minimum(start((2, 2, 2, 2), rng.normal(size=(2, 2)), **covariances))


def test_lyapunov_is_solved_by_the_covariance_across(skewed):
    H, X = loss_hessian(skewed.point), skewed.covariance
    assert np.abs(H @ X + X @ H - skewed.noise).max() < 1e-12 * np.abs(skewed.noise).max()
    values, vectors = np.linalg.eigh(H)
    across = vectors[:, values > 1e-9 * values[-1]]
    library = scipy.linalg.solve_continuous_lyapunov(across.T @ H @ across, across.T @ skewed.noise @ across)
    assert np.abs(across.T @ X @ across - library).max() < 1e-10 * np.abs(X).max()


def test_the_rows_of_the_jacobian_and_the_whole_hessian_give_one_slow_flow():
    rng = np.random.default_rng(4)
    covariances = {"input_covariance": random_covariance(rng, 3), "label_covariance": random_covariance(rng, 2)}
    minimum = Minimum(nearest_minimum(start((3, 2, 3, 2), rng.normal(size=(2, 3)), **covariances)))
    drift, terms = slow_flow(minimum.point)
    assert np.abs(drift - (minimum.slow_drift - minimum.circulation)).max() < 1e-9 * terms
    assert not minimum.is_selected
    with pytest.raises(ArgumentError, match="Use selected_minimum"):
        minimum.mean(0, learning_rate=1e-6)


def test_a_layer_narrower_than_the_teacher_leaves_a_signal_and_a_minimum_all_the_same():
    covariances = {"input_covariance": [[1.0, 0.3], [0.3, 0.7]], "label_covariance": [[0.3, 0.1], [0.1, 0.2]]}
    narrow = start((2, 1, 2), np.array([[1.0, 0.2], [-0.1, 0.5]]), seed=3, **covariances)
    beside = Minimum(nearest_minimum(narrow))
    drift, terms = slow_flow(beside.point)
    assert np.abs(drift - beside.slow_drift).max() < 1e-9 * terms and not beside.is_selected
    found = selected_minimum(narrow)
    assert found.is_selected and np.abs(found.point.signal.mean).max() > 0.1
    # 20 000 runs of SGD at the rates .02 and .01, extrapolated to 0, gave .3165 and -.252 with an error of .016.
    assert found.variance(0, learning_rate=ETA) / ETA == pytest.approx(0.3165, abs=0.002)
    shift = (found.mean(0, learning_rate=ETA) - found.mean(0, learning_rate=0.0)) / ETA
    assert shift == pytest.approx(-0.252, abs=3 * 0.016)
    with pytest.raises(ArgumentError, match="the network cannot follow its teacher"):
        NearMinimum(found)


def test_a_network_of_frozen_layers_stays_where_it_is():
    network = LayeredLinear((2, 2), frozen=(1,))
    still = LayeredPoint(network, NoisyTeacher(np.eye(2), label_covariance=0.1), (np.diag([1.0, 0.5]),))
    found = selected_minimum(still)
    assert found.variance(0, learning_rate=ETA) == 0
    assert found.point.weights[0] == pytest.approx(still.weights[0])


def test_noise_along_the_minima_is_refused():
    equal = start((2, 1, 2), np.eye(2), label_covariance=0.1)
    for ask in (selected_minimum, lambda point: Minimum(nearest_minimum(point)).variance(0, learning_rate=ETA)):
        with pytest.raises(ArgumentError, match="the weights diffuse among the minima"):
            ask(equal)


def test_rotations_next_to_a_residual_layer_that_decays_are_no_symmetry():
    rng, network = np.random.default_rng(5), LayeredLinear((2, 2, 1), residual=(1,))
    data = NoisyTeacher([[1.0, 0.4]], label_covariance=1.2, input_covariance=[[1.0, 0.3], [0.3, 0.7]])
    weights = tuple(rng.normal(size=shape) for shape in network.shapes)
    found = selected_minimum(LayeredPoint(network, data, weights), decay_over_noise=0.3)
    moved = found.point.moved(tuple(0.2 * rng.normal(size=shape) for shape in network.shapes))
    again = selected_minimum(moved, decay_over_noise=0.3)
    for one, other in zip(found.point.weights, again.point.weights, strict=True):
        assert one == pytest.approx(other, abs=1e-7)
    decay = np.concatenate([0.3 * W.ravel(order="F") for W in found.point.weights])
    values, vectors = np.linalg.eigh(loss_hessian(found.point))
    along = vectors[:, values < 1e-9]
    assert found.slow_drift == pytest.approx(along @ (along.T @ decay), abs=1e-8)


def test_slopes_of_the_slow_flow_are_differences_of_its_drift_though_hidden_layers_turn():
    covariances = {"input_covariance": np.diag([3.0, 0.2]), "label_covariance": [[0.5, 0.3], [0.3, 0.2]]}
    point = nearest_minimum(start((2, 3, 3, 2), [[1.0, 0.3], [-0.4, 0.6]], **covariances))
    flow = _SlowFlow((), fits=True)
    along, slopes = flow.slopes(point)
    h, ones = 1e-5, np.ones(len(along))
    up, down = (flow.drift(point.moved(matrices_of(point, sign * h * along.T @ ones)))[0] for sign in (1, -1))
    expected = along @ (up - down) / (2 * h)
    assert slopes @ ones == pytest.approx(expected, abs=1e-4 * np.abs(expected).max())
    turning = flow.turning(point)[0]
    assert np.linalg.norm(turning - flow.drift(point)[0]) > 0.01 * np.linalg.norm(turning)


def test_without_a_common_frame_the_hidden_layers_turn_for_ever(skewed):
    assert skewed.is_selected
    assert np.abs(skewed.circulation).max() > 1e-3
    common = selected_minimum(start((2, 2, 2), np.diag([1.0, 0.4]), label_covariance=np.diag([0.3, 0.1])))
    assert np.abs(common.circulation).max() < 1e-9


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("widths", "s", "lam", "q"),
    [
        ((4, 1, 1), [1.0], [1.0, 1, 1, 1], [1.0]),
        ((2, 3, 2), [1.0, 0.3], [1.0, 0.4], [0.49, 0.1]),
        ((3, 2, 2, 2), [1.0, 0.3], [1.0, 0.4, 2.0], [0.5, 0.2]),
        pytest.param((1, 2, 1, 3, 1, 2, 2), [0.8], [1.5], [0.5, 0.2], marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_closed_form_is_where_the_slow_flow_rests(widths, s, lam, q):
    r, teacher = len(s), np.zeros((widths[-1], widths[0]))
    teacher[range(r), range(r)] = s
    found = selected_minimum(
        start(widths, teacher, input_covariance=np.diag(lam), label_covariance=np.diag(q)), accuracy=1e-11
    )
    closed = LabelNoiseMinimum(
        len(widths) - 1,
        s,
        input_variances=lam[:r],
        label_variances=q[:r],
        input_trace=sum(lam),
        label_trace=sum(q),
    )
    frames = Modes(np.eye(widths[-1]), np.eye(widths[0]))
    options = {"learning_rate": ETA, "modes": frames}
    for alpha in range(r):
        assert found.variance(alpha, **options) / ETA == pytest.approx(float(closed.variance(alpha)), rel=1e-8)
        shift = (found.mean(alpha, **options) - s[alpha]) / ETA
        assert shift == pytest.approx(float(closed.mean_shift(alpha)), rel=1e-7) and shift < 0
        assert found.variance((0, alpha), **options) / ETA == pytest.approx(float(closed.variance(0, alpha)), rel=1e-8)
    squares = sorted(np.linalg.svd(found.point.weights[0])[1][:r] ** 2)
    assert squares == pytest.approx(sorted(float(closed.first_layer(alpha)) for alpha in range(r)), rel=1e-8)


def test_the_balanced_minimum_is_not_selected_where_the_paper_needs_it():
    s, data = np.diag([1.0, 0.2]), NoisyTeacher(np.diag([1.0, 0.2]), label_covariance=0.49)
    balanced = Minimum(LayeredPoint(LayeredLinear((2, 2, 2, 2)), data, (s ** (1 / 3),) * 3))
    assert not balanced.is_selected
    printed = 3 / 2 * 0.49 * np.diag(s) ** (4 / 3)
    assert [balanced.variance(alpha, learning_rate=ETA) / ETA for alpha in (0, 1)] == pytest.approx(printed)
    selected = LabelNoiseMinimum(3, [1, 0.2], label_variances=0.49, input_trace=2, label_trace=0.98)
    assert abs(float(selected.variance(0)) - printed[0]) > 0.02


ONE_LAYER = Minimum(
    LayeredPoint(LayeredLinear((3, 1)), NoisyTeacher([[1.0, 0, 0]], label_covariance=1.0), ([[1.0, 0, 0]],))
)
"""White inputs, three of them: the second moment of SGD is finite below 2/(3 + 2)."""


def test_a_variance_is_given_up_to_the_bound_of_the_noise_whatever_the_batch():
    assert ONE_LAYER.variance(0, learning_rate=0.39) == pytest.approx(0.195)
    # b = 2: eta (1 + (d + 1)/b) < 2
    assert ONE_LAYER.variance(0, learning_rate=0.66, batch_size=2) == pytest.approx(0.165)
    with pytest.raises(DivergenceError, match="learning_rate must be below 0.666667"):
        ONE_LAYER.variance(0, learning_rate=0.67, batch_size=2)


WRONG = {
    "a slope": (lambda: Minimum(start((1, 1, 1), [[1.0]])), "point must be a minimum of the loss, but its gradient"),
    "a saddle": (
        lambda: Minimum(LayeredPoint(LayeredLinear((1, 1, 1)), NoisyTeacher([[1.0]]), ([[0.0]], [[0.0]]))),
        "the Hessian has the eigenvalue -1",
    ),
    "a learning rate beyond all bounds": (
        lambda: Minimum(LayeredPoint(LayeredLinear((1, 1)), NoisyTeacher([[1.0]]), ([[1.0]],))).variance(
            0, learning_rate=2.0
        ),
        r"learning_rate must be below 2 = 2/\(largest curvature\)",
    ),
    "a learning rate beyond the bound of noise": (
        lambda: ONE_LAYER.variance(0, learning_rate=0.41),
        "learning_rate must be below 0.4: from there on the second moment of SGD diverges",
    ),
    "no noise": (lambda: selected_minimum(start((1, 1, 1), [[1.0]])), "Give a label_covariance"),
    "weight decay": (
        lambda: selected_minimum(
            LayeredPoint(LayeredLinear((1, 1), weight_decay=1), NoisyTeacher([[1.0]]), ([[1.0]],))
        ),
        "without weight decay",
    ),
    "no point": (lambda: Minimum(3), "point must be a LayeredPoint"),
    "one layer": (
        lambda: LabelNoiseMinimum(1, [1], label_variances=1, input_trace=1, label_trace=1),
        "depth must be a whole number from 2 on",
    ),
    "a mode without noise": (
        lambda: LabelNoiseMinimum(2, [1], label_variances=[0], input_trace=1, label_trace=1),
        "label_variances must be positive",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_manifold_of_minima_is_refused(name):
    call, words = WRONG[name]
    with pytest.raises(DriftproofError, match=words):
        call()


def test_residual_factors_and_a_frozen_layer_have_a_selected_minimum_too():
    network = LayeredLinear((2, 2, 2, 2), residual=(1, 2), frozen=(3,))
    rng = np.random.default_rng(5)
    covariances = {"input_covariance": np.diag([1, 0.5]), "label_covariance": np.diag([0.1, 0.3])}
    data = NoisyTeacher(rng.normal(size=(2, 2)), **covariances)
    weights = (np.zeros((2, 2)), np.zeros((2, 2)), np.array([[1.0, 0.2], [0.1, 0.8]]))
    found = selected_minimum(LayeredPoint(network, data, weights))
    assert found.is_selected and np.abs(found.point.map - data.teacher).max() < 1e-12
    assert np.array_equal(found.point.weights[2], weights[2])
    assert found.mean(0, learning_rate=ETA) != pytest.approx(float(np.linalg.svd(data.teacher)[1][0]), rel=1e-6)


@pytest.mark.every(2)
@pytest.mark.parametrize("ratio", [0.0, 0.5, 3.0])
def test_weak_decay_draws_the_selected_minimum_towards_balance(ratio):
    # Two inputs, one hidden unit: c^4 = (2 rho + sigma^2)/(2 rho + 2 sigma^2), by hand from d(|W_1|^2 - c^2)/dt = 0.
    data = NoisyTeacher([[1.0, 0.0]], label_covariance=1.0)
    start = LayeredPoint(LayeredLinear((2, 1, 1)), data, ([[1.0, 0.0]], [[1.0]]))
    upper = selected_minimum(start, decay_over_noise=ratio).point.weights[1][0, 0]
    assert upper**4 == pytest.approx((2 * ratio + 1) / (2 * ratio + 2), rel=1e-8)


def test_weak_decay_without_noise_selects_the_balanced_minimum():
    first, second = np.array([[1, 0.2], [0, 0.8], [0.3, 0.1]]), np.array([[1, 0.1, 0.2], [0, 0.9, 0.1]])
    start = LayeredPoint(LayeredLinear((2, 3, 2)), NoisyTeacher(np.diag([1.0, 0.5])), (first, second))
    W_1, W_2 = selected_minimum(start, decay_over_noise=1.0).point.weights
    assert np.abs(W_1 @ W_1.T - W_2.T @ W_2).max() < 1e-6
