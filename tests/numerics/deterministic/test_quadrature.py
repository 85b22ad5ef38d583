"""High-precision integrals of densities: exact values, singular ends, divergence by name."""

import mpmath
import pytest
import sympy as sp
from mpmath import mp, mpf

from numerics.deterministic.quadrature import Integral, integrate_density
from numerics.errors import ArgumentError, DivergenceError, MissingParameterError, NumericsError

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
k = sp.Symbol("k", real=True)
GAMMA = x ** (k - 1) * sp.exp(-x)
HALF_LINE, LINE = (0, sp.oo), (-sp.oo, sp.oo)


def agrees(integral: Integral, exact, digits):
    return abs(integral.value / exact - 1) < mpf(10) ** -digits


@pytest.mark.every(2)
@pytest.mark.parametrize("shape", ["1/50", "1/2", "5"])
def test_partition_functions_of_the_gamma_law_are_exact_to_30_digits(shape):
    with mp.workdps(45):
        shape = sp.Rational(shape)
        exact = mpmath.gamma(mpf(shape.p) / shape.q)
        result = integrate_density(GAMMA, x, HALF_LINE, {k: shape})
        assert agrees(result, exact, 30)
        assert abs(result.value - exact) <= result.error + mpf(10) ** -40 * exact
        assert not agrees(integrate_density(GAMMA, x, HALF_LINE, {k: shape * (1 + sp.Rational(1, 10**20))}), exact, 25)


def test_both_ends_of_a_finite_interval_may_be_singular():
    with mp.workdps(45):
        f = x ** sp.Rational(-99, 100) * (1 - x) ** sp.Rational(-9, 10)
        assert agrees(integrate_density(f, x, (0, 1)), mpmath.beta(mpf(1) / 100, mpf(1) / 10), 30)


def test_a_narrow_peak_far_from_the_origin_is_found():
    with mp.workdps(45):
        f = sp.exp(-((y - 1000) ** 2) * 10**6 / 2)
        assert agrees(integrate_density(f, y, LINE), mpmath.sqrt(2 * mpmath.pi) / 1000, 30)


def test_heavy_tails_and_shifted_ends_are_integrated():
    with mp.workdps(45):
        assert agrees(integrate_density(1 / (1 + y**2), y, LINE), mpmath.pi, 30)
        left = integrate_density(sp.exp(y), y, (-sp.oo, k), {k: 2})
        assert agrees(left, mpmath.exp(2), 30)


def test_odd_integrands_cancel():
    result = integrate_density(y * sp.exp(-(y**2)), y, LINE)
    assert abs(result.value) < 1e-30


@pytest.mark.parametrize(
    ("expression", "variable", "interval", "end"),
    [
        (1 / x, x, (0, 1), "0"),
        (x**-1 * sp.exp(-x), x, HALF_LINE, "0"),
        (x ** sp.Rational(-13, 10) * sp.exp(-x), x, HALF_LINE, "0"),
        (1 / (1 - x), x, (0, 1), "1"),
        (x**-1, x, (1, sp.oo), "oo"),
        (sp.exp(y), y, LINE, "oo"),
        (sp.exp(-y), y, LINE, "-oo"),
        (1 / (x * sp.log(x)), x, (2, sp.oo), "oo"),
    ],
)
def test_divergent_integrals_are_refused_and_their_end_is_named(expression, variable, interval, end):
    with pytest.raises(DivergenceError, match=rf"at the end {end},"):
        integrate_density(expression, variable, interval, digits=15)


def test_a_singularity_that_can_be_read_off_is_integrated_from_both_sides():
    f = sp.Abs(x - sp.Rational(1, 3)) ** sp.Rational(-1, 2)
    with mp.workdps(30):
        exact = 2 * (mpmath.sqrt(mpf(1) / 3) + mpmath.sqrt(mpf(2) / 3))
        assert agrees(integrate_density(f, x, (0, 1), digits=15), exact, 15)


def test_a_hidden_singularity_inside_is_noticed_and_integrable_after_a_cut():
    third = sp.Rational(1, 3)
    distance = sp.sqrt((sp.cosh(2 * (x - third)) - 1) / 2)  # |sinh(x - 1/3)|
    with pytest.raises(NumericsError, match="cut"):
        integrate_density(1 / sp.sqrt(distance), x, (0, 1), digits=15)
    with pytest.raises(DivergenceError, match="at the end 1/3"):
        integrate_density(1 / (x - third) ** 2, x, (0, 1), digits=15)


DOUBLE_EXPONENTIALS = [
    (sp.exp(-2 * sp.cosh(y)), 2 * sp.besselk(0, 2)),
    (sp.exp(y - sp.exp(y)), 1),
    (sp.exp(4 * y - 2 * sp.exp(y)), sp.Rational(3, 8)),
    (sp.exp(2 * y) / (1 + sp.exp(y)) ** 6, sp.Rational(1, 20)),
    (y**2 * sp.exp(-(y**4)), sp.gamma(sp.Rational(3, 4)) / 2),
    (sp.exp(y - sp.exp(y) - 1000 * sp.exp(-y)), 2 * sp.sqrt(1000) * sp.besselk(1, 2 * sp.sqrt(1000))),
]


