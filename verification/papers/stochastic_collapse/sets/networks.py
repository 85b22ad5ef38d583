"""The networks of Section 3, with symbols for weights and an undefined smooth activation; how many sets they have."""

from collections.abc import Callable

import sympy as sp

from theory.networks.activations import origin_passing_function, smooth_function
from theory.networks.feed_forward import FeedForward

sigma = smooth_function("sigma")
through_origin = origin_passing_function("s")

NET = FeedForward((2, 2, 2, 2), sigma)
ORIGIN_PASSING_NET = FeedForward((2, 2, 2, 2), through_origin)

NET_SYMBOLS: dict[sp.Basic, str] = {
    NET.incoming(1, 1)[0]: "weight from neuron 1 of a layer to neuron 1 of the next one, whose number stands above",
    NET.biases(1)[0]: "bias of neuron 1 of a layer, whose number stands above",
}
SMOOTH_AND_KINKED = "The proof takes a smooth activation; ReLU, leaky ReLU and ELU are in the runs of SGD."

# How many sets of a kind there are.

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
