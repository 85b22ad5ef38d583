r"""Which saddles of a deep linear network are strict, for every depth.

At a balanced point that has learned a set of modes and knows nothing of the others, :math:`u_i = s_i^{1/L}` for a
learned mode i and :math:`u_j = 0` for an unlearned one, the second derivative of the population loss
:math:`\tfrac12\|M - W\|^2` has these curvatures besides those of the learned modes, all at least 0:

1. Of a learned i and an unlearned j: only the first and the last layer can move column and row j of W; their entries
   :math:`(i, j)` and :math:`(j, i)` have the block :math:`\begin{pmatrix} r & -s_ju \\ -s_ju & r \end{pmatrix}`,
   :math:`r = u_i^{2L-2}`, :math:`u = u_i^{L-2}`, with eigenvalues :math:`s_i^{(L-2)/L}(s_i \pm s_j)`.
2. Of two unlearned modes: for L = 2 the block has the eigenvalues :math:`\pm s_j`; for L > 2 it vanishes, and the first
   derivative along them that does not is that of order L, :math:`-L!\,s_j` along equal steps of all layers.

So a saddle that has learned the largest modes is strict for L = 2, with curvature :math:`-s_{r+1}`, and not strict for
L > 2; one that has left out a larger mode is strict for every depth. The origin, which has learned none, has a zero of
order L.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366), section
    2.3: "non-strict saddles are prevalent"; they are so from three layers on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import negative, sign, simplified
from theory.deep_linear.modewise import checked_depth, known_sign
from theory.errors import ShapeError, UnsupportedFormError
from theory.line.charts.powers import reduced_exponent
from theory.typeset import Typeset
from theory.values import listed


@dataclass(frozen=True)
class Saddle(Typeset):
    r"""The balanced critical point that has learned some modes and none of the others, in square layers.

    Attributes:
        depth: L, at least 2.
        learned: singular values s > 0 of the learned modes.
        unlearned: singular values of the others, at least one of them positive.

    Raises:
        ShapeError: nothing is left to learn.
        SymbolError: singular values of no known sign.
        UnsupportedFormError: one layer, whose loss is convex; or whether the depth is 2 is not known.

    Example:
        >>> from theory.parameters import parameter
        >>> s_1, s_2 = sp.Symbol("s_2", positive=True) + sp.Symbol("d", positive=True), sp.Symbol("s_2", positive=True)
        >>> Saddle(2, [s_1], [s_2]).smallest_curvature, Saddle(2, [s_1], [s_2]).is_strict
        (-s_2, True)
        >>> Saddle(parameter("L", above=2), [s_1], [s_2]).is_strict
        False
    """

    depth: sp.Expr
    learned: tuple[sp.Expr, ...]
    unlearned: tuple[sp.Expr, ...]

    def __post_init__(self) -> None:
        L = checked_depth(self.depth)
        if sign(L - 2) not in (0, 1):
            raise UnsupportedFormError(
                f"depth must be 2 or known to be above 2, got {L}: one layer has no saddle, and 2 is special. "
                'Declare theory.parameters.parameter("L", above=2).'
            )
        object.__setattr__(self, "depth", L)
        for name, strictly in (("learned", True), ("unlearned", False)):
            values = listed(getattr(self, name), name)
            object.__setattr__(self, name, tuple(known_sign(s, name, strictly=strictly) for s in values))
        if not any(sign(s) == 1 for s in self.unlearned):
            raise ShapeError(
                f"unlearned must hold a positive singular value: else it is a minimum. Got {self.unlearned}."
            )

    @property
    def mixed_curvatures(self) -> tuple[sp.Expr, ...]:
        r"""The eigenvalues :math:`s_i^{(L-2)/L}(s_i \pm s_j)` of each learned and each unlearned mode."""
        power = reduced_exponent(1 - 2 / self.depth)
        return tuple(s**power * (s + side * r) for s in self.learned for r in self.unlearned for side in (-1, 1))

    @property
    def free_curvatures(self) -> tuple[sp.Expr, ...]:
        r"""The eigenvalues among unlearned modes: :math:`\pm s_j` for L = 2, zero for more layers."""
        if self.depth == 2:
            return tuple(side * r for r in self.unlearned for side in (-1, 1))
        return (sp.S.Zero,)

    @property
    def smallest_curvature(self) -> sp.Expr:
        """The smallest eigenvalue of the Hessian; a minimum of several where the assumptions do not order them."""
        found: list[sp.Expr] = []
        for value in (sp.S.Zero, *self.mixed_curvatures, *self.free_curvatures):
            if not any(sign(value - other) in (0, 1) for other in found):
                found = [other for other in found if sign(other - value) not in (0, 1)] + [value]
        return sp.Min(*found)

    @property
    def is_strict(self) -> Boolean:
        """The condition under which some curvature is negative."""
        every = (*self.mixed_curvatures, *self.free_curvatures)
        return simplified(sp.Or(*(negative(value) for value in every)))

    @property
    def escape_order(self) -> sp.Expr:
        r"""The order of the first derivative along the unlearned modes that does not vanish: L.

        Its value along equal steps of all layers in mode j is :math:`-L!\,s_j`.
        """
        return self.depth


def origin(depth: sp.Expr | int, singular_values: Sequence[sp.Expr]) -> Saddle:
    """The saddle at zero weights, which has learned nothing."""
    return Saddle(depth, (), singular_values)  # type: ignore[arg-type]
