"""Where an expression changes its form, and rational points on and beside those places.

A residual that is 0 on one side of a kink, a step or the end of a branch says nothing about the other side, so points
are placed on both. Kinks are zeros of the arguments of ``Abs``, ``sign``, roots and logarithms, of differences in
``Max`` and ``Min``, of conditions in ``Piecewise``, and steps of ``floor``, ``ceiling`` and ``Mod``, nested ones too.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import sympy as sp
from sympy.core.relational import Relational

from theory.argument_kinds import EXPRESSION, POINT, SYMBOL, behind_the_door, takes
from theory.decision.arb.balls import truth
from theory.decision.points.region import affine_in, rounded_value
from theory.decision.points.zeros_on_a_line import zeros_and_poles
from theory.decision.rational_points import Point
from theory.errors import UnsupportedFormError

_truth = behind_the_door(truth)
_zeros_and_poles = behind_the_door(zeros_and_poles)

_EXPONENTS = (*range(-6, 7), *(s * e for e in (8, 12, 16, 24, 32, 48, 64, 96, 128, 1024, 16384) for s in (1, -1)))
"""Powers of two between which changes of sign are looked for."""

_BISECTIONS = 40

_STEPS = (0, 1, -1, 2)
"""Steps of a floor, a ceiling or a remainder that are looked at."""

_MOST_REMAINDERS = 1200
"""Of a longer period only so many remainders are visited."""

_CONVERGENTS = 20

_ROUNDED = (sp.floor, sp.ceiling, sp.frac)
_WAVES = (sp.sin, sp.cos, sp.tan, sp.cot)


@takes(expression=EXPRESSION)
def breakpoints(expression: sp.Expr) -> list[sp.Expr]:
    """Expressions at whose zeros ``expression`` changes its form, in a fixed order.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> breakpoints(sp.Abs(x - 2) + sp.sqrt(x**2 - 4 * x + 4))
        [x - 2, x**2 - 4*x + 4]
    """
    found: list[sp.Expr] = []
    for part in expression.atoms(sp.Abs, sp.sign, sp.Heaviside, sp.log, sp.arg):
        found.append(part.args[0])
    for part in expression.atoms(sp.asin, sp.acos, sp.acosh, sp.atanh):
        found += [part.args[0] - 1, part.args[0] + 1]
    for part in expression.atoms(sp.Max, sp.Min):
        found += [a - b for a, b in itertools.combinations(part.args, 2)]
    for part in expression.atoms(sp.Pow):
        if part.exp.is_integer is not True and not part.base.is_positive:
            found.append(part.base)
    for part in expression.atoms(sp.floor, sp.ceiling, sp.frac):
        found += [part.args[0] - k for k in _STEPS]
    for part in expression.atoms(sp.Mod):
        found += [part.args[0] - k * part.args[1] for k in _STEPS]
    for part in expression.atoms(sp.Piecewise):
        for _, condition in part.args:
            found += [relation.lhs - relation.rhs for relation in condition.atoms(Relational)]
    ours = {
        part
        for part in found
        if part.free_symbols and part.free_symbols <= expression.free_symbols and not part.has(sp.oo, sp.I)
    }
    return sorted(ours, key=sp.default_sort_key)


def remarkable_integers(form: sp.Basic, point: Point) -> Iterator[dict[sp.Symbol, Fraction]]:
    """``point`` with integers that leave every remainder ``form`` tells apart, and those next to the turns of waves."""
    symbols = [symbol for symbol in sorted(form.free_symbols, key=str) if symbol.is_integer]
    periods = {symbol: _period(form, symbol) or 1 for symbol in symbols}
    if 1 < math.prod(periods.values()) <= _MOST_REMAINDERS:
        for steps in itertools.product(*(range(period) for period in periods.values())):
            yield {**point, **{symbol: point[symbol] + k for symbol, k in zip(symbols, steps, strict=True)}}
    else:
        for symbol, period in periods.items():
            yield from ({**point, symbol: point[symbol] + k} for k in range(1, min(period, _MOST_REMAINDERS)))
    for symbol in symbols:
        yield from ({**point, symbol: Fraction(n)} for n in _next_to_turns(form, symbol))


@takes(expression=EXPRESSION, symbol=SYMBOL)
def period_of(expression: sp.Expr, symbol: sp.Symbol) -> int | None:
    r"""After how many whole numbers ``symbol`` steps, powers of -1 and waves come again; None if a step does not.

    Waves of rational multiples of :math:`\pi` are meant; others never come again, and count for nothing.

    Example:
        >>> n = sp.Symbol("n", integer=True)
        >>> period_of(sp.floor(n / 2) + sp.Mod(n**2, 7) + sp.cos(sp.pi * n / 3), n)
        42
        >>> period_of(sp.floor(sp.sqrt(2) * n), n) is None
        True
    """
    return _period(expression, symbol)


def _period(form: sp.Basic, symbol: sp.Symbol) -> int | None:
    period = 1
    for part in form.atoms(*_ROUNDED, sp.Mod, *_WAVES, sp.Pow):
        step = isinstance(part, (*_ROUNDED, sp.Mod))
        if part.is_Pow and not part.base.is_negative or not part.has(symbol):
            continue
        scale = part.args[1] if isinstance(part, sp.Mod) else sp.pi if isinstance(part, _WAVES) else sp.S.One
        argument = part.exp if part.is_Pow else part.args[0]
        own = _denominators(argument / scale, symbol)
        if own is None and step:
            return None
        period = math.lcm(period, (own or 1) * (1 if step else 2))
    return period


def _denominators(polynomial: sp.Expr, symbol: sp.Symbol) -> int | None:
    """The least number that makes all coefficients whole; None if they are not rational."""
    whole = [s for s in polynomial.free_symbols if s.is_integer]
    if symbol not in whole or not polynomial.is_polynomial(*whole):
        return None
    coefficients = sp.Poly(polynomial, *whole).as_dict()
    moving = [coefficient for powers, coefficient in coefficients.items() if any(powers)]
    return math.lcm(1, *(int(c.q) for c in moving)) if all(c.is_Rational for c in moving) else None


def _next_to_turns(form: sp.Basic, symbol: sp.Symbol) -> Iterator[int]:
    r"""Integers n for which the argument :math:`an` of a wave is close to a multiple of :math:`\pi/2`.

    They are the numerators of the convergents of :math:`\pi/2a`, and small multiples.
    """
    slopes = {sp.diff(wave.args[0], symbol) for wave in form.atoms(*_WAVES) if wave.has(symbol)}
    for slope in sorted((slope for slope in slopes if slope.is_number and slope.is_real and slope), key=str):
        quarter = abs(sp.pi / (2 * slope))
        if not quarter.is_Rational:
            convergents = sp.continued_fraction_convergents(sp.continued_fraction_iterator(quarter))
            for convergent in itertools.islice(convergents, _CONVERGENTS):
                yield from (sign * k * int(convergent.p) for k in (1, 2, 4) for sign in (1, -1))


@takes(expression=EXPRESSION)
def branch_cuts(expression: sp.Expr) -> list[sp.Expr]:
    """Real expressions at whose zeros complex arguments of logarithms, powers and inverse functions lie on the cut.

    Values may jump there, on a set that no random point hits. In a fixed order; arguments that are no rational
    functions are passed over.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> branch_cuts(sp.log(x + sp.I * y))
        [y]
    """
    arguments = {part.args[0] for part in expression.atoms(*_CUT)}
    arguments |= {part.base for part in expression.atoms(sp.Pow) if part.exp.is_integer is not True}
    turned = {sp.I * part.args[0] for part in expression.atoms(sp.atan, sp.acot, sp.asinh)}
    every = [sp.expand(part) for part in arguments | turned]
    plain = [part for part in every if part.has(sp.I) and part.is_rational_function(*part.free_symbols)]
    found = {sp.expand(part.as_real_imag()[1]) for part in plain}
    return sorted((part for part in found if part.free_symbols), key=sp.default_sort_key)


_CUT = (sp.log, sp.asin, sp.acos, sp.acosh, sp.atanh, sp.arg)
"""Functions that jump across a part of the real axis; atan, acot and asinh do across one of the imaginary axis."""


def moved_to_zero(
    point: dict[sp.Symbol, Fraction], expression: sp.Expr, symbols: Sequence[sp.Symbol], rng: random.Random
) -> dict[sp.Symbol, Fraction] | None:
    """``point`` with one coordinate moved on or near a zero of ``expression``; None where no zero was found."""
    ours = [x for x in symbols if expression.has(x)]
    affine = [found for found in (affine_in(expression, x) for x in ours) if found]
    if affine:
        x, slope, offset = rng.choice(affine)
        a, b = rounded_value(slope, point), rounded_value(offset, point)
        if a is None or b is None or a == 0:
            return None
        root = -b / a
    else:
        x = rng.choice(ours)
        found = crossings(expression, x, point)
        if not found:
            return None
        root = rng.choice(rng.choice(found))
    if x.is_integer:
        return {**point, x: Fraction(round(root)) + rng.choice((-1, 0, 1))}
    step = Fraction(rng.getrandbits(8) | 1, 1 << rng.randint(4, 40)) * rng.choice((-1, 0, 1))
    if root != 0 and rng.random() < 0.5:
        step *= abs(root)
    return {**point, x: root + step}


@takes(expression=EXPRESSION, symbol=SYMBOL, point=POINT)
def crossings(expression: sp.Expr, symbol: sp.Symbol, point: Point) -> list[tuple[Fraction, Fraction]]:
    """Where ``expression``, along ``symbol`` through ``point``, vanishes or may change its sign, as rational brackets.

    An exact zero is its own bracket. All zeros and poles of a rational function with rational coefficients; else the
    changes of sign between the coordinate of ``point`` and the powers of two of :data:`_EXPONENTS`, on the side of 0
    that ``symbol`` admits.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> crossings((x - 3) ** 2, x, {x: Fraction(1)})
        [(Fraction(3, 1), Fraction(3, 1))]
        >>> [(low, high)] = crossings(sp.log(x) - 60, x, {x: Fraction(1)})
        >>> low < Fraction(114200738981568428366295719) < high
        True
    """
    found = _zeros_and_poles(expression, symbol, point)
    if found is not None:
        return list(found)
    try:
        return _changes_of_sign(expression, symbol, point)
    except UnsupportedFormError:
        return []


def _changes_of_sign(expression: sp.Expr, symbol: sp.Symbol, point: Point) -> list[tuple[Fraction, Fraction]]:
    if expression.is_extended_real is False:
        return []
    condition = sp.Gt(expression, 0)
    if condition in (sp.true, sp.false):
        return []

    def is_positive(value: Fraction) -> bool | None:
        return _truth(condition, {**point, symbol: value})

    powers = {Fraction(2) ** e for e in _EXPONENTS} | {abs(point[symbol])} - {Fraction(0)}
    sides = [s for s, barred in ((1, symbol.is_nonpositive), (-1, symbol.is_nonnegative)) if not barred]
    found = []
    for side in sides:
        signs = [(x, is_positive(x)) for x in sorted(side * power for power in powers)]
        known = [(x, positive) for x, positive in signs if positive is not None]
        found += [_bisected(is_positive, a, b) for (a, p), (b, q) in itertools.pairwise(known) if p is not q]
    return found


def _bisected(
    is_positive: Callable[[Fraction], bool | None], low: Fraction, high: Fraction
) -> tuple[Fraction, Fraction]:
    """The change of sign between ``low`` and ``high``, closer."""
    at_low = is_positive(low)
    for _ in range(_BISECTIONS):
        middle = _middle(low, high)
        there = is_positive(middle)
        if there is None:
            return middle, middle
        low, high = (middle, high) if there is at_low else (low, middle)
    return low, high


def _middle(low: Fraction, high: Fraction) -> Fraction:
    """The arithmetic middle of numbers close to each other, else about the geometric one."""
    small, large = sorted((abs(low), abs(high)))
    if small == 0 or large <= 2 * small:
        return (low + high) / 2
    octaves = (large / small).__floor__().bit_length() - 1
    return (1 if high > 0 else -1) * small * (1 << max(octaves // 2, 1)) if octaves > 1 else (low + high) / 2


def zeros_along(expression: sp.Expr, point: Point, symbols: Sequence[sp.Symbol]) -> Iterator[dict[sp.Symbol, Fraction]]:
    """``point`` moved along each coordinate onto the zeros of ``expression``, to both ends of their brackets."""
    for x in symbols:
        if expression.has(x):
            for bracket in crossings(expression, x, point):
                for value in dict.fromkeys(bracket):
                    yield {**point, x: value}
