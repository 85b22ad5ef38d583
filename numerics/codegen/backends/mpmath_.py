"""mpmath: as many digits as asked for, exact constants, also of sums that cancel. Slow; the judge of the others."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache, wraps
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from mpmath import mp, mpf

from numerics.codegen.backends.lost_digits import LostBits, resolved
from numerics.codegen.printing import Backend, Template
from numerics.errors import ArgumentError
from numerics.working_precision import more_digits, working_digits
from theory.values import shown

GUARD_DIGITS = 10
"""Digits carried beyond those asked for."""

_LOST = LostBits()
"""What the program that runs loses; one for all, as the context of mpmath is."""

_SENSITIVE = {"log": (1,), "log1p": (-1,), "arccosh": (1,), **dict.fromkeys(("arcsin", "arccos", "arctanh"), (1, -1))}
"""Functions to where they are 0 or branch: there a value as exact as any number next to them loses its digits."""

_FUNCTIONS = (
    *("divide", "reciprocal", "power", "square_root", "maximum", "minimum", "absolute", "sign", "floor", "modulo"),
    *("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2"),
    *(
        "sinh",
        "cosh",
        "tanh",
        "sech_squared",
        "arcsinh",
        "arccosh",
        "arctanh",
        "erf",
        "erfc",
        "erfi",
        "inverse_erf",
        "inverse_erfc",
    ),
    *("scaled_erfc", "scaled_erfi", "lambert_w", "lower_lambert_w"),
    *("bessel_j", "bessel_y", "scaled_bessel_i", "scaled_bessel_k"),
    *("gamma", "log_gamma", "digamma", "lower_gamma", "upper_gamma", "beta", "incomplete_beta"),
)

_FIELDS = {1: "({0})", 2: "({0}, {1})", 3: "({0}, {1}, {2})"}
_ARITY = {name: 2 for name in ("divide", "power", "maximum", "minimum", "modulo", "arctan2", "beta")} | {
    "lower_gamma": 2,
    "upper_gamma": 2,
    **dict.fromkeys(("bessel_j", "bessel_y", "scaled_bessel_i", "scaled_bessel_k"), 2),
    "incomplete_beta": 3,
}

TEMPLATES: dict[str | tuple[str, int], Template] = {
    "add": "plus({0}, {1})",
    "subtract": "minus({0}, {1})",
    "multiply": "{0} * {1}",
    "negate": "-{0}",
    "power_integer": "{0} ** {value}",
    **{name: name + _FIELDS[_ARITY.get(name, 1)] for name in _FUNCTIONS},
    "polygamma": "polygamma({value}, {0})",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "equal": "{0} == {1}",
    "logical_and": "{0} and {1}",
    "logical_or": "{0} or {1}",
    "logical_not": "not {0}",
    "select": "{1} if {0} else {2}",
    "masked": "{1}",
    "lookup": "lookup({operands})",
}


def _literal(constant: sp.Expr, op: str) -> str | None:
    return str(constant) if constant.is_Integer else None


def _real(function: Callable[..., Any]) -> Callable[..., mpf]:
    """``function`` among the real numbers: NaN outside its domain, at a pole, and for NaN."""

    @wraps(function)
    def real_function(*values: Any) -> mpf:
        if any(mp.isnan(value) for value in values):
            return mp.nan
        try:
            result = function(*values)
        except (ValueError, ZeroDivisionError, mpmath.libmp.ComplexResult):
            return mp.nan
        return mp.nan if isinstance(result, mp.mpc) else mp.mpf(result)

    return real_function


def _divide(x: mpf, y: mpf) -> mpf:
    """The quotient with the infinities of IEEE arithmetic; zero has no sign here."""
    if y == 0:
        return mp.nan if x == 0 else mp.sign(x) * mp.inf
    return mp.mpf(x) / y


def _power(x: mpf, y: mpf) -> mpf:
    if x == 0 and y < 0:
        return mp.inf
    return mp.power(x, y)


def _log(x: mpf) -> mpf:
    return -mp.inf if x == 0 else mp.log(x)


def _log_gamma(x: mpf) -> mpf:
    return mp.inf if x == 0 else mp.loggamma(x)


def _incomplete_beta(a: mpf, b: mpf, x: mpf) -> mpf:
    return mp.betainc(a, b, 0, x, regularized=True) if 0 <= x <= 1 else mp.nan


def _inverse_erf(x: mpf) -> mpf:
    return mp.erfinv(x) if abs(x) < 1 else _divide(x, mp.mpf(0)) if abs(x) == 1 else mp.nan


def _inverse_erfc(x: mpf) -> mpf:
    if not 0 < x < 2:
        return mp.inf if x == 0 else -mp.inf if x == 2 else mp.nan
    with more_digits(max(0, -int(mp.log10(x)))):
        return mp.erfinv(1 - x)


def _square(x: mpf) -> mpf:
    """The square in all its digits: an exponential multiplies what it has lost."""
    return mp.fmul(x, x, exact=True)


def _erfc(x: mpf) -> mpf:
    # mpmath's own overflows far out.
    return mp.exp(mp.fneg(_square(x), exact=True)) * _scaled_erfc(x) if 1e20 < x < mp.inf else mp.erfc(x)


def _scaled_erfc(x: mpf) -> mpf:
    """exp(x**2) erfc(x), by its asymptotic series where that has all digits."""
    if not 0 < x < mp.inf or x * x < 2 * mp.prec:
        return mp.exp(_square(x)) * mp.erfc(x)
    total, term, k = mp.one, mp.one, 1
    while abs(term) > mp.eps:
        term *= -(2 * k - 1) / (2 * x**2)
        total, k = total + term, k + 1
    return total / (x * mp.sqrt(mp.pi))


def _lookup(x: mpf, *entries: Any) -> mpf:
    return mp.mpf(entries[int(x)]) if 0 <= x < len(entries) else mp.nan


def _functions() -> dict[str, Callable[..., mpf]]:
    same_name = "exp expm1 log1p sin cos tan sinh cosh tanh sign floor erf erfi gamma digamma beta polygamma"
    functions = {
        **{name: getattr(mp, name) for name in same_name.split()},
        "arcsin": mp.asin,
        "arccos": mp.acos,
        "arctan": mp.atan,
        "arctan2": mp.atan2,
        "arcsinh": mp.asinh,
        "arccosh": mp.acosh,
        "arctanh": mp.atanh,
        "divide": _divide,
        "reciprocal": lambda x: _divide(mp.one, x),
        "power": _power,
        "square_root": mp.sqrt,
        "maximum": max,
        "minimum": min,
        "absolute": abs,
        "modulo": lambda x, y: mp.mpf(x) % y,
        "log": _log,
        "sech_squared": lambda x: mp.sech(x) ** 2,
        "log_gamma": _log_gamma,
        "inverse_erf": _inverse_erf,
        "inverse_erfc": _inverse_erfc,
        "erfc": _erfc,
        "scaled_erfc": _scaled_erfc,
        "scaled_erfi": lambda x: mp.exp(mp.fneg(_square(x), exact=True)) * mp.erfi(x),
        "lambert_w": mp.lambertw,
        "lower_lambert_w": lambda x: mp.lambertw(x, -1),
        "bessel_j": mp.besselj,
        "bessel_y": mp.bessely,
        "scaled_bessel_i": lambda nu, x: mp.exp(-abs(x)) * mp.besseli(nu, x),
        "scaled_bessel_k": lambda nu, x: mp.exp(x) * mp.besselk(nu, x),
        "lower_gamma": lambda s, x: mp.gammainc(s, 0, x) if s > 0 and x >= 0 else mp.nan,
        "upper_gamma": lambda s, x: mp.gammainc(s, x) if s > 0 and x >= 0 else mp.nan,
        "incomplete_beta": _incomplete_beta,
    }
    functions |= {name: _LOST.near(functions[name], *places) for name, places in _SENSITIVE.items()}
    sums = {"plus": _LOST.in_sums(operator.add), "minus": _LOST.in_sums(operator.sub)}
    return {name: _real(function) for name, function in functions.items()} | sums


@lru_cache(maxsize=4096)
def _number(constant: sp.Expr, digits: int) -> mpf:
    """A constant in closed form to ``digits`` digits."""
    if constant.is_Rational:
        return mp.mpf(int(constant.p)) / int(constant.q)
    if constant in (sp.nan, sp.oo, -sp.oo):
        return mp.mpf(str(float(constant)))
    value = constant.evalf(digits + GUARD_DIGITS, maxn=max(100, 4 * digits))
    return mp.make_mpf(value._mpf_)


def _namespace(constants: Sequence[sp.Expr]) -> dict[str, Any]:
    return {**_functions(), "lookup": _lookup, "exact": lambda number: _number(constants[number], mp.dps)}


def _call(function: Callable[..., tuple], values: Sequence[Any], digits: int | None) -> tuple[Any, ...]:
    with working_digits(digits):
        with more_digits(GUARD_DIGITS):
            try:
                points = np.broadcast(*map(_as_objects, values)) if values else None
            except ValueError:
                shapes = [np.shape(value) for value in values]
                raise ArgumentError(f"the arguments must broadcast to one shape, got {shapes}.") from None
            shape = points.shape if points is not None else ()
            rows = [
                resolved(function, lambda point=point: [_as_mpf(value) for value in point], _LOST)
                for point in (points if points is not None else [()])
            ]
        columns = [[+mp.mpf(entry) for entry in column] for column in zip(*rows, strict=True)]
    return tuple(_array(column, shape) if shape else column[0] for column in columns)


def _as_objects(value: Any) -> np.ndarray:
    # An mpf is no sequence, but NumPy would ask it.
    return np.asarray(value, dtype=object)


def _array(column: Sequence[mpf], shape: tuple[int, ...]) -> np.ndarray:
    result = np.empty(len(column), dtype=object)
    result[:] = column
    return result.reshape(shape)


def _as_mpf(value: Any) -> mpf:
    if isinstance(value, np.floating | np.integer):
        value = value.item()
    if isinstance(value, sp.Expr) and value.is_number and value.is_extended_real:
        return _number(value, mp.dps)
    if isinstance(value, Fraction):
        return mp.mpf(value.numerator) / value.denominator
    try:
        return mp.mpf(value)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"an argument must hold real numbers, got {shown(value)} of type {type(value).__name__}."
        ) from None


BACKEND = Backend("mpmath", TEMPLATES, _literal, _namespace, _call)
