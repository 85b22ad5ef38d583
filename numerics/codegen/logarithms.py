"""Logarithms that neither overflow within nor lose the digits of a logarithm close to 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp
from sympy.codegen.cfunctions import log1p
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from numerics.codegen.expansion import short_expansion
from numerics.codegen.exponentials import absolute_value, exponential_factor, log_of_exponentials, multiple
from numerics.codegen.lambert import log_of_lambert_w
from numerics.codegen.one_denominator import distance_from_one, over_one_denominator
from numerics.codegen.special import ScaledErfc, gaussian_tail, log_erfc, log_scaled_erfc, without_growth
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

MOST_TERMS = 40
"""Beyond, pairs are not looked for."""


@takes(x=EXPRESSION)
def stable_logarithm(x: sp.Expr) -> sp.Expr | None:
    """The logarithm of x in another form, or ``None`` where the logarithm itself is right.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> stable_logarithm(1 + sp.exp(x)), stable_logarithm(1 + x)
        (log1p(exp(-Abs(x))) + Max(0, x), None)
    """
    if x.is_number:
        return None
    if x.is_Add and (gap := distance_from_one(x)) is not None:
        return sp.Piecewise((log1p(gap), absolute_value(gap) < sp.S.Half), (sp.log(x, evaluate=False), True))
    if isinstance(x, sp.Abs) and x.args[0].is_Add and abs(x.args[0].as_coeff_Add()[0]) == 1:
        A = x.args[0] * x.args[0].as_coeff_Add()[0]
        return sp.Piecewise((log1p(sp.expand(A - 1)), A > sp.S.Half), (sp.log(x, evaluate=False), True))
    if x.is_Mul and x.args[0].is_Rational and x.args[0].is_positive:
        rest = stable_logarithm(sp.Mul(*x.args[1:]))
        if rest is not None:
            return sp.log(x.args[0]) + rest
    if x.is_Mul and (found := _log_of_tails(x)) is not None:
        return found
    if x.has(sp.besseli, sp.besselk) and (found := _log_of_bessel(x)) is not None:
        return found
    base, power = x.as_base_exp()
    if isinstance(base, sp.cosh | sp.sech) and power.is_Rational:
        return (power if isinstance(base, sp.cosh) else -power) * log_cosh(*base.args)
    if isinstance(x, sp.sinh):
        return _log_sinh(*x.args)
    if isinstance(x, sp.cos):
        near = log1p(-2 * sp.sin(x.args[0] / 2) ** 2)
        return sp.Piecewise((near, x > sp.S.Half), (sp.log(x, evaluate=False), True))
    if isinstance(x, sp.erfc):
        return log_erfc(*x.args)
    if isinstance(x, sp.LambertW):
        return log_of_lambert_w(x)
    if isinstance(x, sp.tanh):
        return _log_tanh(*x.args)
    if x.is_Pow and power.is_Rational and (base.is_positive or not power.is_Integer):
        return power * sp.log(base)
    if x.is_Add and len(x.args) == 2 and (found := _log_normal(x)) is not None:
        return found
    if x.is_Add and len(x.args) == 2 and sp.S.One in x.args:
        u, sign = _tanh_of(x - 1)
        if u is not None:
            far = sp.log(2) - (log_of_exponentials(1 + sp.exp(-2 * sign * u)) or sp.nan)
            return sp.Piecewise((log1p(sign * sp.tanh(u)), absolute_value(u) < sp.S.Half), (far, True))
    if x.is_Add:
        terms = over_one_denominator(x.args)
        if terms is not None:
            x = sp.Add(*terms)
    return log_of_exponentials(x) or _inverse_sinh(x)


@takes(x=EXPRESSION)
def log_beside_exponential(x: sp.Expr) -> sp.Expr | None:
    """The logarithm of c exp(u) beside terms that are no exponentials, with u outside where it is large.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> float(log_beside_exponential(sp.exp(x) - x).subs(x, 2000))
        2000.0
    """
    parts = [exponential_factor(term) for term in x.args]
    growing = [(c, u) for c, u in parts if u != 0]
    if not x.is_Add or len(growing) != 1 or not growing[0][0].is_positive or not growing[0][0].is_number:
        return None
    ((c, u),) = growing
    # Clipped, so that the branch not taken is finite and so are its derivatives.
    size = sp.Max(u, 1, evaluate=False)
    rest = sp.Add(*(term for term, (_, a) in zip(x.args, parts, strict=True) if a == 0))
    far = size + sp.log(c) + log1p(rest * sp.exp(-size) / c)
    return sp.Piecewise((far, u > 1), (sp.log(x, evaluate=False), True))


def log_cosh(u: sp.Expr) -> sp.Expr:
    """log(cosh(u)): log1p of 2 sinh(u/2)**2 within 1, beyond with the growing part outside."""
    size = absolute_value(u)
    # Clipped, so that the branch not taken is finite and so are its derivatives.
    near = log1p(2 * sp.sinh(sp.Min(size, 1, evaluate=False) / 2) ** 2)
    return sp.Piecewise((near, size < 1), (size - sp.log(2) + log1p(sp.exp(-2 * size)), True))


def _log_of_tails(product: sp.Expr) -> sp.Expr | None:
    """The logarithm of a product of powers of erfc(u), some written 1 + erf(-u), and of an exponential."""
    rest, exponent = exponential_factor(product)
    total = sp.S.Zero
    for factor in sp.Mul.make_args(rest):
        base, m = factor.as_base_exp()
        tail = gaussian_tail(base)
        if tail is None:
            if not (factor.is_number and factor.is_positive):
                return None
            total += sp.log(factor)
            continue
        c, u = tail
        meet = exponent != 0 and multiple(exponent, short_expansion(u**2))[0] == m
        total += m * sp.log(c) + (m * log_scaled_erfc(u) if meet else m * log_erfc(u))
        exponent = sp.expand(exponent - m * u**2) if meet else exponent
    return total + exponent


@takes(product=EXPRESSION)
def log_beside_growth(product: sp.Expr) -> sp.Expr | None:
    """The logarithm of a product with c + d exp(u), with u outside where that is large; ``None`` for another product.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> round(float(log_beside_growth((sp.exp(-x) - 1) / -x).subs(x, -2000)), 9)  # 2000 - log(2000)
        1992.39909754
    """
    for factor in sp.Mul.make_args(product):
        if not (factor.is_Add and len(factor.args) == 2 and any(part.is_number for part in factor.args)):
            continue
        c, term = factor.as_coeff_Add()
        d, u = exponential_factor(term)
        if not (u != 0 and d.is_Rational and c.is_Rational):
            continue
        # Clipped, so that the branch not taken is finite and so are its derivatives.
        size = sp.Max(u, 1, evaluate=False)
        far = size + sp.log(product / factor * (d + c * sp.exp(-size)), evaluate=False)
        return sp.Piecewise((far, u > 1), (sp.log(product, evaluate=False), True))
    return None


def _log_of_bessel(product: sp.Expr) -> sp.Expr | None:
    """The logarithm of a product with Bessel functions I or K, their growth outside; ``None`` for another function."""
    factors = [factor.as_base_exp() for factor in sp.Mul.make_args(product)]
    if not any(isinstance(base, sp.besseli | sp.besselk) for base, _ in factors):
        return None
    scaled = sp.Mul(*(without_growth(base) ** m for base, m in factors))
    bounded, growth = exponential_factor(scaled)
    return growth + sp.log(bounded)


def _log_sinh(u: sp.Expr) -> sp.Expr:
    return u - sp.log(2) + (log_of_exponentials(1 - sp.exp(-2 * u)) or sp.nan)


def _log_tanh(u: sp.Expr) -> sp.Expr:
    """log(tanh(u)), which is close to 0 for large u."""
    return sp.Piecewise((sp.log(sp.tanh(u)), u < sp.S.Half), (log1p(-2 / (1 + sp.exp(2 * u))), True))


def _log_normal(x: sp.Expr) -> sp.Expr | None:
    r"""The logarithm of :math:`c\,(1 + \operatorname{erf} u)/2`, with c of 1 or 2, written with erf or erfc of u.

    It is close to that of c on one side, and on the other that of a number which underflows.
    """
    c, changing = x.as_coeff_Add()
    factor, function = changing.as_coeff_Mul()
    if abs(c) == abs(factor) and isinstance(function, sp.erf):
        scale = 2 * c
    elif c == -2 * factor and isinstance(function, sp.erfc):
        scale = c
    else:
        return None
    if scale not in (1, 2):
        return None
    u = function.args[0] if c != -factor else -function.args[0]
    beyond = sp.log(scale) + log1p(-sp.erfc(sp.Max(u, 0, evaluate=False)) / 2)
    tail = sp.Max(-u, 0, evaluate=False)
    below = sp.log(sp.Rational(scale, 2)) + sp.log(ScaledErfc(tail)) - tail**2
    return sp.Piecewise((below, u < -sp.S.Half), (log1p(x - 1), u < sp.S.Half), (beyond, True))


def _tanh_of(x: sp.Expr) -> tuple[sp.Expr | None, int]:
    """(u, 1) where x is tanh(u), (u, -1) where it is -tanh(u), else (None, 0)."""
    for sign in (1, -1):
        if isinstance(sign * x, sp.tanh):
            return (sign * x).args[0], sign
    return None, 0


def _inverse_sinh(x: sp.Expr) -> sp.Expr | None:
    """log(u + sqrt(u**2 + 1))."""
    if not x.is_Add or len(x.args) != 2:
        return None
    for u, root in (x.args, x.args[::-1]):
        if root.is_Pow and root.exp == sp.S.Half and short_expansion(root.base - u**2) == 1:
            return sp.asinh(u)
    return None


@takes(x=EXPRESSION)
def log_of_quotient(x: sp.Expr) -> sp.Expr | None:
    """log(A/B) where terms of A and B cancel in A - B, else ``None``.

    Example:
        >>> x, a = sp.symbols("x a", real=True)
        >>> log_of_quotient((a + x) / (a - x))
        2*atanh(x/a)
    """
    factors = sp.Mul.make_args(x)
    below = [1 / f for f in factors if f.is_Pow and f.exp.is_Integer and f.exp < 0]
    if not below:
        return None
    A = sp.Mul(*(f for f in factors if not (f.is_Pow and f.exp.is_Integer and f.exp < 0)))
    B = sp.Mul(*below)
    gap = _cancelled(A, B)
    if gap is None:
        return None
    total = short_expansion(A + B)
    if not total.is_Add:
        inverse = 2 * sp.atanh(sp.cancel(gap / total))
        if not gap.is_Add:
            return inverse
        # Where A is far from B the gap has rounded away the smaller of the two.
        return sp.Piecewise((inverse, _is_near(gap, B)), (sp.log(x, evaluate=False), True))
    return sp.Piecewise((log1p(gap / B), _is_near(gap, B)), (sp.log(x, evaluate=False), True))


def _is_near(gap: sp.Expr, B: sp.Expr) -> Boolean:
    """Whether A = B + gap is between B/2 and 3B/2."""
    return absolute_value(B) > (2 * abs(gap) if gap.is_number else 2 * absolute_value(gap))


def _cancelled(A: sp.Expr, B: sp.Expr) -> sp.Expr | None:
    """A - B where it has fewer terms than the two together, else ``None``."""
    if not (A.is_Add or B.is_Add):
        return None
    gap = short_expansion(A - B)
    together = len(sp.Add.make_args(short_expansion(A))) + len(sp.Add.make_args(short_expansion(B)))
    return gap if len(sp.Add.make_args(gap)) < together else None


@takes(terms=EXPRESSIONS)
def difference_of_logarithms(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with a pair c log A - c log B as one term, where terms of A and B cancel.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> difference_of_logarithms([y * sp.log(x + 1), -y * sp.log(x)])
        [y*Piecewise((log1p(1/x), (x > 0) & (Abs(x) > 2)), (-log(x) + log(x + 1), True))]
    """
    if len(terms) > MOST_TERMS:
        return None
    found: dict[sp.Expr, list[tuple[int, sp.Expr]]] = {}
    for i, term in enumerate(terms):
        logs = [factor for factor in sp.Mul.make_args(term) if isinstance(factor, sp.log)]
        if len(logs) == 1:
            c = sp.Mul(*(factor for factor in sp.Mul.make_args(term) if factor != logs[0]))
            found.setdefault(c, []).append((i, logs[0].args[0]))
    for c, first in found.items():
        for i, A in first:
            for j, B in found.get(-c, []):
                gap = None if sp.S.One in A.args and sp.S.One in B.args else _cancelled(A, B)
                if gap is None:
                    continue
                near = sp.And(B > 0, _is_near(gap, B))
                pair = sp.Piecewise((log1p(gap / B), near), (sp.log(A) - sp.log(B), True))
                return [c * pair, *(term for k, term in enumerate(terms) if k not in (i, j))]
    return None


