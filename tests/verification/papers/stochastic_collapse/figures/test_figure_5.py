"""Figure 5 of the stochastic-collapse paper: its data, its recursion, and what is concluded from its errors."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from docs.benchmarks import figure_5 as benchmark
from numerics.deterministic.student_mean import verhulst_moment
from numerics.sgd import linear_student
from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.matrices.spike_in_noise import aspect, critical_signal
from theory.models.teacher_student.error import mode_error, stationary_error
from theory.notation import eta, nu, s_tilde
from verification.forms import Draw, Figure
from verification.papers.stochastic_collapse.figures import figure_5
from verification.papers.stochastic_collapse.measured import linear_student as measured
from verification.registry import catalogue

FALSE_ALARM = 1e-6


@pytest.fixture(scope="module")
def rows():
    """Every noise level with a few replicas."""
    return [
        figure_5.level(noise, replicas=24, seed=figure_5.seed_of("figure-5", {"test": noise}))
        for noise in ("0", "10", "20")
    ]


def test_the_data_set_is_that_of_the_released_program():
    data = linear_student.data_set()
    assert data.teacher == pytest.approx(np.sum(np.linspace(0.5, 1, 8) ** 2))
    assert measured.predicted_test_error(mode_error(s_tilde), 0.0) == pytest.approx(3.387, abs=5e-4)
    # The error of the best diagonal shrinkage, and the stationary one at zeta = 20, to the digits that are known.
    assert 1 - np.sum(np.maximum(data.overlaps, 0) ** 2) / data.teacher == pytest.approx(0.566, abs=5e-4)
    assert measured.stationary_test_error(20.0) == pytest.approx(1.95, abs=5e-3)


@pytest.mark.slow  # by day: the moments of a mode at the drop
def test_without_noise_every_mode_learns_the_data():
    learned = figure_5.run(0.0, replicas=1, seed=1)
    large = linear_student.data_set().singular_values > 0.1
    assert np.allclose(learned[-1, 0, large], linear_student.data_set().singular_values[large], rtol=1e-6)


def test_a_replica_is_the_same_in_any_company_and_on_any_number_of_threads():
    together = figure_5.run(20.0, replicas=3, seed=9, threads=2)
    alone = figure_5.run(20.0, replicas=1, seed=9, first=2)
    assert np.array_equal(together[:, 2:], alone)
    assert not np.array_equal(together[-1, 0], together[-1, 1])


def test_a_mode_has_the_exact_moments_of_its_sde_at_the_drop():
    """Three modes of the figure at zeta = 20: two that live, and one near its threshold 0.586."""
    signals, steps = np.array([1.2, 0.8, 0.62]), 20_000
    simulation = iterate(
        linear_student.mode_recursion(eta),
        parameters={eta: linear_student.RATE, linear_student.amplitude: 20.0, s_tilde: np.repeat(signals, 4000)},
        initial=[1.0],
        steps=steps,
        n_replicas=12_000,
        seed=figure_5.seed_of("figure-5", {"test": "moments"}),
        options=Options(progress=False),
    )
    strength = linear_student.RATE * 400
    half = stats.norm.isf(FALSE_ALARM / 6)
    for signal, found in zip(signals, simulation.final[:, 0].reshape(3, 4000) ** 2, strict=True):
        for order in (1, 2):
            time = 2 * strength * linear_student.RATE * steps
            moment = verhulst_moment(signal / strength - 0.5, 1 / strength, time, order=order, digits=6)
            exact = float(strength**order * moment)
            error = (found**order).std() / math.sqrt(found.size)
            # The recursion's own moments differ from the SDE's by less than one per cent at this learning rate.
            assert abs((found**order).mean() - exact) < half * error + 0.01 * exact
        conjectured = (signal - strength / 2) ** 2
        assert abs((found**2).mean() - conjectured) > half * (found**2).std() / math.sqrt(found.size) + 0.01 * exact


def test_little_noise_raises_the_stationary_test_error():
    errors = [measured.stationary_test_error(noise) for noise in (0.0, 5.0, 10.0, 15.0, 20.0)]
    assert [round(error, 3) for error in errors] == [3.387, 3.442, 3.422, 2.949, 1.950]
    assert linear_student.data_set().overlaps.sum() > 0


def test_the_conjectured_mean_would_predict_a_student_better_than_nothing():
    c = sp.expand(s_tilde - nu / 2)
    conjectured = mode_error(c)
    assert measured.predicted_test_error(conjectured, 20.0) < 0.7
    assert measured.predicted_test_error(stationary_error(), 20.0) > 1.9


def test_at_the_printed_noise_no_signal_of_the_teacher_stands_out_of_the_data():
    critical = float(critical_signal().subs(aspect, 1))
    printed, released = (sigma * math.sqrt(linear_student.DIMENSION) for sigma in (0.5, linear_student.LABEL_NOISE))
    assert linear_student.SIGNALS.max() / printed < critical
    assert linear_student.SIGNALS.max() / released > critical


def test_the_order_is_found_at_the_largest_noise_and_a_shuffled_figure_is_not_reproduced(rows):
    found = figure_5.summary(rows)
    assert found["location"] == [20.0, 20.0]
    assert all(feature["reproduced"] for feature in found["features"] if "in the end" in feature["name"])
    runs = rows[-1]["replicas"]
    swapped = [dict(row, zeta=zeta, replicas=runs) for row, zeta in zip(rows, (20.0, 10.0, 0.0), strict=True)]
    other = figure_5.summary(swapped)
    assert other["location"] == [0.0, 0.0]
    assert not any(feature["reproduced"] for feature in other["features"] if "in the end" in feature["name"])


def test_levels_that_cannot_be_told_apart_are_both_in_the_location(rows):
    noisy = [dict(row, test=[[mean, 10.0] for mean, _ in row["test"]]) for row in rows]
    assert figure_5.summary(noisy)["location"] == [0.0, 20.0]


def test_two_runs_of_each_level_tell_no_order(rows):
    few = figure_5.summary([dict(row, replicas=2) for row in rows])
    assert [each["name"] for each in few["features"] if each["reproduced"] or not each["open"]] == []


def test_the_smallest_error_is_that_of_the_zero_student_unless_a_trained_one_is_better(rows):
    sharp, better = (
        [dict(row, test=[[mean / factor, error / 100] for mean, error in row["test"]]) for row in rows]
        for factor in (1, 3)
    )
    assert figure_5.smallest_error(sharp)["location"] == [1.0, 1.0]
    lower, upper = figure_5.smallest_error(better)["location"]
    assert lower < upper < 0.7


def test_samples_from_the_stationary_start_depend_on_their_index_alone():
    arguments = {"zeta": "20"}
    whole = measured.test_error_from_stationary_start(arguments, Draw(n=6, first=0, seed=4)).values
    part = measured.test_error_from_stationary_start(arguments, Draw(n=2, first=3, seed=4)).values
    assert np.array_equal(whole[3:5], part)


def test_the_picture_shows_what_was_measured(rows):
    form = catalogue().claim("SC-095").statement("order").form
    assert isinstance(form, Figure)
    drawn = figure_5.pictures("name", rows, figure_5.summary(rows))
    assert len(drawn) == 2 and "nothing learned" in drawn[0].drawing
    assert len(figure_5.pictures("name", rows, figure_5.smallest_error(rows))) == 1
    assert [row[0] for row in figure_5.errors_picture("other", figure_5.summary(rows)).rows] == ["0", "10", "20"]


@pytest.mark.slow  # by day: the picture of what the fixture measured
def test_the_benchmark_runs_every_level_and_draws_what_is_in_the_evidence():
    figure = benchmark.run(replicas=2, threads=1, progress=False)
    assert [row["zeta"] for row in figure["rows"]] == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert figure["cost"]["mode_steps"] == 5 * 2 * 64 * 61_000
    assert "61000" in benchmark.table(figure)
    evidence = json.loads(Path("docs/evidence/figure_5.json").read_text())
    assert len(benchmark.picture(evidence).rows) == 5
    assert evidence["rows"][1]["seed"] == figure_5.seed_of(
        "figure-5", {"benchmark": "figure 5", "zeta": "5", "replicas": 256}
    )
