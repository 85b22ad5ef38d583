"""The PyTorch twin of a symbolic convolutional network."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from numerics.errors import ArgumentError
from numerics.sgd.convolutional import convolutional_excursion, convolutional_module
from theory.networks.convolutional import Convolutional

NET = Convolutional((2, 2, 3), taps=2, length=4, outputs=2, activation=sp.tanh)


@pytest.mark.slow
def test_the_twin_has_the_same_outputs_for_the_same_weights_in_the_same_order():
    module, data = convolutional_module(NET, "tanh"), torch.arange(8, dtype=torch.float64).reshape(1, 2, 4) / 8
    flat = np.concatenate([parameter.detach().numpy().ravel() for parameter in module.parameters()])
    given = dict(zip(NET.inputs, data[0].numpy().ravel(), strict=True))

    def ours(weights: np.ndarray) -> np.ndarray:
        return np.array(NET.output(NET.inputs).subs(dict(zip(NET.weights, weights, strict=True)) | given), float)

    assert np.allclose(ours(flat).ravel(), module(data)[0].detach().numpy(), rtol=0, atol=1e-14)
    assert not np.allclose(ours(flat[::-1]).ravel(), module(data)[0].detach().numpy(), rtol=0, atol=1e-3)


@pytest.mark.parametrize(("activation", "kept"), [("tanh", True), ("relu", True), ("sigmoid", False)])
def test_a_vanishing_channel_stays_so_exactly_if_the_activation_passes_through_the_origin(activation, kept):
    run = convolutional_excursion(NET, NET.sign_constraints((1, 1)), activation, steps=10, seed=3)
    assert (run.worst == 0) is kept
    assert run.moved > 0.01


def test_unknown_activations_are_refused():
    with pytest.raises(ArgumentError, match="activation must be one of"):
        convolutional_module(NET, "softmax")


def test_a_seed_repeats_a_run_whatever_pytorch_drew_before_and_leaves_its_stream_alone():
    def moved(seed: int) -> float:
        return convolutional_excursion(NET, NET.sign_constraints((1, 1)), "tanh", steps=3, seed=seed).moved

    torch.manual_seed(1)
    first, next_drawn = moved(5), torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(1), next_drawn)
    assert moved(5) == first != moved(6)
