r"""Linear chains in several dimensions against Lyapunov equations, in discrete and in continuous time.

With :math:`T = I - hA` the chain :math:`x' = Tx + \sqrt h\,S\xi` has the stationary covariance
:math:`\Sigma_h = T\Sigma_hT^\top + hQ`; for :math:`h \to 0` this is the :math:`A\Sigma + \Sigma A^\top = Q` of the
process, which is the near miss. A run begins in its stationary law, which it must keep.
"""

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import assume
from hypothesis import strategies as st
from scipy import linalg

from numerics.schemes import ExactOrnsteinUhlenbeck
from numerics.sgd.batches import FullBatch
from numerics.simulation.simulate import simulate
from tests.numerics.properties.decision import Law, assert_told_apart, drawn_from, sample_size
from tests.numerics.properties.quadratic_descent import Descent
from tests.numerics.properties.regressions import regressions
from tests.numerics.properties.runs import trained
from tests.numerics.seeding import seed_of
from tests.strategies import LINE, ornstein_uhlenbeck_processes
from theory.gradient_noise import label_noise_step
from theory.notation import eta, zeta
from theory.ornstein_uhlenbeck import OrnsteinUhlenbeck


def numbers(matrix):
    return np.array(matrix.tolist(), dtype=float)


def square_of_normal(mean, variance):
    """The law of X^2 for X normal with the given mean and variance."""
    second = mean**2 + variance
    return Law(second, 2 * variance * (variance + 2 * mean**2), 8 * variance**2 * (variance + 3 * mean**2))


