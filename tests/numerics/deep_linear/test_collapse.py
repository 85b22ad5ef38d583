"""Where two layers collapse near the origin: exact windows of SGD beside the SDE's threshold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.deep_linear import TwoLayerOrigin
from numerics.deep_linear.collapse import mean_log_of_gaussian
from numerics.deterministic.collapse_threshold import growth_rate
from numerics.errors import ArgumentError
from tests.numerics.seeding import FALSE_ALARM, seed_of


@pytest.mark.parametrize(("m", "v"), [(1, 1), (3, 0.01), (-2, 0.05), (8.1, 1.0), (7.9, 1.0)])
def test_the_mean_log_is_that_of_multiprecision(m, v):
    assert mean_log_of_gaussian(m, math.sqrt(v)) == pytest.approx(float(growth_rate(m, v)), abs=1e-12)


@pytest.mark.parametrize(("b", "eta"), [(1, 0.4), (2, 3.0)])
def test_growth_rates_are_those_of_drawn_steps(b, eta):
    n, rng = 400_000, np.random.default_rng(seed_of("two layers at the origin", b, eta))
    x, xi = rng.normal(size=(2, n, b))
    t = ((0.1 * x + xi) * x).mean(1)
    for sign, rate in zip((1, -1), TwoLayerOrigin(0.1, 1.0, b).growth_rates(eta), strict=True):
        logs = np.log(np.abs(1 + sign * eta * t))
        # The normal quantile of FALSE_ALARM is below 5.1
        assert FALSE_ALARM >= 1e-6
        assert abs(logs.mean() - rate) < 5.1 * logs.std() / math.sqrt(n)


def test_a_weak_mode_collapses_in_a_window_and_the_sde_from_another_rate_on():
    origin = TwoLayerOrigin(0.1, 1.0)
    (window,) = origin.windows()
    assert origin.sde_threshold == pytest.approx(0.2 / 1.02)
    assert window.lower == pytest.approx(0.18335, abs=1e-4) and window.upper == pytest.approx(1.2921, abs=1e-3)
    for eta, collapses in ((0.15, False), (0.2, True), (1.5, False)):
        assert (max(origin.growth_rates(eta)) < 0) is collapses


def test_a_strong_mode_never_collapses_under_sgd_though_its_sde_does():
    origin = TwoLayerOrigin(1.0, 1.0)
    assert origin.sde_threshold == pytest.approx(2 / 3)
    assert origin.windows() == ()


def test_large_batches_bring_both_thresholds_together():
    origin = TwoLayerOrigin(0.01, 1.0, batch_size=50)
    assert origin.windows()[0].lower == pytest.approx(origin.sde_threshold, rel=0.05)


@pytest.mark.parametrize("wrong", [{"singular_value": 0}, {"label_variance": -1}, {"batch_size": 0}])
def test_what_is_no_origin_is_refused(wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} must be"):
        TwoLayerOrigin(**{"singular_value": 1.0, "label_variance": 1.0, **wrong})
