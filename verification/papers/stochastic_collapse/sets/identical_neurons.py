"""Permutation sets: two neurons that stay identical."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from theory.networks.activations import (
    ACTIVATIONS,
)
from theory.networks.feed_forward import FeedForward
from verification.authoring.shorthand import equals, is_kept
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.channels import (
    IDENTICAL_CHANNELS,
)
from verification.papers.stochastic_collapse.sets.neurons import (
    _BIAS,
    _INCOMING,
    _OUTGOING,
    NET,
    NET_SYMBOLS,
    ROUNDING,
    SIZES,
    SMOOTH_AND_KINKED,
    _count,
    _counted,
    escaping,
    sgd_runs,
    without,
)

PERMUTATION_SET = NET.permutation_constraints((1, 1, 2))


def run_permutation_set(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD from the set, for every activation."""
    return sgd_runs(NET, [(name, constraints, {"activation": name}) for name in ACTIVATIONS])


@paper.claim("SC-006", "Proposition 3.2", symbols=NET_SYMBOLS, kind=Kind.INVARIANCE, notes=(SMOOTH_AND_KINKED,))
def permutation_invariant_sets_identical_neurons():
    r"""Permutation invariant sets: identical neurons.

    A = {w_{in,p}^(l) = w_{in,q}^(l), b_p^(l) = b_q^(l), w_{out,p}^(l+1) = w_{out,q}^(l+1)} is an invariant set
    """
    yield is_kept(
        "set",
        r"0 =",
        printed=PERMUTATION_SET,
        escaping=escaping(NET),
        run=run_permutation_set,
        tolerance=ROUNDING,
        wrong={
            "outgoing weights free": without(PERMUTATION_SET, _OUTGOING),
            "incoming weights free": without(PERMUTATION_SET, _INCOMING),
            "biases free": without(PERMUTATION_SET, _BIAS),
            "opposite neurons": sp.Matrix(
                [a + b for a, b in zip(NET.own_weights(1, 1), NET.own_weights(1, 2), strict=True)]
            ),
        },
        says="The constraints, which vanish on A, for the neurons of layer 1 of a network with m = 3.",
    )
    yield is_kept(
        "second layer",
        r"0 =",
        printed=NET.permutation_constraints((2, 1, 2)),
        escaping=escaping(NET),
        run=run_permutation_set,
        tolerance=ROUNDING,
        wrong={"outgoing weights free": without(NET.permutation_constraints((2, 1, 2)), _OUTGOING)},
        says="The same for the neurons of layer 2.",
    )
    yield IDENTICAL_CHANNELS


@paper.claim(
    "SC-007",
    "Section 3, below Proposition 3.2",
    symbols={},
    kind=Kind.IDENTITY,
    scope="one set for each pair of neurons; intersections of sets are not counted",
    notes=(f"Enumerated, as distinct projectors, for (m, k) in {SIZES}; m counts weight matrices.",),
)
def number_of_permutation_invariant_sets():
    r"""Number of permutation invariant sets.

    for a fully-connected network of depth m and width k there are (m-1) C(k,2) distinct permutation invariant sets
    """
    yield equals(
        "number",
        r"\#",
        printed=_counted(lambda m, k: (m - 1) * math.comb(k, 2)),
        derived=lambda: _count(FeedForward.permutation_sets),
        wrong={
            "ordered pairs": _counted(lambda m, k: (m - 1) * k * (k - 1)),
            "m hidden layers": _counted(lambda m, k: m * math.comb(k, 2)),
            "pairs across layers": _counted(lambda m, k: math.comb((m - 1) * k, 2)),
            "a neuron paired with itself": _counted(lambda m, k: (m - 1) * math.comb(k + 1, 2)),
        },
        says=f"Number of distinct permutation invariant sets for (m, k) = {', '.join(map(str, SIZES))}.",
    )
