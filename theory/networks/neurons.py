r"""How far apart are two neurons, which have vanished, how many directions do they span: the formulas.

.. math:: \mathrm{dist}(u, v) = \frac{2\,\|u - v\|^2}{\|u\|^2 + \|v\|^2}

For independent standard Gaussian vectors, :math:`a = (u+v)/\sqrt2` and :math:`b = (u-v)/\sqrt2` are independent
standard Gaussian too and :math:`\mathrm{dist} = 4\|b\|^2/(\|a\|^2 + \|b\|^2)`: four times a Beta variable, exactly,
whatever the variance.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Section 5, Appendix J.
    Roy, Vetterli, "The effective rank", EUSIPCO (2007).
    Anderson, *An Introduction to Multivariate Statistical Analysis* (2003), ch. 7 (quotients of chi-squares).
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, EXPRESSIONS, MATRIX, REAL_EXPRESSION, takes
from theory.errors import ShapeError, SymbolError
from theory.line.charts.interval import Interval
from theory.line.families import Beta

distance = sp.Symbol("dist", positive=True)
"""A normalised distance."""


def squared_norm(u: sp.MatrixBase) -> sp.Expr:
    r""":math:`\|u\|^2` of a real column."""
    return sp.Add(*(entry**2 for entry in u))


@takes(u=MATRIX, v=MATRIX)
def normalised_distance(u: sp.MatrixBase, v: sp.MatrixBase) -> sp.Expr:
    r"""The normalised distance, through the rotation :math:`a = (u+v)/\sqrt2`, :math:`b = (u-v)/\sqrt2`.

    .. math:: \mathrm{dist} = \frac{4\|b\|^2}{\|a\|^2 + \|b\|^2}

    Args:
        u: A real column.
        v: Another one of the same shape.

    Raises:
        ShapeError: shapes differ.

    Example:
        >>> u_1, u_2 = sp.symbols("u_1 u_2", real=True)
        >>> u = sp.Matrix([u_1, u_2])
        >>> [sp.cancel(normalised_distance(u, v)) for v in (u, sp.Matrix([-u_2, u_1]), sp.zeros(2, 1), -u)]
        [0, 2, 2, 4]
    """
    if u.shape != v.shape:
        raise ShapeError(f"u and v must have the same shape, got {u.shape} and {v.shape}.")
    a, b = (u + v) / sp.sqrt(2), (u - v) / sp.sqrt(2)
    return 4 * squared_norm(b) / (squared_norm(a) + squared_norm(b))


@takes(dimension=EXPRESSION)
def distance_of_gaussians(dimension: sp.Expr) -> Beta:
    r"""The law of the distance of two independent Gaussian vectors :math:`N(0, s^2 I_d)`.

    :math:`\|a\|^2` and :math:`\|b\|^2` are independent, each :math:`s^2` times a chi-square of :math:`d` degrees of
    freedom, so that their share is Beta(d/2, d/2) and the distance four times it.

    Args:
        dimension: :math:`d`.

    Example:
        >>> d = sp.Symbol("d", positive=True, integer=True)
        >>> law = distance_of_gaussians(d)
        >>> law.mean, sp.factor(law.variance)
        (2, 4/(d + 1))
    """
    return Beta(distance, Interval(sp.S.Zero, sp.Integer(4)), sp.S.One, dimension / 2, dimension / 2)


@takes(threshold=REAL_EXPRESSION)
def relative_difference(threshold: sp.Expr) -> sp.Expr:
    r"""How far apart two neurons of equal norm are at a given distance: :math:`\|u - v\|/\|u\|`.

    Solved from the distance of :math:`u = (1, 0)` and :math:`v = (1 - \kappa c, \kappa s)` with
    :math:`\|v\| = 1`, :math:`c^2 + s^2 = 1`.

    Args:
        threshold: The distance, in (0, 4].

    Example:
        >>> relative_difference(sp.Rational(1, 100)), relative_difference(sp.Integer(4))
        (1/10, 2)
    """
    kappa = sp.Symbol("kappa", positive=True)
    u = sp.Matrix([1, 0])
    # ||v|| = 1 and ||u - v|| = kappa leave v = (1 - kappa^2/2, kappa sqrt(1 - kappa^2/4)).
    v = sp.Matrix([1 - kappa**2 / 2, kappa * sp.sqrt(1 - kappa**2 / 4)])
    equation = sp.cancel(sp.together(sp.expand(normalised_distance(u, v)))) - threshold
    roots = sp.Poly(sp.numer(sp.together(equation)), kappa).all_coeffs()
    leading, linear, constant = roots
    if linear != 0:
        raise SymbolError(f"threshold must be a number or a symbol other than {kappa}, got {threshold}.")
    return sp.sqrt(-constant / leading)


@takes(neuron=REAL_EXPRESSION, layer=EXPRESSIONS, fraction=REAL_EXPRESSION)
def below_fraction_of_largest(neuron: sp.Expr, layer: Sequence[sp.Expr], fraction: sp.Expr) -> Boolean:
    """A norm is below ``fraction`` of every norm of the layer's largest: of at least one of ``layer``.

    Args:
        neuron: Squared norm of the neuron's vector.
        layer: Squared norms of the vectors of the layer's neurons.
        fraction: As in "10 % of the maximum norm".

    Example:
        >>> x, y = sp.symbols("x y", positive=True)
        >>> below_fraction_of_largest(x, [x, y], sp.Rational(1, 10))
        x < y/100
    """
    others = [norm for norm in layer if norm != neuron]
    return sp.Or(*(sp.Lt(neuron, fraction**2 * norm) for norm in others))


@takes(values=EXPRESSIONS)
def spectral_entropy(values: Sequence[sp.Expr]) -> sp.Expr:
    r"""Entropy :math:`-\sum_i p_i\log p_i` of singular values, :math:`p_i = s_i/\sum_j s_j`.

    Example:
        >>> spectral_entropy([sp.Integer(1)] * 4)
        log(4)
    """
    total = sp.Add(*values)
    shares = [value / total for value in values]
    return -sp.Add(*(share * sp.log(share) for share in shares))


@takes(values=EXPRESSIONS)
def effective_rank(values: Sequence[sp.Expr]) -> sp.Expr:
    r"""Roy and Vetterli's effective rank :math:`\exp(-\sum_i p_i\log p_i) = \prod_i p_i^{-p_i}`.

    Example:
        >>> effective_rank([sp.Integer(1)] * 4)
        4
    """
    return sp.exp(spectral_entropy(values))
