r"""Quotients of hyperbolic functions, in which numerator and denominator overflow long before the quotient does.

.. math::
    \cosh u = \tfrac12 e^{|u|}\bigl(1 + e^{-2|u|}\bigr), \qquad
    \sinh u = -\tfrac12\operatorname{sign}u\;e^{|u|}\,\mathrm{expm1}(-2|u|),

after which the exponents of a product meet in symbols. Sums that cancel far out become such products,

.. math::
    1 - \tanh u\tanh v = \frac{\cosh(u-v)}{\cosh u\cosh v}, \qquad
    \frac1{1+e^u} - \frac1{1+e^v} = \frac{\sinh\frac{v-u}2}{2\cosh\frac u2\cosh\frac v2} .

References:
    Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 1.14.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy.codegen.cfunctions import expm1

from numerics.arguments import takes
from numerics.codegen.exponentials import absolute_value, exponential_factor
from numerics.codegen.one_denominator import over_one_denominator
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

_HYPERBOLIC = (sp.cosh, sp.sinh)

MOST_TERMS = 8
"""Of a sum that is multiplied out."""

MOST_OPERATIONS = 80
"""In what is looked at as a rational function of two hyperbolic functions."""


@takes(expression=EXPRESSION)
def in_one_product(expression: sp.Expr) -> sp.Expr | None:
    r"""A rational function of :math:`\sinh u` and :math:`\cosh u` that is a product; ``None`` for another function.

    :math:`\sinh^2 u = \cosh^2 u - 1` leaves :math:`(A + B\sinh u)/C` with polynomials in :math:`\cosh u`, and nothing
    cancels where these have no other factors than :math:`\cosh u` and :math:`\cosh u \pm 1`.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> in_one_product(sp.diff(sp.sinh(x) / sp.cosh(x), x, 2))
        -2*sinh(x)/cosh(x)**3
        >>> in_one_product(sp.diff(sp.sqrt(1 + sp.sinh(x) ** 2), x, 2))
        cosh(x)
    """
    arguments = {function.args[0] for function in expression.atoms(*_HYPERBOLIC)}
    if len(arguments) != 1 or not expression.atoms(sp.Add) or expression.count_ops() > MOST_OPERATIONS:
        return None
    (u,) = arguments
    s, c = sp.Dummy("s", real=True), sp.Dummy("c", positive=True)
    written = expression.xreplace({sp.sinh(u): s, sp.cosh(u): c})
    written = written.replace(lambda e: e.is_Pow and e.base == s**2 + 1, lambda e: c ** (2 * e.exp))
    if written.free_symbols - {s, c} or not written.is_rational_function(s, c):
        return None
    above, below = (sp.rem(part, s**2 - c**2 + 1, s) for part in sp.fraction(sp.together(written)))
    if below == 0:
        return None
    product = sp.factor(above / below)
    if not all(base.is_number or base in (s, c, c + 1, c - 1) for base in map(_base, sp.Mul.make_args(product))):
        return None
    return product.xreplace({s: sp.sinh(u), c: sp.cosh(u)})


def _base(factor: sp.Expr) -> sp.Expr:
    return factor.as_base_exp()[0]


@takes(product=EXPRESSION)
def without_overflow(product: sp.Expr) -> sp.Expr:
    """A product in which hyperbolic functions stand above and below the line, so that neither side overflows.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> without_overflow(x * sp.sinh(x) / sp.cosh(x))
        x*tanh(x)
        >>> without_overflow(sp.cosh(x) / sp.cosh(2 * x))
        (1/2 + exp(-2*Abs(x))/2)*exp(-Abs(x))/(1/2 + exp(-4*Abs(x))/2)
    """
    product = _by_half_angles(product)
    powers = dict(factor.as_base_exp() for factor in sp.Mul.make_args(product))
    below = [base for base, m in powers.items() if m.is_negative and _holds_hyperbolic(base)]
    if not below:
        return product
    if any(isinstance(factor, sp.exp) for factor in sp.Mul.make_args(product)):
        return _in_exponentials(product)
    paired = _tangents(powers) or product
    left = dict(factor.as_base_exp() for factor in sp.Mul.make_args(paired))
    if not any(isinstance(base, _HYPERBOLIC) and m.is_positive for base, m in left.items()):
        return paired
    if not any(m.is_negative and _holds_hyperbolic(base) for base, m in left.items()):
        return paired
    if all(isinstance(base, _HYPERBOLIC) for base in below):
        return _growth_in_front(powers)
    return _in_exponentials(product)


def _holds_hyperbolic(base: sp.Expr) -> bool:
    """Whether it is cosh or sinh, or a sum with one of them."""
    if isinstance(base, _HYPERBOLIC):
        return True
    return base.is_Add and any(
        isinstance(f.as_base_exp()[0], _HYPERBOLIC) for t in base.args for f in sp.Mul.make_args(t)
    )


def _by_half_angles(product: sp.Expr) -> sp.Expr:
    """1 + cosh(u) and 1 - cosh(u) below the line as 2 cosh(u/2)**2 and -2 sinh(u/2)**2."""
    made = []
    for factor in sp.Mul.make_args(product):
        base, m = factor.as_base_exp()
        if base.is_Add and len(base.args) == 2 and m.is_Rational and m.is_negative:
            k, changing = base.as_coeff_Add()
            c, function = changing.as_coeff_Mul()
            if isinstance(function, sp.cosh) and k in (c, -c):
                half = function.args[0] / 2 if m.is_Integer else absolute_value(function.args[0]) / 2
                base = 2 * k * sp.cosh(half) ** 2 if k == c else -2 * k * sp.sinh(half) ** 2
                factor = base**m
        made.append(factor)
    # SymPy would multiply a number into a sum.
    return product if tuple(made) == sp.Mul.make_args(product) else sp.Mul(*made)


def _in_exponentials(product: sp.Expr) -> sp.Expr:
    made = []
    for factor in sp.Mul.make_args(product):
        base, m = factor.as_base_exp()
        made.append(sp.expand(base.rewrite(_HYPERBOLIC, sp.exp)) ** m if _holds_hyperbolic(base) else factor)
    return sp.Mul(*made)


def _tangents(powers: dict[sp.Expr, sp.Expr]) -> sp.Expr | None:
    """sinh(u)/cosh(u) as tanh(u), in each pair of powers; ``None`` without such a pair."""
    powers, changed = dict(powers), False
    for base in [base for base in powers if isinstance(base, sp.sinh)]:
        (u,) = base.args
        above, below = powers[base], powers.get(sp.cosh(u), sp.S.Zero)
        if above.is_Integer and below.is_Integer and above * below < 0:
            del powers[base]
            powers[sp.tanh(u)] = powers.get(sp.tanh(u), sp.S.Zero) + above
            powers[sp.cosh(u)] = above + below
            changed = True
    return sp.Mul(*(base**m for base, m in powers.items())) if changed else None


def _growth_in_front(powers: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    """The product with the exponential growth of its hyperbolic functions as one exponential."""
    growth, rest = _growth_and_rest(powers)
    return sp.exp(growth) * rest


def _growth_and_rest(powers: dict[sp.Expr, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """The product as exp(growth) times a rest that is bounded in its hyperbolic functions."""
    growth, factors, odd = sp.S.Zero, [], set()
    for base, m in powers.items():
        if not isinstance(base, _HYPERBOLIC) or not (m.is_Integer or isinstance(base, sp.cosh)):
            factors.append(base**m)
            continue
        c, v = base.args[0].as_coeff_Mul()
        size = abs(c) * (v if v.is_nonnegative else absolute_value(-v if v.could_extract_minus_sign() else v))
        growth += m * size
        if isinstance(base, sp.cosh):
            factors.append((sp.S.Half + sp.exp(-2 * size) / 2) ** m)
        else:
            factors.append((-expm1(-2 * size) / 2) ** m)
            odd ^= {sp.sign(base.args[0])} if m.is_odd else set()
    signs = sorted(odd, key=sp.default_sort_key)
    return growth, sp.Mul(*factors, *signs)


@takes(product=EXPRESSION)
def log_of_growing(product: sp.Expr) -> sp.Expr | None:
    """The logarithm of a product of hyperbolic functions, its growth outside; ``None`` for another product.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> log_of_growing(sp.sinh(x) / x)
        x + log(-expm1(-2*x)/(2*x))
    """
    powers = dict(factor.as_base_exp() for factor in sp.Mul.make_args(product))
    if not any(isinstance(base, _HYPERBOLIC) for base in powers):
        return None
    growth, rest = _growth_and_rest(powers)
    return growth + sp.log(rest, evaluate=False) if growth != 0 else None


@takes(product=EXPRESSION)
def hyperbolic_terms(product: sp.Expr) -> list[sp.Expr] | None:
    """The terms of (A cosh(u) + B) / cosh(v), each over the denominator; ``None`` where none grows.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> hyperbolic_terms((y + sp.sinh(x)) / sp.cosh(x))
        [y/cosh(x), sinh(x)/cosh(x)]
    """
    factors = sp.Mul.make_args(product)
    if not any(factor.is_Pow and factor.exp.is_negative and _holds_hyperbolic(factor.base) for factor in factors):
        return None
    for factor in factors:
        if factor.is_Add and len(factor.args) <= MOST_TERMS and _holds_hyperbolic(factor):
            return [product / factor * term for term in factor.args]
    return None


# Sums


@takes(terms=EXPRESSIONS)
def as_hyperbolic_product(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with a pair that cancels far out as a product; ``None`` without such a pair.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> as_hyperbolic_product([sp.S.One, -sp.tanh(x) * sp.tanh(y)])
        [cosh(x - y)/(cosh(x)*cosh(y))]
        >>> as_hyperbolic_product([1 / (1 + sp.exp(x)), -1 / (1 + sp.exp(y))])
        [-sinh(x/2 - y/2)/(2*cosh(x/2)*cosh(y/2))]
    """
    return _two_tangents(terms) or _two_logistics(terms) or _over_one(terms) or _one_and_square(terms)


