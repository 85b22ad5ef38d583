r"""Appendix H: vanishing and identical neurons in residual networks."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.networks.feed_forward import FeedForward
from verification.claim import Citation, Claim, Identity, Invariance, Kind, NearMiss, Statement
from verification.papers.stochastic_collapse.sets.neurons import (
    NET_SYMBOLS,
    PAPER,
    ROUNDING,
    SMOOTH_AND_KINKED,
    escaping,
    sgd_runs,
    sigma,
    through_origin,
)

RUNS = "verification.papers.stochastic_collapse.sets.residual_networks"

ONE_SKIP = FeedForward((2, 2, 2, 2, 2), sigma, skips=((1, 3),))
ONE_SKIP_ORIGIN_PASSING = FeedForward((2, 2, 2, 2, 2), through_origin, skips=((1, 3),))
CHAIN = FeedForward((2, 2, 2, 2, 2), sigma, skips=((1, 2), (2, 3)))
CHAIN_ORIGIN_PASSING = FeedForward((2, 2, 2, 2, 2), through_origin, skips=((1, 2), (2, 3)))


def run_one_skip(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD on a network with one residual connection."""
    return sgd_runs(ONE_SKIP, [(name, constraints, {"activation": name}) for name in ("tanh", "relu", "gelu")])


def run_chain(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD on a network with a chain of residual connections."""
    return sgd_runs(CHAIN, [(name, constraints, {"activation": name}) for name in ("tanh", "relu", "gelu")])


_L = ONE_SKIP.weights
_below_skip = sp.Matrix(sp.symbols("h_1 h_2", real=True))


def _residual_preactivation() -> sp.Matrix:
    """The pre-activation of the layer l_2 = 3 that h^(1) is added to, for the activity (h_1, h_2) of layer 2."""
    ((_, last),) = ONE_SKIP.skips
    return sp.Matrix(ONE_SKIP.preactivation(last, _below_skip))


def _printed_preactivation(layer: int) -> sp.Matrix:
    return sp.Matrix(_L(layer) * _below_skip + ONE_SKIP.biases(3))


SC_014 = Claim(
    id="SC-014",
    title="sign invariant sets of residual networks",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Definition H.1, Proposition H.1"),
    symbols=NET_SYMBOLS,
    printed_text=(
        "h^(l2) = sigma(w^(l2-1) h^(l2-1) + b^(l2)) + h^(l1); if sigma(0) = 0, A = {w_{in,p}^(l) = 0, b_p^(l) = 0, "
        "w_{out,p}^(l+1) = 0 for l = l1, l2} forms an invariant set"
    ),
    corrected_text=(
        "h^(l2) = sigma(w^(l2) h^(l2-1) + b^(l2)) + h^(l1); the conditions are needed at every layer of the chain of "
        "residual connections through neuron p"
    ),
    notes=(
        "No set of this kind exists if the chain begins at the input, whose activity no weight controls.",
        SMOOTH_AND_KINKED,
    ),
    statements=(
        Statement(
            name="index of w",
            says="Definition H.1 in the numbering of Eq. (1): pre-activation of layer l2 = 3.",
            left=r"w^{(\cdot)}h^{(l_2-1)} + b^{(l_2)}",
            form=Identity(_residual_preactivation),
            printed=_printed_preactivation(2),
            corrected=_printed_preactivation(3),
            near_misses=(
                NearMiss("one layer too far", _printed_preactivation(4)),
                NearMiss("transposed", sp.Matrix(_L(3).T * _below_skip + ONE_SKIP.biases(3))),
            ),
        ),
        Statement(
            name="one connection",
            says="The constraints for a network whose only residual connection is l1 = 1, l2 = 3.",
            left=r"0 =",
            form=Invariance(escaping(ONE_SKIP_ORIGIN_PASSING), f"{RUNS}:run_one_skip"),
            printed=ONE_SKIP.sign_constraints((1, 1), (3, 1)),
            near_misses=(
                NearMiss("only at l2", ONE_SKIP.sign_constraints((3, 1))),
                NearMiss("only at l1", ONE_SKIP.sign_constraints((1, 1))),
                NearMiss("different neurons", ONE_SKIP.sign_constraints((1, 1), (3, 2))),
            ),
        ),
        Statement(
            name="chain",
            says="The constraints for l1 = 1, l2 = 2 in a network with residual connections 1 to 2 and 2 to 3.",
            left=r"0 =",
            form=Invariance(escaping(CHAIN_ORIGIN_PASSING), f"{RUNS}:run_chain"),
            printed=CHAIN.sign_constraints((1, 1), (2, 1)),
            corrected=CHAIN.sign_constraints((1, 1), (2, 1), (3, 1)),
            near_misses=(
                NearMiss("without the beginning", CHAIN.sign_constraints((2, 1), (3, 1))),
                NearMiss("without the middle", CHAIN.sign_constraints((1, 1), (3, 1))),
            ),
        ),
    ),
)


def _layer_with_connection() -> sp.Expr:
    """The layer whose activity contains h^(1) besides its own neurons' output."""
    ((_, last),) = ONE_SKIP.skips
    return sp.Integer(last)


SC_015 = Claim(
    id="SC-015",
    title="permutation invariant sets of residual networks",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Proposition H.2"),
    symbols=NET_SYMBOLS,
    printed_text=(
        "two hidden neurons p, q in the same layer l_1 with a residual connection from layer l_1; "
        "A = {w_{in,p} = w_{in,q}, b_p = b_q, w_{out,p} = w_{out,q} for l = l1, l2} is an invariant set"
    ),
    corrected_text=(
        "two hidden neurons p, q in the same layer l_2 with a residual connection from layer l_1; the conditions are "
        "needed at every layer of the chain of residual connections through p and q"
    ),
    notes=('The text refers to "App. B.1 and B.1".', SMOOTH_AND_KINKED),
    statements=(
        Statement(
            name="layer of the neurons",
            says="The layer with a residual connection from l1 = 1, where p and q are, if l2 = 3.",
            left=r"l",
            form=Identity(_layer_with_connection),
            printed=sp.Integer(1),
            corrected=sp.Integer(3),
            near_misses=(NearMiss("the layer between", sp.Integer(2)),),
        ),
        Statement(
            name="one connection",
            says="The constraints for a network whose only residual connection is l1 = 1, l2 = 3.",
            left=r"0 =",
            form=Invariance(escaping(ONE_SKIP), f"{RUNS}:run_one_skip", ROUNDING),
            printed=ONE_SKIP.permutation_constraints((1, 1, 2), (3, 1, 2)),
            near_misses=(
                NearMiss("only at l2", ONE_SKIP.permutation_constraints((3, 1, 2))),
                NearMiss("only at l1", ONE_SKIP.permutation_constraints((1, 1, 2))),
            ),
        ),
        Statement(
            name="chain",
            says="The constraints for l1 = 1, l2 = 2 in a network with residual connections 1 to 2 and 2 to 3.",
            left=r"0 =",
            form=Invariance(escaping(CHAIN), f"{RUNS}:run_chain", ROUNDING),
            printed=CHAIN.permutation_constraints((1, 1, 2), (2, 1, 2)),
            corrected=CHAIN.permutation_constraints((1, 1, 2), (2, 1, 2), (3, 1, 2)),
            near_misses=(
                NearMiss("without the beginning", CHAIN.permutation_constraints((2, 1, 2), (3, 1, 2))),
                NearMiss("without the middle", CHAIN.permutation_constraints((1, 1, 2), (3, 1, 2))),
            ),
        ),
    ),
)

CLAIMS = (SC_014, SC_015)
