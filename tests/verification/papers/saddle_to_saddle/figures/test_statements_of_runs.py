"""Runs that statements of single claims rest on: what their summaries say of runs that go the other way."""

from __future__ import annotations

import pytest

from verification.papers.saddle_to_saddle.figures import peak_in_runs, ranks, smaller_start, splitting


def reproduced(summary):
    return [each["reproduced"] for each in summary["features"]]


def test_a_run_that_ends_nowhere_is_no_end_at_the_teacher():
    rows = [
        {"beta": beta, "learned": 3999, "collapsed": 0, "diverged": 0} for beta in (splitting.WEAK, splitting.STRONG)
    ]
    assert reproduced(splitting.share_learned(rows)) == [False, False]
    rows = [{"eta": eta, "learned": 0, "collapsed": 320, "diverged": 3680} for eta in splitting.RATES]
    summary = splitting.share_not_at_zero(rows)
    assert reproduced(summary) == [True, False]
    low, high = summary["location"]
    assert 0.89 < low < 0.92 < high < 0.95


def test_noise_that_keeps_the_rank_everywhere_is_no_contrast():
    rows = [{"noise": noise, "one": 4000, "two": 0} for noise in ("SGD", "Langevin")]
    assert reproduced(ranks.share_of_rank_one(rows)) == [False]


def test_a_peak_that_stays_is_told():
    row = {"before": 48, "runs": 96, "unlearned": 1, "left": [0.0, 0.5, 0.0], "until": 40}
    summary = peak_in_runs.share_before([row])
    assert reproduced(summary) == [False, False]
    assert summary["location"][0] < 0.5 < summary["location"][1]


def test_the_delay_is_counted_in_times_of_each_mode_over_starts_that_learn_all_modes():
    page = [[5.0, 7.0, 12.0], [5.2, 7.1, 12.5], [5.0, 7.0, 12.0]]
    code = [[6.0, 7.0 + 1 / 0.7, 14.5], [6.2, 7.1 + 1 / 0.7, 15.0], [6.0, float("inf"), 14.5]]
    summary = smaller_start.delay([{**smaller_start.PART, "page": page, "code": code}])
    assert summary["location"] == pytest.approx([1.0, 1.0], abs=1e-4)
    assert "2 of 3 starts" in summary["told"]
