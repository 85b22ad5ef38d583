r"""The mode of a density on the line, as a case distinction between a critical point and the ends.

A mode is a statement about a coordinate: under :math:`x = x(v)` the density gains the factor :math:`|x'(v)|`,
which moves it. Thresholds of a mode (interior for large drift, at an end for small) are therefore not
intrinsic to the process, unlike those of normalisability.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.inequalities import negative, nonnegative, nonpositive, positive, simplified
from theory.errors import UnsupportedFormError
from theory.line.endpoints import by_leading_term, endpoint_behaviour
from theory.line.exponential_of_integral import logarithmic_derivative
from theory.line.interval import Chart, Interval
from theory.line.powers import PowerQuotient, power_quotient
from theory.line.recognise import recognise
from theory.line.sign_on_interval import sign_on_interval
from theory.values import single_expression, single_symbol


def mode(density: sp.Expr, variable: sp.Symbol, interval: Interval | None = None) -> sp.Expr:
    """Where ``density`` is largest; an end of the interval if it is unbounded or has its supremum there.

    The value is nan for parameters at which this does not decide (several local maxima, or a flat density).

    Raises:
        UnsupportedFormError: the density is of no known family, and its critical points are not the positive
            zeros of a linear or quadratic polynomial in a power of the variable or of its exponential.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> mode(x ** (k - 1) * sp.exp(-x), x)
        Piecewise((k - 1, k > 1), (0, True))
    """
    density, variable = single_expression(density, "density"), single_symbol(variable, "variable")
    interval = Interval.given(interval, variable)
    family = recognise(density, variable, interval)
    if family is not None:
        return family.mode
    slope = logarithmic_derivative(density, variable)
    chart = Chart.for_functions(variable, (slope,), interval)
    z = chart.variable
    # The slope along the chart: same sign, same zeros.
    in_chart = chart.express(slope / chart.slope)
    if in_chart == 0:
        return sp.nan
    quotient = power_quotient(in_chart, z)
    denominator = sign_on_interval(quotient.in_powers(quotient.denominator, z), z, *chart.interval.ends)
    if denominator is None or denominator[1] != sp.true:
        raise _unsolved(density, in_chart, "its denominator may vanish")
    exponents, coefficients = _numerator(quotient)
    steps = {b - a for a, b in zip(exponents, exponents[1:], strict=False)} or {sp.S.One}
    if len(steps) > 1 or len(exponents) > 3 or any(e.free_symbols for e in exponents):
        raise _unsolved(density, in_chart, "its numerator is neither linear nor quadratic in a power")
    (step,), coefficients = steps, [denominator[0] * c for c in coefficients]
    if chart.interval.ends == (sp.S.Zero, sp.oo):
        at_left = endpoint_behaviour(in_chart, z, sp.S.Zero)
        blows_up = by_leading_term(at_left, decaying=sp.false, growing=sp.true, power=positive(-at_left.exponent))
        cases = _cases_on_half_line(coefficients, interval, blows_up)
    elif chart.interval.ends == (-sp.oo, sp.oo) and exponents == [0]:
        left, right = interval.ends
        cases = [(left, negative(coefficients[0])), (right, positive(coefficients[0])), (sp.nan, sp.true)]
    elif chart.interval.ends == (-sp.oo, sp.oo) and exponents == [0, 1]:
        peak = sp.cancel(-coefficients[0] / coefficients[1])
        cases = [(peak, negative(coefficients[1])), (sp.nan, sp.true)]
    else:
        raise _unsolved(density, in_chart, f"{z} lives in {chart.interval.ends}")
    inverse = {value: chart.inverse.subs(z, value ** (1 / step)) for value, _ in cases}
    inverse |= {value: value for value in (*interval.ends, sp.nan)}
    return sp.Piecewise(*((inverse[value], condition) for value, condition in cases))


def _numerator(quotient: PowerQuotient) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Exponents, ascending where they are numbers, and coefficients of the numerator."""
    terms = quotient.terms(quotient.numerator)
    exponents = sorted(terms, key=sp.default_sort_key) if any(e.free_symbols for e in terms) else sorted(terms)
    return exponents, [terms[exponent] for exponent in exponents]


def _cases_on_half_line(
    coefficients: list[sp.Expr], interval: Interval, blows_up: Boolean
) -> list[tuple[sp.Expr, Boolean]]:
    r"""Cases for a density whose logarithm has a slope of the sign of :math:`c_0 + c_1 w (+\, c_2 w^2)`, w > 0."""
    left, right = interval.ends
    rising = sp.And(*(nonnegative(c) for c in coefficients), sp.Or(*(positive(c) for c in coefficients)))
    falling = sp.And(*(nonpositive(c) for c in coefficients), sp.Or(*(negative(c) for c in coefficients)))
    first, last = coefficients[0], coefficients[-1]
    # One change of sign from plus to minus (Descartes): one positive zero, and it is the maximum.
    single_peak = sp.And(positive(first), negative(last)) if len(coefficients) > 1 else sp.false
    if len(coefficients) == 3:
        a, b, c = coefficients[2], coefficients[1], coefficients[0]
        peak = sp.factor_terms((-b - sp.sqrt(sp.factor(b**2 - 4 * a * c))) / (2 * a))
    else:
        peak = sp.cancel(-first / last)
    conditions = [
        (sp.cancel(peak) if len(coefficients) == 2 else peak, single_peak),
        (left, sp.Or(falling, sp.And(blows_up, negative(last)))),
        (right, rising),
        (sp.nan, sp.true),
    ]
    return [(value, simplified(condition)) for value, condition in conditions]


def _unsolved(density: sp.Expr, slope: sp.Expr, reason: str) -> UnsupportedFormError:
    return UnsupportedFormError(
        f"the mode of {density} is a zero of its logarithmic slope {slope}, which is not solved here: {reason}. "
        "Put in numbers and maximise numerically."
    )
