r"""Isserlis' theorem on words of matrices: the mean of products in which Gaussian vectors stand.

A word :math:`B_0\,v_1v_2^\top B_1\,v_3v_4^\top\cdots B_k` is cut at its vectors into links. A pairing of the vectors
joins the links again, by covariances, into one chain from the left end to the right end and into loops, whose traces
are factors:

.. math::
    E[B_0\,xx^\top B_1\,xx^\top B_2] = B_0\Lambda B_1\Lambda B_2 + B_0\Lambda B_1^\top\Lambda B_2
    + B_0\Lambda B_2\,\mathrm{tr}(B_1\Lambda)

The algebra is that of ``@`` and ``.T``: matrices of numbers, arrays and symbols of matrices go the same way.

References:
    Isserlis, *Biometrika* 12 (1918), 134-139.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from theory.argument_kinds import FUNCTION, ArgumentKind, one_of, takes, whole
from theory.errors import DimensionError, ShapeError
from theory.values import count, listed, shown

MAX_VECTORS = 12
"""More vectors in one product are refused: 12 have 10395 pairings."""

Pairing = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Link:
    """A matrix between two ends, each a vector of the product (its number, from 0) or open (a name).

    Attributes:
        matrix: Anything with ``@`` and ``.T``.
        left: The vector on whose transpose the matrix follows, or the name of an open end.
        right: The vector that follows on the matrix, or the name of an open end.
    """

    matrix: Any
    left: int | str
    right: int | str


@dataclass(frozen=True)
class Contraction:
    """What one pairing makes of a product.

    Attributes:
        pairing: The pairs of vectors.
        chains: The matrix from each open end to the open end that it reaches, each chain once.
        loops: The matrices whose traces are factors.
    """

    pairing: Pairing
    chains: dict[tuple[str, str], Any]
    loops: tuple[Any, ...]


_VECTORS = ArgumentKind(
    "a sequence of numbers of vectors",
    lambda value: isinstance(value, list | tuple | range) and all(isinstance(v, int) for v in value),
)


@takes(vectors=_VECTORS, joined=FUNCTION)
def pairings(vectors: Sequence[int], joined: Callable[[int, int], bool]) -> Iterator[Pairing]:
    """The pairings of ``vectors`` in which every pair is ``joined``.

    Example:
        >>> len(list(pairings(range(6), lambda a, b: True)))
        15
    """
    return _pairings(vectors, joined)


def _pairings(vectors: Sequence[int], joined: Callable[[int, int], bool]) -> Iterator[Pairing]:
    if not vectors:
        yield ()
        return
    first, *others = vectors
    for place, partner in enumerate(others):
        if joined(first, partner):
            rest = [*others[:place], *others[place + 1 :]]
            yield from (((first, partner), *more) for more in _pairings(rest, joined))


def contractions(
    links: Sequence[Link], covariance: Callable[[int, int], Any], *, tied: Callable[[Pairing], bool] | None = None
) -> Iterator[Contraction]:
    r"""The contractions whose sum, with a trace for every loop, is the mean of a product of links.

    Args:
        links: The product; every vector from 0 to 2k - 1 is the end of exactly one link.
        covariance: :math:`E[v_iv_j^\top]`, or None where it is zero; such pairings are left out.
        tied: Which pairings to keep, all by default.

    Raises:
        DimensionError: more than :data:`MAX_VECTORS` vectors.
        ShapeError: a vector is not the end of exactly one link.
    """
    ends = {end: link for link in links for end in (link.left, link.right) if isinstance(end, int)}
    count = sum(isinstance(end, int) for link in links for end in (link.left, link.right))
    if set(ends) != set(range(count)):
        raise ShapeError(f"links must end in each of the vectors 0 to {count - 1} once, got {sorted(ends)}.")
    if count > MAX_VECTORS:
        raise DimensionError(f"links must hold at most {MAX_VECTORS} vectors, got {count}.")
    if count % 2:
        return
    covariances = {(i, j): covariance(i, j) for i in range(count) for j in range(count) if i != j}
    for pairing in pairings(range(count), lambda i, j: covariances[i, j] is not None):
        if tied is None or tied(pairing):
            yield _contraction(links, ends, pairing, covariances)


def _contraction(
    links: Sequence[Link], ends: dict[int, Link], pairing: Pairing, covariances: dict[tuple[int, int], Any]
) -> Contraction:
    partner = {i: j for pair in pairing for i, j in (pair, pair[::-1])}
    chains, loops, seen = {}, [], set()

    def walk(link: Link, forward: bool) -> tuple[Any, int | str]:
        """The product along the links until an open end, or until the walk returns to its first link."""
        first, product = link, None
        while True:
            seen.add(id(link))
            matrix, end = (link.matrix, link.right) if forward else (link.matrix.T, link.left)
            product = matrix if product is None else product @ matrix
            if isinstance(end, str):
                return product, end
            other = partner[end]
            product = product @ covariances[end, other]
            link = ends[other]
            forward = other == link.left
            if link is first:
                return product, other

    for link in links:
        for end, forward in ((link.left, True), (link.right, False)):
            if isinstance(end, str) and id(link) not in seen:
                product, last = walk(link, forward)
                assert isinstance(last, str)
                chains[end, last] = product
    for link in links:
        if id(link) not in seen:
            loops.append(walk(link, True)[0])
    return Contraction(pairing, chains, tuple(loops))


@takes(pairing=one_of(tuple, list, needed="pairs of vectors"), groups=whole(0, 10**6), group=FUNCTION)
def tied_groups(pairing: Pairing, groups: int, group: Callable[[int], int]) -> int:
    """The number of parts into which a pairing ties ``groups``, when pairs tie the groups of their vectors.

    Example:
        >>> tied_groups(((0, 2), (1, 3)), 2, lambda vector: vector // 2)
        1
    """
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in listed(pairing, "pairing")):
        raise ShapeError(f"pairing must hold pairs of places, got {shown(pairing)}.")
    root = list(range(groups))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    def of(vector: int) -> int:
        return find(count(group(vector), "group", at_most=groups - 1))

    for i, j in pairing:
        root[of(i)] = of(j)
    return sum(find(i) == i for i in range(groups))
