r"""Special functions without their exponential growth or decay, so that quotients of them neither overflow nor vanish.

.. math::
    e^{-|u|} I_\nu(u), \qquad e^{u} K_\nu(u), \qquad e^{u^2}\,\mathrm{erfc}\,u, \qquad e^{-u^2}\,\mathrm{erfi}\,u .

:math:`I_1(u)/I_0(u)` is infinity over infinity from u = 714 on, and the hazard rate :math:`e^{-u^2}/\mathrm{erfc}\,u`
zero over zero from u = 27 on; with these functions the exponentials cancel in symbols.
"""

from __future__ import annotations

from collections.abc import Sequence

import mpmath
import sympy as sp
from mpmath.libmp import prec_to_dps
from sympy.codegen.cfunctions import log1p

from numerics.arguments import takes
from numerics.codegen.expansion import short_expansion
from numerics.codegen.exponentials import absolute_value, exponential_factor, multiple
from numerics.codegen.many_digits import NO_VALUE, SCALED
from numerics.working_precision import working_digits
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

GUARD_DIGITS = 5
"""Carried beyond those asked for."""


def _evaluated(function: sp.Function, prec: int) -> sp.Expr | None:
    """A scaled function of numbers in digits; ``None`` where one of them is none."""
    digits = prec_to_dps(prec) + GUARD_DIGITS
    numbers = [sp.sympify(argument).evalf(digits) for argument in function.args]
    if not all(number.is_Float or number.is_Rational for number in numbers):
        return None
    with working_digits(digits):
        try:
            value = SCALED[type(function).__name__](*(number._to_mpmath(mpmath.mp.prec) for number in numbers))
        except NO_VALUE:
            return None
    return sp.Float(value, prec_to_dps(prec)) if isinstance(value, mpmath.mpf) and mpmath.isfinite(value) else None


class ScaledBesselI(sp.Function):
    r""":math:`e^{-|u|} I_\nu(u)`."""

    nargs = 2

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        return _evaluated(self, prec)


class ScaledBesselK(sp.Function):
    r""":math:`e^{u} K_\nu(u)`."""

    nargs = 2

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        return _evaluated(self, prec)


class ScaledErfc(sp.Function):
    r""":math:`e^{u^2}\,\mathrm{erfc}\,u`."""

    nargs = 1

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        return _evaluated(self, prec)


class ScaledErfi(sp.Function):
    r""":math:`e^{-u^2}\,\mathrm{erfi}\,u`, Dawson's function up to a factor."""

    nargs = 1

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        return _evaluated(self, prec)


@takes(function=EXPRESSION)
def without_growth(function: sp.Expr) -> sp.Expr:
    """A Bessel function I or K as an exponential and its scaled function, another expression as it is.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> without_growth(sp.besselk(0, x))
        exp(-x)*ScaledBesselK(0, x)
    """
    if isinstance(function, sp.besseli):
        nu, u = function.args
        size = u if u.is_nonnegative else absolute_value(u)
        return sp.exp(size) * ScaledBesselI(nu, u)
    if isinstance(function, sp.besselk):
        nu, u = function.args
        return sp.exp(-u) * ScaledBesselK(nu, u)
    return function


@takes(product=EXPRESSION)
def rescaled(product: sp.Expr) -> sp.Expr:
    """A product in which the exponentials of its special functions meet.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> rescaled(sp.besseli(1, x) / sp.besseli(0, x))
        ScaledBesselI(1, x)/ScaledBesselI(0, x)
        >>> rescaled(sp.exp(-(x**2)) / sp.erfc(x))
        1/ScaledErfc(x)
    """
    if product.has(sp.besseli, sp.besselk):
        powers = [factor.as_base_exp() for factor in sp.Mul.make_args(product)]
        product = sp.Mul(*(_growth_in_front(base) ** m for base, m in powers))
    factors = [factor.as_base_exp() for factor in sp.Mul.make_args(product)]
    exponent = sp.Add(*(factor.args[0] for factor in sp.Mul.make_args(product) if isinstance(factor, sp.exp)))
    for base, m in factors:
        if isinstance(base, sp.erfi) and m.is_Rational and exponent != 0:
            square = short_expansion(base.args[0] ** 2)
            if multiple(exponent, square)[0] * m < 0:
                return product / base**m * (sp.exp(m * square) * ScaledErfi(*base.args) ** m)
        tail = gaussian_tail(base) if m.is_Rational and exponent != 0 else None
        if tail is not None:
            c, u = tail
            square = short_expansion(u**2)
            if multiple(exponent, square)[0] * m > 0:
                return product / base**m * c**m * (sp.exp(-m * square) * ScaledErfc(u) ** m)
            if (meeting := _beside_its_tail(exponent, u, square, m)) is not None:
                others = (factor for factor in sp.Mul.make_args(product / base**m) if not isinstance(factor, sp.exp))
                return sp.Mul(*others) * c**m * meeting
    return product


