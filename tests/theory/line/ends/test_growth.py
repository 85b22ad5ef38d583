"""Drifts that no chart holds: classes and laws from their growth agree with charts and with numbers."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from numerics.deterministic.first_passage import FirstPassage
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts import uncharted
from theory.line.charts.interval import Interval
from theory.line.diffusion import UnchartedDiffusion, line_diffusion
from theory.line.ends.boundary import classify, endpoint
from theory.line.ends.growth import growth
from theory.line.integrals import term_primitive
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability
from theory.line.passage.passage_time import mean_exit_time
from theory.parameters import parameter

x = sp.Symbol("x", real=True)
k, s, p = sp.symbols("k s p", positive=True)
LINE = Interval(-sp.oo, sp.oo)


@pytest.mark.every(2)
@pytest.mark.parametrize("drift", [-k * x, -k * x**3, k * x**3, -k * sp.tanh(x), -k * sp.sinh(x), k - k * x])
def test_the_growth_tells_what_a_chart_tells(drift):
    process = ItoProcess.scalar(x, drift=drift, dispersion=s)
    for other in classify(process):
        end = growth(process, LINE, other.location)
        assert (end.feller_class, end.attracting, end.finite_speed) == (
            other.feller_class,
            other.attracting,
            other.finite_speed,
        )


HALF_LINE, UNIT = Interval(0, sp.oo), Interval(0, 1)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("drift", "dispersion", "interval"),
    [
        (k - x, sp.sqrt(x), Interval(1, sp.oo)),
        (3 - x, s * x, HALF_LINE),
        (k * x**2, s * x, HALF_LINE),
        (2 / x, sp.S.One, HALF_LINE),
        (sp.S.One / 4, sp.sqrt(x), HALF_LINE),
        (sp.S.Zero, s * x**2, HALF_LINE),
        (1 - 2 * x, sp.sqrt(x * (1 - x)), UNIT),
        (sp.S.Zero, sp.sqrt(x * (1 - x)), UNIT),
        (-k * x, s * sp.cosh(x) * sp.exp(x), LINE),
    ],
    ids=str,
)
def test_the_growth_tells_what_a_chart_tells_at_every_kind_of_end(drift, dispersion, interval):
    process = ItoProcess.scalar(x, drift=drift, dispersion=dispersion)
    line = line_diffusion(process, interval)
    for end in interval.ends:
        found = growth(process, interval, end)
        if not isinstance(line, UnchartedDiffusion):
            other = endpoint(line, end)
            assert (found.attracting, found.finite_speed) == (other.attracting, other.finite_speed)
            assert found.feller_class is other.feller_class


@pytest.mark.slow
def test_where_the_class_hangs_on_open_rates_the_chart_alone_tells():
    process = ItoProcess.scalar(x, drift=k * x * (1 - x), dispersion=s * x * (1 - x) ** 2)
    with pytest.raises(UnsupportedFormError, match="does not tell"):
        growth(process, UNIT, sp.S.Zero)
    assert endpoint(line_diffusion(process, UNIT), sp.S.Zero).attracting.has(k, s)


LOGIT = sp.log(x / (1 - x))


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("drift", "dispersion", "interval", "kinds"),
    [
        (-k * sp.log(x), s, HALF_LINE, ("regular", "natural")),
        (-k * x * sp.log(x), s * sp.sqrt(x), HALF_LINE, ("exit", "natural")),
        (x * sp.log(1 + x**2), s, LINE, ("natural", "natural")),
        (x * sp.log(1 + x**2) ** 2, s, LINE, ("exit", "exit")),
        (-k * x, s * sp.cosh(x), LINE, ("entrance", "entrance")),
        (-k * x, s * sp.exp(x / 2), LINE, ("natural", "entrance")),
        (-k * LOGIT, s * sp.sqrt(x * (1 - x)), UNIT, ("entrance", "entrance")),
        (-k * x * (1 - x) * LOGIT, s * x * (1 - x), UNIT, ("natural", "natural")),
        (k * sp.log(x) - x, s * (1 - x), UNIT, ("regular", "entrance")),
        (-k * sp.atanh(x), s, Interval(-1, 1), ("regular", "regular")),
    ],
    ids=str,
)
def test_ends_beside_logarithms_and_exponentials(drift, dispersion, interval, kinds):
    process = ItoProcess.scalar(x, drift=drift, dispersion=dispersion)
    assert tuple(str(end.feller_class) for end in classify(process, interval)) == kinds


def test_an_end_whose_class_hangs_on_parameters_is_refused():
    process = ItoProcess.scalar(x, drift=-k * sp.log(x) - 1, dispersion=s * sp.sqrt(1 - x))
    with pytest.raises(UnsupportedFormError, match="grow towards 1"):
        classify(process, UNIT)


def test_a_normal_law_of_the_logit_is_found_and_its_passages_are_those_of_the_logit():
    process = ItoProcess.scalar(x, drift=x * (1 - x) * (s**2 * (1 - 2 * x) / 2 - k * LOGIT), dispersion=s * x * (1 - x))
    law = stationary_density(process, UNIT)
    assert sp.simplify(law.density * x * (1 - x) - sp.exp(-k * LOGIT**2 / s**2)) == 0
    y, chosen = sp.Symbol("y", real=True), {k: 1, s: sp.Rational(3, 4)}
    low, start, high = sp.Rational(1, 5), sp.Rational(1, 2), sp.Rational(3, 5)
    of_logit = ItoProcess.scalar(y, drift=-k * y, dispersion=s)
    expected = hitting_probability(of_logit, *(sp.log(p / (1 - p)) for p in (start, low, high)))
    found = hitting_probability(process, start, low, high, UNIT)
    assert float(found.subs(chosen)) == pytest.approx(float(expected.subs(chosen)), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("dispersion", [s * sp.cosh(x), s], ids=str)
def test_passages_without_a_closed_scale_are_those_of_the_evaluator(dispersion):
    process, chosen = ItoProcess.scalar(x, drift=-k * sp.asinh(x), dispersion=dispersion), {k: 1, s: 1}
    for symbolic, numeric in ((hitting_probability, "hitting_probability"), (mean_exit_time, "mean_time")):
        found = float(symbolic(process, sp.S.One, -sp.S.Half, sp.Integer(2)).subs(chosen))
        expected = getattr(FirstPassage(process, -sp.S.Half, 2, chosen), numeric)(1)
        assert found == pytest.approx(float(expected.value), rel=1e-11)


@pytest.mark.every(7)
@pytest.mark.parametrize(
    ("drift", "kinds", "normalisable"),
    [
        (-k * sp.tanh(sp.sinh(x)), ("natural", "natural"), True),
        (-k * sp.sinh(sp.sinh(x)), ("entrance", "entrance"), True),
        (-k * sp.erf(x), ("natural", "natural"), True),
        (-k * x * sp.exp(-(x**2)), ("natural", "natural"), False),
        (-k * x * sp.sin(x), ("natural", "natural"), False),
        (-k * x * (2 + sp.sin(x)), ("natural", "natural"), True),
        (-k * x**3 + x * sp.cos(3 * x), ("entrance", "entrance"), True),
    ],
)
def test_classes_and_laws_with_open_parameters(drift, kinds, normalisable):
    process = ItoProcess.scalar(x, drift=drift, dispersion=s)
    assert tuple(str(end.feller_class) for end in classify(process)) == kinds
    assert stationary_density(process).normalisable == sp.sympify(normalisable)


def test_the_law_at_numbers_is_that_of_a_direct_quadrature():
    law = stationary_density(ItoProcess.scalar(x, drift=-k * sp.atan(x), dispersion=s)).at({k: 2, s: 1})

    def weight(y):  # exp(-4 int atan) with int atan = y atan y - log(1 + y^2)/2
        return mpmath.exp(-4 * (y * mpmath.atan(y) - mpmath.log(1 + y * y) / 2))

    total, second = (mpmath.quad(lambda y, n=n: y**n * weight(y), [-mpmath.inf, 0, mpmath.inf]) for n in (0, 2))
    assert float(law.variance) == pytest.approx(float(second / total), rel=1e-10)


def test_a_drift_without_a_limit_or_with_a_pole_is_refused():
    for drift in (sp.tan(x), k * sp.sin(x**2) * x, -x / (x**2 - 2) + sp.atan(x)):
        with pytest.raises(UnsupportedFormError):
            classify(ItoProcess.scalar(x, drift=drift, dispersion=s))


@pytest.mark.parametrize(
    ("drift", "dispersion", "interval"),
    [
        (2 * x * sp.exp(k) + 2 * x, x**2 * sp.exp(k), Interval(-s, s)),  # a zero of the diffusion, ends with a symbol
        (x**3 + 2 * sp.Abs(s - x), x**3, Interval(-s, s)),
        (k * sp.sin(x), sp.Abs(x) ** sp.Rational(1, 4), LINE),  # no chart beside the zero where the parts meet
    ],
)
def test_no_chart_beside_a_zero_of_the_noise_is_refused_by_name(drift, dispersion, interval):
    with pytest.raises(UnsupportedFormError):
        stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=dispersion), interval)


def test_an_open_exponent_over_a_sum_has_a_class_on_each_of_its_ranges():
    theta = sp.Symbol("theta", positive=True)
    heavy = ItoProcess.scalar(x, drift=-k * x, dispersion=s * (1 + x**2) ** (theta / 2))
    for end in classify(heavy):
        assert {condition: str(found) for condition, found in end.classes} == {
            theta > 1: "entrance",
            theta <= 1: "natural",
        }
    driftless = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=s * (1 + x**2) ** (theta / 2))
    assert stationary_density(driftless).normalisable == (theta > sp.Rational(1, 2))


def test_a_moment_at_the_edge_of_a_tail_without_a_chart_is_infinite():
    cauchy_like = stationary_density(ItoProcess.scalar(x, drift=-k * sp.asinh(x), dispersion=s * sp.sqrt(1 + x**2)))
    assert cauchy_like.mean is sp.nan and cauchy_like.variance is sp.oo  # the density falls as x^-2


@pytest.mark.slow  # by day: with parameters
def test_a_moment_at_the_edge_of_a_tail_is_infinite_at_numbers():
    law = stationary_density(ItoProcess.scalar(x, drift=-x, dispersion=(1 + x**2) ** sp.Rational(3, 4)))
    assert law.variance is sp.oo  # the density falls as |x|^-3
    cauchy_like = stationary_density(ItoProcess.scalar(x, drift=-k * sp.asinh(x), dispersion=s * sp.sqrt(1 + x**2)))
    assert cauchy_like.at({k: 1, s: 1}).mean is sp.nan


@pytest.mark.parametrize("power", [-2 * s, sp.Rational(-3, 2)])
def test_primitives_that_no_parts_find_are_not_searched_for(monkeypatch, power):
    """The search took four seconds, once for each range of an exponent and each question."""
    monkeypatch.setattr(term_primitive, "manualintegrate", None)
    y = sp.Symbol("y", positive=True)
    assert uncharted.primitive_or_integral(sp.atan(y) * y**power, y, HALF_LINE).has(sp.Integral)


def test_roots_of_linear_functions_and_powers_times_logarithms_have_real_primitives():
    depth = parameter("L", at_least=3)
    asked = ((sp.sqrt(1 - p) / p**4, 1), (sp.sqrt(p + 1) / p**2, sp.oo), (sp.log(p) * p ** (2 / depth - 2), sp.oo))
    for slope, end in asked:
        found = uncharted.primitive_or_integral(slope, p, Interval(0, end))
        here = {p: sp.Rational(2, 5), depth: 4}
        assert not found.has(sp.Integral) and found.subs(here).evalf().is_real
        assert abs((sp.diff(found, p) - slope).subs(here).evalf(20)) < 1e-15
