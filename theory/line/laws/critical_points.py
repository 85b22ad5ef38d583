r"""The slope of a log density as a polynomial in one power, and where it changes its sign, at numbers.

In a chart the logarithmic slope of a density is a quotient of sums of powers. Where its denominator has one sign and
its numerator is :math:`z^{r_0}P(z^q)`, the density rises where P is positive and falls where it is negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key, partial
from typing import Any

import sympy as sp

from theory.decision.arb.balls import ball
from theory.errors import UnsupportedFormError
from theory.limits import one_sided_limit
from theory.line.charts.glued import pieces_of
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.powers import in_one_power, order, power_quotient
from theory.line.charts.sign_on_interval import image_of_end, sign_on_interval
from theory.line.integrals.exponential_of_integral import logarithmic_derivative
from theory.line.laws.even_density import symmetric_about
from theory.services import service

_GUARD = 10
"""Digits beyond those asked for."""

_DECIMALS = 80
"""Digits of an irrational coefficient."""

_PRECISION = 256
"""Bits of the balls that compare two peaks."""


@dataclass(frozen=True)
class SlopePolynomial:
    r"""The sign of :math:`(\log p)'` in a chart, as that of a polynomial.

    Attributes:
        chart: :math:`z = \psi(x)`.
        slope: :math:`(\log p)'` along the chart.
        coefficients: j -> the coefficient of :math:`y^j` in P; empty for a flat density.
        step: q in :math:`y = z^q`; 1 on intervals that reach below 0, where P is a polynomial in z itself. None on the
            positive half-line where the exponents are no multiples of one power: then j only counts them upwards.
    """

    chart: Chart
    slope: sp.Expr
    coefficients: dict[int, sp.Expr]
    step: sp.Expr | None

    @property
    def ends(self) -> tuple[sp.Expr, sp.Expr]:
        """Where y lives."""
        left, right = self.chart.interval.ends
        if self.step is None:
            return left, right
        return image_of_end(left, self.step), image_of_end(right, self.step)

    def in_x(self, y: sp.Expr) -> sp.Expr:
        """The point of the interval of x that belongs to ``y``."""
        return self.chart.inverse.subs(self.chart.variable, y ** (1 / (self.step or sp.S.One)))


def slope_polynomial(density: sp.Expr, x: sp.Symbol, interval: Interval) -> SlopePolynomial:
    """The polynomial whose sign is that of the slope of ``density``.

    Raises:
        UnsupportedFormError: the slope is no quotient of sums of powers in a chart, its denominator may vanish, or its
            numerator is no polynomial in one power.
    """
    slope = logarithmic_derivative(density, x)
    chart = Chart.for_functions(x, (slope,), interval)
    z = chart.variable
    # The slope along the chart: same sign, same zeros.
    in_chart = chart.express(slope / chart.slope)
    quotient = power_quotient(in_chart, z)
    if quotient.is_zero:
        return SlopePolynomial(chart, sp.S.Zero, {}, sp.S.One)
    denominator = sign_on_interval(quotient.in_powers(quotient.denominator, z), z, *chart.interval.ends)
    if denominator is None or denominator[1] != sp.true:
        raise unsolved(density, in_chart, "its denominator may vanish")
    terms = quotient.terms(quotient.numerator)
    if chart.interval.left.is_nonnegative:
        found = in_one_power(terms) or _in_order(terms, chart.interval)
    else:
        whole = all(exponent.is_Integer and exponent >= 0 for exponent in terms)
        found = ({int(exponent): c for exponent, c in terms.items()}, sp.S.One) if whole else None
    if found is None:
        raise unsolved(density, in_chart, "its numerator is no polynomial in one power")
    return SlopePolynomial(chart, in_chart, {j: denominator[0] * c for j, c in found[0].items()}, found[1])


def _in_order(terms: dict[sp.Expr, sp.Expr], interval: Interval) -> tuple[dict[int, sp.Expr], None] | None:
    """The terms counted by their exponents upwards; on the half-line the outermost decide what happens at its ends."""
    if interval.ends != (sp.S.Zero, sp.oo):
        return None
    return {j: terms[exponent] for j, exponent in enumerate(sorted(terms, key=cmp_to_key(order)))}, None


def unsolved(density: sp.Expr, slope: sp.Expr, reason: str) -> UnsupportedFormError:
    """The error of a mode that is not found."""
    return UnsupportedFormError(
        f"the mode of {density} is a zero of its logarithmic slope {slope}, which is not solved here: {reason}. "
        "Put in numbers and maximise numerically."
    )


class HighestPoint(sp.Function):
    r"""The point at which a density is largest, :math:`\arg\max_{l<x<r} p(x)`, where that has no closed form.

    ``HighestPoint(Lambda(x, p), l, r)`` stands until all parameters are numbers; ``evalf`` then isolates the zeros of
    the slope by Sturm's theorem and encloses the density at those where it turns from rising to falling. It is nan
    where two of them are equally high, as far as balls tell. Where the slope is no polynomial in one power the point
    comes from the quadrature of the density.

    Example:
        >>> x, c = sp.symbols("x c", positive=True)
        >>> found = HighestPoint(sp.Lambda(x, x * sp.exp(-c * x - x**7)), 0, sp.oo)
        >>> found.subs(c, 1).evalf(12)
        0.651449903280
    """

    nargs = 3
    is_extended_real = True

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic | None:
        function, *ends = self.args
        if old not in function.variables:
            return None
        # The variable is bound: only the ends could hold another of the same name.
        return self.func(function, *(end.subs(old, new) for end in ends))

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        if self.free_symbols:
            return None
        function, left, right = self.args
        (x,), digits = function.variables, sp.core.evalf.prec_to_dps(prec)
        try:
            return highest_point(function.expr, x, Interval(left, right), digits)
        except UnsupportedFormError:
            return _highest_by_quadrature(function.expr, x, Interval(left, right), digits)


def highest_point(density: sp.Expr, x: sp.Symbol, interval: Interval, digits: int) -> sp.Expr:
    """Where a density with numbers for all parameters is largest, an end included; nan where two are equally high.

    Raises:
        UnsupportedFormError: its slope is no polynomial with rational coefficients in one power.
    """
    candidates = [
        candidate
        for stretch, formula in pieces_of(density, x, interval)
        for candidate in _candidates(formula, x, stretch)
    ]
    points = {point for point, _ in candidates}
    if len(points) == 1:
        return points.pop().evalf(digits)
    heights = [(point, height()) for point, height in candidates]
    at_top = {point for point, height in heights if height is None} or {
        point
        for point, height in heights
        if all(height > other for place, other in heights if place is not point and place != point)
    }
    return at_top.pop().evalf(digits) if len(at_top) == 1 else sp.nan


def _highest_by_quadrature(density: sp.Expr, x: sp.Symbol, interval: Interval, digits: int) -> sp.Expr:
    """One of the highest points; nan beside the centre of an even density, which is as high on the other side."""
    if density.has(sp.Integral, sp.hyper):
        law = service("law_on_panels")(logarithmic_derivative(density, x) / 2, sp.S.One, x, interval.ends)
    else:
        law = service("law_numbers")(density, x, interval.ends, digits=digits)
    found, centre = law.mode(), symmetric_about(density, x, interval)
    if centre is None:
        return sp.Float._new(found._mpf_, 53)
    return centre if abs(found - centre) < sp.Rational(1, 10**8) else sp.nan


def _candidates(formula: sp.Expr, x: sp.Symbol, stretch: Interval) -> list[tuple[sp.Expr, Callable[[], Any]]]:
    """Peaks inside a smooth piece, and ends from which it falls, each with what gives its height.

    A height is a ball around the log density, None where that is infinite.

    Raises:
        UnsupportedFormError: see :func:`highest_point`.
    """
    mirrored = stretch.left.is_nonnegative is not True and stretch.right.is_nonpositive is True
    own = Interval(-stretch.right, -stretch.left) if mirrored else stretch
    y = sp.Symbol(x.name, positive=True) if own.left.is_nonnegative else x
    along = formula.subs(x, -y if mirrored else y)
    found = slope_polynomial(along, y, own)
    found_candidates: list[tuple[sp.Expr, Callable[[], Any]]] = []
    for peak in isolated_peaks(found, along, _DECIMALS - _GUARD):
        point = found.in_x(sum(peak) / 2)
        found_candidates.append((-point if mirrored else point, partial(_height_of_peak, peak, along, y, found)))
    for end, side, slope in zip(own.ends, "+-", _slopes_at_ends(found), strict=True):
        if (slope < 0) == (side == "+") and slope != 0:
            height = partial(_height_at_end, along, y, end, side)
            found_candidates.append((-end if mirrored else end, height))
    return found_candidates


def _slopes_at_ends(found: SlopePolynomial) -> list[int]:
    """The signs of the slope beside the two ends."""
    y = sp.Dummy("y")
    polynomial = sp.Poly.from_dict({(j,): _rational(c) for j, c in found.coefficients.items()}, y)
    inside, eps = [], sp.Rational(1, 10**_DECIMALS)
    for end, inwards in zip(found.ends, (1, -1), strict=True):
        if end.is_infinite:
            leading = polynomial.LC() * (-1) ** (polynomial.degree() if end < 0 else 0)
        else:
            leading = polynomial.eval(end + inwards * eps)
        inside.append(1 if leading > 0 else -1 if leading < 0 else 0)
    return inside


def _height_at_end(density: sp.Expr, x: sp.Symbol, end: sp.Expr, side: str) -> Any:
    value = density.subs(x, end) if end.is_finite else sp.nan
    if not (value.is_finite and value.is_positive):
        value = one_sided_limit(density, x, end, side)
    return None if value.is_infinite else ball(sp.log(value), {}, _PRECISION)


def isolated_peaks(found: SlopePolynomial, density: sp.Expr, digits: int) -> list[tuple[sp.Rational, sp.Rational]]:
    """Intervals of y around the points at which the slope turns from rising to falling.

    Raises:
        UnsupportedFormError: see :func:`highest_point`.
    """
    if found.step is None:
        raise unsolved(density, found.slope, "its numerator is no polynomial in one power")
    y = sp.Dummy("y")
    polynomial = sp.Poly.from_dict({(j,): _rational(c) for j, c in found.coefficients.items()}, y)
    if not polynomial.domain.is_ZZ and not polynomial.domain.is_QQ:
        raise unsolved(density, found.slope, "its coefficients are not numbers")
    left, right = found.ends
    eps = sp.Rational(1, 10 ** (digits + _GUARD))
    square_free = polynomial.sqf_part()
    peaks = []
    for (low, high), _ in square_free.intervals(eps=eps):
        inside = (left == -sp.oo or low > left) and (right == sp.oo or high < right)
        before, after = polynomial.eval(low - eps), polynomial.eval(high + eps)
        if inside and before > 0 > after:
            peaks.append((low, high))
    return peaks


def _rational(coefficient: sp.Expr) -> sp.Expr:
    """A real number to :data:`_DECIMALS` digits: far beyond those to which the peaks are wanted."""
    if coefficient.is_Rational or not coefficient.is_number:
        return coefficient
    return sp.Rational(str(coefficient.evalf(_DECIMALS)))


def _height_of_peak(
    peak: tuple[sp.Rational, sp.Rational], density: sp.Expr, x: sp.Symbol, found: SlopePolynomial
) -> Any:
    """A ball around the logarithm of the density at a peak, which is an interval of y."""
    y = sp.Dummy("y", positive=found.chart.interval.left.is_nonnegative)
    around = ball(peak[0], {}, _PRECISION).union(ball(peak[1], {}, _PRECISION))
    return ball(sp.log(density), {x: ball(found.in_x(y), {y: around}, _PRECISION)}, _PRECISION)
