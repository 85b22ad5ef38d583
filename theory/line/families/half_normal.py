"""Normal laws cut off at 0 and weighted by a power: quartic wells, drifts between a wall and a spring."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.errors import UnsupportedFormError
from theory.line.families.family import Family
from theory.values import single_expression

MOST_STEPS = 12
"""Whole c up to which the integral is written by recursion."""


@dataclass(frozen=True)
class ModifiedHalfNormal(Family):
    r"""The kernel :math:`x^{d-1} e^{Ax^q - Bx^{2q}}` on the positive half-line, q of either sign.

    :math:`y = x^q` has the modified half-normal law; a negative q comes with noise of the power 3/2. With
    :math:`c = d/q` and :math:`z = A^2/(4B)`

    .. math::
        \int_0^\infty\!\! y^{c-1} e^{Ay - By^2}\,dy = \tfrac12 B^{-c/2}\Big[
            \Gamma(\tfrac c2)\,{}_1F_1(\tfrac c2; \tfrac12; z)
            + \tfrac{A}{\sqrt B}\,\Gamma(\tfrac{c+1}2)\,{}_1F_1(\tfrac{c+1}2; \tfrac32; z)\Big],

    a parabolic cylinder function. For :math:`c = 1` it is a complementary error function, y a normal variable cut off
    at 0, and whole c follow from :math:`2B\,I_{c+2} = c\,I_c + A\,I_{c+1}`. The double well with constant noise is of
    this kind on both sides of 0, with q = 2.

    References:
        Sun, Kong and Pal, *The modified-half-normal distribution*, Comm. Statist. Theory Methods 52 (2023) 1591;
        NIST *Digital Library of Mathematical Functions*, 12.5.1 and 12.7.12.

    Attributes:
        shape: d.
        tilt: A, of either sign.
        rate: B.
        power: q.
    """

    shape: sp.Expr
    tilt: sp.Expr
    rate: sp.Expr
    power: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x, q = self.variable, self.power
        return x ** (self.shape - 1) * sp.exp(self.tilt * x**q - self.rate * x ** (2 * q))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return self._integral(self.shape)

    def _integral(self, shape: sp.Expr) -> sp.Expr:
        A, B = self.tilt, self.rate
        half, c, z = sp.Rational(1, 2), sp.cancel(shape / self.power), sp.factor(A**2 / (4 * B))
        if c.is_Integer and 1 <= c <= MOST_STEPS:
            return self._whole(int(c), self._cut_off) / sp.Abs(self.power)
        even = sp.gamma(c / 2) * sp.hyper((c / 2,), (half,), z)
        odd = sp.gamma((c + 1) / 2) * sp.hyper(((c + 1) / 2,), (3 * half,), z)
        return B ** (-c / 2) * (even + A / sp.sqrt(B) * odd) / (2 * sp.Abs(self.power))

    def _whole(self, c: int, first: sp.Expr) -> sp.Expr:
        r"""The integral of :math:`y^{c-1} e^{Ay - By^2}` over y > 0, by recursion from its value ``first`` at c = 1."""
        A, B = self.tilt, self.rate
        before, here = sp.S.Zero, first
        for n in range(1, c):
            before, here = here, (int(n == 1) + (n - 1) * before + A * here) / (2 * B)
        return here

    @property
    def _cut_off(self) -> sp.Expr:
        """The same for c = 1."""
        scale = sp.exp(sp.factor(self.tilt**2 / (4 * self.rate)))
        return sp.sqrt(sp.pi / self.rate) / 2 * scale * self._above(sp.S.Zero)

    def _above(self, y: sp.Expr) -> sp.Expr:
        """Twice the probability that a normal variable with this kernel, not cut off, exceeds y."""
        root = sp.sqrt(self.rate)
        return sp.erfc(root * y - self.tilt / (2 * root))

    @property
    def cancels(self) -> bool:
        """True: with a negative A, far out, the two terms are equal up to their signs."""
        return True

    @property
    def normalisable(self) -> Boolean:
        """The condition at both ends."""
        return simplified(sp.And(positive(self.shape / self.power), positive(self.rate)))

    @property
    def mode(self) -> sp.Expr:
        """Refused: there may be two maxima, which :func:`theory.line.laws.mode.mode` compares.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(f"the mode of {self.kernel} is one of two maxima. Use theory.line.laws.mode.mode.")

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """Where :math:`(d + k)/q > 0`."""
        return positive((self.shape + single_expression(k, "k", real=True)) / self.power)

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        value = self._moment(sp.Integer(2)) - self._moment(sp.Integer(1)) ** 2
        return self._where_finite(value, sp.Integer(2))

    def _moment(self, k: sp.Expr) -> sp.Expr:
        steps = sp.cancel(k / self.power)
        if sp.cancel(self.shape - self.power) == 0 and steps.is_Integer and 1 <= steps < MOST_STEPS:
            total = sp.Dummy("I", positive=True)
            return sp.expand(self._whole(int(steps) + 1, total) / total).subs(total, self._cut_off)
        scale = self.rate ** sp.cancel(-k / (2 * self.power))
        below, above = (
            sp.factor_terms(self._integral(d) * self.rate ** (d / (2 * self.power)))
            for d in (self.shape, self.shape + k)
        )
        return scale * above / below

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The distribution function, where d = q.

        Raises:
            UnsupportedFormError: elsewhere it is no closed form.
        """
        if sp.cancel(self.shape - self.power) == 0:
            above = self._above(self._point(x) ** self.power) / self._above(sp.S.Zero)
            return self._where_normalisable(1 - above if self.power.is_positive else above)
        raise UnsupportedFormError(
            f"the distribution function of {self.kernel} at {self._point(x)} is not written in closed form here. Give "
            "the law numbers with law.at(values): then it is one."
        )
