"""Exact averages: Isserlis' theorem against its sum over pairings, finite sums and sampling."""

import hashlib
import itertools
import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.errors import DimensionError, MissingParameterError, UnsupportedFormError
from theory.gradient_noise.data_law import Empirical, FiniteSupport, Gaussian, NamedMoments, Product
from theory.gradient_noise.expectation import covariance, covariance_factor, expectation, gaussian_moment

x, y, u = sp.symbols("x y u", real=True)
w, v = sp.symbols("w v", real=True)
C = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"c_{min(i, j)}{max(i, j)}", real=True))
FALSE_ALARM_SCORE = 5.0
"""Standard errors; a two-sided normal deviation beyond has probability 6e-7."""


def sum_over_pairings(indices, covariances):
    """Isserlis' theorem as it is printed."""
    if not indices:
        return sp.S.One
    first, rest = indices[0], indices[1:]
    return sum(
        (
            covariances[first, rest[k]] * sum_over_pairings(rest[:k] + rest[k + 1 :], covariances)
            for k in range(len(rest))
        ),
        sp.S.Zero,
    )


@settings(max_examples=examples(25))
@given(powers=st.tuples(*[st.integers(0, 3)] * 3))
def test_centred_gaussian_moments_are_sums_over_pairings(powers):
    indices = tuple(i for i, power in enumerate(powers) for _ in range(power))
    assert sp.expand(gaussian_moment(powers, sp.zeros(3, 1), C) - sum_over_pairings(indices, C)) == 0


@pytest.mark.parametrize(("order", "value"), [(2, 1), (4, 3), (6, 15), (8, 105), (10, 945), (7, 0)])
def test_moments_of_the_standard_normal_are_double_factorials(order, value):
    assert gaussian_moment((order,), sp.zeros(1, 1), sp.eye(1)) == value


@settings(max_examples=examples(15))
@given(powers=st.tuples(st.integers(0, 4), st.integers(0, 3)))
def test_moments_about_a_mean_are_those_of_the_shifted_variable(powers):
    m, n = sp.symbols("m n", real=True)
    shifted = sp.expand((x + m) ** powers[0] * (y + n) ** powers[1])
    centred = expectation(shifted, Gaussian([x, y], [0, 0], C[:2, :2]))
    assert sp.expand(gaussian_moment(powers, sp.Matrix([m, n]), C[:2, :2]) - centred) == 0


def test_isserlis_agrees_with_sampling_and_a_wrong_pairing_does_not():
    covariances = sp.Matrix([[2, 1], [1, 3]])
    exact = expectation(x**4 * y**2, Gaussian([x, y], [0, 0], covariances))
    seed = int.from_bytes(hashlib.sha256(b"isserlis x^4 y^2").digest()[:8], "big")
    factor = np.linalg.cholesky(np.array(covariances, dtype=float))
    samples = factor @ np.random.default_rng(seed).standard_normal((2, 1_000_000))
    values = samples[0] ** 4 * samples[1] ** 2
    error = values.std() / math.sqrt(values.size)
    assert abs(values.mean() - float(exact)) < FALSE_ALARM_SCORE * error
    without_mixed_pairs = 3 * 2**2 * 3
    assert abs(values.mean() - without_mixed_pairs) > 2 * FALSE_ALARM_SCORE * error


def test_parameters_may_enter_in_any_way():
    law = Gaussian([x], [0], [[1]])
    assert sp.expand(expectation((x * sp.tanh(w) + sp.exp(v)) ** 2, law) - sp.tanh(w) ** 2 - sp.exp(2 * v)) == 0


@pytest.mark.parametrize("loss", [sp.tanh(w * x), sp.Abs(x), 1 / (1 + x**2), x**w, sp.Function("f")(x)])
@pytest.mark.parametrize("law", [Gaussian([x], [0], [[1]]), NamedMoments([x], highest=4)])
def test_a_loss_that_is_not_polynomial_is_refused_with_a_way_out(loss, law):
    with pytest.raises(UnsupportedFormError, match="FiniteSupport.*sampling"):
        expectation(loss, law)


def test_every_function_has_a_mean_over_a_finite_support():
    law = FiniteSupport([x], [[0], [1]], [sp.Rational(1, 4), sp.Rational(3, 4)])
    assert expectation(sp.tanh(w * x), law) == 3 * sp.tanh(w) / 4


def test_polynomials_over_a_finite_support_are_averaged_point_by_point():
    law = Empirical([x, y], [[1, 2], [-3, 5], [sp.Rational(1, 2), 0]])
    polynomial = (w * x + v * y - 1) ** 3
    by_hand = sum(polynomial.subs({x: a, y: b}) for a, b in law.points) / 3
    assert sp.expand(expectation(polynomial, law) - by_hand) == 0


def test_a_loss_that_is_singular_at_a_sample_is_refused():
    with pytest.raises(UnsupportedFormError, match="finite"):
        expectation(1 / x, Empirical([x], [[1], [0]]))


def test_an_unknown_moment_stops_the_average():
    with pytest.raises(MissingParameterError):
        expectation(x**5, NamedMoments([x], highest=4))


def test_independent_factors_multiply_and_a_finite_factor_frees_the_rest():
    law = Product((Gaussian([x], [0], [[1]]), Empirical([y], [[2], [4]])))
    assert expectation(x**2 * y, law) == 3
    assert expectation(x**y, law) == 2  # (E x^2 + E x^4)/2
    assert expectation(x * y, law) == 0


LAWS = {
    "Gaussian": Gaussian([x, y], [1, 0], [[2, 1], [1, 1]]),
    "singular Gaussian": Gaussian([x, y], [0, 0], [[1, 1], [1, 1]]),
    "finite": FiniteSupport([x, y], [[1, 0], [2, 3], [0, -1]], [sp.Rational(k, 6) for k in (1, 2, 3)]),
    "named": NamedMoments([x, y], highest=4),
    "product": Product((Gaussian([x], [1], [[2]]), Empirical([y], [[1], [3]]))),
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", LAWS)
def test_the_factor_squares_to_the_covariance(name):
    vector = sp.Matrix([x * (w * x - y), v * x * y])
    factor, target = covariance_factor(vector, LAWS[name]), covariance(vector, LAWS[name])
    difference = (factor * factor.T - target).applyfunc(lambda entry: sp.cancel(sp.expand(entry)))
    assert difference == sp.zeros(2, 2)
    assert target != sp.zeros(2, 2)


def test_a_vector_without_data_has_no_noise():
    for law in LAWS.values():
        assert covariance(sp.Matrix([w, v]), law) == sp.zeros(2, 2)
        assert covariance_factor(sp.Matrix([w, v]), law).cols == 0


def test_the_covariance_is_that_of_all_pairs_of_entries():
    vector = sp.Matrix([x, x * y, u * x])
    law = LAWS["finite"]
    by_pairs = covariance(vector, law)
    for i, j in itertools.product(range(3), repeat=2):
        product = expectation(vector[i] * vector[j], law) - expectation(vector[i], law) * expectation(vector[j], law)
        assert sp.expand(by_pairs[i, j] - product) == 0


def test_moments_of_thousands_of_powers_are_found_and_too_many_of_them_refused():
    assert expectation(x**2000, Gaussian([x], [0], [[1]])) == sp.factorial2(1999)
    with pytest.raises(DimensionError, match="the number of moments"):
        expectation(x**1000 * y**1000, Gaussian([x, y], [0, 0], sp.eye(2)))
