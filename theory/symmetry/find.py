r"""All affine symmetries of a polynomial or rational loss, with a certificate that there are no others.

The fields :math:`v = A\theta + c` with :math:`v\cdot\nabla l = 0` are the solutions of linear equations in the
:math:`n^2 + n` entries of :math:`A` and :math:`c`. Two routes that share nothing but the loss bound their number:

* **from above**: the equations at random points. Whatever the points, every symmetry solves them; modulo a prime their
  solutions can only become more (:mod:`theory.symmetry.null_space`). So their number is a bound for certain, and chance
  only decides how sharp it is.
* **from below**: each solution is proved to be a symmetry, by multiplying the loss out
  (:mod:`theory.symmetry.expanded_loss`) or by :func:`theory.decision.zero.decide_zero`.

Where the two numbers agree, the list is complete. Where they do not, both are said.

Roots of numbers span a field in which the null space is looked for by all its images modulo a prime
(:mod:`theory.symmetry.roots_of_numbers`): relations such as :math:`\sqrt6 = \sqrt2\sqrt3` hold there.

Losses with breaks (ReLU, moduli) are polynomials between them: points come from the pieces that exist, proofs are for
all patterns. A loss with square roots (norms) is a rational function on an extension by them; points may take any root
if no product of the radicands is a number times a square, because then all roots are alike (Kummer); otherwise the loss
is refused (:mod:`theory.symmetry.roots`).

References:
    Marcotte, Gribonval, Peyré, "Abide by the law and follow the flow: conservation laws for gradient flows" (2023),
    for the count of all conservation laws by the Lie algebra of gradients; here affine fields are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from random import Random
from typing import Any

import sympy as sp

from theory.argument_kinds import SEED, takes
from theory.decision.algebra.rational_functions import OutOfReachError
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.affine_symmetries import AffineSymmetries, with_whole_entries
from theory.symmetry.constants import at_values, with_rational_constants
from theory.symmetry.exact_gradient import StraightLine
from theory.symmetry.exact_numbers import (
    Exact,
    OffDomainError,
    Rationals,
    SignedResidues,
    drawn,
    enclosed,
    field_of,
    residue,
)
from theory.symmetry.expanded_loss import ExpandedLoss, null_space_by_coefficients
from theory.symmetry.lie_algebra import coordinates, normal_entries
from theory.symmetry.null_space import null_space_modulo, rational_vectors
from theory.symmetry.one_parameter import slope_along
from theory.symmetry.roots import require_independent_roots
from theory.symmetry.roots_of_numbers import with_roots_as_symbols
from theory.symmetry.sample_losses import Losses, SampleLosses, sample_losses

MAX_WEIGHTS = 48
"""More weights than this have too many unknowns."""

_SPARE = 8
_ROUNDS = 4
_ATTEMPTS = 60
_LARGEST_FIELD = 8
_MOST_ROOTS = 8


@takes(seed=SEED)
def find_affine_symmetries(problem: Losses, *, seed: int | str | None = None) -> AffineSymmetries:
    r"""All fields :math:`A\theta + c` that leave the loss of every sample alone.

    Entries of :math:`A` and :math:`c` are rational functions of the constants of the loss (symbols that are neither
    weights nor data), of roots of positive ones, and of the roots of numbers in it: :math:`p^{k/n}`, and square roots
    of such; :math:`\pi` or :math:`e` is a constant like others. Square roots of sums of constants count as constants
    themselves: a generator that exists only by a relation between them is then not found; it is counted in
    ``at_most``, so that the list is not called complete.

    Args:
        problem: A PerSampleLoss (data take every value), a FiniteSum (its losses), or a Model (the support of its law;
            where only moments are known, data that take every value).
        seed: of the random points; a fixed one unless given.

    Raises:
        UnsupportedFormError: a loss is no rational function; the message names the part that is not.
        DimensionError: there are more than :data:`MAX_WEIGHTS` weights.

    Example:
        >>> from theory.symmetry.sample_losses import PerSampleLoss
        >>> a, b, c, x, y = sp.symbols("a b c x y", real=True)
        >>> chain = PerSampleLoss([a, b, c], (a * b * c * x - y) ** 2)
        >>> print(find_affine_symmetries(chain))  # doctest: +ELLIPSIS
        2 affine symmetries, all of them, 2 with a charge (...)
        >>> find_affine_symmetries(PerSampleLoss([a, b], ((a - sp.sqrt(2)) * b * x - y) ** 2)).charges
        (a**2/2 - sqrt(2)*a - b**2/2,)
        >>> related = (sp.sqrt(2) * a + sp.sqrt(3) * b) ** 2 * x + (2 * a**2 + 2 * sp.sqrt(6) * a * b + 3 * b**2) * y
        >>> find_affine_symmetries(PerSampleLoss([a, b], related)).charges
        (3*a**2/2 - sqrt(6)*a*b + b**2, 3*a - sqrt(6)*b)
    """
    losses, constants = with_rational_constants(sample_losses(problem))
    if losses.weights.rows > MAX_WEIGHTS:
        raise DimensionError(
            f"problem must have at most {MAX_WEIGHTS} weights, got {losses.weights.rows}: the unknowns are their "
            "square. Look at a smaller network of the same form."
        )
    search = _Search(losses, Random(f"affine symmetries {seed}"))
    search.run()
    found = AffineSymmetries(problem, search.found, search.at_most, search.evidence)
    found = found if found.is_complete else _with_irrational_entries(found, losses, seed)
    return replace(found, generators=tuple(at_values(g, constants) for g in found.generators)) if constants else found


def _with_irrational_entries(found: AffineSymmetries, losses: SampleLosses, seed: int | str | None) -> AffineSymmetries:
    """``found``, or more of them: those of the loss whose roots of numbers and constants are constants themselves.

    What holds for every constant holds for these. The bound stays that of the loss itself.
    """
    fixed = set(losses.constants)
    powers = {power for _, loss in losses.named for power in loss.atoms(sp.Pow)}
    kinds = {p.base for p in powers if p.exp.is_Rational and p.exp.q == 2 and p.free_symbols <= fixed}
    constants = {base: sp.Dummy("root", positive=True) for base in kinds}
    roots = {p: constants[p.base] ** p.exp.p for p in powers if p.base in kinds and p.exp.q == 2}
    if not roots:
        return found
    named = tuple((name, loss.xreplace(roots)) for name, loss in losses.named)
    whole = None if losses.for_all_data is None else losses.for_all_data.xreplace(roots)
    search = _Search(replace(losses, named=named, for_all_data=whole), Random(f"affine symmetries {seed}"))
    search.run()
    values = {constant: sp.sqrt(base) for base, constant in constants.items()}
    kept: list[AffineGenerator] = []
    for general in search.found:
        special = [entry.xreplace(values) for entry in general.entries]
        if any(entry.has(sp.nan, sp.zoo) for entry in special):
            continue
        entries = normal_entries(special)
        n = losses.weights.rows
        generator = AffineGenerator(losses.weights, sp.ImmutableMatrix(n, n, entries[: n * n]), entries[n * n :])
        if coordinates(generator, kept) is None:
            kept.append(generator)
    if len(kept) <= found.dimension:
        return found
    evidence = f"at most {found.at_most}, {len(kept)} proved with roots of constants as constants"
    return AffineSymmetries(found.problem, tuple(kept), found.at_most, evidence)


class _Search:
    """Equations at points, candidates that solve them, and their proofs."""

    def __init__(self, losses: SampleLosses, rng: Random) -> None:
        self.rng = rng
        self.losses, self.roots = with_roots_as_symbols(losses)
        self.weights = tuple(losses.weights)
        vanishing = [str(s) for s in (*self.weights, *losses.data, *losses.constants) if s.is_zero]
        if vanishing:
            raise SymbolError(
                f"weights and data must be free to move, but {vanishing} are declared zero. Put 0 for them."
            )
        self.line = StraightLine()
        self.places = [self.line.place(loss) for _, loss in self.losses.named]
        if self.line.roots:
            images = self.roots.images_modulo_many()
            require_independent_roots(self.line, images, losses.constants, self.roots.values)
        self.prime = self.roots.prime()
        ordered, rooted = bool(self.line.breaks), bool(self.line.roots) or self.roots.degree > 1
        self.exact: Exact = field_of(self.prime, ordered=ordered, rooted=rooted)
        self.images = self.roots.images(self.prime)
        self.constants = self._drawn_constants(losses.constants)
        self.rows: list[list[list[int]]] = [[] for _ in self.images]
        self.proved: list[AffineGenerator] = []
        self.at_most = 0

    def _drawn_constants(self, symbols: Sequence[sp.Symbol]) -> dict[sp.Symbol, Any]:
        """Random constants; some for which their roots in the loss exist, if there are any."""
        for _ in range(_ATTEMPTS):
            constants = {c: self._drawn(c) for c in symbols}
            if not self.line.roots or not constants or any(self._has_a_value(constants) for _ in range(_SPARE)):
                break
        return constants

    def _has_a_value(self, constants: Mapping[sp.Symbol, Any]) -> bool:
        at = {s: self._drawn(s) for s in (*self.weights, *self.losses.data)}
        try:
            return bool(self.line.values({**constants, **self._elements(self.images[0]), **at}, self.exact))
        except OffDomainError:
            return False

    @property
    def unknowns(self) -> int:
        return len(self.weights) ** 2 + len(self.weights)

    def run(self) -> None:
        places = self.places
        for k in range(_ROUNDS):
            # A piece may be small, and only points on it tell its equations: more of them where there are pieces.
            more = 3**k if self.line.breaks else 1
            self._draw(places, more * max(self.unknowns + _SPARE, 2 * len(places)))
            bases = [null_space_modulo(rows, self.unknowns, self.prime) for rows in self.rows]
            self.at_most = min(map(len, bases))
            verdicts = self._judge(self._candidates(bases))
            if not k and len(self.proved) < self.at_most and self._expanded is not None and self._may_compare:
                # Residues may come from fractions too large to be recognised; the equations themselves do not err.
                verdicts += self._judge(self._by_coefficients())
            if len(self.proved) == self.at_most:
                return
            # Look again where a candidate failed; a failure without a place is one of the proof.
            places = sorted({p for broken in verdicts for p in broken or []}) or self.places

    def _judge(self, candidates: Sequence[AffineGenerator]) -> list[list[int] | None]:
        """What is wrong with each of ``candidates``; those with nothing wrong are kept if they are more than before."""
        verdicts = [self._broken_places(candidate) for candidate in candidates]
        proved = [c for c, broken in zip(candidates, verdicts, strict=True) if broken == []]
        if len(proved) >= len(self.proved):
            self.proved = proved
        return verdicts

    def _draw(self, places: Sequence[int], count: int) -> None:
        for image, rows in zip(self.images, self.rows, strict=True):
            rows.extend(self._row(places[i % len(places)], image) for i in range(count))

    def _row(self, place: int, image: Mapping[sp.Symbol, int]) -> list[int]:
        """The equation at a random point: coefficients of A row by row, then of c, modulo the prime."""
        attempts = _ATTEMPTS * 2 ** min(len(self.line.roots), _MOST_ROOTS)  # every other number has a root
        for _ in range(attempts):
            at = {s: self._drawn(s) for s in (*self.weights, *self.losses.data)}
            try:
                values = self.line.values({**self.constants, **self._elements(image), **at}, self.exact, place)
                slopes = self.line.gradient(place, self.weights, values, self.exact)
                point = [residue(at[w], self.prime) for w in self.weights]
                g = [residue(slope, self.prime) for slope in slopes]
            except OffDomainError:
                continue
            return [*(a * b % self.prime for a in g for b in point), *g]
        raise UnsupportedFormError(
            f"loss must be defined somewhere, but {attempts} random points had no value: a denominator or radicand "
            "may be identically 0. Look at the loss where it is defined."
        )

    def _elements(self, image: Mapping[sp.Symbol, int]) -> Mapping[sp.Symbol, Any]:
        """The residues of roots of numbers as elements of the field: where there is an order, they are the roots."""
        if not isinstance(self.exact, SignedResidues):
            return image
        return {t: (self._enclosures[t], value) for t, value in image.items()}

    @cached_property
    def _enclosures(self) -> Mapping[sp.Symbol, Any]:
        return {t: enclosed(value) for t, value in self.roots.values.items()}

    def _drawn(self, symbol: sp.Symbol) -> Any:
        return drawn(symbol, self.exact, self.rng)

    @cached_property
    def _expanded(self) -> dict[int, ExpandedLoss] | None:
        """The losses multiplied out, by their places; None where that is out of reach."""
        try:
            return {p: self._multiplied_out(self.line, p) for p in self.places}
        except OutOfReachError:
            return None

    @cached_property
    def _generic(self) -> ExpandedLoss | None:
        """The loss with its data as symbols, multiplied out: a symmetry of it needs no look at the samples."""
        if self.losses.for_all_data is None or len(self.places) < 3:
            return None
        try:
            line = StraightLine()
            return self._multiplied_out(line, line.place(self.losses.for_all_data))
        except (OutOfReachError, UnsupportedFormError):
            return None

    def _multiplied_out(self, line: StraightLine, place: int) -> ExpandedLoss:
        return ExpandedLoss.of(line, place, self.weights, tuple(self.constants), self.roots.relations)

    def _candidates(self, bases: Sequence[Sequence[Sequence[int]]]) -> list[AffineGenerator]:
        """The vectors whose images are those of ``bases``, reduced alike, so that the k-th ones belong together."""
        if not self.at_most or self.constants or len({len(basis) for basis in bases}) > 1:
            return []
        if self.roots.degree == 1:
            return [self._generator(v) for v in rational_vectors(bases[0], self.prime) if v is not None]
        element = self.roots.element
        vectors = [
            [
                element(entries, self.images, self.prime) if any(entries) else sp.S.Zero
                for entries in zip(*vector, strict=True)
            ]
            for vector in zip(*bases, strict=True)
        ]
        return [self._generator(vector) for vector in vectors if None not in vector]

    @property
    def _may_compare(self) -> bool:
        """Whether the field of the coefficients is one in which their equations are solved at once."""
        return self.roots.degree == 1 or bool(self.constants) and self.roots.degree <= _LARGEST_FIELD

    def _by_coefficients(self) -> list[AffineGenerator]:
        vectors = null_space_by_coefficients(list((self._expanded or {}).values()), self.roots.values)
        symbols = self.roots.in_symbols
        return [self._generator([sp.expand(symbols(e)) if e.is_Add else symbols(e) for e in v]) for v in vectors]

    def _generator(self, vector: Sequence[Any]) -> AffineGenerator:
        n = len(self.weights)
        entries = [sp.Rational(e.numerator, e.denominator) if not isinstance(e, sp.Basic) else e for e in vector]
        return AffineGenerator(self.losses.weights, sp.ImmutableMatrix(n, n, entries[: n * n]), entries[n * n :])

    def _broken_places(self, candidate: AffineGenerator) -> list[int] | None:
        """Places of the losses that ``candidate`` is not proved to leave alone; None for a proof out of reach."""
        matrix, shift = candidate.matrix.tolist(), list(candidate.shift)
        if self._generic is not None and self._generic.is_unmoved_by(matrix, shift):
            return []
        if self._expanded is not None:
            return [p for p, loss in self._expanded.items() if not loss.is_unmoved_by(matrix, shift)]
        values = self.roots.values
        field = candidate.field.xreplace(values)
        decisions = [
            decide_zero(slope_along(field, l.xreplace(values), self.losses.weights)) for _, l in self.losses.named
        ]
        if any(d.kind is ZeroKind.NONZERO for d in decisions):
            return [p for p, d in zip(self.places, decisions, strict=True) if d.kind is ZeroKind.NONZERO]
        return [] if all(d.kind is ZeroKind.ZERO for d in decisions) else None

    @property
    def found(self) -> tuple[AffineGenerator, ...]:
        """What is proved, with whole numbers where that can be, and roots in the place of their symbols."""
        if self.roots.degree == 1:
            return tuple(map(with_whole_entries, self.proved))
        return tuple(self.roots.in_numbers(generator) for generator in self.proved)

    @property
    def evidence(self) -> str:
        places = "rational points" if isinstance(self.exact, Rationals) else "real points"
        numbers = places if self.line.breaks else f"points modulo {self.prime}"
        where = f"for data that take every value; {self._about}" if not self.losses.support_is_known else self._about
        return f"at most {self.at_most} by {len(self.rows[0])} {numbers}, {len(self.proved)} proved {where}"

    @property
    def _about(self) -> str:
        if self.line.breaks:
            return f"for all patterns of {len(self.line.breaks)} breaks"
        return "as polynomial identities" if self._expanded is not None else "by normal forms"
