"""Simulations give the scheme's own law, the same bits however the work is cut, and a clear refusal of bad input."""

import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from numerics.errors import ArgumentError, DivergenceError
from numerics.schemes import ExactGeometricBrownian
from numerics.simulation.accumulators import GridMaximum, Infimum, SignChanges, Supremum, Survival, TimeIntegral
from numerics.simulation.chunks import chunk_bounds, merge_chunks, simulate_chunk
from numerics.simulation.log_coordinates import log_coordinates, log_distance
from numerics.simulation.options import BLOCK, Options
from numerics.simulation.plan import simulation_plan
from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import Proportion, mean
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.ito import ItoProcess, ito_differential
from theory.notation import mu, t, theta, zeta

x, y = sp.symbols("x y0", real=True)
k, s = sp.symbols("k s", positive=True)
w = sp.Symbol("w", real=True)

OU = ItoProcess.scalar(x, drift=-k * x, dispersion=s)
GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)

HALF = {k: 1.0, s: 0.5}


def ou(**changes):
    """A small run of the Ornstein-Uhlenbeck process."""
    arguments = dict(
        process=OU, parameters=HALF, initial=[0.5], step=0.25, until=1.0, n_paths=100, seed=7, observables=[x, x**2]
    )
    return simulate(**{**arguments, **changes})


def bits(simulation):
    """Everything a simulation computed, as comparable data."""
    numbers = {str(name): moments for name, moments in simulation.statistics.items()}
    arrays = [simulation.final, simulation.paths, *simulation.accumulated.values()]
    return numbers, [None if a is None else a.tobytes() for a in arrays], simulation.blow_ups, simulation.sign_changes


# The law of the discrete chain


@pytest.mark.every(5)
@pytest.mark.parametrize("precision", ["float32", "mixed", "float64"])
@pytest.mark.parametrize("backend", ["cpu", "numpy"])
def test_second_moment_is_that_of_the_discrete_chain(backend, precision):
    if backend == "cpu":
        pytest.importorskip("llvmlite", reason="the fused CPU kernel needs llvmlite")
    step = 0.25
    run = simulate(
        OU, parameters=HALF, initial=[0.0], step=step, until=20.0, n_paths=40_000, observables={"square": x**2},
        seed=seed_of("chain", backend, precision), options=Options(backend=backend, precision=precision),
    )  # fmt: skip
    second_moment = mean(run.final[:, 0] ** 2)
    chain = float((s**2 / (2 * k - k**2 * step)).subs(HALF))
    limit = float((s**2 / (2 * k)).subs(HALF))
    for estimate in (second_moment, run.estimate("square")):
        assert estimate.agrees_with(chain, false_alarm=FALSE_ALARM)
        assert not estimate.agrees_with(limit, false_alarm=FALSE_ALARM)


def test_backends_follow_the_same_paths():
    pytest.importorskip("llvmlite", reason="the fused CPU kernel needs llvmlite")
    compiled, plain = (
        simulate(WELL, parameters={mu: 1.0, zeta: 0.5}, initial=[1.0], step=0.01, until=1.0, n_paths=50, seed=3,
                 options=Options(backend=backend, precision="float64")).final
        for backend in ("cpu", "numpy")
    )  # fmt: skip
    assert compiled is not None and plain is not None
    np.testing.assert_allclose(compiled, plain, rtol=1e-9)


def test_time_dependent_coefficients_see_the_time_of_the_step():
    # dX = t dt by the left rule: sum of h * (j h) over n steps is h^2 n (n - 1) / 2
    run = ou(process=ItoProcess.scalar(x, drift=t, dispersion=0), parameters={}, initial=[0.0], n_paths=3)
    np.testing.assert_allclose(run.final[:, 0], 0.25**2 * 4 * 3 / 2, rtol=1e-12)


def test_each_trajectory_has_its_own_parameters_and_start():
    rates, starts = np.linspace(0.1, 2.0, 5000), np.linspace(-1, 1, 5000)
    run = ou(parameters={k: rates, s: 1.0}, process=ItoProcess.scalar(x, drift=-k * x, dispersion=0), n_paths=5000,
             initial=starts[:, None], observables=[k * x])  # fmt: skip
    np.testing.assert_allclose(run.final[:, 0], starts * (1 - 0.25 * rates) ** 4, rtol=1e-12, atol=1e-15)
    assert run.statistics[k * x][0].mean == pytest.approx(np.mean(rates * run.final[:, 0]), rel=1e-10)


