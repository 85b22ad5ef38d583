"""Recognising a density as a member of a known family."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import sympy as sp

from theory.decision.conditions.inequalities import sign
from theory.errors import SymbolError, UnsupportedFormError
from theory.line.charts.glued import pieces_of
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.powers import PowerQuotient, power_quotient
from theory.line.families import (
    Beta,
    BetaPrime,
    Family,
    Gamma,
    GeneralisedGamma,
    GeneralisedInverseGamma,
    GeneralisedInverseGaussian,
    InverseGamma,
    KummerGamma,
    Laplace,
    LogGamma,
    Logistic,
    LogNormal,
    ModifiedHalfNormal,
    Normal,
    Patchwork,
    Placed,
    StudentT,
    Symmetric,
    VonMises,
)
from theory.line.integrals.exponential_of_integral import logarithmic_derivative
from theory.line.integrals.piece_moments import piece_moments
from theory.line.laws.confluent_candidates import essential_beta, hyperbolic, kummer_beta, kummer_gamma
from theory.line.laws.even_density import symmetric_about
from theory.line.time_limit import limited
from theory.local_time import is_smooth
from theory.values import single_expression, single_symbol


@limited
def recognise(density: sp.Expr, variable: sp.Symbol, interval: Interval | None = None) -> Family | None:
    """The family that ``density`` belongs to, or None where it is not recognised.

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
    if density.has(sp.hyper, sp.Integral):
        return None
    if not is_smooth(density, (variable,)):
        return _laplace_law(density, variable, interval) or _put_together(density, variable, interval)
    log_slope = logarithmic_derivative(density, variable)
    for found in _candidates(log_slope, variable, interval):
        if _is_kernel_of(found, log_slope):
            return _with_factor(found, density, interval.interior_point())
    return _put_together(density, variable, interval)


def _put_together(density: sp.Expr, x: sp.Symbol, interval: Interval) -> Family | None:
    """Halves of a known family, a known family begun elsewhere, or stretches with closed moments."""
    if x.is_positive and interval.ends == (sp.S.Zero, sp.oo):
        return None
    placed = _placed(density, x, interval)
    if placed is not None:
        return placed
    pieces = pieces_of(density, x, interval)
    halved = len(pieces) > 1 or interval.left.is_infinite or interval.right.is_infinite
    # Half of a smooth density on an interval is of no family that the whole is not of.
    middle = symmetric_about(density, x, interval) if halved else None
    if middle is not None and density.subs(x, middle).is_finite is not False:
        half = sp.Symbol(x.name, positive=True)
        right = Interval(sp.S.Zero, sp.oo if interval.right.is_infinite else sp.cancel(interval.right - middle))
        (*_, (_, formula)) = pieces
        if len(pieces) <= 2:
            family = recognise(formula.subs(x, middle + half), half, right)
            if family is not None and not isinstance(family, Patchwork):
                return Symmetric(x, interval, family.factor, middle, family)
    moments = [piece_moments(formula, x, stretch) for stretch, formula in pieces]
    found = tuple(piece for piece in moments if piece is not None)
    if len(found) < len(moments) or any(piece.integrable == sp.false for piece in found):
        return None
    return Patchwork(x, interval, sp.S.One, found)


def _placed(density: sp.Expr, x: sp.Symbol, interval: Interval) -> Family | None:
    """A family of the positive half-line on one that begins elsewhere or points to the left."""
    left, right = interval.ends
    if left.is_infinite == right.is_infinite or not is_smooth(density, (x,)):
        return None
    end, direction = (left, 1) if left.is_finite else (right, -1)
    distance = sp.Symbol(x.name, positive=True)
    there = density.subs(x, end + direction * distance)
    family = recognise(there, distance)
    cut_off = isinstance(family, ModifiedHalfNormal) or isinstance(family, KummerGamma) and family.shape == 1
    if family is None or cut_off:  # a stretch of a normal or gamma law reads better as one
        return None
    return Placed(x, interval, family.factor, end, direction, family)


def _laplace_law(density: sp.Expr, x: sp.Symbol, interval: Interval) -> Family | None:
    if interval.ends != (-sp.oo, sp.oo) or not density.has(sp.Abs):
        return None
    log_slope = logarithmic_derivative(density, x)
    for found in _laplace(log_slope, x, interval):
        if _is_kernel_of(found, log_slope):
            return _with_factor(found, density, found.location)
    return None


