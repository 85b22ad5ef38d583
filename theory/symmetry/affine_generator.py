r"""Affine vector fields :math:`v(\theta) = A\theta + c`: their flow, bracket, and charge.

The field generates the one-parameter group :math:`\dot\theta_s = A\theta_s + c`. It is a gradient iff its matrix is
symmetric, and then

.. math:: Q(\theta) = \tfrac12\theta^\top A\theta + c^\top\theta, \qquad \nabla Q = v .

(The gradient-noise symmetry paper writes :math:`C = \theta^\top A\theta = 2Q`.) The generator of a rotation,
antisymmetric, has no charge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.argument_kinds import EXPRESSION, EXPRESSIONS, SCALAR, ArgumentKind, takes
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.matrices.exponential import matrix_exponential
from theory.values import Expressions, column, distinct_symbols, expressions, instance, listed, shown, single_expression

_SIMPLIFICATION = ArgumentKind(
    "a function of expressions", lambda value: callable(value) and not isinstance(value, type)
)


@dataclass(frozen=True)
class AffineGenerator:
    r"""The field :math:`v(\theta) = A\theta + c`.

    Attributes:
        weights: :math:`\theta`, symbols. Shape ``(d, 1)``.
        matrix: :math:`A`, without weights in it. Shape ``(d, d)``.
        shift: :math:`c`, 0 unless given. Shape ``(d, 1)``.

    Raises:
        ShapeError: a shape differs from the above.
        SymbolError: an entry holds a weight.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> rescaling = AffineGenerator([u, w], sp.diag(1, -1))
        >>> rescaling.field.T, rescaling.charge
        (Matrix([[u, -w]]), u**2/2 - w**2/2)
    """

    weights: sp.ImmutableMatrix
    matrix: sp.ImmutableMatrix
    shift: sp.ImmutableMatrix = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        weights, A = distinct_symbols(self.weights, "weights"), expressions(self.matrix, "matrix", real=True)
        d = weights.rows
        c = sp.ImmutableMatrix.zeros(d, 1) if self.shift is None else column(self.shift, "shift", real=True)
        if A.shape != (d, d) or c.shape != (d, 1):
            raise ShapeError(
                f"a generator on {d} weights needs matrix.shape=({d}, {d}) and shift.shape=({d}, 1), got {A.shape} and "
                f"{c.shape}. Give a weight that does not move a row of zeros."
            )
        held = (A.free_symbols | c.free_symbols) & set(weights)
        if held:
            raise SymbolError(
                f"matrix and shift must hold no weight, got {sorted(map(str, held))} in them. A field that is not "
                "affine goes into OneParameterSymmetry(problem, field)."
            )
        for name, value in (("weights", weights), ("matrix", A), ("shift", c)):
            object.__setattr__(self, name, value)

    @classmethod
    def of_field(cls, weights: Expressions, field: Expressions) -> AffineGenerator:
        """The generator whose field is ``field``.

        Raises:
            UnsupportedFormError: ``field`` is not affine in the weights.

        Example:
            >>> u, w = sp.symbols("u w", real=True)
            >>> AffineGenerator.of_field([u, w], [u + 1, -w]).shift.T
            Matrix([[1, 0]])
        """
        theta, v = distinct_symbols(weights, "weights"), column(field, "field", real=True)
        if v.rows != theta.rows:
            raise ShapeError(f"field must have one entry per weight, {theta.rows}, got {v.rows}.")
        slopes = v.jacobian(theta).applyfunc(sp.cancel)
        if slopes.free_symbols & set(theta):
            raise UnsupportedFormError(
                f"field must be affine in the weights, got {tuple(v)}. Fields that are not are checked by "
                "OneParameterSymmetry(problem, field)."
            )
        return cls(theta, slopes, (v - slopes * theta).applyfunc(sp.expand))

    @property
    def field(self) -> sp.ImmutableMatrix:
        r"""The field :math:`A\theta + c`. Shape ``(d, 1)``."""
        return sp.ImmutableMatrix(self.matrix * self.weights + self.shift)

    def on(self, weights: Expressions) -> AffineGenerator:
        """The same field, its weights in the order of ``weights``.

        Raises:
            SymbolError: ``weights`` are others.

        Example:
            >>> u, w = sp.symbols("u w", real=True)
            >>> AffineGenerator([w, u], sp.diag(-1, 1)).on([u, w]).field.T
            Matrix([[u, -w]])
        """
        theta = distinct_symbols(weights, "weights")
        if theta == self.weights:
            return self
        if set(theta) != set(self.weights):
            raise SymbolError(
                f"a generator on the weights {tuple(self.weights)} was given where the weights are {tuple(theta)}. "
                "Give a weight that does not move a row of zeros."
            )
        moved = dict(zip(self.weights, self.field, strict=True))
        return AffineGenerator.of_field(theta, [moved[weight] for weight in theta])

    @property
    def is_linear(self) -> bool:
        """Whether :math:`c = 0`."""
        return self.shift.is_zero_matrix is True

    @property
    def is_curl_free(self) -> bool:
        """Whether :math:`A` is symmetric, proved: only then there is a charge."""
        return decide_zero(self.matrix - self.matrix.T).kind is ZeroKind.ZERO

    @property
    def charge(self) -> sp.Expr:
        r"""The charge :math:`Q = \frac12\theta^\top A\theta + c^\top\theta`.

        Raises:
            UnsupportedFormError: the matrix is not symmetric, so that :math:`v` is no gradient.
        """
        self.require_charge()
        return sp.expand((self.weights.T * self.matrix * self.weights)[0] / 2 + (self.shift.T * self.weights)[0])

    def require_charge(self) -> AffineGenerator:
        """Itself, where it has a charge.

        Raises:
            UnsupportedFormError: it has none.
        """
        if not self.is_curl_free:
            curl = self.matrix - self.matrix.T
            i, j = next(
                (i, j) for i in range(curl.rows) for j in range(i) if decide_zero(curl[i, j]).kind is not ZeroKind.ZERO
            )
            raise UnsupportedFormError(
                f"a charge needs a field that is a gradient, but d v_{self.weights[i]}/d {self.weights[j]} - "
                f"d v_{self.weights[j]}/d {self.weights[i]} = {curl[i, j]}. Rotations conserve nothing of their own; "
                "the symmetric generators among the symmetries are AffineSymmetries.charged."
            )
        return self

    def flow(self, parameter: sp.Expr) -> sp.ImmutableMatrix:
        r"""The point :math:`\theta_s` that the field carries :math:`\theta` to in time s. Shape ``(d, 1)``.

        Example:
            >>> u, w, s = sp.symbols("u w s", real=True)
            >>> AffineGenerator([u, w], sp.diag(1, -1)).flow(s).T
            Matrix([[u*exp(s), w*exp(-s)]])
        """
        s, d = single_expression(parameter, "parameter"), self.weights.rows
        joint = sp.zeros(d + 1)
        joint[:d, :d], joint[:d, d] = self.matrix, self.shift
        carried = matrix_exponential(joint, s) * sp.Matrix([*self.weights, 1])
        return sp.ImmutableMatrix(carried[:d, 0])

    def bracket(self, other: AffineGenerator) -> AffineGenerator:
        r"""The Lie bracket :math:`[v, w] = (\nabla w)v - (\nabla v)w`, the field of :math:`(BA - AB,\; Ba - Ab)`.

        Example:
            >>> u, w = sp.symbols("u w", real=True)
            >>> squeeze, turn = AffineGenerator([u, w], sp.diag(1, -1)), AffineGenerator([u, w], [[0, 1], [-1, 0]])
            >>> squeeze.bracket(turn).matrix
            Matrix([
            [ 0, -2],
            [-2,  0]])
        """
        self._require_same_weights(other)
        (A, a), (B, b) = (self.matrix, self.shift), (other.matrix, other.shift)
        return AffineGenerator(self.weights, (B * A - A * B).applyfunc(sp.expand), (B * a - A * b).applyfunc(sp.expand))

    @takes(factor=EXPRESSION, simplify=_SIMPLIFICATION)
    def combined(
        self,
        factor: sp.Expr,
        others: Sequence[tuple[sp.Expr, AffineGenerator]] = (),
        *,
        simplify: Callable[[sp.Expr], sp.Expr] = sp.expand,
    ) -> AffineGenerator:
        """``factor`` times this generator plus factors times ``others``, each entry as ``simplify`` writes it."""
        A, c = factor * self.matrix, factor * self.shift
        for pair in listed(others, "others"):
            if not isinstance(pair, list | tuple) or len(pair) != 2 or not SCALAR.admits(pair[0]):
                raise ShapeError(f"others must hold pairs of an expression and a generator, got {shown(pair)}.")
            coefficient, other = pair
            self._require_same_weights(other)
            A, c = A + coefficient * other.matrix, c + coefficient * other.shift
        A, c = A.applyfunc(simplify), c.applyfunc(simplify)
        if not EXPRESSIONS.admits([*A, *c]):
            raise ShapeError(f"simplify must return finite expressions, got {shown([*A, *c])}.")
        return AffineGenerator(self.weights, A, c)

    @property
    def entries(self) -> list[sp.Expr]:
        """The entries of :math:`A`, row by row, then those of :math:`c`."""
        return [*self.matrix, *self.shift]

    def _require_same_weights(self, other: AffineGenerator) -> None:
        instance(other, AffineGenerator, "other", "an AffineGenerator")
        if other.weights != self.weights:
            raise SymbolError(
                f"two generators must act on the same weights in the same order, got {tuple(self.weights)} and "
                f"{tuple(other.weights)}."
            )

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle v(\theta) = {sp.latex(self.field)}$"
