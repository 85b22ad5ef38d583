r"""Theorem 2 in numbers: factors of a product at the noise equilibrium, by singular values or by a geometric mean.

The symbolic side, with the matrices :math:`\Gamma_U, \Gamma_W`, is :mod:`theory.models.two_layer_balance`.
"""

from __future__ import annotations

import numpy as np

from numerics.arguments import real_array, whole_number
from numerics.errors import ArgumentError


def balanced_factors(
    product: np.ndarray, gamma_U: np.ndarray, gamma_W: np.ndarray, *, width: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    r"""The factors :math:`U = \Gamma_U^{-1/2}LS^{1/2}`, :math:`W = S^{1/2}R\,\Gamma_W^{-1/2}` of a product V.

    All others at the equilibrium are :math:`(UF, F^\top W)` with orthogonal F.

    Args:
        product: V. Shape ``(m, n)``.
        gamma_U: Symmetric and positive definite. Shape ``(m, m)``.
        gamma_W: Likewise. Shape ``(n, n)``.
        width: d, at least the rank of V, which it is unless given; more columns are 0.

    Returns:
        U and W, shapes ``(m, d)`` and ``(d, n)``.

    Raises:
        ArgumentError: a shape does not fit, a matrix is not positive definite, or the width is below the rank.

    Example:
        >>> U, W = balanced_factors([[6.0]], [[4.0]], [[9.0]])
        >>> abs(U).round(12).tolist(), abs(W).round(12).tolist()  # 9 W**2 == 4 U**2
        ([[3.0]], [[2.0]])
    """
    V, root_U, root_W = _checked(product, gamma_U, gamma_W)
    left, values, right = np.linalg.svd(root_U @ V @ root_W, full_matrices=False)
    rank = int((values > values.max(initial=0) * 1e-13).sum())
    d = rank if width is None else whole_number(width, "width", at_least=1, below=2**20)
    if d < rank:
        raise ArgumentError(f"width must be at least the rank of product, {rank}, got {d}: no factors have it.")
    scale = np.sqrt(values[:rank])
    U, W = np.zeros((len(V), d)), np.zeros((d, V.shape[1]))
    U[:, :rank] = np.linalg.solve(root_U, left[:, :rank] * scale)
    W[:rank] = np.linalg.solve(root_W, (scale[:, None] * right[:rank]).T).T
    return U, W


def balancing_gauge(U: np.ndarray, W: np.ndarray, gamma_U: np.ndarray, gamma_W: np.ndarray) -> np.ndarray:
    r"""The symmetric :math:`G` that carries factors to the equilibrium on their orbit, :math:`(UG, G^{-1}W)`.

    :math:`G = (X\#Y^{-1})^{1/2}` with :math:`X = W\Gamma_WW^\top`, :math:`Y = U^\top\Gamma_UU`: the only positive
    definite solution of :math:`G^{-1}XG^{-1} = GYG`.

    Raises:
        ArgumentError: U or W has not full rank d: the infimum on the orbit is then not attained.

    Example:
        >>> balancing_gauge([[1.0]], [[6.0]], [[4.0]], [[9.0]]).round(12).tolist()
        [[3.0]]
    """
    u, w = real_array(U, "U"), real_array(W, "W")
    if u.ndim != 2 or w.ndim != 2 or u.shape[1] != len(w):
        raise ArgumentError(f"U and W must have shapes (m, d) and (d, n), got {u.shape} and {w.shape}.")
    _, root_U, root_W = _checked(u @ w, gamma_U, gamma_W)
    X, Y = w @ root_W @ root_W @ w.T, u.T @ root_U @ root_U @ u
    for name, matrix in (("W", X), ("U", Y)):
        values = np.linalg.eigvalsh(matrix)
        if values[0] <= 1e-13 * values[-1]:
            raise ArgumentError(
                f"{name} must have full rank d={len(w)} for the equilibrium to be attained on the orbit, got the "
                f"eigenvalues {values}. Remove hidden directions that do nothing."
            )
    root = _power(Y, 0.5)
    inverse = np.linalg.inv(root)
    return _power(inverse @ _power(root @ X @ root, 0.5) @ inverse, 0.5)


def _checked(
    product: np.ndarray, gamma_U: np.ndarray, gamma_W: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The product and the roots of both matrices."""
    V = real_array(product, "product")
    if V.ndim != 2:
        raise ArgumentError(f"product must be a matrix, got shape {V.shape}.")
    roots = []
    for name, value, size in (("gamma_U", gamma_U, V.shape[0]), ("gamma_W", gamma_W, V.shape[1])):
        matrix = real_array(value, name)
        if matrix.shape != (size, size) or not np.allclose(matrix, matrix.T):
            raise ArgumentError(f"{name} must be symmetric of shape ({size}, {size}), got shape {matrix.shape}.")
        values = np.linalg.eigvalsh(matrix)
        if values[0] <= 0:
            raise ArgumentError(
                f"{name} must be positive definite, got the eigenvalues {values}: without noise in a direction there "
                "is no finite equilibrium. Add weight decay."
            )
        roots.append(_power(matrix, 0.5))
    return V, roots[0], roots[1]


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """A power of a symmetric and positive definite matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * values**exponent) @ vectors.T
