"""Mini-batch gradient noise: enumeration of every batch against the closed form, and the flow."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.discrete.growth_rate import finite_growth_rate
from theory.errors import DimensionError, ShapeError, SymbolError
from theory.gradient_noise.flow import moment_matching_residual, stochastic_gradient_flow
from theory.gradient_noise.sampling import (
    FiniteSum,
    Sampling,
    batch_multipliers,
    batches,
    enumerated_step,
    step_moments,
)
from theory.notation import beta, eta

x, y = sp.symbols("x y", real=True)
PAIR = FiniteSum([x, y], (x**2 * y, x - y**2, x * y + 3 * x, y**3))


def vanishes(matrix):
    return all(sp.expand(entry) == 0 for entry in matrix)


@pytest.mark.every(5)
@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4])
def test_the_closed_form_is_the_sum_over_every_batch(sampling, batch_size):
    exact, closed = enumerated_step(PAIR, batch_size, sampling), step_moments(PAIR, batch_size, sampling)
    assert vanishes(exact.mean - closed.mean)
    assert vanishes(exact.covariance - closed.covariance)


@pytest.mark.every(3)
@pytest.mark.parametrize("batch_size", [2, 3, 4])
def test_the_two_ways_of_sampling_differ_beyond_one_sample(batch_size):
    with_, without = (enumerated_step(PAIR, batch_size, sampling) for sampling in Sampling)
    assert not vanishes(with_.covariance - without.covariance)


def test_a_full_batch_without_replacement_has_no_noise():
    assert vanishes(enumerated_step(PAIR, 4, Sampling.WITHOUT_REPLACEMENT).covariance)
    assert not vanishes(enumerated_step(PAIR, 4, Sampling.WITH_REPLACEMENT).covariance)


@settings(max_examples=examples(12))
@given(
    curvatures=st.lists(st.integers(-5, 5), min_size=1, max_size=4),
    batch_size=st.integers(1, 3),
    sampling=st.sampled_from(Sampling),
)
def test_one_step_moments_of_random_quadratic_sums_are_exact(curvatures, batch_size, sampling):
    if sampling is Sampling.WITHOUT_REPLACEMENT:
        batch_size = min(batch_size, len(curvatures))
    problem = FiniteSum([x], tuple(h * x**2 / 2 - h**2 * x for h in curvatures))
    exact, closed = enumerated_step(problem, batch_size, sampling), step_moments(problem, batch_size, sampling)
    assert vanishes(exact.mean - closed.mean) and vanishes(exact.covariance - closed.covariance)
    assert vanishes(moment_matching_residual(problem, batch_size=batch_size, sampling=sampling))


@pytest.mark.parametrize("sampling", Sampling)
def test_batch_probabilities_add_to_one(sampling):
    assert sum(probability for _, probability in batches(5, 3, sampling)) == 1


@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_flow_has_the_covariance_of_one_step(sampling, batch_size):
    assert vanishes(moment_matching_residual(PAIR, batch_size=batch_size, sampling=sampling))
    flow = stochastic_gradient_flow(PAIR, batch_size=batch_size, sampling=sampling)
    assert vanishes(flow.drift + sp.Matrix([PAIR.loss.diff(x), PAIR.loss.diff(y)]))
    assert not vanishes(2 * eta * flow.diffusion - enumerated_step(PAIR, batch_size, sampling).covariance)


def test_the_scalar_flow_of_a_linear_neuron_is_geometric_brownian_motion():
    problem = FiniteSum([x], (x**2 / 2, 3 * x**2 / 2))
    flow = stochastic_gradient_flow(problem)
    assert sp.expand(flow.drift[0] + 2 * x) == 0
    assert sp.expand(flow.dispersion[0] ** 2 - eta / beta * x**2) == 0
    assert flow.dispersion.shape == (1, 1) and not flow.dispersion.has(sp.Abs)


def test_the_covariance_subtracts_the_mean_gradient():
    raw = PAIR.sample_gradients * PAIR.sample_gradients.T / 4
    assert vanishes(PAIR.covariance - (raw - PAIR.gradient * PAIR.gradient.T))
    assert not vanishes(PAIR.covariance - raw)


def test_batch_multipliers_give_the_window_of_collapse_at_a_local_maximum():
    values, probabilities = batch_multipliers([sp.Rational(5, 2), -3], 1, Sampling.WITH_REPLACEMENT)
    rate = finite_growth_rate(values, probabilities)
    signs = [sp.sign(rate.subs(eta, sp.Rational(step)).evalf()) for step in ("0.06", "0.075", "0.3", "0.5", "0.6")]
    assert signs == [1, -1, -1, -1, 1]


def test_bad_problems_and_batches_are_refused():
    with pytest.raises(ShapeError, match="at least one"):
        FiniteSum([x], ())
    with pytest.raises(SymbolError, match="symbols"):
        FiniteSum([x**2], (x,))
    w = sp.Symbol("w", real=True)
    with pytest.raises(SymbolError, match="functions of the weights"):
        FiniteSum([x], ((w - 1) ** 2, (w + 1) ** 2))
    with pytest.raises(SymbolError, match="name of a weight but other assumptions"):
        FiniteSum([w, x], (sp.Symbol("w") ** 2 + x,))
    assert FiniteSum([w, x], (w**2, w)).gradient[1] == 0  # a weight without influence is no mistake
    with pytest.raises(DimensionError, match="batch_size"):
        enumerated_step(PAIR, 5, Sampling.WITHOUT_REPLACEMENT)
    with pytest.raises(DimensionError, match="batch_size"):
        enumerated_step(PAIR, 0)
    with pytest.raises(DimensionError, match="closed form"):
        list(batches(60, 20, Sampling.WITH_REPLACEMENT))
