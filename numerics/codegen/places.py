"""Quantities that stand at places of a program, and how they are combined: signs, constants, chains, selection."""

from __future__ import annotations

import math
from collections.abc import Sequence

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import BooleanAtom

from numerics.codegen.functions import folded, holds_between
from numerics.codegen.program import ProgramBuilder
from numerics.errors import UnsupportedFunctionError

Signed = tuple[bool, int]
"""A quantity up to sign: (is it the negative of what stands at the place, the place)."""

Condition = int | BooleanAtom
"""The place of a condition, or its truth."""


class Places:
    """The instructions so far.

    Attributes:
        builder: Makes the program.
        earliest: For each place, the first argument that it depends on; infinite for constants.
    """

    def __init__(self) -> None:
        self.builder = ProgramBuilder()
        self.earliest: list[float] = []

    def add(self, op: str, *operands: int, value: int | None = None, constant: sp.Expr | None = None) -> int:
        """The place of this instruction, or of its value if its operands are constants."""
        constants = [self.builder.instructions[operand].constant for operand in operands]
        if constants and None not in constants:
            return self.constant(folded(op, constants, value))
        place = self.builder.add(op, *operands, value=value, constant=constant)
        if place == len(self.earliest):
            default = value if value is not None and op == "argument" else math.inf
            self.earliest.append(min((self.earliest[operand] for operand in operands), default=default))
        return place

    def constant(self, number: sp.Expr) -> int:
        """The place of a real number in closed form."""
        if not (number.is_Rational or number in (sp.nan, sp.oo, -sp.oo)):
            unevaluated = number.has(sp.Integral, sp.Sum, sp.Product, sp.Derivative, sp.Limit, AppliedUndef)
            if unevaluated or not (number.evalf(20).is_Float or number.evalf(20).is_Rational):
                raise UnsupportedFunctionError(
                    f"programs compute with real numbers, and {number} is none in closed form. "
                    "Evaluate it first, or look for a division by zero or a root of a negative number."
                )
        return self.add("constant", constant=number)

    def with_sign(self, signed: Signed) -> int:
        """The place of the quantity itself."""
        negative, place = signed
        if not negative:
            return place
        instruction = self.builder.instructions[place]
        if instruction.constant is not None:
            return self.constant(-instruction.constant)
        if instruction.op == "subtract":
            return self.add("subtract", *reversed(instruction.operands))
        if instruction.op in ("multiply", "divide"):
            first, second = instruction.operands
            if self.builder.instructions[first].op == "constant":
                return self.add(instruction.op, self.with_sign((True, first)), second)
        return self.add("negate", place)

    def select(self, condition: Condition, first: int, second: int) -> int:
        """``first`` where the condition holds, else ``second``."""
        if isinstance(condition, BooleanAtom):
            return first if condition == sp.true else second
        return first if first == second else self.add("select", condition, first, second)

    def chained(self, op: str, places: Sequence[int]) -> int:
        """The operation from left to right."""
        total = places[0]
        for place in places[1:]:
            total = self.add(op, total, place)
        return total

    def added(self, items: Sequence[Signed]) -> Signed:
        """The sum, a positive term first."""
        items = sorted(items, key=lambda item: (*self.order(item[1]), item[1]))
        leading = next((item for item in items if not item[0]), None)
        if leading is None:
            return True, self.added([(False, place) for _, place in items])[1]
        items.remove(leading)
        total = leading[1]
        for negative, place in items:
            total = self.add("subtract" if negative else "add", total, place)
        return False, total

    def order(self, place: int) -> tuple[float, bool]:
        """Later arguments first; products last, where each meets an addition and the two make one fused operation."""
        return -self.earliest[place], self.builder.instructions[place].op == "multiply"

    def multiplied(self, items: Sequence[Signed]) -> Signed:
        """The product, later arguments first."""
        negative = sum(item[0] for item in items) % 2 == 1
        ones = [place for _, place in items if self.builder.instructions[place].constant != 1]
        places = sorted(ones, key=lambda place: (-self.earliest[place], place))
        if not places:
            return negative, self.constant(sp.S.One)
        total = places[0]
        for place in places[1:]:
            total = self.add("multiply", total, place)
        return negative, total

    def scaled(self, number: sp.Expr, item: Signed) -> Signed:
        """``number`` times the item, two constants made one."""
        negative, place = item
        if number.is_negative:
            negative, number = not negative, -number
        if number == 1:
            return negative, place
        instruction = self.builder.instructions[place]
        first = self.constant(number)
        if instruction.op == "multiply" and self.builder.instructions[instruction.operands[0]].op == "constant":
            # One constant in place of two.
            first, place = self.add("multiply", first, instruction.operands[0]), instruction.operands[1]
        return negative, self.add("multiply", first, place)

    def comparison(self, op: str, swapped: bool, negated: bool, left: int, right: int) -> Condition:
        """The place of a comparison, or its truth between numbers."""
        if swapped:
            left, right = right, left
        constants = [self.builder.instructions[place].constant for place in (left, right)]
        holds = self.add(op, left, right) if None in constants else holds_between(op, *constants)
        return self.negated(holds) if negated else holds

    def junction(self, parts: Sequence[Condition], op: str, neutral: BooleanAtom) -> Condition:
        """All or any of the parts, without those whose truth is known."""
        if sp.Not(neutral) in parts:
            return sp.Not(neutral)
        places = [part for part in parts if part != neutral]
        return self.chained(op, places) if places else neutral

    def negated(self, condition: Condition) -> Condition:
        """The condition that holds where this one does not."""
        return sp.Not(condition) if isinstance(condition, BooleanAtom) else self.add("logical_not", condition)
