"""Figure 2 of the stochastic-collapse paper: what its measurement returns, and what is concluded from it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from docs.benchmarks import figure_2 as benchmark
from numerics.deterministic.collapse_threshold import growth_rate
from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from theory.models.single_neuron import w_1, w_2
from verification.forms import Figure
from verification.papers.stochastic_collapse.figures import data_of_figure_2, figure_2
from verification.registry import catalogue

FALSE_ALARM = 1e-6


def test_the_data_are_those_of_the_appendix():
    x, y = (np.array(column, dtype=float) for column in data_of_figure_2.data_set())
    assert len(x) == len(y) == 32
    quantile = stats.norm.isf(FALSE_ALARM / 2)
    assert abs(x.mean()) < quantile / math.sqrt(32)
    low, high = stats.chi2.ppf([FALSE_ALARM, 1 - FALSE_ALARM], 32)
    assert low < ((y - x) ** 2).sum() / 0.1**2 < high
    assert not low < ((y - x) ** 2).sum() / 0.3**2 < high
    assert abs(float(data_of_figure_2.signal()) - 1) < quantile * 0.1 / math.sqrt((x**2).sum())


@pytest.mark.slow
def test_the_two_noises_have_the_law_of_the_thirty_two():
    point = {w_1: 0.4, w_2: -0.7}
    full, reduced = (
        np.array(process.diffusion.subs(point | figure_2.parameters(1.3)), dtype=float)
        for process in (figure_2.driven_by_samples(), figure_2.process())
    )
    assert np.allclose(full, reduced, rtol=1e-13)
    assert figure_2.driven_by_samples().noise_dimension == 32 and figure_2.process().noise_dimension == 2


@pytest.mark.slow
def test_models_of_both_forms_spread_alike():
    """The logarithm of the distance after T = 2, far from the origin and close to it: equal means and variances."""
    n = 8192
    for start in (0.7, 1e-100):
        moments = []
        for process in (figure_2.driven_by_samples(), figure_2.process()):
            run = simulate(
                process, parameters=figure_2.parameters(1.5), initial=[start, 0.8 * start], step=0.05, until=2.0,
                n_paths=n, seed=data_of_figure_2.seed_of({"form": process.noise_dimension, "start": start}),
                options=Options(progress=False),
            )  # fmt: skip
            logs = np.log(figure_2.distance(run.final))
            moments.append((logs.mean(), logs.var(), ((logs - logs.mean()) ** 4).mean()))
        (mean, variance, fourth), (other, other_variance, other_fourth) = moments
        quantile = stats.norm.isf(FALSE_ALARM / 8)
        assert abs(mean - other) < quantile * math.sqrt((variance + other_variance) / n)
        spread = math.sqrt((fourth - variance**2 + other_fourth - other_variance**2) / n)
        assert abs(variance - other_variance) < quantile * spread
        assert abs(variance - 1.2 * other_variance) > quantile * spread


@pytest.mark.slow
def test_growth_far_below_the_start_is_that_of_the_euler_steps():
    m_xy, m_xx = map(float, data_of_figure_2.data_moments())
    found = figure_2.growth_at({"level": "6/5", "start": "far", "test": "growth"})
    expected = float(growth_rate(1 + figure_2.STEP * m_xy, 2 * figure_2.STEP * 1.2 * m_xx)) / figure_2.STEP
    quantile = stats.norm.isf(FALSE_ALARM / 2)
    assert abs(found["rate"] - expected) < quantile * found["rate_error"]
    assert abs(found["rate"] - (m_xy - 0.6 * m_xx)) > quantile * found["rate_error"]
    assert found["largest"] < 1e-20


@pytest.mark.slow
def test_deep_collapse_neither_underflows_nor_sticks():
    weights = figure_2.run(5.0, models=64, start=1e-60, seed=data_of_figure_2.seed_of({"test": "deep"}))
    distances = figure_2.distance(weights)
    assert (distances > 0).all() and np.median(distances[-1]) < 1e-200
    assert len(np.unique(distances[-1])) == 64


@pytest.mark.slow
def test_every_level_may_be_run_in_one_call():
    levels = np.array([0.5, 1.5, 3.0])
    weights = figure_2.run(levels, models=3, start=1e-3, seed=5)
    assert weights.shape == (len(figure_2.FIGURE.snapshots), 3, 2)
    assert figure_2.distance(weights[-1])[2] < figure_2.distance(weights[-1])[0]


def results(threshold, half=None):
    """Measurements as they would be with the growth rate vanishing at ``threshold``, half collapsed at ``half``."""
    far = [
        {"start": "far", "level": level, "rate": 0.83 * (threshold - level), "rate_error": 0.004, "largest": 1e-30}
        | {"models": 1024}
        for level in (0.8, 1.0, 1.2)
    ]
    near = []
    for level in (0.5, 0.8, 1.0, 1.2, 1.5):
        places = (half or threshold) - np.array([0.3, 0.15, 0.06, 0.0])
        counts = [int(1000 * share) for share in stats.norm.cdf((level - places) / np.array([0.2, 0.16, 0.14, 0.12]))]
        near.append(figure_2.FIGURE.row(level, counts, 1000, median_log10=-3.0, smallest=1e-9, weights=[[0.1, 0.2]]))
    return [*near, *far]


def features(found):
    return {feature["name"]: feature["reproduced"] for feature in figure_2.transition(found)["features"]}


def test_the_location_is_where_half_of_the_models_have_collapsed_and_not_where_the_rate_vanishes():
    for half in (0.9, 1.05, 1.15):
        lower, upper = figure_2.transition(results(1.0, half))["location"]
        assert lower < half < upper and upper - lower < 0.1


def test_the_right_figure_is_reproduced_and_a_shifted_one_is_not():
    right = features(results(figure_2.threshold_of_steps(), 0.97))
    assert all(right.values()), right
    missed = [name for name, reproduced in features(results(0.8, 0.97)).items() if not reproduced]
    assert missed == ["the growth rate vanishes at the exact threshold of the steps (not plotted)"]
    assert not features(results(0.8, 0.6))["the stated location lies in the rise"]


def test_a_figure_that_falls_with_the_noise_is_not_reproduced():
    found = results(figure_2.threshold_of_steps())
    near = found[:5]
    turned = [row | {"collapsed": other["collapsed"]} for row, other in zip(near, near[::-1], strict=True)]
    assert figure_2.transition([*turned, *found[5:]])["location"] is None
    there = features([*turned, *found[5:]])
    assert not there["the share rises with the noise"] and not there["none collapsed at the weakest noise"]


def test_the_threshold_of_the_steps_tends_to_the_signal():
    signal = float(data_of_figure_2.signal())
    coarse, fine = (1 - figure_2.threshold_of_steps(step) / signal for step in (0.01, 0.001))
    assert 0.01 < coarse < 0.016 and coarse / fine == pytest.approx(10, rel=0.05)


def test_parts_have_different_noise_and_the_claim_prints_the_signal():
    claim = catalogue().claim("SC-055")
    form = claim.statements[0].form
    assert isinstance(form, Figure)
    assert len({data_of_figure_2.seed_of(part) for part in form.parts}) == len(form.parts)
    assert sp.Rational(claim.statements[0].printed) == data_of_figure_2.signal()


@pytest.mark.slow  # by day: the numbers that are drawn, and the pictures of figure 1
def test_the_pictures_show_every_level():
    found = results(1.0)
    drawn = figure_2.pictures("figure-2", found, figure_2.transition(found))
    assert [len(picture.rows) for picture in drawn] == [0, 5, 3]


def test_the_drawn_loss_is_the_mean_over_all_points():
    x, y = (np.array(column, dtype=float) for column in data_of_figure_2.data_set())
    mean = 0.5 * np.mean((0.8 * np.tanh(1.2 * x) - y) ** 2)
    assert float(figure_2.loss_at(np.array([1.2]), np.array([0.8]))[0]) == pytest.approx(mean)
    assert mean != pytest.approx(0.5 * (0.8 * np.tanh(1.2 * x[0]) - y[0]) ** 2)


@pytest.mark.slow
def test_the_benchmark_runs_every_level_and_draws_what_is_in_the_evidence():
    figure = benchmark.run(models=16, levels=2, threads=1)
    assert [row["level"] for row in figure["rows"]] == [1.0, 2.0]
    assert figure["cost"]["steps"] == 2 * 16 * 10_000
    assert "signal" in benchmark.table(figure)
    evidence = json.loads(Path("docs/evidence/figure_2.json").read_text())
    assert len(benchmark.picture(evidence).rows) == 50
    assert evidence["threshold"] == float(data_of_figure_2.signal())
