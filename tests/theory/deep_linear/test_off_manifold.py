"""What noise does off the manifold, against exact expectations in explicit layers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from tests.theory.deep_linear.explicit import balanced_layers, rates
from theory import parameter
from theory.deep_linear.modewise import balanced_modes
from theory.deep_linear.off_manifold import alignment_noise, balance_drift, singular_value_drift
from theory.errors import DimensionError, SymbolError, UnsupportedFormError

L = parameter("L", integer=True, at_least=2)
CASES = [
    (2, [0.5, 0.2], [1.0, 0.7], 0.4, [1.0, 1.0]),
    (3, [0.5, 0.2, 0.9], [1.0, 0.7, 0.4], 0.3, [1.0, 0.5, 2.0]),
    (4, [0.8, 0.3], [0.5, 0.9], 0.2, [1.3, 0.6]),
]


def in_theory(depth, amplitudes, values, deviation, variances):
    variance = sp.Rational(str(deviation)) ** 2
    return balanced_modes(
        depth, amplitudes=amplitudes, singular_values=values, label_variance=variance, input_variances=variances, beta=1
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} layers")
def test_balance_drifts_as_in_explicit_layers(case):
    depth, layers, modes = case[0], balanced_layers(*case, seed=3), in_theory(*case)
    found = [(p, layers.gradient(x, noise)) for p, x, noise in layers.samples()]
    mean = [sum(p * g[l] for p, g in found) for l in range(depth)]
    for l in range(1, depth):
        drift = np.zeros_like(mean[0])
        for p, gradient in found:
            lower, upper = gradient[l - 1] - mean[l - 1], gradient[l] - mean[l]
            drift += p * (lower @ lower.T - upper.T @ upper)
        # The frame of hidden layer l is that of W_l W_l^T: its eigenvectors, sorted as the amplitudes.
        weight = layers.weights[l - 1]
        values, frame = np.linalg.eigh(weight @ weight.T)
        order = np.argsort(np.argsort(np.abs(case[1])))
        inside = frame.T @ drift @ frame
        wanted = [float(balance_drift(modes, l, i)) for i in range(modes.count)]
        assert np.abs(np.diag(inside)[order] - wanted).max() < 1e-12
        assert np.abs(inside - np.diag(np.diag(inside))).max() < 1e-12


def test_one_step_changes_balance_by_the_square_of_the_step_alone():
    layers = balanced_layers(3, [0.5, 0.2], [1.0, 0.7], 0.4)
    rng, eta = np.random.default_rng(1), 0.1
    batch = [layers.gradient(rng.normal(size=2), rng.normal(size=2)) for _ in range(3)]
    gradient = [np.mean([g[l] for g in batch], axis=0) for l in range(3)]
    after = [W - eta * G for W, G in zip(layers.weights, gradient, strict=True)]
    for l in range(2):
        before, now = (w[l] @ w[l].T - w[l + 1].T @ w[l + 1] for w in (layers.weights, after))
        exact = eta**2 * (gradient[l] @ gradient[l].T - gradient[l + 1].T @ gradient[l + 1])
        assert np.abs(now - before - exact).max() < 1e-14


def test_balance_of_one_mode_has_no_drift_for_any_depth():
    for l in (1, sp.Symbol("l", integer=True, positive=True)):
        assert sp.simplify(balance_drift(balanced_modes(L), l, 0)) == 0


def test_two_square_layers_with_equal_gaps_stay_balanced_on_average():
    drift = balance_drift(balanced_modes(2, modes=2), 1, 0)
    w_2, s_1, s_2, w_1 = sp.symbols("w_2 s_1 s_2 w_1", positive=True)
    assert sp.expand(drift.subs(w_2, s_2 - s_1 + w_1)) == 0
    assert drift != 0


@pytest.mark.parametrize("case", CASES[:2], ids=lambda case: f"{case[0]} layers")
def test_singular_values_drift_as_the_expansion_of_the_decomposition(case):
    layers, modes = balanced_layers(*case), in_theory(*case)
    exact = rates(layers)
    w, h = np.array(case[1]), 1e-3
    order = np.argsort(np.argsort(-w))

    def value(matrix):
        return np.linalg.svd(matrix, compute_uv=False)[order]

    total = exact.gradient.diagonal() + exact.ito.diagonal()
    basis = [np.outer(np.eye(len(w))[i], np.eye(len(w))[j]) for i, j in np.ndindex(len(w), len(w))]
    for a, first in enumerate(basis):
        for b, second in enumerate(basis):
            corners = [
                value(np.diag(w) + h * (p * first + q * second)) for p, q in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            ]
            curvature = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h**2)
            rate = exact.covariation[divmod(a, len(w)) + divmod(b, len(w))]
            total = total + curvature * rate / 2
    wanted = [float(singular_value_drift(modes, i)) for i in range(modes.count)]
    assert np.abs(total - wanted).max() < 1e-5
    assert abs(wanted[0] - float(modes.drift(0))) > 1e-2


def test_entries_off_the_diagonal_have_noise_at_every_unlearned_point():
    modes = balanced_modes(L, modes=2, label_variance=0)
    noise = alignment_noise(modes, 0, 1)
    assert noise[0, 0] != 0
    assert sp.simplify(noise.det()) == 0  # without label noise the two entries are one noise


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: alignment_noise(balanced_modes(2, modes=2), 1, 1), SymbolError, "different modes"),
        (lambda: balance_drift(balanced_modes(2), 2, 0), DimensionError, "layer must be a whole number from 1 to 1"),
        (lambda: balance_drift(balanced_modes(1), 1, 0), DimensionError, "layer must have a next one"),
        (
            lambda: singular_value_drift(balanced_modes(2, amplitudes=[1, 1]), 0),
            UnsupportedFormError,
            "amplitudes must differ",
        ),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
