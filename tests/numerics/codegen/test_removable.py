"""Sums that vanish to a higher order than their terms keep their digits, in one argument that holds parameters too."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen.compile import compile_program
from numerics.codegen.removable import with_series

x, y = sp.symbols("x y", real=True)
k = sp.Symbol("k", positive=True)
NEAR = [1e-15, -3e-9, 2e-5, -0.01, 0.3]


def worst_error(expression, first, second, backend="numpy"):
    """The largest relative error over all pairs of values for x and y."""
    exact = sp.lambdify((x, y), expression, "mpmath")
    points = [(a, b) for a in first for b in second]
    values = compile_program([expression], [x, y], backend=backend)(*map(np.array, zip(*points, strict=True)))[0]
    with mpmath.workdps(90):
        wanted = [mpmath.re(exact(mpmath.mpf(float(a)), mpmath.mpf(float(b)))) for a, b in points]
        return float(max(abs(v - w) / abs(w) for v, w in zip(map(float, values), wanted, strict=True)))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "expression",
    [(sp.exp(2 * x * y) - 1) / (2 * x**2) - y / x, sp.exp(-x * y) - 1 + x * y, sp.log(sp.sin(x * y) / (x * y))],
)
def test_a_product_with_a_parameter_is_an_argument_too(expression):
    assert worst_error(expression, NEAR, [0.7, -2.5]) < 1e-14


@pytest.mark.parametrize("function", [sp.erf, sp.sin, sp.cos, sp.tanh, sp.sinh, sp.atan], ids=str)
def test_a_difference_of_one_function_keeps_its_digits_as_its_arguments_meet(function):
    expression = (function(x) - function(y)).subs(x, y + x)
    assert worst_error(expression, [1e-9, -1e-4, 0.02, 1.5], [0.25, -2.5, 4.0]) < 1e-13


def test_error_functions_far_out_keep_the_digits_of_their_difference():
    assert worst_error(sp.erf(x + y) - sp.erf(y), [0.5, 2.0], [6.0, -12.0]) < 1e-13


@pytest.mark.parametrize("function", [sp.airyai, sp.airybi], ids=str)
@pytest.mark.parametrize("backend", ["numpy", "mpmath"])
def test_airy_functions_are_evaluated(function, backend):
    points = [-20.0, -2.5, -1e-7, 0.0, 1e-7, 3.0, 20.0]
    found = compile_program([function(x)], [x], backend=backend)(points)[0]
    for value, at in zip(found, points, strict=True):
        assert float(value) == pytest.approx(float(getattr(mpmath, function.__name__)(at)), rel=1e-12)


@pytest.mark.parametrize("same", [sp.exp(x) + 1, sp.Abs(x) - sp.sin(x), sp.coth(x) + 1 / x, sp.sqrt(x) - sp.sin(x) / 2])
def test_what_does_not_cancel_or_has_no_series_stays(same):
    assert with_series(same, same.args, same) is None


def test_the_value_at_a_removable_point_is_the_limit():
    program = compile_program([(sp.exp(x) - 1 - x) / x**2, sp.coth(x) - 1 / x], [x])
    assert [float(value) for value in program(0.0)] == [0.5, 0.0]


def test_the_curvature_of_plancks_law_at_zero_is_that_of_its_first_term_in_single_precision():
    curvature = compile_program([sp.diff(x**3 / (sp.exp(x) - 1), x, 2)], [x])
    assert curvature(np.array([1e-30, -1e-20, 1e-9], np.float32))[0] == pytest.approx([2, 2, 2], rel=1e-6)
