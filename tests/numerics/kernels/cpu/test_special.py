"""Vector code of functions of two arguments, Bessel functions among them, and of what has none."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp

pytest.importorskip("llvmlite", reason="compiled kernels need llvmlite")

from numerics.codegen.program import Instruction, Program
from numerics.errors import UnsupportedFunctionError
from numerics.kernels.cpu.bessel import ORDERS
from numerics.kernels.cpu.fitted import polynomial_through
from numerics.kernels.cpu.kernel import stepping_kernel
from numerics.kernels.kernel import step_program
from tests.numerics.kernels.cpu.test_elementary import vector

x, h, root_h = sp.symbols("x h root_h", real=True)

BESSEL = {
    "scaled_bessel_i": lambda n, t: mpmath.exp(-abs(t)) * mpmath.besseli(n, t),
    "bessel_j": mpmath.besselj,
}
UNITS = 6


def of_order(op, order, points):
    """A Bessel function in the kernel."""
    constant = Instruction("constant", constant=sp.Integer(order))
    program = Program(("x", "h", "root_h"), (Instruction("argument", value=0), constant, Instruction(op, (1, 0))), (2,))
    state = points[None].copy()
    stepping_kernel(program, 1, 0, 0, str(points.dtype)).advance(state, [], step=1.0, n_steps=1, seed=0)
    return state[0]


def points_of_all_sizes(dtype):
    generator = np.random.default_rng(3)
    x = np.concatenate([generator.uniform(-30, 30, 300), np.exp2(generator.uniform(-60, 12, 100)), [0.0]])
    return x.astype(dtype)


@pytest.mark.every(10)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("op", BESSEL)
def test_bessel_functions_keep_their_digits(op, order, dtype):
    x = points_of_all_sizes(dtype)
    unit = float(np.finfo(dtype).eps) * (1 if dtype is np.float32 else UNITS)
    with mpmath.workdps(40):
        for at, value in zip(x.tolist(), of_order(op, order, x).tolist(), strict=True):
            exact = BESSEL[op](order, mpmath.mpf(at))
            size = max(abs(exact), 0.8 / np.sqrt(abs(at)) if op == "bessel_j" and abs(at) > 6.5 else 0)
            assert abs(value - exact) <= unit * size + np.finfo(dtype).smallest_subnormal, (at, value, float(exact))


def test_bessel_functions_are_accurate_next_to_the_zeros_divided_out():
    zeros = np.array([float(mpmath.besseljzero(1, 1))])
    exact = float(mpmath.besselj(1, mpmath.mpf(zeros[0])))
    assert abs(of_order("bessel_j", 1, zeros)[0] / exact - 1) < 1e-14


def test_bessel_functions_far_out():
    ends = np.array([np.inf, -np.inf, 1e300, np.nan])
    np.testing.assert_allclose(
        of_order("scaled_bessel_i", 1, ends), [0, 0, 1 / np.sqrt(2e300 * np.pi), np.nan], rtol=1e-14
    )
    assert np.isnan(of_order("bessel_j", 0, ends)).all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_angle_of_a_point_is_that_of_numpy(precision):
    sizes = [0.0, 1e-30, 0.3, 1.0, 7.0, 1e30, np.inf]
    y, x = np.meshgrid([*sizes, *(-s for s in sizes), np.nan], [*sizes, *(-s for s in sizes), np.nan])
    y, x = (np.asarray(part.ravel(), precision) for part in (y, x))
    angle, expected = vector("arctan2", y, x, precision=precision), np.arctan2(y, x)
    np.testing.assert_allclose(angle, expected, rtol=4 * np.finfo(precision).eps)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(angle[known]), np.signbit(expected[known]))


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        (sp.besselj(7, x), "bessel_j of order 7"),
        (sp.besseli(sp.Rational(1, 3), sp.Abs(x)), "scaled_bessel_i of order 1/3"),
        (sp.besselj(x**2, x), "bessel_j of order that is no number"),
        (sp.digamma(x), "digamma"),
        (sp.LambertW(x), "lambert_w"),
    ],
)
def test_what_has_no_vector_code_is_named(expression, named):
    program = step_program([expression], state=[x], parameters=[], step=h, root_step=root_h, normals=[])
    with pytest.raises(UnsupportedFunctionError, match=named):
        stepping_kernel(program, 1, 0, 0, "float64")


def test_a_polynomial_through_values_of_a_polynomial_is_that_polynomial():
    assert polynomial_through(lambda t: 3 * t**3 - t, -1.0, 3.0, 6, about=2.0) == pytest.approx(
        (22.0, 35.0, 18.0, 3.0, 0.0, 0.0), abs=1e-40
    )