def _with_factor(family: Family, density: sp.Expr, point: sp.Expr) -> Family:
    """``family`` with the constant factor of the density, read at a point."""
    x = family.variable
    return dataclasses.replace(family, factor=sp.simplify(density.subs(x, point) / family.kernel.subs(x, point)))


def _candidates(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    """What the logarithmic derivative suggests; each is checked before it is believed."""
    if log_slope.has(sp.sin, sp.cos):
        yield from _von_mises(log_slope, x, interval)
        return
    try:
        chart = Chart.for_functions(x, (log_slope,), interval)
        # The slope of log p along the chart: a quotient of powers of z.
        quotient = power_quotient(chart.express(log_slope / chart.slope), chart.variable)
    except (UnsupportedFormError, SymbolError):
        return
    if chart.function == sp.exp(x):
        yield from _of_exponentials(quotient, x, interval)
    elif chart.function == sp.log(x):
        yield from _log_normal(quotient, x, interval)
    elif interval.ends == (-sp.oo, sp.oo) and chart.quadratic is not None:
        yield from hyperbolic(log_slope, chart.quadratic, x, interval)
    elif interval.ends == (-sp.oo, sp.oo):
        yield from _gaussian(quotient, x, interval)
        yield from _student(quotient, x, interval)
    elif interval.ends == (sp.S.Zero, sp.oo):
        yield from _gamma_like(quotient, x, interval)
        yield from _beta_prime(quotient, x, interval)
        yield from kummer_gamma(log_slope, x, interval)
    elif interval.left.is_finite and interval.right.is_finite:
        for found in _beta(log_slope, x, interval):
            yield found
            yield from kummer_beta(found, log_slope)
        yield from essential_beta(log_slope, x, interval)


def _is_kernel_of(family: Family, log_slope: sp.Expr) -> bool:
    """Whether the kernel has this logarithmic derivative, decided in normal form."""
    x = family.variable
    residual = logarithmic_derivative(family.kernel, x) - log_slope
    corner = sp.Dummy("corner", real=True)
    residual = residual.replace(sp.sign, lambda _: corner) if isinstance(family, Laplace) else residual
    if isinstance(family, GeneralisedGamma | GeneralisedInverseGamma):
        # The rate is positive where the law exists.
        residual = sp.powdenest(sp.expand_power_base(residual, force=True), force=True)
    if isinstance(family, VonMises):
        residual = sp.expand(sp.expand_trig(sp.expand(residual))).replace(sp.sin, lambda _: corner)
        return sp.cancel(residual) == 0
    try:
        chart = Chart.for_functions(x, (residual,), family.interval)
        return chart.express(residual) == 0
    except (UnsupportedFormError, SymbolError):
        return False


def _laurent(quotient: PowerQuotient) -> dict[sp.Expr, sp.Expr] | None:
    """Exponents and coefficients of a sum of powers; None for other quotients."""
    divisor = quotient.terms(quotient.denominator)
    if len(divisor) != 1:
        return None
    ((power, scale),) = divisor.items()
    return {sp.expand(r - power): sp.cancel(c / scale) for r, c in quotient.terms(quotient.numerator).items()}


def _two_terms(quotient: PowerQuotient) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr, sp.Expr] | None:
    r"""``(p, K, c, d, r)`` where the quotient is :math:`x^r (c + d x^p)/(1 + K x^p)`, with p > 0 known."""
    below, above = quotient.terms(quotient.denominator), quotient.terms(quotient.numerator)
    if len(below) != 2 or len(above) > 2:
        return None
    first, second = below
    first, second = (first, second) if sign(second - first) == 1 else (second, first)
    p = sp.expand(second - first)
    if sign(p) != 1 or not above:
        return None
    low = min(above, key=lambda e: 0 if e - p not in above else 1)
    # The lower power of the numerator may be missing; then the one found is the upper.
    r = sp.expand(low - first)
    rest = {sp.expand(e - low): c for e, c in above.items()}
    if set(rest) - {sp.S.Zero, p}:
        return None
    scale = below[first]
    return (
        p,
        sp.factor(below[second] / scale),
        sp.cancel(rest.get(sp.S.Zero, sp.S.Zero) / scale),
        sp.cancel(rest.get(p, sp.S.Zero) / scale),
        r,
    )


