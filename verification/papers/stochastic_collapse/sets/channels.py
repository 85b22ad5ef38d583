r"""Vanishing and identical channels: Propositions 3.1 and 3.2 for convolutional layers, whose kernels are shared.

Judged as for fully connected networks: by the gradient of an arbitrary sample under an arbitrary loss, and by training
the same network with PyTorch.
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from theory.networks.convolutional import Convolutional
from verification.authoring.invariant_sets import ROUNDING, network_keeps, run_row, without
from verification.claim import Statement
from verification.papers.stochastic_collapse.sets.networks import sigma, through_origin

SIZES: dict[str, Any] = {"channels": (1, 2, 2), "taps": 2, "length": 4, "outputs": 2}
NET = Convolutional(**SIZES, activation=sigma)
ORIGIN_PASSING_NET = Convolutional(**SIZES, activation=through_origin)


def run_channels(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD with momentum and weight decay on the network as a PyTorch module, for three activations."""
    from numerics.sgd.convolutional import convolutional_excursion  # PyTorch is loaded in the worker only

    runs = []
    for name in ("tanh", "relu", "gelu"):
        run = convolutional_excursion(NET, constraints, name, seed=1)
        runs.append(run_row(name, run.worst, run.moved, len(run.violation) - 1))
    return {"runs": runs}


def vanishing_channels() -> Iterator[Statement]:
    """A channel that vanishes, in the first and in the last convolution."""
    network = ORIGIN_PASSING_NET
    first, last = network.sign_constraints((1, 1)), network.sign_constraints((2, 1))
    into, out_of = network.incoming(1, 1), network.outgoing(1, 1)
    yield network_keeps(
        network,
        "channel",
        first,
        run=run_channels,
        wrong={
            "kernels on it free": without(first, *out_of),
            "one tap of its kernel free": without(first, into[0]),
            "one tap of a kernel on it free": without(first, out_of[0]),
            "bias free": without(first, network.bias(1, 1)),
        },
        says="A channel of a convolution: its kernels, its bias, all kernels on it.",
    )
    yield network_keeps(
        network,
        "last channel",
        last,
        run=run_channels,
        wrong={"read-out of one position free": without(last, network.outgoing(2, 1)[0])},
        says="A channel that every output reads at every position.",
    )


def identical_channels() -> Statement:
    """Two channels of a layer that are the same."""
    identical = NET.permutation_constraints((1, 1, 2))
    mirrored = (*NET.incoming(1, 2)[::-1], NET.bias(1, 2), *NET.outgoing(1, 2))
    return network_keeps(
        NET,
        "channels",
        identical,
        run=run_channels,
        tolerance=ROUNDING,
        wrong={
            "kernels on them free": without(identical, *NET.outgoing(1, 1)),
            "biases free": without(identical, NET.bias(1, 1)),
            "kernels mirrored": sp.Matrix(NET.own_weights(1, 1)) - sp.Matrix(mirrored),
        },
        says="Two channels of a convolutional layer.",
    )
