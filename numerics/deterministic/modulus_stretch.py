r"""How far the modulus :math:`|M^\top| = (MM^\top)^{1/2}` stretches distances: a search beside the proven constant."""

from __future__ import annotations

import numpy as np
import scipy  # its submodules load on first use

from numerics.arguments import takes
from theory.argument_kinds import whole

_SEARCH = {"maxfev": 3000, "adaptive": True, "xatol": 1e-9, "fatol": 1e-9}


@takes(d=whole(1, 6))
def largest_modulus_stretch(d: int) -> float:
    r"""The largest ratio :math:`\||M^\top| - |N^\top|\|_F/\|M - N\|_F` that a search among d x d matrices finds.

    Four simplex searches from Gaussian starts. What is found is a lower bound of the supremum :math:`\sqrt2`, which
    is not attained for :math:`d > 1`; see :mod:`theory.matrices.modulus`.

    Args:
        d: Rows and columns.

    Raises:
        ArgumentError: d is no whole number from 1 to 6.

    Example:
        >>> round(largest_modulus_stretch(2), 3)
        1.414
    """

    def missing(entries: np.ndarray) -> float:
        M, N = entries.reshape(2, d, d)
        return -float(np.linalg.norm(_modulus(M) - _modulus(N)) / np.linalg.norm(M - N))

    starts = np.random.Generator(np.random.Philox(d)).standard_normal((4, 2 * d * d))
    return max(-float(scipy.optimize.minimize(missing, x, method="Nelder-Mead", options=_SEARCH).fun) for x in starts)


def _modulus(M: np.ndarray) -> np.ndarray:
    vectors, values, _ = np.linalg.svd(M)
    return (vectors * values) @ vectors.T
