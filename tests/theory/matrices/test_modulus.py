"""The modulus of a matrix, against singular values, and the three steps of its Lipschitz bound."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory.errors import DimensionError, ShapeError
from theory.matrices.modulus import doubled, modulus, positive_root, spectral_distance, squared_distance, symmetric

entries = st.lists(st.integers(-9, 9), min_size=4, max_size=4)


def numeric(matrix: sp.MatrixBase) -> np.ndarray:
    return np.array(sp.Matrix(matrix).evalf(30).tolist(), dtype=float)


def root(matrix: np.ndarray) -> np.ndarray:
    vectors, values, _ = np.linalg.svd(matrix)
    return (vectors * values) @ vectors.T


@given(entries.filter(any))
def test_the_closed_form_is_the_root_of_the_singular_value_decomposition(values):
    M = sp.Matrix(2, 2, values)
    assert np.allclose(numeric(modulus(M)), root(np.array(values, dtype=float).reshape(2, 2)), atol=1e-7)


def test_the_modulus_of_the_transpose_is_another_one():
    M = sp.Matrix([[0, 1], [0, 0]])
    assert modulus(M) == sp.diag(1, 0) and modulus(M.T) == sp.diag(0, 1)


@given(entries, entries)
def test_roots_are_at_most_a_root_of_two_further_apart_and_both_moduli_together_no_more(first, second):
    A, B = (np.array(values, dtype=float).reshape(2, 2) for values in (first, second))
    apart = ((A - B) ** 2).sum()
    left, right = (((root(X) - root(Y)) ** 2).sum() for X, Y in ((A, B), (A.T, B.T)))
    assert left + right <= 2 * apart * (1 + 1e-12) + 1e-18


def test_one_is_no_lipschitz_constant():
    A, B = sp.diag(1, 0), sp.Matrix([[1, 0], [sp.Rational(1, 100), 0]])
    stretch = squared_distance(modulus(A), modulus(B)) / squared_distance(A, B)
    assert 1.99 < float(stretch) < 2


@given(entries, entries)
def test_doubling_doubles_squared_distances_and_makes_symmetric(first, second):
    A, B = sp.Matrix(2, 2, first), sp.Matrix(2, 2, second)
    assert doubled(A) == doubled(A).T
    assert squared_distance(doubled(A), doubled(B)) == 2 * squared_distance(A, B)


def test_the_spectral_form_knows_the_angle_between_the_eigenvectors():
    first, second, angle = (sp.Integer(3), sp.Integer(-1)), (sp.Integer(2), sp.Integer(5)), sp.pi / 6
    X, Y = symmetric(first, sp.pi / 4), symmetric(second, sp.pi / 4 - angle)
    assert sp.expand(squared_distance(X, Y) - spectral_distance(first, second, angle)) == 0
    assert sp.expand(squared_distance(X, Y) - spectral_distance(first, second, sp.pi / 3)) != 0


def test_matrices_without_the_closed_form_are_refused():
    with pytest.raises(DimensionError, match="2 x 2"):
        positive_root(sp.eye(3))
    with pytest.raises(ShapeError, match="symmetric"):
        positive_root(sp.Matrix([[1, 2], [0, 1]]))
    with pytest.raises(ShapeError, match="one shape"):
        squared_distance(sp.eye(2), sp.eye(3))
