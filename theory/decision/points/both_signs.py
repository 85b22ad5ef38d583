"""Whether an expression is seen to take both signs: then no assumption of its symbols decides its sign."""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, behind_the_door, takes
from theory.decision.arb.balls import ball
from theory.decision.points.region import AdmissibleRegion, simple_points
from theory.errors import UnsupportedFormError

_ball = behind_the_door(ball)

_PRECISION = 64
"""Bits of the balls: a value that they do not tell from 0 counts for neither sign."""


@takes(expression=EXPRESSION)
def takes_both_signs(expression: sp.Expr) -> bool:
    """Whether balls tell that ``expression`` is positive at one point of small numbers and negative at another.

    True says that its sign is open. It is quick where factors, which could say which sign it has, are dear.

    Example:
        >>> k, c = sp.symbols("k c", positive=True)
        >>> takes_both_signs(k - sp.sqrt(c)), takes_both_signs(k + sp.sqrt(c))
        (True, False)
    """
    seen = set[bool]()
    try:
        for point in simple_points(AdmissibleRegion.of(expression.free_symbols, [])):
            value = _ball(expression, point, _PRECISION)
            if value > 0 or value < 0:
                seen.add(bool(value > 0))
            if len(seen) == 2:
                return True
    except UnsupportedFormError:  # no balls for a function in it
        pass
    return False
