"""Integrals of functions with kinks: one integral for each stretch, with cases where a limit may lie in several."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import sign, simplified
from theory.line.charts.glued import pieces_of
from theory.line.charts.interval import Interval

Integrate = Callable[[sp.Expr, sp.Expr, sp.Expr], sp.Expr]
"""The integral of one formula between two points."""


def integral_over_pieces(
    function: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, interval: Interval, integrate: Integrate
) -> sp.Expr:
    """The integral of a function with kinks between two points, ``low <= high``, of the interval.

    Args:
        function: in x.
        x: its variable.
        low: where to begin; cases are told apart where it may lie in several stretches.
        high: where to end; likewise.
        interval: where x lives.
        integrate: integrates the formula of one stretch.
    """
    pieces = pieces_of(function, x, interval)
    formulas = [formula for _, formula in pieces]
    places = [stretch.left for stretch, _ in pieces[1:]]
    branches = []
    for (i, at_low), (j, at_high) in itertools.product(_stretches(low, places), _stretches(high, places)):
        if i > j:
            continue
        edges = [low, *places[i:j], high]
        parts = [
            integrate(formulas[n], a, b) for n, (a, b) in zip(range(i, j + 1), itertools.pairwise(edges), strict=True)
        ]
        branches += [(value, sp.And(at_low, at_high, condition)) for value, condition in sums(parts)]
    return in_order(branches)


def sums(values: Iterable[sp.Expr]) -> list[tuple[sp.Expr, Boolean]]:
    """The sum of values that may be case distinctions, as pairs of value and condition."""
    given = [value.args if isinstance(value, sp.Piecewise) else ((value, sp.true),) for value in values]
    pairs = ((sp.Add(*(v for v, _ in chosen)), sp.And(*(c for _, c in chosen))) for chosen in itertools.product(*given))
    return [(value, condition) for value, condition in pairs if condition != sp.false]


def in_order(branches: list[tuple[sp.Expr, Boolean]]) -> sp.Expr:
    """A case distinction in the order given, with simplified conditions; the last case takes what is left."""
    kept = [(value, simplified(condition)) for value, condition in branches]
    kept = [(value, condition) for value, condition in kept if condition != sp.false]
    return sp.Piecewise(*kept[:-1], (kept[-1][0], True))


def _stretches(point: sp.Expr, places: list[sp.Expr]) -> list[tuple[int, Boolean]]:
    """In which stretches ``point`` may lie, with conditions that are to be read in order."""
    found: list[tuple[int, Boolean]] = []
    for n, place in enumerate(places):
        known = (1 if point.is_extended_positive else -1) if point.is_infinite else sign(sp.expand(point - place))
        if known is not None and known <= 0:
            return [*found, (n, sp.true)]
        if known is None:
            found.append((n, sp.Le(point, place)))
    return [*found, (len(places), sp.true)]
