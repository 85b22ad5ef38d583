"""Generated code keeps its digits at extreme arguments, for functions and for the derivatives SymPy writes of them."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen.compile import compile_program
from numerics.errors import UnsupportedFunctionError
from numerics.kernels.kernel import step_program
from tests.numerics.codegen.extreme_expressions import EXTREMES, Extreme, x

FAST = 6
"""Every sixth expression is looked at in each run of the suite, all of them at night."""

QUICK = [each for each in EXTREMES if not each.function.has(sp.gamma, sp.loggamma, sp.digamma, sp.besseli)]
"""Those whose reference does not take seconds."""


def by_numpy(expression, points):
    return compile_program([expression], [x])(points)[0]


def by_torch(expression, points):
    torch = pytest.importorskip("torch")
    return compile_program([expression], [x], backend="torch")(torch.as_tensor(points))[0].numpy()


def by_kernel(expression, points):
    kernel = pytest.importorskip("numerics.kernels.cpu.kernel", reason="compiled kernels need llvmlite")
    h, root_h = sp.symbols("h root_h")
    program = step_program([expression], state=[x], parameters=[], step=h, root_step=root_h, normals=[])
    state = points[None].copy()
    kernel.stepping_kernel(program, 1, 0, 0, str(points.dtype)).advance(state, [], step=1.0, n_steps=1, seed=0)
    return state[0]


EVALUATIONS = {"numpy": by_numpy, "torch": by_torch, "kernel": by_kernel}


def worst_excess(evaluate, each: Extreme, dtype: type) -> tuple[float, float]:
    """The largest error in units of its bound, and where."""
    cases = list(each.cases(dtype))
    if not cases:
        return 0.0, 0.0
    values = evaluate(each.expression, np.array([point for point, _, _ in cases], dtype))
    excess = [
        float(abs(mpmath.mpf(float(value)) - exact) / bound) if np.isfinite(value) else np.inf
        for value, (_, exact, bound) in zip(values, cases, strict=True)
    ]
    place = int(np.argmax(excess))
    return excess[place], cases[place][0]


@pytest.mark.every(6)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("each", QUICK[::FAST], ids=lambda each: each.name)
def test_digits_are_kept(each, dtype):
    excess, point = worst_excess(by_numpy, each, dtype)
    assert excess <= 1, point


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("evaluation", EVALUATIONS)
@pytest.mark.parametrize("each", EXTREMES, ids=lambda each: each.name)
def test_digits_are_kept_by_every_backend(each, evaluation, dtype):
    try:
        excess, point = worst_excess(EVALUATIONS[evaluation], each, dtype)
    except UnsupportedFunctionError as error:
        if evaluation != "kernel":
            raise
        pytest.skip(f"the fused kernel says that it has no code for it: {error}")
    assert excess <= 1, point


@pytest.mark.slow
def test_there_are_some_three_hundred_of_them():
    assert len({each.expression for each in EXTREMES if each.expression.has(x)}) >= 280


@pytest.mark.parametrize(
    ("name", "naive"),
    [
        ("sigmoid by exp(x)", lambda v: np.exp(v) / (1 + np.exp(v))),
        ("two exponentials", lambda v: np.exp(2 * v) - np.exp(v)),
        ("log cosh", lambda v: np.log(np.cosh(v))),
        ("root minus one", lambda v: np.sqrt(1 + v) - 1),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_naive_forms_lose_them(name, naive):
    (each,) = (each for each in EXTREMES if each.name == name)
    assert worst_excess(lambda _, points: naive(points), each, np.float64)[0] > 1e3
