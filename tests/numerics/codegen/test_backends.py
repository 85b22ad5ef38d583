"""Every backend computes what the formula says: to a few roundings, at every shape and type, NaN outside the domain."""

import warnings

import hypothesis.strategies as st
import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given

from numerics.codegen.compile import BACKENDS, compile_program
from numerics.codegen.lower import lower
from numerics.errors import UnsupportedFunctionError
from tests.numerics.codegen.expression_table import DIGITS, EXPRESSIONS, Entry, entry

flint = pytest.importorskip("flint")
torch = pytest.importorskip("torch")

x, y = sp.symbols("x y", real=True)
a, b = sp.symbols("a b", positive=True)


def evaluated(expression, arguments, values, backend):
    """The values of one expression as a NumPy array."""
    if backend == "torch":
        values = [torch.as_tensor(value) for value in values]
    return np.asarray(compile_program([expression], arguments, backend=backend)(*values)[0])


def errors(values, reference) -> np.ndarray:
    with mpmath.workdps(DIGITS):
        return np.array([float(abs(mpmath.mpf(float(v)) - r)) for v, r in zip(values, reference, strict=True)])


# The table


@pytest.mark.every(26)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("each", EXPRESSIONS, ids=lambda each: each.name)
def test_table_is_evaluated_to_a_few_roundings(each: Entry, backend, dtype):
    values = evaluated(each.expression, each.arguments, each.points(dtype), backend)
    assert values.dtype == dtype
    assert np.all(errors(values, each.reference(dtype)) <= each.bound(dtype))


@pytest.mark.every(3)
@pytest.mark.parametrize("each", EXPRESSIONS, ids=lambda each: each.name)
def test_table_is_evaluated_by_mpmath_to_all_digits(each: Entry):
    (values,) = compile_program([each.expression], each.arguments, backend="mpmath", digits=DIGITS)(*each.points())
    with mpmath.workdps(DIGITS):
        for value, reference in zip(values, each.reference(), strict=True):
            assert abs(value - reference) <= mpmath.mpf(10) ** (3 - DIGITS) * abs(reference)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("each", EXPRESSIONS, ids=lambda each: each.name)
def test_table_is_evaluated_to_a_few_roundings_on_the_gpu(each: Entry):
    points = [torch.as_tensor(values, device="cuda") for values in each.points()]
    (values,) = compile_program([each.expression], each.arguments, backend="torch")(*points)
    assert values.is_cuda
    assert np.all(errors(values.cpu().numpy(), each.reference()) <= each.bound())


@pytest.mark.parametrize(
    ("name", "cancelling"),
    [
        ("expm1", lambda v: np.exp(v) - 1),
        ("log1p", lambda v: np.log(1 + v)),
        ("versine", lambda v: 1 - np.cos(v)),
        ("cosh minus one", lambda v: np.cosh(v) - 1),
        ("tanh near zero", lambda v: (np.exp(2 * v) - 1) / (np.exp(2 * v) + 1)),
        ("one minus erfc", lambda v: 1 - sp.lambdify(x, sp.erfc(x), "scipy")(v)),
    ],
)
def test_bound_of_the_table_refuses_the_form_that_cancels(name, cancelling):
    each = entry(name)
    assert np.any(errors(cancelling(*each.points()), each.reference()) > 1e3 * each.bound())


# Random expressions against balls that contain every rounding

ROUNDINGS = {"numpy": 4.0, "torch": 4.0}
"""Units in the last place that one operation of a library may be off."""

UNARY_HEADS = (sp.exp, sp.sin, sp.cos, sp.tanh, sp.sinh, sp.atan, sp.erf, sp.log, sp.sqrt, sp.Abs, sp.sign)


LEAVES = (x, y, sp.Integer(2), sp.Rational(-1, 3), sp.sqrt(2), sp.Float(0.7), sp.S.One)

FORMS = {
    "sum": lambda u, v, w: u + v,
    "difference": lambda u, v, w: u - v,
    "product": lambda u, v, w: u * v,
    "quotient": lambda u, v, w: u / v,
    "square": lambda u, v, w: u**2,
    "cube": lambda u, v, w: u**3,
    "root of a cube": lambda u, v, w: u ** sp.Rational(3, 2),
    "maximum": lambda u, v, w: sp.Max(u, v),
    "branches": lambda u, v, w: sp.Piecewise((u, v < 1), (w, True)),
    **{head.__name__: lambda u, v, w, head=head: head(u) for head in UNARY_HEADS},
}


