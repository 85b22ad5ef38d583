"""From formulas to programs: the forms chosen, what is shared, what is refused, and that the value stays the same."""

import random

import hypothesis.strategies as st
import numpy as np
import pytest
import sympy as sp
from hypothesis import given

from numerics.codegen.compile import compile_program
from numerics.codegen.lower import lower
from numerics.errors import ArgumentError, MissingParameterError, NumericsError, UnsupportedFunctionError

x, y, z = sp.symbols("x y z", real=True)
a, b = sp.symbols("a b", positive=True)


def operations(expression, arguments=(x, y, z, a, b), **options):
    """The operations of the program of one expression, in order."""
    instructions = lower([expression], arguments, **options).instructions
    return [entry.op for entry in instructions if entry.op not in ("argument", "constant")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (-x, ["negate"]),
        (-2 * x, ["multiply"]),
        (x - y, ["subtract"]),
        (-x - y, ["add", "negate"]),
        (x / y, ["divide"]),
        (1 / y, ["reciprocal"]),
        (-1 / y, ["reciprocal", "negate"]),
        (x / (y**2 * z**2), ["multiply", "power_integer", "divide"]),
        (sp.sqrt(2) * x / 3, ["multiply"]),
        (sp.sqrt(a), ["square_root"]),
        (1 / sp.sqrt(a), ["square_root", "reciprocal"]),
        (a ** sp.Rational(3, 2), ["square_root", "multiply"]),
        (sp.cbrt(a), ["power"]),
        (x**64, ["power_integer"]),
        (x**65, ["power"]),
        (sp.exp(x) - 1, ["expm1"]),
        (1.0 - sp.exp(x), ["expm1", "negate"]),
        (a * sp.exp(x) - a + y, ["expm1", "multiply", "add"]),
        (sp.log(1 + x), ["log1p"]),
        (sp.log(1.0 - x), ["negate", "log1p"]),
        (sp.log(2 + x), ["add", "log"]),
        (1 - sp.cos(2 * x), ["sin", "power_integer", "multiply"]),
        (1 - sp.erf(x), ["erfc"]),
        (1 + sp.erf(x), ["negate", "erfc"]),
        (1 - sp.erfc(x), ["erf"]),
        (2 - sp.erfc(x), ["negate", "erfc"]),
        (x**2.0, ["power_integer"]),
        (sp.Max(x, 3), ["maximum"]),
        (sp.Max(x, y, z), ["maximum", "maximum"]),
        (sp.Piecewise((x, x < 1)), ["less", "select"]),
        (x >= 1, ["less_equal", "select"]),
        (sp.Ne(x, 1), ["equal", "logical_not", "select"]),
        ((x > 0) | ~(y > x), ["less", "less_equal", "logical_or", "select"]),
        (sp.re(sp.Symbol("x")), []),
    ],
    ids=str,
)
def test_form_is_the_accurate_and_short_one(expression, expected):
    arguments = (x, y, z, a, b, sp.Symbol("x"))
    assert sorted(operations(expression, arguments)) == sorted(expected)


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        (a * x - x**3, 3),  # x (a - x^2), against 4
        (a * x**3 + y * x**2 + 3 * x - 7, 6),  # Horner
        (x**8 + x**4 + 1, 4),  # x^4 (x^4 + 1) + 1
        (a * x + b * y, 3),  # nothing to gain
        ((x + y + z) / 7, 3),  # SymPy has distributed 1/7
        (x * a * y + x * a * z, 3),
    ],
    ids=str,
)
def test_number_of_operations(expression, count):
    assert len(operations(expression)) == count


@pytest.mark.parametrize(
    "expression",
    [
        sp.Mul(-1, x - y, evaluate=False),
        sp.Mul(-1, -x - y, evaluate=False),
        x / (-y - z),
        1 / (-y - z),
        -1 / (-y - z),
        x / (1 - sp.exp(y)),
        x / (1 - sp.exp(y)) ** 2,
        x / (1 - sp.exp(y)) ** 3,
        x**3 * (1 - sp.exp(y)) ** 3,
        x**2 * (-y - z) ** 2,
        (-x - y) ** 3,
        (-x - y) ** -3,
        a ** (-x - y),
        -x - y - z * (-x - y),
        x - (1 - sp.exp(z)) * (-x - y) / (-y - z),
        -x * y / 3 - x * z / 3 + y / 3,
        -(x**5) - x**3 * y - x,
        -2 / x,
        sp.exp(-x - y) * sp.Abs(-x - y),
    ],
    ids=str,
)
def test_no_sign_is_lost(expression):
    point = {x: 0.75, y: -1.25, z: 2.5, a: 1.5, b: 0.5}
    (value,) = compile_program([expression], list(point))(*point.values())
    assert float(value) == pytest.approx(float(expression.evalf(30, subs=point)), rel=1e-14)


