"""Charges of real SGD follow their exact law to rounding; without the symmetry they do not."""

from __future__ import annotations

import time

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

from numerics.errors import ArgumentError
from numerics.sgd.batches import FullBatch, WithoutReplacement, WithReplacement
from numerics.sgd.charge_path import charge_path
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.module_symmetries import numerical_symmetries
from tests.numerics.sgd.problems import numbers, squared_error, with_fixed_weights
from theory.symmetry import AffineGenerator, StepRule

TOLERANCE = 1e-12


def two_layers(d_x: int, d: int, d_y: int, activation=None, *, biased=False):
    """A two-layer network on 20 samples, and the matrix of the rescaling of its first hidden neuron."""
    middle = [] if activation is None else [activation()]
    net = nn.Sequential(nn.Linear(d_x, d, bias=biased), *middle, nn.Linear(d, d_y, bias=False))
    problem = EmpiricalLoss(
        with_fixed_weights(net), squared_error, numbers(20, d_x), numbers(20, d_y, name=("targets", d_x, d))
    )
    signs = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in problem.shapes.items()}
    signs["0.weight"][0] = 1
    if biased:
        signs["0.bias"][0] = 1
    signs[f"{len(net) - 1}.weight"][:, 0] = -1
    return problem, np.diag(problem.flat(signs).numpy())


def random_rule(source):
    """Coefficients of one step in the ranges of the catalogue."""
    nesterov, decoupled = source.random(2) < 0.3
    return StepRule(
        10 ** source.uniform(-3, -2),
        momentum=source.uniform(0, 0.95),
        dampening=0 if nesterov else source.uniform(0, 0.5),
        weight_decay=source.uniform(0, 0.6),
        nesterov=bool(nesterov),
        decoupled=bool(decoupled),
    )


@pytest.mark.every(4)
@pytest.mark.parametrize("case", range(8))
def test_the_law_holds_to_rounding_for_random_nets_rates_batches_and_momenta(case):
    source = np.random.default_rng(case)
    d_x, d, d_y = map(int, source.integers(1, 7, 3))
    activation = (None, nn.ReLU, lambda: nn.LeakyReLU(0.1))[case % 3]
    problem, A = two_layers(d_x, d, d_y, activation, biased=case % 2 == 1)
    batches = (FullBatch(), WithReplacement(3), WithoutReplacement(5))[case % 3]
    rules = [random_rule(source) for _ in range(40)]
    path = charge_path(
        problem,
        A,
        lambda k: rules[k],  # another rule at every step
        steps=40,
        seed=case,
        batches=batches,
        n_replicas=4,
        clip_norm=1.0 if case % 2 else None,
    )
    assert path.worst < TOLERANCE
    assert path.worst_drift < 40 * TOLERANCE
    assert np.abs(path.charge[-1] - path.charge[0]).max() > 1e-4  # it moves


@pytest.mark.parametrize("rule", [StepRule(0.01), StepRule(0.01, momentum=0.9, weight_decay=0.1)])
def test_with_tanh_the_law_fails(rule):
    problem, A = two_layers(3, 2, 4, nn.Tanh)
    assert charge_path(problem, A, rule, steps=20, seed=1, batches=WithReplacement(2)).worst > 1e-6


def test_a_shifted_charge_of_a_residual_product_follows_its_law():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.u = nn.Parameter(numbers(2, 2, name="u") / 3)
            self.w = nn.Parameter(numbers(2, 2, name="w") / 3)

        def forward(self, inputs):
            return inputs @ (torch.eye(2) + self.w).T @ (torch.eye(2) + self.u).T

    problem = EmpiricalLoss(Residual().double(), squared_error, numbers(8, 2), numbers(8, 2, name="y"))
    weights = sp.symbols("t_1:9", real=True)
    U, W, eye = sp.Matrix(2, 2, weights[:4]), sp.Matrix(2, 2, weights[4:]), sp.eye(2)
    B = sp.Matrix([[1, 2], [2, -3]])
    field = [*((eye + U) * B), *(-B * (eye + W))]
    generator = AffineGenerator.of_field(weights, field)
    rule = StepRule(0.01, momentum=0.8, weight_decay=0.3)
    assert charge_path(problem, generator, rule, steps=50, seed=2, batches=WithReplacement(2)).worst < TOLERANCE
    raw = AffineGenerator(weights, generator.matrix)
    assert charge_path(problem, raw, rule, steps=50, seed=2, batches=WithReplacement(2)).worst > 1e-6


def test_ten_thousand_steps_take_less_than_five_seconds():
    problem, A = two_layers(4, 3, 4)
    start = time.process_time()
    rule = StepRule(0.003, momentum=0.9, weight_decay=0.1)
    path = charge_path(problem, A, rule, steps=100, seed=3, batches=WithReplacement(4), n_replicas=100)
    assert path.law.size == 10_000 and path.worst < TOLERANCE
    assert time.process_time() - start < 5


@pytest.mark.slow
def test_ten_thousand_steps_of_one_path_obey_the_law_and_the_law_alone_follows_it():
    problem, A = two_layers(4, 3, 4)
    schedule = lambda k: StepRule(0.003 if k < 7000 else 0.001, momentum=0.9, weight_decay=0.1)  # noqa: E731
    start = time.process_time()
    path = charge_path(problem, A, schedule, steps=10_000, seed=3, batches=WithReplacement(4))
    assert path.law.shape == (10_000, 1) and path.worst < TOLERANCE and path.worst_drift < TOLERANCE
    assert time.process_time() - start < 15


def test_a_generator_that_carries_no_charge_of_the_module_is_refused():
    problem, A = two_layers(2, 2, 2)
    for wrong in (A[:3, :3], np.triu(np.ones((8, 8)))):
        with pytest.raises(ArgumentError, match="symmetric matrix"):
            charge_path(problem, wrong, StepRule(0.1), steps=1, seed=1)
    weights = sp.symbols("t_1:9", real=True)
    with pytest.raises(ArgumentError, match="symbols"):
        charge_path(
            problem, AffineGenerator(weights, sp.Symbol("a", real=True) * sp.eye(8)), StepRule(0.1), steps=1, seed=1
        )
    single = EmpiricalLoss(nn.Linear(1, 1), squared_error, torch.ones(2, 1), torch.ones(2, 1))
    with pytest.raises(ArgumentError, match="float64"):
        charge_path(single, np.eye(2), StepRule(0.1), steps=1, seed=1)
    with pytest.raises(ArgumentError, match="float64"):
        numerical_symmetries(single, seed=1)


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("shape", "activation", "biased", "symmetries", "charges"),
    [
        ((2, 2, 2), None, False, 4, 3),
        ((1, 2, 1), None, False, 6, 4),  # as the exact finder says, and no textbook
        ((2, 2, 1), nn.ReLU, True, 2, 2),
        ((2, 2, 2), nn.Tanh, False, 0, 0),
    ],
)
def test_the_numerical_finder_counts_what_the_exact_one_proves(shape, activation, biased, symmetries, charges):
    problem, A = two_layers(*shape, activation=activation, biased=biased)
    found = numerical_symmetries(problem, seed=4)
    assert found.is_clear
    assert (found.dimension, len(found.charges)) == (symmetries, charges)
    if symmetries:
        flat = np.concatenate([A.ravel(), np.zeros(len(A))])
        basis = np.concatenate([found.matrices.reshape(len(found.matrices), -1), found.shifts], axis=1)
        assert np.allclose(basis.T @ (basis @ flat), flat)
