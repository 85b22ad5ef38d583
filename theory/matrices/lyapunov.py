r"""Equations for covariance matrices, solved for their :math:`d(d+1)/2` unknowns, and Hurwitz's condition.

.. math::
    A\,\Sigma + \Sigma\,A^\top = Q, \qquad \Sigma - \mathbb E[M\,\Sigma\,M^\top] = Q

are linear in the symmetric matrix :math:`\Sigma`. The arithmetic is that of rational functions in the parameters, so
that every entry comes out reduced; parameters are generic.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from theory.argument_kinds import SQUARE, takes
from theory.decision.conditions.inequalities import positive
from theory.errors import ShapeError


@takes(A=SQUARE, Q=SQUARE)
def lyapunov_solution(A: sp.MatrixBase, Q: sp.MatrixBase) -> sp.ImmutableMatrix | None:
    r"""The symmetric :math:`\Sigma` with :math:`A\Sigma + \Sigma A^\top = Q`, or None where it is not unique.

    Args:
        A: Shape ``(d, d)``.
        Q: symmetric. Shape ``(d, d)``.

    Raises:
        ShapeError: the two have different shapes, or no row.

    References:
        Gardiner, *Handbook of Stochastic Methods* (2004), section 4.4.6.

    Example:
        >>> a, p = sp.symbols("a p", positive=True)
        >>> lyapunov_solution(sp.Matrix([[a, p], [0, a]]), sp.eye(2))[0, 1]
        -p/(4*a**2)
    """
    if not A.rows or A.shape != Q.shape:
        raise ShapeError(f"A and Q must have one shape, with at least one row, got {A.shape} and {Q.shape}.")
    return symmetric_solution(lambda i, j, k, l: A[i, k] * int(j == l) + int(i == k) * A[j, l], Q)


def symmetric_solution(
    coefficient: Callable[[int, int, int, int], sp.Expr], Q: sp.MatrixBase
) -> sp.ImmutableMatrix | None:
    r"""The symmetric :math:`\Sigma` with :math:`\sum_{kl} L_{ij,kl}\Sigma_{kl} = Q_{ij}`, or None if not unique.

    Args:
        coefficient: :math:`L_{ij,kl}`, which maps symmetric matrices to symmetric ones.
        Q: symmetric. Shape ``(d, d)``.
    """
    d = Q.rows
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    place = {pair: n for n, pair in enumerate(pairs)}
    system = sp.zeros(len(pairs))
    for n, (i, j) in enumerate(pairs):
        for k in range(d):
            for l in range(d):
                system[n, place[min(k, l), max(k, l)]] += coefficient(i, j, k, l)
    entries = linear_solution(system, sp.Matrix([Q[pair] for pair in pairs]))
    return None if entries is None else sp.ImmutableMatrix(d, d, lambda i, j: entries[place[min(i, j), max(i, j)]])


def linear_solution(matrix: sp.MatrixBase, right: sp.MatrixBase) -> list[sp.Expr] | None:
    """The solution of a square linear system in reduced rational functions, or None where it is not unique."""
    n = matrix.rows
    field, entries = construct_domain([*matrix, *right], field=True)
    if field.is_EX:
        entries = [field.convert(sp.cancel(sp.together(entry))) for entry in (*matrix, *right)]
    system = DomainMatrix([entries[i * n : (i + 1) * n] for i in range(n)], (n, n), field)
    column = DomainMatrix([[entry] for entry in entries[n * n :]], (n, 1), field)
    try:
        solved = system.lu_solve(column)
    except DMNonInvertibleMatrixError:
        return None
    return [sp.cancel(value) if field.is_EX else value for value in solved.to_Matrix()]


@takes(matrix=SQUARE)
def hurwitz_condition(matrix: sp.MatrixBase) -> Boolean:
    r"""When every eigenvalue of ``matrix`` has negative real part, as a condition on its parameters.

    The Hurwitz determinants of :math:`\det(\lambda I - M)` are all positive.

    References:
        Gantmacher, *The Theory of Matrices* II (1959), chapter XV, section 6 (Routh-Hurwitz).

    Example:
        >>> a = sp.Symbol("a", real=True)
        >>> hurwitz_condition(sp.Matrix([[a, 1], [-1, a]]))
        (-2*a > 0) & (-2*a**3 - 2*a > 0)
    """
    polynomial = sp.Matrix(matrix).charpoly(sp.Dummy("x")).all_coeffs()
    return sp.And(*(sp.Gt(minor, 0) for minor in _hurwitz_minors(polynomial)))


def _hurwitz_minors(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    """The Hurwitz determinants of a polynomial, its leading coefficient first."""
    d = len(coefficients) - 1

    def entry(i: int, j: int) -> sp.Expr:
        degree = 2 * (j + 1) - (i + 1)
        return coefficients[degree] if 0 <= degree <= d else sp.S.Zero

    hurwitz = sp.Matrix(d, d, entry)
    return [sp.expand(hurwitz[:k, :k].det(method="berkowitz")) for k in range(1, d + 1)]


@takes(matrix=SQUARE)
def schur_condition(matrix: sp.MatrixBase) -> Boolean:
    r"""When every eigenvalue of ``matrix`` has modulus below 1, as a condition on its parameters.

    With p the characteristic polynomial, :math:`(1-w)^d\,p\big(\tfrac{1+w}{1-w}\big)` has all zeros in the left half
    plane.

    References:
        Gantmacher, *The Theory of Matrices* II (1959), chapter XV; Jury, *Theory and Application of the z-Transform
        Method* (1964), section 3.2.

    Example:
        >>> a = sp.Symbol("a", real=True)
        >>> schur_condition(sp.Matrix([[a]]))
        (a > -1) & (a < 1)
    """
    w, z = sp.Dummy("w"), sp.Dummy("z")
    p = sp.Matrix(matrix).charpoly(z).all_coeffs()
    d = matrix.rows
    image = sp.Poly(sp.expand(sum(c * (1 + w) ** (d - n) * (1 - w) ** n for n, c in enumerate(p))), w)
    coefficients = [image.coeff_monomial(w ** (d - n)) for n in range(d + 1)]
    return sp.And(positive(coefficients[0]), *(positive(minor) for minor in _hurwitz_minors(coefficients)))
