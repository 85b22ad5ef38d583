"""How many invariant sets of a kind a fully connected network has: counted for small ones, as a polynomial."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.networks.feed_forward import FeedForward
from verification.papers.stochastic_collapse.sets.networks import sigma

m, k = sp.symbols("m k", integer=True, positive=True)

DEPTHS, WIDTHS = (2, 3), (1, 2, 3)


def counted(sets: Callable[[FeedForward], set[sp.ImmutableMatrix]]) -> sp.Expr:
    r"""The polynomial of degree 1 in the depth and 2 in the width through the numbers of distinct sets.

    The numbers are counted for ``DEPTHS`` and ``WIDTHS``. Input and output have one neuron, which has no set.
    """
    numbers = {
        (depth, width): len(sets(FeedForward((1, *[width] * (depth - 1), 1), sigma)))
        for depth in DEPTHS
        for width in WIDTHS
    }
    by_width = [sp.interpolate([(depth, numbers[depth, width]) for depth in DEPTHS], m) for width in WIDTHS]
    return sp.expand(sp.interpolate(list(zip(WIDTHS, by_width, strict=True)), k))
