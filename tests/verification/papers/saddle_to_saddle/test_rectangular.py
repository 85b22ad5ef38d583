"""The page's matrix formulas, which claims judge on widths up to two, in exact numbers on rectangular networks up to 5.

What they are held against is NumPy at the same weights: products moved by one weight at a time, and sample gradients
averaged over Gauss-Hermite nodes, which are exact for their degree.
"""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import sympy as sp

from theory.deep_linear import ExactPoint, LayeredLinear, commutation_matrix
from verification.papers.saddle_to_saddle.covariance import block_by_jacobians, block_by_products
from verification.papers.saddle_to_saddle.gradients import jacobian, printed_jacobian

NETWORKS = ((2, 5, 3), (1, 4, 5, 2), (3, 2, 4, 1), (2, 3, 1, 5, 2))


def random_point(widths: tuple[int, ...]) -> ExactPoint:
    """Weights, teacher and label covariance in halves and thirds."""
    draw = random.Random(str(widths))

    def matrix(rows: int, columns: int) -> sp.Matrix:
        return sp.Matrix(rows, columns, lambda i, j: sp.Rational(draw.randint(-4, 4), draw.choice((2, 3))))

    root = matrix(widths[-1], widths[-1])
    return ExactPoint(
        LayeredLinear(widths),
        matrix(widths[-1], widths[0]),
        tuple(matrix(rows, columns) for columns, rows in zip(widths, widths[1:], strict=False)),
        label_covariance=root * root.T,
    )


def as_floats(matrix: sp.MatrixBase) -> np.ndarray:
    return np.array(matrix.tolist(), dtype=float)


def product_of(layers: list[np.ndarray]) -> np.ndarray:
    total = layers[0]
    for layer in layers[1:]:
        total = layer @ total
    return total


def jacobian_by_moves(point: ExactPoint, l: int) -> np.ndarray:
    """The map is linear in one layer: a weight moved by one changes it by a column of the Jacobian."""
    layers = [as_floats(W) for W in point.weights]
    columns = []
    for j, i in itertools.product(range(layers[l - 1].shape[1]), range(layers[l - 1].shape[0])):
        moved = [W.copy() for W in layers]
        moved[l - 1][i, j] += 1
        columns.append((product_of(moved) - product_of(layers)).ravel(order="F"))
    return np.stack(columns, axis=1)


def covariance_by_nodes(point: ExactPoint, l: int, m: int) -> np.ndarray:
    """Sample gradients at three nodes a direction, of inputs and label noise."""
    layers = [as_floats(W) for W in point.weights]
    d_0, d_L = layers[0].shape[1], layers[-1].shape[0]
    node, weight = np.polynomial.hermite_e.hermegauss(3)
    grid = np.array(list(itertools.product(node, repeat=d_0 + d_L)))
    mass = np.array([np.prod(each) for each in itertools.product(weight / weight.sum(), repeat=d_0 + d_L)])
    values, vectors = np.linalg.eigh(as_floats(point.label_covariance))
    x, noise = grid[:, :d_0], grid[:, d_0:] @ (vectors * np.sqrt(np.maximum(values, 0))).T
    error = x @ (as_floats(point.teacher) - product_of(layers)).T + noise

    def gradients(k: int) -> np.ndarray:
        above = product_of([np.eye(layers[k - 1].shape[0]), *layers[k:]])
        below = product_of([np.eye(d_0), *layers[: k - 1]])
        each = -np.einsum("ni,nj->nij", error @ above, x @ below.T)
        return each.transpose(0, 2, 1).reshape(len(x), -1)

    one, two = gradients(l), gradients(m)
    return (one * mass[:, None]).T @ two - np.outer(mass @ one, mass @ two)


@pytest.mark.parametrize("widths", NETWORKS)
def test_the_mended_jacobian_holds_for_any_widths_and_the_printed_one_does_not(widths):
    point = random_point(widths)
    for l in range(1, len(widths)):
        exact = jacobian_by_moves(point, l)
        assert np.allclose(as_floats(jacobian(point, l)), exact, rtol=1e-12, atol=1e-12)
        if l < len(widths) - 1 and widths[l] != widths[-1]:
            assert printed_jacobian(point, l).shape != exact.shape


@pytest.mark.every(2)
@pytest.mark.parametrize("widths", NETWORKS)
def test_the_covariance_of_the_gradient_noise_holds_for_any_widths(widths):
    point = random_point(widths)
    d_0 = widths[0]
    crossed = commutation_matrix(d_0)
    for l, m in ((1, len(widths) - 1), (2, 2), (2, 1)):
        exact = covariance_by_nodes(point, l, m)
        scale = np.abs(exact).max()
        for block in (block_by_jacobians, block_by_products):
            found = as_floats(block(l, m, network=point, middle=sp.eye(d_0**2) + crossed))
            assert np.abs(found - exact).max() < 1e-11 * scale
            without = as_floats(block(l, m, network=point, middle=sp.eye(d_0**2)))
            assert np.abs(without - exact).max() > 1e-3 * scale
