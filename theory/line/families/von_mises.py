"""The law of a noisy angle on the circle."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import positive
from theory.errors import UnsupportedFormError
from theory.line.families.family import Family


@dataclass(frozen=True)
class VonMises(Family):
    r"""The kernel :math:`e^{\kappa\cos(cx-\mu)}` on an interval of length :math:`2\pi/c`: the circle, cut open.

    Its mean and moments depend on where the circle is cut; use :meth:`circular_moment`.

    Attributes:
        direction: :math:`\mu`.
        concentration: :math:`\kappa`, of either sign.
        frequency: c > 0.

    References:
        Mardia and Jupp, *Directional Statistics* (2000), section 3.5.4.
    """

    direction: sp.Expr
    concentration: sp.Expr
    frequency: sp.Expr

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        return sp.exp(self.concentration * sp.cos(self.frequency * self.variable - self.direction))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return 2 * sp.pi * sp.besseli(0, self.concentration) / self.frequency

    @property
    def normalisable(self) -> Boolean:
        """True."""
        return sp.true

    @property
    def mode(self) -> sp.Expr:
        """Where the density is largest, in the given interval; an end stands for both."""
        peak, opposite = (self._inside(angle) for angle in (self.direction, self.direction + sp.pi))
        flat = (sp.nan, sp.Eq(self.concentration, 0))
        return sp.Piecewise(flat, (peak, positive(self.concentration)), (opposite, True))

    def _inside(self, angle: sp.Expr) -> sp.Expr:
        """The point of this angle in the interval."""
        left, period = self.interval.left, 2 * sp.pi / self.frequency
        point = angle / self.frequency
        return sp.expand(point - period * sp.floor((point - left) / period))

    def circular_moment(self, n: int) -> sp.Expr:
        r""":math:`\mathbb E\,e^{\mathrm i n c x} = \frac{I_n(\kappa)}{I_0(\kappa)} e^{\mathrm i n\mu}`."""
        ratio = sp.besseli(n, self.concentration) / sp.besseli(0, self.concentration)
        return ratio * sp.exp(sp.I * n * self.direction)

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """True."""
        return sp.true

    @property
    def variance(self) -> sp.Expr:
        """Refused: it depends on where the circle is cut.

        Raises:
            UnsupportedFormError: always.
        """
        raise self._cut("the variance")

    def _moment(self, k: sp.Expr) -> sp.Expr:
        if k == 0:
            return sp.S.One
        raise self._cut(f"the moment of order {k}")

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """Refused: it is no closed form.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(
            f"the distribution function of the von Mises law at {self._point(x)} is not written in closed form here. "
            "Give the law numbers with law.at(values): numerics.numerical_law has its cdf."
        )

    def _cut(self, quantity: str) -> UnsupportedFormError:
        return UnsupportedFormError(
            f"{quantity} of the angle {self.variable} depends on where the circle is cut, here at "
            f"{self.interval.left}. Use circular_moment(n), the mean of exp(I*n*{self.frequency * self.variable})."
        )
