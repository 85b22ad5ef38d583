"""Angles: sines and cosines on one period are rational in the half tangent, and come back as sines and cosines."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Chart, Interval
from theory.line.ends.boundary import FellerClass, classify
from theory.line.laws.stationary import stationary_density
from theory.line.passage.passage_time import mean_first_passage_time

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)
CIRCLE = Interval(-sp.pi, sp.pi)
QUARTERS = Interval(-sp.pi / 2, sp.pi / 2)


@pytest.mark.every(6)
@pytest.mark.parametrize("interval", [CIRCLE, Interval(0, 2 * sp.pi), Interval(0, sp.pi), Interval(sp.pi / 6, 1)])
def test_the_chart_gives_the_function_back(interval):
    function = sp.sin(2 * x) / (3 + sp.cos(x - 1)) + sp.tan(x / 2) ** 2
    chart = Chart.for_functions(x, (function,), interval)
    in_chart = chart.express(function)
    left, right = (float(end) for end in interval.ends)
    for share in (0.2, 0.61, 0.9):
        point = sp.Rational(str(round(left + share * (right - left), 6)))
        there = in_chart.subs(chart.variable, chart.function.subs(x, point))
        assert abs((there - function.subs(x, point)).evalf(30)) < 1e-20


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("drift", "interval", "expected"),
    [
        (-k * sp.sin(x), CIRCLE, sp.exp(2 * k * sp.cos(x) / s**2)),
        (-k * sp.tan(x), QUARTERS, sp.cos(x) ** (2 * k / s**2)),
        (k * sp.cot(x), Interval(0, sp.pi), sp.sin(x) ** (2 * k / s**2)),
        (sp.S.One, CIRCLE, sp.exp(2 * x / s**2)),
    ],
)
def test_densities_read_as_a_textbook_prints_them(drift, interval, expected):
    law = stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=s), interval)
    assert sp.powsimp(law.density / expected) == 1


def test_the_ends_of_the_tangent_well_are_reached_for_weak_drift_only():
    left, right = classify(ItoProcess.scalar(x, drift=-k * sp.tan(x), dispersion=1), QUARTERS)
    assert left.condition(FellerClass.ENTRANCE) == right.condition(FellerClass.ENTRANCE) == (k >= sp.S.Half)
    assert left.condition(FellerClass.REGULAR) == (k < sp.S.Half)


def test_the_polar_angle_on_the_sphere_has_a_closed_law():
    law = stationary_density(ItoProcess.scalar(x, drift=sp.cot(x) / 2, dispersion=1), Interval(0, sp.pi)).at({})
    assert float(law.variance) == pytest.approx(float(sp.pi**2 / 4 - 2), abs=1e-12)


def test_a_mean_passage_time_on_an_angle_is_its_double_integral():
    well = ItoProcess.scalar(x, drift=-sp.tan(x), dispersion=1)
    exact = mean_first_passage_time(well, 0, 1, QUARTERS).evalf()
    y = sp.Symbol("y", real=True)
    below = sp.pi / 4 + y / 2 + sp.sin(2 * y) / 4
    assert float(exact) == pytest.approx(float(sp.Integral(2 * below / sp.cos(y) ** 2, (y, 0, 1)).evalf()), abs=1e-10)


@pytest.mark.parametrize(
    ("drift", "interval"),
    [
        (-sp.sin(x), Interval(0, 7)),
        (-x - sp.sin(x), CIRCLE),
        (sp.sin(x) + sp.sin(sp.sqrt(2) * x), CIRCLE),
        (sp.sin(x**2), CIRCLE),
    ],
)
def test_what_has_no_half_tangent_has_a_law_between_reflecting_ends(drift, interval):
    s = sp.Symbol("s", positive=True)
    process = ItoProcess.scalar(x, drift=drift, dispersion=s)
    assert [end.feller_class for end in classify(process, interval)] == [FellerClass.REGULAR] * 2
    law, y = stationary_density(process, interval).at({s: 1}), sp.Symbol("y", real=True)
    slope = sp.lambdify(y, drift.subs(x, y), "mpmath")
    ratio = mpmath.exp(2 * mpmath.quad(slope, [1, 2]))
    assert float(law.pdf(2) / law.pdf(1)) == pytest.approx(float(ratio), rel=1e-11)


def test_what_has_no_half_tangent_and_a_singular_end_is_refused():
    process = ItoProcess.scalar(x, drift=-sp.sin(x), dispersion=sp.sqrt(x))
    with pytest.raises(UnsupportedFormError, match="grow towards 0"):
        stationary_density(process, Interval(0, 7))
