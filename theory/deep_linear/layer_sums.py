r"""Sums over the layers of a deep linear network, in closed form for every depth.

On the aligned balanced manifold every layer is diagonal in common frames, :math:`u_i = w_i^{1/L}` for mode i, and sums
over layers are sums of powers of the squares :math:`r_i = u_i^2 = |w_i|^{2/L}`:

.. math::
    c(p, q) = \sum_{l=1}^L p^{L-l} q^{l-1} = \frac{p^L - q^L}{p - q}, \qquad
    \kappa(p, q) = \sum_{1 \le m < l \le L} p^{L-1-(l-m)} q^{l-m-1}
    = \frac{\partial c}{\partial p} = \frac{q^L - L\,q\,p^{L-1} + (L-1)\,p^L}{(p - q)^2}.

The first is a geometric sum. A summand of the second depends on :math:`k = l - m` alone, and :math:`L - k` pairs of
layers have this distance; the factor :math:`L - k` is what :math:`\partial/\partial p` writes before
:math:`p^{L-k-1}`.
"""

from __future__ import annotations

import sympy as sp

from theory.values import single_expression

LARGEST_WRITTEN_OUT = 12
"""Sums over up to this many layers are written out as polynomials; beyond it, and for symbols, in closed form."""


def power_sum(p: sp.Expr, q: sp.Expr, depth: sp.Expr) -> sp.Expr:
    r"""The sum :math:`c(p, q) = \sum_{l=1}^L p^{L-l}q^{l-1}`.

    Example:
        >>> p, q, L = sp.symbols("p q L", positive=True)
        >>> power_sum(p, q, sp.Integer(3)), power_sum(p, q, L), power_sum(p, p, L)
        (p**2 + p*q + q**2, (p**L - q**L)/(p - q), L*p**(L - 1))
    """
    p, q, depth = _read(p, q, depth)
    if p == q:
        return depth * p ** (depth - 1)
    if _is_short(depth):
        return sp.Add(*(p ** (depth - l) * q ** (l - 1) for l in range(1, int(depth) + 1)))
    return (p**depth - q**depth) / (p - q)


def pair_sum(p: sp.Expr, q: sp.Expr, depth: sp.Expr) -> sp.Expr:
    r"""The sum :math:`\kappa(p, q) = \sum_{k=1}^{L-1}(L-k)\,p^{L-k-1}q^{k-1}` over ordered pairs of layers.

    Example:
        >>> p, q, L = sp.symbols("p q L", positive=True)
        >>> pair_sum(p, q, sp.Integer(3)), pair_sum(p, p, sp.Integer(3)), pair_sum(p, q, sp.Integer(1))
        (2*p + q, 3*p, 0)
        >>> pair_sum(p, q, L)
        (-L*p**(L - 1)*q + p**L*(L - 1) + q**L)/(p - q)**2
    """
    p, q, depth = _read(p, q, depth)
    if p == q:
        return depth * (depth - 1) / 2 * p ** (depth - 2)
    if _is_short(depth):
        return sp.Add(*((depth - k) * p ** (depth - k - 1) * q ** (k - 1) for k in range(1, int(depth))))
    return (q**depth - depth * q * p ** (depth - 1) + (depth - 1) * p**depth) / (p - q) ** 2


def _read(p: sp.Expr, q: sp.Expr, depth: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    return single_expression(p, "p"), single_expression(q, "q"), single_expression(depth, "depth", real=True)


def _is_short(depth: sp.Expr) -> bool:
    return depth.is_Integer is True and depth <= LARGEST_WRITTEN_OUT
