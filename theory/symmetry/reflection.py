r"""Linear symmetries :math:`l(Q\theta) = l(\theta)` and the set :math:`A = \{Q\theta = \theta\}` they fix.

On :math:`A` the chain rule gives :math:`\nabla l(\theta) = Q^\top\nabla l(Q\theta) = Q^\top\nabla l(\theta)`, so
gradients lie in :math:`\ker(Q^\top - I)`. They are directions of :math:`A` if

.. math::
    \ker(Q^\top - I) \subseteq \ker(Q - I),

which holds for symmetric, orthogonal and, more generally, normal :math:`Q`, and not for an oblique reflection. The
inclusion is also necessary: for :math:`v \in \ker(Q^\top - I)` the loss :math:`v\cdot\theta` is symmetric under
:math:`Q` and has the gradient :math:`v`.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Theorem 3.1, Appendix B.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from theory.argument_kinds import MATRIX, takes
from theory.decision.zero import ZeroDecision, ZeroKind, decide_zero
from theory.errors import ShapeError, UnsupportedFormError
from theory.symmetry.affine_set import AffineSet
from theory.values import distinct_symbols, expressions, single_expression


def fixed_set(Q: sp.MatrixBase, state: Sequence[sp.Symbol] | sp.MatrixBase) -> AffineSet:
    r"""The set :math:`A = \{\theta : Q\theta = \theta\}`.

    Example:
        >>> v, w = sp.symbols("v w")
        >>> fixed_set(sp.Matrix([[0, 1], [1, 0]]), [v, w]).dimension
        1
    """
    theta = distinct_symbols(state, "state")
    Q = _square(Q)
    if Q.rows != theta.rows:
        raise ShapeError(f"Q must have one row per weight: state has {theta.rows}, got Q.shape={Q.shape}.")
    return AffineSet(theta, Q * theta - theta)


def invariant_set(
    Q: sp.MatrixBase, state: Sequence[sp.Symbol] | sp.MatrixBase, loss: sp.Expr | None = None
) -> AffineSet:
    r"""The set fixed by a symmetry, where that makes it invariant under stochastic gradient descent.

    Args:
        Q: Symmetric, orthogonal or normal, or any matrix with :math:`\ker(Q^\top - I) \subseteq \ker(Q - I)`.
        state: The weights.
        loss: If given, the loss of one sample, whose symmetry :math:`l(Q\theta) = l(\theta)` is checked.

    Raises:
        UnsupportedFormError: some loss that is symmetric under ``Q`` leaves the set (the message names one), or
            ``loss`` is not symmetric.

    Example:
        >>> v, w, x, y = sp.symbols("v w x y")
        >>> exchange = sp.Matrix([[0, 1], [1, 0]])
        >>> invariant_set(exchange, [v, w], (sp.tanh(v * x) + sp.tanh(w * x) - y) ** 2).constraints.T
        Matrix([[-v + w, v - w]])
    """
    theta, Q = distinct_symbols(state, "state"), _square(Q)
    fixed = fixed_set(Q, theta)
    if keeps_its_fixed_set(Q).kind is not ZeroKind.ZERO:
        raise UnsupportedFormError(_counterexample(Q, theta))
    if loss is not None:
        loss = single_expression(loss, "loss")
        decision = decide_zero(composed(loss, Q, theta) - loss)
        if not decision.says_zero:
            raise UnsupportedFormError(
                f"loss must satisfy l(Q theta) = l(theta), but {decision.reason}. Try another Q."
            )
    return fixed


def _counterexample(Q: sp.MatrixBase, theta: sp.MatrixBase) -> str:
    """The linear loss that is symmetric under ``Q`` and whose gradient leaves the fixed set."""
    kernel = (sp.Matrix(Q).T - sp.eye(Q.rows)).nullspace()
    leaving = next(v for v in kernel if not (Q * v - v).is_zero_matrix)
    return (
        "Q must be symmetric, orthogonal or normal for its fixed set to be invariant: the loss "
        f"{(leaving.T * theta)[0]} satisfies l(Q theta) = l(theta), but its gradient {tuple(leaving)} is no direction "
        f"of the set, since Q maps it to {tuple(Q * leaving)}. Oblique reflections fail like this; find a normal Q "
        "with the same fixed set, or check the set itself with is_invariant(affine_set, model)."
    )


@takes(Q=MATRIX)
def escaping_gradients(Q: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The matrix :math:`(Q - I)\,V`, the columns of :math:`V` a basis of :math:`\ker(Q^\top - I)`. Shape ``(d, k)``.

    It is zero iff every loss that is symmetric under :math:`Q` keeps :math:`A`. Parameters in ``Q`` are generic.

    Example:
        >>> c = sp.Symbol("c")
        >>> escaping_gradients(oblique_reflection(c))
        Matrix([
        [ c],
        [-2]])
    """
    Q = _square(Q)
    identity = sp.eye(Q.rows)
    basis = (sp.Matrix(Q).T - identity).applyfunc(sp.cancel).nullspace(simplify=sp.cancel)
    if not basis:
        return sp.ImmutableMatrix.zeros(identity.rows, 0)
    escaping = (sp.Matrix(Q) - identity) * sp.Matrix.hstack(*basis)
    return sp.ImmutableMatrix(escaping.applyfunc(sp.cancel))


