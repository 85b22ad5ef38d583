r"""The gamma function and its logarithm on vectors, as LLVM IR.

Below 8 by :math:`\Gamma(x+1) = x\Gamma(x)` from a polynomial on [3/2, 5/2], log gamma from one that is 0 at 2 to all
digits. From 8 on by Stirling's series S, the gamma function from the factorial next to it,

.. math::
    \log\frac{\Gamma(n+f)}{\Gamma(n)} = (n+f-\tfrac12)\,\mathrm{log1p}\frac fn + f(\log n-1) + S(n+f)-S(n),

which is small, so that no digits are lost where :math:`\Gamma` is large; on the left by
:math:`\Gamma(-a) = -\pi/(a\sin(\pi a)\Gamma(a))`. Bounds on the error in units in the last place, checked by
``tests/numerics/kernels/cpu/test_elementary.py``: 6, and 1 in float32, where they run in float64. The gamma function
is 0 where it is subnormal, and NaN at its poles but 0; log gamma is NaN below 0.

References:
    NIST *Digital Library of Mathematical Functions*, 5.5.1, 5.5.3 and 5.11.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import mpmath

from numerics.kernels.cpu.elementary import exp, log, log1p
from numerics.kernels.cpu.fitted import polynomial_through
from numerics.kernels.cpu.lookup import table_lookup
from numerics.kernels.cpu.vectors import Value, Vectors, in_double
from numerics.working_precision import more_digits

FAR = 8
"""Where Stirling's series takes over."""

_LARGEST = 171
"""The largest n for which the factorial of n - 1 is finite."""

_HALF_LOG_TWO_PI = 0.918938533204672741780


@lru_cache(maxsize=1)
def _gamma_at_two() -> tuple[float, ...]:
    """gamma(2 + e) in e."""
    return polynomial_through(lambda e: mpmath.gamma(2 + e), -0.5, 0.5, 22)


@lru_cache(maxsize=1)
def _log_gamma_at_two() -> tuple[float, ...]:
    """The logarithm of gamma(2 + e), over e, in e."""
    return polynomial_through(lambda e: mpmath.loggamma(2 + e) / e, -0.5, 0.5, 22)


@lru_cache(maxsize=1)
def _stirling() -> tuple[float, ...]:
    """S(x) x in 1/x**2."""

    def series(z: mpmath.mpf) -> mpmath.mpf:
        x = 1 / mpmath.sqrt(z)
        with more_digits(20):
            left = mpmath.loggamma(x) - (x - mpmath.mpf(0.5)) * mpmath.log(x) + x - mpmath.log(2 * mpmath.pi) / 2
            return left * x

    return polynomial_through(series, 0, 1 / FAR**2, 9)


@lru_cache(maxsize=1)
def _sine_of_pi() -> tuple[float, ...]:
    """sin(pi r)/r in r**2."""
    return polynomial_through(lambda z: mpmath.sinpi(mpmath.sqrt(z)) / mpmath.sqrt(z), 0, 0.25, 10)


def _remainder(v: Vectors, x: Value) -> Value:
    """S(x)."""
    w = v.divide(v.constant(1), x)
    return v.multiply(w, v.polynomial(v.multiply(w, w), _stirling()))


def _next_to_two(v: Vectors, x: Value) -> tuple[Value, Value, Value]:
    r"""``(e, c, up)`` with :math:`\Gamma(x) = c\,\Gamma(2+e)` where ``up``, and :math:`\Gamma(2+e)/c` elsewhere.

    For x from -1/2 to :data:`FAR`; e is exact, and at most 1/2.
    """
    one = v.constant(1)
    tiny = v.compare("<", x, v.constant(0.5))
    shift = v.select(tiny, v.constant(0), v.constant(1))
    product = v.select(tiny, v.multiply(x, v.add(x, one)), x)
    up = v.compare(">=", x, v.constant(1.5))
    shift, product = v.select(up, v.constant(2), shift), v.select(up, one, product)
    for k in range(1, FAR - 1):
        above = v.compare(">=", x, v.constant(k + 1.5))
        shift = v.select(above, v.constant(k + 2), shift)
        product = v.select(above, v.multiply(product, v.subtract(x, v.constant(k))), product)
    return v.subtract(x, shift), product, up


@in_double
def log_gamma(v: Vectors, x: Value) -> Value:
    """The logarithm of the gamma function on the half-line: relative accuracy at its zeros 1 and 2."""
    far = v.compare(">=", x, v.constant(FAR))
    e, c, up = _next_to_two(v, x)
    logarithm = log(v, v.select(far, x, c))
    two = v.multiply(e, v.polynomial(e, _log_gamma_at_two()))
    near = v.add(two, v.select(up, logarithm, v.negate(logarithm)))
    rest = v.add(_remainder(v, v.maximum(x, v.constant(FAR))), v.constant(_HALF_LOG_TWO_PI - 0.5))
    beyond = v.fma(v.subtract(x, v.constant(0.5)), v.subtract(logarithm, v.constant(1)), rest)
    value = v.select(far, beyond, near)
    return v.select(v.compare("<", x, v.constant(0)), v.constant(float("nan")), value)


@in_double
def gamma(v: Vectors, x: Value) -> Value:
    """The gamma function."""
    left = v.compare("<", x, v.constant(-0.5))
    a = v.negate(x)
    value = _gamma_of_positive(v, v.select(left, a, x))
    nearest = v.floor(v.add(a, v.constant(0.5)))
    r = v.subtract(a, nearest)
    sine = v.multiply(r, v.polynomial(v.multiply(r, r), _sine_of_pi()))
    half = v.multiply(nearest, v.constant(0.5))
    sine = v.select(v.compare("==", v.floor(half), half), v.negate(sine), sine)
    mirrored = v.divide(v.constant(math.pi), v.multiply(v.multiply(a, sine), value))
    pole = v.select(v.compare("!=", r, v.constant(0)), mirrored, v.constant(float("nan")))
    return v.select(left, pole, value)


def _gamma_of_positive(v: Vectors, x: Value) -> Value:
    """The gamma function from -1/2 on."""
    e, c, up = _next_to_two(v, x)
    two = v.polynomial(e, _gamma_at_two())
    near = v.select(up, v.multiply(two, c), v.divide(two, c))
    inside = v.clamp(x, FAR, _LARGEST + 1.0)
    n = v.minimum(v.floor(v.add(inside, v.constant(0.5))), v.constant(_LARGEST))
    f = v.subtract(inside, n)
    growth = v.fma(f, v.subtract(log(v, n), v.constant(1)), v.subtract(_remainder(v, inside), _remainder(v, n)))
    growth = v.fma(v.subtract(inside, v.constant(0.5)), log1p(v, v.divide(f, n)), growth)
    factorials = [1.0, *(float(math.factorial(k)) for k in range(_LARGEST))]
    beyond = v.multiply(table_lookup(v, n, factorials), exp(v, growth))
    return v.select(v.compare("<", x, v.constant(FAR)), near, beyond)


GAMMA_FUNCTIONS: dict[str, Callable[[Vectors, Value], Value]] = {"gamma": gamma, "log_gamma": log_gamma}
