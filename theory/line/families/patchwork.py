"""Densities put together from stretches: truncated laws, and laws glued at kinks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import simplified
from theory.errors import UnsupportedFormError
from theory.line.families.family import Family, numbered_order, whole_order
from theory.line.integrals.piece_moments import PieceMoments

_MAX_ORDER = 30


@dataclass(frozen=True)
class Patchwork(Family):
    """A density whose moments are closed forms on each of its stretches, which fill the interval from left to right.

    Attributes:
        pieces: the moments of the kernel on each stretch.
    """

    pieces: tuple[PieceMoments, ...]

    @property
    def kernel(self) -> sp.Expr:
        """The kernel of the class description."""
        *others, last = self.pieces
        if not others:
            return last.kernel
        branches = [(piece.kernel, self.variable < piece.stretch.right) for piece in others]
        return sp.Piecewise(*branches, (last.kernel, True))

    @property
    def kernel_integral(self) -> sp.Expr:
        """Its integral over the support."""
        return _combined(lambda total: total[0], [self._total(0)])

    @property
    def normalisable(self) -> Boolean:
        """The condition on all pieces."""
        return simplified(sp.And(*(piece.integrable for piece in self.pieces)))

    @property
    def mode(self) -> sp.Expr:
        """Refused: see :func:`theory.line.laws.mode.mode`, which compares the stretches.

        Raises:
            UnsupportedFormError: always.
        """
        raise UnsupportedFormError(
            f"the mode of {self.kernel} is that of one of its stretches. Use theory.line.laws.mode.mode."
        )

    @property
    def variance(self) -> sp.Expr:
        """The variance."""
        totals = [self._total(n) for n in range(3)]
        return self._where_normalisable(_combined(lambda t: t[2] / t[0] - (t[1] / t[0]) ** 2, totals))

    def moment_exists(self, k: sp.Expr | int) -> Boolean:
        """True for the orders 0, 1, 2, ..."""
        return sp.false if whole_order(k) is None else sp.true

    def _moment(self, k: sp.Expr) -> sp.Expr:
        n = numbered_order(k)
        if n > _MAX_ORDER:
            raise UnsupportedFormError(f"k must be at most {_MAX_ORDER} for a law on stretches, got {n}.")
        return _combined(lambda t: t[1] / t[0], [self._total(0), self._total(n)])

    def cdf(self, x: sp.Expr | None = None) -> sp.Expr:
        """The probability of values up to ``x``."""
        x = self._point(x)
        below: list[sp.Expr] = []
        branches = []
        for piece in self.pieces:
            part = piece.moment(0, piece.stretch.left, x)
            share = _combined(lambda t: sp.Add(*t[1:]) / t[0], [self._total(0), *below, part])
            branches.append((share, x < piece.stretch.right))
            below.append(piece.moment(0, *piece.stretch.ends))
        *others, (last, _) = branches
        return last if not others else sp.Piecewise(*others, (last, True))

    def _total(self, n: int) -> sp.Expr:
        return _combined(lambda t: sp.Add(*t), [piece.moment(n, *piece.stretch.ends) for piece in self.pieces])


def _combined(function: Callable[[list[sp.Expr]], sp.Expr], values: list[sp.Expr]) -> sp.Expr:
    """``function`` of values that may be case distinctions on one condition, which it shares."""
    cases = {value.args[0][1] for value in values if isinstance(value, sp.Piecewise)}
    if not cases:
        return _tidy(function(values))
    if len(cases) > 1:
        raise UnsupportedFormError(
            "the law has several degenerate rates. Declare the signs of its parameters, or give them numbers."
        )
    branches = []
    for n in (0, 1):
        chosen = [value.args[n][0] if isinstance(value, sp.Piecewise) else value for value in values]
        branches.append(_tidy(function(chosen)))
    return sp.Piecewise((branches[0], cases.pop()), (branches[1], True))


def _tidy(value: sp.Expr) -> sp.Expr:
    return sp.powsimp(sp.factor_terms(sp.cancel(value))) if not value.has(sp.lowergamma) else value
