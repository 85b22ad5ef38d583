"""Gradient noise by automatic differentiation: the symbolic covariance, batch by batch, with and without a matrix."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from numerics.codegen.compile import compile_program
from numerics.errors import ArgumentError
from numerics.sgd import gradient_noise as module_under_test
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.gradient_noise import gradient_noise
from tests.examples import examples
from tests.numerics.sgd.problems import classification, images, numbers, regression
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import Sampling
from theory.networks.feed_forward import FeedForward

WITH, WITHOUT = Sampling.WITH_REPLACEMENT, Sampling.WITHOUT_REPLACEMENT
SYMBOLIC = {
    "tanh": (sp.tanh, torch.tanh),
    "quadratic": (lambda u: u + u**2 / 2, lambda u: u + u**2 / 2),
    "square": (lambda u: u**2, torch.square),
}
SHALLOW = [(1, 1), (2, 1), (1, 2), (1, 1, 1), (2, 2)]
DEEP = [*SHALLOW, (1, 2, 1), (2, 1, 2), (2, 2, 1), (1, 1, 1, 1), (1, 3, 1)]
"""Up to ten weights; the covariance of a polynomial is expanded, which takes minutes there."""


class Network(nn.Module):
    """The torch twin of :class:`FeedForward`, its parameters in the same order."""

    def __init__(self, widths, activation):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        self.activation = activation

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


def quarters(low, high):
    return st.integers(4 * low, 4 * high).map(lambda k: sp.Rational(k, 4))


@st.composite
def cases(draw):
    """A small network, symbolic and in torch, a data set, and weights."""
    name = draw(st.sampled_from(sorted(SYMBOLIC)))
    widths = draw(st.sampled_from(DEEP if name == "tanh" else SHALLOW))
    symbolic, numeric = SYMBOLIC[name]
    net = FeedForward(widths, symbolic)
    targets = sp.symbols(f"y_1:{widths[-1] + 1}", real=True)
    row = st.tuples(*[quarters(-2, 2)] * (widths[0] + widths[-1]))
    samples = draw(st.lists(row, min_size=2, max_size=3))
    output = net.output(net.inputs)
    loss = sp.Add(*((f - y) ** 2 for f, y in zip(output, targets, strict=True)))
    model = Model(net.weights, loss, Empirical([*net.inputs, *targets], samples))
    theta = draw(st.tuples(*[quarters(-1, 1)] * len(net.weights)))
    data = np.array(samples, dtype=float)
    problem = EmpiricalLoss(
        Network(widths, numeric).double(),
        lambda f, y: (f - y).square().sum(),
        data[:, : widths[0]],
        data[:, widths[0] :],
    )
    return model, problem, np.array(theta, dtype=float)


def values_at(matrix, symbols, theta):
    found = compile_program(list(matrix), list(symbols))(*(np.array([value]) for value in theta))
    return np.array([float(np.ravel(entry)[0]) for entry in found]).reshape(matrix.shape)


def at(problem, theta):
    return gradient_noise(problem, problem.named(torch.as_tensor(theta)))


@settings(max_examples=examples(5))
@given(cases(), st.integers(1, 4), st.sampled_from([WITH, WITHOUT]))
def test_covariance_agrees_with_the_symbolic_one(case, batch_size, sampling):
    model, problem, theta = case
    noise = at(problem, theta)
    if sampling is WITHOUT and batch_size > problem.n:
        with pytest.raises(ArgumentError, match="without replacement"):
            noise.batch_covariance(batch_size, sampling)
        return
    expected = values_at(model.batch_covariance(batch_size, sampling), model.weights, theta)
    found = noise.batch_covariance(batch_size, sampling).numpy()
    assert np.abs(found - expected).max() < 1e-11 * (1 + np.abs(expected).max())
    gradient = values_at(model.gradient, model.weights, theta)[:, 0]
    assert np.abs(noise.mean.numpy() - gradient).max() < 1e-11 * (1 + np.abs(gradient).max())


def test_the_comparison_notices_a_second_moment_in_place_of_a_covariance():
    net = FeedForward((1, 1, 1), sp.tanh)
    y = sp.Symbol("y", real=True)
    loss = (net.output(net.inputs)[0] - y) ** 2
    model = Model(net.weights, loss, Empirical([*net.inputs, y], [[1, 2], [-1, 1]]))
    theta = np.array([0.5, 0.25, -0.5, 1.0])
    data = np.array([[1.0, 2.0], [-1.0, 1.0]])
    problem = EmpiricalLoss(
        Network((1, 1, 1), torch.tanh).double(), lambda f, t: (f - t).square().sum(), data[:, :1], data[:, 1:]
    )
    gradients = at(problem, theta).sample_gradients
    second_moment = (gradients.T @ gradients / 2).numpy()
    expected = values_at(model.covariance, model.weights, theta)
    assert np.abs(at(problem, theta).covariance.numpy() - expected).max() < 1e-13
    assert np.abs(second_moment - expected).max() > 0.1


@pytest.mark.parametrize("problem", [regression(), images(), classification()], ids=["dense", "conv", "classes"])
def test_per_sample_gradients_are_those_of_one_backward_pass_each(problem):
    found = gradient_noise(problem).sample_gradients
    parameters = list(problem.module.parameters())
    for i in range(problem.n):
        output = problem.module(problem.inputs[i : i + 1])[0]
        gradients = torch.autograd.grad(problem.loss(output, problem.targets[i]), parameters)
        assert (found[i] - torch.cat([g.flatten() for g in gradients])).abs().max() < 1e-13
    assert (found[0] - found[1]).abs().max() > 1e-2


@pytest.mark.every(3)
@pytest.mark.parametrize("sampling", [WITH, WITHOUT])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_covariance_of_a_batch_is_that_of_all_batches_listed(size, sampling):
    problem = regression(samples=4)
    noise = gradient_noise(problem)
    gradients = noise.sample_gradients.numpy()
    listed = itertools.product(range(4), repeat=size) if sampling is WITH else itertools.combinations(range(4), size)
    means = np.array([gradients[list(batch)].mean(0) for batch in listed])
    expected = np.atleast_2d(np.cov(means.T, bias=True)) if len(means) > 1 else np.zeros((problem.dimension,) * 2)
    assert np.abs(noise.batch_covariance(size, sampling).numpy() - expected).max() < 1e-12


@pytest.mark.parametrize("problem", [regression(), images(), classification()], ids=["dense", "conv", "classes"])
def test_products_without_a_matrix_are_those_with_it(problem):
    noise = gradient_noise(problem)
    vector = numbers(problem.dimension, name="vector")
    expected = noise.covariance @ vector
    assert (noise.covariance_times(vector) - expected).abs().max() < 1e-12 * (1 + expected.abs().max())
    assert np.abs(noise.operator @ vector.numpy() - expected.numpy()).max() < 1e-12 * (1 + expected.abs().max())
    assert noise.trace == pytest.approx(float(noise.covariance.trace()), rel=1e-12)
    assert (noise.mean - noise.sample_gradients.mean(0)).abs().max() < 1e-14
    scale = float(noise.mean @ vector)
    assert (noise.mean * scale).abs().max() > 1e-3  # what a second moment would add


class Rooted(nn.Module):
    """A root behind a rectifier, whose gradient is 0 and its derivative 0/0; a weight that is a number."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)
        self.factor = nn.Parameter(torch.tensor(1.5))

    def forward(self, x):
        return self.factor * self.layer(x).relu().sqrt().sum(1, keepdim=True)


