r"""Sums whose terms cancel to more than one order where their argument vanishes or grows, such as :math:`e^u-1-u`.

Near such a point the sum is :math:`c_mu^m+c_{m+1}u^{m+1}+\dots` with terms far larger than itself, and no rearrangement
of them keeps digits. There it is the beginning of its Taylor series, elsewhere itself:

.. math::
    \frac{1}{2\pi i}\oint\frac{f(z)}{z^{n+1}}\,dz\approx\frac1M\sum_{j=0}^{M-1}f(\rho\zeta^j)(\rho\zeta^j)^{-n},
    \qquad\zeta=e^{2\pi i/M}

gives the coefficients, also where f has a removable singularity (:math:`\coth u-1/u`). What is put in place has been
compared with f to more digits than a double holds, at points out to the radius in which it is used; a function that is
not analytic there (:math:`|u|`, a root of u) fails that comparison and is left as it is.

Far out it is a power series in :math:`1/u`, such as :math:`\sqrt{u^2+u}-u`, or in :math:`e^{-u}`, such as
:math:`\sqrt{1+e^{2u}}-e^u`, on either side by itself and found in the same way.

References:
    Trefethen and Weideman, "The exponentially convergent trapezoidal rule", *SIAM Review* 56 (2014) 385;
    Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 1.14.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from numerics.arguments import takes
from numerics.codegen.far_out import far_out
from numerics.codegen.many_digits import (
    DIGITS,
    LOSS,
    NO_VALUE,
    PARTS,
    SCALED,
    TINY,
    as_float,
    loss,
    rational,
    values_of,
    y,
)
from numerics.codegen.one_denominator import HIGHEST_POWER
from numerics.working_precision import working_digits
from theory.argument_kinds import EXPRESSION, EXPRESSIONS
from theory.argument_kinds import whole as whole_between

RADII = tuple(sp.Rational(k, 16) for k in (1, 2, 4, 6, 8, 12, 16))
"""Where the series may be used, the smallest first."""

_BITS = 400
_NODES = 128
_MOST_TERMS = 48
_MOST_PARTS = 200
_MOST_SYMBOLS = 4
_MOST_SUMMANDS = 10
_NOT_ANALYTIC = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise, sp.floor, sp.ceiling, sp.Heaviside, sp.Mod, sp.re)
_ABOUT_ONE = (sp.log, sp.loggamma, sp.gamma, sp.digamma, sp.acosh)
"""Functions that are singular at 0 and whose sums cancel at 1."""


@takes(whole=EXPRESSION, terms=EXPRESSIONS, otherwise=EXPRESSION, orders=whole_between(1, 20))
def with_series(whole: sp.Expr, terms: Sequence[sp.Expr], otherwise: sp.Expr, *, orders: int = 1) -> sp.Expr | None:
    """``whole`` by its series where the ``terms`` it is computed from cancel, and ``otherwise`` elsewhere.

    None where no cancellation, to at least as many ``orders``, is seen, or where it is not analytic.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> whole = sp.exp(x) - 1 - x
        >>> near = with_series(whole, [sp.exp(x) - 1, -x], whole).args[0]
        >>> near[1], sp.expand(near[0]).coeff(x, 3)
        (Abs(x) <= 1/2, 1/6)
    """
    if not _is_candidate(whole) or len(terms) > _MOST_SUMMANDS:
        return None
    for u, cofactor, function in _in_one_argument(whole, tuple(terms)):
        branches = []
        for centre in (0, 1) if any(part.has(*_ABOUT_ONE) for part in function) else (0,):
            found = None if branches else _series(function, centre, orders)
            if found is not None:
                coefficients, radius = found
                distance = u - centre
                near = sp.Add(*(c * distance**n for n, c in enumerate(coefficients) if c))
                branches.append((cofactor * near, sp.Abs(distance) <= radius))
        if len(terms) > 1 and u.is_extended_real is not False:
            branches += [(cofactor * far, region) for far, region in far_out(function, u, orders)]
        if branches:
            return sp.Piecewise(*branches, (otherwise, True))
    return None


@takes(product=EXPRESSION)
def over_what_vanishes(product: sp.Expr) -> sp.Expr | None:
    """The part below the line of x**m/(exp(x) - 1)**n, and the like: both sides underflow long before the quotient.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> over_what_vanishes(x**2 / (sp.exp(x) - 1) ** 2)
        (exp(x) - 1)**(-2)
    """
    factors = sp.Mul.make_args(product)
    powers = dict(factor.args if factor.is_Pow else (factor, sp.S.One) for factor in factors)
    if len(product.free_symbols) != 1 or not all(m.is_Integer for m in powers.values()):
        return None
    (x,) = product.free_symbols
    below = [base**m for base, m in powers.items() if m < 0 and base.is_Add and base.has(sp.Function)]
    above = powers.get(x, sp.S.Zero)
    if not above > 0 or not below or not all((1 / factor).subs(x, 0) == 0 for factor in below):
        return None
    return sp.Mul(*below) if above > 1 or sum(int(-factor.exp) for factor in below) > 1 else None


def _is_candidate(whole: sp.Expr) -> bool:
    powers = whole.atoms(sp.Pow)
    heads = whole.atoms(sp.Function) | {power for power in powers if not power.exp.is_Integer or _is_high(power)}
    if not heads or whole.has(*_NOT_ANALYTIC) or whole.is_number:
        return False
    if len(whole.free_symbols) > _MOST_SYMBOLS:
        return False
    return sum(1 for _ in sp.preorder_traversal(whole)) <= _MOST_PARTS


def _is_high(power: sp.Pow) -> bool:
    """Whether it is a power of a sum that is not multiplied out."""
    return power.base.is_Add and abs(power.exp) > HIGHEST_POWER


def _in_one_argument(
    whole: sp.Expr, terms: tuple[sp.Expr, ...]
) -> Iterator[tuple[sp.Expr, sp.Expr, tuple[sp.Expr, ...]]]:
    """(u, c, parts) such that each term is c times the part at u, and the parts depend on nothing else."""
    symbols = whole.free_symbols
    if len(symbols) == 1:
        (x,) = symbols
        if (inner := _inner_exponential(whole, x)) is not None:
            written = [_in_exponential(term, inner, x) for term in (whole, *terms)]
            if not any(term.has(x) for term in written):
                yield inner, sp.S.One, tuple(written)
                return
        if (scale := _of_reciprocal(whole, x)) is not None:
            yield scale / x, sp.S.One, tuple(term.subs(x, scale / y) for term in (whole, *terms))
        yield x, sp.S.One, tuple(term.subs(x, y) for term in (whole, *terms))
        return
    arguments = {part.args[0] for part in whole.atoms(sp.Function) if part.args[0].free_symbols}
    for u in sorted(arguments, key=sp.default_sort_key):
        for x in sorted(u.free_symbols, key=sp.default_sort_key):
            scale = sp.cancel(u / x)
            if scale.has(x):
                continue
            inside = [term.subs(x, y / scale) for term in (whole, *terms)]
            factors = [part.as_independent(y, as_Add=False) for part in inside[1:]]
            bases = {sp.Mul(*(f for f in constant.args_cnc()[0] if not f.is_number)) for constant, _ in factors}
            if len(bases) == 1:
                (c,) = bases
                parts = tuple(sp.expand(part / c) for part in inside)
                if all(part.free_symbols <= {y} for part in parts):
                    yield u, c, parts
                    return


def _of_reciprocal(whole: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """A number c with c/x the argument of each function; ``None`` where there is none."""
    arguments = {head.args[-1] for head in whole.atoms(sp.Function) if head.has(x)}
    scales = {sp.cancel(argument * x) for argument in arguments if argument.is_Mul or argument.is_Pow}
    if len(arguments) != 1 or not scales or (scale := scales.pop()).free_symbols:
        return None
    return scale


def _inner_exponential(whole: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """exp(x) or exp(-x) where exponentials of it stand in the function; ``None`` for another one."""
    inner = {part for e in whole.atoms(sp.exp) for part in e.args[0].atoms(sp.exp)}
    signs = {part.args[0].coeff(x) for part in inner}
    return sp.exp(signs.pop() * x) if signs in ({sp.S.One}, {sp.S.NegativeOne}) else None


def _in_exponential(part: sp.Expr, inner: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """A part with y for the exponential."""
    rate = inner.args[0].coeff(x)
    powers = {
        e: y ** (e.args[0].coeff(x) / rate)
        for e in part.atoms(sp.exp)
        if sp.expand(e.args[0]).coeff(x) * x == e.args[0]
    }
    return part.xreplace(powers)


@takes(parts=PARTS)
def series_about(parts: tuple[sp.Expr, ...]) -> tuple[tuple[sp.Rational, ...], sp.Rational] | None:
    """Coefficients of the Taylor series at 0 of a function of ``many_digits.y`` given with its terms, and its radius.

    None where the terms do not cancel there, or the function is not analytic.

    Example:
        >>> coefficients, radius = series_about((y - sp.sin(y), y, -sp.sin(y)))
        >>> coefficients[:4], radius
        ((0, 0, 0, 1/6), 1)
    """
    return _series(parts, 0, 1)


@lru_cache(maxsize=512)
def _series(parts: tuple[sp.Expr, ...], centre: int, orders: int) -> tuple[tuple[sp.Rational, ...], sp.Rational] | None:
    """Coefficients about the centre and the radius up to which they are used; parts are the whole and its terms."""
    if _is_plainly_regular(parts[0], centre):
        return None
    try:
        together = values_of(parts)
        with working_digits(DIGITS):
            near, nearer = (_cancellation(together, centre, mpmath.mpf(2) ** -k) for k in (14, 20))
            if not (near > mpmath.mpf(2) ** (14 * orders - 8) and 16 * near < nearer < mpmath.inf):
                return None
            function = sp.lambdify(y, parts[0], [SCALED, "mpmath"])
            enough = [r for r in RADII if _cancellation(together, centre, as_float(r)) <= LOSS] or [RADII[-1]]
            # The smallest radius at which no digit is lost beyond it; if the series does not reach it, the largest.
            for radius in (enough[0], *(r for r in reversed(RADII) if r < enough[0])):
                found = _taylor(function, centre, as_float(radius))
                if found is not None:
                    return found, radius
    except NO_VALUE:
        pass
    return None


def _is_plainly_regular(whole: sp.Expr, centre: int) -> bool:
    """Whether a look shows that it does not vanish at the centre, or branches there."""
    roots = {power for power in whole.atoms(sp.Pow) if power.base == y and not power.exp.is_Integer}
    if centre == 0 and roots:
        # A function that is odd in the root of y may stand over it.
        if not any(head.has(*roots) for head in whole.atoms(sp.Function)):
            return True
    value = whole.subs(y, centre)
    return value.is_finite is True and value.is_zero is False


def _cancellation(together: Callable[[Any], Any], centre: int, distance: Any) -> Any:
    """How many times larger than the sum its largest term is, on the worse side."""
    sides = [loss(together, centre + step) for step in (distance, -distance)]
    return mpmath.mpf(0) if 0 in sides else max(sides)


def _taylor(f: Callable[[Any], Any], centre: int, radius: Any) -> tuple[sp.Rational, ...] | None:
    """The Taylor coefficients that are needed within the radius; None where they do not represent the function."""
    circle = 3 * radius / 2
    try:
        values = [f(centre + circle * turn) for turn in _turns()]
        size = max(map(abs, values))
        waves = _waves([value / size for value in values] if size else values)
    except NO_VALUE:
        return None
    coefficients = []
    for n, scaled in enumerate(waves, -2):
        coefficients.append(mpmath.mpf(0) if abs(scaled) < mpmath.mpf(10) ** -21 else size * scaled / circle**n)
    if any(coefficients[:2]):
        return None
    exact = tuple(map(rational, coefficients[2:]))
    if not any(exact):
        return None
    in_order = [as_float(c) for c in reversed(exact)]
    for share in (1, 0.93, 0.61, 0.3, 0.07, 2.0**-9, 2.0**-30):
        for distance in (share * radius, -share * radius):
            expected = f(centre + distance)
            if not abs(mpmath.polyval(in_order, distance) - expected) <= TINY * abs(expected):
                return None
    return _shortened(exact, radius)


@lru_cache(maxsize=1)
def _turns() -> tuple[Any, ...]:
    """The nodes on the upper half of the unit circle."""
    return tuple(mpmath.expjpi(mpmath.mpf(2 * j) / _NODES) for j in range(_NODES // 2 + 1))


@lru_cache(maxsize=1)
def _cosines() -> tuple[int, ...]:
    """Cosines of all nodes, in fixed point."""
    upper = [_fixed(mpmath.re(turn)) for turn in _turns()]
    return (*upper, *upper[-2:0:-1])


def _waves(values: Sequence[Any]) -> list[Any]:
    """The coefficients of orders -2 to the last of a function with values of at most 1 on the upper half circle.

    In fixed point: fifty sums of sixty products are a few milliseconds of whole numbers, and most of a second of
    complex ones.
    """
    cosines = _cosines()
    parts = [(_fixed(mpmath.re(value)), _fixed(mpmath.im(value))) for value in values]
    (first, _), (last, _) = parts[0], parts[-1]
    inner = list(enumerate(parts[1:-1], 1))
    waves = []
    for n in range(-2, _MOST_TERMS):
        # Values below the axis are the conjugates of those above it; a sine is a cosine a quarter of a turn earlier.
        total = sum(
            re * cosines[n * j % _NODES] + im * cosines[(n * j - _NODES // 4) % _NODES] for j, (re, im) in inner
        )
        whole = 2 * total + ((first - last if n % 2 else first + last) << _BITS)
        waves.append(mpmath.ldexp(mpmath.mpf(whole), -2 * _BITS) / _NODES)
    return waves


def _fixed(value: Any) -> int:
    return int(mpmath.ldexp(value, _BITS))


def _shortened(coefficients: tuple[sp.Rational, ...], radius: Any) -> tuple[sp.Rational, ...]:
    """Without the last ones, which are nothing beside the first within the radius."""
    first = next(n for n, c in enumerate(coefficients) if c)
    leading = abs(as_float(coefficients[first])) * radius**first
    kept = list(coefficients)
    while len(kept) > first + 1 and abs(as_float(kept[-1])) * radius ** (len(kept) - 1) < TINY * leading:
        kept.pop()
    return tuple(kept)
