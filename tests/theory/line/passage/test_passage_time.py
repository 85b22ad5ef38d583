"""Mean times: one level, reflecting ends, entrances, explosions; against quadrature and exact answers."""

from __future__ import annotations

import time

import mpmath
import pytest
import sympy as sp

import numerics
from numerics import FirstPassage
from theory.errors import SymbolError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.passage.first_passage import hitting_probability, probability_of_ever_reaching
from theory.line.passage.passage_time import mean_exit_time, mean_explosion_time, mean_first_passage_time
from theory.notation import mu, theta, zeta

assert numerics  # it offers the numbers

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
kappa, sigma = sp.symbols("kappa sigma", positive=True)
d = sp.Symbol("d", real=True)
HALF = sp.Rational(1, 2)

BROWNIAN_MOTION = ItoProcess.scalar(y, drift=mu, dispersion=zeta)
ON_HALF_LINE = ItoProcess.scalar(x, drift=mu, dispersion=zeta)
ORNSTEIN_UHLENBECK = ItoProcess.scalar(y, drift=-kappa * y, dispersion=sigma)
DOUBLE_WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
BESSEL = ItoProcess.scalar(x, drift=(d - 1) / (2 * x), dispersion=sp.S.One)
CIR = ItoProcess.scalar(x, drift=kappa - x, dispersion=sigma * sp.sqrt(x))
NEUTRAL = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.sqrt(x * (1 - x)))


def test_the_mean_exit_time_of_a_linear_process_has_the_right_value():
    found = mean_exit_time(ORNSTEIN_UHLENBECK, sp.S.Zero, -1, 1)
    # Symmetric about 0: E T = int_0^1 2 exp(k y^2/s^2)/s^2 int_0^y exp(-k z^2/s^2) dz dy.
    numeric = mpmath.quad(lambda v: 2 * mpmath.exp(v**2) * mpmath.quad(lambda u: mpmath.exp(-(u**2)), [0, v]), [0, 1])
    assert abs(found.subs({kappa: 1, sigma: 1}).evalf() - numeric) < 1e-10


def test_the_first_passage_to_one_level_is_the_limit_of_a_far_second_level():
    found = mean_first_passage_time(ORNSTEIN_UHLENBECK, sp.S.Zero, sp.S(2)).subs({kappa: 1, sigma: 1}).evalf()
    right = mpmath.quad(lambda v: mpmath.exp(v * v) * mpmath.sqrt(mpmath.pi) * (1 + mpmath.erf(v)), [0, 1, 2])
    assert abs(found - right) < 1e-10
    unit = ORNSTEIN_UHLENBECK.subs({kappa: 1, sigma: 1})
    near, far = (mean_exit_time(unit, sp.S.Zero, lower, 2).evalf() for lower in (-2, -7))
    assert abs(found - far) < 1e-8
    assert abs(found - near) > 1


def test_brownian_motion_reaches_a_level_ahead_in_distance_over_speed():
    found = mean_first_passage_time(BROWNIAN_MOTION, y, sp.S(5))
    assert found.subs({y: 1, mu: 2}) == 2
    assert [found.subs({y: 1, mu: value}) for value in (0, -1)] == [sp.oo, sp.oo]
    assert found.subs({y: 7, mu: -1}) == 2
    assert found.subs({y: 7, mu: 1}) == sp.oo
    assert found.subs(y, 5) == 0


def test_a_reflecting_end_sends_back_and_an_absorbing_one_does_not():
    reflecting = mean_exit_time(ON_HALF_LINE, sp.S.One, 0, 2, regular_ends="reflecting")
    assert reflecting.subs({mu: 0, zeta: 1}).doit() == 3  # (4 - 1)/s^2, the time from the middle of (-2, 2)
    absorbing = mean_exit_time(ON_HALF_LINE, sp.S.One, 0, 2)
    assert absorbing.subs({mu: 0, zeta: 1}).doit() == 1
    assert mean_first_passage_time(ON_HALF_LINE.subs({mu: 1}), sp.S.One, sp.S(2)) == sp.oo
    back = mean_first_passage_time(ON_HALF_LINE, sp.S.One, sp.S(2), regular_ends="reflecting")
    assert sp.simplify(back.subs({mu: 1, zeta: 1}) - reflecting.subs({mu: 1, zeta: 1})) == 0


