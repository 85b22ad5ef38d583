"""Two exponentials that meet in a corner: the stationary law of dry friction."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.line.families.family import Family, shifted_moment, whole_order


@dataclass(frozen=True)
class Laplace(Family):
    r"""The kernel :math:`e^{-r(x-m)}` right of m and :math:`e^{l(x-m)}` left of it, on the line.

    Attributes:
        location: m.
        left_rate: l.
        right_rate: r; the law is symmetric where both are equal.
    """

    location: sp.Expr
    left_rate: sp.Expr
    right_rate: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        distance = self.variable - self.location
        steepness, tilt = (self.left_rate + self.right_rate) / 2, (self.left_rate - self.right_rate) / 2
        return sp.exp(-sp.cancel(steepness) * sp.Abs(distance) + sp.cancel(tilt) * distance)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return sp.cancel(1 / self.left_rate + 1 / self.right_rate)

    @property
    def normalisable(self) -> Boolean:
        """The condition on both rates."""
        return simplified(sp.And(positive(self.left_rate), positive(self.right_rate)))

    @property
    def mode(self) -> sp.Expr:
        """The corner."""
        return self._where_normalisable(self.location)

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(sp.cancel(self._central(2) - self._central(1) ** 2))

    def _central(self, n: int) -> sp.Expr:
        sides = self.right_rate ** (-n - 1) + (-1) ** n * self.left_rate ** (-n - 1)
        return sp.factor(sp.factorial(n) * sides / self.kernel_integral)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        return sp.false if whole_order(k) is None else sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return shifted_moment(self.location, self._central, k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        distance, total = self._point(x) - self.location, self.left_rate + self.right_rate
        below = sp.cancel(self.right_rate / total) * sp.exp(self.left_rate * distance)
        above = 1 - sp.cancel(self.left_rate / total) * sp.exp(-self.right_rate * distance)
        return sp.Piecewise((below, distance < 0), (above, True))
