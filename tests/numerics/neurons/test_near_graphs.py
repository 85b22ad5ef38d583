"""Vectors with a wanted graph of near pairs, against the distances themselves."""

from __future__ import annotations

import itertools

import pytest

from numerics.errors import ArgumentError
from numerics.neurons.clusters import near_pairs
from numerics.neurons.distance import distance_matrix
from numerics.neurons.near_graphs import vectors_near_along, vectors_of_all_graphs


@pytest.mark.parametrize("ends", [(2,), (3, 2), (11, 5, 1)], ids=str)
def test_vectors_are_near_along_the_edges_of_their_graph_and_nowhere_else(ends):
    edges = {(0, end) for end in ends}
    near = near_pairs(distance_matrix(vectors_near_along(sorted(edges))), 0.1)
    assert {(i, j) for i, j in itertools.combinations(range(max(ends) + 1), 2) if near[i, j]} == edges


def test_all_graphs_of_five_vertices_are_different():
    seen = {near_pairs(distance_matrix(vectors), 0.1).tobytes() for vectors in vectors_of_all_graphs(5)}
    assert len(seen) == 2**10


@pytest.mark.parametrize("edges", [[(0, 0)], [(0, 12)], [(0, -1)], [(0, 1.0)], ["ab"], 3, [(0, True)]], ids=str)
def test_what_is_no_list_of_pairs_of_vertices_is_refused(edges):
    with pytest.raises(ArgumentError, match="^edges must be a list of pairs of different vertices 0 to 11, got"):
        vectors_near_along(edges)
