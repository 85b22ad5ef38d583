"""Gradient flow of a mode: the implicit solution against its equation and against integration of explicit layers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad, solve_ivp

from tests.theory.deep_linear.explicit import balanced_layers
from theory.deep_linear.gradient_flow import (
    advantage_of_larger_modes,
    logistic_solution,
    passage_primitive,
    passage_time,
    small_start_time,
    start,
)
from theory.deep_linear.modewise import amplitude, balanced_modes, singular_value
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.line.integrals.incomplete_beta import derivative
from theory.parameters import parameter

w, s = amplitude, singular_value
ABOVE = parameter("L", above=2)


@pytest.mark.every(2)
@pytest.mark.parametrize("depth", [ABOVE, sp.Integer(1), sp.Rational(3, 2), sp.Integer(3), sp.Integer(6)], ids=str)
def test_the_primitive_is_one_over_the_drift(depth):
    speed = balanced_modes(depth).gradient_drift(0).xreplace({sp.Symbol("w", real=True): w})  # one layer: any sign
    assert sp.cancel(sp.powsimp(sp.expand(derivative(passage_primitive(depth), w) * speed))) == 1


def test_of_two_layers_too():
    assert sp.cancel(sp.diff(passage_primitive(2), w) * 2 * (s - w) * w) == 1
    there = logistic_solution(sp.Rational(1, 10), sp.S.One, sp.S(3))
    assert float(passage_time(2, sp.Rational(1, 10), there, sp.S.One)) == pytest.approx(3, rel=1e-12)


@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_times_are_those_of_quadrature(depth):
    time = float(passage_time(depth, sp.Rational(1, 100), sp.Rational(3, 5), sp.Rational(7, 10)))
    direct = quad(lambda v: 1 / (depth * (0.7 - v) * v ** (2 - 2 / depth)), 0.01, 0.6, epsabs=1e-12, epsrel=1e-12)[0]
    assert time == pytest.approx(direct, rel=1e-10)


def test_the_flow_of_explicit_layers_arrives_at_that_time():
    depth, values = 3, [1.0, 0.6]
    layers = balanced_layers(depth, [0.05, 0.02], values, 0.0)

    def velocity(_, flat):
        weights = flat.reshape(depth, 2, 2)
        left = [np.eye(2), weights[2], weights[2] @ weights[1]][::-1]
        right = [np.eye(2), weights[0], weights[1] @ weights[0]]
        gap = layers.teacher - weights[2] @ weights[1] @ weights[0]
        return np.stack([left[l].T @ gap @ right[l].T for l in range(depth)]).ravel()

    time = float(passage_time(depth, sp.Rational("0.02"), sp.Rational("0.3"), sp.Rational("0.6")))
    end = solve_ivp(velocity, (0, time), np.stack(layers.weights).ravel(), rtol=1e-10, atol=1e-12).y[:, -1]
    student = layers.left.T @ np.linalg.multi_dot(end.reshape(depth, 2, 2)[::-1]) @ layers.right
    assert student[1, 1] == pytest.approx(0.3, abs=1e-7)
    assert abs(student[0, 1]) < 1e-8


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_a_small_start_costs_its_leading_term(depth):
    values = {start: sp.Rational(1, 10**12), s: sp.Rational(7, 10)}
    ratio = (passage_time(depth, end=s / 2) / small_start_time(depth)).subs(values)
    assert float(ratio) == pytest.approx(1, abs=1e-3)


def test_larger_modes_are_quicker_only_from_small_starts():
    rho = sp.Symbol("rho", positive=True)
    advantage = advantage_of_larger_modes(2, sp.Rational(1, 2), rho)
    threshold = sp.nsolve(advantage, rho, 4.6)
    assert float(threshold) == pytest.approx(4.59112, abs=1e-5)
    assert advantage.subs(rho, sp.Rational("4.6")) > 0 > advantage.subs(rho, sp.Rational("4.58"))


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_advantage_is_the_slope_of_the_time(depth):
    rho, f, step = sp.Rational(9), sp.Rational(1, 2), sp.Rational(1, 10**8)
    times = [passage_time(depth, sp.S.One, f * size, size).evalf(30) for size in (rho - step, rho + step)]
    slope = (times[1] - times[0]) / (2 * step)
    a = 2 - sp.Rational(2, depth)
    expected = advantage_of_larger_modes(depth, f, rho).evalf(20)
    # t depends on s and w_0 as s**-a times a function of s/w_0.
    assert float(-depth * rho ** (1 + a) * slope) == pytest.approx(float(expected), rel=1e-8)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: passage_primitive(0), SymbolError, "depth must be at least 1"),
        (lambda: passage_primitive(parameter("L", at_least=1)), UnsupportedFormError, "depth must be 2 or known"),
        (lambda: passage_time(3, end=s), SymbolError, "end must lie below s"),
        (lambda: small_start_time(1), UnsupportedFormError, "depth must be at least 2"),
        (lambda: advantage_of_larger_modes(2, 1, sp.S(9)), ShapeError, "fraction must lie strictly"),
        (lambda: passage_primitive(3, w=sp.Symbol("w")), SymbolError, "w must be positive"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
