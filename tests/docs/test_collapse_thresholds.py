"""Lyapunov signs against simulated collapse on both sides of each threshold, and the threshold of Theorem 5.1 located.

Sizes and seeds are fixed in ``docs/benchmarks/collapse_thresholds.py``, which the slow tests run as it stands.
"""

import pytest

from docs.benchmarks import collapse_thresholds as thresholds
from verification.papers.stochastic_collapse.figures import figure_2

SYSTEMS = {
    "double well": thresholds.double_well,
    "mode": thresholds.teacher_student_mode,
    "neuron": thresholds.single_neuron,
    "descent": thresholds.label_noise_descent,
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_exponent_changes_sign_at_the_threshold(name):
    exponent = SYSTEMS[name]().exponent
    assert all((exponent(factor) < 0) == (factor > 1) for factor in (*thresholds.FACTORS, 1 - 1e-6, 1 + 1e-6))


@pytest.mark.every(7)
@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("name", ["double well", "mode", "descent"])
def test_far_from_its_threshold_a_system_collapses_as_the_sign_says(name, factor):
    found = thresholds.side(SYSTEMS[name](), factor)
    assert found["agrees"]
    assert found["share"] == (1.0 if factor > 1 else 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_at_three_distances_on_either_side_the_sign_decides_collapse(name):
    found = thresholds.sides(SYSTEMS[name]())
    assert [row["factor"] < 1 for row in found].count(True) == 3 == len(found) / 2
    assert all(row["agrees"] for row in found), found


def test_a_wrong_sign_would_be_noticed():
    system = thresholds.double_well()
    turned = thresholds.System("turned", lambda factor: -system.exponent(factor), system.log_distances)
    assert not thresholds.side(turned, 0.5)["agrees"] and not thresholds.side(turned, 2.0)["agrees"]


@pytest.mark.slow
def test_the_euler_steps_collapse_at_their_own_threshold():
    found = thresholds.located((0.8, 1.0, 1.2), models=1024, step=0.04)
    lower, upper = found["location"]
    assert lower < found["of_steps"] < upper
    assert not lower < found["sharp"] < upper  # steps of 0.04 move it by 5 %


@pytest.mark.slow
def test_the_threshold_of_theorem_5_1_is_located_within_two_per_cent():
    found = thresholds.located((0.8, 0.9, 1.1, 1.2), models=4096, step=0.005)
    lower, upper = found["location"]
    assert max(abs(error) for error in found["relative_error"]) < 0.02
    assert lower < found["of_steps"] < upper


def test_real_descent_collapses_where_its_multipliers_say_and_not_where_the_flow_does():
    found = thresholds.located_descent((0.9, 0.95, 1.05, 1.1), models=2048, steps=1000)
    lower, upper = found["location"]
    assert lower < found["exact"] < upper
    assert upper / lower < 1.03 and not lower < found["of_flow"] < upper


def test_starts_far_below_stay_in_the_linear_regime():
    logs = thresholds.iterated(thresholds.critical_label_noise(), 500, (500,), figure_2.FAR_START, 64, 1)
    assert logs.max() < -60
