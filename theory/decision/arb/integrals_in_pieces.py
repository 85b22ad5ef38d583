r"""Integrals of functions with kinks and jumps, piece by piece.

A quadrature converges fast where the integrand is analytic. So the interval is halved until on every part each step,
maximum, absolute value and case has one meaning, which balls prove; neighbours of one meaning are joined and
integrated as one analytic function. What is left, around the kinks, is as narrow as the precision allows, and adds its
width times a ball around the values there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.decision.arb.ball_functions import Ball

NOT_CONTINUED = (sp.floor, sp.ceiling, sp.frac, sp.Mod, sp.Piecewise)
"""Functions that no quadrature takes as they are."""

_BENT = (*NOT_CONTINUED, sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min)
"""Functions that are made of analytic pieces on the line."""

_PARTS_PER_BIT = 64
"""The interval is halved at most so many times per bit of precision; what is left then shows as a wide ball."""


@dataclass(frozen=True)
class AnalyticPiece:
    """A part of the interval, and the integrand in its meaning there; None where it has no single one."""

    low: Ball
    high: Ball
    meaning: sp.Expr | None


@functools.lru_cache(maxsize=1024)
def bent_parts(integrand: sp.Expr) -> tuple[sp.Expr, ...]:
    """The parts of ``integrand`` that are made of pieces, inner ones first."""
    return tuple(sorted(integrand.atoms(*_BENT), key=lambda part: (len(part.atoms(*_BENT)), sp.default_sort_key(part))))


def analytic_pieces(integrand: sp.Expr, variable: sp.Symbol, low: Ball, high: Ball, balls: Any) -> list[AnalyticPiece]:
    """The pieces of ``integrand`` from ``low`` to ``high``, two exact balls; ``balls`` are its ``RealBalls``."""
    bits = balls.flint.ctx.prec
    narrowest = (high - low) * balls.flint.arb(2) ** -bits
    pieces: list[AnalyticPiece] = []
    waiting, left = [(low, high)], _PARTS_PER_BIT * bits
    while waiting:
        start, end = waiting.pop()
        left -= 1
        meaning = _meaning(integrand, balls.at({variable: start.union(end)}))
        middle = ((start + end) / 2).mid()
        if meaning is None and left > 0 and end - start > narrowest and start < middle < end:
            waiting += [(middle, end), (start, middle)]
        elif pieces and pieces[-1].meaning == meaning is not None:
            pieces[-1] = AnalyticPiece(pieces[-1].low, end, meaning)
        else:
            pieces.append(AnalyticPiece(start, end, meaning))
    return pieces


def ball_over(integrand: sp.Expr, balls: Any) -> Ball:
    """A ball around all values of ``integrand`` where its variable is a ball, on whatever branch that may be."""
    known: dict[sp.Basic, sp.Basic] = {}
    for part in bent_parts(integrand):
        if isinstance(part, sp.Piecewise | sp.Heaviside):
            inner = part.xreplace(known)
            known[part] = held = sp.Dummy()
            balls = balls.at({held: _every_value(inner, balls)})
    return balls.value(integrand.xreplace(known))


def _every_value(part: sp.Expr, balls: Any) -> Ball:
    if isinstance(part, sp.Heaviside):
        values = [balls.flint.arb(0), balls.flint.arb(1)]
    else:
        values = [balls.value(branch) for branch, condition in part.args if balls.truth(condition) is not False]
    return functools.reduce(lambda one, other: one.union(other), values, values[0]) if values else balls.nan


def _meaning(integrand: sp.Expr, balls: Any) -> sp.Expr | None:
    """The analytic function that ``integrand`` is where its variable is a ball; None if it is not one."""
    known: dict[sp.Basic, sp.Basic] = {}
    for part in bent_parts(integrand):
        inner = part.xreplace(known) if known else part
        if not isinstance(inner, _BENT):
            continue  # it became a number by itself
        found = _meaning_of(inner, balls)
        if found is None:
            return None
        known[part] = found
    return _replaced(integrand, tuple(known.items()))


@functools.lru_cache(maxsize=4096)
def _replaced(form: sp.Expr, known: tuple[tuple[sp.Expr, sp.Expr], ...]) -> sp.Expr:
    return form.xreplace(dict(known))


@functools.lru_cache(maxsize=4096)
def _difference(one: sp.Expr, other: sp.Expr) -> sp.Expr:
    return one - other


def _meaning_of(part: sp.Expr, balls: Any) -> sp.Expr | None:
    if isinstance(part, sp.Piecewise):
        for branch, condition in part.args:
            holds = balls.truth(condition)
            if holds is not False:
                return branch if holds else None
        return None
    if isinstance(part, sp.Max | sp.Min):
        sign = 1 if isinstance(part, sp.Max) else -1
        leads = (
            a for a in part.args if all(sign * balls.value(_difference(a, b)) >= 0 for b in part.args if b is not a)
        )
        return next(leads, None)
    first = part.args[0]
    if isinstance(part, sp.floor | sp.ceiling | sp.frac | sp.Mod):
        return _between_steps(part, balls)
    value = balls.value(first)
    side = 1 if value > 0 else -1 if value < 0 else 0
    if not side:
        return None
    return side * first if isinstance(part, sp.Abs) else sp.Integer(side if isinstance(part, sp.sign) else side > 0)


def _between_steps(part: sp.Expr, balls: Any) -> sp.Expr | None:
    over = part.args[1] if isinstance(part, sp.Mod) else sp.S.One
    value = balls.value(part.args[0] / over)
    step = value.ceil() if isinstance(part, sp.ceiling) else value.floor()
    whole = step.unique_fmpz() if value.is_finite() else None
    if whole is None:
        return None
    level = sp.Integer(int(whole))
    return level if isinstance(part, sp.floor | sp.ceiling) else part.args[0] - over * level
