r"""How noise leaves the aligned balanced manifold: entries off the diagonal, balance, and singular values.

A student on the manifold stays on it under gradient flow. Under descent with noise, at a point of the manifold and for
:math:`i \ne j`:

1. Alignment. The entry :math:`w_{ij} = u_i^\top Wv_j` has no drift, but noise of diffusion
   :math:`\beta\,c_{ij}^2(\delta_i^2\lambda_i\lambda_j + \sigma_i^2\lambda_j)`; :math:`w_{ij}` and :math:`w_{ji}` are
   correlated by :math:`\beta\,c_{ij}^2\,\delta_i\delta_j\lambda_i\lambda_j`, and no entry with a mode amplitude.
2. Balance. :math:`\Lambda_l = W_lW_l^\top - W_{l+1}^\top W_{l+1}` has no noise, but the drift
   :math:`\beta(E[\Xi_l\Xi_l^\top] - E[\Xi_{l+1}^\top\Xi_{l+1}])`, diagonal in the frame of the layer; one step of
   descent with gradients :math:`G_l` of any batch adds exactly :math:`\eta^2(G_lG_l^\top - G_{l+1}^\top G_{l+1})`.
3. Singular values are not the amplitudes once entries off the diagonal fluctuate: they repel each other.

For one mode in one dimension nothing of this exists: the manifold is left along no direction, and
:mod:`theory.deep_linear.unbalanced` shows that it attracts.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366), which
    assumes alignment and balance (A1, A2) for all times.
"""

from __future__ import annotations

import sympy as sp

from theory.deep_linear.modewise import BalancedModes, checked_modes
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.values import count, shown, single_expression


def alignment_noise(modes: BalancedModes, i: int, j: int) -> sp.Matrix:
    r"""The diffusion of the pair :math:`(w_{ij}, w_{ji})` off the diagonal. Shape ``(2, 2)``.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> modes = balanced_modes(2, amplitudes=[0.5, 0.2], singular_values=[1, 0.7], label_variance=0, beta=1)
        >>> alignment_noise(modes, 0, 1)
        Matrix([
        [49/400, 49/400],
        [49/400, 49/400]])
    """
    checked, i = checked_modes(modes, i)
    _, j = checked_modes(modes, j)
    if i == j:
        raise SymbolError(
            f"i and j must be different modes, got {i} twice. The diffusion of a mode is modes.diffusion."
        )
    entries = ((i, j), (j, i))
    return sp.Matrix(2, 2, lambda a, b: checked.cross_covariation(entries[a], entries[b]))


def balance_drift(modes: BalancedModes, layer: sp.Expr | int, mode: int) -> sp.Expr:
    r"""The drift of the diagonal entry ``mode`` of :math:`\Lambda_l = W_lW_l^\top - W_{l+1}^\top W_{l+1}`.

    .. math::
        \beta\Big[r_i^{L-l}\sum_k r_k^{l-1}E[S_{ik}^2] - r_i^l\sum_k r_k^{L-l-1}E[S_{ki}^2]\Big]

    It vanishes for one mode, also with label noise; with several modes it does not.

    Args:
        modes: all modes of the network, also those with s = w = 0: each has noise.
        layer: l, from 1 to L - 1; a symbol if the depth is one.
        mode: i.

    Raises:
        DimensionError: the layer has no next one.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> sp.factor(balance_drift(balanced_modes(2, modes=2), 1, 0))
        beta*w_1*(s_1 - s_2 - w_1 + w_2)*(s_1 + s_2 - w_1 - w_2)
    """
    checked, mode = checked_modes(modes, mode)
    L = checked.depth
    if L.is_Integer:
        l = sp.Integer(count(layer, "layer", at_least=1, at_most=int(L) - 1)) if L > 1 else None
        if l is None:
            raise DimensionError("layer must have a next one, but the depth is 1: one layer is always balanced.")
    else:
        l = single_expression(layer, "layer", real=True)
        if (L - 1 - l).is_negative or not l.is_positive or not l.is_integer:
            raise DimensionError(f"layer must be a whole number from 1 to {L - 1}, or its symbol, got {shown(layer)}.")

    def square(i: int, k: int) -> sp.Expr:
        return checked.noise_moment(i, k, i, k)

    others = range(checked.count)
    into = sp.Add(*(checked.squared_weight(k, l - 1) * square(mode, k) for k in others))
    out = sp.Add(*(checked.squared_weight(k, L - l - 1) * square(k, mode) for k in others))
    return checked.beta * (checked.squared_weight(mode, L - l) * into - checked.squared_weight(mode, l) * out)


def singular_value_drift(modes: BalancedModes, mode: int) -> sp.Expr:
    r"""The drift of a singular value of the student: that of the amplitude and a repulsion by the other modes.

    .. math::
        \mu_i + \sum_{j\ne i}\frac{w_i(V_{ij} + V_{ji}) + 2w_jC_{ij}}{2(w_i^2 - w_j^2)}

    with the variances V and the covariance C of :func:`alignment_noise`, by perturbation theory of second order.

    Raises:
        UnsupportedFormError: two amplitudes are equal, where singular values are not differentiable.
    """
    checked, mode = checked_modes(modes, mode)
    w = checked.amplitudes
    total = checked.drift(mode)
    for j in range(checked.count):
        if j == mode:
            continue
        if sp.expand(w[mode] ** 2 - w[j] ** 2) == 0:
            raise UnsupportedFormError(
                f"amplitudes must differ for singular values to be differentiable, got {w[mode]} twice. "
                "The drift of an amplitude is modes.drift."
            )
        noise = alignment_noise(checked, mode, j)
        repulsion = w[mode] * (noise[0, 0] + noise[1, 1]) + 2 * w[j] * noise[0, 1]
        total += repulsion / (2 * (w[mode] ** 2 - w[j] ** 2))
    return total
