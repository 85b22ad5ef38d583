r"""One mode in the coordinate of a single layer, :math:`u = w^{1/L}`, where its noise induces no drift.

In a chain of widths 1 every layer obeys :math:`dW_l = \prod_{j\ne l}W_j\,(\lambda\delta\,dt + \sqrt{\beta n}\,dB)`,
:math:`n = 2\lambda^2\delta^2 + \lambda\sigma^2`, with one Brownian motion for all layers and no other term: layers are
the parameters in which the equation of descent is written. On the balanced line :math:`W_l = u`, so

.. math:: du = u^{L-1}\big(\lambda\delta\,dt + \sqrt{\beta n}\,dB\big), \qquad w = u^L .

One application of Itô's formula to :math:`u^L` gives the whole modewise equation: the gradient drift (5) and the
diffusion (7) as printed, and as Itô drift :math:`\tfrac12L(L-1)u^{L-2}\cdot\beta n\,u^{2L-2}`, which is not (6).

The sign of a noise-induced drift is that of a coordinate: for w it is positive, for u zero, for :math:`\log w`
negative. What attracts to zero is decided by the last: :math:`\log w` drifts by
:math:`L(\lambda\delta\,u^{L-2} - \tfrac12\beta n\,u^{2L-4})`, whose limit at w = 0 is the rate of
:func:`growth_rate_at_zero`.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366),
    proposition 3.5 and section 1.2.1; Chen et al., "Stochastic Collapse" (2023), section 4.
"""

from __future__ import annotations

import sympy as sp

from theory.decision.conditions.inequalities import sign
from theory.deep_linear.modewise import BalancedModes, checked_modes
from theory.errors import UnsupportedFormError
from theory.ito import ItoDifferential, ItoProcess, ito_differential
from theory.line.charts.powers import reduced_exponent, with_reduced_exponents

weight = sp.Symbol("u", positive=True)
r"""Weight :math:`u = w^{1/L}` of a mode in one layer."""


def layer_process(modes: BalancedModes, mode: int = 0) -> ItoProcess:
    r"""The equation of :math:`u = w^{1/L} > 0` of one mode by itself.

    Args:
        modes: of the network; only ``mode`` enters.
        mode: its index.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> process = layer_process(balanced_modes(2, label_variance=0))
        >>> process.drift[0], process.dispersion[0]
        (u*(s - u**2), sqrt(2)*sqrt(beta)*u*(s - u**2))
    """
    checked, mode = checked_modes(modes, mode)
    u, L = weight, checked.depth
    to_layer = {checked.amplitudes[mode]: u**L}
    gradient = checked.gap(mode) * checked.input_variances[mode]
    root = checked.error_deviation(mode)  # its power and L are the chain rule's: the layer has neither
    power = u ** reduced_exponent(L - 1)
    return ItoProcess.scalar(
        u,
        drift=with_reduced_exponents(power * gradient.subs(to_layer)),
        dispersion=with_reduced_exponents(sp.sqrt(checked.beta) * power * root.subs(to_layer)),
    )


def amplitude_from_layer(modes: BalancedModes, mode: int = 0) -> ItoDifferential:
    r"""The differential of :math:`w = u^L` by Itô's formula, in u: the second road to the modewise equation."""
    process = layer_process(modes, mode)
    found = ito_differential(process, weight**modes.depth)
    return ItoDifferential(with_reduced_exponents(found.drift), found.dispersion.applyfunc(with_reduced_exponents))


def log_amplitude_drift(modes: BalancedModes, mode: int = 0) -> sp.Expr:
    r"""The drift of :math:`\log w`, in terms of w.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> sp.factor(log_amplitude_drift(balanced_modes(2, label_variance=0)))
        -2*(s - w)*(beta*s - beta*w - 1)
    """
    checked, mode = checked_modes(modes, mode)
    L, delta, variance = checked.depth, checked.gap(mode), checked.input_variances[mode]
    induced = checked.beta * checked.own_noise(mode) / 2
    w_power = checked.squared_weight(mode, (L - 2) / 2)
    return L * (variance * delta * w_power - induced * w_power**2)


def induced_drifts(modes: BalancedModes, mode: int = 0) -> dict[str, sp.Expr]:
    r"""What the noise adds to the drifts of w, of :math:`u = w^{1/L}` and of :math:`\log w`, in terms of w.

    Their signs are +, 0 and - wherever there is noise: which of them "pulls to zero" is a matter of the coordinate.
    """
    checked, mode = checked_modes(modes, mode)
    L = checked.depth
    noise = checked.beta * checked.own_noise(mode)
    return {
        "w": checked.same_mode_drift(mode),
        "u": sp.S.Zero,
        "log w": -L * noise / 2 * checked.squared_weight(mode, L - 2),
    }


def growth_rate_at_zero(modes: BalancedModes, mode: int = 0) -> sp.Expr:
    r"""The limit of the drift of :math:`\log w` at w = 0: the Lyapunov exponent of the unlearned mode.

    .. math::
        2\lambda s - \beta(2\lambda^2s^2 + \lambda\sigma^2) \quad (L = 2), \qquad 0 \quad (L > 2)

    For L = 2 zero attracts where it is negative; for L > 2 nothing is linear at zero, and it never attracts.

    Raises:
        UnsupportedFormError: L < 2, where zero is no invariant point, or the sign of L - 2 is not known.
    """
    checked, mode = checked_modes(modes, mode)
    side = sign(checked.depth - 2)
    if side not in (0, 1):
        raise UnsupportedFormError(
            f"depth must be 2 or above 2 for a rate at zero, got {checked.depth}: for one layer zero is not invariant. "
            'Declare theory.parameters.parameter("L", above=2).'
        )
    if side == 1:
        return sp.S.Zero
    return sp.expand(log_amplitude_drift(checked, mode).subs(checked.amplitudes[mode], 0))
