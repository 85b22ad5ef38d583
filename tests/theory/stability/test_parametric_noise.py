"""The oscillator with parametric noise: its Airy exponent against known limits and a simulation."""

from __future__ import annotations

import pytest
import sympy as sp

from numerics.simulation.simulated_exponent import simulated_exponent
from theory.ito import ItoProcess
from theory.stability.lyapunov import ExponentRoute, top_exponent
from theory.stability.parametric_noise import airy_exponent
from theory.stability.transverse import transverse_linearisation

x, v = sp.symbols("x v", real=True)
c, omega, s = sp.symbols("c omega s", positive=True)
OSCILLATOR = transverse_linearisation(ItoProcess([x, v], [v, -(omega**2) * x - 2 * c * v], sp.Matrix([[0], [s * x]])))


def test_small_noise_gives_the_rate_of_the_perturbation_theory():
    found = top_exponent(OSCILLATOR)
    assert found.route is ExponentRoute.AIRY
    values = {c: sp.Rational(1, 20), omega: 2, s: sp.Rational(1, 5)}
    frequency = sp.sqrt(omega**2 - c**2)
    small = (-c + s**2 / (8 * frequency**2)).subs(values)  # Khasminskii: -c + s^2/(8 w^2)
    assert float(found.value.subs(values).evalf()) == pytest.approx(float(small), abs=2e-6)


def test_an_unstable_spring_without_noise_has_its_own_rate():
    A = sp.Matrix([[0, 1], [4, 0]])
    weak = ItoProcess([x, v], list(A * sp.Matrix([x, v])), sp.Matrix([[0], [x / 10]]))
    assert float(airy_exponent(transverse_linearisation(weak)).evalf()) == pytest.approx(2, abs=1e-3)


@pytest.mark.slow  # by day: the rate against perturbation theory
def test_the_simulation_agrees_in_other_coordinates_too():
    turned = ItoProcess([x, v], [v - x / 5, -x], sp.Matrix([[x - v], [x - v]]))  # noise along (1, 1) by its distance
    exponent = top_exponent(transverse_linearisation(turned))
    assert exponent.route is ExponentRoute.AIRY
    run = simulated_exponent(
        turned,
        transverse=[x, v],
        initial=[1.0, 0.0],
        step=0.01,
        burn_in=5.0,
        until=45.0,
        segment=1.0,
        n_paths=400,
        seed=3,
    )
    assert run.estimate.agrees_with(float(exponent.value.evalf()), false_alarm=1e-4)
    assert not run.estimate.agrees_with(float(exponent.value.evalf()) + 0.1, false_alarm=1e-4)


def test_the_sign_of_the_exponent_is_decided_by_balls():
    found = top_exponent(OSCILLATOR)
    damped, driven = ({c: damping, omega: 1, s: 1} for damping in (0.2, 0.1))
    assert [str(found.decide(values)) for values in (damped, driven)] == ["attractive", "not attractive"]


def test_noise_of_another_form_is_left_to_other_routes():
    other = transverse_linearisation(ItoProcess([x, v], [v, -x], sp.Matrix([[x], [x]])))
    assert airy_exponent(other) is None
