r"""How many neurons are independent? Clusters in the graph of pairs that are nearer than a threshold.

Being near is not transitive, so "the number of clusters" needs a rule, and only one of these three does not depend on
the order in which the neurons happen to be numbered:

* :func:`components`: connected components of the graph (single linkage). Independent of the order.
* :func:`leader_clusters`: a neuron joins the first earlier leader that is near, or becomes one.
* :func:`greedy_clusters`: the counter of the paper's released code, in which a neuron that has already joined a cluster
  can open another.

The count of the released code is never below the number of components: in each component the neuron with the smallest
number opens a cluster or stays alone.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Section 5; ``compute_ind_node`` of the released code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import scipy  # its submodules load on first use
from numpy.typing import ArrayLike

from numerics.arguments import real_array, real_number
from numerics.errors import ArgumentError
from numerics.neurons.distance import RELEASED_THRESHOLD


def near_pairs(distances: ArrayLike, threshold: float) -> np.ndarray:
    """The graph: pairs of different neurons at a distance below ``threshold``. Shape ``(n, n)``, bool, symmetric.

    Raises:
        ArgumentError: ``distances`` is not a symmetric matrix without NaN, or ``threshold`` is not positive.
    """
    matrix = real_array(distances, "distances", finite=False)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ArgumentError(f"distances must be a square matrix, got distances.shape={matrix.shape}.")
    if np.isnan(matrix).any():
        raise ArgumentError("distances must be no NaN; two zero vectors have none: pass both_zero to distance_matrix.")
    if not np.array_equal(matrix, matrix.T):
        raise ArgumentError("distances must be symmetric; use distance_matrix.")
    if not real_number(threshold, "threshold") > 0:
        raise ArgumentError(
            f"threshold must be a positive distance, got {threshold}. It is a square: {RELEASED_THRESHOLD} stands for "
            f"{RELEASED_THRESHOLD**0.5:.1%} of the norm."
        )
    near = matrix < threshold
    np.fill_diagonal(near, False)
    return near


def components(distances: ArrayLike, threshold: float = RELEASED_THRESHOLD) -> np.ndarray:
    """Connected components: the label of each neuron's cluster, 0, 1, ... Shape ``(n,)``.

    Raises:
        ArgumentError: as :func:`near_pairs`.

    Example:
        >>> path = [[0, 0.05, 2], [0.05, 0, 0.05], [2, 0.05, 0]]
        >>> components(path), leader_clusters(path), greedy_clusters(path)
        (array([0, 0, 0]), array([0, 0, 1]), array([0, 1, 1]))
    """
    near = near_pairs(distances, threshold)
    return scipy.sparse.csgraph.connected_components(scipy.sparse.csr_array(near), directed=False)[1].astype(np.int64)


def leader_clusters(distances: ArrayLike, threshold: float = RELEASED_THRESHOLD) -> np.ndarray:
    """Clusters about leaders, found in one pass in the given order. Shape ``(n,)``.

    Raises:
        ArgumentError: as :func:`near_pairs`.
    """
    near = near_pairs(distances, threshold)
    labels = np.empty(len(near), dtype=np.int64)
    leaders: list[int] = []
    for i, row in enumerate(near):
        found = np.flatnonzero(row[np.array(leaders, dtype=np.int64)])
        if len(found):
            labels[i] = found[0]
        else:
            labels[i] = len(leaders)
            leaders.append(i)
    return labels


def greedy_clusters(distances: ArrayLike, threshold: float = RELEASED_THRESHOLD) -> np.ndarray:
    """Clusters of the released code, found in the given order. Shape ``(n,)``.

    All pairs ``i < j`` that are near are visited in lexicographic order. A ``j`` that belongs somewhere already is
    passed over; otherwise it joins the cluster opened by ``i``, which ``i`` opens even if it belongs to another one.
    What is left stands alone. A neuron that opened a cluster while belonging to another is labelled by its own.

    Raises:
        ArgumentError: as :func:`near_pairs`.
    """
    near = np.triu(near_pairs(distances, threshold))
    labels = np.full(len(near), -1, dtype=np.int64)
    clusters = 0
    for i, row in enumerate(near):
        joining = np.flatnonzero(row & (labels < 0))
        if len(joining):
            labels[i] = labels[joining] = clusters
            clusters += 1
    alone = labels < 0
    labels[alone] = clusters + np.arange(alone.sum())
    return labels


Counter = Literal["components", "greedy", "leaders"]

COUNTERS: dict[Counter, Callable[..., np.ndarray]] = {
    "components": components,
    "greedy": greedy_clusters,
    "leaders": leader_clusters,
}
"""The three rules by name."""
