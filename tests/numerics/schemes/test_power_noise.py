"""Noise that is a power of the state: laws of the chain, never a step outside, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from numerics.errors import NumericsError
from numerics.schemes import EulerMaruyama, PowerNoise, SchemeError
from numerics.simulation.simulate import simulate
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.ito import ItoProcess
from theory.line.laws.stationary import stationary_density

x = sp.Symbol("x", positive=True)
k = sp.Symbol("k", positive=True)
HALVES = sp.Rational(3, 2)
THREE_HALVES = ItoProcess.scalar(x, drift=x * (2 - k * x), dispersion=x**HALVES)
CEV = ItoProcess.scalar(x, drift=1 - x, dispersion=x ** sp.Rational(3, 5))
N = 4_000


def test_the_three_halves_model_keeps_its_inverse_gamma_law_without_being_told_a_scheme():
    # 1/X is a square-root diffusion with drift 2 - 2 Y: gamma with shape 4 and rate 4.
    start = 1 / np.random.default_rng(seed_of("3/2")).gamma(4, 1 / 4, size=(N, 1))
    run = simulate(
        THREE_HALVES, parameters={k: 1.0}, initial=start, step=0.05, until=1.0, n_paths=N, seed=seed_of("three halves")
    )
    assert stats.kstest(1 / run.final[:, 0], "gamma", args=(4, 0, 1 / 4)).pvalue > FALSE_ALARM


def test_the_mean_of_a_cev_process_and_its_stationary_variance():
    run = simulate(CEV, initial=[0.5], step=0.01, until=5.0, n_paths=N, seed=seed_of("cev"))
    found, law = run.final[:, 0], stationary_density(CEV).at({})
    assert found.mean() == pytest.approx(1 - 0.5 * math.exp(-5), abs=6 * found.std() / math.sqrt(N) + 0.01)
    spread = found.var() * math.sqrt((stats.kurtosis(found) + 2) / N)
    assert found.var() == pytest.approx(float(law.variance), abs=6 * spread + 0.02)


@pytest.mark.parametrize("process", [CEV, ItoProcess.scalar(x, drift=1 - x**2, dispersion=2 * x ** sp.Rational(7, 4))])
def test_no_step_however_long_leaves_the_half_line(process):
    found = simulate(process, initial=[0.01], step=0.5, until=10.0, n_paths=500, seed=seed_of("long")).final
    assert np.isfinite(found).all() and found.min() > 0


def test_euler_steps_leave_it():
    with pytest.raises(NumericsError, match="PowerNoise"):
        simulate(CEV, scheme=EulerMaruyama(), initial=[0.5], step=0.05, until=5.0, n_paths=N, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_quantiles_of_the_cev_law(level):
    n = 100_000
    place = float(stationary_density(CEV).at({}).quantile(sp.Rational(str(level))))
    found = simulate(CEV, initial=[1.0], step=0.01, until=8.0, n_paths=n, seed=seed_of("quantiles")).final[:, 0]
    assert (found < place).mean() == pytest.approx(level, abs=6 * math.sqrt(level * (1 - level) / n) + 0.005)


def test_zero_stays_where_the_noise_is_steeper_than_the_state():
    run = simulate(THREE_HALVES, parameters={k: 1.0}, initial=[0.0], step=0.1, until=1.0, n_paths=4, seed=1)
    assert (run.final == 0).all()


@pytest.mark.parametrize(
    ("drift", "power"),
    [(-x, sp.Rational(3, 5)), (1 - x, sp.Rational(1, 3)), (1 - sp.exp(x), sp.Rational(3, 5)), (x**2, HALVES), (x, 1)],
)
def test_other_processes_are_refused_with_what_helps(drift, power):
    process = ItoProcess.scalar(x, drift=drift, dispersion=x**power)
    assert not PowerNoise.applies(process)
    with pytest.raises(SchemeError, match="Absorbing"):
        PowerNoise().check(process)
