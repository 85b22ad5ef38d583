"""Runs by a draw: whose trajectories, which step; and points, which are written down once."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory.discrete.recursion import Recursion
from theory.ito import ItoProcess
from verification.authoring import draws, predictions
from verification.authoring.shorthand import measured, table
from verification.errors import ClaimError
from verification.forms import Draw, Samples

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)
OU = ItoProcess.scalar(x, drift=-x, dispersion=1)
RUN = {"initial": [1.0], "step": 0.1, "until": 1.0}


def test_a_draw_takes_its_own_trajectories():
    whole = draws.drawn_paths(OU, Draw(8, 0, 3), **RUN).final
    assert np.array_equal(whole[4:], draws.drawn_paths(OU, Draw(4, 4, 3), **RUN).final)
    assert not np.array_equal(whole, draws.drawn_paths(OU, Draw(8, 0, 4), **RUN).final)


def test_the_second_stage_halves_the_step_of_both_levels():
    first, second = (draws.drawn_levels(OU, Draw(2, 0, 3, refinement), **RUN) for refinement in (1, 2))
    assert (first.step, second.step) == (0.1, 0.05)


def test_an_extrapolation_removes_an_error_of_first_order_and_on_two_grids_one_of_second_order():
    def value(cells: int) -> float:
        return 3 + 5 / cells**2

    fine, coarse = np.array([3 + 0.5]), np.array([3 + 1.0])
    assert draws.extrapolated(fine, coarse).values == pytest.approx(3)
    found, error = draws.on_two_grids(value, 10)
    assert found == pytest.approx(3) and error == pytest.approx(5 / 100 - 5 / 400)


def test_steps_of_a_recursion_are_those_of_the_draw():
    halved = Recursion([x], [x / 2])
    assert draws.drawn_steps(halved, Draw(3, 0, 1), initial=[8.0], steps=3).final.ravel().tolist() == [1.0] * 3


def test_a_point_of_symbols_reaches_the_sampler_by_name_and_the_candidate_by_value():
    def sampler(arguments, draw):
        return Samples(np.full(draw.n, float(sp.Rational(arguments["k"])) * arguments["size"]))

    experiment = measured(sampler, at={k: "1/2", s: "3"}, size=2)
    assert experiment.arguments == {"k": "1/2", "s": "3", "size": 2}
    assert experiment.predicted(s / k) == 6
    assert measured(sampler, size=2).predicted(sp.Integer(7)) == 7


def test_a_table_has_one_point_a_row_and_refuses_a_row_of_another_length():
    assert table("k x", "1/2 3", "0 1") == ({"k": "1/2", "x": "3"}, {"k": "0", "x": "1"})
    with pytest.raises(ClaimError, match="one value for each of them in every row, got '1/2'"):
        table("k x", "1/2")


def test_a_column_predicts_the_entry_of_each_point_and_a_formula_its_value_there():
    points = table("k", "1", "2")
    column = sp.Matrix([s, s**2])
    assert [predictions.entry_of(points)(column, point) for point in points] == [s, s**2]
    assert [predictions.at_point(k)(s * k, point) for point in points] == [s, 2 * s]


def test_a_condition_predicts_one_number_where_it_holds_and_another_where_it_does_not():
    predicted = predictions.either(s, 2 * s, {k: "1", s: "3"})
    assert (predicted(k < 2), predicted(k > 2)) == (3, 6)
