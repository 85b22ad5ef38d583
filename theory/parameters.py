r"""Parameters with a declared range: a depth :math:`L \ge 2`, an exponent :math:`h \in (0, 1/2]`.

SymPy's assumptions know positive and integer, but no bounds. A parameter made here carries its bounds, and the
decisions on signs (:mod:`theory.decision.conditions.inequalities`) use them: powers with such exponents can be ordered.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.errors import SymbolError
from theory.values import exact_number, shown


@dataclass(frozen=True)
class Bounds:
    """An interval of numbers; infinite ends are open.

    Attributes:
        low: Lower bound.
        high: Upper bound.
        low_included: Whether ``low`` is a value.
        high_included: Whether ``high`` is one.
    """

    low: sp.Expr
    high: sp.Expr
    low_included: bool
    high_included: bool

    def contain(self, number: sp.Expr) -> bool:
        """Whether ``number`` is one of the values."""
        above = number >= self.low if self.low_included else number > self.low
        below = number <= self.high if self.high_included else number < self.high
        return sp.And(above, below) == sp.true

    def relations(self, symbol: sp.Symbol) -> list[Boolean]:
        """What the bounds say of ``symbol``, as relations."""
        above = symbol >= self.low if self.low_included else symbol > self.low
        below = symbol <= self.high if self.high_included else symbol < self.high
        return [condition for condition in (above, below) if condition != sp.true]

    def __str__(self) -> str:
        left, right = "[" if self.low_included else "(", "]" if self.high_included else ")"
        return f"{left}{self.low}, {self.high}{right}"

    def images(self, *, integer: bool) -> list[sp.Expr]:
        """Expressions in a symbol with SymPy's assumptions alone that together run through these numbers, at least."""
        if self.low.is_finite and self.high.is_finite:
            if self.high_included and not self.low_included:
                away = _distance(included=True)
                return [(self.high + self.low * away) / (1 + away)]
            away = _distance(included=self.low_included)
            inside = (self.low + self.high * away) / (1 + away)
            return [inside, self.high] if self.high_included else [inside]
        if self.low.is_finite:
            return [self.low + _distance(included=self.low_included, integer=integer)]
        return [self.high - _distance(included=self.high_included, integer=integer)]


def _distance(*, included: bool, integer: bool = False) -> sp.Dummy:
    return sp.Dummy("d", integer=True if integer else None, **{"nonnegative" if included else "positive": True})


class BoundedSymbol(sp.Symbol):
    """A symbol with bounds; made by :func:`parameter`. Two are equal if name, assumptions and bounds are."""

    __slots__ = ("bounds",)
    bounds: Bounds

    def __new__(cls, name: str, bounds: Bounds, **assumptions: bool | None) -> BoundedSymbol:
        """A symbol of that name; SymPy's cache of symbols does not know bounds, so each is made anew."""
        symbol = sp.Symbol.__xnew__(cls, name, **assumptions)
        symbol.bounds = bounds
        return symbol

    def __getnewargs_ex__(self) -> tuple[tuple[str, Bounds], dict[str, bool | None]]:
        return (self.name, self.bounds), self._assumptions_orig

    def _hashable_content(self) -> tuple[object, ...]:
        b = self.bounds
        return (*super()._hashable_content(), str(b.low), str(b.high), b.low_included, b.high_included)


def parameter(
    name: str,
    *,
    integer: bool = False,
    at_least: sp.Expr | float | None = None,
    above: sp.Expr | float | None = None,
    at_most: sp.Expr | float | None = None,
    below: sp.Expr | float | None = None,
) -> BoundedSymbol:
    r"""A real or integer symbol with bounds that decide the order of powers.

    Args:
        name: of the symbol.
        integer: whether its values are whole.
        at_least: a lower bound that is a value; or ``above``, one that is none.
        above: as said.
        at_most: an upper bound that is a value; or ``below``, one that is none.
        below: as said.

    Raises:
        SymbolError: no name, no bound, two bounds on one side, or bounds without a number between.

    Example:
        >>> from theory.decision.conditions.inequalities import sign
        >>> L, h = parameter("L", above=2), parameter("h", above=0, at_most=sp.Rational(1, 2))
        >>> sign(2 / L - 1), sign(3 - 4 * h)
        (-1, 1)
    """
    if not isinstance(name, str) or not name:
        raise SymbolError(f"name must be a word, got {shown(name)}.")
    if not isinstance(integer, bool):
        raise SymbolError(f"integer must be True or False, got {shown(integer)}.")
    low, low_included = _bound({"at_least": at_least, "above": above}, -sp.oo)
    high, high_included = _bound({"at_most": at_most, "below": below}, sp.oo)
    if low == -sp.oo and high == sp.oo:
        raise SymbolError(
            f"{name} has no bound: give at_least= or above=, at_most= or below=, "
            f'or use sympy.Symbol("{name}", real=True).'
        )
    if integer and low.is_finite:
        low, low_included = (sp.ceiling(low) if low_included else sp.floor(low) + 1), True
    if integer and high.is_finite:
        high, high_included = (sp.floor(high) if high_included else sp.ceiling(high) - 1), True
    if low > high or low == high and not (low_included and high_included):
        raise SymbolError(f"the bounds of {name} leave no value: {low} to {high}.")
    bounds = Bounds(low, high, low_included, high_included)
    return BoundedSymbol(name, bounds, **{"integer" if integer else "real": True}, **_signs(bounds))


def within_bounds(expression: sp.Expr) -> list[sp.Expr]:
    """``expression`` with its bounded symbols written by symbols with SymPy's assumptions; [] where it has none."""
    found = [expression]
    bounded = sorted(expression.atoms(BoundedSymbol), key=str)
    for symbol in bounded:
        images = symbol.bounds.images(integer=symbol.is_integer is True)
        found = [e.subs(symbol, image) for e in found for image in images]
    return found if bounded else []


def _signs(bounds: Bounds) -> dict[str, bool]:
    """What SymPy's assumptions can say of the bounds."""
    known = {}
    if bounds.low >= 0:
        known["nonnegative" if bounds.low == 0 and bounds.low_included else "positive"] = True
    if bounds.high <= 0:
        known["nonpositive" if bounds.high == 0 and bounds.high_included else "negative"] = True
    return known


def _bound(given: dict[str, object], infinite: sp.Expr) -> tuple[sp.Expr, bool]:
    """The bound of one side and whether it is a value; ``given`` holds the including name first."""
    including, _ = given
    named = {name: value for name, value in given.items() if value is not None}
    if not named:
        return infinite, False
    if len(named) > 1:
        raise SymbolError(f"give {' or '.join(given)}, not both: got {' and '.join(map(shown, given.values()))}.")
    ((name, value),) = named.items()
    bound = exact_number(value, name)
    if not bound.is_Rational:
        raise SymbolError(f"{name} must be a rational number, got {shown(value)}.")
    return bound, name == including
