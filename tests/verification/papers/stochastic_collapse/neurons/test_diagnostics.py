"""What the claims on neuron diagnostics are measured on, against what it must be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from numerics.neurons.clusters import near_pairs
from numerics.neurons.distance import distance_matrix
from tests.numerics.seeding import FALSE_ALARM, seed_of
from verification.forms import Draw
from verification.papers.stochastic_collapse.measured import diagnostics as measured
from verification.papers.stochastic_collapse.measured.networks import direction


@pytest.mark.parametrize("graph", measured.GRAPHS)
def test_vectors_are_near_along_the_edges_of_their_graph_and_nowhere_else(graph):
    n, edges = measured.GRAPHS[graph]
    near = near_pairs(distance_matrix(measured.vectors_with(n, edges)), 0.1)
    assert {(i, j) for i, j in itertools.combinations(range(n), 2) if near[i, j]} == set(edges)


def test_all_graphs_of_five_neurons_are_different():
    seen = {near_pairs(distance_matrix(vectors), 0.1).tobytes() for vectors in measured.all_graphs()}
    assert len(seen) == 2**10


def test_a_sample_depends_on_its_number_and_not_on_how_the_draw_is_cut():
    whole = measured.gaussian_distances({"dimension": "5"}, Draw(3000, 0, 7))
    pieces = [
        measured.gaussian_distances({"dimension": "5"}, Draw(n, first, 7)) for first, n in ((0, 700), (700, 2300))
    ]
    assert np.array_equal(whole, np.concatenate(pieces))
    assert not np.array_equal(whole, measured.gaussian_distances({"dimension": "5"}, Draw(3000, 0, 8)))


def test_neighbours_agree_as_often_as_chance_says_or_always():
    """1500 layers; half is the two-sided quantile of FALSE_ALARM times the standard error."""
    arguments = {"groups": "2", "size": "8", "sorted by": "incoming"}
    shares = measured.share_of_neighbours(arguments, Draw(1500, 0, seed_of("neighbours"))).values
    half = 4.9 * shares.std(ddof=1) / len(shares) ** 0.5
    assert FALSE_ALARM == 1e-6 and abs(shares.mean() - 7 / 15) < half
    assert abs(shares.mean() - 1 / 2) > half
    assert measured.share_of_neighbours_by_all({"groups": "2", "size": "8"}) == (pytest.approx(14 / 15), 0.0)


def test_a_direction_is_stated_only_where_the_interval_excludes_zero():
    def result(change: list[float]) -> dict[str, object]:
        return {"first": [0.5] * len(change), "second": [0.5 + c for c in change], "accuracies": [1.0, 1.0]}

    wiggle = [0.01 * (-1) ** i for i in range(20)]
    down, up = ([shift + w for w in wiggle] for shift in (-0.3, 0.3))
    assert direction([result(down), result(down)])["location"] == [-1, -1]
    assert direction([result(up)])["location"] == [1, 1]
    assert direction([result(wiggle)])["location"] == [-1, 1]
