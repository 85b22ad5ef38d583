r"""Sums whose terms cancel far out, such as :math:`\sqrt{u^2+u}-u`.

There the sum is :math:`t^m` times a smooth function of :math:`t=1/|u|`, of its root, or of :math:`t=e^{-k|u|}` where it
depends on exponentials of u alone, and no rearrangement of its terms keeps digits. On an interval :math:`[0, r]` of t
the smooth function is the polynomial through its values at Chebyshev points, which also stands for functions whose
series in t converges nowhere. Beside it a multiple of :math:`\log|u|` may stand, as in entropies of gamma laws. What is
put in place has been compared with the function to more digits than a double holds, and its own terms do not cancel;
where one polynomial does not reach, another one follows. Both sides are looked at by themselves. Gamma functions have a
page of their own, too (:mod:`numerics.codegen.gamma_functions`).

References:
    Trefethen, *Approximation Theory and Approximation Practice* (2013), chapters 3 and 7.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from numerics.arguments import takes
from numerics.codegen.many_digits import DIGITS, LOSS, NO_VALUE, PARTS, TINY, as_float, loss, rational, values_of, y
from numerics.working_precision import working_digits
from theory.argument_kinds import REAL_EXPRESSION
from theory.argument_kinds import whole as whole_between

RADII = tuple(sp.Rational(1, 2**k) for k in (6, 5, 4, 3, 2, 1, 0))
"""Where the polynomials may be used, in t, the smallest first."""

_POINTS = 32
_MOST_TERMS = 24
_SHARES = (0.99, 0.71, 0.34, 0.1, 2.0**-6, 2.0**-11)
_AMPLIFICATION = 8
"""How much larger than the polynomial the sum of the moduli of its terms may be."""

_UNENDING = (*(sp.sin, sp.cos, sp.tan, sp.besselj, sp.besselk, sp.bessely, sp.airyai, sp.airybi),)
"""Functions that have no limit far out, or take minutes there."""

_POLES_BELOW = (sp.gamma, sp.loggamma, sp.polygamma)
"""Functions with poles on the negative side."""

_LOGARITHMIC = (sp.log, sp.loggamma, sp.polygamma)
"""Functions whose sums may grow like a logarithm."""

_STEEPEST = 50
_PARTS_OF_A_SLOPE = 48
"""Of multiples of logarithms, and into which parts they are."""

_MOST_PIECES = 3
"""Polynomials on one side."""


@takes(function=PARTS, u=REAL_EXPRESSION, orders=whole_between(1, 20))
def far_out(function: tuple[sp.Expr, ...], u: sp.Expr, orders: int) -> list[tuple[sp.Expr, Any]]:
    """The function of u, given with its terms, as pairs of a form and the region in which the terms cancel.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> ((form, region),) = far_out((sp.sqrt(y**2 + y) - y, sp.sqrt(y**2 + y), -y), x, 1)
        >>> region, abs(float(form.subs(x, 1e9)) - 0.5) < 1e-9
        (x >= 2, True)
    """
    if function[0].has(*_UNENDING) or _is_nested(function[0]):
        return []
    found = []
    rate = _rate(function[0])
    for side in (1, -1):
        if side < 0 and _has_poles_below(function[0]):
            continue
        chart = _Chart(side, rate, 1)
        polynomials = _polynomials(function, chart, orders)
        if not polynomials and rate is None and _has_roots(function[0]):
            chart = _Chart(side, rate, 2)
            polynomials = _polynomials(function, chart, orders)
        found += [(each.at(u), chart.region(u, each.radius)) for each in polynomials]
    return found


def _has_poles_below(function: sp.Expr) -> bool:
    """Whether a gamma function goes through its poles: its argument is negative at a large negative place."""
    arguments = (head.args[-1].subs(y, -(2**20)) for head in function.atoms(*_POLES_BELOW))
    return not all(argument.is_positive for argument in arguments)


@dataclass(frozen=True)
class _Chart:
    """t with |u| = t**-n, or t = exp(-k |u|) with a ``rate`` k, on one side."""

    side: int
    rate: sp.Rational | None
    n: int

    def argument(self, t: Any) -> Any:
        """u, a number of mpmath."""
        return self.side * (t**-self.n if self.rate is None else -mpmath.log(t) / as_float(self.rate))

    def edge(self, radius: sp.Rational) -> sp.Rational:
        """Where the region begins."""
        if self.rate is None:
            return self.side / radius**self.n
        # A number with few digits that lies inside.
        return self.side * sp.Rational(math.ceil(-16 * math.log(radius) / self.rate), 16)

    def share(self, u: sp.Expr, radius: sp.Rational) -> sp.Expr:
        """Of t over the radius, clipped so that the branch not taken is finite and so are its derivatives."""
        inside = self.inside(u, radius)
        return (
            sp.root(abs(self.edge(radius)) / inside, self.n)
            if self.rate is None
            else sp.exp(-self.rate * inside) / radius
        )

    def inside(self, u: sp.Expr, radius: sp.Rational) -> sp.Expr:
        """The modulus of u, clipped."""
        return self.side * (sp.Max if self.side > 0 else sp.Min)(u, self.edge(radius), evaluate=False)

    def region(self, u: sp.Expr, radius: sp.Rational) -> Any:
        """Where the polynomial is used."""
        edge = self.edge(radius)
        return u >= edge if self.side > 0 else u <= edge


@dataclass(frozen=True)
class _Polynomial:
    """A polynomial in t - centre times t**order, up to a radius, beside a multiple of log|u|."""

    chart: _Chart
    coefficients: tuple[sp.Rational, ...]
    order: sp.Rational
    centre: sp.Rational
    radius: sp.Rational
    slope: sp.Rational

    def at(self, u: sp.Expr) -> sp.Expr:
        """Its value, by t over the radius: coefficients by t itself overflow in single precision."""
        share, middle = self.chart.share(u, self.radius), self.centre / self.radius
        terms = (c * self.radius**n * (share - middle) ** n for n, c in enumerate(self.coefficients))
        logarithm = self.slope * sp.log(self.chart.inside(u, self.radius)) if self.slope else sp.S.Zero
        return self.radius**self.order * share**self.order * sp.Add(*terms) + logarithm


def _rate(whole: sp.Expr) -> sp.Rational | None:
    """A rate k > 0 such that it is a function of exp(-k y) alone; ``None`` for another one."""
    heads = {head for head in whole.atoms(sp.exp, HyperbolicFunction) if head.has(y)}
    rates = [sp.diff(head.args[0], y) for head in heads]
    if not heads or not all(rate.is_Rational for rate in rates):
        return None
    if whole.xreplace({head: sp.Dummy() for head in heads}).has(y):
        return None
    below = math.lcm(*(int(rate.q) for rate in rates))
    return sp.Rational(math.gcd(*(int(rate * below) for rate in rates)), below)


def _has_roots(whole: sp.Expr) -> bool:
    """Whether square roots of something with y stand in it."""
    return any(power.exp.is_Rational and power.exp.q == 2 and power.has(y) for power in whole.atoms(sp.Pow))


def _is_nested(whole: sp.Expr) -> bool:
    """Whether an exponential stands in another one: far out that has millions of digits before its point."""
    heads = [head for head in whole.atoms(sp.exp, HyperbolicFunction) if head.has(y)]
    return any(head.args[0].has(sp.exp, HyperbolicFunction) for head in heads)


@lru_cache(maxsize=512)
def _polynomials(parts: tuple[sp.Expr, ...], chart: _Chart, orders: int) -> tuple[_Polynomial, ...]:
    """Polynomials where the terms cancel, the farthest first; parts are the whole and its terms."""
    found: list[_Polynomial] = []
    try:
        together = values_of(parts)
        with working_digits(DIGITS):
            places = [mpmath.mpf(2) ** -k for k in (14, 20)]
            near, nearer = (loss(together, chart.argument(t)) for t in places)
            # In the root of 1/u there are two orders for one, and a half one is looked for too.
            least = 14 * (orders if chart.n == 1 else 2 * orders - 1) - 8
            if not (near > mpmath.mpf(2) ** least and 16 * near < nearer < mpmath.inf):
                return ()

            slope = sp.S.Zero
            if chart.rate is None and parts[0].has(*_LOGARITHMIC):
                if _order(*(abs(together(chart.argument(t))[0]) for t in places)) is None:
                    slope = _slope(together, chart.side)

            def f(t: Any) -> Any:
                u = chart.argument(t)
                return together(u)[0] - (as_float(slope) * mpmath.log(abs(u)) if slope else 0)

            order = _order(*(abs(f(t)) for t in places))
            if order is None or (chart.rate is not None and order < 0):
                return ()

            def smooth(t: Any) -> Any:
                return f(t) / t ** as_float(order)

            enough = [r for r in RADII if loss(together, chart.argument(as_float(r))) <= LOSS] or [RADII[-1]]
            begin = sp.S.Zero
            while begin < enough[0] and len(found) < _MOST_PIECES:
                for radius in (enough[0], *(r for r in reversed(RADII) if begin < r < enough[0])):
                    centre = (begin + radius) / 2 if begin else sp.S.Zero
                    coefficients = _interpolated(smooth, as_float(begin), as_float(radius), as_float(centre))
                    if coefficients is not None:
                        found.append(_Polynomial(chart, coefficients, order, centre, radius, slope))
                        begin = radius
                        break
                else:
                    break
    except NO_VALUE:
        pass
    return tuple(found)


def _slope(together: Callable[[Any], list[Any]], side: int) -> sp.Rational:
    """The coefficient a of a function that grows like a log|u|, a small fraction; 0 for another one."""
    values = [together(side * mpmath.mpf(2) ** k)[0] for k in (40, 60, 80)]
    first, second = ((b - a) / (20 * mpmath.log(2)) for a, b in itertools.pairwise(values))
    if mpmath.im(first) or not abs(first - second) < mpmath.mpf(10) ** -9 < abs(first) < _STEEPEST:
        return sp.S.Zero
    slope = sp.Rational(round(float(first) * _PARTS_OF_A_SLOPE), _PARTS_OF_A_SLOPE)
    return slope if abs(as_float(slope) - second) < mpmath.mpf(10) ** -9 else sp.S.Zero


def _order(near: Any, nearer: Any) -> sp.Rational | None:
    """The exponent m with values c t**m at 2**-14 and 2**-20; whole, or a half."""
    twice = float(mpmath.log(near / nearer, 2)) / 3
    return sp.Rational(round(twice), 2) if abs(twice - round(twice)) < 0.01 else None


def _interpolated(g: Callable[[Any], Any], begin: Any, end: Any, centre: Any) -> tuple[sp.Rational, ...] | None:
    """Coefficients of the polynomial for g on an interval; ``None`` where none of few terms keeps its digits.

    Its powers are those of t - centre, which is the left end or the middle of the interval.
    """
    turns = [mpmath.cos(mpmath.pi * (2 * j + 1) / (2 * _POINTS)) for j in range(_POINTS)]
    values = [g(begin + (end - begin) * (1 + turn) / 2) for turn in turns]
    if any(mpmath.im(value) != 0 for value in values):
        return None
    least = min(map(abs, values))
    waves = []
    for n in range(_POINTS):
        cosines = (mpmath.cos(mpmath.pi * n * (2 * j + 1) / (2 * _POINTS)) for j in range(_POINTS))
        waves.append(2 * mpmath.fdot(values, cosines) / _POINTS)
    waves[0] /= 2
    while waves and abs(waves[-1]) < TINY * least / 4:
        waves.pop()
    if not 0 < len(waves) <= _MOST_TERMS:
        return None
    reach = end - centre
    coefficients = _in_powers(waves, reach, from_the_middle=bool(centre > begin))
    size = sum(abs(c) * reach**n for n, c in enumerate(coefficients))
    if not size < _AMPLIFICATION * least:
        return None
    exact = tuple(map(rational, coefficients))
    in_order = [as_float(c) for c in reversed(exact)]
    for share in _SHARES:
        t = begin + share * (end - begin)
        expected = g(t)
        if not abs(mpmath.polyval(in_order, t - centre) - expected) <= TINY * abs(expected):
            return None
    return exact


def _in_powers(waves: list[Any], reach: Any, *, from_the_middle: bool) -> list[Any]:
    """The sum of waves[n] T_n(s) by the powers of t, where s is t/reach, or 2 t/reach - 1."""
    first, slope = (mpmath.mpf(0), 1 / reach) if from_the_middle else (mpmath.mpf(-1), 2 / reach)
    total = [mpmath.mpf(0)] * len(waves)
    before, now = [mpmath.mpf(1)], [first, slope]
    for n, wave in enumerate(waves):
        for power, c in enumerate(before):
            total[power] += wave * c
        if n + 1 < len(waves):
            following = [mpmath.mpf(0)] * (len(now) + 1)
            for power, c in enumerate(now):
                following[power] += 2 * first * c
                following[power + 1] += 2 * slope * c
            for power, c in enumerate(before):
                following[power] -= c
            before, now = now, following
    return total
