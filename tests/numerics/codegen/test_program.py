"""The record of a program: what it refuses, and what two programs share."""

import pytest
import sympy as sp

from numerics.codegen.lower import lower
from numerics.codegen.program import Instruction, Program, ProgramBuilder, decimal_value, float_value
from numerics.errors import NumericsError

x, y = sp.symbols("x y", real=True)
ARGUMENT = Instruction("argument", value=0)


@pytest.mark.parametrize(
    "instruction",
    [
        Instruction("exponential", (0,)),  # no such operation
        Instruction("exp", (1,)),  # refers to itself
        Instruction("exp", (-1,)),
        Instruction("exp", (0, 0)),  # too many operands
        Instruction("select", (0, 0, 0)),  # a number as condition
        Instruction("argument", value=1),  # no such argument
        Instruction("power_integer", (0,), value=1),
        Instruction("power_integer", (0,)),
        Instruction("constant"),
        Instruction("exp", (0,), constant=sp.pi),
    ],
    ids=str,
)
def test_malformed_instruction_is_refused(instruction):
    with pytest.raises(NumericsError, match="instruction 1"):
        Program(("x",), (ARGUMENT, instruction), (0,))


@pytest.mark.parametrize("output", [1, 2, -1])
def test_output_that_is_no_real_instruction_is_refused(output):
    with pytest.raises(NumericsError, match="outputs"):
        Program(("x",), (ARGUMENT, Instruction("less", (0, 0))), (output,))


def test_builder_gives_equal_instructions_one_place():
    builder = ProgramBuilder()
    first = builder.add("argument", value=0)
    assert builder.add("exp", first) == builder.add("exp", first)
    assert builder.add("exp", first) != builder.add("log", first)


def test_builder_drops_what_no_output_needs_and_keeps_the_arguments():
    builder = ProgramBuilder()
    first, second = builder.add("argument", value=0), builder.add("argument", value=1)
    builder.add("exp", first)
    program = builder.program(("x", "y"), [builder.add("log", second)])
    assert [entry.op for entry in program.instructions] == ["argument", "argument", "log"]


def test_digest_sees_the_computation_and_not_the_names():
    u, v = sp.symbols("u v", real=True)
    assert lower([x * y], [x, y]).digest == lower([u * v], [u, v]).digest
    assert lower([x * y], [x, y]).digest != lower([x + y], [x, y]).digest
    assert lower([x], [x]).digest != lower([x], [x, y]).digest
    assert lower([x], [x, y]).digest != lower([y], [x, y]).digest


def test_constants_round_to_the_nearest_double_and_never_overflow_in_python():
    assert float_value(sp.Rational(1, 10)) == 0.1
    assert float_value(sp.Integer(10) ** 400) == float("inf")
    assert float_value(-(sp.Integer(10) ** 400)) == float("-inf")
    assert float_value(sp.Rational(1, sp.Integer(10) ** 400)) == 0.0
    assert decimal_value(sp.sqrt(2), 30) == "1.41421356237309504880168872421"
