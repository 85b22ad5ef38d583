"""Real SGD from sets of weights: what it keeps to the last bit, and what it leaves."""

from __future__ import annotations

import math

import pytest
import sympy as sp
import torch

from numerics.errors import ArgumentError
from numerics.sgd.invariance import ACTIVATIONS, SLOPE, Training, _data, _outputs, excursion
from theory.networks import activations
from theory.networks.activations import ORIGIN_PASSING, activation, slope, swish_rate
from theory.networks.feed_forward import FeedForward

NET = FeedForward((3, 4, 4, 2), sp.tanh)
SIGN = NET.sign_constraints((1, 2))
PERMUTATION = NET.permutation_constraints((2, 1, 3))
LAST, BIASES = NET.weight_matrix(3), NET.biases(3)
CLASS_SUMS = sp.Matrix([*(sum(LAST[:, j]) for j in range(4)), sum(BIASES)])
OFFSET = sp.ones(5, 1)
ROUNDING = 1e-12


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activations_are_those_of_the_theory(name):
    assert set(ACTIVATIONS) == set(activations.ACTIVATIONS)
    values = {slope: sp.Float(SLOPE), swish_rate: sp.Float("1.5")}
    for u in (-2.5, -0.3, 0.0, 0.7, 3.0):
        expected = float(activation(name, sp.Float(u)).subs(values))
        assert float(ACTIVATIONS[name](torch.tensor(u, dtype=torch.float64))) == pytest.approx(expected, rel=1e-14)


@pytest.mark.every(2)
@pytest.mark.parametrize("skips", [(), ((1, 2),)])
def test_automatic_differentiation_agrees_with_the_symbolic_gradient(skips):
    net = FeedForward((2, 2, 2, 2), sp.tanh, skips)
    source = torch.Generator().manual_seed(5)
    theta, x, g = (torch.randn(n, generator=source, dtype=torch.float64) for n in (len(net.weights), 2, 2))
    leaf = theta.clone().requires_grad_()
    (_outputs(net, leaf, x[None, :], "tanh")[0] @ g).backward()
    assert leaf.grad is not None
    symbols = (*net.weights, *net.inputs, *net.output_gradient)
    values = dict(zip(symbols, torch.cat((theta, x, g)).tolist(), strict=True))
    for weight, found in zip(net.weights, leaf.grad.tolist(), strict=True):
        assert found == pytest.approx(float(sp.diff(net.pulled_back_loss, weight).subs(values)), rel=1e-10, abs=1e-13)


@pytest.mark.every(6)
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_sign_sets_are_kept_to_the_last_bit_by_origin_passing_activations_only(name):
    run = excursion(NET, SIGN, Training(activation=name))
    assert run.moved > 0.1
    assert run.violation == 0.0 if name in ORIGIN_PASSING else run.violation > 0.01


@pytest.mark.every(6)
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_permutation_sets_are_kept_by_every_activation(name):
    run = excursion(NET, PERMUTATION, Training(activation=name))
    assert run.moved > 0.1 and run.violation < ROUNDING


@pytest.mark.every(2)
@pytest.mark.parametrize("constraints", [SIGN[:-2, :], SIGN[3:, :], PERMUTATION[:-2, :], PERMUTATION[4:, :]])
def test_half_a_set_is_left(constraints):
    assert excursion(NET, constraints, Training()).violation > 1e-3


@pytest.mark.every(6)
@pytest.mark.parametrize(
    "settings",
    [
        {"weight_decay": 0.01},
        {"momentum": 0.9, "learning_rate": 0.005},
        {"adam": True},
        {"adam": True, "weight_decay": 0.01},
        {"loss": "cross-entropy"},
        {"batch_size": 1},
    ],
)
def test_optimisers_keep_sign_and_permutation_sets(settings):
    for constraints in (SIGN, PERMUTATION):
        run = excursion(NET, constraints, Training(**settings))
        assert run.moved > 0.1 and run.violation < ROUNDING


def test_momentum_that_does_not_start_at_rest_leaves_a_sign_set():
    settings = {"momentum": 0.9, "learning_rate": 0.005}
    assert excursion(NET, SIGN, Training(initial_velocity=0.1, **settings)).violation > 1e-3


def test_softmax_keeps_sums_over_classes_and_nothing_else_does():
    softmax = {"loss": "cross-entropy"}
    assert excursion(NET, CLASS_SUMS + OFFSET, Training(**softmax)).violation < ROUNDING
    assert excursion(NET, CLASS_SUMS, Training()).violation > 0.1
    neurons = sp.Matrix([sum(LAST[k, :]) for k in range(2)])
    assert excursion(NET, neurons, Training(**softmax)).violation > 0.01


