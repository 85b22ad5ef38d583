"""Programs keep the shapes, types and digits of what they are given, on every backend; torch differentiates them."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen.compile import compile_program
from numerics.errors import ArgumentError
from tests.numerics.codegen.expression_table import EXPRESSIONS, Entry

torch = pytest.importorskip("torch")

x, y = sp.symbols("x y", real=True)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_outputs_have_the_common_shape_and_memory_of_their_own(backend):
    column, row = np.ones((3, 1)), np.arange(4.0)
    values = [torch.as_tensor(v) for v in (column, row)] if backend == "torch" else [column, row]
    outputs = compile_program([x, x, y, sp.pi, x * y], [x, y], backend=backend)(*values)
    assert all(tuple(output.shape) == (3, 4) for output in outputs)
    for output in outputs:
        output[...] = -1
    assert np.all(column == 1) and np.all(row == np.arange(4.0))
    outputs = compile_program([x, x], [x], backend=backend)(values[1])
    outputs[0][...] = 7
    assert float(outputs[1][0]) == 0 and float(values[1][0]) == 0


def test_mpmath_broadcasts_object_arrays_and_gives_numbers_for_numbers():
    (table,) = compile_program([x + y], [x, y], backend="mpmath")(np.ones((2, 1)), [mpmath.mpf(1), "0.5", 3])
    assert table.shape == (2, 3) and table[1, 1] == 1.5
    (number,) = compile_program([x], [x], backend="mpmath")(2)
    assert isinstance(number, mpmath.mpf)


def test_mpmath_respects_the_precision_of_the_context_and_of_digits():
    third = compile_program([x / 3 + sp.sqrt(2)], [x], backend="mpmath")
    for digits in (15, 60):
        with mpmath.workdps(digits):
            assert abs(third(1)[0] - (mpmath.mpf(1) / 3 + mpmath.sqrt(2))) < mpmath.mpf(10) ** (1 - digits)
    (value,) = compile_program([sp.pi], [], backend="mpmath", digits=100)()
    with mpmath.workdps(100):
        assert abs(value - mpmath.pi) < mpmath.mpf(10) ** -98


def test_mpmath_carries_guard_digits_that_absorb_a_cancellation_of_eight():
    (value,) = compile_program([sp.sqrt(1 + x) - 1], [x], backend="mpmath", digits=30)(1e-8)
    with mpmath.workdps(60):
        exact = mpmath.sqrt(1 + mpmath.mpf(1e-8)) - 1
        assert abs(value - exact) <= mpmath.mpf(10) ** -30 * exact


CANCELLING = {
    "exp without two terms": (sp.exp(x) - 1 - x, 3e-25),
    "exp without three terms": (sp.exp(-x) - 1 + x - x**2 / 2, 1e-30),
    "sin minus argument": (sp.sin(x) - x, 5e-9),
    "log of sinc": (sp.log(sp.sin(x) / x), 1e-20),
    "entropy": ((1 + x) * sp.log(1 + x) - x, 4e-18),
    "softplus less its maximum": (sp.log(1 + sp.exp(x)) - x, 300.0),
    "one minus a tail": (sp.log(1 - sp.erfc(x) / 2), -9.0),
    "angle near 1": (sp.acosh(1 + x**2), 1e-30),
    "Bessel function without its first term": (sp.besselj(0, x) - 1, 2e-12),
    "mean of an exponential": ((sp.exp(x) - 1 - x) / x**2, 1e-30),
}
"""Name to expression and a point where it keeps no digit of the forty that are carried."""


@pytest.mark.parametrize("name", CANCELLING)
def test_mpmath_keeps_all_digits_of_what_cancels(name):
    expression, point = CANCELLING[name]
    (value,) = compile_program([expression], [x], backend="mpmath", digits=30)(point)
    written = sp.lambdify(x, expression, "mpmath")
    with mpmath.workdps(400):
        exact = written(mpmath.mpf(point))
        assert abs(value - exact) <= mpmath.mpf(10) ** -28 * abs(exact)
    with mpmath.workdps(40):
        assert abs(written(mpmath.mpf(point)) - exact) > mpmath.mpf(10) ** -28 * abs(exact)


def test_mpmath_says_zero_where_a_sum_is_zero():
    program = compile_program([x**2 - 1, sp.exp(x) - 1 - x, sp.log(x) - x + 1, x - y], [x, y], backend="mpmath")
    assert program(1, 1)[::2] == (0, 0) and program(0, 0)[1] == 0 and program(0.1, 0.1)[3] == 0


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((np.float32([1, 2]), 0.5), np.float32),
        ((np.float32([1, 2]), np.float64(0.5)), np.float64),
        ((1, 2), np.float64),
        ((np.array([1, 2]), 0.5), np.float64),
        (([1, 2], np.float32(0.5)), np.float32),
    ],
)
def test_numpy_keeps_single_precision_where_all_arrays_are_single(values, dtype):
    outputs = compile_program([x * y + sp.Rational(1, 3), sp.Piecewise((1, x > 1), (0, True)), sp.pi], [x, y])(*values)
    assert [output.dtype for output in outputs] == [dtype] * 3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_torch_keeps_every_floating_type(dtype):
    functions = [
        sp.Max(x, sp.Rational(1, 3)),
        sp.Heaviside(x),
        sp.sqrt(2) * x,
        sp.pi,
        sp.Piecewise((0.1, x > 9), (x, True)),
    ]
    outputs = compile_program(functions, [x], backend="torch")(torch.ones(2, dtype=dtype))
    assert [output.dtype for output in outputs] == [dtype] * len(functions)


def test_torch_rounds_constants_to_the_type_of_its_arguments_and_not_through_single():
    (value,) = compile_program([sp.Max(x, sp.Rational(1, 3))], [x], backend="torch")(
        torch.zeros(1, dtype=torch.float64)
    )
    assert float(value) == 1 / 3


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "each",
    [
        each
        for each in EXPRESSIONS
        if not each.expression.has(sp.floor, sp.Mod, sp.lowergamma, sp.uppergamma, sp.betainc)
    ],
    ids=lambda each: each.name,
)
def test_torch_derivative_is_the_derivative_of_the_formula(each: Entry):
    points = [torch.tensor(values, requires_grad=True) for values in each.points()]
    (values,) = compile_program([each.expression], each.arguments, backend="torch")(*points)
    gradients = torch.autograd.grad(values.sum(), points, allow_unused=True, materialize_grads=True)
    for argument, gradient in zip(each.arguments, gradients, strict=True):
        slope = sp.diff(each.expression, argument).replace(sp.DiracDelta, lambda *args: sp.S.Zero)
        slopes = slope.replace(sp.Derivative, lambda *args: sp.S.Zero)
        (expected,) = compile_program([slopes], each.arguments, backend="mpmath")(*each.points())
        np.testing.assert_allclose(gradient.numpy(), expected.astype(float), rtol=1e-8, atol=1e-15)


def test_torch_derivatives_stay_finite_where_the_function_underflows():
    functions = [sp.log(1 + sp.exp(x)), sp.sech(x), sp.csch(x), sp.tanh(x)]
    point = torch.tensor([-2000.0, 2000.0], dtype=torch.float64, requires_grad=True)
    for values in compile_program(functions, [x], backend="torch")(point):
        (gradient,) = torch.autograd.grad(values.sum(), point, retain_graph=True)
        assert torch.isfinite(gradient).all()


# Source


# Refusals


def test_masks_and_collections_without_order_are_refused():
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    with pytest.raises(ArgumentError, match="argument 0 must be an array without a mask"):
        compile_program([x], [x])(masked)
    for unordered in ({x: 1}, {x}):
        with pytest.raises(ArgumentError, match="expressions must be a sequence"):
            compile_program(unordered, [x])
