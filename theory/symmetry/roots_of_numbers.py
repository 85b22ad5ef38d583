r"""Roots of numbers as symbols with relations: the field that they span, and its images modulo a prime.

Every positive rational number is a product of powers of primes, so its roots are products of powers of
:math:`t_p = p^{1/n_p}`. The products :math:`\prod_pt_p^{k_p}`, :math:`0 \le k_p < n_p`, are linearly independent over
the rational numbers (Besicovitch): there are no relations but :math:`t_p^{n_p} = p`, also between
:math:`\sqrt2, \sqrt3` and :math:`\sqrt6 = t_2t_3`. A square root of a number r of that field, such as
:math:`\sqrt{2 + \sqrt2}`, is a further symbol s with :math:`s^2 = r`, once it is proved that r is no square before it
(:mod:`theory.symmetry.roots`); where it is one, as in :math:`\sqrt{3 + 2\sqrt2} = 1 + \sqrt2`, the root is written out.

Modulo a prime P each choice of roots of P's residues is a homomorphism of that ring. Equations that hold in it hold in
every image, so one image bounds a null space from above. All N images together tell the elements: N residues
are the values of a combination of N basis elements, whose coefficients solve a linear system.

References:
    Besicovitch, "On the linear independence of fractional powers of integers" (1940).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp
from sympy.ntheory import isprime
from sympy.ntheory.residue_ntheory import nthroot_mod
from sympy.polys.domains import GF
from sympy.polys.matrices import DomainMatrix

from theory.argument_kinds import EXPRESSIONS, ArgumentKind, takes
from theory.errors import ShapeError, UnsupportedFormError
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.exact_gradient import StraightLine
from theory.symmetry.null_space import MODULUS, PRIME, RESIDUE, rational_number
from theory.symmetry.roots import Images, require_independent_roots, small_images
from theory.symmetry.sample_losses import SampleLosses
from theory.values import shown

MOST_IMAGES = 64
"""Fields of a higher degree are refused."""

LARGEST_FACTOR = 10**5
"""Prime factors that are looked for under a root."""

_CANDIDATES = 4000


_PRIME = ArgumentKind("a prime below 2^64", lambda value: MODULUS.holds(value) and isprime(value))
_RESIDUES = ArgumentKind(
    "a sequence of whole numbers", lambda value: isinstance(value, list | tuple) and all(map(RESIDUE.holds, value))
)
_IMAGES = ArgumentKind(
    "a sequence of mappings of symbols to whole numbers",
    lambda value: (
        isinstance(value, list | tuple)
        and all(isinstance(image, Mapping) and all(map(RESIDUE.holds, image.values())) for image in value)
    ),
)


@dataclass(frozen=True)
class RootsOfNumbers:
    r"""The ring of the roots of numbers in some expressions.

    Attributes:
        degrees: p -> :math:`n_p`.
        nested: Numbers r, in the order in which they stand under each other, of which square roots are asked for.
        symbols: p -> the symbol of :math:`t_p`.
        squares: the symbol s of a root -> its square, a polynomial in the symbols before it.

    Raises:
        UnsupportedFormError: the degree is above :data:`MOST_IMAGES`, a number under a root is not positive, or the
            square roots may depend on each other.

    Example:
        >>> x = sp.Symbol("x")
        >>> ring = RootsOfNumbers.of([sp.sqrt(6) * x + sp.sqrt(2) + sp.cbrt(3)])
        >>> ring.degrees, ring.degree
        ({2: 2, 3: 6}, 12)
        >>> RootsOfNumbers.of([sp.sqrt(2 + sp.sqrt(2)) * x]).degree
        4
    """

    degrees: Mapping[int, int]
    nested: tuple[sp.Expr, ...] = ()
    symbols: Mapping[int, sp.Dummy] = field(default_factory=dict, compare=False)
    squares: Mapping[sp.Dummy, sp.Expr] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.degree > MOST_IMAGES:
            raise UnsupportedFormError(
                f"loss must have roots of numbers that span a field of degree at most {MOST_IMAGES}, got "
                f"{self.degree} by the roots of degree {dict(self.degrees)} of these primes"
                f"{f' and {len(self.nested)} roots over roots' if self.nested else ''}. Put symbols for some."
            )
        known = self.symbols or {p: sp.Dummy(f"t_{p}", positive=True) for p in self.degrees}
        object.__setattr__(self, "symbols", known)
        object.__setattr__(self, "squares", {})
        for number in self.nested:
            square = sp.expand(self.in_symbols(number))
            object.__setattr__(self, "squares", {**self.squares, sp.Dummy("s", positive=True): square})
        if self.nested:
            line = StraightLine()
            before: dict[sp.Symbol, sp.Expr] = {}
            for s, square in self.squares.items():
                before[s] = sp.Pow(square.xreplace(before), sp.S.Half, evaluate=False)  # a factor stays under its root
                line.place(before[s])
            require_independent_roots(line, replace(self, nested=()).images_modulo_many(), names=self.values)

    @classmethod
    @takes(expressions=EXPRESSIONS)
    def of(cls, expressions: Sequence[sp.Expr]) -> RootsOfNumbers:
        """The ring of all roots of positive numbers in ``expressions``; of degree 1 if there are none."""
        degrees: dict[int, int] = {}
        nested: list[sp.Expr] = []
        for power in sorted({p for e in expressions for p in roots_of_numbers(e, inside=True)}, key=_depth):
            if power.base.is_Rational:
                for p, exponent in _prime_exponents(power).items():
                    degrees[p] = math.lcm(degrees.get(p, 1), exponent.q)
            elif power.base not in nested:
                if not power.base.is_positive:
                    raise UnsupportedFormError(f"loss must have roots of positive numbers only, got {shown(power)}.")
                nested.append(power.base)
        return cls({p: n for p, n in sorted(degrees.items()) if n > 1}, tuple(nested))

    @property
    def degree(self) -> int:
        """The number N of images."""
        return math.prod(self.degrees.values()) * 2 ** len(self.nested)

    def in_symbols(self, expression: sp.Expr) -> sp.Expr:
        """``expression`` with polynomials in the symbols in the place of roots."""
        return expression.xreplace({power: self._in_symbols(power) for power in roots_of_numbers(expression)})

    def _in_symbols(self, power: sp.Pow) -> sp.Expr:
        if not power.base.is_Rational:
            return list(self.squares)[self.nested.index(power.base)] ** power.exp.p
        factors = []
        for p, exponent in _prime_exponents(power).items():
            whole = math.floor(exponent)
            rest = int((exponent - whole) * self.degrees.get(p, 1))
            factors += [sp.Integer(p) ** whole, self.symbols[p] ** rest if rest else sp.S.One]
        return sp.Mul(*factors)

    def in_numbers(self, generator: AffineGenerator) -> AffineGenerator:
        """The multiple of ``generator``, of polynomials in the symbols, with whole coefficients, and its roots."""
        entries = [entry for entry in generator.entries if entry != 0]
        others = sorted({s for entry in entries for s in entry.free_symbols} - set(self.generators), key=str)
        numbers = [c for entry in entries for c in sp.Poly(entry, *self.generators, *others).coeffs()]
        scale = sp.ilcm(1, *(c.q for c in numbers)) / sp.Integer(sp.igcd(0, *(c.p for c in numbers)) or 1)

        def number(entry: sp.Expr) -> sp.Expr:
            return sp.expand(sp.expand(scale * entry).xreplace(self.values))

        return AffineGenerator(generator.weights, generator.matrix.applyfunc(number), generator.shift.applyfunc(number))

    @property
    def generators(self) -> tuple[sp.Symbol, ...]:
        """All symbols: those of primes, then those of roots over roots."""
        return (*self.symbols.values(), *self.squares)

    @cached_property
    def values(self) -> dict[sp.Symbol, sp.Expr]:
        """Symbol -> the root that it stands for."""
        known: dict[sp.Symbol, sp.Expr] = {self.symbols[p]: sp.root(p, n) for p, n in self.degrees.items()}
        return known | {s: sp.sqrt(number) for s, number in zip(self.squares, self.nested, strict=True)}

    @property
    def relations(self) -> dict[sp.Symbol, tuple[int, sp.Expr]]:
        """Symbol -> ``(n, r)`` with :math:`t^n = r`, a polynomial in the symbols before it."""
        roots = {self.symbols[p]: (n, sp.Integer(p)) for p, n in self.degrees.items()}
        return roots | {s: (2, square) for s, square in self.squares.items()}

    def primes(self) -> Iterator[int]:
        """Large primes modulo which all images exist."""
        # 1 modulo every degree above 2, so that roots of unity exist.
        step = 2 * math.lcm(1, *(n for n in self.degrees.values() if n > 2))
        if step == 2:
            yield from (PRIME for _ in range(1) if self._exist(PRIME))
        largest = PRIME - (PRIME - 1) % step
        for k in range(_CANDIDATES):
            candidate = largest - k * step
            if candidate != PRIME and isprime(candidate) and self._exist(candidate):
                yield candidate

    def prime(self) -> int:
        """The first of :meth:`primes`.

        Raises:
            UnsupportedFormError: none was found.
        """
        found = next(self.primes(), None)
        if found is None:
            raise UnsupportedFormError(
                f"no prime was found modulo which all roots of degree {dict(self.degrees)} of these primes exist"
                f"{', and the roots over them' if self.nested else ''}. Put symbols for some."
            )
        return found

    def _exist(self, prime: int) -> bool:
        exist = all(pow(p, (prime - 1) // n, prime) == 1 for p, n in self.degrees.items())
        return exist and len(self.images(prime)) == self.degree

    @takes(prime=_PRIME)
    def images(self, prime: int) -> list[dict[sp.Symbol, int]]:
        """The images modulo ``prime``: symbol -> residue. They are as many as :attr:`degree` if all exist."""
        choices = [_all_roots(p, n, prime) for p, n in self.degrees.items()]
        found = [dict(zip(self.symbols.values(), chosen, strict=True)) for chosen in itertools.product(*choices)]
        for s, square in self.squares.items():
            found = [
                {**image, s: root} for image in found for root in _square_roots(_image_of(square, image, prime), prime)
            ]
        return found

    def images_modulo_many(self, count: int = 12) -> Images:
        """Some primes, each with one image."""
        if self.degree == 1:
            return small_images(count)
        return [(prime, self.images(prime)[0]) for prime in itertools.islice(self.primes(), count)]

    @cached_property
    def _powers(self) -> list[tuple[int, ...]]:
        """The exponents of the basis elements."""
        return list(itertools.product(*(range(n) for n, _ in self.relations.values())))

    def _interpolation(self, images: Sequence[Mapping[sp.Symbol, int]], prime: int) -> list[list[int]]:
        """The matrix that makes coefficients of residues, modulo ``prime``."""
        key = (prime, tuple(tuple(image.values()) for image in images))
        if key not in self._inverses:
            modulo = GF(prime, symmetric=False)
            rows = [[_monomial(image.values(), powers, prime) for powers in self._powers] for image in images]
            table = DomainMatrix([[modulo(e) for e in row] for row in rows], (len(rows), len(rows)), modulo).inv()
            self._inverses[key] = [[int(entry) % prime for entry in row] for row in table.to_list()]
        return self._inverses[key]

    @cached_property
    def _inverses(self) -> dict[tuple, list[list[int]]]:
        return {}

    @takes(residues=_RESIDUES, images=_IMAGES, prime=_PRIME)
    def element(self, residues: Sequence[int], images: Sequence[Mapping[sp.Symbol, int]], prime: int) -> sp.Expr | None:
        """The element, a polynomial in the symbols, of which ``residues`` are the images; None if it is not small.

        Example:
            >>> ring = RootsOfNumbers.of([sp.sqrt(2)])
            >>> images = ring.images(ring.prime())
            >>> (t,) = ring.symbols.values()
            >>> ring.element([(3 * image[t] - 1) % ring.prime() for image in images], images, ring.prime()) == 3 * t - 1
            True
        """
        if {*map(frozenset, images)} != {frozenset(self.relations)} or len(images) != self.degree:
            raise ShapeError(f"images must be the {self.degree} that images({prime}) gives, got {len(images)}.")
        if len(residues) != len(images):
            raise ShapeError(f"residues must be one for each of the {len(images)} images, got {len(residues)}.")
        total = sp.S.Zero
        for powers, row in zip(self._powers, self._interpolation(images, prime), strict=True):
            coefficient = sum(a * b for a, b in zip(row, residues, strict=True)) % prime
            found = rational_number(coefficient, prime) if coefficient else None
            if found is None:
                if coefficient:
                    return None
                continue
            monomial = sp.Mul(*(t**k for t, k in zip(self.generators, powers, strict=True)))
            total += sp.Rational(found.numerator, found.denominator) * monomial
        return total


def with_roots_as_symbols(losses: SampleLosses) -> tuple[SampleLosses, RootsOfNumbers]:
    """``losses`` with symbols for the roots of numbers."""
    whole = losses.for_all_data
    written = [_written_out(loss) for _, loss in losses.named]
    roots = RootsOfNumbers.of(written)
    named = tuple((name, roots.in_symbols(loss)) for (name, _), loss in zip(losses.named, written, strict=True))
    generic = None if whole is None else roots.in_symbols(_written_out(whole))
    return replace(losses, named=named, for_all_data=generic), roots


def roots_of_numbers(expression: sp.Expr, *, inside: bool = False) -> set[sp.Pow]:
    """Powers of positive numbers with a fraction as exponent: roots of rational numbers, square roots of such roots.

    Those under others are left out unless ``inside``.
    """
    found: set[sp.Pow] = set()
    walk = sp.preorder_traversal(expression)
    for part in walk:
        if isinstance(part, sp.Pow) and _is_root_of_a_number(part):
            found.add(part)
            if not inside:
                walk.skip()
    return found


def _is_root_of_a_number(power: sp.Pow) -> bool:
    base, exponent = power.base, power.exp
    if not (exponent.is_Rational and not exponent.is_Integer and base.is_number):
        return False
    if base.is_Rational:
        return bool(base.is_positive)
    return exponent.q == 2 and all(
        part.is_Rational or part.is_Add or part.is_Mul or (part.is_Pow and part.exp.is_Rational)
        for part in sp.preorder_traversal(base)
    )


def _written_out(expression: sp.Expr) -> sp.Expr:
    """``expression`` without roots over roots that are sums of roots, and without factors that are numbers in roots."""
    nested = [power for power in roots_of_numbers(expression) if not power.base.is_Rational]
    plain = expression.xreplace({power: sp.sqrtdenest(sp.sqrt(power.base)) ** power.exp.p for power in nested})
    others = [power for power in plain.atoms(sp.Pow) if power.exp.is_Rational and power.exp.q == 2]
    return plain.xreplace({power: _without_content(power) for power in others if power.base.is_Add})


def _without_content(power: sp.Pow) -> sp.Expr:
    """The root of a multiple as that of a number times another; as it is where the number is hard to factor."""
    content, rest = power.base.primitive()
    factors = [p for number in (content.p, content.q) for p in _small_factors(number)]
    return content**power.exp * rest**power.exp if all(map(isprime, factors)) else power


def _depth(power: sp.Pow) -> tuple[int, str]:
    return len(roots_of_numbers(power.base, inside=True)), str(power)


def _image_of(polynomial: sp.Expr, image: Mapping[sp.Symbol, int], prime: int) -> int:
    total = 0
    for powers, c in sp.Poly(polynomial, *image).terms():
        total += int(c.p) * pow(int(c.q), -1, prime) * _monomial(image.values(), powers, prime)
    return total % prime


def _monomial(values: Iterable[int], powers: Sequence[int], prime: int) -> int:
    total = 1
    for value, power in zip(values, powers, strict=True):
        total = total * pow(value, power, prime) % prime
    return total


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


def _square_roots(residue: int, prime: int) -> list[int]:
    return _all_roots(residue, 2, prime) if residue and pow(residue, (prime - 1) // 2, prime) == 1 else []


def _all_roots(p: int, n: int, prime: int) -> list[int]:
    return sorted(nthroot_mod(p, n, prime, all_roots=True) or [])
