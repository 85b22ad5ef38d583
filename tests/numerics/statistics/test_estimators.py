"""Moments merge like sums, intervals miss at the stated rate, distances between laws have their known distribution."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from numerics.errors import ArgumentError
from numerics.statistics.estimators import BatchMeans, Estimate, Moments, Proportion, mean
from numerics.statistics.goodness_of_fit import anderson_darling, anderson_darling_tail, dkw_band, kolmogorov_smirnov
from tests.examples import examples
from tests.numerics.seeding import FALSE_ALARM, seed_of

samples = arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e3, 1e3, allow_subnormal=False))


@given(samples, st.data())
def test_merged_moments_are_those_of_all_samples_together(x, data):
    cut = data.draw(st.integers(0, x.size))
    parts = [Moments.from_samples(part) for part in (x[:cut], x[cut:]) if part.size]
    merged, deviation = Moments.merged(parts), x - x.mean()
    scale = max(1.0, float(np.abs(x).max()))
    assert merged.n == x.size
    assert merged.mean == pytest.approx(x.mean(), abs=1e-12 * scale)
    for k in (2, 3, 4):
        assert getattr(merged, f"M{k}") == pytest.approx(np.sum(deviation**k), abs=1e-10 * x.size * scale**k)


def test_shape_statistics_are_those_of_scipy():
    x = np.random.default_rng(seed_of("shape")).gamma(2.0, size=1000)
    m = Moments.merged(Moments.from_samples(part) for part in np.array_split(x, 7))
    assert m.variance == pytest.approx(np.var(x, ddof=1), rel=1e-12)
    assert m.skewness == pytest.approx(stats.skew(x), rel=1e-10)
    assert m.kurtosis == pytest.approx(stats.kurtosis(x, fisher=False), rel=1e-10)
    assert m.standard_error == pytest.approx(stats.sem(x), rel=1e-12)


@given(samples)
def test_moments_survive_json_to_the_last_bit(x):
    m = Moments.from_samples(x)
    assert Moments.from_json(m.to_json()) == m
    assert json.loads(m.to_json())["n"] == x.size


NO_MOMENTS = '{"n": "x", "mean": "q", "M2": "0", "M3": "0", "M4": "0"}'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"n": 1}', NO_MOMENTS, 3])
def test_text_that_holds_no_moments_is_refused(text):
    with pytest.raises(ArgumentError):
        Moments.from_json(text)
    with pytest.raises(ArgumentError):
        Proportion.from_json(text)


@pytest.mark.parametrize("bad", [[], [1.0, math.nan], [math.inf], [[1.0, 2.0]], ["a"], None, [1e200, -1e200], 1.0])
def test_moments_of_anything_but_finite_numbers_are_refused(bad):
    with pytest.raises(ArgumentError):
        Moments.from_samples(bad)


def test_mean_interval_misses_the_true_mean_at_the_stated_rate():
    rng = np.random.default_rng(seed_of("coverage"))
    level, trials = 0.05, 4000
    misses = [not mean(rng.exponential(size=1024)).agrees_with(1.0, false_alarm=level) for _ in range(trials)]
    rate = Proportion.from_samples(misses)
    assert rate.agrees_with(level, false_alarm=FALSE_ALARM)
    assert not rate.agrees_with(1.6 * level, false_alarm=FALSE_ALARM)


@pytest.mark.parametrize("n", [2, 3, 255, 256, 257, 1000])
def test_batch_means_of_any_number_of_samples_average_to_the_mean(n):
    x = np.random.default_rng(seed_of("batches", n)).normal(size=n)
    estimate = BatchMeans.from_samples(x).estimate
    assert estimate.value == pytest.approx(x.mean(), abs=1e-14)
    assert estimate.degrees_of_freedom == min(n, 256) - 1
    if n <= 256:
        assert estimate.standard_error == pytest.approx(stats.sem(x), rel=1e-12)


def test_one_sample_has_no_interval():
    with pytest.raises(ArgumentError):
        mean([1.0])
    with pytest.raises(ArgumentError):
        Moments.from_samples([1.0]).agrees_with(1.0, false_alarm=0.01)


def test_an_equivalence_needs_the_whole_interval():
    estimate = Estimate(1.0, 0.01)
    assert estimate.within(1.0, tolerance=0.06, false_alarm=FALSE_ALARM)
    assert not estimate.within(1.0, tolerance=0.04, false_alarm=FALSE_ALARM)
    assert not estimate.within(1.05, tolerance=0.06, false_alarm=FALSE_ALARM)


@given(st.integers(1, 10**6), st.data(), st.sampled_from([0.05, 1e-6, 1e-9]))
def test_clopper_pearson_ends_have_binomial_tails_of_half_the_false_alarm(n, data, level):
    k = data.draw(st.integers(0, n))
    lower, upper = Proportion(k, n).interval(level)
    assert 0 <= lower <= k / n <= upper <= 1
    if k > 0:
        assert stats.binom.sf(k - 1, n, lower) == pytest.approx(level / 2, rel=1e-6)
    if k < n:
        assert stats.binom.cdf(k, n, upper) == pytest.approx(level / 2, rel=1e-4)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ArgumentError):
        Proportion(successes, n)


def test_ks_distance_and_p_value_are_those_of_scipy():
    x = np.random.default_rng(seed_of("ks")).normal(size=200)
    ours, theirs = kolmogorov_smirnov(x, stats.norm.cdf), stats.kstest(x, "norm", mode="exact")
    assert ours.distance == pytest.approx(theirs.statistic, rel=1e-12)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.distance <= dkw_band(200, FALSE_ALARM)


def test_anderson_darling_statistic_is_that_of_its_definition():
    u = np.sort(np.random.default_rng(seed_of("ad")).uniform(size=50))
    knots = np.concatenate([[0.0], u, [1.0]])
    from scipy.integrate import quad

    pieces = [quad(lambda v, i=i: (i / 50 - v) ** 2 / (v * (1 - v)), knots[i], knots[i + 1])[0] for i in range(51)]
    assert anderson_darling(u, lambda v: v).statistic == pytest.approx(50 * sum(pieces), rel=1e-7)


@pytest.mark.parametrize(("z", "tail"), [(1.6212, 0.15), (1.9330, 0.10), (2.4924, 0.05), (3.8781, 0.01)])
def test_anderson_darling_tail_has_its_published_quantiles(z, tail):
    # Stephens, J. Amer. Statist. Assoc. 69 (1974) 730, table 1: upper tail percentage points, case 0
    assert anderson_darling_tail(z) == pytest.approx(tail, rel=2e-3)


def test_anderson_darling_tail_falls_and_is_a_probability_everywhere():
    z = np.concatenate([np.linspace(0, 0.1, 50), np.geomspace(0.1, 500, 200)])
    tails = np.array([anderson_darling_tail(value) for value in z])
    assert np.all((tails >= 0) & (tails <= 1)) and np.all(np.diff(tails) <= 1e-12)


def test_a_wrong_scale_is_seen_by_both_distances_and_the_right_one_is_not():
    x = np.random.default_rng(seed_of("scale")).normal(size=200_000)
    for distance in (kolmogorov_smirnov, anderson_darling):
        assert distance(x, stats.norm.cdf).agrees(false_alarm=FALSE_ALARM)
        assert not distance(x, stats.norm(scale=1.03).cdf).agrees(false_alarm=FALSE_ALARM)


@settings(max_examples=examples(30))
@given(st.sampled_from([0, 1, -0.1, math.nan, "x", None, True]))
def test_a_false_alarm_that_is_no_probability_is_refused(level):
    with pytest.raises(ArgumentError):
        Estimate(0.0, 1.0).agrees_with(0.0, false_alarm=level)
    with pytest.raises(ArgumentError):
        Proportion(1, 2).interval(level)


def test_samples_whose_squares_overflow_have_no_mean_with_an_error():
    for samples in ([1e308, 1e308, -1e308], [1e200, 2e200, -1e200]):
        with pytest.raises(ArgumentError, match="Rescale the samples"):
            mean(samples)
