"""Families on the positive half-line: gamma, generalised gamma, and their inverses."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import negative, nonnegative, positive, simplified, vanishes
from theory.errors import UnsupportedFormError
from theory.line.families.family import Family, gamma_ratio, piecewise
from theory.values import single_expression


@dataclass(frozen=True)
class GeneralisedGamma(Family):
    r"""The kernel :math:`x^{d-1} e^{-(x/\ell)^p}` on the positive half-line, with :math:`p > 0`.

    The stationary law of the double well is of this form with :math:`p = 2`.

    Attributes:
        shape: d.
        scale: the length :math:`\ell`.
        power: p.
    """

    shape: sp.Expr
    scale: sp.Expr
    power: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x = self.variable
        return x ** (self.shape - 1) * sp.exp(-((x / self.scale) ** self.power))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self.scale**self.shape * sp.gamma(self.shape / self.power) / self.power

    @property
    def normalisable(self) -> Boolean:
        """The condition on shape and scale."""
        return simplified(sp.And(positive(self.shape), positive(self.rate)))

    @property
    def rate(self) -> sp.Expr:
        r""":math:`\ell^{-p}`, of the sign that decides at infinity."""
        return sp.powdenest(self.scale**-self.power, force=True)

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest; an end if it is monotone, nan if it is unbounded at both ends or flat."""
        interior = sp.expand(sp.cancel(self.scale**self.power * (self.shape - 1) / self.power)) ** (1 / self.power)
        decays, grows = positive(self.rate), negative(self.rate)
        return piecewise(
            (interior, sp.And(positive(self.shape - 1), decays)),
            (sp.S.Zero, sp.Or(decays, sp.And(sp.Not(grows), negative(self.shape - 1)))),
            (sp.oo, sp.Or(positive(self.shape - 1), sp.And(grows, nonnegative(self.shape - 1)))),
            (sp.nan, sp.true),
        )

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        return self._where_normalisable(sp.log(self.scale) + sp.digamma(self.shape / self.power) / self.power)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        return sp.true if order.is_nonnegative else positive(self.shape + order)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        steps = k / self.power
        return self.scale**k * gamma_ratio(self.shape / self.power, steps)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self._point(x)
        ratio = self.shape / self.power
        return sp.lowergamma(ratio, (x / self.scale) ** self.power) / sp.gamma(ratio)


@dataclass(frozen=True)
class Gamma(GeneralisedGamma):
    r"""The kernel :math:`x^{k-1} e^{-x/\theta}` on the positive half-line: ``shape`` k, ``scale`` :math:`\theta`."""

    power: sp.Expr = sp.S.One


@dataclass(frozen=True)
class GeneralisedInverseGamma(Family):
    r"""The kernel :math:`x^{-d-1} e^{-(\ell/x)^p}` on the positive half-line, with :math:`p > 0`.

    Attributes:
        shape: d.
        scale: the length :math:`\ell`.
        power: p.
    """

    shape: sp.Expr
    scale: sp.Expr
    power: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x = self.variable
        return x ** (-self.shape - 1) * sp.exp(-((self.scale / x) ** self.power))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self.scale ** (-self.shape) * sp.gamma(self.shape / self.power) / self.power

    @property
    def normalisable(self) -> Boolean:
        """The condition on shape and scale."""
        return simplified(sp.And(positive(self.shape), positive(self.rate)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest; an end if it is monotone, nan if it is unbounded at both ends or flat."""
        power, decays = self.shape + 1, positive(self.rate)
        interior = sp.cancel(self.rate * self.power / power) ** (1 / self.power)
        return piecewise(
            (interior, sp.And(decays, positive(power))),
            (sp.oo, sp.Or(decays, sp.And(vanishes(self.rate), negative(power)))),
            (sp.S.Zero, sp.Or(positive(power), sp.And(negative(self.rate), nonnegative(power)))),
            (sp.nan, sp.true),
        )

    @property
    def rate(self) -> sp.Expr:
        r""":math:`\ell^p`, of the sign that decides at 0."""
        return sp.powdenest(self.scale**self.power, force=True)

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        return self._where_normalisable(sp.log(self.scale) - sp.digamma(self.shape / self.power) / self.power)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        return sp.true if order.is_nonpositive else positive(self.shape - order)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return self.scale**k * gamma_ratio(self.shape / self.power, -k / self.power)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        ratio = self.shape / self.power
        return sp.uppergamma(ratio, (self.scale / self._point(x)) ** self.power) / sp.gamma(ratio)


@dataclass(frozen=True)
class InverseGamma(GeneralisedInverseGamma):
    r"""The kernel :math:`x^{-\alpha-1} e^{-\beta/x}` on the positive half-line: ``shape`` and ``scale``."""

    power: sp.Expr = sp.S.One


@dataclass(frozen=True)
class GeneralisedInverseGaussian(Family):
    r"""The kernel :math:`x^{q\lambda-1} e^{-ax^q-bx^{-q}}` on the positive half-line, with :math:`a, b, q > 0`.

    :math:`x^q` has the generalised inverse Gaussian law; :math:`q = 1/2` comes with noise of the power 3/4.

    Attributes:
        order: :math:`\lambda`.
        rate: a.
        inverse_rate: b.
        power: q.
    """

    order: sp.Expr
    rate: sp.Expr
    inverse_rate: sp.Expr
    power: sp.Expr = sp.S.One

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, q = self.variable, self.power
        return x ** sp.expand(q * self.order - 1) * sp.exp(-self.rate * x**q - self.inverse_rate / x**q)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return 2 * self._ratio**self.order * self._bessel(self.order) / self.power

    @property
    def _ratio(self) -> sp.Expr:
        return sp.sqrt(self.inverse_rate / self.rate)

    def _bessel(self, order: sp.Expr) -> sp.Expr:
        return sp.besselk(order, 2 * sp.sqrt(self.rate * self.inverse_rate))

    @property
    def normalisable(self) -> Boolean:
        """The condition on both rates."""
        return simplified(sp.And(positive(self.rate), positive(self.inverse_rate)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest."""
        q = self.power
        excess = self.order - 1 / q
        root = sp.sqrt(excess**2 + 4 * self.rate * self.inverse_rate)
        return self._where_normalisable(((excess + root) / (2 * self.rate)) ** (1 / q))

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """True: all moments are finite, of negative and broken order too."""
        single_expression(k, "k", real=True)
        return sp.true

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(self._moment(sp.Integer(2)) - self._moment(sp.Integer(1)) ** 2)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        steps = k / self.power
        return self._ratio**steps * self._bessel(self.order + steps) / self._bessel(self.order)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """Refused: it is no closed form.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(
            f"the distribution function of the generalised inverse Gaussian law at {self._point(x)} is not written "
            "in closed form here. Give the law numbers with law.at(values): numerics.numerical_law has its cdf."
        )
