r"""Beta laws tilted by an exponential: alleles under selection and mutation, growth that saturates, epidemics.

Their integrals are the confluent hypergeometric functions of Kummer, on an interval, and Tricomi, on the half-line.

References:
    Ng and Kotz, *Kummer-gamma and Kummer-beta univariate and multivariate distributions* (1995);
    NIST *Digital Library of Mathematical Functions*, 13.4.1 and 13.4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.errors import UnsupportedFormError
from theory.line.families.beta import BoundedPowers
from theory.line.families.family import Family, gamma_ratio, shifted_moment, whole_order
from theory.tricomi import hyperu
from theory.values import single_expression


class _Confluent(Family):
    """What both share: numbers are better had by quadrature, and so is what is no closed form."""

    @property
    def cancels(self) -> bool:
        """True, so that quadrature is asked at given parameters."""
        return True

    @property
    def mode(self) -> sp.Expr:
        """Refused: :func:`theory.line.laws.mode.mode` finds it from the slope.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(f"the mode of {self.kernel} is a zero of its slope. Use theory.line.laws.mode.mode.")

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(self._moment(sp.Integer(2)) - self._moment(sp.Integer(1)) ** 2)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """Refused: it is no closed form.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(
            f"the distribution function of {self.kernel} at {self._point(x)} is not written in closed form here. Give "
            "the law numbers with law.at(values): then it is one."
        )


@dataclass(frozen=True)
class KummerBeta(_Confluent, BoundedPowers):
    r"""The kernel :math:`(x-l)^{\alpha-1}(r-x)^{\beta-1}e^{cx}` on a bounded interval :math:`(l, r)`.

    With :math:`w = r - l` its integral is

    .. math:: w^{\alpha+\beta-1}\,e^{cl}\,\mathrm B(\alpha, \beta)\;{}_1F_1(\alpha; \alpha+\beta; cw).

    Attributes:
        tilt: c, of either sign.
    """

    tilt: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, left, right = self.variable, self.interval.left, self.interval.right
        return (x - left) ** (self.alpha - 1) * (right - x) ** (self.beta - 1) * sp.exp(self.tilt * x)

    def _kummer(self, k: sp.Expr) -> sp.Expr:
        return sp.hyper((self.alpha + k,), (self.alpha + self.beta + k,), self.tilt * self.width)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        a, b = self.alpha, self.beta
        scale = self.width ** (a + b - 1) * sp.exp(self.tilt * self.interval.left)
        return scale * sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b) * self._kummer(sp.S.Zero)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        def above_left(j: sp.Expr) -> sp.Expr:
            ratio = gamma_ratio(self.alpha, sp.sympify(j)) / gamma_ratio(self.alpha + self.beta, sp.sympify(j))
            return self.width**j * ratio * self._kummer(j) / self._kummer(sp.S.Zero)

        left = self.interval.left
        return above_left(k) if left == 0 else shifted_moment(left, above_left, k)


@dataclass(frozen=True)
class KummerGamma(_Confluent):
    r"""The kernel :math:`x^{\alpha-1}(x+s)^{-\gamma}e^{-cx}` on the positive half-line, with :math:`s, c > 0`.

    .. math::
        \int_0^\infty\!\! x^{\alpha-1}(x+s)^{-\gamma}e^{-cx}\,dx
            = s^{\alpha-\gamma}\,\Gamma(\alpha)\,U(\alpha, \alpha+1-\gamma, cs)

    Attributes:
        shape: :math:`\alpha`.
        bend: :math:`\gamma`, of either sign.
        shift: s.
        rate: c.
    """

    shape: sp.Expr
    bend: sp.Expr
    shift: sp.Expr
    rate: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x = self.variable
        return x ** (self.shape - 1) * (x + self.shift) ** (-self.bend) * sp.exp(-self.rate * x)

    def _tricomi(self, k: sp.Expr) -> sp.Expr:
        a = self.shape + k
        return hyperu(a, a + 1 - self.bend, self.rate * self.shift)

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self.shift ** (self.shape - self.bend) * sp.gamma(self.shape) * self._tricomi(sp.S.Zero)

    @property
    def normalisable(self) -> Boolean:
        """The condition at both ends."""
        return simplified(sp.And(positive(self.shape), positive(self.rate)))

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        r"""Where :math:`\alpha + k > 0`."""
        return positive(self.shape + single_expression(k, "k", real=True))

    def _moment(self, k: sp.Expr) -> sp.Expr:
        return self.shift**k * gamma_ratio(self.shape, k) * self._tricomi(k) / self._tricomi(sp.S.Zero)


@dataclass(frozen=True)
class EssentialBeta(_Confluent):
    r"""The kernel :math:`u^{\alpha-1}v^{\beta-1}e^{-c/v}` for the distances u and v to the ends of an interval, c > 0.

    With the length w of the interval its integral is

    .. math:: w^{\alpha+\beta-1}\,e^{-c/w}\,\Gamma(\alpha)\,U(\alpha, 1-\beta, c/w),

    since u/v has a law of :class:`KummerGamma`. Epidemics with a noisy rate of infection have it, with c at x = 1.

    References:
        Gray, Greenhalgh, Hu, Mao and Pan, *A stochastic differential equation SIS epidemic model*, SIAM J. Appl. Math.
        71 (2011) 876.

    Attributes:
        alpha: :math:`\alpha`.
        beta: :math:`\beta`, of either sign.
        strength: c.
        side: 1 where v is the distance to the right end, else -1.
    """

    alpha: sp.Expr
    beta: sp.Expr
    strength: sp.Expr
    side: int

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, (left, right) = self.variable, self.interval.ends
        u, v = (x - left, right - x) if self.side > 0 else (right - x, x - left)
        return u ** (self.alpha - 1) * v ** (self.beta - 1) * sp.exp(-self.strength / v)

    @property
    def _width(self) -> sp.Expr:
        return self.interval.right - self.interval.left

    def _tricomi(self, k: sp.Expr) -> sp.Expr:
        return hyperu(self.alpha + k, 1 - self.beta, sp.cancel(self.strength / self._width))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        scale = self._width ** (self.alpha + self.beta - 1) * sp.exp(-self.strength / self._width)
        return scale * sp.gamma(self.alpha) * self._tricomi(sp.S.Zero)

    @property
    def normalisable(self) -> Boolean:
        """The condition at both ends."""
        return simplified(sp.And(positive(self.alpha), positive(self.strength)))

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """The condition for a finite moment of order ``k``, where the density is normalisable."""
        order = single_expression(k, "k", real=True)
        if self.interval.left == 0 and self.side > 0:
            return sp.true if order.is_nonnegative else positive(self.alpha + order)
        return sp.false if whole_order(order) is None else sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        def of_distance(j: sp.Expr) -> sp.Expr:
            ratio = gamma_ratio(self.alpha, sp.sympify(j)) * self._tricomi(j) / self._tricomi(sp.S.Zero)
            return self._width**j * ratio

        left, right = self.interval.ends
        if self.side < 0:
            return shifted_moment(right, lambda j: (-1) ** j * of_distance(j), k)
        return of_distance(k) if left == 0 else shifted_moment(left, of_distance, k)
