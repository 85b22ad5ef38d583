"""Laws of Kummer, Tricomi and Bessel functions that a logarithmic derivative suggests; each is checked afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from theory.decision.conditions.inequalities import sign
from theory.line.charts.interval import Interval
from theory.line.families import Beta, EssentialBeta, Hyperbolic, KummerBeta, KummerGamma
from theory.line.integrals.exponential_of_integral import logarithmic_derivative


def kummer_beta(beta: Beta, log_slope: sp.Expr) -> Iterator[KummerBeta]:
    """The law with the ends of ``beta``, tilted by an exponential; gamma laws cut off have plainer functions."""
    x = beta.variable
    tilt = sp.cancel(sp.together(log_slope - logarithmic_derivative(beta.kernel, x)))
    alpha, other = map(sp.cancel, (beta.alpha, beta.beta))
    cut_off = alpha == other == 1 or other == 1 and sign(tilt) == -1 or alpha == 1 and sign(tilt) == 1
    if not (tilt.has(x) or cut_off):
        yield KummerBeta(x, beta.interval, sp.S.One, alpha, other, tilt)


def kummer_gamma(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[KummerGamma]:
    r"""From :math:`p'/p = (\alpha-1)/x - \gamma/(x+s) - c`."""
    numerator, denominator = sp.fraction(sp.cancel(sp.together(log_slope)))
    if not (numerator.is_polynomial(x) and denominator.is_polynomial(x)):
        return
    above, below = sp.Poly(numerator, x), sp.Poly(denominator, x)
    terms = {power: c for (power,), c in below.terms()}
    low, high = below.monoms()[-1][0], below.degree()
    if high != low + 1 or low > 1 or above.degree() > high:
        return
    shift = sp.cancel(terms[low] / terms[high])
    rate = sp.cancel(-above.coeff_monomial(x**high) / terms[high])
    if sign(shift) != 1 or sign(rate) in (-1, 0):
        return
    shape = sp.cancel(log_slope * x).subs(x, 0) + 1
    bend = sp.cancel(-sp.cancel(log_slope * (x + shift)).subs(x, -shift))
    yield KummerGamma(x, interval, sp.S.One, sp.expand(shape), bend, shift, rate)


def essential_beta(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[EssentialBeta]:
    r"""From :math:`p'/p = (\alpha-1)/u - (\beta-1)/v - c/v^2` for the distances u and v to the ends, or its mirror."""
    slope = sp.cancel(sp.together(log_slope))
    for (far, end), side in ((interval.ends, 1), (interval.ends[::-1], -1)):
        strength = -side * sp.cancel(slope * (x - end) ** 2).subs(x, end)
        if strength.is_finite is False or strength.has(sp.nan) or sign(strength) in (-1, 0):
            continue
        rest = sp.cancel(slope + side * strength / (x - end) ** 2)
        alpha, beta = (sp.cancel(sp.cancel(rest * (x - at)).subs(x, at) + 1) for at in (far, end))
        if alpha != 1 and not sp.Tuple(alpha, beta).has(sp.nan, sp.zoo, sp.oo):  # 1: an inverse gamma law cut off
            yield EssentialBeta(x, interval, sp.S.One, alpha, beta, strength, side)


def hyperbolic(
    log_slope: sp.Expr, quadratic: tuple[sp.Expr, sp.Expr], x: sp.Symbol, interval: Interval
) -> Iterator[Hyperbolic]:
    r"""From :math:`p'/p = b - ax/\sqrt{c^2 + x^2}`, by its value and slope at 0."""
    tilt, slope = log_slope.subs(x, 0), sp.diff(log_slope, x).subs(x, 0)
    width = sp.sqrt(sp.cancel(quadratic[0] / quadratic[1]))
    if tilt.is_finite is not False and slope.is_finite is not False:
        yield Hyperbolic(x, interval, sp.S.One, sp.powdenest(sp.cancel(-slope * width)), sp.cancel(tilt), width)
