r"""The slips that survive proofreading, made on purpose: where in a formula each kind can happen, and what it does.

A *place* is a path through the arguments of an expression (the entries of a matrix, the sides of a relation, the
parts of a condition). Places are listed first, cheaply; a mutated formula is built for the chosen ones only. Unknown
functions, their derivatives, integrals, sums, indexed quantities and the branches of a Piecewise are never entered:
slips happen around them.
"""

from __future__ import annotations

import enum
import hashlib
import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanAtom

from verification.forms import Candidate
from verification.formulas.expressions import latex

INEQUALITIES = (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan)
OPPOSITE = {sp.Gt: sp.Lt, sp.Ge: sp.Le, sp.Lt: sp.Gt, sp.Le: sp.Ge}
STRICTNESS = {sp.Gt: sp.Ge, sp.Ge: sp.Gt, sp.Lt: sp.Le, sp.Le: sp.Lt}

OPAQUE = (
    AppliedUndef,
    sp.Derivative,
    sp.Subs,
    sp.Integral,
    sp.Sum,
    sp.Product,
    sp.Indexed,
    sp.MatrixExpr,
    sp.matrices.expressions.matexpr.MatrixElement,
)
"""Parts whose values no ball encloses as they stand, or whose variables are bound."""

CLOSED = (*OPAQUE, sp.Piecewise, sp.hyper, sp.meijerg, sp.Symbol)
"""Parts that no slip enters."""

LONGEST_QUOTE = 14
"""Operations in a part that a name can quote."""


class Slip(enum.Enum):
    """A kind of slip; the value says it in words."""

    FACTOR_TWO = "a factor 2 too many or too few"
    SIGN = "a sign"
    EXPONENT = "an exponent off by one, or a root lost"
    LOST_TERM = "a term or a condition lost"
    SWAPPED_SYMBOLS = "two symbols exchanged"
    COEFFICIENT = "a coefficient off by 5 %"
    DIRECTION = "an inequality the other way round"
    STRICTNESS = "a strict inequality for a non-strict one, or the reverse"


@dataclass(frozen=True)
class Place:
    """One slip at one place.

    Attributes:
        slip: What happens.
        path: Positions of arguments (entries, in a matrix) that lead to the place from the top.
        change: The factor, the new exponent, or the two symbols exchanged.
    """

    slip: Slip
    path: tuple[int, ...]
    change: tuple[sp.Basic, ...] = ()


def drawn_places(form: Candidate, slips: Collection[Slip]) -> list[Place]:
    """Every place of every one of ``slips``, in an order drawn by hashing: the same in every process."""
    seed = str(form)
    return sorted(
        {place for place in _places(form, (), whole=True) if place.slip in slips},
        key=lambda place: hashlib.sha256(f"{seed}/{place.slip.name}/{place.path}/{place.change}".encode()).digest(),
    )


def mutated(form: Candidate, place: Place) -> Candidate:
    """``form`` with the slip at ``place``, and what is around it evaluated; nan where that compares no real numbers."""
    try:
        return _rebuilt(form, place.path, place)
    except TypeError:  # SymPy evaluates no p > sqrt(-q)
        if isinstance(form, Boolean):
            return sp.nan
        raise


def variants(form: Candidate, slips: Collection[Slip] = tuple(Slip)) -> Iterator[tuple[str, Candidate]]:
    """Every distinct mutated formula with its sentence, in the drawn order, built one by one as they are asked for.

    Some may say the same as ``form`` in other words; only :func:`verification.mutation.mutants` tells.
    """
    form = form.as_immutable() if isinstance(form, sp.MatrixBase) else form
    seen = {form}
    for place in drawn_places(form, slips):
        variant = mutated(form, place)
        if variant not in seen and not variant.has(sp.zoo, sp.nan, sp.oo):
            seen.add(variant)
            yield sentence(form, place), variant


def part_at(form: Candidate, path: tuple[int, ...]) -> Any:
    """The part of ``form`` at the end of ``path``."""
    for i in path:
        form = _parts(form)[i]
    return form


