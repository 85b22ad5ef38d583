r"""Error functions on vectors, as LLVM IR.

.. math::
    \operatorname{erf}x = x\,p(x^2)\ \ (|x|<1), \qquad
    \operatorname{erfc}x = e^{-x^2}\operatorname{erfcx}x\ \ (x\ge0), \qquad
    (1+2x)\operatorname{erfcx}x = q\Bigl(\frac{x-4}{x+4}\Bigr),

with one polynomial q for the whole half-line; the rounding of :math:`x^2` is made good in the exponential. Bounds on
the error in units in the last place, checked by ``tests/numerics/kernels/cpu/test_elementary.py``: 4, and 1 in float32,
where they run in float64.

References:
    Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x**2) erfc x", *Mathematics of Computation* 36
    (1981), for q and its argument; Cody, "Rational Chebyshev approximations for the error function", ibid. 23 (1969),
    for the exponential.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import mpmath

from numerics.kernels.cpu.elementary import exp
from numerics.kernels.cpu.fitted import polynomial_through
from numerics.kernels.cpu.vectors import Value, Vectors, in_double

_CENTRE = 4
_GONE = 28.0
"""erfc is 0 from here on."""

_SMALL = 0.5
"""Up to here erfc is 1 less erf."""


@lru_cache(maxsize=1)
def _near() -> tuple[float, ...]:
    """erf(x)/x in x**2."""
    return polynomial_through(lambda z: mpmath.erf(mpmath.sqrt(z)) / mpmath.sqrt(z), 0, 1, 14)


@lru_cache(maxsize=1)
def _far() -> tuple[float, ...]:
    """The polynomial q."""

    def q(t: mpmath.mpf) -> mpmath.mpf:
        x = _CENTRE * (1 + t) / (1 - t)
        return (1 + 2 * x) * (mpmath.exp(x**2) * mpmath.erfc(x) if x < 1e3 else _asymptotic(x))

    return polynomial_through(q, -1, 1, 26)


def _asymptotic(x: mpmath.mpf) -> mpmath.mpf:
    """The scaled function far out, to 50 digits from 1000 on."""
    total, term = mpmath.mpf(1), mpmath.mpf(1)
    for k in range(1, 20):
        term *= -(2 * k - 1) / (2 * x**2)
        total += term
    return total / (x * mpmath.sqrt(mpmath.pi))


def _erfcx_of_positive(v: Vectors, a: Value) -> Value:
    """The scaled function of a number that is not negative, infinity included."""
    t = v.subtract(v.constant(1), v.divide(v.constant(2.0 * _CENTRE), v.add(a, v.constant(_CENTRE))))
    return v.divide(v.polynomial(t, _far()), v.fma(a, v.constant(2), v.constant(1)))


def _exp_of_square(v: Vectors, a: Value, sign: int) -> Value:
    """exp(a**2) or exp(-a**2), with the digits that the rounded square has not."""
    square = v.multiply(a, a)
    lost = v.fma(a, a, v.negate(square))
    if sign < 0:
        square, lost = v.negate(square), v.negate(lost)
    value = exp(v, square)
    infinity = v.constant(float("inf"))
    return v.select(v.compare("==", value, infinity), infinity, v.fma(value, lost, value))


def _erfc_of_positive(v: Vectors, a: Value) -> Value:
    a = v.clamp(a, 0.0, _GONE)
    return v.multiply(_exp_of_square(v, a, -1), _erfcx_of_positive(v, a))


def _erf_of_small(v: Vectors, x: Value) -> Value:
    return v.multiply(x, v.polynomial(v.multiply(x, x), _near()))


@in_double
def erf(v: Vectors, x: Value) -> Value:
    """The error function: relative accuracy at 0."""
    a, near = v.absolute(x), _erf_of_small(v, x)
    far = v.copy_sign(v.subtract(v.constant(1), _erfc_of_positive(v, a)), x)
    return v.select(v.compare("<", a, v.constant(1)), near, far)


@in_double
def erfc(v: Vectors, x: Value) -> Value:
    """The complementary error function: relative accuracy far out."""
    a = v.absolute(x)
    tail = _erfc_of_positive(v, a)
    far = v.select(v.compare("<", x, v.constant(0)), v.subtract(v.constant(2), tail), tail)
    near = v.subtract(v.constant(1), _erf_of_small(v, x))
    return v.select(v.compare("<", a, v.constant(_SMALL)), near, far)


@in_double
def scaled_erfc(v: Vectors, x: Value) -> Value:
    r""":math:`e^{x^2}\operatorname{erfc}x`; on the left :math:`2e^{x^2}` less that of -x."""
    a = v.absolute(x)
    growth = _exp_of_square(v, v.clamp(a, 0.0, _GONE), 1)
    right = _erfcx_of_positive(v, a)
    far = v.select(v.compare("<", x, v.constant(0)), v.fma(growth, v.constant(2), v.negate(right)), right)
    near = v.multiply(growth, v.subtract(v.constant(1), _erf_of_small(v, x)))
    return v.select(v.compare("<", a, v.constant(_SMALL)), near, far)


ERROR_FUNCTIONS: dict[str, Callable[[Vectors, Value], Value]] = {"erf": erf, "erfc": erfc, "scaled_erfc": scaled_erfc}
