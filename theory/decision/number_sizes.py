r"""How large the numbers of a form are, one by one and together: they say how narrow and how far its turns may lie.

A sign at points is evidence where the turns of a function lie among the points. A logarithm reaches :math:`c` at
:math:`e^c`, a root :math:`x^{1/k}` at :math:`c^k`, and :math:`(2 + q^2)^{-100}` is never above :math:`2^{-100}`: so
numbers count as what powers, exponentials and bounds of letters make of them. Sizes are in bits,
:math:`|\log_2 |c||`, for what is small hides as well as what is large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from theory.argument_kinds import behind_the_door
from theory.decision.arb.balls import ball
from theory.errors import UnsupportedFormError

_ball = behind_the_door(ball)

LARGEST_NUMBER = 128
"""Numerators, denominators and exponents beyond this make parts of a tame function narrow."""

LOGARITHMS = (sp.log, sp.asinh, sp.acosh, sp.atanh, sp.LambertW, sp.loggamma, sp.digamma, sp.polygamma, sp.besselk,
              sp.expint, sp.Ei, sp.uppergamma)  # fmt: skip
"""Functions that grow as a logarithm does, far out or at a pole, or by a logarithm more than their argument."""

_STEEP = (sp.exp, sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch, sp.erf, sp.erfc, sp.erfi, sp.gamma,
          sp.factorial, sp.besseli, sp.besselk, sp.expint, sp.uppergamma, sp.lowergamma, sp.Ei)  # fmt: skip
"""Functions that make an exponential of the size of their argument, or of its square."""

_NARROWEST = 32
_FARTHEST = 32_768
"""Bits of the smallest well, and of the farthest place, that points see."""

_LARGEST_OF_LOGARITHMS = 10
"""Bits of the largest logarithm of a place that points see: farther out balls tell nothing from 0."""

_ALMOST = 1 << 20
"""Constants that are closer than one over this to a whole number may cancel it."""

_LARGEST_AT_IRRATIONAL_PLACES = 4
"""Bits of a logarithm of the distance from a place that is irrational: points come as close as that."""

_CONSTANT_BITS = 256
_LONGEST_SHOWN = 256


def is_logarithm(node: sp.Basic) -> bool:
    """Whether a node is a function of symbols that grows as a logarithm does."""
    several = isinstance(node, sp.hyper) and len(node.args[0]) > 1
    return (several or isinstance(node, LOGARITHMS)) and bool(node.free_symbols)


def sizes_of_letters(relations: Sequence[Relational]) -> dict[sp.Symbol, float]:
    """How many bits each letter has at least, by the numbers that bound it; letters that may be about 1 have none."""
    ends: dict[sp.Symbol, list[sp.Expr]] = {}
    for relation in relations:
        for letter, number in (relation.args, relation.args[::-1]):
            if letter.is_Symbol and not number.free_symbols and number.is_extended_real:
                low, high = ends.setdefault(letter, [sp.S.Zero if letter.is_nonnegative else -sp.oo, sp.oo])
                if isinstance(relation, sp.Gt | sp.Ge | sp.Lt | sp.Le):
                    below = relation.lts == number
                    ends[letter] = [max(low, number), high] if below else [low, min(high, number)]
    return {letter: _bits_of_interval(*bounds) for letter, bounds in ends.items()}


def _bits_of_interval(low: sp.Expr, high: sp.Expr) -> float:
    inner = low if low >= 1 else -high if high <= -1 else sp.S.One
    outer = max(abs(low), abs(high))
    nearest = outer if 0 < outer < 1 else inner
    return _bits_of_constant(nearest) if nearest.is_finite else 0.0


def too_large(form: sp.Basic, largest: int, letters: Mapping[sp.Symbol, float]) -> str | None:
    """Why the numbers of ``form`` leave parts that points do not see, in words; None if they are small."""
    number = largest_number(form)
    if number > largest:
        size = str(number) if number.bit_length() < _LONGEST_SHOWN else f"2**{number.bit_length() - 1}"
        return f"numbers as large as {size} leave parts too narrow for points"
    sizes = _Sizes(letters if len(form.free_symbols) > 1 else {})
    bits, root = sizes.of(form), sizes.slowness(form)
    if any(map(is_logarithm, form.atoms(sp.Function))):
        powers = 1.3 * (root + _power_of_logarithm(form))  # x**(1/k) overtakes log(x)**m at (k m)**(1.3 k m)
        is_near = any(map(_falls_at_irrational_places, filter(is_logarithm, form.atoms(sp.Function))))
        if bits + powers > (_LARGEST_AT_IRRATIONAL_PLACES if is_near else _LARGEST_OF_LOGARITHMS):
            return f"logarithms beside numbers of {bits:.0f} bits together grow too slowly for points to see how far"
    elif root and max(bits, 1.0) * 2.0 ** min(root, 64) > _FARTHEST:
        return f"roots beside numbers of {bits:.0f} bits together grow too slowly for points to see how far"
    if bits > _NARROWEST:
        return f"numbers that are {bits:.0f} bits long together leave parts too narrow for points"
    return None


def _falls_at_irrational_places(logarithm: sp.Expr) -> bool:
    """Whether the argument of a logarithm may vanish where no coordinate can be solved for in rational numbers."""
    u = logarithm.args[-1]
    if isinstance(logarithm, sp.asinh | sp.acosh | sp.LambertW | sp.hyper):
        return False
    ends = (1 - u, 1 + u) if isinstance(logarithm, sp.atanh) else (u,)
    factors = (factor for end in ends for factor in _bases(end))
    return not all(f.is_positive or f.is_Rational or _is_linear_in_a_letter(f) for f in factors)


def _bases(product: sp.Expr) -> Iterator[sp.Expr]:
    """What vanishes where a product does: its factors without their powers and moduli."""
    for factor in sp.Mul.make_args(product):
        base = factor.as_base_exp()[0]
        if isinstance(base, sp.Abs):
            yield from _bases(base.args[0])
        else:
            yield base


def _is_linear_in_a_letter(f: sp.Expr) -> bool:
    letters = sorted(f.free_symbols, key=str)
    if not letters or not f.is_polynomial(*letters):
        return False
    polynomial = sp.Poly(f, *letters)
    return 1 in polynomial.degree_list() and all(c.is_Rational for c in polynomial.coeffs())


class _Sizes:
    """The sizes of forms whose letters have given sizes, in bits; rough ones, and never below what was told."""

    def __init__(self, letters: Mapping[sp.Symbol, float]) -> None:
        self._letters = {letter: bits for letter, bits in letters.items() if bits}

    def of(self, e: sp.Basic) -> float:
        if not e.free_symbols:
            return _bits_of_constant(e) if isinstance(e, sp.Expr) else 0.0
        if e.is_Symbol:
            return self._letters.get(e, 0.0)
        if e.is_Mul:
            return sum(map(self.of, e.args))
        if e.is_Add:
            return sum(sorted(map(self.of, e.args))[-2:])
        if e.is_Pow:
            exponent = _fraction(abs(e.exp)) if e.exp.is_Rational else 2.0 ** min(self.of(e.exp), 64)
            return exponent * self._at_least(e.base)
        if isinstance(e, _STEEP):
            bits = max(self._at_least(u) if isinstance(u, sp.Expr) else 0.0 for u in e.args)
            square = 2 if isinstance(e, sp.erf | sp.erfc | sp.erfi) else 1
            return 3 * 2.0 ** min(square * bits, 64) if bits else 0.0
        return max((self.of(part) for part in e.args), default=0.0)

    def _at_least(self, e: sp.Expr) -> float:
        """The size of a sum where letters that may be 0 are 0: of 50 + q**2 it is that of 50."""
        terms = sp.Add.make_args(e)
        free = [term for term in terms if self._may_vanish(term)]
        if len(free) > 1 and not all(term.is_polynomial() for term in free):
            free = []  # q and 1/q are not small together
        kept = [term for term in terms if term not in free]
        return max(map(self.of, kept)) + math.log2(len(kept)) if kept else 0.0

    def _may_vanish(self, term: sp.Expr) -> bool:
        powers = [factor.as_base_exp() for factor in sp.Mul.make_args(term) if factor.free_symbols]
        plain = all(base.is_Symbol and exponent.is_Rational for base, exponent in powers)
        return plain and any(base not in self._letters for base, _ in powers)

    def slowness(self, e: sp.Basic) -> float:
        """The bits of the largest k of which x**(1/k) is in the form, roots of roots multiplied."""
        inner = max((self.slowness(part) for part in e.args), default=0.0) if e.free_symbols else 0.0
        if not e.is_Pow or not e.base.free_symbols:
            return inner
        own = -math.log2(_fraction(abs(e.exp))) if e.exp.is_Rational else self.of(e.exp)
        return inner + max(own, 0.0)


def _power_of_logarithm(form: sp.Basic) -> float:
    """The bits of the largest power of what holds a logarithm."""
    powers = (e for e in form.atoms(sp.Pow) if e.exp.is_Rational and any(map(is_logarithm, e.base.atoms(sp.Function))))
    return max((math.log2(_fraction(abs(e.exp))) for e in powers if abs(e.exp) > 1), default=0.0)


def largest_number(form: sp.Basic) -> int:
    """The largest of the numbers of a form, and of the constants in it: exp(100) is as large as its digits."""
    written = max((max(abs(int(r.p)), int(r.q)) for r in form.atoms(sp.Rational)), default=0)
    return max(written, *map(_size_of, _constants(form)), 0)


def _constants(form: sp.Basic) -> Iterator[sp.Expr]:
    """The factors and terms without symbols that are no rational numbers."""
    for node in sp.preorder_traversal(form):
        if isinstance(node, sp.Expr) and not node.is_Rational:
            constant = node if not node.free_symbols else node.as_independent(*node.free_symbols)[0]
            if constant.is_number and constant.is_finite and not constant.is_Rational:
                yield constant


def _size_of(constant: sp.Expr) -> int:
    """How far a constant's size is from 1, or a constant from a whole number it almost is; 0 where no ball tells."""
    try:
        value = _ball(constant, {}, _CONSTANT_BITS)
    except UnsupportedFormError:
        return 0
    beside = _distance_from_1(value - (value + 0.5).floor())  # x*tanh(20) - x is a small number
    return max(_distance_from_1(value), beside if beside > _ALMOST else 0)


def _distance_from_1(value: Any) -> int:
    size = abs(value)
    size = size if size > 1 else 1 / size
    return int(size.upper().ceil().unique_fmpz()) if size.is_finite() else 0


def _bits_of_constant(constant: sp.Expr) -> float:
    if constant.is_Rational:
        return max(abs(int(constant.p)), int(constant.q)).bit_length() - 1.0 if constant else 0.0
    return max(_size_of(constant).bit_length() - 1.0, 0.0)


def _fraction(number: sp.Rational) -> Fraction:
    return Fraction(int(number.p), int(number.q))
