"""Stationary variances of a quadratic loss, against series of the recursions."""

from __future__ import annotations

import numpy as np
import pytest

from theory.models.shrinking_steps import curvature, gradient_noise, variance_of_descent, variance_of_the_flow
from theory.notation import eta


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_every_variance_is_the_sum_over_past_noise(rate):
    h, sigma = 1.5, 0.8
    numbers = {eta: rate, curvature: h, gradient_noise: sigma}
    past = np.arange(2000)
    descent = rate**2 * sigma**2 * ((1 - rate * h) ** (2 * past)).sum()
    dt = 1e-3
    flow, second = (
        rate * sigma**2 * dt * np.exp(-2 * pull * dt * (np.arange(40_000) + 0.5)).sum()
        for pull in (h, h * (1 + rate * h / 2))
    )
    assert np.isclose(float(variance_of_descent().subs(numbers)), descent, rtol=1e-9)
    assert np.isclose(float(variance_of_the_flow().subs(numbers)), flow, rtol=1e-5)
    assert np.isclose(float(variance_of_the_flow(second_order=True).subs(numbers)), second, rtol=1e-5)
    assert abs(second - descent) > 1.4 * abs(flow - descent)
