r"""The networks of Section 3 with symbols for weights, and how SGD is run on them.

Symbolic statements hold for every loss and every sample: networks have symbols for weights, inputs and the gradient of
the loss in the outputs, and an undefined smooth activation. The same candidates are then trained with PyTorch, where
the activations with a kink are run too.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from theory.networks.activations import origin_passing_function, smooth_function
from theory.networks.convolutional import Convolutional
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import normal_gradient
from verification.authoring.shorthand import is_kept
from verification.claim import Statement

ROUNDING = 1e-12
"""Weights of order 1 and 100 steps: far above rounding, far below any near miss."""

sigma = smooth_function("sigma")
through_origin = origin_passing_function("s")

NET = FeedForward((2, 2, 2, 2), sigma)
ORIGIN_PASSING_NET = FeedForward((2, 2, 2, 2), through_origin)

NET_SYMBOLS: dict[sp.Basic, str] = {
    NET.incoming(1, 1)[0]: "weight from neuron 1 of a layer to neuron 1 of the next one, whose number stands above",
    NET.biases(1)[0]: "bias of neuron 1 of a layer, whose number stands above",
}
SMOOTH_AND_KINKED = "The proof takes a smooth activation; ReLU, leaky ReLU and ELU are in the runs of SGD."

Run = Callable[[sp.MatrixBase], dict[str, Any]]


def without(constraints: sp.MatrixBase, *weights: sp.Symbol) -> sp.ImmutableMatrix:
    """The constraints that hold none of ``weights``."""
    return sp.ImmutableMatrix([row for row in constraints if not row.free_symbols & set(weights)])


def escaping(network: FeedForward | Convolutional) -> Callable[[sp.MatrixBase], sp.MatrixBase]:
    """The judge of constraints: what an arbitrary sample's gradient has across the set."""
    return lambda constraints: normal_gradient(network.affine_set(constraints), network.pulled_back_loss)


def kept(
    network: FeedForward | Convolutional, name: str, constraints: sp.MatrixBase, *, run: Run | None = None, **rest: Any
) -> Statement:
    """The set that some constraints describe is kept, by any sample's gradient and by runs of SGD."""
    if run is None:
        assert isinstance(network, FeedForward), "convolutional networks are trained by another run"
        run = trained(network)
    return is_kept(name, "0 =", printed=constraints, escaping=escaping(network), run=run, **rest)


def told(name: str, violation: float, moved: float, steps: int) -> dict[str, Any]:
    """A run of SGD as the check reads it; one that diverged has no numbers."""
    finite = math.isfinite(violation)
    return {"run": name, "violation": violation if finite else None, "moved": moved if finite else None, "steps": steps}


def sgd_runs(
    network: FeedForward,
    candidates: Sequence[tuple[str, sp.MatrixBase, Mapping[str, Any]]],
    values: Mapping[sp.Symbol, float] | None = None,
) -> dict[str, Any]:
    """Train once for each ``(name, constraints, settings of the training)``."""
    from numerics.sgd.invariance import Training, excursion  # PyTorch is loaded in the worker only

    found = []
    for name, constraints, settings in candidates:
        run = excursion(network, constraints, Training(**settings), values)
        found.append(told(name, run.violation, run.moved, run.steps))
    return {"runs": found}


def trained(
    network: FeedForward,
    activations: Iterable[str] = ("tanh", "relu", "gelu"),
    *,
    values: Mapping[sp.Symbol, float] | None = None,
    **settings: Any,
) -> Run:
    """SGD from a random point of the set that some constraints describe, once for each activation."""

    def run(constraints: sp.MatrixBase) -> dict[str, Any]:
        candidates = [(name, constraints, {"activation": name, **settings}) for name in activations]
        return sgd_runs(network, candidates, values)

    return run


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
