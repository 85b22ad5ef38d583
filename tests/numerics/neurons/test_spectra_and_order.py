"""Effective rank against its definition; orders of hierarchical clustering on planted groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from numerics.errors import ArgumentError
from numerics.neurons.dendrogram import METHODS, dendrogram_order
from numerics.neurons.distance import distance_matrix
from numerics.neurons.effective_rank import effective_rank, spectral_entropy
from tests.numerics.seeding import seed_of

matrices = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(-9, 9).map(float))


@given(matrices, st.sampled_from([1.0, 1e-200, 1e200]))
def test_the_effective_rank_lies_between_1_and_the_rank_at_every_scale(matrix, scale):
    if not matrix.any():
        return
    rank = effective_rank(scale * matrix)
    assert 1 - 1e-12 <= rank <= np.linalg.matrix_rank(matrix) * (1 + 1e-6)
    assert rank == pytest.approx(effective_rank(matrix), rel=1e-9)
    assert np.log(rank) == pytest.approx(spectral_entropy(scale * matrix), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4, 9])
def test_the_identity_has_effective_rank_n_and_entropy_log_n(n):
    assert effective_rank(np.eye(n)) == pytest.approx(n, rel=1e-12)
    assert spectral_entropy(np.eye(n)) == pytest.approx(np.log(n), abs=1e-12)
    assert n == 1 or abs(spectral_entropy(np.eye(n)) - n) > 0.6


def test_a_known_spectrum():
    p = np.array([0.5, 0.25, 0.25])
    assert effective_rank(np.diag(7 * p)) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-13)


def test_the_zero_matrix_and_what_is_no_matrix_are_refused():
    with pytest.raises(ArgumentError, match="zero"):
        spectral_entropy(np.zeros((2, 3)))
    with pytest.raises(ArgumentError, match="finite"):
        effective_rank([[np.nan]])


@pytest.mark.parametrize("method", METHODS)
def test_members_of_a_planted_group_stand_side_by_side(method):
    source = np.random.default_rng(seed_of("planted groups"))
    groups = np.repeat(np.arange(5), 4)
    source.shuffle(groups)
    vectors = 10 * source.standard_normal((5, 30))[groups] + 0.1 * source.standard_normal((20, 30))
    order = dendrogram_order(distance_matrix(vectors), method=method)
    assert sorted(order.tolist()) == list(range(20))
    assert np.count_nonzero(np.diff(groups[order])) == 4
    assert np.count_nonzero(np.diff(groups)) > 4


def test_orders_of_few_neurons_and_bad_arguments():
    assert dendrogram_order(np.zeros((1, 1))).tolist() == [0]
    assert dendrogram_order(np.zeros((0, 0))).tolist() == []
    with pytest.raises(ArgumentError, match="method"):
        dendrogram_order(np.zeros((2, 2)), method="ward")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="finite"):
        dendrogram_order([[0.0, np.inf], [np.inf, 0.0]])
