"""Three counters of independent neurons on random graphs: what each promises, and what it does not."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.errors import ArgumentError
from numerics.neurons.clusters import COUNTERS, components, greedy_clusters, leader_clusters, near_pairs

PATH = ((0, 1), (1, 2))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, tuple[tuple[int, int], ...]]:
    """A number of vertices and a set of edges."""
    n = draw(st.integers(1, 8))
    pairs = list(itertools.combinations(range(n), 2))
    chosen = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    return n, tuple(pair for pair, edge in zip(pairs, chosen, strict=True) if edge)


def distances(n: int, edges: tuple[tuple[int, int], ...]) -> np.ndarray:
    """0.05 along edges, 2 elsewhere."""
    matrix = np.full((n, n), 2.0)
    for i, j in edges:
        matrix[i, j] = matrix[j, i] = 0.05
    np.fill_diagonal(matrix, 0)
    return matrix


def count(counter, matrix) -> int:
    return len(np.unique(counter(matrix)))


def relabelled(matrix: np.ndarray, order) -> np.ndarray:
    order = list(order)
    return matrix[np.ix_(order, order)]


def counted_as_released(matrix: np.ndarray) -> int:
    """The counter spelled out pair by pair, with the released code's bookkeeping: lists and keys."""
    n = len(matrix)
    alike = [(i, j) for i, j in itertools.combinations(range(n), 2) if matrix[i, j] < 0.1]
    keys: dict[int, list[int]] = defaultdict(list)
    assigned: list[int] = []
    for i, j in alike:
        if j in assigned:
            continue
        if i not in assigned:
            assigned.append(i)
        assigned.append(j)
        keys[i].append(j)
    for i in range(n):
        if i not in assigned:
            keys[i].append(i)
    return len(keys)


def flooded(n: int, edges: tuple[tuple[int, int], ...]) -> list[set[int]]:
    """Connected components by flooding."""
    left, found = set(range(n)), []
    while left:
        piece = {min(left)}
        while True:
            grown = piece | {b for a, b in edges if a in piece} | {a for a, b in edges if b in piece}
            if grown == piece:
                break
            piece = grown
        found.append(piece)
        left -= piece
    return found


@given(graphs())
def test_the_greedy_counter_is_the_released_one(graph):
    matrix = distances(*graph)
    assert count(greedy_clusters, matrix) == counted_as_released(matrix)


@given(graphs())
def test_components_are_the_pieces_of_the_graph(graph):
    labels = components(distances(*graph))
    pieces = {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels}
    assert pieces == {frozenset(piece) for piece in flooded(*graph)}


@given(graphs(), st.randoms(use_true_random=False))
def test_components_do_not_depend_on_the_numbering(graph, random):
    n, _ = graph
    matrix, order = distances(*graph), list(range(n))
    random.shuffle(order)
    labels, moved = components(matrix), components(relabelled(matrix, order))
    same = labels[:, None] == labels
    assert np.array_equal(relabelled(same, order), moved[:, None] == moved)


@given(graphs())
def test_no_counter_finds_fewer_clusters_than_components_or_more_than_neurons(graph):
    matrix = distances(*graph)
    least = count(components, matrix)
    for counter in COUNTERS.values():
        assert least <= count(counter, matrix) <= len(matrix)


@given(graphs())
def test_every_leader_is_far_from_every_other_and_near_its_followers(graph):
    matrix = distances(*graph)
    labels = leader_clusters(matrix)
    leaders = [int(np.flatnonzero(labels == label)[0]) for label in range(labels.max() + 1)]
    near = near_pairs(matrix, 0.1)
    assert not near[np.ix_(leaders, leaders)].any()
    assert all(near[i, leaders[label]] or i == leaders[label] for i, label in enumerate(labels))


def counts_over_numberings(n: int, edges, counter) -> set[int]:
    matrix = distances(n, edges)
    return {count(counter, relabelled(matrix, order)) for order in itertools.permutations(range(n))}


def test_the_greedy_and_the_leader_count_depend_on_the_numbering():
    assert counts_over_numberings(3, PATH, greedy_clusters) == {1, 2}
    assert counts_over_numberings(3, PATH, leader_clusters) == {1, 2}
    assert counts_over_numberings(3, PATH, components) == {1}


def test_two_paths_of_three_neurons_are_counted_as_2_3_or_4():
    edges = ((0, 1), (1, 2), (3, 4), (4, 5))
    assert counts_over_numberings(6, edges, greedy_clusters) == {2, 3, 4}
    assert counts_over_numberings(6, edges, components) == {2}


def test_the_greedy_count_may_exceed_or_undercut_the_leaders():
    more, fewer = distances(4, ((0, 1), (1, 3), (2, 3))), distances(4, ((0, 1), (1, 2), (1, 3)))
    assert (count(greedy_clusters, more), count(leader_clusters, more)) == (3, 2)
    assert (count(greedy_clusters, fewer), count(leader_clusters, fewer)) == (2, 3)


def test_the_threshold_is_strict_and_a_square():
    at_the_threshold = np.array([[0.0, 0.1], [0.1, 0.0]])
    assert count(components, at_the_threshold) == 2
    assert len(np.unique(components(at_the_threshold, 0.11))) == 1
    with pytest.raises(ArgumentError, match=r"0.1 stands for 31.6% of the norm"):
        components(at_the_threshold, 0.0)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.0, 1.0]], "square"),
        ([[0.0, np.nan], [np.nan, 0.0]], "NaN"),
        ([[0.0, 1.0], [2.0, 0.0]], "symmetric"),
    ],
)
def test_what_is_no_distance_matrix_is_refused(matrix, message):
    for counter in COUNTERS.values():
        with pytest.raises(ArgumentError, match=message):
            counter(matrix)


def test_no_neurons_are_no_clusters():
    for counter in COUNTERS.values():
        assert len(counter(np.zeros((0, 0)))) == 0
