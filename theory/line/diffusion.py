r"""A diffusion on an interval of the line, in the coordinate in which its coefficients are quotients of powers.

Scale, speed, boundary classes and stationary laws do not depend on the coordinate, but asymptotics are simplest
where drift and diffusion are quotients of sums of powers: in :math:`x` itself, in :math:`z = e^x` for coefficients
with exponentials (log coordinates), in :math:`z = \log x` for coefficients with logarithms (Gompertz).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import simplified
from theory.errors import DimensionError, OrderError, SymbolError, UnsupportedFormError
from theory.ito import ItoProcess, checked_process
from theory.line.charts.glued import SmoothPart, cuts, one_sided, parts, regular_at
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.oscillation import without_oscillation
from theory.line.charts.powers import PowerQuotient, normal_form, power_quotient
from theory.line.charts.sign_on_interval import sign_on_interval
from theory.line.charts.uncharted import is_regular_inside
from theory.line.ends.crossings import Beside, Crossing, crossing_at
from theory.line.ends.endpoints import EndpointBehaviour, endpoint_behaviour, require_real
from theory.local_time import as_cases, is_smooth
from theory.notation import t


@dataclass(frozen=True)
class LineDiffusion:
    r"""A checked one-dimensional process together with its chart :math:`z = \psi(x)`.

    Attributes:
        process: the process as given, in its own coordinate x.
        interval: where x lives.
        chart: the coordinate z in which the next two are quotients of sums of powers.
        drift: :math:`b_z = b\psi' + \tfrac12 a\psi''`, in z.
        diffusion: :math:`a_z = a\psi'^2`, in z.
        regular: condition on the parameters under which :math:`a_z > 0` and both coefficients are smooth inside.
        bounded: a bounded part of :math:`\int 2b/a`, in x, that ``drift`` is without. It changes neither the class of
            an end nor what is integrable there: it multiplies scale and speed by factors between two constants.
    """

    process: ItoProcess
    interval: Interval
    chart: Chart
    drift: sp.Expr
    diffusion: sp.Expr
    regular: Boolean
    bounded: sp.Expr = sp.S.Zero

    @property
    def variable(self) -> sp.Symbol:
        """The coordinate x."""
        return self.process.state[0]

    @cached_property
    def log_scale_slope(self) -> sp.Expr:
        r"""Minus the logarithmic derivative of the scale density in z, :math:`h = 2 b_z/a_z`."""
        return normal_form(2 * self.drift / self.diffusion, self.chart.variable)

    @cached_property
    def log_speed_slope(self) -> sp.Expr:
        r"""The logarithmic derivative of the speed density in z, :math:`(2b_z - a_z')/a_z`."""
        z = self.chart.variable
        return normal_form((2 * self.drift - sp.diff(self.diffusion, z)) / self.diffusion, z)

    def behaviour_at(self, location: sp.Expr) -> tuple[EndpointBehaviour, sp.Expr]:
        r"""Beside an end of the interval: :math:`\exp\int 2b/a`, and the power of the diffusion."""
        z, end, from_above = self.chart.variable, self.to_chart(location), location == self.interval.left
        scale = endpoint_behaviour(self.log_scale_slope, z, end, from_above=from_above)
        slope = normal_form(sp.diff(self.diffusion, z) / self.diffusion, z)
        return scale, endpoint_behaviour(slope, z, end, from_above=from_above).exponent

    def to_chart(self, end: sp.Expr) -> sp.Expr:
        """The end of the chart interval that corresponds to ``end`` of the interval."""
        return self.chart.interval.left if end == self.interval.left else self.chart.interval.right


@dataclass(frozen=True)
class GluedDiffusion:
    r"""A checked one-dimensional process whose coefficients change their form inside the interval.

    Attributes:
        process: the process as given.
        interval: where x lives.
        places: where a coefficient changes its form, in order.
        crossings: what the process does at each of them.
        parts: the stretches between them.
        lines: the diffusion on each part, in the part's own coordinate.
        regular: condition on the parameters under which the process is regular inside.
    """

    process: ItoProcess
    interval: Interval
    places: tuple[sp.Expr, ...]
    crossings: tuple[Crossing, ...]
    parts: tuple[SmoothPart, ...]
    lines: tuple[LineDiffusion | UnchartedDiffusion, ...]
    regular: Boolean

    @property
    def variable(self) -> sp.Symbol:
        """The coordinate x."""
        return self.process.state[0]


@dataclass(frozen=True)
class UnchartedDiffusion:
    r"""A one-dimensional process whose coefficients no chart holds, seen to be regular inside the interval.

    Attributes:
        process: the process as given.
        interval: where x lives.
        regular: True.
    """

    process: ItoProcess
    interval: Interval
    regular: Boolean = sp.true

    @property
    def variable(self) -> sp.Symbol:
        """The coordinate x."""
        return self.process.state[0]


Line = LineDiffusion | GluedDiffusion | UnchartedDiffusion


def line_diffusion(process: ItoProcess, interval: Interval | None = None) -> Line:
    """Check that ``process`` is a homogeneous diffusion on an interval of the line, and find its chart.

    Raises:
        DimensionError: more than one coordinate.
        SymbolError: time in the coefficients, parameters that may be complex, or an interval that is unknown.
        UnsupportedFormError: no noise; a zero of the diffusion or a pole of the drift inside the interval; or
            coefficients outside the class described in the module.
    """
    checked_process(process)
    if process.dimension != 1:
        raise DimensionError(
            f"this is a formula on the line, but process has the coordinates {tuple(process.state)}. "
            "For a linear process in several dimensions use theory.ornstein_uhlenbeck."
        )
    (x,) = process.state
    if t in process.drift.free_symbols | process.dispersion.free_symbols:
        raise SymbolError(f"process must be homogeneous in time, but its coefficients contain {t}. Fix the time first.")
    given = Interval.given(interval, x)
    _refuse_complex(process, given)
    return _checked(process, given)


def _refuse_complex(process: ItoProcess, interval: Interval) -> None:
    """Refuse an interval outside what the variable was declared to be, and coefficients that are not real on it."""
    (x,) = process.state
    sides = [(-1, interval.left, x.is_nonnegative), (1, interval.right, x.is_nonpositive)]
    for side, end, excluded in sides:
        if excluded and (end.is_infinite and end == side * sp.oo or (side * end).is_positive):
            raise SymbolError(
                f"interval must lie where {x} was declared to be, {'positive' if side < 0 else 'negative'}, got "
                f'{interval.ends}. Declare sympy.Symbol("{x}", real=True), or give another interval.'
            )
    beside = [(interval.interior_point() + end) / 2 for end in interval.ends if end.is_finite]
    points = [interval.interior_point(), *beside]
    if all(not end.is_number or end.is_infinite or end == 0 for end in interval.ends):
        points += [sign for sign, end, _ in sides if (sign * end).is_extended_positive]
    for point in points:
        for name, coefficient in (("drift", process.drift[0]), ("diffusion", process.diffusion[0])):
            value = coefficient.subs(x, point)
            if value.is_extended_real is False and not value.has(sp.zoo, sp.nan):
                raise UnsupportedFormError(
                    f"{name} must be real on the interval {interval.ends}, but {coefficient} is not at {x} = {point}. "
                    f"Give an interval on which it is, or write Abs({x}) where it is meant."
                )


@lru_cache(maxsize=64)
def _checked(process: ItoProcess, interval: Interval) -> Line:
    """The same for a process on the line and a given interval; laws, classes and passages of one process share it."""
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    parameters = set(process.parameters) | interval.left.free_symbols | interval.right.free_symbols
    require_real(parameters | {x}, "process")
    if sp.expand(a) == 0:
        raise UnsupportedFormError(
            "process has no noise: its diffusion is zero, so it has neither scale nor speed. "
            "A deterministic flow is decided by the sign of its drift."
        )
    if not is_smooth(sp.Tuple(b, a), (x,)):
        return _glued(process, interval)
    try:
        return _charted(process, interval)
    except OrderError:
        raise
    except UnsupportedFormError:
        if not is_regular_inside(b, a, x, interval):
            raise
        return UnchartedDiffusion(process, interval)


def _charted(process: ItoProcess, interval: Interval) -> LineDiffusion:
    (x,), a = process.state, process.diffusion[0]
    b, bounded = without_oscillation(process.drift[0], a, x, interval)
    chart = Chart.for_functions(x, (b, a), interval)
    drift = chart.express(b * chart.slope + a * sp.diff(chart.slope, x) / 2)
    diffusion = chart.express(a * chart.slope**2)
    return LineDiffusion(process, interval, chart, drift, diffusion, _regular(drift, diffusion, chart), bounded)


def _glued(process: ItoProcess, interval: Interval) -> GluedDiffusion:
    (x,) = process.state
    places = cuts([process.drift[0], *process.dispersion], x, interval)
    stretches = parts(process, interval, places)
    lines = []
    for part in stretches:
        if not is_smooth(sp.Tuple(part.process.drift[0], part.diffusion), part.process.state):
            raise UnsupportedFormError(
                f"the coefficients must be one formula between two points where they change, but on "
                f"{part.interval.ends} "
                f"drift {process.drift[0]} or diffusion {process.diffusion[0]} is none. Write the cases out."
            )
        lines.append(_checked(part.process, part.own_interval))
    beside = [regular_at(process, place) for place in places]
    crossings = tuple(
        Crossing.THROUGH if condition is not None else _crossing(process, place, below, above)
        for condition, place, (below, above) in zip(
            beside, places, itertools.pairwise(zip(stretches, lines, strict=True)), strict=True
        )
    )
    conditions = (condition for condition in (*beside, *(line.regular for line in lines)) if condition is not None)
    return GluedDiffusion(
        process, interval, places, crossings, stretches, tuple(lines), simplified(sp.And(*conditions))
    )


def _crossing(
    process: ItoProcess,
    place: sp.Expr,
    below: tuple[SmoothPart, Line],
    above: tuple[SmoothPart, Line],
) -> Crossing:
    """What the process does at a point where a coefficient is singular and changes its form."""
    (x,), (b,) = process.state, process.drift
    lower, upper = (
        Beside(*_in_chart(part, line).behaviour_at(part.own(place)), one_sided(b, x, place, side))
        for side, (part, line) in ((-1, below), (1, above))
    )
    return crossing_at(x, place, lower, upper, as_cases(b).subs(x, place))


def _in_chart(part: SmoothPart, line: Line) -> LineDiffusion:
    """The diffusion on a part, refused where no chart holds it: what happens at a singular place is read off there."""
    return line if isinstance(line, LineDiffusion) else _charted(part.process, part.own_interval)


def _regular(drift: sp.Expr, diffusion: sp.Expr, chart: Chart) -> Boolean:
    """Under which condition the diffusion has no zero and neither coefficient a pole inside the interval."""
    z = chart.variable
    a, b = power_quotient(diffusion, z), power_quotient(drift, z)
    conditions = [
        _without_zeros(factor, quotient, chart)
        for quotient, polynomial in ((a, a.numerator), (a, a.denominator), (b, b.denominator))
        for factor, _ in polynomial.factor_list()[1]
    ]
    return simplified(sp.And(*conditions))


def _without_zeros(factor: sp.Poly, quotient: PowerQuotient, chart: Chart) -> Boolean:
    """Under which condition a polynomial in powers of z has no zero inside the chart interval."""
    z, interval = chart.variable, chart.interval
    in_z = quotient.in_powers(factor, z)
    found = sign_on_interval(in_z, z, *interval.ends)
    if found is None:
        raise UnsupportedFormError(
            f"cannot decide whether {in_z} has a zero for {z} in {interval.ends}. "
            "Give the parameters numbers or stronger assumptions, or a smaller interval."
        )
    return found[1]
