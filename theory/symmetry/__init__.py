r"""Symmetries of losses and the sets of weights that stochastic gradient descent keeps because of them.

* ``affine_set``: affine sets, and whether per-sample gradients leave them.
* ``reflection``: linear symmetries :math:`l(Q\theta) = l(\theta)` and the sets they fix.
* ``coordinatewise``: what Adam and other rules that act on each weight alone keep.
"""

from theory.symmetry.affine_set import AffineSet, is_invariant, normal_gradient
from theory.symmetry.reflection import escaping_gradients, fixed_set, invariant_set, keeps_its_fixed_set

__all__ = [
    "AffineSet",
    "escaping_gradients",
    "fixed_set",
    "invariant_set",
    "is_invariant",
    "keeps_its_fixed_set",
    "normal_gradient",
]
