r"""Quotients of exponentials by the sign of the exponent, so that none overflows and none cancels.

A product of powers of :math:`E = e^u` and of polynomials in :math:`E` is infinity over infinity once :math:`E`
overflows, as :math:`E/(1+E)` does at :math:`u = 710`. With :math:`t = e^{-|u|} \le 1`, :math:`E` is :math:`t` for
:math:`u < 0` and :math:`1/t` for :math:`u > 0`, and a polynomial :math:`f` of degree d is :math:`f(t)`, or
:math:`t^{-d}` times the polynomial with the coefficients in reverse. So

.. math::
    E^k\prod_if_i(E)^{m_i} = e^{k\min(u, 0) + (k + \sum_id_im_i)\max(u, 0)} \prod_i\tilde f_i(t)^{m_i}

and what is left is bounded. Sums of such terms are brought over one denominator first
(:mod:`numerics.codegen.one_denominator`). Several exponentials that are no powers of each other are divided
by the largest.

References:
    Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 1.14; Blanchard, Higham, Higham,
    "Accurately computing the log-sum-exp and softmax functions", *IMA J. Numer. Anal.* 41 (2021) 2311-2330.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from numerics.arguments import takes
from numerics.codegen.expansion import short_expansion
from theory.argument_kinds import EXPRESSION, one_of, or_none

HIGHEST_DEGREE = 12
"""Of a polynomial in an exponential."""

_HIDDEN = -20
"""Exponents v with exp(v)**2 nothing beside 1."""

Polynomial = Mapping[int, sp.Expr]
"""Exponent to coefficient, the lowest exponent 0."""


def absolute_value(u: sp.Expr) -> sp.Expr:
    """The modulus of a real expression."""
    # Unevaluated, since SymPy's own forms of the modulus can hold real parts of complex numbers.
    return sp.Abs(u, evaluate=False)


@dataclass(frozen=True)
class Quotient:
    r"""Cofactor times :math:`E^k\prod_if_i(E)^{m_i}` with :math:`E = e^u`.

    Attributes:
        exponent: u.
        cofactor: What is no function of E.
        power: k.
        factors: Pairs of :math:`f_i`, with a constant term, and :math:`m_i`.
        overflows: Whether, as it was written, a part overflows where another vanishes or overflows below it.
    """

    exponent: sp.Expr
    cofactor: sp.Expr
    power: sp.Expr
    factors: tuple[tuple[Polynomial, sp.Expr], ...]
    overflows: bool

    @property
    def decay(self) -> tuple[sp.Expr, sp.Expr]:
        """The exponents (a, b) of t on the left, u < 0, and on the right."""
        return self.power, -self.power - sp.Add(*(max(f) * m for f, m in self.factors))

    def value(self) -> sp.Expr:
        """The quotient by the sign of u, without overflow of a part."""
        bounded = (_bounded(f, self.exponent) ** m for f, m in self.factors)
        scale, (c, u) = self._scale(), exponential_factor(self.cofactor)
        if u != 0 and isinstance(scale, sp.exp):
            scale = sp.exp(u + scale.args[0])
            return sp.Mul(c, scale, *bounded)
        return sp.Mul(self.cofactor, scale, *bounded)

    def one_sided(self) -> sp.Expr | None:
        """The quotient in exp(u) or exp(-u) alone, where nothing but denominators is left; else ``None``."""
        (left, right), u = self.decay, self.exponent
        if any(m > 0 for _, m in self.factors) or (left != 0 and right != 0):
            return None
        if left == 0:
            parts = [sp.Add(*(c * sp.exp(k * u) for k, c in f.items())) ** m for f, m in self.factors]
        else:
            parts = [sp.Add(*(c * sp.exp((k - max(f)) * u) for k, c in f.items())) ** m for f, m in self.factors]
        return sp.Mul(self.cofactor, *parts)

    def logarithm(self) -> sp.Expr | None:
        """The logarithm, its summands of one sign far out; ``None`` where a polynomial may be negative."""
        u, (left, right) = self.exponent, self.decay
        if any(not c.is_positive for f, _ in self.factors for c in f.values()) or not self.cofactor.is_positive:
            return None
        linear = left * sp.Min(u, 0, evaluate=False) - right * sp.Max(u, 0, evaluate=False)
        if left == right:
            linear = -left * absolute_value(u)
        logs = (m * _log_bounded(f, u) for f, m in self.factors)
        return sp.Add(linear, *logs) + (sp.log(self.cofactor) if self.cofactor != 1 else 0)

    def _scale(self) -> sp.Expr:
        u, (left, right) = self.exponent, self.decay
        if left == right:
            return sp.exp(-left * absolute_value(u))
        if left >= 0 and right >= 0:
            t = sp.exp(-absolute_value(u))
            return sp.Piecewise((t**left, u < 0), (t**right, True))
        return sp.exp(left * sp.Min(u, 0, evaluate=False) - right * sp.Max(u, 0, evaluate=False))


def _sides(f: Polynomial, u: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    t, d = sp.exp(-absolute_value(u)), max(f)
    return sp.Add(*(c * t**k for k, c in f.items())), sp.Add(*(c * t ** (d - k) for k, c in f.items()))


def _bounded(f: Polynomial, u: sp.Expr) -> sp.Expr:
    d = max(f)
    if set(f) == {0, d} and f[0] == -f[d]:
        return -f[d] * sp.sign(u) * expm1(-d * absolute_value(u))
    left, right = _sides(f, u)
    return left if left == right else sp.Piecewise((left, u < 0), (right, True))


def _log_bounded(f: Polynomial, u: sp.Expr) -> sp.Expr:
    left, right = (log1p(side - 1) if sp.S.One in side.args else sp.log(side) for side in _sides(f, u))
    return left if left == right else sp.Piecewise((left, u < 0), (right, True))


# Reading a product


@takes(term=EXPRESSION)
def exponential_factor(term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(c, a) with term = c exp(a).

    Example:
        >>> x, y = sp.symbols("x y")
        >>> exponential_factor(-3 * y * sp.exp(2 * x))
        (-3*y, 2*x)
    """
    factors = sp.Mul.make_args(term)
    arguments = [factor.args[0] for factor in factors if isinstance(factor, sp.exp)]
    if not arguments:
        return term, sp.S.Zero
    return sp.Mul(*(factor for factor in factors if not isinstance(factor, sp.exp))), sp.Add(*arguments)