def sentence(form: Candidate, place: Place) -> str:
    r"""What was done where, as a reader says it: ``factor 2 on $\zeta^{2}/2$``."""
    part = part_at(form, place.path)
    what = _SENTENCES[place.slip](part, place.change)
    return what + _entry(form, place)


def can_be_named(form: Candidate, place: Place) -> bool:
    """Whether a reader finds the place from its sentence: its part is short enough to be quoted, or is the whole."""
    top = 1 if isinstance(form, sp.MatrixBase) else 0
    return len(place.path) <= top or place.slip is Slip.SWAPPED_SYMBOLS or _is_short(part_at(form, place.path))


def _entry(form: Candidate, place: Place) -> str:
    if not isinstance(form, sp.MatrixBase) or len(form) == 1:
        return ""
    row, column = divmod(place.path[0], form.cols)
    where = str(row + column + 1) if 1 in form.shape else f"({row + 1}, {column + 1})"
    return f" in entry {where}"


# Where: one generator for each kind of node.


def _places(form: Any, path: tuple[int, ...], *, whole: bool = False) -> Iterator[Place]:
    """Places in a matrix, a condition, or an expression that is a side, an entry or the whole."""
    if isinstance(form, sp.MatrixBase) or (isinstance(form, Boolean) and not isinstance(form, sp.Symbol)):
        if isinstance(form, BooleanAtom):
            return
        if isinstance(form, sp.And | sp.Or):
            yield from (Place(Slip.LOST_TERM, (*path, i)) for i in range(len(form.args)))
        if isinstance(form, INEQUALITIES):
            yield Place(Slip.DIRECTION, path)
            yield Place(Slip.STRICTNESS, path)
            yield from _exchanges(form, path)
        for i, part in enumerate(_parts(form)):
            yield from _places(part, (*path, i), whole=not isinstance(form, Relational))
    elif form != 0:
        yield from _slips_of_term(form, path)
        yield from _exponents(form, path)
        yield from _places_inside(form, path)
        if whole:
            yield from _exchanges(form, path)


def _places_inside(node: sp.Expr, path: tuple[int, ...]) -> Iterator[Place]:
    """Places in an expression below its top."""
    if node.is_Atom or isinstance(node, CLOSED):
        return
    for i, argument in enumerate(node.args):
        here = (*path, i)
        if node.is_Pow and argument.is_Number:
            continue
        if node.is_Add:
            yield from _slips_of_term(argument, here)
            yield Place(Slip.LOST_TERM, here)
        elif not (node.is_Mul or argument.is_Number or argument.is_Add or node.is_Pow and node.exp.is_Integer):
            yield from _slips_of_term(argument, here)
        if not (node.is_Pow and node.exp.is_Number):
            # The base of a power has its exponent already.
            yield from _exponents(argument, here)
        yield from _places_inside(argument, here)


def _slips_of_term(term: sp.Expr, path: tuple[int, ...]) -> Iterator[Place]:
    """What can happen to one term of a sum; a formula that is no sum is a sum of one."""
    coefficient = term.as_coeff_Mul()[0]
    if isinstance(coefficient, sp.Rational) and coefficient.q % 2 == 0:
        factors: tuple[Any, ...] = (sp.Integer(2),)
    elif isinstance(coefficient, sp.Rational) and coefficient.p % 2 == 0:
        factors = (sp.S.Half,)
    else:
        factors = (sp.Integer(2), sp.S.Half)
    yield from (Place(Slip.FACTOR_TWO, path, (factor,)) for factor in factors)
    yield Place(Slip.SIGN, path)
    yield Place(Slip.COEFFICIENT, path, (sp.Rational(21, 20),))
    yield Place(Slip.COEFFICIENT, path, (sp.Rational(19, 20),))


def _exponents(node: sp.Expr, path: tuple[int, ...]) -> Iterator[Place]:
    """The neighbouring exponents of a power; a factor without an exponent has the exponent 1."""
    if node.is_Number or node.is_Add or node.is_Mul or isinstance(node, sp.exp):
        return
    base, exponent = (node.args[0], node.args[1]) if node.is_Pow else (node, sp.S.One)
    if base.is_number or not isinstance(exponent, sp.Rational):
        return
    if exponent == 1:
        others = {sp.Integer(2)}
    elif exponent.q == 1:
        others = {exponent + 1, exponent - 1} - {sp.S.Zero}
    else:
        others = {sp.Integer(1 if exponent > 0 else -1)}
    yield from (Place(Slip.EXPONENT, path, (other,)) for other in others)


