r"""From formulas to functions: expression -> :class:`Program` -> source -> callable.

Each stage can be called and printed alone: :func:`~numerics.codegen.lower.lower`, :func:`source`,
:func:`compile_program`. Only text of our own printer is ever executed.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import count, islice
from typing import Any

import sympy as sp

from numerics.arguments import choice, whole_number
from numerics.codegen.lower import Number, lower
from numerics.codegen.printing import Backend, bound_constants, print_source
from numerics.codegen.program import Program
from numerics.errors import ArgumentError, UnsupportedFunctionError
from theory.values import shown

Expressions = Sequence[sp.Expr] | sp.MatrixBase

BACKENDS = ("numpy", "torch", "mpmath")
"""Names of the backends that print Python. The compiled time loop is :mod:`numerics.kernels.cpu.kernel`."""

LONGEST_FORMULA = 120
"""Nodes of an expression that is still printed in full in a docstring."""


_SERIAL = count(1)


class CompiledProgram:
    """A generated function of its arguments' values, in order.

    Values are numbers or arrays and broadcast together. The result is a tuple with one array of the common shape per
    expression, also where an expression is constant. Outside the domain of an expression its value is NaN.

    Attributes:
        program: What is computed.
        source: The text that runs, as tracebacks show it.
    """

    def __init__(self, program: Program, backend: Backend, title: str, digits: int | None) -> None:
        self.program = program
        self.source = print_source(program, backend, title)
        self._backend = backend
        self._title = title
        self._digits = digits
        # One name for each program, so that the source shown in tracebacks can go when its program goes.
        filename = f"<driftproof {backend.name} program {program.digest[:16]} {next(_SERIAL)}>"
        self._function = _executed(self.source, program, backend, filename)
        weakref.finalize(self, linecache.cache.pop, filename, None)
        self.__doc__ = self._function.__doc__

    def __call__(self, *values: Any) -> tuple:
        """The values of the expressions, in order, each an array of the common shape."""
        if len(values) != len(self.program.arguments):
            names = ", ".join(self.program.arguments) or "none"
            raise ArgumentError(f"one value is needed for each argument ({names}), got {len(values)}.")
        return self._backend.call(self._function, values, self._digits)

    def __reduce__(self) -> tuple[Any, ...]:
        """What is sent to another process: the program, which is made into text and a function anew."""
        return _received, (self.program, self._backend.name, self._title, self._digits)

    def __repr__(self) -> str:
        return f"<{self._backend.name} program of ({', '.join(self.program.arguments)})>"


def compile_program(
    expressions: Expressions,
    arguments: Sequence[sp.Symbol],
    *,
    backend: str = "numpy",
    parameters: Mapping[sp.Symbol, Number] | None = None,
    digits: int | None = None,
) -> CompiledProgram:
    """A function that computes ``expressions`` (a matrix row by row) from values of ``arguments``.

    Args:
        expressions: What to compute.
        arguments: Symbols, in the order of the function's arguments.
        backend: ``"numpy"``: arrays, double precision unless all floating arguments are single.
            ``"torch"``: tensors of any floating type on any device, differentiable.
            ``"mpmath"``: numbers or object arrays to ``digits`` digits.
        parameters: Symbols that become constants, exactly as given.
        digits: For mpmath only: decimal digits; by default those of ``mpmath.mp`` at the time of the call.

    Raises:
        MissingParameterError: a symbol is neither an argument nor a parameter.
        UnsupportedFunctionError: the backend cannot evaluate a function; the message names those that can.
        MissingBackendError: the backend's package is not installed.
        ArgumentError: an argument is malformed.

    Example:
        >>> x, mu = sp.symbols("x mu")
        >>> drift = compile_program([mu * x - x**3], [x, mu])
        >>> drift([0.5, 1.0], 2)
        (array([0.875, 1.   ]),)
    """
    given = choice(backend, "backend", tuple(BACKENDS))
    if digits is not None and (given != "mpmath" or whole_number(digits, "digits", at_least=1, below=10**6) < 1):
        raise ArgumentError(
            f"digits must be None but for backend='mpmath', got digits={shown(digits)} for backend={shown(backend)}."
        )
    program = lower(expressions, arguments, parameters=parameters, series=backend != "mpmath")
    return CompiledProgram(
        program, _backend(backend, program), _title(expressions, arguments, parameters or {}), digits
    )


def source(
    expressions: Expressions,
    arguments: Sequence[sp.Symbol],
    backend: str = "numpy",
    *,
    parameters: Mapping[sp.Symbol, Number] | None = None,
) -> str:
    """The text :func:`compile_program` would run; works without the backend's package.

    Example:
        >>> x, mu = sp.symbols("x mu")
        >>> print(source([mu * x - x**3, sp.sqrt(2) * x], [x, mu]), end="")
        def program(v0, v1):
            \"\"\"Computes, from v0 = x, v1 = mu:
        <BLANKLINE>
                mu*x - x**3
                sqrt(2)*x
            \"\"\"
            v2 = v0 * v0
            v3 = v1 - v2
            v4 = v0 * v3
            v5 = 1.4142135623730951 * v0
            return v4, v5
    """
    choice(backend, "backend", tuple(BACKENDS))
    program = lower(expressions, arguments, parameters=parameters, series=backend != "mpmath")
    return print_source(program, _backend(backend, program), _title(expressions, arguments, parameters or {}))


def _backend(name: str, program: Program) -> Backend:
    """The backend of that name, once it is sure to know every operation."""
    if name not in BACKENDS:
        raise ArgumentError(f"backend must be one of {', '.join(BACKENDS)}, got {shown(name)}.")
    backend = _loaded(name)
    unknown = sorted(program.operations - {"argument", "constant"} - backend.templates.keys())
    if unknown:
        able = [other for other in BACKENDS if not set(unknown) - _loaded(other).templates.keys()]
        raise UnsupportedFunctionError(
            f"the {name} backend cannot evaluate {', '.join(unknown)}. Backends that can: {', '.join(able) or 'none'}."
        )
    return backend


def _received(program: Program, backend: str, title: str, digits: int | None) -> CompiledProgram:
    return CompiledProgram(program, _loaded(backend), title, digits)


def _loaded(name: str) -> Backend:
    return import_module(f"numerics.codegen.backends.{name}_").BACKEND


def _executed(text: str, program: Program, backend: Backend, filename: str) -> Any:
    # Without a modification time the entry outlives linecache.checkcache, so that tracebacks show the source.
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace = backend.namespace(bound_constants(program, backend))
    exec(compile(text, filename, "exec"), namespace)  # our printer's text, in which no user's name is code
    return namespace["program"]


def _title(expressions: Expressions, arguments: Sequence[sp.Symbol], parameters: Mapping[sp.Symbol, Number]) -> str:
    named = (
        ", ".join(f"v{number} = {_one_line(argument)}" for number, argument in enumerate(arguments)) or "no arguments"
    )
    fixed = ", ".join(f"{_one_line(symbol)} = {_one_line(value)}" for symbol, value in parameters.items())
    formulas = [f"    {_formula(expression)}" for expression in expressions]
    return "\n".join([f"Computes, from {named}{f'; with {fixed}' if fixed else ''}:", "", *formulas, ""]).rstrip("\n")


def _formula(expression: Any) -> str:
    nodes = sum(1 for _ in islice(sp.preorder_traversal(expression), LONGEST_FORMULA + 1))
    if nodes > LONGEST_FORMULA:
        return f"{type(expression).__name__} of {len(expression.args)} parts, too long to show"
    return _one_line(expression)


def _one_line(value: Any) -> str:
    return repr(str(value))[1:-1] if any(not character.isprintable() for character in str(value)) else str(value)
