"""From a loss and a law to gradient, noise and flow: against enumeration of every batch, and known models."""

import math

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.gradient_noise.data_law import Empirical, FiniteSupport, Gaussian, NamedMoments, Product
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import Sampling, enumerated_step
from theory.notation import beta, eta

w, v, x, y = sp.symbols("w v x y", real=True)
REGRESSION = (w * x - y) ** 2 / 2
TWO_LAYERS = (w * v * x - y) ** 2 / 2
DATA = Empirical([x, y], [[1, 2], [-1, 1], [3, 0]])


def vanishes(matrix):
    return all(sp.expand(entry) == 0 for entry in matrix)


@settings(max_examples=examples(8))
@given(
    samples=st.lists(st.tuples(rationals(), rationals()), min_size=1, max_size=4),
    batch_size=st.integers(1, 3),
    sampling=st.sampled_from(Sampling),
)
def test_the_moments_of_a_step_are_those_summed_over_every_batch(samples, batch_size, sampling):
    if sampling is Sampling.WITHOUT_REPLACEMENT:
        batch_size = min(batch_size, len(samples))
    model = Model([w, v], TWO_LAYERS, Empirical([x, y], samples))
    exact, closed = enumerated_step(model.finite_sum, batch_size, sampling), model.step_moments(batch_size, sampling)
    assert vanishes(exact.mean - closed.mean)
    assert vanishes(exact.covariance - closed.covariance)


def test_sampling_without_replacement_is_told_from_sampling_with():
    model = Model([w], REGRESSION, DATA)
    with_, without = (model.step_moments(2, sampling).covariance for sampling in Sampling)
    assert vanishes(without - with_ / 2)
    assert not vanishes(with_)


def test_a_full_batch_without_replacement_follows_gradient_flow():
    model = Model([w, v], TWO_LAYERS, DATA)
    assert model.stochastic_gradient_flow(3, Sampling.WITHOUT_REPLACEMENT) == model.gradient_flow()
    assert model.stochastic_gradient_flow(3) != model.gradient_flow()


LAWS = {
    "Gaussian": Gaussian([x, y], [0, 1], [[1, sp.Rational(1, 2)], [sp.Rational(1, 2), 2]]),
    "finite": FiniteSupport([x, y], [[1, 2], [0, 3]], [sp.Rational(1, 3), sp.Rational(2, 3)]),
    "data": DATA,
    "product": Product((Gaussian([x], [0], [[1]]), Empirical([y], [[1], [2]]))),
}


@pytest.mark.every(3)
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("weights", [[w], [w, v]])
def test_the_flow_has_the_moments_of_one_step(name, weights):
    model = Model(weights, REGRESSION if len(weights) == 1 else TWO_LAYERS, LAWS[name])
    flow, step = model.stochastic_gradient_flow(), model.step_moments()
    assert vanishes(eta * flow.drift - step.mean)
    assert vanishes(eta * flow.diffusion - step.covariance)
    assert vanishes(model.gradient - sp.Matrix([model.mean_loss.diff(weight) for weight in weights]))
    assert not vanishes(2 * eta * flow.diffusion - step.covariance)


def test_linear_regression_on_gaussian_data_has_the_known_noise():
    """For x ~ N(0, 1), y = u x + noise of variance r: Sigma = 2 (w - u)^2 + r."""
    u, r = sp.Symbol("u", real=True), sp.Symbol("r", positive=True)
    model = Model([w], REGRESSION, Gaussian([x, y], [0, 0], [[1, u], [u, u**2 + r]]))
    assert sp.expand(model.gradient[0] - (w - u)) == 0
    assert sp.expand(model.covariance[0] - 2 * (w - u) ** 2 - r) == 0


def test_named_moments_of_the_gaussian_give_its_covariance():
    named = Model([w], REGRESSION, NamedMoments([x, y], highest=4)).covariance[0]
    law = LAWS["Gaussian"]
    moments = {
        s: Model([w], x**p * y**q, law).mean_loss
        for p in range(5)
        for q in range(5)
        for s in named.free_symbols
        if s.name == "m_" + "x" * p + "y" * q
    }
    assert sp.expand(named.subs(moments) - Model([w], REGRESSION, law).covariance[0]) == 0


def test_a_loss_without_data_has_no_noise():
    model = Model([w], w**2 / 2, DATA)
    assert model.stochastic_gradient_flow() == model.gradient_flow()


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "2", None, sp.Rational(3, 2), sp.Symbol("b"), math.nan])
def test_a_batch_size_that_is_no_positive_integer_is_refused(size):
    with pytest.raises(DimensionError, match="batch_size"):
        Model([w], REGRESSION, DATA).step_moments(size)


def test_a_batch_larger_than_the_data_set_needs_replacement():
    model = Model([w], REGRESSION, DATA)
    model.step_moments(4)
    with pytest.raises(DimensionError, match="1..3"):
        model.step_moments(4, Sampling.WITHOUT_REPLACEMENT)
    with pytest.raises(DimensionError, match="population"):
        Model([w], REGRESSION, LAWS["Gaussian"]).step_moments(2, Sampling.WITHOUT_REPLACEMENT)


@pytest.mark.parametrize(
    ("parameters", "loss", "error"),
    [
        ([x], REGRESSION, SymbolError),
        ([w, w], REGRESSION, SymbolError),
        ([w + 1], REGRESSION, SymbolError),
        ([eta], REGRESSION, SymbolError),
        ([sp.Symbol("w")], REGRESSION, SymbolError),
        ([w], sp.nan, ShapeError),
        ([w], "w*x", ShapeError),
        ([w], w > 0, ShapeError),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(parameters, loss, error):
    with pytest.raises(error):
        Model(parameters, loss, DATA)


def test_a_law_must_be_a_law():
    with pytest.raises(ShapeError, match="law"):
        Model([w], REGRESSION, [[1, 2]])


def test_a_neuron_on_gaussian_inputs_is_refused_and_on_data_is_not():
    loss = (sp.tanh(w * x) - y) ** 2 / 2
    with pytest.raises(UnsupportedFormError, match="polynomial"):
        _ = Model([w], loss, LAWS["Gaussian"]).gradient
    flow = Model([w], loss, DATA).stochastic_gradient_flow(beta)
    assert flow.drift[0].has(sp.tanh)


def test_only_a_data_set_can_be_listed():
    with pytest.raises(UnsupportedFormError, match="Empirical"):
        _ = Model([w], REGRESSION, LAWS["finite"]).finite_sum
