"""Real numbers of mpmath: read from arguments, and rounded to the digits asked for."""

from __future__ import annotations

from typing import Any

import mpmath
from mpmath import mp, mpf

from numerics.errors import ArgumentError


def real(name: str, value: Any) -> mpf:
    """The argument called ``name`` as a finite number, in the present precision.

    Raises:
        ArgumentError: it is none.
    """
    try:
        number = mpf(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name} must be a real number, got {value!r}.") from error
    if not mpmath.isfinite(number):
        raise ArgumentError(f"{name} must be finite, got {value}.")
    return number


def positive_number(name: str, value: Any) -> mpf:
    """The argument called ``name`` as a positive number.

    Raises:
        ArgumentError: it is none.
    """
    number = real(name, value)
    if number <= 0:
        raise ArgumentError(f"{name} must be positive, got {value}.")
    return number


def rounded(value: mpf, digits: int) -> mpf:
    """``value`` to so many digits.

    Example:
        >>> mpmath.nstr(rounded(mpf(2) / 3, 4), 10)
        '0.6666641235'
    """
    with mp.workdps(digits):
        return +value
