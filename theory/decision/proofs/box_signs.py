r"""The sign of a polynomial on a box, by substitutions after which all coefficients have one sign.

:math:`x = (a + bt)/(1 + t)` maps :math:`t > 0` onto :math:`(a, b)`, :math:`x = a + t` onto :math:`(a, \infty)`. A
polynomial whose numerator has no negative coefficient then is positive on the open box, unless it is 0. Where some
coefficients have the other sign the box is halved, and so on to a limit. A polynomial that is quadratic in one of its
letters is also looked at by its discriminant: :math:`4ac - b^2 \ge 0` with :math:`a > 0` makes it a sum of squares.

References:
    Powers and Reznick, "Polynomials that are positive on an interval", Trans. Amer. Math. Soc. 352 (2000).
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from theory.argument_kinds import EXPRESSION, ArgumentKind, takes
from theory.errors import ShapeError
from theory.values import shown

_MAX_BOXES = 40
_MAX_PLACES = 81
_SHARES = (sp.Rational(1, 9), sp.Rational(4, 7), sp.Rational(10, 11))
_DISTANCES = (sp.Rational(1, 5), sp.Integer(2), sp.Integer(19))
_MAX_TERMS = 60
_MAX_DEGREE = 12


class Lowest(enum.Enum):
    """What is known of the smallest value of a polynomial on a box."""

    POSITIVE = "above 0 everywhere"
    NOT_NEGATIVE = "nowhere below 0"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Range:
    """The values that a letter takes: from ``low`` to ``high``, which may be infinite; ends belong to it if closed."""

    low: sp.Expr = -sp.oo
    high: sp.Expr = sp.oo
    low_closed: bool = False
    high_closed: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether its ends are rational or infinite, and in order."""
        ends = (self.low, self.high)
        exact = all(isinstance(end, sp.Rational) or end is sp.oo or end is -sp.oo for end in ends)
        closed = isinstance(self.low_closed, bool) and isinstance(self.high_closed, bool)
        return exact and closed and bool(self.low <= self.high)

    def __post_init__(self) -> None:
        if not self.is_sound:
            raise ShapeError(
                "low and high must be rational numbers or infinities in order, low_closed and high_closed True or "
                f"False, got {shown((self.low, self.high, self.low_closed, self.high_closed))}."
            )


Box = Mapping[sp.Symbol, Range]

_BOX = ArgumentKind(
    "a mapping of symbols to ranges",
    lambda value: (
        isinstance(value, Mapping) and all(isinstance(part, Range) and part.is_sound for part in value.values())
    ),
)


@takes(polynomial=EXPRESSION, box=_BOX)
def lowest_on_box(polynomial: sp.Expr, box: Box) -> Lowest:
    """Whether ``polynomial``, with rational coefficients, is positive, or at least not negative, on the whole ``box``.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> plane = {x: Range(), y: Range()}
        >>> lowest_on_box(x**2 + x * y + y**2, plane).name, lowest_on_box(x**2 + y**2 + 1, plane).name
        ('NOT_NEGATIVE', 'POSITIVE')
        >>> unit = Range(sp.S.Zero, sp.S.One, True, True)
        >>> lowest_on_box(x**2 - x * y + 1, {x: unit, y: unit}).name
        'POSITIVE'
    """
    letters = sorted(polynomial.free_symbols, key=str)
    if any(letter not in box for letter in letters) or not polynomial.is_polynomial(*letters):
        return Lowest.UNKNOWN
    whole = sp.Poly(polynomial, *letters) if letters else None
    if whole is not None and (len(whole.terms()) > _MAX_TERMS or whole.total_degree() > _MAX_DEGREE):
        return Lowest.UNKNOWN
    if whole is not None and not all(coefficient.is_Rational for coefficient in whole.coeffs()):
        return Lowest.UNKNOWN
    if whole is None and not polynomial.is_Rational:
        return Lowest.UNKNOWN
    used = {letter: box[letter] for letter in letters}
    if whole is not None and any(whole.eval(place) < 0 for place in _some_places(used)):
        return Lowest.UNKNOWN
    if _positive(polynomial, used, [_MAX_BOXES]):
        return Lowest.POSITIVE
    by_squares = _by_discriminant(polynomial, used)
    if by_squares is not Lowest.UNKNOWN:
        return by_squares
    return Lowest.NOT_NEGATIVE if _not_negative(polynomial, used, [_MAX_BOXES]) else Lowest.UNKNOWN


def _some_places(box: Box) -> Iterator[tuple[sp.Expr, ...]]:
    """Points of the open box: where the polynomial is negative at one of them there is nothing to prove."""

    def inside(side: Range) -> list[sp.Expr]:
        if side.low.is_finite and side.high.is_finite:
            return [side.low + (side.high - side.low) * share for share in _SHARES]
        if side.low.is_finite:
            return [side.low + distance for distance in _DISTANCES]
        if side.high.is_finite:
            return [side.high - distance for distance in _DISTANCES]
        return [-_DISTANCES[1], _DISTANCES[0], _DISTANCES[2]]

    return itertools.islice(itertools.product(*(inside(side) for side in box.values())), _MAX_PLACES)


