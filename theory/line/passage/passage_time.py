r"""How long diffusions on the line take: mean exit times, mean first passage times to a level, mean explosion times.

With scale :math:`S = \int s` and speed :math:`M = \int m` of :mod:`theory.line.ends.boundary` and u of
:mod:`theory.line.passage.first_passage`, between two points that stop the process

.. math::
    \mathbb E_x[T] = u(x)\int_x^\text{upper} [S(\text{upper}) - S]\,dM
                   + (1 - u(x))\int_\text{lower}^x [S - S(\text{lower})]\,dM ,

and where the lower end e sends it back (an entrance, a reflecting end, a natural end that does not attract and has
finite speed measure)

.. math:: \mathbb E_x[T] = \int_x^\text{upper} M(e, y)\,s(y)\,dy .

It is infinite where an end may keep the process for ever (natural and attracting), or has infinite speed measure.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), sections 15.3 and 15.6;
    Borodin and Salminen, *Handbook of Brownian Motion* (2002), chapter II.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import simplified
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.charts.powers import power_quotient
from theory.line.diffusion import GluedDiffusion, Line, line_diffusion
from theory.line.ends.boundary import Endpoint, FellerClass, endpoint, scale_density, speed_density
from theory.line.integrals.closed_integrals import (
    Primitive,
    cases,
    common_cases,
    dummy_like,
    elementary_integral,
    primitive,
    weight_integral,
)
from theory.line.integrals.integrals_over_pieces import in_order, integral_over_pieces
from theory.line.integrals.rational_integral import rational_integral
from theory.line.integrals.weight_integral import OneWayPassage, WeightIntegral
from theory.line.passage.first_passage import ordered, reached, started, to_be_reached, where_regular
from theory.line.passage.over_exponents import over_exponents
from theory.line.passage.passage_numbers import or_from_behind, or_in_numbers
from theory.line.time_limit import limited
from theory.local_time import is_smooth
from theory.values import word

RegularEnds = Literal["absorbing", "reflecting"]


@dataclass(frozen=True)
class Side:
    """What a point does to the process: it ``stops`` it, sends it ``back``, or neither (conditions on parameters)."""

    at: sp.Expr
    stops: Boolean
    back: Boolean


@limited
@over_exponents
@or_in_numbers("mean_time")
def mean_exit_time(
    process: ItoProcess,
    start: sp.Expr,
    lower: sp.Expr,
    upper: sp.Expr,
    interval: Interval | None = None,
    *,
    regular_ends: RegularEnds = "absorbing",
) -> sp.Expr:
    r"""The mean time to leave ``(lower, upper)`` from ``start``; solves :math:`bT' + \tfrac12 aT'' = -1`.

    Both may be ends of the interval. An end that is reached in finite time (regular or exit) stops the process, unless
    it is regular and reflects; one that sends it back leaves the other side as the way out; and the mean is infinite
    where an end may keep the process for ever. Which it is, is a case distinction on the parameters. Put numbers in
    with ``process.subs`` first, where integrals stand whose closed form hangs on a sign; for numbers alone, with an
    error, use :class:`numerics.deterministic.first_passage.FirstPassage`.

    Args:
        process: a process on the line.
        start: where it starts.
        lower: a level, or the left end.
        upper: a level, or the right end.
        interval: default: what the assumptions of the state symbol say.
        regular_ends: what happens at an end that is regular.

    Raises:
        SymbolError: the assumptions contradict lower <= start <= upper.
        DimensionError, UnsupportedFormError: see :func:`theory.line.diffusion.line_diffusion`.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> x, s = sp.Symbol("x", real=True), sp.Symbol("s", positive=True)
        >>> brownian = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=s)
        >>> sp.factor(mean_exit_time(brownian, x, -1, 1))
        -(x - 1)*(x + 1)/s**2
    """
    word(regular_ends, "regular_ends", ("absorbing", "reflecting"))
    line = line_diffusion(process, interval)
    start, lower, upper = ordered(start, lower, upper, line.interval)
    left, right = (
        side_of(line, at, end, regular_ends) for at, end in zip((lower, upper), line.interval.ends, strict=True)
    )
    branches = (
        (lambda: _between(line, start, lower, upper), sp.And(left.stops, right.stops)),
        (lambda: _towards(line, start, upper, lower), sp.And(left.back, right.stops)),
        (lambda: _towards(line, start, lower, upper), sp.And(left.stops, right.back)),
    )
    possible = [(time, simplified(condition)) for time, condition in branches]
    found = [(time(), condition) for time, condition in possible if condition != sp.false]
    return where_regular(line, cases(*found, (sp.oo, sp.true)))


@limited
@over_exponents
@or_from_behind
def mean_first_passage_time(
    process: ItoProcess,
    start: sp.Expr,
    level: sp.Expr,
    interval: Interval | None = None,
    *,
    regular_ends: RegularEnds = "absorbing",
) -> sp.Expr:
    """The mean time at which the process started at ``start`` first reaches ``level``; infinite if it may never.

    Args:
        process: a process on the line.
        start: where it starts.
        level: the level to be reached, or an end; above or below by cases, where symbols leave it open. Between numbers
            inside the interval the time is a number where no formula is known.
        interval: default: what the assumptions of the state symbol say.
        regular_ends: what happens at the regular end behind ``start``: absorbed there, it never reaches ``level``.

    Raises:
        SymbolError: ``start`` or ``level`` lies outside the interval.
        DimensionError, UnsupportedFormError: see :func:`theory.line.diffusion.line_diffusion`.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> x, m = sp.Symbol("x", real=True), sp.Symbol("m", real=True)
        >>> mean_first_passage_time(ItoProcess.scalar(x, drift=m, dispersion=sp.S.One), 0, 1)
        Piecewise((1/m, m > 0), (oo, True))
    """
    word(regular_ends, "regular_ends", ("absorbing", "reflecting"))
    line = line_diffusion(process, interval)
    start, level = started(line, start, regular_ends), to_be_reached(level, line.interval)
    branches = []
    if level in line.interval.ends:
        directions = ((line.interval.other(level), reached(line, level)),)
    else:
        directions = (line.interval.left, sp.Lt(start, level)), (line.interval.right, sp.Gt(start, level))
    for end, ahead in directions:
        behind = side_of(line, end, end, regular_ends)
        condition = sp.false if ahead == sp.false else simplified(sp.And(ahead, behind.back))
        if condition != sp.false:
            branches.append((_towards(line, start, level, end), condition))
    return where_regular(line, cases((sp.S.Zero, sp.Eq(start, level)), *branches, (sp.oo, sp.true)))


@limited
def mean_explosion_time(process: ItoProcess, start: sp.Expr, interval: Interval | None = None) -> sp.Expr:
    """The mean time at which the process leaves its interval for good, at ends that it reaches in finite time.

    Raises:
        SymbolError: ``start`` lies outside the interval.
        DimensionError, UnsupportedFormError: see :func:`theory.line.diffusion.line_diffusion`.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), lemma 15.6.2.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> mean_explosion_time(ItoProcess.scalar(x, drift=x**2, dispersion=x), sp.S.One)
        oo
    """
    return mean_exit_time(process, start, *line_diffusion(process, interval).interval.ends, interval)


def side_of(line: Line, at: sp.Expr, end: sp.Expr, regular_ends: str) -> Side:
    """What the point ``at``, a level or the ``end`` itself, does to the process."""
    if at != end:
        return Side(at, sp.true, sp.false)
    return side_at(endpoint(line, end), at, regular_ends)


def side_at(found: Endpoint, at: sp.Expr, regular_ends: str) -> Side:
    """What an end of the interval, classified, does to the process."""
    if regular_ends == "reflecting":
        return Side(at, found.condition(FellerClass.EXIT), found.finite_speed)
    stops = simplified(sp.Or(found.condition(FellerClass.REGULAR), found.condition(FellerClass.EXIT)))
    return Side(at, stops, simplified(sp.And(found.finite_speed, sp.Not(found.attracting))))


def _densities(line: Line) -> tuple[sp.Expr, sp.Expr]:
    return scale_density(line.process, line.interval), speed_density(line.process, line.interval)


def _coefficients(line: Line, y: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Drift and diffusion in the variable of an integral."""
    x, process = line.variable, line.process
    return process.drift[0].subs(x, y), process.diffusion[0].subs(x, y)


