"""The diagonal network against stochastic gradient descent written out."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.models.diagonal_network import (
    hyperbolic_entropy,
    move,
    scale_factor,
    scales,
    solution,
    turn_of_a_step,
)


def trained(rate: float) -> tuple[np.ndarray, ...]:
    """Inputs, coefficients, scales, and all moves of a run on two samples of five inputs."""
    source = np.random.default_rng(5)
    X, beta = source.normal(size=(2, 5)), np.array([1.0, 0, 0, 0.5, 0])
    plus, minus, moves = np.full(5, 0.4), np.full(5, 0.4), []
    for _ in range(int(60 / rate)):
        x = X[source.integers(2)]
        z = rate * x * (x @ (plus**2 - minus**2 - beta))
        plus, minus = plus * (1 - z), minus * (1 + z)
        moves.append(z)
    assert np.allclose(X @ (plus**2 - minus**2 - beta), 0, atol=1e-8)
    return X, plus**2 - minus**2, plus * minus, np.array(moves)


def test_coefficients_and_scales_of_a_run_are_those_of_the_closed_form():
    _, coefficients, squares, moves = trained(0.05)
    factor, turn = (sp.lambdify(move, e) for e in (scale_factor(), turn_of_a_step()))
    scale = 0.16 * np.prod(factor(moves), axis=0)
    np.testing.assert_allclose(squares, scale, rtol=1e-10)
    a, s = sp.symbols("a s")
    np.testing.assert_allclose(
        coefficients, sp.lambdify((a, s), solution(a, s))(scale, turn(moves).sum(axis=0)), rtol=1e-8, atol=1e-12
    )


def test_the_solution_is_that_of_least_potential_at_the_last_scale_and_not_at_the_first():
    X, coefficients, squares, _ = trained(0.05)
    b, a = sp.symbols("b a", positive=True)
    slope = sp.lambdify((b, a), sp.diff(hyperbolic_entropy(b, a), b), "numpy")

    def off_the_span(scale: np.ndarray) -> float:
        direction = slope(coefficients, scale)
        rest = direction - X.T @ np.linalg.lstsq(X.T, direction, rcond=None)[0]
        return float(np.linalg.norm(rest) / np.linalg.norm(direction))

    assert off_the_span(squares) < 0.2 * off_the_span(np.full(5, 0.16))


def test_every_input_has_one_scale_and_there_are_no_other_charges():
    found = scales(3)
    assert found.is_complete and found.dimension == len(found.charges) == 3