def _positive(polynomial: sp.Expr, box: Box, budget: list[int]) -> bool:
    """Positive on the open box by its coefficients, or on its halves and on the face between; and on closed faces."""
    if not polynomial.free_symbols:
        return bool(polynomial > 0)
    budget[0] -= 1
    if budget[0] < 0 or any(not _positive(face, rest, budget) for face, rest in _closed_faces(polynomial, box)):
        return False
    open_box = {letter: replace(side, low_closed=False, high_closed=False) for letter, side in box.items()}
    signs = _coefficient_signs(polynomial, open_box)
    if signs == {1}:
        return True
    if signs == {-1}:
        return False
    letter, at = _cut(polynomial, open_box)
    side, rest = open_box[letter], {other: part for other, part in box.items() if other != letter}
    parts = ({**open_box, letter: replace(side, high=at)}, {**open_box, letter: replace(side, low=at)})
    return _positive(polynomial.subs(letter, at), rest, budget) and all(
        _positive(polynomial, part, budget) for part in parts
    )


def _not_negative(polynomial: sp.Expr, box: Box, budget: list[int]) -> bool:
    """Not negative on the open box, hence on the closed one."""
    if not polynomial.free_symbols:
        return bool(polynomial >= 0)
    budget[0] -= 1
    signs = _coefficient_signs(polynomial, box)
    if budget[0] < 0 or signs == {-1}:
        return False
    if signs <= {1}:
        return True
    letter, at = _cut(polynomial, box)
    parts = ({**box, letter: replace(box[letter], high=at)}, {**box, letter: replace(box[letter], low=at)})
    return all(_not_negative(polynomial, part, budget) for part in parts)


def _closed_faces(polynomial: sp.Expr, box: Box) -> Iterator[tuple[sp.Expr, Box]]:
    for letter in polynomial.free_symbols:
        side, rest = box[letter], {other: part for other, part in box.items() if other != letter}
        for end, closed in ((side.low, side.low_closed), (side.high, side.high_closed)):
            if closed and end.is_finite:
                yield sp.expand(polynomial.subs(letter, end)), rest


def _coefficient_signs(polynomial: sp.Expr, box: Box) -> set[int]:
    """The signs of the coefficients after each letter has become a function of one that is positive."""
    t = sp.Dummy("t")
    for letter in polynomial.free_symbols:
        side = box[letter]
        if not side.low.is_finite and not side.high.is_finite:
            return {-1, 1}
        degree = sp.degree(polynomial, letter)
        if side.low.is_finite and side.high.is_finite:
            coefficients = sp.Poly(polynomial, letter).all_coeffs()[::-1]
            low, high = side.low, side.high
            polynomial = sp.Add(
                *(c * (low + high * t) ** k * (1 + t) ** (degree - k) for k, c in enumerate(coefficients))
            )
        else:
            polynomial = polynomial.subs(letter, side.low + t if side.low.is_finite else side.high - t)
        polynomial = sp.expand(polynomial).xreplace({t: letter})
    if not polynomial.free_symbols:
        return {int(sp.sign(polynomial))} - {0}
    return {int(sp.sign(coefficient)) for coefficient in sp.Poly(polynomial, *polynomial.free_symbols).coeffs()} - {0}


def _cut(polynomial: sp.Expr, box: Box) -> tuple[sp.Symbol, sp.Expr]:
    """The widest side, and where it is cut in two."""

    def width(letter: sp.Symbol) -> sp.Expr:
        return box[letter].high - box[letter].low

    letter = max(sorted(polynomial.free_symbols, key=str), key=width)
    side = box[letter]
    if side.low.is_finite and side.high.is_finite:
        return letter, (side.low + side.high) / 2
    if side.low.is_finite:
        return letter, 2 * side.low + 1 if side.low >= 0 else sp.S.Zero
    if side.high.is_finite:
        return letter, 2 * side.high - 1 if side.high <= 0 else sp.S.Zero
    return letter, sp.S.Zero


def _by_discriminant(polynomial: sp.Expr, box: Box) -> Lowest:
    """By :math:`4ac - b^2` in a letter in which the polynomial is quadratic, on the whole line of that letter."""
    for letter in sorted(polynomial.free_symbols, key=str):
        if sp.degree(polynomial, letter) != 2:
            continue
        a, b, c = sp.Poly(polynomial, letter).all_coeffs()
        leading, rest = lowest_on_box(a, box), lowest_on_box(sp.expand(4 * a * c - b**2), box)
        if leading is Lowest.POSITIVE and rest is not Lowest.UNKNOWN:
            return rest
    return Lowest.UNKNOWN