@st.composite
def expressions(draw, depth=3):
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES))
    form = draw(st.sampled_from(sorted(FORMS)))
    expression = FORMS[form](*(draw(expressions(depth=depth - 1)) for _ in range(3)))
    assume(not expression.has(sp.I, sp.zoo, sp.nan, sp.oo))
    return expression


BALL_FUNCTIONS = {
    "negate": lambda u: -u,
    "reciprocal": lambda u: 1 / u,
    "square_root": lambda u: u.sqrt(),
    "absolute": abs,
    "sign": lambda u: u.sgn(),
    "power": lambda u, v: u**v,
    "add": lambda u, v: u + v,
    "subtract": lambda u, v: u - v,
    "multiply": lambda u, v: u * v,
    "divide": lambda u, v: u / v,
    "maximum": lambda u, v: u.max(v),
    **{name: (lambda u, name=name: getattr(u, name)()) for name in ("exp", "expm1", "log", "log1p", "sin", "cos")},
    **{name: (lambda u, name=name: getattr(u, name)()) for name in ("sinh", "cosh", "tanh", "erf", "erfc")},
    "arctan": lambda u: u.atan(),
}


LOGIC = {
    "logical_and": lambda p, q: p and q,
    "logical_or": lambda p, q: p or q,
    "logical_not": lambda p: not p,
}


def ball_of_roundings(program, point, ulps):
    """A ball that contains whatever any evaluation with that error per operation gives; None where there is none."""
    unit = ulps * np.finfo(float).eps / 2
    balls = []
    for instruction in program.instructions:
        operands = [balls[place] for place in instruction.operands]
        if instruction.op == "argument":
            balls.append(flint.arb(point[instruction.value]))
            continue
        if instruction.op == "constant":
            exact = str(instruction.constant.evalf(60))
            ball = flint.arb(exact) if exact != "nan" else flint.arb("nan")
        elif instruction.op == "power_integer":
            ball = operands[0] ** instruction.value
            # By squaring: one rounding per multiplication, of a factor that enters several times.
            ball *= flint.arb(1, instruction.value * unit)
        elif instruction.op in ("less", "less_equal"):
            certain = operands[0] < operands[1], operands[0] > operands[1]
            if not any(certain):
                return None
            balls.append(certain[0])
            continue
        elif instruction.op in LOGIC:
            balls.append(LOGIC[instruction.op](*operands))
            continue
        elif instruction.op == "select":
            balls.append(operands[1] if operands[0] else operands[2])
            continue
        else:
            ball = BALL_FUNCTIONS[instruction.op](*operands)
        if not ball.is_finite() or abs(ball).upper() > 1e300 or (abs(ball).upper() < 1e-290 and ball != 0):
            return None
        balls.append(ball * flint.arb(1, unit))
    return balls[program.outputs[0]]


def ball_agrees(ball, value) -> bool:
    return bool(ball.contains(flint.arb(float(value))))


real_numbers = st.floats(-4, 4, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-12)


@given(expressions(), real_numbers, real_numbers)
def test_random_expressions_agree_on_all_backends_within_the_balls_of_their_roundings(expression, u, v):
    try:
        program = lower([expression], [x, y])
    except UnsupportedFunctionError:
        # A root or logarithm of a negative number among the constants.
        assume(False)
    ball = ball_of_roundings(program, (u, v), ROUNDINGS["numpy"])
    assume(ball is not None)
    with mpmath.workdps(DIGITS):
        exact = compile_program([expression], [x, y], backend="mpmath", digits=DIGITS)(u, v)[0]
        assert ball.overlaps(flint.arb(mpmath.nstr(exact, DIGITS)))
    for backend in ("numpy", "torch"):
        assert ball_agrees(ball, evaluated(expression, [x, y], [np.float64(u), np.float64(v)], backend))


def test_balls_of_roundings_refuse_an_error_of_a_hundred_roundings():
    expression = sp.exp(sp.sin(x) * y) + x**3
    ball = ball_of_roundings(lower([expression], [x, y]), (0.7, 1.3), ROUNDINGS["numpy"])
    value = float(evaluated(expression, [x, y], [0.7, 1.3], "numpy"))
    assert ball_agrees(ball, value)
    assert not ball_agrees(ball, value * (1 + 100 * np.finfo(float).eps))


