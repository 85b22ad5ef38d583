r"""Sums of powers whose exponents may hold parameters, and their quotients, in a normal form.

Exponents are rational in declared parameters: :math:`3 - 4/L`, :math:`n/(n + 2)`, :math:`2h - \delta`. Over a common
denominator they are split into pieces that are linearly independent over the rationals; each piece is the exponent of
one generator, so that equal powers merge and equality of quotients is decidable.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, TERMS, takes
from theory.decision.algebra.plain_symbols import with_plain_symbols
from theory.decision.conditions.inequalities import nonnegative, sign, vanishes
from theory.errors import OrderError, UnsupportedFormError
from theory.values import shown

_MAX_DENOMINATOR = 200_000
"""Of the exponents together: polynomials in such a root of the variable are stored densely."""


@dataclass(frozen=True)
class PowerQuotient:
    r"""The normal form :math:`N/D` of a function of x, with N and D coprime polynomials in powers of x.

    Attributes:
        numerator: N, a polynomial in ``generators``.
        denominator: D, likewise.
        generators: positive symbols that stand for powers of x.
        powers: the powers, :math:`g_i = x^{r_i}`; no two sums of multiples of them are equal.
    """

    numerator: sp.Poly
    denominator: sp.Poly
    generators: tuple[sp.Symbol, ...]
    powers: tuple[sp.Expr, ...]

    def in_powers(self, polynomial: sp.Poly, x: sp.Symbol) -> sp.Expr:
        """A polynomial in the generators as a sum of powers of x."""
        back = {g: x**r for g, r in zip(self.generators, self.powers, strict=True)}
        return polynomial.as_expr().subs(back)

    @property
    def is_zero(self) -> bool:
        """Whether the function is zero identically."""
        return self.numerator.is_zero

    def terms(self, polynomial: sp.Poly) -> dict[sp.Expr, sp.Expr]:
        """``polynomial`` as a map from exponents of x to coefficients, none of them identically zero."""
        index = {g: r for g, r in zip(self.generators, self.powers, strict=True)}
        powers = [index[g] for g in polynomial.gens]
        collected: dict[sp.Expr, sp.Expr] = {}
        for degrees, coefficient in polynomial.terms():
            exponent = reduced_exponent(sp.Add(*(d * r for d, r in zip(degrees, powers, strict=True))))
            collected[exponent] = collected.get(exponent, sp.S.Zero) + coefficient
        if polynomial.domain.is_EX:  # in other domains every coefficient is in normal form already
            collected = {exponent: sp.cancel(coefficient) for exponent, coefficient in collected.items()}
        return {exponent: coefficient for exponent, coefficient in collected.items() if coefficient != 0}


@takes(expression=EXPRESSION, variable=SYMBOL)
@lru_cache(maxsize=1024)
def power_quotient(expression: sp.Expr, variable: sp.Symbol) -> PowerQuotient:
    """``expression`` as a quotient of polynomials in powers of ``variable``, coprime.

    The powers may be rational or symbolic. Equality of such functions is decidable in this form.

    Raises:
        UnsupportedFormError: ``expression`` is not such a quotient.

    Example:
        >>> x, n = sp.symbols("x n", positive=True)
        >>> power_quotient((x + sp.sqrt(x)) / x**2, x).powers
        (1/2,)
        >>> power_quotient(x * x ** (-2 / (n + 2)) - x ** (n / (n + 2)), x).is_zero
        True
        >>> power_quotient((x / n) ** n - x**n / n**n, x).is_zero
        True
    """
    expression = _with_split_bases(sp.sympify(expression, strict=True), variable)
    exponents = {power.exp for power in expression.atoms(sp.Pow) if power.base == variable}
    if any(exponent.has(variable) for exponent in exponents):
        raise UnsupportedFormError(f"exponents must not hold {variable}, got {expression}.")
    common = _common_denominator(exponents)
    split = {exponent: _pieces(exponent, common) for exponent in exponents}
    parts: dict[sp.Expr, int] = {sp.S.One: 1}
    for pieces in split.values():
        for rest, coefficient in pieces.items():
            parts[rest] = int(sp.ilcm(parts.get(rest, 1), coefficient.q))
    if max(parts.values()) > _MAX_DENOMINATOR:
        raise UnsupportedFormError(
            f"exponents must be fractions with a common denominator up to {_MAX_DENOMINATOR}, got {shown(expression)}. "
            "Write them as fractions (sympy.Rational(54, 37) for 1.4594594594594594), or as symbols with a range."
        )
    generators = {rest: _generator(i, variable.is_positive) for i, rest in enumerate(parts)}

    def as_generators(exponent: sp.Expr) -> sp.Expr:
        return sp.Mul(*[generators[rest] ** (c * parts[rest]) for rest, c in split[exponent].items()])

    rational = expression.replace(lambda e: e.is_Pow and e.base == variable, lambda e: as_generators(e.exp))
    rational = rational.xreplace({variable: generators[sp.S.One] ** parts[sp.S.One]})
    symbols = tuple(generators.values())
    if not rational.is_rational_function(*symbols):
        raise UnsupportedFormError(
            f"the function must be a quotient of sums of powers of {variable}, got {shown(expression)}. "
            "Pass to a coordinate in which it is, with theory.coordinates."
        )
    numerator, denominator = _lowest_terms(rational)
    return PowerQuotient(
        sp.Poly(numerator, *symbols),
        sp.Poly(denominator, *symbols),
        symbols,
        tuple(rest / parts[rest] for rest in generators),
    )


def _with_split_bases(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``expression`` with the powers of ``variable`` outside those of its positive factors: (x/K)^n as x^n K^(-n)."""
    return expression.replace(
        lambda e: e.is_Pow and e.base.is_Mul and not e.exp.is_Integer and e.base.has(variable), sp.expand_power_base
    )


