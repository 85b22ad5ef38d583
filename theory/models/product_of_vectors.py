r"""A loss of the product :math:`u\cdot w` of two vectors: all its charges, and one number that multiplies them all.

For :math:`l = f(u\cdot w; x)` with vectors of length d the symmetries are the rotations of the quadratic form
:math:`u\cdot w`: :math:`d(2d-1)` of them, more than the :math:`d^2` double rotations that textbooks name, and
:math:`d^2` carry a charge (found with a certificate by :func:`inner_product_symmetries`). With :math:`p = u + w`,
:math:`q = u - w` the charges are the entries of :math:`pq^\top`, whose symmetric part is
:math:`uu^\top - ww^\top` and whose antisymmetric part the areas :math:`u_jw_i - u_iw_j` that both vectors span.

One step on a mini-batch with the slope :math:`\hat g = \partial_vf`, :math:`v = u\cdot w`, and weight decay
:math:`\lambda` is

.. math::
    p' = (1 - \eta\lambda - \eta\hat g)\,p, \quad q' = (1 - \eta\lambda + \eta\hat g)\,q, \qquad
    pq^\top \mapsto \bigl((1-\eta\lambda)^2 - \eta^2\hat g^2\bigr)\,pq^\top ,

for every learning rate and batch. So no charge changes its direction, all of them decay together, and
:math:`|p|^2|q|^2 = (|u|^2+|w|^2)^2 - 4v^2` takes the square of the factor. The diffusion has the rate
:math:`T\,\mathrm{Var}\,\hat g` instead, which counts the variance alone.

All of it is derived here from the loss :math:`gv`, which has the gradient of :math:`f` for :math:`g = \partial_vf`.
The formulas written out are in :mod:`theory.models.neurons_of_one_sign`.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Section 4.2, for the
    symmetric part.
"""

from __future__ import annotations

import sympy as sp

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import UnsupportedFormError
from theory.gradient_noise.data_law import NamedMoments
from theory.gradient_noise.model import Model
from theory.notation import beta, eta
from theory.symmetry.affine_symmetries import AffineSymmetries
from theory.symmetry.find import find_affine_symmetries
from theory.symmetry.noether import noether_flow
from theory.symmetry.one_parameter import OneParameterSymmetry
from theory.symmetry.sample_losses import PerSampleLoss
from theory.values import count, single_expression

slope = sp.Symbol("g", real=True)
r"""The slope :math:`g = \partial_vf` of a sample; its moments are ``m_g``, ``m_gg``."""


def inner_product_vectors(length: int) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    r"""The vectors u and w. Shapes ``(d, 1)``."""
    d = count(length, "length", at_least=1, at_most=4)
    return tuple(sp.ImmutableMatrix(sp.symbols(f"{name}_1:{d + 1}", real=True)) for name in "uw")  # type: ignore[return-value]


def inner_product_model(length: int) -> Model:
    r"""The loss :math:`g\,u\cdot w` with a slope of unknown law: the gradient of every loss of :math:`u\cdot w`."""
    u, w = inner_product_vectors(length)
    return Model([*u, *w], slope * (u.T * w)[0], NamedMoments([slope], highest=2))


def inner_product_symmetries(length: int) -> AffineSymmetries:
    r"""All affine symmetries of :math:`(x\,u\cdot w - y)^2`.

    Example:
        >>> found = [inner_product_symmetries(d) for d in (1, 2)]
        >>> [(some.dimension, len(some.charged), some.is_complete) for some in found]
        [(1, 1, True), (6, 4, True)]
    """
    u, w = inner_product_vectors(length)
    x, y = sp.symbols("x y", real=True)
    return find_affine_symmetries(PerSampleLoss([*u, *w], (x * (u.T * w)[0] - y) ** 2))


def factor_in_a_step(quantity: sp.Expr, length: int, *, weight_decay: sp.Expr | float = 0) -> sp.Expr:
    r"""The number by which a step multiplies ``quantity``, an expression in the entries of u and w.

    Raises:
        UnsupportedFormError: it does not multiply it by one that is free of the weights.

    Example:
        >>> charges = inner_product_symmetries(2).charges
        >>> {factor_in_a_step(charge, 2) for charge in charges}
        {-eta**2*g**2 + 1}
    """
    problem, quantity = inner_product_model(length), single_expression(quantity, "quantity")
    decay = single_expression(weight_decay, "weight_decay")
    weights = sp.Matrix(problem.weights)
    step = weights - eta * (sp.Matrix(problem.sample_gradient) + decay * weights)
    after = quantity.subs(dict(zip(weights, step, strict=True)), simultaneous=True)
    factor = sp.cancel(after / quantity)
    if factor.has(*weights):
        raise UnsupportedFormError(
            f"a step must multiply quantity={quantity} by a number, got {factor}, which holds weights. Take a charge "
            "of inner_product_symmetries(length), or a product of entries of u + w and u - w."
        )
    return factor


def rate_of_the_diffusion(length: int) -> sp.Expr:
    r"""The rate at which all charges decay under the stochastic gradient flow, :math:`\frac\eta\beta\mathrm{Var}\,g`.

    Example:
        >>> rate_of_the_diffusion(2)
        -eta*(m_g**2 - m_gg)/beta
    """
    problem = inner_product_model(length)
    flows = [noether_flow(OneParameterSymmetry(problem, g), beta) for g in inner_product_symmetries(length).charged]
    rates = [sp.factor(-flow.drift / flow.charge) for flow in flows]
    if any(decide_zero(rate - rates[0]).kind is not ZeroKind.ZERO for rate in rates):
        raise AssertionError("the charges of a product decay together")
    return rates[0]
