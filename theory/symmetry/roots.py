r"""Square roots of a loss that are independent: each choice of their signs is then as good as any other.

A root :math:`q = \sqrt r` of a function r is a step to a field of twice the degree, also beside all algebraic numbers,
iff r is no number times a square before it; roots side by side are such steps iff no product of their radicands is
(Kummer). If every step is one, all choices of signs are conjugate, and an equation with constant coefficients that
holds for one choice holds for all. (A number times a square is not enough: :math:`\sqrt{2r} = \sqrt2\sqrt r`, and the
root of 2 has one sign.) Roots of constants only are such numbers themselves; of them no product may be a square.

That something is neither is proved by a look at two points modulo a prime: a number times a square is a square at both
or at none. So each pair tells the residue symbols of the radicands, a vector over the field of two elements, and the
radicands are independent as soon as these vectors span. Nothing is factored.

References:
    Lang, *Algebra* (2002), theorem VI.8.1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import sympy as sp
from sympy.ntheory import isprime
from sympy.polys.domains import GF
from sympy.polys.matrices import DomainMatrix

from theory.errors import UnsupportedFormError
from theory.symmetry.exact_gradient import StraightLine
from theory.symmetry.exact_numbers import OffDomainError, Residues
from theory.symmetry.null_space import PRIME
from theory.values import shown

Images = Sequence[tuple[int, Mapping[sp.Symbol, int]]]
"""Primes, each with residues for some symbols."""

_PAIRS = 60
_MOST_PAIRS = 20_000


def small_images(count: int = 12) -> Images:
    """Primes without residues for symbols, below :data:`~theory.symmetry.null_space.PRIME`.

    Many of them: a number that is no square is a square modulo half of them.
    """
    primes: list[int] = []
    candidate = PRIME // 2
    while len(primes) < count:
        candidate -= 1
        if isprime(candidate):
            primes.append(candidate)
    return [(prime, {}) for prime in primes]


def require_independent_roots(
    line: StraightLine,
    images: Images | None = None,
    constants: Collection[sp.Symbol] = (),
    names: Mapping[sp.Symbol, sp.Expr] | None = None,
) -> None:
    """Nothing, if the square roots in ``line`` are independent of each other.

    Args:
        line: The operations.
        images: Values of symbols that are roots of numbers; none unless given.
        constants: Symbols that do not move.
        names: What symbols stand for, for messages.

    Raises:
        UnsupportedFormError: a break stands under a root, or a root is a function of others, or might be.
    """
    radicands = list(line.roots.values())
    if not radicands:
        return
    if any(r.free_symbols & set(line.breaks) for r in radicands):
        raise UnsupportedFormError(
            "loss must have no break under a square root, got one. Check a symmetry that you know by "
            "OneParameterSymmetry(problem, field)."
        )
    images = small_images() if images is None else images
    levels = _levels(line, {*constants, *(s for _, values in images for s in values)})
    vectors: dict[int, list[list[int]]] = {level: [] for level in set(levels)}
    rng = Random("independent roots")
    for k in range(min(_PAIRS * 4 ** sum(0 < level < max(levels) for level in levels), _MOST_PAIRS)):
        prime, values = images[k % len(images)]
        fixed = {**values, **{c: rng.randrange(prime) for c in constants}}
        first, second = (_residue_symbols(line, _Symbols(prime), fixed, rng) for _ in range(2))
        for level, found in vectors.items():
            found += _told(level, levels, first, second)
        if all(_rank(found) == levels.count(level) for level, found in vectors.items()):
            return
    radicands = [r.xreplace(dict(names or {})) for r in radicands]
    raise UnsupportedFormError(
        "loss must have independent square roots here: no product of their radicands may be a square, or a number "
        f"times a square, got the radicands {', '.join(map(shown, radicands))}. Write one of the roots by the others."
    )


_Told = list[int | None] | None


def _told(level: int, levels: Sequence[int], first: _Told, second: _Told) -> list[list[int]]:
    """What two points tell of the roots of a level: the symbols of constants, differences of those of functions.

    Roots of a level are told by a point only where all roots below it exist.
    """
    exist = [
        symbols
        for symbols in (first, second)
        if symbols and all(s == 0 for s, other in zip(symbols, levels, strict=True) if other < level)
    ]
    own = [[s for s, other in zip(symbols, levels, strict=True) if other == level] for symbols in exist]
    if level == 0:
        return own[:1]  # type: ignore[return-value]
    return [[a ^ b for a, b in zip(*own, strict=True)]] if len(own) == 2 else []  # type: ignore[operator]


def _levels(line: StraightLine, constants: Collection[sp.Symbol]) -> list[int]:
    """How deep each root stands over others; 0 for roots of constants."""
    found: dict[sp.Symbol, int] = {}
    fixed = set(constants)
    for generator, radicand in line.roots.items():
        if radicand.free_symbols <= fixed:
            found[generator] = 0
            fixed.add(generator)
        else:
            found[generator] = 1 + max((found[s] for s in radicand.free_symbols if s in found), default=0)
    return list(found.values())


@dataclass(frozen=True)
class _Symbols(Residues):
    """Residues that write down, for each root asked for, 0 for a square and 1 for none; what follows it is None."""

    seen: list[int | None] = field(default_factory=list)

    def add(self, a: int | None, b: int | None) -> int | None:  # type: ignore[override]
        return None if a is None or b is None else super().add(a, b)

    def multiply(self, a: int | None, b: int | None) -> int | None:  # type: ignore[override]
        return None if a is None or b is None else super().multiply(a, b)

    def inverse(self, a: int | None) -> int | None:  # type: ignore[override]
        return None if a is None else super().inverse(a)

    def root(self, a: int | None) -> int | None:  # type: ignore[override]
        if a is None:
            self.seen.append(None)
            return None
        if not a % self.prime:
            raise OffDomainError("a root of 0, which has no slope")
        is_square = pow(a, (self.prime - 1) // 2, self.prime) == 1
        self.seen.append(int(not is_square))
        return super().root(a) if is_square else None

    def step(self, a: int | None) -> int:
        return 0


def _residue_symbols(
    line: StraightLine, exact: _Symbols, values: Mapping[sp.Symbol, int], rng: Random
) -> list[int | None] | None:
    """What a random point tells of each root; None where it lies outside the domain."""
    symbols = [operation.value for operation in line.operations if isinstance(operation.value, sp.Symbol)]
    try:
        line.values({**{s: exact.draw(rng) for s in symbols}, **values}, exact)
    except OffDomainError:
        return None
    return exact.seen


def _rank(vectors: Sequence[Sequence[int]]) -> int:
    if not vectors:
        return 0
    domain = GF(2)
    table = [[domain(entry) for entry in vector] for vector in vectors]
    return DomainMatrix(table, (len(table), len(table[0])), domain).rank()
