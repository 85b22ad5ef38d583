"""Charges come to rest in the time that the Noether flow of an orbit says, near the equilibrium and far from it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.orbit_relaxation import OrbitRelaxation, orbit_relaxation
from numerics.errors import ArgumentError
from theory.errors import ShapeError, UnsupportedFormError
from theory.symmetry import AffineGenerator
from theory.symmetry.noise_equilibrium import NoiseEquilibrium, noise_equilibrium, relaxation_rate
from theory.symmetry.orbit_potential import orbit_potential

u, v, w = sp.symbols("u v w", real=True)


def slope_noise(theta, gradient_of_product, variance=1):
    """Of a loss of the product of the weights, whose slope has this variance."""
    g = sp.Matrix(gradient_of_product).subs(dict(zip((u, v, w), theta, strict=False)))
    return variance * g * g.T


def chain_of_two(theta, decay=0) -> tuple[OrbitRelaxation, NoiseEquilibrium]:
    rescaling = AffineGenerator([u, w], sp.diag(1, -1))
    g = sp.Matrix([theta[1], theta[0]])
    how = {"temperature": sp.Rational(1, 10), "weight_decay": decay}
    flow = orbit_relaxation(rescaling, theta, g * g.T, **how)
    return flow, noise_equilibrium(orbit_potential(rescaling, theta, g * g.T, **how))


def test_the_rate_of_one_charge_is_the_closed_one():
    flow, equilibrium = chain_of_two([4, 1], decay=sp.Rational(1, 7))
    s = equilibrium.closed_form
    speed = 16 * sp.exp(2 * s) + sp.exp(-2 * s)
    assert flow.rates == pytest.approx([float(relaxation_rate(equilibrium, speed))])
    assert flow.steps(0.01) == pytest.approx(100 / flow.rates[0])


def test_an_imbalance_of_two_factors_decays_at_one_rate_from_anywhere():
    flow, _ = chain_of_two([40, sp.Rational(1, 10)])
    assert flow.steps_until(1e-3, 1.0) == pytest.approx(np.log(1e3) * 10, rel=1e-5)


def test_the_slowest_of_two_charges_counts():
    z = sp.Symbol("z", real=True)
    fields = [AffineGenerator([u, v, w, z], sp.diag(*diagonal)) for diagonal in ((1, -1, 0, 0), (0, 0, 1, -1))]
    one, other = sp.Matrix([1, 3, 0, 0]), 3 * sp.Matrix([0, 0, 1, 4])
    noise = one * one.T + other * other.T
    flow = orbit_relaxation(fields, [3, 1, 2, sp.Rational(1, 2)], noise, temperature=sp.Rational(1, 10))
    assert flow.rates == pytest.approx([0.1, 3.6]) and flow.steps(0.01) == pytest.approx(1000)


@pytest.mark.every(3)
def test_two_charges_of_a_chain_of_three_follow_the_flow_of_the_charges():
    fields = [AffineGenerator([u, v, w], sp.diag(1, -1, 0)), AffineGenerator([u, v, w], sp.diag(0, 1, -1))]
    theta = [3, 1, sp.Rational(1, 2)]
    noise = slope_noise(theta, [v * w, u * w, u * v])
    flow = orbit_relaxation(fields, theta, noise, temperature=sp.Rational(1, 10))
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


def test_what_is_no_flow_is_refused():
    rescaling, ones = AffineGenerator([u, w], sp.diag(1, -1)), sp.ones(2, 2)
    turned = AffineGenerator([u, w], sp.Matrix([[0, 1], [1, 0]]))
    heat = sp.Symbol("T", positive=True)
    for refused, said, generators, position, temperature in (
        (UnsupportedFormError, "noise must be the covariance", AffineGenerator([u, w], sp.eye(2)), [1, 1], 1),
        (UnsupportedFormError, "commute", [rescaling, turned], [1, 1], 1),
        (UnsupportedFormError, "no orbit", rescaling, [0, 0], 1),
        (ShapeError, "at least one", [], [1, 1], 1),
        (ArgumentError, "span", [rescaling, rescaling], [1, 1], 1),
        (ArgumentError, "needs a positive number", rescaling, [1, 1], heat),
        (ArgumentError, "needs a positive number", rescaling, [1, 1], 10**400),
    ):
        with pytest.raises(refused, match=said):
            orbit_relaxation(generators, position, ones, temperature=temperature)
    flow = orbit_relaxation(rescaling, [1, 1], ones, temperature=heat, parameters={heat: 0.1})
    assert flow.rates == pytest.approx([0.1])
    for call, said in (
        (lambda: flow.steps_until(2, 0.1), "part must lie between 0 and 1"),
        (lambda: flow.steps(0), "learning_rate must be positive"),
        (lambda: flow.charges([1, 2]), "one number per charge"),
    ):
        with pytest.raises(ArgumentError, match=said):
            call()
