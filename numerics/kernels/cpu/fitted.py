r"""Polynomials that stand for a function on an interval, made when a kernel needs them.

The polynomial through the values at Chebyshev's points,

.. math:: p(t) = \sum_{k<n} c_k T_k(s), \qquad s = \frac{2t - a - b}{b - a},

is within a factor :math:`2 + \frac2\pi\log n` of the best one of its degree. It is written by the powers of t less a
number, and is worth its digits where the sum of the moduli of its terms is not much larger than its value.

References:
    Trefethen, *Approximation Theory and Approximation Practice* (2013), chapters 3 and 16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

from numerics.arguments import REAL, takes
from numerics.errors import ArgumentError
from numerics.working_precision import working_digits
from theory.argument_kinds import FUNCTION, whole
from theory.values import shown

DIGITS = 50
"""Carried: many more than the coefficients keep."""


@takes(f=FUNCTION, low=REAL, high=REAL, terms=whole(1, 1000), about=REAL)
def polynomial_through(
    f: Callable[[Any], Any], low: float, high: float, terms: int, *, about: float = 0.0
) -> tuple[float, ...]:
    r"""The coefficients of :math:`(t - c)^k` in the polynomial that is f at ``terms`` points of an interval.

    Args:
        f: A function of a number of mpmath.
        low: The interval's left end.
        high: Its right end.
        terms: How many coefficients.
        about: The number c.

    Raises:
        ArgumentError: ``low`` is not below ``high``, or f is not a finite real number at one of the points.

    Example:
        >>> polynomial_through(lambda t: t**2 + 1, 0.0, 2.0, 3, about=1.0)
        (2.0, 2.0, 1.0)
    """
    low, high, about = float(low), float(high), float(about)
    if not low < high:
        raise ArgumentError(f"low must lie below high, got low={low} and high={high}.")
    with working_digits(DIGITS):
        half = (mpmath.mpf(high) - low) / 2
        middle = low + half
        turns = [mpmath.cospi((j + mpmath.mpf(0.5)) / terms) for j in range(terms)]
        values = [f(middle + half * turn) for turn in turns]
        for value in values:
            if not REAL.admits(value):
                raise ArgumentError(f"f must be a finite real number between low and high, got {shown(value)}.")
        powers = [mpmath.mpf(0)] * terms
        # T_k in powers of t - c, by its recursion.
        before, now = [mpmath.mpf(0)], [mpmath.mpf(1)]
        shift = (about - middle) / half
        for k in range(terms):
            cosines = (mpmath.cospi(k * (j + mpmath.mpf(0.5)) / terms) for j in range(terms))
            c = (2 if k else 1) * mpmath.fdot(values, cosines) / terms
            for power, part in enumerate(now):
                powers[power] += c * part
            factor = 2 if k else 1
            following = [factor * shift * part for part in now] + [mpmath.mpf(0)]
            for power, part in enumerate(now):
                following[power + 1] += factor * part / half
            for power, part in enumerate(before):
                following[power] -= part
            before, now = now, following
        return tuple(float(part) for part in powers)
