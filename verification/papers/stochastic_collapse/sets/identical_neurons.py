"""Permutation sets: two neurons that stay identical."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from theory.networks.activations import (
    ACTIVATIONS,
)
from theory.networks.feed_forward import FeedForward
from verification.claim import Citation, Claim, Identity, Invariance, Kind, NearMiss, Statement
from verification.papers.stochastic_collapse.sets.channels import (
    IDENTICAL_CHANNELS,
)
from verification.papers.stochastic_collapse.sets.neurons import (
    _BIAS,
    _INCOMING,
    _OUTGOING,
    NET,
    NET_SYMBOLS,
    PAPER,
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


SC_006 = Claim(
    id="SC-006",
    title="permutation invariant sets: identical neurons",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Proposition 3.2"),
    symbols=NET_SYMBOLS,
    printed_text=(
        "A = {w_{in,p}^(l) = w_{in,q}^(l), b_p^(l) = b_q^(l), w_{out,p}^(l+1) = w_{out,q}^(l+1)} is an invariant set"
    ),
    notes=(SMOOTH_AND_KINKED,),
    statements=(
        Statement(
            name="set",
            says="The constraints, which vanish on A, for the neurons of layer 1 of a network with m = 3.",
            left=r"0 =",
            form=Invariance(
                escaping(NET),
                "verification.papers.stochastic_collapse.sets.identical_neurons:run_permutation_set",
                ROUNDING,
            ),
            printed=PERMUTATION_SET,
            near_misses=(
                NearMiss("outgoing weights free", without(PERMUTATION_SET, _OUTGOING)),
                NearMiss("incoming weights free", without(PERMUTATION_SET, _INCOMING)),
                NearMiss("biases free", without(PERMUTATION_SET, _BIAS)),
                NearMiss(
                    "opposite neurons",
                    sp.Matrix([a + b for a, b in zip(NET.own_parameters(1, 1), NET.own_parameters(1, 2), strict=True)]),
                ),
            ),
        ),
        Statement(
            name="second layer",
            says="The same for the neurons of layer 2.",
            left=r"0 =",
            form=Invariance(
                escaping(NET),
                "verification.papers.stochastic_collapse.sets.identical_neurons:run_permutation_set",
                ROUNDING,
            ),
            printed=NET.permutation_constraints((2, 1, 2)),
            near_misses=(
                NearMiss("outgoing weights free", without(NET.permutation_constraints((2, 1, 2)), _OUTGOING)),
            ),
        ),
        IDENTICAL_CHANNELS,
    ),
)


SC_007 = Claim(
    id="SC-007",
    title="number of permutation invariant sets",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Section 3, below Proposition 3.2"),
    symbols={},
    scope="one set for each pair of neurons; intersections of sets are not counted",
    printed_text=(
        "for a fully-connected network of depth m and width k there are (m-1) C(k,2) distinct permutation invariant "
        "sets"
    ),
    notes=(f"Enumerated, as distinct projectors, for (m, k) in {SIZES}; m counts weight matrices.",),
    statements=(
        Statement(
            name="number",
            says=f"Number of distinct permutation invariant sets for (m, k) = {', '.join(map(str, SIZES))}.",
            left=r"\#",
            form=Identity(lambda: _count(FeedForward.permutation_sets)),
            printed=_counted(lambda m, k: (m - 1) * math.comb(k, 2)),
            near_misses=(
                NearMiss("ordered pairs", _counted(lambda m, k: (m - 1) * k * (k - 1))),
                NearMiss("m hidden layers", _counted(lambda m, k: m * math.comb(k, 2))),
                NearMiss("pairs across layers", _counted(lambda m, k: math.comb((m - 1) * k, 2))),
                NearMiss("a neuron paired with itself", _counted(lambda m, k: (m - 1) * math.comb(k + 1, 2))),
            ),
        ),
    ),
)

CLAIMS = (
    SC_006,
    SC_007,
)
