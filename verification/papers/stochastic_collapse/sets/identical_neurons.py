"""Proposition 3.2: identical neurons, and how many sets there are."""

from __future__ import annotations

import sympy as sp

from theory.networks.activations import ACTIVATIONS
from theory.networks.feed_forward import FeedForward
from verification.authoring.shorthand import Kind, equals, is_kept
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.channels import identical_channels
from verification.papers.stochastic_collapse.sets.counting import counted, k, m
from verification.papers.stochastic_collapse.sets.networks import (
    NET,
    NET_SYMBOLS,
    ROUNDING,
    SMOOTH_AND_KINKED,
    escaping,
    trained,
    without,
)


@paper.claim("SC-006", "Proposition 3.2", symbols=NET_SYMBOLS, kind=Kind.INVARIANCE, notes=(SMOOTH_AND_KINKED,))
def identical_neurons():
    r"""Permutation invariant sets: identical neurons.

    The affine subspace $A = \{\theta \in \mathbb R^d \mid w_{\mathrm{in},p}^{(l)} = w_{\mathrm{in},q}^{(l)},
    b_p^{(l)} = b_q^{(l)}, w_{\mathrm{out},p}^{(l+1)} = w_{\mathrm{out},q}^{(l+1)}\}$ is an invariant set.
    """
    first, second = NET.permutation_constraints((1, 1, 2)), NET.permutation_constraints((2, 1, 2))
    yield is_kept(
        "set",
        "0 =",
        printed=first,
        escaping=escaping(NET),
        run=trained(NET, ACTIVATIONS),
        tolerance=ROUNDING,
        wrong={
            "outgoing weights free": without(first, *NET.outgoing(1, 1)),
            "incoming weights free": without(first, *NET.incoming(1, 1)),
            "biases free": without(first, NET.biases(1)[0]),
            "opposite neurons": sp.Matrix(NET.own_weights(1, 1)) + sp.Matrix(NET.own_weights(1, 2)),
        },
        says="The constraints of $A$ for the neurons of layer 1 of a network with $m = 3$.",
    )
    yield is_kept(
        "second layer",
        "0 =",
        printed=second,
        escaping=escaping(NET),
        run=trained(NET, ACTIVATIONS),
        tolerance=ROUNDING,
        wrong={"outgoing weights free": without(second, *NET.outgoing(2, 1))},
        says="The same for the neurons of layer 2.",
    )
    yield identical_channels()


@paper.claim(
    "SC-007",
    "Section 3, below Proposition 3.2",
    symbols={m: "number of weight matrices", k: "number of neurons of a hidden layer"},
    kind=Kind.IDENTITY,
    scope="one set for each pair of neurons; intersections of sets are not counted",
    notes=("Counted as distinct projectors for $m = 2, 3$ and $k = 1, 2, 3$; judged is the polynomial through these.",),
)
def number_of_permutation_invariant_sets():
    r"""Number of permutation invariant sets.

    For a fully-connected network of depth $m$ and width $k$ there are $(m-1)\binom k2$ distinct permutation invariant
    sets.
    """
    yield equals(
        "number",
        r"\#",
        printed=(m - 1) * sp.binomial(k, 2),
        derived=lambda: counted(FeedForward.permutation_sets),
        wrong={
            "$m$ hidden layers": m * sp.binomial(k, 2),
            "pairs across layers": sp.binomial((m - 1) * k, 2),
            "a neuron paired with itself": (m - 1) * sp.binomial(k + 1, 2),
        },
    )
