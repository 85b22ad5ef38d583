r"""Inverse trigonometric and hyperbolic functions on vectors, as LLVM IR.

NaN outside their domains. Bounds on the error in units in the last place, checked by
``tests/numerics/kernels/cpu/test_elementary.py``: arctan 1.5, all others 4 (arctan2 in
``test_special.py``). The arctangent is reduced to
:math:`|t| \le \tan(\pi/8)` by :math:`\pi/4 + \arctan\frac{a-1}{a+1}` and :math:`\pi/2 - \arctan\frac1a`; its polynomial
is that of fdlibm.

References:
    Sun Microsystems, fdlibm ``s_atan.c`` (1993); Muller, *Elementary Functions* (2016), chapter 11.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from numerics.kernels.cpu.elementary import LN2, log, log1p
from numerics.kernels.cpu.vectors import Value, Vectors

ARCTANGENT = (3.33333333333329318027e-01, -1.99999999998764832476e-01, 1.42857142725034663711e-01,
              -1.11111104054623557880e-01, 9.09088713343650656196e-02, -7.69187620504482999495e-02,
              6.66107313738753120669e-02, -5.83357013379057348645e-02, 4.97687799461593236017e-02,
              -3.65315727442169155270e-02, 1.62858201153657823623e-02)  # fmt: skip
r""":math:`(t - \arctan t)/t^3` in :math:`t^2`."""

HALF_PI_LOW = (-4.37113900018624283e-8, 6.12323399573676603587e-17)
"""pi / 2 less its nearest float."""

LARGE = (2.0**13, 2.0**28)
"""Beyond it the square outweighs 1 to the last place."""


def arctan(v: Vectors, x: Value) -> Value:
    """The arctangent."""
    one, zero = v.constant(1), v.constant(0)
    a = v.absolute(x)
    steep, middle = (v.compare(">", a, v.constant(bound)) for bound in (1 + math.sqrt(2), math.sqrt(2) - 1))
    above = v.select(steep, v.constant(-1), v.select(middle, v.subtract(a, one), a))
    below = v.select(steep, a, v.select(middle, v.add(a, one), one))
    t = v.divide(above, below)
    z = v.multiply(t, t)
    tail = v.multiply(v.multiply(t, z), v.polynomial(z, ARCTANGENT))
    low = HALF_PI_LOW[v.width == 64]
    offset, rest = (
        v.select(steep, v.constant(part), v.select(middle, v.constant(part / 2), zero)) for part in (math.pi / 2, low)
    )
    return v.copy_sign(v.add(offset, v.add(t, v.subtract(rest, tail))), x)


def arcsin(v: Vectors, x: Value) -> Value:
    r"""The arcsine, :math:`\arctan(x/\sqrt{(1-x)(1+x)})`."""
    one = v.constant(1)
    cosine = v.square_root(v.multiply(v.subtract(one, x), v.add(one, x)))
    return arctan(v, v.divide(x, cosine))


def arccos(v: Vectors, x: Value) -> Value:
    r"""The arccosine, :math:`2\arctan\sqrt{(1-x)/(1+x)}`: relative accuracy at 1."""
    one = v.constant(1)
    half = arctan(v, v.square_root(v.divide(v.subtract(one, x), v.add(one, x))))
    return v.add(half, half)


def arctanh(v: Vectors, x: Value) -> Value:
    r"""The inverse hyperbolic tangent, :math:`\frac12\,\mathrm{log1p}\frac{2|x|}{1-|x|}`."""
    a = v.absolute(x)
    inner = v.divide(v.add(a, a), v.subtract(v.constant(1), a))
    return v.copy_sign(v.multiply(v.constant(0.5), log1p(v, inner)), x)


def arcsinh(v: Vectors, x: Value) -> Value:
    r"""The inverse hyperbolic sine, :math:`\mathrm{log1p}(a + a^2/(1 + \sqrt{1+a^2}))` with :math:`a = |x|`."""
    one, a = v.constant(1), v.absolute(x)
    square = v.multiply(a, a)
    near = log1p(v, v.add(a, v.divide(square, v.add(one, v.square_root(v.add(one, square))))))
    return v.copy_sign(v.select(_is_large(v, a), _log_of_double(v, a), near), x)


def arccosh(v: Vectors, x: Value) -> Value:
    r"""The inverse hyperbolic cosine, :math:`\mathrm{log1p}(t + \sqrt{t(t+2)})` with :math:`t = x - 1`."""
    t = v.subtract(x, v.constant(1))
    near = log1p(v, v.add(t, v.square_root(v.multiply(t, v.add(t, v.constant(2))))))
    value = v.select(_is_large(v, x), _log_of_double(v, x), near)
    return v.select(v.compare("<", x, v.constant(1)), v.constant(float("nan")), value)


def arctan2(v: Vectors, y: Value, x: Value) -> Value:
    """The angle of the point (x, y), from -pi to pi; 0 or pi at the origin."""
    zero, one = v.constant(0), v.constant(1)
    above, beside = v.absolute(y), v.absolute(x)
    steep = v.compare(">", above, beside)
    short, long = v.select(steep, beside, above), v.select(steep, above, beside)
    ratio = v.divide(short, long)
    ratio = v.select(v.compare("==", short, long), v.select(v.compare("==", long, zero), zero, one), ratio)
    angle, low = arctan(v, ratio), HALF_PI_LOW[v.width == 64]

    def less(turns: int, angle: Value) -> Value:
        return v.add(v.constant(turns * math.pi / 2), v.subtract(v.constant(turns * low), angle))

    angle = v.select(steep, less(1, angle), angle)
    leftward = v.compare("<", v.copy_sign(one, x), zero)
    return v.copy_sign(v.select(leftward, less(2, angle), angle), y)


def _is_large(v: Vectors, x: Value) -> Value:
    return v.compare(">", x, v.constant(LARGE[v.width == 64]))


def _log_of_double(v: Vectors, x: Value) -> Value:
    return v.add(log(v, x), v.constant(LN2))


INVERSE: dict[str, Callable[[Vectors, Value], Value]] = {
    "arctan": arctan,
    "arcsin": arcsin,
    "arccos": arccos,
    "arctanh": arctanh,
    "arcsinh": arcsinh,
    "arccosh": arccosh,
}
