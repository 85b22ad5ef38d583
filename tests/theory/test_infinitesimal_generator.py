"""The generator and its adjoint."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import LINE, polynomial_processes, polynomials
from theory.errors import ShapeError, SymbolError
from theory.infinitesimal_generator import adjoint, generator
from theory.ito import ItoProcess
from theory.notation import mu, theta, zeta

x, y, _ = LINE


def gaussian_integral(polynomial, state):
    """The exact integral of polynomial times exp(-|x|^2 / 2) over the whole space: double factorials."""
    total = sp.S.Zero
    for powers, coefficient in sp.Poly(polynomial, *state).terms():
        if all(power % 2 == 0 for power in powers):
            total += coefficient * sp.Mul(*(sp.factorial2(power - 1) for power in powers))
    return total * sp.sqrt(2 * sp.pi) ** len(state)


@given(polynomial_processes(), st.data())
@settings(max_examples=examples(12))
def test_the_adjoint_is_dual_to_the_generator(process, data):
    r"""Integrals of g L f and of f L* g agree exactly for g = polynomial times Gaussian."""
    state = tuple(process.state)
    f, q = data.draw(polynomials(state, degree=2)), data.draw(polynomials(state, degree=2))
    weight = sp.exp(-sum(z**2 for z in state) / 2)
    left = sp.expand(q * generator(process, f))
    right = sp.expand(f * sp.expand(adjoint(process, q * weight) / weight))
    assert gaussian_integral(left, state) == gaussian_integral(right, state)


def test_the_generator_is_not_its_own_adjoint():
    """The duality above would be satisfied by a self-adjoint operator only if the two were equal."""
    process = ItoProcess.scalar(x, drift=1 - x, dispersion=x)
    weight = sp.exp(-(x**2) / 2)
    left = sp.expand(x * generator(process, x**2))
    wrong = sp.expand(x**2 * sp.expand(generator(process, x * weight) / weight))
    assert gaussian_integral(left, (x,)) != gaussian_integral(wrong, (x,))


def test_mixed_derivatives_carry_the_covariance_of_the_noise():
    process = ItoProcess([x, y], [0, 0], [[1, 2], [3, 4]])
    assert generator(process, x * y) == process.diffusion[0, 1] == 11
    assert adjoint(process, x * y) == 11


def test_constants_are_harmonic_and_coordinates_move_with_the_drift():
    process = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
    assert generator(process, 1) == 0
    assert generator(process, theta) == process.drift[0]


def test_a_look_alike_of_a_coordinate_is_refused():
    process = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
    for operator in (generator, adjoint):
        with pytest.raises(SymbolError, match="assumptions"):
            operator(process, sp.Symbol("theta") ** 2)


@pytest.mark.parametrize("bad", ["theta**2", None, [theta], sp.Matrix([theta])])
def test_what_is_not_one_expression_is_refused(bad):
    process = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
    with pytest.raises(ShapeError):
        generator(process, bad)
