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


def test_a_singularity_inside_is_noticed_and_integrable_after_a_cut():
    third = sp.Rational(1, 3)
    f = sp.Abs(x - third) ** sp.Rational(-1, 2)
    with pytest.raises(NumericsError, match="cut"):
        integrate_density(f, x, (0, 1), digits=15)
    with mp.workdps(30):
        exact = 2 * (mpmath.sqrt(mpf(1) / 3) + mpmath.sqrt(mpf(2) / 3))
        assert agrees(integrate_density(f, x, (0, 1), digits=15, cuts=[third]), exact, 15)


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
