r"""Vanishing and identical channels: Propositions 3.1 and 3.2 for convolutional layers, whose kernels are shared.

Judged as for fully connected networks: by the gradient of an arbitrary sample under an arbitrary loss, and by training
the same network with PyTorch.
"""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from theory.networks.activations import origin_passing_function, smooth_function
from theory.networks.convolutional import Convolutional
from theory.symmetry.affine_set import normal_gradient
from verification.authoring.shorthand import is_kept

ROUNDING = 1e-12

SIZES: dict[str, Any] = {"channels": (1, 2, 2), "taps": 2, "length": 4, "outputs": 2}
ORIGIN_PASSING_NET = Convolutional(**SIZES, activation=origin_passing_function("s"))
NET = Convolutional(**SIZES, activation=smooth_function("sigma"))


def _escaping_from_vanishing(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return normal_gradient(ORIGIN_PASSING_NET.affine_set(constraints), ORIGIN_PASSING_NET.pulled_back_loss)


def _escaping_from_identical(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return normal_gradient(NET.affine_set(constraints), NET.pulled_back_loss)


def run_channels(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD with momentum and weight decay on the network as a PyTorch module, for three activations."""
    from numerics.sgd.convolutional import convolutional_excursion  # PyTorch is loaded in the worker only

    runs = []
    for name in ("tanh", "relu", "gelu"):
        run = convolutional_excursion(NET, constraints, name, seed=1)
        finite = math.isfinite(run.worst)
        violation, moved = (run.worst, run.moved) if finite else (None, None)
        runs.append({"run": name, "violation": violation, "moved": moved, "steps": len(run.violation) - 1})
    return {"runs": runs}


def _without(matrix: sp.MatrixBase, weights: tuple[sp.Symbol, ...]) -> sp.ImmutableMatrix:
    """The constraints that hold none of some weights."""
    return sp.ImmutableMatrix([row for row in matrix if not row.free_symbols & set(weights)])


_VANISHING = ORIGIN_PASSING_NET.sign_constraints((1, 1))
_IDENTICAL = NET.permutation_constraints((1, 1, 2))
_INTO = ORIGIN_PASSING_NET.incoming(1, 1)
_OUT_OF = ORIGIN_PASSING_NET.outgoing(1, 1)

VANISHING_CHANNEL = is_kept(
    "channel",
    r"0 =",
    printed=_VANISHING,
    escaping=_escaping_from_vanishing,
    run=run_channels,
    wrong={
        "kernels on it free": _without(_VANISHING, _OUT_OF),
        "one tap of its kernel free": _without(_VANISHING, _INTO[:1]),
        "one tap of a kernel on it free": _without(_VANISHING, _OUT_OF[:1]),
        "bias free": _without(_VANISHING, (ORIGIN_PASSING_NET.bias(1, 1),)),
    },
    says="The constraints for a channel of a convolutional layer: its kernels, its bias, and all kernels on it.",
)

VANISHING_LAST_CHANNEL = is_kept(
    "last channel",
    r"0 =",
    printed=ORIGIN_PASSING_NET.sign_constraints((2, 1)),
    escaping=_escaping_from_vanishing,
    run=run_channels,
    wrong={
        "read-out of one position free": _without(
            ORIGIN_PASSING_NET.sign_constraints((2, 1)), ORIGIN_PASSING_NET.outgoing(2, 1)[:1]
        )
    },
    says="The same for a channel of the last convolution, which every output reads at every position.",
)

IDENTICAL_CHANNELS = is_kept(
    "channels",
    r"0 =",
    printed=_IDENTICAL,
    escaping=_escaping_from_identical,
    run=run_channels,
    tolerance=ROUNDING,
    wrong={
        "kernels on them free": _without(_IDENTICAL, NET.outgoing(1, 1)),
        "biases free": _without(_IDENTICAL, (NET.bias(1, 1),)),
        "kernels mirrored": sp.ImmutableMatrix(
            [
                a - b
                for a, b in zip(
                    NET.own_weights(1, 1),
                    (*NET.incoming(1, 2)[::-1], NET.bias(1, 2), *NET.outgoing(1, 2)),
                    strict=True,
                )
            ]
        ),
    },
    says="The constraints for two channels of a convolutional layer.",
)
