"""Networks written out agree with the arrays of numerics, which know nothing of their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deep_linear import LayeredPoint, NoisyTeacher, gradient_covariance_block, ito_drift, mode_diffusion
from theory.deep_linear import LayeredLinear, WrittenNetwork, commutation_matrix, vec, written_network
from theory.errors import DimensionError, ShapeError

WIDTHS = (2, 1, 2, 2)
LAYERS = (sp.Matrix([[2, -1]]), sp.Matrix([1, 3]), sp.Matrix([[1, 2], [-1, 1]]) / 2)
TEACHER, LABELS = sp.diag(2, 1), sp.Matrix([[2, 1], [1, 3]]) / 4


@pytest.fixture(scope="module")
def point() -> LayeredPoint:
    def arrays(matrix):
        return np.array(matrix.tolist(), dtype=float)

    data = NoisyTeacher(arrays(TEACHER), label_covariance=arrays(LABELS))
    return LayeredPoint(LayeredLinear(WIDTHS), data, tuple(map(arrays, LAYERS)))


@pytest.fixture(scope="module")
def network() -> WrittenNetwork:
    return WrittenNetwork(LAYERS, TEACHER, LABELS)


@pytest.mark.every(2)
@pytest.mark.parametrize("pair", [(1, 1), (2, 1), (2, 3)])
def test_blocks_of_the_covariance_are_those_of_arrays(network, point, pair):
    exact = np.array(network.covariance_block(*pair).tolist(), dtype=float)
    assert exact == pytest.approx(gradient_covariance_block(point, *pair))


def test_drift_and_diffusion_of_a_mode_are_those_of_arrays(network, point):
    u = v = [1, 0]
    assert float(network.ito_drift(u, v)) == pytest.approx(ito_drift(point, 0, learning_rate=1.0))
    assert float(network.covariation((u, v), (u, v))) == pytest.approx(mode_diffusion(point, 0, learning_rate=1.0))
    assert float(network.gradient_drift(u, v)) != pytest.approx(-float(network.gradient_drift(u, v)))


def test_gradients_of_layers_are_the_parts_of_the_whole_gradient(network):
    parts = sp.Matrix.vstack(*(network.gradient(l) for l in (1, 2, 3)))
    assert parts == network.gradient() and parts != sp.zeros(*parts.shape)


def test_the_commutation_matrix_transposes_and_is_no_identity():
    A = sp.Matrix(3, 3, range(9))
    assert commutation_matrix(3) * vec(A) == vec(A.T) != vec(A)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: WrittenNetwork((), sp.eye(1), sp.eye(1)),
        lambda: WrittenNetwork((sp.ones(2, 1), sp.ones(1, 3)), sp.ones(1, 1), sp.eye(1)),
        lambda: WrittenNetwork((sp.ones(2, 1),), sp.ones(1, 2), sp.eye(2)),
        lambda: WrittenNetwork((sp.ones(2, 1),), sp.ones(2, 1), sp.eye(1)),
        lambda: WrittenNetwork((sp.ones(2, 1),), sp.ones(2, 1), sp.eye(2), sp.eye(2)),
        lambda: written_network(3),
        lambda: written_network(8, 9),
        lambda: written_network(1, 1).covariation(([1, 0], [1]), ([1], [1])),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(wrong):
    with pytest.raises(ShapeError, match=r"layers|teacher|covariance|widths|u and v"):
        wrong()


def test_a_layer_that_does_not_exist_is_refused_by_name():
    with pytest.raises(DimensionError, match="layer"):
        written_network(1, 1).gradient(2)


@pytest.mark.parametrize(
    ("covariance", "message"), [([[1, 2], [2, 1]], "semidefinite"), ([[1, 0], [1, 1]], "symmetric")]
)
def test_a_label_covariance_that_is_none_is_refused(covariance, message):
    with pytest.raises(ShapeError, match=f"label_covariance must be .*{message}"):
        WrittenNetwork((sp.eye(2), sp.eye(2)), sp.eye(2), covariance)
