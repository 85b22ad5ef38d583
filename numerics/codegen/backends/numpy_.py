"""NumPy and ``scipy.special``: double precision, or single where every floating-point argument is single."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy  # its submodules load on first use
import sympy as sp

from numerics.codegen.printing import Backend, float_literal
from numerics.errors import ArgumentError
from theory.values import shown

TEMPLATES = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "negate": "-{0}",
    "reciprocal": "1.0 / {0}",
    ("power_integer", 2): "{0} * {0}",
    ("power_integer", 3): "{0} * {0} * {0}",
    "power_integer": "integer_power({0}, {value})",
    "power": "np.power({0}, {1})",
    "square_root": "np.sqrt({0})",
    "modulo": "np.mod({0}, {1})",
    "absolute": "np.abs({0})",
    "exp": "np.exp({0})",
    "expm1": "np.expm1({0})",
    "log": "np.log({0})",
    "log1p": "np.log1p({0})",
    **{name: f"np.{name}({{0}})" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "sign", "floor")},
    **{name: f"np.{name}({{0}})" for name in ("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh")},
    **{name: f"np.{name}({{0}}, {{1}})" for name in ("maximum", "minimum", "arctan2")},
    **{name: f"scipy.special.{name}({{0}})" for name in ("erf", "erfc", "erfi", "gamma", "digamma")},
    "sech_squared": "sech_squared({0})",
    "inverse_erf": "scipy.special.erfinv({0})",
    "inverse_erfc": "scipy.special.erfcinv({0})",
    "scaled_erfc": "scipy.special.erfcx({0})",
    "scaled_erfi": "scaled_erfi({0})",
    "bessel_j": "scipy.special.jv({0}, {1})",
    "bessel_y": "scipy.special.yv({0}, {1})",
    "scaled_bessel_i": "bessel_i_without_growth({0}, {1})",
    "scaled_bessel_k": "bessel_k_without_growth({0}, {1})",
    "lambert_w": "lambert_w({0}, 0)",
    "lower_lambert_w": "lambert_w({0}, -1)",
    "log_gamma": "scipy.special.loggamma({0})",
    "polygamma": "scipy.special.polygamma({value}, {0})",
    "lower_gamma": "scipy.special.gammainc({0}, {1}) * scipy.special.gamma({0})",
    "upper_gamma": "scipy.special.gammaincc({0}, {1}) * scipy.special.gamma({0})",
    "beta": "scipy.special.beta({0}, {1})",
    "incomplete_beta": "incomplete_beta({0}, {1}, {2})",
    "less": "np.less({0}, {1})",
    "less_equal": "np.less_equal({0}, {1})",
    "equal": "np.equal({0}, {1})",
    "logical_and": "np.logical_and({0}, {1})",
    "logical_or": "np.logical_or({0}, {1})",
    "logical_not": "np.logical_not({0})",
    "select": "np.where({0}, {1}, {2})",
    "masked": "{1}",
    "lookup": "lookup({operands})",
}


def integer_power(x: Any, n: int) -> Any:
    """x**n by squaring, which for arrays is several times faster than ``x**n``."""
    power, result = x, None
    while n:
        if n & 1:
            result = power if result is None else result * power
        n >>= 1
        if n:
            power = power * power
    return result


def sech_squared(x: Any) -> Any:
    """1/cosh(x)**2, also where the square would overflow."""
    q = np.exp(-2 * np.abs(x))
    return 4 * q / ((1 + q) * (1 + q))


def scaled_erfi(x: Any) -> Any:
    """exp(-x**2) erfi(x), by Dawson's function."""
    x = np.asarray(x)
    return (2 / np.sqrt(np.pi) * scipy.special.dawsn(x)).astype(x.dtype, copy=False)


BEYOND = 1e9
"""Arguments from which SciPy's Bessel functions without their growth are NaN."""


def bessel_i_without_growth(nu: Any, x: Any) -> Any:
    """exp(-|x|) I_nu(x), by its asymptotic series where SciPy gives none."""
    parity = scipy.special.ive(nu, np.sign(x))  # of sign and NaN as far out
    far = np.sign(parity) * _hankel(nu, np.abs(x), -1.0) / np.sqrt(2 * np.pi * np.maximum(np.abs(x), 1))
    return _beyond(scipy.special.ive(nu, x), far, x)


def bessel_k_without_growth(nu: Any, x: Any) -> Any:
    """exp(x) K_nu(x), by its asymptotic series where SciPy gives none."""
    far = _hankel(nu, x, 1.0) * np.sqrt(np.pi / (2 * np.maximum(x, 1)))
    return _beyond(scipy.special.kve(nu, x), far, x)


