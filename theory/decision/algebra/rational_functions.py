r"""Exact arithmetic of rational functions over Q in generators, some of which are algebraic over the earlier ones.

A generator :math:`g` is free, or carries a relation :math:`g^d = r` whose right-hand side holds earlier generators
only (:math:`\sqrt 2`: :math:`g^2 = 2`). Fractional powers :math:`g^{m/n}` are allowed: the arithmetic works with an
n-th root of the generator. An element that reduces to 0 modulo the relations is 0 for every choice of the generators
that satisfies them and makes no denominator 0. The converse is not claimed: relations may be dependent.

Two routes come to that decision. One computes with multivariate polynomials; the other maps the generators to random
residues modulo a random prime of 61 bits and shares nothing with the first but the expression.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

import sympy as sp
from sympy.ntheory.residue_ntheory import nthroot_mod
from sympy.polys.domains import QQ
from sympy.polys.fields import FracElement, FracField
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement

from theory.errors import UnsupportedFormError

_MAX_TERMS = 8_000
_MAX_FACTORED_DEGREE = 120
_MAX_FACTORED_DIGITS = 20_000
_HIGH_DEGREE = 16
_MAX_OF_HIGH_DEGREES = 100_000
_MAX_EXPANSION = 2_000
_MAX_EXPONENT = 400
_MAX_GENERATORS = 60
_PRIME_ATTEMPTS = 200


class OutOfReachError(UnsupportedFormError):
    """The arithmetic would be too large, or divides by zero."""


@dataclass
class Tower:
    """Generators in order of creation, and the relations they satisfy.

    Attributes:
        relations: generator g -> (d, r), meaning g**d = r with r in earlier generators. Free generators are absent.
        order: generator -> its place.
    """

    relations: dict[sp.Dummy, tuple[int, sp.Expr]] = field(default_factory=dict)
    order: dict[sp.Dummy, int] = field(default_factory=dict)

    def generator(self, name: str, relation: tuple[int, sp.Expr] | None = None) -> sp.Dummy:
        """A new generator, free or with ``relation`` = (d, r)."""
        if len(self.order) >= _MAX_GENERATORS * 4:
            raise OutOfReachError("too many generators. Split the expression.")
        new = sp.Dummy(name)
        self.order[new] = len(self.order)
        if relation is not None:
            self.relations[new] = relation
        return new

    def element(self, expression: sp.Expr) -> RationalFunction:
        """``expression``, in generators, as a reduced fraction of polynomials."""
        extension = Extension.of(self, [expression])
        return RationalFunction(extension, extension.reduced(extension.value(expression)))

    def is_zero_modulo_a_prime(self, expression: sp.Expr, rng: Random) -> bool:
        """Whether ``expression`` vanishes at random residues that satisfy the relations.

        False proves that its normal form is not 0; True is wrong with probability below degree / 2**60.

        Raises:
            OutOfReachError: no residues were found at which every root exists and no denominator is 0.
        """
        extension = Extension.of(self, [expression])
        for _ in range(_PRIME_ATTEMPTS):
            value = extension.residue(expression, rng)
            if value is not None:
                return value == 0
        raise OutOfReachError("no residues satisfy the relations. A denominator may be identically 0.")


@dataclass(frozen=True)
class Extension:
    """The generators that some expressions need, with roots deep enough for their fractional powers.

    Attributes:
        substitutions: generators whose relation has degree one -> their value, latest first.
        roots: generator g -> n: the arithmetic's variable is g**(1/n).
        relations: generator g -> (d, r): (g**(1/n))**d = r.
    """

    substitutions: tuple[tuple[sp.Dummy, sp.Expr], ...]
    roots: Mapping[sp.Dummy, int]
    relations: Mapping[sp.Dummy, tuple[int, sp.Expr]]

    @classmethod
    def of(cls, tower: Tower, expressions: Iterable[sp.Expr]) -> Extension:
        """The extension for ``expressions`` and, recursively, for the relations of their generators."""
        roots: dict[sp.Dummy, int] = {}
        queue, seen = list(expressions), set()
        while queue:
            for part in sp.preorder_traversal(queue.pop()):
                if part.is_Pow and part.base.is_Dummy and part.exp.is_Rational:
                    roots[part.base] = math.lcm(roots.get(part.base, 1), int(part.exp.q))
                if part.is_Dummy and part not in seen:
                    seen.add(part)
                    roots.setdefault(part, 1)
                    if part in tower.relations:
                        queue.append(tower.relations[part][1])
        latest_first = sorted(roots, key=tower.order.__getitem__, reverse=True)
        scaled = {
            g: (tower.relations[g][0] * roots[g], tower.relations[g][1]) for g in latest_first if g in tower.relations
        }
        trivial = tuple((g, r) for g, (d, r) in scaled.items() if d == 1)
        if len(roots) - len(trivial) > _MAX_GENERATORS:
            raise OutOfReachError(f"more than {_MAX_GENERATORS} generators. Split the expression.")
        return cls(
            trivial,
            {g: roots[g] for g in reversed(latest_first) if scaled.get(g, (0,))[0] != 1},
            {g: (d, r) for g, (d, r) in scaled.items() if d != 1},
        )

    @cached_property
    def field(self) -> FracField:
        """The field of fractions in the variables g**(1/n)."""
        return FracField(tuple(self.roots) or (sp.Dummy("unused"),), QQ, lex)

    @cached_property
    def _values(self) -> dict[sp.Expr, FracElement]:
        values: dict[sp.Expr, FracElement] = dict(zip(self.roots, self.field.gens, strict=False))
        values = {g: v ** self.roots[g] for g, v in values.items()}
        for g, r in reversed(self.substitutions):
            values[g] = self._value(r, values)
        return values

    def value(self, expression: sp.Expr) -> FracElement:
        """``expression`` as an element of :attr:`field`, not reduced modulo the relations."""
        return self._value(expression, self._values)

    def _value(self, e: sp.Expr, known: dict[sp.Expr, FracElement]) -> FracElement:
        if e in known:
            return known[e]
        if e.is_Rational:
            result = self.field(QQ(int(e.p), int(e.q)))
        elif e.is_Add:
            result = self.field.zero
            for term in e.args:
                result = _guarded_sum(result, self._value(term, known))
        elif e.is_Mul:
            result = self.field.one
            for factor in e.args:
                result = _guarded_product(result, self._value(factor, known))
        else:
            result = self._power(*e.args, known=known)
        known[e] = result
        return result

    def _power(self, base: sp.Expr, exponent: sp.Rational, known: dict[sp.Expr, FracElement]) -> FracElement:
        if exponent.is_Integer:
            value, n = self._value(base, known), int(exponent)
        else:
            value, n = self.field.gens[list(self.roots).index(base)], int(exponent * self.roots[base])
        size = max(len(value.numer), len(value.denom))
        if abs(n) > _MAX_EXPONENT or size > 1 and math.comb(size + abs(n) - 1, abs(n)) > _MAX_TERMS:
            raise OutOfReachError("a power has too many terms. Split the expression.")
        if n < 0 and self.reduced(value) == 0:
            raise OutOfReachError("a denominator is identically 0. Look at the expression where it is defined.")
        return value**n

    def reduced(self, element: FracElement) -> FracElement:
        """``element`` with numerator and denominator of lowest degree modulo the relations."""
        if not self.relations:
            return element
        denominator = self._reduced_polynomial(element.denom)
        if denominator == 0:
            raise OutOfReachError("a denominator is identically 0. Look at the expression where it is defined.")
        return self._reduced_polynomial(element.numer) / denominator

    def _reduced_polynomial(self, polynomial: Any) -> FracElement:
        element = self.field(polynomial)
        for g, (d, r) in self.relations.items():
            i = list(self.roots).index(g)
            if all(monomial[i] < d for monomial in element.numer):
                continue
            right = self.value(r)
            by_wraps: dict[int, Any] = {}
            for monomial, coefficient in element.numer.terms():
                wraps, rest = divmod(monomial[i], d)
                term = self.field.ring.term_new(monomial[:i] + (rest,) + monomial[i + 1 :], coefficient)
                by_wraps[wraps] = by_wraps.get(wraps, self.field.ring.zero) + term
            total = self.field.zero
            for wraps, part in by_wraps.items():
                total = _guarded_sum(total, _guarded_product(self.field(part), right**wraps))
            element = total / element.denom
        return element

    def residue(self, expression: sp.Expr, rng: Random) -> int | None:
        """``expression`` at random residues modulo a random prime; None if a root or an inverse does not exist."""
        prime = _random_prime(rng, {d for d, _ in self.relations.values()})
        variables: dict[sp.Dummy, int] = {}
        latest_first = dict(self.substitutions) | {g: None for g in self.roots}
        for g in sorted(latest_first, key=lambda g: g.dummy_index):
            if latest_first[g] is not None:
                value = self._residue(latest_first[g], variables, prime)
            elif g in self.relations:
                d, r = self.relations[g]
                power = self._residue(r, variables, prime)
                value = None if power is None else nthroot_mod(power, d, prime)
                value = value if value is None or d % 2 or rng.random() < 0.5 else -value % prime
            else:
                value = rng.randrange(2, prime)
            if value is None:
                return None
            variables[g] = int(value)
        return self._residue(expression, variables, prime)

    def _residue(self, e: sp.Expr, variables: Mapping[sp.Dummy, int], prime: int) -> int | None:
        if e.is_Dummy:
            return pow(variables[e], self.roots.get(e, 1), prime)
        if e.is_Rational:
            return int(e.p) * pow(int(e.q), -1, prime) % prime
        if e.is_Pow:
            base, exponent = e.args
            if exponent.is_Integer:
                value, n = self._residue(base, variables, prime), int(exponent)
            else:
                value, n = variables[base], int(exponent * self.roots[base])
            return None if value is None or n < 0 and value == 0 else pow(value, n, prime)
        total = 0 if e.is_Add else 1
        for argument in e.args:
            value = self._residue(argument, variables, prime)
            if value is None:
                return None
            total = (total + value if e.is_Add else total * value) % prime
        return total


@dataclass(frozen=True)
class RationalFunction:
    """A reduced element of an extension."""

    extension: Extension
    element: FracElement

    @property
    def is_zero(self) -> bool:
        """Whether the element is 0 modulo the relations."""
        return self.element == 0

    def numerator_terms(self) -> list[tuple[sp.Expr, sp.Rational]]:
        """(monomial, coefficient) pairs of the numerator over a denominator made monic and monomial.

        Raises:
            OutOfReachError: the denominator is no monomial.
        """
        if len(self.element.denom) != 1:
            raise OutOfReachError("the denominator is no monomial.")
        ((below, scale),) = self.element.denom.terms()
        return [
            (self._monomial([a - b for a, b in zip(above, below, strict=True)]), sp.Rational(QQ.to_sympy(c / scale)))
            for above, c in self.element.numer.terms()
        ]

    def factors(self) -> tuple[sp.Rational, list[tuple[sp.Expr, sp.Integer]]]:
        """The rational content, and (irreducible polynomial, multiplicity) pairs.

        Multiplicities of generators may be fractional.
        """
        content, found = sp.Integer(1), []
        for polynomial, sign in ((self.element.numer, 1), (self.element.denom, -1)):
            _refuse_to_factor_what_is_large(polynomial)
            constant, factors = polynomial.factor_list()
            content *= sp.Rational(QQ.to_sympy(constant)) ** sign
            for factor, multiplicity in factors:
                if len(factor) == 1:
                    ((monomial, coefficient),) = factor.terms()
                    content *= sp.Rational(QQ.to_sympy(coefficient)) ** (sign * multiplicity)
                    base = self._monomial(monomial)
                    g, n = base.as_base_exp()
                    found.append((g, n * sign * multiplicity))
                else:
                    found.append((self._polynomial(factor), sp.Integer(sign * multiplicity)))
        return content, found

    def as_expr(self) -> sp.Expr:
        """The fraction in generators; equal elements of one tower give equal expressions if no relation interferes."""
        return self._polynomial(self.element.numer) / self.denominator

    @property
    def denominator(self) -> sp.Expr:
        """The denominator, in generators."""
        return self._polynomial(self.element.denom)

    @property
    def leading_sign(self) -> int:
        """The sign of the numerator's leading coefficient."""
        return 1 if self.element == 0 or self.element.numer.LC > 0 else -1

    def _polynomial(self, polynomial: Any) -> sp.Expr:
        return sp.Add(*(QQ.to_sympy(c) * self._monomial(m) for m, c in polynomial.terms()))

    def _monomial(self, exponents: Iterable[int]) -> sp.Expr:
        return sp.Mul(
            *(g ** sp.Rational(k, n) for (g, n), k in zip(self.extension.roots.items(), exponents, strict=False) if k)
        )


