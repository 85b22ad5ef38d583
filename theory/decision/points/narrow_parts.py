"""Parts of a region where a maximum has another leader, or a case holds, that random points are unlikely to meet.

``Max(0, -besselj(0, p) - 2/5)`` is 0 but near the lowest value of the Bessel function; the way down leads there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import sympy as sp
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

from theory.argument_kinds import behind_the_door
from theory.decision.arb.balls import truth
from theory.decision.points.extrema import descended
from theory.decision.points.point_search import PointSearch, Residual, branches, height, leads
from theory.errors import UnsupportedFormError

_truth = behind_the_door(truth)

_STARTS = 3
_MOST = 12
_INEQUALITIES = (StrictGreaterThan, GreaterThan, StrictLessThan, LessThan)


def point_in_a_narrow_part(
    search: PointSearch, visited: Sequence[dict[sp.Symbol, Fraction]]
) -> dict[sp.Symbol, Fraction] | None:
    """A point, in a part that none of ``visited`` lies in, where a ball excludes 0; None if none was found."""
    parts = itertools.chain(leads(search.expression), branches(search.expression))
    for part in itertools.islice(parts, _MOST):
        if any(_truth(part, point, 256) for point in visited):
            continue
        for inequality in sorted(part.atoms(*_INEQUALITIES), key=str):
            for start in sorted(visited, key=height)[:_STARTS]:
                if search.clock.is_over:
                    return None
                try:
                    lowest = descended(inequality.lts - inequality.gts, search.region, start)
                except UnsupportedFormError:
                    continue
                if search.residual(lowest)[0] is Residual.EXCLUDES:
                    return lowest
    return None
