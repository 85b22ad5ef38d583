r"""The top Lyapunov exponent of products of random 2 x 2 matrices, from the stationary law of the direction.

The matrices are independent.

For matrices :math:`M_q` with probabilities :math:`p_q` and the direction :math:`n = (\cos\varphi, \sin\varphi)`,

.. math::
    \lambda = \int Q\,d\pi, \quad Q(\varphi) = \sum_qp_q\log|M_qn|, \quad
    \int f\,d\pi = \int Tf\,d\pi, \quad (Tf)(\varphi) = \sum_qp_q\,f(\arg M_qn).

Functions of a direction have the period :math:`\pi`. They are kept at N equidistant angles and interpolated by
trigonometric polynomials, on which T is a matrix; its left eigenvector to the eigenvalue 1 is :math:`\pi`. Only T on
functions is discretised, never the law itself, which may be singular. N is doubled until the result settles. Where
the law is singular the changes fall irregularly, and a small one may be an accident: the error is the larger of the
last two.

References:
    Furstenberg, "Noncommuting random products" (1963); Bougerol, Lacroix, *Products of Random Matrices* (1985).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from numerics.arguments import real_array, real_number, whole_number
from numerics.deterministic.common_cone import arc_of, exponent_on_arc
from numerics.errors import ArgumentError, DivergenceError

FEWEST = 101
"""Number of angles that is tried first, and doubled less one: odd, so that the interpolation is unique."""

MOST = 6401
"""Number of angles beyond which the matrix of T takes gigabytes."""

_ROUNDING = 1e-14
"""Relative error up to which a direction is called invariant."""


def exponent_of_products(
    matrices: ArrayLike, probabilities: ArrayLike | None = None, *, tolerance: float = 1e-8, angles: int = 1601
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
        matrices: Invertible. Shape ``(q, 2, 2)``.
        probabilities: Sum 1; equal unless given. Shape ``(q,)``.
        tolerance: The result counts as settled where the error, the larger of the last two changes, is at most this.
        angles: Number of angles up to which it is doubled. Memory grows with its square, time with its cube: two
            matrices take about a second at 1601.

    Raises:
        ArgumentError: shapes do not fit, a matrix is singular, or the probabilities do not sum to 1.
        DivergenceError: the largest number of angles does not settle the exponent.

    Example:
        >>> turn = [[0, -2], [2, 0]]  # every product of k of them has norm 2^(a) 3^(k-a)
        >>> value, error = exponent_of_products([turn, [[1.8, -2.4], [2.4, 1.8]]])
        >>> bool(abs(value - np.log(6) / 2) < 1e-12)
        True
    """
    M, p = _checked(matrices, probabilities)
    tolerance = real_number(tolerance, "tolerance")
    angles = whole_number(angles, "angles", at_least=4 * FEWEST - 3, below=MOST + 1)
    M, p = M[p > 0], p[p > 0]
    closed = _exponent_of_reducible(M, p)
    if closed is not None:
        return closed, _ROUNDING * (1 + abs(closed))
    arc = arc_of(M)
    if arc is not None:
        found = exponent_on_arc(M, p, arc, tolerance)
        if found is not None:
            return found
    values: list[float] = []
    size, error = FEWEST, np.inf
    while size <= angles:
        values.append(_exponent(M, p, size))
        if len(values) > 2:
            error = float(np.abs(np.diff(values[-3:])).max())
        if error <= tolerance:
            return values[-1], error
        size = 2 * size - 1
    raise DivergenceError(
        f"{(size + 1) // 2} angles do not settle the exponent to {tolerance:.1g}: the last two doublings changed it by "
        f"up to {error:.1g}. Widen tolerance, allow more angles, or simulate."
    )


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
    M = real_array(matrices, "matrices")
    if M.ndim != 3 or M.shape[1:] != (2, 2) or not len(M):
        raise ArgumentError(f"matrices must have shape (q, 2, 2) with q >= 1, got {M.shape}.")
    if not np.isfinite(M).all() or np.any(np.linalg.det(M) == 0):
        raise ArgumentError("matrices must be finite and invertible: a singular one sends a direction to 0.")
    p = np.full(len(M), 1 / len(M)) if probabilities is None else real_array(probabilities, "probabilities")
    if p.shape != (len(M),) or np.any(p < 0) or abs(p.sum() - 1) > 1e-12:
        raise ArgumentError(f"probabilities must be {len(M)} non-negative numbers with sum 1, got {p}.")
    return M, p


def _exponent(M: np.ndarray, p: np.ndarray, size: int) -> float:
    angles = np.arange(size) * np.pi / size
    directions = np.stack([np.cos(angles), np.sin(angles)])
    operator, growth = np.zeros((size, size)), np.zeros(size)
    for matrix, probability in zip(M, p, strict=True):
        image = matrix @ directions
        growth += probability * np.log(np.hypot(*image))
        operator += probability * _interpolation(np.arctan2(image[1], image[0])[:, None] - angles, size)
    system = operator.T - np.eye(size)
    system[0] = 1.0  # the law has mass 1; one of the other equations is redundant
    law = np.linalg.solve(system, np.eye(size)[0])
    return float(law @ growth)


def _interpolation(difference: np.ndarray, size: int) -> np.ndarray:
    r"""Dirichlet's kernel :math:`\sin(Nd)/(N\sin d)`: the weight of a node at the angular distance d."""
    sine = np.sin(difference)
    at_node = np.abs(sine) < 1e-14
    return np.where(at_node, 1.0, np.sin(size * difference) / (size * np.where(at_node, 1.0, sine)))
