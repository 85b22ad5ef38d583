r"""The chart :math:`z = \tan\frac{\omega(x-m)}{2}` of an interval of at most one period, and the way back from it.

In it every rational function of :math:`\sin` and :math:`\cos` of multiples of :math:`\omega x` is a quotient of
polynomials,

.. math::
    e^{\mathrm i n\omega (x-m)} = \Big(\frac{(1 + \mathrm i z)^2}{1 + z^2}\Big)^n .
"""

from __future__ import annotations

import math
from functools import cache, reduce

import sympy as sp
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from theory.errors import UnsupportedFormError

_MAX_ORDER = 20
"""Multiples of the base frequency that are expanded."""


def frequency(functions: sp.Tuple, x: sp.Symbol) -> sp.Expr | None:
    """The base frequency of the sines and cosines of ``functions``, None where there are none.

    Raises:
        UnsupportedFormError: their arguments are not linear in x, or have no common period.
    """
    rates = []
    for e in functions.atoms(TrigonometricFunction):
        if e.has(x):
            rate = sp.expand(e.args[0]).coeff(x)
            if rate == 0 or sp.expand(e.args[0] - rate * x).has(x):
                raise UnsupportedFormError(f"{e} is periodic in no multiple of {x}.")
            rates.append(rate)
    if not rates:
        return None
    first = rates[0]
    ratios = [sp.cancel(rate / first) for rate in rates]
    if not all(ratio.is_Rational for ratio in ratios):
        raise UnsupportedFormError(f"the frequencies {', '.join(map(str, rates))} have no common period.")
    common = sp.Rational(reduce(math.gcd, (abs(r.p) for r in ratios)), reduce(math.lcm, (r.q for r in ratios)))
    base = first * common
    return -base if base.could_extract_minus_sign() else base


def middle_of(ends: tuple[sp.Expr, sp.Expr], omega: sp.Expr) -> tuple[sp.Expr, tuple[sp.Expr, sp.Expr]]:
    """The point m at which z = 0, and the interval of z.

    Raises:
        UnsupportedFormError: the interval is longer than a period, or its length is not known.
    """
    left, right = ends
    turns = sp.cancel((right - left) * omega / sp.pi) if left.is_finite and right.is_finite else sp.oo
    if not turns.is_number or turns > 2:
        raise UnsupportedFormError(
            f"coefficients with a period of {2 * sp.pi / omega} need an interval of at most one period, got {ends}. "
            "Pass interval=Interval(left, right)."
        )
    if turns <= 1 and sp.cancel(2 * left * omega / sp.pi).is_Integer:
        return left, (sp.S.Zero, sp.oo if turns == 1 else sp.tan(turns * sp.pi / 2))
    halves = [sp.cancel(omega * end / sp.pi) for end in ends]
    if halves[0].is_number and halves[0] >= -1 and halves[1] <= 1:
        low, high = (
            sp.tan(omega * end / 2) if abs(half) != 1 else half * sp.oo for end, half in zip(ends, halves, strict=True)
        )
        return sp.S.Zero, (low, high)
    end = sp.oo if turns == 2 else sp.tan(turns * sp.pi / 4)
    return (left + right) / 2, (-end, end)


