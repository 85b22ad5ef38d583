"""Explicit exact matrices are those of the model of the gradient noise and of the floating point."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deep_linear import (
    LayeredPoint,
    Modes,
    NoisyTeacher,
    gradient_covariance_block,
    gradient_drift,
    ito_drift,
    mode_diffusion,
)
from theory.deep_linear import ExactPoint, LayeredLinear
from theory.errors import TheoryError
from theory.gradient_noise import Gaussian, Model


def matrix(rows: int, columns: int, first: int) -> sp.Matrix:
    """Small rationals without a pattern."""
    return sp.Matrix(rows, columns, lambda i, j: sp.Rational((7 * i + 3 * j * j + first) % 11 - 5, 4))


NETWORK = LayeredLinear((2, 3, 2, 2), residual=(3,), frozen=(1,), weight_decay=(0, sp.Rational(1, 3), 1))
INPUTS, LABELS = sp.Matrix([[2, 1], [1, 1]]), sp.Matrix([[1, sp.Rational(1, 2)], [sp.Rational(1, 2), 1]])
WEIGHTS = tuple(matrix(*shape, first) for first, shape in enumerate(NETWORK.shapes))
POINT = ExactPoint(NETWORK, matrix(2, 2, 5), WEIGHTS, input_covariance=INPUTS, label_covariance=LABELS)


def test_exact_and_floating_points_agree():
    data = NoisyTeacher(
        np.array(POINT.teacher, float),
        input_covariance=np.array(INPUTS, float),
        label_covariance=np.array(LABELS, float),
    )
    floating = LayeredPoint(NETWORK, data, tuple(np.array(W, float) for W in WEIGHTS))
    for l, m in ((2, 3), (3, 3), (1, 2)):
        exact = np.array(POINT.covariance_block(l, m), float)
        assert gradient_covariance_block(floating, l, m) == pytest.approx(exact, rel=1e-12, abs=1e-13)
    u, v, frames = [1, 2], [3, -1], Modes(np.array([[1.0, 0], [2, 1]]), np.array([[3.0, 1], [-1, 0]]))
    options = {"learning_rate": 1.0, "modes": frames}
    assert mode_diffusion(floating, 0, **options) == pytest.approx(float(POINT.diffusion(u, v)), rel=1e-12)
    second = ([0, 1], [1, 0])
    assert mode_diffusion(floating, 0, 1, **options) == pytest.approx(float(POINT.diffusion(u, v, second)), rel=1e-12)
    assert ito_drift(floating, 0, **options) == pytest.approx(float(POINT.ito_drift(u, v)), rel=1e-12)
    assert gradient_drift(floating, 0, modes=frames) == pytest.approx(float(POINT.gradient_drift(u, v)), rel=1e-12)


def test_symbols_of_two_layers_give_the_model_of_the_gradient_noise():
    a, b, c, d, x, z, xi, s, p = sp.symbols("a b c d x z xi s p", real=True)
    sigma = sp.Symbol("sigma", positive=True)
    network, weights = LayeredLinear((2, 1, 1, 1)), ([[a, b]], [[c]], [[d]])
    point = ExactPoint(network, [[s, p]], weights, label_covariance=[[sigma**2]])
    law = Gaussian([x, z, xi], [0, 0, 0], sp.diag(1, 1, sigma**2))
    model = Model([a, b, c, d], (s * x + p * z + xi - d * c * (a * x + b * z)) ** 2 / 2, law)
    blocks = sp.Matrix(sp.BlockMatrix([[point.covariance_block(l, m) for m in (1, 2, 3)] for l in (1, 2, 3)]))
    assert (blocks - model.covariance).expand() == sp.zeros(4)
    gradient = sp.Matrix.vstack(*(point.gradient(l).vec() for l in (1, 2, 3)))
    assert (gradient - model.gradient).expand() == sp.zeros(4, 1)
    hessian = sp.hessian(d * c * (a + 2 * b), [a, b, c, d])
    assert sp.expand(point.ito_drift([1], [1, 2]) - (model.covariance * hessian).trace() / 2) == 0


def test_the_printed_label_part_of_the_ito_drift_is_refuted():
    w, s, sigma = sp.symbols("w s sigma", positive=True)
    root = [[w ** sp.Rational(1, 3)]]
    chain = ExactPoint(LayeredLinear((1, 1, 1, 1)), [[s]], (root, root, root), label_covariance=[[sigma**2]])
    corrected = 6 * w ** sp.Rational(5, 3) * ((s - w) ** 2 + sigma**2 / 2)
    printed = 6 * w ** sp.Rational(2, 3) * ((s - w) + sigma)
    assert sp.expand(chain.ito_drift([1], [1]) - corrected) == 0
    assert sp.expand(chain.ito_drift([1], [1]) - printed) != 0


WRONG = {
    "a teacher of the wrong shape": lambda: ExactPoint(NETWORK, sp.eye(3), WEIGHTS),
    "widths that do not chain": lambda: ExactPoint(NETWORK, sp.eye(2), (WEIGHTS[1], WEIGHTS[0], WEIGHTS[2])),
    "two weights of three": lambda: ExactPoint(NETWORK, sp.eye(2), WEIGHTS[:2]),
    "labels that are not PSD": lambda: ExactPoint(NETWORK, sp.eye(2), WEIGHTS, label_covariance=[[1, 2], [2, 1]]),
    "inputs that are not symmetric": lambda: ExactPoint(NETWORK, sp.eye(2), WEIGHTS, input_covariance=[[1, 2], [0, 1]]),
    "no network": lambda: ExactPoint((2, 2), sp.eye(2), WEIGHTS),
    "a direction of another length": lambda: POINT.diffusion([1, 2, 3], [1, 2]),
    "a block on the diagonal": lambda: POINT.hessian_block(2, 2, [1, 2], [1, 2]),
    "a layer that is not there": lambda: POINT.jacobian(4),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused(name):
    with pytest.raises(TheoryError, match="must"):
        WRONG[name]()
