"""Zeros of a function on a line as places, the signs between them, and the numbers that may be zeros."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.decision.algebra.normal_form import proof_of_zero


@dataclass(frozen=True)
class IsolatedZero:
    """A zero: between two rational numbers, and exactly if it can be written down."""

    low: Fraction
    high: Fraction
    exact: sp.Expr | None = None


@dataclass(frozen=True)
class Signs:
    """The zeros of a function inside an interval, from left to right, and its sign on the open pieces between them.

    Attributes:
        places: Every zero, but for those of a piece that is not ``strict``.
        pieces: One sign more than places.
        strict: False if the function may also be 0 at isolated points of its pieces.
    """

    places: tuple[IsolatedZero, ...]
    pieces: tuple[int, ...]
    strict: bool = True

    @property
    def are_one(self) -> bool:
        """Whether the function has one sign on all pieces."""
        return len(set(self.pieces)) == 1


_SIGNS = one_of(Signs, needed="the Signs of a function")


@takes(one=_SIGNS, other=_SIGNS)
def signs_of_product(one: Signs, other: Signs) -> Signs | None:
    """The signs of a product; None if zeros of its factors cannot be told apart."""
    places = sorted({*one.places, *other.places}, key=lambda place: (place.low, place.high))
    shared = [place for place in one.places if place in other.places]
    if any(place.exact is None for place in shared) or any(a.high >= b.low for a, b in itertools.pairwise(places)):
        return None
    pieces = []
    for i in range(len(places) + 1):
        sides = [
            signs.pieces[sum(place.low < places[i].low for place in signs.places) if i < len(places) else -1]
            for signs in (one, other)
        ]
        pieces.append(sides[0] * sides[1])
    return Signs(tuple(places), tuple(pieces), one.strict and other.strict)


@takes(f=EXPRESSION, x=SYMBOL)
def simple_zeros(f: sp.Expr, x: sp.Symbol) -> Sequence[sp.Expr]:
    """Numbers that may be zeros: 0, 1, -1, and where one kernel alone holds the variable."""
    found = [sp.S.Zero, sp.S.One, sp.S.NegativeOne]
    rest, term = f.as_independent(x, as_Add=True)
    factor, kernel = term.as_independent(x, as_Add=False)
    if kernel == x:
        found.append(-rest / factor)
    inverse: dict[type, Callable[[sp.Expr], sp.Expr]] = {sp.exp: sp.log, sp.log: sp.exp, sp.atan: sp.tan}
    if isinstance(kernel, tuple(inverse)) and kernel.args[0] == x and -rest / factor != 0:
        found.append(inverse[type(kernel)](-rest / factor))
    if kernel.is_Pow and kernel.base == x and kernel.exp.is_Rational and (-rest / factor).is_positive:
        found.append((-rest / factor) ** (1 / kernel.exp))
    return [number for number in found if number.is_extended_real and number.is_finite]


def is_zero(number: sp.Expr) -> bool:
    """Whether a number is proved to be 0."""
    return number == 0 or not number.has(sp.zoo, sp.oo, sp.nan) and proof_of_zero(number) is not None
