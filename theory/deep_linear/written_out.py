r"""Small deep linear networks written out: derivatives by differentiation, means over the data by Isserlis' theorem.

Weights are stacked as on paper, :math:`\theta = (\mathrm{vec}\,W_1; \dots; \mathrm{vec}\,W_L)`, vec by columns. No
product of Kronecker factors and no formula of a covariance enters: the loss of one sample
:math:`\tfrac12|Mx + \xi - Wx|^2` is differentiated by every weight, and its derivatives are averaged over
:math:`x \sim N(0, \Lambda)` and :math:`\xi \sim N(0, \Sigma_q)`. That makes this the slow and independent route: for
networks of a dozen weights.

References:
    "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Sections 2 and 3 for the notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.errors import ShapeError
from theory.gradient_noise.data_law import DataLaw, Gaussian, semidefinite_factor
from theory.gradient_noise.expectation import covariance, expectation
from theory.values import Expressions, count, expressions, listed, shown, single_expression

MOST_WEIGHTS = 64
"""More weights are not written out."""


def vec(matrix: Expressions) -> sp.ImmutableMatrix:
    """The columns of a matrix, one below the other. Shape ``(rows * columns, 1)``.

    Example:
        >>> vec([[1, 2], [3, 4]]).T
        Matrix([[1, 3, 2, 4]])
    """
    return sp.ImmutableMatrix(list(expressions(matrix, "matrix").T))


def commutation_matrix(size: int) -> sp.ImmutableMatrix:
    r"""The matrix C with :math:`C\,\mathrm{vec}(A) = \mathrm{vec}(A^\top)` for square A of this size.

    Example:
        >>> A = sp.Matrix(2, 2, sp.symbols("a:4"))
        >>> commutation_matrix(2) * vec(A) == vec(A.T)
        True
    """
    n = count(size, "size", at_least=1, at_most=MOST_WEIGHTS)
    places = {(i * n + j, j * n + i) for i in range(n) for j in range(n)}
    return sp.ImmutableMatrix(n * n, n * n, lambda i, j: int((i, j) in places))


@dataclass(frozen=True)
class WrittenNetwork:
    r"""A deep linear network, its teacher and its data, with every weight an expression.

    Attributes:
        layers: :math:`W_1, \dots, W_L`.
        teacher: :math:`M`. Shape ``(d_L, d_0)``.
        label_covariance: :math:`\Sigma_q`. Shape ``(d_L, d_L)``.
        input_covariance: :math:`\Lambda`; the identity by default. Shape ``(d_0, d_0)``.

    Modes are read by vectors u of ``d_L`` and v of ``d_0`` entries: :math:`w = u^\top Wv`.

    Raises:
        ShapeError: layers that do not chain, a teacher or a covariance of another shape, a covariance that is not
            symmetric or, where it holds numbers alone, not positive semidefinite; too many weights.

    Example:
        >>> u, v, M, s = sp.symbols("u v M s", positive=True)
        >>> network = WrittenNetwork([[[u]], [[v]]], [[M]], [[s**2]])
        >>> network.gradient(1)
        Matrix([[-M*v + u*v**2]])
    """

    layers: tuple[sp.ImmutableMatrix, ...]
    teacher: sp.ImmutableMatrix
    label_covariance: sp.ImmutableMatrix
    input_covariance: sp.ImmutableMatrix | None = None

    def __post_init__(self) -> None:
        layers = tuple(expressions(W, f"layers[{i}]") for i, W in enumerate(listed(self.layers, "layers")))
        if not layers or any(low.rows != high.cols for low, high in zip(layers, layers[1:], strict=False)):
            raise ShapeError(f"layers must chain, got the shapes {[W.shape for W in layers]}. Write W_1 first.")
        if sum(len(W) for W in layers) > MOST_WEIGHTS:
            raise ShapeError(f"layers must hold at most {MOST_WEIGHTS} weights, got {sum(map(len, layers))}.")
        d_0, d_L = layers[0].cols, layers[-1].rows
        given = sp.eye(d_0) if self.input_covariance is None else self.input_covariance
        shaped = (
            ("teacher", self.teacher, (d_L, d_0)),
            ("label_covariance", self.label_covariance, (d_L, d_L)),
            ("input_covariance", given, (d_0, d_0)),
        )
        object.__setattr__(self, "layers", layers)
        for name, value, shape in shaped:
            matrix = expressions(value, name)
            if matrix.shape != shape:
                raise ShapeError(
                    f"{name} must have shape {shape} for {d_0} inputs and {d_L} outputs, got {matrix.shape}."
                )
            if name != "teacher":
                _require_covariance(matrix, name)
            object.__setattr__(self, name, matrix)

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.layers)

    @cached_property
    def map(self) -> sp.Matrix:
        """The product W of all layers."""
        return _product(self.layers, self.layers[0].cols)

    @cached_property
    def gap(self) -> sp.Matrix:
        r""":math:`\Delta = M - W`."""
        return (self.teacher - self.map).applyfunc(sp.expand)

    def above(self, l: int) -> sp.Matrix:
        r""":math:`W_{>l}`, the product of the layers above."""
        return _product(self.layers[self._layer(l) :], self.layers[l - 1].rows)

    def below(self, l: int) -> sp.Matrix:
        r""":math:`W_{<l}`, the product of the layers below."""
        return _product(self.layers[: self._layer(l) - 1], self.layers[0].cols)

    def jacobian(self, l: int) -> sp.Matrix:
        r"""The derivatives of :math:`\mathrm{vec}\,W` by the weights of a layer. Shape ``(d_L d_0, d_l d_{l-1})``."""
        moving, at = self._moving
        return sp.Matrix(vec(self._moved_map)).jacobian(vec(moving[self._layer(l) - 1])).xreplace(at)

    def sample_gradient(self, *layers: int) -> sp.Matrix:
        """The gradient of the loss of one sample by the weights of some layers, all by default."""
        x, xi, _ = self._sample
        residual = self.teacher * x + xi - self._moved_map * x
        loss = residual.dot(residual) / 2
        return sp.Matrix([sp.diff(loss, weight).xreplace(self._moving[1]) for weight in self._weights(layers)])

    def gradient(self, *layers: int) -> sp.Matrix:
        """The gradient of the population loss by the weights of some layers, all by default."""
        return self.sample_gradient(*layers).applyfunc(self.mean)

    def covariance_block(self, l: int, m: int) -> sp.Matrix:
        r"""The covariance :math:`\Sigma_{lm}` of the gradients of one sample by two layers."""
        l, m = self._layer(l), self._layer(m)
        gradients = self.sample_gradient(*([l] if l == m else [l, m]))
        whole = covariance(gradients, self._sample[2])
        return sp.Matrix(whole[: len(self._weights([l])), -len(self._weights([m])) :])

    def mean(self, value: sp.Expr) -> sp.Expr:
        """The mean of a polynomial in inputs and label noise, ``x_1, ...`` and ``xi_1, ...``."""
        return expectation(single_expression(value, "value"), self._sample[2])

    def sensitivity(self, u: Expressions, v: Expressions, *layers: int) -> sp.Matrix:
        """The derivatives of an amplitude by the weights of some layers, all by default."""
        amplitude = self._amplitude(u, v)
        return sp.Matrix([sp.diff(amplitude, weight).xreplace(self._moving[1]) for weight in self._weights(layers)])

    def hessian_block(self, u: Expressions, v: Expressions, l: int, m: int) -> sp.Matrix:
        """The second derivatives of an amplitude by the weights of two layers."""
        amplitude, rows, columns = self._amplitude(u, v), self._weights([l]), self._weights([m])
        return sp.Matrix([[sp.diff(amplitude, p, q).xreplace(self._moving[1]) for q in columns] for p in rows])

    def gradient_drift(self, u: Expressions, v: Expressions) -> sp.Expr:
        """The drift of an amplitude under gradient flow."""
        return sp.expand(-self.sensitivity(u, v).dot(self.gradient()))

    def ito_drift(self, u: Expressions, v: Expressions) -> sp.Expr:
        r"""The drift :math:`\tfrac12\mathrm{tr}(\Sigma\nabla^2w)` of an amplitude at :math:`\eta/b = 1`."""
        layers = range(1, self.depth + 1)
        hessian = sp.Matrix(sp.BlockMatrix([[self.hessian_block(u, v, l, m) for m in layers] for l in layers]))
        noise, mean = self.sample_gradient(), self.gradient()
        return sp.expand((self.mean(sp.expand((noise.T * hessian * noise)[0])) - (mean.T * hessian * mean)[0]) / 2)

    def covariation(self, first: tuple[Expressions, Expressions], second: tuple[Expressions, Expressions]) -> sp.Expr:
        r"""The covariation :math:`a^\top\Sigma a'` of two amplitudes at :math:`\eta/b = 1`, each a pair (u, v)."""
        noise = self.sample_gradient()
        modes = [listed(first, "first"), listed(second, "second")]
        for name, mode in zip(("first", "second"), modes, strict=True):
            if len(mode) != 2:
                raise ShapeError(f"{name} must be a pair (u, v) of vectors, got {shown(mode)}.")
        one, two = (self.sensitivity(*mode).dot(noise) for mode in modes)
        return sp.expand(self.mean(sp.expand(one * two)) - self.mean(one) * self.mean(two))

    def _layer(self, l: int) -> int:
        return count(l, "layer", at_least=1, at_most=self.depth)

    def _weights(self, layers: Sequence[int]) -> list[sp.Symbol]:
        chosen = [count(l, "layers", at_least=1, at_most=self.depth) for l in layers] or range(1, self.depth + 1)
        return [weight for l in chosen for weight in vec(self._moving[0][l - 1])]

    def _amplitude(self, u: Expressions, v: Expressions) -> sp.Expr:
        left, right = expressions(u, "u"), expressions(v, "v")
        if (left.shape, right.shape) != ((self.map.rows, 1), (self.map.cols, 1)):
            raise ShapeError(f"u and v must have {self.map.rows} and {self.map.cols} entries, got {left}, {right}.")
        return (left.T * self._moved_map * right)[0]

    @cached_property
    def _moving(self) -> tuple[tuple[sp.Matrix, ...], Mapping[sp.Symbol, sp.Expr]]:
        """Layers of symbols, which are differentiated by, and where they stand."""
        made = tuple(sp.Matrix(W.rows, W.cols, lambda i, j: sp.Dummy(f"omega_{i}{j}", real=True)) for W in self.layers)
        pairs = (zip(X, W, strict=True) for X, W in zip(made, self.layers, strict=True))
        return made, {weight: value for pair in pairs for weight, value in pair}

    @cached_property
    def _moved_map(self) -> sp.Matrix:
        return _product(self._moving[0], self.layers[0].cols)

    @cached_property
    def _sample(self) -> tuple[sp.Matrix, sp.Matrix, DataLaw]:
        """Input and label noise of a sample, and their law."""
        x = sp.Matrix(sp.symbols(f"x_1:{self.map.cols + 1}", real=True))
        xi = sp.Matrix(sp.symbols(f"xi_1:{self.map.rows + 1}", real=True))
        spread = sp.diag(self.input_covariance, self.label_covariance)
        return x, xi, Gaussian([*x, *xi], [0] * spread.rows, spread)


def written_network(*widths: int) -> WrittenNetwork:
    r"""A network of widths :math:`d_0, \dots, d_L` with a symbol for every weight.

    The gap :math:`\Delta = M - W` has symbols ``Delta_ij``, the label covariance ``q_ij``, layer l ``Wl_ij``.

    Raises:
        ShapeError: fewer than two widths.

    Example:
        >>> network = written_network(1, 1, 1)
        >>> network.covariance_block(1, 2)
        Matrix([[2*Delta_11**2*W1_11*W2_11 + W1_11*W2_11*q_11]])
    """
    widths = tuple(count(width, "widths", at_least=1, at_most=MOST_WEIGHTS) for width in widths)
    if len(widths) < 2:
        raise ShapeError(f"widths must hold at least 2 numbers, inputs and outputs, got {widths}.")
    layers = tuple(
        sp.Matrix(rows, columns, lambda i, j, l=l: sp.Symbol(f"W{l}_{i + 1}{j + 1}", real=True))
        for l, (columns, rows) in enumerate(zip(widths, widths[1:], strict=False), 1)
    )
    inputs, outputs = widths[0], widths[-1]
    gap = sp.Matrix(outputs, inputs, lambda i, j: sp.Symbol(f"Delta_{i + 1}{j + 1}", real=True))
    labels = sp.Matrix(outputs, outputs, lambda i, j: sp.Symbol(f"q_{min(i, j) + 1}{max(i, j) + 1}", real=True))
    return WrittenNetwork(layers, _product(layers, inputs) + gap, labels)


def _require_covariance(matrix: sp.ImmutableMatrix, name: str) -> None:
    """Raise ``ShapeError`` unless ``matrix`` is symmetric and, without symbols, positive semidefinite."""
    if matrix != matrix.T:
        raise ShapeError(f"{name} must be symmetric, got {matrix.tolist()}. Give (A + A.T) / 2.")
    if not matrix.free_symbols:
        semidefinite_factor(matrix, name)


def _product(factors: Sequence[sp.MatrixBase], size: int) -> sp.Matrix:
    """The product of layers, the last one leftmost; the identity of this size if there are none."""
    total = sp.eye(size)
    for factor in factors:
        total = factor * total
    return total
