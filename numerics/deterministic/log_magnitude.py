r"""The logarithm of the modulus of an expression, where the expression itself would overflow.

At :math:`y = e^u` every subexpression is kept as a sign and the logarithm of its modulus, in double precision and for
many u at once. Products add, powers multiply, sums are taken relative to their largest term; so
:math:`e^{-2\cosh y}` is known at :math:`y = e^{64}`, where no arithmetic with exponents could write it down, and
:math:`y^{-0.99}` at :math:`y = e^{-60000}`. It is a map of where an integrand lives and not its value: where a sum
cancels, or a function is not in the list, the answer is nan, which says "ask a better arithmetic".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import scipy  # its submodules load on first use
import sympy as sp
from numpy.typing import NDArray
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanAtom

from numerics.arguments import takes
from theory.argument_kinds import EXPRESSION, SYMBOL

CANCELLED = 1e-8
"""A sum smaller than this, relative to its largest term, is not trusted."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class _Signed:
    """The numbers ``sign * exp(log)``, elementwise; nan where unknown."""

    sign: Reals
    log: Reals

    @property
    def value(self) -> Reals:
        """The numbers themselves; infinite where they overflow."""
        return self.sign * np.exp(self.log)


def _signed(value: Any) -> _Signed:
    value = np.asarray(value, dtype=float)
    return _Signed(np.sign(value), np.log(np.abs(value)))


@takes(expression=EXPRESSION, variable=SYMBOL)
def log_magnitude(expression: sp.Expr, variable: sp.Symbol) -> Callable[[Reals], Reals]:
    r"""The map :math:`u \mapsto \log|f(e^u)|`, elementwise; nan where double precision cannot tell.

    Args:
        expression: f, with no symbol but ``variable``.
        variable: y, positive.

    Example:
        >>> y = sp.Symbol("y", positive=True)
        >>> log_magnitude(y**3 * sp.exp(-sp.cosh(y)), y)(np.array([0.0, 100.0, -1000.0])).round(3).tolist()
        [-1.543, -inf, -3001.0]
    """

    def at(u: Reals) -> Reals:
        with np.errstate(all="ignore"):
            return _evaluated(expression, variable, np.asarray(u, dtype=float)).log

    return at


def _evaluated(e: sp.Basic, y: sp.Symbol, u: Reals) -> _Signed:
    if e == y:
        return _Signed(np.ones_like(u), u)
    if not e.has(y):
        return _constant(e, u)
    if e.is_Mul:
        factors = [_evaluated(factor, y, u) for factor in e.args]
        return _Signed(np.prod([f.sign for f in factors], axis=0), np.sum([f.log for f in factors], axis=0))
    if e.is_Add:
        return _total([_evaluated(term, y, u) for term in e.args])
    if isinstance(e, sp.exp):
        return _Signed(np.ones_like(u), _evaluated(e.args[0], y, u).value)
    if e.is_Pow:
        return _power(e, y, u)
    if isinstance(e, sp.Piecewise):
        return _cases(e, y, u)
    if isinstance(e, sp.Max | sp.Min):
        return _extreme(e, y, u)
    if type(e) in _OF_SIGNED:
        return _OF_SIGNED[type(e)](_evaluated(e.args[0], y, u))
    if type(e) in _OF_VALUE and len(e.args) == 1:
        return _trusted(_signed(_OF_VALUE[type(e)](_evaluated(e.args[0], y, u).value)))
    return _Signed(np.full_like(u, np.nan), np.full_like(u, np.nan))


def _constant(e: sp.Basic, u: Reals) -> _Signed:
    number = sp.N(e, 17)
    if not number.is_real:
        return _Signed(np.full_like(u, np.nan), np.full_like(u, np.nan))
    size = mpmath.mpmathify(abs(number))
    logarithm = float(mpmath.log(size)) if size else -np.inf
    return _Signed(np.full_like(u, float(sp.sign(number))), np.full_like(u, logarithm))


def _total(terms: list[_Signed]) -> _Signed:
    logs = np.array([term.log for term in terms])
    largest = np.max(logs, axis=0)
    apart = np.where(logs == largest, 0.0, logs - largest)
    total = np.sum(np.array([term.sign for term in terms]) * np.exp(apart), axis=0)
    known = (np.abs(total) > CANCELLED) | (largest == -np.inf)
    log = np.where(largest == -np.inf, -np.inf, largest + np.log(np.abs(total)))
    return _Signed(np.sign(total), np.where(known, log, np.nan))


def _power(e: sp.Pow, y: sp.Symbol, u: Reals) -> _Signed:
    base = _evaluated(e.base, y, u)
    if e.exp.has(y):
        exponent = _evaluated(e.exp, y, u)
        return _Signed(np.where(base.sign > 0, 1.0, np.nan), exponent.value * base.log)
    exponent = float(sp.N(e.exp, 17))
    if e.exp.is_Integer:
        sign = np.ones_like(u) if int(e.exp) % 2 == 0 else base.sign
    else:
        sign = np.where(base.sign >= 0, base.sign, np.nan)
    return _Signed(sign, np.where(np.isnan(sign), np.nan, exponent * base.log))