def _towards(line: Line, start: sp.Expr, level: sp.Expr, end: sp.Expr) -> sp.Expr:
    """The mean time to ``level``, where the process is sent back from the ``end`` behind it."""
    x, (s, m) = line.variable, _densities(line)
    y = dummy_like(x, "y")
    upwards = end == line.interval.left
    mass = weight_integral(m, x, *((end, y) if upwards else (y, end)), line.interval)
    low, high = (start, level) if upwards else (level, start)
    passage = OneWayPassage(*_coefficients(line, y), end)
    if isinstance(line, GluedDiffusion):
        return _integrated(s.subs(x, y) * mass, y, low, high, line.interval, passage)
    return cases(
        *(
            (_integrated(s.subs(x, y) * value, y, low, high, line.interval, passage), condition)
            for value, condition in _branches(mass)
        )
    )


def _integrated(
    product: sp.Expr,
    y: sp.Symbol,
    low: sp.Expr,
    high: sp.Expr,
    interval: Interval,
    passage: OneWayPassage | None = None,
) -> sp.Expr:
    """The integral of a positive ``product``, in closed form where it is a sum of powers and exponentials."""
    if not is_smooth(product, (y,)):

        def of_formula(formula: sp.Expr, a: sp.Expr, b: sp.Expr) -> sp.Expr:
            if not is_smooth(formula, (y,)):  # an undecided case stays inside
                return WeightIntegral(formula, (y, a, b))
            return _integrated(formula, y, a, b, interval, passage)

        return integral_over_pieces(product, y, low, high, interval, of_formula)
    limits = (y, low, high)
    standing = WeightIntegral(product, limits) if passage is None else WeightIntegral.nested(product, limits, passage)
    if product.has(sp.Integral):
        return standing
    closed = elementary_integral(product, y, low, high, standing)
    if closed is None:
        closed = rational_integral(product, y, low, high)
    return standing if closed is None else closed


