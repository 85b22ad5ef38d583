r"""The Fokker-Planck equation :math:`\partial_t p = \mathcal L^* p = -\nabla\cdot J` and its probability current."""

from __future__ import annotations

import sympy as sp

from theory.infinitesimal_generator import adjoint, sum_of_products
from theory.ito import ItoProcess, observable


def fokker_planck_operator(process: ItoProcess, p: sp.Expr) -> sp.Expr:
    r"""The right side of the Fokker-Planck equation, :math:`\mathcal L^* p`.

    Args:
        process: The process.
        p: A density, or any multiple of one, in ``process.state`` and possibly time.

    Raises:
        ShapeError: ``p`` is not a single expression.
        SymbolError: ``p`` holds a look-alike of a coordinate.

    References:
        Risken, *The Fokker-Planck Equation* (1996), section 4.7 with his D equal to ``a / 2``.

    Example:
        >>> from theory.notation import t
        >>> x = sp.Symbol("x", real=True)
        >>> brownian_motion = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One)
        >>> heat_kernel = sp.exp(-(x**2) / (2 * t)) / sp.sqrt(t)
        >>> sp.expand(sp.diff(heat_kernel, t) - fokker_planck_operator(brownian_motion, heat_kernel))
        0
    """
    return adjoint(process, p)


def probability_current(process: ItoProcess, p: sp.Expr) -> sp.ImmutableMatrix:
    r"""The probability current, so that :math:`\partial_t p = -\nabla\cdot J`. Shape ``(d, 1)``.

    .. math:: J_i = b_i\,p - \tfrac12 \sum_j \partial_j (a_{ij}\,p)

    Args:
        process: The process; ``a`` is its diffusion.
        p: A density, or any multiple of one, in ``process.state`` and possibly time.

    Raises:
        ShapeError: ``p`` is not a single expression.
        SymbolError: ``p`` holds a look-alike of a coordinate.

    References:
        Risken, *The Fokker-Planck Equation* (1996), section 4.7 with his D equal to ``a / 2``.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> k, T = sp.symbols("k T", positive=True)
        >>> process = ItoProcess.scalar(x, drift=-k * x, dispersion=sp.sqrt(2 * T))
        >>> probability_current(process, sp.exp(-k * x**2 / (2 * T)))
        Matrix([[0]])
    """
    p = observable(process, p, "p")
    a = process.diffusion
    return sp.ImmutableMatrix(
        [
            sum_of_products(b * p - sum((sp.diff(a[i, j] * p, y) for j, y in enumerate(process.state)), sp.S.Zero) / 2)
            for i, b in enumerate(process.drift)
        ]
    )
