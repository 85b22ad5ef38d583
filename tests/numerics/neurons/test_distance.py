"""Normalised distances against exact rational arithmetic, down to where squares underflow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.errors import ArgumentError
from numerics.neurons.distance import UndefinedDistanceError, distance_matrix, normalised_distance

entries = st.floats(-4, 4).map(lambda x: round(x, 3))
vectors = st.lists(entries, min_size=3, max_size=3)
layers = st.lists(vectors, min_size=1, max_size=8)


def exact_distance(u: list[float], v: list[float]) -> Fraction | None:
    """The definition, in rational arithmetic; None for two zero vectors."""
    difference = sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(u, v, strict=True))
    norms = sum(Fraction(a) ** 2 for a in (*u, *v))
    return 2 * Fraction(difference) / norms if norms else None


@given(layers, st.sampled_from([1.0, 2.0**-600, 2.0**600]))
def test_a_matrix_holds_the_definition_at_every_scale(rows, scale):
    scaled = (np.array(rows) * scale).tolist()
    found = distance_matrix(scaled, both_zero=0.0)
    for i, u in enumerate(scaled):
        for j, v in enumerate(scaled):
            expected = exact_distance(u, v) or Fraction(0)
            assert found[i, j] == pytest.approx(float(expected), rel=1e-13, abs=0)


@given(vectors, vectors, st.integers(-300, 300))
def test_a_pair_far_below_the_largest_vector_is_compared_in_its_own_unit(u, v, exponent):
    tiny = 10.0 ** min(exponent, -160)
    rows = [[1.0, 0.0, 0.0], [tiny * a for a in u], [tiny * b for b in v]]
    if not (any(rows[1]) or any(rows[2])):
        return
    expected = exact_distance(rows[1], rows[2])
    assert expected is not None
    assert distance_matrix(rows, both_zero=0.0)[1, 2] == pytest.approx(float(expected), rel=1e-13, abs=0)


def test_squares_that_underflow_would_not_have_seen_it():
    u, v = np.array([1.0, 0.0, 0.0]) * 1e-200, np.array([0.0, 1.0, 0.0]) * 1e-200
    with np.errstate(invalid="ignore"):
        naive = 2 * ((u - v) ** 2).sum() / ((u**2).sum() + (v**2).sum())
    assert np.isnan(naive) and normalised_distance(u, v) == 2.0


@given(vectors, vectors, st.floats(1e-3, 1e3))
def test_the_distance_is_symmetric_between_0_and_4_and_keeps_no_unit(u, v, scale):
    if not any(u) and not any(v):
        return
    distance = normalised_distance(u, v)
    assert 0 <= distance <= 4
    assert normalised_distance(v, u) == distance
    assert normalised_distance([scale * a for a in u], [scale * b for b in v]) == pytest.approx(distance, rel=1e-9)
    assert (distance == 0) == (u == v)


def test_orthogonal_opposite_and_zero_vectors():
    assert normalised_distance([3, 4], [-4, 3]) == 2
    assert normalised_distance([3, 4], [-3, -4]) == 4
    assert normalised_distance([3, 4], [0, 0]) == 2


def test_equal_vectors_are_at_exactly_zero_where_a_gram_matrix_says_something_else():
    row = np.random.default_rng(3).standard_normal(500)
    rows = np.stack([row, row])
    norms, gram = (rows**2).sum(1), rows @ rows.T
    assert distance_matrix(rows)[0, 1] == 0
    assert 2 * (norms[0] + norms[1] - 2 * gram[0, 1]) / (norms[0] + norms[1]) != 0 or gram[0, 1] == norms[0]


def test_two_zero_vectors_have_no_distance_unless_one_is_named():
    with pytest.raises(UndefinedDistanceError, match=r"vectors \[0, 2\] are zero.*both_zero=0.0"):
        distance_matrix([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    with pytest.raises(UndefinedDistanceError):
        normalised_distance([0.0], [0.0])
    assert normalised_distance([0.0], [0.0], both_zero=2.0) == 2
    named = distance_matrix([[0.0], [1.0], [0.0]], both_zero=1.5)
    assert named.tolist() == [[0, 2, 1.5], [2, 0, 2], [1.5, 2, 0]]
    assert distance_matrix([[0.0], [1.0]])[0, 1] == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1.0, 2.0], r"shape \(n, d\)"),
        ([[], []], "d > 0"),
        ([[np.nan, 1.0], [1.0, 1.0]], r"rows \[0\] hold NaN.*diverged"),
        ([[np.inf], [1.0]], "diverged"),
        ([["a"]], "real numbers"),
        ([[1j]], "real numbers"),
    ],
)
def test_what_is_no_finite_matrix_is_refused(rows, message):
    with pytest.raises(ArgumentError, match=message):
        distance_matrix(rows)


def test_vectors_of_different_lengths_and_an_impossible_value_are_refused():
    with pytest.raises(ArgumentError, match="one length"):
        normalised_distance([1.0], [1.0, 2.0])
    with pytest.raises(ArgumentError, match="both_zero"):
        distance_matrix([[0.0]], both_zero=5.0)
