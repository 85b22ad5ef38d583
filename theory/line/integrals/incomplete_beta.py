r"""Primitives of a power over a polynomial in another power, by incomplete beta functions.

The building block is, with :math:`t = x^p/z`, :math:`e = p\beta` and Gauss's function,

.. math::
    \frac{d}{dx}\,\frac{x^e}{e}\,{}_2F_1(m, \beta; \beta + 1; t) = \frac{x^{e-1}}{(1 - t)^m},

an identity because :math:`(\theta + \beta)\,{}_2F_1(m, \beta; \beta+1; t) = \beta (1 - t)^{-m}` with
:math:`\theta = t\,d/dt`. A root z of the polynomial that is real gives one such term, a pair of complex roots the real
part of one. :func:`derivative` differentiates by this identity, so that closed forms can be certified.

References:
    NIST Digital Library of Mathematical Functions, sections 8.17 and 15.5.
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, takes
from theory.decision.algebra.plain_symbols import with_plain_symbols
from theory.decision.conditions.inequalities import sign
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.line.charts.powers import power_quotient, reduced_exponent, with_reduced_exponents
from theory.line.charts.sign_on_interval import image_of_end

_DEEPEST = 6
"""Parameters of Gauss's function below minus this are not examined."""


@takes(ratio=EXPRESSION, y=SYMBOL)
def partial_fractions(ratio: sp.Expr, y: sp.Symbol) -> tuple[sp.Poly, list[tuple[sp.Expr, sp.Poly, int]]]:
    """A rational function of y as a polynomial and a sum of ``top / factor**multiplicity``.

    By inverses modulo powers of the factors, which is much faster with parameters than a linear system.

    Example:
        >>> y, s = sp.symbols("y s", positive=True)
        >>> [(top, factor.as_expr(), power) for top, factor, power in partial_fractions(1 / (y**2 * (y + s)), y)[1]]
        [(s**(-2), s + y, 1), (1/s, y, 2), (-1/s**2, y, 1)]
    """
    plain, back, _ = with_plain_symbols(ratio)
    top, bottom = (sp.Poly(part, y) for part in sp.fraction(sp.together(plain)))
    constant, factors = bottom.factor_list()
    whole, rest = sp.div(top.to_field(), bottom.to_field())
    parts = []
    for factor, multiplicity in factors:
        others = sp.Poly(constant, y)
        for other, power in factors:
            others = others if other == factor else others * other**power
        modulus = (factor**multiplicity).to_field()
        part = (rest * sp.invert(others.to_field().rem(modulus), modulus)).rem(modulus)
        for exponent in range(multiplicity, 0, -1):
            # Digits in base f, the lowest of which stands over the highest power.
            part, digit = sp.div(part, factor.to_field())
            if not digit.is_zero:
                original = sp.Poly(factor.as_expr().xreplace(back), y)
                parts.append((digit.as_expr().xreplace(back), original, exponent))
    return sp.Poly(whole.as_expr().xreplace(back), y), parts


def primitive_over_factor(
    top: sp.Expr, factor: sp.Poly, multiplicity: int, r: sp.Expr, q: sp.Expr, x: sp.Symbol, interval: Interval
) -> sp.Expr | None:
    r"""A primitive of :math:`x^r\,T(y)/f(y)^m` with :math:`y = x^q > 0`, or None.

    Args:
        top: T, of lower degree than f.
        factor: f, linear, or quadratic without real zeros and then with :math:`m = 1`.
        multiplicity: m.
        r: the power in front; :math:`(r + 1)/q` is not a whole number.
        q: positive.
        x: the variable.
        interval: where it lives, inside :math:`(0, \infty)`; f has no zero there.
    """
    y = factor.gen
    if factor.degree() == 1:
        a, b = factor.all_coeffs()
        z, c = sp.cancel(-b / a), sp.cancel(top / a**multiplicity)
        inner = _beyond_or_below(z, q, interval)
        if inner is None or c.has(y):
            return None
        if inner:
            e, p, c = reduced_exponent(r + 1), q, sp.cancel(c / (-z) ** multiplicity)
            return _term(c, e, p, multiplicity, z, x)
        return _term(c, reduced_exponent(r + 1 - q * multiplicity), -q, multiplicity, 1 / z, x)
    if factor.degree() == 2 and multiplicity == 1:
        return _over_pair(sp.Poly(top, y), factor, reduced_exponent(r + 1), q, x)
    return None


def _beyond_or_below(z: sp.Expr, q: sp.Expr, interval: Interval) -> bool | None:
    """Whether ``x**q / z < 1`` (True) or ``> 1`` (False) in all of the interval."""
    if sign(z) == -1:
        return True
    if sign(z) != 1:
        return None
    left, right = (image_of_end(end, q) for end in interval.ends)
    z = with_reduced_exponents(z)
    if right != sp.oo and sign(z - right) in (0, 1):
        return True
    return False if sign(left - z) in (0, 1) else None


