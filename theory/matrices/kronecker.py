r"""vec, Kronecker products and the commutation matrix as expressions over declared shapes, and their values.

vec stacks columns. For :math:`A \in \mathbb R^{m\times n}`

.. math::
    \mathrm{vec}(AXB) = (B^\top\otimes A)\,\mathrm{vec}\,X, \qquad
    K_{mn}\,\mathrm{vec}\,A = \mathrm{vec}\,A^\top, \qquad K_{mn}(b\otimes a) = a\otimes b .

References:
    Magnus, Neudecker, *Matrix Differential Calculus* (2019), chapters 2 and 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import sympy as sp

from theory.argument_kinds import one_of, takes
from theory.errors import MissingParameterError, ShapeError
from theory.values import shown, single_expression

MATRIX_EXPRESSION = one_of(sp.MatrixExpr, needed="an expression in symbols of matrices")
"""Such an expression as an argument."""


class Vec(sp.MatrixExpr):
    r""":math:`\mathrm{vec}\,A`, column by column.

    Example:
        >>> A = sp.MatrixSymbol("A", 2, 3)
        >>> Vec(A).shape, Vec(A)[2, 0]
        ((6, 1), A[0, 1])
    """

    def __new__(cls, matrix: Any) -> Any:
        """``matrix`` is an expression with a shape."""
        if not isinstance(matrix, sp.MatrixExpr | sp.ImmutableMatrix):
            raise ShapeError(f"matrix must be an expression in symbols of matrices, got {shown(matrix)}.")
        return super().__new__(cls, matrix)

    @property
    def shape(self) -> tuple[sp.Expr, sp.Expr]:
        """``(m n, 1)``."""
        rows, columns = self.args[0].shape
        return rows * columns, sp.S.One

    def _entry(self, i: Any, j: Any, **_: Any) -> sp.Expr:
        rows = self.args[0].shape[0]
        return self.args[0][i % rows, i // rows]


class Commutation(sp.MatrixExpr):
    r"""The commutation matrix :math:`K_{mn}`, with :math:`K\,\mathrm{vec}\,A = \mathrm{vec}\,A^\top` for A of m rows.

    Example:
        >>> Commutation(2, 2).as_explicit()
        Matrix([
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 1]])
    """

    def __new__(cls, rows: Any, columns: Any) -> Any:
        """``rows`` and ``columns`` are those of A."""
        sizes = single_expression(rows, "rows"), single_expression(columns, "columns")
        if any(size.is_integer is False or size.is_positive is False for size in sizes):
            raise ShapeError(f"rows and columns must be positive whole numbers or symbols, got {sizes}.")
        return super().__new__(cls, *sizes)

    @property
    def shape(self) -> tuple[sp.Expr, sp.Expr]:
        """``(m n, m n)``."""
        size = self.args[0] * self.args[1]
        return size, size

    def _entry(self, i: Any, j: Any, **_: Any) -> sp.Expr:
        m, n = self.args
        return sp.KroneckerDelta(i % n, j // m) * sp.KroneckerDelta(i // n, j % m)

    def _eval_transpose(self) -> Commutation:
        return Commutation(self.args[1], self.args[0])


@takes(product=MATRIX_EXPRESSION, factor=MATRIX_EXPRESSION)
def vec_of_product(product: sp.MatrixExpr, factor: sp.MatrixExpr) -> sp.MatrixExpr:
    r""":math:`\mathrm{vec}(AXB)` as :math:`(B^\top\otimes A)\,\mathrm{vec}\,X`, for the one place of X in a product.

    Raises:
        ShapeError: ``factor`` does not stand exactly once, untransposed, in the product.

    Example:
        >>> A, X, B = sp.MatrixSymbol("A", 2, 3), sp.MatrixSymbol("X", 3, 4), sp.MatrixSymbol("B", 4, 5)
        >>> vec_of_product(A * X * B, X)
        (KroneckerProduct(B.T, A))*Vec(X)
    """
    letters = list(product.args) if isinstance(product, sp.MatMul) else [product]
    places = [i for i, letter in enumerate(letters) if letter == factor]
    if len(places) != 1:
        raise ShapeError(f"product must hold {shown(factor)} exactly once as a factor, got {shown(product)}.")
    left, right = letters[: places[0]], letters[places[0] + 1 :]
    A = reduce(lambda P, Q: P * Q, left) if left else sp.Identity(factor.shape[0])
    B = reduce(lambda P, Q: P * Q, right) if right else sp.Identity(factor.shape[1])
    return sp.KroneckerProduct(sp.Transpose(B).doit(), A) * Vec(factor)


def matrix_value(expression: Any, values: Mapping[Any, Any]) -> Any:
    """The explicit value of an expression in matrices: a matrix, or a number for a scalar.

    Args:
        expression: Sums, products, transposes, powers, traces, Kronecker products, :class:`Vec`, :class:`Commutation`.
        values: Explicit matrices for symbols of matrices, numbers for other symbols.

    Raises:
        MissingParameterError: a symbol of a matrix has no value.
        ShapeError: a value has another shape than its symbol, or an expression of another kind occurs.
    """
    if isinstance(expression, sp.MatrixSymbol):
        if expression not in values:
            raise MissingParameterError(f"values must hold a matrix for {expression}, got {sorted(map(str, values))}.")
        found = sp.ImmutableMatrix(values[expression])
        if any(s.is_number and int(s) != f for s, f in zip(expression.shape, found.shape, strict=True)):
            raise ShapeError(f"the value of {expression} must have shape {expression.shape}, got {found.shape}.")
        return found
    parts = [matrix_value(arg, values) for arg in expression.args] if _is_composed(expression) else []
    match expression:
        case sp.MatAdd() | sp.Add():
            return reduce(lambda P, Q: P + Q, parts)
        case sp.MatMul() | sp.Mul():
            return reduce(lambda P, Q: P * Q, parts)
        case sp.KroneckerProduct():
            return sp.ImmutableMatrix(sp.kronecker_product(*parts))
        case sp.Transpose():
            return parts[0].T
        case sp.Trace():
            return parts[0].trace()
        case sp.MatPow() | sp.Pow():
            return parts[0] ** parts[1]
        case Vec():
            return sp.ImmutableMatrix(parts[0].vec())
        case sp.Identity() | sp.ZeroMatrix() | Commutation():
            sizes = {name: sp.sympify(value) for name, value in values.items() if not isinstance(name, sp.MatrixSymbol)}
            shaped = expression.func(*(arg.xreplace(sizes) for arg in expression.args))
            if not all(size.is_Integer for size in shaped.shape):
                raise MissingParameterError(f"values must hold numbers for the shape of {expression}.")
            return sp.ImmutableMatrix(shaped.as_explicit())
        case sp.MatrixBase():
            return sp.ImmutableMatrix(expression)
        case sp.Expr() if not isinstance(expression, sp.MatrixExpr):
            return expression.xreplace({k: sp.sympify(v) for k, v in values.items() if isinstance(k, sp.Symbol)})
    raise ShapeError(f"expression must be built of sums, products, traces and Kronecker products, got {expression}.")


def _is_composed(expression: Any) -> bool:
    kinds = (sp.MatAdd, sp.MatMul, sp.KroneckerProduct, sp.Transpose, sp.Trace, sp.MatPow, Vec)
    scalar = isinstance(expression, sp.Add | sp.Mul | sp.Pow) and expression.has(sp.MatrixExpr)
    return isinstance(expression, kinds) or scalar
