"""One step of descent of a mode, against quadrature over samples and against the differential equation."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory import parameter
from theory.deep_linear.mode_step import (
    batch_size,
    drift_beyond_the_equation,
    learning_rate,
    mean_after_one_step,
    moment_after_one_step,
    signal_moments,
)
from theory.deep_linear.modewise import balanced_modes
from theory.errors import DimensionError, UnsupportedFormError

L = parameter("L", integer=True, at_least=2)


def signal(nodes: int, delta: float, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights of delta x**2 + xi x over Gauss-Hermite nodes."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    x, xi = np.meshgrid(points, points)
    return delta * x**2 + sigma * xi * x, np.outer(weights, weights) / (2 * np.pi)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_mean_after_one_step_is_the_average_over_samples(depth):
    modes = balanced_modes(depth, amplitudes=[0.4], singular_values=[0.9], label_variance=0.25)
    found = float(mean_after_one_step(modes, rate=sp.Rational(1, 5), batch=sp.S.One))
    values, weights = signal(12, 0.5, 0.5)
    u = 0.4 ** (1 / depth)
    direct = (weights * (u + 0.2 * values * u ** (depth - 1)) ** depth).sum()
    assert found == pytest.approx(direct, rel=1e-12)


def test_batches_average_the_signal():
    modes = balanced_modes(2, amplitudes=[0.4], singular_values=[0.9], label_variance=0.25)
    values, weights = (part.ravel() for part in signal(8, 0.5, 0.5))
    pair = (values[:, None] + values[None, :]) / 2
    direct = [(weights[:, None] * weights[None, :] * pair**k).sum() for k in range(5)]
    found = [float(m) for m in signal_moments(modes, 4, batch=sp.S(2))]
    assert found == pytest.approx(direct, rel=1e-11)


def test_the_second_order_of_two_layers_is_the_known_one():
    modes = balanced_modes(2)
    w, s, variance = modes.amplitudes[0], modes.singular_values[0], modes.label_variances[0]
    delta, eta, b = s - w, learning_rate, batch_size
    known = w + 2 * eta * w * delta + eta**2 * w * (delta**2 + (2 * delta**2 + variance) / b)
    assert sp.expand(mean_after_one_step(modes) - known) == 0


def test_the_differential_equation_lacks_one_term_of_second_order_for_every_depth():
    modes = balanced_modes(L, beta=learning_rate / batch_size)
    step = mean_after_one_step(modes, order=2)
    equation = modes.amplitudes[0] + learning_rate * modes.drift(0)
    missing = learning_rate**2 * drift_beyond_the_equation(modes)
    assert sp.expand(sp.powsimp(sp.expand(step - equation - missing))) == 0
    assert sp.expand(sp.powsimp(sp.expand(step - equation))) != 0


@pytest.mark.parametrize("depth", [2, 3])
def test_second_moments_are_averages_over_samples_too(depth):
    modes = balanced_modes(depth, amplitudes=[0.4], singular_values=[0.9], label_variance=0.25)
    found = float(moment_after_one_step(modes, 2, rate=sp.Rational(1, 5), batch=sp.S.One))
    values, weights = signal(12, 0.5, 0.5)
    u = 0.4 ** (1 / depth)
    assert found == pytest.approx((weights * (u + 0.2 * values * u ** (depth - 1)) ** (2 * depth)).sum(), rel=1e-12)


def test_the_variance_of_a_step_is_that_of_the_equation_to_second_order():
    modes = balanced_modes(L, beta=learning_rate / batch_size)
    mean = mean_after_one_step(modes, order=2)
    variance = sp.expand(moment_after_one_step(modes, 2, order=2) - mean**2).coeff(learning_rate, 2)
    wanted = modes.diffusion(0) * learning_rate
    assert sp.expand(sp.powsimp(sp.expand(variance - sp.cancel(wanted / learning_rate**2)))) == 0


@pytest.mark.parametrize("depth", [2, 3])
def test_a_negative_mode_steps_as_the_product_of_its_layers(depth):
    modes = balanced_modes(depth, amplitudes=[-0.4], singular_values=[0.9], label_variance=0.25)
    found = float(mean_after_one_step(modes, rate=sp.Rational(1, 5), batch=sp.S.One))
    values, weights = signal(12, 1.3, 0.5)
    layers = np.full(depth, 0.4 ** (1 / depth))
    layers[0] *= -1
    after = np.prod([W + 0.2 * values * layers.prod() / W for W in layers], axis=0)
    assert found == pytest.approx((weights * after).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: mean_after_one_step(balanced_modes(L)), UnsupportedFormError, "order must be given"),
        (lambda: mean_after_one_step(balanced_modes(2), order=0), DimensionError, "order must be a whole number"),
        (lambda: signal_moments(balanced_modes(2), -1), DimensionError, "order must be a whole number"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
