"""Expressions in plainer symbols.

Roots and functions of parameters become symbols, so that polynomials in them have a domain with fast arithmetic;
complex symbols become two real ones, so that points can be drawn for them.
"""

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


@takes(expression=EXPRESSION)
def by_real_parts(expression: sp.Expr) -> sp.Expr:
    """``expression`` with symbols that are declared complex or imaginary written by real ones.

    A symbol without assumptions is taken real, except where a conjugate, a real or imaginary part is formed of it.

    Example:
        >>> z = sp.Symbol("z", complex=True)
        >>> by_real_parts(z * sp.conjugate(z))
        (-I*im_z + re_z)*(I*im_z + re_z)
    """
    parts: dict[sp.Symbol, sp.Expr] = {}
    meant_complex = {
        s
        for part in expression.atoms(sp.conjugate, sp.re, sp.im, sp.arg)
        for s in part.free_symbols
        if s.is_real is None
    }
    for symbol in sorted(expression.free_symbols, key=str):
        if symbol.is_imaginary:
            parts[symbol] = sp.I * sp.Symbol(f"im_{symbol.name}", real=True, nonzero=True)
        elif symbol in meant_complex or symbol.is_complex and symbol.is_real is None:
            parts[symbol] = sp.Symbol(f"re_{symbol.name}", real=True) + sp.I * sp.Symbol(f"im_{symbol.name}", real=True)
    return expression.xreplace(parts) if parts else expression
