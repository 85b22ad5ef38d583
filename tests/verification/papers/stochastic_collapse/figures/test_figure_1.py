"""Figure 1 of the stochastic-collapse paper: what its measurement returns, and what is concluded from it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from docs.benchmarks import figure_1 as benchmark
from theory.notation import mu, zeta
from verification.forms import Figure
from verification.papers.stochastic_collapse.figures import figure_1
from verification.registry import catalogue

FALSE_ALARM = 1e-6


@pytest.fixture(scope="module")
def strong():
    """A noise strong enough that the linear equation is the whole story at late times."""
    return figure_1.run_amplitude(1.5, 3.0, paths=1024, seed=figure_1.seed_of("figure-1", {"test": "strong"}))


def test_without_noise_every_path_flows_into_its_well():
    runs = figure_1.run_amplitude(1.5, 0.0, paths=64, seed=1)
    start = figure_1.initial_values(64, 1)
    assert np.allclose(runs.plain[-1], np.sign(start) * math.sqrt(1.5), rtol=1e-12)
    assert np.allclose(runs.logs[-1], math.log(1.5) / 2, rtol=1e-12)
    assert runs.sign_changes == 0


def test_the_start_has_variance_four_and_both_signs():
    start = figure_1.initial_values(40_000, 7)
    quantile = stats.norm.isf(FALSE_ALARM / 2)
    assert abs((start**2).mean() - 4) < quantile * 4 * math.sqrt(2 / start.size)
    assert abs((start > 0).mean() - 0.5) < quantile * 0.5 / math.sqrt(start.size)
    assert abs((start**2).mean() - 2) > quantile * 4 * math.sqrt(2 / start.size)


def test_a_collapsing_logarithm_falls_at_the_rate_of_the_linear_equation(strong):
    window = (figure_1.FIGURE.snapshots[-1] - figure_1.FIGURE.snapshots[-2]) * figure_1.STEP
    rates = (strong.logs[-1] - strong.logs[-2]) / window
    half = stats.norm.isf(FALSE_ALARM / 2) * 3.0 / math.sqrt(window * rates.size)
    assert abs(rates.mean() - (1.5 - 4.5)) < half
    assert abs(rates.mean() - (1.5 - 4.5 / 2)) > half


def test_far_below_underflow_the_logarithm_goes_on(strong):
    assert strong.logs[-1].min() < math.log(1e-300) / 1.05
    assert (strong.logs[-1] <= figure_1.LOG_EPSILON).all()


def test_plain_steps_on_the_same_noise_follow_the_logarithm(strong):
    seen = strong.plain[0] != 0
    assert seen.all()
    gap = np.log(np.abs(strong.plain[0])) - strong.logs[0]
    independent = np.log(np.abs(strong.plain[0])) - np.roll(strong.logs[0], 1)
    assert gap.std() < 0.2 * independent.std()
    assert strong.sign_changes == 0 and strong.blow_ups == 0


def test_a_run_is_the_same_on_any_number_of_threads():
    one, two = (figure_1.run_amplitude(1.5, 2.0, paths=256, seed=3, threads=threads) for threads in (1, 2))
    assert np.array_equal(one.logs, two.logs) and np.array_equal(one.plain, two.plain)


def test_different_amplitudes_see_different_noise():
    form = catalogue().claim("SC-033").statements[0].form
    assert isinstance(form, Figure)
    assert len({figure_1.seed_of("figure-1", part) for part in form.parts}) == len(form.parts)


def test_the_panels_share_their_starts_and_keep_their_signs():
    panels = [figure_1.measure({"mu": "3/2", "zeta": z, "show": "trajectories"}) for z in ("1/10", "5/2")]
    first, last = panels
    assert [path[0] for path in first["paths"]] == [path[0] for path in last["paths"]]
    assert first["times"][-1] == pytest.approx(10_000 * figure_1.STEP)
    for panel in panels:
        assert len(json.dumps(panel)) < 60_000
        assert all(np.sign(path).min() == np.sign(path).max() for path in panel["paths"])
        assert all(len(path) == len(panel["times"]) for path in panel["paths"])
    assert max(abs(path[-1]) for path in first["paths"]) == pytest.approx(math.sqrt(1.5), rel=0.3)


def results(threshold, half=None):
    """Measurements as they would be if the rate vanished at ``threshold``, and half had collapsed at ``half``."""
    found = []
    for zeta_ in np.arange(1.5, 2.55, 0.1):
        rate = (threshold**2 - zeta_**2) / 2 if zeta_ > threshold else 0.0
        places = np.array([0.6, 0.4, 0.2, 0.1, 0.0]) + (half or threshold + 0.02)
        counts = [int(1000 * share) for share in stats.norm.cdf((zeta_ - places) / 0.08)]
        found.append(
            figure_1.FIGURE.row(float(zeta_), counts, 1000, mu="3/2", rate=rate, rate_error=0.003, sign_changes=0)
        )
    return found


def features(found):
    return {feature["name"]: feature["reproduced"] for feature in figure_1.transition(found)["features"]}


def test_the_location_is_where_half_of_the_paths_have_collapsed_and_not_where_the_rate_vanishes():
    for half in (1.62, 1.8, 1.93):
        lower, upper = figure_1.transition(results(math.sqrt(3), half))["location"]
        assert lower < half < upper and upper - lower < 0.1


def test_the_right_figure_is_reproduced_and_its_rate_is_judged_by_itself():
    assert all(features(results(math.sqrt(3), 1.8)).values())
    missed = [name for name, reproduced in features(results(1.9, 1.8)).items() if not reproduced]
    assert missed == ["the growth rate vanishes at the threshold (not plotted)"]


def test_a_figure_that_falls_with_the_noise_is_not_reproduced():
    found = results(math.sqrt(3))
    turned = [{**row, "collapsed": other["collapsed"]} for row, other in zip(found, found[::-1], strict=True)]
    assert figure_1.transition(turned)["location"] is None
    there = features(turned)
    assert not there["the share rises with the noise"] and not there["none collapsed at the weakest noise"]


def test_a_transition_that_moves_away_from_the_threshold_with_time_is_not_reproduced():
    found = [{**row, "collapsed": row["collapsed"][::-1]} for row in results(math.sqrt(3))]
    there = features(found)
    assert not there["the half-way point comes closer to the stated one with time"]
    assert not there["the share rises with time"]


def test_panels_decide_nothing():
    panel = {"mu": "3/2", "zeta": "1", "show": "trajectories", "times": [0.0], "paths": [[1.0]], "seed": 1}
    assert figure_1.transition([*results(1.7), panel]) == figure_1.transition(results(1.7))


def test_the_summary_names_both_thresholds():
    summary = figure_1.transition(results(1.7))
    assert summary["threshold"] == pytest.approx(math.sqrt(3))
    assert summary["threshold_of_plain_steps"] == pytest.approx(1.7271, abs=1e-4)


def test_the_drawn_density_has_mass_one_and_collapses_beyond_the_threshold():
    drawn = figure_1.stationary_on_line({mu: 1.5, zeta: 1})
    assert drawn is not None
    assert np.trapezoid(drawn[1], drawn[0]) == pytest.approx(1, abs=5e-3)
    assert figure_1.stationary_on_line({mu: 1.5, zeta: 2}) is None


def test_the_pictures_are_one_panel_a_part_and_the_shares():
    panel = {"mu": "3/2", "zeta": "1", "show": "trajectories", "times": [0.0, 1.0], "paths": [[1.0, 0.5]], "seed": 1}
    found = results(math.sqrt(3))
    drawn = figure_1.pictures("figure-1", [panel, *found], figure_1.transition(found))
    assert [len(picture.rows) for picture in drawn] == [0, len(found)]
    assert drawn[1].columns[:2] == ("ζ", "5000 steps")


@pytest.mark.slow  # by day: its pictures
def test_the_benchmark_begins_without_noise_and_draws_what_is_in_the_evidence():
    figure = benchmark.run(paths=32, amplitudes=2, threads=1, progress=False)
    assert [row["zeta"] for row in figure["rows"]] == [0.0, 3.0]
    assert [row["collapsed"][-1] for row in figure["rows"]] == [0, 32]
    assert figure["cost"]["steps"] == 2 * 2 * 32 * 80_000
    assert "3.0000" in benchmark.table(figure)
    evidence = json.loads(Path("docs/evidence/figure_1.json").read_text())
    assert len(benchmark.picture(evidence).rows) == 50
    assert evidence["rows"][25]["seed"] == figure_1.seed_of("figure-1", {"mu": "3/2", "zeta": "75/49", "paths": 10_000})
