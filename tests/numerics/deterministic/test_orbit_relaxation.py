"""Charges come to rest in the time that the Noether flow of an orbit says, near the equilibrium and far from it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.orbit_relaxation import OrbitRelaxation, orbit_relaxation
from numerics.errors import ArgumentError
from theory.symmetry import AffineGenerator
from theory.symmetry.noise_equilibrium import noise_equilibrium, relaxation_rate
from theory.symmetry.orbit_potential import orbit_potential

u, v, w = sp.symbols("u v w", real=True)


def slope_noise(theta, gradient_of_product, variance=1):
    """Of a loss of the product of the weights, whose slope has this variance."""
    g = sp.Matrix(gradient_of_product).subs(dict(zip((u, v, w), theta, strict=False)))
    return variance * g * g.T


def chain_of_two(theta, decay=0) -> tuple[OrbitRelaxation, AffineGenerator]:
    rescaling = AffineGenerator([u, w], sp.diag(1, -1))
    g = sp.Matrix([theta[1], theta[0]])
    potential = orbit_potential(rescaling, theta, g * g.T, temperature=sp.Rational(1, 10), weight_decay=decay)
    return orbit_relaxation(potential, rescaling, theta), noise_equilibrium(potential)


def test_the_rate_of_one_charge_is_the_closed_one():
    flow, equilibrium = chain_of_two([4, 1], decay=sp.Rational(1, 7))
    s = equilibrium.closed_form
    speed = 16 * sp.exp(2 * s) + sp.exp(-2 * s)
    assert flow.rates == pytest.approx([float(relaxation_rate(equilibrium, speed))])
    assert flow.steps(0.01) == pytest.approx(100 / flow.rates[0])


def test_an_imbalance_of_two_factors_decays_at_one_rate_from_anywhere():
    flow, _ = chain_of_two([40, sp.Rational(1, 10)])
    assert flow.steps_until(1e-3, 1.0) == pytest.approx(np.log(1e3) * 10, rel=1e-5)


def test_two_charges_of_a_chain_of_three_follow_the_flow_of_the_charges():
    fields = [AffineGenerator([u, v, w], sp.diag(1, -1, 0)), AffineGenerator([u, v, w], sp.diag(0, 1, -1))]
    theta = [3, 1, sp.Rational(1, 2)]
    noise = slope_noise(theta, [v * w, u * w, u * v])
    potential = orbit_potential(fields, theta, noise, temperature=sp.Rational(1, 10))
    flow = orbit_relaxation(potential, fields, theta)
    # The same motion without orbits or charges: squares of the factors with their product p kept,
    # d(a - b) = T (p**2/a - p**2/b) dt, a = u**2 and so on, in small steps.
    a, p2 = np.array([9.0, 1.0, 0.25]), 2.25
    charges = lambda a: np.array([a[0] - a[1], a[1] - a[2]]) / 2  # noqa: E731
    begun, time, step = np.abs(charges(a)).max(), 0.0, 5e-3
    while np.abs(charges(a)).max() > 0.05 * begun:
        drift = 0.1 * p2 / a
        drift -= (drift / a).sum() / (1 / a).sum()
        a = a + step * drift
        a *= (p2 / a.prod()) ** (1 / 3)
        time += step
    assert flow.steps_until(0.05, 1.0) == pytest.approx(time, rel=5e-3)
    assert not flow.steps(1.0) * np.log(20) == pytest.approx(time, rel=0.02)  # far away the linear rate is another


def test_at_rest_no_steps_are_needed():
    assert chain_of_two([2, 2])[0].steps_until(0.1, 0.01) == 0


def test_what_does_not_belong_together_is_refused():
    rescaling = AffineGenerator([u, w], sp.diag(1, -1))
    potential = orbit_potential(rescaling, [1, 1], sp.ones(2, 2), temperature=1)
    with pytest.raises(ArgumentError, match="those of the potential"):
        orbit_relaxation(potential, [rescaling, rescaling], [1, 1])
    with pytest.raises(ArgumentError, match="linear AffineGenerators"):
        orbit_relaxation(potential, 5, [1, 1])
    with pytest.raises(ArgumentError, match="span"):
        orbit_relaxation(potential, rescaling, [0, 0])
    flow = orbit_relaxation(potential, rescaling, [2, 1])
    with pytest.raises(ArgumentError, match="part must lie between 0 and 1"):
        flow.steps_until(2, 0.1)
    with pytest.raises(ArgumentError, match="learning_rate must be positive"):
        flow.steps(0)