def _gaussian(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    terms = _laurent(quotient)
    if terms is None or not set(terms) <= {sp.S.Zero, sp.S.One} or sp.S.One not in terms:
        return
    spread = sp.factor(-1 / terms[sp.S.One])
    if sign(spread) != -1:
        yield Normal(x, interval, sp.S.One, sp.factor(terms.get(sp.S.Zero, sp.S.Zero) * spread), spread)


def _log_normal(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    r"""From :math:`x p'/p = -1 - (\log x - m)/v`."""
    terms = _laurent(quotient)
    if terms is None or not set(terms) <= {sp.S.Zero, sp.S.One} or sp.S.One not in terms:
        return
    spread = sp.factor(-1 / terms[sp.S.One])
    if sign(spread) != -1 and interval.ends == (sp.S.Zero, sp.oo):
        location = sp.factor((terms.get(sp.S.Zero, sp.S.Zero) + 1) * spread)
        yield LogNormal(x, interval, sp.S.One, location, spread)


def _student(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    below, above = quotient.terms(quotient.denominator), quotient.terms(quotient.numerator)
    if not (set(below) <= {0, 1, 2} and 2 in below and set(above) <= {0, 1} and 1 in above):
        return
    leading = below[sp.Integer(2)]
    location = sp.cancel(-below.get(sp.S.One, sp.S.Zero) / (2 * leading))
    squared_width = sp.factor(below.get(sp.S.Zero, sp.S.Zero) / leading - location**2)
    degrees = sp.expand(sp.cancel(-above[sp.S.One] / leading - 1))
    if sign(squared_width) not in (-1, 0):
        yield StudentT(x, interval, sp.S.One, location, squared_width, degrees)


def _half_normal(terms: dict[sp.Expr, sp.Expr], shape: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    """Two powers, one twice the other; without a power before them it is a stretch of a normal law."""
    for low, high in itertools.permutations(sp.expand(r + 1) for r in terms if r != -1):
        if sp.expand(2 * low - high) == 0 and sign(low) in (-1, 1):
            tilt, rate = sp.factor(terms[low - 1] / low), sp.factor(-terms[high - 1] / high)
            if sign(rate) == 1 and not (shape == low == 1 and not x.is_positive):
                yield ModifiedHalfNormal(x, interval, sp.S.One, shape, tilt, rate, low)


def _inverse_gaussian(
    terms: dict[sp.Expr, sp.Expr], shape: sp.Expr, x: sp.Symbol, interval: Interval
) -> Iterator[Family]:
    """Two powers, one the inverse of the other."""
    for up, down in itertools.permutations(sp.expand(r + 1) for r in terms if r != -1):
        if sp.expand(up + down) == 0 and sign(up) == 1:
            rate, inverse_rate = sp.factor(-terms[up - 1] / up), sp.factor(terms[down - 1] / up)
            if -1 not in (sign(rate), sign(inverse_rate)):
                order = sp.expand(sp.cancel(shape / up))
                yield GeneralisedInverseGaussian(x, interval, sp.S.One, order, rate, inverse_rate, up)


def _gamma_like(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    terms = _laurent(quotient)
    if terms is None:
        return
    others = set(terms) - {sp.S.NegativeOne}
    shape = sp.expand(terms.get(sp.S.NegativeOne, sp.S.Zero) + 1)
    if len(others) == 2:
        yield from _inverse_gaussian(terms, shape, x, interval)
        yield from _half_normal(terms, shape, x, interval)
    if len(others) != 1:
        return
    (r,) = others
    p, rate = sp.expand(r + 1), sp.factor(-terms[r])
    if sign(p) == 1 and sign(rate) != -1:
        if p == 1:
            yield Gamma(x, interval, sp.S.One, shape, 1 / rate)
        else:
            yield GeneralisedGamma(x, interval, sp.S.One, shape, sp.powdenest((p / rate) ** (1 / p)), p)
    if sign(p) == -1 and sign(rate) != 1:
        if p == -1:
            yield InverseGamma(x, interval, sp.S.One, -shape, -rate)
        else:
            scale = sp.powdenest((-rate / sp.expand(-p)) ** (-1 / p))
            yield GeneralisedInverseGamma(x, interval, sp.S.One, -shape, scale, -p)


def _beta_prime(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    r"""From :math:`xp'/p = (p\alpha-1) - (\alpha+\beta)p\,x^p/(x^p+s)`."""
    terms = _two_terms(quotient)
    if terms is None or terms[4] not in (-1, terms[0] - 1):
        return
    p, k, low, high, r = terms
    if r != -1:
        low, high = sp.S.Zero, low
    alpha = sp.factor((low + 1) / p)
    beta = sp.factor((-1 - high / k) / p)
    if sign(k) not in (-1, 0):
        yield BetaPrime(x, interval, sp.S.One, sp.expand(alpha), sp.expand(beta), sp.cancel(1 / k), p)


def _of_exponentials(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    """From p'/p as a function of z = exp(x), divided by z."""
    if interval.ends != (-sp.oo, sp.oo):
        return
    terms = _laurent(quotient)
    if terms is not None:
        others = set(terms) - {sp.S.NegativeOne}
        if len(others) == 1:
            (power,) = others
            slope = sp.expand(power + 1)
            shape, rate = terms.get(sp.S.NegativeOne, sp.S.Zero) / slope, sp.factor(-terms[power] / slope)
            if sign(slope) in (-1, 1) and sign(rate) != -1:
                yield LogGamma(x, interval, sp.S.One, sp.expand(sp.cancel(shape)), rate, slope)
        return
    found = _two_terms(quotient)
    if found is None or found[4] not in (-1, found[0] - 1):
        return
    p, k, low, high, r = found
    if r != -1:
        low, high = sp.S.Zero, low
    if sign(k) not in (-1, 0):
        left, right = sp.expand(sp.cancel(low / p)), sp.expand(sp.cancel(-high / (k * p)))
        yield Logistic(x, interval, sp.S.One, -sp.log(k) / p, 1 / p, left, right)


def _laplace(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[Laplace]:
    corners = log_slope.atoms(sp.sign)
    if interval.ends != (-sp.oo, sp.oo) or len(corners) != 1:
        return
    (corner,) = corners
    inside = sp.expand(corner.args[0])
    steepness, side = inside.coeff(x), sp.Dummy("side")
    linear = sp.Poly(log_slope.subs(corner, side), side)
    if linear.degree() != 1 or linear.as_expr().has(x) or sign(steepness) not in (-1, 1):
        return
    jump, tilt = linear.coeff_monomial(side) * sign(steepness), linear.coeff_monomial(1)
    location = sp.cancel(-inside.subs(x, 0) / steepness)
    yield Laplace(x, interval, sp.S.One, location, sp.expand(tilt - jump), sp.expand(-tilt - jump))


def _von_mises(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    coefficient, wave = log_slope.as_independent(x, as_Add=False)
    if isinstance(wave, sp.sin):  # a direction that can be read off reads better than an arcus tangent
        c = sp.expand(wave.args[0]).coeff(x)
        if sign(c) == 1 and sp.cancel((interval.right - interval.left) * c / sp.pi) == 2:
            yield VonMises(x, interval, sp.S.One, sp.expand(c * x - wave.args[0]), sp.cancel(-coefficient / c), c)
        return
    expanded = sp.expand(sp.expand_trig(sp.expand(log_slope)))
    angles = {wave.args[0] for wave in expanded.atoms(sp.sin, sp.cos) if wave.has(x)}
    if len(angles) != 1:
        return
    (angle,) = angles
    c = angle.coeff(x)
    if sp.expand(angle - c * x) != 0 or sign(c) != 1 or sp.cancel((interval.right - interval.left) * c / sp.pi) != 2:
        return
    a, b = expanded.coeff(sp.cos(angle)), expanded.coeff(sp.sin(angle))
    if a == 0:
        yield VonMises(x, interval, sp.S.One, sp.S.Zero, sp.cancel(-b / c), c)
    elif b == 0:
        yield VonMises(x, interval, sp.S.One, sp.pi / 2, sp.cancel(a / c), c)
    else:
        yield VonMises(x, interval, sp.S.One, sp.atan2(a, -b), sp.sqrt(a**2 + b**2) / c, c)


def _beta(log_slope: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[Family]:
    left, right = interval.ends
    alpha = sp.cancel(sp.together(log_slope * (x - left))).subs(x, left) + 1
    beta = -sp.cancel(sp.together(log_slope * (right - x))).subs(x, right) + 1
    if alpha.is_finite is not False and beta.is_finite is not False and not sp.Tuple(alpha, beta).has(sp.nan):
        yield Beta(x, interval, sp.S.One, sp.expand(alpha), sp.expand(beta))
