"""Quotients of power laws and exponentials, as they arise next to an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import sympy as sp

from theory.errors import UnsupportedFormError


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

    @property
    def is_zero(self) -> bool:
        """Whether the function is zero identically."""
        return self.numerator.is_zero

    def terms(self, polynomial: sp.Poly) -> dict[sp.Expr, sp.Expr]:
        """``polynomial`` as a map from exponents of x to coefficients, none of them identically zero."""
        collected: dict[sp.Expr, sp.Expr] = {}
        for degrees, coefficient in polynomial.terms():
            exponent = sp.expand(sp.cancel(sum(d * r for d, r in zip(degrees, self.powers, strict=True))))
            collected[exponent] = collected.get(exponent, sp.S.Zero) + coefficient
        reduced = {exponent: sp.cancel(coefficient) for exponent, coefficient in collected.items()}
        return {exponent: coefficient for exponent, coefficient in reduced.items() if coefficient != 0}


def power_quotient(expression: sp.Expr, variable: sp.Symbol) -> PowerQuotient:
    """``expression`` as a quotient of polynomials in powers of ``variable``, coprime.

    The powers may be rational or symbolic. Equality of such functions is decidable in this form.

    Raises:
        UnsupportedFormError: ``expression`` is not such a quotient.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> power_quotient((x + sp.sqrt(x)) / x**2, x).powers
        (1/2,)
    """
    expression = sp.sympify(expression, strict=True)
    split = {power: _split_exponent(power.exp) for power in expression.atoms(sp.Pow) if power.base == variable}
    parts: dict[sp.Expr, int] = {sp.S.One: 1}
    for pieces in split.values():
        for rest, coefficient in pieces.items():
            parts[rest] = int(sp.ilcm(parts.get(rest, 1), coefficient.q))
    generators = {rest: _generator(i, variable.is_positive) for i, rest in enumerate(parts)}

    def as_generators(exponent: sp.Expr) -> sp.Expr:
        pieces = _split_exponent(exponent)
        return sp.Mul(*[generators[rest] ** (c * parts[rest]) for rest, c in pieces.items()])

    rational = expression.replace(lambda e: e.is_Pow and e.base == variable, lambda e: as_generators(e.exp))
    rational = rational.xreplace({variable: generators[sp.S.One] ** parts[sp.S.One]})
    symbols = tuple(generators.values())
    if not rational.is_rational_function(*symbols):
        raise UnsupportedFormError(
            f"the function must be a quotient of sums of powers of {variable}, got {expression}. "
            "Pass to a coordinate in which it is, with theory.coordinates."
        )
    numerator, denominator = sp.fraction(sp.cancel(sp.together(rational)))
    return PowerQuotient(
        sp.Poly(numerator, *symbols),
        sp.Poly(denominator, *symbols),
        symbols,
        tuple(rest / parts[rest] for rest in generators),
    )


def _split_exponent(exponent: sp.Expr) -> dict[sp.Expr, sp.Rational]:
    """``exponent`` as a sum of rational multiples of 1 and of symbolic expressions."""
    pieces: dict[sp.Expr, sp.Rational] = {}
    for term in sp.Add.make_args(sp.expand(exponent)):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational:
            coefficient, rest = sp.S.One, term
        pieces[rest] = pieces.get(rest, sp.S.Zero) + coefficient
    return pieces


@cache
def _generator(index: int, is_positive: bool | None) -> sp.Dummy:
    return sp.Dummy(f"g{index}", positive=is_positive, real=True)
