"""Kinked coefficients: laws, passages and modes agree with methods that know nothing of parts and matching."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import sympy as sp

from numerics.deterministic.fokker_planck_grid import fokker_planck_grid
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.glued import cuts
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import FellerClass, classify, scale_density
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability
from theory.line.passage.passage_time import mean_exit_time, mean_first_passage_time

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)
HALF = sp.Rational(1, 2)
LINE = Interval(-sp.oo, sp.oo)

DRY_FRICTION = ItoProcess.scalar(x, drift=-k * sp.sign(x), dispersion=s)
THRESHOLD = ItoProcess.scalar(
    x, drift=sp.Piecewise((1 - x, x < 0), (-3 * x, True)), dispersion=sp.Piecewise((1, x < 0), (2, True))
)
CLIPPED = ItoProcess.scalar(x, drift=-sp.Max(-1, sp.Min(1, x)), dispersion=1 + sp.Heaviside(x - 1) / 4)


def by_direct_formula(process: ItoProcess, observable, *, low: float = -12.0, high: float = 24.0) -> float:
    r"""The mean of an observable under :math:`a^{-1}\exp\int 2b/a` on a grid with its nodes at the kinks."""
    drift, diffusion = (sp.lambdify(x, f, "numpy") for f in (process.drift[0], process.diffusion[0]))
    points = np.linspace(low, high, 360_001)
    middles = (points[1:] + points[:-1]) / 2
    b, a = (np.broadcast_to(f(middles), middles.shape) for f in (drift, diffusion))
    step = points[1] - points[0]
    exponent = np.cumsum(2 * b / a * step)
    weight = np.exp(exponent - b / a * step - exponent.max()) / a
    return float((weight * observable(middles)).sum() / weight.sum())


@pytest.mark.every(3)
@pytest.mark.parametrize("process", [DRY_FRICTION.subs({k: 1, s: 1}), THRESHOLD, CLIPPED])
def test_the_law_is_the_direct_formula_on_a_grid(process):
    law = stationary_density(process).at({})
    assert float(law.mean) == pytest.approx(by_direct_formula(process, lambda y: y), abs=1e-6)
    assert float(law.variance + law.mean**2) == pytest.approx(by_direct_formula(process, lambda y: y**2), abs=1e-6)
    assert float(law.cdf(HALF)) == pytest.approx(by_direct_formula(process, lambda y: y < 0.5), abs=1e-5)


def test_a_density_jumps_where_the_diffusion_does_as_the_fokker_planck_grid_says():
    grid = fokker_planck_grid(THRESHOLD, interval=(-6.0, 8.0), cells=1401)
    on_grid = float(grid.stationary @ grid.nodes)
    density = stationary_density(THRESHOLD).density
    below, above = (density.subs(x, side * sp.Rational(1, 10**9)).evalf() for side in (-1, 1))
    assert float(below / above) == pytest.approx(4, rel=1e-6)
    tempting = sp.Piecewise((density, x < 0), (4 * density, True))  # continuous: not the law
    means = []
    for candidate in (density, tempting):
        weights = sp.lambdify(x, candidate, "numpy")(grid.nodes)
        means.append(float(weights @ grid.nodes / weights.sum()))
    assert means[0] == pytest.approx(on_grid, abs=5e-3)
    assert means[1] != pytest.approx(on_grid, abs=5e-2)


def test_dry_friction_has_the_laplace_law_in_one_formula():
    law = stationary_density(DRY_FRICTION)
    assert law.density == sp.exp(-2 * k * sp.Abs(x) / s**2)
    assert (law.mean, law.variance, law.mode) == (0, s**4 / (2 * k**2), 0)
    assert [end.feller_class for end in classify(DRY_FRICTION)] == [FellerClass.NATURAL] * 2


def solved_by_collocation(process: ItoProcess, left: float, right: float, source: float, ends: tuple[float, float]):
    """The solution of b f' + a f''/2 = -source with given end values; both sides of 0 are mapped to one interval."""
    coefficients = [sp.lambdify(x, f, "numpy") for f in (process.drift[0], process.diffusion[0])]

    def slopes(u, state):
        found = []
        for (_, slope), (low, high) in zip((state[:2], state[2:]), ((left, 0.0), (0.0, right)), strict=True):
            place = np.clip(low + u * (high - low), low + 1e-12, high - 1e-12)
            b, a = (np.broadcast_to(c(place), place.shape) for c in coefficients)
            found += [(high - low) * slope, (high - low) * 2 * (-source - b * slope) / a]
        return np.array(found)

    def residual(at_0, at_1):
        return np.array([at_0[0] - ends[0], at_1[2] - ends[1], at_1[0] - at_0[2], at_1[1] - at_0[3]])

    mesh = np.linspace(0, 1, 60)
    return scipy.integrate.solve_bvp(slopes, residual, mesh, np.zeros((4, mesh.size)), tol=1e-9, max_nodes=20_000)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("process", "starts"), [(DRY_FRICTION.subs({k: 1, s: 1}), (-HALF, sp.Rational(6, 5))), (THRESHOLD, (HALF,))]
)
def test_passages_through_a_kink_solve_the_boundary_value_problem(process, starts):
    times = solved_by_collocation(process, -1.0, 2.0, 1.0, (0.0, 0.0))
    chances = solved_by_collocation(process, -1.0, 2.0, 0.0, (0.0, 1.0))
    for start in starts:
        row, u = (0, 1 + float(start)) if start < 0 else (2, float(start) / 2)
        exact = mean_exit_time(process, start, -1, 2), hitting_probability(process, start, -1, 2)
        for claimed, solution in zip(exact, (times, chances), strict=True):
            assert float(claimed.evalf()) == pytest.approx(solution.sol(u)[row], abs=1e-6)


