r"""A signal in a large random matrix: the top singular value and vectors, without making the matrix.

The noise has independent entries of variance :math:`1/n`. By reflections that keep the first coordinate, an
:math:`m \times n` Gaussian matrix is orthogonally equivalent to a tridiagonal one with independent entries (Gaussian on
the diagonal, :math:`\chi_{n-i}` above and :math:`\chi_{m-i}` below it), and a signal :math:`\bar s\,e_1e_1^\top` stays
in the corner. The top singular vectors live on its first rows: a truncation has their law up to exponentially small
terms. Vectors at the edge of the bulk reach over :math:`n^{1/3}` rows, outliers over fewer.

References:
    Dumitriu, Edelman, "Matrix models for beta ensembles" (2002).
"""

from __future__ import annotations

import math

import numpy as np
import scipy  # its submodules load on first use

from numerics.arguments import REAL, takes
from numerics.errors import ArgumentError, DivergenceError
from theory.argument_kinds import ArgumentKind, one_of, whole

_SIZE = whole(1, 2**62)
_KEPT = whole(1, 10**6)
_GENERATOR = one_of(np.random.Generator, needed="a Generator of NumPy")
_BAND = ArgumentKind(
    "a vector of finite numbers, not empty",
    lambda value: (
        isinstance(value, np.ndarray)
        and not isinstance(value, np.ma.MaskedArray)
        and value.ndim == 1
        and value.size > 0
        and value.dtype.kind in "fiu"
        and bool(np.isfinite(value).all())
    ),
)


@takes(signal=REAL, m=_SIZE, n=_SIZE, kept=_KEPT, rng=_GENERATOR)
def tridiagonal_form(
    signal: float, m: int, n: int, kept: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Diagonal, upper and lower diagonal of the first ``kept`` rows of signal plus noise.

    Raises:
        ArgumentError: ``kept`` is not in ``1 .. min(m, n) - 1``.

    Example:
        >>> rng = np.random.Generator(np.random.Philox(1))
        >>> [len(part) for part in tridiagonal_form(2.0, 10**6, 10**7, 100, rng)]
        [100, 99, 99]
    """
    if not 1 <= kept < min(m, n):
        raise ArgumentError(f"kept must be in 1..{min(m, n) - 1} for a matrix of {m} by {n}, got {kept}.")
    rows = np.arange(1, kept + 1)
    diagonal = rng.standard_normal(kept) / math.sqrt(n)
    diagonal[0] += signal
    above, below = (np.sqrt(rng.chisquare(size - rows[:-1]) / n) for size in (n, m))
    return diagonal, above, below


@takes(diagonal=_BAND, above=_BAND, below=_BAND)
def top_singular_pair(diagonal: np.ndarray, above: np.ndarray, below: np.ndarray) -> tuple[float, float, float]:
    r"""Top singular value of a tridiagonal matrix T, and the squared first components of its left and right vectors.

    They are eigenvalue and vectors of :math:`TT^\top`, which has five bands. The vector comes by inverse iteration: all
    vectors together would take ten times as long.

    Raises:
        ArgumentError: the lengths do not fit, or all entries are 0.
        DivergenceError: no shift gave the vector, which has not been seen.

    Example:
        >>> top_singular_pair(np.array([3.0, 1.0]), np.array([0.0]), np.array([0.0]))
        (3.0, 1.0, 1.0)
    """
    size = len(diagonal)
    if not len(above) == len(below) == size - 1:
        raise ArgumentError(
            f"above and below must have {size - 1} entries, one less than diagonal, got {len(above)} and {len(below)}."
        )
    bands = np.zeros((3, size))
    bands[0] = diagonal**2
    bands[0, :-1] += above**2
    bands[0, 1:] += below**2
    bands[1, :-1] = diagonal[:-1] * below + above * diagonal[1:]
    bands[2, :-2] = above[:-1] * below[1:]
    if not bands.any():
        raise ArgumentError("the matrix must have an entry that is not 0, or it has no top singular vectors.")
    square = float(scipy.linalg.eigvals_banded(bands, lower=True).max())
    value, u = math.sqrt(square), _eigenvector(bands, square)
    return value, float(u[0] ** 2), float(((diagonal[0] * u[0] + below[0] * u[1]) / value) ** 2)


def _eigenvector(bands: np.ndarray, value: float) -> np.ndarray:
    """The unit vector that belongs to the top eigenvalue of a symmetric matrix, given by its lower bands."""
    size = bands.shape[1]
    shifted = np.zeros((5, size))
    for k in (1, 2):
        shifted[2 + k, : size - k] = shifted[2 - k, k:] = bands[k, : size - k]
    for roundings in (4, 16, 64):  # until the shift is no eigenvalue to the last bit
        shifted[2] = bands[0] - value * (1 + roundings * np.finfo(float).eps)
        u = 1 / np.arange(1.0, size + 1)
        try:
            for _ in range(3):
                u = scipy.linalg.solve_banded((2, 2), shifted, u)
                u /= np.linalg.norm(u)
            return u
        except np.linalg.LinAlgError:
            continue
    raise DivergenceError("inverse iteration met a singular matrix at each of three shifts. Perturb the entries.")
