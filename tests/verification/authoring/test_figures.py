"""The toolkit of figures: seeds, where a line vanishes, what counts as there."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from scipy import stats

from verification.authoring.figures import (
    feature,
    lies_at,
    normal_quantiles,
    of_few,
    rises,
    seed_of,
    smallest_among,
    zero_of_line,
)
from verification.errors import ClaimError


def test_a_seed_is_that_of_the_text_of_the_part_in_any_order():
    expected = int.from_bytes(hashlib.sha256(b"figure-1/[('mu', '3/2'), ('zeta', '1')]").digest()[:8], "little")
    assert seed_of("figure-1", {"zeta": "1", "mu": "3/2"}) == expected
    assert seed_of("figure-2", {"zeta": "1", "mu": "3/2"}) != expected


def test_the_zero_of_a_line_is_missed_as_often_as_the_false_alarm_says():
    source, places = np.random.default_rng(7), np.array([0.8, 1.0, 1.1, 1.3])
    errors = np.array([0.01, 0.02, 0.01, 0.03])
    missed = 0
    for _ in range(4000):
        values = 2 * (1.05 - places) + errors * source.standard_normal(4)
        lower, upper = zero_of_line(places, values, errors, false_alarm=0.1)
        missed += not lower < 1.05 < upper
    assert stats.binomtest(missed, 4000, 0.1).pvalue > 1e-6
    assert stats.binomtest(missed, 4000, 0.13).pvalue < 1e-6


@pytest.mark.parametrize("wrong", [([1.0], [0.0], [0.1]), ([1.0, 2.0], [0.0, 1.0], [0.0, 0.1])])
def test_a_line_through_one_place_or_without_errors_is_refused(wrong):
    with pytest.raises(ClaimError, match="two places and positive errors"):
        zero_of_line(*wrong)


def test_the_interval_of_the_half_is_missed_no_more_often_than_the_false_alarm_says():
    source, places = np.random.default_rng(8), np.array([0.9, 1.0, 1.1])
    missed = 0
    for _ in range(2000):
        counts = source.binomial(500, stats.norm.cdf((places - 1.04) / 0.1))
        values, errors = normal_quantiles(counts[1:], 500)
        lower, upper = zero_of_line(places[1:], values, errors, false_alarm=0.1)
        missed += not lower < 1.04 < upper
    assert stats.binomtest(missed, 2000, 0.1).pvalue > 1e-6


def test_a_fall_within_the_slack_is_forgiven_and_a_larger_one_is_not():
    values = [0.0, 0.5, 0.45, 1.0]
    assert rises("P", values, slack=0.06)["reproduced"]
    assert not rises("P", values, slack=0.04)["reproduced"]


def test_a_rise_within_the_error_is_open():
    found = rises("P", [0.0, 0.5, 0.45, 1.0], slack=0.3)
    assert not found["reproduced"] and found["open"]


def test_a_place_is_reproduced_by_a_narrow_interval_alone():
    assert lies_at("P", 1.0, [0.97, 1.02])["reproduced"]
    wide, beside = lies_at("P", 1.0, [0.2, 1.9]), lies_at("P", 1.0, [1.01, 1.02])
    assert not wide["reproduced"] and wide["open"]
    assert not beside["reproduced"] and "open" not in beside


def test_errors_of_few_runs_are_widened_to_students_interval():
    assert of_few(0.1, 3, false_alarm=0.05) * stats.norm.isf(0.025) == pytest.approx(0.1 * stats.t.isf(0.025, 2))
    assert of_few([0.1, 0.2], 10_000) == pytest.approx([0.1, 0.2], rel=2e-3)


def test_what_may_be_the_smallest_is_every_place_whose_interval_reaches_below_the_lowest_upper_end():
    places = [1, 2, 3, 4]
    assert smallest_among(places, [(3, 4), (1, 2), (1.5, 5), (2.5, 6)]) == [2.0, 3.0]
    assert smallest_among(places, [(0, 0.5), (1, 2), (1.5, 5), (2.5, 6)]) == [1.0, 1.0]


def test_a_measured_number_that_does_not_exist_is_none():
    assert feature("half", 1.0, math.nan, False)["measured"] is None
