"""What the claims of the stochastic-collapse paper are measured on: samples that depend on nothing but their index.

Means that are known in closed form are reached; second opinions agree with formulas they never saw.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, stats

from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import Moments
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.notation import eta, s_tilde, zeta
from verification.forms import Draw, Experiment, Samples
from verification.papers.stochastic_collapse.measured import one_dimension as samplers
from verification.papers.stochastic_collapse.measured import paths
from verification.papers.stochastic_collapse.teacher_student.modes import sampled_mode
from verification.registry import catalogue

Sampler = Callable[[dict[str, str], Draw], Samples]

EXPERIMENTS = {
    f"{claim.id}/{experiment.name}": experiment
    for claim in map(catalogue().claim, ("SC-024", "SC-027", "SC-032", "SC-081", "SC-110"))
    for statement in claim.statements
    for experiment in statement.experiments
    if getattr(experiment.sampler, "__module__", "") == samplers.__name__
}

MODE = {s_tilde: "2", eta: "1", zeta: "1"}

STEPLESS = {samplers.log_of_gaussian_multiplier}
"""Samplers whose samples are exact without any step, so that there is nothing to refine."""


def drawn(experiment: Experiment, n: int, first: int = 0, refinement: int = 1) -> Samples:
    return experiment.sampler(experiment.arguments, Draw(n, first, seed_of(experiment.name), refinement))


@pytest.mark.every(3)
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_samples_do_not_depend_on_how_they_are_cut_into_chunks(name):
    experiment = EXPERIMENTS[name]
    whole, parts = drawn(experiment, 48), [drawn(experiment, n, first) for n, first in ((5, 0), (27, 5), (16, 32))]
    assert np.array_equal(whole.values, np.concatenate([part.values for part in parts]))
    assert np.isfinite(whole.values).all()
    assert (whole.correction is None) == (parts[0].correction is None)
    if whole.correction is not None:
        assert np.array_equal(whole.correction, np.concatenate([part.correction for part in parts]))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_another_seed_and_another_index_give_other_samples(name):
    experiment = EXPERIMENTS[name]
    if "sign changes" in name:
        pytest.skip("its samples are indicators of an event that does not happen")
    here, later = drawn(experiment, 16).values, drawn(experiment, 16, first=16).values
    other = experiment.sampler(experiment.arguments, Draw(16, 0, seed_of("another"))).values
    assert not np.array_equal(here, later)
    assert not np.array_equal(here, other)


@pytest.mark.every(4)
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_second_stage_takes_a_finer_step(name, monkeypatch):
    experiment = EXPERIMENTS[name]
    if experiment.sampler in STEPLESS:
        assert np.array_equal(drawn(experiment, 16).values, drawn(experiment, 16, refinement=2).values)
        return
    steps = []

    def spy(*given, **named):
        steps.append((named["step"], named["options"].precision))
        return simulate(*given, **named)

    monkeypatch.setattr(sys.modules[simulate.__module__], "simulate", spy)  # where samplers look it up when they draw
    for refinement in (1, 2):
        drawn(experiment, 8, refinement=refinement)
    (coarse, first), (fine, second) = steps
    assert fine == pytest.approx(coarse / 2)
    assert (first, second) == ("mixed", "float64")


def moments(sampler: Sampler, n: int, **arguments: str) -> tuple[Moments, float]:
    """Moments of ``n`` samples, and the size of the discretisation error that they report with its own error."""
    return _moments(sampler(arguments, Draw(n, 0, seed_of(sampler.__name__, arguments))))


def moments_of(experiment: Experiment, n: int) -> tuple[Moments, float]:
    """The same for a declared experiment."""
    return _moments(drawn(experiment, n))


def _moments(samples: Samples) -> tuple[Moments, float]:
    bias = 0.0
    if samples.correction is not None:
        measured = Moments.from_samples(samples.correction)
        bias = abs(measured.mean) + measured.mean_estimate.half_width(FALSE_ALARM)
    return Moments.from_samples(samples.values), bias


def agrees(found: tuple[Moments, float], value: float) -> bool:
    sampled, bias = found
    return abs(sampled.mean - value) <= sampled.mean_estimate.half_width(FALSE_ALARM) + bias


@pytest.mark.every(2)
@pytest.mark.parametrize(("power", "value"), [(1, 1.5), (2, 3.75)])
def test_powers_of_a_mode_have_the_moments_of_its_gamma_law(power, value):
    found = moments_of(sampled_mode(MODE, until=18.0, power=power), 30_000)
    assert agrees(found, value)
    assert not agrees(found, 1.15 * value)


def test_the_mean_of_a_mode_is_that_of_the_exact_law_and_not_that_of_the_noiseless_path():
    found = moments_of(sampled_mode(MODE, until=0.5, start="3/10"), 20_000)
    # 1.0503519 is the spectral sum at k = 3/2, x = 3/10, tau = 1, evaluated apart from this project.
    assert agrees(found, 1.0503519)
    assert not agrees(found, 0.7926)


def test_the_log_rate_of_collapse_is_the_growth_rate_of_the_linearisation():
    found = moments(samplers.log_rate_of_mode, 1000, s_tilde="3/10", nu="1")
    assert agrees(found, -0.4)
    assert not agrees(found, -0.35)


def test_the_logarithm_of_a_gaussian_has_the_mean_that_quadrature_gives():
    found = moments(samplers.log_of_gaussian_multiplier, 50_000, m="1/2", v="4")
    value, _ = integrate.quad(lambda x: math.log(abs(x)) * stats.norm.pdf(x, 0.5, 2), -20, 20, points=[0, 0.5])
    assert agrees(found, value)
    assert not agrees(found, value + 0.05)


def test_the_grid_mean_starts_along_the_generator_and_ends_at_the_stationary_mean():
    k, x, tau = 1.5, 0.3, 1e-2

    # E x = x + tau L x + tau^2/2 L^2 x + tau^3/6 L^3 x, with L x^j = j (k + j) x^j - j x^(j+1).
    def generator(polynomial: dict[int, float]) -> dict[int, float]:
        found: dict[int, float] = {}
        for j, c in polynomial.items():
            found[j] = found.get(j, 0.0) + c * j * (k + j)
            found[j + 1] = found.get(j + 1, 0.0) - c * j
        return found

    expected, term = x, {1: 1.0}
    for order in range(1, 6):
        term = generator(term)
        expected += tau**order / math.factorial(order) * sum(c * x**j for j, c in term.items())
    early, error = samplers.mean_on_grid({"k": "3/2", "x": "3/10", "tau": "1/100"})
    assert early == pytest.approx(expected, rel=1e-5)
    assert error < 1e-4
    late, _ = samplers.mean_on_grid({"k": "4", "x": "3/10", "tau": "8"})
    assert late == pytest.approx(4.0, rel=1e-4)


def test_the_integrated_defect_of_unit_shape_is_eulers_constant():
    value, error = samplers.integrated_defect_on_grid({"k": "1", "x": "1/2"})
    assert value == pytest.approx(np.euler_gamma, abs=max(5 * error, 2e-3))


def test_a_brownian_path_is_named_by_its_arguments_and_has_the_variance_of_its_time():
    one, other = ({"s_tilde": "1", "nu": "1/2", "s_0": "1/2", "time": "3/2", "path": i} for i in (0, 1))
    increments = paths.brownian_path(one)
    assert np.array_equal(increments, paths.brownian_path(one))
    assert not np.array_equal(increments, paths.brownian_path(other))
    n = len(increments)
    low, high = stats.chi2.interval(1 - FALSE_ALARM, n)
    assert low < np.sum(increments**2) * n / 1.5 < high


def test_milstein_converges_to_the_solution_along_the_path():
    arguments = {"s_tilde": "1", "nu": "1/2", "s_0": "1/2", "time": "3/2", "path": 7}
    endpoint, area = paths.path_functionals(arguments)
    value, error = paths.milstein_on_path(arguments)
    assert value == pytest.approx(math.exp(endpoint) / (2 * area + 2), rel=2e-3)
    assert error < 2e-2 * value
    assert value != pytest.approx(math.exp(endpoint) / (area + 2), rel=5e-2)