def quotient(product: sp.Expr) -> Quotient | None:
    """A product as a quotient in the exponential of its first denominator; ``None`` if it has none."""
    unit = denominator_exponent(product)
    if unit is None:
        return None
    cofactor, power, factors = sp.S.One, sp.S.Zero, []
    growth: list[list[sp.Expr]] = [[], []]
    for factor in sp.Mul.make_args(product):
        if isinstance(factor, sp.exp):
            k, rest = multiple(factor.args[0], unit)
            power, cofactor = power + k, cofactor * sp.exp(rest)
            # One that is no power of E grows on both sides, as exp(x) does beside E = exp(exp(x)).
            growth[0].append(-k if k != 0 else sp.Integer(unit.has(sp.exp)))
            growth[1].append(k if k != 0 else sp.Integer(unit.has(sp.exp)))
            continue
        base, m = factor.as_base_exp()
        terms = _terms(base, unit) if base.is_Add and m.is_Rational else None
        if terms is None:
            cofactor *= factor
            continue
        lowest = min(terms)
        power += lowest * m
        factors.append(({k - lowest: c for k, c in terms.items()}, m))
        growth[0].append(-lowest * m)
        growth[1].append(max(terms) * m)
    sides = growth[1:] if unit.is_nonnegative else growth
    overflows = any(any(g > 0 for g in side) and any(g < 0 for g in side) for side in sides)
    return _with_whole_exponents(unit, cofactor, power, factors, overflows)


def _with_whole_exponents(
    u: sp.Expr, cofactor: sp.Expr, power: sp.Expr, factors: list, overflows: bool
) -> Quotient | None:
    exponents = [k for f, _ in factors for k in f if k != 0]
    if not exponents:
        return None
    below = math.lcm(*(int(k.q) for k in exponents))
    step = sp.Rational(math.gcd(*(int(k * below) for k in exponents)), below)
    whole = tuple(({int(k / step): c for k, c in f.items()}, m) for f, m in factors)
    if any(max(f) > HIGHEST_DEGREE for f, _ in whole):
        return None
    return Quotient(step * u, cofactor, power / step, whole, overflows)


