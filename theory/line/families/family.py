r"""What every family of densities on the line answers.

A density belongs to a family when :math:`p'/p` equals the family's, as functions of x, in the normal form of
:func:`theory.line.charts.powers.power_quotient`: a decision, not a resemblance. Every quantity of a family is a closed
form in its parameters; ``normalisable`` and ``moment_exists`` say where it is valid.

References:
    Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* 1 and 2 (1994, 1995);
    Stacy, *A generalization of the gamma distribution* (1962).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import simplified
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.typeset import Typeset, value_in_latex, with_condition
from theory.values import shown, single_expression

MAX_ORDER = 1000
"""Moments of larger order are not written out."""


@dataclass(frozen=True)
class Family(Typeset, ABC):
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
        """The probability of values up to ``x`` (default: the variable), for ``x`` in the support."""

    @abstractmethod
    def _moment(self, k: sp.Expr) -> sp.Expr: ...

    @property
    def cancels(self) -> bool:
        """Whether closed forms are differences of large numbers, so that at given parameters quadrature is better."""
        return False

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
        if self._never_exists(sp.Integer(2)):
            return self._where_normalisable(sp.oo)
        difference = self._moment(sp.Integer(2)) - self._moment(sp.Integer(1)) ** 2
        return self._where_finite(difference if difference.has(sp.gamma) else sp.factor(difference), sp.Integer(2))

    @property
    def log_mean(self) -> sp.Expr:
        """The mean of log x."""
        raise UnsupportedFormError(f"log({self.variable}) has no mean on {self.interval.ends} in closed form here.")

    def moment(self, k: sp.Expr | int) -> sp.Expr:
        r"""The moment :math:`\mathbb E[x^k]` of the normalised density.

        Where ``moment_exists(k)`` fails it is infinite, or nan for an odd moment of a law with two such tails. It is
        nan where the density has no finite integral.

        Raises:
            UnsupportedFormError: the order is negative or broken, and the closed form is one of whole orders only.
        """
        order = single_expression(k, "k", real=True)
        if order.is_number and abs(order) > MAX_ORDER:
            raise UnsupportedFormError(f"k must be at most {MAX_ORDER} in size, got {shown(order)}.")
        if self._never_exists(order):
            return self._where_normalisable(self._beyond(order))
        return self._where_finite(self._moment(order), order)

    def _never_exists(self, k: sp.Expr) -> bool:
        """Whether the moment of order ``k`` is finite for no parameters.

        Raises:
            UnsupportedFormError: that is not known for a negative or broken order.
        """
        if simplified(sp.And(self.moment_exists(k), self.normalisable)) != sp.false:
            return False
        left, right = self.interval.ends
        inside = k.is_integer and left.is_extended_negative and right.is_extended_positive  # p > 0 at 0, a pole of x^k
        if whole_order(k) is None and left != 0 and not inside:
            raise UnsupportedFormError(
                f"the moment of order {k} of {self.variable} is not written in closed form: on {self.interval.ends} "
                "only those of whole orders are. Give the law numbers with law.at(values): then it is one."
            )
        return True

    def _where_finite(self, value: sp.Expr, k: sp.Expr) -> sp.Expr:
        exists = self.moment_exists(k)
        cases = piecewise((value, exists), (self._beyond(k), sp.true))
        return self._where_normalisable(value if exists == sp.true else cases)

    def _beyond(self, k: sp.Expr) -> sp.Expr:
        """What a moment that does not exist is; both sides count in an odd one, so it is not infinite but nothing."""
        return sp.oo if k.is_even or self.interval.left.is_nonnegative else sp.nan

    def _where_normalisable(self, value: sp.Expr, *, otherwise: sp.Expr = sp.nan) -> sp.Expr:
        """``value``, a plain expression or a case distinction, where the density has a finite integral."""
        given = value.args if isinstance(value, sp.Piecewise) else ((value, sp.true),)
        inside = ((v, sp.And(condition, self.normalisable)) for v, condition in given)
        return piecewise(*inside, (otherwise, sp.true))

    def _point(self, x: sp.Expr | None) -> sp.Expr:
        return self.variable if x is None else single_expression(x, "x", real=True)

    def _equations(self) -> list[str]:
        x, density = sp.latex(self.variable), sp.latex(self.factor * self.kernel)
        return [
            with_condition(
                rf"p({x}) &\propto {density}, \quad {x} \in {value_in_latex(self.interval)}", self.normalisable
            )
        ]


def whole_order(k: sp.Expr | int) -> sp.Expr | None:
    """``k`` as an order of a moment on the whole line, or None if it is no natural number."""
    order = single_expression(k, "k", real=True)
    return order if order.is_integer and order.is_nonnegative else None


def numbered_order(k: sp.Expr) -> int:
    """``k`` as a natural number that is known.

    Raises:
        UnsupportedFormError: it is none.
    """
    if not (k.is_Integer and k.is_nonnegative):
        raise UnsupportedFormError(f"moment needs an order k that is a non-negative number, got k={k}.")
    return int(k)


def shifted_moment(location: sp.Expr, central: Callable[[int], sp.Expr], k: sp.Expr) -> sp.Expr:
    r""":math:`\mathbb E[x^k]` from the moments ``central`` of :math:`x - m`."""
    n = numbered_order(k)
    return sp.Add(*[sp.binomial(n, j) * central(j) * location ** (n - j) for j in range(n + 1)])


def moment_from_cumulants(cumulant: Callable[[int], sp.Expr], k: sp.Expr) -> sp.Expr:
    r"""The moment of order k: :math:`\mu_n = \sum_j \binom{n-1}{j-1}\kappa_j\mu_{n-j}`."""
    moments: list[sp.Expr] = [sp.S.One]
    for n in range(1, numbered_order(k) + 1):
        moments.append(sp.Add(*[sp.binomial(n - 1, j - 1) * cumulant(j) * moments[n - j] for j in range(1, n + 1)]))
    return sp.expand(moments[-1])


def gamma_ratio(a: sp.Expr, k: sp.Expr) -> sp.Expr:
    r""":math:`\Gamma(a + k)/\Gamma(a)`, as a product for integer k."""
    if k.is_Integer:
        factors = [a + j for j in range(k)] if k >= 0 else [1 / (a - j) for j in range(1, -k + 1)]
        return sp.factor(sp.Mul(*factors))
    return sp.gamma(a + k) / sp.gamma(a)


def piecewise(*pairs: tuple[sp.Expr, Boolean]) -> sp.Expr:
    """A case distinction over conditions in readable form."""
    return sp.Piecewise(*((value, simplified(condition)) for value, condition in pairs))
