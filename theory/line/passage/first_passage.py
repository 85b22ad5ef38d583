r"""First passage of diffusions on the line: where they go. How long it takes: :mod:`theory.line.passage.passage_time`.

With the scale function :math:`S = \int s` of :mod:`theory.line.ends.boundary`,

.. math::
    u(x) = P_x(T_\text{upper} < T_\text{lower}) = \frac{S(x) - S(\text{lower})}{S(\text{upper}) - S(\text{lower})} .

Closed forms are those of :mod:`theory.line.integrals.closed_integrals`; otherwise the integrals stand, with explicit
integrands. Which formula applies is stated as conditions on the parameters: at an infinite end by whether it is
attracting, and there the primitive is the one that vanishes at infinity.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.3, and lemma 15.6.1.
"""

from __future__ import annotations

from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.polyutils import dict_from_expr

from theory.decision.conditions.inequalities import simplified
from theory.errors import SymbolError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.diffusion import Line, line_diffusion
from theory.line.ends.boundary import Endpoint, FellerClass, endpoint, scale_density
from theory.line.integrals.closed_integrals import cases, common_cases, monomial, weight_integral
from theory.line.passage.over_exponents import over_exponents
from theory.line.passage.passage_numbers import or_in_numbers
from theory.line.time_limit import limited
from theory.local_time import is_smooth
from theory.values import shown, single_expression, word


@limited
def scale_function(process: ItoProcess, interval: Interval | None = None, *, base: sp.Expr | None = None) -> sp.Expr:
    r"""The scale function :math:`S(x) = \int_\text{base}^x s`, for which S(X) is a local martingale.

    Args:
        process: a process on the line.
        interval: default: what the assumptions of the state symbol say.
        base: where S vanishes; default: an interior point (0 on the line, 1 on the positive half-line).

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> scale_function(ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta))
        Piecewise((zeta**2*(theta**(-2*mu/zeta**2 + 1) - 1)/(-2*mu + zeta**2), Ne(mu, zeta**2/2)), (log(theta), True))
    """
    line = line_diffusion(process, interval)
    base = line.interval.interior_point() if base is None else single_expression(base, "base")
    scale = weight_integral(scale_density(process, line.interval), line.variable, base, line.variable, line.interval)
    return where_regular(line, scale)


@limited
@over_exponents
@or_in_numbers("hitting_probability")
def hitting_probability(
    process: ItoProcess,
    start: sp.Expr,
    lower: sp.Expr,
    upper: sp.Expr,
    interval: Interval | None = None,
) -> sp.Expr:
    """The probability of reaching ``upper`` before ``lower`` from ``start``.

    ``lower`` and ``upper`` may be ends of the interval: then the probability of approaching one and not the other,
    as a case distinction on which ends are attracting, nan where neither is. Between numbers inside the interval it is
    a number where no formula is known.

    Raises:
        SymbolError: the assumptions contradict lower <= start <= upper.
        DimensionError, UnsupportedFormError: see :func:`theory.line.diffusion.line_diffusion`.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> x, m = sp.Symbol("x", real=True), sp.Symbol("m", positive=True)
        >>> brownian = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=m)
        >>> hitting_probability(brownian, sp.Rational(1, 4), 0, 1)
        1/4
    """
    line = line_diffusion(process, interval)
    start, lower, upper = ordered(start, lower, upper, line.interval)
    s = scale_density(process, line.interval)
    reachable_below = endpoint(line, lower).attracting if lower == line.interval.left else sp.true
    reachable_above = endpoint(line, upper).attracting if upper == line.interval.right else sp.true
    if simplified(sp.And(reachable_below, reachable_above)) == sp.false:
        ratio = sp.nan
    else:
        ratio = _ratio(s, line, lower, start, upper)
    probability = cases(
        (ratio, sp.And(reachable_below, reachable_above)),
        (sp.S.One, reachable_above),
        (sp.S.Zero, reachable_below),
        (sp.nan, sp.true),
    )
    return where_regular(line, probability)


