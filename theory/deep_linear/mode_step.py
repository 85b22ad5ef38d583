r"""One step of descent of a balanced mode, exactly, beside the step of its stochastic differential equation.

A chain of widths 1 on the balanced line moves by :math:`u' = u + \eta\,G\,u^{L-1}` in every layer, where G is the mean
over a batch of :math:`\delta x^2 + \xi x`. So

.. math::
    E[w'] = \sum_k \binom Lk \eta^k E[G^k]\,u^{L + k(L-2)}, \qquad E[G] = \lambda\delta, \quad
    E[G^2] = \lambda^2\delta^2 + \frac{2\lambda^2\delta^2 + \lambda\sigma^2}b .

The differential equation has the term of order :math:`\eta`, and of :math:`\eta^2` the part with 1/b, its Itô drift. It
lacks :math:`\eta^2\tfrac{L(L-1)}2\lambda^2\delta^2\,w|w|^{2-4/L}`, which for batches of one is as large as what it
keeps: effects of order :math:`\eta` during training are not to be read off the Itô drift alone.
"""

from __future__ import annotations

import sympy as sp

from theory.deep_linear.modewise import BalancedModes, checked_modes, known_sign
from theory.errors import UnsupportedFormError
from theory.line.charts.powers import with_reduced_exponents
from theory.values import count

learning_rate = sp.Symbol("eta", positive=True)
r"""Learning rate :math:`\eta`."""

batch_size = sp.Symbol("b", positive=True)
"""Number b of samples in a batch."""

HIGHEST_ORDER_OF_STEP = 8
"""Powers of the learning rate that are written out where the depth is a symbol, and powers of w."""

MOST_TERMS = 64
"""Powers of the learning rate that are written out for a number of layers."""


def signal_moments(modes: BalancedModes, order: int, *, mode: int = 0, batch: sp.Expr = batch_size) -> list[sp.Expr]:
    r"""The moments :math:`E[G^k]`, k = 0 to ``order``, of the error signal of a batch, for Gaussian label noise.

    From the moment generating function :math:`(1 - 2pz - qz^2)^{-b/2}`, :math:`p = \lambda\delta/b`,
    :math:`q = \lambda\sigma^2/b^2`, by the recursion that its logarithmic derivative gives.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> moments = signal_moments(balanced_modes(2, amplitudes=[0], label_variance=0), 2, batch=sp.S.One)
        >>> moments
        [1, s, 3*s**2]
    """
    checked, mode = checked_modes(modes, mode)
    order = count(order, "order", at_most=64)
    b = known_sign(batch, "batch", strictly=True)
    p = checked.input_variances[mode] * checked.gap(mode) / b
    q = checked.input_variances[mode] * checked.label_variances[mode] / b**2
    series = [sp.S.Zero, sp.S.One]  # the coefficient before the constant one, and 1
    for k in range(order):
        last, before = series[-1], series[-2]
        series.append(sp.expand((2 * p * k * last + q * (k - 1) * before + b * (p * last + q * before)) / (k + 1)))
    return [sp.factor_terms(sp.factorial(k) * value) for k, value in enumerate(series[1:])]


def moment_after_one_step(
    modes: BalancedModes,
    power: int,
    *,
    mode: int = 0,
    rate: sp.Expr = learning_rate,
    batch: sp.Expr = batch_size,
    order: int | None = None,
) -> sp.Expr:
    r"""The moment :math:`E[w'^n]` after one step, exactly, or to a power of the learning rate.

    .. math::
        E[w'^n] = \sum_k \binom{nL}k \eta^k E[G^k]\,u^{nL + k(L-2)}

    Args:
        modes: of the network; only ``mode`` enters: a chain of widths 1.
        power: n, at least 1.
        mode: its index.
        rate: :math:`\eta`.
        batch: b.
        order: the highest power of :math:`\eta`; default: all of them, for a number of layers.

    Raises:
        UnsupportedFormError: the depth is a symbol and no order is given.
    """
    checked, mode = checked_modes(modes, mode)
    n, L = count(power, "power", at_least=1, at_most=HIGHEST_ORDER_OF_STEP), checked.depth
    rate = known_sign(rate, "rate", strictly=True)
    all_orders = int(n * L) if L.is_Integer and n * L <= MOST_TERMS else None
    if order is None:
        if all_orders is None:
            raise UnsupportedFormError(
                f"order must be given where power times depth is no number up to {MOST_TERMS}, got depth {L}."
            )
        order = all_orders
    highest = count(order, "order", at_least=1, at_most=max(HIGHEST_ORDER_OF_STEP, all_orders or 0))
    moments = signal_moments(checked, highest, mode=mode, batch=batch)
    terms = (
        sp.ff(n * L, k) / sp.factorial(k) * rate**k * moments[k] * _power(checked, mode, n, k)
        for k in range(highest + 1)
    )
    return with_reduced_exponents(sp.Add(*terms))


def mean_after_one_step(
    modes: BalancedModes,
    *,
    mode: int = 0,
    rate: sp.Expr = learning_rate,
    batch: sp.Expr = batch_size,
    order: int | None = None,
) -> sp.Expr:
    r"""The expectation :math:`E[w']` after one step; see :func:`moment_after_one_step`.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> mean_after_one_step(balanced_modes(1))
        eta*(s - w) + w
    """
    return moment_after_one_step(modes, 1, mode=mode, rate=rate, batch=batch, order=order)


def drift_beyond_the_equation(modes: BalancedModes, mode: int = 0) -> sp.Expr:
    r"""What one step adds to w at the order :math:`\eta^2` and the differential equation lacks, over :math:`\eta^2`.

    .. math:: \tfrac12L(L-1)\,\lambda^2\delta^2\,w|w|^{2-4/L}

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> drift_beyond_the_equation(balanced_modes(2))
        w*(s - w)**2
    """
    checked, mode = checked_modes(modes, mode)
    L = checked.depth
    square = (checked.input_variances[mode] * checked.gap(mode)) ** 2
    return L * (L - 1) / 2 * square * _power(checked, mode, 1, 2)


def _power(modes: BalancedModes, mode: int, n: int, k: int) -> sp.Expr:
    r""":math:`u^{nL + k(L-2)}` with the sign of :math:`w^{n+k}`."""
    w, more = modes.amplitudes[mode], k * (modes.depth - 2) / 2
    if w.is_nonnegative or k % 2 == 0:
        return w**n * modes.squared_weight(mode, more)
    return w ** (n - 1) * modes.squared_weight(mode, modes.depth / 2 + more)
