r"""Sign conditions on parameters, in a form a reader recognises.

Derivations end in statements such as :math:`2\mu/\zeta^2 - 2 > -1`. Here such a sign condition becomes a
polynomial inequality, :math:`\mu > \zeta^2/2`, by exact steps only: denominators and factors whose sign the
assumptions of the symbols decide are cleared, and nothing is solved.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from functools import lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import CONDITION, DISTINCTIONS, EXPRESSION, REAL_EXPRESSION, takes
from theory.decision.algebra.factorisation import irreducible_factors, sign_of_factor
from theory.parameters import within_bounds

_SIGNS = (-1, 0, 1)
_RELATION = {
    (1,): sp.Gt,
    (0, 1): sp.Ge,
    (-1,): sp.Lt,
    (-1, 0): sp.Le,
    (0,): sp.Eq,
    (-1, 1): sp.Ne,
}
_MIRRORED = {sp.Gt: sp.Lt, sp.Ge: sp.Le, sp.Lt: sp.Gt, sp.Le: sp.Ge, sp.Eq: sp.Eq, sp.Ne: sp.Ne}
_MAX_POLYNOMIALS = 6
"""Booleans over more polynomials than this are returned as they are: 3**6 sign patterns are looked at."""


@takes(expression=EXPRESSION)
def sign(expression: sp.Expr) -> int | None:
    """-1, 0 or 1 where the assumptions of the symbols decide the sign of ``expression``, else None."""
    if expression.is_zero:
        return 0
    if expression.is_positive:
        return 1
    if expression.is_negative:
        return -1
    known, rest = _reduced(expression)
    if rest == 1 or rest == 0:
        return known
    return None


@takes(expression=REAL_EXPRESSION)
def positive(expression: sp.Expr) -> Boolean:
    r"""The condition ``expression > 0``, cleared of denominators and of factors of known sign.

    Example:
        >>> mu, zeta = sp.Symbol("mu", real=True), sp.Symbol("zeta", positive=True)
        >>> positive(2 * mu / zeta**2 - 1)
        mu > zeta**2/2
    """
    return _condition(expression, (1,))


@takes(expression=EXPRESSION)
def nonnegative(expression: sp.Expr) -> Boolean:
    """The condition ``expression >= 0``; see :func:`positive`."""
    return _condition(expression, (0, 1))


@takes(expression=EXPRESSION)
def negative(expression: sp.Expr) -> Boolean:
    """The condition ``expression < 0``; see :func:`positive`."""
    return _condition(expression, (-1,))


@takes(expression=EXPRESSION)
def nonpositive(expression: sp.Expr) -> Boolean:
    """The condition ``expression <= 0``; see :func:`positive`."""
    return _condition(expression, (-1, 0))


@takes(expression=EXPRESSION)
def vanishes(expression: sp.Expr) -> Boolean:
    """The condition ``expression == 0``; see :func:`positive`."""
    return _condition(expression, (0,))


@takes(condition=CONDITION)
def simplified(condition: Boolean) -> Boolean:
    r"""``condition`` with its relations in canonical form and contradictions and tautologies found.

    Every relation is a set of signs of one polynomial. The truth table over all combinations of signs
    decides; so ``x > 1 & x < 1`` is False, which ``And`` alone does not see.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> simplified(sp.And(x > 1, x < 1)), simplified(sp.Or(x > 1, sp.Eq(x, 1)))
        (False, x >= 1)
    """
    condition = _canonical(condition)
    found = _sign_patterns(condition)
    if found is None:
        return condition
    polynomials, patterns = found
    table = {pattern: bool(condition.xreplace(truth)) for pattern, truth in patterns}
    if not any(table.values()):
        return sp.false
    if all(table.values()):
        return sp.true
    for index, g in enumerate(polynomials):
        true = {p[index] for p, value in table.items() if value}
        false = {p[index] for p, value in table.items() if not value}
        if not true & false:
            return _condition(g, tuple(sorted(true)))
    return condition


@takes(distinctions=DISTINCTIONS)
def met_together(distinctions: Sequence[Sequence[Boolean]]) -> set[tuple[int, ...]] | None:
    """Which cases of several distinctions, each read in order, may apply at once; None where that is not looked at.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> sorted(met_together(((x < 1, sp.true), (x < 2, sp.true))))
        [(0, 0), (1, 0), (1, 1)]
    """
    distinctions = [[_canonical(condition) for condition in cases] for cases in distinctions]
    found = _sign_patterns(sp.Tuple(*itertools.chain(*distinctions)))
    if found is None:
        return None
    met = set()
    for _, truth in found[1]:
        applies = [
            [n for n, condition in enumerate(cases) if condition.xreplace(truth) == sp.true] for cases in distinctions
        ]
        if all(applies):
            met.add(tuple(first for first, *_ in applies))
    return met


@takes(condition=CONDITION)
def holds(condition: Boolean, values: dict[sp.Symbol, sp.Expr]) -> bool | None:
    """Whether ``condition`` is true at ``values``; None where exact arithmetic does not decide it."""
    result = condition.subs(values)
    if result in (sp.true, sp.false):
        return bool(result)
    return None


def _canonical(condition: Boolean | bool) -> Boolean:
    """``condition`` with each relation as one between 0 and a polynomial of unknown sign."""
    return sp.sympify(condition, strict=True).replace(
        lambda e: isinstance(e, sp.core.relational.Relational),
        lambda e: _condition(e.lhs - e.rhs, _signs(e)),
    )


def _sign_patterns(conditions: sp.Basic) -> tuple[list[sp.Expr], list[tuple[tuple[int, ...], dict]]] | None:
    """The polynomials of all relations, and the signs they may have with what these make of the relations.

    None where there are none, or too many to be looked at.
    """
    relations = sorted(conditions.atoms(sp.core.relational.Relational), key=sp.default_sort_key)
    polynomials: list[sp.Expr] = []
    atoms = []
    for relation in relations:
        g = sp.expand(relation.lhs - relation.rhs)
        signs = set(_signs(relation))
        for index, known in enumerate(polynomials):
            ratio = sp.cancel(g / known)
            if ratio.is_number and ratio.is_positive is not None:
                flip = 1 if ratio.is_positive else -1
                atoms.append((relation, index, {flip * value for value in signs}))
                break
        else:
            atoms.append((relation, len(polynomials), signs))
            polynomials.append(g)
    if not polynomials or len(polynomials) > _MAX_POLYNOMIALS:
        return None
    return polynomials, [
        (pattern, {r: sp.true if pattern[i] in s else sp.false for r, i, s in atoms})
        for pattern in itertools.product(_SIGNS, repeat=len(polynomials))
        if not _contradictory(polynomials, pattern)
    ]


def _signs(relation: sp.core.relational.Relational) -> tuple[int, ...]:
    for signs, kind in _RELATION.items():
        if isinstance(relation, kind):
            return signs
    raise AssertionError(relation)


@lru_cache(maxsize=4096)
def _reduced(expression: sp.Expr) -> tuple[int, sp.Expr]:
    """``(sign, g)`` such that ``expression`` has the sign of ``sign * g``, with ``g`` a product of unknown sign."""
    numerator, denominator = sp.fraction(sp.together(expression))
    known, unknown = 1, []
    for part in (numerator, denominator):
        constant, factors = irreducible_factors(part)
        if constant.is_zero:
            return 0, sp.S.Zero
        if constant.is_positive is None:
            unknown.append(constant)
        else:
            known *= 1 if constant.is_positive else -1
        for factor, power in factors.items():
            # A denominator is nonzero wherever the expression is defined, so its even powers are positive.
            if power % 2 == 0 and (part is denominator or factor.is_nonzero):
                continue
            one = sign_of_factor(factor)
            if one == 0:
                return 0, sp.S.Zero
            if one is None:
                unknown.append(factor if power % 2 else factor**2)
            else:
                known *= one**power
    return known, sp.Mul(*unknown)


def _condition(expression: sp.Expr, signs: tuple[int, ...]) -> Boolean:
    if sp.sympify(expression, strict=True).has(sp.oo, sp.zoo, sp.nan):
        raise AssertionError(f"a sign condition needs a finite expression, got {expression}")
    known, g = _reduced(expression)
    if g == 0 or g == 1:
        return sp.true if (known if g == 1 else 0) in signs else sp.false
    if known < 0:
        signs = tuple(sorted(-value for value in signs))
    if set(signs) == set(_SIGNS):
        return sp.true
    g = sp.expand(g)
    signs = _signs_within_bounds(g, signs)
    if not signs or set(signs) == set(_SIGNS):
        return sp.true if signs else sp.false
    if g.could_extract_minus_sign():
        g, signs = -g, tuple(sorted(-value for value in signs))
    return _presented(g, _RELATION[signs])


def _signs_within_bounds(g: sp.Expr, signs: tuple[int, ...]) -> tuple[int, ...]:
    """``signs`` where the declared bounds leave ``g`` open; none or all where they decide."""
    images = within_bounds(g)
    for impossible, known in ((-1, "is_nonnegative"), (1, "is_nonpositive")):
        if images and all(_is(known, image) for image in images):
            left = set(signs) - {impossible}
            if left == {0, -impossible}:
                return _SIGNS
            return tuple(sorted(left))
    return signs


def _is(known: str, expression: sp.Expr) -> bool:
    """Whether ``is_nonnegative``, say, holds of an expression, expanded or over one denominator."""
    return any(getattr(form(expression), known) for form in (sp.expand, sp.factor))


def _presented(g: sp.Expr, relation: type[sp.core.relational.Relational]) -> Boolean:
    """``g <relation> 0`` with one symbol isolated when it stands alone with a number, else one sign on each side."""
    terms = sp.Add.make_args(g)
    alone = []
    for term in terms:
        coefficient, rest = term.as_coeff_Mul()
        if rest.is_Symbol and not (g - term).has(rest):
            alone.append((rest.is_positive is not None, bool(coefficient < 0), rest.name, rest, coefficient))
    if alone:
        *_, x, coefficient = min(alone, key=lambda entry: entry[:3])
        bound = sp.expand(x - g / coefficient)
        return (relation if coefficient > 0 else _MIRRORED[relation])(x, bound)
    left = sp.Add(*[term for term in terms if not term.could_extract_minus_sign()])
    return relation(left, sp.expand(left - g))


def _contradictory(polynomials: list[sp.Expr], pattern: tuple[int, ...]) -> bool:
    """Whether no real values give the polynomials these signs, judged from pairs that differ by a known sign."""
    for (g, s), (h, r) in itertools.combinations(zip(polynomials, pattern, strict=True), 2):
        gap = _known_gap(g, h)
        if gap is not None and (s * gap < r * gap or (s == r == 0 and gap) or (gap == 0 and s != r)):
            return True
        total = _known_gap(g, -h)
        if total is not None and total and s * total <= 0 and r * total <= 0:
            return True
    return False


@functools.lru_cache(maxsize=1024)
def _known_gap(g: sp.Expr, h: sp.Expr) -> int | None:
    """The sign of ``g - c h`` for the positive number ``c`` that makes their leading coefficients equal, if known."""
    x = min(g.free_symbols & h.free_symbols, key=lambda symbol: symbol.name, default=None)
    if x is None:
        return None
    try:
        leading_g, leading_h = sp.Poly(g, x).LC(), sp.Poly(h, x).LC()
    except BasePolynomialError:  # x also stands in a root or a symbolic power
        return None
    ratio = sp.cancel(leading_g / leading_h)
    if not (ratio.is_number and ratio.is_positive):
        return None
    return sign(sp.expand(g - ratio * h))
