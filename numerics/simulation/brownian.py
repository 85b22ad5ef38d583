r"""Brownian paths between grid points: bridges, their extremes, and the probability that they cross a level.

Between two grid points a scheme with frozen dispersion follows a Brownian bridge from :math:`x` to :math:`x'` with
variance :math:`v = a h`. Looking at grid points only misses what the bridge does in between: the supremum comes out too
small by about :math:`0.58\sqrt{v}`.

References:
    Glasserman, *Monte Carlo Methods in Financial Engineering* (2004), section 6.4;
    Asmussen, Glynn & Pitman, *Ann. Appl. Probab.* 5 (1995) 875-896, for the size of the error on the grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from numerics.arguments import EXTENDED, takes
from numerics.errors import ArgumentError


@takes(x=EXTENDED, x_next=EXTENDED, level=EXTENDED, variance=EXTENDED)
def crossing_probability(x: sp.Expr, x_next: sp.Expr, level: sp.Expr, variance: sp.Expr) -> sp.Expr:
    r"""Probability that the bridge from ``x`` to ``x_next`` touches ``level``.

    .. math::
        \mathbb P = \exp\Big(-\frac{2 (\ell - x)(\ell - x')}{v}\Big)

    when both ends lie on one side of the level, and 1 otherwise.

    Raises:
        ArgumentError: ``variance`` is not positive.

    Example:
        >>> x, y, v = sp.symbols("x y v", positive=True)
        >>> crossing_probability(0, 0, 1, v)
        exp(-2/v)
    """
    if sp.S(variance).is_positive is False:
        raise ArgumentError(f"variance must be positive, got {variance}. Without noise no path leaves its chord.")
    product = (level - x) * (level - x_next)
    return sp.Piecewise((sp.exp(-2 * product / variance), product > 0), (1, True))


def bridge_maximum(x: sp.Expr, x_next: sp.Expr, variance: sp.Expr, normals: Sequence[sp.Expr]) -> sp.Expr:
    r"""An exact sample of the maximum of the bridge, from two standard normals.

    .. math::
        M = \tfrac12\Big(x + x' + \sqrt{(x'-x)^2 + v\,(Z_1^2 + Z_2^2)}\Big)

    Inverting the crossing probability at a uniform :math:`U` puts :math:`-2\ln U` in the place of
    :math:`Z_1^2 + Z_2^2`, and the two have the same law.
    """
    first, second = normals
    return (x + x_next + sp.sqrt((x_next - x) ** 2 + variance * (first**2 + second**2))) / 2


def bridge_minimum(x: sp.Expr, x_next: sp.Expr, variance: sp.Expr, normals: Sequence[sp.Expr]) -> sp.Expr:
    """An exact sample of the minimum of the bridge, from two standard normals: the reflected maximum."""
    return -bridge_maximum(-x, -x_next, variance, normals)


def coarsened(increments: ArrayLike) -> np.ndarray:
    """Increments over pairs of steps: neighbours along the first axis are added. Shape ``(2 n, ...)`` to ``(n, ...)``.

    Raises:
        ArgumentError: the number of steps is odd.
    """
    dW = np.asarray(increments, dtype=np.float64)
    if dW.ndim == 0 or dW.shape[0] == 0 or dW.shape[0] % 2:
        raise ArgumentError(f"increments must cover an even number of steps, got increments.shape={dW.shape}.")
    return dW[0::2] + dW[1::2]


def refined(increments: ArrayLike, step: float, normals: ArrayLike) -> np.ndarray:
    r"""Increments over half steps that add up to the given ones: the midpoint of a Brownian bridge.

    .. math::
        \Delta W_{\text{first, second}} = \tfrac12\,\Delta W \pm \tfrac12\sqrt{h}\,Z

    Args:
        increments: :math:`\Delta W` over steps of length ``step``. Shape ``(n, ...)``.
        step: h, the length of the coarse steps.
        normals: Independent standard normals :math:`Z` of the same shape.

    Returns:
        Increments over steps of length ``step / 2``. Shape ``(2 n, ...)``.
    """
    dW, Z = np.asarray(increments, dtype=np.float64), np.asarray(normals, dtype=np.float64)
    if dW.ndim == 0 or dW.shape != Z.shape:
        raise ArgumentError(f"normals must have the shape of increments, got {Z.shape} for {dW.shape}.")
    if not step > 0:
        raise ArgumentError(f"step must be positive, got step={step}.")
    half = np.sqrt(step) / 2 * Z
    return np.stack([dW / 2 + half, dW / 2 - half], axis=1).reshape(2 * dW.shape[0], *dW.shape[1:])
