r"""The top Lyapunov exponent of products of independent random matrices, from the stationary law of the direction.

For matrices :math:`M_q` with probabilities :math:`p_q` and the direction :math:`n = (\cos\varphi, \sin\varphi)`,

.. math::
    \lambda = \int Q\,d\pi, \quad Q(\varphi) = \sum_qp_q\log|M_qn|, \quad
    \int f\,d\pi = \int Tf\,d\pi, \quad (Tf)(\varphi) = \sum_qp_q\,f(\arg M_qn).

Functions of a direction have the period :math:`\pi`. Only T on functions is discretised
(:mod:`numerics.deterministic.directions`), never the law itself, which may be singular. The number of angles grows
until the result settles. Where the law is singular the changes fall irregularly, and a small one may be an accident:
the error is the larger of the last two.

Matrices that a permutation of the coordinates makes block triangular have the largest exponent of the blocks, and
blocks of more than two coordinates are taken where no entry is negative (:mod:`numerics.deterministic.positive_words`).
A matrix of rank one is a renewal, and the product is 0 sooner or later where one follows upon what it sends to 0.

References:
    Furstenberg, "Noncommuting random products" (1963); Furstenberg and Kifer, *Israel J. Math.* 46 (1983) 12 (blocks);
    Bougerol, Lacroix, *Products of Random Matrices* (1985).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike

from numerics.arguments import real_array, real_number, whole_number
from numerics.deterministic.common_cone import arc_of, exponent_on_arc
from numerics.deterministic.directions import by_pieces, by_sines
from numerics.deterministic.positive_words import exponent_by_words
from numerics.errors import ArgumentError, DivergenceError

SMOOTH = (101, 201, 401)
"""Numbers of angles for trigonometric polynomials: odd, so that the interpolation is unique."""

SETTLED = 1e-9
"""Only so small changes of them count: where they converge at all, they do so exponentially."""

FEWEST = 2**10
"""Number of angles that is tried first with piecewise linear functions; it is quadrupled."""

MOST = 2**22
"""Number of angles, times that of matrices, beyond which memory runs short."""

_WORDS = 4096
"""How many words are looked at for a product that is 0."""

_ROUNDING = 1e-14
"""Relative error up to which a direction is called invariant, or a product 0."""


def exponent_of_products(
    matrices: ArrayLike, probabilities: ArrayLike | None = None, *, tolerance: float = 1e-6, angles: int = 2**18
) -> tuple[float, float]:
    r"""The top exponent :math:`\lim\frac1k\log\|M_k\cdots M_1\|` and an estimate of its error.

    For a continuous law of the matrix give the nodes of a quadrature and its weights (:func:`gaussian_matrices`).
    Matrices that share a cone, positive ones among them, have exponential convergence
    (:mod:`numerics.deterministic.common_cone`). Those with a common invariant direction, or with two that they keep or
    exchange, have no unique law of the direction, and a closed form: in the first case with the eigenvalues
    :math:`\mu_q` on the direction

    .. math:: \lambda = \max\big(E\log|\mu_q|,\; E\log|\det M_q/\mu_q|\big),

    and :math:`\tfrac12E\log|\det M_q|` in the second, where some matrix exchanges them.

    Args:
        matrices: Shape ``(q, d, d)``. With negative entries and d > 2, some order of the coordinates must make all of
            them block triangular, with blocks of at most two.
        probabilities: Sum 1; equal unless given. Shape ``(q,)``.
        tolerance: The result counts as settled where the error is at most this: the larger of the last two changes,
            and what is lost to the angles over a few steps.
        angles: Number of angles up to which it is quadrupled; memory and time grow with it.

    Returns:
        The exponent and its error; :math:`-\infty` where the product is 0 sooner or later.

    Raises:
        ArgumentError: shapes do not fit, the probabilities do not sum to 1, or matrices with negative entries mix more
            than two coordinates.
        DivergenceError: the largest number of angles, or all words that can be held, do not settle the exponent.

    Example:
        >>> turn = [[0, -2], [2, 0]]  # every product of k of them has norm 2^(a) 3^(k-a)
        >>> value, error = exponent_of_products([turn, [[1.8, -2.4], [2.4, 1.8]]])
        >>> bool(abs(value - np.log(6) / 2) < 1e-12)
        True
    """
    M, p = _checked(matrices, probabilities)
    tolerance = real_number(tolerance, "tolerance")
    angles = whole_number(angles, "angles", at_least=FEWEST * 16, below=MOST + 1)
    found = [_of_block(M[:, block][:, :, block], p, tolerance, angles) for block in _blocks(M)]
    return max(value for value, _ in found), max(error for _, error in found)


def _blocks(M: np.ndarray) -> list[np.ndarray]:
    """The coordinates that depend on one another, in groups: the diagonal blocks in an order that is triangular."""
    number, group = scipy.sparse.csgraph.connected_components((M != 0).any(axis=0), connection="strong")
    return [np.flatnonzero(group == k) for k in range(number)]


def _of_block(M: np.ndarray, p: np.ndarray, tolerance: float, angles: int) -> tuple[float, float]:
    """The exponent of one block."""
    sizes = np.abs(M).max(axis=(1, 2))
    if np.any(sizes == 0):
        return -np.inf, 0.0
    if M.shape[1] == 1:
        mean = float(p @ np.log(sizes))
        return mean, _ROUNDING * (1 + abs(mean))
    units = 2.0 ** np.ceil(np.log2(sizes))  # powers of 2: no entry is rounded
    scaled = M / units[:, None, None]
    pairs = M.shape[1] == 2
    value, error = _of_pairs(_balanced(scaled, p), p, tolerance, angles) if pairs else _of_many(scaled, p, tolerance)
    return float(p @ np.log(units)) + value, error


def _of_many(M: np.ndarray, p: np.ndarray, tolerance: float) -> tuple[float, float]:
    """The exponent of a block of more than two coordinates."""
    if len(M) > 1 and np.any(M < 0):
        raise ArgumentError(
            "matrices with negative entries must be block triangular with blocks of at most two in some order of the "
            f"coordinates, got {M.shape[1]} coordinates that all depend on one another. Simulate the product instead."
        )
    value, error = _of_powers(M[0]) if len(M) == 1 else exponent_by_words(M, p, tolerance)
    if error > tolerance:
        raise DivergenceError(
            f"the products that can be held leave the exponent open by {error:.1g}, above tolerance={tolerance:.1g}: "
            "the matrices mix their coordinates too slowly. Widen tolerance, or simulate."
        )
    return value, error


def _of_powers(matrix: np.ndarray) -> tuple[float, float]:
    """The logarithm of the spectral radius, and what rounding may change in it."""
    values, left, right = scipy.linalg.eig(matrix, left=True)
    sizes = np.abs(values)
    angle = np.abs((left.conj() * right).sum(axis=0))  # of unit vectors: one over the condition of the eigenvalue
    with np.errstate(divide="ignore"):
        largest = sizes >= sizes.max() * (1 - 1e-9)
        error = 1e-15 * np.linalg.norm(matrix) / (sizes * angle)
        return float(np.log(sizes.max())), float(error[largest].max())


def _balanced(M: np.ndarray, p: np.ndarray) -> np.ndarray:
    """The matrices in units of the coordinates, powers of 2, in which both matter alike: exponents do not change."""
    unit = scipy.linalg.matrix_balance(np.tensordot(p, np.abs(M), 1), permute=False, separate=True)[1][0]
    return M * unit[None, None, :] / unit[None, :, None]


def _of_pairs(M: np.ndarray, p: np.ndarray, tolerance: float, angles: int) -> tuple[float, float]:
    """The exponent of matrices of shape (2, 2) whose entries are of the order of 1."""
    singular = np.abs(np.linalg.det(M)) <= _ROUNDING / 10
    if singular.any():
        if _vanishes(M, singular):
            return -np.inf, 0.0
    else:
        closed = _exponent_of_reducible(M, p)
        if closed is not None:
            return closed, _ROUNDING * (1 + abs(closed))
    with np.errstate(all="ignore"):
        arc = arc_of(M)
        found = None if arc is None else exponent_on_arc(M, p, arc, tolerance)
        return found if found is not None else _settled(M, p, bool(singular.any()), tolerance, angles)


def _settled(M: np.ndarray, p: np.ndarray, singular: bool, tolerance: float, angles: int) -> tuple[float, float]:
    """The exponent on more and more angles."""
    if not singular:
        smooth, gaps = zip(*(by_sines(M, p, size) for size in SMOOTH), strict=True)
        error = float(np.abs(np.diff(smooth)).max()) + gaps[-1]
        if error <= min(tolerance, SETTLED):
            return smooth[-1], error
    values: list[float] = []
    size, error = FEWEST, np.inf
    while size <= angles and size * len(M) <= MOST:
        value, gap = by_pieces(M, p, size)
        values.append(value)
        if len(values) > 2:
            error = float(np.abs(np.diff(values[-3:])).max()) + gap
        if error <= tolerance:
            return value, error
        size *= 4
    raise DivergenceError(
        f"{size // 4} angles do not settle the exponent to {tolerance:.1g}: the last two refinements changed it, or "
        f"leave it open, by {error:.1g}. Widen tolerance, allow more angles, or simulate."
    )


def _vanishes(M: np.ndarray, singular: np.ndarray) -> bool:
    """Whether some word between two matrices of rank one makes the product 0, among the shorter ones."""
    left, _, right = np.linalg.svd(M[singular])
    ends, kernels = left[:, :, 0], right[:, 0]
    directions, looked = ends, 0
    while len(directions) and looked < _WORDS:
        if np.any(np.abs(directions @ kernels.T) <= _ROUNDING):
            return True
        looked += len(directions)
        directions = np.concatenate([directions @ matrix.T for matrix in M[~singular]] or [np.zeros((0, 2))])
        directions = directions / np.hypot(*directions.T)[:, None]
    return False


def _exponent_of_reducible(M: np.ndarray, p: np.ndarray) -> float | None:
    """The exponent where the matrices share an invariant direction or a pair of them; else ``None``."""
    log_of_determinant = float(p @ np.log(np.abs(np.linalg.det(M))))
    plain = [matrix for matrix in M if not _is_scalar(matrix)]
    if not plain:
        return log_of_determinant / 2
    for v in _eigenvectors(plain[0]):
        images = M @ v
        if np.all(_are_parallel(images, v)):
            on_it = float(p @ np.log(np.hypot(*images.T)))
            return max(on_it, log_of_determinant - on_it)
    # A matrix that exchanges two directions has others as its own, but the product of two that do so has them.
    for product in (*plain, *(plain[0] @ matrix for matrix in plain)):
        pair = _eigenvectors(product)
        if len(pair) == 2 and not _is_scalar(product):
            first, second = ((M @ v, v, other) for v, other in (pair, pair[::-1]))
            kept = _are_parallel(first[0], first[1]) & _are_parallel(second[0], second[1])
            exchanged = _are_parallel(first[0], first[2]) & _are_parallel(second[0], second[2])
            if np.all(kept | exchanged):
                return log_of_determinant / 2
    return None


def _is_scalar(matrix: np.ndarray) -> bool:
    size = np.abs(matrix).max()
    return bool(np.abs(matrix - matrix[0, 0] * np.eye(2)).max() <= _ROUNDING * size)


def _eigenvectors(matrix: np.ndarray) -> list[np.ndarray]:
    """The real unit eigenvectors."""
    values, vectors = np.linalg.eig(matrix)
    return [vectors[:, k].real for k in range(2) if not np.iscomplex(values[k])]


def _are_parallel(images: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Which of the images, one a row, lie along the unit vector ``direction``."""
    across = images[:, 0] * direction[1] - images[:, 1] * direction[0]
    return np.abs(across) <= _ROUNDING * np.hypot(*images.T)


def gaussian_matrices(matrix: Callable[[float], ArrayLike], nodes: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """The matrices at the nodes of a Gauss-Hermite rule for a standard normal, and its weights.

    Args:
        matrix: The matrix for one value of the normal.
        nodes: Number of nodes.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return np.array([matrix(float(point)) for point in points]), weights / weights.sum()


def _checked(matrices: ArrayLike, probabilities: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """The matrices that are drawn, and their probabilities."""
    M = real_array(matrices, "matrices")
    if M.ndim != 3 or M.shape[1] != M.shape[2] or not M.size:
        raise ArgumentError(f"matrices must have shape (q, d, d) with q, d >= 1, got {M.shape}.")
    p = np.full(len(M), 1 / len(M)) if probabilities is None else real_array(probabilities, "probabilities")
    if p.shape != (len(M),) or np.any(p < 0) or abs(p.sum() - 1) > 1e-12:
        raise ArgumentError(f"probabilities must be {len(M)} non-negative numbers with sum 1, got {p}.")
    return M[p > 0], p[p > 0]
