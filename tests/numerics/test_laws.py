"""Closed laws of the theory against simulation, at parameters drawn by Hypothesis.

Every decision is taken at a false-alarm rate of 1e-9 at a sample size fixed in advance, with a seed derived from the
drawn parameters. Each property states a wrong law too, which the same numbers must refute.
"""

import math

import numpy as np
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from numerics.schemes import ExactGeometricBrownian, ExactOrnsteinUhlenbeck
from numerics.simulation.accumulators import Survival
from numerics.simulation.coupled_levels import coupled_samples
from numerics.simulation.log_coordinates import log_coordinates, log_distance, side
from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import mean
from numerics.statistics.goodness_of_fit import anderson_darling, kolmogorov_smirnov
from tests.examples import examples
from tests.numerics.seeding import FALSE_ALARM_IN_PROPERTY as ALPHA
from tests.numerics.seeding import seed_of
from theory.ito import ItoProcess
from theory.notation import mu, nu, s, s_tilde, theta, zeta

x = sp.Symbol("x", real=True)
k, sigma = sp.symbols("k sigma", positive=True)
w, ell = sp.symbols("w ell", real=True)

GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
OU = ItoProcess.scalar(x, drift=-k * x, dispersion=sigma)
TEACHER_STUDENT = ItoProcess.scalar(s, drift=2 * s * (s_tilde + nu / 2 - s), dispersion=2 * sp.sqrt(nu) * s)

few = settings(max_examples=examples(8))


def numbers(low, high):
    return st.floats(low, high).map(lambda value: round(value, 3))


@few
@given(numbers(-1.0, 1.0), numbers(0.1, 1.2), numbers(0.2, 3.0))
def test_geometric_brownian_motion_is_lognormal(m, z, start):
    time = 1.5
    run = simulate(GBM, parameters={mu: m, zeta: z}, initial=[start], step=0.5, until=time, n_paths=50_000,
                   seed=seed_of("gbm", m, z, start), scheme=ExactGeometricBrownian(),
                   observables=[sp.log(theta)])  # fmt: skip
    log_mean, log_sd = math.log(start) + (m - z**2 / 2) * time, z * math.sqrt(time)
    law = stats.norm(log_mean, log_sd).cdf
    y = np.log(run.final[:, 0])
    assert kolmogorov_smirnov(y, law).agrees(false_alarm=ALPHA)
    assert anderson_darling(y, law).agrees(false_alarm=ALPHA)
    moments = run.estimate(sp.log(theta))
    assert moments.agrees_with(log_mean, false_alarm=ALPHA)
    assert mean((y - log_mean) ** 2).agrees_with(log_sd**2, false_alarm=ALPHA)
    stratonovich = log_mean + z**2 / 2 * time
    if z * math.sqrt(50_000 * time) / 2 > 14:  # twice the half-width of the interval
        assert not moments.agrees_with(stratonovich, false_alarm=ALPHA)


@few
@given(numbers(0.2, 2.0), numbers(0.2, 2.0), numbers(-2.0, 2.0))
def test_ornstein_uhlenbeck_process_is_gaussian(rate, noise, start):
    run = simulate(OU, parameters={k: rate, sigma: noise}, initial=[start], step=0.75, until=1.5, n_paths=50_000,
                   seed=seed_of("ou", rate, noise, start), scheme=ExactOrnsteinUhlenbeck(),
                   observables=[x, x**2])  # fmt: skip
    centre = start * math.exp(-1.5 * rate)
    variance = noise**2 * -math.expm1(-3 * rate) / (2 * rate)
    law = stats.norm(centre, math.sqrt(variance))
    assert kolmogorov_smirnov(run.final[:, 0], law.cdf).agrees(false_alarm=ALPHA)
    assert run.estimate(x).agrees_with(centre, false_alarm=ALPHA)
    assert run.estimate(x**2).agrees_with(variance + centre**2, false_alarm=ALPHA)
    wide = stats.norm(centre, math.sqrt(2 * variance))  # the factor 2 of the Fokker-Planck equation lost
    assert not kolmogorov_smirnov(run.final[:, 0], wide.cdf).agrees(false_alarm=ALPHA)


def stationary_log_samples(process, law, parameters, time, step, *what):
    """Coupled coarse and fine trajectories of the logarithm, begun in ``law``: if it is stationary, nothing moves."""
    n, seed = 30_000, seed_of(*what)
    start = np.log(law.ppf(np.random.default_rng(seed).uniform(size=n)))
    chart = log_coordinates(process).process
    return coupled_samples(chart, parameters={**parameters, side: 1.0}, initial=start[:, None], step=step, until=time,
                           n_paths=n, seed=seed)  # fmt: skip


