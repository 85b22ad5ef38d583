"""Three routes to the covariance of a batch without replacement, in exact numbers."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.deep_linear.finite_data import (
    batch_gradient_covariance,
    double_sum_covariance,
    inclusion_probability,
    listed_batch_covariance,
    scaled_noise_covariance,
)
from theory.errors import TheoryError
from theory.gradient_noise import Sampling

WITH = Sampling.WITH_REPLACEMENT


@pytest.mark.every(3)
@pytest.mark.parametrize(("N", "b"), [(1, 1), (5, 2), (6, 3), (7, 5), (6, 6), (6, 1), (8, 4)])
@settings(max_examples=examples(2))
@given(st.data())
def test_list_of_batches_double_sum_and_closed_form_agree(N, b, data):
    G = sp.Matrix(2, N, data.draw(st.lists(rationals(), min_size=2 * N, max_size=2 * N)))
    closed = batch_gradient_covariance(G, b)
    assert closed == double_sum_covariance(G, b) == listed_batch_covariance(G, b)


def test_with_replacement_the_factor_is_one_over_the_batch_size():
    G = sp.Matrix([[1, 2, 4, -1]])
    assert batch_gradient_covariance(G, 3, WITH) == listed_batch_covariance(G, 3, WITH)
    assert batch_gradient_covariance(G, 3, WITH) != batch_gradient_covariance(G, 3)


def test_the_printed_intermediate_formula_is_refuted():
    N, b, G = 5, 2, sp.Matrix([[1, 2, 4, -1, 0]])
    mean = G * sp.ones(N, 1) / N
    pairs = sum((G[:, i] * G[:, j].T for i in range(N) for j in range(N) if i != j), sp.zeros(1))
    printed = sp.Rational(N - b, b * (N - 1)) * pairs + G * G.T / b**2 - mean * mean.T
    mended = sp.Rational(b - 1, b * N * (N - 1)) * pairs + G * G.T / (b * N) - mean * mean.T
    assert printed != listed_batch_covariance(G, b) == mended


def test_the_printed_binomials_vanish_where_the_probability_does_not():
    assert inclusion_probability(5, 2, 2) == sp.Rational(1, 10) == sp.binomial(3, 0) / sp.binomial(5, 2)
    assert sp.binomial(2 - 2, 5 - 2) == 0


def test_noise_scaled_by_the_root_of_the_rate_keeps_its_covariance():
    eta, t = sp.symbols("eta t", positive=True)
    Sigma = sp.Matrix([[2, 1], [1, 3]])
    steps = 7
    summed = sum((sp.sqrt(eta) ** 2 * Sigma for _ in range(steps)), sp.zeros(2))
    assert summed == scaled_noise_covariance(Sigma, eta, steps * eta)
    assert scaled_noise_covariance(Sigma, eta, t) != sp.sqrt(eta) * t * Sigma


WRONG = {
    "a batch of six of five": lambda: batch_gradient_covariance([[1, 2, 3, 4, 5]], 6),
    "a batch of nothing": lambda: listed_batch_covariance([[1, 2]], 0),
    "gradients of text": lambda: double_sum_covariance("12", 1),
    "sampling by text": lambda: batch_gradient_covariance([[1, 2]], 1, "without replacement"),
    "no gradients": lambda: batch_gradient_covariance([], 1),
    "three samples of two": lambda: inclusion_probability(2, 1, 3),
    "a batch above the population": lambda: inclusion_probability(2, 3),
    "too many batches": lambda: listed_batch_covariance([list(range(40))], 20),
    "a covariance that is not square": lambda: scaled_noise_covariance([[1, 2]], 1, 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_batch_is_refused(name):
    with pytest.raises(TheoryError, match=r"(must|at most)(?!.* to 0,)"):
        WRONG[name]()
