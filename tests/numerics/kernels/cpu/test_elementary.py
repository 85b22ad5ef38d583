"""Vector code of the elementary functions against mpmath: errors in units in the last place, and the special values."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("llvmlite", reason="compiled kernels need llvmlite")

from numerics.codegen.program import Instruction, Program
from numerics.kernels.cpu.kernel import CpuKernel, stepping_kernel
from numerics.kernels.kernel import Precision

INF, NAN = np.inf, np.nan

BOUNDS = {
    # function: (float32, float64) in units in the last place
    "exp": (1.0, 1.0),
    "expm1": (2.0, 2.0),
    "log": (1.0, 1.0),
    "log1p": (1.5, 1.5),
    "sin": (1.5, 1.5),
    "cos": (1.5, 1.5),
    "tan": (3.0, 3.0),
    "sinh": (2.5, 2.5),
    "cosh": (2.0, 2.0),
    "tanh": (3.0, 3.0),
    "sech_squared": (4.0, 4.0),
    "arctan": (1.5, 1.5),
    "arcsin": (4.0, 4.0),
    "arccos": (4.0, 4.0),
    "arctanh": (4.0, 4.0),
    "arcsinh": (4.0, 4.0),
    "arccosh": (4.0, 4.0),
    "erf": (1.0, 4.0),
    "erfc": (1.0, 4.0),
    "scaled_erfc": (1.0, 4.0),
    "gamma": (1.0, 6.0),
    "log_gamma": (1.0, 6.0),
}

REFERENCES = {
    "sech_squared": lambda x: mpmath.sech(x) ** 2,
    "arctan": mpmath.atan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctanh": mpmath.atanh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "scaled_erfc": lambda x: mpmath.exp(x**2) * mpmath.erfc(x),
    "log_gamma": mpmath.loggamma,
}
"""Functions that mpmath calls otherwise."""

DOMAINS = {
    # function: (largest exponent of two, both signs) for float32 and float64
    "exp": ((7, True), (10, True)),
    "expm1": ((7, True), (10, True)),
    "log": ((127, False), (1023, False)),
    "log1p": ((127, False), (1023, False)),
    "sin": ((21, True), (49, True)),
    "cos": ((21, True), (49, True)),
    "tan": ((21, True), (49, True)),
    "sinh": ((7, True), (10, True)),
    "cosh": ((7, True), (10, True)),
    "tanh": ((5, True), (6, True)),
    "sech_squared": ((5, True), (8, True)),
    "arctan": ((127, True), (1023, True)),
    "arcsin": ((-1, True), (-1, True)),
    "arccos": ((-1, True), (-1, True)),
    "arctanh": ((-1, True), (-1, True)),
    "arcsinh": ((127, True), (1023, True)),
    "arccosh": ((127, False), (1023, False)),
    "erf": ((4, True), (4, True)),
    "erfc": ((4, True), (4, True)),
    "scaled_erfc": ((3, True), (4, True)),
    "gamma": ((6, True), (7, True)),
    "log_gamma": ((60, False), (500, False)),
}


def kernel(op: str, precision: Precision, arity: int = 1) -> CpuKernel:
    """The kernel whose step replaces the first state by ``op`` of all states and keeps the others."""
    arguments = tuple(Instruction("argument", value=i) for i in range(arity))
    program = Program(
        (*(f"x{i}" for i in range(arity)), "h", "root_h"),
        (*arguments, Instruction(op, tuple(range(arity)))),
        (arity, *range(1, arity)),
    )
    return stepping_kernel(program, arity, 0, 0, precision)


def vector(op: str, *operands: NDArray, precision: Precision) -> NDArray:
    dtype = np.float32 if precision == "float32" else np.float64
    state = np.array(np.broadcast_arrays(*operands), dtype=dtype)
    kernel(op, precision, len(operands)).advance(state, [], step=1.0, n_steps=1, seed=0)
    return state[0]


def arguments(op: str, precision: Precision) -> NDArray:
    """Numbers of all sizes the function accepts, subnormal ones among them, and many of size one."""
    single = precision == "float32"
    largest, signed = DOMAINS[op][0 if single else 1]
    smallest = -149 if single else -1074
    generator = np.random.default_rng(len(op) + largest)
    exponents = np.concatenate(
        [generator.uniform(smallest, largest, 800), generator.uniform(-12, min(largest, 7), 1600)]
    )
    x = np.ldexp(generator.uniform(1, 2, exponents.size), np.floor(exponents).astype(int))
    if signed:
        x = x * generator.choice([-1, 1], x.size)
    if op == "log1p":
        x = np.concatenate([x, -np.exp2(generator.uniform(-40, 0, 600))])
    if op == "log":
        x = np.concatenate([x, 1 + generator.uniform(-1, 1, 600) * np.exp2(generator.uniform(-22, 0, 600))])
    if op in ("sin", "cos", "tan"):
        x = np.concatenate([x, np.pi / 2 * generator.integers(-60_000, 60_000, 400)])
    if op == "arccosh":
        x = np.concatenate([x[x >= 1], 1 + np.exp2(generator.uniform(-40, 4, 600))])
    if op in ("arcsin", "arccos", "arctanh"):
        x = np.concatenate(
            [x, 1 - np.exp2(generator.uniform(-22, 0, 600)), np.exp2(generator.uniform(-22, 0, 600)) - 1]
        )
    if op == "gamma":
        x = np.concatenate([x, generator.uniform(-5, 9, 600)])
        x = x[(x > (-34 if single else -170)) & (x != 0)]  # elsewhere its value is subnormal
    if op == "log_gamma":
        x = np.concatenate([x, generator.uniform(0.5, 10, 600), 1 + np.exp2(generator.uniform(-22, 0, 300))])
    x = x.astype(np.float32 if single else np.float64)
    return x[np.isfinite(x)]


def largest_error(op: str, precision: Precision) -> tuple[float, float]:
    """Largest error in units in the last place of the true value, and where."""
    x = arguments(op, precision)
    y = vector(op, x, precision=precision)
    digits, smallest = (24, -149) if precision == "float32" else (53, -1074)
    largest = float(np.finfo(y.dtype).max)
    worst, where = 0.0, 0.0
    function = REFERENCES.get(op) or getattr(mpmath, op)
    with mpmath.workprec(140):
        for xi, yi in zip(x.tolist(), y.tolist(), strict=True):
            # The difference exp(x) - 1 needs as many more digits as x is small.
            with mpmath.workprec(
                140 + (1100 if op in ("expm1", "log1p", "sinh", "tanh", "arcsinh", "arctanh") and abs(xi) < 1e-3 else 0)
            ):
                true = function(mpmath.mpf(xi))
                if abs(true) > largest:
                    if yi != np.copysign(INF, float(mpmath.sign(true))) and abs(yi) != largest:
                        worst, where = INF, xi
                    continue
                unit = (
                    mpmath.ldexp(1, max(int(mpmath.floor(mpmath.log(abs(true), 2))) - digits + 1, smallest))
                    if true
                    else 1
                )
                error = float(abs(mpmath.mpf(yi) - true) / unit) if np.isfinite(yi) else INF
            if error > worst:
                worst, where = error, xi
    return worst, where


@pytest.mark.every(23)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("op", BOUNDS)
def test_error_stays_within_the_stated_units_in_the_last_place(op, precision):
    error, where = largest_error(op, precision)
    assert error <= BOUNDS[op][precision == "float64"], f"{op}({where!r})"


SPECIAL = {
    "arctan": [(NAN, NAN), (0.0, 0.0), (-0.0, -0.0)],
    "arcsin": [(1.5, NAN), (-INF, NAN), (NAN, NAN), (-0.0, -0.0)],
    "arccos": [(1.5, NAN), (-2.0, NAN), (INF, NAN), (NAN, NAN), (1.0, 0.0)],
    "arctanh": [(1.0, INF), (-1.0, -INF), (1.5, NAN), (-INF, NAN), (NAN, NAN), (-0.0, -0.0)],
    "arcsinh": [(INF, INF), (-INF, -INF), (NAN, NAN), (-0.0, -0.0)],
    "arccosh": [(1.0, 0.0), (0.5, NAN), (-2.0, NAN), (-1e9, NAN), (-INF, NAN), (INF, INF), (NAN, NAN)],
    "erf": [(INF, 1.0), (-INF, -1.0), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (1e30, 1.0)],
    "erfc": [(INF, 0.0), (-INF, 2.0), (NAN, NAN), (0.0, 1.0), (1e30, 0.0)],
    "scaled_erfc": [(INF, 0.0), (-INF, INF), (NAN, NAN), (0.0, 1.0), (-1e30, INF)],
    "gamma": [(0.0, INF), (-0.0, -INF), (-1.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN), (1e30, INF), (5.0, 24.0)],
    "log_gamma": [(0.0, INF), (-1.5, NAN), (-INF, NAN), (INF, INF), (NAN, NAN), (1.0, 0.0), (2.0, 0.0)],
    "sech_squared": [(0.0, 1.0), (INF, 0.0), (-INF, 0.0), (400.0, 0.0), (NAN, NAN)],
    "exp": [(-INF, 0), (INF, INF), (NAN, NAN), (0.0, 1), (1e30, INF), (-1e30, 0)],
    "expm1": [(-INF, -1), (INF, INF), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (-1e30, -1)],
    "log": [(0.0, -INF), (-0.0, -INF), (-1.0, NAN), (-INF, NAN), (INF, INF), (NAN, NAN), (1.0, 0.0)],
    "log1p": [(-1.0, -INF), (-1.5, NAN), (-INF, NAN), (INF, INF), (NAN, NAN), (-0.0, -0.0)],
    "sin": [(INF, NAN), (-INF, NAN), (NAN, NAN), (-0.0, -0.0), (1e30, NAN)],
    "cos": [(INF, NAN), (-INF, NAN), (NAN, NAN), (0.0, 1.0), (1e30, NAN)],
    "tan": [(INF, NAN), (NAN, NAN), (-0.0, -0.0)],
    "sinh": [(-INF, -INF), (INF, INF), (NAN, NAN), (-0.0, -0.0), (1e30, INF)],
    "cosh": [(-INF, INF), (INF, INF), (NAN, NAN), (0.0, 1.0)],
    "tanh": [(-INF, -1), (INF, 1), (NAN, NAN), (-0.0, -0.0), (1e30, 1), (-50.0, -1)],
    "square_root": [(-1.0, NAN), (INF, INF), (NAN, NAN), (-0.0, -0.0), (4.0, 2.0)],
    "sign": [(-3.0, -1), (0.0, 0), (1e-40, 1), (NAN, NAN), (-INF, -1)],
    "floor": [(-0.5, -1), (2.5, 2), (NAN, NAN), (INF, INF)],
    "absolute": [(-0.0, 0.0), (-INF, INF), (NAN, NAN)],
    "reciprocal": [(0.0, INF), (-0.0, -INF), (INF, 0.0), (NAN, NAN)],
}


@pytest.mark.every(2)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("op", SPECIAL)
def test_special_values_are_those_of_ieee_arithmetic(op, precision):
    x, expected = map(np.array, zip(*SPECIAL[op], strict=True))
    value = vector(op, x, precision=precision)
    np.testing.assert_array_equal(value, expected.astype(value.dtype))
    signed = (expected == 0) & (x == 0)
    np.testing.assert_array_equal(np.signbit(value[signed]), np.signbit(expected[signed]))


@pytest.mark.every(7)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("payload", [1, 0x155, 0x3FFFFF])
@pytest.mark.parametrize("op", [*BOUNDS, "square_root", "sign"])
def test_nan_of_any_payload_stays_nan(op, payload, precision):
    if precision == "float32":
        x = np.array([0x7F800000 + payload, 0xFFC00000 + payload % 0x3FFFFF], np.uint32).view(np.float32)
    else:
        x = np.array([0x7FF0000000000000 + payload, 0xFFF8000000000000 + payload], np.uint64).view(np.float64)
    assert np.isnan(vector(op, x, precision=precision)).all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("op", ["maximum", "minimum"])
def test_extrema_keep_nan_visible(op, precision):
    x, y = np.array([1.0, NAN, 2.0, -INF, NAN]), np.array([NAN, 1.0, -3.0, 0.0, NAN])
    np.testing.assert_array_equal(vector(op, x, y, precision=precision), getattr(np, op)(x, y))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_real_powers_agree_with_the_definition(precision):
    generator = np.random.default_rng(5)
    x, y = np.exp(generator.uniform(-8, 8, 2000)), generator.uniform(-6, 6, 2000)
    dtype = np.float32 if precision == "float32" else np.float64
    x, y = x.astype(dtype), y.astype(dtype)
    true = np.array([float(mpmath.mpf(float(a)) ** mpmath.mpf(float(b))) for a, b in zip(x, y, strict=True)])
    bound = 1.01 * 2.0**-23 if precision == "float32" else (50 + 2) * 2.0**-52
    np.testing.assert_array_less(np.abs(vector("power", x, y, precision=precision) / true - 1), bound)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_powers_are_real_where_mathematics_says_so(precision):
    x = np.array([-2.0, -2.0, -2.0, 0.0, 0.0, 0.0, NAN, 1.0, INF, 3.0])
    y = np.array([3.0, 2.0, 0.5, 2.0, -1.0, 0.0, 2.0, 5.0, 2.0, 0.0])
    expected = np.array([-8.0, 4.0, NAN, 0.0, INF, 1.0, NAN, 1.0, INF, 1.0])
    np.testing.assert_allclose(
        vector("power", x, y, precision=precision), expected, rtol=1e-6 if precision == "float32" else 1e-14
    )


def test_the_naive_hyperbolic_tangent_would_fail():
    """(e^2x - 1)/(e^2x + 1) loses its digits near 0, where an invariant set would then absorb trajectories."""
    x = np.array([1e-6], np.float32)
    e = vector("exp", 2 * x, precision="float32")
    unit = np.spacing(np.float32(1e-6))
    assert abs((e - 1) / (e + 1) - x)[0] > 1e4 * unit
    assert abs(vector("tanh", x, precision="float32") - x)[0] <= unit


@pytest.mark.parametrize(("precision", "points"), [("float32", [44.0, 46.5, 50.0]), ("float64", [355.0, 365.0, 371.0])])
def test_sech_squared_reaches_the_subnormal_numbers(precision, points):
    values = vector("sech_squared", np.array(points), precision=precision)
    smallest = 2.0**-149 if precision == "float32" else 2.0**-1074
    expected = [float(mpmath.sech(point) ** 2) for point in points]
    assert np.all(np.abs(values - np.array(expected)) <= 2 * smallest)


@pytest.mark.parametrize(("precision", "largest"), [("float32", 4e6), ("float64", 1e15)])
def test_sines_next_to_their_zeros_far_out(precision, largest):
    dtype = np.float32 if precision == "float32" else np.float64
    with mpmath.workdps(60):
        turns = np.linspace(largest / 40, largest / mpmath.pi * mpmath.mpf("0.999"), 200).astype(np.int64)
        points = np.array([float(int(n) * mpmath.pi) for n in turns], dtype)
        expected = [mpmath.sin(mpmath.mpf(float(point))) for point in points]
        for value, true in zip(vector("sin", points, precision=precision), expected, strict=True):
            assert abs(mpmath.mpf(float(value)) / true - 1) < 4 * np.finfo(dtype).eps
