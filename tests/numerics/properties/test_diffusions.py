"""Moments, martingales and levels ever reached, on processes whose transitions or bridges are sampled exactly."""

import math

import numpy as np
import sympy as sp
from hypothesis import assume
from hypothesis import strategies as st
from scipy import stats

from numerics.schemes import ExactGeometricBrownian, ExactOrnsteinUhlenbeck
from numerics.simulation.accumulators import Survival
from numerics.simulation.log_coordinates import log_distance
from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from tests.numerics.properties.decision import Law, assert_told_apart, drawn_from, sample_size
from tests.numerics.seeding import seed_of
from tests.strategies import LINE
from theory.ito import ItoProcess
from theory.line.passage.first_passage import probability_of_ever_reaching, scale_function
from theory.moments import moment_equations
from theory.notation import mu, theta, zeta

GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
w, ell = sp.symbols("w ell", real=True)


def eighths(low, high):
    return st.integers(low, high).map(lambda numerator: sp.Rational(numerator, 8))


def final_of_gbm(m, z, start, time, replicas, *what):
    return simulate(GBM, parameters={mu: float(m), zeta: float(z)}, initial=[float(start)], step=float(time) / 2,
                    until=float(time), n_paths=replicas, seed=seed_of(*what),
                    scheme=ExactGeometricBrownian()).final[:, 0]  # fmt: skip


def power_of_lognormal(mean, deviation, power):
    """The law of exp(p g) for g normal."""
    raw = [math.exp(j * power * mean + (j * power * deviation) ** 2 / 2) for j in (1, 2, 3)]
    return Law.from_moments(*raw)


@drawn_from(eighths(-8, 4), eighths(1, 5), eighths(4, 16), eighths(2, 8), st.integers(1, 2))
def test_moment_equations_of_geometric_brownian_motion_read_the_noise_after_ito(m, z, start, time, order):
    def moment(drift):
        process = ItoProcess.scalar(theta, drift=drift * theta, dispersion=z * theta)
        return float(moment_equations(process, order).solution([start], time=time)[(order,)])

    exact, stratonovich = moment(m), moment(m + z**2 / 2)
    law = power_of_lognormal(math.log(start) + float(m - z**2 / 2) * time, float(z) * math.sqrt(time), order)
    replicas = sample_size(law, stratonovich)
    final = final_of_gbm(m, z, start, time, replicas, "moment", m, z, start, time, order)
    assert_told_apart(final**order, exact, stratonovich)


@drawn_from(eighths(2, 12), eighths(2, 12), eighths(2, 8), eighths(2, 8), eighths(2, 8), eighths(-8, 8), eighths(-8, 8))
def test_moment_equations_of_second_order_carry_the_correlation_of_two_noises(k_0, k_1, s_0, s_1, c, x_0, x_1):
    state, time = LINE[:2], sp.Rational(1, 2)

    def mixed(correlated):
        noise = sp.Matrix([[s_0, 0], [c * correlated, s_1]])
        process = ItoProcess(state, [1 - k_0 * state[0], -k_1 * state[1]], noise)
        moments = moment_equations(process, 2).solution([x_0, x_1], time=time)
        return process, {index: float(value) for index, value in moments.items()}

    process, moments = mixed(1)
    _, wrong = mixed(0)
    means = np.array([moments[1, 0], moments[0, 1]])
    second = np.array([[moments[2, 0], moments[1, 1]], [moments[1, 1], moments[0, 2]]])
    C = second - np.outer(means, means)
    variance = C[0, 0] * C[1, 1] + C[0, 1] ** 2 + means @ C[::-1, ::-1] @ means
    third = 2 * C[0, 1] * (C[0, 1] ** 2 + 3 * C[0, 0] * C[1, 1])
    third += 6 * (means[0] ** 2 * C[0, 1] * C[1, 1] + means[1] ** 2 * C[0, 1] * C[0, 0])
    third += 6 * means[0] * means[1] * (C[0, 0] * C[1, 1] + C[0, 1] ** 2)
    replicas = sample_size(Law(moments[1, 1], variance, third), wrong[1, 1])
    seed = seed_of("mixed moment", k_0, k_1, s_0, s_1, c, x_0, x_1)
    run = simulate(process, initial=[float(x_0), float(x_1)], step=0.25, until=0.5, n_paths=replicas, seed=seed,
                   scheme=ExactOrnsteinUhlenbeck())  # fmt: skip
    assert_told_apart(run.final[:, 0] * run.final[:, 1], moments[1, 1], wrong[1, 1])


