"""Laws of Kummer, Tricomi and Bessel functions that a logarithmic derivative suggests; each is checked afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from theory.decision.inequalities import sign
from theory.line.exponential_of_integral import logarithmic_derivative
from theory.line.families import Beta, Hyperbolic, KummerBeta, KummerGamma
from theory.line.interval import Interval


def kummer_beta(beta: Beta, log_slope: sp.Expr) -> Iterator[KummerBeta]:
    """The law with the ends of ``beta``, tilted by an exponential; a gamma law cut off has plainer functions."""
    x = beta.variable
    tilt = sp.cancel(sp.together(log_slope - logarithmic_derivative(beta.kernel, x)))
    alpha, other = map(sp.cancel, (beta.alpha, beta.beta))
    cut_off = other == 1 and sign(tilt) == -1 or alpha == 1 and sign(tilt) == 1
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


def hyperbolic(
    log_slope: sp.Expr, quadratic: tuple[sp.Expr, sp.Expr], x: sp.Symbol, interval: Interval
) -> Iterator[Hyperbolic]:
    r"""From :math:`p'/p = b - ax/\sqrt{c^2 + x^2}`, by its value and slope at 0."""
    tilt, slope = log_slope.subs(x, 0), sp.diff(log_slope, x).subs(x, 0)
    width = sp.sqrt(sp.cancel(quadratic[0] / quadratic[1]))
    if tilt.is_finite is not False and slope.is_finite is not False:
        yield Hyperbolic(x, interval, sp.S.One, sp.powdenest(sp.cancel(-slope * width)), sp.cancel(tilt), width)
