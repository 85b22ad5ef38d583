"""Steps that keep a half-line or an interval: exact where they say so, and wrong without the bridge."""

import math

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from numerics.errors import ArgumentError
from numerics.schemes import Absorbing, EulerMaruyama, QuadraticExponential, Reflecting, SchemeError
from numerics.simulation.simulate import simulate
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.ito import ItoProcess
from theory.line.laws.stationary import stationary_density

x = sp.Symbol("x", real=True)
w = sp.Symbol("w", positive=True)
k, s = sp.symbols("k s", positive=True)
DRIFTING = ItoProcess.scalar(w, drift=-k, dispersion=s)
N = 40_000


def run(process, scheme, initial, *, step, until, parameters=None, **others):
    seed = seed_of(f"{scheme} {process} {step}")
    asked = {"initial": initial, "step": step, "until": until, "seed": seed, **others}
    return simulate(process, scheme=scheme, parameters=parameters, n_paths=N, **asked).final[:, 0]


def test_a_reflected_walk_keeps_the_stationary_law_that_theory_gives_it_at_a_huge_step():
    law = stationary_density(DRIFTING).at({k: 1, s: 1})
    scale = float(law.mean)
    start = np.random.default_rng(seed_of("start")).exponential(scale, size=(N, 1))
    final = run(DRIFTING, Reflecting(left=0), start, step=0.5, until=2.0, parameters={k: 1.0, s: 1.0})
    assert stats.kstest(final, "expon", args=(0, scale)).pvalue > FALSE_ALARM
    normals = np.random.default_rng(seed_of("naive")).standard_normal((4, N))
    naive = start[:, 0]
    for z in normals:
        naive = np.abs(naive - 0.5 + math.sqrt(0.5) * z)  # the same step without its bridge
    assert stats.kstest(naive, "expon", args=(0, scale)).pvalue < FALSE_ALARM


def test_a_right_end_is_the_mirror_image_of_a_left_one():
    mirrored = ItoProcess.scalar(x, drift=k, dispersion=s)
    values = {k: 1.0, s: 1.0}
    final = run(mirrored, Reflecting(right=1), [1.0], step=0.5, until=10.0, parameters=values)
    assert final.max() <= 1
    assert stats.kstest(1 - final, "expon", args=(0, 0.5)).pvalue > FALSE_ALARM


def test_brownian_motion_between_two_reflecting_ends_becomes_uniform():
    final = run(ItoProcess.scalar(x, drift=0, dispersion=1), Reflecting(left=0, right=s), [0.1], step=0.01, until=6.0,
                parameters={s: 2.0})  # fmt: skip
    assert 0 <= final.min() and final.max() <= 2
    assert stats.kstest(final, "uniform", args=(0, 2)).pvalue > FALSE_ALARM


def test_the_survival_of_an_absorbed_walk_is_that_of_bachelier_and_levy():
    final = run(DRIFTING, Absorbing(left=0), [0.5], step=0.5, until=1.0, parameters={k: 1.0, s: 1.0})
    phi = stats.norm.cdf
    survival = phi(0.5 - 1) - math.exp(2 * 0.5) * phi(-0.5 - 1)
    counted = stats.binomtest(int((final > 0).sum()), N, survival)
    assert counted.pvalue > FALSE_ALARM
    grid_only = phi(0.5 - 1)  # what ends above 0, whatever happened between
    assert stats.binomtest(int((final > 0).sum()), N, grid_only).pvalue < FALSE_ALARM


def test_an_absorbed_state_stays_on_the_end_that_took_it():
    final = run(ItoProcess.scalar(x, drift=0, dispersion=1), Absorbing(left=-1, right=2), [0.0], step=0.05, until=40.0)
    assert set(final) == {-1.0, 2.0}
    assert stats.binomtest(int((final == 2).sum()), N, 1 / 3).pvalue > FALSE_ALARM


# At c = 8 the sample tells a lost term from the truth; half of it would lie within its error.
@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("c", "lost"), [(0.2, 0.5), (8.0, 1.0)], ids=["nearly Gaussian, half a term lost", "mostly near zero, a term lost"]
)
def test_the_square_root_scheme_has_mean_and_variance_of_the_process_at_any_step(c, lost):
    process = ItoProcess.scalar(w, drift=sp.Rational(1, 2) - w, dispersion=sp.sqrt(c * w))
    final = run(process, QuadraticExponential(), [1.5], step=0.5, until=1.0)
    decay = math.exp(-1)
    growth = 1 - decay
    mean = 1.5 * decay + 0.5 * growth
    variance = c * (decay * growth * 1.5 + 0.5 * growth**2 / 2)
    assert final.min() >= 0
    assert abs(final.mean() - mean) < stats.norm.isf(FALSE_ALARM / 2) * math.sqrt(variance / N)
    spread = (final - mean) ** 2
    error = spread.std() / math.sqrt(N)
    assert abs(spread.mean() - variance) < stats.norm.isf(FALSE_ALARM / 2) * error
    near_miss = variance - lost * c * decay * growth * 1.5  # the noise that the start has made
    assert abs(spread.mean() - near_miss) > stats.norm.isf(FALSE_ALARM / 2) * error


def test_without_immigration_zero_absorbs_with_fellers_probability():
    branching = ItoProcess.scalar(w, drift=sp.S.Zero, dispersion=sp.sqrt(w))
    final = run(branching, QuadraticExponential(), [1.0], step=0.02, until=1.0)
    extinct = stats.binomtest(int((final == 0).sum()), N).proportion_ci(1 - FALSE_ALARM)
    assert extinct.low - 0.01 < math.exp(-2) < extinct.high + 0.01  # 0.01: the error of the scheme itself at this step
    assert abs(final.mean() - 1) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(N)


@pytest.mark.parametrize(
    ("drift", "dispersion", "symbol"),
    [
        (1 - w, w, w),
        (1 - w**2, sp.sqrt(w), w),
        (-1 - w, sp.sqrt(w), w),
        (1 - x, sp.sqrt(sp.Abs(x)), x),
    ],
)
def test_the_square_root_scheme_refuses_what_is_no_square_root_diffusion(drift, dispersion, symbol):
    process = ItoProcess.scalar(symbol, drift=drift, dispersion=dispersion)
    assert not QuadraticExponential.applies(process)
    with pytest.raises(SchemeError, match="EulerMaruyama"):
        QuadraticExponential().check(process)


def test_ends_that_are_none_or_moving_or_missed_by_the_start_are_refused():
    with pytest.raises(ArgumentError, match="needs an end"):
        Reflecting()
    with pytest.raises(ArgumentError, match="finite"):
        Absorbing(left=0, right=sp.oo)
    with pytest.raises(ArgumentError, match="left must lie below right, got left=2 and right=-1. Swap them"):
        Reflecting(left=2, right=-1)
    with pytest.raises(SchemeError, match="fixed ends"):
        Reflecting(left=x).check(ItoProcess.scalar(x, drift=0, dispersion=1))
    with pytest.raises(ArgumentError, match="starts above s"):
        run(ItoProcess.scalar(x, drift=0, dispersion=1), Absorbing(left=0, right=s), [3.0], step=0.1, until=1.0,
            parameters={s: 2.0})  # fmt: skip
    assert EulerMaruyama().free_symbols == frozenset()
