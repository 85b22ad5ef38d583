r"""Means over Gaussian columns in exact numbers, by nodes: a second route beside :mod:`theory.matrices.words`.

A rule with nodes :math:`-m, \dots, m` and rational weights has the moments of :math:`N(0, v)` up to the degree
:math:`2m + 1`; weights may be negative. A covariance :math:`LDL^\top` is carried by independent components, so no root
is taken and every number stays rational.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from theory.errors import DimensionError, ShapeError
from theory.matrices.kronecker import matrix_value
from theory.matrices.words import GaussianColumns
from theory.values import count, expressions, instance, shown, single_expression

MAX_NODES = 20_000
"""More nodes than this are refused."""


def exact_rule(variance: Any, degree: int) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    r"""Pairs of a weight and a node with the moments of :math:`N(0, v)` up to ``degree``.

    Example:
        >>> exact_rule(1, 5)
        ((1/12, -2), (1/6, -1), (1/2, 0), (1/6, 1), (1/12, 2))
    """
    v, top = single_expression(variance, "variance", real=True), count(degree, "degree", at_most=64)
    if v == 0:
        return ((sp.S.One, sp.S.Zero),)
    m = top // 2
    system = sp.Matrix(m + 1, m + 1, lambda i, j: (1 if i == 0 else 0) if j == 0 else 2 * sp.Integer(j) ** (2 * i))
    moments = sp.Matrix([sp.factorial2(2 * i - 1) * v**i for i in range(m + 1)])
    weights = system.LUsolve(moments)
    return tuple((weights[abs(k)], sp.Integer(k)) for k in range(-m, m + 1))


def mean_over_nodes(
    expression: Any,
    law: GaussianColumns,
    values: Mapping[Any, Any],
    *,
    degrees: Mapping[sp.MatrixSymbol, int],
) -> Any:
    """The mean of an expression in random columns, summed over nodes in exact numbers.

    Args:
        expression: As :func:`theory.matrices.kronecker.matrix_value` reads, with the columns of ``law``.
        law: The columns and their covariances, whose symbols have numbers in ``values``.
        values: Explicit matrices for all symbols but the columns.
        degrees: The degree of the expression in each column; more is allowed.

    Raises:
        ShapeError: ``degrees`` lacks a column, or a covariance is not positive semidefinite.
        DimensionError: more than :data:`MAX_NODES` nodes.
    """
    columns = sorted(instance(law, GaussianColumns, "law", "a GaussianColumns").columns, key=str)
    if missing := [str(x) for x in columns if x not in degrees]:
        raise ShapeError(f"degrees must hold the degree in every column, got none for {missing}.")
    total: Any = None
    for weight, point in _grid(law, columns, values, degrees):
        piece = weight * matrix_value(expression, {**values, **point})
        total = piece if total is None else total + piece
    return total


def _grid(
    law: GaussianColumns, columns: list[Any], values: Mapping[Any, Any], degrees: Mapping[Any, int]
) -> Iterator[tuple[sp.Expr, dict[Any, sp.MatrixBase]]]:
    blocks = [[_covariance(law, x, y, values) for y in columns] for x in columns]
    L, D = _factors(sp.Matrix(sp.BlockMatrix(blocks).as_explicit()))
    heights = [blocks[i][i].rows for i in range(len(columns))]
    # A component enters the columns below it too, so it carries the degree of the whole product.
    alone = all(blocks[i][j].is_zero_matrix for i in range(len(columns)) for j in range(i))
    total = sum(degrees[x] for x in columns)
    tops = [degrees[x] if alone else total for x, height in zip(columns, heights, strict=True) for _ in range(height)]
    rules = [exact_rule(variance, top) for variance, top in zip(D, tops, strict=True)]
    size = sp.prod([len(rule) for rule in rules])
    if size > MAX_NODES:
        raise DimensionError(f"the nodes must be at most {MAX_NODES}, got {size}. Give smaller matrices.")
    for chosen in itertools.product(*rules):
        stacked = L * sp.Matrix([node for _, node in chosen])
        point, first = {}, 0
        for x, height in zip(columns, heights, strict=True):
            point[x] = stacked[first : first + height, :]
            first += height
        yield sp.Mul(*(weight for weight, _ in chosen)), point


def _covariance(law: GaussianColumns, x: Any, y: Any, values: Mapping[Any, Any]) -> sp.ImmutableMatrix:
    given = law.covariances.get((x, y), law.covariances.get(x) if x == y else None)
    if given is None and (y, x) in law.covariances:
        return sp.ImmutableMatrix(matrix_value(law.covariances[y, x], values).T)
    if given is None:
        heights = [matrix_value(law.covariances[c], values).rows for c in (x, y)]
        return sp.ImmutableMatrix.zeros(*heights)
    return sp.ImmutableMatrix(expressions(matrix_value(given, values), "covariance", real=True))


def _factors(covariance: sp.Matrix) -> tuple[sp.Matrix, list[sp.Expr]]:
    """L with ones on the diagonal and D with L diag(D) L^T = covariance."""
    rest, n = covariance.copy(), covariance.rows
    L, D = sp.eye(n), []
    for j in range(n):
        pivot = sp.cancel(rest[j, j])
        if pivot.is_negative or (pivot == 0 and any(entry != 0 for entry in rest[j:, j])):
            raise ShapeError(f"the covariance must be positive semidefinite, got {shown(covariance.tolist())}.")
        D.append(pivot)
        if pivot != 0:
            L[:, j] = rest[:, j] / pivot
            rest = rest - pivot * L[:, j] * L[:, j].T
    return L, D
