r"""The tail index of an affine recursion on the line: the :math:`\kappa > 0` with :math:`\mathbb E|M|^\kappa = 1`.

References:
    Kesten, *Random difference equations and renewal theory for products of random matrices*, Acta Math. 131 (1973).
"""

from __future__ import annotations

from collections.abc import Mapping

import mpmath
import sympy as sp
from mpmath import mp, mpf

from numerics.arguments import VALUES, takes
from numerics.deterministic.pieces import Real, specified
from numerics.errors import ArgumentError, DivergenceError
from numerics.working_precision import working_digits
from theory.argument_kinds import one_of
from theory.discrete.recursion import Recursion
from theory.discrete.tail_index import absolute_moment
from theory.tricomi import hyperu, tricomi_number
from theory.values import shown

LARGEST = 1000
"""Beyond this power only the absence of a power tail is told: no value of the multiplier exceeds 1."""


@takes(parameters=VALUES, recursion=one_of(Recursion, needed="a Recursion"))
def tail_index(recursion: Recursion, parameters: Mapping[sp.Symbol, Real] | None = None, *, digits: int = 15) -> mpf:
    r"""The :math:`\kappa` in :math:`P(|x| > t) \sim Ct^{-\kappa}`; infinite where all moments are finite.

    The q-th stationary moment is finite for :math:`q < \kappa` only: no variance below 2, no mean below 1.

    Args:
        recursion: linear in its one coordinate.
        parameters: a number for every parameter.
        digits: significant digits.

    Raises:
        MissingParameterError: a parameter has no number.
        DivergenceError: :math:`\mathbb E\log|M| \ge 0`, so that there is no stationary law, or :math:`\kappa` is beyond
            1000.
        DimensionError, UnsupportedFormError: see :func:`theory.discrete.tail_index.absolute_moment`.

    Example:
        >>> w, xi = sp.symbols("w xi", real=True)
        >>> s = sp.Symbol("s", positive=True)
        >>> mp.nstr(tail_index(Recursion([w], [s * xi * w + 1], normals=[xi]), {s: 1}), 8)
        '2.0'
    """
    if not (isinstance(digits, int) and 5 <= digits <= 100):
        raise ArgumentError(f"digits must be an integer in 5..100, got {shown(digits)}.")
    kappa = sp.Symbol("kappa", positive=True)
    moment = specified(absolute_moment(recursion, kappa), parameters or {}, {kappa})
    with working_digits(digits + 10):
        # A formula of ours; orders stay floating-point numbers, since exact powers of order 1e9 would never end.
        value = sp.lambdify(kappa, moment, [{"hyperu": tricomi_number}, "mpmath"])

        def log_moment(order: mpf) -> mpf:
            return mpmath.log(value(order))

        small = mpf(10) ** (-digits // 2)
        if log_moment(small) >= 0:
            raise DivergenceError(
                f"the mean of log|M| is about {mp.nstr(log_moment(small) / small, 5)}, not negative: the recursion has "
                "no stationary law. Take a smaller step, or less noise in the multiplier."
            )
        low, high = small, mpf(1)
        while log_moment(high) < 0:
            low, high = high, 2 * high
            if high > LARGEST:
                if not moment.has(sp.hyper, hyperu) and log_moment(mpf(10) ** 9) < 0:
                    return mpf("inf")
                raise DivergenceError(f"the tail index exceeds {LARGEST}: the tail is lighter than any that matters.")
        root = mpmath.findroot(log_moment, (low, high), solver="anderson", tol=mpf(10) ** (-digits), verify=False)
        return +root