def test_observables_are_taken_at_the_times_asked_for():
    run = ou(process=ItoProcess.scalar(x, drift=1, dispersion=0), times=[0, 0.5, 0.75], observables={"x": x, "t": t},
             paths=True, n_paths=3)  # fmt: skip
    assert run.times.tolist() == [0, 0.5, 0.75]
    assert [m.mean for m in run.statistics["x"]] == pytest.approx([0.5, 1.0, 1.25])
    assert [m.mean for m in run.statistics["t"]] == [0, 0.5, 0.75]
    assert run.paths.shape == (3, 3, 1) and run.paths[1, 0, 0] == pytest.approx(1.0)
    assert run.final[0, 0] == pytest.approx(1.5) and run.n_steps == 4


# The same bits


@pytest.fixture(scope="module")
def awkward():
    """A plan of two and a half blocks with everything in it, and its result."""
    arguments = dict(
        parameters={mu: 1.0, zeta: 0.9}, initial=[1.0], step=0.125, until=1.0, n_paths=2 * BLOCK + 1234,
        seed=seed_of("awkward"), times=[0.5, 1.0], observables=[theta, theta**2, w], paths=True,
        accumulators={w: Supremum(theta)}, count_sign_changes=True,
    )  # fmt: skip
    return arguments, bits(simulate(WELL, **arguments))


@pytest.mark.every(3)
@pytest.mark.parametrize("variant", [{"threads": 2}, {"chunk": BLOCK}, {"chunk": 2 * BLOCK, "threads": 3}])
def test_threads_and_chunks_do_not_change_a_bit(awkward, variant):
    arguments, expected = awkward
    assert bits(simulate(WELL, **arguments, options=Options(**variant))) == expected


def test_chunks_worked_through_backwards_and_merged_give_the_same_bits(awkward):
    arguments, expected = awkward
    plan = pickle.loads(pickle.dumps(simulation_plan(WELL, **arguments, options=Options(chunk=BLOCK))))
    chunks = [simulate_chunk(plan, first, n) for first, n in reversed(chunk_bounds(plan))]
    assert bits(merge_chunks(plan, pickle.loads(pickle.dumps(chunks)))) == expected


@pytest.mark.slow  # by day: pieces that are pickled and merged in another order
def test_work_spread_over_processes_gives_the_same_bits(awkward):
    arguments, expected = awkward
    plan = simulation_plan(WELL, **arguments, options=Options(chunk=BLOCK))
    bounds = chunk_bounds(plan)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        elsewhere = pool.submit(simulate_chunk, plan, *bounds[1])
        here = [simulate_chunk(plan, *bounds[i]) for i in (0, 2)]
        chunks = [here[0], elsewhere.result(), here[1]]
    assert bits(merge_chunks(plan, chunks)) == expected


def test_another_seed_or_stream_gives_other_bits(awkward):
    arguments, expected = awkward
    assert bits(simulate(WELL, **{**arguments, "seed": arguments["seed"] ^ 1})) != expected
    assert bits(simulate(WELL, **arguments, options=Options(stream=1))) != expected


def test_later_trajectories_continue_a_run():
    whole, tail = ou(n_paths=300), ou(n_paths=200, options=Options(first=100))
    assert np.array_equal(whole.final[100:], tail.final)


@pytest.mark.parametrize("cover", [[(0, BLOCK)], [(0, BLOCK), (0, BLOCK)], [(BLOCK, 10)]])
def test_chunks_that_do_not_cover_the_plan_are_refused(cover):
    plan = simulation_plan(OU, parameters=HALF, initial=[0], step=1, until=1, n_paths=BLOCK + 10, seed=1)
    chunks = [simulate_chunk(plan, first, n) for first, n in cover]
    with pytest.raises(ArgumentError, match="exactly once|cover"):
        merge_chunks(plan, chunks)


# Divergence


