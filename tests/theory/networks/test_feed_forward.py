"""Small symbolic networks: which sets of vanishing and identical neurons every loss keeps."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import ShapeError, SymbolError
from theory.networks.activations import (
    ACTIVATIONS,
    ORIGIN_PASSING,
    activation,
    origin_passing_function,
    smooth_function,
    z,
)
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import normal_gradient
from theory.symmetry.reflection import fixed_set, is_orthogonal, is_symmetric

sigma = smooth_function("sigma")
through_origin = origin_passing_function("s")
NET = FeedForward((1, 2, 2, 1), sigma)


def is_kept(network: FeedForward, constraints: sp.MatrixBase) -> bool:
    decision = decide_zero(sp.Matrix(normal_gradient(network.affine_set(constraints), network.pulled_back_loss)))
    assert decision.kind in (ZeroKind.ZERO, ZeroKind.NONZERO)
    return decision.kind is ZeroKind.ZERO


@pytest.mark.every(2)
@pytest.mark.parametrize("neuron", NET.hidden_neurons)
def test_a_vanishing_neuron_stays_so_if_and_only_if_the_activation_passes_through_the_origin(neuron):
    assert is_kept(FeedForward(NET.widths, through_origin), NET.sign_constraints(neuron))
    assert not is_kept(NET, NET.sign_constraints(neuron))


@pytest.mark.parametrize("layer", [1, 2])
def test_identical_neurons_stay_so_for_any_activation_and_neurons_of_different_layers_do_not(layer):
    assert is_kept(NET, NET.permutation_constraints((layer, 1, 2)))
    across = sp.Matrix([NET.incoming(1, 1)[0] - NET.incoming(2, 1)[0], NET.biases(1)[0] - NET.biases(2)[0]])
    assert not is_kept(NET, across)


def test_intersections_of_sets_are_kept_too():
    net = FeedForward(NET.widths, through_origin)
    assert is_kept(net, net.sign_constraints((1, 1), (2, 2)))
    assert is_kept(net, net.sign_constraints((1, 1)).col_join(net.permutation_constraints((2, 1, 2))))


def test_an_odd_linear_slope_at_the_origin_is_not_needed_but_both_halves_of_the_set_are():
    net = FeedForward((1, 2, 1), through_origin)
    constraints = net.sign_constraints((1, 1))
    assert is_kept(net, constraints)
    for kept in ([0, 1], [2], [0, 2]):
        assert not is_kept(net, sp.Matrix([constraints[i] for i in kept]))


def test_without_a_slope_at_the_origin_either_half_of_the_set_is_enough():
    net = FeedForward((1, 2, 1), lambda u: u**2 * smooth_function("s")(u))
    incoming_and_bias = net.sign_constraints((1, 1))[:2, :]
    assert is_kept(net, incoming_and_bias)
    assert not is_kept(FeedForward((1, 2, 1), through_origin), incoming_and_bias)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("skips", "layers", "kept"),
    [
        (((1, 3),), (1, 3), True),
        (((1, 3),), (3,), False),
        (((1, 3),), (1,), False),
        (((1, 3),), (1, 2), False),
        (((1, 2), (2, 3)), (1, 2), False),
        (((1, 2), (2, 3)), (1, 2, 3), True),
    ],
)
def test_residual_connections_need_the_whole_chain(skips, layers, kept):
    net = FeedForward((1, 2, 2, 2, 1), through_origin, skips)
    assert is_kept(net, net.sign_constraints(*((layer, 1) for layer in layers))) is kept


@pytest.mark.every(3)
@pytest.mark.parametrize(("depth", "width"), [(2, 1), (2, 3), (3, 2), (4, 1), (4, 2)])
def test_sets_are_counted_as_the_paper_does(depth, width):
    net = FeedForward((width,) * (depth + 1), sigma)
    assert len(net.sign_sets()) == (depth - 1) * width
    assert len(net.permutation_sets()) == (depth - 1) * math.comb(width, 2)


def test_the_sets_are_those_that_sign_flips_and_exchanges_fix():
    for Q, constraints in (
        (NET.sign_flip(2, 1), NET.sign_constraints((2, 1))),
        (NET.exchange(1, 1, 2), NET.permutation_constraints((1, 1, 2))),
    ):
        assert is_symmetric(Q) and is_orthogonal(Q)
        assert fixed_set(Q, NET.weights).projector == NET.affine_set(constraints).projector


@pytest.mark.parametrize(("name", "odd"), [("tanh", True), ("linear", True), ("softplus", False), ("gelu", False)])
def test_a_sign_flip_is_an_exact_symmetry_of_odd_activations_only(name, odd):
    net = FeedForward((1, 2, 1), lambda u: activation(name, u))
    output = net.output(net.inputs)[0]
    flipped = output.subs(
        dict(zip(net.weights, net.sign_flip(1, 1) * sp.Matrix(net.weights), strict=True)), simultaneous=True
    )
    decision = decide_zero(flipped - output)
    assert decision.says_zero if odd else decision.kind is ZeroKind.NONZERO


def test_incoming_and_outgoing_weights_are_the_same_entries():
    net = FeedForward((2, 3, 2, 1), sigma)
    for p in (1, 2):
        for q in (1, 2, 3):
            assert net.incoming(2, p)[q - 1] == net.outgoing(1, q)[p - 1] == net.weight_matrix(2)[p - 1, q - 1]
    assert len(set(net.weights)) == len(net.weights) == 2 * 3 + 3 + 3 * 2 + 2 + 2 + 1


@pytest.mark.slow
def test_the_pulled_back_loss_has_the_gradient_of_an_actual_loss():
    net = FeedForward((1, 2, 1), sp.tanh)
    output = net.output(net.inputs)[0]
    label = sp.Symbol("y", real=True)
    loss = sp.exp(output) * label + output**4
    slope = sp.exp(output) * label + 4 * output**3
    for weight in net.weights:
        pulled = sp.diff(net.pulled_back_loss, weight).subs(net.output_gradient[0], slope)
        assert decide_zero(sp.diff(loss, weight) - pulled).kind is ZeroKind.ZERO


def test_activations_called_origin_passing_vanish_at_the_origin_and_the_others_do_not():
    values = {name: activation(name, sp.S.Zero) for name in ACTIVATIONS}
    assert {name for name, value in values.items() if value == 0} == set(ORIGIN_PASSING)


def test_smooth_functions_of_different_names_are_different_and_carry_their_derivative():
    f, g = smooth_function("f"), smooth_function("g")
    assert f(z) != g(z)
    assert sp.diff(f(z**2), z) == 2 * z * sp.diff(f(z), z).subs(z, z**2)
    assert sp.diff(f(z) * g(z), z) == f(z) * sp.diff(g(z), z) + g(z) * sp.diff(f(z), z)


@pytest.mark.parametrize(
    ("widths", "skips", "words"),
    [
        ((2,), (), "at least two"),
        ((2, 0, 1), (), "from 1 to 9"),
        ((2, 2, 2, 1), ((2, 1),), "forwards"),
        ((2, 2, 2, 1), ((0, 2),), "hidden layers"),
        ((2, 2, 3, 1), ((1, 2),), "equal width"),
    ],
)
def test_impossible_networks_are_refused(widths, skips, words):
    with pytest.raises(ShapeError, match=words):
        FeedForward(widths, sigma, skips)


@pytest.mark.parametrize("neuron", [(0, 1), (3, 1), (1, 3), (1, 0)])
def test_neurons_that_are_not_hidden_have_no_set(neuron):
    with pytest.raises(ShapeError, match="hidden neuron"):
        NET.sign_constraints(neuron)


def test_unknown_activations_are_refused():
    with pytest.raises(SymbolError, match="must be one of"):
        activation("step", z)
