"""What is found of the affine symmetries of a loss: generators, a bound for their number, charges, their algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.lie_algebra import LieAlgebra, coordinates, exact_kernel
from theory.symmetry.null_space import rational_null_space
from theory.symmetry.sample_losses import Losses
from theory.values import instance


@dataclass(frozen=True)
class AffineSymmetries:
    r"""Affine symmetries of a loss.

    Attributes:
        problem: The losses.
        generators: Linearly independent fields, each of them proved to leave the loss of every sample alone.
        at_most: A bound for the dimension of the space of all such fields, for certain.
        evidence: How both were found, for a reader.

    Example:
        >>> from theory.symmetry import PerSampleLoss, find_affine_symmetries
        >>> u, w, x, y = sp.symbols("u w x y", real=True)
        >>> found = find_affine_symmetries(PerSampleLoss([u, w], (u * w * x - y) ** 2))
        >>> found.is_complete, found.charges
        (True, (u**2/2 - w**2/2,))
    """

    problem: Losses
    generators: tuple[AffineGenerator, ...]
    at_most: int
    evidence: str

    @property
    def dimension(self) -> int:
        """Number of generators that are proved."""
        return len(self.generators)

    @property
    def is_complete(self) -> bool:
        """Whether there are certainly no other affine symmetries than combinations of ``generators``."""
        return self.dimension == self.at_most

    @cached_property
    def charged(self) -> tuple[AffineGenerator, ...]:
        """A basis of the generators with a symmetric matrix: those that carry a charge."""
        if not self.generators:
            return ()
        n = self.generators[0].weights.rows
        curls = [[g.matrix[i, j] - g.matrix[j, i] for g in self.generators] for i in range(n) for j in range(i)]
        curls = [row for row in curls if any(row)]
        if not all(sp.sympify(entry).is_Rational for row in curls for entry in row):
            kernel = exact_kernel(curls)
        else:
            kernel = rational_null_space(curls, self.dimension)
        return tuple(with_whole_entries(self._combination(vector)) for vector in kernel)

    def _combination(self, factors: Sequence[sp.Expr]) -> AffineGenerator:
        first, *rest = self.generators
        return first.combined(factors[0], list(zip(factors[1:], rest, strict=True)))

    @property
    def charges(self) -> tuple[sp.Expr, ...]:
        r"""The charges :math:`\frac12\theta^\top A\theta + c^\top\theta` of :attr:`charged`."""
        return tuple(generator.charge for generator in self.charged)

    @cached_property
    def algebra(self) -> LieAlgebra:
        """The Lie algebra of the generators.

        Raises:
            ShapeError: there are none.
        """
        return LieAlgebra(self.generators)

    def contains(self, generator: AffineGenerator) -> bool:
        """Whether ``generator`` is a combination of the generators."""
        given = instance(generator, AffineGenerator, "generator", "an AffineGenerator").on(self.problem.weights)
        return coordinates(given, self.generators) is not None

    def __str__(self) -> str:
        certainty = "all of them" if self.is_complete else f"at most {self.at_most} exist"
        return f"{self.dimension} affine symmetries, {certainty}, {len(self.charged)} with a charge ({self.evidence})"


def with_whole_entries(generator: AffineGenerator) -> AffineGenerator:
    """The multiple whose entries are whole, without a common factor, and whose first is positive.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> with_whole_entries(AffineGenerator([u, w], sp.diag(-sp.Rational(2, 3), 2))).field.T
        Matrix([[u, -3*w]])
    """
    instance(generator, AffineGenerator, "generator", "an AffineGenerator")
    entries = [entry for entry in generator.entries if entry != 0]
    if not entries:
        return generator
    ratios = [sp.cancel(entry / entries[0]) for entry in entries]
    whole = [sp.cancel(r * sp.lcm_list([sp.fraction(ratio)[1] for ratio in ratios])) for r in ratios]
    scale = sp.cancel(whole[0] / sp.gcd_list(whole) / entries[0])
    return generator.combined(scale, simplify=sp.cancel)
