r"""Airy's functions by Bessel functions of order one third, which every backend has.

With :math:`\zeta=\tfrac23|u|^{3/2}`,

.. math::
    \mathrm{Ai}(u)=\tfrac1\pi\sqrt{u/3}\,K_{1/3}(\zeta)\ (u>0),\qquad
    \mathrm{Ai}(u)=\tfrac13\sqrt{|u|}\,(J_{1/3}(\zeta)+J_{-1/3}(\zeta))\ (u<0)

and so for Bi and both derivatives.

References:
    *NIST Digital Library of Mathematical Functions*, section 9.6(i).
"""

from __future__ import annotations

import sympy as sp

from numerics.arguments import takes
from theory.argument_kinds import EXPRESSION

_THIRD = sp.Rational(1, 3)


@takes(u=EXPRESSION)
def airy_ai(u: sp.Expr) -> sp.Expr:
    """Ai(u)."""
    size, zeta = sp.Abs(u), _zeta(u)
    decaying = sp.sqrt(size / 3) * sp.besselk(_THIRD, zeta) / sp.pi
    return _by_side(
        u, decaying, sp.sqrt(size) * (sp.besselj(_THIRD, zeta) + sp.besselj(-_THIRD, zeta)) / 3, sp.airyai(0)
    )


@takes(u=EXPRESSION)
def airy_ai_prime(u: sp.Expr) -> sp.Expr:
    """Ai'(u)."""
    size, zeta = sp.Abs(u), _zeta(u)
    decaying = -size * sp.besselk(2 * _THIRD, zeta) / (sp.pi * sp.sqrt(3))
    return _by_side(
        u, decaying, size * (sp.besselj(2 * _THIRD, zeta) - sp.besselj(-2 * _THIRD, zeta)) / 3, sp.airyaiprime(0)
    )


@takes(u=EXPRESSION)
def airy_bi(u: sp.Expr) -> sp.Expr:
    """Bi(u)."""
    size, zeta = sp.Abs(u), _zeta(u)
    growing = sp.sqrt(size / 3) * (sp.besseli(_THIRD, zeta) + sp.besseli(-_THIRD, zeta))
    return _by_side(
        u, growing, sp.sqrt(size / 3) * (sp.besselj(-_THIRD, zeta) - sp.besselj(_THIRD, zeta)), sp.airybi(0)
    )


@takes(u=EXPRESSION)
def airy_bi_prime(u: sp.Expr) -> sp.Expr:
    """Bi'(u)."""
    size, zeta = sp.Abs(u), _zeta(u)
    growing = size * (sp.besseli(2 * _THIRD, zeta) + sp.besseli(-2 * _THIRD, zeta)) / sp.sqrt(3)
    return _by_side(
        u,
        growing,
        size * (sp.besselj(2 * _THIRD, zeta) + sp.besselj(-2 * _THIRD, zeta)) / sp.sqrt(3),
        sp.airybiprime(0),
    )


def _zeta(u: sp.Expr) -> sp.Expr:
    return 2 * sp.Abs(u) ** sp.Rational(3, 2) / 3


def _by_side(u: sp.Expr, above: sp.Expr, below: sp.Expr, at_zero: sp.Expr) -> sp.Expr:
    return sp.Piecewise((above, u > 0), (below, u < 0), (at_zero, sp.Eq(u, 0)))
