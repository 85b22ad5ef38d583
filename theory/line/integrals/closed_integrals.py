r"""Integrals of scale and speed densities in closed form: powers, exponentials, error, gamma and beta functions.

============================  ======================================================================
weight                        its integral
============================  ======================================================================
sums of powers                powers, a logarithm in a degenerate case
:math:`e^{kx}`                an exponential
:math:`e^{-cx^2 + dx}`        erf for :math:`c > 0`, erfi for :math:`c < 0`
:math:`x^r e^{-cx^p}`         incomplete gamma functions for :math:`c > 0`, :math:`{}_1F_1` for :math:`c < 0`
:math:`(x-l)^a(r-x)^b`        the incomplete beta function
:math:`(1+x^2)^q`             :math:`{}_2F_1`
============================  ======================================================================

An end of the integral may be infinite or a singular point: then the integral is supposed to converge there, and the
primitive is the one that vanishes at that end. Nothing is ever substituted by an infinity.

References:
    NIST Digital Library of Mathematical Functions, sections 7.2, 8.2, 8.17 and 13.4.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import met_together, positive, sign, simplified, vanishes
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.line.charts.powers import power_quotient
from theory.line.integrals.exponential_of_integral import logarithmic_derivative
from theory.line.integrals.integrals_over_pieces import integral_over_pieces
from theory.line.integrals.weight_integral import WeightIntegral
from theory.local_time import is_smooth


@dataclass(frozen=True)
class Primitive:
    """An antiderivative F of a weight, valid where ``generic`` holds; it tends to 0 at an end where it is finite."""

    function: sp.Expr
    generic: Boolean


_MAX_TERMS = 12
"""A sum of more powers or exponentials than this is no form that anybody reads: its integral is left standing."""

_BEYOND = sp.atan, sp.acot, sp.hyper, sp.Integral
"""What no weight with a closed form here is written with: their slopes are those of no power, exponential or beta."""


def weight_integral(weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, interval: Interval) -> sp.Expr:
    """The integral of ``weight`` from ``low`` to ``high``: in closed form, by cases, or standing.

    Args:
        weight: positive on the interval.
        x: its variable.
        low: where to begin; where the weight is singular or ``low`` infinite, the integral must converge.
        high: where to end; likewise.
        interval: where x lives.
    """
    if not is_smooth(weight, (x,)):

        def of_formula(formula: sp.Expr, a: sp.Expr, b: sp.Expr) -> sp.Expr:
            if not is_smooth(formula, (x,)):  # an undecided case stays inside
                z = dummy_like(x, "z")
                return WeightIntegral(formula.subs(x, z), (z, a, b))
            return weight_integral(formula, x, a, b, interval)

        return integral_over_pieces(weight, x, low, high, interval, of_formula)
    y = dummy_like(x, "z")
    standing = WeightIntegral(weight.subs(x, y), (y, low, high))
    if weight.has(*_BEYOND):
        return standing
    elementary = elementary_integral(weight, x, low, high, standing)
    if elementary is not None:
        return elementary
    for special in (_gaussian, _power_exponential, _beta, _power_of_quadratic):
        found = special(weight, x, low, high, interval)
        if found is not None:
            closed, condition = found
            return cases((closed, condition), (standing, sp.true))
    return standing


def elementary_integral(
    weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, standing: sp.Expr
) -> sp.Expr | None:
    """The integral of a sum of powers or exponentials, ``standing`` in degenerate cases; None for other weights."""
    found = primitive(weight, x)
    return None if found is None else _between(found, weight, x, low, high, standing)


def primitive(weight: sp.Expr, x: sp.Symbol) -> Primitive | None:
    """An antiderivative of a sum of powers, or of one exponential of a linear function."""
    terms = _monomials(weight, x)
    if terms is None:
        return None
    total, generic = sp.S.Zero, sp.true
    for coefficient, power, rate in terms:
        if rate == 0 and sp.expand(power + 1) == 0:
            total += coefficient * sp.log(x)
        elif rate == 0:
            total += coefficient * x ** sp.expand(power + 1) / sp.expand(power + 1)
            generic = sp.And(generic, sp.Not(vanishes(power + 1)))
        else:
            total += coefficient * sp.exp(rate * x) / rate
            generic = sp.And(generic, sp.Not(vanishes(rate)))
    return Primitive(total, simplified(generic))


def monomial(term: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    r"""``(c, r, k)`` where ``term`` is :math:`c\,x^r` (k = 0) or :math:`c\,e^{kx}` (r = 0), else None."""
    read = _read_off(term, x)
    if read is not None:
        return read
    slope = logarithmic_derivative(term, x)
    rate, power = sp.S.Zero, sp.expand(sp.cancel(sp.together(slope * x)))
    if power.has(x):
        rate, power = sp.expand(sp.cancel(sp.together(slope))), sp.S.Zero
    if rate.has(x) or (rate != 0 and power != 0):
        return None
    coefficient = sp.powsimp(sp.simplify(term / (x**power * sp.exp(rate * x))))
    return None if coefficient.has(x) else (coefficient, power, rate)


def _read_off(term: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """:func:`monomial` where the term is a number times a power or an exponential, as it is written; else None."""
    coefficient, rest = term.as_independent(x, as_Add=False)
    if not coefficient.is_Rational:
        return None
    power, exponent = rest.as_base_exp() if rest != 1 else (x, sp.S.Zero)
    if power == x and not exponent.has(x):
        return coefficient, sp.expand(exponent), sp.S.Zero
    if isinstance(rest, sp.exp) and exponent.as_independent(x, as_Add=False)[1] == x:
        return coefficient, sp.S.Zero, sp.expand(exponent / x)
    return None


def dummy_like(x: sp.Symbol, name: str) -> sp.Symbol:
    """A readable bound variable with the assumptions of ``x``."""
    return sp.Symbol(f"{name}_{x.name}", **x.assumptions0)


def cases(*pairs: tuple[sp.Expr, Boolean]) -> sp.Expr:
    """A case distinction with simplified conditions; a value that is one itself is merged into it."""
    flat = []
    for value, condition in pairs:
        inner = value.args if isinstance(value, sp.Piecewise) else ((value, sp.true),)
        flat += [(v, simplified(sp.And(c, condition))) for v, c in inner]
    return sp.Piecewise(*flat)


def common_cases(values: Sequence[sp.Expr]) -> list[tuple[tuple[sp.Expr, ...], Boolean]]:
    """Case distinctions side by side: what each value is, under which conditions, to be read in order.

    Where the conditions of all are the same they are not multiplied, and cases that exclude each other are left out.
    """
    given = [value.args if isinstance(value, sp.Piecewise) else ((value, sp.true),) for value in values]
    distinctions = {tuple(condition for _, condition in pairs) for pairs in given if len(pairs) > 1}
    if len(distinctions) == 1:
        (conditions,) = distinctions
        return [
            (tuple(pairs[n if len(pairs) > 1 else 0][0] for pairs in given), condition)
            for n, condition in enumerate(conditions)
        ]
    met = met_together([[condition for _, condition in pairs] for pairs in given])
    chosen = itertools.product(*(range(len(pairs)) for pairs in given)) if met is None else sorted(met)
    rows = [[pairs[n] for n, pairs in zip(numbers, given, strict=True)] for numbers in chosen]
    return [(tuple(v for v, _ in row), sp.And(*(condition for _, condition in row))) for row in rows]


def _monomials(weight: sp.Expr, x: sp.Symbol) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]] | None:
    parts = _terms(weight)
    if len(parts) > _MAX_TERMS:
        return None
    terms = list(itertools.takewhile(lambda term: term is not None, (monomial(part, x) for part in parts)))
    return terms if len(terms) == len(parts) else None


def _terms(weight: sp.Expr) -> list[sp.Expr]:
    """The terms of a product, expanded above; sums below stay together, since no power of one is a monomial."""
    above, below = sp.fraction(weight)
    factors = (f if f.as_base_exp()[0].is_Add else sp.expand(f) for f in sp.Mul.make_args(below))
    divisor = sp.Mul(*factors)
    return [term / divisor for term in sp.Add.make_args(sp.expand(above))]


def _between(
    found: Primitive, weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, standing: sp.Expr
) -> sp.Expr:
    """The difference of an elementary primitive, with its degenerate case unless convergence excludes it."""
    terms = _monomials(weight, x) or []
    closed = sp.together(_at(found, terms, x, high) - _at(found, terms, x, low))
    singular = any(_is_singular(terms, end) for end in (low, high))
    if found.generic == sp.true or singular:
        return closed
    special = standing
    if len(terms) == 1:
        ((coefficient, _, rate),) = terms
        degenerate = coefficient * (sp.log(x) if rate == 0 else x)
        special = degenerate.subs(x, high) - degenerate.subs(x, low)
    return cases((closed, found.generic), (special, sp.true))


def _is_singular(terms: list[tuple[sp.Expr, sp.Expr, sp.Expr]], end: sp.Expr) -> bool:
    """Whether convergence at ``end`` excludes the degenerate parameters."""
    return end.is_infinite or end == 0 and any(rate == 0 and power != 0 for _, power, rate in terms)


def _at(found: Primitive, terms: list[tuple[sp.Expr, sp.Expr, sp.Expr]], x: sp.Symbol, end: sp.Expr) -> sp.Expr:
    """The primitive at ``end``; zero at an infinite or singular one, where it is supposed to be finite."""
    if end.is_infinite:
        return sp.S.Zero
    if end == 0:
        return sp.Add(*(coefficient / rate for coefficient, _, rate in terms if rate != 0))
    return found.function.subs(x, end)


def _slope_terms(weight: sp.Expr, x: sp.Symbol) -> dict[sp.Expr, sp.Expr] | None:
    """The logarithmic derivative as a sum of powers, exponent to coefficient; None for other functions."""
    try:
        quotient = power_quotient(logarithmic_derivative(weight, x), x)
    except UnsupportedFormError:
        return None
    divisor = quotient.terms(quotient.denominator)
    if len(divisor) != 1:
        return None
    ((power, scale),) = divisor.items()
    return {sp.expand(r - power): sp.cancel(c / scale) for r, c in quotient.terms(quotient.numerator).items()}


def _gaussian(
    weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, interval: Interval
) -> tuple[sp.Expr, Boolean] | None:
    terms = _slope_terms(weight, x)
    if terms is None or not set(terms) <= {sp.S.Zero, sp.S.One} or sp.S.One not in terms:
        return None
    c, d = sp.cancel(-terms[sp.S.One] / 2), terms.get(sp.S.Zero, sp.S.Zero)
    known = sign(c)
    if not known:
        return None
    root, centre = sp.sqrt(sp.factor(known * c)), sp.cancel(d / (2 * c))
    factor = weight.subs(x, 0) * sp.exp(sp.cancel(d**2 / (4 * c))) * sp.sqrt(sp.pi) / (2 * root)
    function = sp.erf if known > 0 else sp.erfi

    def at(end: sp.Expr) -> sp.Expr:
        return sp.sign(end) if end.is_infinite else function(root * (end - centre))

    return factor * (at(high) - at(low)), sp.true


def _power_exponential(
    weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, interval: Interval
) -> tuple[sp.Expr, Boolean] | None:
    terms = _slope_terms(weight, x)
    if terms is None or not interval.left.is_nonnegative or len(set(terms) - {sp.S.NegativeOne}) != 1:
        return None
    (raised,) = set(terms) - {sp.S.NegativeOne}
    p, r = sp.expand(raised + 1), terms.get(sp.S.NegativeOne, sp.S.Zero)
    c = sp.cancel(-terms[raised] / p)
    direction, decays = sign(p), sign(c)
    if not direction or not decays:
        return None
    a = sp.expand(sp.cancel((r + 1) / p))
    factor = sp.powsimp(sp.expand(weight.subs(x, 1) * sp.exp(c)))
    nothing, infinite = (sp.S.Zero, sp.oo) if direction > 0 else (sp.oo, sp.S.Zero)
    condition: Boolean = sp.true
    if decays < 0:
        if infinite in (low, high):
            return None

        def at(end: sp.Expr) -> sp.Expr:
            u = -c * end**p
            return sp.S.Zero if end == nothing else end ** (a * p) / a * sp.hyper((a,), (a + 1,), u)

        if nothing not in (low, high):
            condition = positive(a)
    elif nothing in (low, high):

        def at(end: sp.Expr) -> sp.Expr:
            if end in (nothing, infinite):
                return sp.S.Zero if end == nothing else c**-a * sp.gamma(a)
            return c**-a * sp.lowergamma(a, c * end**p)

    else:

        def at(end: sp.Expr) -> sp.Expr:
            return sp.S.Zero if end == infinite else -(c**-a) * sp.uppergamma(a, c * end**p)

    return factor / p * (at(high) - at(low)), condition


def _beta(
    weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, interval: Interval
) -> tuple[sp.Expr, Boolean] | None:
    left, right = interval.ends
    if not (left.is_finite and right.is_finite):
        return None
    slope = logarithmic_derivative(weight, x)
    alpha, beta = (sp.cancel(sp.together(slope * (x - end))).subs(x, end) for end in (left, right))
    if any(power.has(sp.nan, sp.zoo, sp.oo) for power in (alpha, beta)):
        return None
    if sp.cancel(sp.together(slope - alpha / (x - left) - beta / (x - right))) != 0:
        return None
    alpha, beta = sp.expand(alpha), sp.expand(beta)
    middle, width = (left + right) / 2, right - left
    factor = sp.powsimp(weight.subs(x, middle) * (width / 2) ** (-alpha - beta)) * width ** (alpha + beta + 1)
    ends = (sp.cancel((end - left) / width) for end in (low, high))
    return sp.powsimp(factor) * sp.betainc(alpha + 1, beta + 1, *ends), sp.true


def _power_of_quadratic(
    weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, interval: Interval
) -> tuple[sp.Expr, Boolean] | None:
    """A power of a quadratic without zeros, as in Student's law."""
    numerator, denominator = sp.fraction(sp.cancel(sp.together(logarithmic_derivative(weight, x))))
    if not denominator.is_polynomial(x) or sp.degree(denominator, x) != 2:
        return None
    quadratic = sp.Poly(denominator, x)
    power = sp.cancel(numerator / quadratic.diff().as_expr())
    a, b, c = quadratic.all_coeffs()
    if power.has(x) or sign(b**2 - 4 * a * c) != -1:
        return None
    centre, scale = -b / (2 * a), sp.sqrt(sp.factor(4 * a * c - b**2)) / (2 * sp.Abs(a))
    factor = weight.subs(x, centre) * scale
    half = sp.Rational(1, 2)

    def at(end: sp.Expr) -> sp.Expr:
        if end.is_infinite:
            return sp.sign(end) * sp.sqrt(sp.pi) * sp.gamma(-power - half) / (2 * sp.gamma(-power))
        z = (end - centre) / scale
        return z * sp.hyper((half, -power), (3 * half,), -(z**2))

    return factor * (at(high) - at(low)), sp.true
