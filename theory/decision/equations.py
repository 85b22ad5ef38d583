"""Branches that are equations: solved exactly for one symbol, or said to be unsolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean, to_dnf

from theory.argument_kinds import CONDITION, SYMBOLS, takes
from theory.decision.points.region import admits, affine_in

_MAX_PARTS = 8
_MAX_DEGREE = 4

Solution = tuple[dict[sp.Symbol, sp.Expr] | None, tuple[Boolean, ...]]


@takes(branch=CONDITION, symbols=SYMBOLS)
def on_surface(branch: Boolean, symbols: Iterable[sp.Symbol]) -> Iterator[Solution]:
    """For each way to satisfy ``branch`` by an equation: a symbol and its value, and the other conditions.

    The value is None where the equation could not be solved. Roots that the assumptions of the symbol exclude, or that
    are not real, are left out.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> [values for values, _ in on_surface(sp.Eq(x**2, 2), [x])]
        [{x: -sqrt(2)}, {x: sqrt(2)}]
    """
    order = sorted(symbols, key=lambda s: s.name)
    ways = to_dnf(branch, simplify=False) if len(branch.atoms(sp.core.relational.Relational)) <= _MAX_PARTS else branch
    for way in ways.args if isinstance(ways, sp.Or) else (ways,):
        parts = way.args if isinstance(way, sp.And) else (way,)
        equations = [part for part in parts if isinstance(part, sp.Eq)]
        others = tuple(part for part in parts if not isinstance(part, sp.Eq))
        if any(part.has(sp.Eq) for part in others):
            yield None, others
        elif equations:
            yield from ((values, others) for values in _common_solutions(equations, order))


def _common_solutions(
    equations: Sequence[sp.Eq], symbols: Sequence[sp.Symbol]
) -> Iterator[dict[sp.Symbol, sp.Expr] | None]:
    """The solutions of all equations: those of the first, put into the others, and so on."""
    first, *others = equations
    for values in _solutions(first, symbols):
        if values is None or not others:
            yield values
            continue
        left = [sp.sympify(other.subs(values)) for other in others]
        if sp.false in left:
            continue
        rest = [other for other in left if other != sp.true]
        if not all(isinstance(other, sp.Eq) for other in rest):
            yield None
        elif not rest:
            yield values
        else:
            for more in _common_solutions(rest, [s for s in symbols if s not in values]):
                done = more if more is None else {s: v.subs(more) for s, v in values.items()} | more
                if done is None or not any(_excluded(s, v) for s, v in done.items()):
                    yield done


def _solutions(equation: sp.Eq, symbols: Sequence[sp.Symbol]) -> Iterator[dict[sp.Symbol, sp.Expr] | None]:
    difference = sp.numer(sp.together(equation.lhs - equation.rhs))
    ours = [s for s in symbols if difference.has(s)]
    for symbol in ours:
        found = affine_in(difference, symbol)
        if found is not None and found[1].is_nonzero:
            value = sp.cancel(-found[2] / found[1])
            if not _excluded(symbol, value):
                yield {symbol: value}
            return
    for symbol in ours:
        if len(ours) == 1 and difference.is_polynomial(symbol) and sp.degree(difference, symbol) <= _MAX_DEGREE:
            roots = sp.roots(difference, symbol)
            if sum(roots.values()) != sp.degree(difference, symbol) or any(r.is_real is None for r in roots):
                yield None
                return
            ours_only = sorted(roots, key=sp.default_sort_key)
            yield from ({symbol: root} for root in ours_only if root.is_real and not _excluded(symbol, root))
            return
    yield None


def _excluded(symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether the assumptions of ``symbol`` certainly exclude ``value``."""
    if value.is_Rational:
        return not admits(symbol, value)
    return any(
        assumed is not None and known is not None and assumed is not known
        for assumed, known in (
            (symbol.is_positive, value.is_positive),
            (symbol.is_negative, value.is_negative),
            (symbol.is_integer, value.is_integer),
        )
    )
