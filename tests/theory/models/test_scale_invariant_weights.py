"""Scale-invariant weights: real steps, and the linear equation integrated."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.models.scale_invariant_weights import (
    effective_learning_rate,
    norm,
    norm_after_a_step,
    sphere_noise,
    sphere_square,
    square_of_the_norm,
    weight_decay,
)
from theory.notation import beta, eta


def test_the_norm_after_real_steps_is_that_of_the_law():
    law = sp.lambdify((norm, sphere_square, eta, weight_decay), norm_after_a_step())
    source = np.random.default_rng(3)
    theta = np.array([0.8, -0.5])
    for _ in range(30):
        x, e = source.normal(size=2)
        a, b = theta
        n = theta @ theta
        value = (x * a**2 + e * a * b) / n
        g = np.array([2 * x * a + e * b, e * a]) / n - 2 * value * theta / n
        theta_new = theta - 0.2 * (g + 0.1 * theta)
        assert np.isclose(theta_new @ theta_new, law(n, g @ g * n, 0.2, 0.1), rtol=1e-13)
        theta = theta_new


def test_the_law_in_time_solves_its_equation_and_rests_at_the_effective_rate():
    numbers = {eta: 0.05, beta: 4, sphere_noise: 3.0, weight_decay: 0.2}
    t = sp.Symbol("t")
    closed = sp.lambdify(t, square_of_the_norm(sp.Float(2), t).subs(numbers))
    square, dt = 2.0, 1e-4
    for _ in range(10_000):
        square += dt * (-4 * 0.2 * square + 2 * 0.05 / 4 * 3)
    assert np.isclose(closed(1.0), square, rtol=1e-4)
    assert np.isclose(float(effective_learning_rate().subs(numbers)), 0.05 / np.sqrt(closed(200.0)), rtol=1e-12)
