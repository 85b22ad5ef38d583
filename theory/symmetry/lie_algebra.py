r"""The Lie algebra that affine generators span: structure constants, closure, centre, Killing form.

.. math:: [v_i, v_j] = \sum_kf_{ij}{}^k\,v_k, \qquad K_{ij} = \sum_{kl}f_{ik}{}^lf_{jl}{}^k

All symmetries of a loss form a Lie algebra. The generators that carry charges do not, in general: the bracket of two
symmetric matrices is antisymmetric, so two charges that do not commute force a rotation, which carries none.

References:
    Hall, *Lie Groups, Lie Algebras, and Representations* (2015), chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from theory.argument_kinds import EXPRESSIONS, ArgumentKind, takes
from theory.errors import ShapeError, UnsupportedFormError
from theory.symmetry.affine_generator import AffineGenerator
from theory.values import count, instance, listed


@dataclass(frozen=True)
class LieAlgebra:
    r"""The span of linearly independent generators.

    Attributes:
        generators: :math:`v_1, \dots, v_m`, all on the same weights.

    Raises:
        ShapeError: the generators are linearly dependent, or none are given.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> move, grow = AffineGenerator([u, w], sp.zeros(2), [1, 0]), AffineGenerator([u, w], sp.eye(2))
        >>> algebra = LieAlgebra((move, grow))
        >>> algebra.is_closed, algebra.is_abelian, algebra.bracket_coordinates(0, 1)
        (True, False, (1, 0))
    """

    generators: tuple[AffineGenerator, ...]

    def __post_init__(self) -> None:
        generators = tuple(
            instance(g, AffineGenerator, "generators", "AffineGenerators")
            for g in listed(self.generators, "generators")
        )
        object.__setattr__(self, "generators", generators)
        if not generators:
            raise ShapeError("generators must hold at least one generator, got none.")
        if linear_rank(generators) < len(generators):
            raise ShapeError(
                f"generators must be linearly independent, got {len(generators)} that span {linear_rank(generators)} "
                "dimensions. Leave out those that the others give."
            )

    @property
    def dimension(self) -> int:
        """The number of generators."""
        return len(self.generators)

    def bracket_coordinates(self, i: int, j: int) -> tuple[sp.Expr, ...] | None:
        r"""The structure constants :math:`f_{ij}{}^1, \dots, f_{ij}{}^m`; None if the bracket lies outside the span."""
        most = self.dimension - 1
        return self._coordinates[count(i, "i", at_most=most)][count(j, "j", at_most=most)]

    @cached_property
    def _coordinates(self) -> list[list[tuple[sp.Expr, ...] | None]]:
        m = self.dimension
        upper = {
            (i, j): coordinates(self.generators[i].bracket(self.generators[j]), self.generators)
            for i in range(m)
            for j in range(i + 1, m)
        }
        zero = tuple([sp.S.Zero] * m)

        def entry(i: int, j: int) -> tuple[sp.Expr, ...] | None:
            if i == j:
                return zero
            found = upper[min(i, j), max(i, j)]
            return found if i < j or found is None else tuple(-f for f in found)

        return [[entry(i, j) for j in range(m)] for i in range(m)]

    @property
    def is_closed(self) -> bool:
        """Whether every bracket lies in the span."""
        return all(found is not None for row in self._coordinates for found in row)

    @property
    def is_abelian(self) -> bool:
        """Whether all brackets vanish."""
        return all(found is not None and not any(found) for row in self._coordinates for found in row)

    @property
    def structure_constants(self) -> tuple[tuple[tuple[sp.Expr, ...], ...], ...]:
        r""":math:`f_{ij}{}^k` as ``structure_constants[i][j][k]``.

        Raises:
            UnsupportedFormError: the span is not closed; :meth:`closure` is.
        """
        if not self.is_closed:
            raise UnsupportedFormError(
                "structure constants need a span that is closed under brackets, and this one is not. "
                "Take closure() first."
            )
        return tuple(tuple(found for found in row if found is not None) for row in self._coordinates)

    @property
    def derived_dimension(self) -> int:
        """The dimension of the span of all brackets."""
        f = self.structure_constants
        return sp.Matrix([f[i][j] for i in range(self.dimension) for j in range(self.dimension)]).rank()

    @property
    def centre_dimension(self) -> int:
        """The dimension of the space of generators whose brackets with all others vanish."""
        f, m = self.structure_constants, self.dimension
        return m - sp.Matrix([[f[i][j][k] for i in range(m)] for j in range(m) for k in range(m)]).rank()

    @property
    def killing_form(self) -> sp.ImmutableMatrix:
        r"""The Killing form :math:`K`. Shape ``(m, m)``."""
        f, m = self.structure_constants, self.dimension
        adjoint = [sp.Matrix(m, m, lambda l, k, i=i: f[i][k][l]) for i in range(m)]
        return sp.ImmutableMatrix(m, m, lambda i, j: (adjoint[i] * adjoint[j]).trace())

    @property
    def is_semisimple(self) -> bool:
        """Whether the Killing form is regular (Cartan's criterion)."""
        return self.killing_form.rank() == self.dimension

    def closure(self) -> LieAlgebra:
        """The smallest algebra that holds the generators, with brackets appended until none is new."""
        found = list(self.generators)
        i = 1
        while i < len(found):
            for j in range(i):
                new = found[j].bracket(found[i])
                if coordinates(new, found) is None:
                    found.append(new)
            i += 1
        return LieAlgebra(tuple(found))


EXPRESSION_ROWS = ArgumentKind(
    "a sequence of rows of expressions, of one length, not empty",
    lambda rows: (
        isinstance(rows, list | tuple) and all(map(EXPRESSIONS.holds, rows)) and len({len(row) for row in rows}) == 1
    ),
)


def linear_rank(generators: Sequence[AffineGenerator]) -> int:
    """The dimension of the span of ``generators``."""
    return _matrix([g.entries for g in generators]).rank() if generators else 0


def coordinates(generator: AffineGenerator, basis: Sequence[AffineGenerator]) -> tuple[sp.Expr, ...] | None:
    """The coordinates of ``generator`` in ``basis``, linearly independent; None if it lies outside their span."""
    if not basis:
        return () if not any(generator.entries) else None
    columns = _matrix([*(g.entries for g in basis), generator.entries]).transpose().to_field()
    reduced, pivots = columns.rref()
    m = len(basis)
    if m in pivots:
        return None
    domain, table = reduced.domain, reduced.to_list()
    return tuple(domain.to_sympy(table[i][m]) for i in range(m))


@takes(rows=EXPRESSION_ROWS)
def exact_kernel(rows: Sequence[Sequence[sp.Expr]]) -> list[list[sp.Expr]]:
    """A basis of the vectors that a matrix of rational functions, with square roots of numbers, takes to 0."""
    kernel = _matrix(rows).nullspace()
    return [[kernel.domain.to_sympy(entry) for entry in vector] for vector in kernel.to_list()]


@takes(entries=EXPRESSIONS)
def normal_entries(entries: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Rational functions, with square roots of numbers, in the normal form of the field that they span.

    Example:
        >>> normal_entries([1 / (sp.sqrt(2) - 1) - sp.sqrt(2)])
        [1]
    """
    domain, flat = construct_domain(list(entries), field=True, extension=True)
    return [domain.to_sympy(entry) for entry in flat]


def _matrix(rows: Sequence[Sequence[sp.Expr]]) -> DomainMatrix:
    domain, flat = construct_domain([entry for row in rows for entry in row], field=True, extension=True)
    width = len(rows[0])
    table = [list(flat[i * width : (i + 1) * width]) for i in range(len(rows))]
    return DomainMatrix(table, (len(rows), width), domain)
