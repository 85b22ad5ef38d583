"""Laws of unnormalised densities: the Gamma and a Beta law against their closed forms."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mp, mpf

from numerics.deterministic.numerical_law import NumericalLaw
from numerics.errors import ArgumentError

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
k = sp.Symbol("k", real=True)
GAMMA = x ** (k - 1) * sp.exp(-x)
HALF_LINE = (0, sp.oo)


def test_a_law_knows_its_moments_mode_and_quantiles():
    law = NumericalLaw(GAMMA, x, HALF_LINE, {k: sp.Rational(5, 2)}, digits=12)
    with mp.workdps(20):
        shape = mpf(5) / 2
        assert abs(law.moment(1) - shape) < 1e-11
        assert abs(law.moment(2) - shape * (shape + 1)) < 1e-11
        assert abs(law.expectation(sp.log(x)) - mpmath.digamma(shape)) < 1e-11
        assert abs(law.mode() - (shape - 1)) < 1e-11
        assert abs(law.cdf(2) - mpmath.gammainc(shape, 0, 2, regularized=True)) < 1e-11
        third = law.quantile(sp.Rational(1, 3))
        assert abs(mpmath.gammainc(shape, 0, third, regularized=True) - mpf(1) / 3) < 1e-11
    assert law.cdf(-1) == 0 and law.cdf(sp.oo) == 1


def test_the_mode_lies_at_an_end_where_the_density_is_largest_there():
    assert NumericalLaw(GAMMA, x, HALF_LINE, {k: sp.Rational(1, 2)}, digits=15).mode() == 0
    assert NumericalLaw(x / sp.sqrt(1 - x), x, (0, 1), digits=15).mode() == 1


def test_a_law_refuses_levels_outside_the_unit_interval_and_laws_without_mass():
    law = NumericalLaw(GAMMA, x, HALF_LINE, {k: 1}, digits=10)
    with pytest.raises(ArgumentError, match="probability"):
        law.quantile(1)
    with pytest.raises(ArgumentError, match="positive"):
        NumericalLaw(-GAMMA, x, HALF_LINE, {k: 1}, digits=10).moment(1)


@pytest.mark.parametrize("width", [float, np.float16, np.float32, np.float64, np.longdouble])
def test_a_nan_of_any_width_is_no_order_of_a_moment(width):
    law = NumericalLaw(GAMMA, x, HALF_LINE, {k: 1}, digits=10)
    with pytest.raises(ArgumentError, match="^order must be a real number, got"):
        law.moment(width("nan"))


@pytest.mark.parametrize(
    ("density", "expected"),
    [
        (sp.exp(4 * sp.Abs(y) ** sp.Rational(3, 2) / 9) / sp.sqrt(sp.Abs(y)), 0),
        (sp.exp(-sp.sqrt(sp.Abs(y))), 0),
        (sp.exp(-sp.sqrt(sp.Abs(y - 1)) - y / 100), 1),
    ],
)
def test_a_mode_at_a_kink_is_the_kink_itself(density, expected):
    assert NumericalLaw(density, y, (-1, 2)).mode() == expected
