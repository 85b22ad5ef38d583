"""The finite-volume solver against exactly solved processes."""

import math

import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.fokker_planck_grid import bernoulli, fokker_planck_grid
from numerics.errors import ArgumentError, MissingParameterError, NumericsError
from theory.ito import ItoProcess
from theory.notation import mu, nu, s, s_tilde, t, theta, zeta

x = sp.Symbol("x", real=True)
k = sp.Symbol("k", positive=True)
OU = ItoProcess.scalar(x, drift=-k * x, dispersion=zeta)
GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
MODE = ItoProcess.scalar(s, drift=2 * s * (s_tilde + nu / 2 - s), dispersion=2 * sp.sqrt(nu) * s)


def ou_grid(cells, half_width=8.0):
    return fokker_planck_grid(OU, (-half_width, half_width), parameters={k: 1.0, zeta: math.sqrt(2)}, cells=cells)


def mode_grid(cells=600, signal=2.0):
    return fokker_planck_grid(MODE, (1e-6, 60), parameters={s_tilde: signal, nu: 1.0}, cells=cells, coordinate="log")


def observed_order(errors):
    return [math.log2(coarse / fine) for coarse, fine in zip(errors[:-1], errors[1:], strict=True)]


def test_bernoulli_is_smooth_through_zero_and_satisfies_its_reflection():
    z = np.array([-800.0, -3.0, -1e-6, 0.0, 1e-6, 3.0, 800.0])
    assert np.allclose(bernoulli(-z) - bernoulli(z), z, rtol=1e-12, atol=1e-12)
    assert bernoulli(0.0) == 1 and bernoulli(800.0) == 0


@pytest.mark.parametrize("scheme", ["TR-BDF2", "implicit Euler"])
def test_mass_is_conserved(scheme):
    grid = mode_grid()
    masses = grid.evolve(grid.point_mass(0.3), 2.0, scheme=scheme)
    assert abs(masses.sum() - 1) < 1e-12
    assert masses.min() >= 0


def test_the_stationary_masses_do_not_move_and_are_the_gamma_law():
    grid = mode_grid()
    assert np.abs(grid.forward(grid.stationary)).max() < 1e-9 * np.abs(grid.up * grid.stationary).max()
    shape = 1.5
    exact = grid.nodes**shape * np.exp(-grid.nodes)
    assert np.allclose(grid.stationary, exact / exact.sum(), rtol=1e-9, atol=1e-300)
    wrong = grid.nodes ** (shape + 0.1) * np.exp(-grid.nodes)
    assert not np.allclose(grid.stationary, wrong / wrong.sum(), rtol=1e-2)


def test_every_start_converges_to_the_stationary_masses():
    grid = ou_grid(200)
    for start in (-2.0, 0.5):
        assert np.abs(grid.evolve(grid.point_mass(start), 30.0) - grid.stationary).max() < 1e-10


def test_expectations_and_masses_are_dual():
    grid = mode_grid(200)
    f = np.log(grid.nodes) ** 2
    forward = grid.evolve(grid.point_mass(0.7), 0.4) @ f
    backward = grid.point_mass(0.7) @ grid.expectation(f, 0.4)
    assert abs(forward / backward - 1) < 1e-10


def test_the_error_in_space_is_of_second_order():
    exact = 1 - math.exp(-2) * (1 - 0.25)  # E[X_1^2 | X_0 = 1/2] for k = 1, zeta^2 = 2
    errors = []
    for cells in (41, 81, 161):
        grid = ou_grid(cells)
        errors.append(abs(grid.at(0.5, grid.expectation(grid.nodes**2, 1.0, steps=4000)) - exact))
    assert all(abs(order - 2) < 0.1 for order in observed_order(errors))
    assert errors[-1] < 3e-3


@pytest.mark.parametrize(("scheme", "expected"), [("TR-BDF2", 2), ("implicit Euler", 1)])
def test_the_error_in_time_has_the_order_of_the_scheme(scheme, expected):
    grid = ou_grid(101)
    f = np.sin(grid.nodes)
    reference = grid.expectation(f, 1.0, steps=2000)  # of second order: off by a hundredth of the smallest error below
    errors = [np.abs(grid.expectation(f, 1.0, steps=steps, scheme=scheme) - reference).max() for steps in (40, 80, 160)]
    assert all(abs(order - expected) < 0.15 for order in observed_order(errors))