def _cases(e: sp.Piecewise, y: sp.Symbol, u: Reals) -> _Signed:
    sign, log = np.full_like(u, np.nan), np.full_like(u, np.nan)
    free = np.ones_like(u, dtype=bool)
    for value, condition in e.args:
        here = free & _holds(condition, y, u)
        found = _evaluated(value, y, u)
        sign, log = np.where(here, found.sign, sign), np.where(here, found.log, log)
        free &= ~here
    return _Signed(sign, log)


def _holds(condition: Boolean, y: sp.Symbol, u: Reals) -> NDArray[np.bool_]:
    if isinstance(condition, BooleanAtom):
        return np.full(u.shape, bool(condition))
    if isinstance(condition, sp.And):
        return np.all([_holds(part, y, u) for part in condition.args], axis=0)
    if isinstance(condition, sp.Or):
        return np.any([_holds(part, y, u) for part in condition.args], axis=0)
    if isinstance(condition, sp.Not):
        return ~_holds(condition.args[0], y, u)
    if isinstance(condition, Relational):
        difference = _evaluated(condition.lhs - condition.rhs, y, u).sign
        compare = {sp.Gt: np.greater, sp.Ge: np.greater_equal, sp.Lt: np.less, sp.Le: np.less_equal}
        return compare.get(type(condition), np.equal)(difference, 0)
    return np.zeros(u.shape, dtype=bool)


def _extreme(e: sp.Max | sp.Min, y: sp.Symbol, u: Reals) -> _Signed:
    parts = [_evaluated(argument, y, u) for argument in e.args]
    values = np.array([part.value for part in parts])
    best = (np.argmax if isinstance(e, sp.Max) else np.argmin)(values, axis=0)[None]
    signs, logs = np.array([part.sign for part in parts]), np.array([part.log for part in parts])
    return _Signed(np.take_along_axis(signs, best, axis=0)[0], np.take_along_axis(logs, best, axis=0)[0])


def _trusted(found: _Signed) -> _Signed:
    """``found``, with nan where the function was so small that rounding may have made it."""
    return _Signed(found.sign, np.where(found.log > np.log(CANCELLED), found.log, np.nan))


def _odd(large: Callable[[Reals], Reals]) -> Callable[[_Signed], _Signed]:
    """An odd function with slope 1 at 0 whose logarithm for positive arguments is ``large``."""
    return lambda x: _Signed(x.sign, np.where(x.log < -18, x.log, large(np.exp(x.log))))


def _log(x: _Signed) -> _Signed:
    found = _signed(np.where(x.sign > 0, x.log, np.nan))
    return _trusted(found)


_OF_SIGNED: dict[type, Callable[[_Signed], _Signed]] = {
    sp.log: _log,
    sp.Abs: lambda x: _Signed(np.ones_like(x.sign), x.log),
    sp.sign: lambda x: _Signed(x.sign, np.where(x.sign == 0, -np.inf, 0.0)),
    sp.Heaviside: lambda x: _Signed((x.sign > 0).astype(float), np.where(x.sign > 0, 0.0, -np.inf)),
    sp.cosh: lambda x: _Signed(np.ones_like(x.sign), np.exp(x.log) + np.log1p(np.exp(-2 * np.exp(x.log))) - np.log(2)),
    sp.sinh: _odd(lambda v: v + np.log(-np.expm1(-2 * v)) - np.log(2)),
    sp.tanh: _odd(lambda v: np.log(np.tanh(v))),
    sp.atan: _odd(lambda v: np.log(np.arctan(v))),
    sp.asinh: lambda x: _Signed(
        x.sign,
        np.where(
            np.abs(x.log) < 18, np.log(np.arcsinh(np.exp(x.log))), np.where(x.log < 0, x.log, np.log(x.log + np.log(2)))
        ),
    ),
}
"""Functions of a signed logarithm: exact where the argument overflows or underflows."""

_OF_VALUE: dict[type, Callable[[Reals], Reals]] = {
    sp.sin: np.sin,
    sp.cos: np.cos,
    sp.tan: np.tan,
    sp.asin: np.arcsin,
    sp.acos: np.arccos,
    sp.acosh: np.arccosh,
    sp.atanh: np.arctanh,
    sp.erf: lambda v: scipy.special.erf(v),
    sp.erfc: lambda v: scipy.special.erfc(v),
    sp.gamma: lambda v: scipy.special.gamma(v),
    sp.loggamma: lambda v: scipy.special.gammaln(v),
}
"""Functions of a value in double precision; nan where they are too small to be trusted."""