def expanded(expression: sp.Expr) -> sp.Expr:
    """``expression`` multiplied out.

    Raises:
        OutOfReachError: that would give too many terms.
    """
    if _term_count(expression) > _MAX_EXPANSION:
        raise OutOfReachError("an exponent has too many terms. Split the expression.")
    return sp.expand(expression)


def _term_count(e: sp.Expr) -> int:
    """An upper bound of the number of terms of ``e`` multiplied out."""
    if e.is_Add:
        return sum(map(_term_count, e.args))
    if e.is_Mul:
        return math.prod(map(_term_count, e.args))
    if e.is_Pow and e.exp.is_Integer and e.exp > 0:
        count, power = _term_count(e.base), int(e.exp)
        return 1 if count == 1 else math.comb(count + power - 1, power) if power <= _MAX_EXPONENT else _MAX_TERMS**2
    return 1


def _random_prime(rng: Random, degrees: set[int]) -> int:
    """A random prime of 61 bits, 1 modulo 4, modulo which every residue has an odd root of the given degrees."""
    odd = {q for d in degrees for q in sp.primefactors(d) if q != 2}
    while True:
        prime = sp.nextprime(rng.getrandbits(60) | 1 << 60)
        if prime % 4 == 1 and all(prime % q != 1 for q in odd):
            return int(prime)


