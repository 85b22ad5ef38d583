r"""Affine sets of weights, and whether stochastic gradient descent keeps them.

A set :math:`A = \{\theta : N\theta + c = 0\}` is an invariant set of SGD, for every batch size, learning rate and
sequence of mini-batches, iff on :math:`A` every per-sample gradient is a direction of :math:`A`:

.. math::
    N\,\nabla l_i(\theta) = 0 \quad\text{for all } \theta \in A,\ i \le n

Sufficient, because a step is a combination of those gradients; necessary, because a batch may hold the sample
:math:`i` alone. The same computation decides for momentum started at 0.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Definition 3.1, Appendix B.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy as sp

from theory.argument_kinds import EXPRESSION, takes
from theory.decision.zero import ZeroDecision, ZeroKind, decide_zero
from theory.errors import ShapeError, SymbolError
from theory.gradient_noise.data_law import (
    DataLaw,
    FiniteSupport,
    Gaussian,
    NamedMoments,
    Product,
    semidefinite_factor,
)
from theory.gradient_noise.expectation import expectation
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import FiniteSum
from theory.typeset import Typeset
from theory.values import column, distinct_symbols, instance, single_expression


@dataclass(frozen=True)
class AffineSet(Typeset):
    r"""The set where some affine functions of the weights vanish.

    Attributes:
        state: The weights :math:`\theta`, symbols. Shape ``(d, 1)``.
        constraints: :math:`N\theta + c`, which vanish on the set. Shape ``(r, 1)``; redundant ones are allowed.

    Raises:
        ShapeError: a constraint is not affine in the weights, or no weight satisfies all of them.
        SymbolError: ``state`` holds something that is not a symbol.

    Example:
        >>> v, w = sp.symbols("v w")
        >>> diagonal = AffineSet([v, w], [v - w])
        >>> diagonal.dimension, diagonal.projector
        (1, Matrix([
        [1/2, 1/2],
        [1/2, 1/2]]))
    """

    state: sp.ImmutableMatrix
    constraints: sp.ImmutableMatrix

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", distinct_symbols(self.state, "state"))
        object.__setattr__(self, "constraints", column(self.constraints, "constraints"))
        weights = set(self.state)
        for row, constraint in zip(self.normals.tolist(), self.constraints, strict=True):
            if any(entry.free_symbols & weights for entry in row):
                raise ShapeError(f"constraints must be affine in the weights, got {constraint}.")
        reduced, pivots = self._reduced
        if self.state.rows in pivots:
            raise ShapeError(f"no weight satisfies all of constraints {tuple(self.constraints)}; drop one.")

    @cached_property
    def normals(self) -> sp.ImmutableMatrix:
        """The normal vectors :math:`N`, one per row. Shape ``(r, d)``."""
        if not self.constraints.rows:
            return sp.ImmutableMatrix.zeros(0, self.state.rows)
        rows = [(c, c.free_symbols) for c in self.constraints]
        return sp.ImmutableMatrix([[sp.diff(c, w) if w in held else 0 for w in self.state] for c, held in rows])

    @property
    def dimension(self) -> int:
        """Dimension of the set."""
        return self.state.rows - len(self._reduced[1])

    @property
    def projector(self) -> sp.ImmutableMatrix:
        """The orthogonal projector on the directions of the set. Shape ``(d, d)``."""
        reduced, pivots = self._reduced
        rows = reduced[: len(pivots), : self.state.rows]
        identity = sp.eye(self.state.rows)
        normal_part = rows.T * (rows * rows.T).inv() * rows if pivots else sp.zeros(*identity.shape)
        return sp.ImmutableMatrix((identity - normal_part).applyfunc(sp.cancel))

    @property
    def normal_basis(self) -> sp.ImmutableMatrix:
        r"""Orthonormal normal vectors, one per column. Shape ``(d, k)``.

        Example:
            >>> v, w = sp.symbols("v w")
            >>> AffineSet([v, w], [2 * v - 2 * w]).normal_basis.T
            Matrix([[sqrt(2)/2, -sqrt(2)/2]])
        """
        reduced, pivots = self._reduced
        return _orthonormal([reduced[row, : self.state.rows].T for row in range(len(pivots))], self.state.rows)

    @property
    def tangent_basis(self) -> sp.ImmutableMatrix:
        r"""Orthonormal directions of the set, one per column. Shape ``(d, d - k)``."""
        reduced, pivots = self._reduced
        rows = reduced[: len(pivots), : self.state.rows]
        return _orthonormal(rows.nullspace() if pivots else sp.eye(self.state.rows).columnspace(), self.state.rows)

    @property
    def point(self) -> sp.ImmutableMatrix:
        """A point of the set: the one whose free weights are 0. Shape ``(d, 1)``."""
        free = dict.fromkeys(self.state, sp.S.Zero)
        dependent = self.dependent_weights
        return sp.ImmutableMatrix([dependent[w].subs(free) if w in dependent else 0 for w in self.state])

    @property
    def dependent_weights(self) -> dict[sp.Symbol, sp.Expr]:
        """On the set, each dependent weight in terms of the free ones."""
        reduced, pivots = self._reduced
        d = self.state.rows
        return {
            self.state[pivot]: sp.expand(
                -reduced[row, d] - sum(reduced[row, j] * self.state[j] for j in range(pivot + 1, d))
            )
            for row, pivot in enumerate(pivots)
        }

    @takes(expression=EXPRESSION)
    def restrict(self, expression: sp.Expr) -> sp.Expr:
        """``expression`` on the set, in the free weights."""
        if expression.has(sp.Derivative, sp.Subs):
            return expression.subs(self.dependent_weights, simultaneous=True)
        return expression.xreplace(self.dependent_weights)  # the same, and several times faster

    @cached_property
    def _reduced(self) -> tuple[sp.ImmutableMatrix, tuple[int, ...]]:
        """The constraints ``[N | c]`` in reduced row echelon form, and the columns of its pivots."""
        if not self.constraints.rows:
            return sp.ImmutableMatrix.zeros(0, self.state.rows + 1), ()
        origin = dict.fromkeys(self.state, sp.S.Zero)
        offsets = sp.Matrix([constraint.subs(origin) for constraint in self.constraints])
        reduced, pivots = sp.Matrix(self.normals).row_join(offsets).rref()
        return sp.ImmutableMatrix(reduced), pivots

    def _equations(self) -> list[str]:
        return [rf"{sp.latex(constraint)} &= 0" for constraint in self.constraints]


def _orthonormal(vectors: Sequence[sp.MatrixBase], rows: int) -> sp.ImmutableMatrix:
    """Gram and Schmidt's procedure. Shape ``(rows, len(vectors))``."""
    found: list[sp.Matrix] = []
    for vector in vectors:
        rest = sp.Matrix(vector)
        for unit in found:
            rest -= unit.dot(rest) * unit
        rest = rest.applyfunc(sp.cancel)
        found.append((rest / sp.sqrt(sp.cancel(rest.dot(rest)))).applyfunc(sp.radsimp))
    return sp.ImmutableMatrix(sp.Matrix.hstack(*found)) if found else sp.ImmutableMatrix.zeros(rows, 0)


