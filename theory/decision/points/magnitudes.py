r"""Random rational numbers of every size: near 1, in the heavy tails, with even and with odd denominators.

Formulas that agree near 1 often part far away (:math:`\lfloor n/100\rfloor` is 0 up to 99), and formulas that agree at
dyadic numbers part beside them (:math:`\sin(2^{24}\pi x)`). So sizes are log-uniform over :math:`2^{\pm 6}` for three
draws in five, over :math:`2^{\pm 20}` or :math:`2^{\pm 60}` for the others, and every other denominator is odd.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction

NEAR = 6
"""Sizes from 2**-6 to 2**6: for functions that are slow to enclose far away."""

FAR = 60
"""Sizes from 2**-60 to 2**60."""

_MIDDLE = 20
_BITS = 24


def random_size(rng: random.Random, reach: int) -> int:
    """The exponent range of one draw: mostly :data:`NEAR`, at most ``reach``."""
    if reach <= NEAR or rng.random() < 0.6:
        return min(NEAR, reach)
    return min(_MIDDLE, reach) if rng.random() < 0.5 else reach


def magnitude(rng: random.Random, size: int) -> Fraction:
    """A positive number, log-uniform over 2**-size .. 2**size."""
    exponent = rng.uniform(-size, size)
    whole = math.floor(exponent)
    denominator = _denominator(rng)
    number = Fraction(int(2.0 ** (exponent - whole) * denominator) | 1, denominator)
    return number * (1 << whole) if whole >= 0 else number / (1 << -whole)


def between(lower: Fraction | None, upper: Fraction | None, rng: random.Random, size: int) -> Fraction:
    """A number between the bounds that are given, often close to one of them, and far away where there is room."""
    if lower is not None and upper is not None:
        denominator = _denominator(rng)
        share = Fraction(rng.randrange(denominator) | 1, denominator + 2)
        if rng.random() < 0.4:
            share = share / (1 << rng.randint(0, 8 if size <= NEAR else size))
            share = share if rng.random() < 0.5 else 1 - share
        return lower + (upper - lower) * share
    if lower is not None:
        end, direction = lower, 1
    elif upper is not None:
        end, direction = upper, -1
    else:
        return magnitude(rng, size) * rng.choice((1, -1))
    free = magnitude(rng, size) * rng.choice((1, -1))
    if end * direction < 0 and rng.random() < 0.5 and (free - end) * direction > 0:
        return free
    scale = abs(end) if end != 0 and rng.random() < 0.5 else 1
    return end + direction * scale * magnitude(rng, size)


def _denominator(rng: random.Random) -> int:
    return rng.getrandbits(_BITS) | 1 | 1 << (_BITS - 1) if rng.random() < 0.5 else 1 << _BITS
