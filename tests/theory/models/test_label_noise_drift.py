"""The slow drift of label noise, from fluctuations and as a descent of sharpness."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory.errors import TheoryError
from theory.models.label_noise_drift import descent_of_sharpness, noise, sharpness_of_a_product, slow_drift
from theory.notation import eta

a, b, c = WEIGHTS = sp.symbols("a b c", real=True)


@pytest.mark.every(3)
@pytest.mark.parametrize("output", [a * b + c**2, a * b * c, a**3 - b * c + c])
def test_the_mean_force_of_fluctuations_is_a_descent_of_sharpness(output):
    first, second = slow_drift(output, WEIGHTS), descent_of_sharpness(output, WEIGHTS)
    at = {a: sp.Rational(2, 3), b: -sp.Rational(5, 4), c: sp.Rational(7, 5), eta: 1, noise: 1}
    assert (first - second).subs(at).applyfunc(sp.nsimplify).is_zero_matrix
    assert not first.subs(at).is_zero_matrix


def test_the_sharpness_of_a_product_is_that_of_its_charges():
    rate, level, steps = 1e-3, 0.7, 200_000
    u, w = np.array([1.4, 0.3]), np.array([0.2, 1.4])
    start, y = u @ u + w @ w, u @ w
    # The charges decay by 1 - eta^2 sigma^2 in a step, and keep u.w = y on the manifold.
    gap = (start**2 - 4 * y**2) * (1 - rate**2 * level**2) ** (2 * steps)
    t = sp.Symbol("t")
    closed = sharpness_of_a_product(sp.Float(start), sp.Float(y), t).subs({eta: rate, noise: level, t: rate * steps})
    assert np.isclose(float(closed), np.sqrt(4 * y**2 + gap), rtol=1e-6)


def test_an_output_without_weights_is_refused():
    with pytest.raises(TheoryError, match="output must depend on the weights"):
        slow_drift(sp.Symbol("x"), WEIGHTS)
