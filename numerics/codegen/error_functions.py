r"""Differences of two error functions, which cancel where their arguments are close and where both are large.

.. math::
    \operatorname{erf}u-\operatorname{erf}v=\frac{2(u-v)}{\sqrt\pi}\int_0^1e^{-(v+t(u-v))^2}\,dt

for close arguments, by the rule of Gauss and Legendre; elsewhere complementary error functions on one side of 0.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp
from sympy.integrals.quadrature import gauss_legendre

from numerics.arguments import takes
from theory.argument_kinds import REAL_EXPRESSION

_NODES = 8
_NEAR = sp.Rational(1, 4)
"""Up to which |u - v| (1 + |u| + |v|) the rule is exact to a double."""


@takes(u=REAL_EXPRESSION, v=REAL_EXPRESSION, gap=REAL_EXPRESSION)
def erf_minus(u: sp.Expr, v: sp.Expr, gap: sp.Expr) -> sp.Expr:
    """erf(u) - erf(v), where ``gap`` is u - v.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> near = erf_minus(x + 1, x, sp.S.One)
        >>> abs(float(near.subs(x, 6) / (sp.erfc(6) - sp.erfc(7))) - 1) < 1e-14
        True
    """
    mean = sum(weight * sp.exp(-((v + node * gap) ** 2)) for node, weight in _rule())
    near = sp.Abs(gap) * (1 + sp.Abs(u) + sp.Abs(v)) < _NEAR
    above, below = sp.And(u > 0, v > 0), sp.And(u < 0, v < 0)
    return sp.Piecewise(
        (2 * gap * mean / sp.sqrt(sp.pi), near),
        (_tail(v) - _tail(u), above),
        (_tail(-u) - _tail(-v), below),
        (sp.sign(gap) * (sp.erf(sp.Abs(u)) + sp.erf(sp.Abs(v))), True),
    )


def _tail(u: sp.Expr) -> sp.Expr:
    """erfc(u) on the right of 0, clipped, by which its differences are known to be in their last form."""
    return sp.erfc(sp.Max(u, 0, evaluate=False), evaluate=False)


@lru_cache(maxsize=1)
def _rule() -> list[tuple[sp.Rational, sp.Rational]]:
    """Nodes and weights on the unit interval, to thirty digits."""
    nodes, weights = gauss_legendre(_NODES, 30)
    return [((1 + sp.Rational(str(x))) / 2, sp.Rational(str(w)) / 2) for x, w in zip(nodes, weights, strict=True)]