def normal_gradient(affine_set: AffineSet, loss: sp.Expr) -> sp.ImmutableMatrix:
    r"""What of the gradient of one sample's loss leaves the set: :math:`N\nabla l` on it. Shape ``(r, 1)``.

    Only the derivatives along weights that some constraint holds are taken.

    Example:
        >>> v, w = sp.symbols("v w")
        >>> normal_gradient(AffineSet([v, w], [v - w]), (v * w - 1) ** 2)
        Matrix([[0]])
        >>> normal_gradient(AffineSet([v, w], [w]), (v * w - 1) ** 2)
        Matrix([[-2*v]])
    """
    instance(affine_set, AffineSet, "affine_set", "an AffineSet")
    loss = single_expression(loss, "loss")
    rows = [
        sum(
            (slope * _derivative(loss, w) for slope, w in zip(row, affine_set.state, strict=True) if slope != 0),
            sp.S.Zero,
        )
        for row in affine_set.normals.tolist()
    ]
    return sp.ImmutableMatrix(len(rows), 1, [affine_set.restrict(row) for row in rows])


@lru_cache(maxsize=512)
def _derivative(loss: sp.Expr, weight: sp.Symbol) -> sp.Expr:
    """The derivative of one loss, which is asked for by set after set."""
    return sp.diff(loss, weight)


def is_invariant(affine_set: AffineSet, problem: FiniteSum | Model) -> ZeroDecision:
    r"""Whether SGD on ``problem`` keeps the set: :func:`normal_gradient` of every sample is zero.

    Every sample means: each point of a finite support, every point :math:`m + C^{1/2}z` of the support of a Gaussian,
    and, where moments are all that is known, :math:`E|N\nabla l|^2 = 0`, which says the same for almost every sample.

    Args:
        affine_set: The set.
        problem: A list of losses, or a model with its law of the data.

    Raises:
        SymbolError: the two have different weights.
        UnsupportedFormError: moments are all that is known, and the gradient is not polynomial in the data.

    Example:
        >>> theta = sp.Symbol("theta")
        >>> signed = FiniteSum([theta], (theta, -theta))
        >>> print(is_invariant(AffineSet([theta], [theta]), signed).kind)
        nonzero
    """
    instance(affine_set, AffineSet, "affine_set", "an AffineSet")
    weights = instance(problem, FiniteSum | Model, "problem", "a FiniteSum or a Model").weights
    if set(affine_set.state) != set(weights):
        raise SymbolError(
            f"affine_set and problem must have the same weights, got {tuple(affine_set.state)} and {tuple(weights)}."
        )
    if isinstance(problem, FiniteSum):
        parts = [normal_gradient(affine_set, loss) for loss in problem.losses]
        return decide_zero(sp.Matrix.vstack(*map(sp.Matrix, parts)))
    escaping = normal_gradient(affine_set, problem.loss)
    for_every_value = decide_zero(escaping)
    if for_every_value.kind is ZeroKind.ZERO:
        return for_every_value
    if _known_by_moments(problem.law):
        return decide_zero(expectation(sp.expand((escaping.T * escaping)[0]), problem.law))
    samples = [escaping.subs(sample, simultaneous=True) for sample in _support(problem.law)]
    return decide_zero(sp.Matrix.vstack(*map(sp.Matrix, samples)))


def _known_by_moments(law: DataLaw) -> bool:
    return any(isinstance(factor, NamedMoments) for factor in (law.laws if isinstance(law, Product) else (law,)))


def _support(law: DataLaw) -> Iterator[Mapping[sp.Symbol, sp.Expr]]:
    """Substitutions whose values run through the support: numbers, or expressions in free real symbols."""
    match law:
        case FiniteSupport():
            yield from (point for _, point in law.weighted_points)
        case Gaussian():
            root = semidefinite_factor(law.covariance, "covariance")
            values = law.mean + root * sp.Matrix(root.cols, 1, lambda i, _: sp.Dummy(f"z_{i + 1}", real=True))
            yield dict(zip(law.variables, values, strict=True))
        case Product():
            for parts in itertools.product(*map(_support, law.laws)):
                yield {variable: value for part in parts for variable, value in part.items()}