@drawn_from(eighths(-6, 6).filter(bool), eighths(3, 8), eighths(4, 16), eighths(2, 6))
def test_the_scale_function_is_a_martingale_and_that_without_the_factor_two_is_none(m, z, start, time):
    power = 1 - 2 * m / z**2
    assume(abs(power) > sp.Rational(1, 4))
    values = {mu: m, zeta: z}
    scale = scale_function(GBM).subs(values)
    lost = scale_function(GBM.subs({zeta: sp.sqrt(2) * zeta})).subs(values)  # s = exp(-int b/a) in place of 2b/a
    mean, deviation = math.log(start) + float((m - z**2 / 2) * time), float(z) * math.sqrt(time)
    assume(abs(float(power)) * deviation < 2)

    def expected(function):
        """By Gauss' rule for log theta, which is normal."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        values = sp.lambdify(theta, function, "numpy")(np.exp(mean + deviation * nodes))
        return values, weights / weights.sum()

    law = Law.of(*expected(scale))
    now, wrong = float(scale.subs(theta, start)), float(lost.subs(theta, start))
    np.testing.assert_allclose(law.mean, now, rtol=1e-9, atol=1e-9)
    other = Law.of(*expected(lost))
    replicas = max(sample_size(law, now + law.variance**0.5), sample_size(other, wrong))
    final = final_of_gbm(m, z, start, time, replicas, "scale", m, z, start, time)
    assert_told_apart(sp.lambdify(theta, scale, "numpy")(final), now)
    assert_told_apart(sp.lambdify(theta, lost, "numpy")(final), other.mean, wrong)


@drawn_from(eighths(-4, 4), eighths(4, 10), st.integers(5, 12).map(lambda k: sp.Rational(k, 4)))
def test_geometric_brownian_motion_that_decays_ever_reaches_a_level_with_the_probability_of_its_scale(m, z, level):
    rate = float(m - z**2 / 2)
    assume(rate < -0.1)
    values = {mu: m, zeta: z}
    exact = float(probability_of_ever_reaching(GBM, sp.S.One, level, direction="up").subs(values))
    stratonovich = ItoProcess.scalar(theta, drift=(mu + zeta**2 / 2) * theta, dispersion=zeta * theta)
    wrong = float(probability_of_ever_reaching(stratonovich, sp.S.One, level, direction="up").subs(values))
    height, noise = math.log(level), float(z)
    time = 8.0
    while late(rate, noise, height, time) > 1e-8:  # what comes after the run is below any interval
        time *= 2
    replicas = sample_size(Law.of([0, 1], [1 - exact, exact]), wrong)
    run = simulate(GBM, parameters={mu: float(m), zeta: noise, ell: height}, initial=[1.0], step=time / 64, until=time,
                   n_paths=replicas, seed=seed_of("ever", m, z, level), coordinates="log",
                   accumulators={w: Survival(log_distance, ell)}, observables=[1 - w],
                   options=Options(precision="float64"))  # fmt: skip
    assert_told_apart(run.statistics[1 - w][0], exact, wrong)


def late(rate, noise, height, time):
    """A bound on the probability to reach the height after the time: to be there, or to come from below."""
    root = noise * math.sqrt(time)
    above = stats.norm.sf((height - rate * time) / root)
    # E exp(2 rate (height - y) / noise^2) over y below the height, for y normal: completing the square
    from_below = math.exp(2 * rate * height / noise**2) * stats.norm.cdf((height + rate * time) / root)
    return above + from_below
