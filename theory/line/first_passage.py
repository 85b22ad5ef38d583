r"""First passage of diffusions on the line: where they go and how long it takes.

With the scale function :math:`S = \int s` and the speed density m of :mod:`theory.line.boundary`,

.. math::
    u(x) = P_x(T_\text{upper} < T_\text{lower}) = \frac{S(x) - S(\text{lower})}{S(\text{upper}) - S(\text{lower})},
    \qquad
    \mathbb E_x[T] = u(x)\int_x^\text{upper} [S(\text{upper}) - S]\,dM
                   + (1 - u(x))\int_\text{lower}^x [S - S(\text{lower})]\,dM .

A closed form is returned where the scale density is a power or an exponential; otherwise the integrals stand,
with explicit integrands, for quadrature. Which formula applies is stated as conditions on the parameters.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.3, and lemma 15.6.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.inequalities import simplified, vanishes
from theory.errors import SymbolError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.boundary import Endpoint, FellerClass, endpoint, scale_density, speed_density
from theory.line.diffusion import LineDiffusion, line_diffusion
from theory.line.exponential_of_integral import logarithmic_derivative
from theory.line.interval import Interval
from theory.line.powers import power_quotient
from theory.values import shown, single_expression, word


@dataclass(frozen=True)
class _Primitive:
    """An antiderivative F of a weight, valid where ``generic`` holds; it tends to 0 at an end where it is finite."""

    function: sp.Expr
    generic: Boolean


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
    scale = _integral(scale_density(process, line.interval), line.variable, base, line.variable)
    return _where_regular(line, scale)


def hitting_probability(
    process: ItoProcess,
    start: sp.Expr,
    lower: sp.Expr,
    upper: sp.Expr,
    interval: Interval | None = None,
) -> sp.Expr:
    """The probability of reaching ``upper`` before ``lower`` from ``start``.

    ``lower`` and ``upper`` may be ends of the interval: then the probability of approaching one and not the other,
    as a case distinction on which ends are attracting, nan where neither is.

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
    start, lower, upper = _ordered(start, lower, upper, line.interval)
    s = scale_density(process, line.interval)
    reachable_below = endpoint(line, lower).attracting if lower == line.interval.left else sp.true
    reachable_above = endpoint(line, upper).attracting if upper == line.interval.right else sp.true
    if simplified(sp.And(reachable_below, reachable_above)) == sp.false:
        ratio = sp.nan
    else:
        ratio = _ratio(s, line, (lower, start), (lower, upper))
    probability = _cases(
        (ratio, sp.And(reachable_below, reachable_above)),
        (sp.S.One, reachable_above),
        (sp.S.Zero, reachable_below),
        (sp.nan, sp.true),
    )
    return _where_regular(line, probability)


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
    :math:`\int_e^\text{start} s \big/ \int_e^\text{level} s`.

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
    start, level = (_inside(value, line.interval, name) for value, name in ((start, "start"), (level, "level")))
    s = scale_density(process, line.interval)
    upward, downward = sp.StrictLessThan(start, level), sp.StrictGreaterThan(start, level)
    if direction is not None:
        if (upward if direction == "up" else downward) == sp.false:
            raise SymbolError(f"direction={shown(direction)} contradicts start={start} and level={level}.")
        upward, downward = (sp.true if direction == way else sp.false for way in ("up", "down"))
    branches = []
    for end, ahead in ((line.interval.left, upward), (line.interval.right, downward)):
        behind = endpoint(line, end)
        lost = _lost(behind, regular_ends)
        if simplified(lost) != sp.false and ahead != sp.false:
            branches.append((_ratio(s, line, (end, start), (end, level)), sp.And(ahead, lost)))
    return _where_regular(line, _cases(*branches, (sp.S.One, sp.true)))