def test_a_start_that_is_a_symbol_is_told_apart_at_the_kink():
    found = hitting_probability(DRY_FRICTION, x, -1, 1)
    at = {k: 1, s: 1}
    one, other = (found.subs({x: sign * HALF, **at}).evalf() for sign in (1, -1))
    assert abs(one + other - 1) < 1e-12
    assert one == pytest.approx(float(HALF + (sp.E - 1) / (sp.exp(2) - 1) / 2))


def test_dry_friction_climbs_exponentially_slowly_and_falls_at_its_drift():
    up = mean_first_passage_time(DRY_FRICTION, 0, 1)
    assert decide_zero(up.subs({k: 1, s: 1}) - (sp.exp(2) - 2)).kind is ZeroKind.ZERO
    assert mean_first_passage_time(DRY_FRICTION, -3, 0) == 3 / k


def test_the_scale_density_is_continuous_where_the_diffusion_jumps():
    found = scale_density(THRESHOLD)
    assert found.subs(x, -sp.Rational(1, 10**9)).evalf(20) == pytest.approx(float(found.subs(x, 0)), abs=1e-8)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("drift", "expected"),
    [
        (sp.Piecewise((-(x + 1), x < 0), (-2 * (x - 1), True)), 1),
        (sp.sign(x) - x, sp.nan),
        (sp.Piecewise((k, x < 2), (-1, True)), 2),
        (-k * sp.Max(-1, sp.Min(1, x)), 0),
    ],
)
def test_the_mode_is_the_highest_of_the_stretches(drift, expected):
    assert stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=1)).mode == sp.sympify(expected)


def test_a_kink_at_a_parameter_moves_the_law():
    c = sp.Symbol("c", real=True)
    law = stationary_density(ItoProcess.scalar(x, drift=-sp.sign(x - c), dispersion=1))
    assert law.mean == c


@pytest.mark.parametrize("dispersion", [sp.Abs(x), sp.Piecewise((0, x < 0), (1, True)), 1 / sp.Abs(x)])
def test_a_kink_where_the_process_does_not_run_through_is_refused(dispersion):
    with pytest.raises(UnsupportedFormError, match="x = 0|no noise|inside"):
        stationary_density(ItoProcess.scalar(x, drift=-x, dispersion=dispersion))


def test_cuts_are_found_in_order_and_only_inside():
    assert cuts([sp.Max(x, 3), sp.Abs(x + 1), sp.sign(x)], x, Interval(-2, 2)) == (-1, 0)
    assert cuts([x**2], x, LINE) == ()
