"""Digits next to branch points and far out, in every backend that has the functions."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen.backends.torch_branches import guarded
from numerics.codegen.branch_ends import at_branch_ends
from numerics.codegen.compile import compile_program
from numerics.codegen.lower import lower
from numerics.codegen.one_denominator import over_a_power
from numerics.codegen.special import ScaledErfc

x = sp.Symbol("x", real=True)

ARC_COSINE_KERNEL = sp.sqrt(1 - x**2) + (sp.pi - sp.acos(x)) * x
INFECTED = sp.LambertW(-x * sp.exp(-x))
"""Minus the mean number of offspring of an epidemic that has died out."""

CASES = {
    "arc-cosine kernel": (ARC_COSINE_KERNEL, 0, -0.9999999),
    "arc-cosine kernel at its other end": (ARC_COSINE_KERNEL, 0, 1 - 1e-12),
    "segment of a circle": (sp.acos(x) - x * sp.sqrt(1 - x**2), 0, 1 - 1e-9),
    "segment of a larger circle": (sp.acos(x / 2) - x / 2 * sp.sqrt(1 - x**2 / 4), 0, 2 - 1e-9),
    "segment by arcsine": (sp.pi / 2 - sp.asin(x) - x * sp.sqrt(1 - x**2), 0, 1 - 1e-6),
    "segment of a hyperbola": (x * sp.sqrt(x**2 - 1) - sp.acosh(x), 0, 1 + 1e-9),
    "Lambert's function beside its branch point": (INFECTED, 0, 1.0000001),
    "variation of a Weibull law with a negative shape": (sp.gamma(1 + 2 / x) / sp.gamma(1 + 1 / x) ** 2 - 1, 0, -1e5),
    "slope of a root over its argument": (x * (sp.sqrt(1 + 4 / x**2) - 1) / 2, 1, 1e-12),
    "slope of compound growth": ((1 + 1 / x) ** x, 1, 1e5),
}


DEAR = ("Lambert's function beside its branch point",)


@pytest.mark.every(3)
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in DEAR else ()) for n in CASES])
def test_digits_are_kept(name):
    function, order, point = CASES[name]
    expression = sp.diff(function, x, order)
    with mpmath.workdps(80):
        expected = float(sp.lambdify(x, expression, "mpmath")(mpmath.mpf(point)))
    assert compile_program([expression], [x])(np.array([point]))[0][0] == pytest.approx(expected, rel=2e-13)


def test_series_at_an_end_is_clipped_outside():
    ((form, region),) = at_branch_ends(sp.acos(x) - x * sp.sqrt(1 - x**2), [sp.acos(x), -x * sp.sqrt(1 - x**2)])
    assert form.subs(x, 1.5) == 0
    assert region.subs(x, 1.5) == sp.false


def test_powers_of_the_argument_leave_a_denominator():
    product = 1 / (x**3 * (1 + 1 / x) ** 2)
    assert over_a_power(product) == 1 / (x * (x + 1) ** 2)
    assert over_a_power(1 / (x * (1 + x))) == 1 / (x * (1 + x))


def test_powers_that_overflow_in_single_precision():
    expression = sp.diff((1 + 1 / x) ** x, x, 2)
    (value,) = compile_program([expression], [x])(np.array([1e-30], np.float32))
    assert value[0] == pytest.approx(-1e30, rel=1e-5)


def test_scaled_function_of_what_is_no_number_stays():
    assert ScaledErfc(sp.oo).evalf() == ScaledErfc(sp.oo)
    assert float(ScaledErfc(sp.Integer(10) ** 9)) == pytest.approx(1 / (np.sqrt(np.pi) * 1e9))


def test_hazard_of_a_log_normal_law_is_compiled():
    hazard = sp.exp(-(sp.log(x) ** 2) / 2) / (x * sp.erfc(sp.log(x) / sp.sqrt(2)))
    (value,) = compile_program([sp.diff(hazard, x)], [x])(np.array([2.0]))
    with mpmath.workdps(40):
        expected = float(sp.lambdify(x, sp.diff(hazard, x), "mpmath")(mpmath.mpf(2)))
    assert value[0] == pytest.approx(expected, rel=1e-12)


def test_root_of_exponentials_in_the_largest_eigenvalue_of_a_transfer_matrix():
    energy = sp.log(sp.cosh(x) + sp.sqrt(sp.sinh(x) ** 2 + sp.exp(-4 * x)))
    (value,) = compile_program([sp.diff(energy, x)], [x])(np.array([0.7]))
    with mpmath.workdps(40):
        expected = float(sp.lambdify(x, sp.diff(energy, x), "mpmath")(mpmath.mpf(0.7)))
    assert value[0] == pytest.approx(expected, rel=1e-12)


def test_complement_of_the_error_function_beyond_what_mpmath_answers():
    (value,) = compile_program([sp.erfc(x)], [x], backend="mpmath", digits=30)(2**531)
    with mpmath.workdps(400):
        at = mpmath.mpf(2) ** 531
        expected = mpmath.exp(-(at**2)) / (at * mpmath.sqrt(mpmath.pi))
        assert abs(value / expected - 1) < mpmath.mpf(10) ** -28


def test_scaled_error_functions_multiply_no_lost_digits_of_a_square():
    function = compile_program([sp.exp(x**2) * sp.erfc(x), sp.exp(-(x**2)) * sp.erfi(x)], [x], backend="mpmath")
    with mpmath.workdps(30):
        point = mpmath.mpf(10) ** 10 / 3
        values = function(point)
    with mpmath.workdps(80):
        square, scale = point**2, 1 / (point * mpmath.sqrt(mpmath.pi))
        for value, sign in zip(values, (-1, 1), strict=True):
            expected = scale * (1 + sign / (2 * square) + 3 / (4 * square**2))
            assert abs(value / expected - 1) < mpmath.mpf(10) ** -29


BRANCHES = {
    "root": (sp.Piecewise((sp.sqrt(x), x > 0), (0, True)), [0, 0, 0.5**0.5], [0, 0, -(0.5**0.5)]),
    "entropy": (sp.Piecewise((x * sp.log(x), x > 0), (0, True)), [0, 0, 1 + np.log(0.5)], [0, 0, 2]),
    "bump": (sp.Piecewise((sp.exp(-1 / x), x > 0), (0, True)), [0, 0, 4 * np.exp(-2)], [0, 0, 0]),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_branches_not_taken_send_no_nan_back(name):
    torch = pytest.importorskip("torch")
    expression, slopes, curvatures = BRANCHES[name]
    function = compile_program([expression], [x], backend="torch")
    points = torch.tensor([-1.0, 0.0, 0.5], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(function(points)[0].sum(), points, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), points)
    assert slope.tolist() == pytest.approx(slopes)
    assert curvature.tolist() == pytest.approx(curvatures, abs=1e-15)


def test_a_part_that_both_branches_use_is_not_masked():
    both = sp.Piecewise((sp.sqrt(x), x > 1), (2 * sp.sqrt(x), True))
    assert "masked" not in guarded(lower([both], [x])).operations
    assert guarded(lower([sp.sqrt(x)], [x])) == lower([sp.sqrt(x)], [x])