def test_a_gradient_without_a_derivative_is_multiplied_sample_by_sample():
    torch.manual_seed(0)
    problem = EmpiricalLoss(Rooted().double(), lambda f, y: (f - y).square().sum(), numbers(8, 3), numbers(8, 1))
    noise = gradient_noise(problem)
    direction = torch.arange(1.0, problem.dimension + 1, dtype=torch.float64)
    product = noise.covariance_times(direction)
    assert float((product - noise.covariance @ direction).abs().max()) < 1e-12 * float(product.abs().max())


class Unregistered(nn.Module):
    """Keeps a weight that is none of its parameters."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.others = [torch.ones(2, requires_grad=True)]

    def forward(self, x):
        return self.layer(x) * self.others[0]


def test_results_are_numbers_also_where_a_module_has_weights_that_are_no_parameters():
    problem = EmpiricalLoss(Unregistered(), lambda f, y: (f - y).square().sum(), numbers(8, 3), numbers(8, 2))
    assert not gradient_noise(problem).covariance.requires_grad


def test_a_wide_network_gets_eigenpairs_by_lanczos_that_a_matrix_confirms():
    net = nn.Sequential(nn.Linear(3, 120), nn.Tanh(), nn.Linear(120, 2)).double()
    problem = regression(net, samples=20)
    assert 512 < problem.dimension
    noise = gradient_noise(problem)
    values, vectors = noise.top_eigenpairs(5)
    covariance = noise.covariance.numpy()
    assert np.abs(covariance @ vectors - vectors * values).max() < 1e-9 * values[0]
    assert np.abs(vectors.T @ vectors - np.eye(5)).max() < 1e-9
    assert values == pytest.approx(np.linalg.eigvalsh(covariance)[:-6:-1], rel=1e-9)


def test_eigenpairs_of_a_small_network_are_complete():
    noise = gradient_noise(regression(nn.Linear(3, 2).double()))
    values, vectors = noise.top_eigenpairs(8)
    assert np.abs((vectors * values) @ vectors.T - noise.covariance.numpy()).max() < 1e-12
    assert (np.diff(values) <= 0).all()


@pytest.mark.every(2)
@pytest.mark.parametrize("at_once", [1, 5, 12, 100])
def test_the_size_of_the_pieces_changes_rounding_only(at_once):
    problem = regression()
    whole, pieces = gradient_noise(problem), gradient_noise(problem, samples_at_once=at_once)
    vector = numbers(problem.dimension, name="vector")
    assert (whole.covariance - pieces.covariance).abs().max() < 1e-12
    assert (whole.covariance_times(vector) - pieces.covariance_times(vector)).abs().max() < 1e-12
    assert (whole.mean - pieces.mean).abs().max() < 1e-13


def test_a_matrix_that_is_too_large_names_what_needs_none(monkeypatch):
    monkeypatch.setattr(module_under_test, "LARGEST_MATRIX", 10)
    noise = gradient_noise(regression())
    with pytest.raises(ArgumentError, match="at most 10 are. Use covariance_times, operator or top_eigenpairs"):
        _ = noise.covariance
    assert noise.covariance_times(torch.ones(noise.problem.dimension)).shape == (noise.problem.dimension,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: gradient_noise(p, {"bias": torch.zeros(2)}), r"\['bias'\] are unknown"),
        (lambda p: gradient_noise(p, {"0.bias": torch.zeros(2)}), r"0.bias must have shape"),
        (lambda p: gradient_noise(p, {"0.bias": torch.full((5,), torch.nan)}), "finite weights"),
        (lambda p: gradient_noise(p, {"0.bias": "text"}), r"parameters\['0.bias'\] must be an array of real numbers"),
        (lambda p: gradient_noise(p, {"0.bias": 1j * torch.ones(5)}), r"parameters\['0.bias'\] must hold real numbers"),
        (lambda p: gradient_noise(p).covariance_times(None), "vector must be an array of real numbers"),
        (lambda p: gradient_noise(p).batch_scale(13, WITHOUT), r"batch_size must lie in 1\.\.12 without replacement"),
        (lambda p: gradient_noise(p).batch_scale(0), "batch_size must be at least 1"),
        (lambda p: gradient_noise(p).batch_scale(2, "without"), "member of Sampling"),
        (lambda p: gradient_noise(p).top_eigenpairs(0), "count must be at least 1"),
        (lambda p: gradient_noise(p).covariance_times(torch.ones(3)), "vector must have shape"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(regression())


class RootOfARectifier(nn.Module):
    """A root that is not taken below 0, as it is often written, and as PyTorch differentiates it."""

    def __init__(self, *, inside: bool) -> None:
        super().__init__()
        self.first, self.last, self.inside = nn.Linear(2, 3), nn.Linear(3, 1), inside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.first(x)
        return self.last(torch.where(h > 0, torch.sqrt(torch.where(h > 0, h, 1.0) if self.inside else h), 0.0))


def test_a_gradient_that_is_no_number_is_refused_and_the_advice_works():
    torch.manual_seed(1)
    inputs, targets = torch.randn(5, 2), torch.randn(5, 1)

    def square(output, target):
        return ((output - target) ** 2).sum()

    noise = gradient_noise(EmpiricalLoss(RootOfARectifier(inside=False), square, inputs, targets))
    for quantity in ("sample_gradients", "mean", "covariance"):
        with pytest.raises(ArgumentError, match=r"must be finite, but that of sample \d is not"):
            getattr(noise, quantity)
    noise = gradient_noise(EmpiricalLoss(RootOfARectifier(inside=True), square, inputs, targets))
    assert noise.sample_gradients.isfinite().all()
