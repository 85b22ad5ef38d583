r"""The symmetries that textbooks name, as generators on the weights of a loss.

=======================  ============================================================  ======================
rescaling                :math:`w_{in} \to e^sw_{in},\; w_{out} \to e^{-s}w_{out}`     linear, ReLU
scale invariance         :math:`\theta_B \to e^s\theta_B`                              behind a normalisation
double rotation          :math:`U \to Ue^{sB},\; W \to e^{-sB}W`                       :math:`UW`
keys and queries         :math:`Q \to e^{sB}Q,\; K \to e^{-sB^\top}K`                  :math:`Q^\top K`
residual blocks          :math:`U_0 + U \to (U_0 + U)e^{sB}`, and inversely            :math:`(U_0+U)(W_0+W)`
softmax shift            :math:`W \to W + s\,1k^\top`                                  :math:`softmax(Wh)`
=======================  ============================================================  ======================

The generators are claims about a loss until :class:`~theory.symmetry.one_parameter.OneParameterSymmetry` has checked
them. Double rotations with a symmetric :math:`B` carry the charge :math:`\frac12\mathrm{tr}[B(U^\top U - WW^\top)]`.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Section 3.2.
    Kunin, Sagastuy-Brena, Ganguli, Yamins, Tanaka, "Neural Mechanics" (2021), for shift, scale and rescaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from theory.errors import ShapeError, SymbolError
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_generator import AffineGenerator
from theory.values import Expressions, column, distinct_symbols, expressions, instance


def rescaling(weights: Expressions, incoming: Expressions, outgoing: Expressions) -> AffineGenerator:
    r"""Incoming weights grow and outgoing ones shrink: of a neuron, with its bias among the incoming, or of layers.

    Its charge is :math:`\frac12(\|w_{in}\|^2 - \|w_{out}\|^2)`.

    Raises:
        SymbolError: a weight is unknown, or both incoming and outgoing.

    Example:
        >>> u, v, w = sp.symbols("u v w", real=True)
        >>> rescaling([u, v, w], [u, v], [w]).charge
        u**2/2 + v**2/2 - w**2/2
    """
    theta = distinct_symbols(weights, "weights")
    grow, shrink = _among(incoming, theta, "incoming"), _among(outgoing, theta, "outgoing")
    both = sorted(map(str, grow & shrink))
    if both:
        raise SymbolError(f"incoming and outgoing must share no weight, got {both} in both. Such a weight is a loop.")
    return AffineGenerator(theta, sp.diag(*((t in grow) - (t in shrink) for t in theta)))


def neuron_rescaling(network: FeedForward, layer: int, neuron: int) -> AffineGenerator:
    """The rescaling of a hidden neuron of ``network``: incoming weights and bias against outgoing weights.

    It is a symmetry where the activation is positively homogeneous: linear, ReLU, leaky ReLU.

    Example:
        >>> neuron_rescaling(FeedForward((1, 2, 1), lambda z: z), 1, 2).charge
        b^(1)_2**2/2 + w^(1)_21**2/2 - w^(2)_12**2/2
    """
    instance(network, FeedForward, "network", "a FeedForward network")
    own, outgoing = network.own_weights(layer, neuron), network.outgoing(layer, neuron)
    return rescaling(network.weights, [w for w in own if w not in set(outgoing)], outgoing)


def scale_invariance(weights: Expressions, block: Expressions | None = None) -> AffineGenerator:
    r"""The weights of ``block``, all unless given, are multiplied by one number.

    Its charge is half the square of their norm.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> scale_invariance([u, w], [u]).field.T
        Matrix([[u, 0]])
    """
    theta = distinct_symbols(weights, "weights")
    grow = set(theta) if block is None else _among(block, theta, "block")
    return AffineGenerator(theta, sp.diag(*(int(t in grow) for t in theta)))


def double_rotation(weights: Expressions, U: sp.MatrixBase, W: sp.MatrixBase, B: sp.MatrixBase) -> AffineGenerator:
    r"""The field :math:`(UB, -BW)`, under which :math:`UW` does not move.

    Args:
        weights: All weights of the loss.
        U: Symbols among them. Shape ``(m, d)``.
        W: Symbols among them. Shape ``(d, n)``.
        B: The direction, symmetric for a charge. Shape ``(d, d)``.

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> U, W = sp.Matrix(1, 2, sp.symbols("u_1 u_2")), sp.Matrix(2, 1, sp.symbols("w_1 w_2"))
        >>> double_rotation([*U, *W], U, W, sp.Matrix([[0, 1], [1, 0]])).charge
        u_1*u_2 - w_1*w_2
    """
    return residual_rotation(weights, U, W, B, sp.zeros(*_shape(U)), sp.zeros(*_shape(W)))


def residual_rotation(
    weights: Expressions,
    U: sp.MatrixBase,
    W: sp.MatrixBase,
    B: sp.MatrixBase,
    U_0: sp.MatrixBase | None = None,
    W_0: sp.MatrixBase | None = None,
) -> AffineGenerator:
    r"""The field :math:`((U_0 + U)B, -B(W_0 + W))`, under which :math:`(U_0 + U)(W_0 + W)` does not move.

    Args:
        weights: All weights of the loss.
        U: Symbols among them. Shape ``(m, d)``.
        W: Symbols among them. Shape ``(d, n)``.
        B: The direction. Shape ``(d, d)``.
        U_0: What the skip connection adds to :math:`U`, the identity unless given. Shape ``(m, d)``.
        W_0: The same of :math:`W`. Shape ``(d, n)``.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> residual_rotation([u, w], sp.Matrix([u]), sp.Matrix([w]), sp.eye(1)).charge
        u**2/2 + u - w**2/2 - w
    """
    left, right, direction = expressions(U, "U"), expressions(W, "W"), expressions(B, "B", real=True)
    d = left.cols
    if right.rows != d or direction.shape != (d, d):
        raise ShapeError(
            f"U, W and B must have shapes (m, d), (d, n) and (d, d), got {left.shape}, {right.shape} and "
            f"{direction.shape}."
        )
    bases = [
        sp.eye(*m.shape) if base is None else expressions(base, name, real=True)
        for m, base, name in ((left, U_0, "U_0"), (right, W_0, "W_0"))
    ]
    if bases[0].shape != left.shape or bases[1].shape != right.shape:
        raise ShapeError(f"U_0 and W_0 must have the shapes of U and W, got {bases[0].shape} and {bases[1].shape}.")
    moved = {
        **dict(zip(left, (bases[0] + left) * direction, strict=True)),
        **dict(zip(right, -direction * (bases[1] + right), strict=True)),
    }
    return _generator(weights, moved, "U and W", len(left) + len(right))


def key_query_rotation(weights: Expressions, Q: sp.MatrixBase, K: sp.MatrixBase, B: sp.MatrixBase) -> AffineGenerator:
    r"""The field :math:`(BQ, -B^\top K)`, under which the products :math:`Q^\top K` of attention do not move.

    Args:
        weights: All weights of the loss.
        Q: Query matrix, symbols among them. Shape ``(d, n)``.
        K: Key matrix, symbols among them. Shape ``(d, m)``.
        B: The direction. Shape ``(d, d)``.

    Example:
        >>> q, k = sp.symbols("q k", real=True)
        >>> key_query_rotation([q, k], sp.Matrix([q]), sp.Matrix([k]), sp.eye(1)).charge
        -k**2/2 + q**2/2
    """
    queries, keys, direction = expressions(Q, "Q"), expressions(K, "K"), expressions(B, "B", real=True)
    d = queries.rows
    if keys.rows != d or direction.shape != (d, d):
        raise ShapeError(
            f"Q, K and B must have shapes (d, n), (d, m) and (d, d), got {queries.shape}, {keys.shape} and "
            f"{direction.shape}."
        )
    moved = {
        **dict(zip(queries, direction * queries, strict=True)),
        **dict(zip(keys, -direction.T * keys, strict=True)),
    }
    return _generator(weights, moved, "Q and K", len(queries) + len(keys))


def softmax_shift(weights: Expressions, logits: sp.MatrixBase, direction: Sequence[sp.Expr] = (1,)) -> AffineGenerator:
    r"""One row :math:`k^\top` is added to every row of the last matrix: all logits grow by the same number.

    Args:
        weights: All weights of the loss.
        logits: The matrix or the column of biases that makes the logits, a row for each class. Shape ``(c, m)``.
        direction: :math:`k`. Length m.

    Example:
        >>> b = sp.symbols("b_1:4")
        >>> softmax_shift(b, sp.Matrix(b)).charge
        b_1 + b_2 + b_3
    """
    matrix, row = expressions(logits, "logits"), column(direction, "direction", real=True)
    if len(row) != matrix.cols:
        raise ShapeError(f"direction must have one entry per column of logits, {matrix.cols}, got {len(row)}.")
    moved = {matrix[i, j]: row[j] for i in range(matrix.rows) for j in range(matrix.cols)}
    return _generator(weights, moved, "logits", len(matrix))


def _generator(weights: Expressions, moved: dict[sp.Expr, sp.Expr], names: str, count: int) -> AffineGenerator:
    theta = distinct_symbols(weights, "weights")
    _among(list(moved), theta, names)
    if len(moved) < count:
        raise SymbolError(f"{names} must hold a weight once each. Shared weights have a symmetry of their own.")
    return AffineGenerator.of_field(theta, [moved.get(t, sp.S.Zero) for t in theta])


def _among(entries: Any, theta: sp.MatrixBase, name: str) -> set[sp.Expr]:
    empty = isinstance(entries, list | tuple | sp.MatrixBase) and not len(entries)
    found = set() if empty else set(column(entries, name))
    unknown = sorted(map(str, found - set(theta)))
    if unknown:
        raise SymbolError(f"{name} must hold weights only, got {unknown}, with weights {tuple(theta)}.")
    return found


def _shape(matrix: sp.MatrixBase) -> tuple[int, int]:
    return expressions(matrix, "U and W").shape
