"""Stationary laws on the line: of diffusions with exact samples, and of SGD itself where it is no Gaussian."""

import numpy as np
import sympy as sp
import torch
from hypothesis import strategies as st
from scipy import stats

from numerics.schemes import ExactOrnsteinUhlenbeck
from numerics.sgd.batches import WithReplacement
from numerics.simulation.simulate import simulate
from numerics.statistics.goodness_of_fit import kolmogorov_smirnov
from tests.numerics.properties.decision import ALPHA, drawn_from, size_for_laws
from tests.numerics.properties.quadratic_descent import Descent
from tests.numerics.properties.regressions import empirical_loss
from tests.numerics.properties.runs import trained
from tests.numerics.seeding import seed_of
from theory.coordinates import change_of_variables
from theory.gradient_noise import Empirical, Model
from theory.ito import ItoProcess
from theory.line.laws.stationary import stationary_density
from theory.notation import beta, eta

x, w, a = sp.symbols("x w a", real=True)
y = sp.Symbol("y", positive=True)


def distribution(process, g, ends):
    """The stationary distribution function of y = g(x) at g of a grid in x, by the trapezoidal rule."""
    grid = np.linspace(ends[0], ends[1], 40_001)
    weight = sp.lambdify(x, stationary_density(process).density.subs(y, g) * sp.diff(g, x), "numpy")(grid)
    mass = np.concatenate([[0.0], np.cumsum((weight[1:] + weight[:-1]) / 2)])
    return sp.lambdify(x, g, "numpy")(grid), mass / mass[-1]


def without_correction(process, twice):
    """The near miss: the drift without the term that Ito's formula adds, half of ``twice``."""
    return ItoProcess.scalar(y, drift=process.drift[0] - twice / 2, dispersion=process.dispersion[0])


def assert_law(samples, points, exact, wrong):
    """The samples follow the first distribution function, given at points, and not the second."""
    found = [kolmogorov_smirnov(samples, lambda z, law=law: np.interp(z, points, law)) for law in (exact, wrong)]
    assert found[0].agrees(false_alarm=ALPHA)
    assert not found[1].agrees(false_alarm=ALPHA)


@st.composite
def linear_processes(draw):
    """Rate, centre and noise of a process whose transitions are sampled exactly."""
    return tuple(sp.Rational(draw(st.integers(*ends)), 4) for ends in ((1, 8), (-4, 4), (2, 6)))


@drawn_from(linear_processes(), st.integers(2, 6))
def test_the_stationary_density_is_the_law_of_exact_samples_in_other_coordinates(drawn, quarters):
    rate, centre, noise = drawn
    process, g = ItoProcess.scalar(x, drift=rate * (centre - x), dispersion=noise), sp.exp(sp.Rational(quarters, 4) * x)
    moved = change_of_variables(process, y, g, 4 * sp.log(y) / quarters)
    wrong = without_correction(moved, noise**2 * sp.Rational(quarters, 4) ** 2 * y)
    m, deviation = float(centre), float(noise / sp.sqrt(2 * rate))
    points, exact = distribution(moved, g, (m - 12 * deviation, m + 12 * deviation))
    _, near_miss = distribution(wrong, g, (m - 12 * deviation, m + 12 * deviation))
    replicas = size_for_laws(np.abs(exact - near_miss).max())
    seed = seed_of("exponential", drawn, quarters)
    start = m + deviation * np.random.default_rng(seed).standard_normal((replicas, 1))
    run = simulate(process, initial=start, step=0.5, until=1.0, n_paths=replicas, seed=seed,
                   scheme=ExactOrnsteinUhlenbeck())  # fmt: skip
    assert_law(np.exp(quarters / 4 * run.final[:, 0]), points, exact, near_miss)


@drawn_from(linear_processes(), st.integers(2, 5))
def test_the_squared_length_of_a_gaussian_process_has_the_law_of_the_square_root_process(drawn, d):
    rate, _, noise = drawn
    coordinates = sp.symbols(f"x_1:{d + 1}", real=True)
    process = ItoProcess(coordinates, [-rate * e for e in coordinates], noise * sp.eye(d))
    square = ItoProcess.scalar(y, drift=d * noise**2 - 2 * rate * y, dispersion=2 * noise * sp.sqrt(y))
    wrong = without_correction(square, 2 * noise**2)  # one dimension less
    deviation = float(noise / sp.sqrt(2 * rate))
    points, exact = distribution(square, x**2, (1e-9, 12 * deviation))
    _, near_miss = distribution(wrong, x**2, (1e-9, 12 * deviation))
    replicas = size_for_laws(np.abs(exact - near_miss).max())
    seed = seed_of("square", drawn, d)
    start = deviation * np.random.default_rng(seed).standard_normal((replicas, d))
    run = simulate(process, initial=start, step=0.5, until=1.0, n_paths=replicas, seed=seed,
                   scheme=ExactOrnsteinUhlenbeck())  # fmt: skip
    assert_law(np.square(np.asarray(run.final)).sum(1), points, exact, near_miss)


@drawn_from(st.integers(2, 6), st.integers(-4, 4), st.integers(1, 8), st.integers(1, 6))
def test_the_stationary_law_of_real_sgd_on_equidistant_points_is_uniform_and_no_gaussian(n, low, spacing, steps):
    """At the learning rate 1 - 1/n the step is w/n + (1 - 1/n) x: the digits of a number in base n are drawn."""
    gap = spacing / 4
    points = low / 4 + gap * np.arange(n)
    rate = 1 - 1 / n
    ends = points[0], points[-1]
    uniform = stats.uniform(ends[0], ends[1] - ends[0])
    exact = [sp.Rational(low, 4) + sp.Rational(spacing, 4) * i for i in range(n)]
    model = Model([w], (w - a) ** 2 / 2, Empirical([a], [[e] for e in exact]))
    variance = rate**2 * float(model.covariance[0]) / (1 - (1 - rate) ** 2)
    np.testing.assert_allclose(variance, uniform.var(), rtol=1e-12)
    flow = stationary_density(model.stochastic_gradient_flow(1).subs({eta: sp.Rational(n - 1, n), beta: 1}))
    gaussians = [stats.norm(uniform.mean(), sd) for sd in (np.sqrt(variance), float(sp.sqrt(flow.variance)))]
    grid = np.linspace(ends[0], ends[1], 2001)
    distance = min(np.abs(uniform.cdf(grid) - law.cdf(grid)).max() for law in gaussians)
    replicas = size_for_laws(distance)
    seed = seed_of("digits", n, low, spacing, steps)
    start = uniform.rvs(replicas, random_state=np.random.default_rng(seed))
    run = Descent((rate,) * steps, (0.0,))
    weights = trained(empirical_loss(np.ones((n, 1)), points), run, WithReplacement(1), seed=seed, replicas=replicas,
                      initial=torch.tensor(start)[:, None, None])[:, 0]  # fmt: skip
    assert kolmogorov_smirnov(weights, uniform.cdf).agrees(false_alarm=ALPHA)
    for law in gaussians:
        assert not kolmogorov_smirnov(weights, law.cdf).agrees(false_alarm=ALPHA)
