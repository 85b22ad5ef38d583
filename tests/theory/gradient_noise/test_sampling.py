"""Exact moments of one step for every law and way of sampling: against copies of the sample, and against sampling."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.gradient_noise import (
    Empirical,
    FiniteSupport,
    Gaussian,
    Model,
    NamedMoments,
    Product,
    Sampling,
    covariance,
    enumerated_step,
    local_weak_error,
    second_order_modified_equation,
)
from theory.gradient_noise.expectation import mean_vector
from theory.gradient_noise.modified_equation import with_second_order_drift
from theory.notation import eta

w, v, x, y = sp.symbols("w v x y", real=True)
third = sp.Rational(1, 3)


def law(name: str, x: sp.Symbol, y: sp.Symbol):
    return {
        "Gaussian": lambda: Gaussian([x, y], [0, 1], [[1, third], [third, 2]]),
        "finite support": lambda: FiniteSupport([x, y], [[1, 2], [0, 3], [-1, 1]], [third, third / 2, sp.S.Half]),
        "data": lambda: Empirical([x, y], [[1, 2], [-1, 1], [2, 0]]),
        "product": lambda: Product((Gaussian([x], [1], [[2]]), FiniteSupport([y], [[0], [1]], [third, 1 - third]))),
    }[name]()


LAWS = ("Gaussian", "finite support", "data", "product")
LOSSES = {
    "regression": ([w], (w * x - y) ** 2 / 2),
    "two layers": ([w, v], (w * v * x - y) ** 2 / 2),
    "cubic": ([w, v], w**3 * x / 3 - v * w * y + v**2 * x**2),
}


def vanishes(entries) -> bool:
    return all(sp.cancel(sp.expand(entry)) == 0 for entry in entries)


@pytest.mark.every(5)
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_batch_of_two_has_the_moments_of_two_independent_copies_of_the_sample(name, loss):
    weights, l = LOSSES[loss]
    model = Model(weights, l, law(name, x, y))
    copies = [sp.symbols(f"x_{i} y_{i}", real=True) for i in (1, 2)]
    both = Product(tuple(law(name, *copy) for copy in copies))
    gradients = [model.sample_gradient.subs(dict(zip((x, y), copy, strict=True))) for copy in copies]
    increment = -eta * (gradients[0] + gradients[1]) / 2
    step = model.step_moments(2)
    assert vanishes(step.mean - mean_vector(increment, both))
    assert vanishes(step.covariance - covariance(increment, both))
    assert not vanishes(model.step_moments(1).covariance - covariance(increment, both))


@pytest.mark.every(5)
@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("batch_size", [1, 2, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_data_set_has_the_moments_summed_over_every_batch(sampling, batch_size, loss):
    weights, l = LOSSES[loss]
    model = Model(weights, l, law("data", x, y))
    exact = enumerated_step(model.finite_sum, batch_size, sampling)
    step = model.step_moments(batch_size, sampling)
    assert vanishes(step.mean - exact.mean) and vanishes(step.covariance - exact.covariance)


CASES = [
    *((name, loss) for name in LAWS for loss in LOSSES),
    ("moments", "regression"),
    # Named moments up to the eighth in a loss of degree four: long sums, which the same code forms as for "regression".
    pytest.param("moments", "two layers", marks=pytest.mark.slow),
]


@pytest.mark.every(11)
@pytest.mark.parametrize(("name", "loss"), CASES)
def test_the_modified_equation_has_weak_order_two_whatever_the_law(name, loss):
    weights, l = LOSSES[loss]
    model = Model(weights, l, NamedMoments([x, y], highest=4) if name == "moments" else law(name, x, y))
    process, step = second_order_modified_equation(model, 2), model.step_moments(2)
    for observable in (w**2, sum(weights) ** 3):
        assert vanishes(local_weak_error(process, step, observable))
        assert not vanishes(local_weak_error(model.stochastic_gradient_flow(2), step, observable))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_full_batch_without_replacement_has_the_modified_equation_of_gradient_descent(loss):
    weights, l = LOSSES[loss]
    model = Model(weights, l, law("data", x, y))
    process = second_order_modified_equation(model, 3, Sampling.WITHOUT_REPLACEMENT)
    assert process.diffusion.is_zero_matrix
    assert process == with_second_order_drift(model.gradient_flow())
    assert vanishes(local_weak_error(process, model.step_moments(3, Sampling.WITHOUT_REPLACEMENT), w**3))


def test_expanding_or_not_the_covariance_of_a_neuron_is_that_of_its_samples():
    model = Model([w, v], (v * sp.tanh(w * x) - y) ** 2 / 2, law("data", x, y))
    gradients = model.finite_sum.sample_gradients.subs({w: sp.Rational(1, 2), v: -2})
    samples = np.array(gradients.evalf(), dtype=float)
    here = np.array(model.covariance.subs({w: sp.Rational(1, 2), v: -2}).evalf(), dtype=float)
    np.testing.assert_allclose(here, np.cov(samples, bias=True), rtol=1e-12)


SAMPLES = 700_000
"""The fourth powers of Gaussians in a second moment have skewness 10: the normal law holds at 6 standard errors."""

SCORE = 6.2
"""A normal deviation beyond has probability 6e-10."""


@settings(max_examples=examples(5))
@given(
    coefficients=st.lists(rationals(), min_size=6, max_size=6),
    root=st.lists(rationals(), min_size=3, max_size=3),
    point=st.tuples(rationals(), rationals()),
)
def test_isserlis_covariance_of_random_losses_agrees_with_sampling(coefficients, root, point):
    a, b, c, d, e, f = coefficients
    L = sp.Matrix([[root[0], 0], [root[1], root[2]]])
    loss = (a * w * x + b * v * y + c) ** 2 / 2 + d * w * v * x * y + e * w**2 * y + f * v * x
    model = Model([w, v], loss, Gaussian([x, y], [0, 0], L * L.T))
    here = dict(zip((w, v), point, strict=True))
    exact = np.array(model.covariance.subs(here), dtype=float)
    gradient = sp.lambdify((x, y), list(model.sample_gradient.subs(here)))
    seed = int.from_bytes(hashlib.sha256(f"isserlis {coefficients} {root} {point}".encode()).digest()[:8])
    data = np.array(L, dtype=float) @ np.random.default_rng(seed).standard_normal((2, SAMPLES))
    samples = np.array([np.broadcast_to(g, SAMPLES) for g in gradient(*data)], dtype=float)
    centred = samples - np.array(model.gradient.subs(here), dtype=float)
    for i, j in ((0, 0), (0, 1), (1, 1)):
        products = centred[i] * centred[j]
        error = products.std() / np.sqrt(SAMPLES)
        assert abs(products.mean() - exact[i, j]) <= SCORE * error + 1e-12
        if exact[i, j] != 0 and error < abs(exact[i, j]) / 20:
            assert abs(products.mean() - 2 * exact[i, j]) > SCORE * error