@takes(expression=EXPRESSION, variable=SYMBOL)
def normal_form(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``expression`` as a reduced quotient of sums of powers of ``variable``; zero exactly when it vanishes."""
    quotient = power_quotient(expression, variable)
    return quotient.in_powers(quotient.numerator, variable) / quotient.in_powers(quotient.denominator, variable)


@takes(expression=EXPRESSION)
def with_reduced_exponents(expression: sp.Expr) -> sp.Expr:
    """``expression`` with the exponents of its powers in normal form, so that equal powers cancel.

    Example:
        >>> s, n = sp.symbols("s n", positive=True)
        >>> with_reduced_exponents(s ** (n / (n + 2)) - s ** (1 - 2 / (n + 2)))
        0
    """
    if not any(power.exp.free_symbols for power in expression.atoms(sp.Pow)):
        return expression
    return expression.replace(
        lambda e: e.is_Pow and not isinstance(e, sp.exp) and bool(e.exp.free_symbols),
        lambda e: e.base ** reduced_exponent(e.exp),
    )


@takes(exponent=EXPRESSION)
@lru_cache(maxsize=4096)
def reduced_exponent(exponent: sp.Expr) -> sp.Expr:
    """An exponent in normal form, a polynomial plus a proper fraction: equal exponents become one expression.

    Example:
        >>> n = sp.Symbol("n", positive=True)
        >>> reduced_exponent(n / (n + 2)), reduced_exponent(1 - n / (n + 2) - 2 / (n + 2))
        (1 - 2/(n + 2), 0)
    """
    if exponent.is_Rational:
        return exponent
    return sp.Add(*(c * rest for rest, c in _pieces(exponent, _common_denominator([exponent])).items()))


def order(a: sp.Expr, b: sp.Expr) -> int:
    """The sign of ``a - b`` for two exponents.

    Raises:
        OrderError: the assumptions of their symbols do not decide it.
    """
    known = sign(reduced_exponent(a - b))
    if known is None:
        raise undecided_order(a, b)
    return known


@takes(a=EXPRESSION, b=EXPRESSION)
def undecided_order(a: sp.Expr, b: sp.Expr) -> OrderError:
    """An error that says which comparison of two exponents is needed, and what to declare.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> str(undecided_order(p + 1, q))[63:132]
        'p, q: their order changes at p = q - 1. Write p as delta + q - 1 or q'
    """
    difference = reduced_exponent(a - b)
    symbols = sorted(difference.free_symbols, key=str)
    place, advice = _one_symbol(difference) if len(symbols) == 1 else _several_symbols(difference, symbols)
    return OrderError(
        f"the powers {a} and {b} cannot be ordered by the assumptions of {', '.join(map(str, symbols))}"
        f"{place and f': their order changes at {place}'}. {advice}, or declare a range with theory.parameter(name, "
        "above=..., below=...).",
        difference,
    )


def _one_symbol(difference: sp.Expr) -> tuple[str, str]:
    """Where the sign of a difference changes, and what to write instead."""
    (symbol,) = difference.free_symbols
    numerator = sp.fraction(sp.cancel(difference))[0]
    try:
        roots = sp.real_roots(sp.Poly(numerator, symbol)) if numerator.is_polynomial(symbol) else []
    except NotImplementedError:  # coefficients that are not algebraic numbers
        roots = []
    place = f"{symbol} = {', '.join(map(str, roots))}" if roots else ""
    return place, "Put in a number, write the exponent with a positive symbol (2 + delta instead of beta)"


def _several_symbols(difference: sp.Expr, symbols: Sequence[sp.Symbol]) -> tuple[str, str]:
    """Where the sign of a difference changes, and how one symbol is written to decide it."""
    names = itertools.chain(("delta", "epsilon"), map("delta_{}".format, itertools.count(1)))
    name = next(name for name in names if name not in {symbol.name for symbol in symbols})
    delta = sp.Symbol(name, positive=True)
    numerator = sp.fraction(sp.cancel(difference))[0]
    linear = {s: sp.Poly(numerator, s) for s in symbols if numerator.is_polynomial(s) and sp.degree(numerator, s) == 1}
    if not linear:
        return "", "Put in numbers"
    levels = {symbol: sp.expand(-p.nth(0) / p.nth(1)) for symbol, p in linear.items()}
    # A sum is known to be positive more often than a difference: each side by a symbol that moves the order that way.
    first = min(levels, key=str)
    other = next((s for s in levels if sign(linear[s].nth(1)) == -(sign(linear[first].nth(1)) or 0) != 0), None)
    second = f"{first} as {levels[first] - delta}" if other is None else f"{other} as {levels[other] + delta}"
    return (
        f"{first} = {levels[first]}",
        f"Write {first} as {levels[first] + delta} or {second} with a positive symbol {delta}, put in "
        f"{levels[first]} for {first}",
    )


def dominant(exponents: Iterable[sp.Expr], towards: int) -> sp.Expr:
    """The largest (``towards`` 1) or smallest (-1) of some exponents.

    Raises:
        UnsupportedFormError: as :func:`order`.
    """
    return reduce(lambda a, b: a if order(a, b) * towards > 0 else b, exponents)


@takes(function=EXPRESSION, x=SYMBOL)
def value_at_zero(function: sp.Expr, x: sp.Symbol) -> sp.Expr:
    r"""The limit of a quotient of sums of powers as :math:`x \to 0+`, by cases where an exponent may be 0.

    Raises:
        UnsupportedFormError: it is no such quotient, its exponents have no order, or the limit is not finite.

    Example:
        >>> x, n = sp.symbols("x n", positive=True)
        >>> value_at_zero((3 * x ** (n / (n + 2)) + 2) / (1 + x), x)
        2
    """
    quotient = power_quotient(function, x)
    divisor = quotient.terms(quotient.denominator)
    lowest = dominant(divisor, -1)
    total = sp.S.Zero
    for exponent, coefficient in quotient.terms(quotient.numerator).items():
        gap = reduced_exponent(exponent - lowest)
        if nonnegative(gap) != sp.true:
            raise UnsupportedFormError(
                f"{function} has no finite limit at {x} = 0 for all parameters: its term of the power {gap} may grow. "
                'Declare a range in which the power is positive, with theory.parameters.parameter("L", above=2).'
            )
        total += coefficient / divisor[lowest] * sp.Piecewise((1, vanishes(gap)), (0, True))
    return total


@takes(terms=TERMS)
def in_one_power(terms: dict[sp.Expr, sp.Expr]) -> tuple[dict[int, sp.Expr], sp.Expr] | None:
    r"""Terms :math:`\sum c_r x^r` as :math:`x^{r_0} \sum c_j y^j` with :math:`y = x^q`, :math:`q > 0`, :math:`j \ge 0`.

    Returns:
        ``(coefficients by j, q)``, or None where the exponents are no multiples of one power, or its sign is open.

    Example:
        >>> n = sp.Symbol("n", positive=True)
        >>> in_one_power({sp.S.One: 3, 1 + n: 5, 1 + 3 * n: -1})
        ({0: 3, 1: 5, 3: -1}, n)
    """
    first, *others = terms
    gaps = {exponent: reduced_exponent(exponent - first) for exponent in terms}
    if not others:
        return {0: terms[first]}, sp.S.One
    unit = gaps[others[0]]
    ratios = {exponent: sp.cancel(gap / unit) for exponent, gap in gaps.items()}
    orientation = sign(unit)
    if not orientation or not all(ratio.is_Rational for ratio in ratios.values()):
        return None
    denominator = sp.ilcm(*(ratio.q for ratio in ratios.values()))
    wholes = {exponent: int(ratio * denominator) * orientation for exponent, ratio in ratios.items()}
    lowest = min(wholes.values())
    shared = int(sp.igcd(*(whole - lowest for whole in wholes.values())))
    step = reduced_exponent(unit * orientation * shared / denominator)
    return {(wholes[exponent] - lowest) // shared: c for exponent, c in terms.items()}, step


def _lowest_terms(rational: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Numerator and denominator, coprime; by the arithmetic of a field of fractions where symbols are all there is."""
    plain, back, functions = with_plain_symbols(rational)
    if back and functions <= 1 and not any(kernel.is_number for kernel in back.values()):
        # One function at most: relations between several, or of roots of numbers, are none between symbols.
        numerator, denominator = _lowest_terms(plain)
        return numerator.xreplace(back), denominator.xreplace(back)
    symbols = sorted(rational.free_symbols, key=sp.default_sort_key)
    if (
        symbols
        and rational.is_rational_function(*symbols)
        and not rational.atoms(sp.Float, sp.NumberSymbol, sp.Function)
    ):
        try:
            element = sp.ZZ.frac_field(*symbols).from_sympy(rational)
            return element.numer.as_expr(), element.denom.as_expr()
        except (sp.CoercionFailed, ValueError):  # a number that is not rational
            pass
    return sp.fraction(sp.cancel(sp.together(rational)))


def _common_denominator(exponents: Iterable[sp.Expr]) -> sp.Expr:
    denominators = [sp.fraction(sp.cancel(sp.together(e)))[1] for e in exponents if e.free_symbols]
    return reduce(sp.lcm, (d for d in denominators if d.free_symbols), sp.S.One)


@lru_cache(maxsize=4096)
def _pieces(exponent: sp.Expr, common: sp.Expr) -> dict[sp.Expr, sp.Rational]:
    """``exponent`` as a sum of rational multiples of 1, of monomials, and of monomials over ``common``."""
    if common == 1:
        return _rational_multiples(sp.expand(sp.cancel(exponent)), sp.S.One)
    (whole,), rest = sp.reduced(sp.cancel(exponent * common), [common])
    return _rational_multiples(sp.expand(whole), sp.S.One) | _rational_multiples(sp.expand(rest), 1 / common)


def _rational_multiples(total: sp.Expr, factor: sp.Expr) -> dict[sp.Expr, sp.Rational]:
    pieces: dict[sp.Expr, sp.Rational] = {}
    for term in sp.Add.make_args(total):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational:
            coefficient, rest = sp.S.One, term
        if coefficient:
            pieces[rest * factor] = pieces.get(rest * factor, sp.S.Zero) + coefficient
    return pieces


@cache
def _generator(index: int, is_positive: bool | None) -> sp.Dummy:
    return sp.Dummy(f"g{index}", positive=is_positive, real=True)
