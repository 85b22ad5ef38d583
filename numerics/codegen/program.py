"""Programs: formulas as straight-line lists of named operations, each computed once.

A :class:`Program` is what every backend prints from. It holds no loops, its constants are exact, and each instruction
refers to earlier ones by their place in the list (static single assignment), so that printing is one pass from top to
bottom.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Literal

import sympy as sp

from numerics.arguments import CONSTANT, takes
from numerics.errors import NumericsError
from theory.argument_kinds import whole

Kind = Literal["real", "boolean"]


@dataclass(frozen=True)
class Operation:
    """What an operation takes and gives.

    Attributes:
        operands: The kinds of its operands.
        result: The kind of its result.
        more: The kind of any number of further operands, at least one; ``None`` if there are none.
    """

    operands: tuple[Kind, ...]
    result: Kind = "real"
    more: Kind | None = None

    def takes(self, kinds: tuple[Kind, ...]) -> bool:
        """Whether operands of these kinds fit."""
        further = kinds[len(self.operands) :]
        fits = all(kind == self.more for kind in further) and bool(further) == (self.more is not None)
        return fits and kinds[: len(self.operands)] == self.operands


_REAL_UNARY = (
    *("negate", "reciprocal", "square_root", "power_integer", "absolute", "sign", "floor"),
    *("exp", "expm1", "log", "log1p"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sech_squared"),
    *(
        "erf",
        "erfc",
        "erfi",
        "inverse_erf",
        "inverse_erfc",
        "scaled_erfc",
        "scaled_erfi",
        "lambert_w",
        "lower_lambert_w",
    ),
    *("gamma", "log_gamma", "digamma", "polygamma"),
)
_REAL_BINARY = (
    *("add", "subtract", "multiply", "divide", "modulo", "power", "maximum", "minimum", "arctan2"),
    *("lower_gamma", "upper_gamma", "beta", "bessel_j", "bessel_y", "scaled_bessel_i", "scaled_bessel_k"),
)

OPERATIONS: MappingProxyType[str, Operation] = MappingProxyType(
    {
        "constant": Operation(()),
        "argument": Operation(()),
        **{name: Operation(("real",)) for name in _REAL_UNARY},
        **{name: Operation(("real", "real")) for name in _REAL_BINARY},
        "incomplete_beta": Operation(("real", "real", "real")),
        **{name: Operation(("real", "real"), "boolean") for name in ("less", "less_equal", "equal")},
        **{name: Operation(("boolean", "boolean"), "boolean") for name in ("logical_and", "logical_or")},
        "logical_not": Operation(("boolean",), "boolean"),
        "select": Operation(("boolean", "real", "real")),
        "masked": Operation(("boolean", "real")),
        "lookup": Operation(("real",), more="real"),
    }
)
"""The vocabulary. Every operation is real: outside its domain it is NaN, and it hands NaN on, but a comparison with NaN
is false. ``select(c, a, b)`` is a where c holds and b elsewhere; ``masked(c, a)`` is a, a constant for
derivatives where c does not hold; ``modulo(x, y)`` is x - y floor(x / y);
``lookup(x, e_0, ..., e_{n-1})`` is the entry at floor(x), NaN unless 0 <= x < n;
``sech_squared(x)`` is 1/cosh(x)**2;
``power(x, y)`` is NaN where x < 0 and y is no integer; ``log_gamma(x)`` is NaN where x < 0; ``lower_gamma(s, x)`` and
``upper_gamma(s, x)`` are not regularised, ``incomplete_beta(a, b, x)`` is; ``scaled_erfc(x)`` is exp(x**2) erfc(x), and
``scaled_erfi(x)`` exp(-x**2) erfi(x);
Bessel functions take the order first, ``scaled_bessel_i(n, x)`` is exp(-abs(x)) I_n(x) and ``scaled_bessel_k(n, x)`` is
exp(x) K_n(x); ``lambert_w`` is the branch from -1 up, ``lower_lambert_w`` that from -1 down."""


@dataclass(frozen=True)
class Instruction:
    """One operation on earlier instructions.

    Attributes:
        op: A name in :data:`OPERATIONS`.
        operands: Places of the operands in the program.
        value: The number of the argument for ``argument``, the exponent n >= 2 for ``power_integer``, the order
            n >= 1 for ``polygamma``, else ``None``.
        constant: For ``constant``, a real number in closed form (``Rational(1, 3)``, ``pi``, ``sqrt(2)/2``), an
            infinity or ``nan``, never a ``Float``; else ``None``. See :func:`float_value` and :func:`decimal_value`.
    """

    op: str
    operands: tuple[int, ...] = ()
    value: int | None = None
    constant: sp.Expr | None = None

    def __str__(self) -> str:
        inner = [f"%{operand}" for operand in self.operands]
        inner += [str(extra) for extra in (self.value, self.constant) if extra is not None]
        return f"{self.op} {', '.join(inner)}".rstrip()


@dataclass(frozen=True)
class Program:
    """Straight-line code: structurally equal subexpressions appear once, operands before their users.

    Attributes:
        arguments: Names of the arguments, for people; generated code calls them ``v0, v1, ...``.
        instructions: In topological order.
        outputs: Places of the results, all of kind real. One place may serve several outputs.

    Raises:
        NumericsError: an instruction is malformed or refers to a later one.

    Example:
        >>> from numerics.codegen.lower import lower
        >>> x, y = sp.symbols("x y")
        >>> print(lower([x * y + 1, x * y], [x, y]))
        %0 = argument 0  # x
        %1 = argument 1  # y
        %2 = constant 1
        %3 = multiply %1, %0
        %4 = add %2, %3
        return %4, %3
    """

    arguments: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]

    def __post_init__(self) -> None:
        for place, instruction in enumerate(self.instructions):
            self._check(place, instruction)
        for output in self.outputs:
            if not 0 <= output < len(self.instructions) or self._kind(output) != "real":
                raise NumericsError(f"outputs must be places of real instructions, got {output}.")

    def _check(self, place: int, instruction: Instruction) -> None:
        operation = OPERATIONS.get(instruction.op)
        if operation is None:
            raise NumericsError(
                f"instruction {place}: unknown operation {instruction.op!r}; known: {sorted(OPERATIONS)}."
            )
        if any(not 0 <= operand < place for operand in instruction.operands):
            raise NumericsError(f"instruction {place} must refer to earlier instructions, got {instruction.operands}.")
        kinds: tuple[Kind, ...] = tuple(self._kind(operand) for operand in instruction.operands)
        if not operation.takes(kinds):
            more = f" and any number of {operation.more}" if operation.more else ""
            raise NumericsError(f"instruction {place}: {instruction.op} takes {operation.operands}{more}, got {kinds}.")
        value, constant = instruction.value, instruction.constant
        well_formed = {
            "argument": value is not None and 0 <= value < len(self.arguments) and constant is None,
            "power_integer": value is not None and value >= 2 and constant is None,
            "polygamma": value is not None and value >= 1 and constant is None,
            "constant": value is None and constant is not None,
        }.get(instruction.op, value is None and constant is None)
        if not well_formed:
            raise NumericsError(f"instruction {place} is malformed: {instruction}.")

    @takes(place=whole(0, 2**31))
    def kind(self, place: int) -> Kind:
        """Of the instruction at ``place``: ``"real"`` or ``"boolean"``.

        Raises:
            NumericsError: there is no such instruction.
        """
        if place >= len(self.instructions):
            raise NumericsError(f"place must be that of one of {len(self.instructions)} instructions, got {place}.")
        return self._kind(place)

    def _kind(self, place: int) -> Kind:
        return OPERATIONS[self.instructions[place].op].result

    @cached_property
    def operations(self) -> frozenset[str]:
        """Names of the operations in use."""
        return frozenset(instruction.op for instruction in self.instructions)

    @property
    def operation_count(self) -> int:
        """Number of instructions that compute something, constants and arguments apart."""
        return sum(instruction.op not in ("constant", "argument") for instruction in self.instructions)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is computed, the names of the arguments apart: equal programs have equal digests."""
        lines = [str(len(self.arguments)), *map(str, self.instructions), str(self.outputs)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def __str__(self) -> str:
        lines = []
        for place, instruction in enumerate(self.instructions):
            named = f"  # {self.arguments[instruction.value or 0]}" if instruction.op == "argument" else ""
            lines.append(f"%{place} = {instruction}{named}")
        return "\n".join([*lines, "return " + ", ".join(f"%{output}" for output in self.outputs)])


@dataclass
class ProgramBuilder:
    """Collects instructions, handing out the same place for the same instruction (hash-consing)."""

    instructions: list[Instruction] = field(default_factory=list)
    places: dict[Instruction, int] = field(default_factory=dict)

    def add(self, op: str, *operands: int, value: int | None = None, constant: sp.Expr | None = None) -> int:
        """The place of this instruction, old or new."""
        instruction = Instruction(op, operands, value, constant)
        place = self.places.setdefault(instruction, len(self.instructions))
        if place == len(self.instructions):
            self.instructions.append(instruction)
        return place

    def program(self, arguments: Iterable[str], outputs: Iterable[int]) -> Program:
        """The program that computes ``outputs``, without what they do not need; arguments are kept."""
        outputs = tuple(outputs)
        needed = set(outputs) | {i for i, entry in enumerate(self.instructions) if entry.op == "argument"}
        for place in range(len(self.instructions) - 1, -1, -1):
            if place in needed:
                needed.update(self.instructions[place].operands)
        renumbered = {old: new for new, old in enumerate(sorted(needed))}
        kept = tuple(
            Instruction(entry.op, tuple(renumbered[i] for i in entry.operands), entry.value, entry.constant)
            for entry in (self.instructions[old] for old in sorted(needed))
        )
        return Program(tuple(arguments), kept, tuple(renumbered[output] for output in outputs))


@takes(constant=CONSTANT)
@lru_cache(maxsize=4096)
def float_value(constant: sp.Expr) -> float:
    """The double nearest to a constant in closed form.

    Example:
        >>> float_value(sp.sqrt(2) / 2)
        0.7071067811865476
    """
    if constant.is_Rational:
        return _divide(int(constant.p), int(constant.q))
    return float(constant.evalf(40))


def _divide(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if numerator > 0 else float("-inf")


@takes(constant=CONSTANT, digits=whole(1, 100_000))
@lru_cache(maxsize=4096)
def decimal_value(constant: sp.Expr, digits: int) -> str:
    """A constant in closed form as decimal digits, ``"nan"``, ``"inf"`` or ``"-inf"``.

    Example:
        >>> decimal_value(sp.pi, 30)
        '3.14159265358979323846264338328'
    """
    if constant is sp.nan:
        return "nan"
    if constant in (sp.oo, -sp.oo):
        return "inf" if constant is sp.oo else "-inf"
    return str(constant.evalf(digits))
