"""Logarithms of moduli against mpmath where it can compute them, and limits where nothing can."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.log_magnitude import log_magnitude

y = sp.Symbol("y", positive=True)
POINTS = np.array([-3.0, -0.5, 0.2, 1.7])
EXPRESSIONS = [
    y**3 * sp.exp(-sp.cosh(y)) / (2 + y),
    sp.sinh(y) * sp.tanh(y) * sp.atan(y) * sp.asinh(y),
    sp.Max(y, 2) * sp.Min(1, y) * sp.Abs(y - 1),
    sp.Piecewise((y**2, y < 1), (sp.sqrt(y), True)) * sp.sign(y - 2),
    sp.Piecewise((sp.exp(-y), sp.And(y > sp.Rational(1, 2), y < 2)), (1, True)),
    y**y * sp.log(1 + y) * sp.erf(y) * sp.cos(y),
    (y - sp.pi) ** -3,
]


@pytest.mark.parametrize("f", EXPRESSIONS)
def test_logarithms_agree_with_multiprecision(f):
    exact = sp.lambdify(y, sp.log(sp.Abs(f)), "mpmath")
    for u, found in zip(POINTS, log_magnitude(f, y)(POINTS), strict=True):
        assert abs(found - float(exact(mpmath.exp(u)))) < 1e-7


@pytest.mark.parametrize(
    ("f", "u", "expected"),
    [
        (sp.exp(-2 * sp.cosh(y)), 64.0, -np.inf),
        (y ** sp.Rational(-99, 100), -60000.0, 59400.0),
        (sp.exp(sp.exp(y) * (1 - y)), 7.0, -np.inf),
        (sp.asinh(y), 1000.0, np.log(1000 + np.log(2))),
        (1 / (1 + y), 5000.0, -5000.0),
    ],
)
def test_far_out_nothing_overflows(f, u, expected):
    assert log_magnitude(f, y)(np.array([u]))[0] == pytest.approx(expected, rel=1e-12)


def test_a_sum_that_cancels_is_unknown_and_not_zero():
    assert np.isnan(log_magnitude(1 - sp.cos(y), y)(np.array([-30.0]))[0])
    assert np.isnan(log_magnitude(sp.besselj(0, y), y)(np.array([0.0]))[0])
    assert np.isnan(log_magnitude(sp.sqrt(y - 2), y)(np.array([0.0]))[0])
