"""The point about which a density is even."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.errors import SymbolError, UnsupportedFormError
from theory.line.charts.glued import cuts, pieces_of
from theory.line.charts.interval import Chart, Interval
from theory.line.integrals.exponential_of_integral import logarithmic_derivative


@takes(density=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
@lru_cache(maxsize=512)
def symmetric_about(density: sp.Expr, x: sp.Symbol, interval: Interval) -> sp.Expr | None:
    """The point about which ``density`` is even, None where that is not seen: 0, a kink, or the middle of the interval.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> symmetric_about(sp.exp(x**2 - x**4), x, Interval(-sp.oo, sp.oo))
        0
    """
    left, right = interval.ends
    if left.is_finite and right.is_finite:
        middle = sp.cancel((left + right) / 2)
    elif left.is_finite or right.is_finite:
        return None
    else:
        places = cuts([density], x, interval)
        middle = places[len(places) // 2] if len(places) % 2 else sp.S.Zero
    pieces = pieces_of(density, x, interval)
    half = len(pieces) // 2
    if len(pieces) % 2 == 0 and pieces[half][0].left != middle:
        return None
    y = sp.Dummy("y", positive=True)
    for (stretch, formula), (other, mirror) in zip(pieces[half:], pieces[::-1][half:], strict=True):
        low = middle if stretch is other else stretch.left
        if not stretch.right.is_infinite and sp.expand(stretch.right + other.left - 2 * middle) != 0:
            return None
        above, below = formula.subs(x, middle + y), mirror.subs(x, middle - y)
        if above != below and not _equal(above, below, y, Interval(low - middle, stretch.right - middle)):
            return None
    return middle


def _equal(one: sp.Expr, other: sp.Expr, y: sp.Symbol, interval: Interval) -> bool:
    """Whether two positive functions have the same logarithmic slope, and the same value at one point."""
    point = interval.interior_point()
    gap = one.subs(y, point) / other.subs(y, point) - 1
    if gap != 0 and sp.expand(sp.powsimp(sp.expand(gap))) != 0:
        return False
    slope = logarithmic_derivative(one, y) - logarithmic_derivative(other, y)
    try:
        return Chart.for_functions(y, (slope,), interval).express(slope) == 0
    except (UnsupportedFormError, SymbolError):
        return False
