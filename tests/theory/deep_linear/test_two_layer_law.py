"""Two square layers under label noise: perturbation theory in numbers, one dimension, and runs of descent."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.linalg import sqrtm

from theory.deep_linear.minima import LabelNoiseMinimum
from theory.deep_linear.modewise import balanced_modes
from theory.deep_linear.stationary import location
from theory.deep_linear.two_layer_law import TwoLayerLaw
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError


def test_one_mode_has_the_mean_and_variance_of_the_line():
    modes = balanced_modes(2)
    line, law = location(modes), TwoLayerLaw(modes.singular_values)
    assert sp.expand(law.mean(0) - line.mean) == 0
    assert sp.expand(law.variance(0, 0) - line.variance) == 0


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_every_mode_pulls_every_mean_by_the_same_amount(d):
    law = TwoLayerLaw(sp.symbols(f"s_1:{d + 1}", positive=True))
    shifts = {sp.expand(law.mean(i) - law.singular_values[i]) for i in range(d)}
    assert shifts == {-law.beta * law.label_variance * d / 2}


def numbers(values: list[float], sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variances over beta by second differences of the drift P Delta + Delta Q and a linear system."""
    s, d = np.diag(values), len(values)

    def drift(flat):
        W = s + flat.reshape(d, d)
        gap = -flat.reshape(d, d)
        left, right = np.real(sqrtm(W @ W.T)), np.real(sqrtm(W.T @ W))
        return (left @ gap + gap @ right).ravel()

    h, unit = 1e-3, np.eye(d * d)
    slope = np.array([(drift(h * e) - drift(-h * e)) / (2 * h) for e in unit]).T
    total = np.add.outer(values, values).ravel()
    # dW = P dS + dS Q with independent entries of S, and dX = slope X dt: a Lyapunov equation.
    noise = sigma**2 * np.diag(total**2)
    system = np.kron(slope, np.eye(d * d)) + np.kron(np.eye(d * d), slope)
    covariance = np.linalg.solve(system, -noise.ravel()).reshape(d * d, d * d)
    curved = np.zeros(d * d)
    for a in range(d * d):
        for b in range(d * d):
            corners = [drift(h * (p * unit[a] + q * unit[b])) for p, q in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            curved += (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h**2) * covariance[a, b] / 2
    mean = np.linalg.solve(slope, -curved - sigma**2 * s.ravel())
    return mean.reshape(d, d), np.diag(covariance).reshape(d, d)


@pytest.mark.parametrize("values", [[0.8], [1.0, 0.6], [1.0, 0.7, 0.4]])
def test_second_differences_of_the_drift_give_the_same_moments(values):
    law = TwoLayerLaw(values, sp.Rational(1, 4), sp.S.One)
    mean, variances = numbers(values, 0.5)
    d = len(values)
    shifts = [float(law.mean(i) - law.singular_values[i]) for i in range(d)]
    assert np.abs(mean - np.diag(shifts)).max() < 1e-4
    assert np.abs(variances - [[float(law.variance(i, j)) for j in range(d)] for i in range(d)]).max() < 1e-6
    assert d == 1 or abs(mean[0, 0] + 0.125) > 0.1  # not the shift of one dimension


def descent(values: list[float], sigma: float, eta: float, *, replicas: int, steps: int, seed: int) -> np.ndarray:
    """Modes over replicas of descent with batches of one after ``steps``, averaged over the second half."""
    rng, d = np.random.default_rng(seed), len(values)
    root = np.diag(np.sqrt(values))
    first, second = (np.tile(root, (replicas, 1, 1)) for _ in range(2))
    total = np.zeros((replicas, d))
    for step in range(steps):
        x = rng.standard_normal((replicas, d, 1))
        hidden = first @ x
        error = np.array(values)[:, None] * x + sigma * rng.standard_normal((replicas, d, 1)) - second @ hidden
        change = second.transpose(0, 2, 1) @ error @ x.transpose(0, 2, 1)
        second += eta * error @ hidden.transpose(0, 2, 1)
        first += eta * change
        if step >= steps // 2:
            total += np.einsum("rij,rji->ri", second, first)
    return total / (steps - steps // 2)


@pytest.mark.slow
def test_descent_with_label_noise_sits_where_the_matrix_case_says():
    values, sigma, eta = [1.0, 0.6], 1.0, 0.02
    found = descent(values, sigma, eta, replicas=4000, steps=3000, seed=1)
    mean, error = found.mean(0) - values, found.std(0) / np.sqrt(len(found))
    # -eta sigma^2 d/2 = -0.02, with corrections of the next order; one dimension would give -0.01.
    assert (np.abs(mean + 0.02) < 0.002 + 5 * error).all()
    assert (np.abs(mean + 0.01) > 5 * error + 0.005).all()


def test_the_slow_flow_of_label_noise_leads_to_the_same_means_and_variances():
    values = sp.symbols("s_1:4", positive=True)
    law = TwoLayerLaw(values)
    slow = LabelNoiseMinimum(
        2, values, label_variances=law.label_variance, input_trace=3, label_trace=3 * law.label_variance
    )
    for i in range(3):
        assert sp.simplify(law.mean(i) - values[i] - law.beta * slow.mean_shift(i)) == 0
        assert sp.simplify(law.variance(i, 2) - law.beta * slow.variance(i, 2)) == 0


def test_singular_values_are_pushed_apart():
    s_1, s_2 = sp.symbols("s_1 s_2", positive=True)
    law = TwoLayerLaw([s_1, s_2])
    push = law.beta * law.label_variance / 2 * s_1 / (s_1 - s_2)
    assert sp.cancel(law.singular_value_mean(0) - law.mean(0) - push) == 0


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: TwoLayerLaw([]), ShapeError, "singular_values must hold"),
        (lambda: TwoLayerLaw([1], 0), SymbolError, "label_variance must be positive"),
        (lambda: TwoLayerLaw([1, 0]).mean(1), UnsupportedFormError, "singular value 0"),
        (lambda: TwoLayerLaw([1, 1]).singular_value_mean(0), UnsupportedFormError, "must differ"),
        (lambda: TwoLayerLaw([1]).mean(1), DimensionError, "mode must be a whole number"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
