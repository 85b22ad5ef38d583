"""From a program to Python source that people read and Python runs.

The text is made from :class:`~numerics.codegen.program.Program` and a backend's templates alone. Names of symbols
appear in the docstring only, and escaped there: a symbol may be named anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from numerics.arguments import CONSTANT, takes
from numerics.codegen.program import Instruction, Program, float_value
from numerics.errors import UnsupportedFunctionError
from theory.argument_kinds import TEXT

Template = str
"""Python for one operation: ``{0}``, ``{1}`` stand for its operands, ``{operands}`` for all of them with commas,
``{value}`` for an exponent or order."""


@dataclass(frozen=True)
class Backend:
    """What a target library adds to the printer; each lives in a file of :mod:`numerics.codegen.backends`.

    Attributes:
        name: As in ``compile_program(..., backend=name)``.
        templates: Operation, or operation and value where that has a form of its own, to template.
        literal: Python for a constant as operand of an operation, or ``None`` to bind it to a name at the top.
        namespace: What the templates refer to. Imports the library, and raises ``MissingBackendError`` without it.
        call: Calls a generated function on the user's values: ``call(function, values, digits)``. It broadcasts,
            chooses the number type, and returns one array per output.
        prepare: What is done to a program before it is printed.
    """

    name: str
    templates: Mapping[str | tuple[str, int], Template]
    literal: Callable[[sp.Expr, str], str | None]
    namespace: Callable[[Sequence[sp.Expr]], dict[str, Any]]
    call: Callable[[Callable[..., tuple], Sequence[Any], int | None], tuple]
    prepare: Callable[[Program], Program] = lambda program: program

    def template(self, instruction: Instruction) -> Template:
        """The template of an instruction.

        Raises:
            UnsupportedFunctionError: this backend has none.
        """
        special = self.templates.get((instruction.op, instruction.value or 0))
        template = special or self.templates.get(instruction.op)
        if template is None:
            raise UnsupportedFunctionError(f"the {self.name} backend cannot evaluate {instruction.op}.")
        return template


@takes(constant=CONSTANT)
def float_literal(constant: sp.Expr) -> str:
    """Python for the nearest double; ``nan`` and ``inf`` are names.

    Example:
        >>> float_literal(sp.Rational(1, 10)), float_literal(-sp.oo)
        ('0.1', '-inf')
    """
    return repr(float_value(constant))


def bound_constants(program: Program, backend: Backend) -> list[sp.Expr]:
    """The constants that ``backend`` binds to the names ``k0, k1, ...``, in order."""
    constants = (entry.constant for entry in program.instructions if entry.op == "constant")
    return [constant for constant in constants if backend.literal(constant, "return") is None]


def print_source(program: Program, backend: Backend, title: str) -> str:
    """The source of a function ``program(v0, v1, ...)`` that returns a tuple, one line per operation.

    Args:
        program: What to print.
        backend: How.
        title: What it computes; becomes the docstring.

    Raises:
        UnsupportedFunctionError: ``backend`` lacks an operation of the program.
    """
    program = backend.prepare(program)
    parameters = [f"v{number}" for number in range(len(program.arguments))]
    names: dict[int, str] = {}
    bound = {constant: f"k{number}" for number, constant in enumerate(bound_constants(program, backend))}
    lines = [f"{name} = exact({name[1:]})  # {escaped(str(constant))}" for constant, name in bound.items()]

    def operand(place: int, op: str) -> str:
        constant = program.instructions[place].constant
        if constant is None:
            return names[place]
        return bound.get(constant) or str(backend.literal(constant, op))

    count = len(parameters)
    for place, instruction in enumerate(program.instructions):
        if instruction.op == "argument" and instruction.value is not None:
            names[place] = parameters[instruction.value]
        elif instruction.op != "constant":
            operands = [operand(entry, instruction.op) for entry in instruction.operands]
            names[place], count = f"v{count}", count + 1
            text = backend.template(instruction).format(
                *operands, operands=", ".join(operands), value=instruction.value
            )
            lines.append(f"{names[place]} = {text}")
    outputs = "".join(f"{operand(place, 'return')}, " for place in program.outputs).rstrip()
    lines.append(f"return ({outputs})" if len(program.outputs) < 2 else f"return {outputs[:-1]}")
    body = "\n".join(f"    {line}" for line in lines)
    return f"def program({', '.join(parameters)}):\n{_docstring(title)}\n{body}\n"


def _docstring(title: str) -> str:
    first, *rest = [escaped(line) for line in title.splitlines()] or [""]
    lines = [f'    """{first}', *(f"    {line}".rstrip() for line in rest), '    """']
    return "\n".join(lines) if rest else f'    """{first}"""'


@takes(text=TEXT)
def escaped(text: str) -> str:
    r"""``text`` on one line, harmless within a docstring or a comment and unchanged where it was so before.

    Example:
        >>> print(escaped("theta" + chr(10) + "import os"))
        theta\nimport os
    """
    safe = (character if character.isprintable() else ascii(character)[1:-1] for character in text.replace("\\", r"\\"))
    return "".join(safe).replace('"', r"\"")