@takes(terms=EXPRESSIONS)
def beside_its_exponent(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with a pair c log F - c v as c log(F exp(-v)), where exp(v) is the largest part of F somewhere.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> beside_its_exponent([sp.log(1 + sp.exp(x)), -x])
        [log(1 + exp(-x))]
        >>> beside_its_exponent([sp.log(2 * sp.cosh(x)), -sp.Abs(x)])
        [log(1 + exp(-2*Abs(x)))]
    """
    for i, c, parts in _logarithms_of_exponentials(terms):
        for j, partner in enumerate(terms):
            divided = _divided(parts, -partner / c) if i != j else None
            if divided is not None:
                return [c * sp.log(divided), *(other for k, other in enumerate(terms) if k not in (i, j))]
    return None


def _logarithms_of_exponentials(
    terms: Sequence[sp.Expr],
) -> Iterator[tuple[int, sp.Expr, list[tuple[sp.Expr, sp.Expr]]]]:
    """Where a term is c log F, with F a sum of exponentials: its index, c and the parts of F."""
    for i, term in enumerate(terms if len(terms) <= MOST_TERMS else ()):
        for factor in sp.Mul.make_args(term):
            parts = _exponential_parts(factor.args[0]) if isinstance(factor, sp.log) else None
            if parts is not None:
                yield i, term / factor, parts


def _exponential_parts(F: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """Pairs (c, a) with F the sum of c exp(a), two at least; ``None`` for another function."""
    c, function = F.as_coeff_Mul()
    if isinstance(function, sp.cosh) and c.is_positive:
        return [(c / 2, function.args[0]), (c / 2, -function.args[0])]
    if not F.is_Add or len(F.args) > MOST_TERMS:
        return None
    parts = [exponential_factor(term) for term in F.args]
    return parts if all(c.is_Rational and c > 0 for c, _ in parts) else None


def _divided(parts: Sequence[tuple[sp.Expr, sp.Expr]], v: sp.Expr) -> sp.Expr | None:
    """The sum of c exp(a) over exp(v), where v is one of the exponents or the modulus of two opposite ones."""
    exponents = [a for _, a in parts]
    # The largest exponent of a logarithm that is in its last form would be taken in again, without end.
    if v.is_number or v.has(sp.Max, sp.Min):
        return None
    if v in exponents:
        return sp.Add(*(c * sp.exp(sp.expand(a - v)) for c, a in parts))
    (c, a), (e, b) = parts[0], parts[-1]
    if len(parts) == 2 and c == e and a == -b and v == sp.Abs(a):
        return sp.expand(c * (1 + sp.exp(-2 * v)))
    return None


@takes(terms=EXPRESSIONS)
def by_sides(terms: Sequence[sp.Expr]) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """(u, right, left): the sum for u > 0 and u < 0, with what log F grows like beside c u times another function.

    F is a sum of exponentials of multiples of u. ``None`` where no other term can meet its growth.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> by_sides([sp.log(2 * sp.cosh(x)), -x * sp.tanh(x)])
        (x, -x*tanh(x) + x + log(1 + exp(-2*x)), -x*tanh(x) - x + log(exp(2*x) + 1))
    """
    for i, c, parts in _logarithms_of_exponentials(terms):
        u = next(a for _, a in parts if a != 0)
        u = -u if u.could_extract_minus_sign() else u
        scales = [multiple(a, u) if a != 0 else (sp.S.Zero, a) for _, a in parts]
        others = [other for k, other in enumerate(terms) if k != i]
        if any(rest != 0 for _, rest in scales) or not any(_grows_like(other, u, c) for other in others):
            continue
        rates = [k for k, _ in scales]
        right, left = (
            sp.Add(*others) + c * (k * u + sp.log(sp.Add(*(e * sp.exp(a - k * u) for e, a in parts))))
            for k in (max(rates), min(rates))
        )
        return u, right, left
    return None


def _grows_like(term: sp.Expr, u: sp.Expr, c: sp.Expr) -> bool:
    """Whether the term is a multiple of c u times a function of exp(u) that may tend to a constant."""
    functions = [f for f in sp.Mul.make_args(term) if f.has(sp.exp, sp.tanh, sp.coth, sp.sinh, sp.cosh)]
    return bool(functions) and sp.cancel(term / sp.Mul(*functions) / (c * u)).is_number
