"""The equilibrium of a module's charges is that of theory, of the balance of two layers, and of real descent."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

from numerics.deep_linear import DataSet
from numerics.deterministic.orbit_relaxation import orbit_relaxation
from numerics.errors import ArgumentError
from numerics.layered import DenseNetwork, MiniBatchDescent, train_layers
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.module_equilibrium import module_equilibrium
from numerics.sgd.module_symmetries import curvature_beside_orbit, numerical_symmetries
from tests.numerics.sgd.problems import numbers, squared_error
from theory.gradient_noise import Empirical, Model
from theory.symmetry import AffineGenerator, EquilibriumKind, OneParameterSymmetry
from theory.symmetry.noise_equilibrium import noise_equilibrium
from theory.symmetry.orbit_potential import orbit_potential


def at_a_minimum(net: nn.Module, inputs: torch.Tensor, noise: torch.Tensor) -> EmpiricalLoss:
    """Labels that are the net's own outputs plus and minus ``noise``."""
    with torch.no_grad():
        outputs = net.double()(inputs)
    return EmpiricalLoss(net, squared_error, torch.cat([inputs] * 2), torch.cat([outputs + noise, outputs - noise]))


def linear_net(*widths: int) -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in zip(widths, widths[1:], strict=False))).double()


class Normalised(nn.Module):
    """A direction of weights, whatever their norm, then a factor."""

    def __init__(self, weights: tuple[float, float]) -> None:
        super().__init__()
        self.direction = nn.Parameter(torch.tensor(weights, dtype=torch.float64))
        self.factor = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * (x @ (self.direction / self.direction.norm()))[:, None]


SCALE = np.diag([1.0, 1.0, 0.0])


def test_the_weights_at_rest_are_those_of_the_exact_equilibrium():
    u, w, x, y = sp.symbols("u w x y", real=True)
    points = [[1, 3], [1, 1], [2, 4 + sp.Rational(1, 2)], [2, 4 - sp.Rational(1, 2)]]
    model = Model([w, u], (u * w * x - y) ** 2, Empirical([x, y], points))
    exact = OneParameterSymmetry(model, [-w, u])
    at = {u: 4, w: sp.Rational(1, 2)}
    potential = orbit_potential(
        exact.generator,
        [at[w], at[u]],
        model.covariance.subs(at),
        temperature=sp.Rational(1, 300),
        weight_decay=sp.Rational(1, 50) * (1 - sp.Rational(1, 10_000)),
    )
    expected = exact.orbit_point(at, noise_equilibrium(potential).closed_form)
    data = torch.tensor([[float(a) for a in point] for point in points], dtype=torch.float64)
    problem = EmpiricalLoss(linear_net(1, 1, 1), squared_error, data[:, :1], data[:, 1:])
    rest = module_equilibrium(
        problem, exact.generator, torch.tensor([0.5, 4.0]), learning_rate=0.01, batch_size=3, weight_decay=0.02
    )
    assert rest.is_confirmed and rest.kind is EquilibriumKind.FINITE
    assert np.allclose(rest.theta.numpy(), [float(expected[w]), float(expected[u])], rtol=1e-9)
    assert not np.allclose(rest.drifts_before, 0, atol=1e-3)


def test_the_steps_of_relaxation_are_those_of_the_exact_orbit():
    u, w = sp.symbols("u w", real=True)
    rescaling = AffineGenerator([w, u], sp.diag(-1, 1))
    data = torch.tensor([[1.0, 3.0], [1.0, 1.0]], dtype=torch.float64)
    problem = EmpiricalLoss(linear_net(1, 1, 1), squared_error, data[:, :1], data[:, 1:])
    rest = module_equilibrium(
        problem, rescaling, torch.tensor([0.5, 4.0]), learning_rate=0.01, batch_size=2, weight_decay=0.02
    )
    g = 2 * sp.Matrix([4, sp.Rational(1, 2)])
    decay = sp.Rational(1, 50) * (1 - sp.Rational(1, 10_000))
    exact = orbit_relaxation(
        rescaling, [sp.Rational(1, 2), 4], g * g.T, temperature=sp.Rational(1, 200), weight_decay=decay
    )
    assert rest.relaxation_steps == pytest.approx(exact.steps(0.01), rel=1e-6)


@pytest.mark.every(3)
def test_flat_directions_beside_the_orbit_are_seen():
    problem = at_a_minimum(linear_net(3, 2, 2), numbers(9, 3), numbers(9, 2, name="noise"))
    found = numerical_symmetries(problem, seed=1)
    assert curvature_beside_orbit(problem, found, problem.theta) > 1e-2
    with pytest.raises(ArgumentError, match="must be a minimum of the mean loss"):
        curvature_beside_orbit(problem, found, problem.theta + 0.3)
    with pytest.raises(ArgumentError, match="must be the symmetries of problem"):
        small = at_a_minimum(linear_net(1, 1, 1), numbers(2, 1), numbers(2, 1, name="noise"))
        curvature_beside_orbit(small, found, small.theta)
    fewer = EmpiricalLoss(problem.module, squared_error, problem.inputs[[0, 9]], problem.targets[[0, 9]])
    assert curvature_beside_orbit(fewer, found, problem.theta) == 0.0


