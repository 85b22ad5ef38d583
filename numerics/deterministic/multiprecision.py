"""Real numbers of mpmath: read from arguments, and rounded to the digits asked for."""

from __future__ import annotations

import numbers
from typing import Any

import mpmath
import sympy as sp
from mpmath import mpf

from numerics.arguments import takes
from numerics.errors import ArgumentError
from numerics.working_precision import working_digits
from theory.argument_kinds import one_of, whole
from theory.values import shown


def real(name: str, value: Any) -> mpf:
    """The argument called ``name`` as a finite number, in the present precision.

    Raises:
        ArgumentError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real | sp.Expr | mpf | str):
        raise ArgumentError(f"{name} must be a real number, got {shown(value)}.")
    try:
        number = mpf(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentError(f"{name} must be a real number, got {shown(value)}.") from error
    if not mpmath.isfinite(number):
        raise ArgumentError(f"{name} must be finite, got {shown(value)}.")
    return number


def positive_number(name: str, value: Any) -> mpf:
    """The argument called ``name`` as a positive number.

    Raises:
        ArgumentError: it is none.
    """
    number = real(name, value)
    if number <= 0:
        raise ArgumentError(f"{name} must be positive, got {shown(value)}.")
    return number


@takes(value=one_of(mpf, needed="a number of mpmath"), digits=whole(1, 100_000))
def rounded(value: mpf, digits: int) -> mpf:
    """``value`` to so many digits.

    Example:
        >>> mpmath.nstr(rounded(mpf(2) / 3, 4), 10)
        '0.6666641235'
    """
    with working_digits(digits):
        return +value
