r"""The mode of a density on the line, as a case distinction between a critical point and the ends.

A mode is a statement about a coordinate: under :math:`x = x(v)` the density gains the factor :math:`|x'(v)|`,
which moves it. Thresholds of a mode (interior for large drift, at an end for small) are therefore not
intrinsic to the process, unlike those of normalisability.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import negative, nonnegative, nonpositive, positive, sign, simplified
from theory.decision.points.both_signs import takes_both_signs
from theory.errors import OrderError, UnsupportedFormError
from theory.limits import one_sided_limit
from theory.line.charts.glued import pieces_of
from theory.line.charts.interval import Interval
from theory.line.ends.endpoints import by_leading_term, endpoint_behaviour
from theory.line.families import Patchwork
from theory.line.laws.critical_points import (
    HighestPoint,
    SlopePolynomial,
    slope_polynomial,
    unsolved,
)
from theory.line.laws.recognise import recognise
from theory.line.laws.single_peak import single_peak
from theory.line.time_limit import limited
from theory.values import single_expression, single_symbol


@limited
def mode(density: sp.Expr, variable: sp.Symbol, interval: Interval | None = None) -> sp.Expr:
    """Where ``density`` is largest; an end of the interval if it is unbounded or has its supremum there.

    The value is nan for parameters at which this does not decide (equally high maxima, or a flat density). Where the
    critical points are zeros of a polynomial of higher degree it is a
    :class:`~theory.line.laws.critical_points.HighestPoint`, which has a value once the parameters have.

    Raises:
        UnsupportedFormError: the density is of no known family, and its slope is no polynomial in a power of the
            variable or of its exponential over a denominator of one sign.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> mode(x ** (k - 1) * sp.exp(-x), x)
        Piecewise((k - 1, k > 1), (0, True))
    """
    variable = single_symbol(variable, "variable")
    if isinstance(density, sp.Mul) and density.has(sp.Integral):
        # A normalised law is divided by a standing integral over its interval, a constant.
        density = sp.Mul(*(factor for factor in density.args if variable in factor.free_symbols))
    density = single_expression(density, "density")
    interval = Interval.given(interval, variable)
    family = recognise(density, variable, interval)
    if family is not None and not (isinstance(family, Patchwork) or family.cancels):
        return family.mode
    pieces = pieces_of(density, variable, interval)
    if len(pieces) > 1:
        return highest_of_pieces(density, pieces, variable)
    try:
        found = slope_polynomial(density, variable, interval)
    except OrderError:
        raise
    except UnsupportedFormError:
        return _beyond_charts(density, variable, interval)
    if not found.coefficients:
        return sp.nan
    peak = HighestPoint(sp.Lambda(variable, density), *interval.ends)
    if found.ends == (-sp.oo, sp.oo):
        cases = _cases_on_line(found, interval, peak)
    else:
        cases = _cases_on_half_line(found, interval, peak)
    reduced = [(value, simplified(condition)) for value, condition in cases]
    if all(condition == sp.false for value, condition in reduced if value is not sp.nan):
        raise unsolved(density, found.slope, "its sign changes depend on the parameters")
    return sp.Piecewise(*reduced)


def _beyond_charts(density: sp.Expr, x: sp.Symbol, interval: Interval) -> sp.Expr:
    """The one peak that signs tell of, else the highest point, which has a value once the parameters have."""
    peak = single_peak(density, x, interval)
    return HighestPoint(sp.Lambda(x, density), *interval.ends) if peak is None else peak


def highest_of_pieces(whole: sp.Expr, pieces: Sequence[tuple[Interval, sp.Expr]], x: sp.Symbol) -> sp.Expr:
    """The mode of a density of several formulas: the highest of the modes of its pieces, nan where two are equal.

    Where parameters decide which is highest, it stands as the highest point of the ``whole`` density.
    """
    options = []
    for stretch, formula in pieces:
        peak = _mode_of_piece(formula, x, stretch)
        given = peak.args if isinstance(peak, sp.Piecewise) else ((peak, sp.true),)
        options.append([(point, formula, stretch, condition) for point, condition in given])
    cases: dict[sp.Expr, Boolean] = {}
    for chosen in itertools.product(*options):
        condition = simplified(sp.And(*(entry[3] for entry in chosen)))
        if condition != sp.false:
            try:
                point = _highest_of(chosen, x)
            except UnsupportedFormError:
                point = HighestPoint(sp.Lambda(x, whole), pieces[0][0].left, pieces[-1][0].right)
            cases[point] = sp.Or(cases.get(point, sp.false), condition)
    return sp.Piecewise(*((point, simplified(condition)) for point, condition in cases.items()))


def _mode_of_piece(formula: sp.Expr, x: sp.Symbol, stretch: Interval) -> sp.Expr:
    y = sp.Symbol(x.name, positive=True)
    if stretch.left.is_nonnegative:
        return mode(formula.subs(x, y), y, stretch)
    if stretch.right.is_nonpositive:
        mirrored = mode(formula.subs(x, -y), y, Interval(-stretch.right, -stretch.left))
        return sp.piecewise_fold(-mirrored)
    return mode(formula, x, stretch)


def _highest_of(chosen: Sequence[tuple], x: sp.Symbol) -> sp.Expr:
    """The highest of the points, one of each piece, with the density taken from inside the piece."""
    best, top = sp.nan, sp.S.NegativeInfinity
    for point, formula, stretch, _ in chosen:
        if point is sp.nan or point.is_infinite:
            return sp.nan
        if point.has(HighestPoint):
            if best in stretch.ends and _height(formula, x, best, stretch) == top:
                best, top = point, formula.subs(x, point)  # higher than the end at which its own piece begins
                continue
            raise UnsupportedFormError(f"whether {point} is higher than {best} is told by numbers.")
        height = _height(formula, x, point, stretch)
        if height.is_infinite and top.is_infinite and top > 0 and point != best:
            return sp.nan
        higher = 1 if top == -sp.oo or height.is_infinite else _comparison(height, top)
        if higher is None:
            raise UnsupportedFormError(
                f"which of {best} and {point} is the mode depends on whether {height} exceeds {top}. "
                "Put in numbers, or declare assumptions that decide it."
            )
        if higher == 0 and point != best:
            best = sp.nan
        elif higher > 0:
            best, top = point, height
    return best


def _height(formula: sp.Expr, x: sp.Symbol, point: sp.Expr, stretch: Interval) -> sp.Expr:
    """The density at a point of the piece, or its limit at an end of it where it has no value there.

    Raises:
        UnsupportedFormError: the limit depends on parameters, as that of a power whose exponent may have both signs, or
            is one of a hypergeometric function.
    """
    value = formula.subs(x, point) if point.is_finite else sp.nan
    if point in stretch.ends and not value.is_finite:
        if formula.has(sp.hyper):
            raise UnsupportedFormError(f"the limit of {formula} at {x} = {point} is told by numbers.")
        return one_sided_limit(formula, x, point, "-" if point == stretch.right else "+")
    return value


def _comparison(one: sp.Expr, other: sp.Expr) -> int | None:
    """The sign of a difference of two positive heights, or where that is open of the difference of their logarithms."""
    if one.has(HighestPoint, sp.nan) or other.has(HighestPoint, sp.nan):
        return None
    if other.is_infinite is not True and takes_both_signs(sp.log(one) - sp.log(other)):
        return None
    known = sign(sp.expand(one - other))
    if known is None and other.is_finite:
        known = sign(sp.expand(sp.expand_log(sp.log(one) - sp.log(other), force=True)))
    return known


Cases = list[tuple[sp.Expr, Boolean]]


def _cases_on_line(found: SlopePolynomial, interval: Interval, highest: sp.Expr) -> Cases:
    """Cases for a slope that is a polynomial in a variable on the whole line."""
    left, right = interval.ends
    c = found.coefficients
    degree = max(c)
    if degree == 0:
        return [(left, negative(c[0])), (right, positive(c[0])), (sp.nan, sp.true)]
    if degree == 1:
        peak = sp.cancel(-c.get(0, sp.S.Zero) / c[1])
        return [(found.in_x(peak), negative(c[1])), (sp.nan, sp.true)]
    if all(j % 2 for j in c):  # even about 0: a single peak there, two equally high ones about a valley, or more
        only = _of_one_sign(c.values(), negative, nonpositive)
        return [(found.in_x(sp.S.Zero), only), (sp.nan, positive(c[min(c)])), (highest, sp.true)]
    return [(highest, negative(c[degree]) if degree % 2 else sp.false), (sp.nan, sp.true)]


def _cases_on_half_line(found: SlopePolynomial, interval: Interval, highest: sp.Expr) -> Cases:
    """Cases for a slope of the sign of a polynomial on an interval that is mapped to the positive half-line."""
    left, right = interval.ends
    coefficients, back = _on_half_line(found)
    rising = _of_one_sign(coefficients, positive, nonnegative)
    falling = _of_one_sign(coefficients, negative, nonpositive)
    first, last = coefficients[0], coefficients[-1]
    degree = len(coefficients) - 1
    # Rising at the left end and falling at the right one: the largest value is taken inside.
    inside = sp.And(positive(first), negative(last)) if degree else sp.false
    if degree == 2 and found.step is not None:
        c, b, a = coefficients
        peak = found.in_x(back(sp.factor_terms((-b - sp.sqrt(sp.factor(b**2 - 4 * a * c))) / (2 * a))))
    else:
        peak = found.in_x(back(sp.cancel(-first / last))) if degree == 1 else highest
    at_left, at_right = (
        _blows_up(found, end, from_above=above)
        for end, above in zip(found.chart.interval.ends, (True, False), strict=True)
    )
    return [
        (peak, inside),
        (left, sp.Or(falling, sp.And(at_left, negative(last)))),
        (right, sp.Or(rising, sp.And(at_right, positive(first)))),
        (highest if degree > 1 and found.step is not None else sp.nan, sp.true),
    ]


def _on_half_line(found: SlopePolynomial) -> tuple[list[sp.Expr], Callable[[sp.Expr], sp.Expr]]:
    """Coefficients, from the constant on, of the polynomial in v > 0, and y as a function of v."""
    left, right = found.ends
    v = sp.Dummy("v", positive=True)
    if (left, right) == (sp.S.Zero, sp.oo):
        local = v
    elif left.is_finite and right.is_finite:
        local = (left + right * v) / (1 + v)
    else:
        local = left + v if left.is_finite else right - 1 / v
    total = sp.Add(*(c * local**j for j, c in found.coefficients.items()))
    numerator, denominator = sp.fraction(sp.together(total))
    polynomial = sp.Poly(sp.expand(numerator) * (sign(denominator) or sp.nan), v)
    coefficients = polynomial.all_coeffs()[::-1]
    while len(coefficients) > 1 and coefficients[0] == 0:
        coefficients.pop(0)
    return coefficients, lambda value: sp.cancel(local.subs(v, value)) if local != v else value


def _blows_up(found: SlopePolynomial, end: sp.Expr, *, from_above: bool) -> Boolean:
    """Whether the density, seen along the chart, tends to infinity at the end."""
    at_end = endpoint_behaviour(found.slope, found.chart.variable, end, from_above=from_above)
    bound = at_end.exponent if at_end.at_infinity else -at_end.exponent
    return by_leading_term(at_end, decaying=sp.false, growing=sp.true, power=positive(bound))


def _of_one_sign(
    coefficients: Iterable[sp.Expr], strictly: Callable[[sp.Expr], Boolean], weakly: Callable[[sp.Expr], Boolean]
) -> Boolean:
    coefficients = list(coefficients)
    return sp.And(*map(weakly, coefficients), sp.Or(*map(strictly, coefficients)))
