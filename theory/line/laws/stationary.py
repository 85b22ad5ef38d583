r"""Stationary laws of diffusions on the line: the zero-current density, and what happens where it fails.

.. math::
    p(x) \;\propto\; \frac{1}{a(x)} \exp\int^x \frac{2b}{a}

carries no probability current: :math:`b p - \tfrac12 (a p)' = 0`. It is the density of the speed measure. If its
integral is finite it is the stationary law to which the process converges from every start (regular ends are
read as reflecting, as zero current says). If the integral diverges at one end only, the process converges
weakly to the point mass at that end: either it is transient towards that end, or it is null recurrent, and then the
probability of every set of finite speed measure tends to zero. If it diverges at both ends, the end is decided
only where exactly one of them is attracting; otherwise no single point mass need be the limit (Brownian
motion spreads to both sides), and the law says undecided.

References:
    Risken, *The Fokker-Planck Equation* (1996), ch. 5; Karlin and Taylor, *A Second Course in Stochastic Processes*
    (1981), sections 15.5 and 15.6; Pollak and Siegmund, Biometrika 72 (1985) 267 (null recurrence).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import sign, simplified
from theory.errors import DriftproofError, OrderError, SingularInsideError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.limits import one_sided_limit
from theory.line.charts.glued import glued, in_one_formula
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.oscillation import without_oscillation
from theory.line.diffusion import GluedDiffusion, UnchartedDiffusion, line_diffusion
from theory.line.ends.boundary import (
    BoundaryClasses,
    Collapse,
    Endpoint,
    FellerClass,
    classes_of,
    endpoint,
    scale_density,
)
from theory.line.ends.crossings import Crossing, require_through
from theory.line.ends.growth import Growth, growth
from theory.line.exponent_cases import Cell, by_cases, cells, where
from theory.line.integrals.exponential_of_integral import (
    collected,
    density_in_x,
    exponential_of_integral,
    is_logarithmic_derivative,
    logarithmic_derivative,
)
from theory.line.laws.law import StationaryLaw
from theory.line.laws.recognise import recognise
from theory.line.passage.passage_numbers import is_regular_between
from theory.line.time_limit import limited
from theory.local_time import is_smooth
from theory.services import service
from theory.values import word

_FAR = sp.Integer(64)
"""How far from 0 the coefficients of a law in numbers are looked at."""


@limited
def stationary_density(
    process: ItoProcess,
    interval: Interval | None = None,
    *,
    regular_ends: Literal["absorbing", "reflecting"] = "reflecting",
) -> StationaryLaw:
    r"""The zero-current law of a one-dimensional process.

    Args:
        process: a process on the line, homogeneous in time.
        interval: default: what the assumptions of the state symbol say (positive: :math:`(0, \infty)`).
        regular_ends: what happens at an end that is regular. Where such an end absorbs, the law collapses onto it.

    Raises:
        DimensionError, SymbolError, UnsupportedFormError: see :func:`theory.line.diffusion.line_diffusion`. Without
            parameters, coefficients outside that class give a law whose numbers come from quadrature.

    References:
        Risken, *The Fokker-Planck Equation* (1996), section 5.2.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> law = stationary_density(ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta))
        >>> law.density
        theta**(2*mu/zeta**2 - 2)*exp(-theta**2/zeta**2)
        >>> law.normalisable, law.collapse[0].condition
        (mu > zeta**2/2, mu <= zeta**2/2)
    """
    word(regular_ends, "regular_ends", ("absorbing", "reflecting"))
    try:
        return _law(process, interval, regular_ends)
    except OrderError as error:
        derived = partial(_law, regular_ends=regular_ends)
        return _law_in_cells(cells(error, process, Interval.given(interval, process.state[0]), derived))


def _law(process: ItoProcess, interval: Interval | None, regular_ends: str) -> StationaryLaw:
    try:
        line = line_diffusion(process, interval)
        if isinstance(line, UnchartedDiffusion):
            return _uncharted_law(line, regular_ends)
    except (OrderError, SingularInsideError):
        raise
    except UnsupportedFormError:
        law = _law_in_numbers(process, interval) if regular_ends == "reflecting" else None
        if law is None:
            raise
        return law
    if isinstance(line, GluedDiffusion):
        return _glued_law(line, regular_ends)
    classes = _with_ends(classes_of(line), regular_ends)
    x, z = line.variable, line.chart.variable
    in_chart = exponential_of_integral(line.log_speed_slope, z, line.chart.interval)
    # A density transforms with the slope of the chart: p_x dx = p_z dz.
    density = density_in_x(in_chart, line.chart)
    log_derivative = (2 * process.drift[0] - sp.diff(process.diffusion[0], x)) / process.diffusion[0]
    drift, _ = without_oscillation(process.drift[0], process.diffusion[0], x, line.interval)
    _certify(density, (2 * drift - sp.diff(process.diffusion[0], x)) / process.diffusion[0], line.chart)
    if line.bounded != 0:
        density = collected(density * sp.exp(line.bounded), x)
    normalisable, collapse, undecided = _limits(classes)
    return StationaryLaw(
        density=density,
        variable=x,
        interval=line.interval,
        log_derivative=sp.cancel(sp.together(log_derivative)),
        normalisable=normalisable,
        collapse=collapse,
        undecided=undecided,
        integrable_at=tuple(Collapse(end.finite_speed, end.location) for end in classes),
        regular=line.regular,
        family=recognise(density, x, line.interval),
        coefficients=(line.process.drift[0], line.process.diffusion[0]),
    )


def _law_in_cells(found: list[Cell[StationaryLaw]]) -> StationaryLaw:
    """The law where a parameter in the exponents changes what is integrable, or the form of the density."""
    first, last = found[0], found[-1]
    ends = list(dict.fromkeys(end for cell in found for _, end in cell.result.collapse))
    generic = last if last.own is not None else first
    collapse = [
        Collapse(where(found, lambda law, e=end: sp.Or(*(c for c, there in law.collapse if there == e), sp.false)), end)
        for end in ends
    ]
    return StationaryLaw(
        density=by_cases(found, lambda law: law.density),
        variable=first.result.variable,
        interval=first.result.interval,
        log_derivative=generic.back(generic.result.log_derivative),
        normalisable=where(found, lambda law: law.normalisable),
        collapse=tuple(collapse),
        undecided=where(found, lambda law: law.undecided),
        integrable_at=tuple(
            Collapse(where(found, lambda law, n=n: law.integrable_at[n].condition), first.result.interval.ends[n])
            for n in (0, 1)
        ),
        regular=where(found, lambda law: law.regular),
        family=None,
        coefficients=tuple(generic.back(part) for part in generic.result.coefficients or ()) or None,
        cells=tuple(found),
    )


def _law_in_numbers(process: ItoProcess, interval: Interval | None) -> StationaryLaw | None:
    """The law of a process without parameters whose coefficients no chart holds, if quadrature finds its integral."""
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    interval = Interval.given(interval, x)
    if process.parameters or sp.Tuple(*interval.ends).free_symbols or a == 0 or not is_smooth(sp.Tuple(b, a), (x,)):
        return None
    if not is_regular_between(process, *_well_inside(interval)):
        return None
    try:
        service("law_on_panels")(b, a, x, interval.ends).log_integral(interval.interior_point())
    except DriftproofError:
        return None
    y = sp.Symbol(f"{x.name}'", **x.assumptions0)
    potential = sp.Integral((2 * b / a).subs(x, y), (y, interval.interior_point(), x))
    return StationaryLaw(
        density=sp.exp(potential) / a,
        variable=x,
        interval=interval,
        log_derivative=2 * b / a - sp.diff(a, x) / a,
        integrable_at=tuple(Collapse(sp.true, end) for end in interval.ends),
        coefficients=(b, a),
    )


def _well_inside(interval: Interval) -> tuple[sp.Expr, sp.Expr]:
    """Two points between which the interval lies but for a thousandth beside finite ends, as far as :data:`_FAR`."""
    left, right = interval.ends
    low = left if left.is_finite else sp.Min(-_FAR, right - _FAR)
    high = right if right.is_finite else sp.Max(_FAR, left + _FAR)
    beside = (high - low) / 2**10
    return low + beside if left.is_finite else low, high - beside if right.is_finite else high


def _uncharted_law(line: UnchartedDiffusion, regular_ends: str) -> StationaryLaw:
    """The law of coefficients that no chart holds, from their growth: see :mod:`theory.line.ends.growth`."""
    x, b, a = line.variable, line.process.drift[0], line.process.diffusion[0]
    left, right = (growth(line.process, line.interval, end) for end in line.interval.ends)
    if regular_ends == "absorbing":
        left, right = _with_ends(classes_of(line), regular_ends)
    normalisable, collapse, undecided = _limits_of(left, right, line.interval.ends)
    return StationaryLaw(
        density=collected(1 / (a * scale_density(line.process, line.interval)), x),
        variable=x,
        interval=line.interval,
        log_derivative=2 * b / a - sp.diff(a, x) / a,
        normalisable=normalisable,
        collapse=collapse,
        undecided=undecided,
        integrable_at=tuple(
            Collapse(end.finite_speed, at) for end, at in zip((left, right), line.interval.ends, strict=True)
        ),
        coefficients=(b, a),
    )


def _glued_law(line: GluedDiffusion, regular_ends: str) -> StationaryLaw:
    """The law whose parts carry no current, glued so that diffusion times density is continuous."""
    x = line.variable
    if any(crossing is not Crossing.THROUGH for crossing in line.crossings):
        return _law_on_one_side(line, regular_ends)
    parts = [stationary_density(part.process, part.own_interval) for part in line.parts]
    densities = [part.in_x(law.density, x) for part, law in zip(line.parts, parts, strict=True)]
    diffusions = [part.in_x(part.diffusion, x) for part in line.parts]
    slopes = [
        part.in_x(law.log_derivative, x) * (-1 if part.mirrored else 1)
        for part, law in zip(line.parts, parts, strict=True)
    ]
    density = glued(densities, line.places, x, diffusions)
    classes = _with_ends(classes_of(line), regular_ends)
    normalisable, collapse, undecided = _limits(classes)
    return StationaryLaw(
        density=density,
        variable=x,
        interval=line.interval,
        log_derivative=in_one_formula(slopes, line.places, x),
        normalisable=normalisable,
        collapse=collapse,
        undecided=undecided,
        integrable_at=tuple(Collapse(end.finite_speed, end.location) for end in classes),
        regular=line.regular,
        family=recognise(density, x, line.interval),
        coefficients=(line.process.drift[0], line.process.diffusion[0]),
    )


def _law_on_one_side(line: GluedDiffusion, regular_ends: str) -> StationaryLaw:
    """The law where one point inside is crossed one way only, or keeps the process.

    Raises:
        UnsupportedFormError: the process stays on the side where it starts, or may leave by the end behind it.
    """
    x, (left, right) = line.variable, line.interval.ends
    singular = [pair for pair in zip(line.crossings, line.places, strict=True) if pair[0] is not Crossing.THROUGH]
    if len(singular) > 1 or singular[0][0] is Crossing.BARRIER or regular_ends == "absorbing":
        require_through(line.crossings, line.places, x)
    ((crossing, place),) = singular
    sides = Interval(left, place), Interval(place, right)
    if crossing is Crossing.TRAP:
        return _trapped(line, place, *(stationary_density(line.process, side) for side in sides))
    behind, ahead = (left, sides[1]) if crossing is Crossing.UPWARD else (right, sides[0])
    if endpoint(line, behind).attracting != sp.false:
        require_through(line.crossings, line.places, x)
    return stationary_density(line.process, ahead)


def _trapped(line: GluedDiffusion, place: sp.Expr, below: StationaryLaw, above: StationaryLaw) -> StationaryLaw:
    """No law but the point mass at ``place``, where both sides lose their mass to it."""
    lost = [
        sp.Or(*(condition for condition, end in side.collapse if end == place), sp.false) for side in (below, above)
    ]
    condition = simplified(sp.And(*lost))
    return StationaryLaw(
        density=in_one_formula([below.density, above.density], [place], line.variable),
        variable=line.variable,
        interval=line.interval,
        log_derivative=in_one_formula([below.log_derivative, above.log_derivative], [place], line.variable),
        normalisable=sp.false,
        collapse=(Collapse(condition, place),) if condition != sp.false else (),
        undecided=simplified(sp.Not(condition)),
        integrable_at=(below.integrable_at[0], Collapse(sp.false, place), above.integrable_at[1]),
        regular=line.regular,
        family=None,
        coefficients=(line.process.drift[0], line.process.diffusion[0]),
    )


@limited
def probability_current_vanishes(density: sp.Expr, process: ItoProcess) -> bool:
    r"""Whether :math:`bp - \tfrac12(ap)' = 0`, decided by :math:`(\log p)' = (2b - a')/a` in normal form.

    False also where the normal form does not apply.
    """
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    return is_logarithmic_derivative((2 * b - sp.diff(a, x)) / a, density, x)


@limited
def transform_density(
    law: StationaryLaw, new_symbol: sp.Symbol, old_in_terms_of_new: sp.Expr, *, interval: Interval | None = None
) -> StationaryLaw:
    r"""The law of v where :math:`x = x(v)`: :math:`p_v(v) = p_x(x(v))\,|x'(v)|`.

    Args:
        law: the law of x.
        new_symbol: v.
        old_in_terms_of_new: x(v), strictly monotone and onto the interval of the law.
        interval: where v lives; default: what the assumptions of ``new_symbol`` say.

    Raises:
        UnsupportedFormError: x(v) is not known to be monotone onto the interval of the law.
    """
    interval = Interval.given(interval, new_symbol)
    slope = sp.diff(old_in_terms_of_new, new_symbol)
    direction = sign(slope)
    images = tuple(
        one_sided_limit(old_in_terms_of_new, new_symbol, end, "+" if end == interval.left else "-")
        for end in interval.ends
    )
    if direction not in (-1, 1) or images != law.interval.ends[::direction]:
        raise UnsupportedFormError(
            f"old_in_terms_of_new must map {interval.ends} monotonically onto {law.interval.ends}, "
            f"got {law.variable} = {old_in_terms_of_new}, which maps the ends to {images}. "
            f"Declare assumptions of {new_symbol} under which it does, or pass interval."
        )
    new_end = dict(zip(images, interval.ends, strict=True))
    density = collected(law.density.subs(law.variable, old_in_terms_of_new) * direction * slope, new_symbol)
    log_slope = law.log_derivative.subs(law.variable, old_in_terms_of_new) * slope + sp.diff(slope, new_symbol) / slope
    return StationaryLaw(
        density=density,
        variable=new_symbol,
        interval=interval,
        log_derivative=sp.cancel(sp.together(log_slope)),
        normalisable=law.normalisable,
        collapse=tuple(Collapse(condition, new_end[end]) for condition, end in law.collapse),
        undecided=law.undecided,
        integrable_at=tuple(Collapse(condition, new_end[end]) for condition, end in law.integrable_at),
        regular=law.regular,
        family=recognise(density, new_symbol, interval),
    )


def _with_ends(classes: BoundaryClasses, regular_ends: str) -> BoundaryClasses:
    """The ends; one that is regular and absorbs holds the mass that reaches it, as one of infinite speed does."""
    if regular_ends == "reflecting":
        return classes
    left, right = (
        replace(end, finite_speed=simplified(sp.And(end.finite_speed, sp.Not(end.condition(FellerClass.REGULAR)))))
        for end in classes
    )
    return BoundaryClasses(left, right)


def _limits(classes: BoundaryClasses) -> tuple[Boolean, tuple[Collapse, ...], Boolean]:
    return _limits_of(*classes, (classes.left.location, classes.right.location))


def _limits_of(
    left: Endpoint | Growth, right: Endpoint | Growth, places: tuple[sp.Expr, sp.Expr]
) -> tuple[Boolean, tuple[Collapse, ...], Boolean]:
    """Where the law exists, where all mass goes to one end, and where neither is known."""
    normalisable = simplified(sp.And(left.finite_speed, right.finite_speed))
    collapse = []
    for end, other, place in ((left, right, places[0]), (right, left, places[1])):
        towards_end_only = sp.And(end.attracting, sp.Not(other.attracting))
        condition = simplified(sp.And(sp.Not(end.finite_speed), sp.Or(other.finite_speed, towards_end_only)))
        if condition != sp.false:
            collapse.append(Collapse(condition, place))
    decided = sp.Or(normalisable, *(condition for condition, _ in collapse))
    return normalisable, tuple(collapse), simplified(sp.Not(decided))


def _certify(density: sp.Expr, log_derivative: sp.Expr, chart: Chart) -> None:
    """Check that ``density`` carries no current; a failure here is an error of ours, not of the input."""
    residual = chart.express(logarithmic_derivative(density, chart.old) - log_derivative)
    if residual != 0:
        raise AssertionError(f"the density {density} carries a current: residual {residual}")
