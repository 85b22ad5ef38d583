r"""Case distinctions over a parameter in the exponents: the ranges between the values at which an order changes.

With a dispersion :math:`s\,w^q` the terms of scale and speed change places at :math:`q = 1/2` and :math:`q = 1`. On
each range between such values the order is one, so the same derivation goes through with a parameter bounded to it
(:func:`theory.parameters.parameter`), and at the values themselves with a number.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import simplified
from theory.errors import OrderError, SymbolError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.parameters import BoundedSymbol, Bounds, parameter

T = TypeVar("T")

MOST_VALUES = 8
"""More values at which an order changes are not split at."""


@dataclass(frozen=True)
class Cell(Generic[T]):
    """A range of one parameter, or one value of it, and what holds there.

    Attributes:
        symbol: the parameter, as given.
        low: lower end, or the value.
        high: upper end, or the value.
        result: what was derived, in the symbol :attr:`own`.
        own: the bounded parameter; None at a value.
    """

    symbol: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    result: T
    own: sp.Symbol | None

    def back(self, expression: sp.Basic) -> sp.Basic:
        """An expression in :attr:`own` in the parameter as given."""
        return expression if self.own is None else expression.xreplace({self.own: self.symbol})


def cells(
    error: OrderError, process: ItoProcess, interval: Interval, derived: Callable[[ItoProcess, Interval], T]
) -> list[Cell[T]]:
    """``derived`` on every range of the parameter on which the order in ``error`` hangs, from below.

    Raises:
        OrderError: it hangs on several, or on one whose values could not be found.
    """
    symbol = _symbol(error)
    bounds = symbol.bounds if isinstance(symbol, BoundedSymbol) else _bounds_of(symbol)
    values = _zeros(error, symbol, bounds)
    known: dict[sp.Expr, Cell[T]] = {}

    def cell(low: sp.Expr, high: sp.Expr, own: sp.Symbol | None) -> Cell[T]:
        value = low if own is None else own
        if value not in known:
            known[value] = Cell(symbol, low, high, derived(*_at(process, interval, symbol, value)), own)
        return known[value]

    while True:
        try:
            return _along(symbol, bounds, values, cell)
        except OrderError as further:
            own = [s for s in further.difference.free_symbols if s.name == symbol.name]
            if len(own) != 1 or further.difference.free_symbols != set(own):
                raise
            difference = further.difference.xreplace({own[0]: symbol})
            new = _zeros(OrderError(str(further), difference), symbol, bounds)
            if set(new) <= set(values) or len(values) + len(new) > MOST_VALUES:
                raise
            values = sorted({*values, *new})


def where(found: Sequence[Cell[T]], condition: Callable[[T], Boolean]) -> Boolean:
    """The condition on the parameter and the others under which ``condition`` of the result holds."""
    runs: list[list[tuple[Cell[T], Boolean]]] = []
    for cell in found:
        here = cell.back(condition(cell.result))
        if runs and runs[-1][-1][1] == here:
            runs[-1].append((cell, here))
        else:
            runs.append([(cell, here)])
    parts = [
        _within(_range(run[0][0], run[-1][0], found), run[0][1], run[0][0].symbol)
        for run in runs
        if run[0][1] != sp.false
    ]
    return simplified(sp.Or(*parts))


def by_cases(found: Sequence[Cell[T]], part: Callable[[T], sp.Expr]) -> sp.Expr:
    """One formula by cases: single values of the parameter first, what is common to the ranges last."""
    values = [cell for cell in found if cell.own is None]
    ranges = [cell for cell in found if cell.own is not None]
    branches = [(cell.back(part(cell.result)), sp.Eq(cell.symbol, cell.low)) for cell in values]
    formulas = [cell.back(part(cell.result)) for cell in ranges]
    for cell, f in zip(ranges, formulas, strict=True):
        if f != formulas[-1]:
            branches.append((f, _range(cell, cell, found)))
    branches = [(f, condition) for f, condition in branches if f != formulas[-1]]
    return sp.Piecewise(*branches, (formulas[-1], True))


def _symbol(error: OrderError) -> sp.Symbol:
    symbols = error.difference.free_symbols
    if len(symbols) != 1:
        raise error
    (symbol,) = symbols
    return symbol


def _zeros(error: OrderError, symbol: sp.Symbol, bounds: Bounds) -> list[sp.Expr]:
    numerator, denominator = sp.fraction(sp.cancel(error.difference))
    found = set()
    for part in (numerator, denominator):
        if part.has(symbol):
            if not part.is_polynomial(symbol):
                raise error
            found |= {root for root in sp.real_roots(sp.Poly(part, symbol)) if bounds.contain(root)}
    if not found or len(found) > MOST_VALUES or not all(root.is_Rational for root in found):
        raise error
    return sorted(found)


def _bounds_of(symbol: sp.Symbol) -> Bounds:
    low = sp.S.Zero if symbol.is_nonnegative else -sp.oo
    high = sp.S.Zero if symbol.is_nonpositive else sp.oo
    return Bounds(low, high, low_included=not symbol.is_positive, high_included=not symbol.is_negative)


def _along(
    symbol: sp.Symbol,
    bounds: Bounds,
    values: list[sp.Expr],
    cell: Callable[[sp.Expr, sp.Expr, sp.Symbol | None], Cell[T]],
) -> list[Cell[T]]:
    """The cells between and at ``values``, from below; found from above, where orders that go on for ever begin."""
    edges = [bounds.low, *values, bounds.high]
    found = []
    for n, (low, high) in reversed(list(enumerate(itertools.pairwise(edges)))):
        own = None if low == high else _narrowed(symbol, bounds, low, high, values)
        if own is not None:
            found.append(cell(low, high, own))
        if n and (low.is_integer or not symbol.is_integer):
            found.append(cell(low, low, None))
    return found[::-1]


def _narrowed(
    symbol: sp.Symbol, bounds: Bounds, low: sp.Expr, high: sp.Expr, values: list[sp.Expr]
) -> sp.Symbol | None:
    """The parameter between two numbers, of which ``values`` are cells of their own; None where it has no value."""
    lower = "at_least" if low not in values and bounds.low_included else "above"
    upper = "at_most" if high not in values and bounds.high_included else "below"
    given = {name: end for name, end in ((lower, low), (upper, high)) if end.is_finite}
    try:
        return parameter(symbol.name, integer=bool(symbol.is_integer), **given)
    except SymbolError:
        return None


def _at(process: ItoProcess, interval: Interval, symbol: sp.Symbol, value: sp.Expr) -> tuple[ItoProcess, Interval]:
    put = {symbol: value}
    there = ItoProcess(process.state, process.drift.subs(put), process.dispersion.subs(put))
    return there, Interval(*(end.subs(put) for end in interval.ends))


def _range(first: Cell[T], last: Cell[T], found: Sequence[Cell[T]]) -> Boolean:
    """From one cell to another, as a condition on the parameter."""
    symbol, conditions = first.symbol, []
    if first is not found[0]:
        conditions.append(symbol >= first.low if first.own is None else symbol > first.low)
    if last is not found[-1]:
        conditions.append(symbol <= last.high if last.own is None else symbol < last.high)
    if first is last and first.own is None:
        return sp.Eq(symbol, first.low)
    return sp.And(*conditions)


def _within(reach: Boolean, condition: Boolean, symbol: sp.Symbol) -> Boolean:
    """``condition`` on a range, without the bounds of the range that it implies."""
    stated = {relation for relation in sp.And.make_args(condition) if _is_bound(relation, symbol)}

    kept = [bound for bound in sp.And.make_args(reach) if not any(_implies(one, bound, symbol) for one in stated)]
    return sp.And(*kept, condition)


def _is_bound(relation: Boolean, symbol: sp.Symbol) -> bool:
    """Whether it bounds the parameter by a number."""
    return (
        isinstance(relation, sp.Gt | sp.Lt | sp.Ge | sp.Le)
        and relation.free_symbols == {symbol}
        and (symbol in (relation.lts, relation.gts))
    )


def _implies(one: Boolean, other: Boolean, symbol: sp.Symbol) -> bool:
    """Whether a bound of the parameter implies another one from the same side."""
    if not _is_bound(other, symbol):
        return False
    if one.lts == symbol == other.lts:
        gap = other.gts - one.gts
    elif one.gts == symbol == other.gts:
        gap = one.lts - other.lts
    else:
        return False
    return gap.is_positive is True or (gap == 0 and (one.func is other.func or isinstance(one, sp.Gt | sp.Lt)))
