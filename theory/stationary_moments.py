r"""Stationary moments of closed moment equations :math:`\dot m = M m + c`, and where they exist.

.. math:: m^\ast = -M^{-1}c

is the limit of the moments from every start exactly if every eigenvalue of :math:`M` has negative real part. Outside,
the formula is a number without a law, or that of a law whose moment is infinite. On the line, with drift
:math:`\alpha + \beta x` and diffusion :math:`a_0 + a_1 x + a_2 x^2`, the eigenvalues are

.. math:: \lambda_k = k\beta + \tfrac12 k(k-1)a_2,

and :math:`\lambda_j < 0` for all :math:`j \le k` is :math:`\lambda_1 < 0` and :math:`\lambda_k < 0`, since
:math:`\lambda_j/j` is linear in j. There is a law that is no point mass where :math:`\beta < 0` and the diffusion does
not vanish at :math:`x^\ast = -\alpha/\beta`; its moments of even order with :math:`\lambda_k \ge 0` are infinite.

References:
    Forman and Soerensen, *The Pearson diffusions*, Scand. J. Statist. 35 (2008), section 2;
    Khasminskii, *Stochastic Stability of Differential Equations* (2012), section 6.2 (several coordinates).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import negative, positive, simplified
from theory.errors import NotNormalisableError
from theory.matrices.lyapunov import hurwitz_condition, linear_solution

MultiIndex: TypeAlias = tuple[int, ...]
"""Powers of the coordinates in a monomial, in the order of the state."""


def stationary_moments(
    matrix: sp.MatrixBase, constant: sp.MatrixBase, moments: Sequence[MultiIndex], state: Sequence[sp.Symbol]
) -> dict[MultiIndex, sp.Expr]:
    r"""The moments :math:`-M^{-1}c`, each where it exists; see :meth:`theory.moments.MomentEquations.stationary`.

    Args:
        matrix: :math:`M`. Shape ``(n, n)``.
        constant: :math:`c`. Shape ``(n, 1)``.
        moments: Multi-indices of the rows, of order 1 up to the highest, graded.
        state: the coordinates.

    Raises:
        NotNormalisableError: no moment is stationary for any values of the parameters.
    """
    blocks = sp.Matrix(matrix).strongly_connected_components()
    values = _solution(matrix, constant, blocks)
    stable = [_stable(sp.Matrix(matrix).extract(block, block)) for block in blocks]
    conditions = [
        _condition(row, matrix, moments, list(zip(blocks, stable, strict=True))) for row in range(len(moments))
    ]
    exist = [sp.false if value is None else condition for value, condition in zip(values, conditions, strict=True)]
    if all(condition == sp.false for condition in exist):
        raise NotNormalisableError(
            f"the moment equations have the matrix {sp.Matrix(matrix).tolist()}, for which no moments are constant and "
            "attract the others at any values of the parameters. Ask for the solution in time instead."
        )
    infinite = [_infinite(index, matrix, constant, state) for index in moments]
    return {
        index: sp.Piecewise(
            (sp.nan if values[row] is None else values[row], exist[row]), (sp.oo, infinite[row]), (sp.nan, True)
        )
        for row, index in enumerate(moments)
    }


def _solution(matrix: sp.MatrixBase, constant: sp.MatrixBase, blocks: list[list[int]]) -> list[sp.Expr | None]:
    """The constant moments, block after block; None where a block is singular, and for what depends on it."""
    values: dict[int, sp.Expr | None] = {}
    for block in blocks:
        earlier = [j for j in values if any(matrix[i, j] != 0 for i in block)]
        solved = None
        if all(values[j] is not None for j in earlier):
            right = [-constant[i] - sum((matrix[i, j] * values[j] for j in earlier), sp.S.Zero) for i in block]
            solved = linear_solution(sp.Matrix(matrix).extract(block, block), sp.Matrix(right))
        values |= dict(zip(block, solved or [None] * len(block), strict=True))
    return [values[row] for row in range(matrix.rows)]


def _condition(
    row: int, matrix: sp.MatrixBase, moments: Sequence[MultiIndex], blocks: list[tuple[list[int], Boolean]]
) -> Boolean:
    """Where every eigenvalue that belongs to a moment of at most this order, in these coordinates, is stable."""
    order = sum(moments[row])
    involved = _coordinates(row, matrix, moments)
    additive = _is_additive(matrix, moments)
    parts: dict[Boolean, None] = {}
    for block, stable in blocks:
        indices = [moments[i] for i in block]
        inside = all(sum(index) <= order and _support(index) <= involved for index in indices)
        # With noise that does not grow like the state, eigenvalues are sums of those of the drift.
        if inside and (not additive or sum(indices[0]) == 1):
            parts[stable] = None
    if len(moments[row]) == 1 and not additive:
        parts = dict.fromkeys(negative(matrix[n, n]) for n in (0, row))
    return simplified(sp.And(*parts))


def _stable(block: sp.Matrix) -> Boolean:
    return negative(block[0, 0]) if block.rows == 1 else hurwitz_condition(block)


def _support(index: MultiIndex) -> set[int]:
    return {i for i, power in enumerate(index) if power}


def _coordinates(row: int, matrix: sp.MatrixBase, moments: Sequence[MultiIndex]) -> set[int]:
    """The coordinates on which the moment of ``row`` depends, through whatever rows."""
    reached, waiting = {row}, [row]
    while waiting:
        i = waiting.pop()
        new = [j for j in range(matrix.cols) if matrix[i, j] != 0 and j not in reached]
        reached.update(new)
        waiting += new
    return set().union(*(_support(moments[i]) for i in reached))


def _is_additive(matrix: sp.MatrixBase, moments: Sequence[MultiIndex]) -> bool:
    """Whether the diffusion has no terms of second order, read from the equations of the second moments."""
    d = len(moments[0])
    place = {index: row for row, index in enumerate(moments)}
    units = [tuple(int(i == j) for j in range(d)) for i in range(d)]
    if sum(moments[-1]) < 2:
        return True
    for i in range(d):
        for j in range(i, d):
            of_drift: dict[MultiIndex, sp.Expr] = {}
            for first, other in ((i, j), (j, i)):
                for k in range(d):
                    index = tuple(a + b for a, b in zip(units[k], units[other], strict=True))
                    term = matrix[place[units[first]], place[units[k]]]
                    of_drift[index] = of_drift.get(index, sp.S.Zero) + term
            row = place[tuple(a + b for a, b in zip(units[i], units[j], strict=True))]
            if any(sp.expand(matrix[row, place[index]] - value) != 0 for index, value in of_drift.items()):
                return False
            if any(matrix[row, place[m]] != 0 for m in moments if sum(m) == 2 and m not in of_drift):
                return False
    return True


def _infinite(index: MultiIndex, matrix: sp.MatrixBase, constant: sp.MatrixBase, state: Sequence[sp.Symbol]) -> Boolean:
    """Where, on the line, a law exists that is no point mass, so that a moment that is not finite is infinite."""
    if len(index) > 1 or matrix.rows < 2 or (sum(index) % 2 and not state[0].is_nonnegative):
        return sp.false
    beta, alpha = matrix[0, 0], constant[0]
    if beta == 0:
        return sp.false
    a = (constant[1], matrix[1, 0] - 2 * alpha, matrix[1, 1] - 2 * beta)
    at_centre = sp.Add(*(coefficient * (-alpha / beta) ** n for n, coefficient in enumerate(a)))
    return simplified(sp.And(negative(beta), positive(at_centre)))
