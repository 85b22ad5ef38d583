"""Families on the line with a bell: normal, log-normal, Student t."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.line.families.family import Family, numbered_order, shifted_moment, whole_order
from theory.values import single_expression


@dataclass(frozen=True)
class Normal(Family):
    r"""The kernel :math:`e^{-(x-m)^2/(2v)}` on the line."""

    location: sp.Expr
    spread: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return sp.exp(-((self.variable - self.location) ** 2) / (2 * self.spread))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return sp.sqrt(2 * sp.pi * self.spread)

    @property
    def normalisable(self) -> Boolean:
        """The condition for a positive variance."""
        return positive(self.spread)

    @property
    def mode(self) -> sp.Expr:
        """The mean; nan where the density is unbounded at both ends."""
        return self._where_normalisable(self.location)

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(self.spread)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        return sp.false if whole_order(k) is None else sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        n, m, v = numbered_order(k), self.location, self.spread
        return sp.Add(
            *[sp.binomial(n, 2 * j) * sp.factorial2(2 * j - 1) * v**j * m ** (n - 2 * j) for j in range(n // 2 + 1)]
        )

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self._point(x)
        return (1 + sp.erf((x - self.location) / sp.sqrt(2 * self.spread))) / 2


@dataclass(frozen=True)
class LogNormal(Family):
    r"""The kernel :math:`x^{-1} e^{-(\log x-m)^2/(2v)}` on the positive half-line: log x is normal.

    Attributes:
        location: m, the mean of log x.
        spread: v, its variance.
    """

    location: sp.Expr
    spread: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return sp.exp(-((sp.log(self.variable) - self.location) ** 2) / (2 * self.spread)) / self.variable

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return sp.sqrt(2 * sp.pi * self.spread)

    @property
    def normalisable(self) -> Boolean:
        """The condition for a positive variance of log x."""
        return positive(self.spread)

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest."""
        return self._where_normalisable(sp.exp(self.location - self.spread))

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(sp.exp(2 * self.location + self.spread) * (sp.exp(self.spread) - 1))

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        return self._where_normalisable(self.location)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """True: all moments are finite, of negative and broken order too."""
        single_expression(k, "k", real=True)
        return sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return sp.exp(k * self.location + k**2 * self.spread / 2)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        return (1 + sp.erf((sp.log(self._point(x)) - self.location) / sp.sqrt(2 * self.spread))) / 2


@dataclass(frozen=True)
class StudentT(Family):
    r"""The kernel :math:`((x-m)^2 + w)^{-(\nu+1)/2}` on the line: Student's t with scale :math:`\sqrt{w/\nu}`.

    Attributes:
        location: m.
        squared_width: w.
        degrees: :math:`\nu`, the degrees of freedom; 1 is the Cauchy law.
    """

    location: sp.Expr
    squared_width: sp.Expr
    degrees: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return ((self.variable - self.location) ** 2 + self.squared_width) ** (-(self.degrees + 1) / 2)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        half = self.degrees / 2
        return self.squared_width ** (-half) * sp.sqrt(sp.pi) * sp.gamma(half) / sp.gamma(half + sp.S.Half)

    @property
    def normalisable(self) -> Boolean:
        """The condition on degrees and width."""
        return simplified(sp.And(positive(self.degrees), positive(self.squared_width)))

    @property
    def mode(self) -> sp.Expr:
        """The centre."""
        return self._where_normalisable(self.location)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = whole_order(k)
        return sp.false if order is None else sp.true if order == 0 else positive(self.degrees - order)

    @property
    def variance(self) -> sp.Expr:
        """The variance; infinite up to two degrees of freedom."""
        if self._never_exists(sp.Integer(2)):
            return self._where_normalisable(sp.oo)
        return self._where_finite(self._central(2), sp.Integer(2))

    def _central(self, n: int) -> sp.Expr:
        if n % 2:
            return sp.S.Zero
        steps = [(2 * j - 1) / (self.degrees - 2 * j) for j in range(1, n // 2 + 1)]
        return self.squared_width ** (n // 2) * sp.factor(sp.Mul(*steps))

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return shifted_moment(self.location, self._central, k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        distance, half = self._point(x) - self.location, self.degrees / 2
        if self.degrees == 1:
            return sp.S.Half + sp.atan(distance / sp.sqrt(self.squared_width)) / sp.pi
        peak = self.squared_width ** (-half - sp.S.Half) / self.kernel_integral
        ratio = -(distance**2) / self.squared_width
        return sp.S.Half + distance * peak * sp.hyper([sp.S.Half, half + sp.S.Half], [sp.Rational(3, 2)], ratio)
