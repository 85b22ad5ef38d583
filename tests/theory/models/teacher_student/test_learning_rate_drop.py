"""A mode near zero at two learning rates: its rates, the signal at which it returns, and how long an escape takes."""

import pytest
import sympy as sp

from theory.ito import ItoProcess
from theory.line.passage.passage_time import mean_exit_time
from theory.models.teacher_student import learning_rate_drop as drop
from theory.notation import eta, nu, s, s_0, s_tilde, zeta


def test_the_linear_mode_is_the_tangent_of_the_mode_at_zero():
    process = drop.singular_value_process().subs({zeta: sp.sqrt(nu / eta)})
    for full, linear in (
        (process.drift[0], drop.linear_mode().drift[0]),
        (process.dispersion[0], drop.linear_mode().dispersion[0]),
    ):
        assert sp.limit(sp.expand(full) / s, s, 0) == sp.expand(linear / s)


def test_the_critical_signal_is_the_time_average_of_the_collapse_threshold():
    average = (drop.T_1 * drop.nu_1 / 2 + drop.T_2 * drop.nu_2 / 2) / (drop.T_1 + drop.T_2)
    assert sp.cancel(drop.signal_without_growth() - average) == 0
    assert drop.signal_without_growth().subs(drop.nu_2, drop.nu_1).simplify() == drop.nu_1 / 2


def test_at_the_critical_signal_the_mean_growth_vanishes_and_beside_it_it_does_not():
    growth = drop.log_growth()
    assert sp.cancel(growth.subs(s_tilde, drop.signal_without_growth())) == 0
    assert sp.cancel(growth.subs(s_tilde, 2 * drop.signal_without_growth())) != 0


def test_the_mean_escape_time_is_the_exit_time_from_an_interval_that_reaches_far_down():
    y = sp.Symbol("y", real=True)
    rate, variance = drop.log_rate(), drop.log_variance()
    motion = ItoProcess.scalar(y, drift=rate, dispersion=sp.sqrt(variance))
    values = {s_tilde: sp.Rational(1, 2), nu: sp.Rational(1, 5)}
    exit_time = mean_exit_time(motion.subs(values), sp.Integer(-3), sp.Integer(-200), sp.Integer(0))
    expected = drop.mean_escape_time().subs(values | {s_0: sp.exp(-3), drop.level: 1})
    assert float(exit_time) == pytest.approx(float(expected), rel=1e-12)
    assert float(exit_time) != pytest.approx(3 / float(rate.subs(values) + variance.subs(values) / 2), rel=0.1)
