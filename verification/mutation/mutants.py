"""Near misses made by machine: a few mutants of a right formula, each a slip that somebody could have made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, ArgumentKind, one_of, whole
from theory.errors import SymbolError, UnsupportedFormError
from verification.arguments import FORMULA, takes
from verification.forms import Candidate, Form
from verification.mutation.distance import Ruler, ruler
from verification.mutation.slips import Slip, can_be_named, drawn_places, mutated, sentence

NEAR_MISSES = (Slip.FACTOR_TWO, Slip.SIGN, Slip.EXPONENT, Slip.LOST_TERM, Slip.SWAPPED_SYMBOLS)
"""The slips that any check of a statement should see; 5 % is below the resolution of a default Monte Carlo run."""

AT_MOST = 5
"""Mutants of one statement."""

TRIES = 4
"""Places at which a slip of one kind is tried before the statement is said to have none of that kind."""


@dataclass(frozen=True)
class Mutant:
    r"""A wrong variant of a right formula, made by one slip at one place.

    Attributes:
        name: What was done where, with inline LaTeX: ``sign of $\mu$``.
        form: The wrong formula.
        kind: What kind of slip it is.
        distance: How far it is from the right one: the relative difference of the values (for a density, of its
            logarithmic derivative), or the share of points near the surfaces at which a condition is different.
    """

    name: str
    form: Candidate
    kind: Slip
    distance: float


_SLIPS = ArgumentKind(
    "a collection of slips",
    lambda value: (
        value is Slip
        or (isinstance(value, tuple | list | set | frozenset) and all(isinstance(slip, Slip) for slip in value))
    ),
)

_FORM = one_of(*get_args(Form), needed="a form, such as Identity(derivation)")


@takes(right=FORMULA, domain=CONDITIONS, form=_FORM, kinds=_SLIPS, limit=whole(1, 1000))
def mutants(
    right: Candidate,
    *,
    domain: Sequence[Boolean],
    form: Form,
    kinds: Collection[Slip] = NEAR_MISSES,
    limit: int = AT_MOST,
) -> tuple[Mutant, ...]:
    r"""At most one mutant of each kind that says something else than ``right`` on ``domain``, and no absurdity.

    Where each slip happens is drawn by hashing the formula and the place, so that the answer is the same in every
    process. A mutant is kept only if its measured distance is noticeable and not grotesque (see
    :mod:`verification.mutation.distance`) and a point proves that it is not the right form in disguise. What cannot be
    measured has no mutants: sets, figures, formulas that no ball encloses, operators that do not commute.

    Args:
        right: The form that holds.
        domain: Conditions beyond the symbols' assumptions under which the statement is made.
        form: How candidates are judged.
        kinds: Which slips are made.
        limit: No more mutants than these.

    Example:
        >>> import sympy as sp
        >>> from verification.forms import Identity
        >>> eta, k, s = sp.symbols("eta k s", positive=True)
        >>> variance = eta * s**2 / (2 * k)
        >>> for mutant in mutants(variance, domain=(), form=Identity(lambda: variance)):
        ...     print(mutant.name, "->", mutant.form)
        factor 2 on $\frac{\eta s^{2}}{2 k}$ -> eta*s**2/k
        sign of $\frac{\eta s^{2}}{2 k}$ -> -eta*s**2/(2*k)
        exponent 1 of $\eta$ becomes 2 -> eta**2*s**2/(2*k)
        $\eta$ and $s$ exchanged -> eta**2*s/(2*k)
    """
    right = right.as_immutable() if isinstance(right, sp.MatrixBase) else right
    try:
        measured = ruler(form, right, domain)
    except (UnsupportedFormError, SymbolError):
        return ()  # outside what balls enclose or points satisfy: no mutant of it could be measured
    if measured is None:
        return ()
    seen, found = {right}, []
    places = drawn_places(right, kinds)
    for kind in kinds:
        here = [place for place in places if place.slip is kind and can_be_named(right, place)]
        for place in here[:TRIES]:
            wrong = mutated(right, place)
            distance = None if wrong in seen else _measured(wrong, measured)
            seen.add(wrong)
            if distance is not None:
                found.append(Mutant(sentence(right, place), wrong, kind, distance))
                break
        if len(found) == limit:
            break
    return tuple(found)


def _measured(wrong: Candidate, measured: Ruler) -> float | None:
    """The distance of one mutant; None also where it leaves what balls enclose, as the root of -p does."""
    try:
        return measured(wrong)
    except (UnsupportedFormError, SymbolError):
        return None
