r"""Lambert's function of exponentials, which leave the range long before it does, and next to its branch point.

.. math::
    W_0(e^v) = w, \quad w + \log w = v, \qquad\qquad W_{-1}(-e^{-v}) = -w, \quad w - \log w = v,

by Newton's method once v is large, and with :math:`t = 1 + ez`, the distance that z = -1/e + ... has lost,

.. math::
    W(z) = -1 + p - \tfrac13p^2 + \tfrac{11}{72}p^3 - \dots, \qquad p = \sqrt{2t}, \quad -\sqrt{2t}\ \text{for}\ W_{-1}.

References:
    Corless, Gonnet, Hare, Jeffrey and Knuth, "On the Lambert W function" (1996), sections 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import sympy as sp
from sympy.codegen.cfunctions import expm1
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from numerics.codegen.accurate import without_cancellation
from numerics.codegen.exponentials import absolute_value, exponential_factor
from numerics.codegen.many_digits import CALLABLE
from numerics.codegen.one_denominator import quotients_added
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

Form = Callable[[sp.Expr], sp.Expr]

FAR = 40
"""Exponents from which Newton's method is used; three steps give all digits of a double there."""

NEAR = sp.Rational(1, 50)
"""Distances t up to which the series is used; its radius of convergence is 1."""

_STEPS = 3
_TERMS = 20


@takes(function=EXPRESSION, form=CALLABLE)
def stable_lambert_w(function: sp.Expr, *, form: Form = lambda part: part) -> sp.Expr | None:
    """A value of Lambert's function in one of the forms above where one applies, else ``None``.

    What it is made of is in the form that ``form`` gives it.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> abs(float(stable_lambert_w(sp.LambertW(sp.exp(x))).subs(x, 1e4)) - 9990.790580994251) < 1e-9
        True
        >>> near = stable_lambert_w(sp.LambertW(-sp.exp(-1 - x)))
        >>> abs(float(near.subs(x, 5e-21)) + 1 - 1e-10) < 1e-15
        True
    """
    if not isinstance(function, sp.LambertW):
        return None
    far, near = _far(function, form), _near(function, form)
    if far is None and near is None:
        return None
    return _joined(function, far, near, form, added=0)


@takes(terms=EXPRESSIONS, form=CALLABLE)
def one_plus_lambert_w(terms: Sequence[sp.Expr], *, form: Form = lambda part: part) -> list[sp.Expr] | None:
    """``terms`` with a pair c + c W(z) in one form next to the branch point; ``None`` without such a pair.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> (one,) = one_plus_lambert_w([sp.S.One, sp.LambertW(-sp.exp(-1 - x))])
        >>> abs(float(one.subs(x, 5e-31)) * 1e15 - 1) < 1e-14
        True
    """
    present = set(terms)
    for term in terms:
        for factor in sp.Mul.make_args(term):
            if not isinstance(factor, sp.LambertW):
                continue
            c = term / factor
            if c in present and (near := _near(factor, form)) is not None:
                whole = _joined(factor, _far(factor, form), near, form, added=1)
                return [c * whole, *(other for other in terms if other not in (term, c))]
    return None


