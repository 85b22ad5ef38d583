"""An order in which similar neurons stand side by side, for pictures of distance matrices."""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy  # its submodules load on first use
from numpy.typing import ArrayLike

from numerics.arguments import choice, real_array
from numerics.errors import ArgumentError
from numerics.neurons.clusters import near_pairs

Method = Literal["average", "single", "complete"]

METHODS: tuple[Method, ...] = ("average", "single", "complete")
"""Linkages that need distances only, no coordinates."""


def dendrogram_order(distances: ArrayLike, *, method: Method = "average") -> np.ndarray:
    """The leaves of hierarchical clustering from left to right: a permutation. Shape ``(n,)``.

    To see whether similar incoming parameters go with similar outgoing ones, as Figure 3 of the paper wants, give the
    distances of the *incoming* vectors and look at those of the outgoing vectors in this order. If the distances of the
    concatenated vectors are given, as in the paper's released code, the outgoing vectors have helped to find the order.

    Args:
        distances: Symmetric, finite. Shape ``(n, n)``.
        method: The linkage.

    Raises:
        ArgumentError: no such matrix or method.

    Example:
        >>> dendrogram_order([[0, 2, 0.1], [2, 0, 2], [0.1, 2, 0]]).tolist()
        [1, 0, 2]
    """
    choice(method, "method", METHODS)
    matrix = real_array(distances, "distances", finite=False)
    near_pairs(matrix, 1.0)
    if not np.isfinite(matrix).all():
        raise ArgumentError("distances must be finite.")
    if len(matrix) < 2:
        return np.arange(len(matrix))
    off_diagonal = matrix - np.diag(np.diag(matrix))
    tree = scipy.cluster.hierarchy.linkage(scipy.spatial.distance.squareform(off_diagonal, checks=False), method)
    return scipy.cluster.hierarchy.leaves_list(tree).astype(np.int64)
