"""FirstPassage numbers against collocation of their boundary-value problem, closed forms, and known asymptotics."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_bvp

from numerics.deterministic.first_passage import FirstPassage
from numerics.errors import ArgumentError, DivergenceError, MissingParameterError
from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.passage.first_passage import hitting_probability
from theory.line.passage.passage_time import mean_exit_time

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
k, m, s = sp.symbols("k m s", positive=True)
HALF = sp.Rational(1, 2)

ORNSTEIN_UHLENBECK = ItoProcess.scalar(y, drift=-k * y, dispersion=s)
CIR = ItoProcess.scalar(x, drift=m - x, dispersion=s * sp.sqrt(x))
DOUBLE_WELL = ItoProcess.scalar(y, drift=y - y**3, dispersion=s)


def collocated(process: ItoProcess, lower: float, upper: float, start: float, source: float, at_upper: float) -> float:
    r"""The value at ``start`` of :math:`bf' + \tfrac12 af'' = -source` with f(lower) = 0, by collocation."""
    (coordinate,) = process.state
    b, a = (sp.lambdify(coordinate, part, "numpy") for part in (process.drift[0], process.diffusion[0]))

    def right_side(points, values):
        return np.vstack([values[1], -2 * (source + b(points) * values[1]) / (a(points) + 0 * points)])

    grid = np.linspace(lower, upper, 200)
    found = solve_bvp(
        right_side,
        lambda left, right: np.array([left[0], right[0] - at_upper]),
        grid,
        np.zeros((2, grid.size)),
        tol=1e-8,
        max_nodes=20_000,
    )
    assert found.success
    return float(found.sol(start)[0])


@st.composite
def processes(draw: st.DrawFn) -> ItoProcess:
    """Drifts of several kinds, smooth and not polynomial ones too, with additive and multiplicative noise."""
    rate, noise = draw(rationals(-2, 2)), draw(positive_rationals(2)) + sp.Rational(1, 4)
    drift = draw(st.sampled_from([-rate * y, rate - y**3, sp.tanh(rate * y), rate * sp.sin(y)]))
    return ItoProcess.scalar(y, drift=drift, dispersion=noise * draw(st.sampled_from([1, sp.sqrt(1 + y**2)])))


@settings(max_examples=examples(12))
@given(processes(), st.integers(-3, 3))
def test_numbers_solve_their_boundary_value_problem(process, place):
    start = sp.Rational(place, 4)
    passage = FirstPassage(process, -1, sp.Rational(3, 2))
    probability, time = passage.hitting_probability(start).value, passage.mean_time(start).value
    assert abs(probability - collocated(process, -1, 1.5, float(start), 0, 1)) < 1e-6
    expected = collocated(process, -1, 1.5, float(start), 1, 0)
    assert abs(time - expected) < 1e-6 * max(1, expected)
    assert abs(time - 1.01 * expected) > 1e-3 * expected


@settings(max_examples=examples(3))
@given(positive_rationals(2), positive_rationals(2))
def test_the_error_bounds_the_distance_from_the_closed_form(rate, noise):
    values = {k: rate + HALF, s: noise + HALF}
    ends = (-sp.oo, sp.S.One)
    with mpmath.workdps(30):
        passage = FirstPassage(ORNSTEIN_UHLENBECK, *ends, values)
        exact = mean_exit_time(ORNSTEIN_UHLENBECK.subs(values), sp.S.Zero, *ends).evalf(20)
        found = passage.mean_time(0)
        assert abs(found.value - exact) <= found.error <= 1e-10 * found.value
        levels = (-HALF, sp.S.One)
        exact = hitting_probability(ORNSTEIN_UHLENBECK.subs(values), sp.S.Zero, *levels).evalf(20)
        found = FirstPassage(ORNSTEIN_UHLENBECK, *levels, values).hitting_probability(0)
        assert abs(found.value - exact) <= found.error <= 1e-12


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("process", "ends", "start", "options", "expected"),
    [
        (ItoProcess.scalar(x, drift=1 / x, dispersion=sp.S.One), (0, 2), 1, {}, 1),  # Bessel, d = 3: (4 - 1)/3
        (ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One), (0, 2), 1, {"regular_ends": "reflecting"}, 3),
        (ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One), (0, 2), 1, {}, 1),
        (ItoProcess.scalar(x, drift=x, dispersion=x), (0, 2), 1, {}, 2 * math.log(2)),
        (ItoProcess.scalar(x, drift=1 - x, dispersion=sp.sqrt(x)), (1, sp.oo), 2, {}, HALF * 2 * 0.943147180559945309),
        (
            ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.sqrt(x * (1 - x))),
            (0, 1),
            0.5,
            {"interval": Interval(0, 1)},
            2 * math.log(2),
        ),
    ],
)
def test_every_kind_of_end_has_its_known_mean_time(process, ends, start, options, expected):
    found = FirstPassage(process, *ends, **options).mean_time(start)
    assert abs(found.value - expected) < 1e-12 * 10
    assert found.error < 1e-11


def test_a_kink_is_cut_at():
    dry = ItoProcess.scalar(y, drift=-sp.sign(y), dispersion=sp.S.One)
    # Symmetric about 0: E T = int_0^1 2 e^{2v} int_0^v e^{-2u} du dv = (e^2 - 3)/2.
    assert abs(FirstPassage(dry, -1, 1).mean_time(0).value - (math.exp(2) - 3) / 2) < 1e-12


def test_escape_from_a_deep_well_takes_the_time_of_kramers_and_overflows_nothing():
    found = FirstPassage(DOUBLE_WELL, -sp.oo, 1, {s: 0.05}).mean_time(-1)
    kramers = mpmath.sqrt(2) * mpmath.pi * mpmath.exp(200)
    assert abs(found.value / kramers - 1) < 0.02
    deeper = FirstPassage(DOUBLE_WELL, -sp.oo, 1, {s: 0.025}).mean_time(-1)
    assert deeper.value > mpmath.mpf(10) ** 330


def test_an_explosion_is_timed_through_a_tail_that_panels_do_not_reach():
    process = ItoProcess.scalar(y, drift=1 + y**2, dispersion=sp.S.One)
    found = FirstPassage(process, -sp.oo, sp.oo).mean_time(0)
    # E T = int_0^oo int_0^oo 2 exp(-2 w (y^2 - y w + w^2/3 + 1)) dw dy with y = tan(theta), w = v/(1 + y^2).
    points, weights = np.polynomial.legendre.leggauss(60)
    place = np.tan((points + 1) * np.pi / 4)[:, None]
    exact = 0.0
    for low, high in itertools.pairwise((0, 1, 2, 4, 7, 12, 20, 40)):
        v = (points + 1) / 2 * (high - low) + low
        w = v / (1 + place**2)
        kernel = 2 * np.exp(-2 * w * (place**2 - place * w + w**2 / 3 + 1))
        exact += np.pi / 4 * weights @ kernel @ weights * (high - low) / 2
    assert abs(exact - 1.7033480552087) < 1e-9
    assert abs(found.value - 1.7033480552087) < 1e-12 and found.error < 1e-11


def test_a_symmetric_explosion_takes_its_time_in_gamma_functions():
    # In polar coordinates E T = sqrt(2 pi)/2 int_0^1 dt/sqrt(1 - t^4) = Gamma(1/4)^2/8.
    found = FirstPassage(ItoProcess.scalar(y, drift=y**3, dispersion=sp.S.One), -sp.oo, sp.oo).mean_time(0)
    assert abs(found.value - mpmath.gamma(0.25) ** 2 / 8) < found.error < 1e-11


def test_the_far_end_decides_whether_a_level_is_ever_reached():
    upwards = ItoProcess.scalar(y, drift=sp.S.One, dispersion=sp.S.One)
    assert abs(FirstPassage(upwards, 0, sp.oo).hitting_probability(1).value - (1 - math.exp(-2))) < 1e-13
    assert FirstPassage(upwards, -sp.oo, 1).hitting_probability(0).value == 1
    assert FirstPassage(upwards, 0, sp.oo).mean_time(1).value == mpmath.inf
    with pytest.raises(ArgumentError, match="attracts"):
        FirstPassage(ORNSTEIN_UHLENBECK, -sp.oo, sp.oo, {k: 1, s: 1}).hitting_probability(0)


def test_what_cannot_be_answered_is_refused():
    with pytest.raises(MissingParameterError, match="no value for s"):
        FirstPassage(ORNSTEIN_UHLENBECK, -1, 1, {k: 1})
    with pytest.raises(ArgumentError, match="lower < upper"):
        FirstPassage(ORNSTEIN_UHLENBECK, 1, -1, {k: 1, s: 1})
    with pytest.raises(ArgumentError, match="start"):
        FirstPassage(ORNSTEIN_UHLENBECK, -1, 1, {k: 1, s: 1}).mean_time(2)
    with pytest.raises(ArgumentError, match="start must be a real number"):
        FirstPassage(ORNSTEIN_UHLENBECK, -1, 1, {k: 1, s: 1}).mean_time(sp.I)
    with pytest.raises(DivergenceError, match="singular"):
        FirstPassage(ItoProcess.scalar(y, drift=1 / y, dispersion=sp.S.One), -1, 1).mean_time(HALF)
