"""Samplers of the claims on the single neuron."""

from __future__ import annotations

import numpy as np
import pytest

from verification.forms import Draw
from verification.papers.stochastic_collapse.measured import single_neuron as neuron_samplers
from verification.papers.stochastic_collapse.neurons import single_neuron as neuron

SAMPLERS = [
    pytest.param(neuron_samplers.growth_near_origin, neuron.GRID[0], id="linear neuron"),
    pytest.param(
        neuron_samplers.collapse_of_tanh, {"x": ("1", "1"), "y": ("1", "0"), "eta zeta^2": "8"}, id="tanh neuron"
    ),
]


@pytest.mark.parametrize(("sampler", "arguments"), SAMPLERS)
def test_a_sample_depends_on_the_seed_and_its_number_alone(sampler, arguments):
    together = sampler(arguments, Draw(n=64, first=0, seed=7)).values
    part = sampler(arguments, Draw(n=32, first=32, seed=7)).values
    assert np.array_equal(together[32:], part)
    if sampler is not neuron_samplers.collapse_of_tanh:  # whose values are all 1
        assert not np.array_equal(together[:32], part)
        assert not np.array_equal(together, sampler(arguments, Draw(n=64, first=0, seed=8)).values)


def test_above_the_threshold_nothing_survives_and_below_nothing_collapses():
    data, draw = {"x": ("1", "1"), "y": ("1", "0")}, Draw(n=64, first=0, seed=3)
    for strength, collapsed in (("8", 1.0), ("1/8", 0.0)):
        arguments = {**data, "eta zeta^2": strength}
        assert np.all(neuron_samplers.collapse_of_tanh(arguments, draw).values == collapsed)
        assert np.all(neuron_samplers.survival_of_tanh(arguments, draw).values == 1 - collapsed)
