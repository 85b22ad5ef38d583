"""Noise between two square-root ends: the moments of a step, the laws of the chain, and never a step outside."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from numerics.errors import ArgumentError, NumericsError
from numerics.schemes import BoundedNoise, EulerMaruyama, SchemeError
from numerics.schemes.bounded_noise import noise_step
from numerics.simulation.simulate import simulate
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability

x = sp.Symbol("x", real=True)
U = sp.Symbol("U", positive=True)
UNIT = Interval(0, 1)
JACOBI = ItoProcess.scalar(x, drift=sp.Rational(1, 2) * (1 - x) - x, dispersion=sp.sqrt(x * (1 - x)))
SELECTION = ItoProcess.scalar(x, drift=2 * x * (1 - x), dispersion=sp.sqrt(x * (1 - x)))
N = 5_000


@pytest.mark.every(2)
@pytest.mark.parametrize("share", [1e-4, 0.05, 0.3, 0.9])
def test_a_step_of_the_noise_has_the_mean_and_the_variance_of_the_process(share):
    step = sp.lambdify((x, U), noise_step(x, U, (sp.S.Zero, sp.S.One), sp.sympify(share)), "numpy")
    uniform = (np.arange(200_000) + 0.5) / 200_000
    for start in (0.01, 0.2, 0.5, 0.93):
        with np.errstate(all="ignore"):
            ends = step(start, uniform)
        spread = share * start * (1 - start)
        assert ends.min() >= 0 and ends.max() <= 1
        assert ends.mean() == pytest.approx(start, rel=1e-3)
        assert ends.var() == pytest.approx(spread, rel=2e-3)
        clipped = np.clip(start + math.sqrt(spread) * stats.norm.ppf(uniform), 0, 1)
        if spread > start**2:  # a Gaussian cut off at the ends has neither
            assert clipped.mean() != pytest.approx(start, rel=0.1)


def test_the_jacobi_process_keeps_its_beta_law_without_being_told_a_scheme():
    law = stationary_density(JACOBI, UNIT).at({})
    start = np.random.default_rng(seed_of("beta")).beta(1, 2, size=(N, 1))
    found = simulate(JACOBI, initial=start, step=0.01, until=0.5, n_paths=N, seed=seed_of("jacobi")).final[:, 0]
    assert stats.kstest(found, "beta", args=(1, 2)).pvalue > FALSE_ALARM
    assert found.mean() == pytest.approx(float(law.mean), abs=6 * found.std() / math.sqrt(N))
    assert 0 <= found.min() and found.max() <= 1


@pytest.mark.slow  # by day: the unit interval
def test_an_interval_about_zero_is_kept_too():
    process = ItoProcess.scalar(x, drift=-x, dispersion=sp.sqrt(1 - x**2))
    found = simulate(process, initial=[0.2], step=0.05, until=2.0, n_paths=N, seed=seed_of("about zero")).final[:, 0]
    assert -1 <= found.min() < -0.9 and 0.9 < found.max() <= 1


def test_euler_steps_leave_the_domain_of_the_same_process():
    with pytest.raises(NumericsError, match="domain"):
        simulate(JACOBI, scheme=EulerMaruyama(), initial=[0.1], step=0.02, until=1.0, n_paths=500, seed=1)


def test_an_allele_is_fixed_as_often_as_kimura_says():
    found = simulate(SELECTION, initial=[0.2], step=0.02, until=10.0, n_paths=N, seed=seed_of("kimura")).final[:, 0]
    expected = float(hitting_probability(SELECTION, sp.Rational(1, 5), 0, 1, UNIT))
    assert np.isin(found, (0.0, 1.0)).mean() > 0.99
    assert found.mean() == pytest.approx(expected, abs=6 * 0.5 / math.sqrt(N))


@pytest.mark.parametrize("drift", [x, -1 - x, sp.sin(x)])
def test_a_drift_that_leaves_the_interval_is_refused(drift):
    process = ItoProcess.scalar(x, drift=drift, dispersion=sp.sqrt(x * (1 - x)))
    assert not BoundedNoise.applies(process)
    with pytest.raises(SchemeError, match="point outwards|does not point"):
        simulate(process, scheme=BoundedNoise(), initial=[0.5], step=0.1, until=1.0, n_paths=4, seed=1)


def test_a_start_outside_is_refused():
    with pytest.raises(ArgumentError, match="between"):
        simulate(JACOBI, initial=[1.5], step=0.1, until=1.0, n_paths=4, seed=1)
