"""A mean that still moves is not given a narrow interval, and one at rest is found within its interval."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.errors import ArgumentError
from numerics.simulation.iterate import iterate
from numerics.statistics.at_rest import rest_interval
from numerics.statistics.estimators import Moments
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.notation import eta

TAU, LIMIT = 100, 2.0


def decaying(steps, starts=(0.0, 3.0, 5.0), tau=TAU, noise=0.1):
    """Means that decay to the limit, with noise of the replicas."""
    source = np.random.default_rng(5)
    at = lambda start, k: LIMIT + (start - LIMIT) * np.exp(-k / tau)  # noqa: E731
    sample = lambda start, k: Moments.from_samples(at(start, k) + noise * source.normal(size=300))  # noqa: E731
    return [[sample(start, k) for k in steps] for start in starts]


@pytest.mark.parametrize("steps", [(20, 40), (50, 250), (300, 500), (0, 300, 900), (700, 1000)])
def test_every_interval_holds_the_limit_however_short_the_run(steps):
    found = rest_interval(decaying(steps), steps, relaxation_steps=TAU, false_alarm=1e-6)
    low, high = found.interval
    assert low <= LIMIT <= high
    assert found.is_at_rest == (steps[-1] >= 500)
    assert str(found).startswith("at rest" if found.is_at_rest else "not at rest yet")
    assert found.is_at_rest or found.more_steps > 0


def test_the_interval_without_the_way_left_would_miss():
    found = rest_interval(decaying((50, 250)), (50, 250), relaxation_steps=TAU, false_alarm=1e-6)
    assert all(abs(end - LIMIT) > noise for end, noise in zip(found.ends, found.noise, strict=True))


def test_all_starts_share_one_rate_of_false_alarms():
    (one, *others), steps = decaying((700, 1000)), (700, 1000)
    alone = rest_interval([one], steps, relaxation_steps=TAU, false_alarm=0.1).noise[0]
    together = rest_interval([one, *others], steps, relaxation_steps=TAU, false_alarm=0.1).noise[0]
    assert together == pytest.approx(one[-1].mean_estimate.half_width(0.1 / 6)) and together > alone


def test_the_steps_named_are_enough():
    short = rest_interval(decaying((200, 400)), (200, 400), relaxation_steps=TAU, false_alarm=1e-6)
    steps = (200 + short.more_steps, 400 + short.more_steps)
    assert rest_interval(decaying(steps), steps, relaxation_steps=TAU, false_alarm=1e-6).is_at_rest


def test_starts_on_both_sides_notice_a_time_that_is_too_short():
    steps = (700, 1000)
    found = rest_interval(decaying(steps, tau=2000), steps, relaxation_steps=TAU, false_alarm=1e-6)
    assert not found.is_at_rest


def test_without_noise_a_mean_is_at_rest_where_it_stands_still():
    steps = (2000, 2600)
    found = rest_interval(decaying(steps, noise=0.0), steps, relaxation_steps=TAU, false_alarm=1e-6)
    assert found.is_at_rest and found.more_steps == 0
    moving = rest_interval(decaying((100, 200), noise=0.0), (100, 200), relaxation_steps=TAU, false_alarm=1e-6)
    assert not moving.is_at_rest


@pytest.mark.parametrize(("steps", "at_rest"), [(10_000, False), (60_000, True)])
def test_descent_of_two_factors_says_when_it_rests(steps, at_rest):
    u, w, y = sp.symbols("u w y", real=True)
    model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[sp.Rational(3, 2)], [sp.Rational(1, 2)]]))
    starts, at = ([2.0, 0.5], [0.5, 2.0], [1.5, 2 / 3]), [steps // 2, steps]
    rows = [
        iterate(
            gradient_descent(model, batch_size=1),
            parameters={eta: 0.02},
            initial=start,
            steps=steps,
            at=at,
            n_replicas=64,
            seed=k,
            observables={"charge": (u**2 - w**2) / 2},
        ).statistics["charge"]
        for k, start in enumerate(starts)
    ]
    found = rest_interval(rows, at, relaxation_steps=1 / (0.02**2 / 4), false_alarm=1e-6, resolution=0.01)
    assert found.is_at_rest == at_rest
    assert found.interval[0] <= 0 <= found.interval[1]
    sharper = rest_interval(rows, at, relaxation_steps=1 / (0.02**2 / 4), false_alarm=1e-6)
    assert not sharper.is_at_rest  # the charge shrinks for ever, and its noise with it


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": (5, 5)}, "steps must be"),
        ({"steps": (5, 6, 7)}, "starts must hold"),
        ({"starts": []}, "starts must hold"),
        ({"starts": [[1.0, 2.0]]}, "starts must hold"),
        ({"relaxation_steps": 0}, "relaxation_steps must be positive"),
        ({"resolution": -1}, "resolution must not be negative"),
        ({"false_alarm": 2}, "probability"),
    ],
)
def test_what_gives_no_interval_is_refused(change, said):
    given = {"starts": decaying((50, 250)), "steps": (50, 250), "relaxation_steps": 100, "false_alarm": 1e-6} | change
    with pytest.raises(ArgumentError, match=said):
        rest_interval(given.pop("starts"), given.pop("steps"), **given)