def test_a_bessel_process_leaves_a_ball_in_squared_distance_over_dimension():
    found = mean_exit_time(BESSEL, sp.S.One, 0, 2)
    # d >= 2: the origin is an entrance, E T = (r^2 - x^2)/d; d = 1: it absorbs, E T = x (r - x).
    assert [found.subs(d, value) for value in (2, 3, 4)] == [sp.Rational(3, value) for value in (2, 3, 4)]
    assert found.subs(d, 1).doit() == 1


@pytest.mark.every(2)
@pytest.mark.parametrize("process", [CIR, DOUBLE_WELL])
def test_the_time_from_an_entrance_or_a_natural_end_is_that_of_a_level_next_to_it(process):
    values = {kappa: 2, sigma: 1} if process is CIR else {mu: 2, zeta: 1}
    here = process.subs({key: value for key, value in values.items() if key in process.parameters})
    found = mean_first_passage_time(here, HALF, sp.S.One).evalf()
    close, closer = (mean_exit_time(here, HALF, sp.Rational(1, n), 1).evalf() for n in (4, 50))
    assert abs(found - closer) < 2e-2 * found
    assert abs(found - closer) < abs(found - close)


def test_a_level_that_may_never_be_reached_takes_for_ever():
    collapsing = DOUBLE_WELL.subs({mu: sp.Rational(1, 4), zeta: 1})
    assert mean_first_passage_time(collapsing, HALF, sp.S.One) == sp.oo
    critical = DOUBLE_WELL.subs({mu: HALF, zeta: 1})  # recurrent, and the mean is infinite all the same
    assert mean_first_passage_time(critical, HALF, sp.S.One) == sp.oo
    assert mean_first_passage_time(DOUBLE_WELL, HALF, sp.S.One).args[-1] == (sp.oo, sp.true)


def test_extinction_of_a_branching_process_takes_a_finite_time_without_growth_only():
    branching = ItoProcess.scalar(x, drift=-kappa * x, dispersion=sp.sqrt(2 * x))
    # E T = int_0^1 e^y E_1(y) dy at kappa = 1.
    numeric = mpmath.quad(lambda v: mpmath.exp(v) * mpmath.e1(v), [0, 1])
    assert abs(mean_exit_time(branching, sp.S.One, 0, sp.oo).subs(kappa, 1).evalf() - numeric) < 1e-10
    critical = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.sqrt(2 * x))
    assert mean_exit_time(critical, sp.S.One, 0, sp.oo) == sp.oo


def test_an_explosion_takes_a_finite_time_where_an_end_is_an_exit():
    # dX = X^2 dt + sqrt(2) X^(3/2) dW on x > 0: Y = 1/X is Bessel-like; here by the generator alone.
    process = ItoProcess.scalar(x, drift=3 * x**2, dispersion=sp.sqrt(2) * x ** sp.Rational(3, 2))
    time = mean_explosion_time(process, x)
    assert sp.simplify(generator(process, time) + 1) == 0
    assert sp.limit(time, x, sp.oo) == 0
    assert mean_explosion_time(ItoProcess.scalar(x, drift=x, dispersion=x), sp.S.One) == sp.oo


def test_fixation_of_a_neutral_allele_takes_the_time_of_its_entropy():
    p = sp.Rational(1, 3)
    found = mean_exit_time(NEUTRAL, p, 0, 1, Interval(0, 1)).evalf()
    assert abs(found + 2 * float(p * sp.log(p) + (1 - p) * sp.log(1 - p))) < 1e-9


def test_bad_levels_and_words_are_refused():
    with pytest.raises(SymbolError, match="start=-1"):
        mean_first_passage_time(BESSEL, sp.S(-1), sp.S(1))
    with pytest.raises(SymbolError, match="regular_ends"):
        mean_first_passage_time(BESSEL, sp.S(1), sp.S(2), regular_ends="sticky")


@pytest.mark.parametrize(
    ("process", "level", "values", "expected"),
    [
        (ON_HALF_LINE, 0, {mu: -2, zeta: 1}, HALF),
        (ItoProcess.scalar(y, drift=y**2, dispersion=sp.S.One), sp.oo, {}, sp.S("4.17962341223756")),
        (ItoProcess.scalar(x, drift=-x, dispersion=sigma * x), 0, {sigma: 1}, sp.oo),
        (ON_HALF_LINE, 0, {mu: 2, zeta: 1}, sp.oo),
    ],
)
def test_an_end_is_a_level_where_it_is_reached_in_finite_time(process, level, values, expected):
    start = sp.S.One if process.state[0] == x else sp.S.Zero
    found = mean_first_passage_time(process, start, level).subs(values)
    assert found == expected or abs(found.evalf() / expected - 1) < 1e-11


