"""Neurons of which exactly the wanted pairs are near: every small graph is the graph of near pairs of unit vectors.

What a counter of clusters finds depends on this graph and on the numbering alone; the vectors show what it does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from numerics.arguments import takes
from numerics.neurons.distance import RELEASED_THRESHOLD
from theory.argument_kinds import ArgumentKind, whole

_MARGIN = 0.002
"""Of the cosine of two vectors, to either side of the threshold's; the Gram matrix stays positive up to 12 vectors."""


def _is_edge(edge: Any) -> bool:
    if not isinstance(edge, tuple | list) or len(edge) != 2:
        return False
    return all(type(end) is int and 0 <= end < 12 for end in edge) and edge[0] != edge[1]


_EDGES = ArgumentKind(
    "a list of pairs of different vertices 0 to 11",
    lambda value: isinstance(value, tuple | list) and all(map(_is_edge, value)),
)


@takes(edges=_EDGES)
def vectors_near_along(edges: Sequence[tuple[int, int]]) -> np.ndarray:
    r"""Unit vectors, one a row, whose normalised distance is below the released threshold exactly along ``edges``.

    Their cosines are :math:`c \pm 0.002` around :math:`c = 0.95`, where the distance :math:`2(1-c)` is 0.1.

    Args:
        edges: Pairs of different vertices; the last vertex named is the last there is.

    Returns:
        Vectors of shape ``(n, n)``.

    Raises:
        ArgumentError: ``edges`` is no list of pairs of different vertices 0 to 11.

    Example:
        >>> from numerics.neurons import distance_matrix
        >>> distance_matrix(vectors_near_along([(0, 1), (1, 2)])) < 0.1
        array([[ True,  True, False],
               [ True,  True,  True],
               [False,  True,  True]])
    """
    return _vectors(1 + max(itertools.chain(*edges), default=0), edges)


def _vectors(n: int, edges: Sequence[tuple[int, int]]) -> np.ndarray:
    cosine = 1 - RELEASED_THRESHOLD / 2
    gram = np.full((n, n), cosine - _MARGIN)
    for i, j in edges:
        gram[i, j] = gram[j, i] = cosine + _MARGIN
    np.fill_diagonal(gram, 1.0)
    return np.linalg.cholesky(gram)


@takes(n=whole(1, 6))
def vectors_of_all_graphs(n: int) -> Iterator[np.ndarray]:
    """Such vectors for each of the :math:`2^{n(n-1)/2}` graphs on n numbered vertices, at most six.

    Raises:
        ArgumentError: n is no whole number from 1 to 6.

    Example:
        >>> sum(1 for vectors in vectors_of_all_graphs(4))
        64
    """
    pairs = list(itertools.combinations(range(n), 2))
    for chosen in itertools.product((False, True), repeat=len(pairs)):
        yield _vectors(n, list(itertools.compress(pairs, chosen)))
