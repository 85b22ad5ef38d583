"""The product of scalar layers against steps written out and against quadrature."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import sympy as sp

from theory.models.chain_of_scalars import bounded_data, noise_level, product, product_diffusion, product_law, teacher
from theory.notation import eta

NUMBERS = {teacher: sp.S.One, noise_level: sp.Rational(1, 2), eta: sp.Rational(1, 5)}


@pytest.mark.every(2)
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_mean_and_spread_of_a_step_at_the_teacher_are_those_of_the_diffusion(depth):
    rate, noise = 1e-4, 0.5
    steps = []
    for sign in (1, -1):  # at v = v_* = 1 the gradient of a sample is 2 r v/u with r = -sign * noise
        layers = np.ones(depth) + rate * 2 * sign * noise
        steps.append(layers.prod() - 1)
    process = product_diffusion(depth, bounded_data(), batch_size=1)
    drift, square = (
        float(entry.subs(NUMBERS | {eta: rate, product: 1})) for entry in (process.drift[0], process.diffusion[0])
    )
    assert np.isclose(np.mean(steps) / rate, drift, rtol=1e-3, atol=1e-12)
    assert np.isclose(np.var(steps) / rate, square, rtol=1e-3)


def test_moments_of_the_law_are_those_of_a_quadrature():
    temperature = 0.2 * 0.25

    def weight(v: float, power: int) -> float:
        exponent = 1 / (2 * temperature) - 1.5
        return v ** (exponent + power) * np.exp(-v / (2 * temperature))

    total, first, second = (scipy.integrate.quad(weight, 0, 10, args=(k,))[0] for k in range(3))
    law = product_law(2, bounded_data(), batch_size=1)
    mean, variance = (float(moment.subs(NUMBERS)) for moment in (law.mean, law.variance))
    assert np.isclose(mean, first / total, rtol=1e-8) and np.isclose(variance, second / total - mean**2, rtol=1e-7)
    assert not np.isclose(mean, 1, rtol=0.03)


def test_two_layers_collapse_beyond_the_edge_and_three_never():
    beyond = {teacher: sp.S.One, noise_level: sp.Integer(3), eta: sp.Rational(1, 5)}
    two, three = (product_law(depth, bounded_data(), batch_size=1).normalisable for depth in (2, 3))
    assert two.subs(beyond) == sp.false and two.subs(NUMBERS) == sp.true
    assert three == sp.true
