"""Numbers of several runs: means, intervals that hold what they say, orders that are found where they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from verification.authoring.replicas import (
    interval,
    mean_and_error,
    neighbours,
    sign_test,
    significance_of_order,
    student_interval,
    to_digits,
)


def test_a_mean_comes_with_the_error_of_the_mean_at_each_snapshot():
    assert mean_and_error(np.array([[1.0, 3.0], [5.0, 5.0]])) == [[2.0, 1.0], [5.0, 0.0]]
    assert interval((2.0, 1.0), 3.0) == (-1.0, 5.0)


def test_numbers_are_rounded_to_digits_that_count():
    assert to_digits([1234567.0, 0.00012345678], 3) == [1230000.0, 0.000123]


def test_students_interval_misses_the_mean_as_often_as_the_false_alarm_says():
    samples = np.random.default_rng(3).standard_normal((4000, 5))
    ends = np.array([student_interval(sample, 0.1) for sample in samples])
    missed = int(((ends[:, 0] > 0) | (ends[:, 1] < 0)).sum())
    assert stats.binomtest(missed, 4000, 0.1).pvalue > 1e-6
    assert stats.binomtest(missed, 4000, 0.13).pvalue < 1e-6


def test_the_interval_of_a_single_run_is_a_point():
    assert student_interval([0.25], 1e-6) == (0.25, 0.25)


def test_neighbours_are_in_order_only_beyond_their_errors():
    rows = [{"zeta": z, "test": [[mean, 0.1]]} for z, mean in ((0.0, 2.0), (5.0, 1.0), (10.0, 0.9))]
    found = neighbours("error falls", rows, "zeta", "test", at=0, sign=-1, errors=3.0)
    assert [feature["reproduced"] for feature in found] == [True, False]
    assert found[0]["name"] == "error falls from zeta = 0 to 5" and found[0]["measured"] == -1.0
    against, unclear = neighbours("rises", rows, "zeta", "test", at=0, sign=1, errors=3.0)
    assert not against["reproduced"] and "open" not in against
    assert not unclear["reproduced"] and unclear["open"]


@pytest.mark.parametrize(
    ("low", "high"), [([1.0, 1.1, 0.9], [2.0, 2.1, 1.9]), ([1.0], [2.0, 2.1, 1.9]), ([1.0], [2.0])]
)
def test_an_order_is_significant_in_its_own_direction_alone(low, high):
    assert significance_of_order(low, high) < 0.01
    assert significance_of_order(high, low) > 0.99


def test_the_sign_test_is_exact():
    weaker, stronger = np.zeros(30, dtype=int), np.ones(30, dtype=int)
    assert sign_test(weaker, stronger) == pytest.approx(2.0**-30)
    assert sign_test(stronger, weaker) == pytest.approx(1.0)
    assert sign_test(weaker, weaker) == 1.0
