r"""Relative entropies and their kin: sums of logarithms that vanish to second order where two quantities meet.

.. math::
    A\log\frac AB - A + B = B\,h\Bigl(\frac{A-B}B\Bigr) \ge 0, \qquad h(u) = (1+u)\log(1+u) - u,

vanishes like :math:`(A-B)^2/2B`, its terms like :math:`A-B` or not at all. Where it is small, h is a series in
:math:`v = u/(2+u) = (A-B)/(A+B)`,

.. math::
    h = \frac2{1-v}\Bigl(v^2 + (1+v)\sum_{k\ge1}\frac{v^{2k+1}}{2k+1}\Bigr).

A sum such as :math:`p\log\frac pq+(1-p)\log\frac{1-p}{1-q}` is a sum of such terms, since what they add to the
logarithms cancels in symbols, :math:`-p+q-(1-p)+(1-q)=0`. Each :math:`c\log R` is one in two ways: with
:math:`A=c,\,B=c/R`, or with :math:`A=-c,\,B=-cR`.

References:
    Loader, "Fast and accurate computation of binomial probabilities" (2000), for the series; Cover and Thomas,
    *Elements of Information Theory* (2006), chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from numerics.codegen.exponentials import absolute_value
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

MOST_TERMS = 10
"""Of a sum that is looked at."""

MOST_LOGARITHMS = 3
"""With unlike factors."""

MOST_OPERATIONS = 80
"""In such a sum: Newton's steps for Lambert's function hold logarithms too."""

NEAR = sp.Rational(3, 8)
"""Of |A - B|/|B|, up to which the series is used."""

_LARGEST = sp.Rational(1, 4)
_ORDERS = 14


class EntropySeries(sp.Function):
    r""":math:`h(u)` for :math:`v = u/(2+u)`, where v is small."""

    nargs = 1


@takes(v=EXPRESSION)
def entropy_series(v: sp.Expr) -> sp.Expr:
    """The beginning of the series above.

    Example:
        >>> v = sp.Symbol("v", real=True)
        >>> entropy_series(v).atoms(sp.Min)
        {Min(1/4, v)}
    """
    # Clipped, so that it is finite where it is not used, and so are its derivatives.
    v = sp.Max(sp.Min(v, _LARGEST, evaluate=False), -_LARGEST, evaluate=False)
    tail: sp.Expr = sp.S.Zero
    for k in range(_ORDERS, 0, -1):
        tail = (sp.Rational(1, 2 * k + 1) + tail) * v**2
    return 2 * (v**2 + (1 + v) * v * tail) / (1 - v)


@takes(terms=EXPRESSIONS)
def relative_entropies(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with their logarithms in the form above, where that leaves no more than a number; else ``None``.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> (coin,) = relative_entropies([p * sp.log(2 * p), -p, sp.S.Half])
        >>> coin.args[0][0]
        EntropySeries((p - 1/2)/(p + 1/2))/2
    """
    if not 2 <= len(terms) <= MOST_TERMS:
        return None
    if sum(int(term.count_ops()) for term in terms) > MOST_OPERATIONS or not any(term.has(sp.log) for term in terms):
        return None
    logarithms, rest = _read(terms)
    if not 1 <= len(logarithms) <= MOST_LOGARITHMS:
        return None
    return _taken_up(logarithms, rest) or _taken_up(*_with_the_number(logarithms, rest))


_Logarithms = dict[sp.Expr, tuple[sp.Expr, tuple[sp.Expr, ...]]]
"""Factor c to R and the arguments that stand in it, for a sum of c log R."""


def _read(terms: Sequence[sp.Expr]) -> tuple[_Logarithms, list[sp.Expr]]:
    """The logarithms, those with one factor up to sign together, and the other terms."""
    logarithms: _Logarithms = {}
    rest = []
    for term in terms:
        logs = [factor for factor in sp.Mul.make_args(term) if isinstance(factor, sp.log)]
        c = term / logs[0] if len(logs) == 1 else sp.S.Zero
        if c == 0 or not logs[0].free_symbols or not (_is_rational(c) and _is_rational(logs[0].args[0])):
            rest.append(term)
            continue
        (A,), c = logs[0].args, sp.factor(c) if c.is_Mul else c
        m = -1 if -c in logarithms else 1
        R, parts = logarithms.get(m * c, (sp.S.One, ()))
        logarithms[m * c] = (R * A**m, (*parts, A))
    return logarithms, rest


def _is_rational(part: sp.Expr) -> bool:
    return bool(part.is_rational_function(*part.free_symbols))


def _with_the_number(logarithms: _Logarithms, rest: list[sp.Expr]) -> tuple[_Logarithms, list[sp.Expr]]:
    """With a number among the other terms inside the logarithms, where their factors add up to one."""
    total = sp.expand(sp.Add(*logarithms))
    numbers = [term for term in rest if term.is_number and term.has(sp.log)]
    if not numbers or not total.is_Rational or total == 0:
        return {}, rest
    scale = sp.exp(sp.Add(*numbers) / total)
    others = [term for term in rest if term not in numbers]
    return {c: (scale * R, parts) for c, (R, parts) in logarithms.items()}, others


def _taken_up(logarithms: _Logarithms, rest: list[sp.Expr]) -> list[sp.Expr] | None:
    """The sum by entropies that take up most of the rest; ``None`` where they take up nothing."""
    pairs = [((c, c / R), (-c, -c * R)) for c, (R, _) in logarithms.items()]
    best, fewest = None, max(len(rest), 1)
    for chosen in itertools.product(*pairs) if pairs else ():
        left = sp.expand(sp.Add(*rest, *(A - sp.cancel(B) for A, B in chosen)))
        size = 0 if left == 0 else len(sp.Add.make_args(left))
        # What is left beside an entropy may cancel it again, as x**2/2 does in log(1+x) - x + x**2/2.
        if size < fewest and left.is_number:
            best, fewest = (chosen, left), size
    if best is None:
        return None
    chosen, left = best
    arguments = (parts for _, parts in logarithms.values())
    return [_entropy(A, sp.cancel(B), parts) for (A, B), parts in zip(chosen, arguments, strict=True)] + (
        [] if left == 0 else list(sp.Add.make_args(left))
    )


def _entropy(A: sp.Expr, B: sp.Expr, parts: tuple[sp.Expr, ...]) -> sp.Expr:
    """A log(A/B) - A + B."""
    gap = sp.expand(A - B)
    near = B * EntropySeries(gap / sp.expand(A + B))
    is_near: Boolean = absolute_value(gap) < NEAR * absolute_value(B)
    signs = [part > 0 for part in parts] if len(parts) > 1 else []
    return sp.Piecewise((near, sp.And(is_near, *signs)), (A * sp.log(sp.cancel(A / B)) - gap, True))
