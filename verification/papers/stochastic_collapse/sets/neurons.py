r"""Propositions 3.1 and 3.2: vanishing neurons and the activations that allow them, identical neurons, their number."""

from functools import partial
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.networks.activations import ACTIVATIONS, ORIGIN_PASSING, activation, z
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import normal_gradient
from verification.authoring.invariant_sets import ROUNDING, escaping, network_keeps, sgd_runs, trained, without
from verification.authoring.shorthand import equals, is_kept
from verification.claim import Statement
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets import networks as nets
from verification.papers.stochastic_collapse.sets.channels import identical_channels, vanishing_channels
from verification.papers.stochastic_collapse.sets.networks import NET, NET_SYMBOLS, k, m


@paper.claim("SC-003", "Proposition 3.1", symbols=NET_SYMBOLS, notes=(nets.SMOOTH_AND_KINKED,))
def vanishing_neurons():
    r"""Sign invariant sets: vanishing neurons.

    If the non-linearity is origin-passing, $\sigma(0) = 0$, then the axial subspace $A = \{\theta \in \mathbb R^d \mid
    w_{\mathrm{in},p}^{(l)} = 0, b_p^{(l)} = 0, w_{\mathrm{out},p}^{(l+1)} = 0\}$ is an invariant set.
    - A smooth $\sigma$ with $\sigma(0) = 0$ is $z\,s(z)$ with a smooth $s$ (Hadamard); the proof leaves $s$ open.
    - The proposition is about fully connected layers. In convolutional ones channels play the part of neurons; sharing
      kernels over positions changes nothing, as two statements show.
    """
    network = nets.ORIGIN_PASSING_NET
    vanishing = network.sign_constraints((1, 1))
    into, bias, out_of = network.incoming(1, 1), network.biases(1)[0], network.outgoing(1, 1)
    yield network_keeps(
        network,
        "set",
        vanishing,
        wrong={
            "outgoing weights free": without(vanishing, *out_of),
            "incoming weights free": without(vanishing, *into),
            "incoming weights and bias free": without(vanishing, *into, bias),
            "bias free": without(vanishing, bias),
        },
        says="The constraints of $A$ for neuron 1 of layer 1 of a network with $m = 3$.",
    )
    yield is_kept(
        r"activation: $\sigma(z) =$",
        printed=nets.through_origin(z),
        escaping=_escaping_by_activation,
        run=run_activations,
        wrong={"sigmoid": ACTIVATIONS["sigmoid"], "softplus": ACTIVATIONS["softplus"]},
        says="The activation for which every hidden neuron of a network with $m = 3$ has its set.",
    )
    yield from vanishing_channels()
    yield _optimisers()


def _network(function: sp.Expr) -> FeedForward:
    return FeedForward((2, 2, 2, 2), lambda u: function.subs(z, u))


def _escaping_by_activation(function: sp.Expr) -> sp.MatrixBase:
    network = _network(function)
    parts = [escaping(network)(network.sign_constraints(neuron)) for neuron in network.hidden_neurons]
    return sp.Matrix.vstack(*map(sp.Matrix, parts))


def activations(candidate: sp.Expr) -> list[str]:
    """The activations a candidate speaks of: itself, or all origin-passing ones for an undefined function."""
    if candidate.has(AppliedUndef):
        return list(ORIGIN_PASSING)
    return [name for name, expression in ACTIVATIONS.items() if expression == candidate]


def run_activations(candidate: sp.Expr) -> dict[str, Any]:
    """SGD from sign sets of a neuron of each hidden layer, for the activations of the candidate."""
    network = _network(candidate)
    runs = [
        (f"{name}, layer {layer}", network.sign_constraints((layer, 1)), {"activation": name})
        for name in activations(candidate)
        for layer in (1, 2)
    ]
    return sgd_runs(network, runs)


def _optimisers() -> Statement:
    """Weight decay, momentum and Adam keep the set too."""
    network = nets.ORIGIN_PASSING_NET
    vanishing = network.sign_constraints((1, 1))

    def escaping_by_optimiser(settings: sp.MatrixBase) -> sp.MatrixBase:
        """What of the first step of SGD with decay, momentum and a random first velocity leaves the set."""
        weight_decay, momentum, velocity = settings
        affine_set = network.affine_set(vanishing)
        drawn = sp.Matrix(sp.symbols(f"u_1:{len(network.weights) + 1}", real=True))
        pulled = (weight_decay * sp.Matrix(network.weights)).applyfunc(affine_set.restrict)
        extra = affine_set.normals * (pulled + momentum * velocity * drawn)
        return sp.Matrix(normal_gradient(affine_set, network.pulled_back_loss)) + extra

    def run(settings: sp.MatrixBase) -> dict[str, Any]:
        """SGD with these settings, and Adam where no velocity is given."""
        weight_decay, momentum, velocity = map(float, settings)
        sgd = {"weight_decay": weight_decay, "momentum": momentum, "initial_velocity": velocity, "learning_rate": 0.005}
        runs = [("SGD", vanishing, sgd)]
        if not velocity:
            runs.append(("Adam", vanishing, {"weight_decay": weight_decay, "adam": True}))
        return sgd_runs(network, runs)

    decay, momentum = sp.Rational(1, 100), sp.Rational(9, 10)
    return is_kept(
        r"optimiser: $(\lambda, \rho, v_0) =$",
        printed=sp.Matrix([decay, momentum, 0]),
        escaping=escaping_by_optimiser,
        run=run,
        wrong={"momentum that does not start at rest": sp.Matrix([decay, momentum, sp.Rational(1, 10)])},
        remark="A result of ours: a weight decay, a momentum and a first velocity with which the set is kept too.",
    )


