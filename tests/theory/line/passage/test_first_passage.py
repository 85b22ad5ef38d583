"""First passage: closed forms against quadrature, and cases with a known answer."""

from __future__ import annotations

import functools

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from scipy.linalg import solve_banded

from numerics import FirstPassage
from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import SymbolError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import scale_density
from theory.line.integrals.closed_integrals import common_cases
from theory.line.passage.first_passage import hitting_probability, probability_of_ever_reaching, scale_function
from theory.line.passage.passage_time import mean_exit_time
from theory.line.time_limit import time_limit
from theory.notation import mu, theta, zeta

x, epsilon = sp.symbols("x epsilon", positive=True)
y = sp.Symbol("y", real=True)
kappa, sigma = sp.symbols("kappa sigma", positive=True)
d = sp.Symbol("d", real=True)

BROWNIAN_MOTION = ItoProcess.scalar(y, drift=mu, dispersion=zeta)
ORNSTEIN_UHLENBECK = ItoProcess.scalar(y, drift=-kappa * y, dispersion=sigma)
GEOMETRIC_BROWNIAN_MOTION = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
DOUBLE_WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
BESSEL = ItoProcess.scalar(x, drift=(d - 1) / (2 * x), dispersion=sp.S.One)
NEUTRAL = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.sqrt(x * (1 - x)))
OUTWARDS = ItoProcess.scalar(y, drift=kappa * y, dispersion=sigma)
HALF = sp.Rational(1, 2)
LOWER, START, UPPER = sp.Rational(1, 4), sp.Rational(1, 2), sp.Rational(3, 2)


def solved_on_a_grid(process: ItoProcess, values: dict, *, source: float, at_upper: float) -> float:
    r"""The value at START of :math:`bf' + \tfrac12 af'' = -source`, f(LOWER) = 0, f(UPPER) = at_upper.

    Central differences on two grids, extrapolated; independent of scale and speed.
    """

    def solution(n: int) -> float:
        points = np.linspace(float(LOWER), float(UPPER), n + 1)
        inside, step = points[1:-1], points[1] - points[0]
        (coordinate,) = process.state
        b, a = (
            np.asarray(sp.lambdify(coordinate, part.subs(values), "numpy")(inside), float) * np.ones_like(inside)
            for part in (process.drift[0], process.diffusion[0])
        )
        up, down = a / (2 * step**2) + b / (2 * step), a / (2 * step**2) - b / (2 * step)
        right = np.full_like(inside, -source)
        right[-1] -= up[-1] * at_upper
        bands = np.zeros((3, n - 1))
        bands[0, 1:], bands[1], bands[2, :-1] = up[:-1], -a / step**2, down[1:]
        return float(solve_banded((1, 1), bands, right)[n // 5 - 1])

    coarse, fine = solution(2000), solution(4000)
    return (4 * fine - coarse) / 3


@functools.cache
def probability(process):
    return hitting_probability(process, START, LOWER, UPPER)


@functools.cache
def mean_time(process):
    return mean_exit_time(process, START, LOWER, UPPER)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("process", "values"),
    [
        (BROWNIAN_MOTION, lambda m_value, z: {mu: m_value, zeta: z}),
        (GEOMETRIC_BROWNIAN_MOTION, lambda m_value, z: {mu: m_value, zeta: z}),
        (GEOMETRIC_BROWNIAN_MOTION, lambda m_value, z: {mu: z**2 / 2, zeta: z}),
        (DOUBLE_WELL, lambda m_value, z: {mu: m_value, zeta: z}),
        (BESSEL, lambda m_value, z: {d: m_value}),
    ],
    ids=["Brownian", "geometric", "geometric, without drift of the logarithm", "double well", "Bessel"],
)
@settings(max_examples=examples(4))
@given(m_value=rationals(), z=positive_rationals(2))
def test_hitting_probabilities_solve_their_boundary_value_problem(process, values, m_value, z):
    values = values(m_value, z)
    found = float(probability(process).subs(values).evalf(15))
    assert abs(found - solved_on_a_grid(process, values, source=0, at_upper=1)) < 1e-6
    wrong = ItoProcess(process.state, process.drift * sp.Rational(21, 20), process.dispersion)
    if process.drift.subs(values)[0] != 0 and 1e-3 < found < 1 - 1e-3:
        assert abs(found - solved_on_a_grid(wrong, values, source=0, at_upper=1)) > 1e-6


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("process", "values"),
    [
        (BROWNIAN_MOTION, lambda m_value, z: {mu: m_value, zeta: z}),
        (GEOMETRIC_BROWNIAN_MOTION, lambda m_value, z: {mu: m_value, zeta: z}),
        (GEOMETRIC_BROWNIAN_MOTION, lambda m_value, z: {mu: z**2 / 2, zeta: z}),
        (BESSEL, lambda m_value, z: {d: m_value}),
        (BESSEL, lambda m_value, z: {d: sp.S.Zero}),
    ],
    ids=["Brownian", "geometric", "geometric, without drift of the logarithm", "Bessel", "Bessel in no dimension"],
)
@settings(max_examples=examples(2))
@given(m_value=rationals(), z=positive_rationals(2))
def test_mean_exit_times_solve_their_boundary_value_problem(process, values, m_value, z):
    values = values(m_value, z)
    found = float(mean_time(process).subs(values).evalf(12))
    numeric = solved_on_a_grid(process, values, source=1, at_upper=0)
    assert abs(found / numeric - 1) < 1e-6
    assert abs(found / solved_on_a_grid(process, values, source=1.01, at_upper=0) - 1) > 1e-3


