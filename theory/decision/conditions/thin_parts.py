"""Parts of conditions that may be true at a single place: where a half-plane touches a disk, a square is at most 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITION, CONDITIONS, takes
from theory.decision.conditions.surfaces import Compared, is_true_at

_MOST_RELATIONS = 8
"""Conditions of more relations are taken as one part: the number of parts doubles with each."""


@takes(condition=CONDITION)
def thin_parts(condition: Boolean) -> Iterator[Boolean]:
    """The alternatives of ``condition``, and of its contrary, that hold a relation true on its surface.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> list(thin_parts((x**2 + y**2 <= 1) & (x + y >= 3) | (x > 4)))
        [(x + y >= 3) & (x**2 + y**2 <= 1), (x <= 4) & (x**2 + y**2 > 1), (x <= 4) & (x + y < 3)]
    """
    for side in (condition, sp.Not(condition)):
        whole = side if len(side.atoms(Relational)) > _MOST_RELATIONS else sp.to_dnf(side)
        parts = whole.args if isinstance(whole, sp.Or) else (whole,)
        yield from sorted((part for part in parts if part.atoms(sp.Ge, sp.Le, sp.Eq)), key=sp.default_sort_key)


@takes(conditions=CONDITIONS)
def unseen_parts(conditions: Sequence[Boolean], points: Sequence[Compared]) -> Iterator[Boolean]:
    """Those parts of ``conditions`` that are true at none of ``points``: each is empty, or was missed."""
    for part in dict.fromkeys(part for condition in conditions for part in thin_parts(condition)):
        if not any(is_true_at(part, point) for point in points):
            yield part
