"""Automatic mutants of a formula: the slips that survive proofreading, made on purpose at every place.

Every number times 1.05 and 0.95, every term scaled, dropped or with the other sign, every exponent raised by one;
for a condition also the other direction and the other strictness. Formulas whose mutants are not told from them by a
check are listed by their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

CHANGES: dict[str, Callable[[Formula], Formula]] = {
    "* 1.05": lambda part: UP * part,
    "* 0.95": lambda part: DOWN * part,
    "sign": lambda part: -part,
    "dropped": lambda part: sp.S.Zero,
    "exponent + 1": lambda part: part.base ** (part.exp + 1),
    "other direction": lambda part: OPPOSITE[part.func](part.lhs, part.rhs),
    "other strictness": lambda part: STRICTNESS[part.func](part.lhs, part.rhs),
    "the contrary": lambda part: sp.Not(part),
}

OF_TERM = ("* 1.05", "* 0.95", "sign", "dropped")
"""What can happen to one term of a sum; a formula that is no sum is a sum of one."""

OPAQUE = (AppliedUndef, sp.Derivative, sp.Tuple, sp.Symbol)
"""Not looked into: unknown functions, derivatives of them, parameter lists."""


@dataclass(frozen=True)
class Place:
    """One change at one place: ``path`` leads there through the arguments (the entries, in a matrix)."""

    path: tuple[int, ...]
    change: str


def mutants(form: Formula, limit: int | None = None, *, seed: str = "") -> Iterator[tuple[str, Formula]]:
    """Distinct mutants of an expression, a matrix or a condition, with names that say what was done where.

    Args:
        form: It is not among its mutants.
        limit: No more than these, in an order drawn by hashing ``seed`` and the place. Others are never built.
        seed: Text.
    """
    places = sorted(_places(form, ()), key=lambda place: hashlib.sha256(f"{seed}/{place}".encode()).digest())
    seen, built = {sp.srepr(form)}, 0
    for place in places:
        if built == limit:
            return
        mutant = _changed(form, place.path, place.change)
        text = sp.srepr(mutant)
        if text not in seen and not mutant.has(sp.zoo, sp.nan, sp.oo):
            seen.add(text)
            built += 1
            yield f"{place.change}: {_part(form, place.path)} at {place.path}", mutant


def _places(form: Formula, path: tuple[int, ...]) -> Iterator[Place]:
    if isinstance(form, sp.MatrixBase | BooleanFunction):
        for i, part in enumerate(_parts(form)):
            yield from _places(part, (*path, i))
    elif isinstance(form, BooleanAtom | sp.Ne | sp.Eq):
        yield Place(path, "the contrary")
    elif isinstance(form, Relational):
        yield Place(path, "other direction")
        yield Place(path, "other strictness")
        for i in (0, 1):
            yield from _places(form.args[i], (*path, i))
    else:
        yield from (Place(path, change) for change in OF_TERM)
        yield from _places_inside(form, path)


def _places_inside(node: Formula, path: tuple[int, ...]) -> Iterator[Place]:
    """Places in an expression below its top."""
    if isinstance(node, OPAQUE) or node.is_Atom:
        return
    is_power = node.is_Pow and node.exp.is_Number
    if is_power:
        yield Place(path, "exponent + 1")
    for i, argument in enumerate(node.args[:1] if is_power else node.args):
        here = (*path, i)
        if node.is_Add:
            yield from (Place(here, change) for change in OF_TERM)
        elif argument.is_Rational:
            yield Place(here, "* 1.05")
            yield Place(here, "* 0.95")
        yield from _places_inside(argument, here)


def _parts(form: Formula) -> list[Formula]:
    return form.flat() if isinstance(form, sp.MatrixBase) else list(form.args)


def _part(form: Formula, path: tuple[int, ...]) -> Formula:
    for i in path:
        form = _parts(form)[i]
    return form


def _changed(form: Formula, path: tuple[int, ...], change: str) -> Formula:
    if not path:
        return CHANGES[change](form)
    parts = _parts(form)
    parts[path[0]] = _changed(parts[path[0]], path[1:], change)
    return sp.Matrix(*form.shape, parts) if isinstance(form, sp.MatrixBase) else form.func(*parts)
