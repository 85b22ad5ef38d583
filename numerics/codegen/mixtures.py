r"""Sums of quotients over powers of one sum of unlike exponentials: derivatives of the logarithm of a mixture.

With :math:`Z=\sum_ie^{a_i}` and weights :math:`w_i=e^{a_i}/Z`, the second derivative of :math:`\log Z` is

.. math:: \sum_iw_ia_i'' + \sum_{i<j}w_iw_j(a_i'-a_j')^2,

which SymPy writes as :math:`\sum_iw_i(a_i''+a_i'^2) - (\sum_iw_ia_i')^2`: where one weight is close to 1 its square
cancels. Over one denominator it cancels in symbols. Powers of one exponential are dealt with in
:mod:`numerics.codegen.one_denominator`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from numerics.arguments import takes
from numerics.codegen.exponentials import exponential_factor, multiple
from theory.argument_kinds import EXPRESSIONS

MOST_TERMS = 8
"""Of a sum, and exponentials in its denominator."""

HIGHEST_POWER = 3
"""Of the denominator."""

MOST_OPERATIONS = 300
"""In a sum that is multiplied out."""


@takes(terms=EXPRESSIONS)
def over_one_mixture(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The terms over the power of a sum of unlike exponentials that stands below the line; ``None`` where none cancels.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> Z = sp.exp(x) + sp.exp(x**2)
        >>> over_one_mixture([x**2 * sp.exp(x**2) / Z, -((x * sp.exp(x**2)) ** 2) / Z**2])
        [x**2*exp(x)*exp(x**2)/(exp(x) + exp(x**2))**2]
    """
    if not 2 <= len(terms) <= MOST_TERMS or not any(term.has(sp.exp) for term in terms):
        return None
    denominators = [_mixture_below(term) for term in terms]
    found = {base for base, _ in denominators if base is not None}
    power = max((m for _, m in denominators), default=0)
    if len(found) != 1 or not 1 <= power <= HIGHEST_POWER or sum(int(t.count_ops()) for t in terms) > MOST_OPERATIONS:
        return None
    (Z,) = found
    weights = {part: sp.Dummy(f"E{i}", positive=True) for i, part in enumerate(_exponentials(Z))}
    below, generators = Z.xreplace(weights), list(weights.values())
    written = weights | _powers_of(weights, terms)
    parts = []
    for term, (base, m) in zip(terms, denominators, strict=True):
        above = (term * Z**m if base is not None else term).xreplace(written)
        if above.has(sp.exp) or not above.is_polynomial(*generators):
            return None
        parts.append(sp.Poly(above * below ** (power - m), *generators))
    total = sum(parts[1:], parts[0])
    if len(total.monoms()) >= len(set().union(*(part.monoms() for part in parts))):
        return None
    back = {symbol: part for part, symbol in weights.items()}
    made = [
        sp.factor(c) * sp.Mul(*(g**n for g, n in zip(generators, degrees, strict=True))) for degrees, c in total.terms()
    ]
    return [term.xreplace(back) * Z**-power for term in made]


def _powers_of(weights: Mapping[sp.Expr, sp.Expr], terms: Sequence[sp.Expr]) -> dict[sp.Expr, sp.Expr]:
    """Exponentials in the terms that are powers of one of the weights, as such."""
    found = {}
    for e in set().union(*(term.atoms(sp.exp) for term in terms)):
        for weight, symbol in weights.items():
            k, rest = multiple(e.args[0], weight.args[0]) if not e.is_number else (sp.S.Zero, sp.S.Zero)
            if k.is_Integer and k > 0 and rest == 0:
                found[e] = symbol**k
    return found


def _mixture_below(term: sp.Expr) -> tuple[sp.Expr | None, int]:
    """(Z, m) where Z**-m is a factor, Z a sum of exponentials that are no powers of one, else (None, 0)."""
    for factor in sp.Mul.make_args(term):
        base, m = factor.as_base_exp()
        if base.is_Add and m.is_Integer and m < 0 and _is_mixture(base):
            return base, int(-m)
    return None, 0


def _is_mixture(total: sp.Expr) -> bool:
    parts = [exponential_factor(term) for term in total.args]
    exponents = [a for _, a in parts if not a.is_number]
    if len(exponents) < 2 or len(parts) > MOST_TERMS or not all(c.is_positive for c, _ in parts):
        return False
    return any(multiple(a, exponents[0])[1] != 0 for a in exponents[1:])


def _exponentials(total: sp.Expr) -> list[sp.Expr]:
    return sorted((e for e in total.atoms(sp.exp) if not e.is_number), key=sp.default_sort_key)
