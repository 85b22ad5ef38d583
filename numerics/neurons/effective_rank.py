r"""The effective rank of a matrix, and its logarithm, which are easily taken for each other.

With the normalised singular values :math:`p_i = s_i/\sum_j s_j`,

.. math:: H = -\sum_i p_i\log p_i, \qquad \mathrm{erank} = e^H \in [1, \mathrm{rank}].

References:
    Roy, Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO (2007), Definition 1.
"""

from __future__ import annotations

import numpy as np
import scipy  # its submodules load on first use
from numpy.typing import ArrayLike

from numerics.errors import ArgumentError
from numerics.neurons.distance import finite_matrix


def spectral_entropy(matrix: ArrayLike) -> float:
    r"""The entropy :math:`H` of the normalised singular values, in nats; the logarithm of the effective rank.

    Raises:
        ArgumentError: no finite matrix, or all of it is zero.

    Example:
        >>> round(spectral_entropy(np.eye(4)), 3), round(effective_rank(np.eye(4)), 3)
        (1.386, 4.0)
    """
    rows = finite_matrix(matrix, "matrix")
    largest = np.abs(rows).max(initial=0.0)
    if largest == 0:
        raise ArgumentError(f"matrix must not be zero: its singular values cannot be normalised. Shape {rows.shape}.")
    values = np.linalg.svdvals(rows / largest)
    return float(scipy.special.entr(values / values.sum()).sum())


def effective_rank(matrix: ArrayLike) -> float:
    r"""Roy and Vetterli's effective rank :math:`e^H`.

    Raises:
        ArgumentError: as :func:`spectral_entropy`.
    """
    return float(np.exp(spectral_entropy(matrix)))
