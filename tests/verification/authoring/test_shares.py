"""Figures of how many runs have collapsed: rows, the half-way point, features, growth rates, the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from verification.authoring.shares import Shares
from verification.drawing.curves import Line

SHARES = Shares("level", "models", (10, 20), "ν", "noise level", "|w| < 0.01")


def rows(middle: float, width: float = 0.1, models: int = 1000) -> list[dict[str, object]]:
    """Shares that rise about ``middle`` at both snapshots."""
    places = np.arange(0.5, 1.55, 0.1)
    return [SHARES.row(x, [round(models * stats.norm.cdf((x - middle) / width))] * 2, models) for x in places]


def test_half_of_the_runs_is_found_between_two_rows():
    for middle in (0.73, 1.0, 1.21):
        lower, upper = SHARES.half(rows(middle)) or (math.nan, math.nan)
        assert lower < middle < upper and upper - lower < 0.1


def test_there_is_no_half_where_the_share_stays_on_one_side_or_only_falls():
    assert SHARES.half(rows(3.0)) is None
    assert SHARES.half(rows(-3.0)) is None
    assert SHARES.half(rows(1.0)[::-1]) is None


def test_the_features_of_shares_are_there_for_a_rise_about_the_stated_place_alone():
    assert all(found["reproduced"] for found in SHARES.features(rows(1.0), 1.03))
    far = {found["name"]: found["reproduced"] for found in SHARES.features(rows(1.0), 1.4)}
    assert not far["the stated location lies in the rise"] and far["the share rises with the noise"]
    fallen = SHARES.features(rows(1.0)[::-1], 1.0)
    assert not any(found["reproduced"] for found in fallen[:3])


@pytest.mark.parametrize("middle", [1.0, -3.0, 3.0])
def test_two_runs_tell_no_feature_of_shares(middle):
    few = rows(middle, models=2)
    for found in (*SHARES.features(few, 1.0), SHARES.approaches(few, 1.0)):
        assert not found["reproduced"] and found["open"], found["name"]


def test_a_row_holds_its_clopper_pearson_intervals():
    row = SHARES.row(1.0, [0, 10], 10)
    assert row["interval"][0] == pytest.approx([0.0, 1 - 0.025 ** (1 / 10)])
    assert row["interval"][1] == pytest.approx([0.025 ** (1 / 10), 1.0])


def test_a_growth_rate_is_the_mean_slope_of_the_logarithms_with_its_error():
    logs = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    found = SHARES.growth_rate(logs, 0, step=0.5)
    assert found == {"rate": 0.5, "rate_error": pytest.approx(np.std([0.2, 0.4, 0.6, 0.8], ddof=1) / 2)}


def test_the_picture_has_a_curve_for_each_snapshot_and_a_line_of_its_table_for_each_row():
    measured = [{**row, "rate": 0.25} for row in rows(1.0)]
    made = SHARES.picture("p", measured, [Line(1.0, "-", "signal")], caption="More.", cells={"rate": "{rate:.1f}"})
    assert made.columns == ("ν", "10 steps", "20 steps", "95 % interval at the end", "rate")
    assert len(made.rows) == len(measured) and made.rows[0][-1] == "0.2"
    assert (
        "P(|w| &lt; 0.01)" in made.drawing and "signal = 1.0000" in made.drawing and "20\u2009steps" not in made.drawing
    )
    assert made.caption == "Share of 1000 models with |w| < 0.01 against ν, with 95 % Clopper-Pearson bars. More."


def test_a_summary_has_the_half_way_point_the_features_and_the_rows():
    found = SHARES.summary(rows(1.0), [{"name": "f"}], step=0.1)
    assert found["location"] == SHARES.half(rows(1.0)) and found["features"] == [{"name": "f"}]
    assert found["snapshots"] == [10, 20] and found["step"] == 0.1 and found["rows"] == rows(1.0)
