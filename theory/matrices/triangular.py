r"""Linear systems :math:`\dot m = M m + c` whose matrix is triangular in some order: back substitution.

Each component is driven by earlier ones only, so it is a finite sum :math:`\sum c_{\lambda k}\,t^k e^{\lambda t}`
whose rates are diagonal entries of :math:`M`. With

.. math::
    \dot m_i = \lambda_i m_i + \sum_{\rho, k} g_{\rho k}\,t^k e^{\rho t}, \qquad
    q_{\rho k} = \frac{g_{\rho k} - (k+1)\,q_{\rho,k+1}}{\rho - \lambda_i} \;(\rho \ne \lambda_i), \qquad
    q_{\lambda_i,k+1} = \frac{g_{\lambda_i k}}{k+1} .

The arithmetic is that of rational functions in the parameters, which keeps every coefficient reduced. Parameters are
generic: diagonal entries that are different expressions count as different.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.polys.constructor import construct_domain

from theory.argument_kinds import SCALAR, SCALARS, SQUARE, takes
from theory.errors import ShapeError
from theory.values import shown

Coefficients = dict[tuple[Any, int], Any]
"""(rate, power) -> coefficient, all in the field of the parameters."""


@takes(matrix=SQUARE)
def triangular_order(matrix: sp.MatrixBase) -> list[int] | None:
    """An order of the rows in which ``matrix`` is lower triangular, or None if there is none.

    Example:
        >>> triangular_order(sp.Matrix([[1, 2], [0, 3]]))
        [1, 0]
        >>> triangular_order(sp.Matrix([[1, 2], [4, 3]])) is None
        True
    """
    blocks = sp.Matrix(matrix).strongly_connected_components()
    return [row for block in blocks for row in block] if len(blocks) == matrix.rows else None


@takes(matrix=SQUARE, constant=SCALARS, start=SCALARS, time=SCALAR)
def triangular_flow(
    matrix: sp.MatrixBase, constant: Sequence[sp.Expr], start: Sequence[sp.Expr], order: Sequence[int], time: sp.Expr
) -> list[sp.Expr]:
    r"""The solution at ``time`` of :math:`\dot m = M m + c`, :math:`m(0) =` ``start``.

    Args:
        matrix: :math:`M`. Shape ``(n, n)``.
        constant: :math:`c`, n entries.
        start: n entries.
        order: from :func:`triangular_order`.
        time: t.

    Example:
        >>> k, t = sp.symbols("k t", positive=True)
        >>> triangular_flow(sp.Matrix([[-k]]), [k], [0], [0], t)
        [1 - exp(-k*t)]
    """
    if not isinstance(order, list | tuple | range) or sorted(order) != list(range(matrix.rows)):
        raise ShapeError(f"order must hold every row of matrix once, 0 to {matrix.rows - 1}, got {shown(order)}.")
    n = len(order)
    for name, given in (("constant", constant), ("start", start)):
        if len(given) != n:
            raise ShapeError(f"{name} must have one entry for each of the {n} rows of matrix, got {shown(given)}.")
    field, entries = construct_domain([*matrix, *constant, *start], field=True)
    M = [entries[i * n : (i + 1) * n] for i in range(n)]
    c, first = entries[n * n : n * n + n], entries[n * n + n :]
    solved: dict[int, Coefficients] = {}
    for i in order:
        forcing: Coefficients = defaultdict(lambda: field.zero)
        forcing[field.zero, 0] += c[i]
        for j, known in solved.items():
            if M[i][j]:
                for key, value in known.items():
                    forcing[key] += M[i][j] * value
        solved[i] = _driven(M[i][i], forcing, first[i], field)
    readable: dict[Any, sp.Expr] = {}

    def written(element: Any) -> sp.Expr:
        if element not in readable:
            readable[element] = _written(field.to_sympy(element))
        return readable[element]

    return [
        sp.Add(*(written(q) * time**power * sp.exp(written(rate) * time) for (rate, power), q in solved[i].items()))
        for i in range(n)
    ]


def _driven(rate: Any, forcing: Coefficients, start: Any, field: Any) -> Coefficients:
    """The component of diagonal entry ``rate`` under ``forcing``, from ``start``."""
    by_rate: dict[Any, dict[int, Any]] = defaultdict(dict)
    for (rho, power), value in forcing.items():
        if value:
            by_rate[rho][power] = value
    solution: Coefficients = {}
    for rho, g in by_rate.items():
        if rho == rate:
            solution |= {(rho, power + 1): value / field.convert(power + 1) for power, value in g.items()}
            continue
        above = field.zero
        for power in reversed(range(max(g) + 1)):
            above = (g.get(power, field.zero) - field.convert(power + 1) * above) / (rho - rate)
            solution[rho, power] = above
    constants = (value for (_, power), value in solution.items() if power == 0)
    solution[rate, 0] = start - sum(constants, field.zero)
    return {key: value for key, value in solution.items() if value}


def _written(coefficient: sp.Expr) -> sp.Expr:
    """A polynomial multiplied out, a fraction over its factored denominator."""
    numerator, denominator = sp.fraction(coefficient)
    return sp.expand(coefficient) if denominator.is_number else numerator / sp.factor(denominator)
