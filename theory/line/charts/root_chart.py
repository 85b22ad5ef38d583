r"""The coordinate in which the root of a quadratic is rational: :math:`z = \xi + \sqrt{1+\xi^2}`, an increasing one.

With :math:`\xi = x\sqrt{d/c}` and :math:`S = \sqrt{1+\xi^2}` it is :math:`\xi = (z - 1/z)/2` and
:math:`S = (z + 1/z)/2`, so that :math:`\sqrt{c + dx^2}` and x itself are sums of powers of z.
"""

from __future__ import annotations

from collections import defaultdict

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes


@takes(function=one_of(sp.Basic, needed="an expression, or several in a Tuple"), x=SYMBOL)
def root_of_quadratic(function: sp.Basic, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """``(c, d)``, both positive, where roots of ``c + d*x**2`` are the only roots of sums in the functions; else None.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> root_of_quadratic(x / sp.sqrt(k + 2 * x**2), x)
        (k, 2)
    """
    found: tuple[sp.Expr, sp.Expr] | None = None
    for power in sorted(function.atoms(sp.Pow), key=sp.default_sort_key):
        if power.exp.is_integer or not power.base.is_Add or not power.base.has(x):
            continue
        if not power.base.is_polynomial(x) or sp.cancel(2 * power.exp).is_integer is not True:
            return None
        polynomial = sp.Poly(power.base, x)
        c, d = polynomial.coeff_monomial(1), polynomial.coeff_monomial(x**2)
        if sp.expand(power.base - c - d * x**2) != 0 or not (c.is_positive and d.is_positive):
            return None
        if found is not None and sp.cancel(found[0] * d - found[1] * c) != 0:
            return None
        found = found or (c, d)
    return found


@takes(function=EXPRESSION, x=SYMBOL, z=SYMBOL)
def rational_in_root_chart(
    function: sp.Expr, x: sp.Symbol, quadratic: tuple[sp.Expr, sp.Expr], z: sp.Symbol
) -> sp.Expr:
    """A function of x and of the root, written with z."""
    c, d = quadratic

    def root(power: sp.Pow) -> sp.Expr:
        multiple = sp.cancel(power.base / (c + d * x**2))
        return (multiple * c) ** power.exp * ((z + 1 / z) / 2) ** sp.cancel(2 * power.exp)

    def is_root(e: sp.Basic) -> bool:
        return isinstance(e, sp.Pow) and e.base.is_Add and e.base.has(x) and not e.exp.is_integer

    return function.replace(is_root, root).subs(x, sp.sqrt(c / d) * (z - 1 / z) / 2)


@takes(product=EXPRESSION, z=SYMBOL, x=SYMBOL)
def in_root(product: sp.Expr, z: sp.Symbol, x: sp.Symbol, quadratic: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """A product of powers and exponentials in z as a function of x and the root, integer powers of z resolved."""
    c, d = quadratic
    xi, root = sp.sqrt(d / c) * x, sp.sqrt(c + d * x**2) / sp.sqrt(c)
    powers: dict[sp.Expr, sp.Expr] = defaultdict(lambda: sp.S.Zero)
    exponent = sp.S.Zero
    for factor in sp.Mul.make_args(product):
        base, raised = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            exponent += _resolved(factor.args[0], z, xi, root)
        elif base == z:
            powers[z] += raised
        elif base.is_polynomial(z) and sp.Poly(base, z).degree() == 2:
            first, middle, last = sp.Poly(base, z).all_coeffs()
            if sp.cancel(first - last) == 0:
                powers[z], powers[2 * first * root + middle] = powers[z] + raised, raised
            else:
                powers[base.subs(z, xi + root)] += raised
        else:
            powers[base.subs(z, xi + root)] += raised
    whole = powers.pop(z, sp.S.Zero)
    own = (xi + root) ** sp.expand(whole)
    return own * sp.Mul(*(base ** sp.expand(raised) for base, raised in powers.items())) * sp.exp(exponent)


def _resolved(argument: sp.Expr, z: sp.Symbol, xi: sp.Expr, root: sp.Expr) -> sp.Expr:
    """A sum of powers of z, with ``1/z = root - xi``."""
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(argument)):
        coefficient, power = term.as_independent(z, as_Add=False)
        n = power.as_base_exp()[1] if power != 1 else sp.S.Zero
        if power not in (1, z**n) or not n.is_Integer:
            return argument.subs(z, xi + root)
        total += coefficient * (root + sp.sign(n) * xi) ** abs(n)
    return sp.expand(total)
