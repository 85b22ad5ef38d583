r"""Differences of powers with fractional exponents that lose no digits.

.. math::
    \sqrt A - B = \frac{A - B^2}{\sqrt A + B}, \qquad
    \sqrt A - \sqrt C = \frac{A - C}{\sqrt A + \sqrt C}, \qquad
    A^p - B = B\,\mathrm{expm1}\Bigl(p\,\mathrm{log1p}\,\frac{A - B^{1/p}}{B^{1/p}}\Bigr)

used where terms of A cancel against the other side once, in symbols, and so need not cancel in numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from numerics.arguments import takes
from numerics.codegen.expansion import about_its_centre, short_expansion
from numerics.codegen.exponentials import exponential_factor
from numerics.codegen.one_denominator import distance_from_one
from theory.argument_kinds import EXPRESSIONS

MOST_QUOTIENTS = 6
"""Beyond, pairs of quotients are not looked for."""

MOST_TERMS = 40
"""Beyond, pairs are not looked for."""

HIGHEST_POWER = 3
"""Of a sum that is multiplied out: the terms of higher ones cancel where the power itself is small."""


@takes(terms=EXPRESSIONS)
def difference_of_powers(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with one cancelling pair replaced by an accurate term, or ``None`` if there is none.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> difference_of_powers([sp.sqrt(1 + x), sp.Integer(-1)])
        [x/(sqrt(x + 1) + 1)]
        >>> difference_of_powers([3 * (1 + x) ** sp.Rational(1, 3), sp.Integer(-3)])
        [3*expm1(log1p(x)/3)]
    """
    if len(terms) > MOST_TERMS:
        return None
    for i, term in enumerate(terms):
        if (beside := _beside_a_number(terms, term)) is not None:
            return beside
        for factor in sp.Mul.make_args(term):
            if not (factor.is_Pow and factor.exp.is_Rational and not factor.exp.is_Integer):
                continue
            c = sp.Mul(*(other for other in sp.Mul.make_args(term) if other != factor))
            if not factor.base.is_Add:
                continue
            for j, partner in enumerate(terms):
                B, back = _by_modulus(-partner / c)
                accurate = None if i == j else _difference(factor.base, factor.exp, B)
                if accurate is not None:
                    return [c * accurate * back, *(other for k, other in enumerate(terms) if k not in (i, j))]
    return None