def test_geometric_brownian_motion_reaches_a_level_with_the_probability_of_its_power():
    found = probability_of_ever_reaching(GEOMETRIC_BROWNIAN_MOTION, x, epsilon, direction="up")
    assert found == sp.Piecewise(((x / epsilon) ** (1 - 2 * mu / zeta**2), mu < zeta**2 / 2), (1, True))
    values = {x: 0.1, epsilon: 1, zeta: 1, mu: sp.Rational(3, 10)}
    assert abs(found.subs(values) - 0.398107170553497) < 1e-12
    assert found.subs({**values, mu: sp.Rational(1, 2)}) == 1


def test_without_a_direction_both_cases_are_given():
    found = probability_of_ever_reaching(GEOMETRIC_BROWNIAN_MOTION, x, epsilon)
    values = {zeta: 1, mu: sp.Rational(1, 4)}
    assert found.subs(values).subs({x: 1, epsilon: 4}) == sp.Rational(1, 2)
    assert found.subs(values).subs({x: 4, epsilon: 1}) == 1


def test_the_double_well_reaches_a_level_with_the_known_probability():
    found = probability_of_ever_reaching(DOUBLE_WELL, sp.Rational(1, 10), sp.Rational(3, 10))
    value = found.subs({mu: sp.Rational(1, 5), zeta: 1}).evalf()
    assert abs(value - 0.508) < 5e-4
    # The geometric Brownian motion with the same rates is close but another number.
    assert abs(value - sp.Rational(1, 3) ** sp.Rational(3, 5)) > 5e-3
    assert found.subs({mu: 1, zeta: 1}) == 1


def test_an_end_that_reflects_gives_the_process_back():
    arguments = (BESSEL.subs({d: sp.Rational(1, 2)}), sp.S.One, sp.S(2))
    assert probability_of_ever_reaching(*arguments) == sp.Rational(1, 2) ** sp.Rational(3, 2)
    assert probability_of_ever_reaching(*arguments, regular_ends="reflecting") == 1
    transient = BESSEL.subs({d: sp.S(3)})
    assert probability_of_ever_reaching(transient, sp.S(2), sp.S(1), regular_ends="reflecting") == sp.Rational(1, 2)


def test_brownian_motion_with_drift_goes_where_the_drift_points():
    assert hitting_probability(BROWNIAN_MOTION, y, -sp.oo, sp.oo) == sp.Piecewise(
        (1, mu > 0), (0, mu < 0), (sp.nan, True)
    )
    assert hitting_probability(NEUTRAL, sp.Rational(1, 3), 0, 1, Interval(0, 1)) == sp.Rational(1, 3)


