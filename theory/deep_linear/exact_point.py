r"""A deep linear network at exact weights, numbers or symbols: explicit Jacobians, noise covariance and modes.

The explicit twin of :mod:`numerics.deep_linear`: Kronecker products are formed, and nothing is rounded. With
:math:`C = \Delta\Lambda`, :math:`R = \Delta\Lambda\Delta^\top + \Sigma_q`

.. math::
    J_l = W_{<l}^\top\otimes W_{>l}, \qquad
    \Sigma_{lm} = J_l^\top\big[\Lambda\otimes R + (C^\top\otimes C)K\big]J_m ,

which is Proposition 3.2 for white inputs, :math:`(I\otimes\Delta)(I+K)(I\otimes\Delta)^\top` and the label noise.

References:
    "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Propositions 3.1 to 3.4.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from theory.deep_linear.layers import LayeredLinear
from theory.errors import ShapeError
from theory.gradient_noise.data_law import semidefinite_factor
from theory.matrices.kronecker import Commutation
from theory.values import count, expressions, instance, listed, shown


@dataclass(frozen=True)
class ExactPoint:
    r"""A network with a noisy teacher :math:`y = Mx + \xi`, at one point of weights.

    Attributes:
        network: The architecture.
        teacher: :math:`M`. Shape ``(d_L, d_0)``.
        weights: :math:`W_1, \dots, W_L`, of the shapes of ``network``.
        input_covariance: :math:`\Lambda`; the identity by default.
        label_covariance: :math:`\Sigma_q`; none by default.

    Raises:
        ShapeError: a shape does not fit the widths, or a covariance is not symmetric and positive semidefinite.

    Example:
        >>> w, s, sigma = sp.symbols("w s sigma", positive=True)
        >>> root = [[sp.sqrt(w)]]
        >>> chain = ExactPoint(LayeredLinear((1, 1, 1)), [[s]], (root, root), label_covariance=[[sigma**2]])
        >>> sp.factor(chain.diffusion([1], [1])), sp.factor(chain.ito_drift([1], [1]))
        (4*w**2*(2*s**2 - 4*s*w + sigma**2 + 2*w**2), w*(2*s**2 - 4*s*w + sigma**2 + 2*w**2))
    """

    network: LayeredLinear
    teacher: Any
    weights: Any
    _: KW_ONLY
    input_covariance: Any = None
    label_covariance: Any = None

    def __post_init__(self) -> None:
        network = instance(self.network, LayeredLinear, "network", "a LayeredLinear")
        d_L, d_0 = network.widths[-1], network.widths[0]
        object.__setattr__(self, "teacher", _shaped(self.teacher, (d_L, d_0), "teacher"))
        given = listed(self.weights, "weights")
        if len(given) != network.depth:
            raise ShapeError(f"weights must hold {network.depth} matrices, one a layer, got {len(given)}.")
        pairs = enumerate(zip(given, network.shapes, strict=True))
        object.__setattr__(self, "weights", tuple(_shaped(W, shape, f"weights[{l}]") for l, (W, shape) in pairs))
        defaults = (("input_covariance", d_0, sp.eye(d_0)), ("label_covariance", d_L, sp.zeros(d_L)))
        for name, size, default in defaults:
            value = getattr(self, name)
            matrix = _shaped(default if value is None else value, (size, size), name)
            if matrix != matrix.T:
                raise ShapeError(f"{name} must be symmetric, got {matrix.tolist()}.")
            semidefinite_factor(matrix, name)
            object.__setattr__(self, name, matrix)

    @cached_property
    def factors(self) -> tuple[sp.ImmutableMatrix, ...]:
        r"""The factors :math:`F_l`: :math:`W_l` or :math:`I + W_l`."""
        residual = self.network.residual
        return tuple(W + sp.eye(W.rows) if l in residual else W for l, W in enumerate(self.weights, 1))

    def between(self, top: int, bottom: int) -> sp.ImmutableMatrix:
        r"""The product :math:`F_{top}\cdots F_{bottom}`; the identity where it is empty."""
        bottom = count(bottom, "bottom", at_least=1, at_most=self.network.depth + 1)
        top = count(top, "top", at_least=bottom - 1, at_most=self.network.depth)
        product = sp.ImmutableMatrix(sp.eye(self.network.widths[bottom - 1]))
        for F in self.factors[bottom - 1 : top]:
            product = F * product
        return product

    def above(self, l: int) -> sp.ImmutableMatrix:
        r""":math:`W_{>l}`. Shape ``(d_L, d_l)``."""
        return self.between(self.network.depth, self.network.layer(l, "l") + 1)

    def below(self, l: int) -> sp.ImmutableMatrix:
        r""":math:`W_{<l}`. Shape ``(d_{l-1}, d_0)``."""
        return self.between(self.network.layer(l, "l") - 1, 1)

    @cached_property
    def gap(self) -> sp.ImmutableMatrix:
        r""":math:`\Delta = M - W`."""
        return self.teacher - self.between(self.network.depth, 1)

    def jacobian(self, l: int) -> sp.ImmutableMatrix:
        r""":math:`J_l = W_{<l}^\top\otimes W_{>l}`. Shape ``(d_L d_0, d_l d_{l-1})``."""
        return sp.ImmutableMatrix(sp.kronecker_product(self.below(l).T, self.above(l)))

    def gradient(self, l: int) -> sp.ImmutableMatrix:
        r""":math:`G_l = -W_{>l}^\top\Delta\Lambda W_{<l}^\top + \lambda_lW_l`; zero for a frozen layer."""
        W = self.weights[self.network.layer(l, "l") - 1]
        if l in self.network.frozen:
            return sp.ImmutableMatrix(sp.zeros(*W.shape))
        decay = self.network.weight_decay[l - 1]
        return decay * W - self.above(l).T * self.gap * self.input_covariance * self.below(l).T

    @cached_property
    def signal_covariance(self) -> sp.ImmutableMatrix:
        r"""The covariance :math:`\Lambda\otimes R + (C^\top\otimes C)K` of :math:`\mathrm{vec}\,(y - Wx)x^\top`."""
        d_L, d_0 = self.gap.shape
        C = self.gap * self.input_covariance
        R = C * self.gap.T + self.label_covariance
        crossed = sp.kronecker_product(C.T, C) * Commutation(d_L, d_0).as_explicit()
        return sp.ImmutableMatrix(sp.kronecker_product(self.input_covariance, R) + crossed)

    def covariance_block(self, l: int, m: int) -> sp.ImmutableMatrix:
        r""":math:`\Sigma_{lm}` of one sample; zero where a layer is frozen. Shape ``(d_l d_{l-1}, d_m d_{m-1})``."""
        self.network.layer(m, "m")
        block = self.jacobian(l).T * self.signal_covariance * self.jacobian(m)
        return block * sp.S.Zero if {l, m} & set(self.network.frozen) else block

    def gradient_drift(self, u: Any, v: Any) -> sp.Expr:
        r"""The drift :math:`-\sum_l\langle A_l, G_l\rangle` of :math:`u^\top Wv` under gradient flow."""
        column, row = self._directions(u, v)
        total = sp.S.Zero
        for l in self.network.trained:
            A = self.above(l).T * column * (self.below(l) * row).T
            total -= (A.T * self.gradient(l)).trace()
        return sp.expand(total)

    def diffusion(self, u: Any, v: Any, other: tuple[Any, Any] | None = None) -> sp.Expr:
        r""":math:`a^\top\Sigma a'` of one sample, for :math:`u^\top Wv` and another mode. Times :math:`\eta/b`: D."""
        one = self._directions(u, v)
        if other is not None and not (isinstance(other, list | tuple) and len(other) == 2):
            raise ShapeError(f"other must be a pair of vectors (u, v), got {shown(other)}.")
        two = one if other is None else self._directions(*other, name="other")
        kernel = sp.zeros(self.gap.rows * self.gap.cols)
        for l in self.network.trained:
            kernel += self.jacobian(l) * self.jacobian(l).T
        first, second = (kernel * sp.kronecker_product(q, p) for p, q in (one, two))
        return sp.expand((first.T * self.signal_covariance * second)[0])

    def ito_drift(self, u: Any, v: Any) -> sp.Expr:
        r""":math:`\tfrac12\mathrm{tr}(\Sigma\nabla^2w)` of one sample. Times :math:`\eta/b`: the drift."""
        total = sp.S.Zero
        for l in self.network.trained:
            for m in (m for m in self.network.trained if m < l):
                hessian = self.hessian_block(l, m, u, v)
                total += (self.covariance_block(m, l) * hessian).trace()
        return sp.expand(total)

    def hessian_block(self, l: int, m: int, u: Any, v: Any) -> sp.ImmutableMatrix:
        r"""The block :math:`v^\top W_{<m}^\top\otimes F_{l-1}\cdots F_{m+1}\otimes W_{>l}^\top u` for :math:`l > m`.

        Raises:
            ShapeError: l is not above m.
        """
        if not self.network.layer(l, "l") > self.network.layer(m, "m"):
            raise ShapeError(f"l must be above m, got l={l}, m={m}. Exchange them and transpose.")
        column, row = self._directions(u, v)
        last = sp.kronecker_product(self.between(l - 1, m + 1), self.above(l).T * column)
        return sp.ImmutableMatrix(sp.kronecker_product((self.below(m) * row).T, last))

    def _directions(self, u: Any, v: Any, *, name: str | None = None) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
        rows, columns = self.gap.shape
        return _shaped(u, (rows, 1), name or "u"), _shaped(v, (columns, 1), name or "v")


def _shaped(value: Any, shape: tuple[int, int], name: str) -> sp.ImmutableMatrix:
    matrix = expressions(value, name, real=True)
    if matrix.shape != shape:
        raise ShapeError(f"{name} must have shape {shape} to fit the widths, got {matrix.shape}.")
    return matrix
