r"""How far the parts of an expression differ in size at a point: what balls of a given precision can tell apart.

:math:`\tanh(10^6 + p) - 1` is not 0, but smaller than any ball in use. Where all parts have sizes between
:math:`2^{-k}` and :math:`2^k`, a number that is not 0 is seen by balls of a few times :math:`k` bits.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.argument_kinds import EXPRESSION, POINT, takes
from theory.decision.arb.balls import flint_library
from theory.decision.arb.real_and_complex_balls import ComplexBalls, RealBalls
from theory.decision.rational_points import Point
from theory.errors import UnsupportedFormError

_PRECISION = 128
_BEYOND = 1 << 40
_SATURATING = (sp.tanh, sp.coth, sp.zeta)
"""Functions that come as close to a number as an exponential to 0."""

_SATURATING_SOON = (sp.erf, sp.erfc, sp.erfi)
"""Functions that do so as an exponential of a square."""


@takes(expression=EXPRESSION, point=POINT)
def spread_of_sizes(expression: sp.Expr, point: Point) -> int:
    """The least k such that all parts are between ``2**-k`` and ``2**k`` at ``point``, limits approached included.

    Example:
        >>> from fractions import Fraction
        >>> p = sp.Symbol("p", positive=True)
        >>> spread_of_sizes(sp.exp(-p) + 1, {p: Fraction(70)}), spread_of_sizes(sp.tanh(p), {p: Fraction(700)})
        (100, 2100)
    """
    flint = flint_library()
    balls = (ComplexBalls if expression.has(sp.I) else RealBalls)(flint, point)
    with flint.ctx.workprec(_PRECISION):
        try:
            balls.value(expression)
        except UnsupportedFormError:
            return _BEYOND
        sizes = [_size(value) for value in balls.known.values()]
        for part in balls.known:
            if isinstance(part, (*_SATURATING, *_SATURATING_SOON)):
                u = abs(balls.value(part.args[0]))
                sizes.append(_whole(2 * u * u if isinstance(part, _SATURATING_SOON) else 3 * u))
    return max(sizes, default=1)


def _size(value: Any) -> int:
    if not value.is_finite():
        return 0
    mantissa, exponent = (int(part) for part in value.abs_upper().mid().man_exp())
    return abs(exponent + mantissa.bit_length()) if mantissa else 0


def _whole(number: Any) -> int:
    return int(number.upper().ceil().unique_fmpz()) if number < _BEYOND else _BEYOND
