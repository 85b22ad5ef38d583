r"""Answers for every depth from 2 on: worked out at L = 2 and for L > 2, and joined.

At two layers powers of w meet that are apart for more (:math:`w^2` and :math:`w^{1+2/L}`), so the law of a mode is of
another kind. What is the same formula on both sides is given once; else the answer names the case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, SYMBOL, takes
from theory.decision.zero import decide_zero
from theory.deep_linear.modewise import BalancedModes
from theory.parameters import BoundedSymbol, parameter

Answer = TypeVar("Answer")


def meets_two(depth: sp.Expr) -> bool:
    """Whether a depth is a symbol that can be 2 as well as more."""
    return isinstance(depth, BoundedSymbol) and depth.bounds.low == 2 and bool(depth.bounds.low_included)


def in_both_cases(
    modes: BalancedModes, question: Callable[[BalancedModes], Answer]
) -> tuple[sp.Symbol, sp.Symbol, Answer, Answer]:
    """The depth, a symbol for one above 2 that stands for it, and the answers at L = 2 and for L > 2."""
    L = modes.depth
    deeper = parameter(L.name, integer=bool(L.is_integer), above=2)
    return L, deeper, question(replace(modes, depth=sp.Integer(2))), question(replace(modes, depth=deeper))


@takes(L=SYMBOL, deeper=SYMBOL, at_two=EXPRESSION, beyond=EXPRESSION)
def joined(L: sp.Symbol, deeper: sp.Symbol, at_two: sp.Expr, beyond: sp.Expr) -> sp.Expr:
    """One formula for all depths where that for L > 2 goes over into that for L = 2; else both, by case.

    Example:
        >>> L, deeper = parameter("L", integer=True, at_least=2), parameter("L", integer=True, above=2)
        >>> joined(L, deeper, sp.Integer(4), 2 * deeper)
        2*L
        >>> joined(L, deeper, sp.Integer(1), 2 * deeper)
        Piecewise((1, Eq(L, 2)), (2*L, True))
    """
    formula = beyond.xreplace({deeper: L})
    if decide_zero(beyond.xreplace({deeper: sp.Integer(2)}) - at_two).says_zero:
        return formula
    return sp.Piecewise((at_two, sp.Eq(L, 2)), (formula, True))


def joined_condition(L: sp.Symbol, deeper: sp.Symbol, at_two: Boolean, beyond: Boolean) -> Boolean:
    """One condition for all depths."""
    condition = beyond.xreplace({deeper: L})
    if condition == at_two:
        return condition
    return sp.Or(sp.And(sp.Eq(L, 2), at_two), sp.And(L > 2, condition))