def test_equal_subexpressions_are_computed_once_across_outputs():
    program = lower([sp.tanh(x * y) ** 2, 1 - sp.tanh(x * y) ** 2, sp.tanh(x * y)], [x, y])
    assert [entry.op for entry in program.instructions].count("tanh") == 1
    assert [entry.op for entry in program.instructions].count("multiply") == 1


def test_factors_of_later_arguments_meet_first():
    program = lower([x * a * b], [x, a, b])
    products = [entry.operands for entry in program.instructions if entry.op == "multiply"]
    assert set(products[0]) == {1, 2}


def test_program_of_a_tanh_neuron_has_one_tanh_per_sample_and_grows_linearly():
    def count(samples):
        rng = random.Random(samples)
        w1, w2 = sp.symbols("w1 w2", real=True)
        data = [(sp.Float(rng.gauss(0, 1)), sp.Float(rng.gauss(0, 1))) for _ in range(samples)]
        slopes = [(w2 * sp.tanh(w1 * u) - v) * w2 * u * (1 - sp.tanh(w1 * u) ** 2) for u, v in data]
        drift, noise = sp.Add(*slopes) / samples, sp.Add(*(slope**2 for slope in slopes)) / samples
        program = lower([drift, noise], [w1, w2])
        assert [entry.op for entry in program.instructions].count("tanh") == samples
        return program.operation_count

    eight, sixteen = count(8), count(16)
    assert sixteen < 2.2 * eight


def test_lowering_does_not_depend_on_how_often_it_was_done():
    expression = sum(sp.Float(0.1 * k) * sp.sin(sp.Float(0.7 * k) * x) for k in range(1, 9))
    digests = {lower([expression], [x, a], parameters={}).digest for _ in range(3)}
    assert len(digests) == 1


# Numbers


def test_float_is_the_rational_it_stores():
    program = lower([x + 0.1], [x])
    (constant,) = (entry.constant for entry in program.instructions if entry.op == "constant")
    assert constant == sp.Rational(*(0.1).as_integer_ratio()) != sp.Rational(1, 10)


def test_parameters_are_folded_exactly():
    program = lower([a * b * x], [x], parameters={a: 0.1, b: sp.Rational(1, 3)})
    (constant,) = (entry.constant for entry in program.instructions if entry.op == "constant")
    assert constant == sp.Rational(*(0.1).as_integer_ratio()) / 3


def test_parameter_that_is_a_small_number_takes_part_in_the_choice_of_form():
    assert operations(x**a, (x,), parameters={a: 2.0}) == ["power_integer"]
    assert operations(sp.log(a + x), (x,), parameters={a: 1}) == ["log1p"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (a**b, 0.3**0.7),
        (sp.gamma(1e5 * a) / sp.gamma(1e5 * a + 1), 1 / 3e4),
        (a ** (1e6 * b), 0.0),
        (sp.Piecewise((x, a < b), (2, True)), 0.5),
        (sp.Piecewise((x, b < a), (2, True)), 2.0),
        (sp.Max(a, b, sp.sqrt(a)), 0.7),
        (sp.sin(a) * sp.log(b) / sp.exp(a), np.sin(0.3) * np.log(0.7) / np.exp(0.3)),
    ],
    ids=str,
)
def test_numbers_with_long_fractions_neither_hang_nor_stay_in_the_program(expression, value):
    compiled = compile_program([expression], [x], parameters={a: 0.3, b: 0.7})
    assert compiled.program.operation_count == 0
    assert float(compiled(0.5)[0]) == pytest.approx(value, rel=1e-15)


# The value


@st.composite
def polynomials(draw):
    exponents = st.tuples(*[st.integers(0, 4)] * 3)
    terms = draw(st.dictionaries(exponents, st.integers(-9, 9), min_size=1, max_size=8))
    return sp.Add(*(c * x**i * y**j * z**k for (i, j, k), c in terms.items()))


@given(polynomials(), st.tuples(*[st.integers(-5, 5)] * 3))
def test_program_of_a_polynomial_has_its_exact_value_at_integers(polynomial, point):
    compiled = compile_program([polynomial], [x, y, z])
    # All intermediate results are integers below 2^53: at most 8 terms, each at most 9 * 5^12.
    exact = int(polynomial.subs(dict(zip((x, y, z), point, strict=True))))
    assert abs(exact) < 2**53
    assert int(compiled(*point)[0]) == exact


