"""Kinds of expressions that lost digits, or all of them, each at places with a value known otherwise."""

import numpy as np
import pytest
import sympy as sp

from numerics.codegen.compile import compile_program

x = sp.Symbol("x", real=True)
half = sp.Rational(1, 2)

VALUES = [
    # Numbers of one sign do not cancel: (1 - x + |1 + x|)/2 is 1 from -1 on, and -x below.
    ((1 - x + sp.sqrt((1 - x) ** 2 + 4 * x)) / 2, {-1.9: 1.9, -0.11: 1.0, -1e-5: 1.0, 0.3: 1.0}),
    (sp.cbrt(1 + 3 * x**2) + 1, {1e-9: 2.0, 0.1: 1 + 1.03 ** (1 / 3)}),
]
"""Expression, and place to value."""


@pytest.mark.parametrize(("expression", "values"), VALUES, ids=lambda each: str(each)[:60])
def test_values_known_otherwise(expression, values):
    with np.errstate(all="ignore"):
        (found,) = compile_program([expression], [x])(list(values))
    np.testing.assert_allclose(found, list(values.values()), rtol=1e-14)
