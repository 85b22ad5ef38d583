r"""Where the diffusion of a mode peaks, for every depth: local and global maxima, exact thresholds, peak and learning.

With :math:`p = 4(L-1)/L` (the paper's a) the diffusion is :math:`D(w) \propto (2(s-w)^2 + \sigma^2)\,w^p`, and

.. math::
    D' = 0 \iff (2p+4)(w-s)^2 + 4s(w-s) + p\,\sigma^2 = 0, \qquad
    w_\mp = \frac{(p+1)s \mp \sqrt{s^2 - \tfrac12 p(p+2)\sigma^2}}{p+2}.

1. For :math:`\sigma^2/s^2 < 2/(p(p+2)) = L^2/(4(L-1)(3L-2))` the smaller one is a local maximum and the larger a local
   minimum, both below s; with equality they meet in an inflection, beyond it D increases throughout.
2. D tends to infinity, so no local maximum is the largest value on :math:`w > 0`.
3. On :math:`(0, s]` the peak beats the learned mode, :math:`D(w_-) > D(s)`, where :math:`\sigma^2/s^2 < \kappa_L`. With
   :math:`v = w_-/s` and the equation of the peak, :math:`\sigma^2/s^2 = 2(1-v)(2 - (p+2)(1-v))/p`, the equation
   :math:`D(w_-) = D(s)` becomes

   .. math:: v^{p+1} - \tfrac{p+2}2\,v + \tfrac p2 = 0 .

   The left side is convex in v, positive at 0, and zero at 1 with slope :math:`p/2 > 0`, so it has exactly one zero
   :math:`v_L` in (0, 1); where v is smaller the peak is higher than :math:`D(s)`, and v increases with
   :math:`\sigma^2`. For L = 2 it is the golden section, and :math:`\kappa_2 = 5\sqrt5 - 11`.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366), equations
    (8) to (10). Their maximum over w > 0 is the local one, and for equality in (10) there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import sign
from theory.deep_linear.gradient_flow import passage_time
from theory.deep_linear.modewise import checked_depth, known_sign, label_deviation, singular_value
from theory.errors import ShapeError, UnsupportedFormError
from theory.typeset import Typeset
from theory.values import shown, single_expression

LARGEST_DENOMINATOR = 64
"""Thresholds are roots of polynomials of five times this degree at most."""


@dataclass(frozen=True)
class DiffusionPeak(Typeset):
    r"""The critical points of the diffusion of one mode.

    Attributes:
        depth: L, at least 2.
        singular_value: s > 0.
        label_deviation: :math:`\sigma \ge 0`.

    Raises:
        SymbolError: a depth below 1, or signs that are not known.
        UnsupportedFormError: one layer, whose diffusion has no peak.

    Example:
        >>> peak = DiffusionPeak(2)
        >>> peak.place, peak.exists
        (3*s/4 - sqrt(s**2 - 4*sigma**2)/4, sigma**2 < s**2/4)
        >>> DiffusionPeak(2).global_threshold, DiffusionPeak(4, label_deviation=0).place
        (-11 + 5*sqrt(5), 3*s/5)
    """

    depth: sp.Expr
    singular_value: sp.Expr = singular_value
    label_deviation: sp.Expr = label_deviation

    def __post_init__(self) -> None:
        L = checked_depth(self.depth)
        if sign(L - 1) != 1:
            raise UnsupportedFormError(
                f"depth must be above 1, got {shown(self.depth)}: the diffusion of one layer is smallest at w = s."
            )
        object.__setattr__(self, "depth", L)
        for name, strictly in (("singular_value", True), ("label_deviation", False)):
            object.__setattr__(self, name, known_sign(getattr(self, name), name, strictly=strictly))

    @property
    def power(self) -> sp.Expr:
        """The power :math:`p = 4(L-1)/L` of w in the diffusion."""
        return 4 * (self.depth - 1) / self.depth

    @property
    def stationary_condition(self) -> sp.Lambda:
        r"""The quadratic :math:`w \mapsto (2p+4)(w-s)^2 + 4s(w-s) + p\sigma^2`, of the sign of :math:`D'(w)`."""
        w, s, p = sp.Dummy("w", positive=True), self.singular_value, self.power
        return sp.Lambda(w, (2 * p + 4) * (w - s) ** 2 + 4 * s * (w - s) + p * self.label_deviation**2)

    @property
    def local_threshold(self) -> sp.Expr:
        r"""The value :math:`2/(p(p+2))` of :math:`\sigma^2/s^2` below which a local maximum exists."""
        L = self.depth
        return L**2 / (4 * (L - 1) * (3 * L - 2))

    @property
    def discriminant(self) -> sp.Expr:
        r"""What stands under the root, :math:`s^2 - \tfrac12p(p+2)\sigma^2`."""
        return self.singular_value**2 - self.label_deviation**2 / self.local_threshold

    @property
    def place(self) -> sp.Expr:
        """The local maximum :math:`w_-`, equation (9), where :attr:`exists` holds.

        Raises:
            UnsupportedFormError: it does not, for these numbers.
        """
        return self._critical(-1)

    @property
    def place_of_minimum(self) -> sp.Expr:
        """The local minimum :math:`w_+`, between the peak and s; s itself without label noise."""
        return self._critical(1)

    @property
    def exists(self) -> Boolean:
        r"""The condition for a local maximum, :math:`\sigma^2 < L^2s^2/(4(L-1)(3L-2))`: (10), strictly."""
        return sp.StrictLessThan(self.label_deviation**2, self.local_threshold * self.singular_value**2)

    @property
    def global_threshold(self) -> sp.Expr:
        r"""The value :math:`\kappa_L` of :math:`\sigma^2/s^2` up to which the peak beats the learned mode.

        An algebraic number for every rational depth: a root in radicals where the equation is quadratic after division
        by its root 1, else a :class:`sympy.polys.rootoftools.ComplexRootOf`.

        Raises:
            UnsupportedFormError: the depth is no rational number.
        """
        if not self.depth.is_Rational:
            raise UnsupportedFormError(f"depth must be a number for the threshold, got {shown(self.depth)}.")
        return global_threshold(self.power)

    @property
    def is_highest_up_to_the_teacher(self) -> Boolean:
        r"""The condition under which D is largest on :math:`(0, s]` at the peak, for a number of layers."""
        return sp.LessThan(self.label_deviation**2, self.global_threshold * self.singular_value**2)

    @property
    def latest_fraction(self) -> sp.Expr:
        r"""The bound :math:`(p+1)/(p+2) = (5L-4)/(6L-4)` below which :math:`w_-/s` stays, whatever the label noise.

        It is below 5/6: gradient flow passes the peak before it has learned five sixths of a mode of any depth.
        """
        return (5 * self.depth - 4) / (6 * self.depth - 4)

    def lead_time(self, fraction: sp.Expr | float) -> sp.Expr:
        r"""How long gradient flow takes from the peak to a fraction f of the teacher; it is positive for f >= 5/6.

        Raises:
            ShapeError: the fraction does not lie strictly between 0 and 1.

        Example:
            >>> DiffusionPeak(2, label_deviation=0).lead_time(sp.Rational(19, 20))
            log(19)/(2*s)
        """
        f = single_expression(fraction, "fraction", real=True)
        if not (f.is_positive and (1 - f).is_positive):
            raise ShapeError(f"fraction must lie strictly between 0 and 1, got {shown(fraction)}.")
        return passage_time(self.depth, self.place, f * self.singular_value, self.singular_value)

    def _critical(self, side: int) -> sp.Expr:
        if self.exists == sp.false:
            raise UnsupportedFormError(
                f"the label noise must be below sigma^2/s^2 = {shown(self.local_threshold)} for a peak, got "
                f"{shown(self.label_deviation**2 / self.singular_value**2)}: the diffusion rises all the way."
            )
        share = self.depth / (6 * self.depth - 4)  # 1/(p + 2)
        if self.label_deviation == 0:
            return sp.factor(self.latest_fraction + side * share) * self.singular_value
        return self.latest_fraction * self.singular_value + side * share * sp.sqrt(self.discriminant)


def global_threshold(power: sp.Expr) -> sp.Expr:
    r"""The threshold :math:`\kappa` at a power p of w, for every depth; :math:`p = 4` for infinite depth.

    Example:
        >>> global_threshold(sp.Integer(4)).evalf(4)
        0.05791
    """
    p = known_sign(power, "power", strictly=True)
    if not p.is_Rational or p > 4 or p.q > LARGEST_DENOMINATOR:
        raise UnsupportedFormError(
            f"power must be a rational number up to 4 of denominator up to {LARGEST_DENOMINATOR}, got {shown(power)}. "
            "Depth L has 4(L-1)/L; for deeper networks use the limit 4."
        )
    y = sp.Dummy("y")
    # v = y^q makes the equation a polynomial.
    q = p.q
    equation = sp.Poly(y ** int((p + 1) * q) - (p + 2) / 2 * y**q + p / 2, y)
    rest = sp.div(equation, sp.Poly(y - 1, y))[0]
    (root,) = (r for r in rest.real_roots() if sp.And(r > 0, r < 1) == sp.true)
    away = 1 - root**q
    return sp.expand(2 * away * (2 - (p + 2) * away) / p)
