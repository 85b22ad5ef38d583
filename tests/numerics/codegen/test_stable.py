"""The forms that lose no digits: which expressions they reach, and that they leave the others alone."""

import time

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics import iterate
from numerics.codegen.accurate import beside_a_step
from numerics.codegen.compile import compile_program
from numerics.codegen.gaussian_sums import thin_sides
from numerics.codegen.special import ScaledErfc
from numerics.codegen.stable import stable
from numerics.schemes import QuadraticExponential
from numerics.simulation.options import Options
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.ito import ItoProcess
from theory.notation import eta

x, y = sp.symbols("x y", real=True)
w, c = sp.symbols("w c", real=True)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("start", "precision", "backend"),
    [(-800.0, "mixed", "auto"), (-800.0, "float64", "numpy"), (-60.0, "float32", "auto"), (-60.0, "float32", "numpy")],
)
def test_descent_on_the_logistic_loss_survives_any_margin(start, precision, backend):
    sgd = gradient_descent(Model([w], sp.log(1 + sp.exp(-c * w)), Empirical([c], [[2], [-1]])), batch_size=1)
    run = iterate(
        sgd,
        parameters={eta: 0.1},
        initial=[start],
        steps=1,
        n_replicas=64,
        seed=1,
        options=Options(precision=precision, backend=backend),
    )
    # One step of 0.1 along a gradient of 2 or of nearly 0.
    moved = np.unique(np.round(run.final[:, 0] - start, 3))
    assert moved.tolist() == [0.0, 0.2]


@pytest.mark.parametrize(
    "expression",
    [
        1 / (1 + sp.exp(-x)),
        x**3 - y * x,
        sp.tanh(x) * y,
        2 + 1 / (1 + sp.exp(x)),
        sp.exp(-(x**2)),
        sp.sqrt(1 + x**2) + 1,
    ],
    ids=str,
)
def test_what_is_right_as_it_stands_is_left_as_it_stands(expression):
    assert stable([expression]) == [expression]


@pytest.mark.parametrize("beside", [0, x, 2 * x], ids=str)
def test_the_logarithm_of_three_exponentials_has_one_last_form_beside_any_of_its_exponents(beside):
    log_sum = sp.log(1 + sp.exp(x) + sp.exp(2 * x))
    (value,) = compile_program([log_sum - beside], [x])([800.0])
    assert value == 1600.0 - float(sp.sympify(beside).subs(x, 800))


@pytest.mark.parametrize(
    ("expression", "at", "value"),
    [
        (sp.log(1 + sp.exp(x) + sp.exp(2 * x)), -40.0, np.exp(-40.0)),
        ((1 / (1 + sp.exp(-x)) - sp.Heaviside(x)) ** 2, 40.0, np.exp(-80.0)),
        (x**x - 1, 1e-30, 1e-30 * np.log(1e-30)),
        (x**x - 1, -2.0, -0.75),
        (sp.sqrt(1 + sp.sinh(x) ** 2) - 1, 705.0, np.cosh(705.0)),
        (sp.log(2 * sp.sqrt(x**2 + 1) / (1 + sp.sqrt(x**2 + 1))), 1e-8, 2.5e-17),
        (sp.acosh(sp.cosh(x)).diff(x), -1e-9, -1.0),
        (sp.asec(1 + x**2), 1e-9, np.sqrt(2) * 1e-9),
        (1 - sp.besseli(1, x) / sp.besseli(0, x), 1e4, 5.000125012501954e-5),
        (sp.log(sp.besseli(0, x)), 1e4, 9994.475903781433),
    ],
    ids=str,
)
def test_digits_that_a_plain_evaluation_loses_are_kept(expression, at, value):
    (found,) = compile_program([expression], [x])([at])
    assert found == pytest.approx(value, rel=1e-12)


def test_quotients_in_one_exponential_share_it():
    sigmoid = 1 / (1 + sp.exp(-x))
    program = compile_program([sigmoid, sigmoid.diff(x), sigmoid.diff(x, 2)], [x]).program
    assert [entry.op for entry in program.instructions].count("exp") == 1


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        (sp.sinh(x) / sp.cosh(x), sp.tanh(x)),
        (1 - 1 / (1 + sp.exp(-x)), 1 / (1 + sp.exp(x))),
        (sp.sqrt(x + y**2) - sp.Abs(y), x / (sp.sqrt(x + y**2) + sp.Abs(y))),
        (sp.log((1 + x) / (1 - x)), 2 * sp.atanh(x)),
        (sp.log(x + sp.sqrt(x**2 + 1)), sp.asinh(x)),
    ],
    ids=str,
)
def test_form_is_the_one_that_keeps_its_digits(expression, form):
    assert stable([expression]) == [form]


