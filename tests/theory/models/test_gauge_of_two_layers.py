"""The best gauge of two layers, against a search; the charges of layers around the identity."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import sympy as sp

from theory.errors import TheoryError
from theory.models.gauge_of_two_layers import best_gauge, layers_around_the_identity, least_on_the_orbit
from theory.symmetry import AffineGenerator

U = np.array([[1.2, -0.4], [0.3, 0.9], [0.5, 0.1]])
W = np.array([[0.7, 0.2], [-0.6, 1.1]])
OF_U, OF_W = np.diag([1.0, 3.0, 0.5]), np.array([[2.0, 0.3], [0.3, 0.8]])


def weight(entries: np.ndarray) -> float:
    M = entries.reshape(2, 2)
    left, right = U @ M, np.linalg.inv(M) @ W
    return float(np.trace(left.T @ OF_U @ left) + np.trace(right @ OF_W @ right.T))


def test_no_gauge_has_less_weight_and_the_least_is_a_nuclear_norm():
    X, Y = (sp.Matrix(m).applyfunc(sp.nsimplify) for m in (U.T @ OF_U @ U, W @ OF_W @ W.T))
    X, Y = (X + X.T) / 2, (Y + Y.T) / 2
    found = scipy.optimize.minimize(weight, np.eye(2).ravel(), tol=1e-12).fun
    least = float(least_on_the_orbit(X, Y))
    values = np.linalg.svd(np.sqrt(OF_U) @ U @ W @ np.linalg.cholesky(OF_W), compute_uv=False)
    assert np.isclose(least, found, rtol=1e-8) and np.isclose(least, 2 * values.sum(), rtol=1e-10)
    P = np.array(best_gauge(X, Y), dtype=float)
    assert np.isclose(weight(np.linalg.cholesky(P).ravel()), least, rtol=1e-10)
    assert weight(np.eye(2).ravel()) > 1.05 * least


def test_layers_around_the_identity_keep_the_double_rotations_of_their_sums_with_it():
    found = layers_around_the_identity(2)
    U_11, U_12, U_21, U_22, W_11, W_12, W_21, W_22 = weights = found.generators[0].weights
    left, right = sp.Matrix([[1 + U_11, U_12], [U_21, 1 + U_22]]), sp.Matrix([[1 + W_11, W_12], [W_21, 1 + W_22]])
    B = sp.Matrix([[2, 1], [1, -1]])
    field = AffineGenerator.of_field(list(weights), [*(left * B), *(-B * right)])
    assert found.is_complete and found.dimension == 4 and found.contains(field)
    plain = AffineGenerator.of_field(list(weights), [*weights[:4], *(-w for w in weights[4:])])
    assert not found.contains(plain)


def test_a_layer_of_smaller_rank_has_no_best_gauge():
    with pytest.raises(TheoryError, match="X must be a positive matrix"):
        best_gauge(sp.diag(1, 0), sp.eye(2))
