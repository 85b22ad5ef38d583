r"""Mode, mean and variance of a density next to the peak of its exponent, in powers of a small parameter.

The density is :math:`p \propto e^{\Phi/\beta + G}`, with :math:`\Phi' = h_0`, :math:`G' = h_1` and
:math:`h_0(x_0) = 0 > h_0'(x_0)`. The derivatives :math:`h_j^{(k)}(x_0)` are all that enters. The mode is the zero of
:math:`h_0 + \beta h_1`, a power series in :math:`\beta`; mean and variance are quotients of Gaussian moments of the
exponential of a power series in :math:`\sqrt\beta z = x - x_0`. The coefficients are derived once for an order, with
symbols for the derivatives.

References:
    Bender and Orszag, *Advanced Mathematical Methods for Scientists and Engineers* (1978), section 6.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from theory.argument_kinds import EXPRESSION, EXPRESSIONS, SYMBOL, ArgumentKind, takes, whole
from theory.errors import ShapeError
from theory.line.charts.powers import with_reduced_exponents

HIGHEST_ORDER = 3
"""Expansions reach up to this power of the noise strength."""

Slopes = tuple[Sequence[sp.Expr], Sequence[sp.Expr]]
r"""Values and derivatives at the point of the two orders of a slope: :math:`h_j^{(k)}(x_0)`."""


def _is_slopes(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(EXPRESSIONS.holds, value))


ORDER = whole(1, HIGHEST_ORDER)
SLOPES = ArgumentKind("two sequences of expressions: the derivatives of h_0 and of h_1", _is_slopes)


@takes(order=ORDER, slopes=SLOPES, point=EXPRESSION, small=SYMBOL)
def shifted_zero(order: int, slopes: Slopes, point: sp.Expr, small: sp.Symbol) -> sp.Expr:
    r"""The zero of :math:`h_0 + \beta h_1` next to the zero of :math:`h_0`.

    Raises:
        ShapeError: fewer than ``order`` derivatives of :math:`h_0`, or ``order - 1`` of :math:`h_1`, are given.

    Example:
        >>> b = sp.Symbol("beta", positive=True)
        >>> shifted_zero(1, ([sp.S(0), sp.S(-2)], [sp.S(3)]), sp.S.One, b)  # of 2 (1 - x) + 3 beta
        3*beta/2 + 1
    """
    _require_derivatives(slopes, order, order - 1)
    return point + _collected(_zero(order), slopes, small)


@takes(order=ORDER, slopes=SLOPES, point=EXPRESSION, small=SYMBOL)
def places_of_peak(order: int, slopes: Slopes, point: sp.Expr, small: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    r"""Mode, mean and variance.

    Raises:
        ShapeError: fewer than ``2 order`` derivatives of :math:`h_0`, or ``2 order - 2`` of :math:`h_1`, are given.

    Example:
        >>> b = sp.Symbol("beta", positive=True)
        >>> places_of_peak(1, ([sp.S(0), sp.S(-2), sp.S(4)], [sp.S(3)]), sp.S.One, b)
        (3*beta/2 + 1, 2*beta + 1, beta/2)
    """
    _require_derivatives(slopes, 2 * order, 2 * order - 2)
    mean, variance = _mean_and_variance(order)
    return (
        shifted_zero(order, slopes, point, small),
        point + _collected(mean, slopes, small),
        _collected(variance, slopes, small),
    )


def _require_derivatives(slopes: Slopes, first: int, second: int) -> None:
    given = len(slopes[0]) - 1, len(slopes[1]) - 1
    if given[0] < first or given[1] < second or slopes[0][1] == 0:
        raise ShapeError(
            f"slopes must hold {first} derivatives of h_0, the first of them not 0, and {second} of h_1, got "
            f"{max(given[0], 0)} and {max(given[1], 0)} beside their values."
        )


def _collected(coefficients: Mapping[int, sp.Expr], slopes: Slopes, small: sp.Symbol) -> sp.Expr:
    values = {_h(j, k): value for j, derivatives in enumerate(slopes) for k, value in enumerate(derivatives)}
    return sp.Add(
        *(
            sp.factor(with_reduced_exponents(sp.expand(coefficient.xreplace(values)))) * small**power
            for power, coefficient in coefficients.items()
        )
    )


@lru_cache(maxsize=64)
def _h(j: int, k: int) -> sp.Dummy:
    return sp.Dummy(f"h_{j}^({k})")


@lru_cache(maxsize=8)
def _zero(order: int) -> dict[int, sp.Expr]:
    r"""Coefficients of the zero of :math:`h_0 + \beta h_1`, by powers of :math:`\beta`, in terms of derivatives."""
    b = sp.Dummy("b")
    shift: sp.Expr = sp.S.Zero
    found = {}
    for power in range(1, order + 1):
        curved = sp.Add(*(_h(0, k) * shift**k / sp.factorial(k) for k in range(2, power + 1)))
        pushed = sp.Add(*(_h(1, k) * shift**k / sp.factorial(k) for k in range(power)))
        found[power] = sp.factor(-sp.expand(curved + b * pushed).coeff(b, power) / _h(0, 1))
        shift += found[power] * b**power
    return found


@lru_cache(maxsize=8)
def _mean_and_variance(order: int) -> tuple[dict[int, sp.Expr], dict[int, sp.Expr]]:
    r"""Coefficients of mean and variance, by powers of :math:`\beta`, in terms of derivatives: Gaussian moments."""
    z, highest = sp.Dummy("z"), 2 * order - 1
    exponents = {
        p: sp.Add(*(_h(j, k - 1) * z**k / sp.factorial(k) for j in (0, 1) if (k := p + 2 - 2 * j) >= 1))
        for p in range(1, highest + 1)
    }
    weights = [sp.S.One]
    for m in range(1, highest + 1):
        # m e_m = sum_p p q_p e_(m-p), from differentiating the exponential of the series.
        weights.append(sp.expand(sp.Add(*(p * exponents[p] * weights[m - p] for p in range(1, m + 1))) / m))
    moments = [[_gaussian(sp.Poly(z**k * weight, z)) for weight in weights] for k in range(3)]
    first, second = (_quotient(moments[k], moments[0]) for k in (1, 2))
    mean = {p: sp.factor(first[2 * p - 1]) for p in range(1, order + 1)}
    central = [second[m] - sum(first[i] * first[m - i] for i in range(m + 1)) for m in range(highest)]
    variance = {p: sp.factor(central[2 * p - 2]) for p in range(1, order + 1)}
    return mean, variance


def _gaussian(polynomial: sp.Poly) -> sp.Expr:
    r"""The expectation of a polynomial of a Gaussian of variance :math:`-1/h_0'`."""
    return sp.Add(
        *(
            coefficient * sp.factorial2(power - 1) * (-1 / _h(0, 1)) ** (power // 2)
            for (power,), coefficient in polynomial.terms()
            if power % 2 == 0
        )
    )


def _quotient(top: Sequence[sp.Expr], bottom: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The quotient of two power series, the second of which begins with 1."""
    found: list[sp.Expr] = []
    for m, coefficient in enumerate(top):
        found.append(sp.expand(coefficient - sum(found[i] * bottom[m - i] for i in range(m))))
    return found