def _branches(value: sp.Expr) -> tuple[tuple[sp.Expr, Boolean], ...]:
    return value.args if isinstance(value, sp.Piecewise) else ((value, sp.true),)


def _between(line: Line, start: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
    """The mean time until one of two points that stop the process is reached."""
    x, (s, m) = line.variable, _densities(line)
    if isinstance(line, GluedDiffusion):
        return _green_glued(s, m, line, (lower, start, upper))
    standing = _green(s, m, line, start, lower, upper)
    if lower in line.interval.ends or upper in line.interval.ends:
        return standing
    closed = _closed_exit_time(line.process, s, m, x)
    if closed is None:
        return standing
    scale, particular = closed
    along = [
        sp.sympify(f.function, strict=True).subs(x, point)
        for f in (scale, particular)
        for point in (start, lower, upper)
    ]
    s_0, s_l, s_u, v_0, v_l, v_u = along
    time = (s_0 - s_l) / (s_u - s_l) * (v_u - v_l) - (v_0 - v_l)
    return cases((time, sp.And(scale.generic, particular.generic)), (standing, sp.true))


def _green(s: sp.Expr, m: sp.Expr, line: Line, start: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
    x, interval = line.variable, line.interval
    y = dummy_like(x, "y")

    def over(weight: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
        return weight_integral(weight, x, low, high, interval)

    dual = OneWayPassage(*_coefficients(line, y), start).exchanged(y)  # the speed density outside
    passages = OneWayPassage(*dual, upper), OneWayPassage(*dual, lower)
    kernels = ((over(s, y, upper), m), (over(s, lower, y), m))
    if any(inner.has(sp.Integral) for inner, _ in kernels) and start not in (lower, upper):
        # By parts: the inner integral is one of the speed density, which may have a closed form where scale has none.
        by_parts = ((over(m, start, y), s), (over(m, y, start), s))
        if not any(inner.has(sp.Integral) for inner, _ in by_parts):
            kernels, passages = by_parts, (OneWayPassage(*_coefficients(line, y), start),) * 2
    (above_y, outer), (below_y, _) = kernels
    # Both shares by integrals of their own: 1 - up loses all digits where nearly every path goes up.
    parts = (over(s, lower, start), over(s, start, upper), over(s, lower, upper), above_y, below_y)
    branches = []
    for (below, beyond, all_of_it, inner_above, inner_below), condition in common_cases(parts):
        up, down, density = below / all_of_it, beyond / all_of_it, outer.subs(x, y)
        above, under = (
            _integrated(inner_above * density, y, start, upper, interval, passages[0]),
            _integrated(inner_below * density, y, lower, start, interval, passages[1]),
        )
        for (a, c), (b, d) in itertools.product(_branches(above), _branches(under)):
            branches.append((up * a + down * b, sp.And(condition, c, d)))
    return cases(*branches)


def _green_glued(s: sp.Expr, m: sp.Expr, line: GluedDiffusion, points: tuple[sp.Expr, sp.Expr, sp.Expr]) -> sp.Expr:
    x, interval = line.variable, line.interval
    lower, start, upper = points
    y = dummy_like(x, "y")
    shares = ((lower, start), (start, upper), (lower, upper))
    below, beyond, whole = (weight_integral(s, x, *ends, interval) for ends in shares)
    over = weight_integral(s, x, y, upper, interval) * m.subs(x, y)
    under = weight_integral(s, x, lower, y, interval) * m.subs(x, y)
    passages: tuple[OneWayPassage | None, ...] = (None, None)
    if not line.process.diffusion[0].has(sp.Piecewise, sp.sign, sp.Heaviside):  # its jump would be one of the scale
        dual = OneWayPassage(*_coefficients(line, y), start).exchanged(y)
        passages = OneWayPassage(*dual, upper), OneWayPassage(*dual, lower)
    up = _integrated(over, y, start, upper, interval, passages[0])
    down = _integrated(under, y, lower, start, interval, passages[1])
    parts = common_cases((below, beyond, whole, up, down))
    return in_order([(b / w * u + a / w * d, condition) for (b, a, w, u, d), condition in parts])


def _closed_exit_time(process: ItoProcess, s: sp.Expr, m: sp.Expr, x: sp.Symbol) -> tuple[Primitive, Primitive] | None:
    r"""``(S, V)`` with :math:`V' = sM`, so that :math:`bV' + \tfrac12 aV'' = 1`; None if not elementary."""
    scale, mass = primitive(s, x), primitive(m, x)
    if scale is None or mass is None:
        return None
    particular = primitive(sp.powsimp(sp.expand(s * mass.function)), x)
    if particular is None:
        return None
    generic = simplified(sp.And(mass.generic, particular.generic))
    (b,), a = process.drift, process.diffusion[0]
    v = particular.function
    residual = b * sp.diff(v, x) + a * sp.diff(v, x, 2) / 2 - 1
    if not _vanishes_identically(residual, x):
        return None
    return scale, Primitive(v, generic)


def _vanishes_identically(residual: sp.Expr, x: sp.Symbol) -> bool:
    try:
        return power_quotient(sp.powsimp(sp.expand(residual)), x).is_zero
    except UnsupportedFormError:
        u = sp.Dummy("u", positive=True)
        in_u = sp.expand(residual).replace(
            lambda e: isinstance(e, sp.exp) and e.args[0].has(x), lambda e: u ** sp.cancel(e.args[0] / x)
        )
        return sp.cancel(sp.together(in_u)) == 0
