r"""Products of random 2 x 2 matrices that share a cone of directions: the exponent with exponential convergence.

Let an arc of directions be mapped by every matrix strictly into itself. The maps contract it (Birkhoff), and the
functions of :mod:`numerics.deterministic.random_products` are analytic on it, so that Chebyshev interpolation converges
exponentially. Since :math:`\lambda = \int T^nQ\,d\pi` for every n,

.. math:: \min T^nQ \;\le\; \lambda \;\le\; \max T^nQ ,

and the two bounds close up geometrically: no law of the direction is needed.

References:
    Birkhoff, *Trans. Amer. Math. Soc.* 85 (1957) 219; Pollicott, *Invent. Math.* 181 (2010) 209; Protasov and Jungers,
    *Linear Algebra Appl.* 438 (2013) 4448.
"""

from __future__ import annotations

import numpy as np

from numerics.deterministic.directions import gap_to_words

ORDERS = (8, 16, 32, 64, 128, 256)
_MOST_STEPS = 20_000
_ROUNDING = 1e-15


def arc_of(matrices: np.ndarray) -> tuple[float, float] | None:
    """An arc of angles that every matrix maps into its inside; None where none is found.

    Args:
        matrices: Shape ``(q, 2, 2)``.
    """
    directions = np.stack([np.cos(np.arange(8) * np.pi / 8), np.sin(np.arange(8) * np.pi / 8)])
    for _ in range(64):  # towards what the products attract
        directions = np.concatenate([M @ directions for M in matrices], axis=1)
        directions /= np.hypot(*directions)
        if directions.shape[1] > 512:
            directions = directions[:, :: directions.shape[1] // 256]
    angles = np.sort(np.arctan2(directions[1], directions[0]) % np.pi)
    gaps = np.diff(np.concatenate([angles, angles[:1] + np.pi]))
    widest = int(np.argmax(gaps))
    low, gap = angles[(widest + 1) % len(angles)], gaps[widest]
    width = np.pi - gap
    for share in (0.02, 0.1, 0.2, 0.3, 0.4, 0.45):
        arc = (float(low - share * gap), float(low + width + share * gap))
        if all(_maps_inside(M, arc) for M in matrices):
            return arc
    return None


def exponent_on_arc(
    matrices: np.ndarray, probabilities: np.ndarray, arc: tuple[float, float], tolerance: float
) -> tuple[float, float] | None:
    """The exponent and a bound of its error; None where the orders of interpolation do not settle it."""
    previous = None
    for order in ORDERS:
        value, open_still = _enclosed(matrices, probabilities, arc, order)
        if previous is not None:
            error = abs(value - previous) + open_still + 10 * _ROUNDING * (1 + abs(value))
            if error <= tolerance:
                return value, error
        previous = value
    return None


def _maps_inside(M: np.ndarray, arc: tuple[float, float]) -> bool:
    low, high = arc
    points = np.linspace(low, high, 33)
    images = M @ np.stack([np.cos(points), np.sin(points)])
    offset = (np.arctan2(images[1], images[0]) - low) % np.pi
    margin = 1e-9 * (high - low)
    return bool(((offset > margin) & (offset < high - low - margin)).all() and np.all(np.abs(np.diff(offset)) < 1.5))


def _enclosed(M: np.ndarray, p: np.ndarray, arc: tuple[float, float], order: int) -> tuple[float, float]:
    """The middle of the last bounds, and half their distance with the gap to words, at one order of interpolation."""
    low, high = arc
    nodes = np.cos(np.pi * np.arange(order + 1) / order)  # from 1 to -1
    angles = low + (nodes + 1) / 2 * (high - low)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    operator, growth = np.zeros((order + 1, order + 1)), np.zeros(order + 1)
    for matrix, probability in zip(M, p, strict=True):
        image = matrix @ directions
        growth += probability * np.log(np.hypot(*image))
        place = 2 * ((np.arctan2(image[1], image[0]) - low) % np.pi) / (high - low) - 1
        operator += probability * _barycentric(nodes, place)
    values = growth
    best = np.inf
    for _ in range(_MOST_STEPS):
        spread = float(values.max() - values.min())
        if spread <= _ROUNDING * (1 + abs(values[0])) or spread >= best:
            break
        best, values = spread, operator @ values
    gap = gap_to_words(operator, growth, directions, M, p)
    return float((values.max() + values.min()) / 2), float(values.max() - values.min()) / 2 + gap


def _barycentric(nodes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The matrix of interpolation from Chebyshev nodes to ``places``."""
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] /= 2
    distance = places[:, None] - nodes
    at_node = np.abs(distance) < 1e-15
    terms = weights / np.where(at_node, 1.0, distance)
    matrix = terms / terms.sum(axis=1, keepdims=True)
    hit = at_node.any(axis=1)
    matrix[hit] = at_node[hit]
    return matrix
