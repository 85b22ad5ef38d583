"""Kinds of expressions that lost digits, or all of them, beside mpmath with four hundred digits."""

import mpmath
import numpy as np
import pytest
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
    (sp.digamma(x + 3) - sp.digamma(x) + sp.log(x / (x + 2)) - 1 / x, [31.0, 5e3, 1e8]),
    # Stirling's formula stands in a product.
    (sp.gamma(x + 1) / (sp.sqrt(2 * sp.pi * x) * (x / sp.E) ** x), [9.0, 390.0, 1e8]),
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