@takes(terms=EXPRESSIONS)
def quotients_in_lambert_w(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms``, those that are quotients of polynomials in values of W added up where they cancel, else ``None``.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> w = sp.LambertW(x)
        >>> quotients_in_lambert_w([w / (1 + w) ** 2, -(w**2) / (1 + w) ** 3])
        [LambertW(x)/(LambertW(x) + 1)**3]
    """
    values = {value: sp.Dummy(f"W{i}") for i, value in enumerate(_values(terms))}
    if not values:
        return None
    exponentials = [exponential_factor(term) for term in terms]
    plain = [(c * sp.exp(sp.expand(u))).xreplace(values) for c, u in exponentials]
    added = quotients_added(plain)
    back = {symbol: value for value, symbol in values.items()}
    return None if added is None else [term.xreplace(back) for term in added]


def _values(terms: Sequence[sp.Expr]) -> list[sp.Expr]:
    return sorted(set().union(*(term.atoms(sp.LambertW) for term in terms)), key=sp.default_sort_key)


def _joined(
    function: sp.Expr,
    far: tuple[sp.Expr, Boolean] | None,
    near: tuple[sp.Expr, Boolean, sp.Expr] | None,
    form: Form,
    *,
    added: int,
) -> sp.Expr:
    """The function plus ``added``, 0 or 1, by the form of each region."""
    branches = [] if far is None else [(added + far[0], far[1])]
    if near is not None:
        branches.append((added - 1 + near[0], near[1]))
    elsewhere = function.func(form(function.args[0]), *function.args[1:]) if near is None else near[2]
    return sp.Piecewise(*branches, (added + elsewhere, True))


def _far(function: sp.Expr, form: Form) -> tuple[sp.Expr, Boolean] | None:
    """The value at an exponential that is large or small, and where."""
    A, is_lower = _argument(function)
    c, u = exponential_factor(A)
    sign = -1 if is_lower else 1
    if u == 0 or (sign * c).is_nonpositive:
        return None
    has_sign = (sign * c).is_positive
    v = form(sign * u + sign * sp.log(sign * c if has_sign else absolute_value(c)))
    inside = sp.Max(v, FAR, evaluate=False)  # so that the branch not taken is finite and so are its derivatives
    w = inside
    for _ in range(_STEPS):
        w = w * (inside - sign * sp.log(w) + sign) / (w + sign)
    return sign * w, v > FAR if has_sign else sp.And(v > FAR, sign * c > 0)


@takes(value=EXPRESSION)
def log_of_lambert_w(value: sp.Expr) -> sp.Expr | None:
    r"""The logarithm of W at an exponential, :math:`\log W(z) = \log z - W(z)` where z underflows.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> log_of_lambert_w(sp.LambertW(sp.exp(x)))
        Piecewise((x - LambertW(exp(x)), x < 0), (log(LambertW(exp(x))), True))
    """
    if not isinstance(value, sp.LambertW) or len(value.args) > 1:
        return None
    c, u = exponential_factor(value.args[0])
    if u == 0 or not c.is_positive:
        return None
    v = u + sp.log(c)
    return sp.Piecewise((v - value, v < 0), (sp.log(value, evaluate=False), True))


def _near(function: sp.Expr, form: Form) -> tuple[sp.Expr, Boolean, sp.Expr] | None:
    """1 + the value by its series, where the distance from the branch point is known by itself.

    With where that is, and the function clipped so as to be finite there.
    """
    A, is_lower = _argument(function)
    distance = sp.expand(1 + sp.E * A)
    t = sp.Add(*(without_cancellation(sp.Add.make_args(distance)) or [distance]))
    c, u = exponential_factor(A)
    positive = sp.true
    if t.is_Add and u != 0 and c.free_symbols:
        t, positive = -expm1(form(sp.log(-c) + 1 + u)), -c > 0
    elif t.is_Add or not t.free_symbols:
        return None
    else:
        t = form(t)
    p = (-1 if is_lower else 1) * sp.sqrt(2 * sp.Min(t, NEAR, evaluate=False))
    inside = sp.Max(form(A), (NEAR / 2 - 1) / sp.E, evaluate=False)
    series = sp.Add(*(a * p**k for k, a in enumerate(_coefficients(), 1)))
    return series, sp.And(t < NEAR, positive), function.func(inside, *function.args[1:])


def _argument(function: sp.Expr) -> tuple[sp.Expr, bool]:
    """The argument, and whether the branch is the lower one."""
    return function.args[0], len(function.args) > 1 and function.args[1] == -1


@lru_cache(maxsize=1)
def _coefficients() -> tuple[sp.Rational, ...]:
    r"""Of p, p**2, ... in q = 1 + W, from :math:`q\,q'\,(1 - p^2/2) = p\,(1 - q)`."""
    a = [sp.S.Zero, sp.S.One]
    products = [sp.S.Zero, sp.S.One]  # coefficients of q q'
    for n in range(2, _TERMS + 1):
        products.append(products[n - 2] / 2 - a[n - 1])
        a.append(products[n] / (n + 1) - sum(a[i] * a[n + 1 - i] for i in range(2, n)) / 2)
    return tuple(a[1:])