@given(expressions(), st.integers(-30, 30), st.integers(-30, 30))
def test_program_has_the_value_sympy_evaluates(expression, p, q):
    point = {x: sp.Rational(p, 8), y: sp.Rational(q, 8)}
    exact = expression.xreplace({number: sp.Rational(number) for number in expression.atoms(sp.Float)})
    try:
        value = exact.xreplace(point)
    except TypeError:
        # SymPy compares no infinities: log(0) < 1.
        assume(False)
    assume(not value.has(sp.zoo, sp.nan, sp.oo))
    value = value.evalf(60)
    assume(value.is_Float or value.is_Rational)
    try:
        compiled = compile_program([expression], [x, y], backend="mpmath", digits=50)
    except UnsupportedFunctionError:
        assume(False)
    (computed,) = compiled(*point.values())
    # Where a real function of SymPy is real by way of complex numbers, such as (-1)**(3/2) squared, a program has NaN.
    assume(not mpmath.isnan(computed))
    with mpmath.workdps(50):
        expected = mpmath.mpf(str(value))
        assert abs(computed - expected) <= mpmath.mpf(10) ** -40 * max(1, abs(expected))


# Domains and extremes


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "expression",
    [sp.sqrt(x), sp.log(x), x ** sp.Rational(1, 3), x**y, sp.asin(3 + x**2), sp.acosh(x), sp.log(1 + x), sp.loggamma(x),
     sp.Piecewise((1, x > 0)), sp.erfinv(x), sp.gamma(sp.floor(x))],
    ids=str,
)  # fmt: skip
def test_value_outside_the_domain_is_nan_without_a_warning(expression, backend):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (value,) = compile_program([expression], [x, y], backend=backend)(-2.5, 0.5)
    assert np.isnan(float(value))


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_is_handed_on(backend):
    functions = [sp.Max(x, 1), sp.Min(1, x), sp.sign(x), sp.Heaviside(x), sp.Heaviside(x, 1), sp.Abs(x), sp.floor(x),
                 x**2, sp.Mod(x, 2), sp.tanh(x), sp.sech(x), sp.gamma(x)]  # fmt: skip
    # Nine of them: vectorised loops and their remainders may differ.
    values = compile_program(functions, [x], backend=backend)(np.full(9, np.nan))
    changed = [str(f) for f, v in zip(functions, values, strict=True) if not np.isnan(np.asarray(v, dtype=float)).all()]
    assert changed == []


@pytest.mark.every(3)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("expression", "at", "expected"),
    [
        (sp.log(1 + sp.exp(x)), 5000.0, 5000.0),
        (sp.log(1 + sp.exp(x)), -5000.0, 0.0),
        (sp.sech(x), 5000.0, 0.0),
        (sp.csch(x), -5000.0, 0.0),
        (sp.tanh(x), 5000.0, 1.0),
        (sp.coth(x), -5000.0, -1.0),
        (1 / (1 + sp.exp(-x)), -5000.0, 0.0),
        (1 / x, 0.0, np.inf),
        (sp.Heaviside(x), 0.0, 0.5),
        (sp.Heaviside(x, 1), 0.0, 1.0),
        (sp.sinc(x), 0.0, 1.0),
        (sp.binomial(x, 3), 0.5, 0.0625),
        (x**0.7, 0.0, 0.0),
    ],
)  # fmt: skip
def test_extreme_arguments_give_the_limit(expression, at, expected, backend):
    (value,) = compile_program([expression], [x], backend=backend)(at)
    assert float(value) == pytest.approx(expected, rel=1e-15, abs=1e-300)


def test_collapse_to_the_smallest_doubles_is_followed_without_absorption():
    drift = [sp.tanh(x), sp.exp(x) - 1, sp.log(1 + x), sp.sinh(x), sp.erf(x) * sp.sqrt(sp.pi) / 2]
    values = compile_program(drift, [x])(np.array([1e-300, -1e-200, 1e-20]))
    for value in values:
        np.testing.assert_allclose(value, [1e-300, -1e-200, 1e-20], rtol=1e-15)
