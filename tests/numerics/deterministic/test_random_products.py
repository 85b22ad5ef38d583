"""Exponents of products of random matrices, against closed forms and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.deterministic.random_products import exponent_of_products, gaussian_matrices
from numerics.errors import ArgumentError, DivergenceError
from numerics.statistics.estimators import Moments
from tests.numerics.seeding import FALSE_ALARM, seed_of

MOMENTUM = [[[1 - 0.15 * h, -0.15 * 0.5], [h, 0.5]] for h in (2.5, -3.0)]


@pytest.mark.parametrize(("first", "second", "angle"), [(0.2, 3.0, 0.7), (2.0, 2.5, 1.3), (1e-3, 1.0, 0.1)])
def test_turned_scalings_grow_by_the_mean_logarithm(first, second, angle):
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    value, _ = exponent_of_products([first * turn, second * turn @ turn])
    assert value == pytest.approx(math.log(first * second) / 2, abs=1e-9)


@pytest.mark.every(2)
@pytest.mark.parametrize(("first", "second"), [(3.0, 1.0), (0.5, 2.0), (1.0, -1.5)])
def test_a_stretch_turned_at_random_grows_by_the_logarithm_of_the_mean_stretch(first, second):
    r"""The direction is uniform; the mean of :math:`\log|(a\cos\varphi, b\sin\varphi)|` is :math:`\log((a+b)/2)`."""
    angles = np.arange(64) * math.pi / 32
    turns = np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]]).transpose(2, 0, 1)
    value, _ = exponent_of_products(turns @ np.diag([first, second]))
    assert value == pytest.approx(math.log((abs(first) + abs(second)) / 2), abs=1e-9)
    assert value != pytest.approx(math.log(abs(first * second)) / 2, abs=1e-2)


BASE = np.array([[1.0, 2.0], [0.3, 1.0]])
REDUCIBLE = {
    "two invariant directions": ([np.diag([2.0, 1.0]), np.diag([0.25, 1.0])], 0.0),
    "the other of them leads": ([np.diag([2.0, 1.0]), np.diag([1.0, 0.25])], math.log(2) / 2),
    "one invariant direction": ([[[2.0, 5.0], [0.0, 0.5]], [[0.1, -1.0], [0.0, 3.0]]], math.log(1.5) / 2),
    "two that are exchanged": ([[[0.0, -1.0], [3.0, 0.0]], np.diag([2.0, 0.5])], math.log(3) / 4),
    "two that all exchange": ([[[0.0, -1.0], [3.0, 0.0]], [[0.0, 2.0], [3.0, 0.0]]], math.log(18) / 4),
    "multiples of one": ([2 * np.eye(2), -3 * np.eye(2)], math.log(6) / 2),
}
"""Name to matrices, of equal probabilities, and the exponent."""


@pytest.mark.parametrize("base", [np.eye(2), BASE], ids=["axes", "oblique"])
@pytest.mark.parametrize("name", REDUCIBLE)
def test_matrices_with_invariant_directions_have_the_larger_of_two_rates(name, base):
    matrices, expected = REDUCIBLE[name]
    value, error = exponent_of_products([base @ matrix @ np.linalg.inv(base) for matrix in matrices])
    assert abs(value - expected) <= error < 1e-12


def test_a_matrix_that_is_never_drawn_does_not_count():
    triangular = [[[2.0, 5.0], [0.0, 0.5]], [[0.1, -1.0], [0.0, 3.0]]]
    value, _ = exponent_of_products([*triangular, [[1.0, 1.0], [1.0, 0.0]]], [0.5, 0.5, 0.0])
    assert value == pytest.approx(math.log(1.5) / 2, abs=1e-12)


def test_it_meets_a_simulation_of_descent_with_momentum():
    value, error = exponent_of_products(MOMENTUM, tolerance=5e-4)
    source = np.random.Generator(np.random.Philox(seed_of("products", MOMENTUM)))
    vectors, grown = np.tile([[1.0], [0.0]], 3000), np.zeros(3000)
    for step in range(1000):
        vectors = np.einsum("nij,jn->in", np.array(MOMENTUM)[source.integers(2, size=3000)], vectors)
        norms = np.hypot(*vectors)
        vectors /= norms
        grown += np.log(norms) * (step >= 200)
    mean = Moments.from_samples(grown / 800).mean_estimate
    lower, upper = mean.interval(FALSE_ALARM)
    assert lower - error < value < upper + error
    plain = np.mean([math.log(abs(1 - 0.3 * h)) for h in (2.5, -3.0)])  # descent at eta/(1 - m)
    assert not lower < plain < upper


def test_quadrature_of_a_normal_reproduces_its_moments():
    matrices, weights = gaussian_matrices(lambda xi: [[xi, 1.0], [0.0, xi**2]], 16)
    assert weights @ matrices[:, 0, 0] ** 2 == pytest.approx(1.0)
    assert weights @ matrices[:, 1, 1] ** 2 == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("matrices", "probabilities", "needed"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], None, "shape"),
        ([], None, "shape"),
        ([np.roll(np.eye(3), 1, axis=0), -np.ones((3, 3))], None, "at most two"),
        ([[[1.0, math.nan], [0.0, 1.0]]], None, "finite"),
        ([[[0.0, -1.0], [1.0, 0.0]]], [0.5], "sum 1"),
        (MOMENTUM, [1.5, -0.5], "non-negative"),
        (MOMENTUM, [1.0], "2 non-negative"),
    ],
)
def test_what_is_no_law_of_a_matrix_of_blocks_is_refused(matrices, probabilities, needed):
    with pytest.raises(ArgumentError, match=needed):
        exponent_of_products(matrices, probabilities)


def test_a_small_change_by_accident_settles_nothing():
    """Viswanath's random Fibonacci sequence, whose law of the direction is singular."""
    fibonacci = [[[0, 1], [1, 1]], [[0, 1], [1, -1]]]
    value, error = exponent_of_products(fibonacci, tolerance=2e-5)
    assert abs(value - math.log(1.1319882487943)) < error < 2e-5
    with pytest.raises(DivergenceError, match="allow more angles"):
        exponent_of_products(fibonacci, tolerance=1e-6, angles=2**16)


