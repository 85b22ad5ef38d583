r"""The product :math:`u\cdot w` of two vectors: descent aligns them, neuron by neuron, exactly.

For a loss :math:`l = f(u\cdot w; x)` and the derivative :math:`\hat g` of a mini-batch in :math:`v = u\cdot w` one step
with weight decay :math:`\lambda` is

.. math::
    p' = (1 - \eta\lambda - \eta\hat g)\,p, \quad q' = (1 - \eta\lambda + \eta\hat g)\,q, \qquad p = u + w,\; q = u - w,

so that the matrix :math:`M = uu^\top - ww^\top = \frac12(pq^\top + qp^\top)` is multiplied by a number,

.. math:: M' = \bigl((1-\eta\lambda)^2 - \eta^2\hat g^2\bigr)M .

It vanishes iff :math:`u = \pm w`: then every neuron has an output :math:`u_iw_i` of the same sign. Its size over many
steps is the product of the factors; with learning rates :math:`\eta|\hat g| < \sqrt 2` each of them is below 1 in
modulus. But the product need not tend to 0: where the data can be fit and :math:`\sum\hat g^2` is finite, training
stops at some :math:`M \ne 0`. The rate of the diffusion, :math:`T\,\mathrm{Var}\,l'(v)`, counts the variance only.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from theory.errors import ShapeError
from theory.values import column, listed, single_expression


def imbalance_factor(learning_rate: sp.Expr, batch_slope: sp.Expr, *, weight_decay: sp.Expr | float = 0) -> sp.Expr:
    r"""The factor :math:`(1-\eta\lambda)^2 - \eta^2\hat g^2` of :math:`M` in one step.

    Example:
        >>> eta, g = sp.symbols("eta g", real=True)
        >>> imbalance_factor(eta, g)
        -eta**2*g**2 + 1
    """
    eta, g = single_expression(learning_rate, "learning_rate"), single_expression(batch_slope, "batch_slope")
    return (1 - eta * single_expression(weight_decay, "weight_decay")) ** 2 - eta**2 * g**2


def total_imbalance_factor(
    learning_rate: sp.Expr, batch_slopes: Iterable[sp.Expr], *, weight_decay: sp.Expr | float = 0
) -> sp.Expr:
    """The factor of :math:`M` over all steps with these slopes, the product of :func:`imbalance_factor`."""
    slopes = listed(batch_slopes, "batch_slopes")
    return sp.Mul(*(imbalance_factor(learning_rate, g, weight_decay=weight_decay) for g in slopes))


def squared_gap(u: sp.MatrixBase, w: sp.MatrixBase) -> sp.Expr:
    r""":math:`|p|^2|q|^2 = (|u|^2 + |w|^2)^2 - 4(u\cdot w)^2`, which the square of the factor multiplies in each step.

    Example:
        >>> squared_gap(sp.Matrix([1, 2]), sp.Matrix([2, 1]))
        36
    """
    incoming, outgoing = column(u, "u"), column(w, "w")
    if incoming.rows != outgoing.rows or not incoming.rows:
        raise ShapeError(f"u and w must have one length, at least 1, got {incoming.rows} and {outgoing.rows}.")
    size = (incoming.T * incoming)[0] + (outgoing.T * outgoing)[0]
    return sp.expand(size**2 - 4 * (incoming.T * outgoing)[0] ** 2)