def _hankel(nu: Any, x: Any, sign: float) -> Any:
    """1 + sign (4 nu**2 - 1)/(8 x) (1 + sign (4 nu**2 - 9)/(16 x)), NaN where these do not suffice; DLMF 10.40."""
    x, mu = np.maximum(x, 1), 4 * np.square(nu)
    series = 1 + sign * (mu - 1) / (8 * x) * (1 + sign * (mu - 9) / (16 * x))
    return np.where(mu < 1e-5 * x, series, np.nan)


def _beyond(near: Any, far: Any, x: Any) -> Any:
    return np.where(np.abs(x) > BEYOND, far, near).astype(np.result_type(x), copy=False)


def incomplete_beta(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function; double precision inside, since single has five digits."""
    value = scipy.special.betainc(*(np.asarray(entry, dtype=np.float64) for entry in (a, b, x)))
    return value.astype(np.result_type(np.float32, *(np.asarray(entry).dtype for entry in (a, b, x))), copy=False)


def lambert_w(x: Any, branch: int) -> Any:
    """A real branch of Lambert's function, NaN where it is not real."""
    x = np.asarray(x)
    inside = (x >= -np.exp(-1.0)) & ((branch == 0) | (x < 0))
    return np.where(inside, scipy.special.lambertw(x, branch).real, np.nan).astype(x.dtype)


def lookup(x: Any, *entries: Any) -> Any:
    """The entry at the floor of ``x``, NaN where there is none, in the number type of ``x``."""
    x = np.asarray(x)
    inside = (x >= 0) & (x < len(entries))
    place = np.where(inside, x, 0).astype(np.intp)
    if all(np.ndim(entry) == 0 for entry in entries):
        chosen = np.array(entries, dtype=x.dtype)[place]
    else:
        rows = np.stack(np.broadcast_arrays(place, *entries)[1:]).astype(x.dtype, copy=False)
        chosen = np.take_along_axis(rows, np.broadcast_to(place, rows.shape[1:])[None], axis=0)[0]
    return np.where(inside, chosen, x.dtype.type(np.nan))


def _namespace(constants: Sequence[sp.Expr]) -> dict[str, Any]:
    helpers = {
        "integer_power": integer_power,
        "lookup": lookup,
        "bessel_i_without_growth": bessel_i_without_growth,
        "bessel_k_without_growth": bessel_k_without_growth,
        "scaled_erfi": scaled_erfi,
        "sech_squared": sech_squared,
        "lambert_w": lambert_w,
        "incomplete_beta": incomplete_beta,
    }
    return {"np": np, "scipy": scipy, "nan": np.nan, "inf": np.inf, **helpers}


def _call(function: Callable[..., tuple], values: Sequence[Any], digits: int | None) -> tuple[np.ndarray, ...]:
    try:
        arrays = [np.asarray(value) for value in values]
    except Exception as error:  # whatever a stranger's __array__ raises, and sequences that are ragged
        raise ArgumentError(f"the arguments must hold real numbers, got {', '.join(map(shown, values))}.") from error
    for place, (value, array) in enumerate(zip(values, arrays, strict=True)):
        if np.ma.isMaskedArray(value):
            raise ArgumentError(f"argument {place} must be an array without a mask. Fill or drop the masked entries.")
        if array.dtype.kind not in "fiub":
            raise ArgumentError(f"argument {place} must hold real numbers, got dtype {array.dtype}.")
    dtype = number_type(values, arrays)
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = [array.shape for array in arrays]
        raise ArgumentError(f"the arguments must broadcast to one shape, got {shapes}.") from None
    arrays = [array.astype(dtype, copy=False) for array in arrays]
    # Outside a domain the answer is NaN, and NaN is not worth a warning per step.
    with np.errstate(all="ignore"):
        outputs = function(*arrays)
    return _fresh(outputs, arrays, shape, dtype)


def number_type(values: Sequence[Any], arrays: Sequence[np.ndarray]) -> np.dtype:
    """The widest floating-point type among the arguments; Python's own numbers do not widen it."""
    typed = [a.dtype for v, a in zip(values, arrays, strict=True) if type(v) not in (bool, int, float)]
    floating = [dtype for dtype in typed if dtype.kind == "f"]
    return np.result_type(np.float32, *floating) if floating else np.dtype(np.float64)


def _fresh(
    outputs: Sequence[Any], arguments: Sequence[np.ndarray], shape: tuple[int, ...], dtype: np.dtype
) -> tuple[np.ndarray, ...]:
    """Outputs of the common shape that share memory neither with the arguments nor with each other."""
    taken = [*arguments]
    results = []
    for output in outputs:
        result = np.asarray(output, dtype=dtype)
        if result.shape != shape or any(result is other for other in taken):
            result = np.array(np.broadcast_to(result, shape))
        taken.append(result)
        results.append(result)
    return tuple(results)


BACKEND = Backend("numpy", TEMPLATES, lambda constant, op: float_literal(constant), _namespace, _call)
