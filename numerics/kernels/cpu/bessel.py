r"""Bessel functions I and J of small whole orders on vectors, as LLVM IR.

Up to an argument of about 7 by :math:`(x/2)^n` and a polynomial in :math:`x^2`, J with its zeros divided out; beyond by

.. math::
    \sqrt x\,e^{-x}I_n(x) = p(1/x), \qquad
    J_n(x) = \sqrt{\frac2{\pi x}}\,(P\cos\chi - Q\sin\chi), \qquad \chi = x - \frac{(2n+1)\pi}4,

with polynomials for P and x Q in :math:`1/x^2`. Bounds on the error, checked by
``tests/numerics/kernels/cpu/test_special.py``: :math:`e^{-|x|}I_n` 6 units in the last place; :math:`J_n` 6 units of
the largest of its value and, far out, of :math:`\sqrt{2/(\pi x)}`, so that its zeros there have an error of a few
units. One unit in float32, where they run in float64. NaN for J where \|x\| exceeds 1e9.

References:
    NIST *Digital Library of Mathematical Functions*, 10.17.3 and 10.40.1; Hart et al., *Computer Approximations*
    (1968), section 6.8, for the zeros and the two parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import mpmath

from numerics.kernels.cpu.elementary import cos, exp, power_integer, sin
from numerics.kernels.cpu.fitted import polynomial_through
from numerics.kernels.cpu.vectors import Value, Vectors, in_double
from numerics.working_precision import working_digits

ORDERS = (0, 1, 2, 3, 4)
"""Orders with vector code: those of I_0, I_1, J_0 and J_1 and of their derivatives up to the third."""

_NEAR = {"i": 7.75, "j": 6.5}
"""Where the two forms meet."""


@lru_cache(maxsize=len(ORDERS))
def _grown(n: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Of I_n: over (x/2)**n in x**2/4, and times sqrt(x) exp(-x) in 2 x_0/x - 1."""
    end = _NEAR["i"]

    def near(z: Any) -> Any:
        return mpmath.besseli(n, 2 * mpmath.sqrt(z)) / mpmath.sqrt(z) ** n

    def far(s: Any) -> Any:
        x = 2 * end / (1 + s)
        return mpmath.besseli(n, x) * mpmath.exp(-x) * mpmath.sqrt(x)

    return polynomial_through(near, 0, end**2 / 4, 18), polynomial_through(far, -1, 1, 28)


@lru_cache(maxsize=len(ORDERS))
def _zeros(n: int) -> tuple[tuple[float, float], ...]:
    """The zeros of J_n where its near form is used and close by, each as a float and what is left."""
    with working_digits(40):
        zeros = [mpmath.besseljzero(n, k) for k in (1, 2)]
        return tuple((float(z), float(z - float(z))) for z in zeros if z < _NEAR["j"] + 1)


@lru_cache(maxsize=len(ORDERS))
def _wave(n: int) -> tuple[tuple[float, ...], ...]:
    """Of J_n: over (x/2)**n and its zeros in 2 x**2/x_0**2 - 1; P and x Q in 2 x_0**2/x**2 - 1."""
    end = _NEAR["j"]

    def near(s: Any) -> Any:
        x = end * mpmath.sqrt((1 + s) / 2)
        zeros = (mpmath.mpf(high) + low for high, low in _zeros(n))
        return mpmath.besselj(n, x) / (x / 2) ** n / mpmath.fprod((x - z) * (x + z) for z in zeros)

    def parts(s: Any) -> Any:
        x = end / mpmath.sqrt((1 + s) / 2)
        hankel = mpmath.mpc(mpmath.besselj(n, x), mpmath.bessely(n, x))
        return hankel * mpmath.sqrt(mpmath.pi * x / 2) * mpmath.expj((2 * n + 1) * mpmath.pi / 4 - x), x

    def quadrature(s: Any) -> Any:
        hankel, x = parts(s)
        return hankel.imag * x

    return (
        polynomial_through(near, -1, 1, 18),
        polynomial_through(lambda s: parts(s)[0].real, -1, 1, 18),
        polynomial_through(quadrature, -1, 1, 18),
    )


def _odd(v: Vectors, n: int, value: Value, x: Value) -> Value:
    """The value at x from that at its modulus, where it may have any sign."""
    return v.select(v.compare("<", x, v.constant(0)), v.negate(value), value) if n % 2 else value


def _half_to_the(v: Vectors, a: Value, n: int) -> Value | None:
    return power_integer(v, v.multiply(a, v.constant(0.5)), n) if n else None


@in_double
def scaled_bessel_i(v: Vectors, x: Value, n: int) -> Value:
    r""":math:`e^{-|x|}I_n(x)`."""
    near, far = _grown(n)
    end, a = _NEAR["i"], v.absolute(x)
    inside = v.clamp(a, 0.0, end)
    value = v.polynomial(v.multiply(v.multiply(inside, inside), v.constant(0.25)), near)
    value = v.multiply(value, exp(v, v.negate(inside)))
    front = _half_to_the(v, inside, n)
    value = value if front is None else v.multiply(value, front)
    outside = v.maximum(a, v.constant(end))
    s = v.subtract(v.divide(v.constant(2 * end), outside), v.constant(1))
    beyond = v.divide(v.polynomial(s, far), v.square_root(outside))
    return _odd(v, n, v.select(v.compare("<", a, v.constant(end)), value, beyond), x)


@in_double
def bessel_j(v: Vectors, x: Value, n: int) -> Value:
    """J_n(x)."""
    near, p, q = _wave(n)
    end, a = _NEAR["j"], v.absolute(x)
    inside = v.clamp(a, 0.0, end)
    s = v.fma(v.multiply(inside, inside), v.constant(2 / end**2), v.constant(-1))
    value = v.polynomial(s, near)
    for high, low in _zeros(n):
        zero = v.constant(high)
        distance = v.subtract(v.subtract(inside, zero), v.constant(low))
        value = v.multiply(value, v.multiply(distance, v.add(inside, zero)))
    front = _half_to_the(v, inside, n)
    value = value if front is None else v.multiply(value, front)
    return _odd(v, n, v.select(v.compare("<", a, v.constant(end)), value, _far_wave(v, a, n, p, q)), x)


def _far_wave(v: Vectors, a: Value, n: int, p: tuple[float, ...], q: tuple[float, ...]) -> Value:
    """J_n where it is a wave."""
    outside = v.maximum(a, v.constant(_NEAR["j"]))
    w = v.divide(v.constant(1), outside)
    s = v.fma(v.multiply(w, w), v.constant(2 * _NEAR["j"] ** 2), v.constant(-1))
    cosine, sine = cos(v, outside), sin(v, outside)
    # cos(theta) and sin(theta) of theta = (2n + 1) pi/4, times sqrt(2).
    right, up = (v.constant(round(math.sqrt(2) * f((2 * n + 1) * math.pi / 4))) for f in (math.cos, math.sin))
    in_phase = v.fma(right, cosine, v.multiply(up, sine))
    behind = v.fma(right, sine, v.negate(v.multiply(up, cosine)))
    turned = v.multiply(v.multiply(w, v.polynomial(s, q)), behind)
    total = v.fma(v.polynomial(s, p), in_phase, v.negate(turned))
    return v.divide(total, v.square_root(v.multiply(outside, v.constant(math.pi))))


BESSEL: dict[str, Callable[[Vectors, Value, int], Value]] = {
    "bessel_j": bessel_j,
    "scaled_bessel_i": scaled_bessel_i,
}
