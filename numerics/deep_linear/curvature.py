r"""Second and third derivatives of the loss of a deep linear network.

The Hessian is :math:`H = J^\top(\Lambda\otimes I)J - \langle C, \nabla^2W\rangle + \lambda`. Third derivatives are
taken in directions :math:`y`: :math:`\nabla^3L[y, y]` is twice the coefficient of :math:`t^2` of
:math:`\nabla L(\theta + ty)`, which is computed with series in t that are cut after :math:`t^2`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.deep_linear.point import LayeredPoint
from numerics.deep_linear.signal import fits_in_memory

Array = np.ndarray
Series = tuple[Array, Array, Array]
"""Coefficients of 1, t and t^2, for several directions at once."""


def loss_hessian(point: LayeredPoint) -> Array:
    r"""The Hessian of the loss in :math:`(\mathrm{vec}\,W_1, \dots, \mathrm{vec}\,W_L)`; zero where a layer is frozen.

    Shape ``(n, n)``.
    """
    network, C = point.network, point.signal.mean
    J, d_L = trained_jacobian(point), network.widths[-1]
    H = J.T @ np.kron(point.data.input_moment(), np.eye(d_L)) @ J
    starts = np.cumsum([0, *(int(np.prod(shape)) for shape in network.shapes)])
    for l in network.trained:
        rows = slice(starts[l - 1], starts[l])
        H[rows, rows] += float(network.weight_decay[l - 1]) * np.eye(starts[l] - starts[l - 1])
        for m in (m for m in network.trained if m < l):
            columns = slice(starts[m - 1], starts[m])
            Z = point.below(m) @ C.T @ point.above(l)
            block = np.einsum("bc,da->badc", point.between(l, m), Z).reshape(H[rows, columns].shape)
            H[rows, columns] -= block
            H[columns, rows] -= block.T
    return H


def trained_jacobian(point: LayeredPoint) -> Array:
    r"""The Jacobian of :math:`\mathrm{vec}\,W` for all weights, with columns of zeros for frozen layers."""
    network = point.network
    weights = sum(int(np.prod(shape)) for shape in network.shapes)
    fits_in_memory(weights * max(weights, network.widths[0] * network.widths[-1]), "square matrices of all weights")
    blocks = [point.jacobian(l) * (l in network.trained) for l in range(1, network.depth + 1)]
    return np.concatenate(blocks, axis=1)


def second_order_maps(point: LayeredPoint, directions: Array) -> Array:
    r"""The coefficients of :math:`t^2` of :math:`W(\theta + ty)`, half the second derivatives of the map.

    Args:
        point: :math:`\theta`.
        directions: One :math:`y` a row. Shape ``(r, n)``.

    Returns:
        Shape ``(r, d_L, d_0)``.
    """
    return _products(_factors(point, directions))[0][0][2]


def third_derivative(point: LayeredPoint, directions: Array) -> Array:
    r""":math:`\nabla^3L[y, y]` for each direction. Shape ``(r, n)``."""
    network, moment = point.network, point.data.input_moment()
    factors = _factors(point, directions)
    above, below = _products(factors)
    _, W1, W2 = _times(above[1], factors[0])
    C = (np.broadcast_to(point.signal.mean, W1.shape), -W1 @ moment, -W2 @ moment)
    parts = []
    for l, shape in enumerate(network.shapes, 1):
        if l in network.frozen:
            parts.append(np.zeros((len(directions), int(np.prod(shape)))))
            continue
        gradient = _times(_times(_transposed(above[l]), C), _transposed(below[l]))
        parts.append(-2 * gradient[2].transpose(0, 2, 1).reshape(len(directions), -1))
    return np.concatenate(parts, axis=1)


def hidden_rotations(point: LayeredPoint, decays: Sequence[float] = ()) -> Array:
    r"""An orthonormal basis, one row each, of the directions that rotate hidden layers and leave the map alone.

    :math:`(F_l, F_{l+1}) \to (e^{tA}F_l, F_{l+1}e^{-tA})` with A antisymmetric, where both layers are trained. They are
    symmetries of the loss and of the metric of the weights; not where a residual layer decays, :math:`W_l = F_l - I`,
    in the loss or with one of ``decays``, one a layer. Shape ``(r, n)``.
    """
    turns = rotation_generators(point, decays)
    if not len(turns):
        return turns
    _, singular, rows = np.linalg.svd(turns, full_matrices=False)
    return rows[singular > 1e-9 * max(float(singular[0]), 1e-300)]


def rotation_generators(point: LayeredPoint, decays: Sequence[float] = ()) -> Array:
    r"""The directions of :func:`hidden_rotations` by the angles themselves, one row for each pair of hidden units.

    They are linear in the factors: an angle keeps its meaning where the weights move. Shape ``(pairs, n)``.
    """
    found, network = [], point.network
    pulled = (network.weight_decay, decays or (0,) * network.depth)
    fixed = {l for l in network.residual if any(each[l - 1] for each in pulled)} | set(network.frozen)
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in point.network.shapes)])
    for l, (lower, upper) in enumerate(zip(point.factors[:-1], point.factors[1:], strict=True), 1):
        if {l, l + 1} & fixed:
            continue
        i, j = np.tril_indices(len(lower), -1)
        k = np.arange(len(i))
        below, above = np.zeros((len(k), *lower.T.shape)), np.zeros((len(k), *upper.T.shape))
        below[k, :, i], below[k, :, j] = lower[j], -lower[i]
        above[k, i], above[k, j] = upper.T[j], -upper.T[i]
        turns = np.zeros((len(k), ends[-1]))
        turns[:, ends[l - 1] : ends[l + 1]] = np.hstack(
            [below.reshape(len(k), lower.size), above.reshape(len(k), upper.size)]
        )
        found.append(turns)
    return np.concatenate([np.zeros((0, ends[-1])), *found])


def matrices_of(point: LayeredPoint, vector: Array) -> tuple[Array, ...]:
    r"""A vector :math:`(\mathrm{vec}\,Y_1, \dots)` as matrices of the shapes of the weights."""
    ends = np.cumsum([int(np.prod(shape)) for shape in point.network.shapes])[:-1]
    pieces = np.split(vector, ends)
    return tuple(y.reshape(shape, order="F") for y, shape in zip(pieces, point.network.shapes, strict=True))


def _factors(point: LayeredPoint, directions: Array) -> list[Series]:
    """The factors along each direction; frozen layers stay."""
    sizes, r = [int(np.prod(shape)) for shape in point.network.shapes], len(directions)
    pieces = np.split(directions, np.cumsum(sizes)[:-1], axis=1)
    series = []
    for l, (F, piece) in enumerate(zip(point.factors, pieces, strict=True), 1):
        Y = piece.reshape(r, F.shape[1], F.shape[0]).transpose(0, 2, 1) * (l in point.network.trained)
        series.append((np.broadcast_to(F, Y.shape), Y, np.zeros_like(Y)))
    return series


def _products(factors: list[Series]) -> tuple[list[Series], list[Series]]:
    r""":math:`W_{>l}` for l from 0 (the whole map) to L, and :math:`W_{<l}` for l from 0 (unused) to L, as series."""
    r, d_L, d_0 = len(factors[0][0]), factors[-1][0].shape[1], factors[0][0].shape[2]
    above, below = [_identity(r, d_L)], [_identity(r, d_0)]
    for F in reversed(factors):
        above.append(_times(above[-1], F))
    for F in factors[:-1]:
        below.append(_times(F, below[-1]))
    return above[::-1], [below[0], *below]


def _identity(r: int, d: int) -> Series:
    zero = np.zeros((r, d, d))
    return np.broadcast_to(np.eye(d), zero.shape), zero, zero


def _times(A: Series, B: Series) -> Series:
    return A[0] @ B[0], A[0] @ B[1] + A[1] @ B[0], A[0] @ B[2] + A[1] @ B[1] + A[2] @ B[0]


def _transposed(A: Series) -> Series:
    first, second, third = (coefficient.transpose(0, 2, 1) for coefficient in A)
    return first, second, third