def _exchanges(form: Any, path: tuple[int, ...]) -> Iterator[Place]:
    """Pairs of symbols with the same assumptions; those that differ in an index only, where there are such pairs."""
    hidden = {symbol for part in form.atoms(*OPAQUE) for symbol in part.atoms(sp.Symbol)}
    symbols = sorted(form.free_symbols - hidden, key=lambda symbol: (symbol.name, sp.srepr(symbol)))
    pairs = [(a, b) for a, b in itertools.combinations(symbols, 2) if a.assumptions0 == b.assumptions0]
    alike = [(a, b) for a, b in pairs if _letter(a) == _letter(b)]
    yield from (Place(Slip.SWAPPED_SYMBOLS, path, pair) for pair in alike or pairs)


def _letter(symbol: sp.Symbol) -> str:
    return re.sub(r"[_^]?\d+", "", symbol.name)


# What: the change itself, and its sentence.


def _rebuilt(form: Any, path: tuple[int, ...], place: Place) -> Any:
    if not path:
        return _CHANGES[place.slip](form, place.change)
    parts = _parts(form)
    if len(path) == 1 and place.slip is Slip.LOST_TERM:
        del parts[path[0]]
    else:
        parts[path[0]] = _rebuilt(parts[path[0]], path[1:], place)
    if isinstance(form, sp.MatrixBase):
        return sp.ImmutableMatrix(*form.shape, parts)
    return form.func(*parts)


def _parts(form: Any) -> list[Any]:
    return form.flat() if isinstance(form, sp.MatrixBase) else list(form.args)


def _raised(part: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    return (part.base if part.is_Pow else part) ** exponent


_CHANGES = {
    Slip.FACTOR_TWO: lambda part, change: change[0] * part,
    Slip.COEFFICIENT: lambda part, change: change[0] * part,
    Slip.SIGN: lambda part, change: -part,
    Slip.EXPONENT: lambda part, change: _raised(part, change[0]),
    Slip.SWAPPED_SYMBOLS: lambda part, change: part.xreplace({change[0]: change[1], change[1]: change[0]}),
    Slip.DIRECTION: lambda part, change: OPPOSITE[part.func](part.lhs, part.rhs),
    Slip.STRICTNESS: lambda part, change: STRICTNESS[part.func](part.lhs, part.rhs),
}


def _quoted(part: Any) -> str:
    return f"${latex(part)}$" if _is_short(part) else "the whole"


def _is_short(part: Any) -> bool:
    return bool(part.count_ops() <= LONGEST_QUOTE)


def _power_sentence(part: Any, change: tuple[Any, ...]) -> str:
    base, old = (part.base, part.exp) if part.is_Pow else (part, 1)
    return f"exponent {old} of {_quoted(base)} becomes {change[0]}"


_SENTENCES = {
    Slip.FACTOR_TWO: lambda part, change: f"factor {change[0]} on {_quoted(part)}",
    Slip.COEFFICIENT: lambda part, change: f"5 % {'more' if change[0] > 1 else 'less'} of {_quoted(part)}",
    Slip.SIGN: lambda part, change: f"sign of {_quoted(part)}",
    Slip.EXPONENT: _power_sentence,
    Slip.LOST_TERM: lambda part, change: f"{_noun(part)} {_quoted(part)} lost",
    Slip.SWAPPED_SYMBOLS: lambda part, change: f"{_quoted(change[0])} and {_quoted(change[1])} exchanged",
    Slip.DIRECTION: lambda part, change: f"{_quoted(part)} the other way round",
    Slip.STRICTNESS: lambda part, change: f"{_quoted(part)} {'with' if _is_strict(part) else 'without'} equality",
}


def _noun(part: Any) -> str:
    return "condition" if isinstance(part, Boolean) and not isinstance(part, sp.Symbol) else "term"


def _is_strict(part: Any) -> bool:
    return isinstance(part, sp.StrictGreaterThan | sp.StrictLessThan)
