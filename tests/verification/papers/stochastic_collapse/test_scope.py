"""Samplers and second opinions of the claims on momentum, weight decay, skewed noise, label noise and the neuron."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory.notation import eta, mu, zeta
from verification.forms import Draw
from verification.papers.stochastic_collapse.beyond import momentum, near_invariant_point, skewed_noise, weight_decay
from verification.papers.stochastic_collapse.measured import single_neuron as neuron_samplers
from verification.papers.stochastic_collapse.neurons import single_neuron as neuron

SAMPLERS = [
    pytest.param(momentum.growth_with_momentum, {"m": "1/2", "eta": "3/20"}, id="momentum"),
    pytest.param(weight_decay.growth_with_decay, {"eta": "3/10", "lambda": "1/5"}, id="decay"),
    pytest.param(
        skewed_noise.growth_under_skewed_noise, {"eta": "1/4", "mu": "1/2", "zeta": "1", "upper": "2"}, id="skewed"
    ),
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


def test_the_two_matrices_of_a_step_are_those_of_the_example():
    first, second = momentum._matrices(sp.Rational(1, 2), sp.Rational(1, 10))
    assert np.allclose(first, [[0.75, -0.05], [2.5, 0.5]]) and np.allclose(second, [[1.3, -0.05], [-3.0, 0.5]])


def test_mirrored_two_point_noise_has_the_opposite_skewness_and_moves_the_threshold_the_other_way():
    rate = skewed_noise._two_point_rate().subs({eta: sp.Rational(1, 4), mu: sp.Rational(1, 2), zeta: 1})
    up, down = (float(rate.subs(near_invariant_point.upper, a)) for a in (sp.Integer(2), sp.Rational(1, 2)))
    assert up > 0 > down
