r"""Ends of a diffusion whose coefficients no chart holds: from the growth of drift and diffusion towards them.

Let y be x itself towards an infinite end, and one over the distance to a finite one, so that :math:`dx = J\,dy` with
:math:`J = y^j`, j = 0 or -2. With :math:`\varphi = \int 2b/a`, all integrals of Feller's test follow from limits at
:math:`y \to \infty` of logarithmic slopes, as the coefficients are built of powers, logarithms and exponentials and
so vary regularly (a Hardy field):

* :math:`\kappa = \lim y\varphi'` decides :math:`\int e^{-\varphi}J\,dy`: finite for :math:`\kappa > 1 + j`;
* :math:`\kappa' = \lim (y\varphi' - ya'/a)` decides :math:`\int e^{\varphi}/a\,J\,dy`: finite for
  :math:`\kappa' < -1 - j`;
* where both are finite numbers, the double integrals of Feller's test converge for :math:`\lim ya'/a > 2 + 2j`;
* where :math:`\kappa` is infinite they are those of :math:`J/|2b|` (entrance) and :math:`J/|2b - a'|` (exit).

An integral of :math:`y^{-1}` times something that varies slowly is decided by the power of the logarithm, and so on.
Drifts that oscillate are decided under constant noise and at infinity only: where b is a sum of powers times sines of
one frequency, :math:`\varphi = P(x) + Q(x)\cos(\omega x + \dots)`, the term of higher degree decides; if that is Q,
:math:`\varphi` has peaks and troughs without bound, and neither integral exists.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.6; Bingham, Goldie and Teugels,
    *Regular Variation* (1987), section 1.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.logic.boolalg import Boolean
from sympy.simplify.fu import TR8

from theory.argument_kinds import EXPRESSION, SYMBOL, takes
from theory.decision.conditions.inequalities import positive, sign
from theory.errors import OrderError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.limits import NOT_FOUND
from theory.line.charts.dominant_term import dominant_term
from theory.line.charts.interval import Interval
from theory.line.charts.inverse_charts import inverse_chart, moved_out
from theory.line.charts.powers import order
from theory.line.ends.feller import FellerClass

_LOGARITHMS = 2
"""How many iterated logarithms are looked at beside the power -1."""

_BOUNDED = (sp.sin, sp.cos)
_PERIODIC = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc)


@dataclass(frozen=True)
class Growth:
    """An end by the growth of the coefficients.

    Attributes:
        attracting: condition for a finite scale.
        finite_speed: condition for a finite speed measure.
        feller_class: None where the growth does not tell.
    """

    attracting: Boolean
    finite_speed: Boolean
    feller_class: FellerClass | None


def growth(process: ItoProcess, interval: Interval, end: sp.Expr) -> Growth:
    """One end of an interval inside which drift and diffusion are finite and the diffusion positive.

    Raises:
        UnsupportedFormError: the growth towards it is none of the module description; an OrderError where it hangs on
            a parameter in the exponents.
    """
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    y = sp.Dummy("y", positive=True)
    there, side = end, -1 if end == interval.left else 1
    if end.is_finite and all(f.subs(x, end).is_finite for f in (b, a)) and positive(a.subs(x, end)) == sp.true:
        return Growth(sp.true, sp.true, FellerClass.REGULAR)
    if interval.left.is_finite and interval.right.is_finite:
        moved = _moved(b, a, x, interval.ends)
        if moved is not None:  # no class hangs on the coordinate, and in this one logarithms are powers
            (b, a, x), end = moved, side * sp.oo
    found = None
    if any(e.args[0].has(x) for e in sp.Tuple(b, a).atoms(*_PERIODIC)):
        if end.is_infinite and not a.has(x):
            found = _oscillating(side * b.subs(x, side * y), a, y)
    else:
        place, slope = (side * y, side) if end.is_infinite else (end - side / y, side / y**2)
        drift, diffusion = (_leading(f.subs(x, place), y) for f in (b, a))
        try:
            found = _Towards(y, drift, diffusion, slope, sp.Integer(0 if end.is_infinite else -2)).growth
        except OrderError as error:
            raised = {power.exp for power in sp.Tuple(b, a).atoms(sp.Pow) if power.base.has(x)}
            if error.difference.free_symbols <= sp.Tuple(*raised).free_symbols:
                raise  # ranges of a parameter in the exponents have an answer each
    if found is None:
        raise UnsupportedFormError(
            f"how drift {process.drift[0]} and diffusion {process.diffusion[0]} grow towards {there} does not tell "
            "what the process does there. Give the parameters numbers or stronger assumptions."
        )
    return found


@lru_cache(maxsize=64)
def _moved(
    b: sp.Expr, a: sp.Expr, x: sp.Symbol, ends: tuple[sp.Expr, sp.Expr]
) -> tuple[sp.Expr, sp.Expr, sp.Symbol] | None:
    """Drift, diffusion and name of a coordinate whose ends are at infinity, None where none is known."""
    z = sp.Dummy("z", real=True)
    chart = inverse_chart(sp.Tuple(b, a), x, z, ends)
    moved = None if chart is None else moved_out(b, a, x, z, chart)
    return None if moved is None else (*moved, z)


def _leading(f: sp.Expr, y: sp.Symbol) -> sp.Expr:
    """The same up to factors ``1 + O(exp(-c y))``, where f is a quotient of sums of exponentials of multiples of y."""
    in_exponentials = _rewritten(f, lambda e: True)
    rates = {e: sp.diff(e.args[0], y) for e in in_exponentials.atoms(sp.exp) if e.has(y)}
    if not all(rate.is_Rational for rate in rates.values()):
        return _rewritten(f, lambda e: _is_far(e, y))  # what has a value far out would cancel
    if not rates:
        return in_exponentials
    unit = sp.Rational(
        sp.igcd(0, *(rate.p for rate in rates.values())), sp.ilcm(1, *(rate.q for rate in rates.values()))
    )
    small = sp.Dummy("small", positive=True)
    put = {e: small ** (-rate / unit) * sp.exp(e.args[0].subs(y, 0)) for e, rate in rates.items()}
    parts = sp.fraction(sp.cancel(sp.together(in_exponentials.xreplace(put))))
    if not all(part.is_polynomial(small) for part in parts):
        return in_exponentials
    (n, top), (m, bottom) = (sp.Poly(part, small).terms()[-1] for part in parts)
    return top / bottom * sp.exp(-(n[0] - m[0]) * unit * y)


def _rewritten(f: sp.Expr, chosen: Callable[[sp.Expr], bool]) -> sp.Expr:
    """Hyperbolic functions in exponentials, their inverses in logarithms."""
    f = f.replace(lambda e: isinstance(e, HyperbolicFunction) and chosen(e), lambda e: e.rewrite(sp.exp))
    return f.replace(lambda e: isinstance(e, sp.asinh | sp.atanh) and chosen(e), lambda e: e.rewrite(sp.log))


def _is_far(function: sp.Expr, y: sp.Symbol) -> bool:
    """Whether :func:`dominant_term` does not see to what a function tends."""
    try:
        return dominant_term(function, y) is None
    except OrderError:
        return True


@dataclass(frozen=True)
class _Towards:
    """Drift and diffusion as functions of y, which tends to infinity; slope is dx/du, of the order of y**j."""

    y: sp.Symbol
    b: sp.Expr
    a: sp.Expr
    slope: sp.Expr
    j: sp.Expr

    @property
    def growth(self) -> Growth | None:
        """What the limits tell; None where one of them is not found or hangs on parameters."""
        y = self.y
        if self.j == 0 and not self.a.has(y):
            pull = _limit(self.b * self.slope, y)
            if pull is not None and pull.is_finite and (way := sign(pull)):
                return Growth(sp.sympify(way > 0), sp.sympify(way < 0), FellerClass.NATURAL)
        steepness, thinning = y * 2 * self.b / self.a * self.slope, y * sp.diff(self.a, y) / self.a
        scale, speed = self.converges(-steepness), self.converges(steepness - thinning)
        if scale is None or speed is None:
            return None
        return Growth(sp.sympify(scale), sp.sympify(speed), self.feller_class(scale, speed, steepness, thinning))

    def feller_class(self, scale: bool, speed: bool, steepness: sp.Expr, thinning: sp.Expr) -> FellerClass | None:
        if scale == speed:
            return FellerClass.REGULAR if scale else FellerClass.NATURAL
        kappa, inner = _limit(steepness, self.y), _limit(steepness - thinning, self.y)
        if kappa is None or inner is None:
            return None
        outer, of_inner = (kappa, inner) if scale else (inner, kappa)  # of the weight outside, and of that inside
        if outer.is_infinite and of_inner.is_finite:
            reached: bool | None = True
        elif of_inner.is_infinite:
            log_slope = 2 * self.b * self.slope - (sp.diff(self.a, self.y) if scale else 0)
            ratio = log_slope / self.slope
            reached = self.finite(self.slope / ratio, -self.y * sp.diff(ratio, self.y) / ratio)
        else:
            reached = self.finite(self.y ** (1 + 2 * self.j) / self.a, 1 + self.j - thinning)
        if reached is None:
            return None
        return (FellerClass.EXIT if scale else FellerClass.ENTRANCE) if reached else FellerClass.NATURAL

    def finite(self, integrand: sp.Expr, log_slope: sp.Expr) -> bool | None:
        r"""Whether the integral of ``integrand``, :math:`e^{\int \ell\,dy/y}J` up to a factor, is finite."""
        term = dominant_term(integrand, self.y)
        known = None if term is None else term.integrable
        return self.converges(log_slope) if known is None else known

    def converges(self, log_slope: sp.Expr) -> bool | None:
        return converges(log_slope, self.y, self.j)


@takes(log_slope=EXPRESSION, y=SYMBOL, j=EXPRESSION)
def converges(log_slope: sp.Expr, y: sp.Symbol, j: sp.Expr = sp.S.Zero) -> bool | None:
    r"""Whether :math:`\int e^{\int \ell\,dy/y}\,y^j\,dy` is finite at infinity; None where that is not known.

    Raises:
        OrderError: it hangs on a parameter.

    Example:
        >>> y = sp.Symbol("y", positive=True)
        >>> [converges(power - 1 / sp.log(y), y) for power in (-2, -1)]  # of 1/(y^2 log y) and 1/(y log y)
        [True, False]
    """
    left_over, slowly = log_slope + 1 + j, y
    for _ in range(_LOGARITHMS):
        power = _limit(left_over, y)
        if power is None:
            return None
        known = order(power, sp.S.Zero) if power.is_finite else 1 if power == sp.oo else -1
        if known != 0:
            return known < 0
        slowly = sp.log(slowly)
        left_over = slowly * left_over + 1
    return False if _limit(left_over - 1, y) == 0 else None


def _oscillating(b: sp.Expr, a: sp.Expr, y: sp.Symbol) -> Growth | None:
    plain, waves = sp.S.Zero, []
    for term in sp.Add.make_args(sp.expand(TR8(sp.expand(b)))):
        factors = [f for f in sp.Mul.make_args(term) if f.has(y)]
        trigonometric = [f for f in factors if isinstance(f, _BOUNDED)]
        power = sp.Mul(*(f for f in factors if f not in trigonometric))
        if len(trigonometric) > 1 or not power.is_polynomial(y):
            return None
        if not trigonometric:
            plain += term
            continue
        frequency = sp.diff(trigonometric[0].args[0], y)
        if frequency.has(y) or not frequency.is_nonzero:
            return None
        waves.append((sp.degree(power, y) if power.has(y) else 0, abs(frequency)))
    wave = max(degree for degree, _ in waves)
    polynomial = sp.Poly(plain, y) if plain != 0 else None
    degree = -1 if polynomial is None else polynomial.degree()
    if degree + 1 > wave:
        assert polynomial is not None
        outwards = sign(polynomial.LC())
        if outwards in (None, 0):
            return None
        kind = FellerClass.NATURAL if max(degree, wave) <= 1 else None
        if degree > max(wave, 1):
            kind = FellerClass.EXIT if outwards > 0 else FellerClass.ENTRANCE
        return Growth(sp.sympify(outwards > 0), sp.sympify(outwards < 0), kind)
    if degree + 1 == wave or len({frequency for top, frequency in waves if top == wave}) > 1:
        return None
    if wave == 0:
        return None  # bounded: see theory.line.charts.oscillation
    return Growth(sp.false, sp.false, FellerClass.NATURAL if wave <= 1 else None)


def _limit(f: sp.Expr, y: sp.Symbol) -> sp.Expr | None:
    """The limit as y tends to infinity, where it exists and is a number or has a sign."""
    term = dominant_term(f, y)
    if term is not None and term.limit is not None:
        return term.limit
    try:
        found = sp.limit(sp.cancel(sp.together(f)), y, sp.oo)
    except NOT_FOUND:
        return None
    if found.has(sp.AccumBounds, sp.nan, sp.zoo, sp.Limit, y):
        return None
    if found.is_infinite:
        found = sp.oo if found.is_extended_positive else -sp.oo if found.is_extended_negative else sp.nan
    return found if found.is_finite or found in (sp.oo, -sp.oo) else None
