r"""Optimisers that treat every weight alike and on its own, as Adam does: which invariant sets of SGD they keep.

Their step moves the weight :math:`j` by a function of that weight's own gradients,

.. math:: \theta_j' = \theta_j - F_k\bigl(g_j^{(1)}, \dots, g_j^{(k)}\bigr), \qquad F_k(0, \dots, 0) = 0,

with the same :math:`F_k` for every weight. So weights whose gradients vanish stay where they are, and weights with
equal gradients move alike: sets where weights vanish or agree are kept. Other linear relations between gradients are
lost, because :math:`F` is not linear. Adam's first step, from moments at 0 and with their bias corrected, is

.. math:: F_1(g) = \eta\,\frac{g}{|g| + \epsilon} .

References:
    Kingma, Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

from theory.argument_kinds import EXPRESSIONS, FUNCTION, one_of, takes
from theory.errors import ShapeError
from theory.notation import eta
from theory.symmetry.affine_set import AffineSet
from theory.values import shown

stabiliser = sp.Symbol("epsilon", positive=True)
r"""Adam's :math:`\epsilon`."""


def adam_first_step(gradient: sp.Expr) -> sp.Expr:
    r"""Adam's first step :math:`\eta\,g/(|g| + \epsilon)`.

    The moments start at 0. With :math:`\hat m = (1-\beta_1)g/(1-\beta_1)` and
    :math:`\hat v = (1-\beta_2)g^2/(1-\beta_2)` it is :math:`\eta\,\hat m/(\sqrt{\hat v} + \epsilon)`.
    """
    return eta * gradient / (sp.Abs(gradient) + stabiliser)


@takes(affine_set=one_of(AffineSet, needed="an AffineSet"), losses=EXPRESSIONS, rule=FUNCTION)
def escaping_step(
    affine_set: AffineSet, losses: Sequence[sp.Expr], rule: Callable[[sp.Expr], sp.Expr]
) -> sp.ImmutableMatrix:
    r"""What of a step leaves the set: :math:`N\,F(\nabla l)` on it, F weight by weight. Shape ``(r, 1)``.

    Args:
        affine_set: The set.
        losses: Losses of the samples of the mini-batch, whose mean gradient the rule is applied to.
        rule: :math:`F`, a function of one expression.

    Example:
        >>> v, w = sp.symbols("v w", real=True)
        >>> valley = (v + 2 * w) ** 2 / 2  # symmetric under exchange of (2, -1) with its opposite
        >>> escaping_step(AffineSet([v, w], [2 * v - w - 1]), [valley], lambda g: g)
        Matrix([[0]])
        >>> escaping_step(AffineSet([v, w], [2 * v - w - 1]), [valley], lambda g: g**3).subs(w, 0)
        Matrix([[-3/4]])
    """
    mean = sp.Add(*losses) / len(losses)
    gradients = [sp.expand(affine_set.restrict(sp.diff(mean, weight))) for weight in affine_set.state]
    try:
        moved = sp.Matrix([rule(gradient) for gradient in gradients])
    except TypeError as error:
        raise ShapeError(f"rule must make one expression of one expression, got {shown(rule)}: {error}") from None
    return sp.ImmutableMatrix(affine_set.normals * moved)