@given(polynomials())
def test_program_never_has_more_operations_than_the_formula(polynomial):
    squarings = sum(int(power.exp).bit_length() + int(power.exp).bit_count() - 3 for power in polynomial.atoms(sp.Pow))
    cost = sum(
        instruction.value.bit_length() + instruction.value.bit_count() - 2 if instruction.op == "power_integer" else 1
        for instruction in lower([polynomial], [x, y, z]).instructions
        if instruction.op not in ("argument", "constant")
    )
    assert cost <= int(sp.count_ops(polynomial)) + squarings


# Refusals


def test_missing_symbol_is_named_with_what_was_given():
    with pytest.raises(MissingParameterError, match=r"no value for a, y \(arguments: x; parameters given: b=0.5\)"):
        lower([a * x + y * b], [x], parameters={b: 0.5})


def test_symbol_of_the_same_name_with_other_assumptions_is_pointed_out():
    with pytest.raises(MissingParameterError, match="named x is given, but with other assumptions"):
        lower([sp.Symbol("x")], [x])


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        (sp.hankel1(0, x), "hankel1"),
        (sp.Integral(sp.exp(-(y**2)), (y, 0, x)), "Integral"),
        (sp.DiracDelta(x), "DiracDelta"),
        (sp.im(sp.Symbol("w")), "im"),
        (sp.Piecewise((x, sp.Symbol("p")), (0, True)), "p"),
        (sp.polygamma(x, y), "polygamma"),
    ],
    ids=str,
)
def test_function_without_counterpart_is_named(expression, name):
    with pytest.raises(UnsupportedFunctionError, match=rf"numpy, torch, mpmath, cpu.*{name}"):
        lower([expression], [x, y, *sorted(expression.free_symbols - {x, y}, key=str)])


@pytest.mark.parametrize("shape", [lambda f: f(x), lambda f: f(2) * x, lambda f: sp.diff(f(x), x)])
def test_a_function_that_is_a_name_is_computed_once_the_advice_is_followed(shape):
    f = sp.Function("f")
    with pytest.raises(UnsupportedFunctionError, match=r"is a name only.*by subs\(f\((x|2)\), ...\) and then doit"):
        lower([shape(f)], [x])
    assert lower([shape(f).subs({f(x): x**3, f(2): 8}).doit()], [x]) == lower([shape(lambda u: u**3)], [x])


def test_an_integral_and_a_complex_part_are_computed_once_the_advice_is_followed():
    integral, free = sp.Integral(sp.exp(-a * y), (y, 0, x)), sp.Symbol("w")
    for refused, advice in ((integral, r"doit\(\) finds"), (sp.im(free), "real=True")):
        with pytest.raises(UnsupportedFunctionError, match=advice):
            lower([refused], [x, a, free])
    followed = [integral.doit(), sp.im(sp.Symbol("w", real=True))]
    at_two = compile_program(followed, [x, a])(2.0, 0.5)
    assert [float(value) for value in at_two] == pytest.approx([2 * (1 - np.exp(-1)), 0])


@pytest.mark.parametrize("expression", [sp.I * x, sp.sqrt(-1 - a**0) * x, sp.zoo, sp.log(-2.5) * x])
def test_number_that_is_not_real_is_refused(expression):
    with pytest.raises(UnsupportedFunctionError, match="real numbers"):
        lower([expression], [x, a])


@pytest.mark.parametrize(
    ("expressions", "arguments", "parameters"),
    [
        (x, [x], {}),
        ("x", [x], {}),
        (["__import__('os')"], [x], {}),
        ([None], [x], {}),
        ([x], [x, x], {}),
        ([x], ["x"], {}),
        ([x], [x**2], {}),
        ([x], [x], {x: 1}),
        ([x * a], [x], {a: "1"}),
        ([x * a], [x], {a: float("nan")}),
        ([x * a], [x], {a: sp.oo}),
        ([x * a], [x], {a: sp.I}),
        ([x * a], [x], {a: y}),
        ([x * a], [x], {"a": 1}),
        ([x * a], [x], {a: True}),
    ],
)
def test_malformed_input_is_refused(expressions, arguments, parameters):
    with pytest.raises(ArgumentError):
        lower(expressions, arguments, parameters=parameters)


def test_expression_nested_beyond_the_stack_is_refused():
    deep = x
    for _ in range(400):
        deep = sp.sin(deep) + y
    with pytest.raises(NumericsError, match="nested too deeply"):
        lower([deep], [x, y])


def test_matrix_is_read_row_by_row():
    outputs = compile_program(sp.Matrix([[x, 1], [2 * x, x**2]]), [x])(3.0)
    assert [float(value) for value in outputs] == [3.0, 1.0, 6.0, 9.0]
