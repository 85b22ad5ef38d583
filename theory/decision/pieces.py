r"""An expression with kinks, steps and cases, piece by piece: proved to be 0 on each, or looked at in each.

:math:`|u|` is :math:`u` or :math:`-u`, a maximum is one of its arguments, a case distinction one of its branches, a
floor a whole number :math:`k`. What is 0 in every such reading is 0, wherever the walls between them lie. A reading
that is not 0 as it stands counts only if its piece is met by a point, or proved to be empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import behind_the_door
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.arb.balls import truth
from theory.decision.conditions.sign_patterns import proof_of_sameness
from theory.decision.evidence_class import ROUNDING, wall_out_of_sight
from theory.decision.far_sides import on_far_sides
from theory.decision.points.point_search import PointSearch, Residual
from theory.decision.points.region import AdmissibleRegion
from theory.decision.proofs.readings import BENT, Reading, readings
from theory.decision.proofs.repeating_steps import proof_by_repetition
from theory.decision.proofs.sign_proofs import proof_of_sign
from theory.decision.rational_points import Point
from theory.errors import TheoryError

_truth = behind_the_door(truth)

_MOST_PIECES = 64
_ATTEMPTS = 40


@dataclass(frozen=True)
class Pieces:
    """What looking at the pieces of an expression has shown: a proof, a point that refutes, or a doubt; or nothing."""

    proof: str | None = None
    point: dict[sp.Symbol, Fraction] | None = None
    doubt: str | None = None


def looked_at_in_pieces(search: PointSearch, visited: Sequence[Point], given: sp.Expr) -> Pieces:
    """What speaks for or against 0 at the places that ``visited`` did not meet.

    Args:
        search: the expression, and the region in which it is looked at.
        visited: points at which it agreed with 0.
        given: the expression with undefined functions, if it has any, for which concrete ones stand in ``search``.
    """
    conditions = search.region.conditions
    if not given.has(*BENT, *ROUNDING):
        doubt = wall_out_of_sight(given, conditions)
        point, doubt = (None, doubt) if doubt else on_far_sides(search, visited)
        return Pieces(point=point, doubt=doubt)
    expression = _with_constant_steps(given, conditions)
    if expression.has(*ROUNDING):
        expression = _with_free_levels(expression)
    pieces = list(itertools.islice(readings(expression), _MOST_PIECES + 1))
    if len(pieces) > _MOST_PIECES:
        return Pieces(doubt=f"it has more than {_MOST_PIECES} pieces")
    open_ones = [piece for piece in pieces if not _is_zero(piece, conditions)]
    if not open_ones:
        return Pieces(proof=f"zero in each of {len(pieces)} readings of its kinks, steps and cases")
    repeated = proof_by_repetition(given)
    if repeated is not None:
        return Pieces(proof=repeated)
    hidden = wall_out_of_sight(given, conditions)
    if given.has(AppliedUndef) or expression.free_symbols - given.free_symbols:
        return Pieces(doubt=hidden)
    found = _looked_at(open_ones, search, visited, hidden)
    if found == Pieces():
        point, doubt = on_far_sides(search, visited)
        return Pieces(point=point, doubt=doubt)
    return found


def _looked_at(
    open_ones: Sequence[Reading], search: PointSearch, visited: Sequence[Point], hidden: str | None
) -> Pieces:
    """Each piece met by a point, or proved to be empty; else a doubt, if something is ``hidden`` between the pieces."""
    conditions, doubt, met = search.region.conditions, None, 0
    for piece in open_ones:
        inside = tuple(c for c in piece.where if not c.has(sp.Eq, sp.Ne))
        unseen = hidden and wall_out_of_sight(piece.meaning, (*conditions, *inside))
        seen = any(_is_met(piece, point) for point in visited)
        met += seen
        if seen and not unseen or not seen and _is_empty(piece, conditions):
            continue
        found, met = _point_in(piece, search), met + 1
        if found is not None and search.residual(found)[0] is Residual.EXCLUDES:
            return Pieces(point=found)
        if unseen or found is None and (hidden or not any(c.has(sp.Eq) for c in piece.where)):
            told = " and ".join(map(str, piece.where))
            doubt = doubt or unseen or f"it is not proved that {told} never holds, and no point was found where it does"
    return Pieces(doubt=doubt) if met else Pieces(proof="zero in each reading of its kinks and cases that is possible")


def _is_zero(piece: Reading, conditions: Sequence[Boolean]) -> bool:
    holding = tuple(c for c in piece.where if not c.has(sp.Eq, sp.Ne))
    return piece.meaning == 0 or proof_of_zero(piece.meaning, (*conditions, *holding)) is not None


def _is_met(piece: Reading, point: Point) -> bool:
    ours = {symbol for condition in piece.where for symbol in condition.free_symbols}
    return ours <= point.keys() and all(_truth(condition, point, 256) for condition in piece.where)


def _is_empty(piece: Reading, conditions: Sequence[Boolean]) -> bool:
    """Whether the conditions of a piece, or one of them, are proved to hold nowhere."""
    if proof_of_sameness(sp.And(*piece.where), sp.false, conditions) is not None:
        return True
    parts = [part for condition in piece.where for part in sp.And.make_args(condition)]
    for part in parts:
        if isinstance(part, sp.Eq):
            margin = part.lhs - part.rhs
            if any(proof_of_sign(side * margin, conditions) for side in (1, -1)):
                return True
        elif isinstance(part, Relational) and not isinstance(part, sp.Ne):
            strict = isinstance(part, sp.Ge | sp.Le)  # a weak inequality is false where the other side is greater
            if proof_of_sign(part.lts - part.gts, conditions, strict=strict):
                return True
    bounds = [part for part in parts if isinstance(part, sp.Gt | sp.Lt)]
    return any(_are_opposite(one, other, conditions) for one, other in itertools.combinations(bounds, 2))


def _are_opposite(one: Relational, other: Relational, conditions: Sequence[Boolean]) -> bool:
    """Whether the margins of two strict bounds, or of their logarithms, are proved not to be positive together."""
    forms = ((bound.gts - bound.lts, _in_logarithms(bound.gts - bound.lts)) for bound in (one, other))
    sums = dict.fromkeys(sp.expand(u + v) for u, v in itertools.product(*forms))
    return any(proof_of_sign(-total, conditions, strict=False) for total in sums)


def _in_logarithms(margin: sp.Expr) -> sp.Expr:
    """What is positive where a margin is: a - b as a positive multiple of log a - log b, if both are positive."""
    above = [term for term in sp.Add.make_args(margin) if term.is_positive]
    below = [-term for term in sp.Add.make_args(margin) if term.is_negative]
    if len(above) != 1 or len(below) != 1 or above[0] - below[0] != margin:
        return margin
    difference = sp.expand_log(sp.log(above[0])) - sp.expand_log(sp.log(below[0]))
    return difference.as_content_primitive()[1]


def _point_in(piece: Reading, search: PointSearch) -> dict[sp.Symbol, Fraction] | None:
    try:
        region = AdmissibleRegion.of(search.symbols, (*search.region.conditions, *piece.where))
    except TheoryError:  # an equation has no interior
        return None
    inner = PointSearch(search.expression, region, search.rng, search.clock)
    return next(inner.points(_ATTEMPTS), None)


def _with_constant_steps(expression: sp.Expr, conditions: Sequence[Boolean]) -> sp.Expr:
    """``expression`` with the value of each step whose argument is proved to stay between two whole numbers."""
    known = {}
    for step in expression.atoms(sp.floor, sp.ceiling):
        u = step.args[0]
        lower = isinstance(step, sp.floor)
        for level in range(-2, 3):
            low, high = (u - level, level + 1 - u) if lower else (level - u, u - level + 1)
            if proof_of_sign(low, conditions, strict=False) and proof_of_sign(high, conditions):
                known[step] = sp.Integer(level)
                break
    return sp.sympify(expression.xreplace(known))


def _with_free_levels(expression: sp.Expr) -> sp.Expr:
    """``expression`` with a whole number of its own for every floor: what is 0 for all of them is 0."""
    levels: dict[sp.Expr, sp.Symbol] = {}

    def level(u: sp.Expr) -> sp.Symbol:
        return levels.setdefault(u, sp.Dummy(f"floor({u})", integer=True))

    outermost_first = sorted(expression.atoms(*ROUNDING), key=lambda e: (-e.count_ops(), sp.default_sort_key(e)))
    for step in outermost_first:
        if step.free_symbols <= expression.free_symbols:
            u = step.args[0]
            if isinstance(step, sp.floor):
                expression = expression.xreplace({step: level(u)})
            elif isinstance(step, sp.ceiling):
                expression = expression.xreplace({step: -level(-u)})
            elif isinstance(step, sp.frac):
                expression = expression.xreplace({step: u - level(u)})
            else:
                expression = expression.xreplace({step: u - step.args[1] * level(u / step.args[1])})
    return expression