def mean_exit_time(
    process: ItoProcess, start: sp.Expr, lower: sp.Expr, upper: sp.Expr, interval: Interval | None = None
) -> sp.Expr:
    r"""The mean time to leave ``(lower, upper)`` from ``start``; solves :math:`bT' + \tfrac12 aT'' = -1`.

    Both must lie inside the interval of the process, or be ends that are reached in finite time (regular or exit).
    A standing double integral is best turned into a function of its parameters before numbers are put in: SymPy
    evaluates sums of numeric integrals even to print them.

    Raises:
        UnsupportedFormError: an end that is not reached in finite time, for all or some parameters.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> x, s = sp.Symbol("x", real=True), sp.Symbol("s", positive=True)
        >>> brownian = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=s)
        >>> sp.factor(mean_exit_time(brownian, x, -1, 1))
        -(x - 1)*(x + 1)/s**2
    """
    line = line_diffusion(process, interval)
    start, lower, upper = _ordered(start, lower, upper, line.interval)
    at_ends = [end for end, own in zip((lower, upper), line.interval.ends, strict=True) if end == own]
    for end in at_ends:
        found = endpoint(line, end)
        if simplified(sp.Or(found.condition(FellerClass.REGULAR), found.condition(FellerClass.EXIT))) != sp.true:
            raise UnsupportedFormError(
                f"mean_exit_time needs ends that are reached in finite time, but {end} is "
                f"{', '.join(f'{name} if {condition}' for condition, name in found.classes)}. "
                "Give a level inside the interval, or parameters for which the end is regular or exit."
            )
    x = line.variable
    s, m = scale_density(process, line.interval), speed_density(process, line.interval)
    standing = _green(s, m, x, start, lower, upper)
    if at_ends:
        return _where_regular(line, standing)
    closed = _closed_exit_time(process, s, m, x)
    if closed is None:
        return _where_regular(line, standing)
    scale, particular = closed
    along = [
        sp.sympify(f.function, strict=True).subs(x, point)
        for f in (scale, particular)
        for point in (start, lower, upper)
    ]
    s_0, s_l, s_u, v_0, v_l, v_u = along
    time = (s_0 - s_l) / (s_u - s_l) * (v_u - v_l) - (v_0 - v_l)
    return _where_regular(line, _cases((time, sp.And(scale.generic, particular.generic)), (standing, sp.true)))


def _closed_exit_time(
    process: ItoProcess, s: sp.Expr, m: sp.Expr, x: sp.Symbol
) -> tuple[_Primitive, _Primitive] | None:
    r"""``(S, V)`` with :math:`V' = sM`, so that :math:`bV' + \tfrac12 aV'' = 1`; None if not elementary."""
    scale, mass = _primitive(s, x), _primitive(m, x)
    if scale is None or mass is None:
        return None
    particular = _primitive(sp.powsimp(sp.expand(s * mass.function)), x)
    if particular is None:
        return None
    generic = simplified(sp.And(mass.generic, particular.generic))
    (b,), a = process.drift, process.diffusion[0]
    v = particular.function
    residual = b * sp.diff(v, x) + a * sp.diff(v, x, 2) / 2 - 1
    if not _vanishes_identically(residual, x):
        return None
    return scale, _Primitive(v, generic)