def test_softmax_of_large_scores_is_finite():
    z = sp.symbols("z0:3", real=True)
    weights = [sp.exp(score) / sp.Add(*map(sp.exp, z)) for score in z]
    log_partition = sp.log(sp.Add(*map(sp.exp, z)))
    *values, log_value = compile_program([*weights, log_partition], z)(1000.0, 999.0, -1000.0)
    np.testing.assert_allclose(values, [1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0.0], rtol=1e-14)
    assert log_value == pytest.approx(1000 + np.log1p(np.exp(-1)), rel=1e-15)


@pytest.mark.parametrize("backend", ["numpy", "torch", "mpmath"])
def test_inverse_of_erfc_keeps_tiny_tails(backend):
    tails = [1e-300, 1e-30, 0.3, 1.9]
    inverse = compile_program([sp.erfcinv(x)], [x], backend=backend)
    for tail in tails:
        (u,) = inverse(tail)
        # d erfc(u) = -2 u tail du for small tails: a rounding of u is 2 u**2 roundings of the tail.
        assert float(compile_program([sp.erfc(x)], [x])(float(u))[0]) == pytest.approx(tail, rel=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "torch", "mpmath"])
def test_quotient_of_bessel_functions_and_its_derivative_do_not_overflow(backend):
    s = sp.Symbol("s", positive=True)
    ratio = sp.besseli(1, s) / sp.besseli(0, s)
    value, slope = compile_program([ratio, ratio.diff(s)], [s], backend=backend)(1e4)
    assert float(value) == pytest.approx(1 - 1 / 2e4 - 1 / 8e8, rel=1e-12)
    assert float(slope) == pytest.approx(1 / 2e8, rel=1e-3)


def error_of_program(expression, point):
    """The relative error of the generated code."""
    return relative_error(compile_program([expression], [x])(point)[0], expression, point)


def error_as_written(expression, point):
    """The relative error of the expression operation by operation."""
    return relative_error(sp.lambdify(x, expression, "scipy")(np.float64(point)), expression, point)


def relative_error(value, expression, point):
    with mpmath.workdps(1000):
        exact = sp.lambdify(x, expression, "mpmath")(mpmath.mpf(point))
        return float(abs((mpmath.mpf(float(value)) - exact) / exact))


@pytest.mark.every(2)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("expression", "point"),
    [
        (sp.log(sp.exp(2 * x) / 3 + 2 * sp.exp(-x) / 3), 3e-9),
        (sp.log((1 + sp.exp(x)) / 2), 1e-20),
        (sp.diff(sp.log(1 + sp.exp(x) + sp.exp(2 * x) + sp.exp(-3 * x)), x), 1e-20),
        (sp.log(2 * sp.cosh(x)) - sp.Abs(x), -30.0),
        (sp.log(1 + sp.exp(x)) - x, 50.0),
        (sp.log(sp.erfc(-x) / 2), -40.0),
        (sp.log((1 + sp.erf(x)) / 2), 7.0),
        (sp.diff(sp.log((1 + sp.erf(x)) / 2), x), -40.0),
    ],
    ids=[
        "cumulants",
        "cumulants of a coin",
        "mean of four",
        "log cosh",
        "softplus",
        "far left of a normal law",
        "far right",
        "hazard",
    ],
)
def test_logarithms_of_laws_keep_their_digits_where_the_written_form_has_none(expression, point):
    assert error_of_program(expression, point) < 1e-14
    assert not error_as_written(expression, point) < 1e-3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("expression", "point"),
    [
        (sp.acosh(1 + x**2), 1e-9),
        (sp.acos(1 - x**2), 1e-9),
        (sp.diff(sp.acos(1 - x**2), x), 1e-9),
        (sp.pi - sp.acos(x - 1), 1e-20),
        (sp.pi / 2 - sp.atan(x), 1e15),
        (sp.erfc(x) - sp.erfc(x + 1), -8.0),
    ],
    ids=["acosh", "acos", "slope of acos", "complement of acos", "complement of atan", "erfc on the left"],
)
def test_inverse_functions_keep_their_digits_where_the_written_form_has_none(expression, point):
    assert error_of_program(expression, point) < 1e-14
    assert not error_as_written(expression, point) < 1e-3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("expression", "point"),
    [
        (sp.sinh(2 * x) / sp.sinh(3 * x), 300.0),
        (sp.diff(sp.cosh(x) / sp.cosh(2 * x), x), -500.0),
        (sp.exp(x) / (1 + sp.cosh(x)), 720.0),
        (1 - sp.tanh(x) * sp.tanh(2 * x), 25.0),
        (sp.diff(sp.log(1 + sp.exp(x + 1)) - sp.log(1 + sp.exp(x)), x), 50.0),
    ],
    ids=["sinh", "slope of cosh", "exp", "two tanh", "two sigmoids"],
)
def test_quotients_of_hyperbolic_functions_keep_their_digits_where_the_written_form_has_none(expression, point):
    assert error_of_program(expression, point) < 1e-13
    assert not error_as_written(expression, point) < 1e-3


