r"""Proofs by monotony: bounds whose margin is a function of one quantity, and conditions solved for one letter.

A margin in one letter, or in one expression of several (:math:`pq` in :math:`pq\,e^{-pq} \le 3/8`), has the signs that
its derivatives leave it (:mod:`theory.decision.proofs.signs_on_line`). In several letters a condition :math:`F(u) > 0`
whose
:math:`F` is strictly monotone in :math:`u` is true on one side of its zero :math:`c`, hence the same as :math:`u > c`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITION, CONDITIONS, EXPRESSION, YES_OR_NO, takes
from theory.decision.algebra.normal_form import proof_of_positivity, proof_of_zero, sign_of_factors
from theory.decision.conditions.surfaces import INEQUALITIES, is_strict, margin, may_be
from theory.decision.proofs.places import Signs
from theory.decision.proofs.signs_on_boxes import proof_by_ranges
from theory.decision.proofs.signs_on_line import OpenInterval, is_elementary
from theory.errors import TheoryError

_MAX_OPERATIONS = 200
_OTHERS = (sp.S.One, sp.S.Half, sp.Rational(1, 8), sp.S.NegativeOne)

Truth = Callable[[dict[Relational, int]], bool]


@dataclass(frozen=True)
class SignsCompared:
    """What the signs on a line say of two conditions: a proof that they are one, or a point where they differ."""

    proof: str | None = None
    witness: dict[str, str] | None = None


@takes(expression=EXPRESSION, domain=CONDITIONS, strict=YES_OR_NO)
def proof_by_ends(expression: sp.Expr, domain: Sequence[Boolean] = (), *, strict: bool = False) -> str | None:
    """A sentence that states why ``expression`` is nowhere below 0 on ``domain``, or positive if ``strict``; or None.

    A letter in which it is monotone is set to the end of its range where it is smallest, one after the other.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> proof_by_ends(sp.exp(p) + q - 1, strict=True)
        'it is monotone in p and not below q, its value at p = 0: every factor has terms of one sign'
        >>> proof_by_ends(sp.exp(p) - q) is None
        True
    """
    listed = _listed(domain)
    for u in sorted(expression.free_symbols, key=str):
        outside = tuple(c for c in listed if not c.has(u))
        rising = _rises(expression, u, outside) if u.is_nonnegative or u.is_nonpositive else 0
        if rising != (1 if u.is_nonnegative else -1):
            continue
        least = expression.subs(u, 0)
        if not (is_elementary(least) and _is_continuous(expression, u)) or least.count_ops() > expression.count_ops():
            continue
        weak = not strict or bool(u.is_nonzero)
        proof = "it is 0 there" if weak and least == 0 else proof_of_positivity(least, outside)
        relation = sp.Ge(least, 0, evaluate=False) if weak else sp.Gt(least, 0, evaluate=False)
        proof = proof or proof_on_the_line(relation, sp.true, outside) or proof_by_ends(least, outside, strict=not weak)
        if proof:
            return f"it is monotone in {u} and not below {least}, its value at {u} = 0: {proof}"
    return None


@takes(first=CONDITION, second=CONDITION, domain=CONDITIONS)
def proof_of_same_side(first: Boolean, second: Boolean, domain: Sequence[Boolean] = ()) -> str | None:
    """A sentence that states why both conditions are true at the same points of ``domain``; None if none was found.

    Example:
        >>> x, p = sp.Symbol("x", real=True), sp.Symbol("p", positive=True)
        >>> proof_of_same_side(x**5 > p**5, x > p)
        'both are true for x on the same side of p, since -p**5 + x**5 is strictly monotone in it'
        >>> proof_of_same_side(x**5 > p**5, x >= p) is None
        True
    """
    return _by_solving(first, second, _listed(domain)) or proof_on_the_line(first, second, domain)


@takes(first=CONDITION, second=CONDITION, domain=CONDITIONS)
def proof_on_the_line(first: Boolean, second: Boolean, domain: Sequence[Boolean] = ()) -> str | None:
    """The proof for conditions on one quantity, from the signs of all their margins on its line."""
    return compared_on_the_line(first, second, domain).proof


@takes(first=CONDITION, second=CONDITION, domain=CONDITIONS)
def compared_on_the_line(first: Boolean, second: Boolean, domain: Sequence[Boolean] = ()) -> SignsCompared:
    """Whether two conditions on one quantity are one, from the signs of all their margins on its line.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> compared_on_the_line(p * sp.exp(-p) < sp.exp(-1), sp.true).witness
        {'p': '1'}
    """
    conditions = (sp.sympify(first), sp.sympify(second), sp.And(*_listed(domain)))
    try:
        for narrowed, stand_in in _in_one_letter(conditions):
            one, other, inside = narrowed
            found = _compared(one, other, inside, stand_in)
            if found is not None:
                return found
    except TheoryError:
        pass
    return SignsCompared()


def _listed(domain: Sequence[Boolean] | Boolean) -> tuple[Boolean, ...]:
    return (sp.sympify(domain),) if isinstance(domain, bool | Boolean) else tuple(map(sp.sympify, domain))


def _in_one_letter(conditions: tuple[Boolean, ...]) -> Iterator[tuple[tuple[Boolean, ...], dict[sp.Symbol, sp.Expr]]]:
    """The conditions themselves if they hold one symbol, or with a letter for one expression of all their symbols."""
    symbols = set().union(*(condition.free_symbols for condition in conditions))
    if sum(relation.count_ops() for c in conditions for relation in c.atoms(Relational)) > _MAX_OPERATIONS:
        return
    if len(symbols) <= 1:
        yield conditions, {}
        return
    parts = {
        part
        for condition in conditions
        for relation in condition.atoms(Relational)
        for side in relation.args
        for kernel in side.atoms(sp.Function, sp.Pow)
        for argument in kernel.args
        if isinstance(argument, sp.Expr)
        for part in (argument, -argument)
        if part.free_symbols == symbols and (part.is_Add or part.is_Mul or part.is_Pow) and is_elementary(part)
    }
    for part in sorted(parts, key=lambda part: (part.count_ops(), str(part))):
        sign = "positive" if part.is_positive else "nonnegative" if part.is_nonnegative else "real"
        if part.is_real is not True:
            continue
        letter = sp.Dummy(str(part), **{sign: True})
        replaced = tuple(condition.subs(part, letter) for condition in conditions)
        if all(condition.free_symbols <= {letter} for condition in replaced):
            yield replaced, {letter: part}


Pattern = tuple[dict[Relational, int], sp.Expr | Fraction | None]
"""The signs of several margins, and a number at which they have them."""


def _compared(
    first: Boolean, second: Boolean, domain: Boolean, stand_in: dict[sp.Symbol, sp.Expr]
) -> SignsCompared | None:
    """Whether two conditions in one letter are one, by the signs of their margins on its line."""
    symbols = first.free_symbols | second.free_symbols | domain.free_symbols
    relations = sorted(set().union(*(c.atoms(Relational) for c in (first, second, domain))), key=str)
    margins = {r: sp.sympify(margin(r)) for r in relations if isinstance(r, INEQUALITIES)}
    if len(symbols) != 1 or len(margins) < len(relations):
        return None
    (x,) = symbols
    range_of = _range(x, domain)
    if range_of is None or not all(f.has(x) for f in margins.values()):
        return None
    line = OpenInterval(x, *range_of[0])
    signs: dict[Relational, Signs] = {}
    for r, f in margins.items():
        found = line.signs(f)
        if found is None or not (found.strict or _is_always_weak(r, found)):
            return None
        signs[r] = found
    patterns = list(_patterns(line, signs))
    for end in range_of[1]:
        at = {r: line.value_at(f, end) for r, f in margins.items()}
        if None in at.values():
            return None
        patterns.append((at, end))  # type: ignore[arg-type]
    one, other, inside = map(_truth, (first, second, domain))
    for pattern in patterns:
        if pattern is None:
            return None
        if inside(pattern[0]) and one(pattern[0]) is not other(pattern[0]):
            return _difference(x, pattern[1], stand_in)
    asked = first.atoms(Relational) | second.atoms(Relational)
    named = dict.fromkeys(str(f.xreplace(stand_in)) for r, f in margins.items() if r in asked)
    agree = "true" if second == sp.true else "the same truth value"
    return SignsCompared(f"{agree} for every sign that {' and '.join(named)} can have on the line, by its derivatives")


def _range(x: sp.Symbol, domain: Boolean) -> tuple[tuple[sp.Expr, sp.Expr], list[sp.Expr]] | None:
    """The ends of the line on which ``x`` lies, and those of them that belong to it; None if it is no line."""
    if x.is_real is not True:
        return None
    low = sp.S.Zero if x.is_nonnegative else -sp.oo
    high = sp.S.Zero if x.is_nonpositive else sp.oo
    for relation in sp.And.make_args(domain):
        bound, side = _plain_bound(relation, x) if isinstance(relation, INEQUALITIES) else (None, 0)
        if bound is not None and side > 0:
            low = sp.Max(low, bound)
        elif bound is not None:
            high = sp.Min(high, bound)
    return ((low, high), [end for end in (low, high) if end.is_finite and _admits(x, end)]) if low < high else None


def _patterns(line: OpenInterval, signs: dict[Relational, Signs]) -> Iterator[Pattern | None]:
    """The signs on all pieces and at all zeros in one order; None where two zeros cannot be told apart."""
    places = sorted({p for found in signs.values() for p in found.places}, key=lambda place: (place.low, place.high))
    several = [p for p in places if p.exact is None and sum(p in found.places for found in signs.values()) > 1]
    if several or any(a.high >= b.low for a, b in itertools.pairwise(places)):
        yield None
        return

    def on_piece(found: Signs, i: int) -> int:
        return found.pieces[sum(place in found.places for place in places[:i])]

    for i, (left, right) in enumerate(itertools.pairwise([None, *places, None])):
        yield {r: on_piece(found, i) for r, found in signs.items()}, line.between(left, right)
    for i, place in enumerate(places):
        yield {r: 0 if place in found.places else on_piece(found, i) for r, found in signs.items()}, place.exact


def _difference(
    x: sp.Symbol, at: sp.Expr | Fraction | None, stand_in: dict[sp.Symbol, sp.Expr]
) -> SignsCompared | None:
    """Where two conditions differ, if that can be written down and the symbols can have these values."""
    if at is None:
        return None
    value = sp.Rational(at.numerator, at.denominator) if isinstance(at, Fraction) else at
    if x.is_integer and not value.is_integer:
        return None
    if x not in stand_in:
        return SignsCompared(witness={str(x): str(value)})
    part = stand_in[x]
    for symbol, other in itertools.product(sorted(part.free_symbols, key=str), _OTHERS):
        others = dict.fromkeys(part.free_symbols - {symbol}, other)
        rest = part.subs(others)
        slope = sp.diff(rest, symbol)
        if slope.is_Rational and slope != 0 and all(may_be(s, v) for s, v in others.items()):
            there = (value - rest.subs(symbol, 0)) / slope
            if may_be(symbol, there):
                return SignsCompared(witness={str(s): str(v) for s, v in {**others, symbol: there}.items()})
    return None


def _is_always_weak(relation: Relational, found: Signs) -> bool:
    """Whether isolated zeros change nothing: the inequality admits 0, and its margin is nowhere below."""
    return not is_strict(relation) and set(found.pieces) == {1}


def _plain_bound(relation: Relational, x: sp.Symbol) -> tuple[sp.Expr | None, int]:
    if relation.gts == x and relation.lts.is_Rational:
        return relation.lts, 1
    if relation.lts == x and relation.gts.is_Rational:
        return relation.gts, -1
    return None, 0


def _admits(x: sp.Symbol, end: sp.Expr) -> bool:
    """Whether the assumptions of ``x`` leave it the value ``end``."""
    return not (x.is_positive and end <= 0 or x.is_negative and end >= 0 or x.is_nonzero and end == 0)


def _truth(condition: Boolean) -> Truth:
    if condition in (sp.true, sp.false):
        value = condition == sp.true
        return lambda signs: value
    if isinstance(condition, sp.And | sp.Or):
        parts = [_truth(part) for part in condition.args]
        combined = all if isinstance(condition, sp.And) else any
        return lambda signs: combined(part(signs) for part in parts)
    if isinstance(condition, sp.Not):
        (part,) = map(_truth, condition.args)
        return lambda signs: not part(signs)
    if is_strict(condition):  # type: ignore[arg-type]
        return lambda signs: signs[condition] > 0  # type: ignore[index]
    return lambda signs: signs[condition] >= 0  # type: ignore[index]


def _by_solving(first: Boolean, second: Boolean, domain: tuple[Boolean, ...]) -> str | None:
    """The proof where one condition is linear in a letter in which the other is strictly monotone."""
    if not (isinstance(first, INEQUALITIES) and isinstance(second, INEQUALITIES)):
        return None
    if is_strict(first) != is_strict(second):
        return None
    for plain, other in ((margin(second), margin(first)), (margin(first), margin(second))):
        for u in sorted(plain.free_symbols & other.free_symbols, key=str):
            level = _level(plain, u, tuple(c for c in domain if not c.has(u)))
            if level is None:
                continue
            side, zero = level
            outside = tuple(c for c in domain if not c.has(u))
            if _rises(other, u, outside) == side and proof_of_zero(sp.sympify(other.subs(u, zero)), outside):
                return f"both are true for {u} on the same side of {zero}, since {other} is strictly monotone in it"
    return None


def _level(plain: sp.Expr, u: sp.Symbol, domain: tuple[Boolean, ...]) -> tuple[int, sp.Expr] | None:
    """The sign of the slope of an expression linear in ``u``, and its zero, if ``u`` can have that value."""
    slope = sp.diff(plain, u)
    if u.is_real is not True or slope.has(u) or slope == 0:
        return None
    side = sign_of_factors(slope, domain)
    zero = sp.cancel(-plain.subs(u, 0) / slope)
    possible = (
        proof_of_positivity(zero, domain)
        if u.is_nonnegative
        else proof_of_positivity(-zero, domain)
        if u.is_nonpositive
        else zero.is_real
    )
    return (side, zero) if side and possible and not (u.is_nonzero and u.is_extended_positive is None) else None


def _rises(f: sp.Expr, u: sp.Symbol, domain: tuple[Boolean, ...]) -> int:
    """1 or -1 if ``f`` is strictly increasing or decreasing in ``u`` on all of its line, else 0."""
    if not _is_smooth(f, u):
        return 0
    slope = sp.diff(f, u)
    known = sign_of_factors(slope, domain)
    known = known or next((side for side in (1, -1) if proof_by_ranges(side * slope, domain)), 0)
    if known:
        return known
    factor, rest = sp.factor(slope).as_independent(u, as_Add=False)
    if rest.free_symbols != {u}:
        return 0
    low, high = sp.S.Zero if u.is_nonnegative else -sp.oo, sp.S.Zero if u.is_nonpositive else sp.oo
    found = OpenInterval(u, low, high).signs(rest)
    return sign_of_factors(factor, domain) * found.pieces[0] if found is not None and found.are_one else 0


def _is_continuous(f: sp.Expr, u: sp.Symbol) -> bool:
    """Whether ``f`` is continuous also at 0: what it divides by, or takes the logarithm of, does not vanish there."""
    parts = [power.base for power in f.atoms(sp.Pow) if power.exp.has(u) or power.exp.is_positive is not True]
    parts += [kernel.args[0] for kernel in f.atoms(sp.log)]
    return all(part.subs(u, 0).is_positive for part in parts if part.has(u)) and not any(
        power.exp.has(u) and not power.base.is_positive for power in f.atoms(sp.Pow)
    )


def _is_smooth(f: sp.Expr, u: sp.Symbol) -> bool:
    """Whether ``f`` is real and analytic in ``u`` wherever the assumptions of the symbols hold."""
    if not is_elementary(f) or f.is_real is not True:
        return False
    powers = all(
        power.base.is_positive or power.exp.is_Integer and (power.exp > 0 or power.base.is_negative is True)
        for power in f.atoms(sp.Pow)
        if power.has(u)
    )
    return bool(powers and all(kernel.args[0].is_positive for kernel in f.atoms(sp.log) if kernel.has(u)))