def test_the_logarithmic_coordinate_reproduces_geometric_brownian_motion():
    grid = fokker_planck_grid(GBM, (1e-5, 1e5), parameters={mu: 0.2, zeta: 0.5}, cells=1500, coordinate="log")
    mean = grid.at(1.0, grid.expectation(grid.nodes, 1.5))
    log_mean = grid.at(1.0, grid.expectation(np.log(grid.nodes), 1.5))
    assert abs(mean / math.exp(0.3) - 1) < 1e-4
    assert abs(log_mean - 1.5 * (0.2 - 0.125)) < 1e-9
    assert abs(log_mean - 1.5 * 0.2) > 0.1  # the chain rule without Itô's term


def test_linear_and_logarithmic_coordinates_agree():
    parameters = {s_tilde: 2.0, nu: 0.5}
    values = []
    for coordinate, low in (("linear", 0.02), ("log", 0.02)):
        grid = fokker_planck_grid(MODE, (low, 15), parameters=parameters, cells=3000, coordinate=coordinate)
        values.append(grid.at(1.0, grid.expectation(grid.nodes, 0.5)))
    assert abs(values[0] / values[1] - 1) < 1e-4


def test_a_coarse_step_that_leaves_negative_masses_is_refused_and_implicit_euler_is_not():
    grid = ou_grid(2001)
    start = grid.point_mass(0.5)
    with pytest.raises(NumericsError, match="implicit Euler"):
        grid.evolve(start, 1.0, steps=1)
    assert grid.evolve(start, 1.0, steps=1, scheme="implicit Euler").min() >= 0


def test_density_integrates_to_one():
    grid = mode_grid()
    assert abs((grid.density(grid.stationary) * grid.widths).sum() - 1) < 1e-12
    peak = grid.nodes[np.argmax(grid.density(grid.stationary))]
    assert abs(peak - 0.5) < 0.02  # the mode s_tilde - 3 nu / 2


def test_bad_input_is_named():
    with pytest.raises(MissingParameterError, match="no value for k"):
        fokker_planck_grid(OU, (-1, 1), parameters={zeta: 1.0})
    with pytest.raises(ArgumentError, match="one coordinate"):
        fokker_planck_grid(ItoProcess([x, theta], [0, 0], sp.eye(2)), (-1, 1))
    with pytest.raises(ArgumentError, match="time"):
        fokker_planck_grid(ItoProcess.scalar(x, drift=t, dispersion=sp.S.One), (-1, 1))
    with pytest.raises(ArgumentError, match="finite ends"):
        fokker_planck_grid(OU, (-1, math.inf), parameters={k: 1.0, zeta: 1.0})
    with pytest.raises(ArgumentError, match="positive for a logarithmic"):
        fokker_planck_grid(OU, (-1, 1), parameters={k: 1.0, zeta: 1.0}, coordinate="log")
    with pytest.raises(ArgumentError, match="must not vanish"):
        fokker_planck_grid(OU, (-1, 1), parameters={k: 1.0, zeta: 0.0})
    with pytest.raises(ArgumentError, match="finite inside"):
        fokker_planck_grid(ItoProcess.scalar(x, drift=sp.log(x), dispersion=sp.S.One), (-1, 1))
    grid = ou_grid(50)
    with pytest.raises(ArgumentError, match="one finite number per node"):
        grid.expectation([1.0, 2.0], 1.0)
    with pytest.raises(ArgumentError, match="lie on the grid"):
        grid.point_mass(9.0)
    with pytest.raises(ArgumentError, match="time must be"):
        grid.evolve(grid.stationary, -1.0)
    with pytest.raises(ArgumentError, match="scheme"):
        grid.evolve(grid.stationary, 1.0, scheme="Euler")


def test_a_step_is_the_trapezoidal_rule_and_then_the_backward_difference():
    grid, time, gamma = ou_grid(20), 0.3, 2 - math.sqrt(2)
    generator = np.array([grid.forward(unit) for unit in np.eye(len(grid.nodes))]).T
    one, half = np.eye(len(grid.nodes)), gamma * time / 2 * generator
    start = grid.point_mass(0.5)
    middle = np.linalg.solve(one - half, (one + half) @ start)
    end = np.linalg.solve(one - half, (middle - (1 - gamma) ** 2 * start) / (gamma * (2 - gamma)))
    assert np.allclose(grid.evolve(start, time, steps=1), end, rtol=1e-12, atol=1e-15)


def test_what_overflows_on_the_way_is_refused():
    grid = ou_grid(20)
    with pytest.raises(NumericsError, match="not finite"):
        grid.expectation(np.full(len(grid.nodes), 1.7e308), 1.0, steps=3)