def test_square_root_noise_reaches_zero_in_the_time_of_its_integral():
    found = mean_first_passage_time(CIR, sp.S.One, 0).subs({kappa: sp.Rational(1, 4), sigma: 1}).evalf()
    # s = x^(-1/2) e^(2x), and int_v^oo 2 z^(-1/2) e^(-2z) dz = sqrt(2 pi) erfc(sqrt(2 v)); v = w^2.
    right = mpmath.quad(
        lambda w: 2 * mpmath.exp(2 * w * w) * mpmath.sqrt(2 * mpmath.pi) * mpmath.erfc(mpmath.sqrt(2) * w), [0, 1]
    )
    assert abs(found - right) < 1e-10


def test_an_end_that_is_only_approached_is_never_reached():
    geometric = ItoProcess.scalar(x, drift=mu * x, dispersion=zeta * x)
    assert probability_of_ever_reaching(geometric, sp.S.One, 0) == 0
    branching = ItoProcess.scalar(x, drift=mu * x, dispersion=zeta * sp.sqrt(x))
    assert probability_of_ever_reaching(branching, sp.S.One, 0).subs({mu: 1, zeta: 1}) == sp.exp(-2)


def test_a_time_of_explosion_becomes_a_number():
    found = float(mean_explosion_time(ItoProcess.scalar(y, drift=y**3, dispersion=sp.S.One), 0))
    assert abs(found - mpmath.gamma(0.25) ** 2 / 8) < 1e-11


def test_the_mean_time_to_fixation_without_selection_is_kimuras():
    process = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.sqrt(x * (1 - x)))
    for start in (sp.Rational(1, 3), sp.Rational(9, 10)):
        time = mean_exit_time(process, start, 0, 1, Interval(0, 1))
        kimura = -2 * (start * sp.log(start) + (1 - start) * sp.log(1 - start))
        assert not time.has(sp.Integral)
        assert abs((time - kimura).evalf(30)) < 1e-25


def test_a_passage_of_students_process_has_the_number_that_its_elementary_mass_gives():
    found = mean_first_passage_time(ItoProcess.scalar(y, drift=-2 * y, dispersion=sp.sqrt(1 + y**2)), 0, 1)

    def mass(v):  # the integral of (1 + u^2)^-3 from -oo
        w = 1 + v**2
        return 3 * mpmath.atan(v) / 8 + 3 * v / (8 * w) + v / (4 * w**2) + 3 * mpmath.pi / 16

    assert abs(found.evalf() - mpmath.quad(lambda v: 2 * (1 + v**2) ** 2 * mass(v), [0, 1])) < 1e-11


@pytest.mark.slow  # by day: the limit of a far second level
def test_the_numbers_of_a_mode_of_depth_three_are_those_of_its_equation():
    w, third = sp.Symbol("w", positive=True), sp.Rational(1, 3)
    noise = (2 * (1 - w) ** 2 + sp.Rational(1, 4)) / 5
    drift = 3 * (1 - w) * w ** (4 * third) + 3 * noise * w ** (5 * third)
    process = ItoProcess.scalar(w, drift=drift, dispersion=3 * w ** (4 * third) * sp.sqrt(noise))
    start = sp.Rational(3, 4)
    # T to 1 is the time to leave (1/2, 1), and from 1/2 on again where that is where it leaves.
    leaves = mean_exit_time(process, start, HALF, 1).evalf()
    below = 1 - hitting_probability(process, start, HALF, 1).evalf()
    again, whole = (mean_first_passage_time(process, place, 1).evalf() for place in (HALF, start))
    assert abs(leaves + below * again - whole) < 1e-11


def test_a_process_comes_down_from_an_infinite_entrance_in_a_finite_time():
    found = mean_first_passage_time(ItoProcess.scalar(x, drift=x * (1 - x), dispersion=x / 2), sp.oo, 1)
    # At distance v above y: int_1^oo int_0^oo 8 (1 + v/y)^6 exp(-8 v)/y^2 dv dy, term by term.
    exact = sum(sp.binomial(6, n) * sp.factorial(n) / (sp.S(8) ** n * (n + 1)) for n in range(7))
    assert abs(found.evalf() - exact.evalf()) < 1e-11


