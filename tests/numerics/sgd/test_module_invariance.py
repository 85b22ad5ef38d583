"""Affine sets of modules: kept by real SGD and Adam where the theory says so, left by the negative controls."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

from numerics.errors import ArgumentError
from numerics.sgd import weight_sets
from numerics.sgd.batches import FullBatch, WithoutReplacement, WithReplacement
from numerics.sgd.label_noise import GaussianLabelNoise
from numerics.sgd.module_invariance import module_excursion, normal_gradients, random_weights
from numerics.sgd.optimisers import SGD, Adam
from numerics.sgd.weight_sets import affine, equal, own_entries, permutation_set, sign_set, vanishing
from tests.numerics.sgd.problems import classification, convolutional, images, numbers, perceptron, regression
from theory.networks.feed_forward import FeedForward

ORIGIN_PASSING = [nn.Identity, nn.Tanh, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.GELU]
NOT_ORIGIN_PASSING = [nn.Sigmoid, nn.Softplus]
ROUNDING = 1e-12
LEFT = 1e-3


def train(problem, weights, optimiser=None, *, steps=40, batches=None, **settings):
    return module_excursion(
        problem,
        weights,
        optimiser or SGD(0.02),
        batches=batches or WithReplacement(3),
        steps=steps,
        n_replicas=3,
        seed=11,
        **settings,
    )


def normal_part(problem, weights):
    points = weights.moved_onto(random_weights(problem, 2, seed=5))
    return float(normal_gradients(problem, weights, points).abs().max())


MAKERS = {
    "dense, first layer": (lambda a: regression(perceptron(a)), "0"),
    "dense, second layer": (lambda a: regression(perceptron(a)), "2"),
    "conv into conv": (lambda a: images(convolutional(a)), "0"),
    "conv into dense": (lambda a: images(convolutional(a)), "2"),
}


@pytest.mark.every(23)
@pytest.mark.parametrize("activation", ORIGIN_PASSING + NOT_ORIGIN_PASSING, ids=lambda a: a.__name__)
@pytest.mark.parametrize("where", MAKERS)
def test_sign_sets_are_kept_to_the_last_bit_by_origin_passing_activations_only(where, activation):
    make, layer = MAKERS[where]
    problem = make(activation)
    weights = sign_set(problem, layer, 1)
    run = train(problem, weights)
    assert run.moved > 0.02 and run.violation.shape == (41,) and run.violation[0] == 0
    if activation in ORIGIN_PASSING:
        assert run.worst == 0.0 == normal_part(problem, weights)
    else:
        assert run.worst > LEFT and normal_part(problem, weights) > LEFT


@pytest.mark.every(7)
@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU, nn.Sigmoid, nn.Softplus], ids=lambda a: a.__name__)
@pytest.mark.parametrize("where", MAKERS)
def test_permutation_sets_are_kept_by_every_activation(where, activation):
    make, layer = MAKERS[where]
    problem = make(activation)
    weights = permutation_set(problem, layer, 0, 2)
    run = train(problem, weights)
    assert run.moved > 0.02 and run.violation[0] == 0
    assert run.worst < ROUNDING and normal_part(problem, weights) < ROUNDING


@pytest.mark.every(9)
@pytest.mark.parametrize("where", MAKERS)
@pytest.mark.parametrize("dropped", ["incoming", "outgoing"])
def test_half_a_set_is_left(where, dropped):
    make, layer = MAKERS[where]
    problem = make(nn.Tanh)
    entries = own_entries(problem, layer, 1)
    half = entries[1:] if dropped == "incoming" else entries[:-1]
    kept = vanishing(problem, *entries)
    weights = vanishing(problem, *half)
    assert train(problem, weights).worst > LEFT and normal_part(problem, weights) > LEFT
    assert train(problem, kept).worst == 0.0
    pairs = list(zip(entries, own_entries(problem, layer, 2), strict=True))
    pairs = pairs[1:] if dropped == "incoming" else pairs[:-1]
    weights = equal(problem, *((name, first, second) for (name, first), (_, second) in pairs))
    assert train(problem, weights).worst > LEFT and normal_part(problem, weights) > LEFT


@pytest.mark.every(12)
@pytest.mark.parametrize(
    ("optimiser", "settings"),
    [
        (SGD(0.01, momentum=0.9), {}),
        (SGD(0.02, weight_decay=0.1), {}),
        (Adam(0.01), {}),
        (Adam(0.01, weight_decay=0.1), {}),
        (SGD(0.02), {"batches": FullBatch(), "label_noise": GaussianLabelNoise(0.5)}),
        (SGD(0.02), {"batches": WithoutReplacement(1)}),
    ],
)
@pytest.mark.parametrize("make", [regression, images], ids=["dense", "conv"])
def test_optimisers_and_label_noise_keep_sign_and_permutation_sets(make, optimiser, settings):
    problem = make()
    sign, permutation = sign_set(problem, "0", 1), permutation_set(problem, "0", 0, 2)
    assert train(problem, sign, optimiser, **settings).worst == 0.0
    assert train(problem, permutation, optimiser, **settings).worst < ROUNDING
    both = train(problem, sign & permutation, optimiser, **settings)
    assert both.worst < ROUNDING and both.moved > 0.02


@pytest.mark.slow  # by day: softmax and Adam, test_invariance.py
def test_cross_entropy_keeps_the_sums_over_classes_under_sgd_and_not_under_adam():
    problem = classification()
    sums = np.zeros((5, problem.dimension))
    positions = weight_sets._positions(problem, "4.weight", slice(None)).reshape(2, 4)
    for j in range(4):
        sums[j, positions[:, j]] = 1
    sums[4, weight_sets._positions(problem, "4.bias", slice(None))] = 1
    weights = affine(problem, sums, -np.arange(1.0, 6.0))
    assert train(problem, weights).worst < ROUNDING and normal_part(problem, weights) < ROUNDING
    assert train(problem, affine(problem, sums[:1]), Adam(0.01, weight_decay=0.1)).worst < 1e-6
    assert train(regression(), weights).worst > LEFT


def test_the_violation_is_that_of_each_step():
    problem = regression(perceptron(nn.Sigmoid))
    weights = sign_set(problem, "0", 1)
    long, short = train(problem, weights, steps=20), train(problem, weights, steps=7)
    assert (long.violation[:8] == short.violation).all() and short.worst < long.worst


@pytest.mark.slow  # by day: the same of runs, test_invariance.py
def test_divergence_is_no_invariance():
    problem = regression(perceptron(nn.Identity))
    run = train(problem, sign_set(problem, "0", 1), SGD(10.0), steps=200)
    assert np.isnan(run.worst)


@pytest.mark.parametrize("layer", [1, 2])
def test_named_sets_are_those_of_the_theory(layer):
    net = FeedForward((3, 5, 4, 2), sp.tanh)
    problem = regression()
    name = {1: "0", 2: "2"}[layer]
    index = {symbol: i for i, symbol in enumerate(net.weights)}
    for ours, constraints in (
        (sign_set(problem, name, 1), net.sign_constraints((layer, 2))),
        (permutation_set(problem, name, 0, 2), net.permutation_constraints((layer, 1, 3))),
    ):
        rows = {frozenset((index[s], int(c.coeff(s))) for s in c.free_symbols) for c in constraints}
        dense = ours.normals.toarray()
        assert {frozenset((j, int(row[j])) for j in np.flatnonzero(row)) for row in dense} == rows


@pytest.mark.parametrize("seed", range(5))
def test_random_points_satisfy_general_constraints(seed):
    problem = regression()
    source = np.random.default_rng(seed)
    normals = source.standard_normal((6, problem.dimension)) * (source.random((6, problem.dimension)) < 0.3)
    normals = np.vstack([normals, normals[0] + normals[1]])
    offsets = source.standard_normal(6)
    weights = affine(problem, normals, np.append(offsets, offsets[0] + offsets[1]))
    theta = random_weights(problem, 3, seed=seed)
    moved = weights.moved_onto(theta)
    assert weights.constraints(moved).abs().max() < 1e-10
    assert weights.constraints(theta).abs().max() > 0.1
    assert int((moved != theta).any(0).sum()) <= 6


def test_a_set_without_points_is_refused():
    problem = regression()
    normals = np.zeros((2, problem.dimension))
    normals[:, 3] = 1
    with pytest.raises(ArgumentError, match="contradict each other"):
        train(problem, affine(problem, normals, [0.0, 1.0]))


def test_normal_gradients_are_products_with_the_gradients_of_each_sample():
    problem = regression()
    normals = numbers(4, problem.dimension, name="normals").numpy()
    theta = random_weights(problem, 2, seed=1)
    found = normal_gradients(problem, affine(problem, normals), theta)
    assert found.shape == (2, 12, 4)
    point = theta[1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(problem.sample_losses(point)[7], point)
    assert np.abs(found[1, 7].numpy() - normals @ gradient.numpy()).max() < 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: sign_set(p, "1", 0), r"layer '1' must be Linear or Conv with groups=1, got Tanh"),
        (lambda p: sign_set(p, "hidden", 0), r"layer 'hidden' is unknown; the module has \['0', '2', '4'\]"),
        (lambda p: sign_set(p, "4", 0), "is the last of"),
        (lambda p: sign_set(p, "0", 5), r"neuron must lie in 0\.\.4"),
        (lambda p: sign_set(p, "0", 1, "4"), "4 takes 4. Name the layer that follows"),
        (lambda p: permutation_set(p, "0", 1, 1), "two neurons of 0, got 1 twice"),
        (lambda p: vanishing(p, ("0.weights", 1)), r"\['0.weights'\] are unknown"),
        (lambda p: vanishing(p, ("0.weight", 7)), r"7 is no index into 0.weight of shape \(5, 3\)"),
        (lambda p: equal(p, ("0.weight", 0, (0, 0))), "got 3 and 1"),
        (lambda p: affine(p, np.ones((2, 3))), r"normals must have shape \(r, 54\), got \(2, 3\)"),
        (lambda p: affine(p, np.full((1, 54), np.nan)), "must be finite"),
        (lambda p: affine(p, np.ones((1, 54)), [0.0, 1.0]), "one offset each"),
    ],
)
def test_a_set_that_makes_no_sense_is_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(regression())


def test_a_module_that_is_no_sequence_needs_the_next_layer_named():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.second(torch.tanh(self.first(x))) + x[:, :2]

    problem = regression(Residual().double())
    with pytest.raises(ArgumentError, match=r"next_layer must be named.* one of \['first', 'second'\]"):
        sign_set(problem, "first", 0)
    assert train(problem, sign_set(problem, "first", 0, "second")).worst == 0.0
