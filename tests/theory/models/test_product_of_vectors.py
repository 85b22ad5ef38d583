"""Charges of a loss of the product of two vectors."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory.errors import TheoryError
from theory.models.product_of_vectors import (
    factor_in_a_step,
    inner_product_symmetries,
    inner_product_vectors,
    slope,
)
from theory.notation import eta


def test_every_charge_of_real_steps_is_multiplied_by_the_factor_to_the_last_digits():
    source = np.random.default_rng(1)
    u, w = source.normal(size=(2, 3))
    start, expected = np.outer(u + w, u - w), 1.0
    (u_1, *_), (w_1, *_) = inner_product_vectors(3)
    factor = sp.lambdify((eta, slope), factor_in_a_step(u_1**2 - w_1**2, 3))
    for rate in source.uniform(0.01, 0.2, size=50):
        g = np.sinh(u @ w) - source.normal()  # the loss cosh(v) - y v
        u, w = u - rate * g * w, w - rate * g * u
        expected *= factor(rate, g)
    np.testing.assert_allclose(np.outer(u + w, u - w), expected * start, rtol=1e-11)
    assert abs(expected - 1) > 0.1


def test_the_count_is_that_of_rotations_of_a_quadratic_form():
    found = inner_product_symmetries(2)
    (u_1, u_2), (w_1, w_2) = inner_product_vectors(2)
    areas = u_1 * w_2 - u_2 * w_1
    assert found.is_complete and found.dimension == 6
    assert any(sp.expand(charge - areas) == 0 or sp.expand(charge + areas) == 0 for charge in found.charges)


def test_what_is_no_charge_has_no_factor():
    (u_1, *_), _ = inner_product_vectors(2)
    with pytest.raises(TheoryError, match="a step must multiply quantity=u_1\\*\\*2 by a number"):
        factor_in_a_step(u_1**2, 2)