def test_trajectories_that_blow_up_are_counted_and_never_averaged():
    cubic = ItoProcess.scalar(x, drift=-(x**3), dispersion=0)
    starts = np.array([[0.5], [50.0], [0.25], [-80.0]])
    arguments = dict(process=cubic, parameters={}, initial=starts, n_paths=4, until=10.0, observables=[x])
    with pytest.raises(DivergenceError, match=r"2 of 4 .* options=Options\(on_divergence=\"count\"\)"):
        ou(**arguments)
    run = ou(**arguments, options=Options(on_divergence="count"))
    assert run.blow_ups == 2 and run.statistics[x][0].n == 2
    assert run.statistics[x][0].mean == pytest.approx(run.final[[0, 2], 0].mean())


def test_an_observable_outside_its_domain_is_not_averaged():
    with pytest.raises(DivergenceError, match=r"log.* options=Options\(on_divergence=\"count\"\)"):
        ou(observables=[sp.log(x)], initial=[-0.5])
    run = ou(observables=[sp.log(x)], initial=[-0.5], options=Options(on_divergence="count"))
    assert run.statistics[sp.log(x)][0].n < 100


# Path functionals


def test_sign_changes_of_euler_maruyama_happen_with_their_gaussian_probability():
    # One step flips the sign iff 1 + mu h + zeta sqrt(h) Z < 0
    step, values = 0.25, {mu: 0.5, zeta: 2.0}
    run = simulate(GBM, parameters=values, initial=[1.0], step=step, until=10 * step, n_paths=20_000,
                   seed=seed_of("flips"), count_sign_changes=True)  # fmt: skip
    probability = stats.norm.cdf(-(1 + 0.5 * step) / (2 * math.sqrt(step)))
    assert Proportion(run.sign_changes[theta], 200_000).agrees_with(probability, false_alarm=FALSE_ALARM)
    odd = np.sign(run.final[:, 0]) < 0
    assert odd.any() and set(run.sign_changes) == {theta}
    exact = simulate(GBM, parameters=values, initial=[1.0], step=step, until=10 * step, n_paths=1000, seed=1,
                     scheme=ExactGeometricBrownian(), count_sign_changes=True)  # fmt: skip
    assert exact.sign_changes == {theta: 0}


def test_time_integral_is_the_trapezoidal_rule():
    run = ou(process=ItoProcess.scalar(x, drift=1, dispersion=0), initial=[0.0], n_paths=2, parameters={},
             accumulators={w: TimeIntegral(x**2)}, observables=[w])  # fmt: skip
    grid = np.linspace(0, 1, 5) ** 2
    assert run.statistics[w][0].mean == pytest.approx(np.trapezoid(grid, dx=0.25), rel=1e-12)


BROWNIAN = ItoProcess.scalar(x, drift=mu, dispersion=s)


def reached(level, drift, dispersion, time):
    """Brownian motion with drift touches ``level > 0`` before ``time`` (Borodin & Salminen 2.1.1.4)."""
    root = dispersion * math.sqrt(time)
    return stats.norm.sf((level - drift * time) / root) + math.exp(2 * drift * level / dispersion**2) * stats.norm.cdf(
        (-level - drift * time) / root
    )


def test_bridges_give_the_probability_of_reaching_a_level_and_the_grid_does_not():
    v, g, low = sp.symbols("v g low", real=True)
    level, values = 1.0, {mu: -0.3, s: 0.9}
    run = simulate(BROWNIAN, parameters=values, initial=[0.0], step=0.25, until=2.0, n_paths=40_000,
                   seed=seed_of("supremum"),
                   accumulators={w: Survival(x, level), v: Supremum(x), g: GridMaximum(x), low: Infimum(x)},
                   observables=[1 - w])  # fmt: skip
    probability = reached(level, -0.3, 0.9, 2.0)
    assert run.estimate(1 - w).agrees_with(probability, false_alarm=FALSE_ALARM)
    bridge = Proportion.from_samples(run.accumulated[v] >= level)
    assert bridge.agrees_with(probability, false_alarm=FALSE_ALARM)
    grid = Proportion.from_samples(run.accumulated[g] >= level)
    assert not grid.agrees_with(probability, false_alarm=FALSE_ALARM) and grid.value < probability
    below = Proportion.from_samples(run.accumulated[low] <= -level)
    assert below.agrees_with(reached(level, 0.3, 0.9, 2.0), false_alarm=FALSE_ALARM)
    assert not below.agrees_with(probability, false_alarm=FALSE_ALARM)


