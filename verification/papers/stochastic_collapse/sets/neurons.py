r"""Section 3 and Appendix B.1: vanishing and identical neurons, the sets of weights that SGD never leaves.

Symbolic statements hold for every loss and every sample: networks have symbols for weights, inputs and the gradient of
the loss in the outputs, and an undefined smooth activation. The same candidates are then trained with PyTorch, where
the activations with a kink are run too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.networks.activations import (
    ACTIVATIONS,
    ORIGIN_PASSING,
    activation,
    origin_passing_function,
    smooth_function,
    z,
)
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import AffineSet, normal_gradient
from verification.authoring.shorthand import equals, is_kept
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.channels import (
    VANISHING_CHANNEL,
    VANISHING_LAST_CHANNEL,
)

PAPER = "stochastic_collapse"

ROUNDING = 1e-12
"""Weights of order 1 and 100 steps: far above rounding, far below any near miss."""

sigma = smooth_function("sigma")
sigma_prime = sp.diff(sigma(z), z).func
through_origin = origin_passing_function("s")

NET = FeedForward((2, 2, 2, 2), sigma)
ORIGIN_PASSING_NET = FeedForward((2, 2, 2, 2), through_origin)

NET_SYMBOLS: dict[sp.Basic, str] = {
    NET.weight_matrix(1)[0, 0]: "w^(l)_{pq}: weight from neuron q of layer l-1 to neuron p of layer l",
    NET.biases(1)[0]: "b^(l)_p: bias of neuron p of layer l",
}
SMOOTH_AND_KINKED = "The proof takes a smooth activation; ReLU, leaky ReLU and ELU are in the runs of SGD."


def without(matrix: sp.MatrixBase, rows: Iterable[int]) -> sp.ImmutableMatrix:
    """``matrix`` with some rows left out."""
    dropped = set(rows)
    return sp.ImmutableMatrix([matrix[i, :] for i in range(matrix.rows) if i not in dropped])


def escaping(network: FeedForward) -> Callable[[sp.MatrixBase], sp.MatrixBase]:
    """The judge of constraints: what an arbitrary sample's gradient has across the set."""
    return lambda constraints: normal_gradient(network.affine_set(constraints), network.pulled_back_loss)


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
        finite = math.isfinite(run.violation)
        violation, moved = (run.violation, run.moved) if finite else (None, None)
        found.append({"run": name, "violation": violation, "moved": moved, "steps": run.steps})
    return {"runs": found}


# --- SC-001: the network and its weights -------------------------------------------------------------------------

_w, _b = NET.weight_matrix, NET.biases


def _apply(vector: sp.MatrixBase) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(vector.applyfunc(sigma))


_x = NET.inputs


