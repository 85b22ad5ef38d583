"""Collapse at steps of finite size, against integrals and products of steps."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import sympy as sp

from theory.models.chain_of_scalars import noise_level, teacher
from theory.models.collapse_window import ends_of_the_window, growth_rates_next_to_the_origin, interpolation_growth_rate
from theory.notation import eta


@pytest.mark.parametrize("rate", [0.3, 0.5855, 2.0])
def test_the_growth_rate_while_interpolating_is_the_integral_over_inputs(rate):
    def integrand(z: float) -> float:
        return 2 * np.log(abs(1 - rate * z**2)) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    zero = rate**-0.5
    integral = sum(scipy.integrate.quad(integrand, *ends, limit=200)[0] for ends in ((0, zero), (zero, 12)))
    assert np.isclose(float(interpolation_growth_rate(sp.Rational(str(rate))).evalf()), integral, rtol=1e-6)


def test_a_weight_that_interpolates_is_stable_beyond_the_edge_of_descent():
    rate = sp.lambdify(eta, interpolation_growth_rate(), "mpmath")
    assert rate(2.42) < 0 < rate(2.43)
    assert rate(0.5855) < min(rate(0.55), rate(0.62))


@pytest.mark.parametrize(("rate", "collapses"), [(0.2, False), (0.215, True), (0.8, True), (0.85, False)])
def test_the_pair_collapses_inside_its_window_alone(rate, collapses):
    numbers = {teacher: 0.2, noise_level: 1.0, eta: rate}
    multipliers = np.abs([1 + 2 * rate * 1.2, 1 + 2 * rate * -0.8])
    growth = float(growth_rates_next_to_the_origin()[0].subs(numbers))
    assert np.isclose(growth, np.log(multipliers).mean(), rtol=1e-12)
    lower, upper, _ = (float(end.subs(numbers)) for end in ends_of_the_window())
    assert (growth < 0) is (lower < rate < upper) is collapses
