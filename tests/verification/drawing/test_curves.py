"""Curves of figures: every curve, bar, line and table cell that is given is drawn, and matplotlib waits until then."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from verification.drawing.curves import (
    STYLES,
    Curve,
    CurvePanel,
    Guide,
    Line,
    columns,
    curves_picture,
    panels_picture,
    plot,
    points,
    share_curves,
)

PACKAGE = "verification.papers.stochastic_collapse"


def axes():
    return Figure().add_subplot()


def test_every_curve_has_its_own_style_and_every_line_its_place():
    panel = axes()
    plot(panel, [Curve(str(i), [0, 1], [i, i]) for i in range(len(STYLES))], [Line(0.5, ":", "signal")], xlabel="x")
    assert len({line.get_color() for line in panel.lines[: len(STYLES)]}) == len(STYLES)
    assert panel.lines[-1].get_label() == "signal = 0.5000" and panel.get_xlabel() == "x"


def test_bars_reach_from_their_lower_to_their_upper_ends():
    panel = axes()
    plot(panel, [Curve("share", [1.0, 2.0], [0.5, 1.0], bars=[(0.4, 0.7), (0.9, 1.0)])])
    (bars,) = panel.collections
    ends = [sorted(path.vertices[:, 1]) for path in bars.get_paths()]  # type: ignore[index]
    assert ends == [pytest.approx([0.4, 0.7]), pytest.approx([0.9, 1.0])]


def test_shares_make_a_curve_for_each_number_of_steps():
    shares = np.array([[0.0, 0.1], [0.4, 0.9]])
    first, last = share_curves([1000, 20_000], [1.0, 2.0], shares, np.stack([shares, shares], axis=2))
    assert (first.label, last.label) == ("1\u2009000 steps", "20\u2009000 steps")
    assert list(last.y) == [0.1, 0.9] and list(first.y) == [0.0, 0.4]


def test_a_table_is_given_by_columns_and_stored_by_rows():
    made = curves_picture(
        "p", [Curve("a", [0, 1], [0, 1])], axes={}, label="A line.", table={"x": ["0", "1"], "y": ["2", "3"]}
    )
    assert made.columns == ("x", "y") and made.rows == (("0", "2"), ("1", "3"))
    assert made.caption == "A line." and made.drawing.startswith("<svg")


def test_panels_stand_side_by_side_with_their_guides_and_one_legend():
    panels = [
        CurvePanel([Curve("first", [0, 1], [0, 1])], axes={"ylabel": "train"}),
        CurvePanel([Curve("second", [0, 1], [1, 2])], [Line(0.5, ":")], [Guide(1.0, label="nothing learned")]),
    ]
    drawn = panels_picture("p", panels, label="Two panels.").drawing
    assert "train" in drawn and "nothing learned" in drawn and "second" in drawn and "first" not in drawn
    assert "= 0.5000" not in drawn


def test_a_line_without_a_name_is_not_in_the_legend():
    panel = axes()
    plot(panel, [], [Line(0.5, ":")])
    assert panel.get_legend_handles_labels() == ([], [])


def test_cells_of_a_table_are_filled_from_their_own_row():
    assert columns([{"a": 1.25}, {"a": 2.5}], {"A": "{a:.1f}"}) == {"A": ["1.2", "2.5"]}


def test_points_lie_where_they_are():
    panel = axes()
    points(panel, {"weak": [[1.0, 2.0], [3.0, 4.0]], "strong": [[0.0, 0.0]]})
    assert [list(line.get_ydata()) for line in panel.lines] == [[2.0, 4.0], [0.0]]


@pytest.mark.slow  # by day: what a worker loads, tests/verification/test_start_up.py
def test_naming_what_draws_does_not_import_matplotlib():
    code = f"import sys, verification.drawing.curves, {PACKAGE}.figures.figure_1; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("high", "ticks"), [(40.0, ["5", "10", "20"]), (4e5, [])])
def test_less_than_two_decades_have_plain_ticks(high, ticks):
    panel = axes()
    plot(panel, [Curve("grows", [4.0, high], [1.0, 2.0])], xscale="log", xlim=(4.0, high))
    panel.figure.canvas.draw()
    labels = [label.get_text() for label in panel.get_xticklabels()]
    assert [label for label in labels if label in ("5", "10", "20")] == ticks
