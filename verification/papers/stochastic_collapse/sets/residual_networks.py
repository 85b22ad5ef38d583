r"""Appendix H: vanishing and identical neurons in residual networks."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.networks.feed_forward import FeedForward
from verification.authoring.shorthand import equals, is_kept
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.neurons import (
    NET_SYMBOLS,
    ROUNDING,
    SMOOTH_AND_KINKED,
    escaping,
    sgd_runs,
    sigma,
    through_origin,
)

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


_L = ONE_SKIP.weight_matrix
_below_skip = sp.Matrix(sp.symbols("h_1 h_2", real=True))


def _residual_preactivation() -> sp.Matrix:
    """The pre-activation of the layer l_2 = 3 that h^(1) is added to, for the activity (h_1, h_2) of layer 2."""
    ((_, last),) = ONE_SKIP.skips
    return sp.Matrix(ONE_SKIP.preactivation(last, _below_skip))


def _printed_preactivation(layer: int) -> sp.Matrix:
    return sp.Matrix(_L(layer) * _below_skip + ONE_SKIP.biases(3))


@paper.claim(
    "SC-014",
    "Definition H.1, Proposition H.1",
    symbols=NET_SYMBOLS,
    kind=Kind.INVARIANCE,
    notes=(
        "No set of this kind exists if the chain begins at the input, whose activity no weight controls.",
        SMOOTH_AND_KINKED,
    ),
)
def sign_invariant_sets_of_residual_networks():
    r"""Sign invariant sets of residual networks.

    h^(l2) = sigma(w^(l2-1) h^(l2-1) + b^(l2)) + h^(l1); if sigma(0) = 0, A = {w_{in,p}^(l) = 0, b_p^(l) = 0,
    w_{out,p}^(l+1) = 0 for l = l1, l2} forms an invariant set
    """
    yield equals(
        "index of w",
        r"w^{(\cdot)}h^{(l_2-1)} + b^{(l_2)}",
        printed=_printed_preactivation(2),
        derived=_residual_preactivation,
        corrected=_printed_preactivation(3),
        corrected_says="h^(l2) = sigma(w^(l2) h^(l2-1) + b^(l2)) + h^(l1); the conditions are needed at every "
        "layer of the chain of "
        "residual connections through neuron p",
        wrong={
            "one layer too far": _printed_preactivation(4),
            "transposed": sp.Matrix(_L(3).T * _below_skip + ONE_SKIP.biases(3)),
        },
        says="Definition H.1 in the numbering of Eq. (1): pre-activation of layer l2 = 3.",
    )
    yield is_kept(
        "one connection",
        r"0 =",
        printed=ONE_SKIP.sign_constraints((1, 1), (3, 1)),
        escaping=escaping(ONE_SKIP_ORIGIN_PASSING),
        run=run_one_skip,
        wrong={
            "only at l2": ONE_SKIP.sign_constraints((3, 1)),
            "only at l1": ONE_SKIP.sign_constraints((1, 1)),
            "different neurons": ONE_SKIP.sign_constraints((1, 1), (3, 2)),
        },
        says="The constraints for a network whose only residual connection is l1 = 1, l2 = 3.",
    )
    yield is_kept(
        "chain",
        r"0 =",
        printed=CHAIN.sign_constraints((1, 1), (2, 1)),
        escaping=escaping(CHAIN_ORIGIN_PASSING),
        run=run_chain,
        corrected=CHAIN.sign_constraints((1, 1), (2, 1), (3, 1)),
        wrong={
            "without the beginning": CHAIN.sign_constraints((2, 1), (3, 1)),
            "without the middle": CHAIN.sign_constraints((1, 1), (3, 1)),
        },
        says="The constraints for l1 = 1, l2 = 2 in a network with residual connections 1 to 2 and 2 to 3.",
    )


def _layer_with_connection() -> sp.Expr:
    """The layer whose activity contains h^(1) besides its own neurons' output."""
    ((_, last),) = ONE_SKIP.skips
    return sp.Integer(last)


@paper.claim(
    "SC-015",
    "Proposition H.2",
    symbols=NET_SYMBOLS,
    kind=Kind.INVARIANCE,
    notes=('The text refers to "App. B.1 and B.1".', SMOOTH_AND_KINKED),
)
def permutation_invariant_sets_of_residual_networks():
    r"""Permutation invariant sets of residual networks.

    two hidden neurons p, q in the same layer l_1 with a residual connection from layer l_1; A = {w_{in,p} =
    w_{in,q}, b_p = b_q, w_{out,p} = w_{out,q} for l = l1, l2} is an invariant set
    """
    yield equals(
        "layer of the neurons",
        r"l",
        printed=sp.Integer(1),
        derived=_layer_with_connection,
        corrected=sp.Integer(3),
        corrected_says="two hidden neurons p, q in the same layer l_2 with a residual connection from layer "
        "l_1; the conditions are "
        "needed at every layer of the chain of residual connections through p and q",
        wrong={"the layer between": sp.Integer(2)},
        says="The layer with a residual connection from l1 = 1, where p and q are, if l2 = 3.",
    )
    yield is_kept(
        "one connection",
        r"0 =",
        printed=ONE_SKIP.permutation_constraints((1, 1, 2), (3, 1, 2)),
        escaping=escaping(ONE_SKIP),
        run=run_one_skip,
        tolerance=ROUNDING,
        wrong={
            "only at l2": ONE_SKIP.permutation_constraints((3, 1, 2)),
            "only at l1": ONE_SKIP.permutation_constraints((1, 1, 2)),
        },
        says="The constraints for a network whose only residual connection is l1 = 1, l2 = 3.",
    )
    yield is_kept(
        "chain",
        r"0 =",
        printed=CHAIN.permutation_constraints((1, 1, 2), (2, 1, 2)),
        escaping=escaping(CHAIN),
        run=run_chain,
        tolerance=ROUNDING,
        corrected=CHAIN.permutation_constraints((1, 1, 2), (2, 1, 2), (3, 1, 2)),
        wrong={
            "without the beginning": CHAIN.permutation_constraints((2, 1, 2), (3, 1, 2)),
            "without the middle": CHAIN.permutation_constraints((1, 1, 2), (3, 1, 2)),
        },
        says="The constraints for l1 = 1, l2 = 2 in a network with residual connections 1 to 2 and 2 to 3.",
    )
