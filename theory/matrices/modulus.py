r"""The modulus :math:`|M^\top| = (MM^\top)^{1/2}` of a matrix, and why it is Lipschitz in the Hilbert-Schmidt norm.

.. math:: \bigl\||A| - |B|\bigr\|_F \le \sqrt2\,\|A - B\|_F

(Araki, Yamagami), with :math:`\sqrt2` the best constant. The proof has three steps, each of them a function here:

1. Doubling. With :math:`\tilde A = \bigl(\begin{smallmatrix}0 & A\\A^\top & 0\end{smallmatrix}\bigr)`, which is
   symmetric, :math:`|\tilde A| = \mathrm{diag}(|A^\top|, |A|)` and :math:`\|\tilde A-\tilde B\|_F^2 = 2\|A-B\|_F^2`.
2. Spectral form. For symmetric :math:`X = \sum_i\lambda_iu_iu_i^\top`, :math:`Y = \sum_j\mu_jv_jv_j^\top` and any
   function f, :math:`\|f(X) - f(Y)\|_F^2 = \sum_{ij}(f(\lambda_i) - f(\mu_j))^2(u_i\cdot v_j)^2`.
3. :math:`(|\lambda| - |\mu|)^2 \le (\lambda - \mu)^2`, so :math:`\||X| - |Y|\|_F \le \|X - Y\|_F` for symmetric ones.

Together :math:`\||A|-|B|\|_F^2 + \||A^\top|-|B^\top|\|_F^2 \le 2\|A-B\|_F^2`.

References:
    Araki, Yamagami, "An inequality for Hilbert-Schmidt norm", Commun. Math. Phys. 81 (1981).
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.argument_kinds import MATRIX, takes
from theory.errors import DimensionError, ShapeError


def squared_distance(A: sp.MatrixBase, B: sp.MatrixBase) -> sp.Expr:
    r"""The square :math:`\|A - B\|_F^2` of the Hilbert-Schmidt distance of real matrices."""
    if A.shape != B.shape:
        raise ShapeError(f"A and B must have one shape, got {A.shape} and {B.shape}.")
    return sp.Add(*(entry**2 for entry in A - B))


@takes(A=MATRIX)
def doubled(A: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The symmetric matrix :math:`\bigl(\begin{smallmatrix}0 & A\\A^\top & 0\end{smallmatrix}\bigr)`.

    Example:
        >>> doubled(sp.Matrix([[1, 2]]))
        Matrix([
        [0, 1, 2],
        [1, 0, 0],
        [2, 0, 0]])
    """
    return sp.ImmutableMatrix(
        sp.BlockMatrix([[sp.zeros(A.rows, A.rows), A], [A.T, sp.zeros(A.cols, A.cols)]]).as_explicit()
    )


@takes(S=MATRIX)
def positive_root(S: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The root :math:`\sqrt S = (S + \sqrt{\det S}\,I)/\sqrt{\operatorname{tr}S + 2\sqrt{\det S}}`, S positive 2 x 2.

    The square of the right side is S by Cayley and Hamilton, :math:`S^2 + \det S\,I = \operatorname{tr}S\,S`.

    Raises:
        DimensionError: S is not 2 x 2.
        ShapeError: S is not symmetric.

    Example:
        >>> positive_root(sp.Matrix([[5, 4], [4, 5]]))
        Matrix([
        [2, 1],
        [1, 2]])
    """
    if S.shape != (2, 2):
        raise DimensionError(f"the closed form is for 2 x 2 matrices, got {S.shape}.")
    if (S - S.T).applyfunc(sp.expand) != sp.zeros(2, 2):
        raise ShapeError(f"S must be symmetric, got {S}.")
    minor = sp.sqrt(sp.factor(sp.expand(S.det())))  # a square where S = M M^T: its root is |det M|
    return sp.ImmutableMatrix((S + minor * sp.eye(2)) / sp.sqrt(S.trace() + 2 * minor))


@takes(M=MATRIX)
def modulus(M: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The modulus :math:`(MM^\top)^{1/2}` of a matrix with two rows.

    Example:
        >>> modulus(sp.Matrix([[0, 2], [-1, 0]]))
        Matrix([
        [2, 0],
        [0, 1]])
    """
    return positive_root((sp.Matrix(M) * sp.Matrix(M).T).applyfunc(sp.expand))


def symmetric(eigenvalues: tuple[sp.Expr, sp.Expr], angle: sp.Expr) -> sp.ImmutableMatrix:
    r"""The matrix :math:`\lambda_1uu^\top + \lambda_2u_\perp u_\perp^\top`, :math:`u = (\cos\varphi, \sin\varphi)`."""
    first, second = eigenvalues
    u = sp.Matrix([sp.cos(angle), sp.sin(angle)])
    across = sp.Matrix([-sp.sin(angle), sp.cos(angle)])
    return sp.ImmutableMatrix(first * u * u.T + second * across * across.T)


def spectral_distance(
    first: tuple[sp.Expr, sp.Expr],
    second: tuple[sp.Expr, sp.Expr],
    angle: sp.Expr,
    function: Callable[[sp.Expr], sp.Expr] = lambda value: value,
) -> sp.Expr:
    r"""The sum :math:`\sum_{ij}(f(\lambda_i)-f(\mu_j))^2(u_i\cdot v_j)^2` of two symmetric 2 x 2 matrices.

    Args:
        first: :math:`\lambda_1, \lambda_2`.
        second: :math:`\mu_1, \mu_2`.
        angle: Angle between the first eigenvectors.
        function: f.
    """
    same, crossed = sp.cos(angle) ** 2, sp.sin(angle) ** 2
    return sp.Add(
        *(
            (function(a) - function(b)) ** 2 * (same if i == j else crossed)
            for i, a in enumerate(first)
            for j, b in enumerate(second)
        )
    )
