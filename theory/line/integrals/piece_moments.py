r"""Integrals of :math:`x^n k(x)` over a stretch of the line, in closed form, for three kinds of kernels.

==================================  ======================================================
kernel                              its moments
==================================  ======================================================
:math:`e^{bx}`                      a polynomial times the exponential
:math:`e^{-cx^2 + dx}`              erf for :math:`c > 0`, erfi for :math:`c < 0`
:math:`y^r e^{-cy^p}`               gamma functions; y is the distance to an end, or to 0 beside the stretch
==================================  ======================================================

References:
    NIST Digital Library of Mathematical Functions, sections 7.2 and 8.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes, whole
from theory.decision.conditions.inequalities import negative, positive, sign, vanishes
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.line.charts.powers import power_quotient
from theory.line.integrals.exponential_of_integral import logarithmic_derivative

_ORDER = whole(0, 200)


@dataclass(frozen=True)
class PieceMoments:
    """The moments of a kernel on a stretch.

    Attributes:
        kernel: k(x).
        variable: x.
        stretch: where.
        integrable: the condition for a finite integral; all moments of order 0, 1, ... are finite then.
    """

    kernel: sp.Expr
    variable: sp.Symbol
    stretch: Interval
    integrable: Boolean

    @takes(n=_ORDER, low=EXPRESSION, high=EXPRESSION)
    def moment(self, n: int, low: sp.Expr, high: sp.Expr) -> sp.Expr:
        """The integral of ``x**n`` times the kernel from ``low`` to ``high``, two points of the stretch or its ends."""
        raise NotImplementedError


class ExponentialPiece(PieceMoments):
    """The kernel is an exponential of a linear function; the rate may be 0."""

    @takes(n=_ORDER, low=EXPRESSION, high=EXPRESSION)
    def moment(self, n: int, low: sp.Expr, high: sp.Expr) -> sp.Expr:
        """Repeated integration by parts."""
        x, rate = self.variable, _slope(self.kernel, self.variable)
        factor = sp.powsimp(self.kernel * sp.exp(-rate * x))

        def at(end: sp.Expr) -> sp.Expr:
            if end.is_infinite:
                return sp.S.Zero
            terms = [(-1) ** j * sp.ff(n, j) * end ** (n - j) / rate ** (j + 1) for j in range(n + 1)]
            return sp.exp(rate * end) * sp.Add(*terms)

        flat = factor * (high ** (n + 1) - low ** (n + 1)) / (n + 1)
        if rate == 0:
            return flat
        tilted = factor * (at(high) - at(low))
        degenerate = vanishes(rate) if low.is_finite and high.is_finite else sp.false
        return tilted if degenerate == sp.false else sp.Piecewise((flat, degenerate), (tilted, True))


class GaussianPiece(PieceMoments):
    """The kernel is an exponential of a quadratic function with a leading coefficient of known sign."""

    @takes(n=_ORDER, low=EXPRESSION, high=EXPRESSION)
    def moment(self, n: int, low: sp.Expr, high: sp.Expr) -> sp.Expr:
        """The recursion that integration by parts gives, from the error function on."""
        x = self.variable
        slope = sp.Poly(_slope(self.kernel, x), x)
        c, d = sp.cancel(-slope.coeff_monomial(x) / 2), slope.coeff_monomial(1)
        curvature = sign(c) or 1
        root, centre = sp.sqrt(sp.factor(curvature * c)), sp.cancel(d / (2 * c))
        height = sp.powsimp(self.kernel.subs(x, 0)) * sp.exp(sp.cancel(d**2 / (4 * c)))
        function = sp.erf if curvature > 0 else sp.erfi

        def area(end: sp.Expr) -> sp.Expr:
            return sp.sign(end) if end.is_infinite else function(root * (end - centre))

        def edge(j: int) -> sp.Expr:
            ends = (sp.S.Zero if end.is_infinite else end**j * self.kernel.subs(x, end) for end in (low, high))
            below, above = ends
            return above - below

        moments = [height * sp.sqrt(sp.pi) / (2 * root) * (area(high) - area(low))]
        for j in range(1, n + 1):
            before = (j - 1) * moments[j - 2] if j > 1 else sp.S.Zero
            moments.append((d * moments[j - 1] + before - edge(j - 1)) / (2 * c))
        return sp.expand(moments[n])


@dataclass(frozen=True)
class PowerPiece(PieceMoments):
    """The kernel is a power of the distance to a point times an exponential of another.

    Attributes:
        end: where the distance y is 0: an end of the stretch, or a point beside it.
        side: 1 where the stretch lies above ``end``, else -1.
        terms: factor, r, c and p of ``factor * y**r * exp(-c * y**p)``; c may be 0, and p negative, on a bounded
            stretch.
    """

    end: sp.Expr
    side: int
    terms: tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]

    @takes(n=_ORDER, low=EXPRESSION, high=EXPRESSION)
    def moment(self, n: int, low: sp.Expr, high: sp.Expr) -> sp.Expr:
        """A binomial sum of gamma functions."""
        near, far = (low, high) if self.side > 0 else (high, low)
        distances = [self.side * (point - self.end) for point in (near, far)]
        total = sp.S.Zero
        for j in range(n + 1):
            below, above = (self._up_to(j, y) for y in distances)
            total += sp.binomial(n, j) * self.end ** (n - j) * self.side**j * (above - below)
        return total

    def _up_to(self, j: int, y: sp.Expr) -> sp.Expr:
        """A primitive of ``y**j`` times the kernel, 0 at y = 0 where the stretch begins there."""
        factor, r, c, p = self.terms
        if y == 0:
            return sp.S.Zero
        power, beside = sp.expand(r + j + 1), self.end not in self.stretch.ends
        if c == 0:
            logarithmic = vanishes(power) if beside else sp.false
            ordinary = factor * y**power / power if logarithmic != sp.true else sp.nan
            return sp.Piecewise((factor * sp.log(y), logarithmic), (ordinary, True))
        a = sp.expand(sp.cancel(power / p))
        scale = factor * c**-a / sp.Abs(p)
        if beside or sign(p) == -1:
            above = sp.S.Zero if y.is_infinite else sp.uppergamma(a, c * y**p)
            return -sign(p) * scale * above
        return scale * (sp.gamma(a) if y.is_infinite else sp.lowergamma(a, c * y**p))


@takes(kernel=EXPRESSION, x=SYMBOL, stretch=one_of(Interval, needed="an Interval"))
def piece_moments(kernel: sp.Expr, x: sp.Symbol, stretch: Interval) -> PieceMoments | None:
    """The moments of a positive ``kernel``, None where none of the three kinds applies.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> piece_moments(sp.exp(-x), x, Interval(0, sp.oo)).moment(3, sp.S.Zero, sp.oo)
        6
    """
    slope = _slope(kernel, x)
    if not slope.has(x):
        return ExponentialPiece(kernel, x, stretch, _decays(slope, stretch))
    if slope.is_polynomial(x) and sp.degree(slope, x) == 1:
        c = sp.cancel(-sp.Poly(slope, x).LC() / 2)
        known, bounded = sign(c), stretch.left.is_finite and stretch.right.is_finite
        if known:
            return GaussianPiece(kernel, x, stretch, sp.true if bounded or known > 0 else sp.false)
    for end, side in ((stretch.left, 1), (stretch.right, -1)):
        if end.is_finite:
            found = _about(kernel, slope, x, stretch, end, side)
            if found is not None:
                return found
    pole = _pole(slope, x)
    above, below = (end.is_finite and sign(end - pole) == side for end, side in zip(stretch.ends, (1, -1), strict=True))
    return _about(kernel, slope, x, stretch, pole, 1 if above else -1) if above or below else None


def _pole(slope: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """The only pole of a quotient of sums of powers of the distance to it: 0 where other powers of x are in it."""
    denominator = sp.fraction(slope)[1]
    if not denominator.is_polynomial(x):
        return sp.S.Zero
    radical = sp.Poly(denominator, x).sqf_part()
    return sp.cancel(-radical.coeff_monomial(1) / radical.LC()) if radical.degree() == 1 else sp.S.Zero


def _about(
    kernel: sp.Expr, slope: sp.Expr, x: sp.Symbol, stretch: Interval, end: sp.Expr, side: int
) -> PowerPiece | None:
    y = sp.Dummy("y", positive=True)
    try:
        quotient = power_quotient(sp.cancel(sp.together(side * slope.subs(x, end + side * y))), y)
    except UnsupportedFormError:
        return None
    divisor = quotient.terms(quotient.denominator)
    if len(divisor) != 1:
        return None
    ((power, scale),) = divisor.items()
    terms = {sp.expand(e - power): sp.cancel(f / scale) for e, f in quotient.terms(quotient.numerator).items()}
    r = sp.expand(terms.pop(sp.S.NegativeOne, sp.S.Zero))
    bounded = (stretch.right if side > 0 else stretch.left).is_finite
    local = kernel.subs(x, end + side * y)
    integrable = positive(r + 1) if end in stretch.ends else sp.true
    if not terms:
        factor = sp.powsimp(local * y**-r)
        if not bounded or factor.has(y):
            return None
        return PowerPiece(kernel, x, stretch, integrable, end, side, (factor, r, *_FLAT))
    if len(terms) != 1:
        return None
    ((raised, coefficient),) = terms.items()
    p = sp.expand(raised + 1)
    c = sp.cancel(-coefficient / p)
    if sign(c) != 1 or sign(p) not in ((1, -1) if bounded else (1,)):
        return None
    factor = sp.powsimp(sp.expand(local.subs(y, 1) * sp.exp(c)))
    return PowerPiece(kernel, x, stretch, integrable if sign(p) == 1 else sp.true, end, side, (factor, r, c, p))


_FLAT = (sp.S.Zero, sp.S.One)


def _slope(kernel: sp.Expr, x: sp.Symbol) -> sp.Expr:
    return sp.cancel(sp.together(logarithmic_derivative(kernel, x)))


def _decays(rate: sp.Expr, stretch: Interval) -> Boolean:
    left = positive(rate) if stretch.left.is_infinite else sp.true
    return sp.And(left, negative(rate) if stretch.right.is_infinite else sp.true)
