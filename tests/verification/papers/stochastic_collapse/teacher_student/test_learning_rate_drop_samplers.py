"""Modes at two learning rates: the sampler, and the grid on which long times are followed."""

import math

import numpy as np
import pytest
from scipy import stats

from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from theory.notation import nu, s_tilde
from verification.forms import Draw
from verification.papers.stochastic_collapse.measured import learning_rate_drop as samplers
from verification.papers.stochastic_collapse.measured.one_dimension import mode_in_log

FALSE_ALARM = 1e-6
SCHEDULE = {"s_tilde": "9/20", "nu_1": "1", "nu_2": "1/10", "T_1": "100", "T_2": "20"}


def test_samples_depend_on_their_index_alone_and_are_indicators():
    whole = samplers.relearned(SCHEDULE, Draw(n=400, first=0, seed=3)).values
    part = samplers.relearned(SCHEDULE, Draw(n=50, first=100, seed=3)).values
    assert np.array_equal(whole[100:150], part)
    assert set(whole) == {0.0, 1.0}


def test_both_phases_count():
    before, after = (dict(SCHEDULE, nu_2=noise) for noise in ("1/10", "2"))
    shares = [samplers.relearned(schedule, Draw(n=4000, first=0, seed=3)).values.mean() for schedule in (before, after)]
    assert shares[0] - shares[1] > 0.1


def test_the_grid_agrees_with_simulated_modes_from_one():
    n = 8000
    log_s = np.zeros((n, 1))
    for stream, (noise, time) in enumerate(((1.0, 25.0), (0.1, 15.0))):
        run = simulate(
            mode_in_log(),
            parameters={s_tilde: 0.4, nu: noise},
            initial=log_s,
            step=0.005,
            until=time,
            n_paths=n,
            seed=11,
            options=Options(stream=stream, progress=False),
        )
        assert run.final is not None
        log_s = run.final
    found = int((log_s[:, 0] > samplers.LEVEL).sum())
    share = samplers.share_learned(0.4, [1.0, 0.1], [25.0, 15.0])
    assert stats.binomtest(found, n, share).pvalue > FALSE_ALARM
    linear = stats.norm.cdf(((0.8 - 1) * 25 + (0.8 - 0.1) * 15) / math.sqrt(4 * (25 + 1.5)))
    assert stats.binomtest(found, n, linear).pvalue < FALSE_ALARM


@pytest.mark.slow  # by day: shares against the linear equation
def test_at_long_times_the_median_is_where_the_linear_equation_puts_it_and_not_before():
    predicted = (1 * 100 + 0.1 * 20) / (2 * 120)
    signal, error = samplers.median_signal(SCHEDULE)
    assert abs(signal - predicted) < error + 2e-3
    assert samplers._median_signal(SCHEDULE, 1) == pytest.approx(0.458, abs=2e-3)
