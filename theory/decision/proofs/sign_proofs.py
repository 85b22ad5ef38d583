"""Proofs that an expression has one sign: by its normal form, on its line, or by its ranges."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, YES_OR_NO, takes
from theory.decision.algebra.normal_form import proof_of_positivity, proof_of_zero
from theory.decision.proofs.box_signs import Lowest, Range, lowest_on_box
from theory.decision.proofs.readings import readings
from theory.decision.proofs.signs_on_boxes import proof_by_ranges
from theory.decision.proofs.signs_on_line import OpenInterval, is_elementary
from theory.decision.proofs.whole_numbers import least_sign_at_whole_numbers

_MOST_READINGS = 64
_MOST_TURNS = 24
"""A wave of so many times an angle is a polynomial of this degree in those of the angle."""


@takes(expression=EXPRESSION, conditions=CONDITIONS, strict=YES_OR_NO)
def proof_of_sign(
    expression: sp.Expr, conditions: Boolean | Sequence[Boolean] = (), *, strict: bool = True
) -> str | None:
    """A sentence that states why ``expression`` is positive, or nowhere negative if not ``strict``; None if unknown.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> proof_of_sign(p - sp.log(1 + p))
        'by the signs of its derivatives on the line of p'
        >>> proof_of_sign(1 - sp.tanh(p)), proof_of_sign(sp.log(p)) is None
        ('every factor has terms of one sign', True)
    """
    given = (conditions,) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    return _proof(expression, given, strict)


@functools.lru_cache(maxsize=512)
def _proof(expression: sp.Expr, given: tuple[Boolean, ...], strict: bool) -> str | None:
    found = proof_of_positivity(expression, given)
    if found is None and not strict:
        found = proof_of_zero(expression, given)
    routes = (
        _by_squares,
        _by_terms,
        _by_root,
        _by_power,
        _by_factors,
        _on_the_line,
        _by_half_angles,
        _at_whole_numbers,
    )
    found = found or next(filter(None, (route(expression, given, strict) for route in routes)), None)
    return found or proof_by_ranges(expression, given, strict=strict)


def _by_squares(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    """The proof that no term is negative as it is written, as of squares, and one of them is positive if ``strict``."""
    terms = expression.args if isinstance(expression, sp.Add) else ()
    if not terms or not all(term.is_nonnegative for term in terms) or strict and not any(t.is_positive for t in terms):
        return None
    return "no term is negative and one is positive" if strict else "no term is negative"


def _by_power(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    """The proof for real powers of what is positive."""
    if not isinstance(expression, sp.Pow) or expression.exp.is_real is not True:
        return None
    proof = proof_of_sign(expression.base, conditions, strict=True)
    return proof and f"a real power of what is positive: {proof}"


def _by_terms(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    """The proof that no term is negative, for every sign of the symbols of which absolute values are taken."""
    jumps = (sp.sign, sp.Heaviside, sp.Piecewise, sp.floor, sp.ceiling, sp.frac, sp.Mod)  # readings leave out u = 0
    if strict or expression.has(*jumps) or not expression.has(sp.Abs, sp.Max, sp.Min):
        return None
    count = 0
    for reading in itertools.islice(readings(expression), _MOST_READINGS + 1):
        count += 1
        signed: dict[sp.Expr, sp.Expr] = {}
        for condition in reading.where:
            if isinstance(condition, Relational) and condition.lhs.is_Symbol and condition.rhs == 0:
                letter = sp.Dummy(positive=True)
                signed[condition.lhs] = letter if isinstance(condition, sp.Gt) else -letter
        terms = sp.Add.make_args(sp.expand(reading.meaning.xreplace(signed)))
        if count > _MOST_READINGS or not all(term.is_nonnegative for term in terms):
            return None
    return f"no term is negative in any of {count} readings of its absolute values"


def _by_factors(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    """The proof for each factor that can be taken out, and for the logarithm of what is above 1."""
    if isinstance(expression, sp.log):
        return proof_of_sign(expression.args[0] - 1, conditions, strict=strict)
    if isinstance(expression, sp.exp) and expression.args[0].is_real:
        return "an exponential is positive"
    number, rest = sp.factor_terms(expression).as_coeff_Mul()
    parts = sp.Mul.make_args(rest)
    if len(parts) == 1 or number.is_zero:
        return None
    sign, proofs = int(sp.sign(number)), []
    for part in parts:
        for side in (1, -1):
            proof = proof_of_sign(side * part, conditions, strict=strict)
            if proof is not None:
                sign, proofs = sign * side, [*proofs, proof]
                break
        else:
            return None
    return f"for each of its factors: {'; '.join(dict.fromkeys(proofs))}" if sign > 0 else None


def _at_whole_numbers(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    least = least_sign_at_whole_numbers(expression, conditions)
    return "at the whole numbers that stand for all others" if least is not None and least >= strict else None


def _on_the_line(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    """The proof by :mod:`theory.decision.proofs.signs_on_line`, on the interval that bounds leave to the one symbol."""
    if len(expression.free_symbols) != 1 or not is_elementary(expression):
        return None
    (x,) = expression.free_symbols
    if x.is_real is not True:
        return None
    low = sp.S.Zero if x.is_nonnegative else -sp.oo
    high = sp.S.Zero if x.is_nonpositive else sp.oo
    closed = [] if x.is_nonzero else [end for end in (low, high) if end == 0]
    for relation in (part for c in conditions for part in sp.And.make_args(c) if isinstance(part, Relational)):
        if isinstance(relation, sp.Eq | sp.Ne):
            continue
        if relation.gts == x and relation.lts.is_Rational and relation.lts >= low:
            low = relation.lts
            closed.append(low)
        elif relation.lts == x and relation.gts.is_Rational and relation.gts <= high:
            high = relation.gts
            closed.append(high)
    if not low < high:
        return None
    line = OpenInterval(x, low, high)
    signs = line.signs(expression)
    if signs is None or set(signs.pieces) != {1} or strict and (signs.places or not signs.strict):
        return None
    at_ends = [line.value_at(expression, end) for end in closed if end in (low, high)]
    if any(sign is None or sign < strict for sign in at_ends):
        return None
    return f"by the signs of its derivatives on the line of {x}"


def _by_half_angles(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    r"""The proof for polynomials in waves, which are rational functions of :math:`t = \tan(x/2)`, for every angle.

    :math:`t` is positive where conditions keep the angle between 0 and half a turn.
    """
    waves = expression.atoms(sp.sin, sp.cos)
    letters: dict[sp.Expr, sp.Symbol] = {}
    parts, t, half_turns = {}, {}, set()
    for wave in waves:
        number, angle = wave.args[0].as_coeff_Mul()
        if wave.args[0].is_Add or not angle.is_real or not number.is_Rational:
            return None
        parts[wave] = (number, angle)
    for angle in {angle for _, angle in parts.values()}:
        common = math.lcm(*(int(number.q) for number, other in parts.values() if other == angle))
        if any(abs(number) * common > _MOST_TURNS for number, other in parts.values() if other == angle):
            return None
        unit = sp.Dummy(real=True)
        letters[angle] = unit
        t[unit] = sp.Dummy(real=True)
        if _is_between(angle, common * sp.pi, conditions):
            half_turns.add(t[unit])
        for wave, (number, other) in parts.items():
            if other == angle:
                expression = expression.xreplace({wave: sp.expand_trig(wave.func(number * common * unit))})
    whole = expression
    for unit, letter in t.items():
        below = 1 + letter**2
        whole = whole.xreplace({sp.sin(unit): 2 * letter / below, sp.cos(unit): (1 - letter**2) / below})
    if not letters or whole.free_symbols - set(t.values()):
        return None
    box = {letter: Range(sp.S.Zero) if letter in half_turns else Range() for letter in t.values()}
    (angle, *others) = letters
    if strict and not others and angle.is_rational and angle.is_nonzero:
        if _is_positive_polynomial(sp.numer(sp.together(whole)), box, strict=False):
            return f"as a polynomial in tan({angle}/2), which is transcendental"  # Lindemann: so it is no zero of it
        return None
    if not _is_positive_polynomial(sp.numer(sp.together(whole)), box, strict):
        return None
    for unit in t if strict else ():  # half a turn, which no tangent reaches
        if t[unit] in half_turns:
            continue
        there = expression.xreplace({sp.sin(unit): sp.S.Zero, sp.cos(unit): sp.S.NegativeOne})
        if not (there.is_positive or _by_half_angles(there, conditions, strict)):
            return None
    return f"as a polynomial in {' and '.join(sorted(f'tan({angle}/2)' for angle in letters))}"


def _is_between(angle: sp.Expr, half_turn: sp.Expr, conditions: Sequence[Boolean]) -> bool:
    """Whether the angle is positive, by declaration or a condition, and a condition keeps it below half a turn."""
    bounds = [part for c in conditions for part in sp.And.make_args(c) if isinstance(part, sp.Gt | sp.Lt)]
    is_positive = angle.is_positive or any(r.gts == angle and r.lts.is_nonnegative for r in bounds)
    return bool(is_positive) and any(r.lts == angle and (half_turn - r.gts).is_nonnegative for r in bounds)


def _is_positive_polynomial(polynomial: sp.Expr, box: dict[sp.Symbol, Range], strict: bool) -> bool:
    """Whether a polynomial is proved to be positive all over a box, or nowhere negative, factor by factor."""
    if not polynomial.free_symbols:
        return bool(polynomial.is_positive or not strict and polynomial.is_nonnegative)
    rational = polynomial.is_polynomial() and all(
        c.is_Rational for c in sp.Poly(polynomial, *polynomial.free_symbols).coeffs()
    )
    if not rational:
        return False
    constant, parts = sp.factor_list(polynomial)
    for part, power in parts:
        if power % 2 == 0 and not strict:
            continue
        signs = {side: lowest_on_box(sp.expand(side * part), box) for side in (1, -1)}
        side = next(
            (s for s, low in signs.items() if low is Lowest.POSITIVE or not strict and low is Lowest.NOT_NEGATIVE), 0
        )
        if not side:
            return False
        constant *= side**power
    return bool(constant > 0)


def _by_root(expression: sp.Expr, conditions: Sequence[Boolean], strict: bool) -> str | None:
    """The proof of u + c sqrt(v) with c > 0: it is positive where u is, and where c^2 v > u^2."""
    for root in sorted(expression.atoms(sp.Pow), key=sp.default_sort_key):
        if root.exp != sp.S.Half or not root.base.is_nonnegative:
            continue
        number, rest = expression.coeff(root), expression.coeff(root, 0)
        if not (number.is_Rational and number > 0) or sp.expand(expression - rest - number * root) != 0 or rest == 0:
            continue
        if proof_of_sign(rest, conditions, strict=strict):
            return f"{rest} is, and roots are not negative"
        if not rest.has(root) and proof_of_sign(sp.expand(number**2 * root.base - rest**2), conditions, strict=strict):
            return f"{root} is larger than the rest"
    return None