@takes(terms=EXPRESSIONS)
def difference_of_quotients(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with a pair P/R - Q/R as (P - Q)/R where terms of P and Q cancel, or ``None`` if there is none.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> difference_of_quotients([sp.S.One, -(x**2) / (x**2 + 1)])
        [1/(x**2 + 1)]
    """
    if len(terms) > MOST_QUOTIENTS:
        return None
    for i, j in itertools.combinations(range(len(terms)), 2):
        if not any(_has_a_sum_for_factor(terms[k]) for k in (i, j)):
            continue
        for first, second in ((terms[i], terms[j]), (terms[j], terms[i])):
            factors = sp.Mul.make_args(-first / second)
            below = [1 / f for f in factors if f.is_Pow and f.exp.is_Integer and f.exp < 0]
            above = [f for f in factors if not (f.is_Pow and f.exp.is_Integer and f.exp < 0)]
            Q, P = sp.Mul(*below), sp.Mul(*above)
            if not below or not (Q.is_Add or P.is_Add):
                continue
            if not (_is_polynomial_in_roots(P) and _is_polynomial_in_roots(Q)):
                continue
            if any(power.base.is_Add and power.exp > HIGHEST_POWER for power in (P * Q).atoms(sp.Pow)):
                continue
            gap = about_its_centre(Q - P, short_expansion)
            together = len(sp.Add.make_args(short_expansion(Q))) + len(sp.Add.make_args(short_expansion(P)))
            if len(sp.Add.make_args(gap)) < together - 1:
                return [second * gap / Q, *(term for k, term in enumerate(terms) if k not in (i, j))]
    return None


def _has_a_sum_for_factor(term: sp.Expr) -> bool:
    """Whether a sum, or a power of one, is among the factors; a quotient of terms without any has none either."""
    return any(factor.as_base_exp()[0].is_Add for factor in sp.Mul.make_args(term))


def _is_polynomial_in_roots(expression: sp.Expr) -> bool:
    """Whether it is a polynomial once each root of a sum is a letter of its own."""
    roots = {power for power in expression.atoms(sp.Pow) if power.exp.is_Rational and power.exp.q == 2}
    return bool(expression.xreplace({root: sp.Dummy() for root in roots if root.base.is_Add}).is_polynomial())


def _beside_a_number(terms: Sequence[sp.Expr], term: sp.Expr) -> list[sp.Expr] | None:
    """The terms with the pair c A**p - k in one, where A is close to what makes it vanish, to second order."""
    c, powers = term.as_coeff_mul()
    exponents = {power.as_base_exp()[1] for power in powers}
    p = max(exponents, default=sp.S.Zero, key=sp.default_sort_key)
    if not (p.is_Rational and not p.is_Integer and exponents <= {p, -p}):
        return None
    A = sp.Mul(*(power.as_base_exp()[0] ** (power.as_base_exp()[1] / p) for power in powers))
    for k in (-other for other in terms if other.is_number):
        # Numbers of different signs do not cancel: (-1)**2 is 1, and sqrt(A) + 1 no difference from 1.
        scale = (c / k) ** (1 / p) if (c / k).is_positive else sp.nan
        gap = distance_from_one(scale * A) if scale.is_Rational else None
        if gap is not None:
            # Clipped, so that the branch not taken is finite and so are its derivatives.
            near = k * expm1(p * log1p(sp.Max(gap, -sp.S.Half, evaluate=False)))
            pair = sp.Piecewise((near, sp.Abs(gap) < sp.S.Half), (term - k, True))
            return [pair, *(other for other in terms if other not in (term, -k))]
    return None


def _by_modulus(quotient: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """A quotient with sign(u)/u as 1/|u|, which is known to be positive, and the 1 that brings sign(u) back."""
    factors = sp.Mul.make_args(quotient)
    for factor in factors:
        if isinstance(factor, sp.sign) and 1 / factor.args[0] in factors:
            (u,) = factor.args
            return quotient / factor * u / sp.Abs(u), sp.Abs(u) / u * factor
    return quotient, sp.S.One


def _difference(A: sp.Expr, p: sp.Rational, B: sp.Expr) -> sp.Expr | None:
    """A**p - B, or ``None`` where no term of A cancels."""
    if B.has(sp.exp, sp.log):
        return None
    C = B ** (1 / p)  # holds for B > 0
    if B.is_Pow and B.exp == p:
        C = B.base
    elif not (C.is_Symbol or C.is_number or C.is_Mul or C.is_Pow):
        return None
    v = short_expansion(A - C)
    if len(sp.Add.make_args(v)) >= len(A.args) + len(sp.Add.make_args(C)) - 1 and not (v.is_number and v != 0):
        return None
    if B.is_nonpositive:  # asked last: signs of long products take their time
        return None
    root = sp.sqrt(A)
    if p == sp.S.Half:
        accurate = _beside_a_growing_root(root, v, B) or v / (root + B)
    elif p == -sp.S.Half:
        accurate = -v * B / (root * (root + 1 / B))
    else:
        accurate = B * expm1(p * log1p(v / C))
    if B.is_nonnegative or (1 / B).is_nonnegative or (B.is_Pow and B.exp == p):
        return accurate
    return sp.Piecewise((accurate, B > 0), (A**p - B, True)) if abs(p) == sp.S.Half else None


def _beside_a_growing_root(root: sp.Expr, v: sp.Expr, B: sp.Expr) -> sp.Expr | None:
    """v/(root + B) with root**2 = B**2 + v, where v is a number times exp(a): v overflows long before its root."""
    c, a = exponential_factor(v)
    if a == 0 or not (c.is_positive and c.is_number and B.is_positive and B.is_number):
        return None
    # Clipped, so that the branch not taken is finite and so are its derivatives.
    up, down = sp.Max(a, 0, evaluate=False), sp.Min(a, 0, evaluate=False)
    far = c * sp.exp(up / 2) / (sp.sqrt(c + B**2 * sp.exp(-up)) + B * sp.exp(-up / 2))
    near = c * sp.exp(down) / (sp.sqrt(B**2 + c * sp.exp(down)) + B)
    return sp.Piecewise((far, a > 0), (near, True))