@paper.claim("SC-004", "Section 3, below Proposition 3.1")
def origin_passing_activations():
    """List of origin-passing activations.

    Most modern neural network architectures employ origin-passing activation functions, which includes linear,
    hyperbolic tangent, ReLU, Leaky ReLU, ELU, Swish, SiLU and GELU.
    """

    def values(**others: sp.Expr) -> sp.Matrix:
        return sp.Matrix([others.get(name, sp.S.Zero) for name in ORIGIN_PASSING])

    yield equals(
        r"values at the origin: $\sigma(0)$",
        printed=values(),
        derived=lambda: sp.Matrix([activation(name, sp.S.Zero) for name in ORIGIN_PASSING]),
        wrong={
            "softplus for ReLU": values(relu=sp.log(2)),
            "sigmoid for SiLU": values(silu=sp.Rational(1, 2)),
            "ELU without its $-1$": values(elu=sp.S.One),
        },
        says="For the eight activations, in the order of the text.",
    )


COUNTED = {m: "number of weight matrices", k: "number of neurons of a hidden layer"}
HOW_COUNTED = "Counted as distinct projectors for $m = 2, 3$ and $k = 1, 2, 3$; judged is the polynomial through these."


@paper.claim("SC-005", "Section 3, below Proposition 3.1", symbols=COUNTED, notes=(HOW_COUNTED,))
def number_of_sign_invariant_sets():
    """Number of sign invariant sets.

    A fully-connected network of depth $m$ and width $k$ possesses $(m-1)k$ distinct sign invariant sets.
    - Scope: one set for each hidden neuron; intersections of sets are not counted.
    """
    yield equals(
        r"number: $\#$",
        printed=(m - 1) * k,
        derived=lambda: nets.counted(FeedForward.sign_sets),
        wrong={
            "$m$ hidden layers": m * k,
            "one for each pair": (m - 1) * sp.binomial(k, 2),
            "intersections counted": 2 ** ((m - 1) * k) - 1,
        },
    )


@paper.claim("SC-006", "Proposition 3.2", symbols=NET_SYMBOLS, notes=(nets.SMOOTH_AND_KINKED,))
def identical_neurons():
    r"""Permutation invariant sets: identical neurons.

    The affine subspace $A = \{\theta \in \mathbb R^d \mid w_{\mathrm{in},p}^{(l)} = w_{\mathrm{in},q}^{(l)},
    b_p^{(l)} = b_q^{(l)}, w_{\mathrm{out},p}^{(l+1)} = w_{\mathrm{out},q}^{(l+1)}\}$ is an invariant set.
    """
    first, second = NET.permutation_constraints((1, 1, 2)), NET.permutation_constraints((2, 1, 2))
    kept_by_any = partial(network_keeps, NET, run=trained(NET, ACTIVATIONS), tolerance=ROUNDING)
    yield kept_by_any(
        "set",
        first,
        wrong={
            "outgoing weights free": without(first, *NET.outgoing(1, 1)),
            "incoming weights free": without(first, *NET.incoming(1, 1)),
            "biases free": without(first, NET.biases(1)[0]),
            "opposite neurons": sp.Matrix(NET.own_weights(1, 1)) + sp.Matrix(NET.own_weights(1, 2)),
        },
        says="The constraints of $A$ for the neurons of layer 1 of a network with $m = 3$.",
    )
    yield kept_by_any(
        "second layer",
        second,
        wrong={"outgoing weights free": without(second, *NET.outgoing(2, 1))},
        says="The same for the neurons of layer 2.",
    )
    yield identical_channels()


@paper.claim("SC-007", "Section 3, below Proposition 3.2", symbols=COUNTED, notes=(HOW_COUNTED,))
def number_of_permutation_invariant_sets():
    r"""Number of permutation invariant sets.

    For a fully-connected network of depth $m$ and width $k$ there are $(m-1)\binom k2$ distinct permutation invariant
    sets.
    - Scope: one set for each pair of neurons; intersections of sets are not counted.
    """
    yield equals(
        r"number: $\#$",
        printed=(m - 1) * sp.binomial(k, 2),
        derived=lambda: nets.counted(FeedForward.permutation_sets),
        wrong={
            "$m$ hidden layers": m * sp.binomial(k, 2),
            "pairs across layers": sp.binomial((m - 1) * k, 2),
            "a neuron paired with itself": (m - 1) * sp.binomial(k + 1, 2),
        },
    )