def test_a_start_on_the_level_has_reached_it():
    run = ou(accumulators={w: Survival(x, 0.5), sp.Symbol("n"): SignChanges(x)}, observables=[w])
    assert run.statistics[w][0].mean == 0


# Log coordinates


@pytest.mark.every(3)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("drift", [mu * x - x**3, sp.tanh(mu * x), x / (1 + x**2), mu * x - x**2])
def test_log_coordinates_are_itos_formula(drift, sign):
    process = ItoProcess.scalar(x, drift=drift, dispersion=zeta * x * (1 + x / 7))
    chart = log_coordinates(process).process
    expected = ito_differential(process, sp.log(sign * x))
    from numerics.simulation.log_coordinates import side

    for value in (-2, -0.5, 1):
        here = {log_distance: sp.Float(value, 30), side: sign, mu: sp.Rational(1, 3), zeta: sp.Rational(2, 3)}
        there = {x: sign * sp.exp(sp.Float(value, 30)), mu: sp.Rational(1, 3), zeta: sp.Rational(2, 3)}
        assert abs((chart.drift[0].subs(here) - expected.drift.subs(there)).evalf(25)) < 1e-20
        assert abs((chart.dispersion[0].subs(here) - expected.dispersion[0].subs(there)).evalf(25)) < 1e-20


@pytest.mark.every(5)
@pytest.mark.parametrize("drift", [mu * x - x**3, -sp.tanh(x) + mu * x, mu * x / (1 + x**2)])
@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_a_collapse_is_followed_far_below_the_smallest_float(drift, precision):
    # Without noise the log coordinate moves at the linear rate alone once it is small
    process = ItoProcess.scalar(x, drift=drift, dispersion=zeta * x)
    rate = float(sp.diff(drift, x).subs({x: 0, mu: -2.0})) - 0.5
    chart = log_coordinates(process)
    run = simulate(process, parameters={mu: -2.0, zeta: 1.0}, initial=[-1e-30], step=0.25, until=1000.0, n_paths=2000,
                   seed=seed_of("collapse", drift), coordinates="log", options=Options(precision=precision),
                   observables={"y": log_distance, "1e-300": chart.within(-300 * math.log(10))})  # fmt: skip
    expected = math.log(1e-30) + 1000 * rate
    assert run.estimate("y").agrees_with(expected, false_alarm=FALSE_ALARM)
    assert run.statistics["y"][0].variance == pytest.approx(1000.0, rel=0.25)
    assert run.statistics["1e-300"][0].mean == 1.0
    assert expected < -1500


def test_probability_of_a_tiny_distance_is_that_of_the_exact_law():
    # log X_t is Gaussian: P(X_t <= 1e-100), t chosen so that it is near one half
    values, time = {mu: -1.0, zeta: 4.0}, 25.0
    gaussian = stats.norm(-(1.0 + 8.0) * time, 4.0 * math.sqrt(time))
    level = -100 * math.log(10)
    run = simulate(GBM, parameters=values, initial=[1.0], step=0.25, until=time, n_paths=20_000, seed=seed_of("tiny"),
                   coordinates="log", observables=[log_coordinates(GBM).within(level)])  # fmt: skip
    collapsed = Proportion.from_samples(run.final[:, 0] <= level)
    assert 0.1 < gaussian.cdf(level) < 0.9
    assert collapsed.agrees_with(gaussian.cdf(level), false_alarm=FALSE_ALARM)


@pytest.mark.parametrize("process", [OU, ItoProcess.scalar(x, drift=0, dispersion=sp.sqrt(x)),
                                     ItoProcess([x, y], [0, 0], sp.eye(2))])  # fmt: skip
def test_log_coordinates_need_a_smooth_invariant_point(process):
    with pytest.raises(ArgumentError):
        log_coordinates(process)


# Arguments


# Progress and interruption
