r"""The minimum that label noise selects, its mean and its variance, in closed form for every depth.

For :math:`y = Mx + \xi` with inputs and label noise whose covariances are diagonal in the singular frames of
:math:`M = U\,\mathrm{diag}(s)\,V^\top` (:math:`\lambda_\alpha` along :math:`v_\alpha`, :math:`q_\alpha` along
:math:`u_\alpha`), the slow flow of SGD among the minima :math:`W_L\cdots W_1 = M` descends

.. math::
    \Phi = \sum_l\mathrm{tr}(W_{>l}^\top\Sigma_qW_{>l})\,\mathrm{tr}(W_{<l}\Lambda W_{<l}^\top) .

In aligned layers of singular values :math:`w_{l,\alpha}`, :math:`\prod_lw_{l,\alpha} = s_\alpha`, it is convex in
:math:`\ln w`; what differs between neighbouring layers in the conditions of stationarity is

.. math::
    q_\alpha\Big(\prod_{j>l}w_{j,\alpha}^2\Big)B_l = \lambda_\alpha\Big(\prod_{j\le l}w_{j,\alpha}^2\Big)A_{l+1},
    \qquad A_l = \mathrm{tr}(W_{>l}^\top\Sigma_qW_{>l}), \quad B_l = \mathrm{tr}(W_{<l}\Lambda W_{<l}^\top),

so :math:`\prod_{j>l}w_{j,\alpha}^2 = \gamma_l\,s_\alpha\sqrt{\lambda_\alpha/q_\alpha}` with a geometric sequence
:math:`\gamma_l`: all inner layers are one multiple of the identity. With :math:`S = \sum_\alpha s_\alpha\sqrt{
\lambda_\alpha q_\alpha}` and :math:`g = (\mathrm{tr}\Lambda\,\mathrm{tr}\Sigma_q/S^2)^{1/L}`

.. math::
    w_{l,\alpha}^2 = \frac1g \ (1 < l < L), \qquad
    w_{1,\alpha}^2 = \frac{s_\alpha\,\mathrm{tr}\Lambda}{Sg}\sqrt{\frac{q_\alpha}{\lambda_\alpha}}, \qquad
    w_{L,\alpha}^2 = \frac{s_\alpha\,\mathrm{tr}\Sigma_q}{Sg}\sqrt{\frac{\lambda_\alpha}{q_\alpha}}, \qquad
    \Phi_* = L\,S^2g .

To first order in :math:`\beta = \eta/b`, for SGD and for its SDE,

.. math::
    \mathrm{Var}\,w_{\alpha\gamma} = \tfrac\beta2\,q_\alpha\,\kappa_{\alpha\gamma}, \qquad
    E[w_\alpha] - s_\alpha = -\frac\beta{4\lambda_\alpha}\frac{\partial\Phi_*}{\partial s_\alpha} .

The mean lies *below* s. It follows from the mean drift of a mode: its noise-induced part cancels against the covariance
of gap and sensitivity, and what is left is the derivative of :math:`\Phi` along the sensitivity of the mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from theory.errors import DimensionError, ShapeError
from theory.values import count, listed, shown, single_expression

ROUNDING = sp.Rational(1, 10**9)
"""A trace below its modes by this fraction is taken as rounding of a sum of floats."""


@dataclass(frozen=True)
class LabelNoiseMinimum:
    r"""The minimum that label noise selects, for modes of known spectra, in layers at least as wide as there are modes.

    Where a layer is narrower, ask :func:`numerics.deep_linear.selected_minimum`.

    Attributes:
        depth: L, at least 2, a number or a symbol.
        singular_values: :math:`s_\alpha > 0` of the teacher, those that do not vanish.
        input_variances: :math:`\lambda_\alpha > 0`, one a mode; 1 by default.
        label_variances: :math:`q_\alpha > 0`, one a mode; a single number or symbol stands for all.
        input_trace: :math:`\mathrm{tr}\,\Lambda` over all inputs; :math:`d_0` for white inputs.
        label_trace: :math:`\mathrm{tr}\,\Sigma_q` over all outputs; :math:`d_L\sigma^2` for equal noise.

    Raises:
        ShapeError: no singular value, numbers that do not match them, a value that is not positive, or a
            trace below the sum over the modes.
        DimensionError: a depth below 2: one layer has one minimum.

    Example:
        >>> s, sigma = sp.symbols("s sigma", positive=True)
        >>> chain = LabelNoiseMinimum(3, [s], label_variances=sigma**2, input_trace=1, label_trace=sigma**2)
        >>> chain.variance(0), chain.mean_shift(0)
        (3*s**(4/3)*sigma**2/2, -s**(1/3)*sigma**2)
    """

    depth: Any
    singular_values: Sequence[Any]
    _: KW_ONLY
    input_variances: Any = 1
    label_variances: Any
    input_trace: Any
    label_trace: Any

    def __post_init__(self) -> None:
        depth = single_expression(self.depth, "depth", real=True)
        if depth.is_number and not (depth.is_Integer and depth >= 2):
            raise DimensionError(
                f"depth must be a whole number from 2 on, or a symbol, got {shown(depth)}. "
                "One layer has a single minimum and nothing to select."
            )
        values = _positive(self.singular_values, "singular_values")
        if not values:
            raise ShapeError("singular_values must hold at least one number, got none.")
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "singular_values", values)
        for name in ("input_variances", "label_variances"):
            given = getattr(self, name)
            several = given if isinstance(given, list | tuple | sp.MatrixBase) else [given] * len(values)
            entries = _positive(several, name)
            if len(entries) != len(values):
                raise ShapeError(f"{name} must hold one number for each of {len(values)} modes, got {len(entries)}.")
            object.__setattr__(self, name, entries)
        for name in ("input_trace", "label_trace"):
            object.__setattr__(self, name, _positive([getattr(self, name)], name)[0])
        for trace, entries in (("input_trace", "input_variances"), ("label_trace", "label_variances")):
            total, least = getattr(self, trace), sp.Add(*getattr(self, entries))
            if (total * (1 + ROUNDING) - least).is_negative:
                raise ShapeError(
                    f"{trace} must be at least the sum {shown(least)} of {entries}, one a mode, got {shown(total)}. "
                    "It runs over all directions, those without a mode too."
                )

    @cached_property
    def strength(self) -> sp.Expr:
        r""":math:`S = \sum_\alpha s_\alpha\sqrt{\lambda_\alpha q_\alpha}`."""
        modes = zip(self.singular_values, self.input_variances, self.label_variances, strict=True)
        return sp.Add(*(s * sp.sqrt(l * q) for s, l, q in modes))

    @cached_property
    def ratio(self) -> sp.Expr:
        r""":math:`g = (\mathrm{tr}\Lambda\,\mathrm{tr}\Sigma_q/S^2)^{1/L}`."""
        return (self.input_trace * self.label_trace / self.strength**2) ** (1 / self.depth)

    @property
    def potential(self) -> sp.Expr:
        r""":math:`\Phi_* = L\,S^2g`, the least trace of the gradient noise on the manifold."""
        return self.depth * self.strength**2 * self.ratio

    @property
    def inner_layers(self) -> sp.Expr:
        r""":math:`w_{l,\alpha}^2 = 1/g` of every layer that is neither first nor last."""
        return 1 / self.ratio

    def first_layer(self, alpha: int) -> sp.Expr:
        r""":math:`w_{1,\alpha}^2`."""
        s, l, q = self._mode(alpha)
        return s * self.input_trace * sp.sqrt(q / l) / (self.strength * self.ratio)

    def last_layer(self, alpha: int) -> sp.Expr:
        r""":math:`w_{L,\alpha}^2`."""
        s, l, q = self._mode(alpha)
        return s * self.label_trace * sp.sqrt(l / q) / (self.strength * self.ratio)

    def kernel(self, alpha: int, gamma: int | None = None) -> sp.Expr:
        r""":math:`\kappa_{\alpha\gamma} = \sum_l\prod_{j>l}w_{j,\alpha}^2\prod_{j<l}w_{j,\gamma}^2`.

        .. math::
            \kappa_{\alpha\gamma} = g\Big[\frac{s_\alpha r_\alpha S}{\mathrm{tr}\Lambda}
            + \frac{s_\gamma S}{r_\gamma\,\mathrm{tr}\Sigma_q} + (L-2)\,s_\alpha s_\gamma\frac{r_\alpha}{r_\gamma}\Big],
            \qquad r_\alpha = \sqrt{\lambda_\alpha/q_\alpha}
        """
        s, l, q = self._mode(alpha)
        s2, l2, q2 = (s, l, q) if gamma is None else self._mode(gamma, "gamma")
        r, r2 = sp.sqrt(l / q), sp.sqrt(l2 / q2)
        outer = s * r * self.strength / self.input_trace + s2 * self.strength / (r2 * self.label_trace)
        return self.ratio * (outer + (self.depth - 2) * s * s2 * r / r2)

    def variance(self, alpha: int, gamma: int | None = None) -> sp.Expr:
        r"""The stationary variance of a mode, or a cross mode, per unit of :math:`\beta`, to first order."""
        return sp.expand(self._mode(alpha)[2] * self.kernel(alpha, gamma) / 2)

    def mean_shift(self, alpha: int) -> sp.Expr:
        r""":math:`(E[w_\alpha] - s_\alpha)/\beta` to first order.

        .. math::
            -\tfrac12(L-1)\,S^{1-2/L}\,(\mathrm{tr}\Lambda\,\mathrm{tr}\Sigma_q)^{1/L}\sqrt{q_\alpha/\lambda_\alpha} ;

        for white inputs and equal noise every mode has the same.
        """
        _, l, q = self._mode(alpha)
        L = self.depth
        traces = (self.input_trace * self.label_trace) ** (1 / L)
        return -(L - 1) * self.strength ** (1 - 2 / L) * traces * sp.sqrt(q / l) / 2

    def _mode(self, alpha: int, name: str = "alpha") -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        index = count(alpha, name, at_most=len(self.singular_values) - 1)
        return self.singular_values[index], self.input_variances[index], self.label_variances[index]


def _positive(entries: Any, name: str) -> tuple[sp.Expr, ...]:
    found = tuple(single_expression(entry, name, real=True) for entry in listed(entries, name))
    for entry in found:
        if entry.is_positive is False or (entry.is_number and entry.is_positive is not True):
            raise ShapeError(f"{name} must be positive, got {shown(entry)}. Leave modes that vanish out.")
    return found
