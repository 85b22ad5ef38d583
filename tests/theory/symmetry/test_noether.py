"""Charges under flow, descent and noise: the formulas against the step and against Itô's formula."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.zero import decide_zero
from theory.errors import SymbolError, UnsupportedFormError
from theory.gradient_noise import Empirical, FiniteSum, Gaussian, Model, Sampling
from theory.gradient_noise.sampling import enumerated_step
from theory.ito import ito_differential
from theory.notation import eta
from theory.symmetry import (
    OneParameterSymmetry,
    PerSampleLoss,
    conservation,
    descent_change,
    mean_step_change,
    missing_drift,
    noether_flow,
)

u, w, x, y, decay = sp.symbols("u w x y lambda", real=True)
DATA = Empirical([x, y], [[1, 2], [-1, 1], [2, 0]])
CHAIN = OneParameterSymmetry(Model([u, w], (u * w * x - y) ** 2 / 2, DATA), [u, -w])
SHIFTED = OneParameterSymmetry(Model([u, w], ((1 + u) * (2 + w) * x - y) ** 2 / 2, DATA), [1 + u, -2 - w])
GAUSSIAN = OneParameterSymmetry(
    Model([u, w], (u * w * x - y) ** 2 / 2, Gaussian([x, y], [0, 0], [[2, 1], [1, 3]])), [u, -w]
)
LISTED = OneParameterSymmetry(FiniteSum([u, w], ((u * w - 1) ** 2 / 2, (2 * u * w + 1) ** 2 / 2)), [u, -w])
EVERY = {"linear": CHAIN, "shifted": SHIFTED, "Gaussian": GAUSSIAN, "listed": LISTED}


@pytest.mark.every(2)
@pytest.mark.parametrize("symmetry", EVERY.values(), ids=EVERY)
def test_gradient_flow_conserves_the_charge_and_descent_moves_it_by_a_quadratic_form(symmetry):
    assert str(conservation(symmetry).kind) == "zero"
    problem, charge = symmetry.problem, symmetry.charge
    moved = problem.weights - eta * (problem.gradient + decay * problem.weights)
    change = charge.subs(dict(zip(problem.weights, moved, strict=True)), simultaneous=True) - charge
    assert sp.expand(change - descent_change(symmetry, weight_decay=decay)) == 0
    assert sp.expand(change.subs(decay, 0) - descent_change(symmetry)) == 0
    assert descent_change(symmetry).coeff(eta, 1) == 0


@pytest.mark.every(2)
@pytest.mark.parametrize("symmetry", EVERY.values(), ids=EVERY)
def test_the_charge_has_no_martingale_part_and_the_drift_of_the_paper(symmetry):
    flow = noether_flow(symmetry, 2, weight_decay=decay)
    assert str(flow.without_noise.kind) == "zero"
    A, problem = symmetry.generator.matrix, symmetry.problem
    along = (symmetry.field.T * problem.weights)[0]
    formula = eta / 2 * (problem.covariance * A).trace() / 2 - decay * along
    assert str(decide_zero(flow.drift - formula).kind) == "zero"


def test_an_observable_that_is_no_charge_does_have_a_martingale_part():
    assert isinstance(CHAIN.problem, Model)
    process = CHAIN.problem.stochastic_gradient_flow(1)
    noisy = ito_differential(process, u**2 + w**2)
    assert str(decide_zero(sp.Matrix(noisy.dispersion)).kind) == "nonzero"
    assert str(decide_zero(sp.Matrix(ito_differential(process, CHAIN.charge).dispersion)).kind) == "zero"


@pytest.mark.parametrize("sampling", Sampling)
def test_the_mean_change_of_a_step_is_that_over_all_batches(sampling):
    step = enumerated_step(LISTED.problem, 2, sampling)
    second = step.covariance + step.mean * step.mean.T
    exact = (second * LISTED.generator.matrix).trace() / 2 + (LISTED.field.T * step.mean)[0]
    assert sp.expand(mean_step_change(LISTED, 2, sampling) - exact) == 0


@pytest.mark.every(2)
@pytest.mark.parametrize("symmetry", EVERY.values(), ids=EVERY)
def test_the_modified_equation_restores_what_the_first_diffusion_misses(symmetry):
    A, g = symmetry.generator.matrix, symmetry.problem.gradient
    missing = missing_drift(symmetry, 3)
    assert sp.expand(missing - eta / 2 * (g.T * A * g)[0]) == 0
    assert missing != 0
    modified = noether_flow(symmetry, 3, second_order=True)
    assert str(modified.without_noise.kind) == "zero"
    assert sp.expand(modified.drift - mean_step_change(symmetry, 3) / eta) == 0


def test_means_need_a_law_and_a_charge_needs_a_gradient():
    with pytest.raises(UnsupportedFormError, match="PerSampleLoss"):
        conservation(OneParameterSymmetry(PerSampleLoss([u, w], u * w * x), [u, -w]))
    turning = OneParameterSymmetry(Model([u, w], (u**2 + w**2) * x**2, DATA), [w, -u])
    with pytest.raises(UnsupportedFormError, match="rotation|Rotation|gradient"):
        noether_flow(turning)
    with pytest.raises(SymbolError, match="weight_decay"):
        descent_change(CHAIN, weight_decay=-1)
    with pytest.raises(SymbolError, match="learning_rate"):
        descent_change(CHAIN, learning_rate=u)