@pytest.mark.every(3)
@pytest.mark.parametrize(("f", "exact"), DOUBLE_EXPONENTIALS)
def test_double_exponentials_are_integrated_to_the_digits_asked_for(f, exact):
    result = integrate_density(f, y, LINE, digits=12)
    with mp.workdps(30):
        exact = mpmath.mpmathify(sp.N(exact, 30))
        assert abs(result.value - exact) <= result.error + mpf(10) ** -23 * exact
        assert result.error < mpf(10) ** -12 * exact


def test_tails_of_tails_are_cut_before_their_exponents_fill_the_memory():
    result = integrate_density(sp.exp(-sp.exp(sp.exp(y**2))), y, LINE, digits=12)
    with mp.workdps(25):
        exact = 2 * mpmath.quad(lambda t: mpmath.exp(-mpmath.exp(mpmath.exp(t**2))), [0, 0.5, 1, 1.5, 2])
        assert agrees(result, exact, 12)


@pytest.mark.parametrize(
    ("f", "exact"),
    [(sp.exp(-sp.Abs(y - sp.Rational(1, 3))), 2), (sp.exp(-sp.Max(2 * y, -y)), sp.Rational(3, 2))],
)
def test_kinks_are_cut_at(f, exact):
    assert agrees(integrate_density(f, y, LINE, digits=20), exact, 20)


@pytest.mark.every(3)
@pytest.mark.parametrize("place", [3, 21, 39])
def test_a_kink_that_cannot_be_read_off_costs_time_and_no_digits(place):
    distance = sp.sqrt(sp.cosh(2 * (y - sp.Rational(1, place))) / 2 - sp.Rational(1, 2))  # |sinh(y - 1/place)|
    result = integrate_density(sp.exp(-distance), y, LINE, digits=12)
    with mp.workdps(25):
        exact = 2 * mpmath.quad(lambda t: mpmath.exp(-mpmath.sinh(t)), [0, 1, 3, 6])
        assert abs(result.value - exact) <= result.error


def test_what_is_cut_off_is_bounded_at_both_ends():
    result = integrate_density(1 / (1 + y**2), y, LINE, digits=10)
    left, *_, right = result.cut_off
    assert (left.end, right.end) == (-sp.oo, sp.oo)
    with mp.workdps(30):
        outside = mpmath.pi / 2 - mpmath.atan(right.at)
        assert outside <= right.bound <= 2 * outside
        assert sum(cut.bound for cut in result.cut_off) <= result.error


def test_digits_lost_by_cancellation_in_double_precision_are_asked_for_in_a_better_one():
    result = integrate_density((1 - sp.cos(y)) / y**2 * sp.exp(-(y**2) / 2), y, LINE, digits=12)
    with mp.workdps(30):  # (1 - cos y)/y^2 is the integral of (1 - s) cos(s y) over s in (0, 1)
        gauss = lambda s: (1 - s) * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(-s * s / 2)  # noqa: E731
        assert agrees(result, mpmath.quad(gauss, [0, 1]), 12)


def test_bad_input_is_named():
    with pytest.raises(MissingParameterError, match="no value for k"):
        integrate_density(GAMMA, x, HALF_LINE)
    with pytest.raises(ArgumentError, match="increasing order"):
        integrate_density(GAMMA, x, (3, 1), {k: 1})
    with pytest.raises(ArgumentError, match="digits"):
        integrate_density(GAMMA, x, HALF_LINE, {k: 1}, digits=0)
    with pytest.raises(ArgumentError, match="finite and real"):
        integrate_density(sp.sqrt(x - 2), x, (0, 3))
    with pytest.raises(ArgumentError, match="cuts"):
        integrate_density(GAMMA, x, (0, 1), {k: 1}, cuts=[2])


@pytest.mark.parametrize(
    ("f", "ends", "exact"),
    [
        (sp.floor(y) * sp.exp(y), (-1, 1), sp.exp(-1) - 1),
        ((y + sp.Abs(y)) * sp.exp(y), (-1, 1), 2),
        (sp.ceiling(y), (-2, 2), 2),
    ],
)
def test_what_vanishes_on_a_part_of_the_interval_where_floats_do_not_know_it_is_integrated(f, ends, exact):
    with mp.workdps(45):
        found = integrate_density(f, y, ends)
        assert abs(found.value - mpmath.mpmathify(sp.N(exact, 45))) < 1e-30


@pytest.mark.parametrize(
    ("f", "ends", "exact"),
    [
        (sp.floor(y) ** 2, (-2, 2), 6),
        (sp.floor(2 * y) + 3, (-1, 1), 5),
        (sp.frac(3 - 2 * y), (0, 2), 1),
        (sp.Mod(y, 2), (-1, 3), 4),
    ],
)
def test_jumps_between_whole_numbers_are_cut_exactly(f, ends, exact):
    with mp.workdps(45):
        assert abs(integrate_density(f, y, ends).value - mpf(sp.S(exact).p) / sp.S(exact).q) < 1e-30
