"""Nodes and weights of Gauss-Legendre quadrature at any precision."""

from __future__ import annotations

from functools import lru_cache

import mpmath
import numpy as np
from mpmath import mp, mpf

from numerics.arguments import takes
from numerics.working_precision import working_bits
from theory.argument_kinds import whole


@takes(points=whole(1, 100_000))
def gauss_legendre(points: int) -> tuple[tuple[mpf, mpf], ...]:
    r"""Pairs (node, weight) on :math:`(-1, 1)` at the precision of the context.

    Zeros of the Legendre polynomial by Newton's method from those in double precision.

    References:
        Abramowitz and Stegun (1964), 25.4.29.

    Example:
        >>> round(float(sum(weight * node**6 for node, weight in gauss_legendre(4))) * 7, 12)
        2.0
    """
    return _nodes(points, mp.prec)


@lru_cache(maxsize=64)
def _nodes(points: int, precision: int) -> tuple[tuple[mpf, mpf], ...]:
    pairs = []
    with working_bits(precision + 10):
        for start in np.polynomial.legendre.leggauss(points)[0]:
            x = mpf(float(start))
            slope = mpf(1)
            for _ in range(int(np.ceil(np.log2(precision / 40))) + 1):
                value, slope = _legendre(points, x)
                x -= value / slope
            _, slope = _legendre(points, x)
            pairs.append((x, 2 / ((1 - x**2) * slope**2)))
    return tuple(pairs)


def _legendre(n: int, x: mpf) -> tuple[mpf, mpf]:
    """The Legendre polynomial of degree n and its derivative at x."""
    before, here = mpf(1), x
    for k in range(2, n + 1):
        before, here = here, ((2 * k - 1) * x * here - (k - 1) * before) / k
    return here, n * (x * here - before) / mpmath.fsub(x * x, 1)