def rational_in_tangent(function: sp.Expr, x: sp.Symbol, omega: sp.Expr, middle: sp.Expr, z: sp.Symbol) -> sp.Expr:
    """A function of sines and cosines as a rational function of z.

    Raises:
        UnsupportedFormError: it also holds x outside of them, or a multiple that is too high.
    """

    def replaced(e: sp.Expr) -> sp.Expr:
        rate = sp.expand(e.args[0]).coeff(x)
        phase = sp.expand(e.args[0] - rate * x + rate * middle)
        halves = sp.cancel(2 * rate / omega)
        if not halves.is_Integer or abs(halves) > 2 * _MAX_ORDER:
            raise UnsupportedFormError(f"{e} is no whole multiple of the base frequency {omega}.")
        cosine, sine = _turned(*_power(int(halves), z), phase)
        size = (1 + z**2) ** (abs(halves) // 2)
        quotient = {
            sp.tan: lambda: sine / cosine,
            sp.cot: lambda: cosine / sine,
            sp.sin: lambda: sine / size,
            sp.cos: lambda: cosine / size,
            sp.sec: lambda: size / cosine,
            sp.csc: lambda: size / sine,
        }[type(e)]
        if halves % 2 and not isinstance(e, sp.tan | sp.cot):
            raise UnsupportedFormError(f"{e} is no whole multiple of the base frequency {omega}.")
        return quotient()

    found = function.replace(lambda e: isinstance(e, TrigonometricFunction) and e.has(x), replaced)
    if found.has(x):
        raise UnsupportedFormError(f"{function} mixes {x} with its sines and cosines: no coordinate makes it rational.")
    return sp.cancel(sp.together(found))


@cache
def _power(halves: int, z: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Real and imaginary part of (1 + i z)**halves."""
    size = abs(halves)
    terms = [sp.binomial(size, j) * z**j for j in range(size + 1)]
    real = sp.Add(*((-1) ** (j // 2) * terms[j] for j in range(0, size + 1, 2)))
    imaginary = sp.Add(*((-1) ** (j // 2) * terms[j] for j in range(1, size + 1, 2)))
    return real, imaginary if halves > 0 else -imaginary


def _turned(cosine: sp.Expr, sine: sp.Expr, phase: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    c, s = sp.cos(phase), sp.sin(phase)
    return sp.expand(cosine * c - sine * s), sp.expand(sine * c + cosine * s)


def in_sines(function: sp.Expr, z: sp.Symbol, angle: sp.Expr) -> sp.Expr:
    r"""A product of powers of polynomials in z and an exponential, with :math:`z = \tan(\text{angle}/2)` put in."""
    factors, powers = [], {}
    for factor in sp.Mul.make_args(sp.powdenest(function)):
        base, power = factor.as_base_exp()
        parts = sp.fraction(sp.together(base))
        if isinstance(factor, sp.exp):
            factors.append(sp.exp(sp.Add(*(_in_sines(term, z, angle) for term in sp.Add.make_args(factor.args[0])))))
        elif all(part.is_polynomial(z) for part in parts):
            for part, exponent in zip(parts, (power, -power), strict=True):
                known = next((e for e in powers if sp.expand(e - exponent) == 0), exponent)
                powers[known] = powers.get(known, sp.S.One) * part
        else:
            factors.append(_in_sines(factor, z, angle))
    upper = sp.S.Zero
    for exponent, product in powers.items():  # (1 - z)(1 + z) reads as a cosine, its factors do not
        polynomial, half_degree = _polynomial(sp.Poly(product, z), angle)
        factors.append(polynomial**exponent)
        upper -= half_degree * exponent
    return sp.Mul(*factors) * (1 + sp.cos(angle)) ** sp.expand(upper)


def _in_sines(term: sp.Expr, z: sp.Symbol, angle: sp.Expr) -> sp.Expr:
    coefficient, rest = term.as_independent(z, as_Add=False)
    if rest.func == sp.atan and rest.args[0] == z:
        return coefficient * angle / 2
    numerator, denominator = sp.fraction(sp.together(rest))
    if not (numerator.is_polynomial(z) and denominator.is_polynomial(z)):
        return term.subs(z, sp.sin(angle) / (1 + sp.cos(angle)))
    (top, up), (bottom, down) = (_polynomial(sp.Poly(part, z), angle) for part in (numerator, denominator))
    return sp.expand(coefficient * top / bottom * (1 + sp.cos(angle)) ** (down - up))


def _polynomial(polynomial: sp.Poly, angle: sp.Expr) -> tuple[sp.Expr, int]:
    """``(Q, j)`` with the polynomial equal to Q/(1 + cos)**j; Q holds the sine at most once."""
    c, s = sp.Symbol("c"), sp.Symbol("s")
    degree = polynomial.degree()
    j = (degree + 1) // 2
    total = sp.S.Zero
    for (n,), coefficient in polynomial.terms():
        half, odd = divmod(n, 2)
        total += coefficient * s**odd * (1 - c) ** half * (1 + c) ** (j - half - odd)
    return sp.factor(total).subs({c: sp.cos(angle), s: sp.sin(angle)}), j