@paper.claim(
    "SC-001",
    "Section 3, Eq. (1), footnote 4",
    symbols=NET_SYMBOLS,
    kind=Kind.IDENTITY,
    notes=(
        "w_{out,q}^(l+1) are, by Proposition 3.1, the weights directly outgoing from neuron q of layer l; they are in "
        "the matrix w^(l+1), whose rows are the incoming weights of layer l+1.",
        "Appendix B.1 writes w^(l)T h where Eq. (1) has w^(l) h.",
        "The update (2) is judged by its moments in SC-020.",
    ),
)
def the_network_and_how_incoming_and_outgoing_weights_are_related():
    r"""The network, and how incoming and outgoing weights are related.

    f_theta(x) = w^(m) sigma(w^(m-1) ... sigma(w^(1) x + b^(1)) ... + b^(m-1)) + b^(m) (1); (w_{in,p}^(l))_q =
    (w_{out,q}^(l+1))_p (footnote 4)
    """
    yield equals(
        "network",
        r"f_\theta(x)",
        printed=_w(3) * _apply(_w(2) * _apply(_w(1) * _x + _b(1)) + _b(2)) + _b(3),
        derived=lambda: NET.output(_x),
        wrong={
            "bias outside the activation": _w(3) * _apply(_w(2) * _apply(_w(1) * _x) + _b(1) + _b(2)) + _b(3),
            "transposed weights of Appendix B.1": _w(3).T * _apply(_w(2).T * _apply(_w(1).T * _x + _b(1)) + _b(2))
            + _b(3),
            "activated output": _apply(_w(3) * _apply(_w(2) * _apply(_w(1) * _x + _b(1)) + _b(2)) + _b(3)),
        },
        says="Eq. (1) for m = 3 is the layer-by-layer recursion.",
    )
    yield equals(
        "footnote 4",
        r"(w_{\mathrm{out},q}^{(l+1)})_p",
        printed=NET.incoming(1, 1)[1],
        derived=lambda: NET.outgoing(1, 2)[0],
        corrected=NET.incoming(2, 1)[1],
        corrected_says="(w_{in,p}^(l+1))_q = (w_{out,q}^(l+1))_p",
        wrong={"p and q exchanged": NET.incoming(2, 2)[0], "one layer too far": NET.incoming(3, 1)[1]},
        says="The weight by which neuron q of layer l enters neuron p of layer l+1, for l = 1, p = 1, q = 2.",
    )


# --- SC-002: trivial sets ----------------------------------------------------------------------------------------

weight = sp.Symbol("theta_1", real=True)
point = sp.Symbol("theta_*", real=True)
curvature_1, curvature_2 = smooth_function("c_1"), smooth_function("c_2")


def _gradients_at_point(losses: sp.MatrixBase) -> sp.MatrixBase:
    at_point = AffineSet([weight], [weight - point])
    return sp.Matrix.vstack(*(sp.Matrix(normal_gradient(at_point, loss)) for loss in losses))


@paper.claim(
    "SC-002",
    "Definition 3.1 and the sentence after it",
    symbols={weight: "a weight", point: "the interpolating point"},
    kind=Kind.INVARIANCE,
    notes=(
        "The other example, all of parameter space, has no constraint that could be violated.",
        "A non-negative smooth loss that vanishes at theta_* is (theta - theta_*)^2 c(theta), by Taylor's formula.",
    ),
)
def interpolating_points_are_invariant_sets():
    r"""Interpolating points are invariant sets.

    any interpolating point A = {theta_*} such that L(theta_*) = 0 is an invariant set of dimension 0
    """
    yield is_kept(
        "interpolating point",
        r"(l_1, l_2) =",
        printed=sp.Matrix([weight - point, point - weight]),
        escaping=_gradients_at_point,
        corrected=sp.Matrix([(weight - point) ** 2 * curvature_1(weight), (weight - point) ** 2 * curvature_2(weight)]),
        corrected_says="the per-sample losses must be non-negative and differentiable at theta_*",
        wrong={
            "stationary point of the mean loss": sp.Matrix([(weight - point) ** 2 + weight, 1 - weight]),
            "one sample is not interpolated": sp.Matrix([(weight - point) ** 2, (weight - point - 1) ** 2]),
        },
        says="Per-sample losses (two samples) with L(theta_*) = 0 have no gradient at theta_*.",
    )


# --- SC-003, SC-004, SC-005: vanishing neurons -------------------------------------------------------------------

SIGN_SET = ORIGIN_PASSING_NET.sign_constraints((1, 1))
_INCOMING, _BIAS, _OUTGOING = (0, 1), (2,), (3, 4)
"""Rows of the constraints of one neuron of a network that is two wide."""


def _activation_net(function: sp.Expr) -> FeedForward:
    return FeedForward((2, 2, 2, 2), lambda u: function.subs(z, u))


def _escaping_by_activation(function: sp.Expr) -> sp.MatrixBase:
    network = _activation_net(function)
    parts = [escaping(network)(network.sign_constraints(neuron)) for neuron in network.hidden_neurons]
    return sp.Matrix.vstack(*map(sp.Matrix, parts))