def _one_and_square(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The pair c + c sinh(u)**2, whose square overflows within a root."""
    for term in terms:
        for factor in sp.Mul.make_args(term):
            if factor.is_Pow and factor.exp == 2 and isinstance(factor.base, sp.sinh):
                c = term / factor
                if c in terms:
                    return [
                        c * sp.cosh(factor.base.args[0]) ** 2,
                        *(other for other in terms if other not in (term, c)),
                    ]
    return None


def _two_tangents(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The pair c + c tanh(u) tanh(v), or the same with a minus."""
    for term in terms:
        factors = sp.Mul.make_args(term)
        tangents = [factor for factor in factors if isinstance(factor, sp.tanh)]
        if len(tangents) != 2:
            continue
        u, v = (factor.args[0] for factor in tangents)
        c = sp.Mul(*(factor for factor in factors if factor not in tangents))
        for constant, argument in ((-c, u - v), (c, u + v)):
            if constant in terms:
                made = constant * sp.cosh(sp.expand(argument)) / (sp.cosh(u) * sp.cosh(v))
                return [made, *(other for other in terms if other not in (term, constant))]
    return None


def _logistic(term: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(c, w) where the term is c/(1 + exp(w)), also written as c exp(-w)/(1 + exp(-w))."""
    c, argument = exponential_factor(term)
    for factor in sp.Mul.make_args(c):
        base, m = factor.as_base_exp()
        if m == -1 and base.is_Add and len(base.args) == 2 and sp.S.One in base.args:
            inner = base - 1
            if isinstance(inner, sp.exp) and argument in (0, inner.args[0]):
                w = inner.args[0] if argument == 0 else -inner.args[0]
                return c / factor, w
    return None


def _two_logistics(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The pair c/(1 + exp(u)) - c/(1 + exp(v))."""
    found: dict[sp.Expr, tuple[sp.Expr, sp.Expr]] = {}
    for term in terms:
        logistic = _logistic(term)
        if logistic is None:
            continue
        c, u = logistic
        if -c in found:
            partner, v = found[-c]
            half = sp.expand(v - u) / 2
            made = c * sp.sinh(sp.expand(half)) / (2 * sp.cosh(sp.expand(u / 2)) * sp.cosh(sp.expand(v / 2)))
            return [made, *(other for other in terms if other not in (term, partner))]
        found[c] = term, u
    return None


def _over_one(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """Quotients of hyperbolic functions over one denominator, where nothing is left that cancels."""
    if not any(
        m.is_negative and _holds_hyperbolic(base)
        for term in terms
        for base, m in (factor.as_base_exp() for factor in sp.Mul.make_args(term))
    ):
        return None
    together = over_one_denominator([_in_exponentials(_by_half_angles(term)) for term in terms])
    if together is None:
        return None
    for total in together:
        for factor in sp.Mul.make_args(total):
            base, m = factor.as_base_exp()
            if base.is_Add and m.is_positive and base.has(sp.exp) and not _keeps_its_digits(base):
                return None
    return together


def _keeps_its_digits(total: sp.Expr) -> bool:
    """Whether it is a sum of positive terms, or one exponential minus another."""
    coefficients = [exponential_factor(term)[0] for term in total.args]
    return all(c.is_positive for c in coefficients) or (len(coefficients) == 2 and sum(coefficients) == 0)