def _guarded_product(a: FracElement, b: FracElement) -> FracElement:
    if len(a.numer) * len(b.numer) > _MAX_TERMS or len(a.denom) * len(b.denom) > _MAX_TERMS:
        raise OutOfReachError("a product has too many terms. Split the expression.")
    return a * b


def _guarded_sum(a: FracElement, b: FracElement) -> FracElement:
    if a.denom != b.denom and max(len(a.numer) * len(b.denom), len(b.numer) * len(a.denom)) > _MAX_TERMS:
        raise OutOfReachError("a sum has too many terms. Split the expression.")
    return a + b


def _refuse_to_factor_what_is_large(polynomial: PolyElement) -> None:
    """Raise where the factors of a polynomial would take minutes: its degrees times the digits of its numbers count."""
    if len(polynomial) < 2:
        return
    degrees = polynomial.degrees()
    degree = max(degrees)
    if math.prod(d + 1 for d in degrees if d > _HIGH_DEGREE) > _MAX_OF_HIGH_DEGREES:
        raise OutOfReachError("a polynomial is of high degree in several letters. Split the expression.")
    bits = max(max(int(c.numerator).bit_length(), int(c.denominator).bit_length()) for c in polynomial.coeffs())
    if len(polynomial) > 2 and degree > _MAX_FACTORED_DEGREE or degree * bits > _MAX_FACTORED_DIGITS:
        raise OutOfReachError("a polynomial is too large to be factored. Split the expression.")
