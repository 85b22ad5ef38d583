r"""Coefficients that no chart holds, such as :math:`-a\log x` beside constant noise: what is known of them.

They must be put together from functions that are finite inside the interval, and the diffusion be positive there;
then scale and speed are :math:`e^{\mp\int 2b/a}`, in closed form where terms integrate one by one, and what the ends do
follows from their growth (:mod:`theory.line.ends.growth`).
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.decision.conditions.inequalities import positive
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.line.charts.inverse_charts import in_inverse_chart, inverse_chart
from theory.line.integrals.term_primitive import term_primitive

_ENTIRE = (sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.exp, sp.erf, sp.atan, sp.asinh, sp.sech, sp.Abs)
"""Functions without a singularity on the line."""

_MOST_TERMS = 8
"""Sums of more terms are not integrated one by one."""


@takes(drift=EXPRESSION, diffusion=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def is_regular_inside(drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    """Whether both coefficients are seen to be finite everywhere inside, and the diffusion positive.

    Example:
        >>> x, a = sp.symbols("x a", positive=True)
        >>> is_regular_inside(-a * sp.log(x), a + sp.cosh(x), x, Interval(0, sp.oo))
        True
        >>> is_regular_inside(-a / (x - 1), a, x, Interval(0, sp.oo))
        False
    """
    place, d = image(interval)
    inside = [f.subs(x, place) for f in (drift, diffusion)]
    return all(_is_finite(f, d) for f in inside) and _is_positive(inside[1])


@takes(function=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def is_finite_inside(function: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    """Whether a function is seen to be finite, real and continuous everywhere inside.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> [is_finite_inside(sp.tan(x), x, Interval(-end, end)) for end in (1, sp.pi / 2, 2)]
        [True, True, False]
    """
    place, d = image(interval)
    return _is_finite(function.subs(x, place), d)


@takes(interval=one_of(Interval, needed="an Interval"))
def image(interval: Interval) -> tuple[sp.Expr, sp.Symbol]:
    """An expression that runs through the interval, and the symbol that it does so in.

    Example:
        >>> image(Interval(1, sp.oo))
        (_d + 1, _d)
    """
    left, right = interval.ends
    d = sp.Dummy("d", positive=True)
    if left.is_finite and right.is_finite:
        return (left + right * d) / (1 + d), d
    if left.is_finite:
        return left + d, d
    if right.is_finite:
        return right - d, d
    d = sp.Dummy("d", real=True)
    return d, d


def _is_positive(f: sp.Expr) -> bool:
    return positive(f) == sp.true or positive(sp.cancel(sp.together(f))) == sp.true


def _is_finite(f: sp.Expr, d: sp.Symbol) -> bool:
    if not f.has(d) or f == d:
        return True
    if f.is_Add or f.is_Mul or isinstance(f, _ENTIRE):
        return all(_is_finite(part, d) for part in f.args)
    if f.is_Pow and not f.exp.has(d):
        whole = f.exp.is_nonnegative and f.exp.is_integer
        return _is_finite(f.base, d) and bool(whole or _is_positive(f.base))
    if isinstance(f, sp.log):
        return _is_finite(f.args[0], d) and _is_positive(f.args[0])
    reach = {sp.atanh: sp.S.One, sp.asin: sp.S.One, sp.acos: sp.S.One, sp.tan: sp.pi / 2}.get(f.func)
    if reach is None:
        return False
    (argument,) = f.args
    return _is_finite(argument, d) and _is_positive(reach - argument) and _is_positive(reach + argument)


@takes(slope=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def primitive_or_integral(slope: sp.Expr, x: sp.Symbol, interval: Interval) -> sp.Expr:
    """A primitive of ``slope``, checked by differentiation; else the integral from an interior point, left standing.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> primitive_or_integral(sp.log(x), x, Interval(0, sp.oo))
        x*log(x) - x
    """
    in_chart = _in_inverse_chart(slope, x, interval)
    if in_chart is not None:
        return in_chart
    terms = sp.Add.make_args(sp.expand(slope))
    found = sp.S.Zero
    for term in terms if len(terms) <= _MOST_TERMS else ():
        part = term_primitive(term, x, interval.interior_point())
        if part is None:
            break
        found += part
    else:
        if terms and len(terms) <= _MOST_TERMS:
            return found
    y = sp.Symbol(f"{x.name}'", **x.assumptions0)
    return sp.Integral(slope.subs(x, y), (y, interval.interior_point(), x))


def _in_inverse_chart(slope: sp.Expr, x: sp.Symbol, interval: Interval) -> sp.Expr | None:
    """A primitive where the slope along an inverse function of x is a polynomial in it."""
    z = sp.Dummy("z", real=True)
    chart = inverse_chart(sp.Tuple(slope), x, z, interval.ends)
    if chart is None:
        return None
    try:
        along = in_inverse_chart(slope / chart.slope, x, z, chart)
    except UnsupportedFormError:
        return None
    return sp.Poly(along, z).integrate().as_expr().subs(z, chart.function) if along.is_polynomial(z) else None