_mixture = sp.exp(x) + sp.exp(x**2)


@pytest.mark.parametrize(
    ("expression", "point"),
    [
        (1 / (sp.cosh(x) - 1), 2.0),
        (sp.diff(sp.sinh(x) / (3 + sp.cosh(x)), x), 700.0),
        (sp.exp(x**2) / _mixture - sp.exp(2 * x**2) / _mixture**2, 6.0),
        (sp.LambertW(sp.exp(x)), 41.0),
        (1 + sp.LambertW(-sp.exp(-1 - (x**2))), 0.05),
    ],
    ids=["half an angle", "no single product", "square of a weight", "Lambert far out", "Lambert at its branch point"],
)
def test_forms_of_exponentials_are_the_function_itself(expression, point):
    assert error_of_program(expression, point) < 1e-14


def test_the_thin_side_of_a_rectified_normal_law_is_on_the_left():
    (side,) = thin_sides(x * (1 + sp.erf(x)) + sp.exp(-(x**2)) / sp.sqrt(sp.pi))
    assert (side.u, side.growth) == (-x, -(x**2))
    assert side.bracket == x * ScaledErfc(-x) + 1 / sp.sqrt(sp.pi)


def test_hyperbolic_functions_of_parameters_do_not_overflow_in_a_quotient():
    program = compile_program([sp.cosh(w * x) / sp.cosh(c * x)], [x, w, c])
    assert program(1e4, 1.0, 1.5)[0] == 0.0
    assert program(1e4, -1.0, 1.001)[0] == pytest.approx(np.exp(-10), rel=1e-10)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("expression", "point"),
    [
        (sp.gamma(x + 1) / sp.gamma(x + sp.Rational(1, 2)), 400.0),
        (sp.diff(sp.gamma(x + 1) / sp.gamma(x + sp.Rational(1, 2)), x), 400.0),
        (sp.loggamma(x + 1) - sp.loggamma(x + sp.Rational(1, 2)), 1e14),
        (sp.loggamma(x) - (x - sp.S.Half) * sp.log(x) + x - sp.log(2 * sp.pi) / 2, 1e8),
        (sp.log(x) - sp.digamma(x), 1e14),
        (1 / x - sp.polygamma(1, x), 1e14),
    ],
    ids=["quotient", "its slope", "log gamma", "remainder of Stirling", "digamma", "trigamma"],
)
def test_gamma_functions_far_out_keep_their_digits_where_the_written_form_has_none(expression, point):
    assert error_of_program(expression, point) < 1e-13
    assert not error_as_written(expression, point) < 1e-3


def test_what_is_no_sum_has_no_terms_beside_a_step():
    t = sp.Symbol("t", real=True)
    assert beside_a_step(sp.Integral(sp.exp(t), (t, 0, 1))) is None


def test_exponentials_of_exponentials_are_not_followed_far_out():
    begin = time.process_time()
    program = compile_program([sp.diff(sp.log(1 - sp.exp(-sp.exp(x))), x)], [x])
    assert time.process_time() - begin < 5  # half a minute where numbers of a million digits are made
    assert program(0.0)[0] == pytest.approx(1 / np.expm1(1.0), rel=1e-15)


def test_two_rules_that_undo_each_other_end():
    x, h = sp.symbols("x h", positive=True)
    Z, Z_2 = sp.symbols("Z Z_2", real=True)
    process = ItoProcess.scalar(x, drift=1 - x, dispersion=sp.sqrt(x))
    step = QuadraticExponential().step_expressions(process, [Z, Z_2], h, sp.sqrt(h))
    (value,) = compile_program(step, [x, h, Z, Z_2])(1.0, 0.01, 0.0, 1.0)
    assert value == pytest.approx(1 - 0.01 / 4, rel=1e-3)  # the mean less a quarter of the variance