@few
@given(numbers(0.5, 2.0), numbers(0.2, 0.9))
def test_double_well_keeps_its_generalised_gamma_law(m, fraction):
    # theta^2 is Gamma with shape mu/zeta^2 - 1/2 and scale zeta^2, for zeta^2 < 2 mu
    z2 = round(2 * m * fraction, 3)
    law = stats.gamma(m / z2 - 0.5, scale=z2)
    values = {mu: m, zeta: math.sqrt(z2)}
    root_law = RootLaw(law)
    rate = 2 * m - z2
    step = 0.02 / max(1.0, m)
    samples = stationary_log_samples(WELL, root_law, values, round(2 / rate / step) * step, step, "well", m, z2)
    square = samples.extrapolated(sp.exp(2 * log_distance))
    assert square.agrees_with(m - z2 / 2, false_alarm=ALPHA)
    assert not square.agrees_with(m, false_alarm=ALPHA)  # the minimum of the potential, without the noise
    at_one = samples.extrapolated(sp.Piecewise((1, log_distance <= math.log(law.median()) / 2), (0, True)))
    assert at_one.agrees_with(0.5, false_alarm=ALPHA)


class RootLaw:
    """The law of the positive root of a positive random variable."""

    def __init__(self, law):
        self.law = law

    def ppf(self, u):
        return np.sqrt(self.law.ppf(u))


def test_the_double_well_forgets_a_wrong_law_within_the_time_given_to_the_right_one():
    m, z2, step = 1.0, 0.8, 0.02
    wrong = RootLaw(stats.gamma(m / z2, scale=z2))
    samples = stationary_log_samples(WELL, wrong, {mu: m, zeta: math.sqrt(z2)}, 1.66, step, "wrong well")
    start = mean(wrong.ppf(np.random.default_rng(seed_of("wrong well")).uniform(size=30_000)) ** 2)
    assert start.agrees_with(m, false_alarm=ALPHA)
    assert not samples.extrapolated(sp.exp(2 * log_distance)).agrees_with(m, false_alarm=ALPHA)


@few
@given(numbers(0.5, 2.0), numbers(0.1, 0.8))
def test_teacher_student_mode_keeps_its_gamma_law(signal, fraction):
    # Gamma with shape s~/nu - 1/2 and scale nu, for nu < 2 s~
    noise = round(signal * fraction, 3)
    law = stats.gamma(signal / noise - 0.5, scale=noise)
    step = 0.01 / max(1.0, signal)
    time = round(1.5 / signal / step) * step
    samples = stationary_log_samples(
        TEACHER_STUDENT, law, {s_tilde: signal, nu: noise}, time, step, "teacher", signal, noise
    )
    level = samples.extrapolated(sp.exp(log_distance))
    assert level.agrees_with(signal - noise / 2, false_alarm=ALPHA)
    assert not level.agrees_with(signal + noise / 2, false_alarm=ALPHA)  # the drift's zero
    square = samples.extrapolated(sp.exp(2 * log_distance))
    assert square.agrees_with(law.moment(2), false_alarm=ALPHA)


@few
@given(numbers(-0.5, 0.5), numbers(0.4, 1.2), numbers(1.3, 3.0))
def test_geometric_brownian_motion_reaches_a_level_with_the_probability_of_the_reflection_principle(m, z, level):
    # In log coordinates the dispersion is constant, so the bridges are exact and no step is too large
    time, height, drift = 2.0, math.log(level), m - z**2 / 2
    run = simulate(GBM, parameters={mu: m, zeta: z, ell: height}, initial=[1.0], step=0.5, until=time, n_paths=50_000,
                   seed=seed_of("hit", m, z, level), coordinates="log", options=Options(precision="float64"),
                   accumulators={w: Survival(log_distance, ell)}, observables=[1 - w])  # fmt: skip
    root = z * math.sqrt(time)
    probability = stats.norm.cdf((drift * time - height) / root) + math.exp(2 * drift * height / z**2) * stats.norm.cdf(
        (-height - drift * time) / root
    )
    moments = run.statistics[1 - w][0]
    assert moments.agrees_with(probability, false_alarm=ALPHA)
    end_only = stats.norm.cdf((drift * time - height) / root)
    if abs(probability - end_only) > 14 * moments.standard_error:
        assert not moments.agrees_with(end_only, false_alarm=ALPHA)


@few
@given(numbers(0.3, 1.5), st.sampled_from([0.6, 0.8, 1.25, 1.6]))
def test_the_double_well_collapses_exactly_beyond_its_critical_noise(m, ratio):
    # log|theta| has drift mu - zeta^2/2 near 0: it goes to -oo if zeta^2 > 2 mu and returns if zeta^2 < 2 mu
    z = math.sqrt(2 * m * ratio)
    rate = m - z**2 / 2
    time = 512.0
    run = simulate(WELL, parameters={mu: m, zeta: z}, initial=[math.exp(-3.0)], step=0.125, until=time,
                   n_paths=16_000, seed=seed_of("collapse", m, ratio), coordinates="log",
                   observables=[log_distance, sp.exp(2 * log_distance)])  # fmt: skip
    y, square = run.statistics[log_distance][0], run.statistics[sp.exp(2 * log_distance)][0]
    if ratio > 1:
        # dy <= (mu - zeta^2/2) dt + zeta dW, so E y falls at least at the linear rate
        assert y.mean - y.mean_estimate.half_width(ALPHA) <= rate * time - 3.0
        assert y.mean + y.mean_estimate.half_width(ALPHA) < rate * time / 2 < 0
    else:
        # In a stationary law E dy = 0, for the chain of any step too: E theta^2 = mu - zeta^2/2
        assert square.agrees_with(rate, false_alarm=ALPHA)
        assert not square.agrees_with(m, false_alarm=ALPHA)
