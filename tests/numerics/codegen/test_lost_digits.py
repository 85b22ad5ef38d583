"""Kinds of expressions that lost digits, or all of them, beside mpmath with four hundred digits."""

import mpmath
import numpy as np
import pytest
import scipy.special
import sympy as sp

from numerics.codegen.compile import compile_program

x = sp.Symbol("x", real=True)

PLACES = [
    # Numbers of one sign do not cancel: this is 1 from -1 on, and -x below.
    ((1 - x + sp.sqrt((1 - x) ** 2 + 4 * x)) / 2, [-1.9, -0.11, -1e-5, 0.3]),
    # Relative entropies vanish to second order where two quantities meet.
    (x * sp.log(4 * x) + (1 - x) * sp.log(4 * (1 - x) / 3), [0.25 + 2.0**-30, 0.25 - 2.0**-40, 0.1, 0.9]),
    (x * sp.log(x) + (1 - x) * sp.log(1 - x) + sp.log(2), [0.5 + 2.0**-30, 0.45]),
    (2 * (x * sp.log(x / 3) - (x - 3)), [3 + 2.0**-30, 3 - 2.0**-40, 1e-9, 1e9]),
    (x / 2 - sp.log(x / 2) - 1, [2 + 2.0**-30, 2 - 2.0**-40, 1e9]),
    (sp.log(1 + x) - x + x**2 / 2, [1e-12, -1e-5]),
    # Largest exponentials stand outside.
    (sp.log(1 + 2 * sp.cosh(x)), [800.0, -1e15, 0.1]),
    (sp.log((1 + sp.exp(x)) ** 10), [-400.0, 800.0]),
    # A quotient in a modulus cancels on one side.
    (x / (1 + sp.Abs(x)) + 1, [-1e15, 3.0]),
    # A function of x - 1 is not multiplied out.
    (4 * 10**6 * (x - 1) ** 2 / (10**6 * (x - 1) ** 2 + 1) - 1, [1.0, 1 + 2.0**-14, 2.0]),
    # Entropies of gamma laws grow like log(x)/2, their terms like x log(x).
    (x + sp.loggamma(x) + (1 - x) * sp.digamma(x), [9.0, 98.0, 1e15]),
    # Digammas and logarithms cancel to three orders.
    pytest.param(
        sp.digamma(x + 3) - sp.digamma(x) + sp.log(x / (x + 2)) - 1 / x, [31.0, 5e3, 1e8], marks=pytest.mark.slow
    ),
    # Stirling's formula stands in a product.
    (sp.gamma(x + 1) / (sp.sqrt(2 * sp.pi * x) * (x / sp.E) ** x), [9.0, 390.0, 1e8]),
    # The tail of a law takes the exponential that grows beside it.
    (sp.exp(sp.S.Half - x) * sp.erfc((1 - x) / sp.sqrt(2)), [-30.0, -1e3, 0.3]),
    ((sp.exp(sp.S.Half - x) * sp.erfc((1 - x) / sp.sqrt(2))).diff(x, 2), [-12.0, 0.3]),
    # Exponentials of exponentials: in the inner one they have a series, and what grows meets it.
    (sp.log(1 - sp.exp(-sp.exp(-x))), [31.0, 730.0]),
    (sp.log(1 - sp.exp(-sp.exp(-x))).diff(x, 2), [11.0, 31.0, 390.0]),
    (sp.exp(-sp.exp(x)).diff(x, 2), [730.0, 1e-9]),
    # Functions of 1/x alone are polynomials in x beside 0.
    # Squares are squares, and logarithms of |1 - x| know x.
    ((1 + x) / 2 - sp.sqrt(x), [4.0, 1e-30]),
    ((1 + x - sp.sqrt((1 + x) ** 2 - 4 * x)) / 2, [1 - 2.0**-40, 0.5, 1.5]),
    (sp.log(sp.Abs(1 - x)), [1e-17, -1e-9, 0.5, 1.5, 1e9]),
    pytest.param((sp.besseli(1, 1 / x) / sp.besseli(0, 1 / x)).diff(x), [3e-3, 2.0], marks=pytest.mark.slow),
]
"""Expression, and where it lost its digits, beside other places."""


@pytest.mark.parametrize(("expression", "places"), PLACES, ids=lambda each: str(each)[:60])
def test_digits_are_kept_where_they_were_lost(expression, places):
    with np.errstate(all="ignore"):
        (found,) = compile_program([expression], [x])(places)
    with mpmath.workdps(400):
        right = [float(sp.lambdify(x, expression, "mpmath")(mpmath.mpf(place))) for place in places]
    np.testing.assert_allclose(found, right, rtol=1e-14)


def test_a_relative_entropy_of_two_letters_keeps_its_digits():
    p, q = sp.symbols("p q", positive=True)
    divergence = p * sp.log(p / q) + (1 - p) * sp.log((1 - p) / (1 - q))
    (found,) = compile_program([divergence], [p, q])(0.3 + 2.0**-30, 0.3)
    assert found == pytest.approx((2.0**-30) ** 2 / (2 * 0.3 * 0.7), rel=1e-8)


def test_a_square_of_a_root_keeps_the_digits_that_its_argument_has():
    (found,) = compile_program([(1 + x) / 2 - sp.sqrt(x)], [x])(1 + 2.0**-30)
    assert found == pytest.approx(2.0**-63, rel=2.0**31 * 2.0**-52)  # the condition number times a rounding


def test_recurrences_of_bessel_functions_cancel_in_symbols():
    (found,) = compile_program([(x * sp.besselk(1, x)).diff(x)], [x])([3e-17, 1e-5, 1.0])
    np.testing.assert_allclose(found, [-place * scipy.special.k0(place) for place in (3e-17, 1e-5, 1.0)], rtol=1e-14)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_bessel_functions_far_out_have_their_asymptotic_series(backend):
    pytest.importorskip("torch")
    ratios = [sp.besseli(2, x) / sp.besseli(1, x), sp.besselk(1, x) / sp.besselk(0, x)]
    for place in (1e10, 1e15, 1e300):
        ratio, other = (float(value) for value in compile_program(ratios, [x], backend=backend)(place))
        assert (ratio, other) == pytest.approx((1 - 1.5 / place, 1 + 0.5 / place), rel=1e-15)