def normals(seed, count, mean, covariance):
    """Starting points: rows with the given mean and covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    return mean + np.random.default_rng(seed).standard_normal((count, len(mean))) @ root.T


@drawn_from(ornstein_uhlenbeck_processes(dimensions=(2, 3)), st.integers(2, 7), st.integers(1, 5))
def test_the_euler_chain_of_an_ornstein_uhlenbeck_process_keeps_its_own_covariance_and_not_that_of_the_process(
    process, tenths, steps
):
    A, Q, m = numbers(process.A), numbers(process.diffusion), numbers(process.mean)[:, 0]
    spectrum = np.linalg.eigvals(A)
    step = tenths / 10 * float((2 * spectrum.real / np.abs(spectrum) ** 2).min())  # stable below one of these
    sigma = linalg.solve_discrete_lyapunov(np.eye(len(A)) - step * A, step * Q)
    limit = numbers(process.stationary_covariance())
    u = np.linalg.eigh(sigma - limit)[1][:, -1]  # where the two differ most
    exact, wrong = u @ sigma @ u, u @ limit @ u
    replicas = sample_size(square_of_normal(0.0, exact), wrong)
    seed = seed_of("euler", process, tenths, steps)
    state = LINE[: process.dimension]
    run = simulate(process.as_ito_process(state), initial=normals(seed, replicas, m, sigma), step=step,
                   until=step * steps, n_paths=replicas, seed=seed)  # fmt: skip
    along = (run.final - m) @ u
    assert_told_apart(along, 0.0)
    assert_told_apart(along**2, exact, wrong)


@st.composite
def diagonal_processes(draw):
    """Rates, means and a lower triangular dispersion with correlated noises."""
    d = draw(st.integers(2, 3))
    rates = [sp.Rational(draw(st.integers(1, 12)), 4) for _ in range(d)]
    mean = [sp.Rational(draw(st.integers(-4, 4)), 4) for _ in range(d)]
    dispersion = sp.Matrix(d, d, lambda i, j: sp.Rational(draw(st.integers(2, 8)), 4) if i >= j else sp.S.Zero)
    return OrnsteinUhlenbeck(sp.diag(*rates), mean, dispersion)


@drawn_from(diagonal_processes(), st.lists(st.integers(-4, 4), min_size=3, max_size=3), st.integers(1, 8))
def test_transition_mean_and_covariance_are_those_of_exact_samples(process, start, quarters):
    time, d = sp.Rational(quarters, 4), process.dimension
    centre = np.array([float(e) for e in process.transition_mean(sp.Matrix(start[:d]), time)])
    covariance = numbers(process.transition_covariance(time).evalf())
    stationary = numbers(process.stationary_covariance())
    u = np.array([1.0, -1.0, 0.5][:d])
    exact, wrong = u @ covariance @ u, (2 * u @ covariance @ u, u @ stationary @ u)
    law = square_of_normal(0.0, exact)
    replicas = sample_size(law, *wrong)
    run = simulate(process.as_ito_process(LINE[:d]), initial=[float(x) for x in start[:d]], step=float(time) / 2,
                   until=float(time), n_paths=replicas, seed=seed_of("exact", process, start, quarters),
                   scheme=ExactOrnsteinUhlenbeck())  # fmt: skip
    along = (run.final - centre) @ u
    assert_told_apart(along, 0.0)
    assert_told_apart(along**2, exact, *wrong)


@pytest.mark.slow
@drawn_from(diagonal_processes(), st.integers(1, 4))
def test_the_autocovariance_is_that_of_exact_samples_and_decays_with_the_rate_of_the_later_time(process, quarters):
    lag = sp.Rational(quarters, 4)
    sigma, crossed = (numbers(c.evalf()) for c in (process.stationary_covariance(), process.autocovariance(lag)))
    exact, wrong = crossed[0, 1], crossed[1, 0]  # Cov(x_0 later, x_1 now), and with the times exchanged
    m = numbers(process.mean)[:, 0]
    now, later = sigma[1, 1], sigma[0, 0]
    third = 2 * exact**3 + 6 * exact * now * later  # third cumulant of a product of centred normals
    replicas = sample_size(Law(exact, now * later + exact**2, third), wrong)
    seed = seed_of("lag", process, quarters)
    start = normals(seed, replicas, m, sigma)
    run = simulate(process.as_ito_process(LINE[: process.dimension]), initial=start, step=float(lag), until=float(lag),
                   n_paths=replicas, seed=seed, scheme=ExactOrnsteinUhlenbeck())  # fmt: skip
    assert_told_apart((run.final[:, 0] - m[0]) * (start[:, 1] - m[1]), exact, wrong)


@drawn_from(regressions(dimensions=(2, 2), samples=(3, 5)), st.integers(2, 8), st.integers(1, 4), st.integers(6, 16))
def test_real_sgd_with_label_noise_keeps_the_covariance_of_the_chain_and_not_that_of_the_flow(
    task, quarters, steps, tenths
):
    noise = quarters / 4
    H = numbers(task.model.gradient.jacobian(list(task.weights)))
    spectrum = np.linalg.eigvalsh(H)
    assume(spectrum[0] > 1e-2 * spectrum[1])
    rate = tenths / 10 / spectrum[1]
    label = sp.Symbol("y", real=True)
    spread = label_noise_step(task.model, label).covariance.subs({eta: 1, zeta: sp.Rational(noise)})
    C = numbers(spread)
    flow = OrnsteinUhlenbeck(sp.Matrix(H), [0, 0], sp.sqrt(rate) * sp.Matrix(np.linalg.cholesky(C)))
    sigma = linalg.solve_discrete_lyapunov(np.eye(2) - rate * H, rate**2 * C)
    limit = numbers(flow.stationary_covariance())
    u = np.linalg.eigh(sigma - limit)[1][:, -1]
    exact, wrong = u @ sigma @ u, u @ limit @ u
    replicas = sample_size(square_of_normal(0.0, exact), wrong)
    minimum = np.linalg.lstsq(task.X, task.y, rcond=None)[0]
    seed = seed_of("chain", task, quarters, steps, tenths)
    start = torch.tensor(normals(seed, replicas, minimum, sigma))[:, None, :]
    run = Descent((rate,) * steps, task.start)
    weights = trained(task.problem, run, FullBatch(), seed=seed, replicas=replicas, label_noise=noise, initial=start)
    along = (weights - minimum) @ u
    assert_told_apart(along, 0.0)
    assert_told_apart(along**2, exact, wrong)
