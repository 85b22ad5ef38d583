r"""Which neurons have vanished? Two rules that are not the same.

The paper's text asks that incoming *and* outgoing weights be under 10 % of the layer's largest norm; its released code
takes the norm of the concatenated vector. A neuron with a small, but not very small, incoming and outgoing part each
can fall under one rule and not under the other.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Section 5, Appendix J, and its released code.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from numerics.arguments import real_number
from numerics.errors import ArgumentError
from numerics.neurons.distance import finite_matrix

FRACTION = 0.1
"""Ten per cent, in the text and in the code."""

Rule = Literal["whole", "both parts"]

RULES: tuple[Rule, ...] = ("whole", "both parts")
"""The released code's rule, and the printed one."""


def vanishing_by_both_parts(incoming: ArrayLike, outgoing: ArrayLike, *, fraction: float = FRACTION) -> np.ndarray:
    r"""The printed rule: :math:`\|u_p\| < f\max_q\|u_q\|` and :math:`\|v_p\| < f\max_q\|v_q\|`. Shape ``(n,)``, bool.

    The two maxima may be those of different neurons.

    Args:
        incoming: Incoming vectors, biases among them if they are to count. Shape ``(n, d_in)``.
        outgoing: Outgoing vectors. Shape ``(n, d_out)``.
        fraction: :math:`f`.

    Raises:
        ArgumentError: shapes that do not fit, entries that are not finite, a fraction outside (0, 1].

    Example:
        >>> vanishing_by_both_parts([[1.0], [0.05], [0.05]], [[1.0], [0.05], [0.5]])
        array([False,  True, False])
    """
    parts = [finite_matrix(part, name) for part, name in ((incoming, "incoming"), (outgoing, "outgoing"))]
    if len(parts[0]) != len(parts[1]):
        raise ArgumentError(
            f"incoming and outgoing must have a row per neuron, got {len(parts[0])} and {len(parts[1])}."
        )
    return _small(parts[0], fraction) & _small(parts[1], fraction)


def vanishing_by_whole(vectors: ArrayLike, *, fraction: float = FRACTION) -> np.ndarray:
    r"""The released code's rule: :math:`\|w_p\| < f\max_q\|w_q\|` for the concatenated vectors. Shape ``(n,)``, bool.

    Args:
        vectors: One concatenated vector a row. Shape ``(n, d)``.
        fraction: :math:`f`.

    Raises:
        ArgumentError: as :func:`vanishing_by_both_parts`.

    Example:
        >>> vanishing_by_whole([[1.0, 1.0], [0.05, 0.05], [0.02, 0.15]])
        array([False,  True, False])
    """
    return _small(finite_matrix(vectors, "vectors"), fraction)


def _small(rows: np.ndarray, fraction: float) -> np.ndarray:
    """Rows whose norm is below ``fraction`` of the largest; if all are zero, all of them."""
    if not 0 < real_number(fraction, "fraction") <= 1:
        raise ArgumentError(f"fraction must be in (0, 1], got {fraction}.")
    largest = np.abs(rows).max(initial=0.0)
    if largest == 0:
        return np.ones(len(rows), dtype=bool)
    norms = np.linalg.norm(rows / largest, axis=1)
    return norms < fraction * norms.max()
