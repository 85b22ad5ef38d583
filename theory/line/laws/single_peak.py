r"""The one peak of a density whose slope no chart holds, where signs alone tell it.

The density rises to the left of the peak and falls to the right of it. That is seen where the slope is a multiple of
one sign of :math:`f(x) - c` for :math:`f = \log, \operatorname{arsinh}, \operatorname{artanh}`, or from the signs of
its terms on either side of 0, 1 or the middle of the interval, as for the drift :math:`-a\tanh x - bx`.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.decision.conditions.inequalities import negative, positive
from theory.line.charts.interval import Interval
from theory.line.charts.uncharted import image
from theory.line.integrals.exponential_of_integral import logarithmic_derivative

_INVERSE = {sp.log: sp.exp, sp.asinh: sp.sinh, sp.atanh: sp.tanh}
"""Increasing functions that take every real value where they are real."""


@takes(density=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def single_peak(density: sp.Expr, x: sp.Symbol, interval: Interval) -> sp.Expr | None:
    """The only point at which the density stops rising, None where none is seen.

    Example:
        >>> x, a = sp.symbols("x a", positive=True)
        >>> single_peak(sp.exp(a * x - x * sp.log(x)), x, Interval(0, sp.oo))
        exp(a - 1)
    """
    slope = logarithmic_derivative(density, x)
    for function in slope.atoms(*_INVERSE):
        level = _level(slope, function, x, interval)
        if function.args[0] == x and level is not None:
            return _INVERSE[function.func](level)
    return next((place for place in _places(interval) if _turns_at(slope, x, interval, place)), None)


def _level(slope: sp.Expr, f: sp.Expr, x: sp.Symbol, interval: Interval) -> sp.Expr | None:
    """Level c where the slope is a negative multiple of f(x) - c, None where it is not seen to be one."""
    numerator, denominator = sp.fraction(sp.together(slope))
    if denominator.has(f) or not numerator.is_polynomial(f) or sp.degree(numerator, f) != 1:
        return None
    along, rest = sp.Poly(numerator, f).all_coeffs()
    level = sp.cancel(-rest / along)
    falls = negative((along / denominator).subs(x, image(interval)[0])) == sp.true
    return level if falls and not level.has(x) else None


def _places(interval: Interval) -> Iterator[sp.Expr]:
    left, right = interval.ends
    middle = [sp.cancel((left + right) / 2)] if left.is_finite and right.is_finite else []
    for place in dict.fromkeys([*middle, sp.S.Zero, sp.S.One]):
        if all(gap.is_infinite or positive(gap) == sp.true for gap in (place - left, right - place)):
            yield place


def _turns_at(slope: sp.Expr, x: sp.Symbol, interval: Interval, place: sp.Expr) -> bool:
    rising, falling = (
        _with_known_signs(slope.subs(x, image(part)[0]))
        for part in (Interval(interval.left, place), Interval(place, interval.right))
    )
    return positive(rising) == sp.true and negative(falling) == sp.true


def _with_known_signs(f: sp.Expr) -> sp.Expr:
    """``f`` with symbols for inverse functions whose sign is that of their argument, which SymPy does not know."""
    return f.replace(
        lambda e: isinstance(e, sp.asinh | sp.atanh) and e.args[0].is_positive, lambda e: sp.Dummy(positive=True)
    )
