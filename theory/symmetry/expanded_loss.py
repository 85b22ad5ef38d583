r"""A rational loss multiplied out, and what an affine vector field does to it, as one polynomial.

With :math:`l = N/D` and :math:`G_j = D\,\partial_jN - N\,\partial_jD` the field :math:`v(\theta) = A\theta + c` leaves
:math:`l` alone iff

.. math:: \sum_j\Bigl(\sum_iA_{ji}\theta_i + c_j\Bigr)G_j = 0

as a polynomial in weights, data and the generators :math:`h` of breaks, for which :math:`h^2 = h`, over the field
of the roots :math:`t^n = r` of numbers. A square root of a function, :math:`q = Q/d` with :math:`Q^2 = S = nd` for the
radicand :math:`n/d`, is one more indeterminate with a relation and the slope :math:`\partial_jQ = Q\,\partial_jS/2S`;
the equation is multiplied by all :math:`2S`.

A polynomial over a field vanishes iff its coefficients do, so this decides. All patterns of the breaks are asked for,
also those that no point has: a proof is a proof, while a failure may be one of a pattern that does not occur.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.matrices import DomainMatrix
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from theory.decision.algebra.rational_functions import OutOfReachError
from theory.symmetry.exact_gradient import StepKind, StraightLine

MAX_TERMS = 120_000
"""Losses of more terms are not multiplied out."""


@dataclass(frozen=True)
class ExpandedLoss:
    r"""The polynomials :math:`G_j` of a loss.

    Attributes:
        weights: :math:`\theta`.
        constants: Symbols of the field of the coefficients; the others are indeterminates.
        ring: Polynomials in weights, data and breaks.
        slopes: :math:`G_j`, one for each weight.
        breaks: Places of the generators of breaks among the indeterminates.
        roots: Place of a root -> ``(n, r)``, :math:`t^n = r`, r a polynomial in what comes before it.
    """

    weights: tuple[sp.Symbol, ...]
    constants: tuple[sp.Symbol, ...]
    ring: PolyRing
    slopes: tuple[Any, ...]
    breaks: tuple[int, ...]
    roots: dict[int, tuple[int, Any]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(
        cls,
        line: StraightLine,
        place: int,
        weights: Sequence[sp.Symbol],
        constants: Sequence[sp.Symbol] = (),
        roots: Mapping[sp.Symbol, tuple[int, sp.Expr]] | None = None,
    ) -> ExpandedLoss:
        """The operation at ``place``, multiplied out; ``roots`` are those of numbers, symbol -> ``(n, r)``.

        Raises:
            OutOfReachError: it has too many terms, square roots over square roots, or a denominator that is 0.
        """
        if any(radicand.free_symbols & {*line.roots, *line.breaks} for radicand in line.roots.values()):
            raise OutOfReachError("a square root or a break stands under a square root.")
        symbols = {o.value for o in line.operations if o.kind is StepKind.SYMBOL} | set(weights) | set(roots or {})
        variables = [*sorted(symbols - set(constants), key=str), *line.roots, *line.breaks]
        ring = PolyRing(tuple(variables), QQ.frac_field(*constants) if constants else QQ, lex)
        (numerator, denominator), squares = _fraction(line, place, ring, constants)
        breaks = tuple(range(len(variables) - len(line.breaks), len(variables)))
        relations = {variables.index(t): (n, ring.from_expr(square)) for t, (n, square) in (roots or {}).items()}
        relations |= {variables.index(q): (2, square) for q, square in squares.items()}
        found = cls(tuple(weights), tuple(constants), ring, (), breaks, relations)
        if relations and not any(found._by_relations(denominator).values()):
            raise OutOfReachError("a denominator is identically 0. Look at the loss where it is defined.")
        slopes = (_slope(numerator, denominator, ring.gens[variables.index(w)], squares) for w in weights)
        return dataclasses.replace(found, slopes=tuple(map(found._normal, slopes)))

    def _normal(self, polynomial: Any) -> Any:
        """``polynomial`` with powers of breaks and roots replaced by their relations."""
        terms = self._by_relations(self.with_one_break(polynomial))
        return self.ring.from_dict({monomial: value for monomial, value in terms.items() if value})

    def with_one_break(self, polynomial: Any) -> Any:
        """``polynomial`` with every power of a break replaced by its first."""
        if not self.breaks:
            return polynomial
        total: dict[tuple[int, ...], Any] = {}
        for monomial, coefficient in polynomial.terms():
            powers = list(monomial)
            for place in self.breaks:
                powers[place] = min(powers[place], 1)
            key = tuple(powers)
            total[key] = total.get(key, self.ring.domain.zero) + coefficient
        return self.ring.from_dict({key: value for key, value in total.items() if value})

    def is_unmoved_by(self, matrix: Sequence[Sequence[sp.Expr]], shift: Sequence[sp.Expr]) -> bool:
        r"""Whether the field :math:`A\theta + c` leaves the loss alone: decided, for every pattern of its breaks."""
        places = [self.ring.symbols.index(weight) for weight in self.weights]
        total: dict[tuple[int, ...], Any] = {}
        for slope, row, c in zip(self.slopes, matrix, shift, strict=True):
            for entry, place in [*zip(row, places, strict=True), (c, None)]:
                for powers, factor in self._terms(entry) if entry != 0 else ():
                    for monomial, value in slope.items():
                        key = _raised(_multiplied_by(monomial, powers), place)
                        total[key] = total.get(key, 0) + factor * value
        return not any(self._by_relations(total).values())

    def _terms(self, entry: sp.Expr) -> list[tuple[dict[int, int], Any]]:
        """``entry`` as a polynomial in the roots of numbers: their places with powers, and coefficients."""
        coefficient = self.ring.domain.from_sympy
        held = [place for place in self.roots if self.ring.symbols[place] in entry.free_symbols]
        if not held:
            return [({}, coefficient(entry))]
        terms = sp.Poly(entry, *(self.ring.symbols[place] for place in held)).terms()
        return [(dict(zip(held, powers, strict=True)), coefficient(value)) for powers, value in terms]

    def _by_relations(self, terms: Mapping[tuple[int, ...], Any]) -> dict[tuple[int, ...], Any]:
        """``terms`` with every power of a root of a number below its degree."""
        reduced = dict(terms)
        for place, (n, square) in reversed(self.roots.items()):
            total: dict[tuple[int, ...], Any] = {}
            powers = [self.ring.one]
            for monomial, value in reduced.items():
                times, rest = divmod(monomial[place], n)
                while len(powers) <= times:
                    powers.append(powers[-1] * square)
                below = (*monomial[:place], rest, *monomial[place + 1 :])
                for factor, coefficient in powers[times].items() if times else [(None, 1)]:
                    key = below if factor is None else tuple(map(int.__add__, below, factor))
                    total[key] = total.get(key, self.ring.domain.zero) + value * coefficient
            reduced = total
        return reduced

    def equations(self) -> list[dict[int, Any]]:
        """One equation for each monomial, unknown -> coefficient: the entries of A row by row, then those of c."""
        return list(self.equations_by_monomial().values())

    def equations_by_monomial(self) -> dict[tuple[int, ...], dict[int, Any]]:
        """The :meth:`equations`, by monomial."""
        places = [self.ring.symbols.index(weight) for weight in self.weights]
        n = len(self.weights)
        found: dict[tuple[int, ...], dict[int, Any]] = {}
        for j, slope in enumerate(self.slopes):
            for i, place in [*enumerate(places), (None, None)]:
                unknown = n * n + j if i is None else j * n + i
                for monomial, value in slope.items():
                    found.setdefault(_raised(monomial, place), {})[unknown] = value
        return found


def null_space_by_coefficients(
    losses: Sequence[ExpandedLoss], roots: Mapping[sp.Symbol, sp.Expr] | None = None
) -> list[list[sp.Expr]]:
    """All (A row by row, then c) that solve the :meth:`~ExpandedLoss.equations` of every loss, over their field.

    ``roots`` are the numbers that symbols of the losses stand for.
    """
    n, domain = len(losses[0].weights), losses[0].ring.domain
    unknowns = n * n + n
    if roots:
        domain = _with_roots(losses[0].constants, list(roots.values()))
        found = [row for loss in losses for row in _equations_with_roots(loss, roots, domain)]
    else:
        found = [row for loss in losses for row in loss.equations()]
    if not found:
        return [[sp.Integer(int(i == j)) for j in range(unknowns)] for i in range(unknowns)]
    basis = DomainMatrix(dict(enumerate(found)), (len(found), unknowns), domain).nullspace(divide_last=True)
    if roots and losses[0].constants:
        return [_whole(vector) for vector in basis.to_list()]
    return [[domain.to_sympy(entry) for entry in vector] for vector in basis.to_list()]


def _with_roots(constants: Sequence[sp.Symbol], roots: Sequence[sp.Expr]) -> Any:
    field = QQ.algebraic_field(*roots)
    return field.frac_field(*constants) if constants else field


def _equations_with_roots(loss: ExpandedLoss, roots: Mapping[sp.Symbol, sp.Expr], domain: Any) -> list[dict[int, Any]]:
    """The equations of ``loss`` with the roots of numbers among the coefficients, and no longer in monomials."""
    values = {loss.ring.symbols.index(t): domain.from_sympy(value) for t, value in roots.items()}
    rows: dict[tuple[int, ...], dict[int, Any]] = {}
    for monomial, row in loss.equations_by_monomial().items():
        factor = domain.one
        for place, value in values.items():
            factor = factor * value ** monomial[place]
        key = tuple(0 if place in values else power for place, power in enumerate(monomial))
        at = rows.setdefault(key, {})
        for unknown, coefficient in row.items():
            number = factor * domain.from_sympy(loss.ring.domain.to_sympy(coefficient))
            at[unknown] = at.get(unknown, domain.zero) + number
    return [{unknown: value for unknown, value in row.items() if value} for row in rows.values()]


def _whole(row: Sequence[Any]) -> list[sp.Expr]:
    """The multiple of ``row``, of fractions of polynomials in constants, that has no denominators."""
    for denominator in {entry.denom for entry in row if not entry.denom.is_ground}:
        row = [entry * denominator for entry in row]
    return [entry.numer.quo_ground(entry.denom.LC).as_expr() for entry in row]


def vanishes_for_all_breaks(expression: sp.Expr, breaks: Sequence[sp.Symbol]) -> bool:
    """Whether a rational ``expression`` is 0 wherever each of ``breaks`` is 0 or 1.

    Raises:
        OutOfReachError: it has too many terms.
    """
    line = StraightLine()
    place = line.place(expression)
    variables = tuple(sorted(expression.free_symbols - set(breaks), key=str)) + tuple(breaks)
    ring = PolyRing(variables or (sp.Dummy("unused"),), QQ, lex)
    (numerator, _), _ = _fraction(line, place, ring, ())
    places = tuple(range(len(variables) - len(breaks), len(variables)))
    return not ExpandedLoss((), (), ring, (), places).with_one_break(numerator)


def _raised(monomial: tuple[int, ...], place: int | None) -> tuple[int, ...]:
    if place is None:
        return monomial
    return (*monomial[:place], monomial[place] + 1, *monomial[place + 1 :])


def _multiplied_by(monomial: tuple[int, ...], powers: Mapping[int, int]) -> tuple[int, ...]:
    if not powers:
        return monomial
    raised = list(monomial)
    for place, power in powers.items():
        raised[place] += power
    return tuple(raised)


def _slope(numerator: Any, denominator: Any, generator: Any, squares: Mapping[sp.Symbol, Any]) -> Any:
    """The slope of a fraction times the square of its denominator, and twice each of ``squares``."""
    ring = numerator.ring
    through = [ring.gens[ring.symbols.index(q)] for q in squares]
    _require_few(math.prod(map(len, squares.values())))
    common = math.prod((2 * square for square in squares.values()), start=ring.one)

    def slope(polynomial: Any) -> Any:
        total = common * polynomial.diff(generator)
        for root, square in zip(through, squares.values(), strict=True):
            inner = square.diff(generator)
            if inner:
                _require_few(len(polynomial) * len(inner))
                total += common.exquo(2 * square) * root * inner * polynomial.diff(root)
        _require_few(len(total))
        return total

    if denominator.is_ground:
        return slope(numerator)
    _require_few(len(common) * len(denominator) * len(numerator) // 10)
    return denominator * slope(numerator) - numerator * slope(denominator)


def _require_few(terms: int) -> None:
    if terms > MAX_TERMS:
        raise OutOfReachError(f"the loss has more than {MAX_TERMS} terms when multiplied out.")


def _fraction(
    line: StraightLine, place: int, ring: PolyRing, constants: Sequence[sp.Symbol]
) -> tuple[tuple[Any, Any], dict[sp.Symbol, Any]]:
    """Numerator and denominator of the operation at ``place``; roots Q -> their squares S."""
    known: list[tuple[Any, Any]] = []
    squares: dict[sp.Symbol, Any] = {}
    for p, operation in enumerate(line.operations[: place + 1]):
        operands = [known[o] for o in operation.operands]
        match operation.kind:
            case StepKind.NUMBER:
                known.append((ring(ring.domain.from_sympy(operation.value)), ring.one))
            case StepKind.SYMBOL if operation.value in constants:
                known.append((ring(ring.domain.from_sympy(operation.value)), ring.one))
            case StepKind.SYMBOL:
                known.append((ring.gens[ring.symbols.index(operation.value)], ring.one))
            case StepKind.STEP:
                known.append((ring.gens[ring.symbols.index(line.generators[p])], ring.one))
            case StepKind.ROOT:
                (n, d), generator = operands[0], line.generators[p]
                squares[generator] = n * d
                known.append((ring.gens[ring.symbols.index(generator)], d))
            case StepKind.SUM:
                known.append(_total(operands, ring))
            case StepKind.PRODUCT:
                known.append(_multiplied(operands, ring))
            case StepKind.POWER:
                known.append(_multiplied([operands[0]] * abs(operation.value), ring, invert=operation.value < 0))
        if max(map(len, known[-1])) > MAX_TERMS:
            raise OutOfReachError(f"the loss has more than {MAX_TERMS} terms when multiplied out.")
    numerator, denominator = known[place]
    if not denominator.is_ground and not constants:  # beside constants a common factor costs less than its search
        numerator, denominator = numerator.cancel(denominator)
    held = {q for q in squares if max(part.degree(ring.symbols.index(q)) for part in (numerator, denominator)) > 0}
    return (numerator, denominator), {q: square for q, square in squares.items() if q in held}


def _total(terms: Sequence[tuple[Any, Any]], ring: PolyRing) -> tuple[Any, Any]:
    numerator, denominator = ring.zero, ring.one
    for n, d in terms:
        if d == denominator:
            numerator = numerator + n
        else:
            numerator, denominator = numerator * d + n * denominator, denominator * d
    return numerator, denominator


def _multiplied(factors: Sequence[tuple[Any, Any]], ring: PolyRing, *, invert: bool = False) -> tuple[Any, Any]:
    numerator, denominator = ring.one, ring.one
    for n, d in factors:
        if len(numerator) * len(n) > 10 * MAX_TERMS or len(denominator) * len(d) > 10 * MAX_TERMS:
            raise OutOfReachError(f"the loss has more than {MAX_TERMS} terms when multiplied out.")
        numerator, denominator = numerator * n, denominator * d
    if not invert:
        return numerator, denominator
    if not numerator:
        raise OutOfReachError("a denominator is identically 0. Look at the loss where it is defined.")
    return denominator, numerator