def activations(candidate: sp.Expr) -> list[str]:
    """The activations a candidate speaks of: itself, or all origin-passing ones for an undefined function."""
    if candidate.has(AppliedUndef):
        return list(ORIGIN_PASSING)
    return [name for name, expression in ACTIVATIONS.items() if expression == candidate]


def run_sign_set(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD from the set, for three activations."""
    names = ("tanh", "relu", "gelu")
    return sgd_runs(ORIGIN_PASSING_NET, [(name, constraints, {"activation": name}) for name in names])


def run_activations(candidate: sp.Expr) -> dict[str, Any]:
    """SGD from sign sets of a neuron of each hidden layer, for the activations of the candidate."""
    network = _activation_net(candidate)
    return sgd_runs(
        network,
        [
            (f"{name}, layer {layer}", network.sign_constraints((layer, 1)), {"activation": name})
            for name in activations(candidate)
            for layer in (1, 2)
        ],
    )


decay = sp.Symbol("lambda", nonnegative=True)


def _escaping_by_optimiser(settings: sp.MatrixBase) -> sp.MatrixBase:
    """The part of the first step of SGD with decay, momentum and a random first velocity that leaves the sign set."""
    weight_decay, momentum, velocity = settings
    network = ORIGIN_PASSING_NET
    affine_set = network.affine_set(SIGN_SET)
    drawn = sp.Matrix(sp.symbols(f"u_1:{len(network.weights) + 1}", real=True))
    pulled = (weight_decay * sp.Matrix(network.weights)).applyfunc(affine_set.restrict)
    extra = affine_set.normals * (pulled + momentum * velocity * drawn)
    return sp.Matrix(normal_gradient(affine_set, network.pulled_back_loss)) + extra


def run_optimisers(settings: sp.MatrixBase) -> dict[str, Any]:
    """SGD with weight decay and momentum, and Adam where no velocity is given."""
    weight_decay, momentum, velocity = map(float, settings)
    sgd = {"weight_decay": weight_decay, "momentum": momentum, "initial_velocity": velocity, "learning_rate": 0.005}
    runs = [("SGD", SIGN_SET, sgd)]
    if not velocity:
        runs.append(("Adam", SIGN_SET, {"weight_decay": weight_decay, "adam": True}))
    return sgd_runs(ORIGIN_PASSING_NET, runs)


@paper.claim(
    "SC-003",
    "Proposition 3.1",
    symbols=NET_SYMBOLS,
    kind=Kind.INVARIANCE,
    notes=(
        "A smooth sigma with sigma(0) = 0 is z s(z) with a smooth s (Hadamard); the proof leaves s undefined.",
        "The proposition is about fully connected layers. In convolutional ones channels play the part of neurons; "
        "sharing kernels over positions changes nothing, as the last statements but one show.",
        SMOOTH_AND_KINKED,
    ),
)
def sign_invariant_sets_vanishing_neurons():
    r"""Sign invariant sets: vanishing neurons.

    if sigma(0) = 0, the axial subspace A = {w_{in,p}^(l) = 0, b_p^(l) = 0, w_{out,p}^(l+1) = 0} is an invariant set
    """
    yield is_kept(
        "set",
        r"0 =",
        printed=SIGN_SET,
        escaping=escaping(ORIGIN_PASSING_NET),
        run=run_sign_set,
        wrong={
            "outgoing weights free": without(SIGN_SET, _OUTGOING),
            "incoming weights free": without(SIGN_SET, _INCOMING),
            "incoming weights and bias free": without(SIGN_SET, _INCOMING + _BIAS),
            "bias free": without(SIGN_SET, _BIAS),
        },
        says="The constraints, which vanish on A, for neuron 1 of layer 1 of a network with m = 3.",
    )
    yield is_kept(
        "activation",
        r"\sigma(z) =",
        printed=through_origin(z),
        escaping=_escaping_by_activation,
        run=run_activations,
        wrong={"sigmoid": ACTIVATIONS["sigmoid"], "softplus": ACTIVATIONS["softplus"]},
        says="The activation for which every hidden neuron of a network with m = 3 has its set.",
    )
    yield VANISHING_CHANNEL
    yield VANISHING_LAST_CHANNEL
    yield is_kept(
        "optimiser",
        r"(\lambda, \rho, v_0) =",
        printed=sp.Matrix([sp.Rational(1, 100), sp.Rational(9, 10), 0]),
        escaping=_escaping_by_optimiser,
        run=run_optimisers,
        wrong={
            "momentum that does not start at rest": sp.Matrix(
                [sp.Rational(1, 100), sp.Rational(9, 10), sp.Rational(1, 10)]
            )
        },
        says="Weight decay, momentum and size of the first velocity with which the set is kept too (a remark).",
        remark=True,
    )


def _values_at_origin() -> sp.Matrix:
    return sp.Matrix([activation(name, sp.S.Zero) for name in ORIGIN_PASSING])


def _with_value(name: str, value: sp.Expr) -> sp.Matrix:
    return sp.Matrix([value if each == name else 0 for each in ORIGIN_PASSING])


@paper.claim("SC-004", "Section 3, below Proposition 3.1", symbols={}, kind=Kind.IDENTITY)
def list_of_origin_passing_activations():
    r"""List of origin-passing activations.

    linear, hyperbolic tangent, ReLU, Leaky ReLU, ELU, Swish, SiLU and GELU are origin-passing
    """
    yield equals(
        "values at the origin",
        r"\sigma(0)",
        printed=sp.zeros(8, 1),
        derived=_values_at_origin,
        wrong={
            "softplus for ReLU": _with_value("relu", sp.log(2)),
            "sigmoid for SiLU": _with_value("silu", sp.Rational(1, 2)),
            "ELU without its -1": _with_value("elu", sp.S.One),
        },
        says="sigma(0) for the eight activations, in the order of the text.",
    )


SIZES = ((2, 1), (2, 2), (2, 3), (3, 2), (4, 1))
"""Depths m and widths k of the networks whose sets are enumerated."""


def _count(sets: Callable[[FeedForward], set[sp.ImmutableMatrix]]) -> sp.Matrix:
    return sp.Matrix([len(sets(FeedForward((k,) * (m + 1), sigma))) for m, k in SIZES])


def _counted(formula: Callable[[int, int], int]) -> sp.Matrix:
    return sp.Matrix([formula(m, k) for m, k in SIZES])


@paper.claim(
    "SC-005",
    "Section 3, below Proposition 3.1",
    symbols={},
    kind=Kind.IDENTITY,
    scope="one set for each hidden neuron; intersections of sets are not counted",
    notes=(f"Enumerated, as distinct projectors, for (m, k) in {SIZES}; m counts weight matrices.",),
)
def number_of_sign_invariant_sets():
    r"""Number of sign invariant sets.

    a fully-connected network of depth m and width k possesses (m-1)k distinct sign invariant sets
    """
    yield equals(
        "number",
        r"\#",
        printed=_counted(lambda m, k: (m - 1) * k),
        derived=lambda: _count(FeedForward.sign_sets),
        wrong={
            "m hidden layers": _counted(lambda m, k: m * k),
            "one for each pair": _counted(lambda m, k: (m - 1) * math.comb(k, 2)),
            "one for each weight": _counted(lambda m, k: (m - 1) * k**2),
            "intersections counted": _counted(lambda m, k: 2 ** ((m - 1) * k) - 1),
        },
        says=f"Number of distinct sign invariant sets for (m, k) = {', '.join(map(str, SIZES))}.",
    )


# --- SC-006, SC-007: identical neurons ---------------------------------------------------------------------------


# --- SC-010: displayed gradients ---------------------------------------------------------------------------------
