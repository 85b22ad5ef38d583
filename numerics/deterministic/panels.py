"""A window of an integrand in panels, each integrated as a whole and by halves."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

import mpmath
import numpy as np
from mpmath import mp, mpf

from numerics.deterministic.gauss_legendre import gauss_legendre
from numerics.deterministic.pieces import Piece
from numerics.deterministic.walk import Bulk

MOST_PANELS = 1000
"""An integral over more panels than this is given up: it has a singularity inside."""


class Panel(NamedTuple):
    """An interval of u on which the quadrature agrees with itself.

    Attributes:
        difference: Minus the estimate of the error; orders a heap.
        low: Left end.
        high: Right end.
        left: Integral over the left half, and of the modulus.
        right: The same over the right half.
        slow: The quadrature gained less than three digits from the panel that this is half of.
    """

    difference: mpf
    low: mpf
    high: mpf
    left: tuple[mpf, mpf]
    right: tuple[mpf, mpf]
    slow: bool

    @property
    def value(self) -> mpf:
        """The integral over the panel."""
        return self.left[0] + self.right[0]

    @property
    def modulus(self) -> mpf:
        """The integral of the modulus."""
        return self.left[1] + self.right[1]


def panels(piece: Piece, found: Bulk, digits: int) -> list[Panel]:
    """Panels of the window in order; the one of largest error is halved until ``digits`` are reached.

    Where they are not reached, the differences say so.
    """
    weight = _guarded(piece, found)
    points = nodes_for(digits)

    def panel(a: mpf, b: mpf, value: mpf, parent: Panel | None) -> Panel:
        middle = (a + b) / 2
        left, right = gauss(weight, a, middle, points), gauss(weight, middle, b, points)
        # In a panel that narrow the nodes fall on one another, and agreement means nothing.
        distance = left[1] + right[1] if _too_narrow(a, b) else abs(left[0] + right[0] - value)
        slow = parent is not None and distance > abs(parent.difference) / 1000
        if parent is not None and parent.slow:
            # At a kink the error falls by 4 from panel to half; whole and halves may agree by accident.
            distance = max(distance, abs(parent.difference) / 16)
        return Panel(-distance, a, b, left, right, slow)

    edges = [mpf(found.low), *map(mpf, found.breaks), min(mpf(found.high), piece.top)]
    heap = [panel(a, b, gauss(weight, a, b, points)[0], None) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    heapq.heapify(heap)
    allowed = mpf(10) ** (-digits - 1) * mpmath.fsum(entry.modulus for entry in heap)
    error = -mpmath.fsum(entry.difference for entry in heap)
    while error > allowed and len(heap) < MOST_PANELS and not _too_narrow(heap[0].low, heap[0].high):
        worst = heapq.heappop(heap)
        middle = (worst.low + worst.high) / 2
        halves = panel(worst.low, middle, worst.left[0], worst), panel(middle, worst.high, worst.right[0], worst)
        error += worst.difference - halves[0].difference - halves[1].difference
        for half in halves:
            heapq.heappush(heap, half)
    return sorted(heap, key=lambda entry: entry.low)


def _too_narrow(a: mpf, b: mpf) -> bool:
    return b - a < mpf(10) ** (4 - mp.dps) * (1 + abs(a))


def nodes_for(digits: int) -> int:
    """How many nodes a panel gets."""
    return max(10, digits)


def gauss(weight: Callable[[mpf], mpf], a: mpf, b: mpf, points: int) -> tuple[mpf, mpf]:
    """The integrals of a function and of its modulus from a to b, by one Gauss-Legendre rule."""
    middle, half = (a + b) / 2, (b - a) / 2
    terms = [w * weight(middle + half * node) for node, w in gauss_legendre(points)]
    return half * mpmath.fsum(terms), half * mpmath.fsum(abs(term) for term in terms)


def _guarded(piece: Piece, found: Bulk) -> Callable[[mpf], mpf]:
    """The integrand; zero, without evaluating it, where it is so small that its exponent would fill the memory."""
    if found.deepest > found.height - 1e9:
        return piece.weight
    return lambda u: mpf(0) if piece.log_size(np.array([float(u)]))[0] < found.height - 1e9 else piece.weight(u)