@pytest.mark.parametrize("drift", [-y, y**3])
def test_a_process_does_not_start_at_an_infinite_end_that_it_cannot_leave(drift):
    with pytest.raises(SymbolError, match="start"):
        mean_first_passage_time(ItoProcess.scalar(y, drift=drift, dispersion=sp.S.One), sp.oo, 0)


def test_a_passage_under_a_drift_that_only_grows_is_a_number():
    found = mean_first_passage_time(ItoProcess.scalar(y, drift=-sp.atan(y), dispersion=sp.S.One), 0, 1)

    def weight(u):  # exp of the integral of 2b/a
        return (1 + u**2) * mpmath.exp(-2 * u * mpmath.atan(u))

    below = mpmath.quad(weight, [-mpmath.inf, -5, 0])
    exact = mpmath.quad(lambda v: 2 * (below + mpmath.quad(weight, [0, v])) / weight(v), [0, 1])
    assert abs(found - exact) < 1e-11


@pytest.mark.parametrize("drift", [sp.atan(y), -sp.tan(y)])
def test_a_passage_that_may_never_end_or_meets_a_pole_is_no_finite_number(drift):
    process = ItoProcess.scalar(y, drift=drift, dispersion=sp.S.One)
    if drift.has(sp.tan):
        with pytest.raises(UnsupportedFormError):
            mean_first_passage_time(process, 0, -1)
    else:
        assert mean_first_passage_time(process, 0, -1) == sp.oo


@pytest.mark.every(2)
def test_an_integral_of_hypergeometric_functions_keeps_its_quick_numbers_when_parameters_get_theirs():
    w, a, c = sp.symbols("w a c", positive=True)
    power = sp.Rational(3, 2)
    process = ItoProcess.scalar(w, drift=(a - w**2) * w**power, dispersion=w**power * sp.sqrt(c + w**2))
    values, ends = {a: sp.S(2), c: sp.S.One}, (sp.S.Half, sp.S(2))
    for ask, method in ((mean_exit_time, "mean_time"), (hitting_probability, "hitting_probability")):
        found = ask(process, sp.S.One, *ends)
        before = time.process_time()
        value = found.subs(values).evalf(15)  # took 15 s
        assert time.process_time() - before < 5
        number = getattr(FirstPassage(process.subs(values), *ends), method)(1).value
        assert float(value) == pytest.approx(float(number), rel=1e-11)


def test_times_across_a_kink_are_numbers_when_parameters_get_theirs():
    process = ItoProcess.scalar(y, drift=-kappa * sp.sign(y) * sp.sqrt(sp.Abs(y)), dispersion=sigma)
    values, start, upper = {kappa: sp.S(2), sigma: sp.S.One}, sp.Rational(1, 5), sp.S.One
    for lower, found in (
        (-sp.S.Half, mean_exit_time(process, start, -sp.S.Half, upper)),
        (-sp.oo, mean_first_passage_time(process, start, upper)),
    ):
        number = FirstPassage(process.subs(values), lower, upper).mean_time(start).value
        assert float(found.subs(values).evalf(15)) == pytest.approx(float(number), rel=1e-11)


def test_the_tangent_of_brownian_motion_explodes_when_that_leaves_its_interval():
    tangent = ItoProcess.scalar(y, drift=y * (1 + y**2), dispersion=1 + y**2)
    assert float(mean_explosion_time(tangent, sp.S.Zero)) == pytest.approx(float(sp.pi**2 / 4), rel=1e-12)


def test_a_mean_time_keeps_its_digits_where_nearly_every_path_leaves_at_one_end():
    power = sp.Rational(5, 3)
    process = ItoProcess.scalar(x, drift=x**power * (6 - 3 * x**3), dispersion=3 * x ** (power + 3 * HALF) / 5)
    found = mean_exit_time(process, sp.S.One, HALF, sp.S(2))  # 1e-37 times a time of 1e36 on the rare side
    number = FirstPassage(process, HALF, 2).mean_time(1).value
    assert float(found.evalf(17)) == pytest.approx(float(number), rel=1e-11)
