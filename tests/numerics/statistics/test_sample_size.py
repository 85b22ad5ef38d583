"""Sample sizes and decisions, against their own definitions and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from numerics.errors import ArgumentError
from numerics.statistics.estimators import Proportion
from numerics.statistics.sample_size import (
    BATCHES,
    FALSE_ALARM_RUN,
    MAX_DISTORTION,
    MISS_RATE,
    design,
    distortion,
    size_for_skewness,
)
from tests.numerics.seeding import FALSE_ALARM, seed_of
from verification.checks.intervals import ConfidenceInterval, batch_mean_interval, judge_interval, proportion_interval
from verification.verdict import Outcome


def test_the_size_for_a_squared_gaussian_at_five_per_cent_is_that_of_the_formula():
    # cv**2 = 2, 300 checks: ((6.13 + 3.09)**2 * 2 / 0.05**2), rounded up to whole batches.
    plan = design(variation=math.sqrt(2), skewness=math.sqrt(8), resolution=0.05, checks=300)
    exact = (stats.t.isf(plan.false_alarm / 2, 255) + stats.norm.isf(1e-3)) ** 2 * 2 / 0.05**2
    assert 0 <= plan.n - exact < BATCHES
    assert plan.n == 68096


@pytest.mark.parametrize("checks", [1, 16, 300, 10_000])
def test_checks_share_the_false_alarm_rate_of_the_run(checks):
    plan = design(variation=1.0, skewness=0.0, resolution=0.05, checks=checks)
    assert plan.false_alarm * checks == pytest.approx(FALSE_ALARM_RUN)
    assert 2 * stats.t.sf(plan.quantile, BATCHES - 1) == pytest.approx(plan.false_alarm, rel=1e-9)


def test_a_five_times_finer_resolution_takes_twenty_five_times_the_samples():
    coarse, fine = (design(variation=1.0, skewness=0.0, resolution=eps, checks=16).n for eps in (0.05, 0.01))
    assert fine / coarse == pytest.approx(25, rel=0.02)


def test_batches_are_whole_and_at_least_two_samples_long():
    plan = design(variation=0.0, skewness=0.0, resolution=0.5, checks=1)
    assert plan.n == 2 * BATCHES


def test_the_size_respects_the_declared_skewness():
    small = design(variation=0.1, skewness=0.0, resolution=0.05, checks=16)
    large = design(variation=0.1, skewness=20.0, resolution=0.05, checks=16)
    assert distortion(20.0, small.n, small.false_alarm) > MAX_DISTORTION
    assert distortion(20.0, large.n, large.false_alarm) <= MAX_DISTORTION


@pytest.mark.parametrize("skewness", [0.5, -3.0, 40.0])
def test_the_size_for_a_skewness_is_the_smallest_that_is_enough(skewness):
    n = size_for_skewness(skewness, 1e-7)
    assert distortion(skewness, n, 1e-7) <= MAX_DISTORTION < distortion(skewness, n - 1, 1e-7)


def test_the_distortion_predicts_the_inflation_of_an_exponential_tail_within_a_tenth():
    # Exact: the sum of n exponentials is Gamma(n). kappa = 0.45 stands for cosh(0.45) = 1.10.
    alarm = 1e-6
    n = size_for_skewness(2.0, alarm)
    z = stats.norm.isf(alarm / 2)
    upper = stats.gamma.sf(n + z * math.sqrt(n), n)
    lower = stats.gamma.cdf(n - z * math.sqrt(n), n)
    assert (upper + lower) / alarm == pytest.approx(math.cosh(MAX_DISTORTION), rel=0.1)


@pytest.mark.parametrize("wrong", [{"resolution": 0.0}, {"resolution": 1.0}, {"variation": -1.0}, {"checks": 0}])
def test_a_design_refuses_numbers_out_of_range(wrong):
    right = {"variation": 1.0, "skewness": 0.0, "resolution": 0.05, "checks": 1}
    with pytest.raises(ArgumentError, match="a design needs"):
        design(**{**right, **wrong})


def test_the_interval_of_batch_means_is_students():
    means = np.random.default_rng(seed_of("interval")).standard_normal(BATCHES)
    quantile = float(stats.t.isf(0.005, BATCHES - 1))
    wanted = stats.ttest_1samp(means, 0.0).confidence_interval(0.99)
    found = batch_mean_interval(means.tolist(), quantile)
    assert (found.lower, found.upper) == pytest.approx((wanted.low, wanted.high), rel=1e-12)


def test_a_bias_widens_the_interval_on_both_sides():
    plain, widened = (batch_mean_interval([1.0, 2.0, 3.0], 2.0, bias=bias) for bias in (0.0, 0.5))
    assert widened.lower == pytest.approx(plain.lower - 0.5)
    assert widened.upper == pytest.approx(plain.upper + 0.5)
    assert widened.estimate == plain.estimate


@pytest.mark.parametrize(
    ("lower", "upper", "value", "outcome"),
    [
        (0.98, 1.02, 1.0, Outcome.CONSISTENT),
        (0.98, 1.02, 1.03, Outcome.REFUTED),
        (0.98, 1.02, 0.97, Outcome.REFUTED),
        (0.90, 1.02, 1.0, Outcome.UNDECIDED),
        (0.98, 1.10, 1.0, Outcome.UNDECIDED),
        (-1.02, -0.98, -1.0, Outcome.CONSISTENT),
        (-1.02, -0.98, 1.0, Outcome.REFUTED),
        (0.0, 0.0, 0.0, Outcome.CONSISTENT),
        (-0.1, 0.1, 0.0, Outcome.UNDECIDED),
        (0.1, 0.2, 0.0, Outcome.REFUTED),
    ],
)
def test_one_interval_refutes_certifies_or_leaves_open(lower, upper, value, outcome):
    assert judge_interval(ConfidenceInterval((lower + upper) / 2, lower, upper), value, 0.05)[0] is outcome


@pytest.mark.parametrize("value", [1.0, 2.0])
def test_a_distorted_interval_decides_nothing(value):
    crooked = ConfidenceInterval(1.0, 0.99, 1.01, distortion=MAX_DISTORTION * 1.01)
    assert judge_interval(crooked, value, 0.05)[0] is Outcome.UNDECIDED
    straight = ConfidenceInterval(1.0, 0.99, 1.01, distortion=MAX_DISTORTION)
    assert judge_interval(straight, value, 0.05)[0] is not Outcome.UNDECIDED


def test_the_deviation_is_the_largest_relative_error_that_is_left_open():
    assert judge_interval(ConfidenceInterval(1.0, 0.98, 1.03), 1.0, 0.05)[1] == pytest.approx(0.03)
    assert judge_interval(ConfidenceInterval(2.0, 1.96, 2.02), 2.0, 0.05)[1] == pytest.approx(0.02)


def test_a_proportion_has_a_width_even_where_nothing_was_seen():
    found = proportion_interval(Proportion(0, 1000), 1e-6)
    assert found.lower == found.estimate == 0.0
    # P(no success in 1000) at the upper end is half the false-alarm rate.
    assert (1 - found.upper) ** 1000 == pytest.approx(5e-7, rel=1e-9)
    assert found.is_valid


def test_true_values_are_certified_and_five_per_cent_off_refuted_as_often_as_the_design_says():
    plan = design(variation=1.0, skewness=0.0, resolution=0.05, checks=16)
    rng = np.random.default_rng(seed_of("design"))
    runs = 2000
    # The mean of a batch of Gaussians is Gaussian: no need to draw the samples.
    means = 1 + rng.standard_normal((runs, BATCHES)) / math.sqrt(plan.n / BATCHES)
    intervals = [batch_mean_interval(row, plan.quantile) for row in means]
    certified = sum(judge_interval(interval, 1.0, plan.resolution)[0] is Outcome.CONSISTENT for interval in intervals)
    refuted = sum(judge_interval(interval, 1.05, plan.resolution)[0] is Outcome.REFUTED for interval in intervals)
    # The interval's end lies 3.09 standard errors beyond; both tails count for certification.
    assert Proportion(runs - certified, runs).interval(FALSE_ALARM)[0] <= 2 * MISS_RATE
    assert Proportion(runs - refuted, runs).interval(FALSE_ALARM)[0] <= MISS_RATE
    assert certified > 0.98 * runs
    assert refuted > 0.98 * runs