@limited
@over_exponents
def probability_of_ever_reaching(
    process: ItoProcess,
    start: sp.Expr,
    level: sp.Expr,
    interval: Interval | None = None,
    *,
    direction: Literal["up", "down"] | None = None,
    regular_ends: Literal["absorbing", "reflecting"] = "absorbing",
) -> sp.Expr:
    r"""The probability that the process started at ``start`` ever reaches ``level``.

    It is 1 unless the end e behind ``start`` is attracting, and then
    :math:`\int_e^\text{start} s \big/ \int_e^\text{level} s`. A level that is an end of the interval is reached only if
    it is reached in finite time; for the probability of approaching it see :func:`hitting_probability`.

    Args:
        process: a process on the line.
        start: where it starts.
        level: the level to be reached.
        interval: default: what the assumptions of the state symbol say.
        direction: whether ``level`` lies above or below ``start``; default: by cases, where symbols leave it open.
        regular_ends: what happens at an end that is regular: a process reflected there comes back.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> probability_of_ever_reaching(gbm, sp.S(1), sp.S(10))
        Piecewise(((1/10)**(-2*mu/zeta**2 + 1), mu < zeta**2/2), (1, True))
    """
    if direction is not None:
        word(direction, "direction", ("up", "down"))
    word(regular_ends, "regular_ends", ("absorbing", "reflecting"))
    line = line_diffusion(process, interval)
    start, level = started(line, start, regular_ends), to_be_reached(level, line.interval)
    s = scale_density(process, line.interval)
    upward, downward = sp.StrictLessThan(start, level), sp.StrictGreaterThan(start, level)
    if level in line.interval.ends:
        upward, downward = (sp.true if level == end else sp.false for end in reversed(line.interval.ends))
    if direction is not None:
        if (upward if direction == "up" else downward) == sp.false:
            raise SymbolError(f"direction={shown(direction)} contradicts start={start} and level={level}.")
        upward, downward = (sp.true if direction == way else sp.false for way in ("up", "down"))
    branches = []
    for end, ahead in ((line.interval.left, upward), (line.interval.right, downward)):
        behind = endpoint(line, end)
        lost = _lost(behind, regular_ends)
        if simplified(lost) != sp.false and ahead != sp.false:
            branches.append((_ratio(s, line, end, start, level), sp.And(ahead, lost)))
    probability = cases(*branches, (sp.S.One, sp.true))
    return where_regular(line, cases((probability, reached(line, level)), (sp.S.Zero, sp.true)))


def _ratio(s: sp.Expr, line: Line, end: sp.Expr, near: sp.Expr, far: sp.Expr) -> sp.Expr:
    """The integral of s between ``end`` and ``near`` divided by that between ``end`` and ``far``."""
    x = line.variable
    single = monomial(s, x) if is_smooth(s, (x,)) else None
    if single is not None and end in line.interval.ends and not far.is_infinite:
        # A power or an exponential that is integrable at an end, 0 or infinite, has a primitive that vanishes there.
        _, power, rate = single
        if rate == 0 and (end == 0 or end.is_infinite):
            return (near / far) ** sp.expand(power + 1)
        if rate != 0 and end.is_infinite:
            return sp.exp(sp.factor(rate * (near - far)))
    part, whole = ((point, end) if end == line.interval.right else (end, point) for point in (near, far))
    numerator, denominator = (weight_integral(s, x, *ends, line.interval) for ends in (part, whole))
    return _divided(numerator, denominator)


def _divided(part: sp.Expr, whole: sp.Expr) -> sp.Expr:
    if isinstance(part, sp.Piecewise) or isinstance(whole, sp.Piecewise):
        return cases(*((_divided(p, w), condition) for (p, w), condition in common_cases((part, whole))))
    ratio = part / whole
    if ratio.has(sp.Integral, sp.betainc, sp.hyper):
        return ratio
    held, full = _in_powers_of_exponentials(ratio)
    if _has_high_powers(ratio.xreplace(held)):
        if not ratio.free_symbols:
            return ratio
        held = {exponential: sp.Dummy(positive=True) for exponential in ratio.atoms(sp.exp)}
        full = {name: exponential for exponential, name in held.items()}
    reduced = sp.cancel(ratio.xreplace(held))
    forms = [form.xreplace(full) for form in (sp.factor(reduced), sp.expand(reduced))]
    return sp.powsimp(min(forms, key=sp.count_ops))


def _has_high_powers(ratio: sp.Expr) -> bool:
    """Whether a kernel stands in it to a power beyond :data:`_MAX_DEGREE`, as exp(1/9) does in exp(64/9)."""
    parts = sp.fraction(sp.together(ratio))
    try:
        return any(d > _MAX_DEGREE for part in parts for degrees in dict_from_expr(part)[0] for d in degrees)
    except BasePolynomialError:
        return False


