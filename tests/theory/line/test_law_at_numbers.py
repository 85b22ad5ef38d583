"""What a law says at numbers for its parameters: quickly, and without a standing expression."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.numerical_law import numerical_law
from numerics.deterministic.scale_and_speed_panels import coefficients_at
from theory.errors import SymbolError, TheoryError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.laws.moment_existence import infinite_moment, tail_moment_exists
from theory.line.laws.stationary import stationary_density

x = sp.Symbol("x", real=True)
w = sp.Symbol("w", positive=True)
k, s = sp.symbols("k s", positive=True)


def test_a_mode_without_closed_form_is_a_number():
    law = stationary_density(ItoProcess.scalar(x, drift=k + x - x**3, dispersion=s)).at({k: 1, s: 1})
    assert law.mode.is_Float
    assert float(law.mode**3 - law.mode - 1) == pytest.approx(0, abs=1e-13)


def test_the_median_of_an_even_law_is_its_centre():
    for drift in (x - x**3, -x / sp.sqrt(1 + x**2)):
        assert stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=1)).at({}).quantile(0.5) == 0


@pytest.mark.parametrize("drift", [-x, x - x**3])
def test_negative_moments_across_zero_are_infinite_or_nothing(drift):
    law = stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=1)).at({})
    assert law.moment(-2) == sp.oo and law.moment(-1) is sp.nan


def test_a_moment_beyond_the_tail_is_infinite_and_one_at_the_edge_is_a_number():
    law = stationary_density(ItoProcess.scalar(w, drift=2 - w, dispersion=sp.sqrt(w)))
    assert (law.moment(-1), law.moment(-4)) == (sp.Rational(2, 3), sp.oo)


def test_glued_laws_with_large_irrational_rates_have_quick_numbers():
    process = ItoProcess.scalar(x, drift=sp.sqrt(k) + sp.exp(k) * sp.sign(x - 1) - 1, dispersion=1)
    law = stationary_density(process, Interval(-1, 2)).at({k: 2})
    before = time.process_time()
    mean = float(law.mean)
    assert time.process_time() - before < 2  # sums of exponentials that cancel took 30 s
    down, up = (float(2 * (sp.sqrt(2) - 1 + side * sp.exp(2))) for side in (-1, 1))
    # p = exp(down x) below 1, and exp(down + up (x - 1)) above
    masses = [(math.exp(down) - math.exp(-down)) / down, math.exp(down) * math.expm1(up) / up]
    firsts = [
        (math.exp(down) * (1 - 1 / down) + math.exp(-down) * (1 + 1 / down)) / down,
        math.exp(down) * (math.exp(up) * (2 - 1 / up) - (1 - 1 / up)) / up,
    ]
    assert mean == pytest.approx(sum(firsts) / sum(masses), rel=1e-12)
    assert float(law.cdf(1)) == pytest.approx(masses[0] / sum(masses), rel=1e-12)


@pytest.mark.parametrize(
    ("drift", "power"), [(3 * (1 - w) * w ** sp.Rational(4, 3), sp.Rational(4, 3)), (1 - w, sp.Rational(3, 5))], ids=str
)
def test_the_panels_of_a_wide_peak_are_marched_once_from_one_program(drift, power):
    law = stationary_density(ItoProcess.scalar(w, drift=drift, dispersion=k * w**power))
    coefficients_at.cache_clear()
    chosen = law.at({k: sp.Rational(1, 2)})
    marched = chosen._quick_numbers._sides
    assert chosen.mean.is_Float and chosen.quantile(0.75).is_Float and chosen.pdf(1).is_Float
    assert chosen._quick_numbers._sides is marched and coefficients_at.cache_info().misses == 1
    exact = numerical_law(law, {k: sp.Rational(1, 2)}, digits=20)
    assert float(chosen.mean - sp.Float(exact.mean, 20)) == pytest.approx(0, abs=1e-13)


@pytest.mark.parametrize(("power", "mean"), [(-sp.Rational(1, 2), sp.nan), (sp.Rational(1, 2), 0)])
def test_a_root_beside_a_power_tail_has_a_mean_only_where_the_tail_has(power, mean):
    pull = ItoProcess.scalar(x, drift=-(power + 1 / sp.sqrt(1 + x**2)) * x, dispersion=sp.sqrt(2 * (1 + x**2)))
    assert stationary_density(pull).at({}).mean is sp.sympify(mean)  # p'/p is about -(2 + power)/x far out


def test_an_odd_drift_without_a_chart_has_its_mean_at_the_centre():
    assert stationary_density(ItoProcess.scalar(x, drift=-k * sp.atan(x), dispersion=s)).at({k: 2, s: 1}).mean == 0


def test_without_a_law_the_mode_is_where_the_mass_goes():
    from theory.parameters import parameter

    L = parameter("L", above=2)
    process = ItoProcess.scalar(w, drift=L * (2 - w) * w ** (2 - 2 / L), dispersion=(2 - w) * w ** (2 - 2 / L))
    assert stationary_density(process, Interval(0, 2)).mode == 2


def test_a_skewed_pearson_law_has_its_variance_in_closed_form_where_it_is_finite():
    x, a, k = sp.Symbol("x", real=True), *sp.symbols("a k", positive=True)
    law = stationary_density(ItoProcess.scalar(x, drift=a - k * x, dispersion=sp.sqrt(1 + x**2)))
    assert law.variance.subs(k, sp.Rational(1, 4)) == sp.oo
    values = {a: 2, k: 3}
    assert abs(law.variance.subs(values) - law.at(values).variance) < 1e-13


def test_numbers_for_parameters_of_the_process_that_the_law_does_not_hang_on_are_taken():
    y = sp.Symbol("y", real=True)
    student = stationary_density(ItoProcess.scalar(y, drift=-k * y, dispersion=sp.sqrt(k * (1 + y**2) / s)))
    assert student.parameters == (s,)
    assert student.at({k: 3, s: 1}).variance == student.at({s: 1}).variance == 1
    with pytest.raises(SymbolError, match="w, which"):
        student.at({k: 3, s: 1, w: 1})
    with pytest.raises(SymbolError, match="k is declared positive"):
        student.at({k: -3, s: 1})


@pytest.mark.parametrize(
    ("drift", "dispersion", "order", "found"),
    [
        (1 - w, w ** sp.Rational(5, 4), 2, sp.oo),  # p ~ w^(-5/2)
        (w * (1 - w**3), w ** sp.Rational(5, 2), 6, sp.oo),  # p ~ w^(-7)
        (1 - w, w ** sp.Rational(5, 4), 1, None),
        (1 - x**3, 1 + x**2, 1, None),  # p ~ |x|^(-6) on either side
        (1 - x**3, 1 + x**2, 5, sp.nan),
        (1 - x**3, 1 + x**2, 6, sp.oo),
    ],
)
def test_moments_that_diverge_are_infinite_where_there_is_no_family(drift, dispersion, order, found):
    (state,) = drift.free_symbols
    law = stationary_density(ItoProcess.scalar(state, drift=drift, dispersion=dispersion)).at({})
    value = law.moment(order)
    assert value.is_Float if found is None else value is found
    if order == 2:
        assert law.variance is found


def test_a_real_symbol_on_a_half_line_has_the_law_of_a_positive_one():
    n, capacity = sp.symbols("n K", positive=True)
    laws = [
        stationary_density(
            ItoProcess.scalar(y, drift=k * y * (1 - (y / capacity) ** n), dispersion=s * y), Interval(0, sp.oo)
        )
        for y in (x, w)  # theta-logistic growth
    ]
    assert laws[0].density.subs(x, w) == laws[1].density
    assert laws[1].density == w ** (2 * k / s**2 - 2) * sp.exp(-2 * k * w**n / (capacity**n * n * s**2))
    assert laws[0].family is not None and laws[0].normalisable == (k > s**2 / 2)


def test_a_parameter_that_cancels_out_of_the_law_hinders_no_number():
    polar = stationary_density(ItoProcess.scalar(x, drift=k * sp.cot(x), dispersion=sp.sqrt(2 * k)), Interval(0, sp.pi))
    assert polar.density == sp.sin(x)
    assert float(polar.variance) == pytest.approx(math.pi**2 / 4 - 2, rel=1e-12)


@pytest.mark.parametrize("question", [infinite_moment, tail_moment_exists])
def test_a_slope_that_is_not_real_is_refused_by_name(question):
    t, unreal = sp.Symbol("t", real=True), sp.Symbol("i", imaginary=True)
    with pytest.raises(TheoryError, match="^log_derivative must be a finite real expression"):
        question(unreal, t, Interval(-sp.oo, sp.oo), 2)


def test_a_distribution_function_without_closed_form_is_asked_for_at_a_number():
    law = stationary_density(ItoProcess.scalar(x, drift=1 + x - x**3, dispersion=sp.S.One))
    for point in (None, sp.Symbol("u", real=True)):
        with pytest.raises(UnsupportedFormError, match="x must be a number"):
            law.cdf(point)
    place = sp.Symbol("u", real=True)
    assert sp.simplify(sp.diff(sp.log(law.pdf(place)), place) - 2 * (1 + place - place**3)) == 0


def test_standing_integrals_of_a_glued_law_are_numbers_without_a_search_for_primitives(monkeypatch):
    """The search took 40 s, and a minute beside a logarithm."""
    monkeypatch.setattr(sp.Integral, "doit", None)
    process = ItoProcess.scalar(w, drift=-sp.exp(w) - sp.sqrt(sp.Abs(w - 1)), dispersion=sp.sqrt(w**2 + k))
    law = stationary_density(process).at({k: 1})
    points = np.arange(0.5, 40_000) / 10_000
    rate = -2 * (np.exp(points) + np.sqrt(abs(points - 1))) / (points**2 + 1)
    weight = np.exp((np.cumsum(rate) - rate / 2) / 10_000) / (points**2 + 1)  # the midpoint rule
    assert float(law.mean) == pytest.approx(weight @ points / weight.sum(), abs=1e-7)


def test_nothing_lies_beyond_the_ends_of_a_law():
    z, c = sp.Symbol("z", real=True), sp.Symbol("c", positive=True)
    above = stationary_density(ItoProcess.scalar(z, drift=-2 * c * z, dispersion=sp.S.One), Interval(1, sp.oo))
    between = stationary_density(ItoProcess.scalar(z, drift=-sp.S.One, dispersion=sp.S.One), Interval(0, 1))
    assert (above.cdf(sp.S.Half), above.pdf(0), between.pdf(2)) == (0, 0, 0)
    assert (between.cdf(-1), between.cdf(3), between.cdf(0), sp.simplify(between.cdf(1))) == (0, 1, 0, 1)
    uniform = stationary_density(ItoProcess.scalar(z, drift=sp.S.Zero, dispersion=sp.S.One), Interval(0, c))
    assert uniform.cdf() == z / c
    for end, (below, density) in {sp.Rational(1, 4): (1, 0), sp.Integer(2): (sp.Rational(1, 4), sp.S.Half)}.items():
        assert float(uniform.cdf(sp.S.Half).subs(c, end)) == float(below)
        assert uniform.pdf(sp.S.Half).subs(c, end) == density
