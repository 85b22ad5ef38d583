r"""Appendix H: vanishing and identical neurons in residual networks."""

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory.networks.feed_forward import FeedForward
from verification.authoring.invariant_sets import ROUNDING, network_keeps, trained
from verification.authoring.shorthand import Grade, Kind, equals
from verification.claim import Statement
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets import networks as nets

Constraints = Callable[..., sp.MatrixBase]
ONE_SKIP, CHAIN = ((1, 3),), ((1, 2), (2, 3))
"""Residual connections: one over a layer between, and two in a row."""


def _network(skips: tuple[tuple[int, int], ...], activation: Callable[[sp.Expr], sp.Expr] = nets.sigma) -> FeedForward:
    return FeedForward((2, 2, 2, 2, 2), activation, skips=skips)


def _one_connection(network: FeedForward, constraints: Constraints, p: tuple[int, ...], **rest: Any) -> Statement:
    """The printed conditions where the only residual connection is the one from layer 1 to layer 3."""
    return network_keeps(
        network,
        "one connection",
        constraints((1, *p), (3, *p)),
        run=trained(_network(ONE_SKIP)),
        says="The constraints for a network whose only residual connection has $l_1 = 1$ and $l_2 = 3$.",
        **rest,
    )


def _chain(network: FeedForward, constraints: Constraints, p: tuple[int, ...], **rest: Any) -> Statement:
    """The printed conditions where the neuron of layer 2 is also the beginning of a connection to layer 3."""
    return network_keeps(
        network,
        "chain",
        constraints((1, *p), (2, *p)),
        run=trained(_network(CHAIN)),
        corrected=constraints((1, *p), (2, *p), (3, *p)),
        corrected_says="with residual connections from layer 1 to 2 and from 2 to 3, the conditions for $l = 1, 2, 3$",
        wrong={
            "without the beginning": constraints((2, *p), (3, *p)),
            "without the middle": constraints((1, *p), (3, *p)),
        },
        says="The constraints for $l_1 = 1$ and $l_2 = 2$ where a second residual connection leads from 2 to 3.",
        **rest,
    )


@paper.claim(
    "SC-014",
    "Definition H.1, Proposition H.1",
    symbols=nets.NET_SYMBOLS,
    kind=Kind.INVARIANCE,
    grade=Grade.CONDITION,
    notes=(nets.SMOOTH_AND_KINKED,),
)
def vanishing_neurons_with_residual_connections():
    r"""Sign invariant sets of residual networks.

    $h^{(l_2)}(x) = \sigma\left(w^{(l_2-1)}h^{(l_2-1)}(x) + b^{(l_2)}\right) + h^{(l_1)}(x)$. If $\sigma(0) = 0$, then
    the coordinate plane $A = \{\theta \mid w_{\mathrm{in},p}^{(l)} = 0, b_p^{(l)} = 0, w_{\mathrm{out},p}^{(l+1)} = 0
    \text{ for } l = l_1, l_2\}$ forms an invariant set.
    - The page lacks the condition that no further residual connection begins or ends at the neuron.
    - No set of this kind exists if the chain begins at the input, whose activity no weight controls (not judged).
    - The index of $w$ in Definition H.1 alone would be a misprint.
    """
    plain = _network(ONE_SKIP)
    network, chain = (_network(skips, nets.through_origin) for skips in (ONE_SKIP, CHAIN))
    h = sp.Matrix(sp.symbols("h_1 h_2", real=True))
    w, b = plain.weight_matrix, plain.biases(3)
    only = {"only at $l_2$": ((3, 1),), "only at $l_1$": ((1, 1),), "different neurons": ((1, 1), (3, 2))}
    wrong = {name: network.sign_constraints(*neurons) for name, neurons in only.items()}
    yield _one_connection(network, network.sign_constraints, (1,), wrong=wrong)
    yield _chain(chain, chain.sign_constraints, (1,))
    yield equals(
        r"index of w: $w^{(\cdot)}h^{(l_2-1)} + b^{(l_2)}$",
        printed=w(2) * h + b,
        derived=lambda: plain.preactivation(plain.skips[0][1], h),
        corrected=w(3) * h + b,
        corrected_says="$w^{(l_2)}$ for $w^{(l_2-1)}$",
        wrong={"one layer too far": w(4) * h + b, "transposed": w(3).T * h + b},
        says="Definition H.1 in the numbering of Eq. (1), for $l_2 = 3$ and the activity $h$ of layer 2.",
    )


@paper.claim(
    "SC-015",
    "Proposition H.2",
    symbols=nets.NET_SYMBOLS,
    kind=Kind.INVARIANCE,
    grade=Grade.MISPRINT,
    notes=(nets.SMOOTH_AND_KINKED,),
)
def identical_neurons_with_residual_connections():
    r"""Permutation invariant sets of residual networks.

    Consider two hidden neurons $p$, $q$ in the same layer $l_1$ with a residual connection from layer $l_1$. The affine
    space $A = \{\theta \mid w_{\mathrm{in},p}^{(l)} = w_{\mathrm{in},q}^{(l)}, b_p^{(l)} = b_q^{(l)},
    w_{\mathrm{out},p}^{(l+1)} = w_{\mathrm{out},q}^{(l+1)} \text{ for } l = l_1, l_2\}$ is an invariant set.
    - Scope: no other residual connection begins or ends at the neurons.
    - That a chain of residual connections needs the conditions at all its layers, as in SC-014, is a remark here: the
      same gap of the page is counted once.
    - The text refers to "App. B.1 and B.1".
    """
    network, chain = _network(ONE_SKIP), _network(CHAIN)
    l_1, l_2 = sp.symbols("l_1 l_2", integer=True, positive=True)
    yield equals(
        "layer of the neurons: $l$",
        printed=l_1,
        where={l_1: sp.Integer(1), l_2: sp.Integer(3)},
        derived=lambda: sp.Integer(network.skips[0][1]),
        corrected=l_2,
        wrong={"the layer between": sp.Integer(2)},
        mutated=False,  # it is a question of indices
        says="The layer of two neurons that have a residual connection from layer $l_1$.",
    )
    only = {"only at $l_2$": ((3, 1, 2),), "only at $l_1$": ((1, 1, 2),)}
    wrong = {name: network.permutation_constraints(*neurons) for name, neurons in only.items()}
    yield _one_connection(network, network.permutation_constraints, (1, 2), wrong=wrong, tolerance=ROUNDING)
    yield _chain(chain, chain.permutation_constraints, (1, 2), tolerance=ROUNDING, remark=True)
