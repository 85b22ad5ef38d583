r"""Between the Itô and the Stratonovich reading of one stochastic differential equation.

.. math:: dX_i = b_i\,dt + \sum_j \sigma_{ij}\,dW_j \;=\; b^{\circ}_i\,dt + \sum_j \sigma_{ij}\circ dW_j,
   \qquad b_i = b^{\circ}_i + \tfrac12 \sum_{jk} \sigma_{kj}\,\partial_k \sigma_{ij} .

The two drifts describe the same process; the Stratonovich one obeys the ordinary chain rule.
"""

from __future__ import annotations

import sympy as sp

from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess, checked_process
from theory.local_time import STEPS
from theory.values import Expressions


def noise_induced_drift(process: ItoProcess) -> sp.ImmutableMatrix:
    r"""What the Itô drift has on top of the Stratonovich drift. Shape ``(d, 1)``.

    .. math:: \tfrac12 \sum_{j=1}^m \sum_{k=1}^d \sigma_{kj}\,\partial_k \sigma_{ij}

    It depends on the dispersion and not on the diffusion alone: two square roots of one ``a`` may differ here.

    Args:
        process: A process with differentiable dispersion, shape ``(d, m)``; its drift plays no role.

    Raises:
        UnsupportedFormError: the dispersion jumps, so that its product with its derivative has no meaning.

    References:
        Kloeden and Platen, *Numerical Solution of Stochastic Differential Equations* (1992), section 4.9.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> noise_induced_drift(ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta))
        Matrix([[theta*zeta**2/2]])
    """
    total = sp.zeros(checked_process(process).dimension, 1)
    for j in range(process.noise_dimension):
        sigma = process.dispersion.col(j)
        total += sigma.jacobian(process.state) * sigma
    jumps = [d for d in total.atoms(sp.Derivative) if d.has(*STEPS)]
    if total.has(sp.DiracDelta) or jumps:
        raise UnsupportedFormError(
            f"dispersion must be continuous, but {process.dispersion} jumps: what it contributes to the drift there "
            "depends on how it is smoothed. Take a continuous dispersion."
        )
    return sp.ImmutableMatrix(total / 2)


def stratonovich_drift(process: ItoProcess) -> sp.ImmutableMatrix:
    r"""The drift :math:`b^{\circ}` of the Stratonovich equation that ``process`` solves. Shape ``(d, 1)``.

    Args:
        process: A process with differentiable dispersion.

    References:
        Kloeden and Platen, *Numerical Solution of Stochastic Differential Equations* (1992), section 4.9.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> stratonovich_drift(ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta))
        Matrix([[mu*theta - theta*zeta**2/2]])
    """
    return sp.ImmutableMatrix(checked_process(process).drift - noise_induced_drift(process))


def from_stratonovich(
    state: Expressions, drift: Expressions, dispersion: sp.MatrixBase | list[list[sp.Expr]]
) -> ItoProcess:
    r"""The Itô process that solves the Stratonovich equation :math:`dX = b^{\circ}\,dt + \sigma\circ dW`.

    Args:
        state: Coordinates, distinct symbols. Shape ``(d,)`` or ``(d, 1)``.
        drift: The Stratonovich drift. Shape ``(d,)`` or ``(d, 1)``.
        dispersion: One column per Brownian motion, differentiable. Shape ``(d, m)``.

    Raises:
        ShapeError: a shape differs from the above.
        SymbolError: ``state`` does not hold distinct symbols.

    References:
        Gardiner, *Handbook of Stochastic Methods* (2004), section 4.3.6.

    Example:
        >>> from theory.notation import theta, zeta
        >>> from_stratonovich([theta], [0], [[zeta * theta]]).drift
        Matrix([[theta*zeta**2/2]])
    """
    as_printed = ItoProcess(state, drift, dispersion)
    return ItoProcess(as_printed.state, as_printed.drift + noise_induced_drift(as_printed), as_printed.dispersion)
