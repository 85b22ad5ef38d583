"""Convolutional networks with symbols for weights, and the sets of their channels."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.errors import ShapeError
from theory.networks.activations import origin_passing_function, smooth_function
from theory.networks.convolutional import Convolutional
from theory.symmetry.affine_set import normal_gradient

SIZES = {"channels": (2, 2, 3), "taps": 2, "length": 4, "outputs": 2}
NET = Convolutional(**SIZES, activation=sp.tanh)


def test_the_own_weights_of_the_channels_of_a_layer_are_all_that_touches_it():
    own = [set(NET.own_weights(1, p)) for p in (1, 2)]
    assert own[0].isdisjoint(own[1])
    others = {NET.bias(2, p) for p in (1, 2, 3)} | {w for p in (1, 2, 3) for w in NET.outgoing(2, p)}
    assert set(NET.weights) - own[0] - own[1] - others == {NET.output_bias(1), NET.output_bias(2)}


@pytest.mark.slow
@pytest.mark.every(3)
@pytest.mark.parametrize("channel", [(1, 1), pytest.param((1, 2), marks=pytest.mark.slow), (2, 3)])
def test_vanishing_channels_stay_so_if_the_activation_passes_through_the_origin_and_not_else(channel):
    for active, kept in ((origin_passing_function("s"), True), (smooth_function("sigma"), False)):
        net = Convolutional(**SIZES, activation=active)
        leaving = normal_gradient(net.affine_set(net.sign_constraints(channel)), net.pulled_back_loss)
        assert (leaving == sp.zeros(leaving.rows, 1)) is kept


@pytest.mark.slow
def test_identical_channels_stay_so_and_mirrored_kernels_do_not():
    net = Convolutional(**SIZES, activation=smooth_function("sigma"))
    assert normal_gradient(net.affine_set(net.permutation_constraints((1, 1, 2))), net.pulled_back_loss).is_zero_matrix
    first, second = net.own_weights(1, 1), net.own_weights(1, 2)
    mirrored = [a - b for a, b in zip(first, second[1::-1] + second[2:], strict=True)]
    leaving = normal_gradient(net.affine_set(sp.Matrix(mirrored)), net.pulled_back_loss)
    assert leaving != sp.zeros(leaving.rows, 1)


@pytest.mark.parametrize(
    "sizes",
    [{"channels": (1,)}, {"channels": (1, 0)}, {"taps": 0}, {"outputs": 0}, {"length": 2}, {"channels": (1, 10)}],
)
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(ShapeError):
        Convolutional(**{**SIZES, **sizes}, activation=sp.tanh)


@pytest.mark.parametrize("channel", [(0, 1), (3, 1), (1, 3), (2, 0)])
def test_channels_that_are_not_hidden_are_refused(channel):
    with pytest.raises(ShapeError, match="hidden channel"):
        NET.own_weights(*channel)
