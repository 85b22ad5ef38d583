r"""Irreducible factors of an expression in whatever it is a polynomial in, and the signs that follow from them.

SymPy factors polynomials in symbols; handed a product with :math:`\sqrt k`, :math:`k^r` or :math:`2^k` in it, its
``factor_list`` fails with an error of its own. So a product is split first, and each sum is factored as a polynomial
in its kernels: symbols, roots, symbolic powers and functions alike.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.polyutils import dict_from_expr

from theory.argument_kinds import EXPRESSION, takes
from theory.parameters import within_bounds

_MAX_DIGITS = 20_000
_MAX_DEGREE = 100
"""Polynomials of a higher degree are left whole: they are stored densely, and factoring them comes to no end."""

_MAX_TERMS = 40
"""Polynomials with more terms than this are not searched for a discriminant of known sign."""


@takes(expression=EXPRESSION)
def irreducible_factors(expression: sp.Expr) -> tuple[sp.Expr, dict[sp.Expr, int]]:
    """``(constant, factors)``: ``expression`` is the constant times each factor to its power, where it is defined.

    The constant is a number. Powers are whole; a root, or a power with a symbol in it, is a factor of its own.

    Example:
        >>> k, r = sp.symbols("k r", positive=True)
        >>> irreducible_factors(2 * sp.sqrt(k) * (k**2 + 2 * k * r + r**2))
        (2, {sqrt(k): 1, k + r: 2})
    """
    constant, found = sp.S.One, dict[sp.Expr, int]()

    def add(factor: sp.Expr, power: int) -> None:
        nonlocal constant
        if factor.is_number:
            constant *= factor**power
        elif factor.is_Mul:
            for part in factor.args:
                add(part, power)
        elif factor.is_Pow and factor.exp.is_Integer:
            add(factor.base, power * int(factor.exp))
        elif factor.is_Add:
            content, parts = _factors_of_sum(factor)
            constant *= content**power
            for part, multiplicity in parts:
                found[part] = found.get(part, 0) + power * multiplicity
        else:
            found[factor] = found.get(factor, 0) + power

    add(expression, 1)
    return constant, {factor: power for factor, power in found.items() if power}


def _factors_of_sum(total: sp.Expr) -> tuple[sp.Expr, list[tuple[sp.Expr, int]]]:
    total = sp.expand(total)
    if not total.is_Add:
        constant, parts = irreducible_factors(total)
        return constant, list(parts.items())
    try:
        exponents = dict_from_expr(total)[0]
        degree = max(map(max, exponents))
        digits = max((abs(n.p).bit_length() for n in total.atoms(sp.Rational)), default=1)
        if degree > _MAX_DEGREE or degree * digits > _MAX_DIGITS:  # exp(10**6*x/7) is the millionth power of a kernel
            return sp.S.One, [(total, 1)]
        content, parts = sp.Poly(total).factor_list()
    except BasePolynomialError:  # a Piecewise, say, is no generator
        return sp.S.One, [(total, 1)]
    return content, [(part.as_expr(), power) for part, power in parts]


@takes(factor=EXPRESSION)
@lru_cache(maxsize=4096)
def sign_of_factor(factor: sp.Expr) -> int | None:
    """-1, 0 or 1 where assumptions, declared bounds or a discriminant decide the sign of an irreducible factor.

    Example:
        >>> w, s, sigma = sp.symbols("w s sigma", positive=True)
        >>> sign_of_factor(sp.expand(2 * (s - w) ** 2 + sigma**2))
        1
    """
    known = _by_assumptions(factor)
    if known is not None or factor.is_number:
        return known
    bounded = [_sign_of_product(part) for part in within_bounds(factor)]
    if bounded:
        return bounded[0] if len(set(bounded)) == 1 else None
    return _sign_of_quadratic(factor)


def _by_assumptions(expression: sp.Expr) -> int | None:
    if expression.is_positive:
        return 1
    if expression.is_negative:
        return -1
    return 0 if expression.is_zero else None


def _sign_of_product(expression: sp.Expr) -> int | None:
    """The sign of an expression from those of its irreducible factors."""
    known = _by_assumptions(expression)
    if known is not None:
        return known
    numerator, denominator = sp.fraction(sp.together(expression))
    total = 1
    for part in (numerator, denominator):
        constant, factors = irreducible_factors(part)
        signs = [_by_assumptions(constant), *(_to_power(sign_of_factor(f), f, power) for f, power in factors.items())]
        for found in signs:
            if found is None:
                return None
            total *= found
    return total


def _to_power(known: int | None, factor: sp.Expr, power: int) -> int | None:
    if known is not None:
        return known if power % 2 else known**2
    return 1 if power % 2 == 0 and factor.is_nonzero else None


def _sign_of_quadratic(factor: sp.Expr) -> int | None:
    r"""The sign of :math:`a y^2 + b y + c` with a negative discriminant, y a symbol or an even power of one."""
    if not factor.is_Add or len(factor.args) > _MAX_TERMS:
        return None
    for symbol in sorted(factor.free_symbols, key=str):
        if not symbol.is_real:
            continue
        try:
            degrees = sp.Poly(factor, symbol).as_dict()
        except BasePolynomialError:
            continue
        top = max(degree for (degree,) in degrees)
        if top < 2 or top % 2 or not {degree for (degree,) in degrees} <= {0, top // 2, top}:
            continue
        a, b, c = (degrees.get((degree,), sp.S.Zero) for degree in (top, top // 2, 0))
        leading = _sign_of_product(a)
        if leading and _sign_of_product(sp.expand(b**2 - 4 * a * c)) == -1:
            return leading
    return None
