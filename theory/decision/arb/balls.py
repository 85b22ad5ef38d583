r"""Rigorous enclosures: an expression at a point, as a ball of Arb that contains the exact value.

A ball :math:`[m \pm r]` comes from interval arithmetic with directed rounding, so a ball that excludes 0 *proves* that
the value is not 0. Reals stay real: the square root or logarithm of a negative number is a NaN ball, which proves
nothing and agrees with nothing. Expressions that hold the imaginary unit, and integrands, are enclosed in the complex
plane on principal branches, as SymPy reads them.

This module brings python-flint into the package, at the first evaluation; :mod:`theory.decision.algebra.second_kernel`
asks it, and :mod:`theory.decision.rational_points` takes its rational numbers.

References:
    Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans. Computers (2017).
    Johansson, "Numerical integration in arbitrary-precision ball arithmetic", ICMS (2018).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import VALUES, behind_the_door, takes
from theory.decision.arb.ball_functions import Ball
from theory.decision.arb.enclosures import Balls, rational_part
from theory.decision.arb.real_and_complex_balls import ComplexBalls, RealBalls
from theory.decision.rational_points import exact_truth
from theory.errors import MissingParameterError, UnsupportedFormError
from theory.values import count, shown

MIN_PRECISION = 24
"""Bits of the coarsest balls, those of a single-precision number: python-flint takes what is not positive for 53."""

_exact_truth = behind_the_door(exact_truth)

MAX_PRECISION = 2**20
"""Bits of the finest balls; more would run for hours."""


class MissingFlintError(UnsupportedFormError):
    """python-flint is not installed, so nothing can be enclosed."""


def flint_library() -> ModuleType:
    """The module ``flint``.

    Raises:
        MissingFlintError: it is not installed.
    """
    try:
        import flint
    except ImportError:
        raise MissingFlintError("python-flint missing: ball arithmetic needs it. Install python-flint.") from None
    return flint


@takes(values=VALUES)
def ball(expression: sp.Expr, values: Mapping[sp.Symbol, Any], precision: int = 128) -> Ball:
    """A real ball that contains ``expression`` at ``values``.

    Args:
        expression: made of numbers, symbols and the functions of :mod:`theory.decision.arb.ball_functions`.
        values: a ball (``flint.arb``), Fraction, integer or SymPy rational for every free symbol.
        precision: working precision in bits, at least :data:`MIN_PRECISION`.

    Returns:
        A ``flint.arb``. NaN where the expression is undefined, not real, or not enclosed by any finite ball.

    Raises:
        MissingParameterError: a free symbol has no value.
        UnsupportedFormError: a function has no enclosure here, or the expression holds a floating-point number.
        DimensionError: ``precision`` is no whole number of bits from :data:`MIN_PRECISION` to :data:`MAX_PRECISION`.
        MissingFlintError: python-flint is not installed.

    References:
        Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans. Computers
        (2017).

    Example:
        >>> from fractions import Fraction
        >>> p = sp.Symbol("p", positive=True)
        >>> ball(sp.atan(p) + sp.atan(1 / p) - sp.pi / 2, {p: Fraction(3, 7)}, 256).contains(0)
        True
    """
    return _enclosure(RealBalls, expression, values, precision)


@takes(values=VALUES)
def complex_ball(expression: sp.Expr, values: Mapping[sp.Symbol, Any], precision: int = 128) -> Ball:
    """A complex ball (``flint.acb``) that contains ``expression`` at real ``values``; see :func:`ball`."""
    return _enclosure(ComplexBalls, expression, values, precision)


@takes(values=VALUES)
def truth(condition: Boolean | bool, values: Mapping[sp.Symbol, Any], precision: int = 128) -> bool | None:
    """Whether ``condition`` holds at ``values``; None where balls of this precision cannot tell.

    Relations between rational expressions at rational points are decided exactly.

    Example:
        >>> from fractions import Fraction
        >>> x = sp.Symbol("x")
        >>> truth((x < 2) & (x >= 1), {x: Fraction(1)})
        True
        >>> truth(sp.sqrt(x) ** 2 > 2, {x: Fraction(2)})
        False
    """
    if isinstance(condition, bool):
        return condition
    if not isinstance(condition, Boolean):
        raise UnsupportedFormError(
            f"condition must be a relation such as x > 0 or its And, Or, Not, got {shown(condition)}. "
            "Build it from symbols, since text is not read."
        )
    precision = count(precision, "precision", at_least=MIN_PRECISION, at_most=MAX_PRECISION)
    missing = [str(symbol) for symbol in _symbols(condition) if symbol not in values]
    if missing:
        raise MissingParameterError(f"values must give a number for {', '.join(missing)}, which condition holds.")
    exact = _exact_truth(condition, rational_part(values))
    if exact is not None:
        return exact
    flint = flint_library()
    with flint.ctx.workprec(precision):
        return RealBalls(flint, values).truth(condition)


@functools.lru_cache(maxsize=8192)
def _symbols(form: sp.Basic) -> tuple[sp.Symbol, ...]:
    """Free symbols by name, looked for once for all points of evaluation."""
    return tuple(sorted(form.free_symbols, key=str))


def _enclosure(kind: type[Balls], expression: sp.Expr, values: Mapping[sp.Symbol, Any], precision: int) -> Ball:
    flint = flint_library()
    if not isinstance(expression, sp.Expr):
        raise UnsupportedFormError(
            f"expression must be a SymPy expression, got {shown(expression)}. Build it from symbols, since text is not "
            "read."
        )
    precision = count(precision, "precision", at_least=MIN_PRECISION, at_most=MAX_PRECISION)
    missing = [str(symbol) for symbol in _symbols(expression) if symbol not in values]
    if missing:
        raise MissingParameterError(
            f"values must give a number for every free symbol of the expression: no value for {', '.join(missing)}. "
            "Add them to values."
        )
    with flint.ctx.workprec(precision):
        try:
            return kind(flint, values).value(expression)
        except RecursionError:
            raise UnsupportedFormError(
                "the expression is nested too deeply to be enclosed. Give its parts names and substitute them stepwise."
            ) from None
