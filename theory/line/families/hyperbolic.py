"""Hyperbolic laws: exponentials of a hyperbola, the laws of a drift that saturates."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive, simplified
from theory.errors import UnsupportedFormError
from theory.line.families.family import Family, numbered_order, whole_order

_MAX_ORDER = 30


@dataclass(frozen=True)
class Hyperbolic(Family):
    r"""The kernel :math:`e^{bx - a\sqrt{c^2 + x^2}}` on the line.

    With :math:`\gamma = \sqrt{a^2 - b^2}` its integral is :math:`2ac\,K_1(c\gamma)/\gamma`, and derivatives in b, which
    are the moments, follow from :math:`\partial_b(\gamma^{-n}K_n(c\gamma)) = cb\,\gamma^{-n-1}K_{n+1}(c\gamma)`.

    References:
        Barndorff-Nielsen, *Exponentially decreasing distributions for the logarithm of particle size*, Proc. R. Soc.
        Lond. A 353 (1977) 401; Bibby and Soerensen, *A hyperbolic diffusion model for stock prices*, Finance
        Stochast. 1 (1997) 25.

    Attributes:
        steepness: a.
        tilt: b.
        width: c, positive.
    """

    steepness: sp.Expr
    tilt: sp.Expr
    width: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        x = self.variable
        return sp.exp(self.tilt * x - self.steepness * sp.sqrt(self.width**2 + x**2))

    @property
    def _gamma(self) -> sp.Expr:
        return sp.sqrt(sp.factor(self.steepness**2 - self.tilt**2))

    def _bessel(self, n: int) -> sp.Expr:
        return sp.besselk(n, self.width * self._gamma) / self._gamma**n

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return 2 * self.steepness * self.width * self._bessel(1)

    @property
    def normalisable(self) -> Boolean:
        """The condition at both ends."""
        return simplified(sp.And(positive(self.steepness - self.tilt), positive(self.steepness + self.tilt)))

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest."""
        return self._where_normalisable(self.tilt * self.width / self._gamma)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """True for the orders 0, 1, 2, ..."""
        return sp.false if whole_order(k) is None else sp.true

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        return self._where_normalisable(self._moment(sp.Integer(2)) - self._moment(sp.Integer(1)) ** 2)

    def _moment(self, k: sp.Expr) -> sp.Expr:
        order, b, c = numbered_order(k), self.tilt, self.width
        if order > _MAX_ORDER:
            raise UnsupportedFormError(f"k must be at most {_MAX_ORDER} for a hyperbolic law, got {order}.")
        total = sp.S.Zero
        for j in range(order // 2 + 1):
            ways = sp.factorial(order) / (sp.factorial(j) * sp.factorial(order - 2 * j) * 2**j)
            total += ways * b ** (order - 2 * j) * c ** (order - j) * self._bessel(1 + order - j)
        return total / self._bessel(1)

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """Refused: it is no closed form.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(
            f"the distribution function of the hyperbolic law at {self._point(x)} is not written in closed form here. "
            "Give the law numbers with law.at(values): then it is one."
        )
