r"""Families of densities on the line, recognised by their logarithmic derivative.

A density belongs to a family when :math:`p'/p` equals the family's, as functions of x, in the normal form of
:func:`theory.line.powers.power_quotient`: a decision, not a resemblance. Every quantity of a family is a closed
form in its parameters; ``normalisable`` and ``moment_exists`` say where it is valid.

References:
    Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* 1 and 2 (1994, 1995);
    Stacy, *A generalization of the gamma distribution* (1962).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.inequalities import negative, nonnegative, positive, simplified, vanishes
from theory.errors import NotNormalisableError, UnsupportedFormError
from theory.line.interval import Interval
from theory.values import shown, single_expression

MAX_ORDER = 1000
"""Moments of larger order are not written out."""


@dataclass(frozen=True)
class Family(ABC):
    r"""A density :math:`c\,k(x)` with a known kernel k.

    Attributes:
        variable: x.
        interval: the support.
        factor: c; the density need not be normalised.
    """

    variable: sp.Symbol
    interval: Interval
    factor: sp.Expr

    @property
    @abstractmethod
    def kernel(self) -> sp.Expr:
        """k(x), free of constant factors."""

    @property
    @abstractmethod
    def kernel_integral(self) -> sp.Expr:
        """The integral of the kernel over the support, valid where ``normalisable``."""

    @property
    @abstractmethod
    def normalisable(self) -> Boolean:
        """The condition on the parameters for a finite integral."""

    @property
    @abstractmethod
    def mode(self) -> sp.Expr:
        """Where the density is largest, in this coordinate; an end of the support if it is unbounded there."""

    @abstractmethod
    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, given that the density is normalisable."""

    @abstractmethod
    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x`` (default: the variable)."""

    @abstractmethod
    def _moment(self, k: sp.Expr) -> sp.Expr: ...

    @property
    def partition_function(self) -> sp.Expr:
        """The integral of the density as it was given, constant factor included; infinite unless ``normalisable``."""
        return self._where_normalisable(self.factor * self.kernel_integral, otherwise=sp.oo)

    @property
    def density(self) -> sp.Expr:
        """The normalised density."""
        return self.kernel / self.kernel_integral

    @property
    def mean(self) -> sp.Expr:
        """The mean; see :meth:`moment`."""
        return self.moment(1)

    @property
    def variance(self) -> sp.Expr:
        """The variance; infinite where ``moment_exists(2)`` fails, nan where no law exists."""
        difference = self._moment(sp.Integer(2)) - self._moment(sp.Integer(1)) ** 2
        self._require_possible(sp.Integer(2))
        return self._where_finite(difference if difference.has(sp.gamma) else sp.factor(difference), sp.Integer(2))

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        raise UnsupportedFormError(f"log({self.variable}) has no mean on {self.interval.ends} in closed form here.")

    def moment(self, k: sp.Expr | int) -> sp.Expr:
        r"""The moment :math:`\mathbb E[x^k]` of the normalised density.

        It is infinite where ``moment_exists(k)`` fails, and nan where the density has no finite integral.

        Raises:
            NotNormalisableError: the moment exists for no admissible parameters.
        """
        order = single_expression(k, "k", real=True)
        if order.is_number and abs(order) > MAX_ORDER:
            raise UnsupportedFormError(f"k must be at most {MAX_ORDER} in size, got {shown(order)}.")
        self._require_possible(order)
        return self._where_finite(self._moment(order), order)

    def _require_possible(self, k: sp.Expr) -> None:
        if simplified(sp.And(self.moment_exists(k), self.normalisable)) == sp.false:
            raise NotNormalisableError(
                f"the moment of order {k} of {self.variable} does not exist for any parameters at which the density "
                "has a finite integral. Use a moment of smaller order, a quantile, or the mean of a bounded function."
            )

    def _where_finite(self, value: sp.Expr, k: sp.Expr) -> sp.Expr:
        exists = self.moment_exists(k)
        finite = value if exists == sp.true else _piecewise((value, exists), (sp.oo, sp.true))
        return self._where_normalisable(finite)

    def _where_normalisable(self, value: sp.Expr, *, otherwise: sp.Expr = sp.nan) -> sp.Expr:
        """``value``, a plain expression or a case distinction, where the density has a finite integral."""
        given = value.args if isinstance(value, sp.Piecewise) else ((value, sp.true),)
        inside = ((v, sp.And(condition, self.normalisable)) for v, condition in given)
        return _piecewise(*inside, (otherwise, sp.true))


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
        order = single_expression(k, "k", real=True)
        return sp.true if order.is_integer and order.is_nonnegative else sp.false

    def _moment(self, k: sp.Expr) -> sp.Expr:
        if not k.is_Integer:
            raise UnsupportedFormError(f"moment needs an order k that is a non-negative number, got k={k}.")
        m, v = self.location, self.spread
        return sp.Add(
            *[sp.binomial(k, 2 * j) * sp.factorial2(2 * j - 1) * v**j * m ** (k - 2 * j) for j in range(k // 2 + 1)]
        )

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self.variable if x is None else single_expression(x, "x", real=True)
        return (1 + sp.erf((x - self.location) / sp.sqrt(2 * self.spread))) / 2


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
        return _piecewise(
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
        return self.scale**k * _gamma_ratio(self.shape / self.power, steps)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self.variable if x is None else single_expression(x, "x", real=True)
        ratio = self.shape / self.power
        return sp.lowergamma(ratio, (x / self.scale) ** self.power) / sp.gamma(ratio)


@dataclass(frozen=True)
class Gamma(GeneralisedGamma):
    r"""The kernel :math:`x^{k-1} e^{-x/\theta}` on the positive half-line: ``shape`` k, ``scale`` :math:`\theta`."""

    power: sp.Expr = sp.S.One


@dataclass(frozen=True)
class InverseGamma(Family):
    r"""The kernel :math:`x^{-\alpha-1} e^{-\beta/x}` on the positive half-line: ``shape`` and ``scale``."""

    shape: sp.Expr
    scale: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return self.variable ** (-self.shape - 1) * sp.exp(-self.scale / self.variable)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self.scale ** (-self.shape) * sp.gamma(self.shape)

    @property
    def normalisable(self) -> Boolean:
        """The condition on shape and scale."""
        return simplified(sp.And(positive(self.shape), positive(self.scale)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest; an end if it is monotone, nan if it is unbounded at both ends or flat."""
        power, decays = self.shape + 1, positive(self.scale)
        return _piecewise(
            (self.scale / power, sp.And(decays, positive(power))),
            (sp.oo, sp.Or(decays, sp.And(vanishes(self.scale), negative(power)))),
            (sp.S.Zero, sp.Or(positive(power), sp.And(negative(self.scale), nonnegative(power)))),
            (sp.nan, sp.true),
        )

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        return self._where_normalisable(sp.log(self.scale) - sp.digamma(self.shape))

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        return sp.true if order.is_nonpositive else positive(self.shape - order)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return self.scale**k * _gamma_ratio(self.shape, -k)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self.variable if x is None else single_expression(x, "x", real=True)
        return sp.uppergamma(self.shape, self.scale / x) / sp.gamma(self.shape)


