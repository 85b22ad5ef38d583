"""Figure 1 of the stochastic-collapse paper: what its measurement returns, and what is concluded from it."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from docs.benchmarks import figure_1 as benchmark
from theory.notation import mu, zeta
from verification.forms import Figure
from verification.papers.stochastic_collapse.figures import figure_1
from verification.papers.stochastic_collapse.figures.picture_1 import stationary_on_line
from verification.registry import claims

FALSE_ALARM = 1e-6


@pytest.fixture(scope="module")
def strong():
    """A noise strong enough that the linear equation is the whole story at late times."""
    return figure_1.run_amplitude(1.5, 3.0, paths=1024, seed=figure_1.seed_of({"test": "strong"}))


def test_without_noise_every_path_flows_into_its_well():
    runs = figure_1.run_amplitude(1.5, 0.0, paths=64, seed=1)
    start = figure_1.initial_values(64, 1)
    assert np.allclose(runs.plain[-1], np.sign(start) * math.sqrt(1.5), rtol=1e-12)
    assert np.allclose(runs.logs[-1], math.log(1.5) / 2, rtol=1e-12)
    assert runs.collapsed == [0] * 5 and runs.sign_changes == 0


def test_the_start_has_variance_four_and_both_signs():
    start = figure_1.initial_values(40_000, 7)
    quantile = stats.norm.isf(FALSE_ALARM / 2)
    assert abs((start**2).mean() - 4) < quantile * 4 * math.sqrt(2 / start.size)
    assert abs((start > 0).mean() - 0.5) < quantile * 0.5 / math.sqrt(start.size)
    assert abs((start**2).mean() - 2) > quantile * 4 * math.sqrt(2 / start.size)


def test_a_collapsing_logarithm_falls_at_the_rate_of_the_linear_equation(strong):
    window = (figure_1.SNAPSHOTS[-1] - figure_1.SNAPSHOTS[-2]) * figure_1.STEP
    rates = (strong.logs[-1] - strong.logs[-2]) / window
    half = stats.norm.isf(FALSE_ALARM / 2) * 3.0 / math.sqrt(window * rates.size)
    assert abs(rates.mean() - (1.5 - 4.5)) < half
    assert abs(rates.mean() - (1.5 - 4.5 / 2)) > half


def test_far_below_underflow_the_logarithm_goes_on(strong):
    assert strong.logs[-1].min() < math.log(1e-300) / 1.05
    assert strong.collapsed[-1] == 1024


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
    form = claims()["SC-033"].statements[0].form
    assert isinstance(form, Figure)
    assert len({figure_1.seed_of(part) for part in form.parts}) == len(form.parts)


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


def results(threshold):
    """Measurements as they would be if the rate vanished at ``threshold``."""
    found = []
    for zeta_ in np.arange(1.5, 2.55, 0.1):
        rate = (threshold**2 - zeta_**2) / 2 if zeta_ > threshold else 0.0
        counts = [int(1000 * min(1.0, max(0.0, -rate * t))) for t in (0.1, 0.2, 0.5, 1, 2)]
        found.append(
            {"mu": "3/2", "zeta": float(zeta_), "collapsed": counts, "rate": rate, "rate_error": 0.003, "paths": 1000}
        )
    return found


def test_the_location_is_found_where_the_rate_vanishes():
    for threshold in (1.6, math.sqrt(3), 1.9):
        lower, upper = figure_1.transition(results(threshold))["location"]
        assert lower < threshold < upper and upper - lower < 0.1


def test_a_figure_that_falls_with_the_noise_is_not_reproduced():
    found = results(math.sqrt(3))
    missing = [dict(result, collapsed=counts["collapsed"]) for result, counts in zip(found, found[::-1], strict=True)]
    features = {feature["name"]: feature["reproduced"] for feature in figure_1.transition(missing)["features"]}
    assert not features["P rises with zeta"] and not features["no collapse at the smallest zeta"]
    right = figure_1.transition(found)["features"]
    assert all(feature["reproduced"] for feature in right), right


def test_panels_decide_nothing():
    panel = {"mu": "3/2", "zeta": "1", "show": "trajectories", "times": [0.0], "paths": [[1.0]], "seed": 1}
    assert figure_1.transition([*results(1.7), panel]) == figure_1.transition(results(1.7))


def test_the_summary_names_both_thresholds():
    summary = figure_1.transition(results(1.7))
    assert summary["threshold"] == pytest.approx(math.sqrt(3))
    assert summary["threshold_of_plain_steps"] == pytest.approx(1.7271, abs=1e-4)


def test_the_drawn_density_has_mass_one_and_collapses_beyond_the_threshold():
    drawn = stationary_on_line({mu: 1.5, zeta: 1})
    assert drawn is not None
    assert np.trapezoid(drawn[1], drawn[0]) == pytest.approx(1, abs=5e-3)
    assert stationary_on_line({mu: 1.5, zeta: 2}) is None


def test_the_benchmark_begins_without_noise_and_writes_what_it_measured(tmp_path):
    figure = benchmark.run(paths=32, amplitudes=2, threads=1, progress=False)
    assert [row["zeta"] for row in figure["rows"]] == [0.0, 3.0]
    assert figure["rows"][0]["collapsed"] == [0] * 6
    assert figure["rows"][1]["collapsed"][0] == 0 and figure["rows"][1]["collapsed"][-1] == 32
    assert figure["cost"]["steps"] == 2 * 2 * 32 * 80_000
    benchmark.write(figure, tmp_path)
    assert json.loads((tmp_path / "figure_1.json").read_text()) == figure
    assert (tmp_path / "figure_1.svg").read_text().startswith("<svg")
    assert "3.0000" in benchmark.table(figure)
