"""What attraction in one dimension is measured on: means known in closed form, and a grid that never saw them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import pytest

from numerics.statistics.estimators import Moments
from tests.numerics.seeding import FALSE_ALARM, seed_of
from verification.authoring.simulated import number
from verification.forms import Draw, Samples
from verification.papers.stochastic_collapse.measured import one_dimension as samplers
from verification.registry import catalogue

Sampler = Callable[[Mapping[str, Any], Draw], Samples]


def moments(sampler: Sampler, n: int, **arguments: Any) -> tuple[Moments, float]:
    """Moments of ``n`` samples, and the size of the discretisation error that they report with its own error."""
    samples = sampler(arguments, Draw(n, 0, seed_of(getattr(sampler, "__name__", "simulated"), arguments)))
    bias = 0.0
    if samples.correction is not None:
        measured = Moments.from_samples(samples.correction)
        bias = abs(measured.mean) + measured.mean_estimate.half_width(FALSE_ALARM)
    return Moments.from_samples(samples.values), bias


def agrees(found: tuple[Moments, float], value: float) -> bool:
    sampled, bias = found
    return abs(sampled.mean - value) <= sampled.mean_estimate.half_width(FALSE_ALARM) + bias


@pytest.mark.parametrize(("mu", "zeta", "ratio"), [("3/10", "1", "1/10"), ("-1/2", "4/5", "1/2"), ("0", "3/2", "1/4")])
def test_the_supremum_of_geometric_brownian_motion_reaches_the_level_with_the_power_of_the_ratio(mu, zeta, ratio):
    found = moments(samplers.supremum_of_geometric_brownian_motion, 30_000, mu=mu, zeta=zeta, theta=ratio, epsilon="1")
    m, z, x = (number(text) for text in (mu, zeta, ratio))
    assert agrees(found, x ** (1 - 2 * m / z**2))
    assert not agrees(found, x ** (1 - 2 * m / z**2) * 1.15)
    assert not agrees(found, x ** (1 - m / z**2) * 1.3)


def test_the_square_of_the_double_well_has_the_mean_mu_minus_half_the_noise():
    # theta^2 is a Gamma variable of shape mu/zeta^2 - 1/2 and scale zeta^2.
    experiment, *_ = catalogue().claim("SC-031").statement("density").experiments
    found = moments(experiment.sampler, 20_000)
    assert agrees(found, 1.0)
    assert not agrees(found, 1.5)
    assert not agrees(found, 1.08)


def test_log_rates_of_collapse_are_the_growth_rate_of_the_linearisation():
    found = moments(samplers.log_rate_of_double_well, 2000, mu="1/5", zeta="1")
    assert agrees(found, 0.3)
    assert not agrees(found, 0.35)


def test_no_path_of_the_double_well_changes_its_sign_at_the_step_used():
    found, _ = moments(samplers.sign_changes_of_double_well, 2000, mu="3/2", zeta="1")
    assert found.mean == found.variance == 0


@pytest.mark.parametrize(("mu", "zeta", "start", "level"), [("1/5", "1", "1/10", "3/10"), ("-1/2", "1", "1/2", "6/5")])
def test_the_grid_knows_the_hitting_probability_of_the_scale_function(mu, zeta, start, level):
    m, z, x, end = (number(text) for text in (mu, zeta, start, level))

    def scale(upper: float) -> Any:
        return mpmath.quad(lambda y: y ** (-2 * m / z**2) * mpmath.exp(y**2 / z**2), [0, upper / 10, upper])

    value, error = samplers.hitting_probability_on_grid({"mu": mu, "zeta": zeta, "start": start, "level": level})
    assert error < 1e-5
    assert value == pytest.approx(float(scale(x) / scale(end)), abs=max(error, 1e-7))


@pytest.mark.slow
def test_paths_reach_the_level_as_often_as_the_grid_says():
    arguments = {"mu": "1/5", "zeta": "1", "start": "1/10", "level": "3/10"}
    value, _ = samplers.hitting_probability_on_grid(arguments)
    found = moments(samplers.double_well_reaches_level, 8000, **arguments)
    assert agrees(found, value)
    assert not agrees(found, value * 1.15)
