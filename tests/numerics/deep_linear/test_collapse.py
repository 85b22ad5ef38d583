"""Where two layers collapse near the origin: exact windows of SGD beside the SDE's threshold."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy

from numerics.deep_linear import NoisyTeacher, TwoLayerOrigin, label_noise_growth
from numerics.deep_linear.collapse import mean_log_of_gaussian
from numerics.deterministic.collapse_threshold import growth_rate
from numerics.errors import ArgumentError
from numerics.layered.dynamics import GradientNoiseDiffusion, MiniBatchDescent
from numerics.layered.initial import gaussian_layers
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from numerics.statistics.estimators import Estimate, mean
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


def measured_growth(inputs, outputs, dynamics, square, replicas=2000):
    """The growth rate over 40 units of time after 13 of them, by runs of one hidden unit from weights of 1e-60."""
    network, kept = DenseNetwork((inputs, 1, outputs)), []

    def record(weights):
        kept.append(np.log((weights["W1"] ** 2).sum((1, 2)) + (weights["W2"] ** 2).sum((1, 2))))
        return kept[-1]

    at = [round(13 / square), round(53 / square)]
    train_layers(
        network,
        NoisyTeacher(np.zeros((outputs, inputs)), label_covariance=1.0),
        dynamics,
        initial={name: 1e-60 * W for name, W in gaussian_layers(network, replicas, seed=1).items()},
        steps=at[-1],
        n_replicas=replicas,
        seed=seed_of("growth by label noise", inputs, outputs, square),
        at=at,
        observables={"log of the square": record},
        options=Options(precision="float64"),
    )
    return mean((kept[1] - kept[0]) / ((at[1] - at[0]) * square))


@pytest.mark.slow
@pytest.mark.parametrize(("inputs", "outputs"), [(3, 1), (2, 4)])
def test_label_noise_alone_drives_wide_layers_away_from_zero_as_the_sde_says(inputs, outputs):
    # Euler and Maruyama's steps h = eta have an error of the order eta h; two of them are extrapolated.
    fine, coarse = (
        measured_growth(inputs, outputs, GradientNoiseDiffusion(learning_rate=math.sqrt(h)), h) for h in (0.02, 0.04)
    )
    error = math.hypot(2 * fine.standard_error, coarse.standard_error)
    found = Estimate(2 * fine.value - coarse.value, error)
    assert found.agrees_with(label_noise_growth(inputs, outputs), false_alarm=FALSE_ALARM)
    assert not found.agrees_with(label_noise_growth(2, 1), false_alarm=FALSE_ALARM)


def test_sgd_itself_collapses_for_one_input_and_output_only():
    rates = {
        shape: measured_growth(*shape, MiniBatchDescent(learning_rate=0.1), 0.01, replicas=500).interval(FALSE_ALARM)
        for shape in ((1, 1), (3, 1), (3, 3))
    }
    assert rates[1, 1][1] < 0 < min(rates[3, 1][0], rates[3, 3][0])


def test_growth_by_label_noise_is_zero_at_two_shapes_and_rises_with_the_widths():
    assert label_noise_growth(2, 1) == pytest.approx(0, abs=1e-12) and label_noise_growth(2, 2) == 0
    table = np.array([[label_noise_growth(i, o) for o in range(1, 7)] for i in range(1, 7)])
    assert np.array_equal(table, table.T) and (np.diff(table[:, 2:], axis=0) > 0).all()
    assert (table < -1e-12).sum() == 1 and label_noise_growth(1000, 1) > 10


def test_growth_by_label_noise_is_the_integral_over_the_stationary_ratio():
    # (3, 1): density q^-2 exp(-1/2q) (1+q)^(1/2) (1-q)^(-1/2), integrated in t = 1/q by another rule.
    t = 1 + ((np.arange(100_000) + 0.5) / 100_000 * 12) ** 2
    q = 1 / t
    weight = np.exp(-t / 2) * np.sqrt((1 + q) / (1 - q)) * np.sqrt(t - 1)
    rate = 2 - q - 2 * (1 - q**2)
    assert label_noise_growth(3, 1) == pytest.approx((weight * rate).sum() / weight.sum(), rel=1e-5)


@pytest.mark.parametrize("wrong", [{"inputs": 0}, {"outputs": 1.5}, {"inputs": None}, {"outputs": 10**4}])
def test_what_is_no_shape_is_refused(wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} must be"):
        label_noise_growth(**{"inputs": 1, "outputs": 1, **wrong})


@pytest.mark.parametrize(
    ("s", "variance", "told"),
    [
        (1e-9, 1.0, "singular_value must be at least 1e-05 times the root of label_variance / batch_size, 1e-05 here"),
        (1e200, 1.0, r"singular_value must be positive and at most 1e\+100"),
        (1.0, 1e300, r"label_variance must be positive and at most 1e\+100"),
    ],
)
def test_what_no_window_can_be_resolved_for_is_refused_by_name(s, variance, told):
    with pytest.raises(ArgumentError, match=told):
        TwoLayerOrigin(s, variance).windows()


def test_steps_too_small_for_float64_do_not_grow():
    assert TwoLayerOrigin(0.1, 1.0).growth_rates(1e-323) == (0.0, 0.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("variance", [1e-12, 1e-300])
def test_growth_rates_with_hardly_any_label_noise_are_exponential_integrals(variance):
    origin = TwoLayerOrigin(1.0, variance, 2)  # t is exponential: e E_1(1) and -Ei(1) / e
    exact = (math.e * scipy.special.exp1(1.0), -scipy.special.expi(1.0) / math.e)
    assert origin.growth_rates(1.0) == pytest.approx(exact, abs=1e-10)
    assert origin.windows() == ()