def denominator_exponent(product: sp.Expr) -> sp.Expr | None:
    """The first exponent in a denominator, with a sign such that exp(u) and exp(-u) share it; ``None`` without one."""
    for factor in sp.Mul.make_args(product):
        base, m = factor.as_base_exp()
        if not base.is_Add:
            continue
        if m.is_Rational and m.is_negative:
            for term in base.args:
                argument = exponential_factor(term)[1]
                if not argument.is_number:
                    return -argument if argument.could_extract_minus_sign() else argument
        nested = next((unit for term in base.args if (unit := denominator_exponent(term)) is not None), None)
        if nested is not None:
            return nested
    return None


def _terms(total: sp.Expr, unit: sp.Expr) -> dict[sp.Expr, sp.Expr] | None:
    """Exponent to coefficient of a polynomial in exp(unit) and its inverse; ``None`` if it is none."""
    terms: dict[sp.Expr, sp.Expr] = {}
    for term in total.args:
        c, argument = exponential_factor(term)
        k, rest = multiple(argument, unit)
        if not rest.is_number or c.has(sp.exp):
            return None
        terms[k] = terms.get(k, sp.S.Zero) + c * sp.exp(rest)
    return terms if len(terms) > 1 else None


@takes(argument=EXPRESSION, unit=EXPRESSION)
@lru_cache(maxsize=4096)
def multiple(argument: sp.Expr, unit: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(k, rest) with argument = k unit + rest and k rational, 0 where none fits.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> multiple(3 - 2 * x * y, x * y)
        (-2, 3)
    """
    whole, part = (dict(short_expansion(e).as_coefficients_dict()) for e in (argument, unit))
    monomial = next(iter(part))
    k = sp.sympify(whole.get(monomial, 0)) / part[monomial]
    rest = sp.Add(*(c * m for m, c in whole.items() if m not in part))
    fits = k.is_Rational and k != 0 and all(whole.get(m, 0) == k * c for m, c in part.items())
    return (k, rest) if fits else (sp.S.Zero, argument)


# Rules


@takes(product=EXPRESSION, signed=or_none(one_of(set, needed="a set of expressions")))
def safe_product(product: sp.Expr, signed: set[sp.Expr] | None = None) -> sp.Expr:
    """A product of exponentials over sums of exponentials, rewritten where a part of it would overflow.

    Args:
        product: A product, or one power.
        signed: Exponents u for which exp(-|u|) is there already, and shared; what is needed is added.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> safe_product(x * sp.exp(-x) / (1 + sp.exp(-x)) ** 2)
        x*exp(-Abs(x))/(1 + exp(-Abs(x)))**2
        >>> safe_product(sp.exp(x) / (1 + sp.exp(x)))
        1/(1 + exp(-x))
        >>> safe_product(sp.exp(x) / (1 + sp.exp(x)), {x})
        Piecewise((exp(-Abs(x)), x < 0), (1, True))/(1 + exp(-Abs(x)))
    """
    signed = set() if signed is None else signed
    found = quotient(product)
    if found is None:
        return _divided_by_the_largest(product)
    if found.exponent in signed:
        return found.value()
    one_sided = found.one_sided() if found.overflows else product
    if one_sided is None:
        signed.add(found.exponent)
        return found.value()
    return one_sided


def _divided_by_the_largest(product: sp.Expr) -> sp.Expr:
    """Softmax: exponentials over a sum of exponentials that are no powers of each other."""
    c, argument = exponential_factor(product)
    if argument == 0:
        return product
    factors = []
    inner = next((part.args[0] for part in sp.preorder_traversal(argument) if isinstance(part, sp.exp)), None)
    for factor in sp.Mul.make_args(c):
        base, m = factor.as_base_exp()
        grown = _held_down(base, inner) if inner is not None and m.is_Integer and m > 0 else None
        if grown is not None:
            argument += m * grown[0]
            factors.append(grown[1] ** m)
            continue
        parts = _positive_exponentials(base) if m.is_Rational and m.is_negative else None
        if parts is None:
            factors.append(factor)
            continue
        largest = sp.Max(*(a for _, a in parts), evaluate=False)
        argument += m * largest
        factors.append(sp.Add(*(c * sp.exp(a - largest) for c, a in parts)) ** m)
    return sp.Mul(sp.exp(argument), *factors)


def _held_down(total: sp.Expr, u: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """(a, rest) with a polynomial in exp(u) as exp(a) rest, rest bounded: beside exp(-exp(u)) it overflows alone."""
    terms = _terms(total, u) if total.is_Add else None
    if terms is None or not all(k.is_Integer for k in terms):
        return None
    lowest = min(terms)
    polynomial = {int(k - lowest): c for k, c in terms.items()}
    return lowest * u + max(polynomial) * sp.Max(u, 0, evaluate=False), _bounded(polynomial, u)


_TAILS = (sp.erf, sp.erfc, sp.erfi, sp.besseli, sp.besselk)
"""Functions that exponentials meet in symbols."""


@takes(product=EXPRESSION)
def meeting_exponentials(product: sp.Expr) -> list[sp.Expr] | None:
    """The terms of exp(-u) (A exp(u) + B), each by itself, where a function holds such growth; else ``None``.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> meeting_exponentials(sp.exp(-(x**2)) * (sp.exp(x**2) * sp.erfc(x) - 1))
        [-exp(-x**2), erfc(x)]
    """
    rest, u = exponential_factor(product)
    if u.is_number or not rest.has(*_TAILS):
        return None
    for factor in sp.Mul.make_args(rest):
        if factor.is_Add and len(factor.args) <= HIGHEST_DEGREE:
            parts = [exponential_factor(term) for term in _with_whole_tails(factor.args)]
            if any(a != 0 and multiple(a, u)[0] < 0 for _, a in parts):
                return [rest / factor * c * sp.exp(sp.expand(a + u)) for c, a in parts]
    return None


def _with_whole_tails(terms: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The terms with c erfc(v) - 2c as -c erfc(-v), which cancels where each stands by itself."""
    for term in terms:
        c, function = term.as_coeff_Mul()
        if isinstance(function, sp.erfc) and -2 * c in terms:
            tail = -c * sp.erfc(-function.args[0], evaluate=False)
            return [tail, *(other for other in terms if other not in (term, -2 * c))]
    return list(terms)


def _positive_exponentials(total: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """Pairs (c, a) with total the sum of c exp(a), all c positive; ``None`` if it is no such sum."""
    parts = [exponential_factor(term) for term in total.args] if total.is_Add else []
    if not parts or all(a == 0 for _, a in parts) or not all(c.is_positive and not c.has(sp.exp) for c, _ in parts):
        return None
    return parts


@takes(x=EXPRESSION)
def log_of_exponentials(x: sp.Expr) -> sp.Expr | None:
    """The logarithm of sums and quotients of exponentials: log-sum-exp, log of sigmoids; ``None`` for others.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> log_of_exponentials(1 + sp.exp(x))
        log1p(exp(-Abs(x))) + Max(0, x)
        >>> log_of_exponentials(1 / (1 + sp.exp(-x)))
        -log1p(exp(-Abs(x))) + Min(0, x)
    """
    if x.is_Add and any(isinstance(factor, sp.cosh) for term in x.args for factor in sp.Mul.make_args(term)):
        x = sp.Add(*(sp.expand(term.rewrite(sp.cosh, sp.exp)) for term in x.args))
    parts = _positive_exponentials(x)
    if parts is not None and len(parts) == 2:
        first, second = (a + sp.log(c) for c, a in parts)
        gap = second - first
        gap = -gap if gap.could_extract_minus_sign() else gap
        return sp.Max(first, second, evaluate=False) + log1p(sp.exp(-absolute_value(gap)))
    if parts is not None:
        exponents = [a + sp.log(c) for c, a in parts]
        largest = sp.Max(*exponents, evaluate=False)
        shares = [sp.exp(a - largest) for a in exponents]
        # All shares but the largest, which is 1: the larger of two moves on, the smaller is added.
        others = (
            sp.Min(share, sp.Max(*shares[:k], evaluate=False), evaluate=False) for k, share in enumerate(shares) if k
        )
        return largest + log1p(sp.Add(*others))
    if x.is_Add and len(x.args) == 2:
        return _log_of_difference(x)
    found = quotient(x)
    return found.logarithm() if found is not None else None


def _log_of_difference(x: sp.Expr) -> sp.Expr | None:
    """The logarithm of exp(a) - exp(b), for a > b."""
    (c, a), (d, b) = (exponential_factor(term) for term in x.args)
    if {c, d} != {sp.S.One, sp.S.NegativeOne}:
        return None
    a, b = (a, b) if c == 1 else (b, a)
    gap = b - a
    small = sp.log(-expm1(gap))
    if isinstance(-gap, sp.exp):
        v = (-gap).args[0]  # the exponential underflows long before its logarithm is lost
        small = sp.Piecewise((v + gap / 2, v < _HIDDEN), (small, True))
    return a + sp.Piecewise((small, gap > -sp.log(2)), (log1p(-sp.exp(gap)), True))
