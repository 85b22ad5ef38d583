"""Linear regression at a constant rate, against Gauss-Hermite quadrature and spectral radii."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory.errors import TheoryError
from theory.models.noisy_linear_regression import (
    isotropic_variance,
    label_noise_level,
    linear_regression,
    second_moments_after_a_step,
    stationary_covariance_of_regression,
)
from theory.notation import beta, eta

A = sp.Matrix([[2, 1], [1, 3]]) / 2
X = sp.Matrix([[1, sp.Rational(1, 3)], [sp.Rational(1, 3), 2]])


def after_a_step_by_quadrature(rate: float, sigma: float) -> np.ndarray:
    """Second moments after a step on one sample; weights, inputs and label noise by five Gauss-Hermite points each."""
    points, weights = np.polynomial.hermite_e.hermegauss(5)
    weights = weights / weights.sum()
    root_A, root_X = (np.linalg.cholesky(np.array(m, dtype=float)) for m in (A, X))
    grids = np.stack(np.meshgrid(*[points] * 5, indexing="ij"), -1).reshape(-1, 5)
    mass = np.prod(np.stack(np.meshgrid(*[weights] * 5, indexing="ij"), -1).reshape(-1, 5), axis=1)
    x, theta, epsilon = grids[:, :2] @ root_A.T, grids[:, 2:4] @ root_X.T, sigma * grids[:, 4]
    new = theta - rate * ((theta * x).sum(axis=1) - epsilon)[:, None] * x
    return np.einsum("n,ni,nj->ij", mass, new, new)


def test_second_moments_after_a_step_are_those_of_a_quadrature():
    derived = second_moments_after_a_step(A, X, 1).subs({eta: 0.3, label_noise_level: 0.7})
    np.testing.assert_allclose(np.array(derived, dtype=float), after_a_step_by_quadrature(0.3, 0.7), rtol=1e-12)


def test_the_stationary_covariance_is_reproduced_by_a_step():
    numbers = {eta: sp.Rational(1, 5), label_noise_level: 1}
    found = stationary_covariance_of_regression(A, 3).subs(numbers)
    after = second_moments_after_a_step(A, found, 3).subs(numbers)
    assert sp.simplify(after - found).is_zero_matrix and found[0, 1] != 0


@pytest.mark.parametrize(("rate", "stable"), [("0.49", True), ("0.51", False)])
def test_the_edge_is_where_the_spectral_radius_of_the_step_is_one(rate, stable):
    _, condition = isotropic_variance(2)
    a = next(s for s in condition.free_symbols if s.name == "a")
    numbers = {eta: sp.Rational(rate), a: 1, beta: 1, label_noise_level: 0}
    base = [sp.Matrix(2, 2, e) for e in ((1, 0, 0, 0), (0, 0, 0, 1), (0, 1, 1, 0))]
    images = [second_moments_after_a_step(sp.eye(2), m, 1).subs(numbers) for m in base]
    matrix = np.array([[m[0, 0], m[1, 1], m[0, 1]] for m in images], dtype=float).T
    radius = max(abs(np.linalg.eigvals(matrix)))
    assert (radius < 1) == bool(condition.subs(numbers)) == stable


def test_a_covariance_that_is_not_symmetric_is_refused():
    with pytest.raises(TheoryError, match="covariance must be a symmetric matrix"):
        linear_regression(sp.Matrix([[1, 1], [0, 1]]))
