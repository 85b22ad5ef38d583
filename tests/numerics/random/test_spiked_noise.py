"""The tridiagonal form of signal plus noise, and random matrices against the limit."""

import numpy as np
import pytest
import sympy as sp
from scipy import special

from numerics.errors import ArgumentError
from numerics.random.spiked_noise import top_singular_pair, tridiagonal_form
from theory.matrices import spike_in_noise as rm

FALSE_ALARM = 1e-6


def _top(matrix):
    u, s, v = np.linalg.svd(matrix)
    return np.stack([s[..., 0], u[..., 0, 0] ** 2, v[..., 0, 0] ** 2])


def _dense(m, n, signal, count, rng):
    noise = rng.standard_normal((count, m, n)) / np.sqrt(n)
    noise[:, 0, 0] += signal
    return _top(noise)


def _deviation(one, other):
    """Difference of means in standard errors, for each of the observables."""
    error = np.sqrt(one.var(axis=1) / one.shape[1] + other.var(axis=1) / other.shape[1])
    return np.abs(one.mean(axis=1) - other.mean(axis=1)) / error


def test_the_tridiagonal_form_has_the_law_of_a_dense_matrix():
    m, n, signal, count = 5, 8, 1.2, 8000
    rng = np.random.Generator(np.random.Philox(20120401))
    tridiagonal = np.zeros((count, m, n))
    for matrix in tridiagonal:
        # The first m - 1 rows by the form; the last row and its neighbours continue the pattern.
        diagonal, above, below = tridiagonal_form(signal, m, n, m - 1, rng)
        rows = np.arange(m - 1)
        matrix[rows, rows], matrix[rows[:-1], rows[1:]], matrix[rows[1:], rows[:-1]] = diagonal, above, below
        matrix[m - 2, m - 1] = np.sqrt(rng.chisquare(n - m + 1) / n)
        matrix[m - 1, m - 2] = np.sqrt(rng.chisquare(1) / n)
        matrix[m - 1, m - 1] = rng.standard_normal() / np.sqrt(n)
        matrix[m - 1, m] = np.sqrt(rng.chisquare(n - m) / n)
    quantile = -special.ndtri(FALSE_ALARM / 6)
    assert np.all(_deviation(_top(tridiagonal), _dense(m, n, signal, count, rng)) < quantile)
    assert np.any(_deviation(_top(tridiagonal), _dense(m, n, 1.1 * signal, count, rng)) > quantile)


@pytest.mark.slow
def test_dense_matrices_of_two_hundred_columns_approach_the_limit():
    # Finite-size corrections are of order 1/n, here with a generous factor of 10.
    m, n, signal = 100, 200, 2.0
    rng = np.random.Generator(np.random.Philox(20120402))
    found = _dense(m, n, signal, 60, rng)
    values = {rm.aspect: sp.Rational(m, n), rm.s_bar: 2}
    limits = np.array([float(f.subs(values)) for f in (rm.outlier(), rm.left_overlap(), rm.right_overlap())])
    error = -special.ndtri(FALSE_ALARM / 6) * found.std(axis=1) / np.sqrt(60) + 10 / n
    assert np.all(np.abs(found.mean(axis=1) - limits) < error)
    printed = [1 - 0.5 * 5 / (2 * 4.5), 1 - 4.5 / (2 * 5)]  # (66) with the first power of the signal
    assert np.all(np.abs(found.mean(axis=1)[1:] - printed) > error[1:])


def test_the_top_pair_is_that_of_a_dense_decomposition():
    rng = np.random.Generator(np.random.Philox(20120403))
    for size in (2, 3, 10, 40):
        diagonal, above, below = (rng.standard_normal(length) for length in (size, size - 1, size - 1))
        matrix = np.diag(diagonal) + np.diag(above, 1) + np.diag(below, -1)
        found = top_singular_pair(diagonal, above, below)
        assert np.allclose(found, _top(matrix), rtol=1e-8, atol=1e-12)
        assert not np.allclose(found, _top(matrix.T), rtol=1e-4)


def test_a_matrix_of_zeros_has_no_top_pair():
    with pytest.raises(ArgumentError, match="not 0"):
        top_singular_pair(np.zeros(3), np.zeros(2), np.zeros(2))