def test_weight_decay_keeps_sums_that_are_zero_and_shrinks_the_others_at_its_rate():
    decaying = Training(loss="cross-entropy", weight_decay=0.01)
    assert excursion(NET, CLASS_SUMS, decaying).violation < ROUNDING
    shrunk = 1 - (1 - decaying.learning_rate * decaying.weight_decay) ** decaying.steps
    assert excursion(NET, CLASS_SUMS + OFFSET, decaying).violation == pytest.approx(shrunk, rel=1e-9)


def test_adam_rescales_each_weight_and_so_breaks_sums_and_the_data_kernel():
    kernel = (1.0, -2.0, 0.5)
    products = NET.weight_matrix(1) * sp.Matrix([sp.Rational(value) for value in kernel])
    with_sgd, with_adam = (excursion(NET, products, Training(kernel=kernel, adam=adam)) for adam in (False, True))
    assert with_sgd.violation < ROUNDING < 0.01 < with_adam.violation
    assert excursion(NET, sp.Matrix([CLASS_SUMS[0]]), Training(adam=True, loss="cross-entropy")).moved > 0.1
    three = FeedForward((2, 3, 3), sp.tanh)
    sums = sp.Matrix([sum(three.weight_matrix(2)[:, j]) for j in range(3)])
    assert excursion(three, sums, Training(adam=True, loss="cross-entropy")).violation > 0.01


def test_inputs_are_orthogonal_to_the_kernel():
    inputs, _ = _data(NET, Training(kernel=(1.0, -2.0, 0.5)), torch.Generator().manual_seed(1))
    assert float((inputs @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)).abs().max()) < 1e-14
    assert float(inputs.norm()) > 1


def test_the_violation_is_the_largest_change_of_a_constraint():
    """One weight, one sample: the steps of SGD by hand."""
    net = FeedForward((1, 1), sp.tanh)
    training = Training(samples=1, batch_size=1, steps=7, seed=3)
    source = torch.Generator().manual_seed(3)
    w, b = (torch.randn(2, generator=source, dtype=torch.float64) / math.sqrt(2)).tolist()
    inputs, targets = _data(net, training, source)
    x, y, first, largest = float(inputs[0, 0]), float(targets[0, 0]), w, 0.0
    for _ in range(7):
        slope_of_loss = 2 * (w * x + b - y)
        w, b = w - 0.02 * slope_of_loss * x, b - 0.02 * slope_of_loss
        largest = max(largest, abs(w - first))
    found = excursion(
        net, sp.Matrix([3 * net.weight_matrix(1)[0] - sp.Symbol("C")]), training, {sp.Symbol("C"): 3 * first}
    )
    assert found.violation == pytest.approx(3 * largest, rel=1e-12)


def test_a_run_depends_on_its_seed_alone():
    first, second, other = (excursion(NET, SIGN[:-2, :], Training(seed=seed)) for seed in (1, 1, 2))
    assert first == second != other


def test_a_run_that_diverges_says_so():
    run = excursion(NET, PERMUTATION, Training(activation="linear", learning_rate=50.0))
    assert math.isnan(run.violation) and math.isnan(run.moved)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation": "step"}, "activation"),
        ({"loss": "hinge"}, "loss"),
        ({"steps": 0}, "steps"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"initial_velocity": 0.1}, "initial_velocity needs SGD"),
        ({"initial_velocity": 0.1, "momentum": 0.9, "adam": True}, "initial_velocity needs SGD"),
    ],
)
def test_impossible_trainings_are_refused(settings, words):
    with pytest.raises(ArgumentError, match=words):
        Training(**settings)


def test_symbols_without_a_number_and_kernels_of_another_length_are_refused():
    with pytest.raises(ArgumentError, match="values must give a number"):
        excursion(NET, SIGN + sp.Symbol("C") * sp.ones(SIGN.rows, 1), Training())
    with pytest.raises(ArgumentError, match="kernel must hold 3"):
        excursion(NET, SIGN, Training(kernel=(1.0,)))


def test_a_run_ends_with_the_step_that_leaves_the_set():
    constraints = SIGN[:-2, :]
    whole, ended = excursion(NET, constraints, Training()), excursion(NET, constraints, Training(), until=1e-3)
    assert 1e-3 < ended.violation < whole.violation
    assert 1 <= ended.steps < whole.steps
    kept = excursion(NET, SIGN, Training(), until=1e-3)
    assert kept.steps == whole.steps


@pytest.mark.parametrize("until", [0, -1.0, math.nan, None, "1"])
def test_a_bound_that_no_violation_can_reach_is_refused(until):
    with pytest.raises(ArgumentError, match="until"):
        excursion(NET, SIGN, Training(), until=until)
