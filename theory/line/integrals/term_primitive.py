r"""Primitives of single terms of a slope, each checked by differentiation.

.. math::
    \int x^r\log^n x\,dx = x^{r+1}\sum_{j=0}^n\frac{(-1)^j\,n!}{(n-j)!}\frac{\log^{n-j}x}{(r+1)^{j+1}},\qquad
    \int R\big(x, (ax+b)^{1/q}\big)\,dx = \int R\Big(\frac{u^q-b}{a}, u\Big)\frac{q\,u^{q-1}}{a}\,du .

Other terms are left to rules of SymPy, but for those which these search long and hardly ever find.
"""

from __future__ import annotations

import sympy as sp
from sympy.integrals.manualintegrate import manualintegrate
from sympy.integrals.rationaltools import ratint
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import EXPRESSION, SYMBOL, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.conditions.inequalities import sign

_WITH_SUMS_IN_SLOPES = (sp.atan, sp.acot, sp.asin, sp.acos, sp.asinh, sp.acosh, sp.atanh, sp.acoth)
"""Times a power that is not whole, by parts they leave a power over a sum."""


@takes(term=EXPRESSION, x=SYMBOL, inside=EXPRESSION)
def term_primitive(term: sp.Expr, x: sp.Symbol, inside: sp.Expr) -> sp.Expr | None:
    """A real primitive in closed form on an interval where the term is finite, with a point ``inside``; or None.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> term_primitive(x**2 * sp.log(x), x, sp.S.One)
        x**3*log(x)/3 - x**3/9
        >>> term_primitive(1 / (x * sp.sqrt(1 - x)), x, sp.S.Half)
        log(1 - sqrt(1 - x)) - log(sqrt(1 - x) + 1)
    """
    coefficient, rest = term.as_independent(x, as_Add=False)
    if rest.has(sp.log) and set(rest.as_powers_dict()) <= {x, sp.log(x)}:
        part = _power_times_logarithm(rest, x)
    elif _roots_of_sums(rest, x):
        part = _with_real_logarithms(_along_root(rest, x), x, inside)
    else:
        part = None if _is_hopeless(rest, x) else manualintegrate(rest, x)
    if part is None or part.has(sp.Integral, sp.Piecewise, sp.RootSum) or not _is_primitive(part, rest, x):
        return None
    return coefficient * part


def _power_times_logarithm(rest: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    powers = rest.as_powers_dict()
    n, raised = powers[sp.log(x)], sp.expand(powers[x] + 1)
    if not (n.is_Integer and n > 0) or raised.has(x) or raised != 0 and not sign(raised):
        return None
    if raised == 0:
        return sp.log(x) ** (n + 1) / (n + 1)
    parts = (sp.ff(n, j) * (-1) ** j * sp.log(x) ** (n - j) / raised ** (j + 1) for j in range(n + 1))
    return sp.Add(*(x**raised * part for part in parts))


def _roots_of_sums(rest: sp.Expr, x: sp.Symbol) -> set[sp.Pow]:
    return {e for e in rest.atoms(sp.Pow) if e.base.is_Add and e.has(x) and e.exp.is_Rational and not e.exp.is_Integer}


def _along_root(rest: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """A function rational in x and one root of a linear function, along that root; None for others."""
    roots = _roots_of_sums(rest, x)
    bases = {root.base for root in roots}
    if len(bases) != 1:
        return None if _is_hopeless(rest, x) else manualintegrate(rest, x)
    (base,) = bases
    slope = sp.diff(base, x)
    if slope.has(x):
        return None if _is_hopeless(rest, x) else manualintegrate(rest, x)
    q, u = sp.ilcm(1, *(root.exp.q for root in roots)), sp.Dummy("u", positive=True)
    held = rest.xreplace({root: u ** (root.exp * q) for root in roots})
    along = held.subs(x, (u**q - base.subs(x, 0)) / slope) * q * u ** (q - 1) / slope
    if not along.is_rational_function(u):
        return None
    try:
        return ratint(sp.cancel(along), u).subs(u, base ** sp.Rational(1, q))
    except (BasePolynomialError, NotImplementedError):
        return None


def _with_real_logarithms(part: sp.Expr | None, x: sp.Symbol, inside: sp.Expr) -> sp.Expr | None:
    """Logarithms of what is positive: their arguments have one sign, since the term is finite; None if it is open."""
    if part is None:
        return None
    real = {}
    for logarithm in part.atoms(sp.log):
        (argument,) = logarithm.args
        known = sign(argument.subs(x, inside))
        if not known:
            return None
        real[logarithm] = sp.log(known * argument)
    return part.xreplace(real)


def _is_hopeless(term: sp.Expr, x: sp.Symbol) -> bool:
    """Whether another function stands over a sum, where a primitive is searched for long and hardly ever found."""
    if term.has(*_WITH_SUMS_IN_SLOPES) and not sp.sympify(term.as_powers_dict()[x]).is_integer:
        return True
    below = sp.fraction(sp.together(term))[1]
    return not term.is_rational_function(x) and any(e.is_Add and e.has(x) for e in sp.preorder_traversal(below))


def _is_primitive(part: sp.Expr, term: sp.Expr, x: sp.Symbol) -> bool:
    residual = sp.diff(part, x) - term
    if residual == 0 or sp.expand(residual) == 0:
        return True
    simple = sp.cancel(sp.together(residual))
    return simple == 0 or proof_of_zero(simple) is not None
