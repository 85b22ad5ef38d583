"""Laws on a half-line that begins anywhere and points either way, read from the law of the distance to its end."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.line.families.family import Family, numbered_order, piecewise, whole_order


@dataclass(frozen=True)
class Placed(Family):
    r"""The kernel :math:`k(\pm(x-e))` with a known family on the positive half-line.

    Attributes:
        end: e, where the half-line begins.
        direction: 1 for :math:`(e, \infty)`, -1 for :math:`(-\infty, e)`.
        distance: the law of :math:`|x-e|`.
    """

    end: sp.Expr
    direction: int
    distance: Family

    def _away(self, x: sp.Expr) -> sp.Expr:
        return self.direction * (x - self.end)

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return self.distance.kernel.subs(self.distance.variable, self._away(self.variable))

    @property
    def kernel_integral(self) -> sp.Expr:
        """That of the distance."""
        return self.distance.kernel_integral

    @property
    def cancels(self) -> bool:
        """As of the distance."""
        return self.distance.cancels

    @property
    def normalisable(self) -> Boolean:
        """That of the distance."""
        return self.distance.normalisable

    @property
    def mode(self) -> sp.Expr:
        """That of the distance, put in its place."""
        peak = self.distance.mode
        given = peak.args if isinstance(peak, sp.Piecewise) else ((peak, sp.true),)
        return piecewise(*((self.end + self.direction * value, condition) for value, condition in given))

    @property
    def variance(self) -> sp.Expr:
        """That of the distance."""
        return self.distance.variance

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """That of the distance, for the orders 0, 1, 2, ..."""
        return sp.false if whole_order(k) is None else self.distance.moment_exists(k)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        n = numbered_order(k)
        powers = [self.distance._moment(sp.Integer(j)) if j else sp.S.One for j in range(n + 1)]
        return sp.Add(
            *(sp.binomial(n, j) * self.end ** (n - j) * self.direction**j * moment for j, moment in enumerate(powers))
        )

    def _beyond(self, k: sp.Expr) -> sp.Expr:
        """Infinite to the side where the half-line points."""
        return sp.oo if k.is_even else self.direction * sp.oo

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        y = self.distance.variable
        nearer = self.distance.cdf(y).subs(y, self._away(self._point(x)))
        return nearer if self.direction == 1 else 1 - nearer