@dataclass(frozen=True)
class Beta(Family):
    r"""The kernel :math:`(x-l)^{\alpha-1}(r-x)^{\beta-1}` on a bounded interval :math:`(l, r)`."""

    alpha: sp.Expr
    beta: sp.Expr

    @property
    def width(self) -> sp.Expr:
        """The length of the interval."""
        return self.interval.right - self.interval.left

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
    def normalisable(self) -> Boolean:
        """The condition on both exponents."""
        return simplified(sp.And(positive(self.alpha), positive(self.beta)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest; nan where that is not unique: flat, or unbounded at both ends."""
        a, b = self.alpha, self.beta
        left, right = self.interval.ends
        a_above, b_above = positive(a - 1), positive(b - 1)
        interior = left + self.width * (a - 1) / (a + b - 2)
        return _piecewise(
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

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        if self.interval.left == 0:
            return sp.true if order.is_nonnegative else positive(self.alpha + order)
        return sp.true if order.is_integer and order.is_nonnegative else sp.false

    def _moment(self, k: sp.Expr) -> sp.Expr:
        a, b, left = self.alpha, self.beta, self.interval.left
        if left == 0:
            return self.width**k * _gamma_ratio(a, k) / _gamma_ratio(a + b, k)
        if not k.is_Integer:
            raise UnsupportedFormError(f"moment needs an order k that is a non-negative number, got k={k}.")
        return sp.Add(
            *[sp.binomial(k, j) * left ** (k - j) * self.width**j * sp.rf(a, j) / sp.rf(a + b, j) for j in range(k + 1)]
        )

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self.variable if x is None else single_expression(x, "x", real=True)
        return sp.betainc_regularized(self.alpha, self.beta, 0, (x - self.interval.left) / self.width)


def _gamma_ratio(a: sp.Expr, k: sp.Expr) -> sp.Expr:
    r""":math:`\Gamma(a + k)/\Gamma(a)`, as a product for integer k."""
    if k.is_Integer:
        factors = [a + j for j in range(k)] if k >= 0 else [1 / (a - j) for j in range(1, -k + 1)]
        return sp.factor(sp.Mul(*factors))
    return sp.gamma(a + k) / sp.gamma(a)


def _piecewise(*pairs: tuple[sp.Expr, Boolean]) -> sp.Expr:
    return sp.Piecewise(*((value, simplified(condition)) for value, condition in pairs))
