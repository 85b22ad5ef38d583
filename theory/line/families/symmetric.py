"""Laws that are even about a point, read from the law of the distance to it."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.line.families.family import Family, piecewise, shifted_moment, whole_order


@dataclass(frozen=True)
class Symmetric(Family):
    r"""The kernel :math:`k(|x-m|)` with a known family on the half-line.

    Attributes:
        location: m.
        half: the law of :math:`|x-m|`.
    """

    location: sp.Expr
    half: Family

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return self.half.kernel.subs(self.half.variable, sp.Abs(self.variable - self.location))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return 2 * self.half.kernel_integral

    @property
    def cancels(self) -> bool:
        """As of the half."""
        return self.half.cancels

    @property
    def normalisable(self) -> Boolean:
        """That of the half."""
        return self.half.normalisable

    @property
    def mode(self) -> sp.Expr:
        """The centre where the half is largest at 0; nan where two points are equally high."""
        peak = self.half.mode
        given = peak.args if isinstance(peak, sp.Piecewise) else ((peak, sp.true),)
        return piecewise(*((self.location if value == 0 else sp.nan, condition) for value, condition in given))

    @property
    def variance(self) -> sp.Expr:
        """The second moment of the half."""
        return self.half.moment(2)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """That of the half, for the orders 0, 1, 2, ..."""
        return sp.false if whole_order(k) is None else self.half.moment_exists(k)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return shifted_moment(self.location, lambda n: sp.S.Zero if n % 2 else self.half._moment(sp.Integer(n)), k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        distance = self._point(x) - self.location
        y = self.half.variable
        below, above = (self.half.cdf(y).subs(y, side * distance) for side in (-1, 1))
        return sp.Piecewise(((1 - below) / 2, distance < 0), ((1 + above) / 2, True))
