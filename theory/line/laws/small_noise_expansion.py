r"""Where a law sits when the noise is small: zero of drift, mode, mean and variance in powers of the noise strength.

The stationary law of :math:`dX = (\mu_0 + \beta\mu_1)\,dt + \sqrt{\beta D}\,dB` on an interval is

.. math::
    p \;\propto\; e^{\Phi/\beta + G}, \qquad \Phi' = h_0 = \frac{2\mu_0}{D}, \qquad
    G' = h_1 = \frac{2\mu_1 - D'}{D}.

Let :math:`\Phi` rise up to :math:`x_0` and fall beyond, with :math:`\kappa = -\Phi''(x_0) > 0`. In
:math:`x = x_0 + \sqrt\beta z` the density is that of a Gaussian of variance :math:`1/\kappa` times a power series in
:math:`\sqrt\beta` with polynomials in z as coefficients (Laplace's method), whose Gaussian moments give
(:mod:`theory.line.laws.laplace_coefficients`)

.. math::
    \text{mode} = x_0 + \beta\frac{h_1}\kappa + \dots, \qquad
    \text{mean} = x_0 + \beta\Big(\frac{h_1}\kappa + \frac{\Phi'''}{2\kappa^2}\Big) + \dots, \qquad
    \text{variance} = \frac\beta\kappa + \dots

at :math:`x_0`. These three places differ at the order :math:`\beta`, and all from the zero of the drift,
:math:`x_0 - \beta\mu_1/\mu_0' + \dots`: where the noise depends on the state, none of them stands for another.

A law that is given as :math:`e^{\Phi/\beta}/D`, without a process, has :math:`h_0 = \Phi'`, :math:`h_1 = -D'/D`; any
smooth positive factor of :math:`e^{\Phi/\beta}` is a :math:`1/D`: :func:`laplace_expansion`.

The remainders are of the next order in :math:`\beta`, by Laplace's method, where (i) the slope :math:`h_0` has the sign
said above on the whole interval, or :math:`\Phi` is lower elsewhere (:mod:`theory.line.laws.global_maximum`), and
:math:`\kappa > 0`, and (ii) the moment in question is finite for some :math:`\beta_0 > 0`: then for
:math:`\beta < \beta_0` all that lies away from :math:`x_0` is smaller than :math:`e^{-c/\beta}`. Both are conditions on
the parameters that the expansion states.

References:
    Bender and Orszag, *Advanced Mathematical Methods for Scientists and Engineers* (1978), section 6.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.conditions.inequalities import negative, sign, simplified
from theory.errors import SymbolError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.charts.powers import normal_form, with_reduced_exponents
from theory.line.charts.sign_on_interval import sign_on_interval
from theory.line.diffusion import GluedDiffusion, LineDiffusion, UnchartedDiffusion, line_diffusion
from theory.line.ends.boundary import integrable
from theory.line.ends.endpoints import EndpointBehaviour, endpoint_behaviour
from theory.line.laws.global_maximum import finite_moments, is_only_maximum
from theory.line.laws.laplace_coefficients import HIGHEST_ORDER, Slopes, places_of_peak, shifted_zero
from theory.line.time_limit import limited
from theory.local_time import is_smooth
from theory.typeset import Typeset
from theory.values import count, shown, single_expression, single_symbol


@dataclass(frozen=True)
class SmallNoiseExpansion(Typeset):
    r"""A law :math:`p \propto e^{\Phi/\beta + G}` around the peak of :math:`\Phi`, to a power of :math:`\beta`.

    Attributes:
        variable: x.
        small: :math:`\beta`.
        point: :math:`x_0`, where :math:`\Phi` is largest.
        order: the highest power of :math:`\beta` that is kept.
        zero_of_drift: where the drift vanishes.
        mode: where the density is largest in the coordinate x.
        mean: of the law.
        variance: of the law.
        peaked: condition on the parameters for :math:`x_0` to be the only maximum of :math:`\Phi`, and not a flat one.
        finite: the conditions for a finite integral, a finite mean and a finite variance, in this order.
    """

    variable: sp.Symbol
    small: sp.Symbol
    point: sp.Expr
    order: int
    zero_of_drift: sp.Expr
    mode: sp.Expr
    mean: sp.Expr
    variance: sp.Expr
    peaked: Boolean
    finite: tuple[Boolean, Boolean, Boolean]

    @property
    def condition(self) -> Boolean:
        """The condition under which all of it holds as the noise strength tends to 0."""
        return simplified(sp.And(self.peaked, *self.finite))

    def coefficient(self, quantity: sp.Expr, power: int = 1) -> sp.Expr:
        r"""The coefficient of :math:`\beta^k` in one of the expansions."""
        power = count(power, "power", at_most=HIGHEST_ORDER)
        return sp.expand(single_expression(quantity, "quantity")).coeff(self.small, power)


def small_noise_expansion(
    process: ItoProcess, small: sp.Symbol, point: sp.Expr | float, interval: Interval | None = None, *, order: int = 1
) -> SmallNoiseExpansion:
    r"""The stationary law of a process on the line for small noise.

    Args:
        process: of drift :math:`\mu_0 + \beta\mu_1` and diffusion :math:`\beta D`.
        small: :math:`\beta`.
        point: :math:`x_0`, where :math:`\mu_0` vanishes and the flow without noise comes to rest.
        interval: default: what the assumptions of the state say.
        order: the power of :math:`\beta` to which places and variance are expanded.

    Raises:
        DimensionError, SymbolError: see :func:`theory.line.diffusion.line_diffusion`; ``order`` is out of range.
        UnsupportedFormError: drift or diffusion depend on :math:`\beta` in another way, ``point`` is no maximum of
            :math:`\Phi` inside the interval, or whether it is the only one is not decided.

    Example:
        >>> x, k, b = sp.symbols("x k beta", positive=True)
        >>> logistic = ItoProcess.scalar(x, drift=(k - x) * x, dispersion=sp.sqrt(2 * b) * x)
        >>> found = small_noise_expansion(logistic, b, k)
        >>> found.zero_of_drift, found.mode, found.mean, found.variance
        (k, -2*beta + k, -beta + k, beta*k)
        >>> found.finite
        (beta < k, beta < k, beta < k)
    """
    order = count(order, "order", at_least=1, at_most=HIGHEST_ORDER)
    small = single_symbol(small, "small")
    if not small.is_positive:
        raise SymbolError(f"small must be a positive symbol, got {shown(small)}. Declare it with positive=True.")
    line = line_diffusion(process, interval)
    x, point = line.variable, single_expression(point, "point", real=True)
    if isinstance(line, GluedDiffusion):
        raise UnsupportedFormError(
            f"drift and diffusion must be smooth, but they change their form at {x} = {line.places[0]}: powers of the "
            "square root of the noise strength appear there. Give an interval without that point."
        )
    if isinstance(line, UnchartedDiffusion):
        raise UnsupportedFormError(
            f"no coordinate makes {tuple(process.drift)} a quotient of powers of {x}. For a law use laplace_expansion."
        )
    mu, diffusion = process.drift[0], process.diffusion[0]
    mu_0, mu_1 = _in_two_orders(mu, small, "drift")
    none, D = _in_two_orders(diffusion, small, "diffusion")
    if none != 0:
        raise UnsupportedFormError(f"the diffusion must be proportional to {small}, got {diffusion}.")
    h = 2 * mu_0 / D, (2 * mu_1 - sp.diff(D, x)) / D
    if line.chart.variable == x:
        h = normal_form(h[0], x), normal_form(h[1], x)
    slopes = _two_slopes(h, x, point, order)
    peaked = _peaked(h[0], point, slopes[0], line)
    rates = _derivatives(mu_0, x, point, order), _derivatives(mu_1, x, point, order - 1)
    places = shifted_zero(order, rates, point, small), *places_of_peak(order, slopes, point, small)
    return SmallNoiseExpansion(x, small, point, order, *places, peaked, _finite(line))


@limited
def laplace_expansion(
    exponent: sp.Expr,
    variable: sp.Symbol,
    small: sp.Symbol,
    point: sp.Expr | float,
    interval: Interval | None = None,
    *,
    divisor: sp.Expr | float = 1,
    order: int = 1,
) -> SmallNoiseExpansion:
    r"""Laplace's method for the law :math:`p \propto e^{\Phi/\beta}/D` on an interval.

    Args:
        exponent: :math:`\Phi`, a smooth function of ``variable``.
        variable: x.
        small: :math:`\beta`.
        point: :math:`x_0` inside the interval, where :math:`\Phi` is largest.
        interval: default: what the assumptions of ``variable`` say.
        divisor: :math:`D > 0`.
        order: the power of :math:`\beta` to which mode, mean and variance are expanded; ``zero_of_drift`` is
            :math:`x_0`.

    Raises:
        DimensionError, SymbolError, UnsupportedFormError: see :func:`small_noise_expansion`: a point at an end of the
            interval, a maximum that is flat, or one that is not shown to be the only global one.

    Example:
        >>> x, k, b = sp.symbols("x k beta", positive=True)
        >>> gamma = laplace_expansion(k * sp.log(x) - x, x, b, k)
        >>> gamma.mean, gamma.variance, gamma.condition
        (beta + k, beta*k, True)
        >>> angle = sp.Symbol("phi", real=True)
        >>> laplace_expansion(sp.cos(angle), angle, b, 0, Interval(-sp.pi, sp.pi), order=2).variance  # von Mises
        beta**2/2 + beta
    """
    x, b = single_symbol(variable, "variable"), single_symbol(small, "small")
    Phi, D = single_expression(exponent, "exponent", real=True), single_expression(divisor, "divisor", real=True)
    if not Phi.has(x):
        raise UnsupportedFormError(f"exponent must depend on {x} to have a maximum, got {shown(Phi)}.")
    place = single_expression(point, "point", real=True)
    order = count(order, "order", at_least=1, at_most=HIGHEST_ORDER)
    if sign(D.subs(x, place)) != 1:
        raise SymbolError(
            f"divisor must be positive, got {shown(D)}, which is {shown(D.subs(x, place))} at {x} = {shown(place)}. "
            "Declare its symbols with positive=True."
        )
    h = sp.diff(Phi, x), -sp.diff(D, x) / D
    # Any diffusion will do: that of the coordinate log x where there are logarithms.
    a = x**2 if any(e.args[0].has(x) for e in sp.Tuple(*h).atoms(sp.log)) else sp.S.One
    process = ItoProcess.scalar(
        x, drift=sp.expand(a * (h[0] + b * h[1]) + b * sp.diff(a, x)) / 2, dispersion=sp.sqrt(b * a)
    )
    try:
        return replace(small_noise_expansion(process, b, place, interval, order=order), zero_of_drift=place)
    except UnsupportedFormError:
        if sp.Tuple(Phi, D).has(b) or not is_smooth(sp.Tuple(Phi, D), (x,)):
            raise
    return _around_only_maximum(Phi, D, x, b, place, Interval.given(interval, x), order)


def _around_only_maximum(
    Phi: sp.Expr, D: sp.Expr, x: sp.Symbol, small: sp.Symbol, point: sp.Expr, interval: Interval, order: int
) -> SmallNoiseExpansion:
    """The law in the coordinate x itself, where no chart tells the signs of the slope or where it has more zeros."""
    slopes = _two_slopes((sp.diff(Phi, x), -sp.diff(D, x) / D), x, point, order)
    _require_maximum(sp.diff(Phi, x), point, slopes[0], interval)
    if not is_only_maximum(Phi, x, point, interval):
        raise UnsupportedFormError(
            f"point={point} must be the only global maximum on {interval.ends} of a smooth exponent, which is not shown"
            f" for {Phi}. Restrict the interval to one peak, or give numbers."
        )
    holds = negative(slopes[0][1]), finite_moments(Phi, D, x, small, interval)
    return SmallNoiseExpansion(x, small, point, order, point, *places_of_peak(order, slopes, point, small), *holds)


def _two_slopes(h: tuple[sp.Expr, sp.Expr], x: sp.Symbol, point: sp.Expr, order: int) -> Slopes:
    return _derivatives(h[0], x, point, 2 * order), _derivatives(h[1], x, point, 2 * order - 2)


def _in_two_orders(expression: sp.Expr, small: sp.Symbol, name: str) -> tuple[sp.Expr, sp.Expr]:
    zeroth = expression.subs(small, 0)
    first = sp.diff(expression, small)
    if first.has(small) and proof_of_zero(sp.diff(first, small)) is None:
        raise UnsupportedFormError(f"the {name} must be linear in {small}, got {expression}.")
    return zeroth, first.subs(small, 1)


def _derivatives(function: sp.Expr, x: sp.Symbol, point: sp.Expr, number: int) -> list[sp.Expr]:
    """The function and its first derivatives at ``point``."""
    found = []
    for _ in range(number + 1):
        found.append(sp.factor(with_reduced_exponents(function.subs(x, point))))
        function = sp.diff(function, x)
    return found


def _require_maximum(h: sp.Expr, point: sp.Expr, slopes: Sequence[sp.Expr], interval: Interval) -> None:
    if proof_of_zero(slopes[0]) is None or sign(slopes[1]) in (0, 1):
        raise UnsupportedFormError(
            f"point={point} must be a maximum of Phi, but there Phi' = {h} is {slopes[0]} and Phi'' = {slopes[1]}. "
            "Give the point where the drift without noise comes to rest."
        )
    for inwards in (point - interval.left, interval.right - point):
        if inwards != sp.oo and sign(inwards) != 1:
            raise UnsupportedFormError(f"point={point} must lie inside {interval.ends}. Declare what decides it.")


def _peaked(h: sp.Expr, point: sp.Expr, slopes: Sequence[sp.Expr], line: LineDiffusion) -> Boolean:
    _require_maximum(h, point, slopes, line.interval)
    x, interval, chart = line.variable, line.interval, line.chart
    inside, place = chart.express(h / chart.slope), with_reduced_exponents(chart.function.subs(x, point))
    sides = [((interval.left, point), (chart.interval.left, place), 1)]
    sides.append(((point, interval.right), (place, chart.interval.right), -1))
    conditions = [negative(slopes[1])]
    for ends, ends_in_chart, needed in sides:
        wanted = f"Phi must {'rise' if needed == 1 else 'fall'} on {ends}, but"
        try:
            found = sign_on_interval(inside, chart.variable, *ends_in_chart)
        except UnsupportedFormError:
            found = -needed, sp.false
        if found is not None and found[1] is sp.false:
            raise UnsupportedFormError(
                f"{wanted} Phi' = {h} has a zero in it: another maximum or minimum. Restrict the interval to one peak."
            )
        if found is None or found[0] != needed:
            raise UnsupportedFormError(
                f"{wanted} the sign of Phi' = {h} there is {'not decided' if found is None else 'the other one'}. "
                "Restrict the interval to one peak."
            )
        conditions.append(found[1])
    return simplified(sp.And(*conditions))


def _finite(line: LineDiffusion) -> tuple[Boolean, Boolean, Boolean]:
    """Where the integral, the mean and the second moment are finite, told in the coordinate of the chart."""
    ends = [
        (end, endpoint_behaviour(line.log_speed_slope, line.chart.variable, line.to_chart(end), from_above=from_above))
        for end, from_above in zip(line.interval.ends, (True, False), strict=True)
    ]

    def moment(power: int) -> Boolean:
        return simplified(sp.And(*(integrable(_times_power(end, line, at, power)) for at, end in ends)))

    return moment(0), moment(1), moment(2)


def _times_power(end: EndpointBehaviour, line: LineDiffusion, at: sp.Expr, power: int) -> EndpointBehaviour:
    r"""The density times :math:`x^k`, which matters where x is infinite and is then a power or exponential of z."""
    z, place = line.chart.variable, line.to_chart(at)
    if not power or at not in (sp.oo, -sp.oo) or line.chart.inverse.has(sp.log):
        return end
    slope = normal_form(sp.diff(line.chart.inverse, z) / line.chart.inverse, z)
    factor = endpoint_behaviour(power * slope, z, place, from_above=at == -sp.oo)
    if factor.essential == 0:
        return EndpointBehaviour(end.essential, end.exponent + factor.exponent, end.at_infinity)
    whole = normal_form(line.log_speed_slope + power * slope, z)
    return endpoint_behaviour(whole, z, place, from_above=at == -sp.oo)