@pytest.mark.every(3)
def test_charges_that_do_not_commute_rest_where_two_layers_balance():
    problem = at_a_minimum(linear_net(3, 2, 2), numbers(9, 3), numbers(9, 2, name="noise"))
    rest = module_equilibrium(problem, numerical_symmetries(problem, seed=1), problem.theta, learning_rate=0.01)
    W, U = (rest.theta[a:b].reshape(2, -1).numpy() for a, b in ((0, 6), (6, 10)))
    x, r = problem.inputs.numpy(), (problem.outputs(rest.theta) - problem.targets).detach().numpy()
    of_w = W @ ((x.T * (r**2).sum(1)) @ x) @ W.T
    of_u = U.T @ ((r.T * (x**2).sum(1)) @ r) @ U
    assert rest.is_confirmed and len(rest.charges) == 3
    assert np.allclose(of_w, of_u, rtol=1e-8)


def test_a_norm_without_decay_runs_away_and_with_decay_comes_to_rest():
    problem = at_a_minimum(Normalised((0.6, -0.8)), numbers(7, 2), numbers(7, 1, name="noise"))
    free = module_equilibrium(problem, [SCALE], problem.theta, learning_rate=0.01)
    held = module_equilibrium(problem, [SCALE], problem.theta, learning_rate=0.01, weight_decay=0.1)
    assert free.kind is EquilibriumKind.INFINITE and not free.is_confirmed
    assert held.kind is EquilibriumKind.FINITE and held.is_confirmed
    silent = at_a_minimum(Normalised((0.6, -0.8)), numbers(7, 2), torch.zeros(7, 1))
    assert module_equilibrium(silent, [SCALE], silent.theta, learning_rate=0.01).kind is EquilibriumKind.EVERYWHERE


def test_what_has_no_orbit_is_refused_by_name():
    problem = at_a_minimum(Normalised((0.6, -0.8)), numbers(7, 2), numbers(7, 1, name="noise"))
    rest = lambda A, theta=problem.theta, **o: module_equilibrium(problem, A, theta, **{"learning_rate": 0.01} | o)  # noqa: E731
    with pytest.raises(ArgumentError, match=r"loss of sample \d+ has the slope"):
        rest([np.diag([1.0, 1.0, -1.0])])
    with pytest.raises(ArgumentError, match="gradient of each sample must be finite"):
        rest([SCALE], theta=torch.tensor([0.0, 0.0, 1.0]))
    with pytest.raises(ArgumentError, match="convex"):
        rest([SCALE], weight_decay=-1.0)
    with pytest.raises(ArgumentError, match="at least one"):
        rest([])
    with pytest.raises(ArgumentError, match=r"generators must be symmetric matrices of shape \(3, 3\)"):
        rest(np.array(1.5))
    a, b, c = sp.symbols("a b c", real=True)
    with pytest.raises(ArgumentError, match="linear"):
        rest(AffineGenerator([a, b, c], sp.zeros(3), [1, 0, 0]))


@pytest.mark.slow
@pytest.mark.parametrize("stretch", [(1.0, 1.0), (1.6, 0.6), (0.6, 1.7)])
def test_descent_of_a_relu_network_comes_to_rest_there_from_three_starts(stretch):
    source = np.random.default_rng(4)
    x = source.normal(size=(24, 2))
    W, U = np.array([[1.0, 0.5], [-0.6, 1.1]]), np.array([[1.2, -0.9]])
    noise = 0.5 * source.normal(size=(24, 1)) * (1 + 2 * (x[:, :1] > 0))
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False)).double()
    net.load_state_dict({"0.weight": torch.from_numpy(W), "2.weight": torch.from_numpy(U)})
    problem = at_a_minimum(net, torch.from_numpy(x), torch.from_numpy(noise))
    problem = EmpiricalLoss(net, lambda f, y: ((f - y) ** 2).sum() / 2, problem.inputs, problem.targets)
    rest = module_equilibrium(
        problem,
        numerical_symmetries(problem, seed=1),
        problem.theta,
        learning_rate=0.01,
        batch_size=3,
        weight_decay=0.003,
    )
    D = np.diag(stretch)
    run = train_layers(
        DenseNetwork((2, 2, 1), activations="relu", weight_decay=0.003),
        DataSet(problem.inputs.numpy(), problem.targets.numpy()),
        MiniBatchDescent(learning_rate=0.01, batch_size=3),
        initial={"W1": D @ W, "W2": U @ np.linalg.inv(D)},
        steps=200_000,
        n_replicas=64,
        seed=7,
    )
    ratio = np.log((run.final["W2"][:, 0, :] ** 2) / (run.final["W1"] ** 2).sum(-1))
    expected = np.log(rest.theta.numpy()[4:] ** 2 / (rest.theta.numpy()[:4].reshape(2, 2) ** 2).sum(1))
    assert np.abs(ratio.mean(0) - expected).max() < 0.02
    begun = np.log((U @ np.linalg.inv(D))[0] ** 2 / ((D @ W) ** 2).sum(1))
    assert np.abs(begun - expected).max() > 0.3
