"""The runs behind the deep linear paper's figures: starts, optimisers and readings, against plain loops over steps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from verification.papers.saddle_to_saddle.figures import balance, end_of_training, time_scales
from verification.papers.saddle_to_saddle.figures.runs import (
    Course,
    Optimiser,
    Setting,
    crossing,
    follow,
    product,
    share_interval,
    told_times,
)

SHALLOW = Setting(depth=2, gamma=3)
WIDE = Setting(depth=3, gamma=2, hidden=24)


def test_starts_have_the_variance_of_the_page_also_where_layers_are_wide():
    start = WIDE.start(200, seed=3)
    for name, width in (("W1", 12), ("W2", 24), ("W3", 12)):
        spread = start[name].std() / width**-1
        assert abs(spread - 1) < 6 / np.sqrt(2 * start[name].size)


def test_a_balanced_start_keeps_the_maps_and_balances_the_layers():
    random, balanced = WIDE.start(3, seed=3), WIDE.balanced_start(3, seed=3)
    assert np.allclose(product(random), product(balanced), atol=1e-14)
    assert max(balance.numerator(l, balanced).max() for l in (1, 2)) < 1e-14
    assert min(balance.numerator(l, random).min() for l in (1, 2)) > 0.1


def test_an_aligned_start_has_diagonal_maps_whose_first_entries_are_largest():
    maps = product(SHALLOW.aligned_start(3, seed=3))
    entries = np.diagonal(maps, axis1=1, axis2=2)
    assert np.allclose(maps, entries[:, :, None] * np.eye(12), atol=1e-15)
    assert (np.diff(entries) <= 1e-15).all() and (entries >= -1e-15).all()


def plain_gradient_descent(setting: Setting, weights: dict[str, np.ndarray], steps: int) -> np.ndarray:
    """A loop over steps of one network, the gradient written out."""
    W1, W2 = (weights[name][0].copy() for name in ("W1", "W2"))
    for _ in range(steps):
        gap = setting.data.teacher - W2 @ W1
        W1, W2 = W1 + setting.rate * W2.T @ gap, W2 + setting.rate * gap @ W1.T
    return W2 @ W1


def test_gradient_descent_is_that_of_a_plain_loop_and_half_the_mean_over_outputs_is_not():
    start = SHALLOW.start(1, seed=5)
    course = follow(SHALLOW, Optimiser.GD, 4.0, start=start, seed=1, snapshots=8)
    assert np.allclose(course.maps[-1, 0], plain_gradient_descent(SHALLOW, start, 800), atol=1e-10)
    slower = Setting(depth=2, gamma=3, rate=SHALLOW.rate / 6)
    assert not np.allclose(course.maps[-1, 0], plain_gradient_descent(slower, start, 800), atol=1e-2)


def plain_sgd(setting: Setting, start: dict[str, np.ndarray], steps: int, seed: int) -> np.ndarray:
    """SGD on fresh samples with batches of one, replica by replica in NumPy, with noise of its own."""
    source = np.random.default_rng(seed)
    W1, W2 = (start[name].copy() for name in ("W1", "W2"))
    for _ in range(steps):
        x = source.normal(size=(len(W1), 12))
        hidden = np.einsum("nij,nj->ni", W1, x)
        error = x @ setting.data.teacher.T - np.einsum("nij,nj->ni", W2, hidden)
        down = np.einsum("nij,ni->nj", W2, error)
        W1 += setting.rate * down[:, :, None] * x[:, None, :]
        W2 += setting.rate * error[:, :, None] * hidden[:, None, :]
    return W2 @ W1


@pytest.fixture(scope="module")
def risen():
    """A start, and the first mode of 300 replicas of a plain loop while it rises."""
    start = {name: np.repeat(W, 300, axis=0) for name, W in SHALLOW.start(1, seed=5).items()}
    return start, plain_sgd(SHALLOW, start, 400, seed=2)[:, 0, 0]


@pytest.mark.parametrize(
    ("optimiser", "same"), [(Optimiser.SGD, True), (Optimiser.SDE, True), (Optimiser.LANGEVIN, False)]
)
def test_spread_of_the_first_mode_while_it_rises_is_that_of_a_plain_loop(risen, optimiser, same):
    start, plain = risen
    course = follow(SHALLOW, optimiser, 2.0, start=start, seed=1, snapshots=2, step=0.005)
    ratio = course.modes[-1, :, 0].std() / plain.std()
    assert bool(abs(ratio - 1) < 6 / np.sqrt(300)) == same


def test_crossings_are_found_between_snapshots_and_never_where_there_is_none():
    times = np.array([0.0, 1.0, 2.0])
    values = np.array([[0.0, 1.0, 0.0], [0.5, 1.0, 0.1], [1.0, 1.0, 0.2]])
    assert crossing(times, values, 0.75).tolist() == [1.5, 0.0, np.inf]
    assert told_times([1.5, np.inf]) == [1.5, None]


def test_the_loss_and_the_learning_times_belong_to_the_map():
    maps = np.zeros((2, 1, 12, 12))
    maps[1, 0] = SHALLOW.data.teacher
    course = Course(np.array([0.0, 1.0]), maps, {}, SHALLOW.values)
    assert course.loss[:, 0].tolist() == pytest.approx([(1 + 0.49 + 0.16) / 2, 0.0])
    assert course.learned(0.5)[0].tolist() == pytest.approx([0.5] * 3)


def test_widths_at_half_height_are_those_of_triangles():
    times = np.linspace(0, 4, 5)
    triangle = np.array([[0.0], [1.0], [2.0], [1.0], [0.0]])
    assert time_scales.half_width(times, triangle)[0] == pytest.approx(2.0)
    assert time_scales.half_width(2 * times, triangle)[0] == pytest.approx(4.0)


def test_a_share_of_nearly_all_runs_excludes_three_of_four():
    lower, upper = share_interval(72, 72)
    assert 0.75 < lower < upper == 1


def test_what_a_part_of_a_figure_measures_is_json():
    part = {"depth": 2, "gamma": 3, "until": [1, 2], "optimiser": "SGD", "runs": 4}
    measured = json.loads(json.dumps(end_of_training.measure(part), allow_nan=False))
    assert np.array(measured["errors"]).shape == (2, 4)
