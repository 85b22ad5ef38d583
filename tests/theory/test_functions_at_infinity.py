"""Expansions at infinity against the functions themselves."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from theory.functions_at_infinity import AT_INFINITY

z = sp.Symbol("z", positive=True)


@pytest.mark.parametrize("name", AT_INFINITY, ids=lambda name: name.__name__)
def test_a_partial_sum_is_as_close_as_the_next_power(name):
    orders = (sp.Rational(3, 2),) if name in (sp.besseli, sp.besselk) else ()
    factor, coefficient, step = AT_INFINITY[name](z, *orders)
    tail = sum(coefficient(j) * z ** (-step * j) for j in range(4))
    logarithmic = name in (sp.loggamma, sp.digamma)
    value = sp.lambdify(z, factor + tail if logarithmic else factor * tail, "mpmath")
    exact = sp.lambdify(z, name(*orders, z), "mpmath")
    scale = sp.lambdify(z, sp.S.One if logarithmic else factor, "mpmath")
    with mpmath.workdps(60):
        for at in (mpmath.mpf(30), mpmath.mpf(90)):
            assert abs(exact(at) - value(at)) <= 50 * abs(scale(at)) * at ** (-4 * step) + abs(scale(at)) * mpmath.exp(
                -at
            )
