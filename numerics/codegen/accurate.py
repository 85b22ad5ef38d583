"""Forms of the same function that lose no digits: cancelling differences, and functions that overflow halfway.

Both sides of each line agree for all real numbers; rounding tells them apart. Near an invariant set the left-hand sides
keep no correct digit, and a trajectory would be absorbed by rounding alone.

====================  ==========================================  ===============================
``exp(u) - 1``        ``expm1(u)``                                cancels as u -> 0
``log(1 + u)``        ``log1p(u)``                                cancels as u -> 0
``1 - cos(u)``        ``2 sin(u/2)**2``                           cancels as u -> 0
``cosh(u) - 1``       ``2 sinh(u/2)**2``                          cancels as u -> 0
``exp(u) - exp(v)``   with ``expm1`` of the difference            cancels as u -> v
``1 - tanh(u)``       ``2 / (1 + exp(2 u))``                      cancels as u -> oo
``1 - tanh(u)**2``    ``1 / cosh(u)**2``                          cancels as u -> oo
``tanh(u) - sign(u)`` ``-2 sign(u) / (1 + exp(2 |u|))``          cancels as u -> oo, -oo
``1 - erf(u)``        ``erfc(u)``                                 cancels as u -> oo
``1 - erfc(u)``       ``erf(u)``                                  cancels as u -> 0
``pi/2 - atan(u)``    ``atan(1/u)`` for u > 1                      cancels as u -> oo
``pi/2 - asin(u)``    ``acos(u)``                                 cancels as u -> 1
``sin(u) - sin(v)``   ``2 cos((u+v)/2) sin((u-v)/2)``     cancels as u -> v
``atan(u) - atan(v)`` ``atan2(u - v, 1 + u v)``           cancels as u -> v
``erf(u) - erf(v)``   by ``erfc``, or Gauss's rule        cancels as u -> v, and far out
``log(1 + exp(u))``   ``max(u, 0) + log1p(exp(-|u|))``            exp(u) overflows
``sech(u)``           ``2 e / (1 + e**2)``, ``e = exp(-|u|)``     the derivative of 1/cosh(u) overflows
``csch(u)``           ``2 sign(u) e / (1 - e**2)``                the derivative of 1/sinh(u) overflows
====================  ==========================================  ===============================

References:
    Higham, *Accuracy and Stability of Numerical Algorithms* (2002), sections 1.7 and 1.14.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from numerics.arguments import takes
from numerics.codegen.error_functions import erf_minus
from numerics.codegen.exponentials import absolute_value, exponential_factor, log_of_exponentials, multiple
from numerics.codegen.one_denominator import as_square
from theory.argument_kinds import EXPRESSION, EXPRESSIONS, one_of


def _arccot(u: sp.Expr) -> sp.Expr:
    """pi/2 - atan(u)."""
    # Clipped, so that the branch not taken is finite and so are its derivatives, and known to be in its last form.
    left, right = sp.Min(u, 1, evaluate=False), sp.Max(u, 1, evaluate=False)
    return sp.Piecewise((sp.atan(1 / right), u > 1), (sp.pi / 2 - sp.atan(left), True))


_CANCELLING: dict[type, dict[sp.Expr | int, Callable[[sp.Expr], sp.Expr]]] = {
    sp.exp: {-1: expm1},
    sp.cos: {-1: lambda u: -2 * sp.sin(u / 2) ** 2, 1: lambda u: 2 * sp.cos(u / 2) ** 2},
    sp.cosh: {-1: lambda u: 2 * sp.sinh(u / 2) ** 2},
    sp.tanh: {-1: lambda u: -2 / (1 + sp.exp(2 * u)), 1: lambda u: 2 / (1 + sp.exp(-2 * u))},
    sp.sech: {-1: lambda u: -sp.tanh(u) * sp.tanh(u / 2)},
    sp.coth: {-1: lambda u: 2 / (sp.exp(2 * u) - 1)},
    # Unevaluated, since SymPy would turn erfc(-u) back into 2 - erfc(u).
    sp.erf: {-1: lambda u: -sp.erfc(u, evaluate=False), 1: lambda u: sp.erfc(-u, evaluate=False)},
    sp.erfc: {-1: lambda u: -sp.erf(u), -2: lambda u: -sp.erfc(-u, evaluate=False)},
    sp.atan: {-sp.pi / 2: lambda u: -_arccot(u), sp.pi / 2: lambda u: _arccot(-u)},
    sp.acos: {-sp.pi: lambda u: -sp.acos(-u), -sp.pi / 2: lambda u: -sp.asin(u)},
    sp.asin: {-sp.pi / 2: lambda u: -sp.acos(u), sp.pi / 2: lambda u: sp.acos(-u)},
}
"""Function f, number k, and f(u) + k without cancellation."""

_BESIDE_A_SIGN: dict[type, tuple[sp.Expr, Callable[[sp.Expr], sp.Expr]]] = {
    sp.tanh: (sp.S.One, lambda u: 2 / (1 + sp.exp(2 * u))),
    sp.coth: (sp.S.One, lambda u: -2 / (sp.exp(2 * u) - 1)),
    sp.erf: (sp.S.One, lambda u: sp.erfc(u, evaluate=False)),
    sp.atan: (sp.pi / 2, _arccot),
}
"""Odd function f, its limit k, and k - f(u) without cancellation for u > 0."""

_OF_RECIPROCALS = {sp.cosh: sp.sech, sp.tanh: sp.coth}
"""Function f, and 1/f about which there is a rule."""

_CANCELLING_SQUARES: dict[type, tuple[int, Callable[[sp.Expr], sp.Expr]]] = {
    sp.tanh: (-1, lambda u: -(sp.cosh(u) ** -2)),
    sp.coth: (-1, lambda u: sp.sinh(u) ** -2),
    sp.sech: (-1, lambda u: -(sp.tanh(u) ** 2)),
    sp.erf: (-1, lambda u: -sp.erfc(u, evaluate=False) * sp.erfc(-u, evaluate=False)),
    sp.sin: (-1, lambda u: -(sp.cos(u) ** 2)),
    sp.cos: (-1, lambda u: -(sp.sin(u) ** 2)),
    sp.cosh: (-1, lambda u: sp.sinh(u) ** 2),
}
"""Function f, number k, and f(u)**2 + k without cancellation."""


@takes(terms=EXPRESSIONS)
def without_cancellation(terms: Sequence[sp.Expr], *, to_all_digits: bool = False) -> list[sp.Expr] | None:
    """``terms`` with one cancelling pair replaced by a single accurate term, or ``None`` if there is no such pair.

    With ``to_all_digits`` only forms that hold beyond the digits of a double are used.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> without_cancellation([x, y * sp.exp(x), -y])
        [y*expm1(x), x]
        >>> without_cancellation([1 - y, -(sp.tanh(x) ** 2), y])
        >>> without_cancellation([sp.S.One, -(sp.tanh(x) ** 2), y])
        [cosh(x)**(-2), y]
    """
    present = set(terms)
    for term in terms:
        factors = sp.Mul.make_args(term)
        for factor in factors:
            for k, accurate in _forms(factor):
                c = sp.Mul(*(other for other in factors if other != factor))
                if k * c in present:
                    return [c * accurate(), *(other for other in terms if other not in (term, k * c))]
    return _difference_of_exponentials(terms) or _difference_of_functions(
        terms, (sp.erf, sp.erfc) if to_all_digits else ()
    )


_STEPS = (sp.sign, sp.Heaviside)


@takes(total=EXPRESSION)
def beside_a_step(total: sp.Expr) -> sp.Expr | None:
    """A sum with signs or unit steps of u beside exponentials or error functions, on each side by itself.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> beside_a_step(1 / (1 + sp.exp(-x)) - sp.Heaviside(x)).args[0]
        (-1 + 1/(1 + exp(-x)), x > 0)
    """
    steps = {factor for term in total.args for factor in sp.Mul.make_args(term) if isinstance(factor, _STEPS)}
    if not steps or not total.has(sp.exp, sp.erf, sp.erfc):
        return None
    u = min(steps, key=sp.default_sort_key).args[0]
    scales = {step: multiple(step.args[0], u) for step in steps}
    if u.is_number or any(k == 0 or rest != 0 for k, rest in scales.values()):
        return None
    sides = []
    for side in (1, -1, 0):
        values = {step: step.func(sp.sign(k) * side, *step.args[1:]) for step, (k, _) in scales.items()}
        sides.append(total.xreplace(values).doit(deep=False))
    if sides[0].has(*_STEPS):
        return None
    return sp.Piecewise((sides[0], u > 0), (sides[1], u < 0), (sides[2], True))


@takes(power=one_of(sp.Pow, needed="a power of a sum"))
def power_of_sum(power: sp.Expr) -> sp.Expr:
    """A power of 1 + u with a changing exponent, which multiplies what 1 + u has rounded away.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> power_of_sum((1 + 1 / x) ** x)
        exp(x*log1p(1/x))
    """
    base, v = power.args
    u = base - 1
    if base.is_positive:
        return sp.exp(v * log1p(u))
    # A negative number has whole powers too. Clipped, so that it is known to be in its last form.
    near = sp.exp(v * log1p(sp.Max(u, -1, evaluate=False)))
    return sp.Piecewise((near, u > -1), (sp.Min(base, 0, evaluate=False) ** v, True))


@takes(product=EXPRESSION)
def with_one_term_below(product: sp.Expr) -> sp.Expr | None:
    """A product with the powers of 1 - tanh(u)**2, and of other sums that are one term, as powers of that.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> with_one_term_below(x * sp.sqrt(1 - sp.tanh(x) ** 2))
        x/cosh(x)
    """
    made = []
    for factor in sp.Mul.make_args(product):
        base, m = factor.as_base_exp()
        grows = any(head.args[0].has(sp.exp) and not head.args[0].has(sp.log) for head in base.atoms(sp.tanh))
        concerned = base.is_Add and m.is_Rational and (not m.is_Integer or grows)
        single = (as_square(base.args) or without_cancellation(base.args)) if concerned else None
        made.append(factor if single is None or len(single) > 1 or single[0].is_Add else single[0] ** m)
    return sp.Mul(*made) if tuple(made) != sp.Mul.make_args(product) else None


def _forms(factor: sp.Expr) -> Iterator[tuple[sp.Expr | int, Callable[[], sp.Expr]]]:
    """Numbers k, each with what makes factor + k without cancellation: an exponential of a long sum takes long."""
    if isinstance(factor, sp.atan) and isinstance(factor.args[0], sp.Min):
        return  # a branch of what was rewritten
    for k, accurate in _CANCELLING.get(type(factor), {}).items():
        yield k, partial(accurate, factor.args[0])
    if type(factor) in _BESIDE_A_SIGN:
        limit, left = _BESIDE_A_SIGN[type(factor)]
        sign, size = sp.sign(factor.args[0]), absolute_value(factor.args[0])
        yield -limit * sign, lambda: -sign * left(size)
    if factor.is_Pow and not factor.exp.is_number and factor.base.is_nonpositive is not True:
        yield -1, lambda: _power_minus_one(factor)
    if factor.is_Pow and factor.exp.is_Integer and abs(factor.exp) > 2 and sp.S.One in factor.base.args:
        yield -1, lambda: _whole_power_minus_one(factor.base, factor.exp)
    if factor.is_Pow and factor.exp in (-1, -2) and type(factor.base) in _OF_RECIPROCALS:
        squared = sp.Pow(_OF_RECIPROCALS[type(factor.base)](*factor.base.args), -factor.exp, evaluate=False)
        yield from _forms(squared if factor.exp == -2 else squared.base)
    if factor.is_Pow and factor.exp == 2 and type(factor.base) in _CANCELLING_SQUARES:
        k, accurate = _CANCELLING_SQUARES[type(factor.base)]
        yield k, partial(accurate, factor.base.args[0])


def _power_minus_one(power: sp.Pow) -> sp.Expr:
    """u**v - 1."""
    u, v = power.args
    accurate = expm1(v * sp.log(u))
    if u.is_positive:
        return accurate
    # A negative number has whole powers too. Clipped, so that it is known to be in its last form.
    return sp.Piecewise((accurate, u > 0), (sp.Min(u, 0, evaluate=False) ** v - 1, True))


def _whole_power_minus_one(base: sp.Add, n: sp.Integer) -> sp.Expr:
    """base**n - 1, where the base is a sum with 1."""
    u = base - 1
    near = expm1(n * log1p(sp.Max(sp.Min(u, sp.S.Half, evaluate=False), -sp.S.Half, evaluate=False)))
    # Written as a maximum, which is known to be in its last form.
    size = sp.Max(base, -base, evaluate=False) ** n
    far = size - 1 if n.is_even else sp.sign(base) * size - 1
    return sp.Piecewise((near, absolute_value(u) < sp.S.Half), (far, True))


def _difference_of_exponentials(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """A pair c exp(u) - c exp(v) as a product."""
    found: dict[sp.Expr, tuple[sp.Expr, sp.Expr]] = {}
    for term in terms:
        c, u = exponential_factor(term)
        if u == 0:
            continue
        if -c in found:
            partner, v = found[-c]
            return [c * _exponential_minus(u, v), *(other for other in terms if other not in (term, partner))]
        found[c] = term, u
    return None


def _exponential_minus(u: sp.Expr, v: sp.Expr) -> sp.Expr:
    """exp(u) - exp(v)."""
    k, rest = multiple(u, v)
    if k == -1 and rest == 0:
        return 2 * sp.sinh(u)
    if rest == 0 and k > 0:
        # The one nearer to 0 in front: both factors grow or vanish together.
        return sp.exp(v) * expm1((k - 1) * v) if k > 1 else -sp.exp(u) * expm1((1 / k - 1) * u)
    gap = sp.expand(u - v)
    return -sp.sign(gap) * sp.exp(sp.Max(u, v, evaluate=False)) * expm1(-absolute_value(gap))


def _tanh_minus(u: sp.Expr, v: sp.Expr, gap: sp.Expr) -> sp.Expr:
    far, size = sp.exp(-2 * sp.Abs(u)), sp.exp(-2 * sp.Abs(v))
    beside = sp.exp(sp.Abs(gap) - sp.Abs(u) - sp.Abs(v)) / ((1 + far) * (1 + size))
    apart = sp.tanh(sp.Abs(u)) + sp.tanh(sp.Abs(v))
    return sp.sign(gap) * sp.Piecewise((-2 * expm1(-2 * sp.Abs(gap)) * beside, u * v > 0), (apart, True))


_DIFFERENCES: dict[type, Callable[[sp.Expr, sp.Expr, sp.Expr], sp.Expr]] = {
    sp.sin: lambda u, v, gap: 2 * sp.cos(sp.expand(u + v) / 2) * sp.sin(gap / 2),
    sp.cos: lambda u, v, gap: -2 * sp.sin(sp.expand(u + v) / 2) * sp.sin(gap / 2),
    sp.sinh: lambda u, v, gap: 2 * sp.cosh(sp.expand(u + v) / 2) * sp.sinh(gap / 2),
    sp.cosh: lambda u, v, gap: 2 * sp.sinh(sp.expand(u + v) / 2) * sp.sinh(gap / 2),
    sp.tan: lambda u, v, gap: sp.sin(gap) / (sp.cos(u) * sp.cos(v)),
    sp.atan: lambda u, v, gap: sp.atan2(gap, 1 + u * v),
    sp.tanh: _tanh_minus,
    sp.erf: erf_minus,
    sp.erfc: lambda u, v, gap: erf_minus(v, u, -gap),
}
"""Function f, and f(u) - f(v) of u, v and u - v, without cancellation as u tends to v."""


def _difference_of_functions(terms: Sequence[sp.Expr], left_out: tuple[type, ...]) -> list[sp.Expr] | None:
    """A pair c f(u) - c f(v) of one function in the form above."""
    found: dict[tuple[type, sp.Expr], tuple[sp.Expr, sp.Expr]] = {}
    for term in terms:
        factors = sp.Mul.make_args(term)
        for factor in factors:
            if type(factor) not in _DIFFERENCES or type(factor) in left_out:
                continue
            if isinstance(factor.args[0], sp.Max):
                continue  # a branch of a difference that was rewritten
            c = sp.Mul(*(other for other in factors if other is not factor))
            partner = found.get((type(factor), -c))
            if partner is not None:
                other_term, v = partner
                made = _DIFFERENCES[type(factor)](factor.args[0], v, sp.expand(factor.args[0] - v))
                return [c * made, *(other for other in terms if other not in (term, other_term))]
            found[type(factor), c] = term, factor.args[0]
    return None


def log_one_plus(u: sp.Expr) -> sp.Expr:
    """log(1 + u), also where u is an exponential that overflows."""
    return (log_of_exponentials(1 + u) if isinstance(u, sp.exp) else None) or log1p(u)


def sech(u: sp.Expr) -> sp.Expr:
    """1 / cosh(u), whose derivative does not overflow either."""
    e = sp.exp(-absolute_value(u))
    return 2 * e / (1 + e**2)


def csch(u: sp.Expr) -> sp.Expr:
    """1 / sinh(u), whose derivative does not overflow either."""
    return -2 * sp.sign(u) * sp.exp(-absolute_value(u)) / expm1(-2 * absolute_value(u))


def heaviside(u: sp.Expr, at_zero: sp.Expr = sp.S.Half) -> sp.Expr:
    """The unit step, NaN for NaN."""
    if at_zero == sp.S.Half:
        return (1 + sp.sign(u)) / 2
    return sp.Piecewise((0, u < 0), (1, u > 0), (at_zero, sp.Eq(u, 0)))
