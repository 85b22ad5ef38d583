"""Roots and functions of parameters as symbols, so that polynomials in them have a domain with fast arithmetic."""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, takes


@takes(expression=EXPRESSION)
def with_plain_symbols(expression: sp.Expr) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr], int]:
    """``expression`` as a rational function of symbols, what they stand for, and how many stand for functions.

    A positive symbol k of which roots occur becomes a power of a root; functions, powers with symbols in the exponent
    and roots of sums become a symbol each. Relations between those, as of ``exp(k)`` and ``exp(2*k)``, are lost.

    Example:
        >>> k = sp.Symbol("k", positive=True)
        >>> plain, back, functions = with_plain_symbols(k + sp.sqrt(k) * sp.exp(k))
        >>> plain.is_polynomial(), plain.xreplace(back) == k + sp.sqrt(k) * sp.exp(k), functions
        (True, True, 1)
    """
    orders: dict[sp.Symbol, int] = {}
    for power in expression.atoms(sp.Pow):
        if power.base.is_Symbol and power.base.is_positive and power.exp.is_Rational and not power.exp.is_Integer:
            orders[power.base] = int(sp.ilcm(orders.get(power.base, 1), power.exp.q))
    roots = {symbol: sp.Dummy(f"root_{symbol.name}", positive=True) for symbol in orders}
    kernels: dict[sp.Expr, sp.Dummy] = {}

    def plain(e: sp.Expr) -> sp.Expr:
        if e.is_Symbol:
            return roots[e] ** orders[e] if e in roots else e
        if e.is_Rational:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*map(plain, e.args))
        if e.is_Pow and e.exp.is_Integer:
            return plain(e.base) ** e.exp
        if e.is_Pow and e.base in roots and e.exp.is_Rational:
            return roots[e.base] ** (e.exp * orders[e.base])
        return kernels.setdefault(e, sp.Dummy("kernel", real=e.is_real, positive=e.is_positive))

    result = plain(expression)
    back = {root: symbol ** sp.Rational(1, orders[symbol]) for symbol, root in roots.items()}
    return result, back | {dummy: kernel for kernel, dummy in kernels.items()}, len(kernels)
