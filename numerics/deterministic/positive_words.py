r"""Products of random matrices without negative entries, of any size: two bounds of the exponent, from all short words.

After a word with the product P a vector :math:`v \ge 0` has become Pv, and the next matrix M makes it grow by

.. math::
    \frac{|MPv|}{|Pv|} = \frac{\sum_jv_j|MPe_j|}{\sum_jv_j|Pe_j|}
    \in \Big[\min_j\frac{|MPe_j|}{|Pe_j|},\; \max_j\frac{|MPe_j|}{|Pe_j|}\Big]

with the sum of the entries as the norm. The means of the logarithms of both ends over all words of a length enclose the
exponent, whatever the law of the direction, and close up geometrically where the matrices mix the coordinates.

References:
    Birkhoff, *Trans. Amer. Math. Soc.* 85 (1957) 219; Hennion, *Ann. Probab.* 25 (1997) 1545 (products of positive
    matrices).
"""

from __future__ import annotations

import numpy as np

MOST_ENTRIES = 2**22
"""Entries of all products of one length that are kept."""

_ROUNDING = 1e-15


def exponent_by_words(M: np.ndarray, p: np.ndarray, tolerance: float) -> tuple[float, float]:
    r"""The middle of the two bounds and half their distance, at the first length where it is within the tolerance.

    Args:
        M: Matrices without negative entries. Shape ``(q, d, d)``.
        p: Their probabilities. Shape ``(q,)``.
        tolerance: Longer words are taken until the error is at most this, or they are too many.

    Returns:
        :math:`-\infty` and 0 where some word makes the product 0.
    """
    columns, weights = np.eye(M.shape[1])[None], np.ones(1)
    while True:
        images = np.einsum("qij,wjk->qwik", M, columns)
        growth = images.sum(axis=2)
        alive = np.broadcast_to(columns.sum(axis=1) > 0, growth.shape)
        if np.any(~(growth > 0).any(axis=2)):
            return -np.inf, 0.0
        with np.errstate(divide="ignore"):
            logs = np.log(growth)
        low, high = (
            float(p @ (ends @ weights))
            for ends in (np.where(alive, logs, np.inf).min(axis=2), np.where(alive, logs, -np.inf).max(axis=2))
        )
        error = (high - low) / 2 + 10 * _ROUNDING * (1 + abs(high))
        if error <= tolerance or images.size * len(p) > MOST_ENTRIES:
            return (low + high) / 2 if np.isfinite(low) else high, error
        columns = (images / np.where(growth > 0, growth, 1)[:, :, None, :]).reshape(-1, *M.shape[1:])
        weights = np.outer(p, weights).ravel()
