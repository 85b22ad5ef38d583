r"""The matrix-valued charge of a product :math:`UW`: all double rotations at once.

Every direction :math:`B = B^\top` of the rotation :math:`(UB, -BW)` carries the charge :math:`\frac12\mathrm{tr}(BM)`
with one and the same matrix,

.. math:: M = U^\top U - WW^\top .

So the laws of :mod:`theory.symmetry.discrete_law` hold for matrices: with gradients :math:`G_U, G_W` of any mini-batch,

.. math::
    M' = (1-\eta\lambda)^2M + \eta^2\bigl(G_U^\top G_U - G_WG_W^\top\bigr)

for plain descent with decoupled weight decay, and with momentum the pair :math:`(M, N)`,
:math:`N = U^\top V_U + V_U^\top U - WV_W^\top - V_WW^\top`, by :func:`~theory.symmetry.discrete_law.next_pair` with
``ChargePair(M / 2, N / 2)`` and :func:`matrix_form` as its forms. Under the stochastic gradient flow
(Proposition 1)

.. math:: \dot M = T\bigl(K_U - K_W\bigr) - 2\lambda M, \qquad
    (K_U)_{kl} = \sum_i\Sigma_{u_{ik}u_{il}}, \quad (K_W)_{kl} = \sum_j\Sigma_{w_{kj}w_{lj}} .

A rotation of the hidden units, :math:`(UR, R^\top W)`, turns it to :math:`R^\top MR`. Noise moves along these rotations
as well, slowly and without an end, so that of M only what they keep, its trace and its other invariants, comes to rest.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), (12), (13),
    Proposition 1.
    Du, Hu, Lee, "Algorithmic regularization in learning deep homogeneous models" (2018).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.errors import ShapeError, SymbolError
from theory.values import Expressions, distinct_symbols, expressions, single_expression


def matrix_charge(U: sp.MatrixBase, W: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The charge :math:`M = U^\top U - WW^\top`. Shape ``(d, d)``.

    Args:
        U: Shape ``(m, d)``.
        W: Shape ``(d, n)``.

    Example:
        >>> matrix_charge(sp.Matrix([[1, 2]]), sp.Matrix([3, 0]))
        Matrix([
        [-8, 2],
        [ 2, 4]])
    """
    left, right = _factors(U, W)
    return matrix_form((left, right), (left, right))


def matrix_form(first: tuple[Any, Any], second: tuple[Any, Any]) -> Any:
    r"""The form :math:`\frac12(a_U^\top b_U + b_U^\top a_U - a_Wb_W^\top - b_Wa_W^\top)` of two pairs of matrices.

    Of the weights with themselves it is :math:`M`, with the velocities :math:`N/2`, of the step with itself the
    quadratic form of the law. Matrices of SymPy, arrays of NumPy.
    """
    (a, b), (c, d) = first, second
    return (a.T @ c + c.T @ a - b @ d.T - d @ b.T) / 2


def noise_imbalance(
    U: sp.MatrixBase, W: sp.MatrixBase, weights: Expressions, noise: sp.MatrixBase
) -> sp.ImmutableMatrix:
    r"""The matrix :math:`K_U - K_W` of Proposition 1. Shape ``(d, d)``.

    Args:
        U: Symbols among the weights. Shape ``(m, d)``.
        W: Symbols among the weights. Shape ``(d, n)``.
        weights: The order of the rows of ``noise``.
        noise: The covariance of the gradient of a sample, or its second moment. Shape ``(P, P)``.

    Raises:
        ShapeError: a shape does not fit.
        SymbolError: an entry of U or W is no weight.
    """
    left, right = _factors(U, W)
    order = {weight: i for i, weight in enumerate(distinct_symbols(weights, "weights"))}
    sigma = expressions(noise, "noise")
    if sigma.shape != (len(order), len(order)):
        raise ShapeError(f"noise must have shape ({len(order)}, {len(order)}), got {sigma.shape}.")
    unknown = sorted(str(entry) for entry in (*left, *right) if entry not in order)
    if unknown:
        raise SymbolError(f"U and W must hold weights, got {unknown}.")
    d = left.cols
    return sp.ImmutableMatrix(
        d,
        d,
        lambda k, l: (
            sp.Add(*(sigma[order[left[i, k]], order[left[i, l]]] for i in range(left.rows)))
            - sp.Add(*(sigma[order[right[k, j]], order[right[l, j]]] for j in range(right.cols)))
        ),
    )


def matrix_drift(
    charge: sp.MatrixBase, imbalance: sp.MatrixBase, *, temperature: sp.Expr, weight_decay: sp.Expr | float = 0
) -> sp.ImmutableMatrix:
    r"""The drift :math:`T(K_U - K_W) - 2\lambda M` under the stochastic gradient flow. Shape ``(d, d)``."""
    M, K = expressions(charge, "charge"), expressions(imbalance, "imbalance")
    if M.shape != K.shape or M.rows != M.cols:
        raise ShapeError(f"charge and imbalance must be square and of one shape, got {M.shape} and {K.shape}.")
    T, decay = single_expression(temperature, "temperature"), single_expression(weight_decay, "weight_decay")
    return sp.ImmutableMatrix(T * K - 2 * decay * M)


def _factors(U: sp.MatrixBase, W: sp.MatrixBase) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    left, right = expressions(U, "U"), expressions(W, "W")
    if left.cols != right.rows:
        raise ShapeError(f"U and W must have shapes (m, d) and (d, n), got {left.shape} and {right.shape}.")
    return left, right
