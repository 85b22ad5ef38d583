"""An estimate says so where a few samples outweigh all others."""

import math
import warnings

import numpy as np
import pytest
import sympy as sp

from numerics import iterate
from numerics.errors import UnreliableEstimateWarning
from numerics.statistics.estimators import Moments
from numerics.statistics.recorded import FEWEST_EFFECTIVE, is_reliable
from numerics.statistics.sample_size import distortion
from theory.discrete.recursion import Recursion

x, xi = sp.symbols("x xi", real=True)
PRODUCT = Recursion([x], [x * sp.exp(xi)], normals=[xi])
"""After n steps a log-normal with variance n: its mean exists, and no sample of a reasonable size shows it."""


def product(steps: int):
    return iterate(
        PRODUCT,
        initial=[1.0],
        steps=steps,
        n_replicas=4096,
        seed=7,
        observables={"x": x, "log": sp.log(x), "inverse square": 1 / sp.log(x) ** 2},
    )


def test_a_mean_that_a_few_samples_carry_is_called_unreliable():
    with pytest.warns(UnreliableEstimateWarning, match=r"the mean of x .* of 4096 samples, .* logarithm"):
        product(16).estimate("x")


def test_a_mean_that_does_not_exist_is_called_unreliable():
    with pytest.warns(UnreliableEstimateWarning, match="inverse square"):
        product(1).estimate("inverse square")


def test_means_of_ordinary_observables_come_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = product(1)
        assert run.estimate("log").agrees_with(0.0, false_alarm=1e-6)
        assert run.estimate("x").agrees_with(math.exp(0.5), false_alarm=1e-6)


def test_the_gate_bounds_the_distortion_of_an_interval():
    n = 4000
    # The most skewed sample that passes: a share of ones.
    ones = next(k for k in range(1, n) if is_reliable(Moments.from_samples([1.0] * k + [0.0] * (n - k))))
    moments = Moments.from_samples([1.0] * ones + [0.0] * (n - ones))
    assert ones == FEWEST_EFFECTIVE
    assert distortion(moments.skewness, n, 0.05) < 0.45


def test_second_moments_that_do_not_exist_are_called_unreliable_and_those_that_do_are_not():
    """The index of the squares is 1: their mean grows with the logarithm of n, which the interval does not know."""
    draw = np.random.default_rng(20)
    wild = [is_reliable(Moments.from_samples(1 / draw.random(20_000))) for _ in range(100)]
    tame = [
        is_reliable(Moments.from_samples(draw.standard_normal(n) ** 2)) for n in (200, 1000, 20_000) for _ in range(30)
    ]
    assert sum(wild) <= 1 and sum(tame) >= 80
