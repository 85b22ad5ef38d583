"""When modes are learned: passages of replicas against solutions, and their statistics against counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.deep_linear import NoisyTeacher
from numerics.errors import ArgumentError
from numerics.layered import (
    DenseNetwork,
    FullGradientDescent,
    GradientFlowSteps,
    LearningTimes,
    MiniBatchDescent,
    Options,
    gaussian_layers,
    learning_times,
)
from tests.numerics.seeding import FALSE_ALARM, seed_of

TWO = NoisyTeacher(np.diag([1.0, 0.5]))
SQUARE = DenseNetwork((2, 2, 2))


def test_gradient_flow_learns_when_its_logistic_solution_does():
    initial = {f"W{l}": 0.1 * np.eye(2) for l in (1, 2)}
    settings = {"initial": initial, "steps": 160, "n_replicas": 2, "seed": 1, "every": 1}
    found = learning_times(SQUARE, TWO, GradientFlowSteps(step=0.05), share=0.75, **settings).steps * 0.05
    for mode, s in enumerate((1, 0.5)):
        exact = math.log((s / 0.01 - 1) / (1 / 0.75 - 1)) / (2 * s)
        assert found[:, mode] == pytest.approx([exact] * 2, abs=1e-3)


def test_replicas_have_their_own_rates_and_starts_over_many_blocks():
    n, chain = 4100, DenseNetwork((1, 1))
    rates, starts = np.linspace(0.01, 0.02, n), np.linspace(0, 0.5, n)
    found = learning_times(
        chain,
        NoisyTeacher([[1.0]]),
        FullGradientDescent(learning_rate=rates),
        initial={"W1": starts[:, None, None]},
        steps=400,
        n_replicas=n,
        seed=1,
        every=1,
    )
    exact = np.log(0.05 / (1 - starts)) / np.log1p(-rates)
    assert np.abs(found.steps[:, 0] - exact).max() < 0.01


def test_a_mode_that_starts_at_zero_is_never_learned_and_says_so():
    initial = {f"W{l}": np.diag([0.3, 0.0]) for l in (1, 2)}
    settings = {"initial": initial, "steps": 400, "n_replicas": 3, "seed": 1}
    found = learning_times(SQUARE, TWO, FullGradientDescent(learning_rate=0.05), **settings)
    assert (found.learned(0).value, found.learned(1).value) == (1, 0) and found.orders() == {}
    assert found.quantile(1, 0.5, false_alarm=0.1)[1] == math.inf
    with pytest.raises(ArgumentError, match="3 of 3 did not learn mode 1"):
        found.mean(1)


def test_a_replica_that_diverges_has_learned_nothing():
    initial = {"W1": np.array([[[0.5]], [[60.0]], [[0.5]]]), "W2": np.array([[[0.5]], [[60.0]], [[0.5]]])}
    found = learning_times(
        DenseNetwork((1, 1, 1)),
        NoisyTeacher([[1.0]]),
        MiniBatchDescent(learning_rate=0.05),
        initial=initial,
        steps=400,
        n_replicas=3,
        seed=1,
        options=Options(on_divergence="count"),
    )
    assert (found.diverged_at > 0).tolist() == [False, True, False] and found.learned(0).successes == 2


def test_intervals_of_a_quantile_cover_it_as_often_as_they_say():
    source, covered = np.random.default_rng(seed_of("quantiles of learning times")), 0
    for _ in range(400):
        times = LearningTimes(source.exponential(size=(40, 1)), np.zeros(40, int))
        low, high = times.quantile(0, 0.9, false_alarm=0.1)
        covered += low <= math.log(10) <= high
    # At least 90 %, and for 40 samples at most some 97 %.
    assert 0.86 < covered / 400 < 0.995


@pytest.mark.slow
def test_sgd_learns_as_plain_loops_do_and_equal_modes_in_either_order():
    n, eta, source = 3000, 0.05, np.random.default_rng(seed_of("plain loops"))
    weights = np.full((2, n), 0.3)
    times = np.full(n, np.inf)
    for k in range(1, 801):
        x = source.normal(size=n)
        error = (1 - weights[0] * weights[1]) * x
        weights = weights + eta * error * x * weights[::-1]
        times = np.where(np.isinf(times) & (weights.prod(0) >= 0.95), k - 0.5, times)
    chain = {"W1": [[0.3]], "W2": [[0.3]]}
    settings = {"steps": 800, "n_replicas": n, "every": 1}
    found = learning_times(
        DenseNetwork((1, 1, 1)),
        NoisyTeacher([[1.0]]),
        MiniBatchDescent(learning_rate=eta),
        initial=chain,
        seed=seed_of("learning times of sgd"),
        **settings,
    )
    error = math.hypot(found.mean(0).standard_error, times.std() / math.sqrt(n))
    assert abs(found.mean(0).value - times.mean()) < 5.1 * error + 0.5
    equal = learning_times(
        SQUARE,
        NoisyTeacher(np.eye(2)),
        MiniBatchDescent(learning_rate=eta),
        initial=gaussian_layers(SQUARE, n, seed=3, gain=0.1),
        seed=seed_of("equal modes"),
        **settings,
    )
    assert all(share.agrees_with(0.5, false_alarm=FALSE_ALARM) for share in equal.orders().values())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"share": 0}, "share must be positive"),
        ({"modes": 3}, "modes must be"),
        ({"every": 0}, "every must be"),
        ({"data": NoisyTeacher(np.zeros((2, 2)))}, "data must have a teacher that is not zero"),
        ({"network": DenseNetwork((2, 2, 2), activations="tanh")}, "network must be linear"),
    ],
)
def test_what_has_no_learning_times_is_refused(wrong, says):
    initial = {f"W{l}": 0.1 * np.eye(2) for l in (1, 2)}
    settings = {"network": SQUARE, "data": TWO, "dynamics": FullGradientDescent(learning_rate=0.1), **wrong}
    with pytest.raises(ArgumentError, match=says):
        learning_times(**settings, initial=initial, steps=10, n_replicas=1, seed=1)
