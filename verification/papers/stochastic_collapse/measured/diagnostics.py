"""What the claims on neuron diagnostics are measured on: distances, rules and counters of ``numerics.neurons``."""

import itertools

import numpy as np
import scipy  # its submodules load on first use

from numerics.neurons.clusters import COUNTERS, Counter
from numerics.neurons.dendrogram import dendrogram_order
from numerics.neurons.distance import distance_matrix, normalised_distance
from numerics.neurons.effective_rank import effective_rank
from numerics.neurons.near_graphs import vectors_near_along, vectors_of_all_graphs
from numerics.neurons.vanishing import vanishing_by_whole
from verification.authoring.draws import source_of
from verification.authoring.simulated import number
from verification.forms import Arguments, Draw, Samples

GRAPHS = {
    "path of three": ((0, 1), (1, 2)),
    "star of four": ((0, 1), (0, 2), (0, 3), (0, 4)),
    "path of five": ((0, 1), (1, 2), (2, 3), (3, 4)),
}
"""Pairs of neurons that are near, in connected graphs."""

BLOCK = 1024
"""Pairs of vectors drawn from one source; which one depends on a pair's number alone."""

VERTICES = 5
"""Neurons of the graphs that are all looked at: 2^10 graphs."""


def gaussian_distances(arguments: Arguments, draw: Draw) -> np.ndarray:
    """Distances of pairs of independent standard Gaussian vectors of the dimension in ``arguments``."""
    d, last = int(arguments["dimension"]), draw.first + draw.n
    blocks = []
    for block in range(draw.first // BLOCK, -(-last // BLOCK)):
        u, v = source_of("gaussian distances", draw.seed, block).standard_normal((2, BLOCK, d))
        distances = 2 * ((u - v) ** 2).sum(axis=1) / ((u**2).sum(axis=1) + (v**2).sum(axis=1))
        blocks.append(distances[max(draw.first - block * BLOCK, 0) : last - block * BLOCK])
    return np.concatenate(blocks)


def distance_of_gaussians(arguments: Arguments, draw: Draw) -> Samples:
    """The distance of two independent Gaussian vectors."""
    return Samples(gaussian_distances(arguments, draw))


def squared_deviation_from_two(arguments: Arguments, draw: Draw) -> Samples:
    """Its squared deviation from 2."""
    return Samples((gaussian_distances(arguments, draw) - 2) ** 2)


def released_vanishing(arguments: Arguments) -> tuple[float, float]:
    """One for a neuron that the released code's rule calls vanished, beside the other neurons of its layer; else 0.

    Norms are given as ``[incoming, outgoing]``, the neuron in question first.
    """
    vectors = np.array(arguments["norms"], dtype=float)
    return float(vanishing_by_whole(vectors)[0]), 0.0


def relative_difference_at(arguments: Arguments) -> tuple[float, float]:
    """Where the distance of two neurons of equal norm crosses a threshold, as a share of that norm: by bisection."""
    threshold = float(arguments["threshold"])
    source = source_of("relative difference", threshold)
    u, w = np.linalg.qr(source.standard_normal((40, 2)))[0].T

    def excess(angle: float) -> float:
        return normalised_distance(u, np.cos(angle) * u + np.sin(angle) * w) - threshold

    angle = float(scipy.optimize.brentq(excess, 0.0, np.pi, xtol=1e-14))
    return float(np.linalg.norm(u - np.cos(angle) * u - np.sin(angle) * w)), 1e-12


def count(counter: Counter, vectors: np.ndarray) -> int:
    """Clusters that ``counter`` finds at the released threshold."""
    return len(np.unique(COUNTERS[counter](distance_matrix(vectors), 0.1)))


def spread_over_numberings(arguments: Arguments) -> tuple[float, float]:
    """Largest minus smallest count of one set of neurons over all their numberings."""
    vectors = vectors_near_along(GRAPHS[arguments["graph"]])
    orders = itertools.permutations(range(len(vectors)))
    counts = [count(arguments["counter"], vectors[list(order)]) for order in orders]
    return float(max(counts) - min(counts)), 0.0


def extreme_excess(arguments: Arguments) -> tuple[float, float]:
    """The least or greatest excess of the greedy count over another, over all graphs of a few neurons."""
    extreme = {"least": min, "greatest": max}[arguments["extreme"]]
    other = arguments["other"]
    return float(extreme(count("greedy", v) - count(other, v) for v in vectors_of_all_graphs(VERTICES))), 0.0


def share_of_neighbours(arguments: Arguments, draw: Draw) -> Samples:
    """In an order found by clustering, the share of neighbours whose outgoing parameters belong to one group.

    Outgoing parameters form groups of equal size, incoming ones are independent Gaussian noise.
    """
    groups, size = int(arguments["groups"]), int(arguments["size"])
    labels = np.repeat(np.arange(groups), size)
    shares = np.empty(draw.n)
    for i in range(draw.n):
        source = source_of("neighbours", draw.seed, draw.first + i)
        numbering = source.permutation(labels)
        incoming = source.standard_normal((groups * size, 12))
        outgoing = source.standard_normal((groups, 40))[numbering] * 3
        sorted_by = {"incoming": incoming, "concatenated": np.concatenate([incoming, outgoing], axis=1)}
        order = dendrogram_order(distance_matrix(sorted_by[arguments["sorted by"]]))
        shares[i] = np.mean(np.diff(numbering[order]) == 0)
    return Samples(shares)


def share_of_neighbours_by_all(arguments: Arguments) -> tuple[float, float]:
    """The same share in the order of the concatenated vectors: the mean of 100 layers and how far any is from it."""
    shares = share_of_neighbours({**arguments, "sorted by": "concatenated"}, Draw(100, 0, 0)).values
    return float(shares.mean()), float(np.ptp(shares))


def rank_of_spectrum(arguments: Arguments) -> tuple[float, float]:
    """Effective rank of a matrix with the given singular values, between random rotations."""
    values = np.array([number(value) for value in arguments["values"]])
    source = source_of("spectrum", arguments["values"])
    left, right = (np.linalg.qr(source.standard_normal((len(values),) * 2))[0] for _ in range(2))
    return effective_rank(left @ np.diag(values) @ right), 1e-10