FELLER = ItoProcess.scalar(x, drift=mu * x, dispersion=sigma * sp.sqrt(x))


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("process", "start", "lower", "values", "expected"),
    [
        (BROWNIAN_MOTION, 1, 0, {mu: 1, zeta: 1}, 1 - sp.exp(-2)),
        (BROWNIAN_MOTION, 1, 0, {mu: 0, zeta: 1}, 0),
        (BROWNIAN_MOTION, 1, 0, {mu: -1, zeta: 1}, 0),
        (FELLER, 1, 0, {mu: HALF, sigma: 1}, 1 - sp.exp(-1)),
        (FELLER, 1, 0, {mu: -HALF, sigma: 1}, 0),
        (GEOMETRIC_BROWNIAN_MOTION, 1, HALF, {mu: 1, zeta: 1}, HALF),
        (GEOMETRIC_BROWNIAN_MOTION, 1, HALF, {mu: HALF, zeta: 1}, 0),
        (BESSEL, 1, HALF, {d: 3}, HALF),
        (BESSEL, 1, HALF, {d: 2}, 0),
        (OUTWARDS, 0, -1, {kappa: 1, sigma: 1}, sp.erf(1) / (1 + sp.erf(1))),
    ],
)
def test_escape_to_infinity_is_decided_by_the_parameters(process, start, lower, values, expected):
    found = hitting_probability(process, sp.sympify(start), lower, sp.oo)
    assert not any(value.has(sp.oo, sp.zoo) for value, _ in (found.args if found.is_Piecewise else ((found, True),)))
    assert sp.simplify(found.subs(values) - expected) == 0
    # The one-sided limit of finite levels, by the formula for two levels.
    near, far = (
        hitting_probability(process.subs(values), sp.sympify(start), lower, level).evalf()
        for level in (sp.S(4), sp.S(40))
    )
    assert abs(far - expected) <= abs(near - expected)
    assert expected == 0 or abs(far - expected) < 0.02


@pytest.mark.every(2)
@pytest.mark.parametrize("sign", [1, -1])
def test_closed_forms_and_quadrature_of_the_scale_density_agree(sign):
    cir = ItoProcess.scalar(x, drift=sign * (kappa - x), dispersion=sigma * sp.sqrt(x))
    for process, values in (
        (cir, {kappa: sp.Rational(1, 4), sigma: 1}),
        (cir, {kappa: 2, sigma: 1}),
        (ItoProcess.scalar(y, drift=sign * y, dispersion=sigma), {sigma: 2}),
        (ItoProcess.scalar(y, drift=sign * y, dispersion=sp.sqrt(1 + y**2)), {}),
        (DOUBLE_WELL, {mu: sign, zeta: 1}),
    ):
        found = hitting_probability(process, START, LOWER, UPPER).subs(values)
        density = sp.lambdify(process.state[0], scale_density(process).subs(values), "mpmath")
        below, whole = (mpmath.quad(density, [LOWER, end]) for end in (START, UPPER))
        assert abs(found.evalf() - below / whole) < 1e-12
        assert abs(found.evalf() - (whole - below) / whole) > 1e-3


def test_fixation_with_recurrent_mutation_is_a_ratio_of_incomplete_beta_functions():
    mutation = ItoProcess.scalar(x, drift=kappa * (1 - 2 * x), dispersion=sp.sqrt(x * (1 - x)))
    found = hitting_probability(mutation, sp.Rational(1, 4), 0, 1, Interval(0, 1))
    assert found.subs(kappa, HALF) is sp.nan  # neither end is ever reached
    density = sp.lambdify(x, scale_density(mutation, Interval(0, 1)).subs(kappa, sp.Rational(1, 8)), "mpmath")
    below, whole = (mpmath.quad(density, [0, mpmath.mpf(1) / 8, end]) for end in (0.25, 1))
    assert found.has(sp.betainc)
    assert abs(found.subs(kappa, sp.Rational(1, 8)).evalf() - below / whole) < 1e-9


def test_scale_functions_are_harmonic():
    for process in (BROWNIAN_MOTION, GEOMETRIC_BROWNIAN_MOTION, BESSEL):
        for piece, _ in scale_function(process).args:
            special = (
                {mu: zeta**2 / 2 if process is GEOMETRIC_BROWNIAN_MOTION else 0, d: 2}
                if piece.free_symbols <= {*process.state}
                else {}
            )
            residual = generator(process, piece).subs(special)
            assert sp.simplify(residual) == 0
        assert scale_function(process).subs(process.state[0], 0 if process is BROWNIAN_MOTION else 1).simplify() == 0


@pytest.mark.parametrize(
    "process",
    [BROWNIAN_MOTION, pytest.param(GEOMETRIC_BROWNIAN_MOTION, marks=pytest.mark.slow)],
    ids=["plain", "geometric"],
)
def test_mean_exit_time_solves_its_equation(process):
    (coordinate,) = process.state
    time = mean_exit_time(process, coordinate, 1, 3).args[0][0]
    assert sp.simplify(generator(process, time) + 1) == 0
    assert [sp.simplify(time.subs(coordinate, end)) for end in (1, 3)] == [0, 0]


