"""Matrices with a common cone: the exponent to the last digits, checked by all words of a length."""

from __future__ import annotations

import numpy as np
import pytest

from numerics.deterministic.common_cone import arc_of, exponent_on_arc
from numerics.deterministic.random_products import exponent_of_products

POSITIVE = np.array([[[1.0, 1.0], [1.0, 0.0]], [[2.0, 1.0], [1.0, 0.0]]])
SIGNED = np.array([[[3.0, 1.0], [1.0, 2.0]], [[-1.0, -2.0], [-1.0, -5.0]]])
ROTATED = np.array([[0.6, -0.8], [0.8, 0.6]]) @ POSITIVE @ np.array([[0.6, 0.8], [-0.8, 0.6]])


def over_all_words(matrices: np.ndarray, length: int) -> float:
    """The growth in the last of ``length`` steps, averaged over all words."""
    directions, logarithms, means = np.array([[1.0], [0.4]]), np.zeros(1), []
    for _ in range(length):
        directions = np.concatenate([M @ directions for M in matrices], axis=1)
        sizes = np.hypot(*directions)
        logarithms = np.concatenate([logarithms] * len(matrices)) + np.log(sizes)
        directions = directions / sizes
        means.append(logarithms.mean())
    return means[-1] - means[-2]


@pytest.mark.parametrize("matrices", [POSITIVE, SIGNED, ROTATED])
def test_the_exponent_is_the_growth_over_all_words(matrices):
    value, error = exponent_of_products(matrices, tolerance=1e-12)
    assert error <= 1e-12
    assert value == pytest.approx(over_all_words(matrices, 15), abs=1e-8)


def test_a_rotation_shares_no_cone():
    assert arc_of(np.array([[[0.0, -2.0], [2.0, 0.0]], [[1.0, 1.0], [1.0, 2.0]]])) is None


def test_unequal_probabilities_move_the_exponent_and_the_bound_holds():
    arc = arc_of(POSITIVE)
    assert arc is not None
    half, most = (exponent_on_arc(POSITIVE, np.array(p), arc, 1e-12) for p in ([0.5, 0.5], [0.9, 0.1]))
    assert half is not None and most is not None
    golden = np.log((1 + np.sqrt(5)) / 2)
    assert golden < most[0] < half[0]  # the first matrix alone grows by the golden ratio
    coarse = exponent_on_arc(POSITIVE, np.array([0.5, 0.5]), arc, 1e-4)
    assert coarse is not None and abs(coarse[0] - half[0]) <= coarse[1] <= 1e-4