def test_the_tree_of_fractions_has_its_exponent_though_no_cone_is_mapped_inside_itself():
    value, error = exponent_of_products([[[1, 1], [0, 1]], [[1, 0], [1, 1]]])
    assert abs(value - 0.396212564297) < error < 1e-6


PROJECTION, SWAP = np.diag([1.0, 0.0]), [[0.0, 1.0], [1.0, 0.0]]
RANK_ONE = {
    "renewal": ([PROJECTION, [[2.0, 1.0], [1.0, 1.0]]], 0.4076599487802325),
    "all of them": ([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [1.0, 0.0]]], math.log(5 * 3) / 4),
    "killed at once": ([[[0.0, 1.0], [0.0, 0.0]], np.eye(2)], -math.inf),
    "killed after a swap": ([PROJECTION, SWAP], -math.inf),
    "zero": ([np.zeros((2, 2)), np.eye(2)], -math.inf),
}
"""Name to matrices, of equal probabilities, and the exponent."""


@pytest.mark.parametrize("name", RANK_ONE)
def test_matrices_of_rank_one_are_renewals(name):
    matrices, expected = RANK_ONE[name]
    value, error = exponent_of_products(matrices)
    assert value == expected or abs(value - expected) <= error < 1e-6


def test_a_block_triangular_product_grows_like_its_largest_block():
    rates = np.array([[2.0, 0.5, 3.0], [0.25, 3.0, 0.1]])
    triangular = [np.diag(rate) + np.triu(np.full((3, 3), 7.0), 1) for rate in rates]
    shuffled = [matrix[[2, 0, 1]][:, [2, 0, 1]] for matrix in triangular]
    value, error = exponent_of_products(shuffled)
    assert abs(value - np.log(rates).mean(axis=0).max()) <= error < 1e-12


POSITIVE = np.array([[[2.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 3.0]], [[1, 1, 2], [1, 2, 1], [1, 1, 1]]])


@pytest.mark.parametrize("p", [(0.5, 0.5), (0.8, 0.2)])
def test_bounds_over_all_words_enclose_the_exponent_of_positive_matrices(p):
    fine, least = exponent_of_products(POSITIVE, p)
    for tolerance in (1e-1, 1e-3):
        value, error = exponent_of_products(POSITIVE, p, tolerance=tolerance)
        assert abs(value - fine) <= error + least < 1.1 * tolerance
    directions, growth, weights = np.ones((3, 1)) / 3, np.zeros(1), np.ones(1)
    for _ in range(12):
        weights = np.concatenate([share * weights for share in p])
        directions = np.concatenate([matrix @ directions for matrix in POSITIVE], axis=1)
        growth = directions.sum(axis=0)
        directions /= growth
    assert np.log(growth) @ weights == pytest.approx(fine, abs=1e-6)


def test_every_matrix_has_a_size_of_its_own():
    value, _ = exponent_of_products(POSITIVE * np.array([1e200, 1e-190])[:, None, None])
    assert value - exponent_of_products(POSITIVE)[0] == pytest.approx(5 * math.log(10), abs=1e-9)


def test_permutations_grow_like_their_factors_and_words_of_zero_end_them():
    turn = np.roll(np.eye(3), 1, axis=0)
    assert exponent_of_products([turn, 2 * turn @ turn])[0] == pytest.approx(math.log(2) / 2, abs=1e-12)
    value, error = exponent_of_products([np.diag([1.0, -2.0, 3.0]) @ turn])
    assert abs(value - math.log(6) / 3) <= error < 1e-13
    up, down = np.diag([1.0, 1.0], 1), np.diag([1.0, 1.0], -1)
    assert exponent_of_products([up, down]) == (-math.inf, 0.0)
    nilpotent = np.array([[1.0, 1.0, -2.0], [1.0, 1.0, -2.0], [1.0, 1.0, -2.0]])
    with pytest.raises(DivergenceError, match="leave the exponent open"):
        exponent_of_products([nilpotent])
    with pytest.raises(DivergenceError, match="too slowly"):
        exponent_of_products([[[0, 1, 2], [0.5, 0, 0], [0, 0.6, 0]], [[0, 2, 3], [0.3, 0, 0], [0, 0.8, 0]]])


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_size_of_the_matrices_adds_its_logarithm(size):
    value, error = exponent_of_products(size * np.array([[[2.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 2.0]]]))
    assert abs(value - 0.9154795416190895 - math.log(size)) <= error + 1e-12


def test_directions_closer_together_than_the_angles_settle_nothing():
    """A renewal with the exponent 9.41734; every number of angles says 9.5, and none of them sees the direction."""
    with pytest.raises(DivergenceError, match="leave it open"):
        exponent_of_products([[[1e8, 1.0], [1.0, 1e-8]], [[1.0, 1e6], [1e-6, 2.0]]], angles=2**14)


def test_an_exponent_that_does_not_settle_is_refused():
    with pytest.raises(DivergenceError, match="do not settle"):
        exponent_of_products(MOMENTUM, tolerance=1e-14)
