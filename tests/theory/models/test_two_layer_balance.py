"""Theorem 2: the balance against the exact noise of a Gaussian model, its closed solution, and sharpness there."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.two_layer_balance import balanced_factors, balancing_gauge
from numerics.errors import ArgumentError
from tests.numerics.seeding import seed_of
from theory.decision.zero import decide_zero
from theory.errors import DimensionError, ShapeError
from theory.gradient_noise import Gaussian, Model
from theory.models.neurons_of_one_sign import imbalance_factor, squared_gap, total_imbalance_factor
from theory.models.two_layer_balance import (
    MeanGradient,
    autoencoder_ratio,
    autoencoder_sharpness,
    balance_weights,
    hessian_trace,
    initial_sharpness,
)
from theory.symmetry.matrix_charge import matrix_charge, noise_imbalance

U, W = sp.Matrix(2, 1, sp.symbols("u_1:3", real=True)), sp.Matrix(1, 2, sp.symbols("w_1:3", real=True))
X, E = sp.symbols("x_1:3", real=True), sp.symbols("e_1:3", real=True)
TEACHER = sp.Matrix([[1, 2], [0, -1]])
SIGMA_X, SIGMA_E = sp.Matrix([[2, 1], [1, 3]]), sp.diag(1, 4)


@pytest.fixture(scope="module")
def model():
    r = U * W * sp.Matrix(X) - TEACHER * sp.Matrix(X) - sp.Matrix(E)
    law = Gaussian([*X, *E], [0] * 4, sp.diag(SIGMA_X, SIGMA_E))
    return Model([*U, *W], sp.expand((r.T * r)[0]), law)


@pytest.mark.parametrize("kind", MeanGradient)
def test_the_balance_is_the_imbalance_of_the_noise(model, kind):
    noise = model.covariance
    if kind is MeanGradient.SECOND_MOMENT:
        noise = noise + model.gradient * model.gradient.T
    weights = balance_weights(U * W, TEACHER, SIGMA_X, SIGMA_E, mean_gradient=kind)
    exact = noise_imbalance(U, W, [*U, *W], noise)
    assert sp.expand(4 * weights.residual(U, W)[0] - exact[0]) == 0


def test_covariance_and_second_moment_differ_away_from_critical_points_only():
    weights = [
        balance_weights(U * W, TEACHER, SIGMA_X, SIGMA_E, mean_gradient=kind).residual(U, W)[0] for kind in MeanGradient
    ]
    difference = weights[0] - weights[1]
    assert str(decide_zero(difference).kind) == "nonzero"
    at_rank_one_teacher = sp.Matrix([[2, 4], [1, 2]])
    point = {U[0]: 2, U[1]: 1, W[0]: 1, W[1]: 2}
    there = [
        balance_weights(U * W, at_rank_one_teacher, SIGMA_X, SIGMA_E, mean_gradient=kind).residual(U, W)[0].subs(point)
        for kind in MeanGradient
    ]
    assert there[0] == there[1]


def definite(name, size):
    root = np.random.default_rng(seed_of(name, size)).normal(size=(size, size))
    return root @ root.T + np.eye(size) / 10


@pytest.mark.parametrize(("m", "d", "n"), [(3, 3, 3), (4, 2, 3), (2, 5, 3)])
def test_the_closed_solution_balances_and_is_the_gauge_of_any_other(m, d, n):
    source = np.random.default_rng(seed_of("factors", (m, d, n)))
    u, w = source.normal(size=(m, d)), source.normal(size=(d, n))
    gamma_U, gamma_W = definite("U", m), definite("W", n)
    closed = balanced_factors(u @ w, gamma_U, gamma_W, width=d)
    assert np.allclose(closed[0] @ closed[1], u @ w)
    assert np.allclose(closed[1] @ gamma_W @ closed[1].T, closed[0].T @ gamma_U @ closed[0])
    assert not np.allclose(w @ gamma_W @ w.T, u.T @ gamma_U @ u)
    if d > min(m, n):
        with pytest.raises(ArgumentError, match="full rank"):
            balancing_gauge(u, w, gamma_U, gamma_W)
        return
    G = balancing_gauge(u, w, gamma_U, gamma_W)
    moved = u @ G, np.linalg.solve(G, w)
    assert np.allclose(moved[1] @ gamma_W @ moved[1].T, moved[0].T @ gamma_U @ moved[0])
    F, *_ = np.linalg.lstsq(closed[0], moved[0], rcond=None)  # unique up to an orthogonal matrix
    assert np.allclose(F @ F.T, np.eye(d)) and np.allclose(closed[0] @ F, moved[0])


def test_singular_noise_and_narrow_widths_are_refused():
    with pytest.raises(ArgumentError, match="weight decay"):
        balanced_factors(np.eye(2), np.diag([1.0, 0.0]), np.eye(2))
    with pytest.raises(ArgumentError, match="rank"):
        balanced_factors(np.eye(2), np.eye(2), np.eye(2), width=1)
    with pytest.raises(ShapeError, match="teacher"):
        balance_weights(sp.eye(2), sp.eye(3), sp.eye(2), sp.eye(2))
    with pytest.raises(DimensionError, match="noise_variance"):
        autoencoder_sharpness(2, 2, 0)


def test_the_trace_of_the_hessian_is_that_of_the_mean_loss(model):
    trace = sum(sp.diff(model.mean_loss, weight, 2) for weight in model.weights)
    assert sp.expand(trace - hessian_trace(U, W, SIGMA_X)) == 0
    assert sp.expand(hessian_trace(U, W, SIGMA_X, weight_decay=3) - trace) == 12


@pytest.mark.parametrize(("n", "d"), [(3, 1), (3, 2), (3, 3), (2, 4)])
def test_the_printed_sharpness_of_an_autoencoder_is_right_for_wide_ones_only(n, d):
    variance, k = sp.Rational(1, 2), min(n, d)
    projector = sp.diag(*([1] * k + [0] * (n - k)))
    weights = balance_weights(projector, sp.eye(n), sp.eye(n), variance * sp.eye(n))
    kappa = sp.sqrt(autoencoder_ratio(n, d, variance))
    left = sp.sqrt(kappa) * sp.eye(n)[:, :k].row_join(sp.zeros(n, d - k))
    right = sp.eye(n)[:k, :].col_join(sp.zeros(d - k, n)) / sp.sqrt(kappa)
    assert left * right == projector
    assert weights.residual(left, right).applyfunc(sp.simplify).is_zero_matrix
    found = hessian_trace(left, right, sp.eye(n))
    assert str(decide_zero(found - autoencoder_sharpness(n, d, variance)).kind) == "zero"
    assert (str(decide_zero(found - 4 * n * k).kind) == "zero") == (d >= n)


def test_real_descent_finds_the_ratio_of_a_narrow_autoencoder():
    n, eta, steps, replicas = 2, 0.02, 4_000, 100
    source = np.random.default_rng(seed_of("narrow autoencoder"))
    u, w = source.normal(size=(replicas, n, 1)) * 0.7, source.normal(size=(replicas, 1, n)) * 0.7
    sizes = []
    for k in range(steps):
        x = source.normal(size=(replicas, n, 1))
        noise = np.sqrt(0.5) * source.normal(size=(replicas, n, 1))
        hidden = w @ x
        r = u @ hidden - x - noise
        u, w = (
            u - 2 * eta * r @ hidden.transpose(0, 2, 1),
            w - 2 * eta * (u.transpose(0, 2, 1) @ r) @ x.transpose(0, 2, 1),
        )
        if k > steps // 2:
            sizes.append([(u**2).sum((1, 2)).mean(), (w**2).sum((1, 2)).mean()])
    ratio = np.divide(*np.mean(sizes, axis=0))
    assert ratio == pytest.approx(float(autoencoder_ratio(2, 1, sp.Rational(1, 2))), rel=0.12)
    assert ratio > 1.6  # and not the 1 of the printed formula


def test_flattening_depends_on_the_convention_for_the_variance():
    n, d, c = sp.symbols("n d c", positive=True)
    kaiming = initial_sharpness(n, d, n, c / d, c / n) / (4 * n * d)  # d <= n, the printed value at the end
    assert sp.simplify(kaiming - c * (n + d) / (2 * d)) == 0
    xavier = initial_sharpness(n, d, n, c / (d + n), c / (d + n)) / (4 * n * d)
    assert sp.simplify(xavier - c * n / (n + d)) == 0


def test_one_step_multiplies_the_imbalance_of_two_vectors():
    eta, g, decay = sp.symbols("eta g lambda", real=True)
    a, b = sp.Matrix(sp.symbols("a_1:3", real=True)), sp.Matrix(sp.symbols("b_1:3", real=True))
    new = (1 - eta * decay) * a - eta * g * b, (1 - eta * decay) * b - eta * g * a
    factor = imbalance_factor(eta, g, weight_decay=decay)
    before, after = (matrix_charge(p.T, q) for p, q in ((a, b), new))
    assert (after - factor * before).applyfunc(sp.expand) == sp.zeros(2, 2)
    without = [part.subs(decay, 0) for part in new]
    assert sp.expand(squared_gap(*without) - (1 - eta**2 * g**2) ** 2 * squared_gap(a, b)) == 0
    assert sp.expand(total_imbalance_factor(eta, [g, 2 * g]) - (1 - eta**2 * g**2) * (1 - 4 * eta**2 * g**2)) == 0


def test_where_the_data_can_be_fit_the_imbalance_stops_short_of_zero():
    u, w, total = np.array([1.0, 0.2]), np.array([0.3, -0.4]), 1.0
    start = np.outer(u, u) - np.outer(w, w)
    for _ in range(400):
        slope = u @ w - 0.5
        total *= float(imbalance_factor(sp.Float(0.2), sp.Float(slope)))
        u, w = u - 0.2 * slope * w, w - 0.2 * slope * u
    assert abs(u @ w - 0.5) < 1e-12
    assert np.allclose(np.outer(u, u) - np.outer(w, w), total * start)
    assert total > 0.9
