r"""Inverse functions near the ends of their domain, where the argument 1 - t has lost the digits of t.

.. math::
    \operatorname{arcosh}(1+t) = 2\operatorname{arsinh}\sqrt{t/2}, \qquad
    \arccos(1-t) = 2\arcsin\sqrt{t/2}, \qquad \arcsin(1-t) = \tfrac\pi2 - 2\arcsin\sqrt{t/2}, \\
    \operatorname{artanh}(1-t) = \tfrac12\mathrm{log1p}\frac{2(1-t)}t, \qquad
    \operatorname{arcoth}(1+t) = \tfrac12\mathrm{log1p}\frac2t,

and in the derivatives :math:`1-(1-t)^2 = t(2-t)`.

References:
    Kahan, "Branch cuts for complex elementary functions, or much ado about nothing's sign bit" (1987), section 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.codegen.cfunctions import log1p

from numerics.arguments import takes
from numerics.codegen.one_denominator import distance_from_one
from theory.argument_kinds import EXPRESSION, EXPRESSIONS


@takes(function=EXPRESSION)
def by_distance(function: sp.Expr) -> sp.Expr | None:
    """An inverse function of a sum with 1 or -1 by the rest of the sum; ``None`` for another function.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> by_distance(sp.acos(1 - 2 * x**2)), by_distance(sp.acosh(1 + 2 * x**2))
        (2*asin(Abs(x)), 2*asinh(Abs(x)))
        >>> by_distance(sp.acosh(sp.sqrt(1 + x**2)))
        asinh(Abs(x))
    """
    if not isinstance(function, sp.acosh | sp.acos | sp.asin | sp.atanh | sp.acoth):
        return None
    (A,) = function.args
    if isinstance(function, sp.atanh | sp.acoth):
        return _by_logarithm(function, A) if A.is_Add else None
    if A.is_Pow and A.exp == sp.S.Half and A.base.is_Add and sp.S.One in A.base.args:
        return _of_root(function, A.base - 1)
    if isinstance(function, sp.acosh) and (gap := distance_from_one(A)) is not None:
        return 2 * sp.asinh(sp.sqrt(gap / 2))
    if not A.is_Add:
        return None
    if sp.S.One in A.args:
        t = A - 1 if isinstance(function, sp.acosh) else 1 - A
        half = sp.sqrt(t / 2)
        if isinstance(function, sp.acosh):
            return 2 * sp.asinh(half)
        return 2 * sp.asin(half) if isinstance(function, sp.acos) else sp.pi / 2 - 2 * sp.asin(half)
    if sp.S.NegativeOne in A.args and not isinstance(function, sp.acosh):
        twice = 2 * sp.asin(sp.sqrt((A + 1) / 2))
        return sp.pi - twice if isinstance(function, sp.acos) else twice - sp.pi / 2
    return None


def _by_logarithm(function: sp.Expr, A: sp.Expr) -> sp.Expr | None:
    """The function, artanh or arcoth, of a sum with 1 or -1."""
    for sign in (1, -1):
        if sign in A.args:
            t = 1 - sign * A
            return sign * log1p(2 * sign * A / t if isinstance(function, sp.atanh) else -2 / t) / 2
    return None


def _of_root(function: sp.Expr, t: sp.Expr) -> sp.Expr | None:
    """The function of sqrt(1 + t)."""
    if isinstance(function, sp.acosh):
        return sp.asinh(sp.sqrt(t))
    return sp.asin(sp.sqrt(-t)) if isinstance(function, sp.acos) else None


@takes(terms=EXPRESSIONS)
def one_minus_square(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with a pair c - c A**2 as c t (2 - t), where A is 1 - t or t - 1; ``None`` without such a pair.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> one_minus_square([sp.S.One, -((1 - x**2) ** 2)])
        [x**2*(2 - x**2)]
    """
    present = set(terms)
    for term in terms:
        for factor in sp.Mul.make_args(term):
            if not (factor.is_Pow and factor.exp == 2 and factor.base.is_Add):
                continue
            c = sp.Mul(*(other for other in sp.Mul.make_args(term) if other is not factor))
            if -c not in present:
                continue
            A = factor.base if sp.S.One in factor.base.args else -factor.base
            if sp.S.One in A.args:
                return [-c * (1 - A) * (1 + A), *(other for other in terms if other not in (term, -c))]
    return None