def _beside_its_tail(exponent: sp.Expr, u: sp.Expr, square: sp.Expr, m: sp.Rational) -> sp.Expr | None:
    """exp(exponent) erfc(u)**m, where the exponent cancels against a part of u**2: one overflows as the other vanishes.

    ``None`` for another exponent.
    """
    together = short_expansion(exponent - m * square)
    if not exponent.free_symbols or len(sp.Add.make_args(together)) > len(sp.Add.make_args(square)) - 1:
        return None
    # Clipped, so that the branch not taken is finite and so are its derivatives.
    far = sp.exp(together) * ScaledErfc(sp.Max(u, 0, evaluate=False)) ** m
    near = sp.exp(exponent) * sp.erfc(sp.Min(u, 1, evaluate=False), evaluate=False) ** m
    return sp.Piecewise((far, u > 1), (near, True))


@takes(base=EXPRESSION)
def gaussian_tail(base: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(c, u) where the base is c erfc(u), also written as 1 + erf(-u) or 2 - erfc(-u); else ``None``.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> gaussian_tail((1 + sp.erf(x)) / 2), gaussian_tail(sp.erf(x))
        ((1/2, -x), None)
    """
    if isinstance(base, sp.erfc):
        return sp.S.One, base.args[0]
    if not base.is_Add or len(base.args) != 2:
        return None
    constant, changing = base.as_coeff_Add()
    c, function = changing.as_coeff_Mul()
    if isinstance(function, sp.erf) and constant in (c, -c):
        return constant, -function.args[0] if constant == c else function.args[0]
    if isinstance(function, sp.erfc) and constant == -2 * c:
        return -c, -function.args[0]
    return None


@takes(terms=EXPRESSIONS)
def in_two_orders(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    r"""``terms`` with Bessel functions K of two orders, by :math:`K_{\nu+1} = K_{\nu-1} + (2\nu/u) K_\nu`.

    ``None`` where no terms cancel then.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> in_two_orders([x * sp.diff(sp.besselk(1, x), x), sp.besselk(1, x)])
        [-x*besselk(0, x)]
    """
    heads = {head for term in terms for head in term.atoms(sp.besselk)}
    if not heads or len({head.args[1] for head in heads}) != 1 or not all(head.args[0].is_Rational for head in heads):
        return None
    u = next(iter(heads)).args[1]
    orders = sorted({abs(head.args[0]) for head in heads})
    if len(orders) < 2 or not all((order - orders[0]).is_Integer for order in orders):
        return None
    first, second = (sp.besselk(orders[0] + k, u) for k in (0, 1))
    values = {orders[0]: first, orders[0] + 1: second}
    for k in range(1, int(orders[-1] - orders[0])):
        nu = orders[0] + k
        values[nu + 1] = sp.expand(values[nu - 1] + 2 * nu / u * values[nu])
    total = sp.Add(*terms)
    written = short_expansion(total.xreplace({head: values[abs(head.args[0])] for head in heads}))
    fewer = len(sp.Add.make_args(written)) < len(sp.Add.make_args(short_expansion(total)))
    return list(sp.Add.make_args(written)) if fewer else None


def _growth_in_front(base: sp.Expr) -> sp.Expr:
    """A Bessel function, or a sum of terms of one growth, as an exponential times what is left."""
    if not base.is_Add:
        return without_growth(base)
    parts = []
    for term in base.args:
        parts.append(exponential_factor(sp.Mul(*(without_growth(factor) for factor in sp.Mul.make_args(term)))))
    growth = {argument for _, argument in parts}
    return base if len(growth) > 1 else sp.exp(growth.pop()) * sp.Add(*(c for c, _ in parts))


def log_erfc(u: sp.Expr) -> sp.Expr:
    """log(erfc(u)), also where erfc(u) underflows."""
    # Clipped, so that the branch not taken is finite and so are its derivatives.
    tail = sp.Max(u, 0, evaluate=False)
    return sp.Piecewise((log1p(-sp.erf(sp.Min(u, 1, evaluate=False))), u < 1), (sp.log(ScaledErfc(tail)) - u**2, True))


def log_scaled_erfc(u: sp.Expr) -> sp.Expr:
    """log(exp(u**2) erfc(u)), also where erfc(u) underflows or is close to 1 or 2."""
    # Clipped, so that the branch not taken is finite and so are its derivatives.
    near, tail = sp.Min(u, 1, evaluate=False), sp.Max(u, 0, evaluate=False)
    return sp.Piecewise((near**2 + log1p(-sp.erf(near)), u < 1), (sp.log(ScaledErfc(tail)), True))
