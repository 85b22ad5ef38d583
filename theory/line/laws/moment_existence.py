r"""Which moments of a density are finite: negative orders by its value at 0, positive ones by its tail."""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, REAL_EXPRESSION, SCALAR, SYMBOL, one_of, takes
from theory.decision.conditions.inequalities import positive
from theory.errors import OrderError, UnsupportedFormError
from theory.limits import one_sided_limit
from theory.line.charts.glued import pieces_of
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.oscillation import without_oscillation
from theory.line.ends.boundary import integrable
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.ends.growth import converges
from theory.local_time import is_smooth

_INTERVAL = one_of(Interval, needed="an Interval")


@takes(density=EXPRESSION, x=SYMBOL, interval=_INTERVAL)
def is_positive_at_zero(density: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    """Whether 0 lies inside, and the density is positive and continuous there: no negative moment exists.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> is_positive_at_zero(sp.exp(-(x**2)), x, Interval(-sp.oo, sp.oo))
        True
    """
    left, right = interval.ends
    if not (left.is_extended_negative and right.is_extended_positive) or not is_smooth(density, (x,)):
        return False
    return density.subs(x, 0).is_positive is True


@takes(log_derivative=REAL_EXPRESSION, x=SYMBOL, interval=_INTERVAL, order=SCALAR)
def tail_moment_exists(log_derivative: sp.Expr, x: sp.Symbol, interval: Interval, order: sp.Expr | int) -> Boolean:
    """The condition for a finite moment of a power tail at infinity; on the exponential scale all are finite.

    The density has :math:`p'/p =` ``log_derivative`` on ``interval``.

    Example:
        >>> x, k = sp.Symbol("x", real=True), sp.Symbol("k", positive=True)
        >>> tail_moment_exists(-k * x / (1 + x**2), x, Interval(-sp.oo, sp.oo), 2)  # p = (1 + x^2)^(-k/2)
        k > 3
    """
    if interval.right.is_finite:
        return sp.true
    (*_, (_, slope)) = pieces_of(log_derivative, x, interval)
    slope, _ = without_oscillation(slope, sp.S(2), x, interval)
    try:
        if Chart.for_functions(x, (slope,), interval).variable == x:
            return integrable(endpoint_behaviour(slope + order / x, x, interval.right))
    except OrderError:
        raise
    except UnsupportedFormError:
        pass
    y = sp.Dummy("y", positive=True)
    try:
        finite = converges(y * slope.subs(x, y) + order, y)
    except OrderError:
        finite = None
    if finite is not None:
        return sp.true if finite else sp.false
    power = one_sided_limit(y * slope.subs(x, y), y, sp.oo, "-")
    if power == -sp.oo:
        return sp.true
    if not power.is_finite:
        raise UnsupportedFormError(f"whether the moment of order {order} exists is not seen from p'/p = {slope}.")
    return positive(-1 - order - power)


@takes(log_derivative=REAL_EXPRESSION, x=SYMBOL, interval=_INTERVAL, order=SCALAR)
def infinite_moment(log_derivative: sp.Expr, x: sp.Symbol, interval: Interval, order: sp.Expr | int) -> sp.Expr | None:
    """A moment whose integral diverges: infinite, or nan where both signs do; None where it is finite or not known.

    The density, on ``interval``, may hold parameters: the answer is that for all of them.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> infinite_moment(-3 / x + 1 / x**2, x, Interval(0, sp.oo), 2), infinite_moment(-5 / x, x, Interval(1, 2), 2)
        (oo, None)
    """
    order = sp.sympify(order)
    stretches = pieces_of(log_derivative, x, interval)
    found = set()
    for end, (_, slope) in zip(interval.ends, (stretches[0], stretches[-1]), strict=True):
        if end == 0 and order.is_negative or end.is_infinite and order.is_positive:
            slope, _ = without_oscillation(slope, sp.S(2), x, interval)
            try:
                behaviour = endpoint_behaviour(slope + order / x, x, end, from_above=end == interval.left)
                diverges = integrable(behaviour) == sp.false
            except UnsupportedFormError:
                diverges = _grows_beyond(slope, x, end, order)
            if diverges:
                below = end == -sp.oo or end == 0 and end == interval.right
                found.add(-sp.oo if below and order.is_odd else sp.oo)
    return sp.nan if len(found) == 2 else next(iter(found), None)


def _grows_beyond(slope: sp.Expr, x: sp.Symbol, end: sp.Expr, order: sp.Expr) -> bool:
    """Whether the tail at an infinite end is seen to be too heavy, of a slope that is no quotient of powers."""
    if end.is_finite:
        return False
    y, side = sp.Dummy("y", positive=True), sp.S.One if end == sp.oo else sp.S.NegativeOne
    try:
        return converges(y * side * slope.subs(x, side * y) + order, y) is False
    except OrderError:
        return False