def composed(loss: sp.Expr, Q: sp.MatrixBase, state: Sequence[sp.Symbol] | sp.MatrixBase) -> sp.Expr:
    r"""The loss :math:`l_Q(\theta) = l(Q\theta)`; entries of ``Q`` may not be weights.

    Example:
        >>> v, w = sp.symbols("v w")
        >>> composed(v**2 * w, sp.Matrix([[0, 1], [1, 0]]), [v, w])
        v*w**2
    """
    theta, loss = distinct_symbols(state, "state"), single_expression(loss, "loss")
    matrix = _square(Q)
    if matrix.cols != theta.rows:
        raise ShapeError(f"Q must have one row and column per weight, {theta.rows}, got Q.shape={matrix.shape}.")
    return loss.subs(dict(zip(theta, matrix * theta, strict=True)), simultaneous=True)


def gradient(loss: sp.Expr, state: Sequence[sp.Symbol] | sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The gradient :math:`\nabla l(\theta)`. Shape ``(d, 1)``."""
    loss = single_expression(loss, "loss")
    return sp.ImmutableMatrix([sp.diff(loss, weight) for weight in distinct_symbols(state, "state")])


def keeps_its_fixed_set(Q: sp.MatrixBase) -> ZeroDecision:
    """Whether every loss that is symmetric under ``Q`` keeps the set that ``Q`` fixes."""
    return decide_zero(escaping_gradients(Q))


def is_symmetric(Q: sp.MatrixBase) -> bool:
    """Whether :math:`Q = Q^T` is proved."""
    Q = _square(Q)
    return decide_zero(Q - Q.T).kind is ZeroKind.ZERO


def is_orthogonal(Q: sp.MatrixBase) -> bool:
    """Whether :math:`QQ^T = I` is proved."""
    Q = _square(Q)
    return decide_zero(Q * Q.T - sp.eye(Q.rows)).kind is ZeroKind.ZERO


def is_normal(Q: sp.MatrixBase) -> bool:
    """Whether :math:`QQ^T = Q^TQ` is proved."""
    Q = _square(Q)
    return decide_zero(Q * Q.T - Q.T * Q).kind is ZeroKind.ZERO


def oblique_reflection(c: sp.Expr) -> sp.ImmutableMatrix:
    r"""The reflection :math:`\bigl(\begin{smallmatrix}1 & c\\ 0 & -1\end{smallmatrix}\bigr)` along :math:`(c, -2)`.

    It fixes :math:`\{\theta_2 = 0\}`, and every :math:`f(\theta_1 + c\theta_2/2)` is symmetric under it, but the
    gradient of that, :math:`f'\cdot(1, c/2)`, leaves the set unless :math:`c = 0`.
    """
    return sp.ImmutableMatrix([[1, single_expression(c, "c")], [0, -1]])


def _square(Q: sp.MatrixBase) -> sp.ImmutableMatrix:
    Q = expressions(Q, "Q")
    if Q.rows != Q.cols or not Q.rows:
        raise ShapeError(f"Q must be square, got Q.shape={Q.shape}.")
    return Q
