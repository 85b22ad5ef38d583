r"""Branches that are not taken send no NaN back.

The derivative of ``where(h > 0, sqrt(h), 0)`` at h = 0 is 0 times infinity for PyTorch. What serves one branch alone is
therefore computed from ``where(condition, x, x.detach())``: the same numbers, whose derivative is 0 where the branch is
not taken, whatever came back from it.
"""

from __future__ import annotations

from collections.abc import Iterator

from numerics.arguments import takes
from numerics.codegen.program import OPERATIONS, Instruction, Program, ProgramBuilder
from theory.argument_kinds import ArgumentKind

HARMLESS = frozenset(
    {"constant", "argument", "add", "subtract", "multiply", "negate", "absolute", "sign", "floor", "maximum", "minimum"}
    | {"sin", "cos", "tanh", "arctan", "erf", "erfc", "sech_squared", "select", "lookup", "masked"}
)
"""Operations whose values and derivatives are finite at all finite arguments."""

Guards = frozenset[tuple[int, bool]]
"""Places of conditions, each with the truth under which something is used."""

PROGRAM = ArgumentKind("a program", lambda value: isinstance(value, Program))


@takes(program=PROGRAM)
def guarded(program: Program) -> Program:
    """The program with the operands of branches masked where an operation in the branch may be singular.

    Example:
        >>> import sympy as sp
        >>> from numerics.codegen.lower import lower
        >>> h = sp.Symbol("h", real=True)
        >>> print(guarded(lower([sp.Piecewise((sp.sqrt(h), h > 0), (0, True))], [h])))
        %0 = argument 0  # h
        %1 = constant 0
        %2 = less %1, %0
        %3 = masked %2, %0
        %4 = square_root %3
        %5 = select %2, %4, %1
        return %5
    """
    if "select" not in program.operations:
        return program
    guards = _guards(program)
    singular = (own for own, entry in zip(guards, program.instructions, strict=True) if _may_be_singular(entry))
    risky: Guards = frozenset().union(*singular)
    if not risky:
        return program
    return _masked(program, [own & risky for own in guards]) or program


def _may_be_singular(entry: Instruction) -> bool:
    return entry.op not in HARMLESS and OPERATIONS[entry.op].result == "real"


def _guards(program: Program) -> list[Guards]:
    """Under which conditions the derivative of each place is used."""
    found: list[Guards | None] = [None] * len(program.instructions)

    def used(place: int, own: Guards) -> None:
        earlier = found[place]
        found[place] = own if earlier is None else earlier & own

    for place in program.outputs:
        used(place, frozenset())
    for place in range(len(found) - 1, -1, -1):
        entry, own = program.instructions[place], found[place]
        if own is None or OPERATIONS[entry.op].result == "boolean":
            continue  # conditions have no derivative
        if entry.op == "select":
            condition, first, second = entry.operands
            used(first, own | {(condition, True)})
            used(second, own | {(condition, False)})
        else:
            for operand in entry.operands:
                used(operand, own)
    # The derivatives of arguments leave the program.
    inside = (entry.op != "argument" for entry in program.instructions)
    return [own if own and within else frozenset() for own, within in zip(found, inside, strict=True)]


def _masked(program: Program, guards: list[Guards]) -> Program | None:
    """The program with its masks; ``None`` where a condition depends on what it would mask."""
    builder, new = ProgramBuilder(), dict[int, int]()
    opened: set[int] = set()
    for root in range(len(program.instructions)):
        waiting = [root]
        while waiting:
            place = waiting[-1]
            entry = program.instructions[place]
            needs = [*entry.operands, *(c for _, own in _edges(program, guards, place) for c, _ in own)]
            missing = [other for other in needs if other not in new]
            if place in new or not missing:
                waiting.pop()
                if place not in new:
                    new[place] = _emitted(program, guards, place, builder, new)
            elif place in opened:
                return None
            else:
                opened.add(place)
                waiting += missing
    return builder.program(program.arguments, [new[place] for place in program.outputs])


def _edges(program: Program, guards: list[Guards], place: int) -> Iterator[tuple[int, Guards]]:
    """Each operand, and the conditions under which this instruction is used and the operand is not."""
    entry = program.instructions[place]
    for operand in entry.operands:
        plain = OPERATIONS[entry.op].result == "boolean" or program.kind(operand) == "boolean"
        constant = program.instructions[operand].op == "constant"
        yield operand, frozenset() if plain or constant else guards[place] - guards[operand]


def _emitted(program: Program, guards: list[Guards], place: int, builder: ProgramBuilder, new: dict[int, int]) -> int:
    entry, operands = program.instructions[place], []
    for operand, own in _edges(program, guards, place):
        value = new[operand]
        for condition, truth in sorted(own):
            holds = new[condition] if truth else builder.add("logical_not", new[condition])
            value = builder.add("masked", holds, value)
        operands.append(value)
    return builder.add(entry.op, *operands, value=entry.value, constant=entry.constant)
