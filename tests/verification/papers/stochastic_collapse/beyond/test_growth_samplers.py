"""Samplers of the growth rates of single steps: mini-batches, momentum, weight decay, skewed noise, label noise."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.simulation.iterate import iterate
from theory.notation import eta, mu, zeta
from verification.forms import Draw
from verification.papers.stochastic_collapse.beyond import (
    label_noise,
    mini_batches,
    momentum,
    near_invariant_point,
    optimisers,
)

SAMPLERS = [
    pytest.param(mini_batches.growth_of_batch_steps, {"size": "2", "eta": "1/2"}, id="mini-batches"),
    pytest.param(momentum.growth_with_momentum, {"m": "1/2", "eta": "3/20"}, id="momentum"),
    pytest.param(optimisers.growth_with_decay, {"eta": "3/10", "lambda": "1/5"}, id="decay"),
    pytest.param(optimisers.growth_under_skewed_noise, {"eta": "1/4", "mu": "1/2", "zeta": "1", "a": "2"}, id="skewed"),
    pytest.param(label_noise.growth_of_student_mode, {"eta": "1/2", "zeta": "2", "s_tilde": "1/10"}, id="label noise"),
]


@pytest.mark.every(3)
@pytest.mark.parametrize(("sampler", "arguments"), SAMPLERS)
def test_a_sample_depends_on_the_seed_and_its_number_alone(sampler, arguments):
    together = sampler(arguments, Draw(n=64, first=0, seed=7)).values
    part = sampler(arguments, Draw(n=32, first=32, seed=7)).values
    assert np.array_equal(together[32:], part)
    assert not np.array_equal(together[:32], part)
    assert not np.array_equal(together, sampler(arguments, Draw(n=64, first=0, seed=8)).values)


def test_batches_of_two_make_a_step_with_each_of_their_three_factors():
    example, rate = near_invariant_point.EXAMPLE, sp.Rational(1, 2)
    multipliers, _ = mini_batches._multipliers(2)
    factors = {round(float(factor.subs({**example, eta: rate})), 9) for factor in multipliers}
    step = near_invariant_point.descent(tuple(example.values()), batch_size=2)
    run = iterate(step, parameters={eta: float(rate)}, initial=[1.0], steps=1, n_replicas=64, seed=5)
    assert {round(float(end), 9) for end in run.final[:, 0]} == factors and len(factors) == 3


def test_the_two_matrices_of_a_step_are_those_of_the_example():
    first, second = momentum._matrices(sp.Rational(1, 2), sp.Rational(1, 10))
    assert np.allclose(first, [[0.75, -0.05], [2.5, 0.5]]) and np.allclose(second, [[1.3, -0.05], [-3.0, 0.5]])


def test_mirrored_two_point_noise_has_the_opposite_skewness_and_moves_the_threshold_the_other_way():
    rate = optimisers._two_point_rate().subs({eta: sp.Rational(1, 4), mu: sp.Rational(1, 2), zeta: 1})
    up, down = (float(rate.subs(near_invariant_point.upper, a)) for a in (sp.Integer(2), sp.Rational(1, 2)))
    assert up > 0 > down