def _term(c: sp.Expr, e: sp.Expr, p: sp.Expr, m: int, z: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    beta = reduced_exponent(sp.cancel(e / p))
    if not sign(e) or not _is_admitted(beta):
        return None
    return sp.factor(sp.cancel(c / e)) * x**e * sp.hyper((m, beta), (beta + 1,), x**p / z)


def _over_pair(top: sp.Poly, factor: sp.Poly, e: sp.Expr, q: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    r"""With the roots :math:`z, \bar z`: twice the real part of the term of one of them."""
    y = factor.gen
    a, b, c = (factor.coeff_monomial(y**j) for j in (2, 1, 0))
    p, q_0 = top.coeff_monomial(y), top.coeff_monomial(1)
    beta = reduced_exponent(sp.cancel(e / q))
    discriminant = sp.factor(factor.discriminant())
    if sign(discriminant) != -1 or not sign(e) or not _is_admitted(beta):
        return None
    root = sp.sqrt(-discriminant)
    z = sp.cancel(-b / (2 * a)) + sp.I * sp.factor(root / (2 * a))
    value = sp.hyper((1, beta), (beta + 1,), x**q / z)
    real = sp.factor(sp.cancel(q_0 / (c * e)))
    imaginary = sp.factor(sp.cancel((2 * c * p - q_0 * b) / (c * e))) / root
    return x**e * (real * sp.re(value) - imaginary * sp.im(value))


def _is_admitted(beta: sp.Expr) -> bool:
    """Whether beta + 1 is never 0, -1, -2, ..., where Gauss's function is not defined."""
    if beta.is_Rational:
        return not (beta.is_Integer and beta < 0)
    for whole in range(1, _DEEPEST):
        above = sign(beta + whole)
        if above == 1:
            return whole == 1 or sign(beta + whole - 1) == -1
    return False


@takes(function=EXPRESSION, x=SYMBOL)
def derivative(function: sp.Expr, x: sp.Symbol) -> sp.Expr:
    r"""The derivative of a sum that may hold :math:`{}_2F_1(m, \beta; \beta+1; cx^p)`, its real or imaginary part.

    By the identity of this module; what is left of the functions themselves cancels in primitives of
    :func:`primitive_over_factor`, and is left out where it is zero in normal form.

    Example:
        >>> x, s = sp.symbols("x s", positive=True)
        >>> h = sp.Rational(1, 3)
        >>> derivative(x**h * sp.hyper((1, h), (1 + h,), -x / s), x)
        1/(3*x**(2/3)*(1 + x/s))
    """
    kernels = [
        atom
        for atom in function.atoms(sp.hyper, sp.re, sp.im)
        if atom.has(x) and (isinstance(atom, sp.hyper) or isinstance(atom.args[0], sp.hyper))
    ]
    outermost = [k for k in kernels if not any(k != other and other.has(k) for other in kernels)]
    if not outermost:
        return sp.diff(function, x)
    names = {kernel: sp.Dummy("F", real=True) for kernel in outermost}
    named = function.xreplace(names)
    total = sp.diff(named, x)
    for kernel, name in names.items():
        slope = _logarithmic_slope_and_source(kernel, x)
        weight = sp.diff(named, name)
        if slope is None or weight.has(*names.values()):
            return sp.diff(function, x)
        rate, source = slope
        total += weight * rate * (source - name)
    for kernel, name in names.items():
        rest = sp.diff(total, name)
        total = total.subs(name, 0)
        if not _is_zero(rest, x):
            total += rest * kernel
    return total


def _logarithmic_slope_and_source(kernel: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """``(rate, source)`` with ``kernel' = rate (source - kernel)``, or None where the identity does not apply."""
    function = kernel if isinstance(kernel, sp.hyper) else kernel.args[0]
    upper, lower, t = function.args
    if len(upper) != 2 or len(lower) != 1:
        return None
    m, beta = upper if reduced_exponent(lower[0] - upper[1]) == 1 else upper[::-1]
    coefficient, power = t.as_independent(x, as_Add=False)
    base, p = power.as_base_exp()
    if reduced_exponent(lower[0] - beta) != 1 or base != x or p.has(x) or not m.is_Integer or m < 1:
        return None
    rate = reduced_exponent(beta * p) / x
    if isinstance(kernel, sp.hyper):
        return rate, (1 - t) ** (-m)
    if m != 1:
        return None
    a, b = (coefficient * power for coefficient in coefficient.as_real_imag())
    source = (1 - a if isinstance(kernel, sp.re) else b) / ((1 - a) ** 2 + b**2)
    return rate, source


def _is_zero(expression: sp.Expr, x: sp.Symbol) -> bool:
    try:
        return power_quotient(expression, x).is_zero
    except UnsupportedFormError:
        return False
