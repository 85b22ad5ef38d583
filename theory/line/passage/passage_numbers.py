r"""Hitting probabilities and exit times between two levels where no formula is written: numbers, at numbers.

Between levels inside the interval only the coefficients between them matter. Where balls prove that both are finite
there and the diffusion positive, the numerical evaluator is asked, whatever functions they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import sympy as sp

from theory.argument_kinds import EXPRESSION, one_of, takes
from theory.decision.arb.balls import ball
from theory.errors import DriftproofError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.local_time import is_smooth
from theory.services import service
from theory.values import single_expression

DIGITS = 15
"""Digits of a number."""

_PRECISION = 64
_SMALLEST = sp.Rational(1, 2**9)
"""Share of the stretch below which it is not halved further."""

P = ParamSpec("P")


def or_in_numbers(method: str) -> Callable[[Callable[P, sp.Expr]], Callable[P, sp.Expr]]:
    """``function(process, start, lower, upper, ...)``, or what the evaluator's ``method`` gives.

    The number is taken where the function is refused, and where integrals over the pieces of coefficients with kinks,
    of hypergeometric or incomplete beta functions, or of exponentials of integrals would stand.
    """

    def decorated(function: Callable[P, sp.Expr]) -> Callable[P, sp.Expr]:
        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> sp.Expr:
            given: dict[str, Any] = dict(zip(("process", "start", "lower", "upper"), args, strict=False)) | kwargs
            try:
                found = function(*args, **kwargs)
            except UnsupportedFormError:
                number = _number(method, given)
                if number is None:
                    raise
                return number
            nested = any(e.has(sp.Integral) for e in found.atoms(sp.exp))
            slow = found.has(sp.hyper, sp.betainc) or not _is_smooth(given["process"])
            if nested or found.has(sp.Integral) and slow:
                number = _number(method, given)
                return found if number is None else number
            return found

        return asked

    return decorated


def or_from_behind(function: Callable[P, sp.Expr]) -> Callable[P, sp.Expr]:
    """``function(process, start, level, ...)``, or the evaluator's mean time where no formula is known.

    The end behind ``start`` must be classified all the same: by the growth of the drift.
    """

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> sp.Expr:
        try:
            return function(*args, **kwargs)
        except UnsupportedFormError:
            given: dict[str, Any] = dict(zip(("process", "start", "level", "interval"), args, strict=False)) | kwargs
            number = _number_from_behind(**given)
            if number is None:
                raise
            return number

    return asked


def _number_from_behind(
    process: ItoProcess, start: Any, level: Any, interval: Interval | None = None, regular_ends: str = "absorbing"
) -> sp.Expr | None:
    if process.parameters or process.dimension != 1:
        return None
    start, level = (single_expression(value, name, real=True) for value, name in ((start, "start"), (level, "level")))
    if not all(value.is_number and value.is_finite for value in (start, level)) or start == level:
        return None
    left, right = Interval.given(interval, process.state[0]).ends
    ends = (left, level) if start < level else (level, right)
    try:
        evaluator = service("first_passage")(process, *ends, interval=interval, regular_ends=regular_ends)
        return sp.Float(evaluator.mean_time(start).value, DIGITS)
    except DriftproofError:
        return None


def _is_smooth(process: ItoProcess) -> bool:
    return all(is_smooth(entry, tuple(process.state)) for entry in (*process.drift, *process.dispersion))


def _number(method: str, given: dict[str, Any]) -> sp.Expr | None:
    """The number, None where parameters are open, a level is no inner point, or coefficients may be singular."""
    process = given["process"]
    if process.parameters or process.dimension != 1:
        return None
    names = ("start", "lower", "upper")
    start, lower, upper = (single_expression(given[name], name, infinite=True, real=True) for name in names)
    if not all(value.is_number and value.is_finite for value in (start, lower, upper)):
        return None
    if not ((lower < start) == sp.true and (start < upper) == sp.true and is_regular_between(process, lower, upper)):
        return None
    try:
        found = getattr(service("first_passage")(process, lower, upper), method)(start)
    except DriftproofError:
        return None
    return sp.Float(found.value, DIGITS)


@takes(process=one_of(ItoProcess, needed="an ItoProcess"), lower=EXPRESSION, upper=EXPRESSION)
def is_regular_between(process: ItoProcess, lower: sp.Expr, upper: sp.Expr) -> bool:
    """Whether balls prove that drift and diffusion are finite from ``lower`` to ``upper``, and the diffusion positive.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> process = ItoProcess.scalar(x, drift=sp.tan(x), dispersion=sp.sqrt(1 + x**4))
        >>> is_regular_between(process, sp.S.NegativeOne, sp.S.One), is_regular_between(process, sp.S.One, sp.S(2))
        (True, False)
    """
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]

    def is_regular(low: sp.Expr, high: sp.Expr, share: sp.Rational) -> bool:
        try:
            cell = {x: ball(low, {}, _PRECISION).union(ball(high, {}, _PRECISION))}
            drift, diffusion = ball(b, cell, _PRECISION), ball(a, cell, _PRECISION)
            if drift.is_finite() and diffusion.is_finite() and diffusion > 0:
                return True
        except DriftproofError:
            return False
        if share <= _SMALLEST:
            return False
        middle = (low + high) / 2
        return is_regular(low, middle, share / 2) and is_regular(middle, high, share / 2)

    return is_regular(lower, upper, sp.S.One)
