r"""Integrals of integrals against closed forms: :math:`\int_0^1e^y\int_c^ye^{-z}\,dz\,dy = (e-1)e^{-c} - 1`."""

import math

import pytest
import sympy as sp

from numerics.deterministic.nested_integral import nested_integral

y, z = sp.symbols("y z", real=True)


@pytest.mark.parametrize("begins", [0, -1])
def test_the_inner_integral_may_begin_with_the_outer_one_or_before(begins):
    inner = sp.Integral(sp.exp(-z), (z, begins, y))
    found = nested_integral(sp.Integral(sp.exp(y) * inner, (y, 0, 1)))
    assert float(found.value) == pytest.approx((math.e - 1) * math.exp(-begins) - 1, rel=1e-12)


def test_an_integral_in_an_exponent_grows_with_its_sign():
    exponent = sp.Integral(2 * z, (z, 0, y))
    found = nested_integral(sp.Integral(sp.exp(exponent), (y, 0, 1)))
    assert float(found.value) == pytest.approx(float(sp.sqrt(sp.pi) / 2 * sp.erfi(1)), rel=1e-12)
