"""Hyperparameters are refused where they are handed in."""

import math

import pytest
import torch

from numerics.errors import ArgumentError
from numerics.sgd.optimisers import SGD, Adam


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -1, "0.1", None, True, 1j, [0.1, math.nan], 10**400])
@pytest.mark.parametrize("name", ["learning_rate", "momentum", "weight_decay"])
def test_an_optimiser_refuses_what_is_no_rate_before_it_makes_a_step(name, wrong):
    with pytest.raises(ArgumentError, match=f"^{name} must be"):
        SGD(**{"learning_rate": 0.1, name: wrong})


@pytest.mark.parametrize("betas", [None, "xy", (1, 2), (math.nan, 0.5), (0.5,)])
def test_adam_refuses_betas_that_are_not_two_numbers_below_one(betas):
    with pytest.raises(ArgumentError, match="^betas must be two numbers"):
        Adam(0.1, betas=betas)


def test_sgd_starts_from_rest_or_from_the_velocity_given():
    theta = torch.zeros(2, 3, dtype=torch.float64)
    velocity = torch.tensor([1.0, 2.0, 3.0])
    step = SGD(0.1, momentum=0.5, first_velocity=velocity).stepper(theta)
    step(torch.ones_like(theta), 1.0)
    assert torch.allclose(theta, -0.1 * (0.5 * velocity + 1).double().expand(2, 3))
    with pytest.raises(ArgumentError, match="first_velocity must hold 3 finite numbers"):
        SGD(0.1, momentum=0.5, first_velocity=velocity[:2]).stepper(theta)


@pytest.mark.parametrize("wrong", [[0.1], 0.1, {"x": float("nan")}], ids=repr)
def test_sgd_refuses_a_first_velocity_that_is_no_tensor(wrong):
    with pytest.raises(ArgumentError, match="first_velocity must be a tensor"):
        SGD(0.1, momentum=0.9, first_velocity=wrong)
