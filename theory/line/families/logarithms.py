"""Families of logarithms on the line: of a gamma variable, and of the quotient of two (logistic)."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.line.families.family import Family, moment_from_cumulants, piecewise, whole_order


@dataclass(frozen=True)
class LogGamma(Family):
    r"""The kernel :math:`e^{c\alpha x - be^{cx}}` on the line: :math:`be^{cx}` is a Gamma variable of shape alpha.

    With alpha = 1 and negative c this is Gumbel's law.

    Attributes:
        shape: :math:`\alpha`.
        rate: b.
        slope: c, not zero.
    """

    shape: sp.Expr
    rate: sp.Expr
    slope: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, c = self.variable, self.slope
        return sp.exp(sp.expand(c * self.shape) * x - self.rate * sp.exp(c * x))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self.rate ** (-self.shape) * sp.gamma(self.shape) / sp.Abs(self.slope)

    @property
    def normalisable(self) -> Boolean:
        """The condition on shape and rate."""
        return simplified(sp.And(positive(self.shape), positive(self.rate)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest."""
        return self._where_normalisable(sp.log(sp.cancel(self.shape / self.rate)) / self.slope)

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(self._cumulant(2))

    def _cumulant(self, n: int) -> sp.Expr:
        constant = -sp.log(self.rate) if n == 1 else sp.S.Zero
        return (sp.polygamma(n - 1, self.shape) + constant) / self.slope**n

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        return sp.false if whole_order(k) is None else sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return moment_from_cumulants(self._cumulant, k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        point = self.rate * sp.exp(self.slope * self._point(x))
        below = sp.lowergamma(self.shape, point) / sp.gamma(self.shape)
        above = sp.uppergamma(self.shape, point) / sp.gamma(self.shape)
        return piecewise((below, positive(self.slope)), (above, sp.true))


@dataclass(frozen=True)
class Logistic(Family):
    r"""The kernel :math:`e^{\alpha u}(1+e^u)^{-\alpha-\beta}` with :math:`u = (x-m)/s` on the line.

    The logistic law for :math:`\alpha=\beta=1`; its hyperbolic secant for 1/2.

    Attributes:
        location: m.
        scale: s > 0.
        left: :math:`\alpha`: the left tail falls as :math:`e^{\alpha u}`.
        right: :math:`\beta`: the right one as :math:`e^{-\beta u}`.
    """

    location: sp.Expr
    scale: sp.Expr
    left: sp.Expr
    right: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        u = (self.variable - self.location) / self.scale
        return sp.exp(self.left * u) * (1 + sp.exp(u)) ** (-self.left - self.right)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self.scale * sp.gamma(self.left) * sp.gamma(self.right) / sp.gamma(self.left + self.right)

    @property
    def normalisable(self) -> Boolean:
        """The condition on both tails."""
        return simplified(sp.And(positive(self.left), positive(self.right)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest."""
        peak = self.location + self.scale * sp.log(sp.cancel(self.left / self.right))
        return self._where_normalisable(peak)

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(self._cumulant(2))

    def _cumulant(self, n: int) -> sp.Expr:
        value = self.scale**n * (sp.polygamma(n - 1, self.left) + (-1) ** n * sp.polygamma(n - 1, self.right))
        return value + self.location if n == 1 else value

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        return sp.false if whole_order(k) is None else sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return moment_from_cumulants(self._cumulant, k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        share = 1 / (1 + sp.exp(-(self._point(x) - self.location) / self.scale))
        if (self.left, self.right) == (1, 1):
            return share
        return sp.betainc_regularized(self.left, self.right, 0, share)
