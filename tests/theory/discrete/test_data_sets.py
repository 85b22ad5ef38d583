"""Gradient descent on data as a recursion: means over draws, stationary statistics and tails, also by quadrature."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from numerics.deterministic.kesten import tail_index
from theory.discrete import absolute_moment, covariance_over_draw, mean_over_draw, stationary_statistics
from theory.gradient_noise import Empirical, Gaussian, Model, Sampling, gradient_descent
from theory.notation import eta

w, x, y = sp.symbols("w x y", real=True)
kappa, s = sp.symbols("kappa s", positive=True)
LOSS = (w * x - y) ** 2 / 2
DATA = Model([w], LOSS, Empirical([x, y], [[1, 0], [2, 1], [-1, 1]]))
NORMAL = Model([w], LOSS, Gaussian([x, y], [0, 0], [[1, 0], [0, s**2]]))


def test_the_draw_of_one_sample_is_averaged_in_any_function():
    step = gradient_descent(DATA, batch_size=1)
    growth = mean_over_draw(sp.log(sp.Abs(sp.diff(step.update[0], w))), step).subs(eta, sp.Rational(1, 8))
    assert sp.expand_log(growth - (2 * sp.log(sp.Rational(7, 8)) + sp.log(sp.S.Half)) / 3, force=True).equals(0)
    assert absolute_moment(step, kappa) == 2 * sp.Abs(eta - 1) ** kappa / 3 + sp.Abs(4 * eta - 1) ** kappa / 3


def test_batches_of_a_data_set_have_the_covariance_of_sampling_theory():
    one = covariance_over_draw(gradient_descent(DATA, batch_size=1))
    pair = covariance_over_draw(gradient_descent(DATA, batch_size=2))
    distinct = covariance_over_draw(gradient_descent(DATA, batch_size=2, sampling=Sampling.WITHOUT_REPLACEMENT))
    assert (one / 2 - pair).applyfunc(sp.expand).is_zero_matrix
    assert (one / 4 - distinct).applyfunc(sp.expand).is_zero_matrix  # (N - b)/(N - 1) = 1/2 of that


def test_one_sample_at_a_time_has_a_variance_below_a_learning_rate():
    found = stationary_statistics(gradient_descent(DATA, batch_size=1))
    assert (found.mean[0], found.covariance_exists) == (sp.Rational(1, 6), eta < sp.Rational(2, 3))


@pytest.mark.parametrize("batch", [1, 3])
def test_the_moment_of_least_squares_on_normal_data_is_that_of_quadrature(batch):
    step, rate, order = gradient_descent(NORMAL, batch_size=batch), mpmath.mpf("0.8"), mpmath.mpf("1.7")
    half = mpmath.mpf(batch) / 2

    def integrand(t):
        return abs(1 - rate / batch * t) ** order * t ** (half - 1) * mpmath.exp(-t / 2)

    direct = mpmath.quad(integrand, [0, batch / rate, 10, 40, mpmath.inf]) / (2**half * mpmath.gamma(half))
    moment = sp.lambdify([kappa, eta], absolute_moment(step, kappa), [{"hyperu": mpmath.hyperu}, "mpmath"])
    assert float(moment(order, rate)) == pytest.approx(float(direct), rel=1e-7)
    assert float(moment(mpmath.mpf(2), rate)) == pytest.approx(
        float(absolute_moment(step, 2).subs(eta, 0.8)), rel=1e-12
    )


def test_the_tail_index_is_two_where_the_variance_ends():
    step = gradient_descent(NORMAL, batch_size=1)  # E(1 - eta z^2)^2 = 1 at eta = 2/3
    assert float(tail_index(step, {eta: sp.Rational(2, 3), s: 1})) == pytest.approx(2, abs=1e-10)
    assert float(tail_index(step, {eta: sp.S.Half, s: 1})) > 2
