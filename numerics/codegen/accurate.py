"""Forms of the same function that lose no digits: cancelling differences, and functions that overflow halfway.

Both sides of each line agree for all real numbers; rounding tells them apart. Near an invariant set the left-hand sides
keep no correct digit, and a trajectory would be absorbed by rounding alone.

====================  ==========================================  ===============================
``exp(u) - 1``        ``expm1(u)``                                cancels as u -> 0
``log(1 + u)``        ``log1p(u)``                                cancels as u -> 0
``1 - cos(u)``        ``2 sin(u/2)**2``                           cancels as u -> 0
``cosh(u) - 1``       ``2 sinh(u/2)**2``                          cancels as u -> 0
``1 - erf(u)``        ``erfc(u)``                                 cancels as u -> oo
``1 - erfc(u)``       ``erf(u)``                                  cancels as u -> 0
``log(1 + exp(u))``   ``max(u, 0) + log1p(exp(-|u|))``            exp(u) overflows
``sech(u)``           ``2 e / (1 + e**2)``, ``e = exp(-|u|)``     the derivative of 1/cosh(u) overflows
``csch(u)``           ``2 sign(u) e / (1 - e**2)``                the derivative of 1/sinh(u) overflows
====================  ==========================================  ===============================

References:
    Higham, *Accuracy and Stability of Numerical Algorithms* (2002), sections 1.7 and 1.14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

_CANCELLING: dict[type, dict[int, Callable[[sp.Expr], sp.Expr]]] = {
    sp.exp: {-1: expm1},
    sp.cos: {-1: lambda u: -2 * sp.sin(u / 2) ** 2},
    sp.cosh: {-1: lambda u: 2 * sp.sinh(u / 2) ** 2},
    # Unevaluated, since SymPy would turn erfc(-u) back into 2 - erfc(u).
    sp.erf: {-1: lambda u: -sp.erfc(u, evaluate=False), 1: lambda u: sp.erfc(-u, evaluate=False)},
    sp.erfc: {-1: lambda u: -sp.erf(u), -2: lambda u: -sp.erfc(-u, evaluate=False)},
}
"""Function f, number k, and f(u) + k without cancellation."""


def without_cancellation(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with one cancelling pair replaced by a single accurate term, or ``None`` if there is no such pair.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> without_cancellation([x, y * sp.exp(x), -y])
        [y*expm1(x), x]
    """
    present = set(terms)
    for term in terms:
        factors = sp.Mul.make_args(term)
        for factor in factors:
            for k, accurate in _CANCELLING.get(type(factor), {}).items():
                c = sp.Mul(*(other for other in factors if other != factor))
                if k * c in present:
                    return [c * accurate(factor.args[0]), *(other for other in terms if other not in (term, k * c))]
    return None


def log_one_plus(u: sp.Expr) -> sp.Expr:
    """log(1 + u), also where u is an exponential that overflows."""
    if not isinstance(u, sp.exp):
        return log1p(u)
    (v,) = u.args
    return sp.Max(v, 0, evaluate=False) + log1p(sp.exp(-_modulus(v)))


def sech(u: sp.Expr) -> sp.Expr:
    """1 / cosh(u), whose derivative does not overflow either."""
    e = sp.exp(-_modulus(u))
    return 2 * e / (1 + e**2)


def csch(u: sp.Expr) -> sp.Expr:
    """1 / sinh(u), whose derivative does not overflow either."""
    return -2 * sp.sign(u) * sp.exp(-_modulus(u)) / expm1(-2 * _modulus(u))


def heaviside(u: sp.Expr, at_zero: sp.Expr = sp.S.Half) -> sp.Expr:
    """The unit step, NaN for NaN."""
    if at_zero == sp.S.Half:
        return (1 + sp.sign(u)) / 2
    return sp.Piecewise((0, u < 0), (1, u > 0), (at_zero, sp.Eq(u, 0)))


def _modulus(u: sp.Expr) -> sp.Expr:
    # Unevaluated, since SymPy's own forms of the modulus can hold real parts of complex numbers.
    return sp.Abs(u, evaluate=False)