def _green(s: sp.Expr, m: sp.Expr, x: sp.Symbol, start: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
    y = _dummy_like(x, "y")
    up = _integral(s, x, lower, start) / _integral(s, x, lower, upper)
    above = sp.Integral(_integral(s, x, y, upper) * m.subs(x, y), (y, start, upper))
    below = sp.Integral(_integral(s, x, lower, y) * m.subs(x, y), (y, lower, start))
    return up * above + (1 - up) * below


def _integral(weight: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """The integral of ``weight`` from ``low`` to ``high``: in closed form, by cases, or standing."""
    y = _dummy_like(x, "z")
    standing = sp.Integral(weight.subs(x, y), (y, low, high))
    primitive = _primitive(weight, x)
    if primitive is None:
        return standing
    closed = sp.together(primitive.function.subs(x, high) - primitive.function.subs(x, low))
    if primitive.generic == sp.true:
        return closed
    special = _degenerate(weight, x)
    return _cases(
        (closed, primitive.generic),
        (standing if special is None else special.subs(x, high) - special.subs(x, low), sp.true),
    )


def _primitive(weight: sp.Expr, x: sp.Symbol) -> _Primitive | None:
    """An antiderivative of a sum of powers, or of one exponential of a linear function."""
    parts = sp.Add.make_args(sp.expand(weight))
    terms = [term for term in (_monomial(part, x) for part in parts) if term is not None]
    if len(terms) < len(parts):
        return None
    total, generic = sp.S.Zero, sp.true
    for coefficient, power, rate in terms:
        if rate == 0 and sp.expand(power + 1) == 0:
            total += coefficient * sp.log(x)
        elif rate == 0:
            total += coefficient * x ** sp.expand(power + 1) / sp.expand(power + 1)
            generic = sp.And(generic, sp.Not(vanishes(power + 1)))
        else:
            total += coefficient * sp.exp(rate * x) / rate
            generic = sp.And(generic, sp.Not(vanishes(rate)))
    return _Primitive(total, simplified(generic))


def _degenerate(weight: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """The antiderivative of a single term in the case that :func:`_primitive` leaves out."""
    found = _monomial(weight, x)
    if found is None:
        return None
    coefficient, _, rate = found
    return coefficient * (sp.log(x) if rate == 0 else x)


def _monomial(term: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    r"""``(c, r, k)`` where ``term`` is :math:`c\,x^r` (k = 0) or :math:`c\,e^{kx}` (r = 0), else None."""
    slope = logarithmic_derivative(term, x)
    rate, power = sp.S.Zero, sp.expand(sp.cancel(sp.together(slope * x)))
    if power.has(x):
        rate, power = sp.expand(sp.cancel(sp.together(slope))), sp.S.Zero
    if rate.has(x) or (rate != 0 and power != 0):
        return None
    coefficient = sp.powsimp(sp.simplify(term / (x**power * sp.exp(rate * x))))
    return None if coefficient.has(x) else (coefficient, power, rate)


def _ratio(s: sp.Expr, line: LineDiffusion, part: tuple[sp.Expr, sp.Expr], whole: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """The integral of s over ``part`` divided by that over ``whole``; both start at the same point."""
    x = line.variable
    if part[0] not in line.interval.ends or part[0].is_finite and not _singular(s, x, part[0]):
        return sp.powsimp(_divided(_integral(s, x, *part), _integral(s, x, *whole)))
    if line.interval.other(part[0]) not in whole:
        # A power or an exponential that is integrable at an end, 0 or infinite, has a primitive that vanishes there.
        found = _monomial(s, x)
        if found is not None:
            _, power, rate = found
            near, far = part[1], whole[1]
            return (near / far) ** sp.expand(power + 1) if rate == 0 else sp.exp(sp.factor(rate * (near - far)))
    y = _dummy_like(x, "y")
    return sp.Integral(s.subs(x, y), (y, *part)) / sp.Integral(s.subs(x, y), (y, *whole))


def _divided(part: sp.Expr, whole: sp.Expr) -> sp.Expr:
    if isinstance(part, sp.Piecewise) and isinstance(whole, sp.Piecewise):
        pairs = zip(part.args, whole.args, strict=True)
        return sp.Piecewise(*((sp.cancel(p.expr / w.expr), p.cond) for p, w in pairs))
    ratio = part / whole
    return ratio if ratio.has(sp.Integral) else sp.factor(sp.cancel(ratio))


def _singular(s: sp.Expr, x: sp.Symbol, point: sp.Expr) -> bool:
    value = s.subs(x, point)
    return value.is_finite is not True or value.is_positive is not True


def _lost(behind: Endpoint, regular_ends: str) -> Boolean:
    """The condition under which the process may never come back from the end ``behind`` it."""
    if regular_ends == "reflecting":
        return sp.And(behind.attracting, sp.Not(behind.finite_speed))
    return behind.attracting


def _ordered(start: sp.Expr, lower: sp.Expr, upper: sp.Expr, interval: Interval) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
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


def _inside(value: sp.Expr, interval: Interval, name: str) -> sp.Expr:
    value = single_expression(value, name, infinite=True, real=True)
    outside = sp.Or(sp.LessThan(value, interval.left), sp.GreaterThan(value, interval.right))
    if outside == sp.true or value.is_real is False:
        raise SymbolError(f"{name} must lie inside {interval.ends}, got {name}={value}.")
    return value


def _vanishes_identically(residual: sp.Expr, x: sp.Symbol) -> bool:
    try:
        return power_quotient(sp.powsimp(sp.expand(residual)), x).is_zero
    except UnsupportedFormError:
        u = sp.Dummy("u", positive=True)
        in_u = sp.expand(residual).replace(
            lambda e: isinstance(e, sp.exp) and e.args[0].has(x), lambda e: u ** sp.cancel(e.args[0] / x)
        )
        return sp.cancel(sp.together(in_u)) == 0


def _where_regular(line: LineDiffusion, result: sp.Expr) -> sp.Expr:
    """``result`` where the process is regular inside its interval, nan elsewhere."""
    return result if line.regular == sp.true else _cases((result, line.regular), (sp.nan, sp.true))


def _dummy_like(x: sp.Symbol, name: str) -> sp.Symbol:
    """A readable bound variable with the assumptions of ``x``."""
    return sp.Symbol(f"{name}_{x.name}", **x.assumptions0)


def _cases(*pairs: tuple[sp.Expr, Boolean]) -> sp.Expr:
    return sp.Piecewise(*((value, simplified(condition)) for value, condition in pairs))


__all__ = ["hitting_probability", "mean_exit_time", "probability_of_ever_reaching", "scale_function"]
