r"""Numbers with exact arithmetic, in which losses are evaluated: residues modulo a prime, and rational numbers.

Residues are quick and have square roots; rational numbers have an order, which breaks of a loss need. Where there are
roots beside breaks, a residue goes along with an enclosure of the real number that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Protocol

import sympy as sp
from sympy.ntheory.residue_ntheory import sqrt_mod

from theory.decision.arb.balls import ball
from theory.errors import SymbolError


class OffDomainError(ArithmeticError):
    """A point where the loss is not defined, or on a break of it: another point is needed."""


class Exact(Protocol):
    """A field whose arithmetic is exact."""

    def number(self, value: sp.Rational) -> Any:
        """``value`` as an element of the field."""
        ...

    def draw(self, rng: Random) -> Any:
        """A random element."""
        ...

    def add(self, a: Any, b: Any) -> Any:
        """The sum."""
        ...

    def multiply(self, a: Any, b: Any) -> Any:
        """The product."""
        ...

    def inverse(self, a: Any) -> Any:
        """The reciprocal; OffDomainError for 0."""
        ...

    def root(self, a: Any) -> Any:
        """A square root, always the same one; OffDomainError where there is none."""
        ...

    def step(self, a: Any) -> Any:
        """1 for a positive element, 0 for a negative one; OffDomainError for 0."""
        ...


@dataclass(frozen=True)
class Residues:
    """The integers modulo a prime, as whole numbers from 0. Roots exist for half of them; there is no order."""

    prime: int

    def number(self, value: sp.Rational) -> int:
        """``value`` as an element of the field."""
        return int(value.p) * self.inverse(int(value.q)) % self.prime

    def draw(self, rng: Random) -> int:
        """A random element."""
        return rng.randrange(self.prime)

    def add(self, a: int, b: int) -> int:
        """The sum."""
        return (a + b) % self.prime

    def multiply(self, a: int, b: int) -> int:
        """The product."""
        return a * b % self.prime

    def inverse(self, a: int) -> int:
        """The reciprocal; OffDomainError for 0."""
        if not a % self.prime:
            raise OffDomainError("a denominator vanishes")
        return pow(a, -1, self.prime)

    def root(self, a: int) -> int:
        """A square root, always the same one; OffDomainError where there is none."""
        # Always the smaller one: the root of a constant must be the same number at every point.
        found = sqrt_mod(a, self.prime)
        if not found:
            raise OffDomainError("no root, or a root of 0, which has no slope")
        return min(found, self.prime - found)

    def step(self, a: int) -> int:
        """1 for a positive element, 0 for a negative one; OffDomainError for 0."""
        raise AssertionError("field_of gives what a loss needs")


@dataclass(frozen=True)
class Rationals:
    """Rational numbers, drawn small. They have an order; a root exists for squares only, and none is tried."""

    def number(self, value: sp.Rational) -> Fraction:
        """``value`` as an element of the field."""
        return Fraction(int(value.p), int(value.q))

    def draw(self, rng: Random) -> Fraction:
        """A random element."""
        return Fraction(rng.randint(-12, 12), rng.randint(1, 3))

    def add(self, a: Fraction, b: Fraction) -> Fraction:
        """The sum."""
        return a + b

    def multiply(self, a: Fraction, b: Fraction) -> Fraction:
        """The product."""
        return a * b

    def inverse(self, a: Fraction) -> Fraction:
        """The reciprocal; OffDomainError for 0."""
        if not a:
            raise OffDomainError("a denominator vanishes")
        return 1 / a

    def root(self, a: Fraction) -> Fraction:
        """A square root, always the same one; OffDomainError where there is none."""
        raise AssertionError("field_of gives what a loss needs")

    def step(self, a: Fraction) -> Fraction:
        """1 for a positive element, 0 for a negative one; OffDomainError for 0."""
        if not a:
            raise OffDomainError("the point lies on a break")
        return Fraction(int(a > 0))


@dataclass(frozen=True)
class SignedResidues:
    """Real numbers with roots: an enclosure, which tells the sign, and the image modulo a prime, which is exact.

    An element is a pair of a ball of flint and a residue. What the enclosure does not tell from 0 is off the domain.
    """

    prime: int

    @property
    def _residues(self) -> Residues:
        return Residues(self.prime)

    def number(self, value: sp.Rational) -> tuple[Any, int]:
        """``value`` as an element of the field."""
        return enclosed(value), self._residues.number(value)

    def draw(self, rng: Random) -> tuple[Any, int]:
        """A random element, a small rational number."""
        return self.number(sp.Rational(rng.randint(-12, 12), rng.randint(1, 3)))

    def add(self, a: tuple[Any, int], b: tuple[Any, int]) -> tuple[Any, int]:
        """The sum."""
        return a[0] + b[0], (a[1] + b[1]) % self.prime

    def multiply(self, a: tuple[Any, int], b: tuple[Any, int]) -> tuple[Any, int]:
        """The product."""
        return a[0] * b[0], a[1] * b[1] % self.prime

    def inverse(self, a: tuple[Any, int]) -> tuple[Any, int]:
        """The reciprocal; OffDomainError for what may be 0."""
        self.step(a)
        return 1 / a[0], self._residues.inverse(a[1])

    def root(self, a: tuple[Any, int]) -> tuple[Any, int]:
        """The positive square root; OffDomainError where there is none."""
        if not self.step(a)[1]:
            raise OffDomainError("no real root")
        return a[0].sqrt(), self._residues.root(a[1])

    def step(self, a: tuple[Any, int]) -> tuple[Any, int]:
        """1 for a positive element, 0 for a negative one; OffDomainError for what may be 0."""
        if not (a[0] > 0 or a[0] < 0):
            raise OffDomainError("the point may lie on a break, or a denominator vanish")
        return self.number(sp.Integer(int(a[0] > 0)))


def field_of(prime: int, *, ordered: bool, rooted: bool) -> Exact:
    """The numbers for a loss with breaks (``ordered``) or roots, both, or neither."""
    if ordered:
        return SignedResidues(prime) if rooted else Rationals()
    return Residues(prime)


def enclosed(value: sp.Expr) -> Any:
    """A ball of flint that holds ``value``, an expression without symbols."""
    return ball(value, {})


_ATTEMPTS = 60
_ALWAYS = {"commutative", "real", "complex", "finite", "extended_real", "hermitian", "imaginary", "infinite"}


def is_admitted(symbol: sp.Symbol, value: Fraction) -> bool:
    """Whether the rational ``value`` is one that everything declared of ``symbol`` admits."""
    declared = {name: fact for name, fact in symbol.assumptions0.items() if name not in _ALWAYS}
    if not declared:
        return True
    number = sp.Rational(value.numerator, value.denominator)
    return all(getattr(number, f"is_{name}", fact) in (fact, None) for name, fact in declared.items())


def drawn(symbol: sp.Symbol, exact: Exact, rng: Random) -> Any:
    """A random value of ``symbol``. On pieces it must be one that its assumptions admit; identities hold everywhere.

    Raises:
        SymbolError: no rational number that was tried is admitted.
    """
    if isinstance(exact, Residues):
        return exact.draw(rng)
    for _ in range(_ATTEMPTS):
        value = Rationals().draw(rng)
        for candidate in (value, abs(value), -abs(value), Fraction(round(value)), Fraction(abs(round(value)))):
            if is_admitted(symbol, candidate):
                return exact.number(sp.Rational(candidate.numerator, candidate.denominator))
    raise SymbolError(f"no rational number satisfies what is declared of {symbol}. Declare it real.")


def residue(value: Any, prime: int) -> int:
    """A residue as it is, that of a pair, a rational number modulo ``prime``."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return value[1]
    return value.numerator * pow(value.denominator, -1, prime) % prime
