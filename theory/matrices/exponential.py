r"""The exponential :math:`e^{Mt}` of a symbolic matrix, as a certified sum of :math:`C_{\lambda k}\,t^k e^{\lambda t}`.

Putzer's algorithm: with the eigenvalues :math:`\lambda_1, \dots, \lambda_n` in any order,

.. math::
    e^{Mt} = \sum_{j=1}^{n} r_j(t)\,P_{j-1}, \qquad P_j = \prod_{i \le j} (M - \lambda_i), \qquad
    r_j' = \lambda_j r_j + r_{j-1}, \quad r_1(0) = 1, \; r_{j>1}(0) = 0 .

The parameters are taken to be generic: eigenvalues that are different expressions count as different.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from theory.argument_kinds import SQUARE, takes
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import ShapeError, UnsupportedFormError
from theory.values import expressions, single_expression

ExponentialPolynomial = Mapping[sp.Expr, tuple[sp.Expr, ...]]
r""":math:`\sum_\lambda p_\lambda(t)\,e^{\lambda t}` as rate -> coefficients of :math:`p_\lambda`, constant first."""


def matrix_exponential(matrix: sp.MatrixBase, time: sp.Expr) -> sp.ImmutableMatrix:
    r"""The fundamental solution :math:`E(t) = e^{Mt}` of :math:`E' = M E`, :math:`E(0) = I`. Shape ``(n, n)``.

    Both equations are checked, coefficient by coefficient, before the result is returned. Parameters are generic:
    at values where two different eigenvalues meet, put the values into ``matrix`` first.

    Args:
        matrix: :math:`M`, constant in time. Shape ``(n, n)``.
        time: :math:`t`.

    Raises:
        ShapeError: ``matrix`` is not square.
        UnsupportedFormError: the eigenvalues have no closed form, or the result could not be certified.

    References:
        Putzer, *Avoiding the Jordan canonical form*, Amer. Math. Monthly 73 (1966), theorem 2.

    Example:
        >>> k, t = sp.symbols("k t", positive=True)
        >>> matrix_exponential(sp.Matrix([[-k, 1], [0, -k]]), t)
        Matrix([
        [exp(-k*t), t*exp(-k*t)],
        [        0,   exp(-k*t)]])
    """
    matrix, time = expressions(matrix, "matrix"), single_expression(time, "time")
    if matrix.rows != matrix.cols:
        raise ShapeError(f"matrix must be square to have an exponential, got matrix.shape={matrix.shape}.")
    coefficients = _coefficients(sp.ImmutableMatrix(matrix))
    _certify(sp.ImmutableMatrix(matrix), coefficients)
    total = sp.zeros(*matrix.shape)
    for (rate, power), coefficient in coefficients.items():
        total += coefficient * time**power * sp.exp(rate * time)
    real = all(entry.is_real for entry in (*matrix, time))
    if real and any(rate.is_real is False for rate, _ in coefficients):
        total = total.applyfunc(lambda entry: sp.re(entry.expand(complex=True)))  # conjugate pairs as sines and cosines
    return sp.ImmutableMatrix(total)


@takes(matrix=SQUARE)
def eigenvalues(matrix: sp.MatrixBase) -> list[sp.Expr]:
    """The eigenvalues of ``matrix`` with their multiplicities, from its irreducible diagonal blocks.

    Raises:
        UnsupportedFormError: an irreducible block has eigenvalues without closed form.

    Example:
        >>> eigenvalues(sp.Matrix([[1, 0, 0], [5, 0, -2], [5, 2, 0]]))
        [2*I, -2*I, 1]
    """
    found: list[sp.Expr] = []
    for block in sp.Matrix(matrix).strongly_connected_components():
        if len(block) == 1:
            found.append(_normal(matrix[block[0], block[0]]))
            continue
        x = sp.Dummy("x")
        polynomial = sp.Matrix(matrix).extract(block, block).charpoly(x)
        roots = sp.roots(polynomial, multiple=True)
        if len(roots) != len(block):
            raise UnsupportedFormError(
                f"the eigenvalues of a block of size {len(block)} have no closed form that could be found: "
                f"roots of {polynomial.as_expr()}. Put numbers in for its parameters, or exponentiate numerically."
            )
        found.extend(_normal(root) for root in roots)
    return sorted(found, key=sp.default_sort_key, reverse=True)


def _coefficients(matrix: sp.ImmutableMatrix) -> dict[tuple[sp.Expr, int], sp.Matrix]:
    r"""The matrices :math:`C_{\lambda k}` by rate and power."""
    total: dict[tuple[sp.Expr, int], sp.Matrix] = {}
    product = sp.eye(matrix.rows)
    r: ExponentialPolynomial = {}
    for j, rate in enumerate(eigenvalues(matrix)):
        r = _driven(rate, r) if j else {rate: (sp.S.One,)}
        for exponent, polynomial in r.items():
            for power, coefficient in enumerate(polynomial):
                term = coefficient * product
                total[exponent, power] = total.get((exponent, power), sp.zeros(*matrix.shape)) + term
        product = ((matrix - rate * sp.eye(matrix.rows)) * product).applyfunc(_normal)
    normal = {key: coefficient.applyfunc(_normal) for key, coefficient in total.items()}
    return {key: coefficient for key, coefficient in normal.items() if not coefficient.is_zero_matrix}


def _driven(rate: sp.Expr, forcing: ExponentialPolynomial) -> ExponentialPolynomial:
    r"""The solution of :math:`r' = \lambda r + g`, :math:`r(0) = 0`, for an exponential polynomial ``g``."""
    solution: dict[sp.Expr, tuple[sp.Expr, ...]] = {}
    start = sp.S.Zero
    for exponent, g in forcing.items():
        if exponent == rate:
            solution[rate] = (sp.S.Zero, *(coefficient / (k + 1) for k, coefficient in enumerate(g)))
            continue
        # q' + gap q = g, from the highest power down.
        gap = exponent - rate
        q: list[sp.Expr] = [sp.S.Zero] * (len(g) + 1)
        for k in reversed(range(len(g))):
            q[k] = (g[k] - (k + 1) * q[k + 1]) / gap
        solution[exponent] = tuple(q[:-1])
        start += q[0]
    constant, *higher = solution.get(rate, (sp.S.Zero,))
    solution[rate] = (constant - start, *higher)
    return solution


def _certify(matrix: sp.ImmutableMatrix, coefficients: Mapping[tuple[sp.Expr, int], sp.Matrix]) -> None:
    r"""Differentiate: the functions :math:`t^k e^{\lambda t}` are independent, so their coefficients must agree."""
    nothing = sp.zeros(*matrix.shape)
    initial = sum((c for (_, power), c in coefficients.items() if power == 0), nothing)
    residuals = [initial - sp.eye(matrix.rows)]
    for (rate, power), c in coefficients.items():
        residuals.append(rate * c + (power + 1) * coefficients.get((rate, power + 1), nothing) - matrix * c)
    for residual in residuals:
        for entry in residual:
            if _normal(entry) != 0 and decide_zero(entry).kind is not ZeroKind.ZERO:
                raise UnsupportedFormError(
                    f"the exponential of {matrix} was found but could not be certified: {entry} should be zero. "
                    "Put numbers in for some parameters, or exponentiate numerically."
                )


def _normal(entry: sp.Expr) -> sp.Expr:
    """Numerator and denominator multiplied out and cancelled; square roots reduced by their relation."""
    return sp.cancel(sp.expand(sp.cancel(sp.together(entry))))
