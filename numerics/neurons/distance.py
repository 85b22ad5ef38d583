r"""The normalised distance of two neurons.

.. math:: \mathrm{dist}(u, v) = \frac{2\,\|u - v\|^2}{\|u\|^2 + \|v\|^2} \in [0, 4]

It is 0 for equal vectors, 2 for orthogonal ones or if one is zero, 4 for opposite ones, and does not exist for two zero
vectors. It is a *square*: for equal norms :math:`\mathrm{dist} = (\|u - v\|/\|u\|)^2`.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Section 5.
"""

from __future__ import annotations

import math

import numpy as np
import scipy  # its submodules load on first use
from numpy.typing import ArrayLike

from numerics.arguments import real_array, real_number
from numerics.errors import ArgumentError

RELEASED_THRESHOLD = 0.1
r"""Distance below which the paper's released code calls two neurons identical: 31.6 % of the norm."""

TEN_PERCENT = 0.01
r"""Distance of two neurons of equal norm that differ by 10 % of it."""

TINY = 1e-100
"""Squared norms below this, relative to the largest, are recomputed in a unit of their own."""


class UndefinedDistanceError(ArgumentError):
    """Two vectors are zero, and their normalised distance is 0/0."""


def normalised_distance(u: ArrayLike, v: ArrayLike, *, both_zero: float | None = None) -> float:
    r"""The distance of two vectors.

    Args:
        u: A vector.
        v: Another one of the same length.
        both_zero: What to return for two zero vectors. None refuses; 0 calls them identical.

    Raises:
        ArgumentError: not two finite vectors of one length.
        UndefinedDistanceError: both are zero, and ``both_zero`` is None.

    Example:
        >>> (
        ...     normalised_distance([1, 0], [0, 1]),
        ...     normalised_distance([1, 0], [-1, 0]),
        ...     normalised_distance([1, 0], [0, 0]),
        ... )
        (2.0, 4.0, 2.0)
    """
    rows = [real_array(vector, name) for vector, name in ((u, "u"), (v, "v"))]
    if any(row.ndim != 1 for row in rows) or rows[0].shape != rows[1].shape:
        raise ArgumentError(f"u and v must be vectors of one length, got shapes {rows[0].shape} and {rows[1].shape}.")
    return float(distance_matrix(np.stack(rows), both_zero=both_zero)[0, 1])


def distance_matrix(vectors: ArrayLike, *, both_zero: float | None = None) -> np.ndarray:
    r"""All distances of ``n`` vectors. Shape ``(n, n)``, symmetric, with a diagonal of zeros.

    Differences are taken before squares, so that equal vectors are at exactly 0; and vectors far below the largest one
    are compared in a unit of their own, so that a collapse to 1e-300 still shows which neurons agree.

    Args:
        vectors: One vector a row. Shape ``(n, d)``.
        both_zero: The distance of two zero vectors. None refuses if there are two; 0 calls them identical.

    Raises:
        ArgumentError: ``vectors`` is no finite matrix, or ``both_zero`` is outside ``[0, 4]``.
        UndefinedDistanceError: two vectors are zero, and ``both_zero`` is None.

    Example:
        >>> distance_matrix([[3.0, 4.0], [0.0, 0.0], [3e-200, 4e-200]])
        array([[0., 2., 2.],
               [2., 0., 2.],
               [2., 2., 0.]])
    """
    rows = finite_matrix(vectors, "vectors")
    if both_zero is not None and not 0 <= real_number(both_zero, "both_zero") <= 4:
        raise ArgumentError(f"both_zero must be a distance in [0, 4], or None to refuse, got {both_zero}.")
    zero = np.flatnonzero(~rows.any(axis=1))
    if len(zero) > 1 and both_zero is None:
        raise UndefinedDistanceError(
            f"the normalised distance of two zero vectors is 0/0, and vectors {zero[:4].tolist()} are zero "
            f"({len(zero)} of {len(rows)}). Remove vanishing neurons first, or say what it shall be: both_zero=0.0."
        )
    distances = _distances(rows)
    if both_zero is not None:
        distances[np.ix_(zero, zero)] = both_zero
        np.fill_diagonal(distances, 0.0)
    return distances


def _distances(rows: np.ndarray) -> np.ndarray:
    """Distances, with any numbers for pairs of zero vectors."""
    largest = np.abs(rows).max(initial=0.0)
    if len(rows) < 2 or largest == 0:
        return np.zeros((len(rows), len(rows)))
    # The largest entry is brought to [1/2, 1) by a power of two: no rounding, no overflow of squares.
    scaled = np.ldexp(rows, -math.frexp(largest)[1])
    norms = np.einsum("ij,ij->i", scaled, scaled)
    sums = np.add.outer(norms, norms)
    with np.errstate(invalid="ignore", divide="ignore"):
        distances = 2 * scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(scaled, "sqeuclidean")) / sums
    small = np.flatnonzero(norms < TINY)
    distances[np.ix_(small, small)] = _distances(rows[small])
    np.fill_diagonal(distances, 0.0)
    return np.minimum(distances, 4.0)


def finite_matrix(vectors: ArrayLike, name: str) -> np.ndarray:
    """``vectors`` as a float64 matrix without NaN or infinity.

    Raises:
        ArgumentError: it is none.
    """
    rows = real_array(vectors, name, finite=False)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ArgumentError(
            f"{name} must have one vector a row, shape (n, d) with d > 0, got {name}.shape={rows.shape}."
        )
    if not np.isfinite(rows).all():
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        raise ArgumentError(
            f"{name} must be finite, but rows {bad[:4].tolist()} hold NaN or infinity: the training has diverged."
        )
    return rows
