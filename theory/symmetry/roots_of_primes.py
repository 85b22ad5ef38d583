r"""Roots of rational numbers as symbols with relations: the field that they span, and its images modulo a prime.

Every positive rational number is a product of powers of primes, so its roots are products of powers of
:math:`t_p = p^{1/n_p}`. The products :math:`\prod_pt_p^{k_p}`, :math:`0 \le k_p < n_p`, are linearly independent over
the rational numbers (Besicovitch): there are no relations but :math:`t_p^{n_p} = p`, also between
:math:`\sqrt2, \sqrt3` and :math:`\sqrt6 = t_2t_3`.

Modulo a prime P each choice of roots of P's residues is a homomorphism of that ring. Equations that hold in it hold in
every image, so one image bounds a null space from above. All images together tell the elements: with
:math:`N = \prod_pn_p` images, of which the j-th sends :math:`t_p` to :math:`\tau_{p,j}`,

.. math:: e = \sum_kc_k\,t^k \quad\Longrightarrow\quad c_k = \frac1N\sum_je_j\,\tau_j^{-k} \pmod P .

References:
    Besicovitch, "On the linear independence of fractional powers of integers" (1940).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy.ntheory import isprime
from sympy.ntheory.residue_ntheory import nthroot_mod

from theory.errors import UnsupportedFormError
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.null_space import PRIME, rational_number
from theory.symmetry.sample_losses import SampleLosses
from theory.values import shown

MOST_IMAGES = 64
"""Fields of a higher degree are refused."""

LARGEST_FACTOR = 10**5
"""Prime factors that are looked for under a root."""

_CANDIDATES = 4000


@dataclass(frozen=True)
class RootsOfPrimes:
    r"""The ring of the roots of rational numbers in some expressions.

    Attributes:
        degrees: p -> :math:`n_p`.
        symbols: p -> the symbol of :math:`t_p`.

    Raises:
        UnsupportedFormError: the degree is above :data:`MOST_IMAGES`.

    Example:
        >>> x = sp.Symbol("x")
        >>> ring = RootsOfPrimes.of([sp.sqrt(6) * x + sp.sqrt(2) + sp.cbrt(3)])
        >>> ring.degrees, ring.degree
        ({2: 2, 3: 6}, 12)
    """

    degrees: Mapping[int, int]
    symbols: Mapping[int, sp.Dummy] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.degree > MOST_IMAGES:
            raise UnsupportedFormError(
                f"loss must have roots of numbers that span a field of degree at most {MOST_IMAGES}, got "
                f"{self.degree} by the roots of degree {dict(self.degrees)} of these primes. Put symbols for some."
            )
        object.__setattr__(self, "symbols", {p: sp.Dummy(f"t_{p}", positive=True) for p in self.degrees})

    @classmethod
    def of(cls, expressions: Iterable[sp.Expr]) -> RootsOfPrimes:
        """The ring of all roots of positive rational numbers in ``expressions``; of degree 1 if there are none."""
        degrees: dict[int, int] = {}
        for expression in expressions:
            for power in _roots_in(expression):
                for p, exponent in _prime_exponents(power).items():
                    degrees[p] = math.lcm(degrees.get(p, 1), exponent.q)
        return cls({p: n for p, n in sorted(degrees.items()) if n > 1})

    @property
    def degree(self) -> int:
        """The number N of images."""
        return math.prod(self.degrees.values())

    def in_symbols(self, expression: sp.Expr) -> sp.Expr:
        """``expression`` with products of :attr:`symbols` in the place of roots."""
        return expression.xreplace({power: self._monomial(power) for power in _roots_in(expression)})

    def _monomial(self, power: sp.Pow) -> sp.Expr:
        factors = []
        for p, exponent in _prime_exponents(power).items():
            whole = math.floor(exponent)
            rest = int((exponent - whole) * self.degrees.get(p, 1))
            factors += [sp.Integer(p) ** whole, self.symbols[p] ** rest if rest else sp.S.One]
        return sp.Mul(*factors)

    def in_numbers(self, generator: AffineGenerator) -> AffineGenerator:
        """The multiple of ``generator``, of polynomials in :attr:`symbols`, with whole coefficients, and its roots."""
        symbols, values = list(self.symbols.values()), self.values
        numbers = [c for entry in generator.entries if entry != 0 for c in sp.Poly(entry, *symbols).coeffs()]
        scale = sp.ilcm(1, *(c.q for c in numbers)) / sp.Integer(sp.igcd(0, *(c.p for c in numbers)) or 1)

        def number(entry: sp.Expr) -> sp.Expr:
            return sp.expand(sp.expand(scale * entry).xreplace(values))

        return AffineGenerator(generator.weights, generator.matrix.applyfunc(number), generator.shift.applyfunc(number))

    @property
    def values(self) -> dict[sp.Symbol, sp.Expr]:
        """Symbol -> the root that it stands for."""
        return {self.symbols[p]: sp.root(p, n) for p, n in self.degrees.items()}

    @property
    def relations(self) -> dict[sp.Symbol, tuple[int, int]]:
        """Symbol -> ``(n, p)`` with :math:`t^n = p`."""
        return {self.symbols[p]: (n, p) for p, n in self.degrees.items()}

    def prime(self) -> int:
        """A large prime modulo which all images exist.

        Raises:
            UnsupportedFormError: none was found.
        """
        largest = PRIME
        step = 2 * math.lcm(*self.degrees.values()) if any(n > 2 for n in self.degrees.values()) else 0
        if not step:
            if all(len(_all_roots(p, 2, PRIME)) == 2 for p in self.degrees):
                return PRIME
            step = 2
        largest -= (largest - 1) % step  # 1 modulo every degree, so that roots of unity exist
        for k in range(_CANDIDATES):
            candidate = largest - k * step
            if isprime(candidate) and all(
                pow(p, (candidate - 1) // n, candidate) == 1 for p, n in self.degrees.items()
            ):
                return candidate
        raise UnsupportedFormError(
            f"no prime was found modulo which all roots of degree {dict(self.degrees)} of these primes exist. "
            "Put symbols for some."
        )

    def images(self, prime: int) -> list[dict[sp.Symbol, int]]:
        """The images modulo ``prime``: symbol -> residue."""
        choices = [_all_roots(p, n, prime) for p, n in self.degrees.items()]
        return [dict(zip(self.symbols.values(), chosen, strict=True)) for chosen in itertools.product(*choices)]

    def element(self, residues: Sequence[int], images: Sequence[Mapping[sp.Symbol, int]], prime: int) -> sp.Expr | None:
        """The element, a polynomial in :attr:`symbols`, of which ``residues`` are the images; None if it is not small.

        Example:
            >>> ring = RootsOfPrimes.of([sp.sqrt(2)])
            >>> images = ring.images(ring.prime())
            >>> (t,) = ring.symbols.values()
            >>> ring.element([(3 * image[t] - 1) % ring.prime() for image in images], images, ring.prime()) == 3 * t - 1
            True
        """
        total, count = sp.S.Zero, pow(len(images), -1, prime)
        inverses = [{t: pow(value, -1, prime) for t, value in image.items()} for image in images]
        for powers in itertools.product(*(range(n) for n in self.degrees.values())):
            monomial = dict(zip(self.symbols.values(), powers, strict=True))
            coefficient = 0
            for residue, inverse in zip(residues, inverses, strict=True):
                term = residue
                for t, k in monomial.items():
                    term = term * pow(inverse[t], k, prime) % prime
                coefficient += term
            found = rational_number(coefficient * count % prime, prime)
            if found is None:
                return None
            total += sp.Rational(found.numerator, found.denominator) * sp.Mul(*(t**k for t, k in monomial.items()))
        return total


def with_roots_as_symbols(losses: SampleLosses) -> tuple[SampleLosses, RootsOfPrimes]:
    """``losses`` with symbols for the roots of numbers, where they hold no others, breaks or constants."""
    roots = RootsOfPrimes.of(loss for _, loss in losses.named)
    named = tuple((name, roots.in_symbols(loss)) for name, loss in losses.named)
    others = any(
        loss.has(sp.Max, sp.Min, sp.Abs, sp.Piecewise) or any(not power.exp.is_Integer for power in loss.atoms(sp.Pow))
        for _, loss in named
    )
    if roots.degree == 1 or others or losses.constants:
        return losses, RootsOfPrimes({})
    whole = None if losses.for_all_data is None else roots.in_symbols(losses.for_all_data)
    return replace(losses, named=named, for_all_data=whole), roots


def _roots_in(expression: sp.Expr) -> set[sp.Pow]:
    """Powers of positive rational numbers with a fraction as exponent."""
    return {
        power
        for power in expression.atoms(sp.Pow)
        if power.base.is_Rational and power.base.is_positive and power.exp.is_Rational and not power.exp.is_Integer
    }


def _prime_exponents(power: sp.Pow) -> dict[int, sp.Rational]:
    found: dict[int, sp.Rational] = {}
    for sign, number in ((1, power.base.p), (-1, power.base.q)):
        for p, k in _small_factors(number).items():
            if not isprime(p):
                raise UnsupportedFormError(
                    f"loss must have roots of numbers with at most one prime factor above {LARGEST_FACTOR}, got "
                    f"{shown(power)}. Put a symbol for it."
                )
            found[int(p)] = sign * k * power.exp
    return found


def _small_factors(number: int) -> dict[int, int]:
    """By trial division alone; what is left after it stands as one factor."""
    return sp.factorint(number, limit=LARGEST_FACTOR, use_rho=False, use_pm1=False, use_ecm=False)


def _all_roots(p: int, n: int, prime: int) -> list[int]:
    return sorted(nthroot_mod(p, n, prime, all_roots=True) or [])
