"""Horner's form of a sum, where it saves multiplications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import sympy as sp


def number_and_factors(term: sp.Expr) -> tuple[sp.Expr, list[sp.Expr]]:
    """``term`` as a number times factors that are no numbers."""
    factors = sp.Mul.make_args(term)
    others = [factor for factor in factors if not factor.is_number]
    if len(others) == len(factors):
        return sp.S.One, others
    return sp.Mul(*(factor for factor in factors if factor.is_number)), others


def horner_groups(terms: Sequence[sp.Expr]) -> tuple[sp.Expr, dict[int, list[sp.Expr]]] | None:
    r"""A base g and coefficients with :math:`\sum_k c_k g^k` equal to the sum, where Horner's form saves operations."""
    powers = [_integer_powers(term) for term in terms]
    totals: Counter[sp.Expr] = Counter()
    for power in powers:
        totals.update(power)
    best, chosen = 0, None
    for base in (base for base, total in totals.items() if total > 1):
        # Exponent of the base to the numbers of factors beside it, term by term.
        others: dict[int, list[int]] = {}
        for term, power in zip(terms, powers, strict=True):
            unit = len(power) == 1 and base in power and number_and_factors(term)[0] in (1, -1)
            others.setdefault(power.get(base, 0), []).append(0 if unit else 1)
        saving = _cost_of_powers(others) - _cost_of_horner(others)
        if saving > best:
            best, chosen = saving, base
    if chosen is None:
        return None
    coefficients: dict[int, list[sp.Expr]] = {}
    for term, power in zip(terms, powers, strict=True):
        k = power.get(chosen, 0)
        coefficients.setdefault(k, []).append(_without(term, chosen) if k else term)
    return chosen, coefficients


def _without(term: sp.Expr, base: sp.Expr) -> sp.Expr:
    # Not by division, after which SymPy keeps a**(b - 1) * a**(1 - b) as it is.
    return sp.Mul(*(factor for factor in sp.Mul.make_args(term) if _integer_power(factor)[0] != base))


def _integer_power(factor: sp.Expr) -> tuple[sp.Expr, int]:
    """(base, n) of base**n with a positive integer n, else (factor, 1)."""
    if factor.is_Pow and factor.exp.is_Integer and factor.exp > 0:
        return factor.base, int(factor.exp)
    return factor, 1


def _integer_powers(term: sp.Expr) -> dict[sp.Expr, int]:
    """Base to exponent of the factors that are no numbers."""
    return dict(_integer_power(factor) for factor in sp.Mul.make_args(term) if not factor.is_number)


def _power_cost(n: int) -> int:
    """Multiplications in x**n by squaring."""
    return n.bit_length() + n.bit_count() - 2


def _cost_of_powers(others: Mapping[int, list[int]]) -> int:
    """Multiplications when each power is formed for itself; ``others`` tells which powers have a coefficient."""
    return sum(sum(entries) + _power_cost(k) for k, entries in others.items() if k)


def _cost_of_horner(others: Mapping[int, list[int]]) -> int:
    exponents = sorted({*others, 0}, reverse=True)
    gaps = [high - low for high, low in pairwise(exponents)]
    first_is_free = others[exponents[0]] == [0]
    return len(gaps) - first_is_free + sum(_power_cost(gap) for gap in set(gaps))
