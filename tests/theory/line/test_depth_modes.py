"""Modes of deep linear networks: classes, laws, modes and rates for every depth, numbers and symbols alike."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from docs.benchmarks.depth_modes import CASES, DEPTHS, beta, depth_mode, s, sigma, w
from theory import FellerClass, ItoProcess, attractivity_rate, classify, parameter, stationary_density
from theory.errors import NotNormalisableError
from theory.line.laws.stationary import probability_current_vanishes

NUMBERS = {s: sp.Rational(3, 2), sigma: sp.Rational(4, 5), beta: sp.Rational(1, 30)}
DEEPER = [name for name in DEPTHS if name != "2"]


def at_numbers(name: str) -> dict[sp.Symbol, sp.Expr]:
    """Numbers for all symbols, a depth among them."""
    (symbol,) = DEPTHS[name].free_symbols or {sp.Symbol("unused")}
    return {**NUMBERS, symbol: sp.Rational(2, 5) if name == "1/h" else sp.Integer(3)}


@pytest.mark.every(4)
@pytest.mark.parametrize("name", DEPTHS)
def test_zero_is_natural_and_infinity_an_entrance_at_every_depth(name):
    left, right = classify(depth_mode(DEPTHS[name], sigma), CASES["sigma > 0"][1])
    assert (left.feller_class, right.feller_class) == (FellerClass.NATURAL, FellerClass.ENTRANCE)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n == "L real > 2" else [pytest.mark.slow]) for n in DEEPER],
)
def test_with_input_noise_a_deeper_mode_has_a_law_and_without_it_collapses_to_the_teacher(name):
    assert stationary_density(depth_mode(DEPTHS[name], sigma), CASES["sigma > 0"][1]).normalisable == sp.true
    for case in ("sigma = 0, w < s", "sigma = 0, w > s"):
        law = stationary_density(depth_mode(DEPTHS[name], 0), CASES[case][1])
        assert (law.normalisable, law.collapse) == (sp.false, ((sp.true, s),))
    with pytest.raises(NotNormalisableError):
        law.at({symbol: value for symbol, value in at_numbers(name).items() if symbol in law.parameters})


def test_a_mode_of_depth_two_collapses_beyond_a_strength_of_label_noise():
    law = stationary_density(depth_mode(sp.Integer(2), sigma))
    assert law.normalisable == (2 * beta * s**2 + beta * sigma**2 < 2 * s)
    assert law.collapse == ((2 * beta * s**2 + beta * sigma**2 >= 2 * s, 0),)


@pytest.mark.every(19)
@pytest.mark.parametrize("name", DEEPER)
@pytest.mark.parametrize("case", CASES)
def test_the_density_is_closed_and_the_exponential_of_the_numerical_integral(name, case):
    noise, interval = CASES[case]
    process = depth_mode(DEPTHS[name], noise)
    law = stationary_density(process, interval)
    assert not law.density.has(sp.Integral)
    a, values = process.diffusion[0], at_numbers(name)
    ends = {s: ("0.2", "1.3"), sp.oo: ("1.7", "4")}[interval.right] if noise == 0 else ("0.3", "3")
    with mpmath.workdps(50):
        slope = sp.lambdify(w, ((2 * process.drift[0] - sp.diff(a, w)) / a).subs(values), "mpmath")
        value = sp.lambdify(w, sp.log(law.density.subs(values)), "mpmath")
        low, high = map(mpmath.mpf, ends)
        integral = mpmath.quad(slope, mpmath.linspace(low, high, 4))
        assert abs(value(high) - value(low) - integral) < mpmath.mpf("1e-40")


@pytest.mark.parametrize("name", ["3", "L real > 2"])
def test_another_power_of_the_noise_induced_drift_is_refuted(name):
    depth = DEPTHS[name]
    process = depth_mode(depth, sigma)
    law = stationary_density(process)
    assert probability_current_vanishes(law.density, process)
    near_miss = ItoProcess.scalar(
        w, drift=process.drift[0] + beta * w ** (3 - 3 / depth), dispersion=process.dispersion[0]
    )
    assert not probability_current_vanishes(law.density, near_miss)


@pytest.mark.every(4)
@pytest.mark.parametrize("name", ["3", "8", "L real > 2", "n + 2"])
def test_the_mode_is_where_the_density_is_largest_on_a_grid(name):
    law = stationary_density(depth_mode(DEPTHS[name], sigma))
    values = at_numbers(name)
    found = law.mode.subs(values).evalf(20)
    height = sp.lambdify(w, sp.log(law.density.subs(values)), "mpmath")
    points = [found * sp.Rational(i, 200) for i in range(20, 500, 4)] + [found]
    assert max(points, key=lambda point: height(mpmath.mpf(str(point)))) == found


def test_only_the_mode_of_depth_two_has_a_rate_at_zero():
    integer = parameter("L", integer=True, at_least=2)
    assert attractivity_rate(depth_mode(sp.Integer(2), sigma)).alpha == 2 * beta * s**2 + beta * sigma**2 - 2 * s
    assert all(attractivity_rate(depth_mode(DEPTHS[name], sigma)).alpha == 0 for name in ("5/2", "L real > 2"))
    both = attractivity_rate(depth_mode(integer, sigma)).alpha
    assert sp.expand(both.subs(integer, 2) - (2 * beta * s**2 + beta * sigma**2 - 2 * s)) == 0
    assert both.subs(integer, 3) == 0


def test_the_rate_at_the_teacher_is_that_of_the_linearisation():
    depth = DEPTHS["L real > 2"]
    rate = attractivity_rate(depth_mode(depth, 0), s).alpha
    a = 2 - 2 / depth
    assert sp.expand(rate - (depth * s**a + beta * depth**2 * s ** (4 - 4 / depth))) == 0


@pytest.mark.slow  # by day: the mode on a grid
def test_the_normalised_law_has_the_same_mode():
    law = stationary_density(depth_mode(sp.Integer(3), sigma))
    assert abs(law.at(NUMBERS).mode - law.mode.subs(NUMBERS).evalf(20)) < 1e-15
