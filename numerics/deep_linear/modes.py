r"""Mode amplitudes :math:`w = u^\top Wv`: sensitivities, Hessian, diffusion and drifts, without a large matrix.

With :math:`p_l = W_{>l}W_{>l}^\top u`, :math:`q_l = W_{<l}^\top W_{<l}v`, the noise :math:`S = T - C` of the signal and
:math:`N_{lm} = W_{<l}^\top F_{l-1}\cdots F_{m+1}W_{>m}^\top`,

.. math::
    dw = -\sum_l\langle A_l, G_l\rangle\,dt + \eta\kappa\sum_{l>m}p_l^\top\,E[S\,N_{lm}\,S]\,q_m\,dt + \sqrt{D}\,dB,
    \qquad D = \eta\kappa\sum_{lm}\mathrm{Cov}(p_l^\top Tq_l,\,p_m^\top Tq_m)

in the time :math:`t = \eta k`, with :math:`A_l = (W_{>l}^\top u)(W_{<l}v)^\top` and :math:`\kappa` the
:func:`~numerics.deep_linear.noise.batch_factor`. The middle term is
:math:`\tfrac{\eta\kappa}2\mathrm{tr}(\Sigma\nabla^2w)`. Frozen layers drop out of every sum.

References:
    "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Propositions 3.3 and 3.4, Appendices C, D.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.arguments import real_number, takes, whole_number
from numerics.deep_linear.noise import SAMPLING, batch_factor
from numerics.deep_linear.point import POINT, LayeredPoint
from numerics.deep_linear.signal import DATA, Data, matrix
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of, or_none
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray
Mode = int | tuple[int, int]
"""The index :math:`\\alpha` of a mode, or the pair :math:`(\\alpha, \\beta)` of a cross mode; from 0."""


@dataclass(frozen=True, eq=False)
class Modes:
    r"""Directions in which a map is read: :math:`w_{\alpha\beta} = u_\alpha^\top Wv_\beta`.

    Attributes:
        left: :math:`u_0, u_1, \dots` as columns. Shape ``(d_L, p)``.
        right: :math:`v_0, v_1, \dots` as columns. Shape ``(d_0, q)``.

    Raises:
        ArgumentError: one of them is no matrix of finite numbers.
    """

    left: Array
    right: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", matrix(self.left, "left"))
        object.__setattr__(self, "right", matrix(self.right, "right"))

    @classmethod
    @takes(data=DATA)
    def of_teacher(cls, data: Data) -> Modes:
        r"""The singular vectors of the teacher, by falling singular values; complete orthonormal frames.

        Where singular values coincide, the frame within their space is the one that the decomposition finds.
        """
        U, _, Vt = np.linalg.svd(data.teacher)
        return cls(U, Vt.T)

    def pair(self, mode: Any, name: str = "mode") -> tuple[Array, Array]:
        r"""The vectors :math:`(u_\alpha, v_\beta)` of a mode, or of a cross mode where ``mode`` is a pair.

        Raises:
            ArgumentError: there is no such index.
        """
        pair = mode if isinstance(mode, tuple) else (mode, mode)
        if len(pair) != 2:
            raise ArgumentError(f"{name} must be an index or a pair of two, got {len(pair)} entries.")
        alpha = whole_number(pair[0], name, at_least=0, below=self.left.shape[1])
        gamma = whole_number(pair[1], name, at_least=0, below=self.right.shape[1])
        return self.left[:, alpha], self.right[:, gamma]


MODES = or_none(one_of(Modes, needed="a Modes"))
"""Frames as an argument."""


@takes(point=POINT, modes=MODES)
def amplitude(point: LayeredPoint, mode: Mode, *, modes: Modes | None = None) -> float:
    r"""The amplitude :math:`w_{\alpha\beta} = u_\alpha^\top Wv_\beta`."""
    u, v = mode_vectors(point, mode, modes)
    return float(u @ point.map @ v)


@takes(point=POINT, modes=MODES)
def sensitivity(point: LayeredPoint, l: int, mode: Mode, *, modes: Modes | None = None) -> Array:
    r""":math:`A_l = \nabla_{W_l}w = (W_{>l}^\top u)(W_{<l}v)^\top`. Shape ``(d_l, d_{l-1})``."""
    u, v = mode_vectors(point, mode, modes)
    return np.outer(point.above(l).T @ u, point.below(l) @ v)


@takes(point=POINT, modes=MODES)
def hessian_block(point: LayeredPoint, l: int, m: int, mode: Mode, *, modes: Modes | None = None) -> Array:
    r"""The block :math:`\nabla^2_{lm}w` in the coordinates :math:`\mathrm{vec}\,W_l`, :math:`\mathrm{vec}\,W_m`.

    For :math:`l > m` it is :math:`v^\top W_{<m}^\top\otimes F_{l-1}\cdots F_{m+1}\otimes W_{>l}^\top u`, for
    :math:`l < m` the transpose of :math:`\nabla^2_{ml}w` (the paper prints the block with l and m exchanged, without
    the transposition), and zero on the diagonal. Shape ``(d_l d_{l-1}, d_m d_{m-1})``.
    """
    network = point.network
    u, v = mode_vectors(point, mode, modes)
    if network.layer(l, "l") < network.layer(m, "m"):
        return hessian_block(point, m, l, mode, modes=modes).T
    if l == m:
        size = int(np.prod(network.shapes[l - 1]))
        return np.zeros((size, size))
    row = (point.below(m) @ v)[None, :]
    column = (point.above(l).T @ u)[:, None]
    return np.kron(row, np.kron(point.between(l, m), column))


@takes(point=POINT)
def tangent_kernel(point: LayeredPoint, l: int | None = None) -> Array:
    r""":math:`K_l = J_lJ_l^\top = W_{<l}^\top W_{<l}\otimes W_{>l}W_{>l}^\top`, or the sum over the trained layers.

    Shape ``(d_L d_0, d_L d_0)``.
    """
    if l is None:
        size = point.network.widths[-1] * point.network.widths[0]
        return sum((tangent_kernel(point, k) for k in point.network.trained), np.zeros((size, size)))
    below, above = point.below(l), point.above(l)
    return np.kron(below.T @ below, above @ above.T)


@takes(point=POINT, modes=MODES)
def gradient_drift(point: LayeredPoint, mode: Mode, *, modes: Modes | None = None) -> float:
    r"""The drift :math:`-\sum_l\langle A_l, G_l\rangle` of gradient flow, weight decay included."""
    steps = ((sensitivity(point, l, mode, modes=modes), point.gradient(l)) for l in point.network.trained)
    return -float(sum(np.sum(A * G) for A, G in steps))


@takes(point=POINT, sampling=SAMPLING, modes=MODES)
def mode_diffusion(
    point: LayeredPoint,
    mode: Mode,
    other: Mode | None = None,
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    modes: Modes | None = None,
) -> float:
    r"""The diffusion :math:`D = \eta\,a^\top\Sigma_b\,a'` of a mode, or of two: :math:`d[w, w'] = D\,dt`.

    Raises:
        ArgumentError: an unknown mode, a learning rate that is negative or no number, a batch that cannot be drawn.
    """
    scale = _noise_scale(point, learning_rate, batch_size, sampling)
    P, Q = _legs(point, mode, modes)
    P2, Q2 = (P, Q) if other is None else _legs(point, other, modes, "other")
    return scale * float(np.sum(point.signal.bilinear_covariance(P, Q, P2, Q2)))


@takes(point=POINT, sampling=SAMPLING, modes=MODES)
def ito_drift(
    point: LayeredPoint,
    mode: Mode,
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    modes: Modes | None = None,
) -> float:
    r"""The noise-induced drift :math:`\tfrac\eta2\mathrm{tr}(\Sigma_b\nabla^2w)` of a mode.

    Raises:
        ArgumentError: as :func:`mode_diffusion`.
    """
    scale = _noise_scale(point, learning_rate, batch_size, sampling)
    return scale * _second_order(point, mode, modes)


def _second_order(point: LayeredPoint, mode: Mode, modes: Modes | None) -> float:
    r""":math:`\sum_{l>m}p_l^\top E[S\,N_{lm}\,S]\,q_m`."""
    P, Q = _legs(point, mode, modes)
    trained, total = point.network.trained, 0.0
    for j, m in enumerate(trained):
        above, between = point.above(m), np.eye(point.network.widths[m])
        i = j + 1
        for l in range(m + 1, point.network.depth + 1):
            if l in point.network.frozen:
                between = point.factors[l - 1] @ between
                continue
            N = point.below(l).T @ between @ above.T
            total += float(P[:, i] @ point.signal.sandwich(N) @ Q[:, j])
            i, between = i + 1, point.factors[l - 1] @ between
    return total


def _legs(point: LayeredPoint, mode: Mode, modes: Modes | None, name: str = "mode") -> tuple[Array, Array]:
    r"""The vectors :math:`p_l` and :math:`q_l` of the trained layers, as columns."""
    u, v = mode_vectors(point, mode, modes, name)
    above = [point.above(l) for l in point.network.trained]
    below = [point.below(l) for l in point.network.trained]
    if not above:
        return np.zeros((len(u), 0)), np.zeros((len(v), 0))
    return np.stack([A @ (A.T @ u) for A in above], axis=1), np.stack([B.T @ (B @ v) for B in below], axis=1)


@takes(point=POINT, modes=MODES)
def mode_vectors(point: LayeredPoint, mode: Mode, modes: Modes | None, name: str = "mode") -> tuple[Array, Array]:
    """The vectors u and v of a mode in the frames ``modes``, those of the teacher by default.

    Raises:
        ArgumentError: there is no such mode, or the frames do not fit the network.
    """
    chosen = Modes.of_teacher(point.data) if modes is None else modes
    u, v = chosen.pair(mode, name)
    if (len(v), len(u)) != (point.network.widths[0], point.network.widths[-1]):
        raise ArgumentError(
            f"modes must have {point.network.widths[-1]} rows on the left and {point.network.widths[0]} on the right, "
            f"got {len(u)} and {len(v)}."
        )
    return u, v


def _noise_scale(point: LayeredPoint, learning_rate: float, batch_size: int, sampling: Sampling) -> float:
    eta = real_number(learning_rate, "learning_rate")
    if eta < 0:
        raise ArgumentError(f"learning_rate must not be negative, got {eta:g}.")
    return eta * batch_factor(point.data, batch_size=batch_size, sampling=sampling)