def test_an_exit_time_that_antiderivatives_give_comes_without_the_integrals_of_greens_function():
    growing = GEOMETRIC_BROWNIAN_MOTION.subs({mu: 1, zeta: 1})
    found = mean_exit_time(growing, 2, 1, 3)
    assert found == 3 * sp.log(3) / 2 - 2 * sp.log(2)  # the other route leaves it in other terms


def test_fixation_of_a_neutral_allele_takes_the_time_of_its_entropy():
    p = sp.Rational(1, 3)
    found = mean_exit_time(NEUTRAL, p, 0, 1, Interval(0, 1)).evalf()
    assert abs(found + 2 * float(p * sp.log(p) + (1 - p) * sp.log(1 - p))) < 1e-9


@pytest.mark.parametrize(
    ("call", "error", "reason"),
    [
        (lambda: hitting_probability(BROWNIAN_MOTION, sp.S(2), 0, 1), SymbolError, "start=2 > upper=1"),
        (lambda: hitting_probability(BROWNIAN_MOTION, sp.S(0), 0, 0), SymbolError, "lower < upper"),
        (lambda: probability_of_ever_reaching(BESSEL, sp.S(-1), sp.S(1)), SymbolError, "start=-1"),
        (lambda: probability_of_ever_reaching(BESSEL, sp.S(1), sp.S(2), direction="down"), SymbolError, "contradicts"),
        (lambda: mean_exit_time(BROWNIAN_MOTION, sp.S(2), 0, 1), SymbolError, "start=2 > upper=1"),
    ],
)
def test_bad_levels_are_refused(call, error, reason):
    with pytest.raises(error, match=reason):
        call()


STIFF = sp.Symbol("z", real=True)


def test_between_numbers_the_answer_is_a_number_where_no_formula_is_known():
    process = ItoProcess.scalar(STIFF, drift=sp.sin(STIFF) - STIFF**3, dispersion=sp.sqrt(1 + STIFF**4))
    found = hitting_probability(process, sp.Rational(1, 2), -1, 1)

    def scale(z):
        return mpmath.exp(-mpmath.quad(lambda t: 2 * (mpmath.sin(t) - t**3) / (1 + t**4), [0, z]))

    expected = mpmath.quad(scale, [-1, 0, 0.5]) / mpmath.quad(scale, [-1, 0, 1])
    assert float(found) == pytest.approx(float(expected), rel=1e-11)


@pytest.mark.parametrize("drift", [sp.tan(STIFF) + STIFF**3, sp.atan(STIFF) / (STIFF - sp.Rational(3, 2)) ** 2])
def test_across_a_singularity_no_number_is_made_up(drift):
    process = ItoProcess.scalar(STIFF, drift=drift, dispersion=1)
    with pytest.raises(UnsupportedFormError):
        hitting_probability(process, sp.Rational(11, 10), 1, 2)


def test_an_exit_across_two_kinks_is_a_number_at_once():
    drift = -sp.sign(STIFF) - sp.Max(STIFF, sp.Rational(1, 3))
    process = ItoProcess.scalar(STIFF, drift=drift, dispersion=1 + sp.Abs(STIFF))
    assert float(mean_exit_time(process, sp.Rational(1, 10), -1, 1)) == pytest.approx(0.9186865825, abs=1e-9)


def test_an_integral_from_an_infinite_end_under_a_double_exponential_is_a_number():
    morse = ItoProcess.scalar(y, drift=sp.exp(-y) - sp.exp(-2 * y), dispersion=1)  # is drawn to -oo
    found = probability_of_ever_reaching(morse, sp.S.Zero, sp.S.One)
    # s = exp(2 e^(-x) - e^(-2x)) in u = e^(-x): the integral of exp(1 - (u - 1)^2)/u over u > e^(-x)
    whole = [mpmath.quad(lambda u: mpmath.exp(-((u - 1) ** 2)) / u, [mpmath.exp(-at), 2, 4, 12]) for at in (0, 1)]
    assert float(found.evalf()) == pytest.approx(float(whole[0] / whole[1]), rel=1e-12)


@pytest.mark.every(2)
@pytest.mark.parametrize("place", [sp.Rational(3, 5), -2, 0, 2])
def test_a_kink_at_a_parameter_has_cases_on_either_side_of_every_level(place):
    b = sp.Symbol("b", real=True)
    process = ItoProcess.scalar(y, drift=-sp.sign(y - b), dispersion=1)
    start, lower, upper = sp.Rational(1, 5), -HALF, sp.S.One
    for ask, method in ((hitting_probability, "hitting_probability"), (mean_exit_time, "mean_time")):
        number = getattr(FirstPassage(process, lower, upper, {b: place}), method)(start).value
        assert float(ask(process, start, lower, upper).subs(b, place).evalf()) == pytest.approx(
            float(number), rel=1e-10
        )


