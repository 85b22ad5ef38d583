r"""Polynomial inequalities by ordering the letters: a certificate with coefficients of one sign.

Where :math:`0\le x_1\le x_2\le\dots`, put :math:`x_1=t_1,\ x_2=t_1+t_2,\ \dots` with :math:`t_i\ge 0`. If the
polynomial has no negative coefficient in the :math:`t_i`, for any order of the letters, it is nowhere negative. What is
left over is ordered again, a few times. The inequality between arithmetic and geometric mean, Nesbitt's, and Motzkin's
polynomial, which is no sum of squares, are proved so.

References:
    Yang, "Solving harder problems with lesser mathematics", Proc. ATCM (2005): successive difference substitution.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import CONDITIONS, EXPRESSION, takes
from theory.decision.algebra.normal_form import proof_of_positivity
from theory.decision.points.region import AdmissibleRegion

_MAX_OPERATIONS = 300
_MAX_LETTERS = 4
_MAX_DEGREE = 12
_MAX_DEPTH = 3
"""How often what is left over is ordered again."""


@takes(expression=EXPRESSION, domain=CONDITIONS)
def proof_by_ordering(expression: sp.Expr, domain: Boolean | Sequence[Boolean] = ()) -> str | None:
    """A proof that a rational function is nowhere negative on the assumptions of its symbols, or None.

    Example:
        >>> p, q, r = sp.symbols("p q r", positive=True)
        >>> print(proof_by_ordering(p / (q + r) + q / (p + r) + r / (p + q) - sp.Rational(3, 2)))
        no negative coefficient is left for any order of p, q, r
        >>> print(proof_by_ordering(p**2 - 3 * p * q + q**2))
        None
    """
    if expression.count_ops() > _MAX_OPERATIONS:
        return None
    numerator, denominator = sp.fraction(sp.together(expression))
    symbols = sorted(numerator.free_symbols, key=str)
    if not symbols or not all(symbol.is_real for symbol in symbols):
        return None
    if denominator != 1 and proof_of_positivity(denominator, AdmissibleRegion.of((), domain).conditions) is None:
        return None
    try:
        polynomial = sp.Poly(numerator, *symbols)
    except BasePolynomialError:
        return None
    if not polynomial.domain.is_ZZ and not polynomial.domain.is_QQ or polynomial.total_degree() > _MAX_DEGREE:
        return None
    lower = _homogeneous(_of_sizes(polynomial, symbols))
    if len(lower.gens) > _MAX_LETTERS or not _nowhere_negative(lower, _MAX_DEPTH):
        return None
    return f"no negative coefficient is left for any order of {', '.join(_named(symbol) for symbol in symbols)}"


def _named(symbol: sp.Symbol) -> str:
    return str(symbol) if symbol.is_nonnegative else f"|{symbol}|"


def _of_sizes(polynomial: sp.Poly, symbols: Sequence[sp.Symbol]) -> sp.Poly:
    """A lower bound of ``polynomial`` in the sizes of its letters: a term whose sign may change counts as negative."""
    shift = {symbol: symbol + 1 for symbol in symbols if symbol.is_integer and symbol.is_positive}
    polynomial = sp.Poly(polynomial.as_expr().subs(shift, simultaneous=True), *symbols)
    turns = [i for i, symbol in enumerate(symbols) if not symbol.is_nonnegative]
    terms = {
        powers: -abs(value) if any(powers[i] % 2 for i in turns) else value for powers, value in polynomial.terms()
    }
    return sp.Poly(terms, *symbols)


def _homogeneous(polynomial: sp.Poly) -> sp.Poly:
    """The polynomial, homogeneous: 1 becomes a letter among the others."""
    return polynomial if polynomial.is_homogeneous else polynomial.homogenize(sp.Dummy("one"))


def _nowhere_negative(polynomial: sp.Poly, depth: int) -> bool:
    """Whether ``polynomial`` is proved not to be negative where no letter is."""
    if all(value >= 0 for value in polynomial.coeffs()):
        return True
    letters = polynomial.gens
    if not depth:
        return False
    diagonal = polynomial.eval(dict.fromkeys(letters, 1))
    if diagonal < 0 or any(polynomial.eval({x: int(x == y) for x in letters}) < 0 for y in letters):
        return False
    for order in itertools.permutations(letters):
        sums = dict(zip(order, itertools.accumulate(letters), strict=True))
        ordered = sp.Poly(polynomial.as_expr().subs(sums, simultaneous=True), *letters)
        if not _nowhere_negative(ordered, depth - 1):
            return False
    return True
