"""Every closed form of every family, against quadrature of the density it was read from."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.deterministic.quadrature import integrate_density
from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.families import (
    Beta,
    BetaPrime,
    EssentialBeta,
    Gamma,
    GeneralisedGamma,
    GeneralisedInverseGamma,
    GeneralisedInverseGaussian,
    Hyperbolic,
    InverseGamma,
    KummerBeta,
    KummerGamma,
    Laplace,
    LogGamma,
    Logistic,
    LogNormal,
    ModifiedHalfNormal,
    Normal,
    Patchwork,
    Placed,
    StudentT,
    Symmetric,
    VonMises,
)
from theory.line.laws.recognise import recognise
from theory.line.laws.stationary import stationary_density

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
HALF = sp.Rational(1, 2)
ON_THE_LINE = (Normal, StudentT, LogGamma, Logistic, Laplace)
FAMILIES = (
    *ON_THE_LINE,
    LogNormal,
    Gamma,
    GeneralisedGamma,
    InverseGamma,
    GeneralisedInverseGamma,
    GeneralisedInverseGaussian,
    BetaPrime,
    Beta,
)
WITHOUT_LOG_MEAN = (*ON_THE_LINE, GeneralisedInverseGaussian)


@st.composite
def densities(draw: st.DrawFn, kind: type) -> tuple[sp.Expr, sp.Symbol, Interval]:
    """A density of the family ``kind`` with a constant factor in front; its first four moments are finite."""
    p, q = draw(positive_rationals()) + 1, draw(positive_rationals()) + HALF
    m, factor = draw(rationals()), draw(positive_rationals())
    power = draw(st.sampled_from([HALF, 2, 3]))
    left = draw(st.integers(0, 1))
    if kind is Beta:
        right = left + draw(positive_rationals())
        return factor * (x - left) ** (p - 1) * (right - x) ** q, x, Interval(left, right)
    kernel = {
        Normal: sp.exp(-q * y**2 + m * y),
        StudentT: (y**2 - 2 * m * y + m**2 + q) ** (-p - 3),
        LogGamma: sp.exp(p * y - q * sp.exp(y * draw(st.sampled_from([1, 2, HALF])))),
        Logistic: sp.exp(p * y) / (1 + q * sp.exp(2 * y)) ** (p + q),
        Laplace: sp.exp(-(p + 1) * sp.Abs(y - m) + y / 2),
        LogNormal: x ** (m - 1) * sp.exp(-(sp.log(x) ** 2) * 2 * q),
        Gamma: x ** (p - 1) * sp.exp(-q * x),
        GeneralisedGamma: x ** (p - 1) * sp.exp(-q * x**power),
        InverseGamma: x ** (-p - 6) * sp.exp(-q / x),
        GeneralisedInverseGamma: x ** (-p - 6) * sp.exp(-q * x ** (-power)),
        GeneralisedInverseGaussian: x ** (m - 1) * sp.exp(-q * x - p / x),
        BetaPrime: x ** (p - 1) * (x + q) ** (-p - 7),
    }[kind]
    variable = y if kind in ON_THE_LINE else x
    return factor * kernel, variable, Interval.of(variable)


def integral(expression, variable, interval):
    return integrate_density(expression, variable, interval.ends, digits=10).value


@pytest.mark.every(8)
@pytest.mark.parametrize("kind", FAMILIES)
@settings(max_examples=examples(1))
@given(st.data())
def test_closed_forms_agree_with_quadrature(kind, data):
    density, variable, interval = data.draw(densities(kind))
    family = recognise(density, variable, interval)
    assert type(family) is kind
    with mpmath.workdps(20):
        total = integral(density, variable, interval)
        assert mpmath.almosteq(total, mpmath.mpf(str(sp.N(family.partition_function, 20))), rel_eps=1e-10)
        for observable, claimed in (
            (variable, family.mean),
            ((variable - family.mean) ** 2, family.variance),
            (variable**2, family.moment(2)),
            *(((sp.log(variable), family.log_mean),) if interval.left == 0 and kind not in WITHOUT_LOG_MEAN else ()),
        ):
            numeric = integral(density * observable, variable, interval) / total
            value = mpmath.mpf(str(sp.N(claimed, 20)))
            assert abs(numeric - value) < 1e-8 * (1 + abs(value))
        if kind is GeneralisedInverseGaussian:
            return
        below = Interval(interval.left, family.mean)
        part = integral(density, variable, below) / total
        assert abs(part - mpmath.mpf(str(sp.N(family.cdf(family.mean), 20)))) < 1e-8


@pytest.mark.every(3)
@pytest.mark.parametrize("kind", FAMILIES)
@settings(max_examples=examples(3))
@given(st.data())
def test_the_mode_is_where_the_density_is_largest(kind, data):
    density, variable, interval = data.draw(densities(kind))
    mode = recognise(density, variable, interval).mode
    f = sp.lambdify(variable, sp.log(density), "math")
    at_mode = f(float(mode)) if mode not in interval.ends else None
    for offset in (-0.3, -0.01, 0.01, 0.3):
        point = float(mode) + offset * (1 if at_mode is None else min(1, abs(float(mode)) or 1))
        inside = float(interval.left) < point < float(interval.right)
        if inside and at_mode is not None:
            assert f(point) < at_mode


@pytest.mark.parametrize(
    ("density", "values", "expected"),
    [
        # exp(b x) grows: the formula (k - 1)/rate would say -1.
        (lambda a, b: x ** (a - 1) * sp.exp(-b * x), (2, -1), sp.oo),
        (lambda a, b: x ** (a - 1) * sp.exp(-b * x), (HALF, -1), sp.nan),
        (lambda a, b: x ** (a - 1) * sp.exp(-b * x), (HALF, 0), 0),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (-2, 1), sp.oo),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (2, -1), 0),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (-2, -1), sp.nan),
        (lambda a, b: x ** (-a - 1) * sp.exp(-b / x), (-HALF, 1), 2),
    ],
)
def test_a_density_that_is_no_law_has_its_mode_where_it_is_largest_and_never_outside(density, values, expected):
    a, b = sp.symbols("a b", real=True)
    assert recognise(density(a, b), x).mode.subs(dict(zip((a, b), values, strict=True))) is sp.sympify(expected)


def test_a_symbolic_exponent_keeps_its_condition():
    k = sp.Symbol("k", real=True)
    family = recognise(x ** (k - 1) * sp.exp(-x), x)
    assert family.normalisable == (k > 0)
    assert family.mode == sp.Piecewise((k - 1, k > 1), (0, True))
    assert family.moment_exists(-1) == (k > 1)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("density", "variable", "interval"),
    [
        (x * sp.exp(-x - x**3), x, None),
        (x**2 * sp.exp(x), x, None),
        (sp.exp(y**2), y, None),
        (y / (1 + y**2) ** 4, y, None),
        (sp.exp(-(y**2)) / (1 + y**2), y, None),
        (sp.exp(y - sp.exp(y) - sp.exp(-y)), y, None),
        (sp.exp(y) / (1 + sp.exp(y)) ** 3 / (2 + sp.exp(y)), y, None),
        (sp.exp(-y * sp.Abs(y)), y, None),
        (sp.exp(sp.cos(y) + sp.cos(2 * y)), y, Interval(-sp.pi, sp.pi)),
        (sp.exp(sp.cos(y)), y, Interval(0, sp.pi)),
        (sp.exp(-(sp.log(x) ** 4)), x, None),
        (x / (1 + x + x**2) ** 3, x, None),
        (x * (1 + x), x, Interval(0, 1)),
        (x ** sp.sin(x), x, None),
    ],
)
def test_look_alikes_are_not_recognised(density, variable, interval):
    assert recognise(density, variable, interval) is None


def test_a_moment_that_does_not_exist_is_infinite_or_nothing_and_never_a_number():
    family = recognise(x ** (-3) * sp.exp(-1 / x), x)
    assert (family.moment(1), family.moment(2), family.variance) == (1, sp.oo, sp.oo)
    normal = recognise(sp.exp(-(y**2)), y)
    assert normal.moment(-2) == sp.oo and normal.moment(-1) is sp.nan
    with pytest.raises(UnsupportedFormError, match="whole orders"):
        recognise((y - 1) * (2 - y), y, Interval(1, 2)).moment(-1)
    with pytest.raises(UnsupportedFormError, match="log"):
        _ = recognise(sp.exp(-(y**2)), y).log_mean


def test_a_variance_that_does_not_exist_is_infinite_and_not_a_negative_number():
    x = sp.Symbol("x", positive=True)
    a, k, noise = sp.symbols("a k noise", positive=True)
    law = stationary_density(ItoProcess.scalar(x, drift=a - k * x, dispersion=noise * x))
    assert law.variance.subs({a: 1, k: 1, noise: 2}) == sp.oo
    assert law.variance.subs({a: 1, k: 1, noise: 1}) == 1


@pytest.mark.every(3)
@pytest.mark.parametrize("centre", [0, 1, -2])
def test_angles_have_circular_moments_and_a_mode_wherever_the_circle_is_cut(centre):
    kappa = sp.Rational(3, 2)
    for left in (0, -sp.pi):
        family = recognise(7 * sp.exp(kappa * sp.cos(y - centre)), y, Interval(left, left + 2 * sp.pi))
        assert isinstance(family, VonMises)
        with mpmath.workdps(20):
            total = integral(family.kernel, y, family.interval)
            assert abs(7 * total - mpmath.mpf(str(sp.N(family.partition_function, 20)))) < 1e-8
            wave = integral(family.kernel * sp.cos(2 * y), y, family.interval) / total
            assert abs(wave - mpmath.mpf(str(sp.re(sp.N(family.circular_moment(2), 20))))) < 1e-8
        assert abs(sp.cos(family.mode - centre) - 1) < 1e-12 and left <= family.mode < left + 2 * sp.pi
    with pytest.raises(UnsupportedFormError, match="circular_moment"):
        _ = family.mean


def test_a_tail_on_both_sides_makes_an_odd_moment_nothing_and_an_even_one_infinite():
    k = sp.Symbol("k", positive=True)
    family = recognise((1 + (y - 1) ** 2) ** (-k), y)
    assert family.mean == sp.Piecewise((1, k > 1), (sp.nan, True))
    finite, infinite = (1 / (2 * k - 3), k > sp.Rational(3, 2)), (sp.oo, k > HALF)
    assert family.variance == sp.Piecewise(finite, infinite, (sp.nan, True))
    assert recognise(1 / (1 + y**2), y).mean is sp.nan


def test_stationary_laws_of_textbook_processes_are_recognised():
    a, b, s = sp.symbols("a b s", positive=True)
    explosive_growth = stationary_density(ItoProcess.scalar(y, drift=a - b * sp.exp(y), dispersion=s))
    assert explosive_growth.mean == sp.expand_log(sp.polygamma(0, 2 * a / s**2) - sp.log(2 * b / s**2), force=True)
    linear = stationary_density(ItoProcess.scalar(y, drift=-a * y, dispersion=sp.sqrt(b + s * y**2)))
    assert isinstance(linear.family, StudentT)
    assert linear.family.degrees == 1 + 2 * a / s
    gompertz = stationary_density(ItoProcess.scalar(x, drift=x * (a - b * sp.log(x)), dispersion=s * x))
    assert isinstance(gompertz.family, LogNormal)


@pytest.mark.every(9)
@pytest.mark.parametrize(
    ("density", "interval", "kind"),
    [
        (3 * sp.exp(-(y**4)), None, Symmetric),
        (sp.exp(-2 * sp.Abs(y - 1) ** 3), None, Symmetric),
        (sp.exp(-2 * y), Interval(1, sp.oo), Placed),
        ((2 - y) ** 2 * sp.exp(3 * y), Interval(-sp.oo, 2), Placed),
        ((-y) ** -7 * sp.exp(1 / y), Interval(-sp.oo, 0), Placed),
        (sp.exp(-(y**2) + y), Interval(-1, 3), Patchwork),
        (sp.exp(y**2), Interval(0, 1), Patchwork),
        (sp.exp(-sp.Abs(y) - sp.Abs(y - 1)), None, Patchwork),
        (sp.Piecewise((sp.exp(2 * y - y**2), y < 0), (sp.exp(-y) / 4, True)), None, Patchwork),
        (x * sp.exp(-x), Interval(0, 2), Patchwork),
        (1 / x, Interval(1, 3), Patchwork),
        (x**-2 * sp.exp(-3 * x), Interval(1, sp.oo), Patchwork),
        ((2 - x) ** HALF * sp.exp(-1 / (2 - x)), Interval(1, 2), Patchwork),
        ((1 + x) ** -3, Interval(0, 2), Patchwork),
        (sp.exp(-y), Interval(-1, 2), Patchwork),
    ],
)
def test_laws_put_together_from_stretches_agree_with_quadrature(density, interval, kind):
    (variable,) = density.free_symbols or {y}
    interval = interval or Interval.of(variable)
    family = recognise(density, variable, interval)
    assert type(family) is kind
    with mpmath.workdps(20):
        total = integral(density, variable, interval)
        moments = [integral(density * variable**n, variable, interval) / total for n in (1, 2, 3)]
        expected = [total, moments[0], moments[1] - moments[0] ** 2, moments[2]]
        point = {Patchwork: sp.Rational(3, 2), Placed: interval.interior_point()}.get(kind, HALF)
        expected.append(integral(density, variable, Interval(interval.left, point)) / total)
        claimed = [family.partition_function, family.mean, family.variance, family.moment(3), family.cdf(point)]
        for numeric, value in zip(expected, claimed, strict=True):
            assert abs(numeric - mpmath.mpf(str(sp.N(value, 20)))) < 1e-8


@pytest.mark.parametrize(
    ("density", "power"), [(x * sp.exp(x - x**2), 1), (x**HALF * sp.exp(-3 * x**2 - x**4), 2)], ids=str
)
def test_a_half_normal_law_times_a_power_agrees_with_quadrature(density, power):
    family = recognise(3 * density, x)
    assert isinstance(family, ModifiedHalfNormal) and family.power == power
    with mpmath.workdps(20):
        total, first, second = (integral(density * x**n, x, Interval.of(x)) for n in (0, 1, 2))
        expected = (3 * total, first / total, second / total - (first / total) ** 2)
        for numeric, value in zip(expected, (family.partition_function, family.mean, family.variance), strict=True):
            assert abs(numeric - mpmath.mpf(str(sp.N(value, 20)))) < 1e-9


def test_a_normal_law_cut_off_at_zero_has_its_textbook_mean_and_distribution_function():
    m, s = sp.Rational(-1, 3), sp.Rational(3, 4)
    law = recognise(sp.exp(-((x - m) ** 2) / (2 * s**2)), x)
    peak, left_over = sp.exp(-(m**2) / (2 * s**2)) / sp.sqrt(2 * sp.pi), sp.erfc(-m / s / sp.sqrt(2)) / 2
    assert sp.simplify(law.mean - (m + s * peak / left_over)) == 0
    above = sp.erfc((1 - m) / s / sp.sqrt(2)) / 2 / left_over
    assert sp.N(law.cdf(1)) == pytest.approx(float(1 - above), rel=1e-14)
    centre = sp.Symbol("centre", real=True)
    assert not recognise(sp.exp(-((x - centre) ** 2)), x).moment(3).has(sp.hyper)


def test_a_quartic_well_has_its_second_moment_in_closed_form_and_its_mode_by_cases():
    a, b, s = sp.symbols("a b s", positive=True)
    well = stationary_density(ItoProcess.scalar(y, drift=a * y - b * y**3, dispersion=s))
    # E[x drift] = -s^2/2: a second relation between the moments, which holds for whatever they are.
    relation = (a * well.moment(2) - b * well.moment(4) + s**2 / 2).subs({a: 2, b: 3, s: HALF})
    assert abs(sp.N(relation, 20)) < 1e-15
    assert abs(sp.N(well.variance.subs({a: 2, b: 3, s: HALF})) - well.at({a: 2, b: 3, s: HALF}).variance) < 1e-12
    assert well.mode is sp.nan


def test_an_odd_function_is_no_symmetric_law():
    assert recognise(y * sp.exp(-(y**4)), y) is None


@pytest.mark.every(5)
@pytest.mark.parametrize(
    ("density", "interval", "kind"),
    [
        (x**-3 * sp.exp(-2 * sp.sqrt(x) - 1 / sp.sqrt(x)), None, GeneralisedInverseGaussian),
        (x**-7 * sp.exp(1 / x - 2 / x**2), None, ModifiedHalfNormal),
        (sp.exp(y / 3 - 2 * sp.sqrt(4 + y**2)), None, Hyperbolic),
        (x**HALF * (1 + sp.sqrt(x) ** 2) ** -2 * sp.exp(-3 * x), None, KummerGamma),
        (x * (2 + x) ** 3 * sp.exp(-x / 2), None, KummerGamma),
        ((1 + y) ** HALF * (2 - y) ** 3 * sp.exp(-y), Interval(-1, 2), KummerBeta),
        (x ** -sp.Rational(1, 3) * (1 - x) * sp.exp(4 * x), Interval(0, 1), KummerBeta),
        (x**HALF * (1 - x) ** -2 * sp.exp(-1 / (1 - x)), Interval(0, 1), EssentialBeta),
        ((1 + y) ** -2 * (2 - y) ** HALF * sp.exp(-2 / (1 + y)), Interval(-1, 2), EssentialBeta),
    ],
)
def test_laws_of_special_functions_agree_with_quadrature(density, interval, kind):
    (variable,) = density.free_symbols
    interval = interval or Interval.of(variable)
    family = recognise(3 * density, variable, interval)
    assert type(family) is kind
    with mpmath.workdps(20):
        total = integral(density, variable, interval)
        moments = [integral(density * variable**n, variable, interval) / total for n in (1, 2, 3)]
        expected = [3 * total, moments[0], moments[1] - moments[0] ** 2, moments[2]]
        claimed = [family.partition_function, family.mean, family.variance, family.moment(3)]
        for numeric, value in zip(expected, claimed, strict=True):
            assert abs(numeric - mpmath.mpf(str(sp.N(value, 20)))) < 1e-8 * (1 + abs(numeric))


def test_alleles_under_selection_and_mutation_have_the_mean_of_kummer():
    z = sp.Symbol("z", real=True)
    a, b = sp.symbols("a b", positive=True)
    k = sp.Symbol("k", real=True)
    drift = a * (1 - z) / 2 - b * z / 2 + k * z * (1 - z) / 2
    law = stationary_density(ItoProcess.scalar(z, drift=drift, dispersion=sp.sqrt(z * (1 - z))), Interval(0, 1))
    one, two = sp.hyper((a + 1,), (a + b + 1,), k), sp.hyper((a,), (a + b,), k)
    assert sp.simplify(law.mean - a / (a + b) * one / two) == 0
    assert float(law.at({a: 1, b: 2, k: 3}).mean) == pytest.approx(float(law.mean.subs({a: 1, b: 2, k: 3})), rel=1e-11)


def test_a_mean_of_logarithms_knows_the_power_of_its_kernel():
    assert sp.simplify(recognise(x / (x**2 + 3) ** 2, x, Interval(0, sp.oo)).log_mean - sp.log(3) / 2) == 0


@pytest.mark.parametrize(
    ("density", "kind", "interval"),
    [
        ((x - 1) * (3 - x) ** 2, Beta, Interval(1, 3)),
        (x / (x**2 + 3) ** 4, BetaPrime, Interval(0, sp.oo)),
        (x * sp.exp(-x / 2) / (x + 3), KummerGamma, Interval(0, sp.oo)),
        ((3 - x) * sp.exp(-1 / (x - 1)), EssentialBeta, Interval(1, 3)),
        (sp.exp(x / 2 - sp.sqrt(4 + x**2)), Hyperbolic, Interval(-sp.oo, sp.oo)),
    ],
)
def test_integral_mean_and_second_moment_of_one_law_of_a_family(density, kind, interval):
    letter = y if kind is Hyperbolic else x
    family = recognise(density.xreplace({x: letter}), letter, interval)
    assert isinstance(family, kind)
    f = sp.lambdify(letter, family.kernel, "mpmath")
    ends = [-mpmath.inf if interval.left == -sp.oo else int(interval.left), 2]
    ends.append(mpmath.inf if interval.right == sp.oo else int(interval.right))
    total, *moments = (mpmath.quad(lambda z, k=k: z**k * f(z), ends) for k in (0, 1, 2))
    assert abs(total - float(sp.N(family.kernel_integral))) < 1e-8 * total
    for k, moment in enumerate(moments, 1):
        assert abs(moment / total - float(sp.N(family.moment(k)))) < 1e-8


def test_tails_of_a_beta_prime_law_count_its_power():
    law = recognise(x / (x**2 + 3) ** 2, x, Interval(0, sp.oo))
    assert law.moment_exists(1) == sp.true
    assert law.moment_exists(2) == sp.false


def test_a_hyperbolic_law_is_largest_where_its_slope_vanishes():
    law = recognise(sp.exp(y / 2 - sp.sqrt(4 + y**2)), y)
    assert sp.simplify(law.mode - 2 / sp.sqrt(3)) == 0