def test_exponentials_of_multiples_of_one_exponent_are_powers_of_one_name():
    """In powers of exp(kappa/3) and of exp(kappa) the quotient had degree 44, factored in .03 or in 16 s."""
    process = ItoProcess.scalar(
        x, drift=-kappa * sp.sqrt(x) + 4 * x ** sp.Rational(3, 2), dispersion=x ** sp.Rational(5, 4)
    )
    quarter = sp.Rational(1, 4)
    found = hitting_probability(process, 2 * quarter, quarter, 3 * quarter)
    assert {held.args[0] / kappa for held in found.atoms(sp.exp)} == {4, sp.Rational(16, 3)}
    with mpmath.workdps(20):
        shares = [mpmath.quad(lambda u: mpmath.exp(-2 / u) / u**8, [0.25, end]) for end in (0.5, 0.75)]
    assert abs(found.subs(kappa, 1).evalf(20) - shares[0] / shares[1]) < 1e-15


def test_a_quotient_in_high_powers_of_one_exponential_is_not_searched_for_factors():
    x, k = sp.symbols("x k", positive=True)
    process = ItoProcess.scalar(x, drift=-2 * x, dispersion=k * x**2)
    low, start, high = sp.Rational(1, 4), sp.S.Half, sp.Rational(3, 4)
    with time_limit(4):
        found = hitting_probability(process, start, low, high, Interval(0, k))
    with mpmath.workdps(30):  # the scale density is exp(-2/(k x)^2)
        parts = [
            mpmath.quad(lambda u: mpmath.exp(-2 / u**2), ends) for ends in ([0.25, 0.375, 0.5], [0.5, 0.625, 0.75])
        ]
    assert abs(found.subs(k, 1).evalf(15) - sp.Float(str(parts[0] / sum(parts)), 15)) < sp.Float(10) ** -14


def test_a_probability_from_tiny_integrals_is_a_number():
    x = sp.Symbol("x", positive=True)
    fifth = sp.Rational(1, 5)
    process = ItoProcess.scalar(x, drift=2 * x ** (7 * fifth) - x ** (9 * fifth), dispersion=x ** (11 * fifth / 2) / 2)
    found = hitting_probability(process, sp.S.One, sp.S.Half, sp.S(2)).evalf(15)  # of integrals of size e^-67
    assert float(found) == pytest.approx(float(FirstPassage(process, HALF, 2).hitting_probability(1).value), rel=1e-11)


def test_a_number_of_exponentials_of_many_quarters_is_not_searched_for_factors():
    """It took 20 s."""
    process = ItoProcess.scalar(y, drift=-2 * sp.tanh(y / 2), dispersion=sp.S.Half)
    low, start, high = sp.Rational(1, 4), sp.S.Half, sp.Rational(3, 4)
    with time_limit(4):
        found = hitting_probability(process, start, low, high)
    assert float(found) == pytest.approx(float(FirstPassage(process, low, high).hitting_probability(start).value))


def test_an_integral_of_an_incomplete_beta_function_is_a_number_at_once():
    """Its own evaluation took two seconds."""
    process, interval = ItoProcess.scalar(y, drift=-2 * y, dispersion=sp.sqrt(2 * (1 - y**2))), Interval(-1, 1)
    low, start, high = sp.Rational(1, 4), sp.S.Half, sp.Rational(3, 4)
    found = mean_exit_time(process, start, low, high, interval)
    scale = lambda u: mpmath.atanh(u)  # noqa: E731
    inner = [mpmath.quad(lambda u, e=e: abs(scale(e) - scale(u)), [start, e]) for e in (0.25, 0.75)]
    below, above = scale(start) - scale(low), scale(high) - scale(start)
    exact = (below * abs(inner[1]) + above * abs(inner[0])) / (below + above)
    assert found.is_Float and float(found) == pytest.approx(float(exact), rel=1e-12)


def test_cases_that_exclude_each_other_are_not_formed():
    c = sp.Symbol("c", real=True)
    near, far = sp.Piecewise((1, c < 1), (2, True)), sp.Piecewise((3, c < 2), (4, True))
    assert [values for values, _ in common_cases((near, far))] == [(1, 3), (2, 3), (2, 4)]
