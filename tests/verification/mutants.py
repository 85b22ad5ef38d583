"""Automatic mutants of a formula: the slips that survive proofreading, made on purpose at every place.

Every number times 1.05 and 0.95, every term scaled, dropped or with the other sign, every exponent raised by one;
for a condition also the other direction and the other strictness. Formulas whose mutants are not told from them by a
check are listed by their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction

Formula = Any
"""An expression, a matrix or a condition of SymPy."""

UP, DOWN = sp.Rational(21, 20), sp.Rational(19, 20)

OPPOSITE = {sp.Gt: sp.Lt, sp.Ge: sp.Le, sp.Lt: sp.Gt, sp.Le: sp.Ge}
STRICTNESS = {sp.Gt: sp.Ge, sp.Ge: sp.Gt, sp.Lt: sp.Le, sp.Le: sp.Lt}

OPAQUE = (AppliedUndef, sp.Derivative, sp.Tuple, sp.Symbol)
"""Not looked into: unknown functions, derivatives of them, parameter lists."""


def mutants(form: Formula) -> Iterator[tuple[str, Formula]]:
    """Distinct mutants of an expression, a matrix or a condition, with names that say what was done where."""
    seen = {sp.srepr(form)}
    for name, mutant in _mutants(form):
        text = sp.srepr(mutant)
        if text not in seen and not mutant.has(sp.zoo, sp.nan, sp.oo):
            seen.add(text)
            yield name, mutant


def _mutants(form: Formula) -> Iterator[tuple[str, Formula]]:
    if isinstance(form, sp.MatrixBase):
        entries: list[Formula] = form.flat()
        for i, entry in enumerate(entries):
            for name, mutant in _mutants(entry):
                changed = [mutant if j == i else other for j, other in enumerate(entries)]
                yield f"entry {i}: {name}", sp.Matrix(*form.shape, changed)
    elif isinstance(form, BooleanAtom):
        yield "the contrary", sp.Not(form)
    elif isinstance(form, sp.Ne | sp.Eq):
        yield "the contrary", sp.Not(form)
    elif isinstance(form, Relational):
        yield "other direction", OPPOSITE[form.func](form.lhs, form.rhs)
        yield "other strictness", STRICTNESS[form.func](form.lhs, form.rhs)
        for side, other in ((0, form.rhs), (1, form.lhs)):
            for name, mutant in _mutants(form.args[side]):
                yield name, form.func(mutant, other) if side == 0 else form.func(other, mutant)
    elif isinstance(form, BooleanFunction):
        for i, part in enumerate(form.args):
            for name, mutant in _mutants(part):
                yield f"part {i}: {name}", form.func(*(mutant if j == i else p for j, p in enumerate(form.args)))
    else:
        yield from _of_term(form)
        yield from _inside(form)


def _of_term(term: Formula) -> Iterator[tuple[str, Formula]]:
    """What can happen to one term of a sum, the whole formula being a sum of one."""
    yield f"({term}) * 1.05", UP * term
    yield f"({term}) * 0.95", DOWN * term
    yield f"sign of ({term})", -term
    yield f"({term}) dropped", sp.S.Zero


def _inside(node: Formula) -> Iterator[tuple[str, Formula]]:
    """Mutants of ``node`` at every place below it."""
    if isinstance(node, OPAQUE) or node.is_Atom:
        return
    if node.is_Pow and node.exp.is_Number:
        yield f"exponent of ({node}) + 1", node.base ** (node.exp + 1)
    places = [0] if node.is_Pow and node.exp.is_Number else range(len(node.args))
    for i in places:
        argument = node.args[i]
        if isinstance(argument, OPAQUE) and not node.is_Add:
            continue
        for name, mutant in _at(argument, in_sum=node.is_Add):
            yield name, node.func(*(mutant if j == i else a for j, a in enumerate(node.args)))


def _at(argument: Formula, *, in_sum: bool) -> Iterator[tuple[str, Formula]]:
    if in_sum:
        yield from _of_term(argument)
    elif argument.is_Rational:
        yield f"{argument} * 1.05", UP * argument
        yield f"{argument} * 0.95", DOWN * argument
    yield from _inside(argument)