_MAX_DEGREE = 24
"""Quotients of higher powers are not searched for common factors in them."""


def _in_powers_of_exponentials(ratio: sp.Expr) -> tuple[dict[sp.Expr, sp.Expr], dict[sp.Expr, sp.Expr]]:
    """Exponentials as whole powers of as few names as possible, and what the names stand for.

    In any other way a quotient is one of higher powers, or one in every root of an exponent, and is searched for long.
    """
    alike: dict[sp.Expr, dict[sp.Expr, sp.Rational]] = {}
    for exponential in ratio.atoms(sp.exp):
        number, primitive = exponential.args[0].primitive()
        if primitive.could_extract_minus_sign():
            number, primitive = -number, -primitive
        alike.setdefault(primitive, {})[exponential] = number
    held, full = {}, {}
    for primitive, numbers in alike.items():
        unit, name = sp.gcd_list(list(numbers.values())), sp.Dummy("e", positive=True)
        full[name] = sp.exp(unit * primitive)
        held |= {exponential: name ** (number / unit) for exponential, number in numbers.items()}
    return held, full


def _lost(behind: Endpoint, regular_ends: str) -> Boolean:
    """The condition under which the process may never come back from the end ``behind`` it."""
    if regular_ends == "reflecting":
        return sp.And(behind.attracting, sp.Not(behind.finite_speed))
    return behind.attracting


def ordered(start: sp.Expr, lower: sp.Expr, upper: sp.Expr, interval: Interval) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The three points as expressions.

    Raises:
        SymbolError: the assumptions contradict left <= lower <= start <= upper <= right.
    """
    named = {"start": start, "lower": lower, "upper": upper}
    start, lower, upper = (single_expression(value, name, infinite=True, real=True) for name, value in named.items())
    pairs = (
        (interval.left, "left", lower, "lower"),
        (lower, "lower", start, "start"),
        (start, "start", upper, "upper"),
        (upper, "upper", interval.right, "right"),
    )
    for a, name_a, b, name_b in pairs:
        if sp.StrictGreaterThan(a, b) == sp.true:
            raise SymbolError(
                f"needs left <= lower <= start <= upper <= right, got {name_a}={a} > {name_b}={b}. "
                "Exchange them, or pass the interval in which the process lives."
            )
    if sp.Eq(lower, upper) == sp.true:
        raise SymbolError(f"needs lower < upper, got lower={lower} and upper={upper}.")
    return start, lower, upper


def inside(value: sp.Expr, interval: Interval, name: str) -> sp.Expr:
    """A point of the interval as an expression.

    Raises:
        SymbolError: it lies outside.
    """
    value = single_expression(value, name, infinite=True, real=True)
    outside = sp.Or(sp.LessThan(value, interval.left), sp.GreaterThan(value, interval.right))
    if outside == sp.true or value.is_real is False:
        raise SymbolError(f"{name} must lie inside {interval.ends}, got {name}={value}.")
    return value


def to_be_reached(level: sp.Expr, interval: Interval) -> sp.Expr:
    """A point of the interval or one of its ends, as an expression.

    Raises:
        SymbolError: it lies outside.
    """
    level = single_expression(level, "level", infinite=True, real=True)
    return level if level in interval.ends else inside(level, interval, "level")


def reached(line: Line, level: sp.Expr) -> Boolean:
    """The condition under which ``level`` is reached in finite time, if the process goes there."""
    if level not in line.interval.ends:
        return sp.true
    found = endpoint(line, level)
    return simplified(sp.Or(found.condition(FellerClass.REGULAR), found.condition(FellerClass.EXIT)))


def started(line: Line, start: sp.Expr, regular_ends: str) -> sp.Expr:
    """A start inside the interval, or at an end that the process leaves at once: an entrance, a reflecting end.

    Raises:
        SymbolError: it lies outside.
    """
    start = single_expression(start, "start", infinite=True, real=True)
    if start in line.interval.ends:
        found = endpoint(line, start)
        leaves = [found.condition(FellerClass.ENTRANCE)]
        if regular_ends == "reflecting":
            leaves.append(found.condition(FellerClass.REGULAR))
        if simplified(sp.Or(*leaves)) == sp.true:
            return start
    return inside(start, line.interval, "start")


def where_regular(line: Line, result: sp.Expr) -> sp.Expr:
    """``result`` where the process is regular inside its interval, nan elsewhere."""
    return result if line.regular == sp.true else cases((result, line.regular), (sp.nan, sp.true))
