"""The index of a tail, from exact tails of known index and from laws without such a tail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from numerics.errors import ArgumentError
from numerics.statistics.estimators import Proportion
from numerics.statistics.tails import HillEstimate, hill_estimate, largest_deviations, tail_size
from tests.numerics.seeding import FALSE_ALARM, seed_of

N = 2**16


def estimate_of(samples) -> HillEstimate:
    return hill_estimate(largest_deviations(samples, tail_size(len(samples)) + 1))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 3.0])
def test_the_bound_misses_an_exact_power_as_often_as_it_says(exponent):
    rng, level = np.random.default_rng(seed_of("hill", exponent)), 0.1
    spacings = rng.exponential(size=(2000, 50)) / exponent
    logs = np.concatenate([np.zeros((2000, 1)), spacings], axis=1)
    missed = sum(hill_estimate(np.exp(row)).upper_bound(level) < exponent for row in logs)
    assert Proportion(missed, 2000).agrees_with(level, false_alarm=FALSE_ALARM)
    assert not Proportion(missed, 2000).agrees_with(1.5 * level, false_alarm=FALSE_ALARM)


@pytest.mark.parametrize(
    ("law", "has_variance"),
    [
        (stats.cauchy(), False),
        (stats.t(1.5), False),
        (stats.pareto(1.2), False),
        (stats.t(3), True),
        (stats.t(5), True),
        (stats.lognorm(1.0), True),
        (stats.lognorm(1.5), True),
        (stats.expon(), True),
        (stats.norm(1.0, 0.1), True),
    ],
    ids=lambda value: getattr(getattr(value, "dist", None), "name", None),
)
def test_laws_with_and_without_a_variance_are_told_apart(law, has_variance):
    """At the quantiles of the law, in the middle of each of N equal parts."""
    bound = estimate_of(law.ppf((np.arange(N) + 0.5) / N)).upper_bound(0.01)
    assert (bound > 2) is has_variance


@pytest.mark.parametrize("samples", [np.tile([0.0, 3.0], N // 2), np.eye(1, N, 5)[0], np.arange(N) % 7.0])
def test_atoms_have_no_tail(samples):
    assert math.isinf(estimate_of(samples).value)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_a_few_events_far_above_the_rest_are_no_tail_unless_they_have_one_themselves(spread):
    rng = np.random.default_rng(seed_of("gap", spread))
    bodies, large = 1 + 0.3 * rng.standard_normal((20, N)), 50 * (1 + spread * rng.standard_normal((20, N)))
    events = rng.random((20, N)) < 1e-3
    bounds = [estimate_of(np.where(*rows)).upper_bound(0.01) for rows in zip(events, large, bodies, strict=True)]
    assert np.mean(np.array(bounds) > 2) > 0.9
    wild = 50 * (1 - rng.random((20, N))) ** -1.0
    bounds = [estimate_of(np.where(*rows)).upper_bound(0.01) for rows in zip(events, wild, bodies, strict=True)]
    assert np.mean(np.array(bounds) < 2) > 0.9


def test_the_largest_of_pieces_are_the_largest_of_all():
    samples = special.ndtri(np.random.default_rng(seed_of("pieces")).random(4096))
    assert largest_deviations(samples, 9) == sorted(np.abs(samples - samples.mean()), reverse=True)[:9]
    assert largest_deviations(samples, 0) == [] and len(largest_deviations(samples[:3], 9)) == 3


def test_what_is_no_tail_is_refused():
    with pytest.raises(ArgumentError, match="at least two values"):
        hill_estimate([1.0])
    with pytest.raises(ArgumentError, match="largest must hold finite"):
        hill_estimate([1.0, math.inf])
    with pytest.raises(ArgumentError, match="value must be a tail index, above 0"):
        HillEstimate(-1.0, 3)
    with pytest.raises(ArgumentError, match="false_alarm must be a probability"):
        HillEstimate(1.0, 3).upper_bound(2.0)
