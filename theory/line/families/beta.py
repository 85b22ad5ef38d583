"""Families with two algebraic ends: beta on a bounded interval, beta prime on a half-line."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.line.families.family import Family, gamma_ratio, piecewise, shifted_moment, whole_order
from theory.values import single_expression


@dataclass(frozen=True)
class BoundedPowers(Family):
    r"""Kernels that are :math:`(x-l)^{\alpha-1}(r-x)^{\beta-1}`, on a bounded interval, times what is positive there.

    Attributes:
        alpha: :math:`\alpha`.
        beta: :math:`\beta`.
    """

    alpha: sp.Expr
    beta: sp.Expr

    @property
    def width(self) -> sp.Expr:
        """The length of the interval."""
        return self.interval.right - self.interval.left

    @property
    def normalisable(self) -> Boolean:
        """The condition on both exponents."""
        return simplified(sp.And(positive(self.alpha), positive(self.beta)))

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        if self.interval.left == 0:
            return sp.true if order.is_nonnegative else positive(self.alpha + order)
        return sp.false if whole_order(order) is None else sp.true


@dataclass(frozen=True)
class Beta(BoundedPowers):
    r"""The kernel :math:`(x-l)^{\alpha-1}(r-x)^{\beta-1}` on a bounded interval :math:`(l, r)`."""

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, left, right = self.variable, self.interval.left, self.interval.right
        return (x - left) ** (self.alpha - 1) * (right - x) ** (self.beta - 1)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        a, b = self.alpha, self.beta
        return self.width ** (a + b - 1) * sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b)

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest; nan where that is not unique: flat, or unbounded at both ends."""
        a, b = self.alpha, self.beta
        left, right = self.interval.ends
        a_above, b_above = positive(a - 1), positive(b - 1)
        interior = left + self.width * (a - 1) / (a + b - 2)
        return piecewise(
            (interior, sp.And(a_above, b_above)),
            (left, sp.And(sp.Not(a_above), sp.Or(b_above, sp.And(positive(1 - a), sp.Not(positive(1 - b)))))),
            (right, sp.And(sp.Not(b_above), sp.Or(a_above, sp.And(positive(1 - b), sp.Not(positive(1 - a)))))),
            (sp.nan, sp.true),
        )

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x, for an interval that starts at 0."""
        if self.interval.left != 0:
            return super().log_mean
        mean = sp.log(self.interval.right) + sp.digamma(self.alpha) - sp.digamma(self.alpha + self.beta)
        return self._where_normalisable(mean)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        a, b, left = self.alpha, self.beta, self.interval.left
        if left == 0:
            return self.width**k * gamma_ratio(a, k) / gamma_ratio(a + b, k)
        return shifted_moment(left, lambda j: self.width**j * sp.rf(a, j) / sp.rf(a + b, j), k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self._point(x)
        share = (x - self.interval.left) / self.width
        if self.beta == 1:
            return share**self.alpha
        return sp.betainc_regularized(self.alpha, self.beta, 0, share)


@dataclass(frozen=True)
class BetaPrime(Family):
    r"""The kernel :math:`x^{p\alpha-1}(x^p+s)^{-\alpha-\beta}` on the positive half-line, with :math:`p > 0`.

    Attributes:
        alpha: :math:`\alpha`: the density is of order :math:`x^{p\alpha-1}` at 0.
        beta: :math:`\beta`: it is of order :math:`x^{-p\beta-1}` at infinity.
        scale: s.
        power: p.
    """

    alpha: sp.Expr
    beta: sp.Expr
    scale: sp.Expr
    power: sp.Expr = sp.S.One

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, p = self.variable, self.power
        return x ** (p * self.alpha - 1) * (x**p + self.scale) ** (-self.alpha - self.beta)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        a, b = self.alpha, self.beta
        return self.scale ** (-b) * sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b) / self.power

    @property
    def normalisable(self) -> Boolean:
        """The condition on both exponents."""
        return simplified(sp.And(positive(self.alpha), positive(self.beta)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest; the end 0 if it decreases."""
        p, excess = self.power, self.power * self.alpha - 1
        interior = sp.cancel(self.scale * excess / (p * self.beta + 1)) ** (1 / p)
        return self._where_normalisable(piecewise((interior, positive(excess)), (sp.S.Zero, sp.true)))

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        mean = (sp.log(self.scale) + sp.digamma(self.alpha) - sp.digamma(self.beta)) / self.power
        return self._where_normalisable(mean)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        lower = sp.true if order.is_nonnegative else positive(self.power * self.alpha + order)
        upper = sp.true if order.is_nonpositive else positive(self.power * self.beta - order)
        return sp.And(lower, upper)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        steps = k / self.power
        return self.scale**steps * gamma_ratio(self.alpha, steps) * gamma_ratio(self.beta, -steps)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        raised = self._point(x) ** self.power
        return sp.betainc_regularized(self.alpha, self.beta, 0, raised / (raised + self.scale))
