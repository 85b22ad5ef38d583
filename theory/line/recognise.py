"""Recognising a density as a member of a known family."""

from __future__ import annotations

import dataclasses

import sympy as sp

from theory.decision.inequalities import sign
from theory.errors import UnsupportedFormError
from theory.line.exponential_of_integral import is_logarithmic_derivative, logarithmic_derivative
from theory.line.families import Beta, Family, Gamma, GeneralisedGamma, InverseGamma, Normal
from theory.line.interval import Interval
from theory.line.powers import PowerQuotient, power_quotient
from theory.values import single_expression, single_symbol


def recognise(density: sp.Expr, variable: sp.Symbol, interval: Interval | None = None) -> Family | None:
    """The family that ``density`` belongs to, or None.

    Args:
        density: positive on the interval; need not be normalised.
        variable: x.
        interval: default: what the assumptions of ``variable`` say.

    References:
        Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* (1994).

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> recognise(x ** (k - 1) * sp.exp(-3 * x), x).mean
        k/3
    """
    density, variable = single_expression(density, "density"), single_symbol(variable, "variable")
    interval = Interval.given(interval, variable)
    log_slope = logarithmic_derivative(density, variable)
    try:
        quotient = power_quotient(log_slope, variable)
    except UnsupportedFormError:
        return None
    if interval.ends == (-sp.oo, sp.oo):
        found = _gaussian(quotient, variable, interval)
    elif interval.ends == (sp.S.Zero, sp.oo):
        found = _gamma_like(quotient, variable, interval)
    elif interval.left.is_finite and interval.right.is_finite:
        found = _beta(log_slope, variable, interval)
    else:
        found = None
    if found is None or not is_logarithmic_derivative(log_slope, found.kernel, variable):
        return None
    point = interval.interior_point()
    factor = sp.simplify(density.subs(variable, point) / found.kernel.subs(variable, point))
    return dataclasses.replace(found, factor=factor)


def _laurent(quotient: PowerQuotient) -> dict[sp.Expr, sp.Expr] | None:
    """Exponents and coefficients of a sum of powers; None for other quotients."""
    divisor = quotient.terms(quotient.denominator)
    if len(divisor) != 1:
        return None
    ((power, scale),) = divisor.items()
    return {sp.expand(r - power): sp.cancel(c / scale) for r, c in quotient.terms(quotient.numerator).items()}


def _gaussian(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Normal | None:
    terms = _laurent(quotient)
    if terms is None or not set(terms) <= {sp.S.Zero, sp.S.One} or sp.S.One not in terms:
        return None
    spread = sp.factor(-1 / terms[sp.S.One])
    if sign(spread) == -1:
        return None
    return Normal(x, interval, sp.S.One, sp.factor(terms.get(sp.S.Zero, sp.S.Zero) * spread), spread)


def _gamma_like(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Family | None:
    terms = _laurent(quotient)
    if terms is None or len(set(terms) - {sp.S.NegativeOne}) != 1:
        return None
    (r,) = set(terms) - {sp.S.NegativeOne}
    p, rate = sp.expand(r + 1), sp.factor(-terms[r])
    shape = sp.expand(terms.get(sp.S.NegativeOne, sp.S.Zero) + 1)
    if p == -1 and sign(rate) != 1:
        return InverseGamma(x, interval, sp.S.One, -shape, -rate)
    if sign(p) != 1 or sign(rate) == -1:
        return None
    if p == 1:
        return Gamma(x, interval, sp.S.One, shape, 1 / rate)
    return GeneralisedGamma(x, interval, sp.S.One, shape, sp.powdenest((p / rate) ** (1 / p)), p)


def _beta(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Beta | None:
    left, right = interval.ends
    alpha = sp.cancel(sp.together(log_slope * (x - left))).subs(x, left) + 1
    beta = -sp.cancel(sp.together(log_slope * (right - x))).subs(x, right) + 1
    if not (alpha.is_finite is not False and beta.is_finite is not False) or alpha.has(sp.nan) or beta.has(sp.nan):
        return None
    return Beta(x, interval, sp.S.One, sp.expand(alpha), sp.expand(beta))
